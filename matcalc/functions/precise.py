"""Functions with many digits: of numbers, and of arrays whose entries are numbers of mpmath.

Records name these functions, and mpmath's, in their field ``precise``; nothing here is loaded until values are wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from matcalc.function import Kernel
from matcalc.rational import Fraction

LOST = 20  # digits that rounding may cost before a value counts for nothing

LARGEST_LOGM = 3  # rows

Array = Any


class Unsupported(Exception):
    """A function that has no evaluation with many digits here, or an array that is too large."""


def digit(place: int) -> Any:
    import mpmath

    return mpmath.mpf(10) ** -place


def number(value: Fraction) -> Any:
    import mpmath

    return mpmath.mpf(value.numerator) / value.denominator


def entrywise(function: Callable[..., Any], *arrays: Array, chooses: bool = False) -> Array:
    """A function of entries: nan where it has no real value, or where an entry has none, of which it may ``choose``."""
    import mpmath
    import numpy as np

    def real(*entries: Any) -> Any:
        if any(map(mpmath.isnan, entries[:1] if chooses else entries)):
            return mpmath.nan
        try:
            value = function(*entries)
        except (ZeroDivisionError, ValueError, OverflowError):
            return mpmath.nan
        return mpmath.nan if isinstance(value, mpmath.mpc) or not mpmath.isfinite(value) else value

    return np.asarray(np.vectorize(real, otypes=[object])(*arrays), dtype=object)


def of_record(function: Kernel) -> Callable[..., Any]:
    """The function with many digits, as its record writes it: a formula of Python in mpmath's functions and these.

    Raises:
        Unsupported: nothing is known of it with many digits.
    """
    precise = getattr(function, "precise", "")
    if not precise:
        raise Unsupported
    return precise if callable(precise) else _read(precise, function.operands)


@lru_cache(256)
def _read(text: str, operands: tuple[str, ...]) -> Callable[..., Any]:
    import mpmath

    own = {name: value for name, value in globals().items() if getattr(value, "__module__", "") == __name__}
    read: Callable[..., Any] = eval(f"lambda {', '.join(operands)}: {text}", {**vars(mpmath), **own})
    return read


def _matrix(array: Array) -> Any:
    import mpmath

    return mpmath.matrix(array.tolist())


def _array(matrix: Any) -> Array:
    import numpy as np

    return np.array(matrix.tolist(), dtype=object)


def applied(function: Callable[[Any], Any], a: Array) -> Array:
    """A function of mpmath's matrices.

    Raises:
        Unsupported: mpmath's iteration does not converge, as that of a root of a singular matrix.
    """
    import mpmath

    try:
        made = function(_matrix(a))
    except mpmath.libmp.NoConvergence as error:
        raise Unsupported from error
    if any(isinstance(x, mpmath.mpc) for x in made):
        raise ValueError("not a real matrix")
    return _array(made)


def of_symmetric(function: Callable[[Any], Any], a: Array) -> Array:
    """A function of the eigenvalues of a symmetric matrix; what rounding leaves of an eigenvalue 0 is 0."""
    import mpmath
    import numpy as np

    values, vectors = mpmath.eigsy(_matrix(a))
    least = digit(mpmath.mp.dps - LOST) * max(map(abs, values), default=0)
    rounded = np.array([value if abs(value) > least else mpmath.mpf(0) for value in values], dtype=object)
    columns = _array(vectors)
    return (columns * entrywise(function, rounded)).dot(columns.T)


def _is_symmetric(a: Array) -> bool:
    return bool((a == a.T).all())


def root(a: Array) -> Array:
    """The principal square root; of a symmetric matrix also where it is singular."""
    import mpmath

    return of_symmetric(mpmath.sqrt, a) if _is_symmetric(a) else applied(mpmath.sqrtm, a)


def logarithm(a: Array) -> Array:
    """The principal logarithm; of small matrices, for without symmetry it takes ten times as long as exponentials."""
    import mpmath

    if _is_symmetric(a):
        return of_symmetric(mpmath.log, a)
    if len(a) > LARGEST_LOGM:
        raise Unsupported
    return applied(mpmath.logm, a)


def inverse(a: Array) -> Array:
    """The inverse, unless rounding decides what it is."""
    made = _array(_matrix(a) ** -1) if len(a) else a
    if _largest(a) * _largest(made) > 1 / digit(LOST):
        raise ValueError("a singular matrix")
    return made


def _largest(a: Array) -> Any:
    return max(map(abs, a.ravel()), default=0)


def pseudoinverse(a: Array) -> Array:
    """By a factorisation of full rank, A = C*R: pinv(A) = R'*inv(R*R')*inv(C'*C)*C'."""
    import mpmath
    import numpy as np

    columns: list[Array] = []
    rows: list[Array] = []
    rest = a.copy()
    least = _largest(a) * digit(mpmath.mp.dps - LOST)
    while len(columns) < min(a.shape):
        i, j = np.unravel_index(int(np.argmax(np.abs(rest))), rest.shape)
        if abs(rest[i, j]) <= least:
            break
        columns.append(rest[:, j])
        rows.append(rest[i] / rest[i, j])
        rest = rest - np.outer(columns[-1], rows[-1])
    if not columns:
        return 0 * a.T
    c, r = np.stack(columns, axis=1), np.stack(rows)
    return r.T.dot(inverse(r.dot(r.T))).dot(inverse(c.T.dot(c))).dot(c.T)


def softmax(a: Array) -> Array:
    import mpmath
    import numpy as np

    e = entrywise(mpmath.exp, a)
    return e / np.sum(e, axis=-1, keepdims=True)


def logsumexp(a: Array) -> Array:
    import mpmath
    import numpy as np

    return entrywise(mpmath.log, np.asarray(np.sum(entrywise(mpmath.exp, a), axis=-1), dtype=object))


def logdet(a: Array) -> Any:
    """Minus infinity at a singular matrix, which is none in rounded numbers: so is what is nearly singular."""
    import mpmath
    import numpy as np

    rows = [mpmath.sqrt(np.sum(row * row)) for row in a]
    found = abs(determinant(a))
    if found <= digit(LOST) * np.prod(rows):
        raise ValueError("a singular matrix")
    return mpmath.log(found)


def determinant(a: Array) -> Any:
    import mpmath

    return mpmath.det(_matrix(a))


def product(x: Array) -> Any:
    import numpy as np

    return np.prod(x) if len(x) else number(Fraction(1))


def others(x: Array, count: int) -> Array:
    """Products of all entries but so many different ones; zero where two of those are the same."""
    import numpy as np

    found = np.empty((len(x),) * count, dtype=object)
    for places in np.ndindex(found.shape):
        kept = [entry for k, entry in enumerate(x) if k not in places]
        found[places] = product(np.array(kept, dtype=object)) * (len(set(places)) == count)
    return found


def rowmax(x: Array) -> Array:
    import numpy as np

    return np.array([max(row) for row in x], dtype=object)


def rowmask(x: Array) -> Array:
    import numpy as np

    return np.array([mask(row) for row in x], dtype=object)


def mask(a: Array) -> Array:
    import numpy as np

    largest = a == np.max(a)
    return largest * (number(Fraction(1)) / int(np.sum(largest)))


def rotation(x: Array, order: int) -> Array:
    """The rotation by a column, or its right Jacobian, by their coefficients beside hat(x) and hat(x)^2."""
    import mpmath
    import numpy as np

    a, b, c = x.ravel()
    skew = np.array(((0 * a, -c, b), (c, 0 * a, -a), (-b, a, 0 * a)), dtype=object)
    r = mpmath.sqrt(a * a + b * b + c * c)
    first, second = mpmath.sinc(r), mpmath.sinc(r / 2) ** 2 / 2
    if order:
        first, second = -second, (1 - first) / r**2 if r else number(Fraction(1, 6))
    return np.eye(3, dtype=int).astype(object) + first * skew + second * skew.dot(skew)


def below(a: Array, on_diagonal: float) -> Array:
    import mpmath
    import numpy as np

    return np.vectorize(mpmath.mpf, otypes=[object])(np.tri(len(a), k=-1) + on_diagonal * np.eye(len(a)))


def differences(n: int) -> Array:
    import mpmath
    import numpy as np

    return np.vectorize(mpmath.mpf, otypes=[object])(np.diff(np.eye(n), axis=0))


def eigen(a: Array) -> tuple[Array, Array]:
    """Eigenvalues of a symmetric matrix, ascending, and eigenvectors, the largest entry of each positive."""
    import mpmath
    import numpy as np

    if _largest(a - a.T) > digit(LOST) * _largest(a):
        raise ValueError("not a symmetric matrix")
    values, vectors = mpmath.eigsy(_matrix(a))
    found = _array(vectors)
    largest = found[np.argmax(np.abs(found), axis=0), np.arange(len(a))]
    return np.array(list(values), dtype=object), found * np.where(largest < 0, -1, 1)


def invgaps(x: Array) -> Array:
    import numpy as np

    gaps = x - x[:, None]
    if len(x) > 1 and min(np.abs(gaps[~np.eye(len(x), dtype=bool)])) <= digit(LOST) * max(np.abs(x)):
        raise ValueError("points that meet")
    return (1 - np.eye(len(x), dtype=int)) / (gaps + np.eye(len(x), dtype=int))


def divdiff(x: Array, f: Array, g: Array) -> Array:
    """Divided differences; the mean of the slopes where points are so near that a quotient has fewer digits."""
    import numpy as np

    gaps = x - x[:, None]
    meet = np.abs(gaps) <= digit(LOST) * max(np.abs(x))
    return np.where(meet, (g + g[:, None]) / 2, (f - f[:, None]) / np.where(meet, 1, gaps))


def singular(a: Array) -> tuple[Array, Array, Array]:
    import mpmath
    import numpy as np

    u, s, v = mpmath.svd_r(_matrix(a))
    return _array(u), np.array(list(s), dtype=object), _array(v)


def polar(a: Array) -> Array:
    u, s, v = singular(a)
    if s[-1] <= digit(LOST) * s[0]:
        raise ValueError("a matrix of lower rank")
    return u.dot(v)


def leading(a: Array) -> tuple[Array, Array]:
    import numpy as np

    u, s, v = singular(a)
    if len(s) > 1 and s[0] - s[1] <= digit(LOST) * s[0]:
        raise ValueError("singular values that meet")
    sign = 1 if u[np.argmax(np.abs(u[:, 0])), 0] > 0 else -1
    return sign * u[:, 0], sign * v[0]


def sylvester(a: Array, b: Array) -> Array:
    import numpy as np

    m, n = len(a), len(b)
    eye = [np.eye(size, dtype=int).astype(object) for size in (n, m)]
    return inverse(np.kron(eye[0], a) + np.kron(b.T, eye[1])).reshape(n, m, n, m)


def dexpm(a: Array) -> Array:
    """By the exponential of [A, E; 0, A], which has the derivative along E beside its diagonal."""
    import mpmath
    import numpy as np

    n = len(a)
    d = np.empty((n, n, n, n), dtype=object)
    for k, l in np.ndindex(n, n):
        block = np.kron(np.eye(2, dtype=int).astype(object), a)
        block[k, n + l] = number(Fraction(1))
        d[:, :, l, k] = applied(mpmath.expm, block)[:n, n:].T
    return d


def dlogm(a: Array) -> Array:
    n = len(a)
    return inverse(dexpm(logarithm(a)).reshape(n * n, n * n)).reshape(n, n, n, n)
