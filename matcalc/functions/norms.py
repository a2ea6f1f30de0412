"""Norms, normalisers and extremes."""

from __future__ import annotations

from matcalc.function import Function

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

_FAST_SOFTMAX = f'''{BOUNDED}
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

_FAST_ROWSOFTMAX = f'''{BOUNDED}
def _rowsoftmax(x):
    """The softmax of each row."""
    largest = np.maximum.reduce(x, axis=-1, keepdims=True)
    if (largest == np.inf).any():
        return _rowsoftmax(_bounded(x))
    e = x - largest
    np.exp(e, out=e)
    e /= np.add.reduce(e, axis=-1, keepdims=True)
    return e
'''

_FAST_LOGSUMEXP = '''
def _logsumexp(x):
    """log(sum(exp(x))), without overflow."""
    largest = np.maximum.reduce(x)
    if not np.isfinite(largest):
        return largest
    return largest + np.log(np.add.reduce(np.exp(x - largest)))
'''

_FAST_ROWLOGSUMEXP = '''
def _rowlogsumexp(x):
    """log(sum(exp(x))) of each row."""
    largest = np.maximum.reduce(x, axis=-1)
    finite = np.isfinite(largest)
    if not finite.all():
        largest = np.array(largest)
        largest[finite] = _rowlogsumexp(x[finite]) if finite.any() else 0.0
        return largest
    e = x - largest[..., None]
    np.exp(e, out=e)
    return largest + np.log(np.add.reduce(e, axis=-1))
'''

_NORM_P = '''
def _norm_p(x, p):
    """The p-norm of the entries, without overflow."""
    size = np.abs(x)
    largest = np.max(size)
    if not 0 < largest < np.inf:
        return largest
    return largest * np.sum((size / largest) ** p) ** (1 / p)
'''

_NORMS_P = '''
def _norms_p(x, p, axes):
    """The p-norms along some axes, without overflow."""
    size, p = np.abs(x), np.expand_dims(p, axes)
    largest = np.max(size, axis=axes, keepdims=True)
    scale = np.where((0 < largest) & (largest < np.inf), largest, 1.0)
    norms = largest * np.sum((size / scale) ** p, axis=axes, keepdims=True) ** (1 / p)
    return np.squeeze(np.where(scale == largest, norms, largest), axis=axes)
'''

_MAXMASK = '''
def _maxmask(x, axes):
    """1 at the largest entry along some axes, shared equally where there are several."""
    mask = x == np.max(x, axis=axes, keepdims=True)
    return mask / np.sum(mask, axis=axes, keepdims=True)
'''

_ROWMAXMASK = '''
def _rowmaxmask(x):
    """1 at the largest entry of each row, shared equally where there are several."""
    mask = x == np.max(x, axis=-1, keepdims=True)
    return mask / np.sum(mask, axis=-1, keepdims=True)
'''

NORMS = (
    Function(
        "norm2",
        "(m,n)->(1,1)",
        "Euclidean norm of a vector, Frobenius norm of a matrix",
        definition="sqrt(sum(X.*X))",
        domain="real",
        transposes="invariant",
        source=BOOK,
        aliases=("norm", "nrm2", "fro", "frob", "frobenius"),
    ),
    Function(
        "norm1",
        "(m,n)->(1,1)",
        "sum of the absolute values",
        definition="sum(abs(X))",
        transposes="invariant",
        latex=r"\left\lVert {X} \right\rVert_{1}",
        source=BOOK,
        pieces="sign",
    ),
    Function(
        "norm_p",
        "(m,n),(1,1)->(1,1)",
        "sum(abs(X).^p)^(1/p), without overflow",
        ("X", "p"),
        differential="sum(sign(X).*(abs(X)/norm_p(X,p)).^(p - 1).*dX)"
        " + norm_p(X,p)*sum(xlogx((abs(X)/norm_p(X,p)).^p))*dp/p^2",
        domain="positive",
        transposes="invariant",
        parity="even",
        numpy="_norm_p({X}, {p})\n" + _NORM_P,
        batch="_norms_p({X}, {p}, {axes})\n" + _NORMS_P,
        c="norm_p({x}, {u}, {y}, {count});",
        flops="4*m*n",
        range="[0, inf)",
        of_scalar="abs(X)",
        latex=r"\left\lVert {X} \right\rVert_{{p}}",
        source=BOOK,
        pieces="sign",
        precise="sum(abs(X).ravel()**p)**(1/p)",
        aliases=("pnorm",),
    ),
    Function(
        "sqrt",
        "(m,n)->(m,n)",
        "square root of every entry",
        definition="X.^0.5",
        domain="positive",
        latex=r"\sqrt{{X}}",
    ),
    Function(
        "logsumexp",
        "(n,1)->(1,1) | (1,n)->(1,1)",
        "log(sum(exp(x))), without overflow",
        operands=("x",),
        differential="softmax(x)'*dx",
        transposes="invariant",
        numpy="special.logsumexp({x})",
        batch="_rowlogsumexp({x})\n" + _FAST_ROWLOGSUMEXP,
        fast="_logsumexp({x})\n" + _FAST_LOGSUMEXP,
        flops="4*n",
        source=BOOK,
        keeps=("order",),
        of_scalar="x",
        c="log_sum_exp({x}, {y}, 1, {count});",
        precise="logsumexp(x)",
        aliases=("lse", "LogSumExp"),
    ),
    Function(
        "softmax",
        "(n,1)->(n,1) | (1,n)->(1,n)",
        "exp(x)/sum(exp(x))",
        operands=("x",),
        differential="softmax(x).*dx - softmax(x)*(softmax(x)'*dx)",
        transposes="moves",
        numpy="_softmax({x})\n" + _SOFTMAX,
        batch="_rowsoftmax({x})\n" + _FAST_ROWSOFTMAX,
        fast="_softmax({x})\n" + _FAST_SOFTMAX,
        flops="4*n",
        source=BOOK,
        range="(0, 1]",
        gives=("sumstoone",),
        keeps=("order",),
        of_scalar="1",
        c="softmax({x}, {y}, 1, {count});",
        precise="softmax(x)",
    ),
    Function(
        "rowlogsumexp",
        "(m,n)->(m,1)",
        "log(rowsum(exp(X))), without overflow",
        differential="rowsum(rowsoftmax(X).*dX)",
        numpy="special.logsumexp({X}, axis=1)",
        batch="_rowlogsumexp({X})\n" + _FAST_ROWLOGSUMEXP,
        fast="_rowlogsumexp({X})\n" + _FAST_ROWLOGSUMEXP,
        flops="4*m*n",
        source=BOOK,
        by_rows=True,
        of_column="X",
        of_row="logsumexp(X)",
        c="log_sum_exp({x}, {y}, {rows}, {cols});",
        precise="logsumexp(X)",
    ),
    Function(
        "rowsoftmax",
        "(m,n)->(m,n)",
        "softmax of each row",
        differential="rowsoftmax(X).*dX - rowsoftmax(X).*(rowsum(rowsoftmax(X).*dX)*ones(n)')",
        numpy="_softmax({X})\n" + _SOFTMAX,
        batch="_rowsoftmax({X})\n" + _FAST_ROWSOFTMAX,
        fast="_rowsoftmax({X})\n" + _FAST_ROWSOFTMAX,
        flops="4*m*n",
        source=BOOK,
        by_rows=True,
        range="(0, 1]",
        gives=("stochastic",),
        of_column="ones(m)",
        of_row="softmax(X)",
        c="softmax({x}, {y}, {rows}, {cols});",
        precise="softmax(X)",
    ),
    Function(
        "max",
        "(m,n)->(1,1)",
        "largest entry; where several are largest, its derivative is shared equally",
        differential="sum(maxmask(X).*dX)",
        transposes="invariant",
        numpy="np.max({X})",
        batch="np.max({X}, axis={axes})",
        pieces="largest",
        flops="2*m*n",
        latex=r"\max",
        pair="maximum",
        keeps=("order",),
        of_scalar="X",
        c="largest_of({x}, {y}, {count}, 1);",
        precise="max(X.ravel())",
    ),
    Function(
        "maxmask",
        "(m,n)->(m,n)",
        "1 at the largest entry, shared equally where there are several; 0 elsewhere",
        differential="0*dX",
        transposes="moves",
        numpy="({X} == np.max({X})) / np.sum({X} == np.max({X}))",
        batch="_maxmask({X}, {axes})\n" + _MAXMASK,
        pieces="largest",
        flops="2*m*n",
        range="[0, 1]",
        keeps=("order",),
        of_scalar="1",
        c="max_mask({x}, {y}, {count});",
        precise="mask(X)",
    ),
    Function(
        "min",
        "(m,n)->(1,1)",
        "smallest entry; where several are smallest, its derivative is shared equally",
        differential="sum(maxmask(-X).*dX)",
        transposes="invariant",
        numpy="np.min({X})",
        batch="np.min({X}, axis={axes})",
        pieces="smallest",
        flops="2*m*n",
        latex=r"\min",
        pair="minimum",
        keeps=("order",),
        of_scalar="X",
        c="largest_of({x}, {y}, {count}, -1);",
        precise="min(X.ravel())",
    ),
    Function(
        "rowmax",
        "(m,n)->(m,1)",
        "largest entry of each row; where several are largest, its derivative is shared equally",
        differential="rowsum(rowmaxmask(X).*dX)",
        numpy="np.max({X}, axis=1)",
        batch="np.max({X}, axis=-1)",
        pieces="row largest",
        flops="m*n",
        by_rows=True,
        of_column="X",
        of_row="max(X)",
        c="row_largest({x}, {y}, {rows}, {cols}, 1);",
        precise="rowmax(X)",
    ),
    Function(
        "rowmin",
        "(m,n)->(m,1)",
        "smallest entry of each row; where several are smallest, its derivative is shared equally",
        differential="rowsum(rowmaxmask(-X).*dX)",
        numpy="np.min({X}, axis=1)",
        batch="np.min({X}, axis=-1)",
        pieces="row smallest",
        flops="m*n",
        by_rows=True,
        of_column="X",
        of_row="min(X)",
        c="row_largest({x}, {y}, {rows}, {cols}, -1);",
        precise="-rowmax(-X)",
    ),
    Function(
        "rowmaxmask",
        "(m,n)->(m,n)",
        "1 at the largest entry of each row, shared equally where there are several; 0 elsewhere",
        differential="0*dX",
        numpy="_rowmaxmask({X})\n" + _ROWMAXMASK,
        batch="_rowmaxmask({X})\n" + _ROWMAXMASK,
        pieces="row largest",
        flops="2*m*n",
        range="[0, 1]",
        by_rows=True,
        of_column="ones(m)",
        of_row="maxmask(X)",
        c="row_max_mask({x}, {y}, {rows}, {cols});",
        precise="rowmask(X)",
    ),
    Function("colmax", "(m,n)->(n,1)", "largest entry of each column, as a column", definition="rowmax(X')"),
    Function("colmin", "(m,n)->(n,1)", "smallest entry of each column, as a column", definition="rowmin(X')"),
)
