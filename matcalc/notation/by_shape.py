"""Parts of formulas that are one thing or another by the shapes of their operands: |u|, ‖u‖, u·v, A^(1/2).

A reader that does not know shapes yet makes nodes of these kinds; where shapes are known, ``settle`` makes them plain.

* ``bars``: the absolute value of a scalar, the determinant of a matrix
* ``norm``, with a value None, "2", "F", "1", "inf" or "*"; ``p_norm`` of a column and its p
* ``dot``: the inner product of two columns, else the product; ``times``: the cross product of two columns
* ``star``, ``convolve``: a * b, a product of scalars; ``kron``: not of two columns, of which it may be the outer product
* ``power``: x^n of scalars and square matrices, also 1/2; ``entrywise``: exp, log, … of what is no square matrix
* ``softmax``: of a column, or of each row of a matrix

``kron``, ``hadamard`` and ``eldiv`` with the value True stand next to products that are not in brackets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from matcalc.errors import ShapeError
from matcalc.notation.customs import SORTS, Outcomes, outcomes
from matcalc.notation.pairs import Pair, is_scalar_pair
from matcalc.notation.syntax import Syntax
from matcalc.notation.unify import resolve
from matcalc.rational import Fraction
from matcalc.shape import ONE

_NORMS_OF_COLUMNS = {None: "norm2", "2": "norm2", "F": "norm2", "1": "norm1", "inf": "norminf"}
_NORMS_OF_MATRICES = {"2": "spectralnorm", "F": "norm2", "*": "nuclearnorm"}
_OF_MATRIX = {"exp": "expm(…)", "log": "logm(…)", "sqrt": "sqrtm(…)"}


def is_matrix(pair: Pair) -> bool:
    return all(resolve(side) is not ONE for side in pair)


def _becomes(node: Syntax, kind: str, value: object = None, operands: tuple[Syntax, ...] | None = None) -> None:
    node.kind, node.value = kind, value
    if operands is not None:
        node.operands = operands


def constant(node: Syntax) -> Fraction | None:
    """The number that a part is, where it is one: 2, -1, 1/2."""
    if node.kind == "number":
        return Fraction(node.value)  # type: ignore[arg-type]
    inner = [constant(operand) for operand in node.operands] if node.kind in ("neg", "div") else [None]
    if None in inner:
        return None
    return -inner[0] if node.kind == "neg" else inner[0] / inner[1] if inner[1] else None  # type: ignore[operator]


# ---------------------------------------------------------------- one operand
def _bars(node: Syntax, pair: Pair) -> None:
    if is_scalar_pair(pair):
        _becomes(node, "call", "abs")
    elif is_matrix(pair):
        _becomes(node, "call", "det")
    else:
        hint = "write norm2(x) for its length, abs(x) for the absolute value of each entry"
        raise ShapeError("bars around a column: its length, or the absolute value of each entry?", hint=hint)


def _norm(node: Syntax, pair: Pair) -> None:
    value = node.value
    if is_scalar_pair(pair):
        _becomes(node, "call", "abs")
        return
    table = _NORMS_OF_MATRICES if is_matrix(pair) else _NORMS_OF_COLUMNS
    if value in table:
        _becomes(node, "call", table[value])  # type: ignore[index]
    elif value is None:
        hint = "say which: _F, or _2 for the largest singular value"
        raise ShapeError("the norm of a matrix: Frobenius or spectral?", hint=hint)
    else:
        raise ShapeError(f"this norm can mean two things of {'a matrix' if is_matrix(pair) else 'a column'}",
                         hint="of the entries: the norm of vec(X)")  # fmt: skip


def _p_norm(node: Syntax, pair: Pair, p: Pair) -> None:
    if is_matrix(pair):
        raise ShapeError("a p-norm of a matrix: of its entries, or of its singular values?", hint="norm_p(vec(X), p)")
    _becomes(node, "call", "norm_p")


def _entrywise(node: Syntax, pair: Pair) -> None:
    name = str(node.value)
    (operand,) = node.operands
    if name == "log" and operand.kind == "call" and operand.value == "det":
        _becomes(node, "call", "logdet", operand.operands)
        return
    if is_matrix(pair) and resolve(pair[0]) is resolve(pair[1]):
        hint = f"the function of the matrix is {_OF_MATRIX[name]}" if name in _OF_MATRIX else "name the matrix that is meant"
        raise ShapeError(f"{name} of a square matrix: of the matrix, or of each entry?", hint=hint)
    _becomes(node, "call", name)


def _softmax(node: Syntax, pair: Pair) -> None:
    _becomes(node, "call", "rowsoftmax" if is_matrix(pair) else "softmax")


# ---------------------------------------------------------------- two operands
def _power(node: Syntax, base: Pair, exponent: Pair) -> None:
    if is_scalar_pair(base):
        _becomes(node, "pow")
        return
    if not is_matrix(base):
        raise ShapeError("a power of a column: of each entry, or of its length?", hint="x'*x, or x.^2 for each entry")
    value = constant(node.operands[1])
    if value == -1:
        _becomes(node, "call", "inv", node.operands[:1])
    elif value == Fraction(1, 2):
        _becomes(node, "call", "sqrtm", node.operands[:1])
    else:
        _becomes(node, "pow")


def _dot(node: Syntax, left: Pair, right: Pair) -> None:
    scalar = is_scalar_pair(left) or is_scalar_pair(right)
    columns = all(resolve(pair[1]) is ONE for pair in (left, right))
    _becomes(node, *(("call", "dot") if columns and not scalar else ("mul", None)))


def _times(node: Syntax, left: Pair, right: Pair) -> None:
    if is_scalar_pair(left) or is_scalar_pair(right):
        _becomes(node, "mul")
    elif all(resolve(pair[1]) is ONE for pair in (left, right)):
        _becomes(node, "call", "cross")
    else:
        raise ShapeError("is this sign the product of matrices?", hint="a product is written without a sign: A B")


def _star(node: Syntax, left: Pair, right: Pair) -> None:
    if is_scalar_pair(left) or is_scalar_pair(right):
        _becomes(node, "mul")
    elif node.kind == "convolve" and all(resolve(pair[1]) is ONE for pair in (left, right)):
        _becomes(node, "call", "conv")
    else:
        hint = "a product is written without a sign, one of entries with \\odot, a convolution with \\ast"
        raise ShapeError("is this sign the product, that of entries, or a convolution?", hint=hint)


def _kron(node: Syntax, left: Pair, right: Pair) -> None:
    if is_scalar_pair(left) or is_scalar_pair(right):
        _becomes(node, "mul")
    elif all(resolve(pair[1]) is ONE for pair in (left, right)):
        raise ShapeError("⊗ of two columns: their Kronecker product, or their outer product?", hint="kron(x,y), or x*y'")
    else:
        _becomes(node, "call", "kron")


_SETTLE: dict[str, Callable[..., None]] = {
    "bars": _bars,
    "norm": _norm,
    "p_norm": _p_norm,
    "entrywise": _entrywise,
    "softmax": _softmax,
    "power": _power,
    "dot": _dot,
    "times": _times,
    "star": _star,
    "convolve": _star,
    "kron": _kron,
}
BY_SHAPE = frozenset(_SETTLE)


def settle(node: Syntax, pairs: Sequence[Pair]) -> None:
    """Makes a node plain, whose operands have these shapes.

    Raises:
        ShapeError: it can mean two things of what has these shapes.
    """
    _SETTLE[node.kind](node, *pairs)


# ---------------------------------------------------------------- products without brackets
def check_loose(node: Syntax, pairs: dict[Syntax, Pair]) -> None:
    """Refuses A*B .* C written without brackets, where A*(B.*C) has a meaning, too."""
    left, right = node.operands
    first, last = _chain(left, pairs), _chain(right, pairs)
    fits = node.kind == "kron" or (
        (len(first) > 1 and _same(first[-1], pairs[right])) or (len(last) > 1 and _same(last[0], pairs[left]))
    )
    if fits and (len(first) > 1 or len(last) > 1):
        raise ShapeError("which of the two products comes first?", hint="write brackets around what belongs together")
    node.value = None


def _chain(node: Syntax, pairs: dict[Syntax, Pair]) -> list[Pair]:
    """The shapes of the factors that are no scalars."""
    found: list[Pair] = []
    while node.kind == "mul":
        node, right = node.operands
        found.append(pairs[right])
    found.append(pairs[node])
    return [pair for pair in reversed(found) if not is_scalar_pair(pair)]


def _same(one: Pair, other: Pair) -> bool:
    return all(resolve(a) is resolve(b) for a, b in zip(one, other, strict=True))


# ---------------------------------------------------------------- kinds of undeclared names
def outcomes_by_shape(node: Syntax, kinds: tuple[str, ...]) -> Outcomes:
    """The kinds that a part of these may have whose operands have these kinds."""
    kind = node.kind
    first = kinds[0]
    if kind in ("norm", "p_norm"):
        return ((first if first in SORTS else "value", 0),)
    if kind == "bars":
        return ((first, 0),) if first in SORTS else (("value", 0),) if first == "matrix" else ()
    if kind in ("entrywise", "softmax"):
        if kind == "entrywise" and node.value == "log" and node.operands[0].kind == "call":
            return ((first, 0),)
        return ((first, 0),)
    if kind == "power":
        return outcomes(Syntax("pow", None, node.operands, node.span), kinds)
    if kind == "dot" and kinds[0] == kinds[1] == "vector":
        return (("value", 0),)
    if kind in ("times", "convolve") and kinds[0] == kinds[1] == "vector":
        return (("vector", 0),)
    if kind == "kron" and not (kinds[0] in SORTS or kinds[1] in SORTS):
        return () if kinds == ("vector", "vector") else (("row", 0),) if kinds == ("row", "row") else (("matrix", 0),)
    if kind in ("times", "star", "convolve") and not (kinds[0] in SORTS or kinds[1] in SORTS):
        return ()
    return outcomes(Syntax("mul", None, node.operands, node.span), kinds)
