"""The sources of helpers for functions of matrices as wholes, in NumPy's words: see ``form_sources``."""

from __future__ import annotations

SPECTRAL = '''
def _precision(a):
    """The distance from 1 to the next number."""
    return float(np.finfo(a.dtype).eps)


def _nan_unless(held, a):
    """Zeros like a where a condition holds, and not a number where it does not."""
    return np.where(held, np.zeros_like(a), np.nan)


def _signed(vectors):
    """The sign of the largest entry of each column."""
    largest = np.argmax(np.abs(vectors), axis=0)
    chosen = _range(vectors.shape[0], vectors)[:, None] == largest[None, :]
    return np.sign(np.sum(np.where(chosen, vectors, 0.0), axis=0))


def _eigh(a):
    """Eigenvalues of a symmetric matrix, ascending, and its eigenvectors, the largest entry of each positive."""
    held = np.max(np.abs(a - a.T)) <= 0.1 * _precision(a) ** 0.5 * np.max(np.abs(a))
    values, vectors = np.linalg.eigh((a + a.T) / 2.0)
    return values + _nan_unless(held, values), vectors * _signed(vectors) + _nan_unless(held, vectors)


def _invgaps(x):
    """1/(x[j] - x[i]), zero on the diagonal; not a number where two entries are equal, up to rounding."""
    gaps = x - x[:, None]
    gaps = np.where(np.abs(gaps) <= 1e-12 * np.max(np.abs(x)), np.nan, gaps)
    return 1.0 / np.where(np.eye(x.shape[0], **_like(x)) == 1.0, np.inf, gaps)


def _divdiff(x, f, g):
    """(f[j] - f[i])/(x[j] - x[i]), the mean of the slopes g where the entries of x meet."""
    gaps = x - x[:, None]
    apart = np.abs(gaps) > 1e-5 * np.maximum(np.abs(x)[None, :], np.abs(x)[:, None])
    return np.where(apart, (f - f[:, None]) / np.where(apart, gaps, 1.0), (g + g[:, None]) / 2.0)


def _leading(a):
    """Singular vectors of the largest singular value, the largest entry of the left one positive."""
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    sign = _signed(u[:, :1])[0]
    if s.shape[0] > 1:
        sign = sign + _nan_unless(s[0] - s[1] > 1e-12 * s[0], sign)
    return sign * u[:, 0], sign * vt[0, :]


def _polar(a):
    """The orthogonal factor U*V' of the polar decomposition; not a number where the rank is not full."""
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    return u @ vt + _nan_unless(s[-1] > 1e-12 * s[0], a)


def _pairs_of_columns(a, b):
    """The products of the entries of two matrices in each column: all pairs of rows, one below the other."""
    return np.reshape(a[:, None, :] * b[None, :, :], (a.shape[0] * b.shape[0], a.shape[1]))


def _dpolar(a):
    """Jacobian of the orthogonal factor: D[j, i, l, k] is the derivative of entry (i, j) by a[k, l]."""
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    (m, n), v = a.shape, vt.T
    weights = 1.0 / (s + s[:, None])
    straight = _pairs_of_columns(u, u) @ weights @ _pairs_of_columns(v, v).T
    d = np.transpose(np.reshape(straight, (m, m, n, n)), (2, 0, 3, 1))
    crossed = _pairs_of_columns(u, v) @ weights @ _pairs_of_columns(u, v).T
    d = d - np.transpose(np.reshape(crossed, (m, n, m, n)), (3, 0, 1, 2))
    for left, right in (
        (np.eye(m, **_like(a)) - u @ u.T, v / s @ v.T),
        (u / s @ u.T, np.eye(n, **_like(a)) - v @ v.T),
    ):
        d = d + left[None, :, None, :] * right.T[:, None, :, None]
    return d + _nan_unless(s[-1] > 1e-12 * s[0], s[0])


def _adjugate(a, log_factor=0.0):
    """The adjugate det(a) inv(a), which exists where a is singular, too; times exp(log_factor)."""
    u, s, vt = np.linalg.svd(a)
    sign = np.linalg.det(u) * np.linalg.det(vt)
    factors = _others(s) * np.exp(log_factor + 0.0 * s) * sign[..., None]
    order = (*range(a.ndim - 2), a.ndim - 1, a.ndim - 2)
    return np.transpose(vt, order) * factors[..., None, :] @ np.transpose(u, order)


def _minors(a):
    """U, V and P of a = U diag(s) V': signed products P[i, j] of all singular values but two."""
    u, s, vt = np.linalg.svd(a)
    return u, vt.T, _pairs(s) * (np.linalg.det(u) * np.linalg.det(vt))


def _adjugate_slope(a, e):
    """The derivative of the adjugate at a along e: det(a) (tr(inv(a) e) inv(a) - inv(a) e inv(a))."""
    u, v, products = _minors(a)
    along = u.T @ e @ v
    diagonal = np.eye(a.shape[0], **_like(a)) * (products @ np.diagonal(along))
    return v @ (diagonal - products * along) @ u.T


def _adjugates(a):
    """D[i, j, k, l] = det(a) (inv(a)[i, j] inv(a)[k, l] - inv(a)[i, l] inv(a)[k, j]), the minors without two rows."""
    u, v, products = _minors(a)
    pairs = _pairs_of_columns(v, u)
    d = np.reshape(pairs @ products @ pairs.T, (*a.shape, *a.shape))
    return d - np.transpose(d, (0, 3, 2, 1))


def _sylvester(a, b):
    """Solution operator of A X + X B = C: S[j, i, l, k] is the derivative of X[i, j] by C[k, l]."""
    m, n = a.shape[0], b.shape[0]
    s = np.kron(np.eye(n, **_like(a)), a) + np.kron(b.T, np.eye(m, **_like(a)))
    return np.reshape(np.linalg.inv(s), (n, m, n, m))


def _kron(a, b):
    """The Kronecker product of two matrices."""
    return np.reshape(a[:, None, :, None] * b[None, :, None, :], (a.shape[0] * b.shape[0], a.shape[1] * b.shape[1]))


def _dexpm(a):
    """Jacobian of expm: D[j, i, l, k] is the derivative of entry (i, j) by a[k, l]."""
    return _dnexpm(a, 1)


def _dnexpm(a, order):
    """A derivative of expm: D[j, i, k, l, q, p, ...] is that of entry (i, j) by a[l, k], a[p, q], ..."""
    n, size = a.shape[0], 2**order
    units = np.reshape(np.eye(n * n, **_like(a)), (n * n, 1, n, 1, n))
    blocks = np.reshape(np.kron(np.eye(size, **_like(a)), a), (1,) * order + (size * n, size * n))
    for level in range(order):
        ones = [[float(j == i + 2**level and not i >> level & 1) for j in range(size)] for i in range(size)]
        moved = np.asarray(ones, **_like(a))[None, :, None, :, None] * units
        sides = tuple(n * n if k == level else 1 for k in range(order))
        blocks = blocks + np.reshape(moved, (*sides, size * n, size * n))
    d = linalg.expm(blocks)[..., :n, -n:]
    axes = (2 * order + 1, 2 * order, *(axis for k in range(order) for axis in (2 * k + 1, 2 * k)))
    return np.transpose(np.reshape(d, (n,) * (2 * order + 2)), axes)


def _sqrtm(a):
    """Principal square root: of symmetric matrices by eigenvalues, of others by Newton's iteration in product form.

    Not a number where it is not found: where it is not real, and of singular matrices that are not symmetric.
    """
    n, identity = a.shape[0], np.eye(a.shape[0], **_like(a))
    symmetric = np.max(np.abs(a - a.T)) == 0.0
    values, vectors = np.linalg.eigh((a + a.T) / 2.0)
    least = -1e-14 * n * values[-1]
    root = (vectors * np.sqrt(np.where((values < 0.0) & (values >= least), 0.0, values))) @ vectors.T
    x = m = np.where(symmetric, identity, a)
    for k in range(24):
        scale = np.exp(-np.linalg.slogdet(m)[1] / (2 * n)) if k < 8 else 1.0
        inverse = np.linalg.inv(m) / scale**2
        x = 0.5 * scale * x @ (identity + inverse)
        m = 0.5 * identity + 0.25 * (scale**2 * m + inverse)
    found = np.max(np.abs(x @ x - a)) <= 1e6 * _precision(a) * np.max(np.abs(a))
    return np.where(symmetric, root, x + _nan_unless(found, a))
'''
