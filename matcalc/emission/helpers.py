"""Functions of Python that emitted code brings along, where a value is checked or needs several statements."""

LOG_OF_DET = '''
def _log_of_det(a):
    """log(det(a)) without overflow; not a number where the determinant is negative."""
    sign, logarithm = np.linalg.slogdet(a)
    return logarithm if sign > 0 else np.log(sign)
'''

REGULAR = '''
def _regular(a):
    """The matrix itself, refused where it is singular up to rounding: what is made of it would have no right digits."""
    if not np.linalg.cond(a, 1) <= 1e12:
        raise np.linalg.LinAlgError("Singular matrix, up to rounding")
    return a
'''

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
