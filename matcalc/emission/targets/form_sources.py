"""The sources of helpers that neither write into arrays nor branch on values, in NumPy's words."""

from __future__ import annotations

from matcalc.emission.targets.spectral_sources import SPECTRAL

_OF_ENTRIES = '''
def _step(u, at_zero):
    """1 where the entry is positive, 0 where it is negative, and a number where it is zero."""
    one = np.ones_like(u)
    return np.where(u > 0, one, np.where(u == 0, at_zero * one, 0.0 * u))


def _sinc(u):
    """sin(u) / u, which is 1 at 0."""
    return np.where(u == 0, np.ones_like(u), np.sin(u) / np.where(u == 0, 1.0, u))


def _expit(u):
    """1 / (1 + exp(-u)), without overflow."""
    e = np.exp(-np.abs(u))
    return np.where(u >= 0, 1.0, e) / (1.0 + e)


def _xlogy(u, v):
    """u * log(v), which is 0 where u is 0."""
    return np.where(u == 0, 0.0, u * np.log(np.where(u == 0, 1.0, v)))


def _log_or_0(u):
    """log(u), or 0 where u is 0: it stands beside what is 0 there."""
    return np.log(np.where(u == 0, 1.0, u))


def _or_inf(u):
    """u, or inf where it is 0: what is divided by it is 0 there."""
    return np.where(u == 0, np.inf, u)


def _log_cosh(u):
    """log(cosh(u)), right where u is small; beyond 20 it is log(cosh(20)) and what is more."""
    size = np.abs(u)
    most = np.where(size > 20.0, 20.0, size)
    return np.log1p(2.0 * np.sinh(0.5 * most) ** 2) + (size - most)


def _log_of_rest(u):
    """log(1 - exp(u)), right where exp(u) is close to 0 and where it is close to 1."""
    small = np.where(u < -0.7, -0.7, u)
    return np.where(u < small, np.log1p(-np.exp(np.where(u > -0.7, -0.7, u))), np.log(-np.expm1(small)))


def _mills_gap(u):
    """u + normpdf(u) / normcdf(u), which cancel far below 0: a continued fraction there."""
    far = np.where(u < -6.0, -u, 6.0)
    fraction = far
    for k in range(40, 1, -1):
        fraction = far + k / fraction
    close = np.where(u < -6.0, -6.0, u)
    near = close + 0.3989422804014327 * np.exp(-0.5 * close**2) / special.ndtr(close)
    return np.where(u < -6.0, 1.0 / fraction, near)


def _invmills(u):
    """normpdf(u) / normcdf(u), where both are too small for a number, too."""
    return np.where(u < -6.0, _mills_gap(u) - u, 0.3989422804014327 * np.exp(-0.5 * u**2) / special.ndtr(u))


def _near_zero(u, far, coefficients):
    """A polynomial in u where u is close to zero, lowest power first; what is right far from it elsewhere."""
    near = np.abs(u) < 0.2
    close = np.where(near, u, 0.0)
    total = 0.0 * close + coefficients[-1]
    for coefficient in coefficients[-2::-1]:
        total = total * close + coefficient
    return np.where(near, total, far)
'''

_OF_ROWS = '''
def _logsumexp(x, axis=-1):
    """log(sum(exp(x))) along an axis, without overflow."""
    largest = np.max(x, axis=axis, keepdims=True)
    shift = np.where(np.isfinite(largest), largest, 0.0)
    return np.log(np.sum(np.exp(x - shift), axis=axis)) + np.sum(shift, axis=axis)


def _softmax(x):
    """The softmax of x, or of each row; where entries are inf, the limit."""
    infinite = x == np.inf
    beside = np.any(infinite, axis=-1, keepdims=True)
    x = np.where(infinite, 0.0, np.where(beside, -np.inf, x))
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def _maxmask(x):
    """1 at the largest entry, shared equally where there are several."""
    mask = np.where(x == np.max(x), np.ones_like(x), 0.0)
    return mask / np.sum(mask)


def _rowmaxmask(x):
    """1 at the largest entry of each row, shared equally where there are several."""
    mask = np.where(x == np.max(x, axis=-1, keepdims=True), np.ones_like(x), 0.0)
    return mask / np.sum(mask, axis=-1, keepdims=True)


def _norm(x):
    """The Euclidean norm, by the largest entry, so that squares are neither too large nor too small."""
    largest = np.max(np.abs(x))
    scale = np.where((largest > 0.0) & (largest < np.inf), largest, 1.0)
    return scale * np.sqrt(np.sum((x / scale) ** 2))


def _norm_p(x, p):
    """The p-norm of the entries, without overflow."""
    largest = np.max(np.abs(x))
    scale = np.where((largest > 0.0) & (largest < np.inf), largest, 1.0)
    return scale * np.sum((np.abs(x) / scale) ** p) ** (1.0 / p)


def _product(x):
    """The products of the entries along the last axis; by logarithms where one on the way may not fit a number."""
    logs = np.log2(np.abs(x))
    size, sign = 2.0 ** np.sum(logs, axis=-1), np.prod(np.sign(x), axis=-1)
    return np.where(np.sum(np.abs(logs) + 1.0, axis=-1) < 120.0, np.prod(x, axis=-1), sign * size)


def _others(x):
    """The product of all other entries along the last axis, for each entry; entries may be zero."""
    same = np.eye(x.shape[-1], **_like(x)) == 1.0
    return _product(np.where(same, 1.0, x[..., None, :]))


def _pairs(x):
    """The products of all entries along the last axis but two different ones; zero for twice the same."""
    same = np.eye(x.shape[-1], **_like(x)) == 1.0
    return np.where(same, 0.0, _others(np.where(same, 1.0, x[..., None, :])))


def _triples(x):
    """The products of all entries but three different ones; zero where two are the same."""
    same = np.eye(x.shape[-1], **_like(x)) == 1.0
    return np.where(same[:, :, None] | same[:, None, :], 0.0, _pairs(np.where(same, 1.0, x[..., None, :])))


def _others_of_pairs(x):
    """The product of all entries but two, for each pair of different ones."""
    return _pairs(x)


def _by_columns(x, function, times):
    """A function of the entries of a matrix, column by column, with so many times its axes."""
    x = x.T if x.ndim == 2 else x
    return np.reshape(function(np.reshape(x, (-1,))), times * tuple(x.shape))
'''

_SHIFTS = '''
def _difference_matrix(x):
    """The differences of rows of the identity."""
    identity = np.eye(x.shape[0], **_like(x))
    return identity[1:, :] - identity[:-1, :]


def _gathered(x, places):
    """The entries of a vector at places that a matrix says."""
    return np.reshape(np.take(x, np.reshape(places, (-1,))), places.shape)


def _toeplitz(x, y):
    """The matrix of a first column and a first row."""
    m, n = x.shape[0], y.shape[0]
    places = m - 1 - _range(m, x)[:, None] + _range(n, x)[None, :]
    return _gathered(np.concatenate((np.flip(x), y[1:])), places)


def _circulant(x):
    """The matrix of a first column that moves down and around."""
    places = _range(x.shape[0], x)[:, None] - _range(x.shape[0], x)[None, :]
    return _gathered(x, places % x.shape[0])


def _windows(x, size):
    """The parts of a vector with so many neighbouring entries, as rows."""
    return _gathered(x, _range(x.shape[0] - size + 1, x)[:, None] + _range(size, x)[None, :])


def _convmatrix(x, y):
    """The vector in each column, each one further down."""
    zeros = np.zeros_like(y)
    return _toeplitz(np.concatenate((x, zeros[1:])), zeros)


def _conv(x, y):
    """The convolution of two vectors."""
    return _convmatrix(x, y) @ y


def _corr(x, y):
    """The sums of x[i + j] y[j] over all j, where these lie within x."""
    return _windows(x, y.shape[0]) @ y


def _wrapped(x, y, turned=False):
    """The sums of x[i - k] y[k] over all k, or of x[i + k] y[k], of places that wrap around."""
    matrix = _circulant(y)
    return (matrix.T if turned else matrix) @ x


def _lowersums(x):
    """The sums along the diagonals, from the main one down."""
    return np.stack([np.sum(np.diagonal(x, offset=-k)) for k in range(x.shape[0])])


def _uppersums(x):
    """The sums along the diagonals above the main one, after a 0 in place of that."""
    zero = np.zeros_like(x[0, 0])
    return np.stack([zero, *(np.sum(np.diagonal(x, offset=k)) for k in range(1, x.shape[1]))])


def _where_equal(x, left, right):
    """1 where two arrays of places are equal, else 0."""
    return np.where(left == right, np.ones_like(x[0]), 0.0)


def _convtensor(x, y):
    """1 at the places [k, i, j] with k = i + j."""
    m, n = x.shape[0], y.shape[0]
    i, j = _range(m, x)[None, :, None], _range(n, x)[None, None, :]
    return _where_equal(x, _range(m + n - 1, x)[:, None, None], i + j)


def _circulanttensor(x):
    """1 at the places [i, j, k] with i = j + k, up to a multiple of the size."""
    at = _range(x.shape[0], x)
    return _where_equal(x, at[:, None, None], (at[None, :, None] + at[None, None, :]) % x.shape[0])


def _lowertensor(x, y):
    """1 at the places [i, j, k] with i - j = k."""
    at = _range(x.shape[0], x)
    return _where_equal(x, at[:, None, None] - _range(y.shape[0], x)[None, :, None], at[None, None, :])


def _uppertensor(x, y):
    """1 at the places [i, j, k] with j - i = k > 0."""
    at = _range(y.shape[0], x)
    found = _where_equal(x, at[None, :, None] - _range(x.shape[0], x)[:, None, None], at[None, None, :])
    return np.where(at > 0, found, 0.0)
'''

_IN_SPACE = '''
def _cross(x, y):
    """The cross product of two vectors."""
    (a, b, c), (d, e, f) = ([v[..., k] for k in range(3)] for v in (x, y))
    return np.stack((b * f - c * e, c * d - a * f, a * e - b * d), axis=-1)


def _hat(x):
    """The skew matrix of a vector."""
    a, b, c = (x[..., k] for k in range(3))
    zero = np.zeros_like(a)
    rows = ((zero, -c, b), (c, zero, -a), (-b, a, zero))
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _levicivita(x):
    """1 for places in the order of 1, 2, 3, -1 for those in the other order, 0 where two are the same."""
    at = range(3)
    signs = [[[(i - j) * (j - k) * (k - i) / 2.0 for k in at] for j in at] for i in at]
    return np.asarray(signs, **_like(x))


def _stumpff(k, t):
    """The sum of (-t)^i/(k + 2*i)! for t up to 4: sin(r)/r, (1 - cos(r))/r^2, (r - sin(r))/r^3, ... of t = r^2."""
    total = 0.0 * t + 1.0
    for i in range(16, 0, -1):
        total = 1.0 - total * t / ((k + 2 * i) * (k + 2 * i - 1))
    for i in range(2, k + 1):
        total = total / i
    return total


def _angle(x):
    """The angle of a rotation, whether it is small, and what may be divided by where it is not."""
    r = np.sqrt(np.sum(x**2))
    return r, r < 2.0, np.where(r < 2.0, 2.0, r)


def _rodrigues(x):
    """The rotation by the angle |x| about x."""
    r, small, far = _angle(x)
    near = np.where(small, r, 0.0) ** 2
    skew = _hat(x)
    first = np.where(small, _stumpff(1, near), np.sin(far) / far)
    second = np.where(small, _stumpff(2, near), (1.0 - np.cos(far)) / far / far)
    return np.eye(3, **_like(x)) + first * skew + second * (skew @ skew)


def _rightjac(x):
    """The right Jacobian of the rotation by x."""
    r, small, far = _angle(x)
    near = np.where(small, r, 0.0) ** 2
    skew = _hat(x)
    first = np.where(small, _stumpff(2, near), (1.0 - np.cos(far)) / far / far)
    second = np.where(small, _stumpff(3, near), (1.0 - np.sin(far) / far) / far / far)
    return np.eye(3, **_like(x)) - first * skew + second * (skew @ skew)


def _drightjac(x):
    """The derivative of the right Jacobian: D[j, i, k] is that of entry (i, j) by x[k]."""
    r, small, far = _angle(x)
    near, t = np.where(small, r, 0.0) ** 2, far * far
    c2, c3 = (1.0 - np.cos(far)) / t, (1.0 - np.sin(far) / far) / t
    c4, c5 = (0.5 - c2) / t, (1.0 / 6.0 - c3) / t
    c2, c3, c4, c5 = (np.where(small, _stumpff(k, near), c) for k, c in ((2, c2), (3, c3), (4, c4), (5, c5)))
    skew, units = _hat(x), _hat(np.eye(3, **_like(x)))
    along = (c3 - 2.0 * c4) * skew + (3.0 * c5 - c4) * (skew @ skew)
    turned = [c3 * (u @ skew + skew @ u) - c2 * u for u in (units[k, :, :] for k in range(3))]
    return np.transpose(np.stack([along * x[k] + turned[k] for k in range(3)], axis=-1), (1, 0, 2))
'''

_GIVEN = '''
def _shaped(name, value, shape):
    """What a given function returned, refused where it has another shape; sides of 1 may be left out or put in."""
    sides = tuple(getattr(value, "shape", ()))
    if [side for side in sides if side != 1] != [side for side in shape if side != 1] or len(sides) > 2:
        raise ValueError(f"{name} must return an array of shape {shape}, got {sides}")
    return np.reshape(value, shape)


def _columns(name, product, x, block, size):
    """A Jacobian at x, or its transpose, times each column of a matrix."""
    columns = [_shaped(name, product(x, block[:, k]), (size,)) for k in range(block.shape[1])]
    return np.stack(columns, axis=1)


def _fit(name, array, *shape):
    """Refuses an array of another shape."""
    if tuple(array.shape) != shape:
        raise ValueError(f"{name} must have shape {shape}, got {tuple(array.shape)}")
'''

SOURCES = _OF_ENTRIES + _OF_ROWS + _SHIFTS + _IN_SPACE + SPECTRAL + _GIVEN
