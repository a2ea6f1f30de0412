"""Functions of a matrix as a whole. ``differential`` is linear in dX, as the book writes it; it is the only rule."""

from __future__ import annotations

from matcalc.function import Function

BOOK = "Magnus & Neudecker, Matrix Differential Calculus"
HIGHAM = "Higham, Functions of Matrices"

_DEXPM = '''
def _dexpm(a):
    """Jacobian of expm: D[j, i, l, k] is the derivative of entry (i, j) by a[k, l]."""
    n = len(a)
    d = np.empty((n, n, n, n))
    for l in range(n):
        for k in range(n):
            e = np.zeros((n, n))
            e[k, l] = 1.0
            d[:, :, l, k] = linalg.expm_frechet(a, e, compute_expm=False).T
    return d
'''

_DNEXPM = '''
def _dnexpm(a, order):
    """A higher derivative of expm: D[j, i, l, k, q, p, ...] is that of entry (i, j) by a[k, l], a[p, q], ..."""
    *stack, n, n = a.shape
    size = 2**order
    repeated = np.einsum("ij,...kl->...ikjl", np.eye(size), a).reshape(*stack, size * n, size * n)
    d = np.empty((*stack, *(n * n,) * order, n, n))
    for along in np.ndindex(*(n * n,) * order):
        blocks = repeated.copy()
        for level, entry in enumerate(along):
            rows = np.array([n * i for i in range(size) if not i >> level & 1])
            blocks[..., rows + entry // n, rows + n * 2**level + entry % n] = 1.0
        d[(..., *along, slice(None), slice(None))] = linalg.expm(blocks)[..., :n, -n:]
    axes = [2 * order + 1, 2 * order, *(axis for k in range(order) for axis in (2 * k + 1, 2 * k))]
    own = [axis - 2 * order - 2 for axis in axes]
    return d.reshape(*stack, *(n,) * (2 * order + 2)).transpose(*range(len(stack)), *own)
'''

_SYLVESTER = '''
def _sylvester(a, b):
    """Solution operator of A X + X B = C: S[j, i, l, k] is the derivative of X[i, j] by C[k, l]."""
    m, n = a.shape[-1], b.shape[-1]
    s = np.einsum("jl,...ik->...jilk", np.eye(n), a) + np.einsum("...lj,ik->...jilk", b, np.eye(m))
    stack = s.shape[:-4]
    return np.linalg.inv(s.reshape(*stack, n * m, n * m)).reshape(*stack, n, m, n, m)
'''

_SQRTM = '''
def _sqrtm(a):
    """Principal square root; refused where it is not real, and where rounding would decide what it is: of singular
    matrices that are neither symmetric nor projections."""
    if np.array_equal(a, a.T):
        values, vectors = np.linalg.eigh(a)
        if values[0] >= -1e-14 * len(a) * values[-1]:  # what rounding leaves of zeros
            return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    scales = np.linalg.svd(a, compute_uv=False)
    if scales.size and scales[-1] <= 1e-14 * len(a) * scales[0]:
        if np.max(np.abs(a @ a - a)) <= 1e-14 * len(a) * scales[0] ** 2:
            return a
        raise ValueError("sqrtm: the matrix is singular")
    root = linalg.sqrtm(a)
    if np.iscomplexobj(root):
        if np.max(np.abs(root.imag)) > 1e-9 * np.max(np.abs(root)):
            raise ValueError("sqrtm: the principal square root is not real")
        root = root.real
    return root
'''

_SQRTMS = (
    _SQRTM
    + '''

def _sqrtms(a):
    """Principal square roots of a stack, together where all are positive semidefinite."""
    if np.array_equal(a, np.swapaxes(a, -1, -2)):
        values, vectors = np.linalg.eigh(a)
        if np.all(values[..., 0] >= -1e-14 * a.shape[-1] * values[..., -1]):
            return (vectors * np.sqrt(np.maximum(values, 0.0))[..., None, :]) @ np.swapaxes(vectors, -1, -2)
    return np.array([_sqrtm(one) for one in a.reshape(-1, *a.shape[-2:])]).reshape(a.shape)
'''
)

_LOGM = '''
def _logm(a):
    """Principal logarithm; refused where it is not real."""
    logarithm = linalg.logm(a)
    if np.iscomplexobj(logarithm):
        if np.max(np.abs(logarithm.imag)) > 1e-9 * np.max(np.abs(logarithm)):
            raise ValueError("logm: the principal logarithm is not real")
        logarithm = logarithm.real
    return logarithm
'''

_DLOGM = (
    _LOGM
    + _DEXPM
    + '''

def _dlogm(a):
    """Jacobian of logm: D[j, i, l, k] is the derivative of entry (i, j) by a[k, l]."""
    n = len(a)
    return np.linalg.inv(_dexpm(_logm(a)).reshape(n * n, n * n)).reshape(n, n, n, n)
'''
)

FINITE = '''
def _finite(a):
    """The matrix, refused where an entry is not finite: singular value decompositions of others may never end."""
    if not np.all(np.isfinite(a)):
        raise np.linalg.LinAlgError("Singular values of a matrix that is not finite")
    return a
'''

SQUARE = (
    Function(
        "inv",
        "(n,n)->(n,n)",
        "inverse",
        parity="odd",
        differential="-inv(X)*dX*inv(X)",
        domain="invertible",
        numpy="np.linalg.inv({X})",
        c="if (inverse_of({x}, {y}, {rows})) return 2;",
        flops="2*n^3",
        transposes="moves",
        source=BOOK,
        defined="X invertible",
        stacks=True,
        gives=("invertible",),
        keeps=("diagonal", "posdef"),
        of_scalar="1/X",
        precise="inverse(X)",
        aliases=("inverse",),
    ),
    Function(
        "det",
        "(n,n)->(1,1)",
        "determinant",
        differential="det(X)*tr(inv(X)*dX)",
        domain="invertible",
        numpy="np.linalg.det({X})",
        flops="2/3*n^3 - 1/2*n^2 - 1/6*n",
        transposes="invariant",
        latex=r"\det",
        source="Jacobi's formula; " + BOOK,
        stacks=True,
        keeps=("posdef -> positive", "psd -> nonneg"),
        of_scalar="X",
        multiplications="1/3*n^3 - 1/3*n",
        c="determinant({x}, {y}, {rows});",
        precise="determinant(X)",
        aliases=("Det", "determinant"),
    ),
    Function(
        "adj",
        "(n,n)->(n,n)",
        "adjugate, the transposed matrix of cofactors; its value is right where X is singular",
        definition="det(X)*inv(X)",
        aliases=("adjugate",),
        source=BOOK,
    ),
    Function(
        "logdet",
        "(n,n)->(1,1)",
        "logarithm of the absolute value of the determinant",
        parity="even",
        differential="tr(inv(X)*dX)",
        domain="invertible",
        numpy="np.linalg.slogdet({X})[1]",
        stacks=True,
        flops="2/3*n^3 - 1/2*n^2 - 1/6*n",
        transposes="invariant",
        latex=r"\log\det",
        source=BOOK,
        defined="X invertible",
        of_scalar="log(abs(X))",
        multiplications="1/3*n^3 - 1/3*n",
        c="log_of_det({x}, {y}, {rows}, 0);",
        precise="logdet(X)",
    ),
    Function(
        "pinv",
        "(m,n)->(n,m)",
        "Moore-Penrose inverse, where the rank does not change",
        parity="odd",
        differential="-pinv(X)*dX*pinv(X) + pinv(X)*pinv(X)'*dX'*(eye(m) - X*pinv(X))"
        " + (eye(n) - pinv(X)*X)*dX'*pinv(X)'*pinv(X)",
        domain="fullrank",
        pieces="rank",
        numpy="np.linalg.pinv(_finite({X}))\n" + FINITE,
        flops="14*m*n^2",
        transposes="moves",
        source="Golub & Pereyra (1973)",
        defined="X of constant rank",
        stacks=True,
        keeps=("diagonal",),
        of_scalar="1/X",
        of_column="X'/sum(X.*X)",
        precise="pseudoinverse(X)",
        aliases=("pseudoinverse", "pinverse"),
    ),
    Function(
        "solve",
        "(n,n),(n,p)->(n,p)",
        "inv(A)*B; also written A\\B",
        operands=("A", "B"),
        definition="inv(A)*B",
        domain="invertible",
        source=BOOK,
    ),
    Function(
        "cholesky",
        "(n,n)->(n,n)",
        "lower triangular factor of a positive definite matrix: L*L' = X",
        aliases=("chol",),
        differential="cholesky(X)*phi(inv(cholesky(X))*(0.5*dX + 0.5*dX')*inv(cholesky(X))')",
        domain="posdef",
        numpy="np.linalg.cholesky({X})",
        flops="1/3*n^3 + 1/2*n^2 + 1/6*n",
        source="Murray, Differentiation of the Cholesky decomposition (2016)",
        defined="X positive definite",
        stacks=True,
        gives=("invertible", "lower"),
        keeps=("diagonal",),
        of_diagonal="sqrt(X)",
        multiplications="1/6*n^3 + 1/2*n^2 - 2/3*n",
        c="if (lower_cholesky({x}, {y}, {rows})) return 1;",
        precise="applied(cholesky, X)",
    ),
    Function(
        "phi",
        "(n,n)->(n,n)",
        "lower triangle with the diagonal halved",
        definition="halftril(ones(n,n)).*X",
        latex=r"\Phi",
        source="Murray, Differentiation of the Cholesky decomposition (2016)",
    ),
    Function(
        "halftril",
        "(n,n)->(n,n)",
        "ones below the diagonal, halves on it, zeros above; only the size of X counts",
        differential="0*dX",
        range="[0, 1]",
        numpy="np.tri({n}) - 0.5 * np.eye({n})",
        of_scalar="1/2",
        c="mask({y}, {rows}, 0.5);",
        precise="below(X, 0.5)",
    ),
    Function("tril", "(n,n)->(n,n)", "lower triangle, with the diagonal", definition="trilones(ones(n,n)).*X"),
    Function("triu", "(n,n)->(n,n)", "upper triangle, with the diagonal", definition="trilones(ones(n,n))'.*X"),
    Function(
        "stril",
        "(n,n)->(n,n)",
        "strictly lower triangle, whose diagonal is zero",
        definition="where(trilones(ones(n,n))' == 0, X, 0)",
    ),
    Function(
        "striu",
        "(n,n)->(n,n)",
        "strictly upper triangle, whose diagonal is zero",
        definition="where(trilones(ones(n,n)) == 0, X, 0)",
    ),
    Function(
        "trilones",
        "(n,n)->(n,n)",
        "ones on the diagonal and below, zeros above; only the size of X counts",
        differential="0*dX",
        range="[0, 1]",
        numpy="np.tri({n})",
        of_scalar="1",
        c="mask({y}, {rows}, 1.0);",
        precise="below(X, 1.0)",
    ),
    Function(
        "expm",
        "(n,n)->(n,n)",
        "matrix exponential",
        differential="unvec(dexpm(X)*vec(dX), ones(n,n))",
        numpy="linalg.expm({X})",
        batch="linalg.expm({X})",
        flops="20*n^3",
        transposes="moves",
        latex=r"\operatorname{expm}",
        source=HIGHAM,
        gives=("invertible",),
        keeps=("diagonal", "posdef"),
        of_diagonal="exp(X)",
        precise="applied(expm, X)",
    ),
    Function(
        "dexpm",
        "(n,n)->(n*n,n*n)",
        "Jacobian of expm, the Kronecker form of its Fréchet derivative",
        differential="[d2expm(X)[j*i*l*k,q*p]*dX[p,q]*ones(n)[i]*ones(n)[j]*ones(n)[k]*ones(n)[l] | j,i; l,k]",
        numpy="_dexpm({X})" + _DEXPM,
        batch="_dnexpm({X}, 1)" + _DNEXPM,
        flops="60*n^5",
        source=HIGHAM,
        of_scalar="exp(X)",
        precise="dexpm(X)",
    ),
    Function(
        "d2expm",
        "(n,n)->(n*n*n*n,n*n)",
        "second derivative of expm: that of entry (k, l) of dexpm(X) by X",
        differential="[d3expm(X)[j*i*l*k*q*p,s*r]*dX[r,s]*ones(n)[i]*ones(n)[j]*ones(n)[k]*ones(n)[l]*ones(n)[p]*ones(n)[q]"
        " | j,i,l,k; q,p]",
        numpy="_dnexpm({X}, 2)" + _DNEXPM,
        batch="_dnexpm({X}, 2)" + _DNEXPM,
        flops="1280*n^7",
        source=HIGHAM,
        of_scalar="exp(X)",
    ),
    Function(
        "d3expm",
        "(n,n)->(n*n*n*n*n*n,n*n)",
        "third derivative of expm, the last one that is known",
        numpy="_dnexpm({X}, 3)" + _DNEXPM,
        batch="_dnexpm({X}, 3)" + _DNEXPM,
        flops="10240*n^9",
        source=HIGHAM,
        of_scalar="exp(X)",
    ),
    Function(
        "logm",
        "(n,n)->(n,n)",
        "principal logarithm of a matrix",
        differential="unvec(dlogm(X)*vec(dX), ones(n,n))",
        domain="posdef",
        numpy="_logm({X})" + _LOGM,
        flops="50*n^3",
        transposes="moves",
        source=HIGHAM,
        defined="X without eigenvalues ≤ 0",
        keeps=("diagonal",),
        of_diagonal="log(X)",
        precise="logarithm(X)",
    ),
    Function(
        "dlogm",
        "(n,n)->(n*n,n*n)",
        "Jacobian of logm, the inverse of dexpm(logm(X))",
        differential="-dlogm(X)*[d2expm(logm(X))[j*i*l*k,q*p]*d[p,q]*ones(n)[i]*ones(n)[j]*ones(n)[k]*ones(n)[l]"
        " | j,i; l,k]*dlogm(X) where d = unvec(dlogm(X)*vec(dX), ones(n,n))",
        domain="posdef",
        numpy="_dlogm({X})" + _DLOGM,
        flops="60*n^5 + 2*n^6",
        source=HIGHAM,
        defined="X without eigenvalues ≤ 0",
        of_scalar="1/X",
        precise="dlogm(X)",
    ),
    Function(
        "sqrtm",
        "(n,n)->(n,n)",
        "principal square root of a matrix",
        differential="unvec(sylvester(sqrtm(X), sqrtm(X))*vec(dX), ones(n,n))",
        domain="posdef",
        numpy="_sqrtm({X})" + _SQRTM,
        batch="_sqrtms({X})" + _SQRTMS,
        flops="26*n^3",
        transposes="moves",
        source=HIGHAM,
        defined="X without eigenvalues ≤ 0",
        keeps=("diagonal", "posdef"),
        of_diagonal="sqrt(X)",
        precise="root(X)",
    ),
    Function(
        "sylvester",
        "(m,m),(n,n)->(n*m,n*m)",
        "solution operator of A*X + X*B = C: vec(X) = sylvester(A,B)*vec(C)",
        operands=("A", "B"),
        domain="posdef",
        differential="-sylvester(A,B)*(kron(eye(n), dA) + kron(dB', eye(m)))*sylvester(A,B)",
        numpy="_sylvester({A}, {B})" + _SYLVESTER,
        batch="_sylvester({A}, {B})" + _SYLVESTER,
        flops="2*m^3*n^3",
        source=HIGHAM,
        defined="A and -B without common eigenvalues",
        of_scalar="1/(A + B)",
        precise="sylvester(A, B)",
    ),
)
