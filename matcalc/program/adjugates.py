"""Kernels for adj(X) and its derivatives: polynomials of the entries, and so right where X is singular.

With the singular value decomposition X = U*diag(s)*V' the adjugate is det(U)*det(V)*V*diag(p)*U', with p[i] the product
of all s but s[i]; so for the derivatives of it. Where X is well conditioned, det(X) and inv(X) say the same sooner.
"""

from __future__ import annotations

from matcalc.function import Kernel
from matcalc.functions.square import FINITE
from matcalc.shape import Dim

SOURCE = "Stewart, On the adjugate matrix (1998)"

_REGULAR = (
    FINITE
    + '''

def _from_factors(a):
    """inv(a) and det(a) inv(a) from one factorisation, where they have ten right digits and are far from overflow."""
    factor, pivots, is_singular = linalg.lapack.dgetrf(a.T)
    if is_singular:
        return None
    inverse, _ = linalg.lapack.dgetri(factor, pivots, lwork=64 * len(a))
    size = linalg.lapack.dlange("1", inverse)
    determinant = factor.diagonal().prod()
    sizes, least = (abs(determinant), abs(determinant) * size), 1e-290 if a.itemsize == 8 else 1e-30
    is_regular = linalg.lapack.dlange("1", a.T) * size < 1e6
    if not (is_regular and least < min(sizes) and max(sizes) < 1.0 / least):
        return None
    if np.count_nonzero(pivots != np.arange(len(a))) % 2:
        determinant = -determinant
    return inverse.T, determinant * inverse.T


def _regular_adjugate(a, log_factor=0.0):
    """inv(a) and det(a) inv(a) exp(log_factor), where these have ten right digits; else nothing."""
    made = _from_factors(a) if a.ndim == 2 and np.ndim(log_factor) == 0 and log_factor == 0 else None
    if made is not None:
        return made
    try:
        inverse = np.linalg.inv(a)
    except np.linalg.LinAlgError:
        return None
    largest = np.abs(inverse).max(axis=(-1, -2))
    condition = np.abs(a).sum(axis=-1).max(axis=-1) * np.abs(inverse).sum(axis=-1).max(axis=-1)
    if not (np.all(condition < 1e6) or np.isnan(a).any()):
        return None
    sign, logarithm = np.linalg.slogdet(a)
    factor = sign * np.exp(logarithm + np.log(largest) + log_factor)
    return inverse, inverse / largest[..., None, None] * factor[..., None, None]
'''
)

_ADJUGATE = (
    _REGULAR
    + '''

def _adjugate(a, log_factor=0.0):
    """The adjugate det(a) inv(a), which exists where a is singular, too; times exp(log_factor)."""
    regular = _regular_adjugate(a, log_factor)
    if regular is not None:
        return regular[1]
    u, s, v = np.linalg.svd(_finite(a))
    with np.errstate(divide="ignore"):
        logs = np.log(s)[..., None, :]
    others = np.exp(np.where(np.eye(s.shape[-1]) == 1, 0.0, logs).sum(axis=-1) + np.asarray(log_factor)[..., None])
    factors = others * (np.linalg.det(u) * np.linalg.det(v))[..., None]
    return np.swapaxes(v, -1, -2) * factors[..., None, :] @ np.swapaxes(u, -1, -2)
'''
)

_MINORS = (
    _REGULAR
    + '''

def _minors(a):
    """U, V and P of a = U diag(s) V': signed products P[i, j] of all singular values but two."""
    u, s, v = np.linalg.svd(_finite(a))
    n = s.shape[-1]
    i, j, k = np.ogrid[:n, :n, :n]
    products = np.where((k == i) | (k == j), 1.0, s[..., None, None, :]).prod(axis=-1) * (1.0 - np.eye(n))
    return u, np.swapaxes(v, -1, -2), products * (np.linalg.det(u) * np.linalg.det(v))[..., None, None]
'''
)

_SLOPE = (
    _MINORS
    + '''

def _adjugate_slope(a, e):
    """The derivative of the adjugate at a along e: det(a) (tr(inv(a) e) inv(a) - inv(a) e inv(a))."""
    regular = _regular_adjugate(a)
    if regular is not None:
        inverse, adjugate = regular
        along = inverse @ e
        return np.trace(along, axis1=-2, axis2=-1)[..., None, None] * adjugate - along @ adjugate
    u, v, products = _minors(a)
    ut = np.swapaxes(u, -1, -2)
    along = ut @ e @ v
    diagonal = np.einsum("...ij,...jj->...i", products, along)[..., None] * np.eye(a.shape[-1])
    return v @ (diagonal - products * along) @ ut
'''
)

_ADJUGATES = (
    _MINORS
    + '''

def _adjugates(a):
    """D[i, j, k, l] = det(a) (inv(a)[i, j] inv(a)[k, l] - inv(a)[i, l] inv(a)[k, j]), the minors without two rows."""
    regular = _regular_adjugate(a)
    if regular is not None:
        d = np.einsum("...ij,...kl->...ijkl", *regular)
    else:
        u, v, products = _minors(a)
        d = np.einsum("...ip,...jp,...pq,...kq,...lq->...ijkl", v, u, products, v, u, optimize=True)
    return d - np.swapaxes(d, -3, -1)
'''
)

_OTHERS = '''
def _others(x):
    """The product of all other entries, for each entry."""
    one = np.ones_like(x[..., :1])
    before = np.concatenate((one, x[..., :-1]), axis=-1)
    after = np.concatenate((one, x[..., :0:-1]), axis=-1)
    return np.cumprod(before, axis=-1) * np.cumprod(after, axis=-1)[..., ::-1]
'''

_PAIRS = '''
def _others_of_pairs(x):
    """The product of all entries but two, for each pair of different ones."""
    n = x.shape[-1]
    i, j, k = np.ogrid[:n, :n, :n]
    return np.where((k == i) | (k == j), 1.0, x[..., None, None, :]).prod(axis=-1) * (1.0 - np.eye(n))
'''

ADJUGATE = Kernel(
    "adjugate",
    "(n,n)->(n,n)",
    "det(X)*inv(X), the transposed matrix of cofactors",
    stacks=True,
    keeps=("diagonal",),
    c="adjugate({x}, {y}, {rows}, 0.0);",
    numpy="_adjugate({X})\n" + _ADJUGATE,
    flops="8/3*n^3",
    transposes="moves",
    source=SOURCE,
)
SCALED = Kernel(
    "scaled_adjugate",
    "(n,n),(1,1)->(n,n)",
    "adj(X)*exp(c)",
    operands=("X", "c"),
    c="adjugate({x}, {y}, {rows}, {u});",
    numpy="_adjugate({X}, {c})\n" + _ADJUGATE,
    batch="_adjugate({X}, {c})\n" + _ADJUGATE,
    flops="8/3*n^3",
    source=SOURCE,
)
SLOPE = Kernel(
    "adjugate_slope",
    "(n,n),(n,n)->(n,n)",
    "derivative of the adjugate along a direction",
    operands=("X", "E"),
    c="adjugate_slope({x}, {u}, {y}, {rows});",
    numpy="_adjugate_slope({X}, {E})\n" + _SLOPE,
    batch="_adjugate_slope({X}, {E})\n" + _SLOPE,
    flops="20/3*n^3",
    source=SOURCE,
)
ADJUGATES = Kernel(
    "adjugates",
    "(n,n)->(n*n,n*n)",
    "minors without two rows and columns: second derivatives of the determinant",
    c="adjugates({x}, {y}, {rows});",
    numpy="_adjugates({X})\n" + _ADJUGATES,
    batch="_adjugates({X})\n" + _ADJUGATES,
    flops="2*n^4",
    source=SOURCE,
)
PRODUCT = Kernel(
    "product",
    "(n,1)->(1,1)",
    "product of the entries",
    numpy="np.prod({X})",
    batch="np.prod({X}, axis=-1)",
    c="product_of({x}, {y}, {count});",
    flops="n",
)
OTHERS = Kernel(
    "others",
    "(n,1)->(n,1)",
    "products of all entries but one",
    numpy="_others({X})\n" + _OTHERS,
    batch="_others({X})\n" + _OTHERS,
    c="others({x}, {y}, {count});",
    flops="3*n",
)
PAIRS = Kernel(
    "others_of_pairs",
    "(n,1)->(n,n)",
    "products of all entries but two",
    c="others_of_pairs({x}, {y}, {count});",
    numpy="_others_of_pairs({X})\n" + _PAIRS,
    batch="_others_of_pairs({X})\n" + _PAIRS,
    flops="n^3",
)
SLOGDET = Kernel(
    "slogdet",
    "(n,n)->(k,1)",
    "sign of the determinant, and logarithm of its size",
    c="sign_and_log_of_det({x}, {y}, {rows});",
    numpy="np.array(np.linalg.slogdet({X}))",
    batch="np.stack(np.linalg.slogdet({X}), axis=-1)",
    flops="2/3*n^3",
    fixed=(("k", Dim.of(2)),),
    transposes="invariant",
)
