"""Identities between functions that the canonical constructors apply: cancellation and recognition.

Each rule sees the factors of one product, or the terms of one sum, and returns what they become, or None.
"""

from __future__ import annotations

from matcalc.functions import FUNCTIONS
from matcalc.network import build, properties
from matcalc.network.build import Rewritten, add, contract, number, permute, scale, split_coefficient
from matcalc.network.commuting import in_commuting_direction, trace_of_logm
from matcalc.network.divisors import divisor_products, divisors_within, nested_divisors
from matcalc.network.hyperbolic import hyperbolics
from matcalc.network.inverses import inverse, orthogonal
from matcalc.network.low_rank import inverse_before_vector
from matcalc.network.matching import lonely as _lonely
from matcalc.network.matching import without as _without
from matcalc.network.mirrored import one_of_each_pair
from matcalc.network.nodes import Factor, Indices, Node, constant_value, is_function
from matcalc.network.projections import projected, projected_out
from matcalc.network.roots import log_of_diagonal, roots
from matcalc.network.selecting import ENTRYWISE, selected
from matcalc.network.spectral import divided_differences
from matcalc.network.unchanging import along_itself
from matcalc.network.units import unit_vectors
from matcalc.rational import Fraction, split_power

_1 = Fraction(1)


def _number(factors: list[Factor], out: Indices) -> Rewritten | None:
    """2^0.5*2^0.5 = 2, and 1/2^0.5 = 2^0.5/2: powers of numbers have exponents between 0 and 1."""
    for factor in factors:
        value = constant_value(factor.node)
        if value is not None and not factor.indices and not 0 < factor.exponent < 1:
            split = split_power(value, factor.exponent)
            if split is not None:
                roots = [Factor(number(Fraction(prime)), (), power) for prime, power in split[1]]
                return Rewritten(_without(factors, factor), added=[Factor(number(split[0]), (), _1), *roots])
    return None


def _softmax(factors: list[Factor], out: Indices) -> Rewritten | None:
    """exp(u)/sum(exp(u)) = softmax(u), and its likes along the rows or columns of a matrix."""
    for below in factors:
        total = below.node
        if below.exponent > -1 or below.exponent.denominator != 1 or total.kind != "contraction":
            continue
        if len(total.operands) != 1 or total.data.coefficient != 1 or not is_function(total.operands[0], "exp"):
            continue
        exp, inner, power = total.factors[0]
        if (
            len(set(inner)) < len(inner)
            or exp.rank - total.rank != 1
            or exp.rank > 2
            or total.data.out != tuple(range(total.rank))
        ):
            continue
        for above in factors:
            if above.node is not exp or above.exponent / power < 1:
                continue
            names = dict(zip(inner, above.indices, strict=True))
            if any(names[i] != at for i, at in zip(total.data.out, below.indices, strict=True)):
                continue
            argument = scale(power, exp.operands[0])
            if exp.rank == 1:
                made = Factor(Node("opaque", (argument,), FUNCTIONS["softmax"], exp.dims), above.indices, _1)
            else:
                summed = next(axis for axis, i in enumerate(inner) if i not in total.data.out)
                rows = permute(argument, (1, 0)) if summed == 0 else argument
                node = Node("opaque", (rows,), FUNCTIONS["rowsoftmax"], rows.dims)
                made = Factor(node, above.indices[::-1] if summed == 0 else above.indices, _1)
            kept = _without(factors, below, above)
            kept += [above._replace(exponent=above.exponent - power), below._replace(exponent=below.exponent + 1)]
            return Rewritten([f for f in kept if f.exponent], added=[made])
    return None


def _sigmoid(factors: list[Factor], out: Indices) -> Rewritten | None:
    """1/(1 + exp(u)) = sigmoid(-u), and exp(u)/(1 + exp(u)) = sigmoid(u)."""
    for below in factors:
        if below.exponent.denominator != 1 or below.exponent > -1 or below.node.kind != "sum":
            continue
        found = one_plus_exp(below.node)
        if found is None:
            continue
        exp, power = found
        kept = _without(factors, below)
        sign = -power
        for above in factors:
            if above.node is exp and above.indices == below.indices and above.exponent / power >= 1:
                kept.remove(above)
                kept.append(above._replace(exponent=above.exponent - power))
                sign = power
                break
        if below.exponent < -1:
            kept.append(below._replace(exponent=below.exponent + 1))
        return Rewritten([f for f in kept if f.exponent], added=[Factor(_sigmoid_of(exp, sign), below.indices, _1)])
    return None


def _sigmoid_of(exp: Node, power: Fraction) -> Node:
    return Node("elementwise", (scale(power, exp.operands[0]),), FUNCTIONS["sigmoid"], exp.dims)


def _exp_times_sigmoid(factors: list[Factor], out: Indices) -> Rewritten | None:
    """exp(-u)*sigmoid(u) = sigmoid(-u)."""
    for exp in factors:
        if not is_function(exp.node, "exp"):
            continue
        argument = scale(exp.exponent, exp.node.operands[0])
        for sigmoid in factors:
            if is_function(sigmoid.node, "sigmoid") and sigmoid.indices == exp.indices and sigmoid.exponent >= 1:
                if scale(-_1, sigmoid.node.operands[0]) is argument:
                    kept = _without(factors, exp, sigmoid)
                    kept.append(sigmoid._replace(exponent=sigmoid.exponent - 1))
                    node = Node("elementwise", (argument,), FUNCTIONS["sigmoid"], exp.node.dims)
                    return Rewritten([f for f in kept if f.exponent], added=[Factor(node, exp.indices, _1)])
    return None


def one_plus_exp(node: Node) -> tuple[Node, Fraction] | None:
    """The exp(u) and the p of 1 + exp(u)^p."""
    if len(node.operands) != 2 or node.data != (_1, _1):
        return None
    one = next((n for n in node.operands if constant_value(n) == 1), None)
    other = next((n for n in node.operands if n is not one), None)
    if one is None or other is None:
        return None
    return _power_of_exp(other)


def _power_of_exp(node: Node) -> tuple[Node, Fraction] | None:
    """The exp(u) and the p of exp(u)^p."""
    if is_function(node, "exp"):
        return node, _1
    if node.kind != "contraction" or len(node.operands) != 1 or not is_function(node.operands[0], "exp"):
        return None
    plain = node.data.coefficient == 1 and node.data.indices[0] == node.data.out
    return (node.operands[0], node.data.exponents[0]) if plain and len(set(node.data.out)) == node.rank else None


def _masks(factors: list[Factor], out: Indices) -> Rewritten | None:
    """step(u)^k = step(u), and relu(u)*step(u) = relu(u)."""
    for mask in factors:
        if not is_function(mask.node, "step") or mask.exponent <= 0:
            continue
        if mask.exponent != 1:
            return Rewritten([*_without(factors, mask), mask._replace(exponent=_1)])
        for relu in factors:
            if (
                is_function(relu.node, "relu")
                and relu.node.operands == mask.node.operands
                and relu.indices == mask.indices
            ):
                if relu.exponent > 0:
                    return Rewritten(_without(factors, mask))
    return None


def _sign_times_abs(factors: list[Factor], out: Indices) -> Rewritten | None:
    """sign(u)*abs(u)^k = u*abs(u)^(k - 1), sign(u)/abs(u) = 1/u, and sign(u)*u = abs(u)."""
    for sign in factors:
        if not is_function(sign.node, "sign") or sign.exponent < 1:
            continue
        (u,) = sign.node.operands
        rest = [*_without(factors, sign), *([sign._replace(exponent=sign.exponent - 1)] if sign.exponent > 1 else [])]
        for other in factors:
            if other.indices != sign.indices:
                continue
            if is_function(other.node, "abs") and other.node.operands[0] is u:
                if other.exponent < 1 and other.exponent != -1:
                    continue
                step = other.exponent if other.exponent < 0 else _1
                kept = [other._replace(exponent=other.exponent - step)] if other.exponent != step else []
                added = [Factor(u, sign.indices, step)]
                return Rewritten([*_without(rest, other), *kept], added=added)
            if other.node is u and other.exponent >= 1:
                kept = [other._replace(exponent=other.exponent - 1)] if other.exponent > 1 else []
                absolute = Node("elementwise", (u,), FUNCTIONS["abs"], u.dims)
                return Rewritten([*_without(rest, other), *kept], added=[Factor(absolute, sign.indices, _1)])
    return None


def _tanh(factors: list[Factor], out: Indices) -> Rewritten | None:
    """sinh(u)/cosh(u) = tanh(u)."""
    for above in factors:
        for below in factors:
            if (
                is_function(above.node, "sinh")
                and is_function(below.node, "cosh")
                and above.node.operands == below.node.operands
            ):
                if above.indices == below.indices and above.exponent >= 1 and below.exponent <= -1:
                    node = Node("elementwise", above.node.operands, FUNCTIONS["tanh"], above.node.dims)
                    kept = _without(factors, above, below)
                    kept += [above._replace(exponent=above.exponent - 1), below._replace(exponent=below.exponent + 1)]
                    return Rewritten([f for f in kept if f.exponent], added=[Factor(node, above.indices, _1)])
    return None


def _power(factors: list[Factor], out: Indices) -> Rewritten | None:
    """u.*u.^v = u.^(v + 1)."""
    for power in factors:
        if not is_function(power.node, "power") or power.exponent != 1:
            continue
        base, exponent = power.node.operands
        for other in factors:
            if other.node is base and other.indices == power.indices:
                total = add([(_1, exponent), (other.exponent, number(_1, exponent.dims))], exponent.dims)
                node = Node("elementwise", (base, total), power.node.data, base.dims)
                return Rewritten(_without(factors, power, other), added=[Factor(node, power.indices, _1)])
    return None


def _unit_norm(factors: list[Factor], out: Indices) -> Rewritten | None:
    """x'*x = 1 for x of unit norm."""
    for factor in factors:
        if factor.exponent == 2 and properties.has_unit_norm(factor.node):
            if _summed_alone(factor, factors, out):
                return Rewritten(_without(factors, factor), gone=factor.indices)
    return None


def _sum_of_one(factors: list[Factor], out: Indices) -> Rewritten | None:
    """sum(p) = 1 for p whose entries sum to one."""
    for factor in factors:
        if factor.exponent == 1 and properties.sums_to_one(factor.node) and _summed_alone(factor, factors, out):
            return Rewritten(_without(factors, factor), gone=factor.indices)
    return None


def _summed_alone(factor: Factor, factors: list[Factor], out: Indices) -> bool:
    """Whether a product sums over all indices of a factor, and they are on no other factor."""
    indices = factor.indices
    return len(set(indices)) == len(indices) and all(_lonely(i, (factor,), factors, out) for i in indices)


def _sum_of_softmax(factors: list[Factor], out: Indices) -> Rewritten | None:
    """sum(softmax(x)) = 1, and so for each row of rowsoftmax(X)."""
    for factor in factors:
        if (is_function(factor.node, "softmax") or is_function(factor.node, "rowsoftmax")) and factor.exponent == 1:
            index = factor.indices[-1]
            if factor.indices.count(index) == 1 and _lonely(index, (factor,), factors, out):
                return Rewritten(_without(factors, factor), gone=(index,))
    return None


def _normaliser(factors: list[Factor], out: Indices) -> Rewritten | None:
    """Σ u^p / (Σ u^p) = 1, where the sum above is over indices of its own."""
    for below in factors:
        total = below.node
        if below.exponent > -1 or below.indices or total.kind != "contraction" or len(total.operands) != 1:
            continue
        base, inner, power = total.factors[0]
        if total.data.coefficient != 1 or len(set(inner)) < len(inner):
            continue
        for above in factors:
            alone = all(_lonely(i, (above,), factors, out) for i in above.indices)
            if above.node is base and above.exponent == power and alone and len(set(above.indices)) == len(inner):
                kept = _without(factors, above, below)
                if below.exponent != -1:
                    kept.append(below._replace(exponent=below.exponent + 1))
                return Rewritten(kept, gone=above.indices)
    return None


def _sum_of_spread_terms(factors: list[Factor], out: Indices) -> Rewritten | None:
    """A sum over an axis along which a term is constant or a delta goes inside.

    So colsum(X - ones(m)*c') = colsum(X) - m*c, and rowsum(diag(s) - s*s') = 0 where s sums to one.
    """
    for factor in factors:
        if factor.node.kind != "sum" or factor.exponent != 1:
            continue
        for axis, index in enumerate(factor.indices):
            if factor.indices.count(index) > 1 or not _lonely(index, (factor,), factors, out):
                continue
            if not any(_sums_plainly(operand, axis) for operand in factor.node.operands):
                continue
            return Rewritten(_without(factors, factor), added=[_summed(factor, axis)], gone=(index,))
    return None


def _mean_of_spread_terms(factors: list[Factor], out: Indices) -> Rewritten | None:
    """A mean, by weights that sum to one, of a sum with a term that is constant: p'*(x - c*ones(n)) = p'*x - c."""
    for factor in factors:
        if factor.node.kind != "sum" or factor.exponent != 1:
            continue
        for weights in factors:
            if weights.exponent != 1 or len(weights.indices) != 1 or not properties.sums_to_one(weights.node):
                continue
            (index,) = weights.indices
            if factor.indices.count(index) != 1 or not _lonely(index, (factor, weights), factors, out):
                continue
            axis = factor.indices.index(index)
            if not any(o.kind == "contraction" and axis in build.spread_axes(o) for o in factor.node.operands):
                continue
            made = _summed(factor, axis, weights)
            return Rewritten(_without(factors, factor, weights), added=[made], gone=(index,))
    return None


def _summed(factor: Factor, axis: int, *weights: Factor) -> Factor:
    """A sum of terms, summed over one axis, term by term."""
    total = factor.node
    sizes = dict(enumerate(total.dims))
    every = tuple(range(total.rank))
    rest = tuple(i for i in every if i != axis)
    own = [weight._replace(indices=(axis,)) for weight in weights]
    terms = [(c, contract(_1, [Factor(operand, every, _1), *own], rest, sizes)) for c, operand in total.terms]
    return Factor(add(terms, tuple(sizes[i] for i in rest)), tuple(factor.indices[i] for i in rest), _1)


def _sums_plainly(node: Node, axis: int) -> bool:
    """Whether a term is constant along an axis, or zero along it but for the diagonal."""
    if node.kind != "contraction":
        return False
    out: Indices = node.data.out
    return out.count(out[axis]) > 1 or axis in build.spread_axes(node)


def _diagonal_of_sum(factors: list[Factor], out: Indices) -> Rewritten | None:
    """The diagonal of a sum with diagonal terms goes inside: diag(A + diag(x)) = diag(A) + x."""
    for factor in factors:
        total = factor.node
        if total.kind != "sum" or total.rank != 2 or factor.exponent != 1 or factor.indices[0] != factor.indices[1]:
            continue
        if not any(properties.is_diagonal(operand) for operand in total.operands):
            continue
        sizes = {0: total.dims[0]}
        terms = [(c, contract(_1, [Factor(operand, (0, 0), _1)], (0,), sizes)) for c, operand in total.terms]
        made = Factor(add(terms, total.dims[:1]), factor.indices[:1], _1)
        return Rewritten(_without(factors, factor), added=[made])
    return None


RULES: tuple[tuple[str, build.Rule], ...] = (
    ("contraction", _number),
    ("inv", inverse),
    ("expm", inverse),
    ("declared", orthogonal),
    ("exp", _softmax),
    ("divisor", _sigmoid),
    ("sigmoid", _exp_times_sigmoid),
    ("step", _masks),
    ("sign", _sign_times_abs),
    ("sinh", _tanh),
    ("power", _power),
    ("declared", _unit_norm),
    ("leftsv", _unit_norm),
    ("rightsv", _unit_norm),
    ("declared", _sum_of_one),
    ("eigvecs", orthogonal),
    ("logm", trace_of_logm),
    ("sylvester", in_commuting_direction),
    ("dexpm", in_commuting_direction),
    ("dlogm", in_commuting_direction),
    ("dpolar", along_itself),
    ("cholesky", roots),
    ("sqrtm", roots),
    ("inv", roots),
    ("inv", inverse_before_vector),
    ("log", log_of_diagonal),
    ("pinv", projected),
    ("sum", projected_out),
    ("sum", one_of_each_pair),
    ("softmax", _sum_of_softmax),
    ("rowsoftmax", _sum_of_softmax),
    ("divisor", _normaliser),
    ("sum", _sum_of_spread_terms),
    ("sum", _mean_of_spread_terms),
    ("sum", _diagonal_of_sum),
    ("sum", divisors_within),
    ("sum", nested_divisors),
    ("contraction", divisor_products),
    ("unit", unit_vectors),
    *((name, selected) for name in ENTRYWISE),
)


# ---------------------------------------------------------------- sums
def rewrite_sum(terms: list[tuple[Node, Fraction]]) -> list[tuple[Node, Fraction]]:
    """1 - sigmoid(u) = sigmoid(-u); exp(u) - exp(-u) = 2*sinh(u), exp(u) + exp(-u) = 2*cosh(u)."""
    return _one_diagonal(_flipped_sigmoids(hyperbolics(terms)))


def _one_diagonal(terms: list[tuple[Node, Fraction]]) -> list[tuple[Node, Fraction]]:
    """diag(x) + diag(y) = diag(x + y)."""
    found = [(node, c) for node, c in terms if node.operands and node.rank == 2 and _is_diagonal_by_form(node)]
    if len(found) < 2:
        return terms
    dim = found[0][0].dims[0]
    parts = [(c, contract(_1, [Factor(node, (0, 0), _1)], (0,), {0: dim})) for node, c in found]
    made = contract(_1, [Factor(add(parts, (dim,)), (0,), _1)], (0, 0), {0: dim})
    coefficient, core = split_coefficient(made)
    rest = [(node, c) for node, c in terms if (node, c) not in found]
    return [*rest, (core, coefficient)] if coefficient else rest


def _is_diagonal_by_form(node: Node) -> bool:
    return node.kind == "contraction" and bool(node.data.out[0] == node.data.out[1])


def _flipped_sigmoids(terms: list[tuple[Node, Fraction]]) -> list[tuple[Node, Fraction]]:
    for node, coefficient in terms:
        if not is_function(node, "sigmoid"):
            continue
        for other, amount in terms:
            if amount == -coefficient and constant_value(other) == 1:
                flipped = Node("elementwise", (scale(-_1, node.operands[0]),), node.data, node.dims)
                rest = [(n, c) for n, c in terms if n is not node and n is not other]
                known = dict(rest).get(flipped)
                if known is None:
                    return _flipped_sigmoids([*rest, (flipped, amount)])
                return [(n, c + amount if n is flipped else c) for n, c in rest if n is not flipped or c + amount]
    return terms


for _rank, (_trigger, _rule) in enumerate(RULES):
    build.enter_rule(_trigger, _rank, _rule)
build.SUM_RULES.insert(0, divided_differences)  # before terms are put together in other ways
build.SUM_RULES.append(rewrite_sum)
