"""Toeplitz matrices and sums along diagonals as steps: the arrays of diagonals are none where vectors or matrices meet
them."""

from __future__ import annotations

from matcalc.function import Kernel
from matcalc.functions import LOWERTENSOR, UPPERTENSOR
from matcalc.functions.convolution import TOEPLITZ_OF_STACKS
from matcalc.network.build import contract
from matcalc.network.components import components
from matcalc.network.leaves import number
from matcalc.network.nodes import Factor, Node, is_one_of
from matcalc.program.crossing import vectors_on
from matcalc.rational import Fraction
from matcalc.rules.functions import opaque

_1 = Fraction(1)

_LOWER_SUMS = '''
def _lowersums(x):
    """The sums along the diagonals, from the main one down."""
    return np.stack([x.trace(-k, -2, -1) for k in range(x.shape[-2])], axis=-1)
'''

_UPPER_SUMS = '''
def _uppersums(x):
    """The sums along the diagonals above the main one, after a 0 in place of that."""
    none = np.zeros(x.shape[:-2], x.dtype)
    return np.stack([none, *(x.trace(k, -2, -1) for k in range(1, x.shape[-1]))], axis=-1)
'''


def _matrix(name: str, numpy: str, batch: str) -> Kernel:
    batch += "\n" + TOEPLITZ_OF_STACKS
    return Kernel(name, "(m,1),(n,1)->(m,n)", operands=("x", "y"), numpy=numpy, batch=batch, flops="m*n")


def _sums(name: str, signature: str, numpy: str) -> Kernel:
    return Kernel(name, signature, numpy=numpy, batch=numpy, flops="m*n")


_LOWER = _matrix(
    "lower Toeplitz matrix",
    "linalg.toeplitz({x}, np.zeros(len({y}), {x}.dtype))",
    "_toeplitz({x}, np.zeros(np.shape({y})[-1:], {x}.dtype))",
)
_UPPER = _matrix(
    "upper Toeplitz matrix",
    "linalg.toeplitz(np.zeros(len({x}), {y}.dtype), {y})",
    "_toeplitz(np.zeros(np.shape({x})[-1:], {y}.dtype), {y})",
)
_SUMS_BELOW = _sums("lowersums", "(m,n)->(m,1)", "_lowersums({X})\n" + _LOWER_SUMS)
_SUMS_ABOVE = _sums("uppersums", "(m,n)->(n,1)", "_uppersums({X})\n" + _UPPER_SUMS)


def along_diagonals(node: Node) -> Node:
    """A product with toeplitz(x, zeros(n)) for L[i,j,k]*x[k], and with lowersums(X) for L[i,j,k]*X[i,j]; so of the
    diagonals above the main one."""
    for array in node.factors if node.kind == "contraction" else []:
        if not is_one_of(array.node, (LOWERTENSOR, UPPERTENSOR)) or array.exponent != 1 or len(set(array.indices)) < 3:
            continue
        is_lower = array.node.function is LOWERTENSOR
        i, j, k = array.indices
        sizes = dict(enumerate(node.product.sizes))
        groups = vectors_on(node, array)
        group = groups.get(2) or _matrix_on(node, array, groups)
        if not group:
            continue
        if 2 in groups:
            x = along_diagonals(contract(_1, group, (k,), dict(sizes)))
            operands = (x, number(_1, (sizes[j],))) if is_lower else (number(_1, (sizes[i],)), x)
            made = Factor(opaque(_LOWER if is_lower else _UPPER, operands), (i, j), _1)
        else:
            matrix = along_diagonals(contract(_1, group, (i, j), dict(sizes)))
            made = Factor(opaque(_SUMS_BELOW if is_lower else _SUMS_ABOVE, (matrix,)), (k,), _1)
        rest = [f for f in node.factors if f not in (array, *group)]
        return along_diagonals(contract(node.product.coefficient, [*rest, made], node.product.out, sizes))
    return node


def _matrix_on(node: Node, array: Factor, groups: dict[int, list[Factor]]) -> list[Factor]:
    """The factors of a matrix, or of two vectors, on the rows and columns of an array, which are summed."""
    ends = set(array.indices[:2])
    if 0 in groups and 1 in groups:
        return [*groups[0], *groups[1]]
    border = {*array.indices, *node.product.out}
    for group in components([f for f in node.factors if f != array], set()):
        if {i for f in group for i in f.indices} & border == ends and not ends & {*node.product.out}:
            return group
    return []
