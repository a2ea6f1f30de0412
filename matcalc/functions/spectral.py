"""Eigenvalues, singular values, and the norms made of them.

Each derivative is written in functions that have derivatives themselves, so that every order can be asked for. Where
eigenvalues or singular values meet, the operators that hold their distances are not defined.
"""

from __future__ import annotations

from matcalc.function import Function
from matcalc.functions.square import FINITE

BOOK = "Magnus & Neudecker, Matrix Differential Calculus, ch. 9"
GILES = "Giles, Collected matrix derivative results (2008)"
HIGHAM = "Higham, Functions of Matrices, ch. 8"

_SYMMETRIC = (
    FINITE
    + '''

def _symmetric(a):
    """The matrix, refused where it is not symmetric, without what rounding has left of the difference."""
    turned = np.swapaxes(_finite(a), -1, -2)
    if np.any(np.abs(a - turned) > 1e-9 * (np.max(np.abs(a), axis=(-2, -1), keepdims=True) + np.abs(turned))):
        raise ValueError("eigvals and eigvecs: the matrix is not symmetric")
    return (a + turned) / 2
'''
)

_EIGVALS = (
    _SYMMETRIC
    + '''

def _eigvals(a):
    """Eigenvalues of a symmetric matrix, ascending."""
    return np.linalg.eigvalsh(_symmetric(a))
'''
)

_EIGH = (
    _SYMMETRIC
    + '''

def _eigh(a):
    """Eigenvalues of a symmetric matrix, ascending, and its eigenvectors, the largest entry of each positive."""
    values, vectors = np.linalg.eigh(_symmetric(a))
    largest = np.take_along_axis(vectors, np.argmax(np.abs(vectors), axis=-2)[..., None, :], axis=-2)
    return values, vectors * np.sign(largest)
'''
)

_INVGAPS = '''
def _invgaps(x):
    """1/(x[j] - x[i]), zero on the diagonal; not a number where two entries are equal, up to rounding."""
    gaps = x[..., None, :] - x[..., None]
    gaps[np.abs(gaps) <= 1e-12 * np.max(np.abs(x), axis=-1)[..., None, None]] = np.nan
    gaps[..., np.eye(x.shape[-1], dtype=bool)] = np.inf
    return 1.0 / gaps
'''

_DIVDIFF = '''
def _divdiff(x, f, g):
    """(f[j] - f[i])/(x[j] - x[i]), the mean of the slopes g where the entries of x meet."""
    gaps = x[..., None, :] - x[..., None]
    apart = np.abs(gaps) > 1e-5 * np.maximum(np.abs(x)[..., None, :], np.abs(x)[..., None])
    slopes = (f[..., None, :] - f[..., None]) / np.where(apart, gaps, 1.0)
    return np.where(apart, slopes, (g[..., None, :] + g[..., None]) / 2)
'''

_LEADING = (
    FINITE
    + '''

def _leading(a):
    """Singular vectors of the largest singular value, the largest entry of the left one positive."""
    u, s, vt = np.linalg.svd(_finite(a), full_matrices=False)
    if s.shape[-1] > 1 and np.any(s[..., 0] - s[..., 1] <= 1e-12 * s[..., 0]):
        raise ValueError("leftsv and rightsv: the largest singular value is not simple")
    left = u[..., 0]
    sign = np.sign(np.take_along_axis(left, np.argmax(np.abs(left), axis=-1, keepdims=True), axis=-1))
    return sign * left, sign * vt[..., 0, :]
'''
)

_POLAR = (
    FINITE
    + '''

def _polar(a):
    """The orthogonal factor U*V' of the polar decomposition; refused where the rank is not full."""
    u, s, vt = np.linalg.svd(_finite(a), full_matrices=False)
    if np.any(s[..., -1] <= 1e-12 * s[..., 0]):
        raise ValueError("polar: the matrix is not of full rank")
    return u @ vt
'''
)

_DPOLAR = (
    FINITE
    + '''

def _dpolar(a):
    """Jacobian of the orthogonal factor: D[j, i, l, k] is the derivative of entry (i, j) by a[k, l]."""
    u, s, vt = np.linalg.svd(_finite(a), full_matrices=False)
    if np.any(s[..., -1] <= 1e-12 * s[..., 0]):
        raise ValueError("polar: the matrix is not of full rank")
    ut, v = np.swapaxes(u, -1, -2), np.swapaxes(vt, -1, -2)
    weights = 1.0 / (s[..., None, :] + s[..., None])
    d = np.einsum("...ia,...jb,...ka,...lb,...ab->...jilk", u, v, u, v, weights, optimize=True)
    d -= np.einsum("...ia,...jb,...kb,...la,...ab->...jilk", u, v, u, v, weights, optimize=True)
    d += np.einsum("...ik,...lj->...jilk", np.eye(u.shape[-2]) - u @ ut, v / s[..., None, :] @ vt)
    d += np.einsum("...ik,...lj->...jilk", u / s[..., None, :] @ ut, np.eye(v.shape[-2]) - v @ vt)
    return d
'''
)

SPECTRAL = (
    Function(
        "eigvals",
        "(n,n)->(n,1)",
        "eigenvalues of a symmetric matrix, ascending",
        differential="diag(eigvecs(X)'*dX*eigvecs(X))",
        domain="symmetric",
        numpy="_eigvals({X})" + _EIGVALS,
        batch="_eigvals({X})" + _EIGVALS,
        flops="10*n^3",
        transposes="invariant",
        source=BOOK,
        defined="X symmetric",
        keeps=("posdef -> positive", "psd -> nonneg"),
        of_scalar="X",
        precise="eigen(X)[0]",
    ),
    Function(
        "eigvecs",
        "(n,n)->(n,n)",
        "eigenvectors of a symmetric matrix as columns, the largest entry of each positive",
        differential="eigvecs(X)*(eiggap(X).*(eigvecs(X)'*(0.5*dX + 0.5*dX')*eigvecs(X)))",
        domain="symmetric",
        numpy="_eigh({X})[1]" + _EIGH,
        batch="_eigh({X})[1]" + _EIGH,
        flops="10*n^3",
        transposes="invariant",
        source=BOOK,
        defined="X symmetric",
        gives=("orthogonal",),
        of_scalar="1",
        precise="eigen(X)[1]",
    ),
    Function(
        "eiggap",
        "(n,n)->(n,n)",
        "1/(l[j] - l[i]) for the eigenvalues l of a symmetric matrix, zero on the diagonal",
        differential="eiggap(X).^2.*(g*ones(n)' - ones(n)*g') where g = diag(eigvecs(X)'*dX*eigvecs(X))",
        domain="symmetric",
        numpy="_invgaps(_eigvals({X}))" + _EIGVALS + _INVGAPS,
        batch="_invgaps(_eigvals({X}))" + _EIGVALS + _INVGAPS,
        flops="10*n^3",
        transposes="invariant",
        source=BOOK,
        defined="X symmetric",
        gives=("skew",),
        of_scalar="0",
        precise="invgaps(eigen(X)[0])",
    ),
    Function(
        "invgaps",
        "(n,1)->(n,n)",
        "1/(x[j] - x[i]), zero on the diagonal",
        operands=("x",),
        differential="invgaps(x).^2.*(dx*ones(n)' - ones(n)*dx')",
        domain="distinct",
        numpy="_invgaps({x})" + _INVGAPS,
        batch="_invgaps({x})" + _INVGAPS,
        flops="2*n^2",
        source=HIGHAM,
        defined="x with distinct entries",
        gives=("skew",),
        keeps=("order",),
        of_scalar="0",
        precise="invgaps(x)",
    ),
    Function(
        "divdiff",
        "(n,1),(n,1),(n,1)->(n,n)",
        "divided differences (f[j] - f[i])/(x[j] - x[i]) of values f at points x; the slopes g where points meet",
        operands=("x", "f", "g"),
        differential="invgaps(x).*(ones(n)*df' - df*ones(n)' - divdiff(x,f,g).*(ones(n)*dx' - dx*ones(n)')) + diag(dg)",
        domain="distinct",
        numpy="_divdiff({x}, {f}, {g})" + _DIVDIFF,
        batch="_divdiff({x}, {f}, {g})" + _DIVDIFF,
        flops="6*n^2",
        source=HIGHAM,
        gives=("symmetric",),
        keeps=("order",),
        of_scalar="g",
        precise="divdiff(x, f, g)",
    ),
    Function(
        "spectralnorm",
        "(m,n)->(1,1)",
        "largest singular value",
        parity="even",
        differential="leftsv(X)'*dX*rightsv(X)",
        domain="fullrank",
        numpy="np.linalg.norm(_finite({X}), 2)\n" + FINITE,
        batch="np.linalg.norm(_finite({X}), 2, axis=(-2, -1))\n" + FINITE,
        flops="6*m*n^2",
        transposes="invariant",
        source=BOOK,
        range="[0, inf)",
        of_column="norm2(X)",
        precise="singular(X)[1][0]",
    ),
    Function(
        "leftsv",
        "(m,n)->(m,1)",
        "left singular vector u of the largest singular value, its largest entry positive",
        differential="inv(s^2*eye(m) - X*X' + s^2*u*u')*(d - u*(u'*d))"
        " where s = spectralnorm(X), u = leftsv(X), d = s*dX*rightsv(X) + X*(dX'*u)",
        domain="fullrank",
        numpy="_leading({X})[0]" + _LEADING,
        batch="_leading({X})[0]" + _LEADING,
        flops="6*m*n^2",
        source=BOOK,
        defined="X with one largest singular value",
        gives=("unitnorm",),
        of_column="sign(max(X) + min(X))*X/norm2(X)",
        of_row="1",
        precise="leading(X)[0]",
    ),
    Function(
        "rightsv",
        "(m,n)->(n,1)",
        "right singular vector v of the largest singular value: X*v = spectralnorm(X)*leftsv(X)",
        differential="inv(s^2*eye(n) - X'*X + s^2*v*v')*(d - v*(v'*d))"
        " where s = spectralnorm(X), v = rightsv(X), d = s*dX'*leftsv(X) + X'*(dX*v)",
        domain="fullrank",
        numpy="_leading({X})[1]" + _LEADING,
        batch="_leading({X})[1]" + _LEADING,
        flops="6*m*n^2",
        source=BOOK,
        defined="X with one largest singular value",
        gives=("unitnorm",),
        of_column="sign(max(X) + min(X))",
        of_row="X'/norm2(X)",
        precise="leading(X)[1]",
    ),
    Function(
        "nuclearnorm",
        "(m,n)->(1,1)",
        "sum of the singular values",
        aliases=("nuc",),
        parity="even",
        differential="tr(polar(X)'*dX)",
        domain="fullrank",
        numpy='np.linalg.norm(_finite({X}), "nuc")\n' + FINITE,
        batch='np.linalg.norm(_finite({X}), "nuc", axis=(-2, -1))\n' + FINITE,
        flops="6*m*n^2",
        transposes="invariant",
        source=GILES,
        range="[0, inf)",
        of_column="norm2(X)",
        precise="sum(singular(X)[1])",
    ),
    Function(
        "polar",
        "(m,n)->(m,n)",
        "orthogonal factor of the polar decomposition, U*V' of the singular value decomposition",
        parity="odd",
        differential="unvec(dpolar(X)*vec(dX), ones(m,n))",
        domain="fullrank",
        numpy="_polar({X})" + _POLAR,
        batch="_polar({X})" + _POLAR,
        flops="6*m*n^2",
        transposes="moves",
        source=HIGHAM,
        defined="X of full rank",
        of_column="X/norm2(X)",
        precise="polar(X)",
    ),
    Function(
        "dpolar",
        "(m,n)->(n*m,n*m)",
        "Jacobian of polar, the Kronecker form of its Fréchet derivative",
        # With W the orthogonal factor, P = W'*W, and the symmetric factors H and G, made regular where the smaller side
        # leaves them a kernel, the differential of W is
        # W*unvec(S*vec(W'*dX*P - P*dX'*W)) + (eye(m) - W*W')*dX*inv(H) + inv(G)*dX*(eye(n) - P).
        differential="kron(eye(n), dW)*S*T - kron(eye(n), W)*S*(kron(eye(n), dH) + kron(dH, eye(n)))*S*T"
        " + kron(eye(n), W)*S*(kron(dP, W') + kron(P, dW') - (kron(dW', P) + kron(W', dP))*K(m,n))"
        " - kron(inv(H)*dH*inv(H), eye(m) - W*W') - kron(inv(H), dW*W' + W*dW')"
        " - kron(dP, inv(G)) - kron(eye(n) - P, inv(G)*dG*inv(G))"
        " where W = polar(X), P = W'*W, H = W'*X + eye(n) - P, G = X*W' + eye(m) - W*W', S = sylvester(H,H),"
        " T = kron(P, W') - kron(W', P)*K(m,n), dW = unvec(dpolar(X)*vec(dX), ones(m,n)), dP = dW'*W + W'*dW,"
        " dH = dW'*X + W'*dX - dP, dG = dX*W' + X*dW' - dW*W' - W*dW'",
        domain="fullrank",
        numpy="_dpolar({X})" + _DPOLAR,
        batch="_dpolar({X})" + _DPOLAR,
        flops="8*m^3*n^3",
        source=HIGHAM,
        defined="X of full rank",
        of_column="eye(m)/norm2(X) - X*X'/norm2(X)^3",
        of_row="eye(n)/norm2(X) - X'*X/norm2(X)^3",
    ),
)
