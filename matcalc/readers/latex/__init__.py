"""LaTeX as journals and threads have it → Expr: left sides, definitions and declarations beside the formula, too."""

from __future__ import annotations

from matcalc.bound import Total
from matcalc.errors import EntryOrMember, MatcalcError, RowOrColumn
from matcalc.expr import Expr
from matcalc.lowering.lower import lower
from matcalc.network.views import View
from matcalc.notation.conventions import Outline
from matcalc.notation.parse import MOST_OPEN, Declared, as_family, of_source, only_one
from matcalc.notation.syntax import Source, Syntax
from matcalc.position import Index
from matcalc.readers import Families
from matcalc.readers.latex.cleaning import cleaned
from matcalc.readers.latex.differentials import joined
from matcalc.readers.latex.grammar import Grammar
from matcalc.readers.latex.parts import Parts
from matcalc.readers.latex.problems import without_head
from matcalc.readers.latex.scope import Bound, Scope
from matcalc.readers.latex.tokens import matched, tokenise
from matcalc.reading import in_matrices
from matcalc.walk import postorder


def read(text: str, declared: Declared, families: Families) -> tuple[Expr, dict[str, Expr]]:
    """The formula that a text in LaTeX means, and all its variables by name.

    Raises:
        ParseError: the text is not a formula, or it can be read in two ways.
        ShapeError: the shapes contradict each other, or do not say what is meant.
    """
    return _by_shapes(text, declared, families, MOST_OPEN)


def _by_shapes(text: str, declared: Declared, families: Families, left: int) -> tuple[Expr, dict[str, Expr]]:
    """The formula, where up to so many members are rows or columns by the shapes."""
    try:
        return _read(text, declared, families)
    except RowOrColumn as asked:
        if not left:
            raise
        ways = [{asked.name: {"of": asked.of, "axis": axis}} for axis in ("rows", "columns")]
        return only_one(asked, ways, lambda way: _by_shapes(text, declared, {**families, **way}, left - 1))
    except EntryOrMember as asked:
        return as_family(asked, declared, lambda told: _by_shapes(text, told, families, left))


def _read(text: str, declared: Declared, families: Families) -> tuple[Expr, dict[str, Expr]]:
    reader = _reader(text, declared, families)
    parts = Parts(reader)
    rights = parts.rights()
    found = [_expr(reader, _right(reader, parts, place)) for place in rights]
    (expr, names), *others = found
    for place, (other, _) in zip(rights[1:], others, strict=True):
        if not _are_one(expr, other):
            hint = "give one right side"
            raise reader.fail("these right sides are not the same formula", reader.tokens[place[0]], hint=hint)
    return expr, names


def as_written(text: str, declared: Declared) -> Syntax:
    """The syntax tree of a formula, the shapes of which may not fit.

    Raises:
        ParseError: the text is not a formula.
    """
    reader = _reader(text, declared, {})
    parts = Parts(reader)
    return _right(reader, parts, parts.rights()[0])


def behind(text: str, declared: Declared) -> list[tuple[str, str]]:
    """What is defined behind a formula, each with its name, p_k where it has an index, and its right side."""
    try:
        reader = _reader(text, declared, {})
        Parts(reader).rights()
    except MatcalcError:
        return []
    found = []
    for name, made in reader.scope.definitions.items():
        first, last = (reader.tokens[at] for at in (made.body[0], made.body[1] - 1))
        if not made.parameters:
            found.append(("_".join([name, *filter(None, ["".join(made.indices)])]), text[first.start : last.stop]))
    return found


def _right(reader: Grammar, parts: Parts, place: tuple[int, int]) -> Syntax:
    r"""A right side; that of \frac{\partial f}{\partial x_k} = … is what it says for each k."""
    left = parts.main_left
    indices = left.indices if left is not None and left.kind == "derivative" else ()
    if {token.text for token in reader.tokens[slice(*place)]}.isdisjoint(indices):
        return reader.within(place, reader.formula)
    what = Total(tuple(Index(name, at) for at, name in enumerate(indices)), (None,) * len(indices), "", "stack")
    reader.scope.bound += [Bound(at.name, at, 1, None) for at in what.indices]
    body = reader.within(place, reader.formula)
    del reader.scope.bound[-len(indices) :]
    return reader.node("total", what, (body,), body.span)


def _reader(text: str, declared: Declared, families: Families) -> Grammar:
    scope = Scope(declared, families)
    tokens = without_head(joined(text, cleaned(tokenise(text)), scope), scope)
    return Grammar(text, tokens, matched(text, tokens), scope)


def _expr(reader: Grammar, body: Syntax) -> tuple[Expr, dict[str, Expr]]:
    _check(reader)
    source = Source(reader.text, body, (), tuple(postorder(body)))
    declared = {name: v for name, v in reader.scope.declared.items() if not isinstance(v, Outline) or v.kind or v.facts}
    try:
        expr, names = of_source(source, declared)
        return in_matrices(expr, reader.text), names
    except MatcalcError as error:
        error.hint = _in_latex(error.hint)
        raise


def _in_latex(hint: str) -> str:
    """A hint that can be typed in, in the notation of the text."""
    return next((said for part, said in _HINTS.items() if part in hint), hint)


_HINTS = {  # part of a hint in the plain notation, and what is said instead
    "'?": r"a transpose is written ^\top",
    "did you mean": r"a transpose is written ^\top, a product of entries \odot",
    "./": r"of each entry, it is written a \oslash b",
    "x'*x, or": r"x^\top x, or x^{\circ 2} for each entry",
    ".^": r"of each entry, a power is written x^{\circ 2}",
    "c*eye(n)": r"write c I, or c \mathbf{1}\mathbf{1}^\top",
    "norm2(X), ": r"write \|X\|_F, or \|X\|_2 for the largest singular value",
    "norm1(X)": r"of the entries, it is written \|\operatorname{vec}(X)\|_1",
    "norm2(x)": r"write \|x\|",
    "kron(x,y)": r"write \operatorname{kron}(x, y), or x y^\top",
    "sum_{i,j}": r"two ranges want two indices: \sum_{i,j}",
    "expm": r"write \operatorname{expm}(A), or \exp^{\circ}(A) for each entry",
    "sqrtm": r"write A^{1/2}, or \operatorname{sqrt}^{\circ}(A) for each entry",
    "logm": r"write \operatorname{logm}(A), or \log^{\circ}(A) for each entry",
}


def _check(reader: Grammar) -> None:
    """Refuses what is left open: a name that is not declared though all others are, and two signs of a transpose."""
    scope = reader.scope
    if reader.pending:
        node = next(iter(reader.pending))
        raise reader.fail("this index is compared with one that the sum around it does not bind", node.span)
    if len(scope.transposed) > 1:
        place = scope.transposed["'"]
        hint = "write one sign for the transpose, and another name for another point: z"
        raise reader.fail("is the prime a transpose, too?", place, hint=hint)
    if scope.tells and len(scope.unknown) == 1:
        ((name, place),) = scope.unknown.items()
        hint = f'declare it, as the others: {{"{name}": …}}'
        raise reader.fail(f"{name} is not declared, and all other names are", place, hint=hint)


def _are_one(one: Expr, other: Expr) -> bool:
    try:
        left, right = lower(one), lower(other)
    except MatcalcError:
        return False
    return isinstance(left, View) and left.node is right.node and left.rows == right.rows
