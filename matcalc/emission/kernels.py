"""From which size of arrays on a record's ``fast`` source is used, and sources of two functions computed at once.

What stands in a record's field ``fast`` takes the place of its plain source where arrays are not small: its calls cost
more than one.
"""

from __future__ import annotations

FEW = 128  # entries up to which the plain source is as fast
IN_CACHE = 1 << 16  # entries up to which reading an array twice costs less than reading it in an awkward order
OUT_OF_CACHE = 1200**2  # entries from which on a matrix is read by columns much more slowly than by rows
SMALL = 1024  # entries up to which a call costs more than what it computes

WITH_TRANSPOSE = '''
def _with_transpose(a):
    """a + a.T; of large matrices by stripes, whose transposes stay in the cache."""
    n = len(a)
    if n < 1200:
        return a + a.T
    total = np.empty((n, n), a.dtype)
    for i in range(0, n, 64):
        np.add(a[i : i + 64], a[:, i : i + 64].T, out=total[i : i + 64])
    return total
'''

SIN_AND_COS = '''
def _sin_and_cos(x):
    """Both from one tangent: sin(x) = q h and cos(x) = q - 1 with h = tan(x/2) and q = 2/(1 + h²)."""
    s = 0.5 * x
    np.tan(s, out=s)
    q = s * s
    q += 1.0
    np.divide(2.0, q, out=q)
    s *= q
    q -= 1.0
    return s, q
'''
