"""NumPy's products: ``@``, dot, inner, outer, kron, einsum, each by its own rule for one axis and for several."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from string import ascii_uppercase
from typing import Any

from matcalc.arrays.array import Array, as_array, bind, entries, function, of_entries, tidy, turned
from matcalc.arrays.entrywise import counting_holds, refuse_truths
from matcalc.arrays.faults import first_apart, shape_error
from matcalc.arrays.layout import at_least_2d, expand_dims, ravel, without_axes
from matcalc.arrays.operators import OPERATORS
from matcalc.arrays.reductions import reduced
from matcalc.bound import renamed
from matcalc.errors import ShapeError, UnsupportedError, shown
from matcalc.expr import Expr, as_expr, mul, power, transpose
from matcalc.operators import operation
from matcalc.position import Index
from matcalc.regex import regex
from matcalc.shape import ONE, Dim

_SPEC = regex(r"[a-zA-Z]*(,[a-zA-Z]*)*(->[a-zA-Z]*)?")


def _pair(a: object, b: object) -> tuple[Array, Array]:
    refuse_truths("a product", a, b)
    return counting_holds(as_array(a)), counting_holds(as_array(b))


def _multiplied(left: Expr, right: Expr, inner: Dim) -> Expr:
    """The matrix product, where the inner length may be 1."""
    if inner is ONE and not (left.shape.is_scalar and right.shape.is_scalar):
        return mul(left, right)
    return mul(left, right)


def matmul(a: object, b: object, /) -> Array:
    """``@``: a sum over the last axis of a and the last but one of b; an axis that was added is taken out again."""
    u, v = _pair(a, b)
    if not u.ndim or not v.ndim:
        raise UnsupportedError("@ is the matrix product, and one side is a number", hint="scale with *")
    left = expand_dims(u, 0) if u.ndim == 1 else u
    right = expand_dims(v, 1) if v.ndim == 1 else v
    if left.dims[-1] is not right.dims[-2]:
        raise _inner_clash("@", u, v)
    if left.ndim > 2 or right.ndim > 2:
        made = _batched(left, right)
    else:
        made = Array(_multiplied(left.expr, right.expr, left.dims[-1]), (left.dims[0], right.dims[1]))
    added = [k for k, side in ((made.ndim - 2, u), (made.ndim - 1, v)) if side.ndim == 1]
    return without_axes(made, added) if added else made


def _batched(left: Array, right: Array) -> Array:
    """A product for each leading index."""
    lead_dims, lead, new = list[Dim](), list[Index | None](), {}
    count = max(len(left.lead), len(right.lead))
    for k in range(count):
        pairs = [
            side.axes[k - count + len(side.lead)] if k - count + len(side.lead) >= 0 else (None, ONE)
            for side in (left, right)
        ]
        (one, one_dim), (other, other_dim) = pairs
        if ONE not in (one_dim, other_dim) and one_dim is not other_dim:
            raise shape_error("the leading axes don't broadcast", left, right, apart=(one_dim, other_dim))
        if one is not None and other is not None:
            new[other] = one
        lead.append(other if one is None else one)
        lead_dims.append(other_dim if one_dim is ONE else one_dim)
    expr = mul(left.expr, renamed(right.expr, new) if new else right.expr)
    return Array(expr, (*lead_dims, left.dims[-2], right.dims[-1]), tuple(lead))


def _inner_clash(name: str, u: Array, v: Array, at: int = -2) -> ShapeError:
    hint = ""
    if u.ndim == 2 and u.dims[0] is v.dims[0 if v.ndim == 1 else -2]:
        hint = "did you mean to transpose the left side, .T?"
    elif v.ndim == 2 and u.dims[-1] is v.dims[-1]:
        hint = "did you mean to transpose the right side, .T?"
    apart = (u.dims[-1], v.dims[at if v.ndim > 1 else 0])
    what = f"{name} does not fit: the lengths that are summed over differ"
    return shape_error(what, u, v, hint=hint, apart=apart)


def dot(a: object, b: object) -> Array:
    """np.dot: of a number a multiple; else a sum over the last axis of a and the last but one of b."""
    u, v = _pair(a, b)
    if not u.ndim or not v.ndim:
        return OPERATORS["*"](u, v)  # type: ignore[no-any-return]
    if u.ndim > 2 or v.ndim > 2:
        raise UnsupportedError("np.dot is read of arrays of one axis or two", hint="np.einsum, or @")
    return matmul(u, v)


def inner(a: object, b: object) -> Array:
    """A sum over the last axis of both."""
    u, v = _pair(a, b)
    if u.ndim > 2 or v.ndim > 2:
        raise UnsupportedError("np.inner is read of arrays of one axis or two")
    if not u.ndim or not v.ndim:
        return OPERATORS["*"](u, v)  # type: ignore[no-any-return]
    if u.dims[-1] is not v.dims[-1]:
        raise _inner_clash("np.inner", u, v, -1)
    if u.ndim == 1 and v.ndim == 2:
        return matmul(v, u)
    return matmul(u, Array(turned(v.expr), v.dims[::-1]) if v.ndim == 2 else v)


def vdot(a: object, b: object) -> Array:
    refuse_truths("np.vdot", a, b)
    u, v = ravel(a), ravel(b)
    one, other = as_array(a), as_array(b)
    if (apart := first_apart(one.dims, other.dims)) and u.dims != v.dims:
        raise shape_error("np.vdot is of arrays of one shape", one, other, apart=apart)
    if u.dims != v.dims:
        raise _inner_clash("np.vdot", u, v)
    return matmul(u, v)


def outer(a: object, b: object) -> Array:
    """All products of an entry of a and an entry of b; both are flattened."""
    u, v = ravel(counting_holds(as_array(a))), ravel(counting_holds(as_array(b)))
    if ONE in (*u.dims, *v.dims):
        return OPERATORS["*"](expand_dims(u, 1), expand_dims(v, 0))  # type: ignore[no-any-return]
    return Array(mul(u.expr, transpose(v.expr)), (*u.dims, *v.dims))


def outer_of(name: str) -> Any:
    """np.subtract.outer and the like, of arrays of one axis."""

    def operate(a: object, b: object, /) -> Any:
        u, v = as_array(a), as_array(b)
        if u.ndim != 1 or v.ndim != 1:
            raise UnsupportedError(f"np.{name}.outer is read of arrays of one axis")
        sign = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "true_divide": "/"}[name]
        return OPERATORS[sign](expand_dims(u, 1), expand_dims(v, 0))

    return operate


def convolve(a: object, v: object, mode: object = "full") -> Array:
    one, other = _pair(a, v)
    if one.ndim != 1 or other.ndim != 1 or mode != "full":
        raise UnsupportedError('np.convolve is read of arrays of one axis, mode="full"')
    made = function("conv", one.expr, other.expr)
    return Array(made, (made.shape.rows,))


def kron(a: object, b: object) -> Array:
    u, v = _pair(a, b)
    if not u.ndim or not v.ndim:
        return OPERATORS["*"](u, v)  # type: ignore[no-any-return]
    if u.ndim > 2 or v.ndim > 2:
        raise UnsupportedError("np.kron is read of arrays of one axis or two")
    if u.ndim != v.ndim:
        u, v = at_least_2d(u), at_least_2d(v)
    expr = function("kron", u.expr, v.expr)
    return Array(expr, tuple(expr.shape) if u.ndim == 2 else (expr.shape.rows,))


def multi_dot(arrays: object) -> Array:
    if not isinstance(arrays, list | tuple) or len(arrays) < 2:
        raise UnsupportedError("np.linalg.multi_dot is of two arrays or more")
    parts = [as_array(part) for part in arrays]
    if any(part.ndim != 2 for part in parts[1:-1]) or any(part.ndim not in (1, 2) for part in parts):
        raise UnsupportedError("np.linalg.multi_dot is of matrices, and of arrays of one axis at the ends")
    return reduce(dot, parts)


def matrix_power(a: object, n: object) -> Array:
    array = as_array(a)
    if array.ndim != 2 or array.dims[0] is not array.dims[1] or not isinstance(n, int):
        raise shape_error("np.linalg.matrix_power is of a square matrix and an integer", array, apart=array.dims)
    return Array(power(array.expr, as_expr(n)), array.dims)


def cross(a: object, b: object) -> Array:
    u, v = _pair(a, b)
    three = Dim.of(3)
    if u.dims != (three,) or v.dims != (three,):
        apart = first_apart(u.dims, (three,)) or first_apart(v.dims, (three,))
        raise shape_error("np.cross is read of two arrays of three entries", u, v, apart=apart)
    return Array(function("cross", u.expr, v.expr), (three,))


def tensordot(a: object, b: object, axes: object = 2) -> Array:
    u, v = _pair(a, b)
    if isinstance(axes, int) and 0 <= axes <= min(u.ndim, v.ndim):
        first, second = list(range(u.ndim - axes, u.ndim)), list(range(axes))
    elif isinstance(axes, tuple | list) and len(axes) == 2:
        first, second = ([side] if isinstance(side, int) else list(side) for side in axes)
        if not all(isinstance(k, int) and -u.ndim <= k < u.ndim for k in first) or not all(
            isinstance(k, int) and -v.ndim <= k < v.ndim for k in second
        ):
            raise UnsupportedError(f"np.tensordot has no axes {shown(axes)}")
        first, second = [k % u.ndim for k in first], [k % v.ndim for k in second]
    else:
        raise UnsupportedError("np.tensordot sums over so many axes, or over those of two lists")
    if len(first) != len(second):
        raise UnsupportedError("np.tensordot sums over as many axes of both")
    letters = [chr(97 + k) for k in range(u.ndim + v.ndim)]
    left, right = letters[: u.ndim], letters[u.ndim :]
    for one, other in zip(first, second, strict=True):
        right[other] = left[one]
    kept = [l for k, l in enumerate(left) if k not in first] + [l for k, l in enumerate(right) if k not in second]
    return einsum(f"{''.join(left)},{''.join(right)}->{''.join(kept)}", u, v)


# ---------------------------------------------------------------- einsum
def einsum(spec: object, *operands: object, **options: object) -> Array:
    """np.einsum: products of entries at these letters, summed over those that the result does not have.

    Without an arrow, letters that stand once are those of the result, in the order of the alphabet.
    """
    if set(options) - {"optimize"}:
        raise UnsupportedError("np.einsum is read with letters and arrays alone")
    if not isinstance(spec, str):
        spec, operands = _with_letters(spec, *operands)
    text = _without_dots(spec.replace(" ", ""), operands)
    if not _SPEC.fullmatch(text) or not operands:
        raise UnsupportedError("np.einsum is read with letters", hint='np.einsum("ij,jk->ik", A, B)')
    before, arrow, out = text.partition("->")
    terms = before.split(",")
    refuse_truths("np.einsum", *operands)
    arrays = [counting_holds(as_array(operand)) for operand in operands]
    if len(terms) != len(arrays) or any(len(t) != a.ndim for t, a in zip(terms, arrays, strict=True)):
        raise shape_error(f"np.einsum wants a letter for each axis: {text}", *arrays)
    if not arrow:
        letters = "".join(terms)
        out = "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    if len(set(out)) < len(out) or not set(out) <= set("".join(terms)):
        raise UnsupportedError(f"np.einsum has no result at these letters: {out}")
    dims = _letter_dims(terms, arrays)
    plain = _as_product(terms, arrays, out)
    return plain if plain is not None else _summed(terms, arrays, out, dims)


def _with_letters(*parts: object) -> tuple[str, tuple[object, ...]]:
    """``einsum(A, [0, 1], x, [1], [0])`` with letters for the numbers."""
    operands, numbers = parts[: len(parts) // 2 * 2 : 2], [*parts[1::2], *parts[len(parts) // 2 * 2 :]]
    if not operands or not all(isinstance(one, list | tuple) for one in numbers):
        raise UnsupportedError("np.einsum is read with letters", hint='np.einsum("ij,jk->ik", A, B)')
    if any(not isinstance(k, int) or isinstance(k, bool) or not 0 <= k < 26 for one in numbers for k in one):  # type: ignore[attr-defined]
        raise UnsupportedError("np.einsum numbers axes from 0 to 25")
    terms = ["".join(chr(97 + k) for k in one) for one in numbers]  # type: ignore[attr-defined]
    text = ",".join(terms[: len(operands)])
    return text + (f"->{terms[-1]}" if len(terms) > len(operands) else ""), operands


def _without_dots(text: str, operands: Sequence[object]) -> str:
    """np.einsum's letters, with more of them for the axes that ``...`` stands for, the last below each other."""
    before, arrow, out = text.partition("->")
    terms = before.split(",")
    if "..." not in text or len(terms) != len(operands):
        return text
    counts = [as_array(o).ndim - len(t) + 3 if "..." in t else 0 for t, o in zip(terms, operands, strict=True)]
    letters = [letter for letter in ascii_uppercase if letter not in text]
    most = max(counts)
    if min(counts) < 0 or most > len(letters):
        raise UnsupportedError(f"np.einsum has more letters than axes: {text}")
    dots = "".join(letters[:most])
    terms = [t.replace("...", dots[most - count :]) for t, count in zip(terms, counts, strict=True)]
    if not arrow:
        known = "".join(terms)
        out = "..." + "".join(sorted(c for c in set(known) - set(dots) if known.count(c) == 1))
    return f"{','.join(terms)}->{out.replace('...', dots)}"


def _letter_dims(terms: Sequence[str], arrays: Sequence[Array]) -> dict[str, Dim]:
    dims: dict[str, Dim] = {}
    for term, array in zip(terms, arrays, strict=True):
        for letter, dim in zip(term, array.dims, strict=True):
            if dims.setdefault(letter, dim) is not dim:
                what = f"np.einsum: {letter} runs over {dims[letter]} and over {dim}"
                raise shape_error(what, *arrays, apart=(dims[letter], dim))
    return dims


def _as_product(terms: Sequence[str], arrays: Sequence[Array], out: str) -> Array | None:
    """Sums of one array, which need no indices."""
    if len(terms) == 1 and set(out) == set(terms[0]) == set(out) and len(terms[0]) == len(out) <= 2:
        (array,) = arrays
        return Array(
            array.expr if out == terms[0] else turned(array.expr), tuple(array.dims[terms[0].index(l)] for l in out)
        )
    if len(terms) == 1 and out == "" and len(set(terms[0])) == len(terms[0]):
        return reduced("sum", arrays[0])
    return None


def _summed(terms: Sequence[str], arrays: Sequence[Array], out: str, dims: dict[str, Dim]) -> Array:
    indices = {letter: Index(letter, object()) for letter, dim in dims.items() if dim is not ONE}
    body: Expr | None = None
    for term, array in zip(terms, arrays, strict=True):
        entry, axes = entries(array)
        new = {index: indices[letter] for letter, (index, _) in zip(term, axes, strict=True) if index is not None}
        entry = renamed(entry, new)
        body = entry if body is None else operation("hadamard", body, entry)
    assert body is not None
    for letter in dims:
        if letter not in out and letter in indices:
            body = bind("sum", body, indices[letter], dims[letter])
    return of_entries(tidy(body), [(indices.get(letter), dims[letter]) for letter in out])


OPERATORS["@"] = matmul
