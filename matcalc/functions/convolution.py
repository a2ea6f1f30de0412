"""Convolutions of columns, correlations, and the matrices that these multiply by.

All are sums with one array, which is 1 at the places (k, i, j) with k = i + j.
"""

from __future__ import annotations

from matcalc.function import Function

BOOK = "Boyd & Vandenberghe, Introduction to Applied Linear Algebra, 7.4"

_TENSOR = '''
def _convtensor(x, y):
    """1 at the places [k, i, j] with k = i + j."""
    k, i, j = np.ogrid[: np.size(x) + np.size(y) - 1, : np.size(x), : np.size(y)]
    return 1.0 * (k == i + j)
'''

CONVOLUTION = (
    Function(
        "conv",
        "(m,1),(n,1)->(m+n-1,1)",
        "convolution of two columns: the coefficients of the product of two polynomials",
        ("x", "y"),
        definition="[convtensor(ones(m),ones(n))[k,i*j]*x[i]*y[j] | k; ]",
        latex="*",
        source=BOOK,
    ),
    Function(
        "corr",
        "(k,1),(n,1)->(k-n+1,1)",
        "correlation of a column with a shorter one, where the whole of that lies within it: sums of x[i+j-1]*y[j]",
        ("x", "y"),
        definition="[convtensor(ones(k-n+1),ones(n))[l,i*j]*x[l]*y[j]*ones(k-n+1)[i] | i; ]",
        source=BOOK,
    ),
    Function(
        "convmatrix",
        "(n,1),(m,1)->(m+n-1,m)",
        "the matrix by which conv(x, y) multiplies y, with x in each column; of y only the size counts",
        ("x", "y"),
        definition="[convtensor(ones(m),ones(n))[k,i*j]*x[j]*ones(m)[i] | k; i]",
        source=BOOK,
    ),
    Function(
        "hankel",
        "(k,1),(m,1)->(m,k-m+1)",
        "the matrix of the entries x[i+j-1], with as many rows as y has entries; of y only the size counts",
        ("x", "y"),
        definition="[convtensor(ones(m),ones(k-m+1))[l,i*j]*x[l]*ones(m)[i]*ones(k-m+1)[j] | i; j]",
        source=BOOK,
    ),
    Function(
        "convtensor",
        "(m,1),(n,1)->(m+n-1,m*n)",
        "1 at the places k and (i, j) with k = i + j - 1, of which conv is made; only the sizes of x and y count",
        ("x", "y"),
        differential="0*sum(dx) + 0*sum(dy)",
        numpy="_convtensor({x}, {y})\n" + _TENSOR,
        range="[0, 1]",
        source=BOOK,
    ),
)
