"""NumPy sources of functions of many entries, written for speed; each is stable where the plain one is.

A kernel takes the place of a record's own source where arrays are not small: its calls cost more than one.
"""

from __future__ import annotations

from matcalc.functions.norms import BOUNDED

FEW = 128  # entries up to which the plain source is as fast
IN_CACHE = 1 << 16  # entries up to which reading an array twice costs less than reading it in an awkward order
SMALL = 1024  # entries up to which a call costs more than what it computes

SOFTPLUS = '''
def _softplus(u):
    """log(1 + exp(u)), without overflow."""
    e = np.abs(u)
    np.negative(e, out=e)
    np.exp(e, out=e)
    np.log1p(e, out=e)
    e += np.maximum(u, 0.0)
    return e
'''

SIGMOID_SLOPE = '''
def _sigmoid_slope(u):
    """sigmoid(u) * sigmoid(-u), without overflow."""
    e = np.abs(u)
    np.negative(e, out=e)
    np.exp(e, out=e)
    q = e + 1.0
    q *= q
    e /= q
    return e
'''

SOFTMAX = f'''{BOUNDED}
def _softmax(x):
    """exp(x) / sum(exp(x)), without overflow."""
    largest = np.maximum.reduce(x)
    if largest == np.inf:
        return _softmax(_bounded(x))
    e = x - largest
    np.exp(e, out=e)
    e /= np.add.reduce(e)
    return e
'''

ROWSOFTMAX = f'''{BOUNDED}
def _rowsoftmax(x):
    """The softmax of each row."""
    largest = np.maximum.reduce(x, axis=1, keepdims=True)
    if (largest == np.inf).any():
        return _rowsoftmax(_bounded(x))
    e = x - largest
    np.exp(e, out=e)
    e /= np.add.reduce(e, axis=1, keepdims=True)
    return e
'''

LOGSUMEXP = '''
def _logsumexp(x):
    """log(sum(exp(x))), without overflow."""
    largest = np.maximum.reduce(x)
    if not np.isfinite(largest):
        return largest
    return largest + np.log(np.add.reduce(np.exp(x - largest)))
'''

ROWLOGSUMEXP = '''
def _rowlogsumexp(x):
    """log(sum(exp(x))) of each row."""
    largest = np.maximum.reduce(x, axis=1)
    finite = np.isfinite(largest)
    if not finite.all():
        largest = largest.copy()
        largest[finite] = _rowlogsumexp(x[finite]) if finite.any() else 0.0
        return largest
    e = x - largest[:, None]
    np.exp(e, out=e)
    return largest + np.log(np.add.reduce(e, axis=1))
'''

SIN_AND_COS = '''
def _sin_and_cos(x):
    """Both from one tangent: sin(x) = 2 h/(1 + h²) and cos(x) = (1 - h²)/(1 + h²) with h = tan(x/2)."""
    s = 0.5 * x
    np.tan(s, out=s)
    q = s * s
    c = 1.0 - q
    q += 1.0
    c /= q
    s *= 2.0
    s /= q
    return s, c
'''

# Functions for which a kernel is faster on arrays of any size, and those for which it is on large ones.
ALWAYS = {
    "softmax": ("_softmax", SOFTMAX),
    "rowsoftmax": ("_rowsoftmax", ROWSOFTMAX),
    "logsumexp": ("_logsumexp", LOGSUMEXP),
    "rowlogsumexp": ("_rowlogsumexp", ROWLOGSUMEXP),
}
LARGE = {"softplus": ("_softplus", SOFTPLUS), "sigmoid slope": ("_sigmoid_slope", SIGMOID_SLOPE)}
