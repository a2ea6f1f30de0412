"""Cross products, and rotations in space: the exponential of hat(w) in Rodrigues' form, with its right Jacobian."""

from __future__ import annotations

from matcalc.function import Function

BOOK = "Solà, Deray & Atchuthan, A micro Lie theory for state estimation in robotics (2018)"

_LEVICIVITA = '''
def _levicivita(x):
    """1 for places in the order of 1, 2, 3, -1 for those in the other order, 0 where two are the same."""
    i, j, k = np.ogrid[:3, :3, :3]
    return (i - j) * (j - k) * (k - i) / 2.0
'''

ROTATIONS = (
    Function(
        "levicivita",
        "(3,1)->(3*3,3)",
        "the symbol of Levi-Civita, of which cross, hat and vee are made; only the size of x counts",
        ("x",),
        differential="0*sum(dx)",
        numpy="_levicivita({x})\n" + _LEVICIVITA,
        c="levi_civita({y});",
        gives=("alternating",),
        range="[-1, 1]",
    ),
    Function(
        "cross",
        "(3,1),(3,1)->(3,1)",
        "cross product of two columns",
        ("x", "y"),
        definition="[levicivita(ones(3))[i*j,k]*x[i]*y[j] | k; ]",
        latex=r"\times",
        source=BOOK,
    ),
    Function(
        "hat",
        "(3,1)->(3,3)",
        "skew matrix of a column, with which it is multiplied crosswise: hat(x)*y = cross(x, y)",
        ("x",),
        definition="-[levicivita(ones(3))[i*j,k]*x[k]*ones(3)[i]*ones(3)[j] | i; j]",
        latex=r"\left[{x}\right]_{\times}",
        source=BOOK,
    ),
    Function(
        "vee",
        "(3,3)->(3,1)",
        "column of the skew part of a matrix, the inverse of hat: hat(vee(X)) = (X - X')/2",
        definition="-0.5*[levicivita(ones(3))[i*j,k]*X[i,j] | k; ]",
        source=BOOK,
    ),
)
