"""Formulas of one number that lose all digits near 0, where their value exists: (1 - cos(c))/c^2, sin(r)/r and slopes.

The Laurent series of such a formula is found exactly. Where it has no negative powers, though the formula divides by
what vanishes, the value near 0 is the polynomial that the series begins with; farther away it is computed as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from matcalc.function import Kernel, entrywise
from matcalc.lowering.substitute import substitute
from matcalc.network import properties
from matcalc.network.build import add, contract
from matcalc.network.nodes import Factor, Node, constant_value
from matcalc.rational import Fraction, rational_power
from matcalc.rules.formulas import of_nodes
from matcalc.rules.functions import elementwise
from matcalc.walk import postorder

TERMS = 34  # of a series
RADIUS = Fraction(1, 5)  # up to here the polynomial is right to all digits, and from here on the formula to twelve
NEGLIGIBLE = Fraction(1, 10**15)  # beside the first term
MOST_NODES = 40  # of a formula that is looked at
MOST_FACTORS = 24

ANALYTIC = frozenset(
    ("exp", "expm1", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sigmoid", "log", "log1p", "arctan", "arcsin")
)

_0, _1 = Fraction(0), Fraction(1)

AWAY = entrywise("away", c="(fabs({u}) < 0.2 ? 0.2 : {u})", numpy="np.where(np.abs({u}) < 0.2, 0.2, {u})")

_NEAR_ZERO = '''
def _near_zero(u, far, coefficients):
    """A polynomial in u where u is close to zero, lowest power first; what is right far from it elsewhere."""
    near = np.abs(u) < 0.2
    return np.where(near, np.polynomial.polynomial.polyval(np.where(near, u, 0.0), coefficients), far)
'''


@dataclass(slots=True, eq=False, repr=False)
class Series(Kernel):
    """A function of u and of a value v: v far from u = 0, and a polynomial in u near it."""

    coefficients: tuple[float, ...] = ()


@lru_cache(256)
def series(coefficients: tuple[Fraction, ...]) -> Series:
    """The function with a polynomial."""
    numbers = tuple(map(float, coefficients))
    return Series(
        name=f"near_zero_{hash(coefficients) % 10**8}",
        signature=AWAY.signature,
        summary="a polynomial near zero",
        operands=("u", "v"),
        elementwise=True,
        numpy=f"_near_zero({{u}}, {{v}}, {[*numbers]})\n{_NEAR_ZERO}",
        c=f"(fabs({{u}}) < 0.2 ? {_horner(numbers)} : {{v}})",
        coefficients=numbers,
    )


def _horner(coefficients: tuple[float, ...]) -> str:
    """The polynomial in C, by Horner's rule."""
    last, *rest = map(repr, reversed(coefficients))
    steps = "".join(f" * {{u}} + {number}" if k == 0 else f") * {{u}} + {number}" for k, number in enumerate(rest))
    return "(" * max(len(rest) - 1, 0) + last + steps


def with_series(nodes: list[Node]) -> list[Node]:
    """Nodes in which formulas of one number have their values near 0; the largest such formulas are looked for."""
    order = postorder(*nodes)
    if not any(node.kind == "contraction" and any(e < 0 for e in node.data.exponents) for node in order):
        return nodes
    new: dict[Node, Node] = {}
    known: Known = {}
    for node in order:
        made = node
        if node.kind in ("contraction", "sum"):
            made = _product(node, known) if node.kind == "contraction" else _sum(node, known)
        made = substitute(made, new) if new else made
        if made is not node:
            new[node] = made
    return [substitute(node, new) for node in nodes] if new else nodes


def _product(node: Node, known: Known) -> Node:
    if len(node.operands) > MOST_FACTORS:
        return node
    for below in node.factors:
        if below.exponent >= 0 or len(set(below.indices)) < len(below.indices):
            continue
        for leaf in _vanishing_with(below.node, known):
            own = [f for f in node.factors if f.indices == below.indices and _is_of(f.node, leaf)]
            sizes = dict(zip(below.indices, below.node.dims, strict=True))
            made = _near_zero(contract(_1, own, below.indices, sizes), leaf, known) if len(own) > 1 else None
            if made is not None:
                rest = [f for f in node.factors if f not in own]
                factors = [*rest, Factor(made, below.indices, _1)]
                return contract(node.data.coefficient, factors, node.data.out, dict(enumerate(node.data.sizes)))
    return node


def _sum(node: Node, known: Known) -> Node:
    out = tuple(range(node.rank))
    divisors = [
        f.node
        for term in node.operands
        if term.kind == "contraction" and term.data.out == out
        for f in term.factors
        if f.exponent < 0 and f.indices == out
    ]
    for leaf in dict.fromkeys(leaf for below in divisors for leaf in _vanishing_with(below, known)):
        own = [(c, term) for c, term in node.terms if _is_of(term, leaf)]
        made = _near_zero(add(own, node.dims), leaf, known) if len(own) > 1 else None
        if made is not None:
            return add([*(term for term in node.terms if term not in own), (_1, made)], node.dims)
    return node


def _vanishing_with(node: Node, known: Known) -> list[Node]:
    """What a node is zero with: itself, and the number that it is a formula of."""
    if node.kind in ("elementwise", "sum") and properties.is_positive(node):
        return []  # exp(u) and 1 + exp(u) are not zero, and logarithms keep their digits where they are small
    parts = [part for part in _all_parts(node) if not _is_entrywise(part) and constant_value(part) is None]
    if len(parts) != 1 or parts[0] is node:
        return [node]
    found = _laurent(node, parts[0], 1, known)
    return [node, *parts] if found is not None and found.first > 0 else [node]


def _all_parts(node: Node) -> list[Node]:
    """The parts of a formula entry by entry, down to what is something else."""
    found: dict[Node, None] = {}
    waiting = [node]
    while waiting and len(found) <= MOST_NODES:
        part = waiting.pop()
        if part not in found:
            found[part] = None
            waiting += part.operands if _is_entrywise(part) else ()
    return list(found)


@lru_cache(1024)
def _is_of(node: Node, leaf: Node) -> bool:
    """Whether a node is a formula of one number, entry by entry, and of nothing else."""
    parts = _parts(node, leaf)
    return parts is not None and leaf in parts


def _parts(node: Node, leaf: Node) -> list[Node] | None:
    """The parts of a formula of one number; None where it is no such formula."""
    found: dict[Node, None] = {}
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if part in found:
            continue
        found[part] = None
        if part is leaf or constant_value(part) is not None:
            continue
        if len(found) > MOST_NODES or part.dims != leaf.dims or not _is_entrywise(part):
            return None
        waiting += part.operands
    return list(found)


def _is_entrywise(node: Node) -> bool:
    if node.kind == "sum":
        return True
    if node.kind == "elementwise":
        return node.data.name in ANALYTIC or bool(node.data.near_zero)
    if node.kind != "contraction" or len(set(node.data.out)) < node.rank:
        return False
    return all(indices in (node.data.out, ()) for indices in node.data.indices)


def _near_zero(node: Node, leaf: Node, known: Known) -> Node | None:
    """A formula that divides by a number, with its series near 0, where it has a value there."""
    halves = any(e.denominator == 2 for part in _parts(node, leaf) or () for e in _exponents(part, leaf))
    found = _laurent(node, leaf, 2 if halves else 1, known)
    if found is None or found.first < 0:
        return None
    sizes_of_terms = [abs(c / found.numbers[0]) * RADIUS**k for k, c in enumerate(found.numbers)]
    if any(size > NEGLIGIBLE for size in sizes_of_terms[-2:]):
        return None  # not right at the end of the interval
    last = max(k for k, size in enumerate(sizes_of_terms) if size > NEGLIGIBLE / 100)
    coefficients = [_0] * found.first + found.numbers[: last + 1]
    out = tuple(range(leaf.rank))
    sizes = dict(enumerate(leaf.dims))
    u = contract(_1, [Factor(leaf, out, Fraction(1, 2))], out, sizes) if halves else leaf
    away = elementwise(AWAY, (u,))
    far = substitute(node, {leaf: contract(_1, [Factor(away, out, Fraction(2))], out, sizes) if halves else away})
    return Node("elementwise", (u, far), series(tuple(coefficients)), node.dims)


def _exponents(node: Node, leaf: Node) -> list[Fraction]:
    """The powers of a node that a product has."""
    return [f.exponent for f in node.factors if f.node is leaf] if node.kind == "contraction" else []


# ---------------------------------------------------------------- Laurent series
class Laurent(NamedTuple):
    """numbers[k] * t^(first + k), as far as they are known; the first of them is not zero."""

    first: int
    numbers: list[Fraction]


# The series of formulas in t by the leaf and the power of t that it is; None where there is none with rational numbers.
Known = dict[tuple[Node, int], dict[Node, Laurent | None]]


def _laurent(node: Node, leaf: Node, power: int, known: Known) -> Laurent | None:
    """The series of a formula in t, of which the leaf is a power; ``known`` are those of other formulas."""
    found = known.setdefault((leaf, power), {leaf: Laurent(power, [_1] + [_0] * (TERMS - 1))})
    if node not in found:
        wanted = set(_parts(node, leaf) or ())
        for part in postorder(node):
            if part in wanted and part not in found:
                found[part] = _series_of(part, found)
    return found.get(node)


def _series_of(node: Node, known: Mapping[Node, Laurent | None]) -> Laurent | None:
    found = {operand: series for operand in node.operands if (series := known[operand]) is not None}
    if len(found) < len(set(node.operands)):
        return None
    number = constant_value(node)
    if number is not None:
        return Laurent(0, [number] + [_0] * (TERMS - 1)) if number else None
    if node.kind == "sum":
        return _added([(c, found[term]) for c, term in node.terms])
    if node.kind == "elementwise":
        if node.data.near_zero:
            return _by_formula(of_nodes(node.data.near_zero, node.data, node.operands), dict(known))
        return _composed(node.data.name, found[node.operands[0]])
    total: Laurent | None = Laurent(0, [node.data.coefficient] + [_0] * (TERMS - 1))
    for factor in node.factors:
        raised = _raised(found[factor.node], factor.exponent)
        total = None if total is None or raised is None else _multiplied(total, raised)
    return total


def _by_formula(node: Node, known: dict[Node, Laurent | None]) -> Laurent | None:
    """The series of a formula of what has a known one."""
    if node not in known:
        for operand in node.operands:
            _by_formula(operand, known)
        known[node] = _series_of(node, known)
    return known[node]


def _added(terms: Sequence[tuple[Fraction, Laurent]]) -> Laurent | None:
    first = min(s.first for _, s in terms)
    stop = min(s.first + len(s.numbers) for _, s in terms)
    numbers = [sum((c * s.numbers[k - s.first] for c, s in terms if k >= s.first), _0) for k in range(first, stop)]
    return _stripped(first, numbers)


def _stripped(first: int, numbers: list[Fraction]) -> Laurent | None:
    zeros = next((k for k, number in enumerate(numbers) if number), None)
    return None if zeros is None else Laurent(first + zeros, numbers[zeros:])


def _multiplied(a: Laurent, b: Laurent) -> Laurent:
    count = min(len(a.numbers), len(b.numbers))
    left = [(j, x) for j, x in enumerate(a.numbers[:count]) if x]
    right = b.numbers
    numbers = [sum((x * right[k - j] for j, x in left if j <= k), _0) for k in range(count)]
    return Laurent(a.first + b.first, numbers)


def _raised(s: Laurent, exponent: Fraction) -> Laurent | None:
    """A power, by the differential equation s*y' = exponent*s'*y that it solves."""
    first = s.first * exponent
    lead = rational_power(s.numbers[0], exponent)
    if first.denominator != 1 or lead is None:
        return None
    ratios = [(j, x / s.numbers[0]) for j, x in enumerate(s.numbers) if x and j]
    made = [lead]
    for k in range(1, len(s.numbers)):
        made.append(sum(((exponent * j - (k - j)) * x * made[k - j] for j, x in ratios if j <= k), _0) / k)
    return Laurent(int(first), made)


def _composed(name: str, u: Laurent) -> Laurent | None:
    """A function of a series."""
    if name == "log":
        name, shifted = "log1p", _added([(_1, u), (-_1, Laurent(0, [_1] + [_0] * (TERMS - 1)))])
        if shifted is None:
            return None
        u = shifted
    if u.first <= 0:
        return None
    known = _taylor()[name]
    count = len(u.numbers)
    if u.first == 1 and u.numbers[0] and not any(u.numbers[1:]):
        lead = u.numbers[0]
        return _stripped(0, [known[k] * lead**k for k in range(count)])
    total: Laurent | None = None
    for k in reversed(range((count - 1) // u.first + 1)):
        own = Laurent(0, [known[k]] + [_0] * (count - 1))
        higher = None if total is None else _multiplied(total, u)
        total = own if higher is None else _added([(_1, own), (_1, higher)]) if known[k] else higher
    return total


@lru_cache(1)
def _taylor() -> dict[str, list[Fraction]]:
    """The Taylor series at 0 of functions with rational numbers."""
    factorials = [_1]
    for k in range(1, TERMS):
        factorials.append(factorials[-1] * k)
    exp = [1 / f for f in factorials]
    sign = (1, 0, -1, 0)
    cos = [c * sign[k % 4] for k, c in enumerate(exp)]
    sin = [c * sign[(k - 1) % 4] for k, c in enumerate(exp)]
    cosh = [c * (1 - k % 2) for k, c in enumerate(exp)]
    sinh = [c * (k % 2) for k, c in enumerate(exp)]

    def integral(slope: Laurent) -> list[Fraction]:
        return [_0, *(c / (k + 1) for k, c in enumerate(slope.numbers[:-1]))]

    def quotient(above: list[Fraction], below: list[Fraction]) -> list[Fraction]:
        inverse = _raised(Laurent(0, below), -_1)
        assert inverse is not None
        return _multiplied(Laurent(0, above), inverse).numbers

    def power(number: Fraction, exponent: Fraction) -> Laurent:
        made = _raised(Laurent(0, [_1, _0, number] + [_0] * (TERMS - 3)), exponent)
        assert made is not None
        return made

    tanh = quotient(sinh, cosh)
    return {
        "exp": exp,
        "expm1": [_0, *exp[1:]],
        "sin": sin,
        "cos": cos,
        "sinh": sinh,
        "cosh": cosh,
        "tan": quotient(sin, cos),
        "tanh": tanh,
        "sigmoid": [Fraction(1, 2), *(c / 2 ** (k + 1) for k, c in enumerate(tanh) if k)],
        "log1p": [_0, *(Fraction((-1) ** (k + 1), k) for k in range(1, TERMS))],
        "arctan": integral(power(_1, -_1)),
        "arcsin": integral(power(-_1, Fraction(-1, 2))),
    }
