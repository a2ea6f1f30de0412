"""Functions of Python that emitted code brings along, where a value is checked or needs several statements."""

LOG_OF_DET = '''
def _log_of_det(a):
    """log(det(a)) without overflow; not a number where the determinant is negative."""
    sign, logarithm = np.linalg.slogdet(a)
    return logarithm if sign > 0 else np.log(sign)
'''

_REGULAR = '''
def _regular(value, condition):
    """What is made of a matrix, refused where that is singular up to rounding: it would have no right digits."""
    if not condition <= 1e12:
        raise np.linalg.LinAlgError("Singular matrix, up to rounding")
    return value
'''

REGULAR_INVERSE = (
    _REGULAR
    + '''

def _regular_inverse(a):
    """The inverse of a matrix that is regular."""
    inverse = np.linalg.inv(a)
    return _regular(inverse, np.linalg.norm(a, 1) * np.linalg.norm(inverse, 1))
'''
)

REGULAR_FACTORS = {
    "lu": (
        _REGULAR
        + '''

def _regular_lu(a):
    """The LU factors of a matrix that is regular, by LAPACK's estimate of its condition from them."""
    factor, pivots, _ = linalg.lapack.dgetrf(a)
    reciprocal, _ = linalg.lapack.dgecon(factor, np.linalg.norm(a, 1))
    return _regular((factor, pivots), 1 / reciprocal if reciprocal else np.inf)
'''
    ),
    "cholesky": (
        _REGULAR
        + '''

def _regular_cholesky(a):
    """The Cholesky factor of a matrix that is regular, by LAPACK's estimate of its condition from it."""
    factor, lower = linalg.cho_factor(a)
    reciprocal, _ = linalg.lapack.dpocon(factor, np.linalg.norm(a, 1))
    return _regular((factor, lower), 1 / reciprocal if reciprocal else np.inf)
'''
    ),
}

SPAN = '''
def _span(start, stop, size):
    """The places from start up to stop, refused where an array has not as many."""
    if size < stop:
        raise IndexError(f"there is no entry {stop}: this dimension is {size}")
    return slice(start, stop)
'''

FOR_EACH = '''
def _for_each_member(function, ranks, dims, *operands):
    """A function of the members of stacks, one by one: its operands have so many axes each, its value these dims."""
    stacks = [np.shape(a)[: np.ndim(a) - rank] for a, rank in zip(operands, ranks, strict=True)]
    stack = np.broadcast_shapes(*stacks)
    whole = [np.broadcast_to(a, stack + np.shape(a)[len(own) :]) for a, own in zip(operands, stacks, strict=True)]
    made = np.empty(stack + dims)
    for at in np.ndindex(stack):
        made[at] = np.reshape(function(*(a[at] for a in whole)), dims)
    return made
'''

CHOLESKY_INVERSE = '''
def _cholesky_inverse(factor):
    """The inverse of a positive definite matrix from its Cholesky factor."""
    c, lower = factor
    inverse, info = linalg.lapack.dpotri(c, lower=lower)
    if info:
        raise np.linalg.LinAlgError("Singular matrix")
    triangle = np.tril(inverse, -1) if lower else np.triu(inverse, 1)
    return triangle + triangle.T + np.diag(np.diagonal(inverse))
'''
