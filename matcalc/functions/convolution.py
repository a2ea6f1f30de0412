"""Convolutions of columns, correlations, and the matrices that these multiply by.

All are sums with one array, which is 1 at the places (k, i, j) with k = i + j; circulant matrices are sums with that
in which sums of places wrap around. Derivatives of Toeplitz matrices are sums with two arrays, for the diagonals from
the main one down and for those above it: with the array of convolutions they would be parts of longer matrices.
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

_WRAPPED = '''
def _circulanttensor(x):
    """1 at the places [i, j, k] with i = j + k, up to a multiple of the size."""
    i, j, k = np.ogrid[: np.size(x), : np.size(x), : np.size(x)]
    return 1.0 * ((j + k - i) % np.size(x) == 0)
'''

_DIAGONALS = '''
def _lowertensor(x, y):
    """1 at the places [i, j, k] with i - j = k."""
    i, j, k = np.ogrid[: np.size(x), : np.size(y), : np.size(x)]
    return 1.0 * (i - j == k)
'''

_ABOVE = '''
def _uppertensor(x, y):
    """1 at the places [i, j, k] with j - i = k > 0."""
    i, j, k = np.ogrid[: np.size(x), : np.size(y), : np.size(y)]
    return 1.0 * ((j - i == k) & (k > 0))
'''

TOEPLITZ_OF_STACKS = '''
def _toeplitz(x, y):
    """The matrices of first columns and first rows."""
    m, n = x.shape[-1], y.shape[-1]
    stack = np.broadcast_shapes(x.shape[:-1], y.shape[:-1])
    parts = np.broadcast_to(x[..., ::-1], (*stack, m)), np.broadcast_to(y[..., 1:], (*stack, n - 1))
    return np.concatenate(parts, axis=-1)[..., m - 1 - np.arange(m)[:, None] + np.arange(n)]
'''

MATRICES = "Golub & Van Loan, Matrix Computations, 4.7"

CONVOLUTION = (
    Function(
        "conv",
        "(m,1),(n,1)->(m+n-1,1)",
        "convolution of two columns: the coefficients of the product of two polynomials",
        ("x", "y"),
        definition="[convtensor(ones(m),ones(n))[k,i*j]*x[i]*y[j] | k; ]",
        latex=r"\ast",
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
        "toeplitz",
        "(m,1),(n,1)->(m,n)",
        "the matrix of a first column x and a first row y with equal entries along each diagonal; y[1] does not count",
        ("x", "y"),
        differential="[lowertensor(ones(m),ones(n))[i,j*k]*dx[k]*ones(n)[j] | i; j]"
        " + [uppertensor(ones(m),ones(n))[i,j*k]*dy[k]*ones(n)[j] | i; j]",
        numpy="linalg.toeplitz({x}, {y})",
        batch="_toeplitz({x}, {y})\n" + TOEPLITZ_OF_STACKS,
        flops="m*n",
        gives=("toeplitz",),
        source=MATRICES,
    ),
    Function(
        "lowersums",
        "(m,n)->(m,1)",
        "sums along the diagonals, from the main one down",
        definition="[lowertensor(ones(m),ones(n))[i,j*k]*X[i,j]*ones(m)[k] | k; ]",
        source=MATRICES,
    ),
    Function(
        "uppersums",
        "(m,n)->(n,1)",
        "sums along the diagonals above the main one, from it on; 0 in place of the main one",
        definition="[uppertensor(ones(m),ones(n))[i,j*k]*X[i,j]*ones(n)[k] | k; ]",
        source=MATRICES,
    ),
    Function(
        "lowertensor",
        "(m,1),(n,1)->(m,n*m)",
        "1 at the places i and (j, k) with i - j = k - 1; only the sizes of x and y count",
        ("x", "y"),
        differential="0*sum(dx) + 0*sum(dy)",
        numpy="_lowertensor({x}, {y})\n" + _DIAGONALS,
        range="[0, 1]",
        source=MATRICES,
    ),
    Function(
        "uppertensor",
        "(m,1),(n,1)->(m,n*n)",
        "1 at the places i and (j, k) with j - i = k - 1 > 0; only the sizes of x and y count",
        ("x", "y"),
        differential="0*sum(dx) + 0*sum(dy)",
        numpy="_uppertensor({x}, {y})\n" + _ABOVE,
        range="[0, 1]",
        source=MATRICES,
    ),
    Function(
        "convtensor",
        "(m,1),(n,1)->(m+n-1,m*n)",
        "1 at the places k and (i, j) with k = i + j - 1, of which conv is made; only the sizes of x and y count",
        ("x", "y"),
        differential="0*sum(dx) + 0*sum(dy)",
        numpy="_convtensor({x}, {y})\n" + _TENSOR,
        c="places_of_convolution({y}, {count}, {more});",
        range="[0, 1]",
        source=BOOK,
    ),
    Function(
        "circulant",
        "(n,1)->(n,n)",
        "the matrix whose columns are x, each one moved further down and around: circular convolution with x",
        ("x",),
        definition="[circulanttensor(ones(n))[i,j*k]*x[k]*ones(n)[i]*ones(n)[j] | i; j]",
        source=BOOK,
    ),
    Function(
        "circsums",
        "(n,n)->(n,1)",
        "sums along the diagonals that wrap around, from the main one down: the transpose of circulant",
        definition="[circulanttensor(ones(n))[i,j*k]*X[i,j]*ones(n)[k] | k; ]",
        source=BOOK,
    ),
    Function(
        "circulanttensor",
        "(n,1)->(n,n*n)",
        "1 at the places i and (j, k) with i = j + k - 1, up to a multiple of n; only the size of x counts",
        ("x",),
        differential="0*sum(dx)",
        numpy="_circulanttensor({x})\n" + _WRAPPED,
        c="places_around({y}, {count});",
        range="[0, 1]",
        of_scalar="1",
        source=BOOK,
    ),
)
