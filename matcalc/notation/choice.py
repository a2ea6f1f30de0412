"""Which reading of a formula with undeclared names is taken, and what is said where none is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from matcalc.errors import ShapeError
from matcalc.expr import Expr
from matcalc.families import members_of
from matcalc.function import Function
from matcalc.functions import find
from matcalc.functions.abstract import find_abstract
from matcalc.notation.conventions import MEMBERS, SQUARE, TABLE, Outline, Preference, preferences
from matcalc.notation.customs import ARRAYS, FAR
from matcalc.notation.readings import Reading, Search
from matcalc.notation.syntax import Source, Syntax
from matcalc.position import Index
from matcalc.records import NamedTuple
from matcalc.shape import ONE, Dim

_DECLARED = {
    "scalar": "given",
    "vector": "vector",
    "row": "row",
    "matrix": "matrix",
    "square": "matrix",
    "columns": "columns",
    "matrices": "matrices",
}


class Choice(NamedTuple):
    """The kinds that names have against convention; and a declaration that would make a formula fit that does not."""

    departures: dict[str, str]
    offer: str = ""


class Question(NamedTuple):
    """A formula to be read: the parts of its definitions and of its body, what is declared, and what calls mean."""

    source: Source
    orders: Mapping[str, Sequence[Syntax]]
    kinds: Mapping[Syntax, str]  # of the parts whose kind is known
    functions: Mapping[str, Function]


def choose(question: Question) -> Choice:
    """The reading that departs least from convention.

    Raises:
        ShapeError: two readings depart alike; or the only ones that fit are too far from what one means.
    """
    search = Search(question.orders, question.kinds, _calls(question), _extra(question))
    plain = search.by_convention()
    if plain == 0:
        return Choice({})
    best = search.best()
    if best is None:
        return Choice({})
    if best.cost >= FAR and best.departures:
        offer = _offer(best)
        if plain is not None:
            raise _doubtful(question.source, offer)
        return Choice({}, offer)
    if best.rival is not None and best.cost < FAR:
        raise _ambiguous(question.source, best)
    return Choice(best.departures)


def kind_of(rows: Dim, cols: Dim) -> str:
    """The kind of a part of this shape."""
    return ARRAYS.get((rows is ONE, cols is ONE), "given")


def _kind_of_declared(variable: Expr) -> str:
    members = members_of(variable)
    if members is None or members.shape.rows is ONE:
        return kind_of(*variable.shape)
    return "matrices" if members.are_matrices else "columns"


def known_kinds(
    orders: Iterable[Sequence[Syntax]], declared: Mapping[str, Expr], sizes: set[str], outlines: Mapping[str, Outline]
) -> dict[Syntax, str]:
    """The kinds of numbers and of names that are declared."""
    of_names = {name: _kind_of_declared(variable) for name, variable in declared.items()}
    of_names |= {name: _DECLARED[outline.kind] for name, outline in outlines.items() if outline.kind}
    of_names |= dict.fromkeys(sizes, "given")
    of_names.setdefault("pi", "given")
    found = {}
    for node in (node for order in orders for node in order):
        kind = "given" if node.kind == "number" else of_names.get(str(node.value)) if node.kind == "name" else None
        if kind is not None:
            found[node] = kind
    return found


def _calls(question: Question) -> dict[Syntax, Function]:
    nodes = (node for order in question.orders.values() for node in order if node.kind == "call")
    found = {
        node: find(str(node.value), len(node.operands)) or find_abstract(str(node.value), question.functions)
        for node in nodes
    }
    return {node: function for node, function in found.items() if function is not None}


def _extra(question: Question) -> dict[str, tuple[Preference, ...]]:
    """What names may be besides, by where they stand."""
    return {**_square(question), **_indexed(question)}


def _indexed(question: Question) -> dict[str, tuple[Preference, ...]]:
    """Names that have one index wherever they stand may be families; those that have two are matrices."""
    parts = [node for order in question.orders.values() for node in order]
    counts: defaultdict[str, set[int]] = defaultdict(set)
    below = {node.operands[0]: _bound_places(node) for node in parts if node.kind in ("selected", "entry")}
    for node in parts:
        if node.kind == "name":
            counts[str(node.value)].add(below.get(node, 0))
    found: dict[str, tuple[Preference, ...]] = {}
    for name, of in counts.items():
        is_capital = preferences(name)[0].kind == "matrix"
        if of == {1}:
            found[name] = MEMBERS[is_capital]
        elif of == {2} and not is_capital:
            found[name] = (TABLE,)
    return found


def _bound_places(node: Syntax) -> int:
    """How many indices that sums bind stand below a name; 0 where there is something else, too."""
    places = node.value
    assert isinstance(places, tuple)
    return len(places) if all(isinstance(at, Index) for at in places) else 0


def _square(question: Question) -> dict[str, tuple[Preference, ...]]:
    """Small letters that stand for themselves under a function of square matrices: these may be matrices, too."""
    found: dict[str, tuple[Preference, ...]] = {}
    for node, function in _calls(question).items():
        forms = function.shape.forms
        for place, operand in enumerate(node.operands[: function.shape.arity]):
            square = all(rows == cols for rows, cols in (form.operands[place] for form in forms))
            if square and operand.kind == "name" and preferences(str(operand.value))[0].kind != "matrix":
                found[str(operand.value)] = (SQUARE,)
    return found


# ---------------------------------------------------------------- what is said
def _ambiguous(source: Source, best: Reading) -> ShapeError:
    one, other = _ways(best)
    error = ShapeError(
        "the formula can be read in two ways, and its letters do not say which is meant",
        f"one: {one}",
        f"two: {other}",
        hint=f'declare the one or the other, as in --where "{one}"',
    )
    error.at(source.text, source.body.span)
    return error


def _ways(best: Reading) -> list[str]:
    """The declarations that tell a reading from its rival, and the other way round."""
    rival = best.rival or {}
    names = [name for name in {**best.departures, **rival} if best.departures.get(name) != rival.get(name)]
    kinds = ({name: way.get(name) or preferences(name)[0].kind for name in names} for way in (best.departures, rival))
    return [_declarations(way) for way in kinds]


def _offer(best: Reading) -> str:
    """Declarations under which a formula would fit that does not; few ones, or they say nothing."""
    ways = [best.departures] if best.rival is None else [best.departures, best.rival]
    if best.cost >= 2 * FAR or max(map(len, ways)) > 2:
        return ""
    return ", or with ".join(map(_declarations, ways))


def _doubtful(source: Source, offer: str) -> ShapeError:
    error = ShapeError(
        "the letters of the names do not say what is meant",
        hint=f"declare it: {offer}" if offer else "declare the names: x: vector, A: matrix, c: scalar",
    )
    error.at(source.text, source.body.span)
    return error


def _declarations(kinds: Mapping[str, str]) -> str:
    return ", ".join(f"{name}: {kind}" for name, kind in kinds.items())
