"""Functions of matrices as wholes: np.linalg and scipy.linalg."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matcalc.arrays.array import Array, as_array, as_number, function
from matcalc.arrays.faults import shape_error
from matcalc.arrays.layout import expand_dims
from matcalc.arrays.singular import SingularValues
from matcalc.errors import UnsupportedError
from matcalc.expr import ones, transpose
from matcalc.shape import ONE


class Refused:
    """A result that has no meaning as a formula, such as eigenvectors; using it is refused."""

    def __init__(self, why: str, hint: str = "") -> None:
        self.why, self.hint = why, hint

    def error(self) -> UnsupportedError:
        return UnsupportedError(self.why, hint=self.hint)

    def __array_ufunc__(self, *_: object, **__: object) -> Any:
        raise self.error()

    def __array_function__(self, *_: object, **__: object) -> Any:
        raise self.error()

    def __getattr__(self, name: str) -> Any:
        raise self.error()

    def __matmul__(self, other: object) -> Any:
        raise self.error()

    __rmatmul__ = __mul__ = __rmul__ = __add__ = __radd__ = __sub__ = __rsub__ = __getitem__ = __matmul__


class Unknown(Refused):
    """A name whose shape nothing says."""

    def __init__(self, name: str, summary: str, hint: str) -> None:
        super().__init__(summary, hint)
        self.name = name

    def error(self) -> Undeclared:
        return Undeclared(self.name, self.why, self.hint, is_argument=True)


class Undeclared(UnsupportedError):
    """A name is used whose shape nothing says; it may be an argument of the function that is read."""

    def __init__(self, name: str, summary: str, hint: str, is_argument: bool = False) -> None:
        super().__init__(summary, hint=hint)
        self.name, self.is_argument = name, is_argument


class Named(tuple[Any, ...]):
    """A tuple whose parts have names, too."""

    names: tuple[str, ...] = ()

    @staticmethod
    def of(**parts: Any) -> Named:
        made = Named(parts.values())
        made.names = tuple(parts)
        return made

    def __getattr__(self, name: str) -> Any:
        if name in self.names:
            return self[self.names.index(name)]
        raise AttributeError(name)


class Factored:
    """What scipy.linalg.cho_factor gives, for cho_solve."""

    def __init__(self, matrix: Array) -> None:
        self.matrix = matrix


def square(a: object) -> Array:
    array = as_array(a)
    if array.ndim == 2 and array.dims[0] is array.dims[1]:
        return Array(as_number(array.expr), array.dims)
    raise shape_error("a square matrix is wanted", array, apart=array.dims)


def of_square(name: str) -> Callable[..., Array]:
    return lambda a, /: _same_shape(name, square(a))


def _same_shape(name: str, array: Array) -> Array:
    return Array(function(name, array.expr), array.dims)


def det(a: object) -> Array:
    return Array(function("det", square(a).expr), ())


def slogdet(a: object) -> Named:
    array = square(a)
    sign = function("sign", function("det", array.expr))
    return Named.of(sign=Array(sign, ()), logabsdet=Array(function("logdet", array.expr), ()))


def pinv(a: object, *_: object) -> Array:
    array = as_array(a)
    if array.ndim != 2:
        raise shape_error("np.linalg.pinv is of a matrix", array)
    return Array(function("pinv", array.expr), array.dims[::-1])


def solve(a: object, b: object, /, **options: object) -> Array:
    """A system with a column, or with several as a matrix."""
    _only(options, "assume_a", "sym_pos", "overwrite_a", "overwrite_b", "check_finite")
    matrix, right = square(a), as_array(b)
    if right.ndim not in (1, 2) or right.dims[0] is not matrix.dims[0]:
        apart = (right.dims[:1] + matrix.dims[:1]) if right.ndim in (1, 2) else ()
        raise shape_error("the right side of a system has as many rows as the matrix", matrix, right, apart=apart)
    return Array(function("solve", matrix.expr, as_number(right.expr)), right.dims)


def _only(options: dict[str, object], *known: str) -> None:
    if unknown := set(options) - set(known):
        raise UnsupportedError(f"this argument is not read: {min(unknown)}")


def lstsq(a: object, b: object, rcond: object = None) -> tuple[Any, ...]:
    matrix, right = as_array(a), as_array(b)
    if matrix.ndim != 2 or right.ndim not in (1, 2) or right.dims[0] is not matrix.dims[0]:
        apart = (matrix.dims[0], right.dims[0]) if matrix.ndim == 2 and right.ndim in (1, 2) else ()
        raise shape_error("least squares are of a matrix and a right side of as many rows", matrix, right, apart=apart)
    made = Array(function("pinv", matrix.expr) @ right.expr, (matrix.dims[1], *right.dims[1:]))
    rest = Refused("of np.linalg.lstsq the solution alone is read", "np.linalg.lstsq(A, b)[0]")
    return (made, rest, rest, rest)


def eigvals(a: object) -> Array:
    raise UnsupportedError(
        "np.linalg.eigvals has no order, and may be complex", hint="np.linalg.eigvalsh(S) of a symmetric S"
    )


def eigvalsh(a: object, **options: object) -> Array:
    """Eigenvalues of a symmetric matrix, ascending; values of other matrices are refused when they come."""
    _only(options, "UPLO")
    array = square(a)
    return Array(function("eigvals", array.expr), array.dims[:1])


def eigh(a: object, **options: object) -> Named:
    _only(options, "UPLO")
    vectors = Refused("eigenvectors have no sign of their own", "a formula of eigenvalues alone is read")
    return Named.of(eigenvalues=eigvalsh(a), eigenvectors=vectors)


def svd(a: object, full_matrices: object = True, compute_uv: object = True) -> Any:
    """Singular values; the vectors have no sign of their own."""
    array = as_array(a)
    if array.ndim != 2:
        raise shape_error("np.linalg.svd is of a matrix", array)
    values = SingularValues(array)
    if compute_uv is False:
        return values
    vectors = Refused(
        "singular vectors have no sign of their own", "np.linalg.svd(X, compute_uv=False) of the values is read"
    )
    return Named.of(U=vectors, S=values, Vh=vectors)


def svdvals(a: object) -> SingularValues:
    values: SingularValues = svd(a, compute_uv=False)
    return values


def cholesky(a: object, *, upper: object = False) -> Array:
    made = of_square("cholesky")(a)
    return Array(transpose(made.expr), made.dims) if upper is True else made


def cholesky_of_scipy(a: object, lower: object = False, **options: object) -> Array:
    _only(options, "overwrite_a", "check_finite")
    return cholesky(a, upper=lower is not True)


def cho_factor(a: object, lower: object = False, **options: object) -> Factored:
    _only(options, "overwrite_a", "check_finite")
    return Factored(square(a))


def cho_solve(factored: object, b: object, **options: object) -> Array:
    """The solution of the system whose matrix was factored; of a pair (L, True) the one of L*L'."""
    _only(options, "overwrite_b", "check_finite")
    if isinstance(factored, tuple) and len(factored) == 2 and isinstance(factored[1], bool):
        root = square(factored[0])
        triangle = function("tril" if factored[1] else "triu", root.expr)
        whole = triangle @ transpose(triangle) if factored[1] else transpose(triangle) @ triangle
        return solve(Array(whole, root.dims), b)
    if not isinstance(factored, Factored):
        raise UnsupportedError("cho_solve takes what cho_factor gives, or a pair (L, True)")
    return solve(factored.matrix, b)


def solve_triangular(a: object, b: object, trans: object = 0, lower: object = False, **options: object) -> Array:
    _only(options, "overwrite_b", "check_finite")
    matrix = square(a)
    triangle = function("tril" if lower is True else "triu", matrix.expr)
    if trans not in (0, 1, "N", "T"):
        raise UnsupportedError("trans is 0 or 1")
    return solve(Array(transpose(triangle) if trans in (1, "T") else triangle, matrix.dims), b)


def toeplitz(c: object, r: object = None) -> Array:
    column = as_array(c)
    row = column if r is None else as_array(r)
    if column.ndim != 1 or row.ndim != 1:
        raise shape_error("toeplitz is read of arrays of one axis", column, row)
    return Array(function("toeplitz", column.expr, row.expr), (*column.dims, *row.dims))


def circulant(c: object) -> Array:
    column = as_array(c)
    if column.ndim != 1:
        raise shape_error("circulant is read of an array of one axis", column)
    return Array(function("circulant", column.expr), (*column.dims, *column.dims))


def cdist(xa: object, xb: object, metric: object = "euclidean") -> Array:
    """Distances of all rows of one matrix from all of another."""
    u, v = as_array(xa), as_array(xb)
    if u.ndim != 2 or v.ndim != 2 or u.dims[1] is not v.dims[1]:
        apart = (u.dims[1], v.dims[1]) if u.ndim == v.ndim == 2 else ()
        raise shape_error("distances are of the rows of two matrices", u, v, apart=apart)
    squared = function("pairdist2", u.expr, v.expr)
    dims = (u.dims[0], v.dims[0])
    if metric == "sqeuclidean":
        return Array(squared, dims)
    if metric == "euclidean":
        return Array(function("sqrt", squared), dims)
    raise UnsupportedError("distances are read squared or Euclidean", hint='cdist(X, Y, "sqeuclidean")')


def covariance(m: object, *, rowvar: object = True, bias: object = False, ddof: object = None) -> Array:
    """np.cov of a matrix: variables are rows unless rowvar=False; n - 1 divides."""
    array = as_array(m)
    if array.ndim == 1:
        array = expand_dims(array, 0)
    if array.ndim != 2 or ddof not in (None, 0, 1):
        raise shape_error("np.cov is read of a matrix", array)
    data = transpose(array.expr) if rowvar else array.expr
    count = data.shape.rows
    centred = function("center", data)
    by_all = (bias is True and ddof is None) or ddof == 0
    number = function("sum", ones(count)) if count is not ONE else ones(1)
    whole = (transpose(centred) @ centred) / (number if by_all else number - 1)
    made = Array(whole, tuple(whole.shape))
    return Array(made.expr, ()) if as_array(m).ndim == 1 else made
