"""Products of two arrays, and sums along axes, as expressions of Eigen; None where these have no form for them."""

from __future__ import annotations

from matcalc.emission.eigen.values import ATOM, PRODUCT, UNARY, Types, Value
from matcalc.network.nodes import Indices
from matcalc.program.step import Step


def product(types: Types, step: Step, a: Value, b: Value) -> Value | None:
    """An einsum of two numbers, vectors or matrices."""
    left, right, out = step.data
    if len({*left}) < len(left) or len({*right}) < len(right):
        return None
    if not left or not right:
        factor, array, indices = (a, b, right) if not left else (b, a, left)
        if factor.kind == "number":
            value = Value(f"{factor.at(PRODUCT)} * {array.at(UNARY)}", PRODUCT, array.kind, array.is_product)
            return turned(value, indices, out)
    summed = [i for i in left if i in right and i not in out]
    shared = [i for i in left if i in right]
    if not out and {*left} == {*right}:
        return inner(step, a, b)
    if len(summed) == 1 and shared == summed and {*out} == {*left, *right} - {*summed}:
        return multiplied(a.matrix(), b.matrix(), left, right, out, summed[0])
    if not summed:
        return entrywise(a, b, left, right, out)
    if {*left} == {*right} and len(left) == 2 and len(out) == 1:
        other = b.matrix() if left == right else b.matrix().transposed()
        return along(Value(f"{a.matrix().at(ATOM)}.cwiseProduct({other.source})"), left.index(out[0]))
    return None


def inner(step: Step, a: Value, b: Value) -> Value:
    """The sum of the products of entries."""
    left, right, _ = step.data
    a, b = a.matrix(), b.matrix()
    if step.operands[0] == step.operands[1] and left == right:
        return Value(f"{a.at(ATOM)}.squaredNorm()", ATOM, "number")
    if len(left) == 1:
        return Value(f"{a.at(ATOM)}.dot({b.source})", ATOM, "number")
    other = b if left == right else b.transposed()
    return Value(f"{a.at(ATOM)}.cwiseProduct({other.source}).sum()", ATOM, "number")


def multiplied(a: Value, b: Value, left: Indices, right: Indices, out: Indices, over: int) -> Value:
    """A product of matrices and vectors: with transposes such that its axes are in order."""
    if len(left) == 1 and len(right) == 2:  # the vector behind the matrix
        return multiplied(b, a, right, left, out, over)
    first = a if left[-1] == over else a.transposed()
    second = b if right[0] == over else b.transposed()
    kept = tuple(i for i in (*left, *right) if i != over)
    if kept != out:
        first, second = second.transposed(), first.transposed()
    return Value(f"{first.at(PRODUCT)} * {second.at(UNARY)}", PRODUCT, is_product=True)


def entrywise(a: Value, b: Value, left: Indices, right: Indices, out: Indices) -> Value | None:
    """Products without sums: outer ones, those of entries, and those with diagonal matrices."""
    if len(left) == len(right) == 1 and left != right:
        column, row = (a, b) if out[0] == left[0] else (b, a)
        text = f"{column.matrix().at(PRODUCT)} * {row.matrix().transposed().at(UNARY)}"
        return Value(text, PRODUCT, is_product=True)
    if {*left} == {*right} == {*out}:
        first = a if left == out else a.matrix().transposed()
        second = b if right == out else b.matrix().transposed()
        return Value(f"{first.array().at(PRODUCT)} * {second.array().at(UNARY)}", PRODUCT, "array")
    if len(left) + len(right) == 3 and len(out) == 2:
        vector, (index,), matrix, axes = (a, left, b, right) if len(left) == 1 else (b, right, a, left)
        whole = matrix.matrix() if axes == out else matrix.matrix().transposed()
        diagonal = f"{vector.matrix().at(ATOM)}.asDiagonal()"
        if out[0] == index:
            return Value(f"{diagonal} * {whole.at(UNARY)}", PRODUCT, is_product=True)
        return Value(f"{whole.at(PRODUCT)} * {diagonal}", PRODUCT, is_product=True)
    return None


def turned(value: Value, indices: Indices, out: Indices) -> Value | None:
    if indices == out:
        return value
    return value.matrix().transposed() if indices == out[::-1] else None


def along(value: Value, axis: int) -> Value:
    """The sums of each row, axis 0, or of each column, as a vector."""
    if axis == 0:
        return Value(f"{value.matrix().at(ATOM)}.rowwise().sum()")
    return Value(f"{value.matrix().at(ATOM)}.colwise().sum().transpose()")


def reduction(indices: Indices, out: Indices, value: Value) -> Value | None:
    """Sums along axes, traces and diagonals."""
    if len({*indices}) < len(indices):
        if len(indices) != 2:
            return None
        return Value(
            f"{value.matrix().at(ATOM)}.{'diagonal' if out else 'trace'}()", ATOM, "matrix" if out else "number"
        )
    if not out:
        return Value(f"{value.at(ATOM)}.sum()", ATOM, "number")
    return along(value, indices.index(out[0])) if len(indices) == 2 and len(out) == 1 else None
