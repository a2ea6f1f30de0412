"""The kind of each part from the kinds of its operands, and what an unusual reading costs.

A part is a vector, a row, a matrix, a family of columns or of matrices, or a scalar of a sort. The sort says how far
the scalar rests on guesses: ``given`` is built of numbers and declared scalars alone, ``letter`` of names that are
scalars by their letters, too; ``count``, ``forced`` and ``capital`` contain a name that is a scalar against its letter:
one of h–n, s and t, another small one, a capital; ``value`` is what products and functions of vectors and matrices
have, ``entry`` what is made of entries with an index: where a column would be more usual, the name may be a family.

Costs below ``FAR`` rank readings. A reading that costs more is not taken, but may be shown as what would fit.
"""

from __future__ import annotations

from functools import lru_cache

from matcalc.function import Function
from matcalc.notation.by_shape import BY_SHAPE
from matcalc.notation.syntax import Syntax
from matcalc.position import Index, Several
from matcalc.shape import ONE, Form

FAR = 1_000_000  # more than all departures of a formula that is not too long to be read

SORTS = ("given", "letter", "count", "forced", "capital", "value", "entry")
ARRAYS = {(False, True): "vector", (True, False): "row", (False, False): "matrix"}  # (one row, one column)
_ONES = {kind: ones for ones, kind in ARRAYS.items()} | dict.fromkeys(SORTS, (True, True))

# What a scalar costs that is …, by its sort, in the order of SORTS:
_COSTS = {
    "transposed": (0, 20, FAR, FAR, FAR, 0, 200),
    "operand of a function of arrays": (0, 20, FAR, FAR, FAR, 0, 200),
    "factor of an array": (0, 0, 0, FAR, FAR, 0, 0),
    "factor on the right of a vector": (0, 1, 1, FAR, FAR, 0, 1),
    "factor on the right of a matrix or a row": (0, 11, 11, FAR, FAR, 0, 200),
    "elementwise factor of an array": (0, 5, 5, FAR, FAR, 0, 0),
    "added to an array": (0, 5, 5, FAR, FAR, FAR, FAR),
    "divisor of an array": (0, 0, 0, FAR, 0, 0, 0),
}
_AT_RIGHT = {
    "vector": "factor on the right of a vector",
    "matrix": "factor on the right of a matrix or a row",
    "row": "factor on the right of a matrix or a row",
}
_PRODUCTS = {
    ("row", "vector"): "value",
    ("vector", "row"): "matrix",
    ("matrix", "vector"): "vector",
    ("row", "matrix"): "row",
    ("matrix", "matrix"): "matrix",
}

Outcomes = tuple[tuple[str, int], ...]  # kinds that are possible, and their costs
_NONE: Outcomes = ()


def outcomes(node: Syntax, kinds: tuple[str, ...], function: Function | None = None) -> Outcomes:
    """The kinds that a part with operands of these kinds may have; none where they do not fit.

    Every kind of node is here but names and numbers; ``function`` is what a call calls.
    """
    kind = node.kind
    if kind == "neg":
        return ((kinds[0], 0),)
    if kind == "transpose":
        transposed = {"vector": "row", "row": "vector"}.get(kinds[0], kinds[0])
        return ((transposed, _cost("transposed", kinds[0])),)
    if kind in ("add", "sub", "mul", "div", "hadamard", "eldiv", "elpow", "pow"):
        if kinds[0] in SORTS and kinds[1] in SORTS:
            return (_of_scalars(kind, *kinds),)
        return _of_arrays(kind, *kinds)
    if kind in BY_SHAPE:
        return _by_shape(node, kinds)
    if kind == "total":
        of_sum = "value" if kinds[0] == "entry" else kinds[0]
        return ((_stacked(node, kinds[0]) if node.value.over == "stack" else of_sum, 0),)  # type: ignore[attr-defined]
    if kind in ("entry", "selected"):
        return _entry(node, kinds[0])
    if kind == "blocks":
        return _of_blocks(node, kinds)
    if kind == "factor":
        assert isinstance(node.value, tuple)
        fits = _ONES[kinds[0]].count(False) == len(node.value)
        return (("given", 0),) if fits else _NONE
    if kind == "indexed":
        assert isinstance(node.value, tuple)
        rows, cols = node.value
        return ((_kind(not rows, not cols), 0),)
    return _of_function(function, kinds) if function is not None else _constant(str(node.value), kinds)


def _cost(custom: str, kind: str) -> int:
    return _COSTS[custom][SORTS.index(kind)] if kind in SORTS else 0


@lru_cache(1024)
def _of_scalars(kind: str, left: str, right: str) -> tuple[str, int]:
    """The sort of a scalar made of two, and what speaks against it.

    Products of names that are both scalars against their letters, and elementwise products, are rather of vectors; and
    a capital is no scalar beside others that are so against their letters.
    """
    sorts = {left, right}
    guessed = sorts == {"forced"} or ("capital" in sorts and sorts <= {"count", "forced", "capital"})
    elementwise = kind in ("hadamard", "eldiv")
    cost = sum(_cost("elementwise factor of an array", sort) for sort in (left, right)) if elementwise else 0
    return max(left, right, key=SORTS.index), cost + (FAR if guessed and kind in ("mul", "div") else 0)


@lru_cache(1024)
def _of_arrays(kind: str, left: str, right: str) -> Outcomes:
    """Sums, products, quotients and powers, not both of whose operands are scalars."""
    array, scalar = (right, left) if left in SORTS else (left, right)
    both = scalar not in SORTS
    if kind == "mul" and both:
        made = _PRODUCTS.get((left, right))
        return ((made, 0),) if made else _NONE
    if kind == "pow":
        return (("matrix", 0 if right == "given" else FAR),) if left == "matrix" and not both else _NONE
    if kind == "div":
        return ((left, _cost("divisor of an array", right)),) if not both and left not in SORTS else _NONE
    if both:
        return ((left, 0),) if left == right else _NONE
    if kind in ("add", "sub"):
        return ((array, _cost("added to an array", scalar)),)
    if kind == "mul":
        custom = "factor of an array" if left in SORTS else _AT_RIGHT[left]
        return ((array, _cost(custom, scalar)),)
    elementwise = kind == "hadamard" or (kind == "eldiv" and right in SORTS)
    return ((array, _cost("elementwise factor of an array", scalar) if elementwise else 0),)


def _kind(one_row: bool, one_column: bool) -> str:
    return ARRAYS.get((one_row, one_column), "value")


def _entry(node: Syntax, kind: str) -> Outcomes:
    typed = node.value
    assert isinstance(typed, tuple)
    ones = _ONES[kind]
    position = typed
    if len(typed) == 1:
        if True not in ones:
            return _NONE
        position = (*typed, 0) if ones[1] else (0, *typed)
    if any(isinstance(at, Index) and one for at, one in zip(position, ones, strict=True)):
        return _NONE
    taken = (one if at is None else not isinstance(at, Several) for at, one in zip(position, ones, strict=True))
    made = _kind(*taken)
    may_be_column = len(typed) == 1 and isinstance(typed[0], Index)
    return (("entry" if made == "value" and may_be_column else made, _cost("operand of a function of arrays", kind)),)


def _of_blocks(node: Syntax, kinds: tuple[str, ...]) -> Outcomes:
    """Blocks of a row have all one row or all more, and the rows all one column or all more; 0 is of any size."""
    assert isinstance(node.value, tuple)
    parts = iter([None if is_zero(o) else _ONES[kind] for o, kind in zip(node.operands, kinds, strict=True)])
    rows = [[next(parts) for _ in range(count)] for count in node.value]
    heights = [{one[0] for one in row if one is not None} for row in rows]
    widths = [{one[1] if len(row) == 1 else False} for row in rows for one in row if one is not None]
    if any(len(side) > 1 for side in (*heights, set().union(*widths))):
        return _NONE
    return ((_kind(len(rows) == 1 and heights[0] != {False}, set().union(*widths) == {True}), 0),)


def is_zero(node: Syntax) -> bool:
    """Whether a block is the number 0, which stands for zeros of the size that fits."""
    return node.kind == "number" and node.value == 0


def _by_shape(node: Syntax, kinds: tuple[str, ...]) -> Outcomes:
    """Bars, norms, dots and powers of e; norms are rather of columns than of matrices, where they'd be questioned."""
    first = kinds[0]
    if node.kind == "superscript_t":
        return outcomes(Syntax("transpose", None, node.operands, node.span), kinds)
    if node.kind == "dot":
        is_inner = kinds == ("vector", "vector")
        return (("value", 0),) if is_inner else outcomes(Syntax("mul", None, node.operands, node.span), kinds)
    if node.kind in ("exponential", "starpow"):
        return ((first, 0),)
    if node.kind == "bars":
        return ((first if first in SORTS else "value", 0),)
    questioned = first == "matrix" and node.value not in ("F", "2", "*")
    return (("value", _cost("operand of a function of arrays", first) + (3 if questioned else 0)),)


def _constant(name: str, kinds: tuple[str, ...]) -> Outcomes:
    """vector(c) and matrix(c), whose size the context says: it may be 1, where nothing else fits."""
    if len(kinds) != 1 or kinds[0] not in SORTS:
        return _NONE
    shapes = ("vector",) if name == "vector" else ("matrix", "vector", "row")
    return (*((shape, 0) for shape in shapes), ("given", 1))


def _of_function(function: Function, kinds: tuple[str, ...]) -> Outcomes:
    if len(kinds) != function.shape.arity:
        return _NONE
    if function.elementwise and len(kinds) == 1:
        return ((kinds[0], 0),)
    for form in function.shape.forms:
        fixed = {letter: dim is ONE for letter, dim in function.fixed} | dict.fromkeys(form.sums, False)
        ones = _bound(form, kinds)
        if ones is not None:
            rows, cols = (all((ones | fixed)[letter] for letter in side) for side in form.result)
            cost = sum(_cost("operand of a function of arrays", kind) for kind in kinds)
            return ((_kind(rows, cols), cost),)
    return _NONE


def _stacked(node: Syntax, kind: str) -> str:
    """The kind of a stack: of scalars over one index, it is a vector."""
    return "vector" if kind in SORTS and len(node.value.indices) == 1 else "matrix"  # type: ignore[attr-defined]


def _bound(form: Form, kinds: tuple[str, ...]) -> dict[str, bool] | None:
    """Which letters of a form are 1 where its operands have these kinds; None where it does not fit them."""
    found = dict.fromkeys(form.numbers, False)
    products = []
    for letters, kind in zip(form.operands, kinds, strict=True):
        for side, one in zip(letters, _ONES[kind], strict=True):
            if len(side) > 1 and not one:
                products.append(side)
                continue
            if not side and not one:
                return None
            if any(found.setdefault(letter, one) != one for letter in side):
                return None
    for letter in (letter for side in products for letter in side):
        found.setdefault(letter, False)
    return found if all(not all(found[letter] for letter in side) for side in products) else None
