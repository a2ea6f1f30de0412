"""Convolutions and correlations as steps, by Fourier transforms where both columns are long."""

from __future__ import annotations

from matcalc.function import Kernel
from matcalc.functions import CIRCULANTTENSOR, CONVTENSOR
from matcalc.lowering.substitute import substitute
from matcalc.network.build import contract
from matcalc.network.leaves import number
from matcalc.network.nodes import Factor, Node, is_function
from matcalc.program.crossing import vectors_on
from matcalc.program.diagonals import along_diagonals
from matcalc.rational import Fraction
from matcalc.rules.functions import opaque
from matcalc.walk import postorder

_1 = Fraction(1)

_CONV = '''
def _conv(x, y):
    """The convolution of two vectors; where both are long, by the product of their Fourier transforms."""
    if min(len(x), len(y)) < 200 or not (np.isfinite(x).all() and np.isfinite(y).all()):
        return np.convolve(x, y)
    size = len(x) + len(y) - 1
    length = 1 << (size - 1).bit_length()
    a, b = np.abs(x).max() or 1.0, np.abs(y).max() or 1.0
    found = np.fft.irfft(np.fft.rfft(x / a, length) * np.fft.rfft(y / b, length), length)[:size]
    return (found * a * b).astype(x.dtype, copy=False)
'''

_CORR = (
    _CONV
    + '''

def _corr(x, y):
    """The sums of x[i + j] y[j] over all j, where these lie within x."""
    return _conv(x, y[::-1])[len(y) - 1 : len(x)]
'''
)

_SHIFTED = '''
def _convmatrix(x, y):
    """The vector in each column, each one further down."""
    columns = np.zeros((len(y), len(x) + len(y)), dtype=x.dtype)
    columns[:, : len(x)] = x
    return columns.ravel()[: -len(y)].reshape(len(y), -1).T
'''


_CONVS = '''
def _convs(x, y):
    """The convolutions of two stacks of vectors, by the entries of the shorter ones."""
    if x.shape[-1] < y.shape[-1]:
        x, y = y, x
    size, count = x.shape[-1], y.shape[-1]
    made = np.zeros((*np.broadcast_shapes(x.shape[:-1], y.shape[:-1]), size + count - 1), x.dtype)
    for k in range(count):
        made[..., k : k + size] += x * y[..., k : k + 1]
    return made
'''

_CORRS = '''
def _corrs(x, y):
    """The sums of x[..., i + j] y[..., j] over all j, where these lie within x."""
    size = x.shape[-1] - y.shape[-1] + 1
    return sum(x[..., k : k + size] * y[..., k : k + 1] for k in range(y.shape[-1]))
'''

_CONVMATRICES = '''
def _convmatrices(x, y):
    """Each vector in each column of a matrix, each one further down."""
    size, count = x.shape[-1], y.shape[-1]
    made = np.zeros((*x.shape[:-1], size + count - 1, count), x.dtype)
    for k in range(count):
        made[..., k : k + size, k] = x
    return made
'''

_CIRCULANTS = '''
def _circulants(x):
    """Each vector in each column of a matrix, each one further down and around."""
    places = np.arange(x.shape[-1])
    return x[..., places[:, None] - places]
'''

_WRAPS = (
    _CIRCULANTS
    + '''

def _wraps(x, y, turned=False):
    """The sums of x[..., i - k] y[..., k] over all k, or of x[..., i + k] y[..., k], of places that wrap around."""
    matrices = _circulants(y)
    return ((np.swapaxes(matrices, -1, -2) if turned else matrices) @ x[..., None])[..., 0]
'''
)


def _of_two(name: str, signature: str, numpy: str, flops: str, c: str, batch: str) -> Kernel:
    return Kernel(name, signature, operands=("x", "y"), numpy=numpy, batch=batch, flops=flops, c=c)


CONV = _of_two(
    "conv",
    "(m,1),(n,1)->(m+n-1,1)",
    "_conv({x}, {y})\n" + _CONV,
    "2*m*n",
    "convolution({x}, {count}, {u}, {more}, {y});",
    "_convs({x}, {y})\n" + _CONVS,
)
CORR = _of_two(
    "corr",
    "(k,1),(n,1)->(k-n+1,1)",
    "_corr({x}, {y})\n" + _CORR,
    "2*k*n",
    "correlation({x}, {count}, {u}, {more}, {y});",
    "_corrs({x}, {y})\n" + _CORRS,
)
CONVMATRIX = _of_two(
    "convmatrix",
    "(n,1),(m,1)->(m+n-1,m)",
    "_convmatrix({x}, {y})\n" + _SHIFTED,
    "m*n",
    "convolution_matrix({x}, {count}, {y}, {more});",
    "_convmatrices({x}, {y})\n" + _CONVMATRICES,
)
HANKEL = _of_two(
    "hankel",
    "(k,1),(m,1)->(m,k-m+1)",
    "np.lib.stride_tricks.sliding_window_view({x}, len({x}) - len({y}) + 1)",
    "m",
    "hankel_matrix({x}, {y}, {more}, {count} - {more} + 1);",
    "np.lib.stride_tricks.sliding_window_view({x}, {x}.shape[-1] - {y}.shape[-1] + 1, axis=-1)",
)


def _is_free(factor: Factor) -> bool:
    """Whether a factor is the array of convolutions, with three indices of its own: it has less beside a scalar."""
    return is_function(factor.node, CONVTENSOR) and factor.exponent == 1 and len(set(factor.indices)) == 3


_WRAPPED = '''
def _wrapped(x, y, turned=False):
    """The sums of x[i - k] y[k] over all k, or of x[i + k] y[k], of places that wrap around."""
    size = len(x)
    if size < 100 or not (np.isfinite(x).all() and np.isfinite(y).all()):
        return (linalg.circulant(y).T if turned else linalg.circulant(y)) @ x
    a, b = np.abs(x).max() or 1.0, np.abs(y).max() or 1.0
    other = np.fft.rfft(y / b)
    found = np.fft.irfft(np.fft.rfft(x / a) * (other.conj() if turned else other), size)
    return (found * a * b).astype(x.dtype, copy=False)
'''

_AROUND = "(n,1),(n,1)->(n,1)"
WRAPPED = _of_two(
    "circular convolution",
    _AROUND,
    "_wrapped({x}, {y})\n" + _WRAPPED,
    "2*n^2",
    "wrapped_sums({x}, {u}, {y}, {count}, -1);",
    "_wraps({x}, {y})\n" + _WRAPS,
)
TURNED = _of_two(
    "circular correlation",
    _AROUND,
    "_wrapped({x}, {y}, True)\n" + _WRAPPED,
    "2*n^2",
    "wrapped_sums({x}, {u}, {y}, {count}, 1);",
    "_wraps({x}, {y}, True)\n" + _WRAPS,
)
CIRCULANT = Kernel(
    "circulant",
    "(n,1)->(n,n)",
    operands=("x",),
    numpy="linalg.circulant({x})",
    batch="_circulants({x})\n" + _CIRCULANTS,
    c="circulant_matrix({x}, {y}, {count});",
    flops="n^2",
)


def _wrapped(node: Node) -> Node:
    """A product with circular convolutions of the vectors on S[i,j,k], or with circulant matrices."""
    for array in node.factors if node.kind == "contraction" else []:
        if not is_function(array.node, CIRCULANTTENSOR) or array.exponent != 1 or len(set(array.indices)) < 3:
            continue
        groups = vectors_on(node, array)
        taken = [at for at in (0, 1, 2) if at in groups]
        taken = taken[:2] if 0 in taken else taken
        if not taken or taken == [0]:
            continue
        sizes = dict(enumerate(node.product.sizes))
        vectors = [_wrapped(contract(_1, groups[at], (array.indices[at],), dict(sizes))) for at in taken]
        kernel = CIRCULANT if len(taken) == 1 else TURNED if 0 in taken else WRAPPED
        left = tuple(array.indices[at] for at in range(3) if at not in taken)
        gone = [array, *(f for at in taken for f in groups[at])]
        rest = [f for f in node.factors if f not in gone]
        product = [*rest, Factor(opaque(kernel, tuple(vectors)), left, _1)]
        return _wrapped(contract(node.product.coefficient, product, node.product.out, sizes))
    return node


def with_convolutions(nodes: list[Node]) -> list[Node]:
    """Nodes in which vectors on the array of convolutions are convolved, and those on arrays of diagonals are moved."""
    new: dict[Node, Node] = {}
    for node in postorder(*nodes):
        made = along_diagonals(_wrapped(_convolved(node)))
        made = substitute(made, new) if new else made
        if made is not node:
            new[node] = made
    return [substitute(node, new) for node in nodes] if new else nodes


def _convolved(node: Node) -> Node:
    """A product with conv(x, y) for T[k,i,j]*x[i]*y[j], corr(z, y) for T[k,i,j]*z[k]*y[j], and their matrices."""
    factors = node.factors if node.kind == "contraction" else []
    for array in [f for f in factors if _is_free(f)]:
        groups = vectors_on(node, array)
        if not groups:
            continue
        sizes = dict(enumerate(node.product.sizes))
        taken = [at for at in (1, 2, 0) if at in groups][:2]
        if taken[-1] == 0:  # z stands before what it is correlated with
            taken = taken[::-1]
        vectors = [_convolved(contract(_1, groups[at], (array.indices[at],), dict(sizes))) for at in taken]
        left = [at for at in range(3) if at not in taken]
        if len(taken) == 1:
            of = number(_1, (sizes[array.indices[1 if taken == [0] else left[1]]],))
            made = opaque(HANKEL if taken == [0] else CONVMATRIX, (*vectors, of))
        else:
            made = opaque(CORR if taken[0] == 0 else CONV, tuple(vectors))
        gone = [array, *(f for at in taken for f in groups[at])]
        rest = [f for f in factors if f not in gone]
        product = [*rest, Factor(made, tuple(array.indices[at] for at in left), _1)]
        return _convolved(contract(node.product.coefficient, product, node.product.out, sizes))
    return node
