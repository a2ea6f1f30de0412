"""From which size of arrays on a record's ``fast`` source is used, and sources of two functions computed at once.

What stands in a record's field ``fast`` takes the place of its plain source where arrays are not small: its calls cost
more than one.
"""

from __future__ import annotations

FEW = 128  # entries up to which the plain source is as fast
IN_CACHE = 1 << 16  # entries up to which reading an array twice costs less than reading it in an awkward order
SMALL = 1024  # entries up to which a call costs more than what it computes

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
