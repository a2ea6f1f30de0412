"""Products of entries. Their derivatives are products of the other entries, which exist where entries are zero."""

from __future__ import annotations

from matcalc.function import Function

_RUNNING = '''
def _running(x):
    """Products of the first entries along the last axis: numbers, and powers of 2, so that none overflows."""
    number, power = np.frexp(x)
    step = 1
    while step < x.shape[-1]:
        number[..., step:] = number[..., step:] * number[..., :-step]
        power[..., step:] = power[..., step:] + power[..., :-step]
        number, more = np.frexp(number)
        power += more
        step *= 2
    return number, power


def _is_tame(x):
    """Whether no product of some of the entries is too large or too small for a number."""
    size, most = np.abs(x), 1000 if x.dtype == float else 120
    low, high = np.min(size, initial=1.0), np.max(size, initial=1.0)
    if 0 < low and high < np.inf and x.shape[-1] * max(np.log2(high), -np.log2(low)) < most:
        return True
    return np.all(np.sum(np.abs(np.frexp(x)[1]) + 1, axis=-1) < most)
'''

_PRODUCT = (
    _RUNNING
    + '''

def _product(x):
    """The products of the entries along the last axis, without overflow on the way."""
    if _is_tame(x):
        return np.prod(x, axis=-1)
    number, power = _running(x)
    return np.ldexp(number[..., -1], power[..., -1])
'''
)

_OTHERS = (
    _RUNNING
    + '''

def _others(x):
    """The product of all other entries along the last axis, for each entry; entries may be zero."""
    one = np.ones_like(x[..., :1])
    before = np.concatenate((one, x[..., :-1]), axis=-1)
    after = np.concatenate((one, x[..., :0:-1]), axis=-1)
    if _is_tame(x):
        return np.cumprod(before, axis=-1) * np.cumprod(after, axis=-1)[..., ::-1]
    (number, power), (last, more) = _running(before), _running(after)
    return np.ldexp(number * last[..., ::-1], power + more[..., ::-1])
'''
)

_PAIRS = (
    _OTHERS
    + '''

def _pairs(x):
    """The products of all entries along the last axis but two different ones; zero for twice the same."""
    same = np.eye(x.shape[-1], dtype=bool)
    return np.where(same, 0.0, _others(np.where(same, 1.0, x[..., None, :])))
'''
)

_TRIPLES = (
    _PAIRS
    + '''

def _triples(x):
    """The products of all entries but three different ones; zero where two are the same."""
    same = np.eye(x.shape[-1], dtype=bool)
    return np.where(same[:, :, None] | same[:, None, :], 0.0, _pairs(np.where(same, 1.0, x[..., None, :])))
'''
)

_ENTRIES = '''
def _entries(x, axes):
    """The entries along the last axes as one."""
    kept = x.ndim - np.size(axes)
    return x.reshape(*x.shape[:kept], int(np.prod(x.shape[kept:])))


def _by_columns(x, function, times, axes):
    """A function of the entries, column by column, with so many times their axes."""
    x = np.swapaxes(x, -1, -2) if np.size(axes) == 2 else x
    made, kept = function(_entries(x, axes)), x.ndim - np.size(axes)
    return made.reshape(x.shape[:kept] + times * x.shape[kept:])
'''

PRODUCTS = (
    Function(
        "prod",
        "(m,n)->(1,1)",
        "product of the entries",
        differential="sum(prodothers(X).*dX)",
        transposes="invariant",
        numpy="_product(np.ravel({X}))\n" + _PRODUCT,
        batch="_product(_entries({X}, {axes}))\n" + _PRODUCT + _ENTRIES,
        flops="m*n",
        keeps=("positive", "nonneg", "order"),
        of_scalar="X",
        c="product_of({x}, {y}, {count});",
        precise="product(X.ravel())",
    ),
    Function(
        "prodothers",
        "(m,n)->(m,n)",
        "product of all other entries, for each entry: the derivative of prod",
        differential="unvec(prodpairs(X)*vec(dX), ones(m,n))",
        transposes="moves",
        numpy="_others(np.ravel({X})).reshape(np.shape({X}))\n" + _OTHERS,
        batch="_others(_entries({X}, {axes})).reshape(np.shape({X}))\n" + _OTHERS + _ENTRIES,
        flops="3*m*n",
        keeps=("positive", "nonneg", "order"),
        of_scalar="1",
        c="others({x}, {y}, {count});",
        precise="others(X.ravel(), 1).reshape(X.shape)",
    ),
    Function(
        "prodpairs",
        "(m,n)->(n*m,n*m)",
        "products of all entries but two, 0 on the diagonal: the derivative of prodothers",
        differential="[prodtriples(X)[j*i*l*k,q*p]*dX[p,q]*ones(m)[i]*ones(n)[j]*ones(m)[k]*ones(n)[l] | j,i; l,k]",
        numpy="_pairs(np.ravel(np.transpose({X}))).reshape(2 * np.shape({X})[::-1])\n" + _PAIRS,
        batch="_by_columns({X}, _pairs, 2, {axes})\n" + _PAIRS + _ENTRIES,
        flops="3*m^2*n^2",
        of_scalar="0",
        c="others_by_columns({x}, {y}, {rows}, {cols});",
        precise="others(X.T.ravel(), 2).reshape(2 * X.T.shape)",
    ),
    Function(
        "prodtriples",
        "(m,n)->(n*m*n*m,n*m)",
        "products of all entries but three: the third derivative of prod, the last one that is known",
        numpy="_triples(np.ravel(np.transpose({X}))).reshape(3 * np.shape({X})[::-1])\n" + _TRIPLES,
        batch="_by_columns({X}, _triples, 3, {axes})\n" + _TRIPLES + _ENTRIES,
        flops="3*m^3*n^3",
        of_scalar="0",
        precise="others(X.T.ravel(), 3).reshape(3 * X.T.shape)",
    ),
    Function(
        "rowprod",
        "(m,n)->(m,1)",
        "product of each row, as a column",
        differential="rowsum(rowprodothers(X).*dX)",
        numpy="_product({X})\n" + _PRODUCT,
        batch="_product({X})\n" + _PRODUCT,
        flops="m*n",
        c="row_products({x}, {y}, {rows}, {cols});",
        by_rows=True,
        keeps=("positive", "nonneg"),
        of_column="X",
        of_row="prod(X)",
    ),
    Function("colprod", "(m,n)->(n,1)", "product of each column, as a column", definition="rowprod(X')"),
    Function(
        "rowprodothers",
        "(m,n)->(m,n)",
        "product of all other entries of the row, for each entry: the derivative of rowprod",
        differential="[rowprodpairs(X)[i,j*k]*dX[i,k]*ones(n)[j] | i; j]",
        numpy="_others({X})\n" + _OTHERS,
        batch="_others({X})\n" + _OTHERS,
        flops="3*m*n",
        c="row_others({x}, {y}, {rows}, {cols});",
        by_rows=True,
        keeps=("positive", "nonneg"),
        of_column="ones(m)",
        of_row="prodothers(X)",
    ),
    Function(
        "rowprodpairs",
        "(m,n)->(m,n*n)",
        "products of all entries of a row but two: the second derivative of rowprod, the last one that is known",
        numpy="_pairs({X})\n" + _PAIRS,
        batch="_pairs({X})\n" + _PAIRS,
        flops="3*m*n^2",
        c="row_others_of_pairs({x}, {y}, {rows}, {cols});",
        by_rows=True,
        of_column="0*X",
        of_row="vec(prodpairs(X))'",
    ),
)
