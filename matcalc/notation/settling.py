"""Parts of formulas that become plain where shapes are known: A^(1/2), exp(A), a × b, kron beside products.

A reader that does not know shapes yet makes nodes of these kinds; ``settle`` makes plain ones of them, or asks. They
stand beside those of ``by_shape``, which stay as they are.

* ``power``: x^n of scalars and square matrices, also 1/2; ``entrywise``: exp, log, … of what is no square matrix
* ``times``: the cross product of two columns; ``star``, ``convolve``: a * b, products of scalars
* ``kron``: not of two columns, of which it may be the outer product
* ``softmax``: of a column, or of each row of a matrix; ``p_norm`` of a column and its p
* ``frobenius``: the norm of a matrix, with a subscript F that is a name, too

``kron``, ``hadamard`` and ``eldiv`` with the value True stand next to products that are not in brackets; ``add`` and
``sub`` with it are no sums of a product of arrays that is a scalar and of a column.
"""

from __future__ import annotations

from collections.abc import Callable

from matcalc.errors import ShapeError
from matcalc.notation.customs import SORTS, Outcomes, outcomes
from matcalc.notation.pairs import Pair, is_scalar_pair
from matcalc.notation.syntax import Syntax
from matcalc.notation.unify import resolve
from matcalc.rational import Fraction
from matcalc.shape import ONE

_OF_MATRIX = {"exp": "expm(…)", "log": "logm(…)", "sqrt": "sqrtm(…)"}


Lookup = Callable[[Syntax], Pair]


def is_matrix(pair: Pair) -> bool:
    return all(resolve(side) is not ONE for side in pair)


def _becomes(node: Syntax, kind: str, value: object = None, operands: tuple[Syntax, ...] | None = None) -> None:
    node.kind, node.value = kind, value
    if operands is not None:
        node.operands = operands


def constant(node: Syntax) -> Fraction | None:
    """The number that a part is, where it is one: 2, -1, 1/2."""
    if node.kind == "number":
        assert isinstance(node.value, int | Fraction)
        return Fraction(node.value)
    inner = [constant(operand) for operand in node.operands] if node.kind in ("neg", "div") else []
    values = [value for value in inner if value is not None]
    if not values or len(values) < len(inner) or (node.kind == "div" and not values[1]):
        return None
    return -values[0] if node.kind == "neg" else values[0] / values[1]


# ---------------------------------------------------------------- one operand
def _p_norm(node: Syntax, of: Lookup, pair: Pair, p: Pair) -> None:
    if is_matrix(pair):
        raise ShapeError("a p-norm of a matrix: of its entries, or of its singular values?", hint="norm_p(vec(X), p)")
    _becomes(node, "norm", "by")


def _frobenius(node: Syntax, of: Lookup, pair: Pair) -> None:
    if not is_matrix(pair):
        raise ShapeError("is this norm weighted by F?", hint="write x'*F*x, or the 2-norm")
    _becomes(node, "norm", "F")


def _entrywise(node: Syntax, of: Lookup, pair: Pair) -> None:
    name = str(node.value)
    (operand,) = node.operands
    if name == "log" and operand.kind == "bars" and is_matrix(of(operand.operands[0])):
        _becomes(node, "call", "logdet", operand.operands)
        return
    if is_matrix(pair) and resolve(pair[0]) is resolve(pair[1]):
        hint = (
            f"the function of the matrix is {_OF_MATRIX[name]}"
            if name in _OF_MATRIX
            else "name the matrix that is meant"
        )
        raise ShapeError(f"{name} of a square matrix: of the matrix, or of each entry?", hint=hint)
    _becomes(node, "call", name)


def _softmax(node: Syntax, of: Lookup, pair: Pair) -> None:
    _becomes(node, "call", "rowsoftmax" if is_matrix(pair) else "softmax")


# ---------------------------------------------------------------- two operands
def _power(node: Syntax, of: Lookup, base: Pair, exponent: Pair) -> None:
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


def _times(node: Syntax, of: Lookup, left: Pair, right: Pair) -> None:
    if is_scalar_pair(left) or is_scalar_pair(right):
        _becomes(node, "mul")
    elif all(resolve(pair[1]) is ONE for pair in (left, right)):
        _becomes(node, "call", "cross")
    else:
        raise ShapeError("is this sign the product of matrices?", hint="a product is written without a sign: A B")


def _star(node: Syntax, of: Lookup, left: Pair, right: Pair) -> None:
    if is_scalar_pair(left) or is_scalar_pair(right):
        _becomes(node, "mul")
    elif node.kind == "convolve" and all(resolve(pair[1]) is ONE for pair in (left, right)):
        _becomes(node, "call", "conv")
    else:
        hint = "leave the sign away for the product of matrices, and write ⊙ for that of entries"
        raise ShapeError("is this sign the product of matrices, that of entries, or a convolution?", hint=hint)


def _kron(node: Syntax, of: Lookup, left: Pair, right: Pair) -> None:
    if is_scalar_pair(left) or is_scalar_pair(right):
        _becomes(node, "mul")
    elif all(resolve(pair[1]) is ONE for pair in (left, right)):
        raise ShapeError(
            "⊗ of two columns: their Kronecker product, or their outer product?", hint="kron(x,y), or x*y'"
        )
    else:
        _becomes(node, "call", "kron")


_SETTLE: dict[str, Callable[..., None]] = {
    "p_norm": _p_norm,
    "frobenius": _frobenius,
    "entrywise": _entrywise,
    "softmax": _softmax,
    "power": _power,
    "times": _times,
    "star": _star,
    "convolve": _star,
    "kron": _kron,
}
SETTLED = frozenset(_SETTLE)


def settle(node: Syntax, of: Lookup) -> None:
    """Makes a node plain; ``of`` says what shapes its operands have, and theirs.

    Raises:
        ShapeError: it can mean two things of what has these shapes.
    """
    _SETTLE[node.kind](node, of, *map(of, node.operands))


# ---------------------------------------------------------------- products without brackets
def check_loose(node: Syntax, of: Lookup) -> None:
    """Refuses what can mean two things at a node with the value True: A*B .* C, where A*(B.*C) fits, too."""
    left, right = node.operands
    if node.kind in ("add", "sub"):
        _check_sides(node, of)
        return
    first, last = _chain(left, of), _chain(right, of)
    fits = node.kind == "kron" or (
        (len(first) > 1 and _same(first[-1], of(right))) or (len(last) > 1 and _same(last[0], of(left)))
    )
    if fits and (len(first) > 1 or len(last) > 1):
        raise ShapeError("which of the two products comes first?", hint="write brackets around what belongs together")
    node.value = None


def _check_sides(node: Syntax, of: Lookup) -> None:
    """Refuses x'*y + z of a column z: it is rather a slip than the same number added to each entry."""
    scalars = [is_scalar_pair(of(side)) for side in node.operands]
    if sum(scalars) == 1 and _is_of_arrays(node.operands[scalars.index(True)], of):
        told = ["this is a scalar", "and this is not"] if scalars[0] else ["this is not a scalar", "and this is one"]
        raise ShapeError(
            "a scalar and an array are added", f"{', '.join(told)}", hint="is a transpose or a factor missing?"
        )
    node.value = None


def _is_of_arrays(node: Syntax, of: Lookup) -> bool:
    """Whether a scalar is a product of arrays or a norm, with scalar factors."""
    stack = [node]
    while stack:
        part = stack.pop()
        if part.kind in ("norm", "dot") or (part.kind == "call" and part.value in ("dot", "tr")):
            return True
        if part.kind == "mul" and not any(is_scalar_pair(of(side)) for side in part.operands):
            return True
        if part.kind in ("mul", "div", "neg", "add", "sub"):
            stack += [side for side in part.operands if is_scalar_pair(of(side))]
        elif part.kind in ("pow", "power"):
            stack.append(part.operands[0])
    return False


def _chain(node: Syntax, of: Lookup) -> list[Pair]:
    """The shapes of the factors that are no scalars."""
    found: list[Pair] = []
    while node.kind == "mul":
        node, right = node.operands
        found.append(of(right))
    found.append(of(node))
    return [pair for pair in reversed(found) if not is_scalar_pair(pair)]


def _same(one: Pair, other: Pair) -> bool:
    return all(resolve(a) is resolve(b) for a, b in zip(one, other, strict=True))


# ---------------------------------------------------------------- kinds of undeclared names
def settled_outcomes(node: Syntax, kinds: tuple[str, ...]) -> Outcomes:
    """The kinds that a part of these may have whose operands have these kinds."""
    kind = node.kind
    first = kinds[0]
    if kind in ("p_norm", "frobenius"):
        return ((first if first in SORTS else "value", 0),)
    if kind in ("entrywise", "softmax"):
        return ((first, 0),)
    if kind == "power":
        return outcomes(Syntax("pow", None, node.operands, node.span), kinds)
    if kind in ("times", "convolve") and kinds[0] == kinds[1] == "vector":
        return (("vector", 0),)
    if kind == "kron" and not (kinds[0] in SORTS or kinds[1] in SORTS):
        return () if kinds == ("vector", "vector") else (("row", 0),) if kinds == ("row", "row") else (("matrix", 0),)
    if kind in ("times", "star", "convolve") and not (kinds[0] in SORTS or kinds[1] in SORTS):
        return ()
    return outcomes(Syntax("mul", None, node.operands, node.span), kinds)
