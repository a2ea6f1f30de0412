"""NumPy sources that call LAPACK: factors, solutions and inverses.

LAPACK takes columns where NumPy has rows, so that it is given transposes, which are no copies.
"""

FACTORED = '''
def _factored(a, overwrite=False):
    """Cholesky factors where a matrix turns out to be positive definite, else LU factors; of a.T, which is no copy."""
    if len(a) > 32 and np.array_equal(a[0], a[:, 0]) and np.array_equal(a, a.T):
        factor, info = linalg.lapack.dpotrf(a.T)
        if not info:
            return factor, None
    factor, pivots, info = linalg.lapack.dgetrf(a.T, overwrite_a=overwrite)
    if info:
        raise np.linalg.LinAlgError("Singular matrix")
    return factor, pivots
'''

SOLVED = '''
def _solved(factors, b, trans=0):
    """The solution of a x = b, or of a' x = b, from the factors of a.T."""
    factor, pivots = factors
    if pivots is None:
        return linalg.lapack.dpotrs(factor, b)[0]
    return linalg.lapack.dgetrs(factor, pivots, b, trans=1 - trans)[0]
'''

INVERTED = '''
def _inverted(factors, overwrite=False):
    """The inverse of a from the factors of a.T."""
    factor, pivots = factors
    if pivots is None:
        return _both_triangles(linalg.lapack.dpotri(factor, overwrite_c=overwrite)[0])
    inverse, info = linalg.lapack.dgetri(factor, pivots, lwork=64 * len(factor), overwrite_lu=overwrite)
    if info:
        raise np.linalg.LinAlgError("Singular matrix")
    return inverse.T
'''

BOTH_TRIANGLES = '''
def _both_triangles(upper):
    """The symmetric matrix of which the upper triangle is given, in column order, beside zeros."""
    lower = upper.T
    n = len(lower)
    for i in range(0, n, 64):
        block = lower[i : i + 64, i : i + 64]
        block += block.T
        for j in range(i + 64, n, 64):
            lower[i : i + 64, j : j + 64] = lower[j : j + 64, i : i + 64].T
    lower.flat[:: n + 1] *= 0.5
    return lower
'''

CHOLESKY = '''
def _cholesky(a, overwrite=False):
    """The factor u of a positive definite matrix u'*u."""
    factor, info = linalg.lapack.dpotrf(a.T, overwrite_a=overwrite)
    if info:
        raise np.linalg.LinAlgError("Matrix is not positive definite")
    return factor, None
'''

UPDATED = '''
def _updated(a, u):
    """a + u*u', of which only the triangle is computed that a Cholesky factorisation reads."""
    transposed = u.flags.c_contiguous
    return linalg.blas.dsyrk(1.0, u.T if transposed else u, trans=transposed, beta=1.0, c=a.T).T
'''
