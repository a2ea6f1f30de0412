"""Products → steps: operands with indices, multiplied two at a time, solved with where they stand for inverses."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.expr import Expr
from matcalc.functions import EXP, INV
from matcalc.network import properties
from matcalc.network.nodes import Factor, Index, Indices, Node, constant_value, is_function
from matcalc.program.choices import Choices, size
from matcalc.program.order import Tree, inside
from matcalc.program.places import Places, taken_dims
from matcalc.program.scaling import Scalars, Scaling, in_parts
from matcalc.program.squares import is_norm
from matcalc.rational import Fraction, joined_roots
from matcalc.records import NamedTuple
from matcalc.rules.functions import opaque
from matcalc.shape import Dim

WIDE = 8  # columns for each row of a right side, from which an inverse is formed sooner than solutions

_1 = Fraction(1)


class Operand(NamedTuple):
    """A value in a product: its name and the index of each axis; ``inverse`` is the matrix whose inverse it is."""

    name: str
    indices: Indices
    inverse: Node | None = None


class Multiplying(Scaling):
    """How products are computed; what their operands are is known above."""

    def __init__(self, names: Mapping[Expr, str], choices: Choices, *, for_speed: bool) -> None:
        super().__init__(names, choices)
        self.for_speed = for_speed
        self.values: dict[Node, str] = {}
        self.factored: dict[Node, tuple[str, str]] = {}
        self.exponentials: dict[tuple[Node, Fraction], str] = {}  # powers of exponentials
        self.inverted: set[Node] = set()  # matrices whose inverse is formed, so that it may serve where a solve would

    def value(self, node: Node) -> str:
        """The name of a node's value."""
        raise NotImplementedError

    def compute(self, *roots: Node) -> None:
        """Values of nodes and of all they are made of."""
        raise NotImplementedError

    # ---------------------------------------------------------------- inverses
    def inverse(self, matrix: Node) -> str:
        self.inverted.add(matrix)
        if self.for_speed and properties.is_definite(matrix):
            self.factor(matrix)
        if matrix in self.factored and self.factored[matrix][1] == "cholesky":
            return self.step("cholesky inverse", (self.factored[matrix][0],), None, matrix.dims)
        if matrix in self.factored:
            dims = matrix.dims
            eye = self.step("embed", (self.literal(_1),), ((), (0, 0)), dims)
            return self.solve(matrix, eye, False, dims)
        return self.step("inverse", (self.value(matrix),), None, matrix.dims)

    def factor(self, matrix: Node) -> tuple[str, str]:
        """A factorisation, made once for all solves with a matrix, and its kind."""
        if matrix not in self.factored:
            value = self.value(matrix)
            shape = next((fact for fact in ("lower", "upper") if properties.has_fact(matrix, fact)), None)
            if shape is not None:
                self.factored[matrix] = value, shape
            else:
                kind = "cholesky" if properties.is_definite(matrix) else "lu"
                self.factored[matrix] = self.step("factor", (value,), kind, matrix.dims), kind
        return self.factored[matrix]

    def solve(self, matrix: Node, right: str, transposed: bool, dims: tuple[Dim, ...]) -> str:
        factor, kind = self.factor(matrix)
        return self.step("solve", (factor, right), (kind, transposed and kind != "cholesky"), dims)

    # ---------------------------------------------------------------- operands
    def scaled(self, array: Operand | None, coefficient: Fraction, scalars: list[Factor]) -> Operand:
        """coefficient · Π scalar^exponent · array."""
        numbers = {f: value for f in scalars if 0 < f.exponent < 1 and (value := constant_value(f.node)) is not None}
        coefficient, roots = joined_roots(coefficient, [(value, f.exponent) for f, value in numbers.items()])
        names = [self.literal(base) for base, _ in roots]
        exponents = [exponent for _, exponent in roots]
        for node, _, exponent in (f for f in scalars if f not in numbers):
            if is_function(node, EXP):
                names.append(self.exp(node, exponent))
                exponents.append(_1)
            else:
                names.append(self.value(node))
                exponents.append(exponent)
            if is_norm(node):
                self.norms.add(names[-1])
            if properties.is_nonnegative(node):
                self.never_negative.add(names[-1])
        if array is None and not names:
            return Operand(self.literal(coefficient), ())
        if coefficient == 1 and (array is not None and not names):
            return array
        if array is None and coefficient == 1 and len(names) == 1 and exponents[0] == 1:
            return Operand(names[0], ())
        if array is None:
            return Operand(self.number(coefficient, tuple(zip(names, exponents, strict=True))), ())
        times = self.times_small if self.for_speed else self.times
        return Operand(times(array.name, coefficient, tuple(zip(names, exponents, strict=True))), array.indices)

    def number(self, coefficient: Fraction, scalars: Scalars) -> str:
        """coefficient · Π scalar^exponent."""
        first, last = in_parts(scalars, self.norms) if len(scalars) > 1 else (scalars, ())
        names, exponents = zip(*first, strict=True)
        made = self.step("scale", names, (coefficient, False, exponents), ())
        return self.number(_1, ((made, _1), *last)) if last else made

    def operand(self, factor: Factor) -> Operand:
        node, indices, exponent = factor
        waits = node not in self.values and node.operands and node.operands[0] not in self.inverted
        if is_function(node, INV) and exponent == 1 and indices[0] != indices[1] and waits:
            return Operand("", indices, node.operands[0])
        if is_function(node, EXP):
            name, exponent = self.exp(node, exponent), _1
        else:
            name = self.value(node)
        unique = tuple(dict.fromkeys(indices))
        if unique != indices:
            places = dict(zip(indices, node.dims, strict=True))
            name = self.step("reduce", (name,), relabelled(indices, unique), tuple(places[i] for i in unique))
        while self.for_speed and exponent.denominator % 4 == 0:  # two square roots take less than a general power
            name, exponent = self.step("power", (name,), Fraction(1, 2), self.dims[name]), 2 * exponent
        if exponent != 1:
            name = self.step("power", (name,), exponent, self.dims[name])
        return Operand(name, unique)

    def exp(self, node: Node, exponent: Fraction) -> str:
        """exp(u)^p as exp(p*u), which overflows only where the result does."""
        if exponent == 1:
            return self.value(node)
        half = self.exponentials.get((node, exponent / 2)) if self.for_speed else None
        if half is not None:
            name = self.step("power", (half,), Fraction(2), node.dims)
        else:
            inner = self.value(node.operands[0])
            scaled = self.step("scale", (inner,), (exponent, True, ()), node.dims)
            name = self.step("function", (scaled,), EXP, node.dims)
        self.exponentials[node, exponent] = name
        return name

    def summed_alone(self, operand: Operand, k: int, operands: list[Operand], needed: set[Index]) -> Operand:
        """Sums over the indices that stand on this operand alone."""
        others = needed.union(*(o.indices for j, o in enumerate(operands) if j != k))
        kept = tuple(i for i in operand.indices if i in others)
        if kept == operand.indices:
            return operand
        operand = self.formed(operand)
        sizes = dict(zip(operand.indices, self.dims[operand.name], strict=True))
        data = relabelled(operand.indices, kept)
        return Operand(self.step("reduce", (operand.name,), data, tuple(sizes[i] for i in kept)), kept)

    def formed(self, operand: Operand) -> Operand:
        """An operand with its array formed, where it stood for an inverse."""
        if operand.inverse is None:
            return operand
        node = opaque(INV, (operand.inverse,))
        if not is_function(node, INV):
            self.compute(node)
        return Operand(self.value(node), operand.indices)

    def taking(self, operand: Operand, found: Places) -> Operand:
        """What is left of an operand where entries are taken at places."""
        indices = found.remaining(operand.indices)
        if indices == operand.indices:
            return operand
        positions = found.positions(operand.indices)
        dims = taken_dims(positions, self.dims[operand.name])
        return Operand(self.step("take", (operand.name,), positions, dims), indices)

    def entries_of(self, array: Operand, unit: Operand, summed: list[Index]) -> Operand | None:
        """The product of an array with a unit vector, which was wanted as a right side, too."""
        made = self.made.get(unit.name)
        if made is None or made.operation != "unit" or len(made.dims) != 1 or len(summed) != 1:
            return None
        return self.taking(array, Places({summed[0]: (made.data, None)}, []))

    def placed(
        self, total: Operand, found: Places, out: Indices, dims: tuple[Dim, ...], sizes: Mapping[Index, Dim]
    ) -> str:
        """The array with the axes of ``out``, zero but at the places."""
        inner = found.remaining(out)
        if inner == out:
            return self.spread(total, out, dims)
        name = self.spread(total, inner, tuple(sizes[i] for i in inner))
        return self.step("place", (name,), found.positions(out), dims)

    def contract(self, tree: Tree, operands: list[Operand], out: Indices) -> Operand:
        if isinstance(tree, int):
            return operands[tree]
        done: dict[int, Operand] = {}
        stack: list[tuple[Tree, set[Index]]] = [(tree, set(out))]
        while stack:  # long products are deep trees
            part, wanted = stack[-1]
            assert not isinstance(part, int)
            halves: list[Operand] = []
            for half, sibling in (part, part[::-1]):
                if isinstance(half, int):
                    halves.append(operands[half])
                elif id(half) in done:
                    halves.append(done[id(half)])
                else:
                    outside = {i for k in inside(sibling) for i in operands[k].indices}
                    stack.append((half, wanted | outside))
            if len(halves) == 2:
                stack.pop()
                done[id(part)] = self.pair(halves[0], halves[1], wanted, out)
        return done[id(tree)]

    def pair(self, a: Operand, b: Operand, needed: set[Index], out: Indices) -> Operand:
        """The product of two operands; where it is the whole product, with its axes in the order of ``out``."""
        summed = [i for i in a.indices if i in b.indices and i not in needed]
        if len(summed) == 1 and (a.inverse is not None or b.inverse is not None):
            if a.inverse is not None and b.inverse is not None:
                b = self.formed(b)
            inverse, right = (a, b) if a.inverse is not None else (b, a)
            solved = self.solved(inverse, right, summed[0])
            if solved is not None:
                return solved
        a, b = self.formed(a), self.formed(b)
        entries = self.entries_of(a, b, summed) or self.entries_of(b, a, summed)
        if entries is not None:
            return entries
        kept = {i for i in (*a.indices, *b.indices) if i in needed}
        whole = kept == set(out) and len(set(out)) == len(out)
        same = len(a.indices) == len(b.indices)
        if len(a.indices) < len(b.indices) or (same and _reads_transposed(a, b, summed, whole, out)):
            a, b = b, a
        made = tuple(i for i in dict.fromkeys((*a.indices, *b.indices)) if i in needed)
        if whole and not (len(summed) == 1 and len(made) <= 2):  # a matrix product has its own order
            made = tuple(out)
        sizes = dict(zip((*a.indices, *b.indices), (*self.dims[a.name], *self.dims[b.name]), strict=True))
        transposed = (made, made[::-1]) if summed and len(made) == 2 else (made,)
        for x, y, places in ((x, y, places) for x, y in ((a, b), (b, a)) for places in transposed):
            data, dims = relabelled(x.indices, y.indices, places), tuple(sizes[i] for i in places)
            known = self.known.get(("product", (x.name, y.name), data, dims))
            if known is not None:  # up to a transpose
                return Operand(known, places)
        data = relabelled(a.indices, b.indices, made)
        return Operand(self.step("product", (a.name, b.name), data, tuple(sizes[i] for i in made)), made)

    def solved(self, inverse: Operand, right: Operand, index: Index) -> Operand | None:
        assert inverse.inverse is not None
        if len(right.indices) > 2 or right.inverse is not None:
            return None
        other = inverse.indices[0] if inverse.indices[1] == index else inverse.indices[1]
        if other in right.indices:
            return None
        dims = self.dims[right.name]
        name = right.name
        if right.indices[0] != index:
            name, dims = self.step("permute", (name,), (1, 0), dims[::-1]), dims[::-1]
        if self.for_speed and self.is_wide(dims) and properties.is_definite(inverse.inverse):
            return None  # the product with the inverse takes less time; from a Cholesky factor it loses little
        rest = tuple(i for i in right.indices if i != index)
        solution = self.solve(inverse.inverse, name, inverse.indices[0] == index, dims)
        return Operand(solution, (other, *rest))

    def is_wide(self, dims: tuple[Dim, ...]) -> bool:
        """Whether a right side has many more columns than rows."""
        if len(dims) != 2:
            return False
        rows, cols = dims
        return self.choices.make(lambda sizes: size(cols, sizes) >= WIDE * size(rows, sizes))

    def spread(self, total: Operand, out: Indices, dims: tuple[Dim, ...]) -> str:
        """The array with the axes of ``out``: permuted, broadcast over free indices, on a diagonal for deltas."""
        if total.indices == out:
            return total.name
        if set(total.indices) == set(out) and len(set(out)) == len(out):
            axes = tuple(total.indices.index(i) for i in out)
            return self.step("permute", (total.name,), axes, dims)
        return self.step("embed", (total.name,), relabelled(total.indices, out), dims)


def _reads_transposed(a: Operand, b: Operand, summed: list[Index], whole: bool, out: Indices) -> bool:
    """Whether b*a is the better order of two operands: what comes first in the result, or else without transposes."""
    if whole and out:
        return out[0] in b.indices and out[0] not in a.indices
    return len(summed) == 1 and len(a.indices) == 2 and a.indices[0] == summed[0] and b.indices[1] == summed[0]


def relabelled(*groups: Indices) -> tuple[Indices, ...]:
    """Indices numbered from 0 in order of appearance, so that equal operations are told to be equal."""
    numbers: dict[Index, int] = {}
    for group in groups:
        for index in group:
            numbers.setdefault(index, len(numbers))
    return tuple(tuple(numbers[i] for i in group) for group in groups)
