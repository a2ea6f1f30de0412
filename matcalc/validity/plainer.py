"""Conditions as a person says them: each once, the weakest that says it all, without what always holds.

A product is not zero where no factor is, abs(x) ≠ 0 where x ≠ 0, 1 - x.^2 > 0 where x lies strictly between -1 and 1.
"""

from __future__ import annotations

from collections.abc import Iterable

from matcalc.expr import Expr
from matcalc.functions import DET, EIGVALS, LEFTSV, LOG, RELU, SQRTM
from matcalc.lifting.conditions import written as asked_of
from matcalc.lifting.factors import masking_where
from matcalc.lifting.forms import squared
from matcalc.lifting.lifter import Lifter
from matcalc.lowering.lower import lower
from matcalc.network import properties
from matcalc.network.build import add, contract, permute, scale, unspread
from matcalc.network.leaves import number, split_coefficient, spread_axes
from matcalc.network.nodes import FUNCTION_KINDS, Factor, Node, constant_value, is_function, is_one_of
from matcalc.network.views import View
from matcalc.notation.text import to_text
from matcalc.numerals import written as written_number
from matcalc.rational import Fraction
from matcalc.regex import regex
from matcalc.rules.formulas import template
from matcalc.validity.relations import RELATIONS, Condition

_1 = Fraction(1)
MOST_STEPS = 100  # of making one condition plainer; each makes a node smaller
_SIGNS = {"> 0": "< 0", "≥ 0": "≤ 0", "< 0": "> 0", "≤ 0": "≥ 0", "≠ 0": "≠ 0"}


def plainer(conditions: Iterable[Condition]) -> list[Condition]:
    """Conditions that together say the same, in the same order."""
    found: dict[Condition, None] = {}
    for condition in conditions:
        for part in [condition] if condition.where or condition.is_compared else _parts(condition):
            found.setdefault(part)
    return [condition for condition in found if not any(follows(condition, other) for other in found)]


def follows(condition: Condition, other: Condition) -> bool:
    """Whether a condition follows from another one, which holds wherever it is wanted."""
    if other.where not in ((), condition.where):
        return False
    plain, stronger = (c._replace(where=(), is_compared=False) for c in (condition, other))
    return _implies(stronger, plain) or (plain == stronger and other.where != condition.where)


def _parts(condition: Condition) -> list[Condition]:
    """What a condition comes down to."""
    done: list[Condition] = []
    left = [condition]
    for _ in range(MOST_STEPS):
        if not left:
            return done
        first = left.pop()
        if first.is_ensured:
            continue
        simpler = _step(first)
        if simpler is None:
            done.append(first)
        else:
            left += reversed(simpler)
    return [*done, *left]


def _step(condition: Condition) -> list[Condition] | None:
    (node, *others) = condition.operands
    relation = condition.relation
    if is_function(node, SQRTM) and properties.is_semidefinite(node.operands[0]):
        meets_itself = relation == "without common eigenvalues" and scale(-_1, node) is others[0]
        if meets_itself or relation == "invertible":
            return [Condition(node.operands, "positive definite")]
    if others:
        return None
    if node.kind == "contraction" and (spread := spread_axes(node)):
        kept = [axis for axis in range(node.rank) if axis not in spread]
        return [condition._replace(operands=(unspread(node, kept),))]
    if is_function(node, EIGVALS) and relation == "with distinct entries":
        return [Condition(node.operands, "with distinct eigenvalues")]
    if relation not in _SIGNS:
        return None
    for rule in (_number_apart, _of_size, _of_function, _of_difference, _of_nonnegative, _of_product):
        found = rule(node, relation)
        if found is not None:
            return found
    return None


def _number_apart(node: Node, relation: str) -> list[Condition] | None:
    """A positive number counts for nothing; -x > 0 where x < 0."""
    coefficient, core = split_coefficient(node)
    if coefficient == 1 or not coefficient:
        return None
    return [Condition((core,), relation if coefficient > 0 else _SIGNS[relation])]


def _constant_and_rest(node: Node) -> tuple[Fraction, Fraction, Node] | None:
    """Of a sum of a number and one other term: the number, and the coefficient and node of that term."""
    values = [constant_value(operand) for operand in node.operands]
    if node.kind != "sum" or len(values) != 2 or values.count(None) != 1:
        return None
    k = values.index(None)
    constant = values[1 - k]
    assert constant is not None  # one of the two is
    return node.coefficients[1 - k] * constant, node.coefficients[k], node.operands[k]


def _of_size(node: Node, relation: str) -> list[Condition] | None:
    """2*n - 2 ≠ 0 where n ≠ 1; 2*n - 1 is never zero."""
    if relation != "≠ 0":
        return None
    found = _constant_and_rest(node)
    if found is None or found[2].kind != "size":
        return None
    constant, c, size = found
    root = -constant / c
    if root.denominator != 1 or root < 1:
        return []
    made = add([(_1, size), (-root, number(_1))], ())
    return None if made is node else [Condition((made,), relation)]


def _of_function(node: Node, relation: str) -> list[Condition] | None:
    if node.kind not in FUNCTION_KINDS:
        return None
    if "sign" in node.function.keeps or (relation == "≠ 0" and "zero" in node.function.keeps):
        return [Condition(node.operands, relation)]
    if is_function(node, RELU) and relation in ("> 0", "≠ 0"):
        return [Condition(node.operands, "> 0")]
    if is_function(node, LOG) and relation in ("> 0", "≠ 0"):
        less_one = [(_1, node.operands[0]), (-_1, number(_1, node.dims))]
        return [Condition((add(less_one, node.dims),), relation)]
    if is_one_of(node, (DET, EIGVALS)) and relation == "≠ 0":
        return [Condition(node.operands, "invertible")]
    if is_function(node, EIGVALS) and relation == "> 0":
        return [Condition(node.operands, "positive definite")]
    return None


def _of_difference(node: Node, relation: str) -> list[Condition] | None:
    """1 - x.^2 > 0 where x lies strictly between -1 and 1."""
    if relation not in ("> 0", "≥ 0"):
        return None
    found = _constant_and_rest(node)
    if found is None:
        return None
    constant, c, square = found
    if constant < 0 or constant != -c or square.kind != "contraction" or len(square.operands) != 1:
        return None
    (factor,) = square.factors
    if factor.exponent != 2 or factor.indices != square.product.out or len(set(factor.indices)) < len(factor.indices):
        return None
    strictly = "strictly between -1 and 1" if relation == "> 0" else "between -1 and 1"
    return [Condition((factor.node,), strictly)]


def _of_nonnegative(node: Node, relation: str) -> list[Condition] | None:
    """What is never negative is positive where it is not zero."""
    return [Condition((node,), "≠ 0")] if relation == "> 0" and properties.is_nonnegative(node) else None


def _of_product(node: Node, relation: str) -> list[Condition] | None:
    """Of a product entry by entry: no factor is zero, and the sign is that of those whose sign is not known."""
    if node.kind != "contraction" or not node.operands:
        return None
    out = node.product.out
    if len(node.product.sizes) > len(set(out)) or len(set(out)) < len(out):
        return None
    parts = [(_standing(f, node), f.exponent) for f in node.factors]
    if len(parts) == 1 and parts[0][1] == 1:
        return None
    if relation == "≠ 0":
        return [Condition((part,), "≠ 0") for part, exponent in parts if exponent > 0]
    known = [(part, e) for part, e in parts if e.denominator % 2 == 0 or e.numerator % 2 == 0]
    known += [(part, e) for part, e in parts if (part, e) not in known and properties.is_nonnegative(part)]
    signed = [(part, e) for part, e in parts if (part, e) not in known]
    if relation in ("≥ 0", "≤ 0") and not all(properties.is_positive(part) for part, _ in known):
        return None
    if len(signed) > 1 and not known:
        return None
    strict = [Condition((part,), "≠ 0") for part, e in known if e > 0 and relation in ("> 0", "< 0")]
    if len(signed) == 1:
        return [*strict, Condition((signed[0][0],), relation)]
    if not signed:
        return strict if relation in ("> 0", "≥ 0") else None
    factors = [Factor(part, tuple(range(part.rank)), e) for part, e in signed]
    if any(part.rank != node.rank for part, _ in signed):
        return None
    product = contract(_1, factors, tuple(range(node.rank)), dict(enumerate(node.dims)))
    return [*strict, Condition((product,), relation)]


def _standing(factor: Factor, product: Node) -> Node:
    """A factor of a product entry by entry, with its axes in the order of the product's."""
    out = [i for i in product.product.out if i in factor.indices]
    if len(set(factor.indices)) < len(factor.indices):
        sizes = dict(zip(factor.indices, factor.node.dims, strict=True))
        return contract(_1, [Factor(factor.node, factor.indices, _1)], tuple(out), sizes)
    return permute(factor.node, [factor.indices.index(i) for i in out])


def _implies(condition: Condition, other: Condition) -> bool:
    """Whether another condition follows from one that is stronger."""
    if condition == other:
        return False
    if condition.operands == other.operands:
        return other.relation in RELATIONS[condition.relation].implies
    (node, *rest), (part, *more) = condition.operands, other.operands
    if rest or more:
        return False
    is_above = condition.relation in ("> 0", "≥ 0") and other.relation in ("> 0", "≥ 0", "≠ 0")
    if is_above and (found := _constant_and_rest(node)) is not None:
        return found[0] < 0 < found[1] and found[2] is part  # x > 1 implies x > 0
    if other.relation != "invertible":
        return False
    if condition.relation == "with one largest singular value":
        return part in _regular(node)
    if is_function(node, DET) and node.operands[0] is part:
        return condition.relation in ("> 0", "< 0")
    of_root = is_function(part, SQRTM) and part.operands[0] is node
    return of_root and condition.relation == "without eigenvalues ≤ 0"


def _regular(x: Node) -> list[Node]:
    """The matrices, of either sign, that have an inverse where one singular value of x is largest."""
    found = []
    for text in _BESIDE_LARGEST:
        body, declared = template(text, LEFTSV)
        made = lower(body, {declared["X"]: View(x, 1)}, dict(zip("mn", x.dims, strict=False))).node
        found += [made, scale(-_1, made)]
    return found


# What the differentials of singular vectors invert.
_BESIDE_LARGEST = (
    "spectralnorm(X)^2*(eye(m) + leftsv(X)*leftsv(X)') - X*X'",
    "spectralnorm(X)^2*(eye(n) + rightsv(X)*rightsv(X)') - X'*X",
    "spectralnorm(X)^2*eye(m) - X*X' + spectralnorm(X)^2*leftsv(X)*leftsv(X)'",
    "spectralnorm(X)^2*eye(n) - X'*X + spectralnorm(X)^2*rightsv(X)*rightsv(X)'",
)


# ---------------------------------------------------------------- text
def written(conditions: Iterable[Condition]) -> tuple[str, ...]:
    writer = Lifter()
    return tuple(dict.fromkeys(_written(condition, writer) for condition in conditions))


def _written(condition: Condition, writer: Lifter) -> str:
    if condition.where:
        places = [_place(asked_of(node, writer.default, {})) for node in condition.where]
        return f"{_written(condition._replace(where=()), writer)} {' and '.join(places)}"
    operands, relation = condition.operands, condition.relation
    if relation == "simple eigenvalue":
        return f"eigenvalue {condition.place + 1} of {_text(operands[0], writer)} simple"
    if relation in _SIGNS and (shifted := _shifted(operands[0], relation)) is not None:
        node, sign, bound = shifted
        return f"{_text(node, writer)} {sign} {bound}"
    if relation in ("≠ 0", "> 0") and (base := _base(operands[0], writer)) is not None:
        return f"{to_text(base, whole=True)} ≠ 0"
    return f"{' and '.join(_text(node, writer) for node in operands)} {relation}"


def _place(asked: Expr) -> str:
    """Where a condition is asked for: at the entries of a triangle, or where another condition holds."""
    triangle = masking_where(asked)
    if triangle is not None:
        return "above the diagonal" if triangle.name == "striu" else "below the diagonal"
    return f"where {to_text(asked, whole=True)}"


def _base(node: Node, writer: Lifter) -> Expr | None:
    """The u of an even power u^2, which is not zero where u is not; a sum of squares is that of a norm."""
    root = squared(node)
    if root is not None:
        return writer.writer.norm(writer.default(root))
    expr = writer.default(node)
    even = expr.kind == "pow" and expr.operands[1].kind == "number" and expr.operands[1].data % 2 == 0
    return expr.operands[0] if even else None


def _shifted(node: Node, relation: str) -> tuple[Node, str, str] | None:
    """u + c > 0 as u > -c, of a number c and one other term."""
    found = _constant_and_rest(node)
    if found is None or abs(found[1]) != 1:
        return None
    constant, c, other = found
    return other, (relation if c > 0 else _SIGNS[relation]).removesuffix(" 0"), written_number(-constant / c)


def _text(node: Node, writer: Lifter) -> str:
    """A formula, or its transpose, where that is shorter: what is said of the one is true of the other.

    Sizes are called by their names.
    """
    expr = writer.default(node)
    transposed = writer.writer.transpose(expr)
    shorter = transposed if transposed.length < expr.length else expr
    return _SIZE.sub(r"\1", to_text(shorter, whole=True))


_SIZE = regex(r"sum\(ones\(([A-Za-z]\w*)\)\)")
