"""Dimensions in formulas: the arguments of eye, ones, zeros, unit and K, and letters for dimensions that stay open."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from matcalc.bound import Total
from matcalc.errors import ParseError, ShapeError, suggest
from matcalc.functions import ALIASES, FUNCTIONS
from matcalc.functions.elsewhere import written_here
from matcalc.notation.conventions import DIMENSIONED, FILLED
from matcalc.notation.pairs import Pair
from matcalc.notation.syntax import Syntax
from matcalc.notation.unify import Unknown, resolve
from matcalc.position import Stretch, symbols_of
from matcalc.shape import ONE, Dim, product
from matcalc.walk import postorder

_LETTERS = "nmpqrkluvwstijh"


def sizes_named(orders: Collection[Sequence[Syntax]]) -> tuple[set[Syntax], set[str]]:
    """The parts of formulas that are dimensions, and no formulas; and the names of these, and in ranges: X[1:k,:]."""
    found: set[Syntax] = set()
    for order in orders:
        for node in order:
            if node.kind == "call" and node.value in DIMENSIONED:
                found.update(postorder(*node.operands))
    names = {str(node.value) for node in found if node.kind == "name"}
    ranges = [at for order in orders for at in _positions(order) if isinstance(at, Stretch)]
    limits = [dim for order in orders for node in order if isinstance(node.value, Total) for dim in node.value.ranges]
    names |= {name for dim in limits if dim is not None for name in dim.symbols}  # n in sum_{i=1..n} x[i]/n
    return found, names | {name for at in ranges for name in symbols_of(at)}


def symbols_in_positions(nodes: Iterable[Syntax]) -> set[str]:
    """The names by which positions are given, one or several."""
    return {name for at in _positions(nodes) if isinstance(at, Stretch | Dim) for name in symbols_of(at)}


def _positions(nodes: Iterable[Syntax]) -> Iterator[object]:
    for node in nodes:
        if node.kind == "entry":
            assert isinstance(node.value, tuple)
            yield from node.value


def dimension(node: Syntax, variables: Collection[str]) -> Dim:
    """The dimension that an argument of eye, ones, zeros, unit or K stands for.

    Raises:
        ShapeError: it is none, or one of the variables.
    """
    if node.kind == "number" and getattr(node.value, "denominator", 0) == 1:
        return Dim.of(int(node.value))  # type: ignore[call-overload]
    if node.kind == "name" and node.value not in variables:
        return Dim.of(str(node.value))
    if node.kind in ("mul", "dot", "add", "sub"):
        left, right = (dimension(operand, variables) for operand in node.operands)
        return left * right if node.kind in ("mul", "dot") else left.plus(right, 1 if node.kind == "add" else -1)
    if node.kind == "pow" and node.operands[1].kind == "number":
        exponent = int(node.operands[1].value)  # type: ignore[call-overload]
        if 0 < exponent < 10:
            return product((dimension(node.operands[0], variables),) * exponent)
    raise ShapeError("not a dimension", "a dimension is an integer, a name such as n, or a product such as m*n")


def constant_shape(node: Syntax, variables: Collection[str]) -> tuple[Dim, Dim]:
    """The shape of eye(n), ones(m,n), zeros(m,n), unit(n,i) or K(m,n)."""
    name = str(node.value)
    fewest, most = DIMENSIONED[name]
    if not fewest <= len(node.operands) <= most:
        wanted = fewest if fewest == most else "1 or 2"
        raise ParseError(f"{name} takes {wanted} dimension(s), got {len(node.operands)}")
    dims = [dimension(operand, variables) for operand in node.operands]
    if name == "eye":
        return dims[0], dims[0]
    if name == "K":
        return dims[0] * dims[1], dims[0] * dims[1]
    return dims[0], dims[1] if len(dims) == 2 and name != "unit" else ONE


def name_open(pairs: Iterable[Pair], taken: Collection[str]) -> None:
    """Gives letters to the sides that stayed open: n to those of columns first, m and n to those of a first matrix."""
    free = _letters(taken)
    first = [next(free), next(free)]
    for pair in sorted(pairs, key=lambda pair: resolve(pair[1]) is not ONE):
        rows, cols = (resolve(side) for side in pair)
        if isinstance(rows, Unknown) and isinstance(cols, Unknown) and rows is not cols and first == ["n", "m"]:
            first[:] = ["m", "n"]
        for side in (rows, cols):
            side = resolve(side)
            if isinstance(side, Unknown) and not side.factors and not side.summands:
                side.bound = Dim.of(first.pop(0) if first else next(free))


def _letters(taken: Collection[str]) -> Iterator[str]:
    """Letters for dimensions, in the order in which books use them, and then n1, n2, …; none that is taken."""
    yield from (letter for letter in _LETTERS if letter not in taken)
    number = 0
    while True:  # a caller takes one for each dimension that is open
        number += 1
        if f"n{number}" not in taken:
            yield f"n{number}"


def unknown_function(name: str) -> ParseError:
    """That no function has this name, with what may be meant."""
    hint = f"a product is written {name}*(…)"
    if name.startswith("D("):
        base = name.replace("D(", "").rstrip(")")
        hint = f'declare the function: {{"{base}": function("{base}")}}'
    known = [*FUNCTIONS, *ALIASES, "where", *DIMENSIONED, *FILLED]
    return ParseError(f"unknown function: {name}", hint=written_here(name) or suggest(name, known) or hint)
