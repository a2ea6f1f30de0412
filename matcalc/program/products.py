"""Other ways to write a product before it is bracketed: with inner products opened, multiplied out, as a square."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from matcalc.budgets import HIGHEST_IN_PARTS
from matcalc.function import entrywise
from matcalc.functions import ABS, NORM_P, SIGMOID
from matcalc.network import properties
from matcalc.network.build import add, contract, distributed, scale
from matcalc.network.components import components, connected
from matcalc.network.leaves import split_coefficient
from matcalc.network.nodes import Factor, Index, Indices, Node, is_function
from matcalc.program.squares import NONZERO
from matcalc.rational import Fraction
from matcalc.rules.functions import raised
from matcalc.shape import Dim

LONGEST_PRODUCT = 60  # factors of a product that is bracketed as a whole
LONGEST_DISTRIBUTED = 4  # factors of a product that is multiplied out, and terms of a matrix in it
LONGEST_OF_TENSORS = 12  # terms of an array of more axes in it, of which each is worth a lot not to make
LONGEST_HALVED = 12  # factors of a product that is looked at for two equal halves

SIGMOID_SLOPE = entrywise(
    "sigmoid slope",
    range="(0, 1)",
    parity="even",
    at_zero=Fraction(1, 4),
    numpy="special.expit({u}) * special.expit(-{u})",
    fast='''_sigmoid_slope({u})

def _sigmoid_slope(u):
    """sigmoid(u) * sigmoid(-u), without overflow."""
    e = np.abs(u)
    np.negative(e, out=e)
    np.exp(e, out=e)
    q = e + 1.0
    q *= q
    e /= q
    return e
''',
    c="sigmoid_slope({u})",
)

_1 = Fraction(1)

Factors = tuple[list[Factor], dict[Index, Dim]]


def own_factors(node: Node) -> Factors:
    """The factors of a product, and the sizes of its indices."""
    return list(node.factors), dict(enumerate(node.product.sizes))


def flattened(node: Node, uses: Mapping[Node, int]) -> Factors:
    """The factors of a product, those of products inside that are used here alone among them."""
    factors, sizes = own_factors(node)
    at = 0
    while at < len(factors):
        inner, indices, exponent = factors[at]
        if exponent != 1 or uses[inner] != 1 or not _opens(inner, len(factors)):
            at += 1
            continue
        data = inner.product
        renamed = dict(zip(data.out, indices, strict=True))
        for index, dim in enumerate(data.sizes):
            if index not in renamed:
                renamed[index] = max(sizes, default=-1) + 1
                sizes[renamed[index]] = dim
        factors[at : at + 1] = [f._replace(indices=tuple(renamed[i] for i in f.indices)) for f in inner.factors]
    return factors, sizes


def _opens(node: Node, count: int) -> bool:
    """Whether a node is a plain product, without number, deltas and free indices, and not too long among others."""
    if node.kind != "contraction":
        return False
    data = node.product
    used = {i for places in data.indices for i in places}
    return (
        data.coefficient == 1
        and len(set(data.out)) == node.rank
        and count + len(node.operands) <= LONGEST_PRODUCT
        and used == set(range(len(data.sizes)))
    )


def multiplied_out(node: Node, sums: Collection[Node]) -> Iterator[Node]:
    """A product with one of these sums in it as a sum of products, of the numbers that it is multiplied by as well."""
    yield from _multiplied_out(node, sums)
    inner, scalars = _without_scalars(node)
    if len(inner.operands) > 1 and scalars:
        axes, sizes = tuple(range(node.rank)), dict(enumerate(node.dims))
        for spread in _multiplied_out(inner, sums):
            yield contract(_1, [Factor(spread, axes, _1), *scalars], axes, sizes)


def _multiplied_out(node: Node, sums: Collection[Node]) -> Iterator[Node]:
    if len(node.operands) > LONGEST_DISTRIBUTED:
        return
    for k, (operand, exponent) in enumerate(zip(node.operands, node.product.exponents, strict=True)):
        most = LONGEST_DISTRIBUTED if operand.rank == 2 else LONGEST_OF_TENSORS
        if operand in sums and exponent == 1 and len(operand.operands) <= most:
            spread = add(distributed(node, k), node.dims)
            if split_coefficient(spread)[1].kind == "sum":
                yield spread


def _without_scalars(node: Node) -> tuple[Node, list[Factor]]:
    """The part of a product that is connected with its result, and what multiplies this by a number."""
    out, (factors, sizes) = node.product.out, own_factors(node)
    scalars = [f for f in factors if not f.indices]
    groups = components([f for f in factors if f.indices], set())
    apart = [group for group in groups if not any(set(f.indices) & set(out) for f in group)] if out else []
    if not (scalars or apart) or len(groups) == len(apart):
        return node, []
    own = [f for group in groups if group not in apart for f in group]
    inner = contract(node.product.coefficient, own, out, dict(sizes))
    if inner.kind != "contraction":
        return node, []
    return inner, [*scalars, *(Factor(contract(_1, group, (), dict(sizes)), (), _1) for group in apart)]


def by_halves(node: Node, factors: list[Factor]) -> list[Factor]:
    """A'*diag(w)*A with w ≥ 0 as B'*B with B = diag(sqrt(w))*A, of which half is computed."""
    arrays = [f for f in factors if f.indices]
    matrices = [f for f in arrays if len(f.indices) == 2 and f.exponent == 1]
    weights = [f for f in arrays if len(f.indices) == 1]
    if len(matrices) != 2 or not weights or len(matrices) + len(weights) != len(arrays) or node.rank != 2:
        return factors
    a, b = matrices
    axis = next((k for k in (0, 1) if a.indices[k] == b.indices[k] and a.indices[k] not in node.product.out), None)
    if a.node is not b.node or axis is None or a.indices[1 - axis] == b.indices[1 - axis]:
        return factors
    shared = a.indices[axis]
    if any(f.indices != (shared,) or not _never_negative(f) for f in weights):
        return factors
    sizes = dict(zip(a.indices, a.node.dims, strict=True))
    root = raised(contract(_1, weights, (shared,), sizes), Fraction(1, 2))
    scaled = contract(_1, [Factor(root, (shared,), _1), a], a.indices, sizes)
    others = [f for f in factors if not f.indices]
    return [*others, Factor(scaled, a.indices, _1), Factor(scaled, b.indices, _1)]


def shared_halves(node: Node, factors: list[Factor]) -> list[Factor]:
    """X'*M*X with X a product: X is made once, and stands twice."""
    arrays = [f for f in factors if f.indices]
    if node.rank != 2 or len(set(node.product.out)) != 2 or not 5 <= len(arrays) <= LONGEST_HALVED:
        return factors
    sizes = {i: dim for f in arrays for i, dim in zip(f.indices, f.node.dims, strict=True)}
    for middle in arrays:
        if len(middle.indices) != 2 or middle.exponent != 1 or middle.indices[0] == middle.indices[1]:
            continue
        rest = [f for f in arrays if f is not middle]
        halves = [_half(rest, end, set(middle.indices)) for end in node.product.out]
        if any(half is None or len(half[0]) < 2 for half in halves):
            continue
        (first, start), (second, stop) = halves  # type: ignore[misc]
        between = [f for f in rest if set(f.indices) <= {start, stop}]
        if start == stop or len(first) + len(second) + len(between) != len(rest):
            continue
        places = (start, node.product.out[0]), (stop, node.product.out[1])
        made = contract(_1, first, places[0], sizes)
        if made is contract(_1, second, places[1], sizes):
            others = [f for f in factors if not f.indices]
            return [*others, middle, *between, *(Factor(made, place, _1) for place in places)]
    return factors


def _half(factors: list[Factor], start: Index, cut: set[Index]) -> tuple[list[Factor], Index] | None:
    """The factors connected with an index without passing indices of ``cut``, and the one where they meet these."""
    found = connected(factors, {start}, cut)
    joints = {i for f in found for i in f.indices} & cut
    if len(joints) != 1:
        return None
    return found, joints.pop()


def powers_in_parts(factors: list[Factor], out: Indices) -> list[Factor]:
    """x*x'/norm2(x)^3 as u*x'/norm2(x)^2 with u = x/norm2(x): a high power of a norm may be no number where that is.

    So with other roots, and with powers of sums: x.^2./sqrt(y)^3 is x.*(x./sqrt(y))./y, and v./(1 + x.^2).^2 is
    (v./q)./q. The smallest factor is divided, and a matrix only where it is no part of a sum: diag(d)*A*v is d.*(A*v).
    """
    for below in factors:
        if not -HIGHEST_IN_PARTS <= below.exponent < -1:
            continue
        vector = None if below.indices else _normed(below.node)
        is_root = vector is not None or below.exponent.denominator == 2
        if not is_root and not _grows_fast(below):
            continue
        for above in sorted(factors, key=lambda f: (len(f.indices), f.exponent != 1)):
            if above.exponent < 1 or len(set(above.indices)) < len(above.indices):
                continue
            if _is_or_size_of(above.node, vector) or (vector is None and _is_divided(above, below, out, is_root)):
                root = Fraction(1, 2) if is_root and not is_function(_whole(below.node), NORM_P) else _1
                return powers_in_parts(_divided(factors, above, below, root), out)
    return factors


def _grows_fast(below: Factor) -> bool:
    """Whether a power of entries may be no number where a quotient is: that of a sum of squares, or a cube."""
    return bool(below.indices) and below.exponent.denominator == 1 and (below.node.kind == "sum" or below.exponent < -2)


def _is_divided(above: Factor, below: Factor, out: Indices, is_root: bool) -> bool:
    """Whether a factor is one to divide: entry by entry, or a scalar that is in what divides it, as s in x.^2 + s^2."""
    if not above.indices:
        return bool(below.indices) and any(above.node in term.operands for term in below.node.operands)
    same = set(below.indices) == set(above.indices)
    return same or (is_root and set(below.indices) < set(above.indices) <= set(out))


def _divided(factors: list[Factor], above: Factor, below: Factor, root: Fraction) -> list[Factor]:
    """A factor divided by a power of another one, which loses as much."""
    wide = max(above, below, key=lambda f: len(f.indices))
    sizes = dict(zip(wide.indices, wide.node.dims, strict=True))
    unit = contract(_1, [above._replace(exponent=_1), below._replace(exponent=-root)], wide.indices, sizes)
    rest = [f for f in factors if f is not below and f is not above]
    if above.exponent > 1:
        rest.append(above._replace(exponent=above.exponent - 1))
    left = below._replace(exponent=below.exponent + root)
    return [*rest, *([left] if left.exponent else []), Factor(unit, wide.indices, _1)]


def _normed(node: Node) -> Node | None:
    """The x of a sum of squares x'*x, or of norm_p(x, p)."""
    node = _whole(node)
    if is_function(node, NORM_P):
        return node.operands[0]
    if node.kind != "contraction" or node.rank or len(node.operands) != 1 or node.product.coefficient != 1:
        return None
    (factor,) = node.factors
    return factor.node if factor.exponent == 2 and len(set(factor.indices)) == len(factor.indices) else None


def _whole(node: Node) -> Node:
    """What a kernel that takes zero apart is of."""
    return node.operands[0] if is_function(node, NONZERO) else node


def _is_or_size_of(node: Node, vector: Node | None) -> bool:
    return vector is not None and (node is vector or (is_function(node, ABS) and node.operands[0] is vector))


def sigmoid_slopes(factors: list[Factor]) -> list[Factor]:
    """sigmoid(u).*sigmoid(-u) as one function of u."""
    for first in factors:
        if not is_function(first.node, SIGMOID) or first.exponent != 1:
            continue
        (u,) = first.node.operands
        for second in factors:
            if is_function(second.node, SIGMOID) and second.exponent == 1 and second.indices == first.indices:
                if second.node.operands[0] is scale(-_1, u):
                    rest = [f for f in factors if f is not first and f is not second]
                    plain = u if split_coefficient(u)[0] > 0 else second.node.operands[0]  # the function is even
                    made = Node("elementwise", (plain,), SIGMOID_SLOPE, first.node.dims)
                    return sigmoid_slopes([*rest, Factor(made, first.indices, _1)])
    return factors


def _never_negative(factor: Factor) -> bool:
    return factor.exponent.numerator % 2 == 0 or properties.is_nonnegative(factor.node)
