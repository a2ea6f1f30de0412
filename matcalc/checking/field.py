"""Exact values at random points of the prime field of order 2^61 - 1.

Inverses and determinants are computed exactly. A function without a rational rule is a shared unknown: a random value
for each argument, the same for equal arguments. So formulas that agree at a random point are equal for every function
in that place, with an error probability of at most degree/p (Schwartz-Zippel); formulas that differ there may be equal.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import product

from matcalc.checking.elimination import summed
from matcalc.checking.members import facts_at
from matcalc.expr import Expr, name_of
from matcalc.expr import variable as plain_variable
from matcalc.facts import is_zero
from matcalc.families import members_of
from matcalc.function import Kernel
from matcalc.functions import DET, INV, LOGDET
from matcalc.network.nodes import ByKind, Indices, Node
from matcalc.position import at_sizes
from matcalc.rational import Fraction
from matcalc.walk import postorder

PRIME = 2**61 - 1
MOST_MULTIPLICATIONS = 500_000  # of a network at a point


class Undefined(Exception):
    """A division by zero, or a root of what is no square: another point is taken."""


class Singular(Undefined):
    """A matrix has no inverse: at sizes where none of its kind has one, no other point is better."""


class Unsupported(Exception):
    """Facts of a variable that are not met here together."""


class TooLarge(Exception):
    """The network is too large to be evaluated entry by entry."""


Array = dict[tuple[int, ...], int]

# Facts with equations that are solved here, and the facts that may stand beside them: inequalities, of which a field
# knows nothing, hold at enough points for what is equal there to be equal everywhere.
_OPEN = frozenset(("nonneg", "positive", "invertible", "fullcolrank", "fullrowrank"))
_ALONE = {"stochastic": _OPEN | {"stochastic"}, "toeplitz": _OPEN | {"toeplitz", "symmetric", "psd", "posdef"}}


def evaluate(root: Node, sizes: Mapping[str, int], values: Mapping[Expr, Array], seed: int) -> Array:
    """The entries of a network's value.

    Raises:
        Undefined: at this point there is none.
        TooLarge: it would take too long.
    """
    field = _Field(sizes, values, seed)
    known: dict[Node, Array] = {}
    for node in postorder(root):
        known[node] = field.node(node, [known[o] for o in node.operands])
    return known[root]


def random_values(variable: Expr, sizes: Mapping[str, int], rng: random.Random) -> Array:
    """A random value of a variable, with the facts that are equations.

    Raises:
        Undefined: there is none of this size.
        Unsupported: the equations are not solved here together.
    """
    members = members_of(variable)
    if members is not None:
        one = plain_variable(name_of(variable), *members.shape, members.facts)
        length = members.length.at(sizes)
        lead = [() if members.length.number == 1 else (k,) for k in range(length)]
        return {(*at, *place): value for at in lead for place, value in random_values(one, sizes, rng).items()}
    rows, cols = (dim.at(sizes) for dim in variable.shape)
    facts = facts_at(variable.data[1], rows, cols)
    if facts is None:
        raise Singular
    structures = facts & {"orthogonal", "skew", "symmetric"}
    if {"unitnorm", "sumstoone"} <= facts or (
        facts & {"unitnorm", "sumstoone"} and structures & {"orthogonal", "skew"}
    ):
        raise Unsupported
    if "idempotent" in facts or any(fact in facts and facts - free for fact, free in _ALONE.items()):
        raise Unsupported
    a = [[rng.randrange(PRIME) for _ in range(cols)] for _ in range(rows)]
    if "stochastic" in facts:
        a = [[x * pow(sum(row) % PRIME, -1, PRIME) % PRIME for x in row] for row in a]
    elif "toeplitz" in facts:
        first = a[0] if "symmetric" in facts else [row[0] for row in a]
        a = [[a[0][j - i] if j >= i else first[i - j] for j in range(cols)] for i in range(rows)]
    elif "orthogonal" in facts:
        a = _orthogonal(facts, a, rng)
    elif is_zero(set(facts)):
        a = [[0] * cols for _ in range(rows)]
    elif "diagonal" in facts:
        a = [[x if i == j else 0 for j, x in enumerate(row)] for i, row in enumerate(a)]
    elif "symmetric" in facts:
        a = [[a[max(i, j)][min(i, j)] for j in range(cols)] for i in range(rows)]
    elif "lower" in facts or "upper" in facts:
        a = [[x if (i >= j) == ("lower" in facts) or i == j else 0 for j, x in enumerate(r)] for i, r in enumerate(a)]
    elif "skew" in facts:
        a = [[(a[i][j] - a[j][i]) % PRIME for j in range(cols)] for i in range(rows)]
    if "unitnorm" in facts:  # stereographic: (2y, y'y - 1)/(y'y + 1)
        flat = [x for row in a for x in row]
        square = sum(x * x for x in flat[:-1]) % PRIME
        below = pow(square + 1, -1, PRIME)
        last = (square - 1) * below if len(flat) > 1 else rng.choice((1, -1))
        flat = [2 * x * below % PRIME for x in flat[:-1]] + [last % PRIME]
        a = [flat[i * cols : (i + 1) * cols] for i in range(rows)]
    if "sumstoone" in facts:
        below = pow(sum(map(sum, a)) % PRIME, -1, PRIME)
        a = [[x * below % PRIME for x in row] for row in a]
    axes = [k for k, dim in enumerate(variable.shape) if dim.number != 1]
    return {tuple((i, j)[k] for k in axes): a[i][j] for i in range(rows) for j in range(cols)}


def _orthogonal(facts: frozenset[str], a: list[list[int]], rng: random.Random) -> list[list[int]]:
    """Cayley: D*(I - K)(I + K)^-1, with signs D, so that both components are met."""
    n = len(a)
    signs = [rng.choice((1, -1)) for _ in range(n)]
    if facts & {"posdef", "diagonal"}:
        return [[(1 if "posdef" in facts else signs[i]) % PRIME * (i == j) for j in range(n)] for i in range(n)]
    if facts & {"nonneg", "symmetric", "skew"}:
        raise Unsupported
    skew = [[(a[i][j] - a[j][i]) % PRIME for j in range(n)] for i in range(n)]
    plus = [[(x + (i == j)) % PRIME for j, x in enumerate(row)] for i, row in enumerate(skew)]
    minus = [[(-x + (i == j)) % PRIME for j, x in enumerate(row)] for i, row in enumerate(skew)]
    inverse = _inverse(plus)[0]
    return [[signs[i] * sum(minus[i][k] * inverse[k][j] for k in range(n)) % PRIME for j in range(n)] for i in range(n)]


class _Field:
    def __init__(self, sizes: Mapping[str, int], values: Mapping[Expr, Array], seed: int) -> None:
        self.sizes = sizes
        self.values = values
        self.seed = seed
        self.left = MOST_MULTIPLICATIONS

    def node(self, node: Node, operands: list[Array]) -> Array:
        return _VALUES[node.kind](self, node, operands)

    def places(self, node: Node) -> Iterator[tuple[int, ...]]:
        """The places of a node's entries."""
        return product(*(range(dim.at(self.sizes)) for dim in node.dims))

    def unit(self, node: Node, operands: list[Array]) -> Array:
        count = node.dims[-1].at(self.sizes)
        at = at_sizes(node.place, self.sizes)
        if (at.stop if isinstance(at, range) else at + 1) > count:
            raise Undefined
        if isinstance(at, range):
            return {(i, j): int(j == at[i]) for i, j in self.places(node)}
        return {(i,): int(i == at) for i in range(count)}

    def sum(self, node: Node, operands: list[Array]) -> Array:
        scales = [_fraction(c) for c in node.coefficients]
        return {at: sum(c * o[at] for c, o in zip(scales, operands, strict=True)) % PRIME for at in self.places(node)}

    def reshape(self, node: Node, operands: list[Array]) -> Array:
        entries = sorted(operands[0].items())
        return dict(zip(self.places(node), (value for _, value in entries), strict=True))

    def elementwise(self, node: Node, operands: list[Array]) -> Array:
        name = node.function.name
        return {at: self.unknown(name, *(o[at] for o in operands)) for at in operands[0]}

    def contraction(self, node: Node, operands: list[Array]) -> Array:
        data = node.product
        counts = [dim.at(self.sizes) for dim in data.sizes]
        factors = []
        for operand, indices, exponent in zip(operands, data.indices, data.exponents, strict=True):
            own = list(dict.fromkeys(indices))
            entries = _tied(operand, indices) if len(own) < len(indices) else operand
            if exponent != 1:
                entries = {at: _power(value, exponent) for at, value in entries.items()}
            factors.append((entries, own))
        used = {i for indices in data.indices for i in indices}
        out = list(dict.fromkeys(data.out))
        coefficient = _fraction(data.coefficient)
        for i, count in enumerate(counts):
            if i not in used and i not in out:
                coefficient = coefficient * count % PRIME
        kept = [i for i in out if i in used]
        core = summed(factors, kept, counts, partial(self.multiplied, counts))
        made = dict.fromkeys(self.places(node), 0)
        for place in product(*(range(counts[i]) for i in out)):
            at = dict(zip(out, place, strict=True))
            made[tuple(at[i] for i in data.out)] = coefficient * core[tuple(at[i] for i in kept)] % PRIME
        return made

    def multiplied(self, counts: list[int], factors: list[tuple[Array, list[int]]], kept: list[int]) -> Array:
        """Σ Π factor over the indices that are not kept."""
        every = list(dict.fromkeys((*kept, *(i for _, indices in factors for i in indices))))
        self.left -= math.prod(counts[i] for i in every) * (1 + len(factors))
        if self.left < 0:
            raise TooLarge
        places = [[every.index(i) for i in indices] for _, indices in factors]
        made: Array = {}
        for at in product(*(range(counts[i]) for i in every)):
            term = 1
            for (array, _), own in zip(factors, places, strict=True):
                term = term * array[tuple([at[k] for k in own])] % PRIME
            where = at[: len(kept)]
            made[where] = (made.get(where, 0) + term) % PRIME
        return made

    def opaque(self, node: Node, operands: list[Array]) -> Array:
        shape = [dim.at(self.sizes) for dim in node.dims]
        if node.function.each is None:
            return self.function(node.function, operands, shape)
        function, _, lead = node.function.each
        made: Array = {}
        for at in product(*map(range, shape[:lead])):
            own = [{place[lead:]: value for place, value in o.items() if place[:lead] == at} for o in operands]
            made |= {(*at, *place): value for place, value in self.function(function, own, shape[lead:]).items()}
        return made

    def function(self, function: Kernel, operands: list[Array], shape: list[int]) -> Array:
        """The value of a function of matrices as wholes."""
        if function in (INV, DET, LOGDET):
            n = max(i for i, _ in operands[0]) + 1
            inverse, determinant = _inverse([[operands[0][i, j] for j in range(n)] for i in range(n)])
            if function is INV:
                return {(i, j): inverse[i][j] for i in range(n) for j in range(n)}
            return {(): determinant if function is DET else self.unknown(function.name, determinant)}
        argument = tuple(value for operand in operands for _, value in sorted(operand.items()))
        return {at: self.unknown(function.name, *argument, *at) for at in product(*map(range, shape))}

    def unknown(self, *key: object) -> int:
        """A value that looks random and depends on nothing but the key."""
        digest = hashlib.blake2b(repr((self.seed, key)).encode(), digest_size=16).digest()
        return int.from_bytes(digest, "big") % PRIME


# The value of a node of each kind, by those of its operands.
_VALUES: ByKind[Callable[[_Field, Node, list[Array]], Array]] = {
    "variable": lambda field, node, _: field.values[node.variable],
    "size": lambda field, node, _: {(): node.dimension.at(field.sizes)},
    "constant": lambda field, node, _: {(): field.unknown("constant", node.constant)},
    "unit": _Field.unit,
    "contraction": _Field.contraction,
    "sum": _Field.sum,
    "elementwise": _Field.elementwise,
    "opaque": _Field.opaque,
    "reshape": _Field.reshape,
}


def _tied(array: Array, indices: Indices) -> Array:
    """The entries where indices that stand twice are equal, at each index once."""
    made: Array = {}
    for place, value in array.items():
        at = dict(zip(indices, place, strict=True))
        if len(set(zip(indices, place, strict=True))) == len(at):
            made[tuple(at.values())] = value
    return made


def _fraction(value: Fraction) -> int:
    return value.numerator * pow(value.denominator, -1, PRIME) % PRIME


def _power(value: int, exponent: Fraction) -> int:
    if value == 0 and exponent < 0:
        raise Undefined
    if exponent.denominator == 1:
        return pow(value, exponent.numerator, PRIME)
    root = value
    rest = exponent.denominator
    while rest % 2 == 0:
        root, square = pow(root, (PRIME + 1) // 4, PRIME), root
        if root * root % PRIME != square:
            raise Undefined
        rest //= 2
    if rest != 1:
        try:
            root = pow(root, pow(rest, -1, PRIME - 1), PRIME)
        except ValueError:
            raise Undefined from None
    return pow(root, exponent.numerator, PRIME)


def _inverse(rows: list[list[int]]) -> tuple[list[list[int]], int]:
    """The inverse and the determinant, by elimination."""
    n = len(rows)
    work = [[*row, *(int(i == j) for j in range(n))] for i, row in enumerate(rows)]
    determinant = 1
    for k in range(n):
        pivot = next((i for i in range(k, n) if work[i][k]), None)
        if pivot is None:
            raise Singular
        if pivot != k:
            work[k], work[pivot] = work[pivot], work[k]
            determinant = -determinant
        determinant = determinant * work[k][k] % PRIME
        scale = pow(work[k][k], -1, PRIME)
        work[k] = [x * scale % PRIME for x in work[k]]
        for i in range(n):
            if i != k and work[i][k]:
                c = work[i][k]
                work[i] = [(x - c * y) % PRIME for x, y in zip(work[i], work[k], strict=True)]
    return [row[n:] for row in work], determinant % PRIME


def _applied(node: Node) -> Kernel:
    """The function of matrices that a node applies, to one or to each."""
    return node.function.each.function if node.function.each is not None else node.function


def degree(root: Node, sizes: Mapping[str, int]) -> int:
    """A bound on the degree of numerator and denominator together, as a rational function of entries and unknowns."""
    known: dict[Node, int] = {}
    for node in postorder(root):
        below = [known[o] for o in node.operands]
        if node.kind in ("variable", "constant", "unit", "elementwise"):
            known[node] = 1
        elif node.kind == "size":
            known[node] = 0
        elif node.kind == "contraction":
            each = sum(d * max(1, abs(e.numerator)) for d, e in zip(below, node.product.exponents, strict=True))
            terms = 1
            for index, dim in enumerate(node.product.sizes):
                terms *= dim.at(sizes) if index not in node.product.out else 1
            has_divisor = any(e < 0 for e in node.product.exponents) or any(d > 1 for d in below)
            known[node] = each * (terms if has_divisor else 1)
        elif node.kind == "opaque" and _applied(node) in (INV, DET):
            known[node] = 2 * below[0] * node.operands[0].dims[-1].at(sizes) ** 2
        elif node.kind == "opaque":
            known[node] = 1
        else:
            known[node] = sum(below)
    return known[root]
