"""The identity times a number plus an outer product, d*eye(n) + c*u*v': its determinant, and its inverse beside u, v.

inv(M)*u = u/(d + c*v'*u) and v'*inv(M) = v'/(d + c*v'*u) for this M, by the formula of Sherman and Morrison.
"""

from __future__ import annotations

from typing import NamedTuple

from matcalc.network.build import Rewritten, add, contract
from matcalc.network.matching import lonely, without
from matcalc.network.nodes import Factor, Indices, Node, constant_value, is_function
from matcalc.rational import Fraction

_1 = Fraction(1)


class _PlusOuter(NamedTuple):
    """The vectors u and v of d*eye(n) + c*u*v', the scalar d, and d + c*v'*u."""

    vectors: tuple[Node, Node]
    multiple: Node
    total: Node


def _plus_outer(node: Node) -> _PlusOuter | None:
    if node.kind != "sum" or node.rank != 2 or len(node.operands) != 2:
        return None
    if any(term.kind != "contraction" for term in node.operands):
        return None
    terms = sorted(node.terms, key=lambda term: any(f.indices for f in term[1].factors))
    (d, identity), (c, outer) = terms
    arrays = [f for f in outer.factors if f.indices]
    if any(f.indices for f in identity.factors) or identity.data.out != (0, 0):
        return None
    ends = {f.indices: f.node for f in arrays}
    if (
        outer.data.out != (0, 1)
        or len(arrays) != 2
        or set(ends) != {(0,), (1,)}
        or any(f.exponent != 1 for f in arrays)
    ):
        return None
    multiple = contract(d * identity.data.coefficient, identity.factors, (), {})
    inner = contract(
        c * outer.data.coefficient,
        [f._replace(indices=f.indices and (0,)) for f in outer.factors],
        (),
        {0: node.dims[0]},
    )
    return _PlusOuter((ends[0,], ends[1,]), multiple, add([(_1, multiple), (_1, inner)], ()))


def determinant(node: Node) -> Node | None:
    """det(eye(n) + c*u*v') = 1 + c*v'*u."""
    found = _plus_outer(node)
    return found.total if found is not None and constant_value(found.multiple) == 1 else None


def inverse_before_vector(factors: list[Factor], out: Indices) -> Rewritten | None:
    """inv(M)*u = u/(d + c*v'*u), and v'*inv(M) likewise."""
    for inverse in factors:
        if not is_function(inverse.node, "inv") or inverse.exponent != 1 or len(set(inverse.indices)) < 2:
            continue
        found = _plus_outer(inverse.node.operands[0])
        if found is None:
            continue
        for axis, vector in ((1, found.vectors[0]), (0, found.vectors[1])):
            index, other = inverse.indices[axis], inverse.indices[1 - axis]
            for factor in factors:
                same = factor.node is vector and factor.indices == (index,) and factor.exponent == 1
                if same and lonely(index, (inverse, factor), factors, out):
                    added = [Factor(vector, (other,), _1), Factor(found.total, (), -_1)]
                    return Rewritten(without(factors, inverse, factor), added=added, gone=(index,))
    return None
