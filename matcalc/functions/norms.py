"""Norms, normalisers and extremes."""

from __future__ import annotations

from matcalc.expr import Function

BOOK = "Boyd & Vandenberghe, Convex Optimization, appendix A"

BOUNDED = '''
def _bounded(x):
    """x with 0 for inf and -inf beside it, in each row that has inf: its softmax is the limit."""
    infinite = x == np.inf
    return np.where(infinite, 0.0, np.where(infinite.any(axis=-1, keepdims=True), -np.inf, x))
'''

_SOFTMAX = (
    BOUNDED
    + '''

def _softmax(x):
    """The softmax of x, or of each row; where entries are inf, the limit."""
    return special.softmax(_bounded(x), axis=-1)
'''
)

NORMS = (
    Function(
        "norm2",
        "(m,n)->(1,1)",
        "Euclidean norm of a vector, Frobenius norm of a matrix",
        definition="sqrt(sum(X.*X))",
        domain="real",
        transposes="invariant",
        latex=r"\|",
        source=BOOK,
    ),
    Function(
        "norm1",
        "(m,n)->(1,1)",
        "sum of the absolute values",
        definition="sum(abs(X))",
        transposes="invariant",
        source=BOOK,
        pieces="sign",
    ),
    Function(
        "sqrt",
        "(m,n)->(m,n)",
        "square root of every entry",
        definition="X.^0.5",
        domain="positive",
        latex=r"\sqrt",
    ),
    Function(
        "logsumexp",
        "(n,1)->(1,1) | (1,n)->(1,1)",
        "log(sum(exp(x))), without overflow",
        operands=("x",),
        differential="softmax(x)'*dx",
        transposes="invariant",
        numpy="special.logsumexp({x})",
        flops="4*n",
        source=BOOK,
    ),
    Function(
        "softmax",
        "(n,1)->(n,1) | (1,n)->(1,n)",
        "exp(x)/sum(exp(x))",
        operands=("x",),
        differential="softmax(x).*dx - softmax(x)*(softmax(x)'*dx)",
        transposes="moves",
        numpy="_softmax({x})\n" + _SOFTMAX,
        flops="4*n",
        source=BOOK,
    ),
    Function(
        "rowlogsumexp",
        "(m,n)->(m,1)",
        "log(rowsum(exp(X))), without overflow",
        differential="rowsum(rowsoftmax(X).*dX)",
        numpy="special.logsumexp({X}, axis=1)",
        flops="4*m*n",
        source=BOOK,
    ),
    Function(
        "rowsoftmax",
        "(m,n)->(m,n)",
        "softmax of each row",
        differential="rowsoftmax(X).*dX - rowsoftmax(X).*(rowsum(rowsoftmax(X).*dX)*ones(n)')",
        numpy="_softmax({X})\n" + _SOFTMAX,
        flops="4*m*n",
        source=BOOK,
    ),
    Function(
        "max",
        "(m,n)->(1,1)",
        "largest entry; where several are largest, its derivative is shared equally",
        differential="sum(maxmask(X).*dX)",
        transposes="invariant",
        numpy="np.max({X})",
        pieces="largest",
        flops="2*m*n",
        latex=r"\max",
    ),
    Function(
        "maxmask",
        "(m,n)->(m,n)",
        "1 at the largest entry, shared equally where there are several; 0 elsewhere",
        differential="0*dX",
        transposes="moves",
        numpy="({X} == np.max({X})) / np.sum({X} == np.max({X}))",
        pieces="largest",
        flops="2*m*n",
    ),
    Function(
        "min",
        "(m,n)->(1,1)",
        "smallest entry; where several are smallest, its derivative is shared equally",
        differential="sum(maxmask(-X).*dX)",
        transposes="invariant",
        numpy="np.min({X})",
        pieces="smallest",
        flops="2*m*n",
        latex=r"\min",
    ),
)
