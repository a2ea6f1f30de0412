"""Network → program: typed steps, each distinct value computed once.

Inverses are not formed where a solve does; products are bracketed by the mode. In reverse mode a derivative is
multiplied from the output side, in forward mode from the axes of its input, in optimal mode in the cheapest order;
what is no derivative is always computed in the cheapest order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from matcalc.expr import Expr
from matcalc.functions import FUNCTIONS
from matcalc.network import properties
from matcalc.network.functions import opaque
from matcalc.network.nodes import Factor, Index, Indices, Node, Product, constant_value, is_function
from matcalc.program.order import Tree, contraction_tree, directed_tree, inside
from matcalc.program.polynomial import Polynomial
from matcalc.program.products import (
    LOG_COSH,
    by_halves,
    flattened,
    multiplied_out,
    own_factors,
    shared_halves,
    sigmoid_slopes,
    unit_vectors,
)
from matcalc.program.squares import half_of_square
from matcalc.program.step import Step
from matcalc.program.updates import taken_apart
from matcalc.shape import Dim
from matcalc.walk import postorder

ASSUMED_SIZE = 100  # of a symbolic dimension, where an order of products is chosen and none is given
MOST_SPREAD = 3  # products with a sum that may be multiplied out; where more have it, it is computed
WRITING = 6  # operations that take as long as one entry is written

_1 = Fraction(1)


class Leaf(NamedTuple):
    """What is not computed: ``kind`` is variable, size, constant or number."""

    kind: str
    data: object
    dims: tuple[Dim, ...]


class Target(NamedTuple):
    """A node to compute. ``inputs`` are the axes of the variable that it is a derivative by, if it is one."""

    node: Node
    inputs: tuple[int, ...] = ()


@dataclass(frozen=True)
class Program:
    """Steps in order, the leaves they start from, and the names of the results."""

    steps: tuple[Step, ...]
    leaves: Mapping[str, Leaf]
    results: tuple[str, ...]


class Operand(NamedTuple):
    """A value in a product: its name and the index of each axis; ``inverse`` is the matrix whose inverse it is."""

    name: str
    indices: Indices
    inverse: Node | None = None


def plan(
    targets: list[Target],
    names: Mapping[Expr, str],
    mode: str = "optimal",
    sizes: Mapping[str, int] | None = None,
    *,
    for_speed: bool = False,
) -> Program:
    """The program of all targets together; ``names`` are those of the variables, ``sizes`` those of symbols.

    ``for_speed`` counts the entries that are written along with the operations: (A + A')*x becomes A*x + A'*x.
    """
    known = sizes or {}
    if not for_speed:
        return Planner(names, mode, known).program(targets)
    nodes = [target.node for target in targets]
    apart = taken_apart(nodes, known) if known else nodes
    ways = [targets]
    if apart != nodes:
        ways.append([target._replace(node=node) for target, node in zip(targets, apart, strict=True)])
    programs = [program for way in ways for program in _with_and_without_inverses(way, names, mode, known)]
    return min(programs, key=lambda program: _time(program.steps, known))


def _with_and_without_inverses(
    targets: list[Target], names: Mapping[Expr, str], mode: str, sizes: Mapping[str, int]
) -> list[Program]:
    """The program and, where it forms inverses, the one in which these serve wherever a solve would."""
    planner = Planner(names, mode, sizes, for_speed=True)
    programs = [planner.program(targets)]
    if planner.inverted:
        other = Planner(names, mode, sizes, for_speed=True)
        other.inverted = planner.inverted
        programs.append(other.program(targets))
    return programs


def live(steps: list[Step], results: tuple[str, ...]) -> tuple[Step, ...]:
    """The steps whose results are used."""
    wanted = set(results)
    kept = []
    for step in reversed(steps):
        if step.result in wanted:
            kept.append(step)
            wanted.update(step.operands)
    return tuple(reversed(kept))


class Planner:
    """A program in the making."""

    def __init__(
        self, names: Mapping[Expr, str], mode: str, sizes: Mapping[str, int], *, for_speed: bool = False
    ) -> None:
        self.for_speed = for_speed
        self.names = names
        self.mode = mode
        self.sizes = sizes
        self.taken = set(names.values())
        self.steps: list[Step] = []
        self.leaves: dict[str, Leaf] = {}
        self.dims: dict[str, tuple[Dim, ...]] = {}
        self.values: dict[Node, str] = {}
        self.factored: dict[Node, tuple[str, str]] = {}
        self.known: dict[tuple[object, ...], str] = {}
        self.inputs: dict[Node, frozenset[int]] = {}
        self.uses: Counter[Node] = Counter()
        self.determined: set[Node] = set()
        self.inverted: set[Node] = set()  # matrices whose inverse is formed, so that it may serve where a solve would
        self.late: set[Node] = set()  # sums that are computed where they are wanted, if they are
        self.count = 0

    # ---------------------------------------------------------------- before
    def program(self, targets: list[Target]) -> Program:
        """Everything, in order."""
        self.prepare(targets)
        self.compute(*(target.node for target in targets))
        results = tuple(self.value(target.node) for target in targets)
        return Program(live(self.steps, results), self.leaves, results)

    def prepare(self, targets: list[Target]) -> None:
        """Counts the uses of nodes, and hands the axes of inputs down from derivatives to their factors."""
        order = postorder(*(target.node for target in targets))
        self.taken |= {str(symbol) for node in order for dim in node.dims for symbol in dim.symbols}
        self.uses = Counter(operand for node in order for operand in node.operands)
        self.uses.update(target.node for target in targets)
        if self.for_speed:
            wanted = {target.node for target in targets}
            inside = Counter(o for n in order if n.kind == "contraction" for o in n.operands)
            self.late = {
                node
                for node, count in inside.items()
                if node.kind == "sum" and node.rank == 2 and node not in wanted
                and self.uses[node] == count <= MOST_SPREAD
            }  # fmt: skip
        self.determined = {node.operands[0] for node in order if is_function(node, "det")}
        for target in targets:
            if target.inputs:
                self.inputs.setdefault(target.node, frozenset(target.inputs))
        for node in reversed(order):
            axes = self.inputs.get(node)
            if not axes:
                continue
            if node.kind == "sum":
                for operand in node.operands:
                    self.inputs.setdefault(operand, axes)
            elif node.kind == "contraction":
                indices = {node.data.out[axis] for axis in axes}
                for operand, places, _ in node.factors:
                    own = frozenset(axis for axis, i in enumerate(places) if i in indices)
                    if own and operand.kind in ("sum", "contraction"):
                        self.inputs.setdefault(operand, own)

    # ---------------------------------------------------------------- names
    def leaf(self, name: str, kind: str, data: object, dims: tuple[Dim, ...] = ()) -> str:
        self.leaves[name] = Leaf(kind, data, dims)
        self.dims[name] = dims
        return name

    def literal(self, value: Fraction) -> str:
        return self.leaf(str(value), "number", value)

    def step(self, operation: str, operands: tuple[str, ...], data: object, dims: tuple[Dim, ...]) -> str:
        """The name of a value; one that is computed already is not computed again."""
        key = (operation, operands, data, dims)
        name = self.known.get(key)
        if name is None:
            self.count += 1
            while f"t{self.count}" in self.taken:
                self.count += 1
            name = self.known[key] = f"t{self.count}"
            self.dims[name] = dims
            self.steps.append(Step(name, operation, operands, data, dims, tuple(self.dims[o] for o in operands)))
        return name

    # ---------------------------------------------------------------- nodes
    def compute(self, *roots: Node) -> None:
        """Values of nodes and of all they are made of; inverses and late sums wait until they are wanted."""
        for node in postorder(*roots):
            if node not in self.values and node not in self.late and not is_function(node, "inv"):
                self.values[node] = self.node(node)

    def value(self, node: Node) -> str:
        """The name of a node's value."""
        if node not in self.values:
            late = node in self.late
            assert late or is_function(node, "inv")
            self.values[node] = self.node(node) if late else self.inverse(node.operands[0])
        return self.values[node]

    def node(self, node: Node) -> str:
        if node.kind == "variable":
            return self.leaf(self.names[node.data], "variable", node.data, node.dims)
        if node.kind == "size":
            return self.leaf(str(node.data), "size", node.data)
        if node.kind == "constant":
            return self.leaf(str(node.data), "constant", node.data)
        if node.kind == "unit":
            return self.step("unit", (), node.data, node.dims)
        if node.kind == "sum":
            return self.sum(node)
        if node.kind == "contraction":
            return self.contraction(node)
        if node.kind == "reshape":
            return self.step("reshape", (self.value(node.operands[0]),), None, node.dims)
        return self.function(node)

    def function(self, node: Node) -> str:
        name, operand = node.data.name, node.operands[0]
        if name == "log" and is_function(operand, "det"):
            return self.logdet(operand.operands[0])
        if name == "log" and is_function(operand, "cosh"):
            return self.step("function", (self.value(operand.operands[0]),), LOG_COSH, node.dims)
        if name == "logdet" and properties.is_definite(operand):
            return self.logdet(operand)
        return self.step("function", tuple(self.value(o) for o in node.operands), node.data, node.dims)

    def logdet(self, matrix: Node) -> str:
        """log(det(X)) without forming det(X), which overflows."""
        if properties.is_definite(matrix):
            return self.step("logdet", (self.factor(matrix)[0],), "factored", ())
        return self.step("logdet", (self.value(matrix),), "signed", ())

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
        return self.step("inverse", (self.value(matrix),), matrix in self.determined, matrix.dims)

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

    def sum(self, node: Node) -> str:
        constant = Fraction(0)
        terms: list[tuple[Fraction, str]] = []
        for coefficient, operand in node.terms:
            number = constant_value(operand)
            if number is not None:
                constant += coefficient * number
            else:
                terms.append((coefficient, self.value(operand)))
        if not terms:
            return self.spread(Operand(self.literal(constant), ()), tuple(range(node.rank)), node.dims)
        data = (*(c for c, _ in terms), constant)
        return self.step("combine", tuple(name for _, name in terms), data, node.dims)

    # ---------------------------------------------------------------- contractions
    def contraction(self, node: Node) -> str:
        spread = next((made for made in multiplied_out(node, self.late) if self.time(made) < self.time(node)), None)
        if spread is not None:
            self.compute(spread)
            return self.value(spread)
        product: Product = node.data
        opens = self.for_speed or self.inputs.get(node)
        factors, sizes = flattened(node, self.uses) if opens else own_factors(node)
        half = None if product.out else half_of_square(node)
        if half is not None:
            self.compute(half)
            name = self.value(half)
            every = tuple(range(half.rank))
            square = self.step("product", (name, name), (every, every, ()), ())
            scalars = [f for f in node.factors if not f.indices]
            self.compute(*(f.node for f in scalars))
            return self.scaled(Operand(square, ()), product.coefficient, scalars).name
        factors = by_halves(node, unit_vectors(factors))
        if self.for_speed:
            factors = sigmoid_slopes(shared_halves(node, factors))
        self.compute(*(f.node for f in factors))
        scalars = [f for f in factors if not f.indices]
        operands = [self.operand(f) for f in factors if f.indices]
        needed = set(product.out)
        operands = [self.summed_alone(o, k, operands, needed) for k, o in enumerate(operands)]
        if not operands:
            total = self.scaled(None, product.coefficient, scalars)
        else:
            tree = self.tree(node, operands, needed, sizes)
            total = self.contract(tree, operands, product.out)
            if properties.is_symmetric(node) and total.indices == product.out[::-1]:
                total = total._replace(indices=product.out)
            total = self.formed(total)
            total = self.scaled(total, product.coefficient, scalars)
        return self.spread(total, product.out, node.dims)

    def time(self, node: Node) -> int:
        """Operations, and entries written, which take the time of several."""
        return _time(plan([Target(node)], self.names, "optimal", self.sizes).steps, self.sizes)

    def tree(self, node: Node, operands: list[Operand], needed: set[Index], sizes: Mapping[Index, Dim]) -> Tree:
        sets = [frozenset(o.indices) for o in operands]
        numbers = {i: self.size(dim) for i, dim in sizes.items()}
        axes = self.inputs.get(node)
        if axes and self.mode != "optimal":
            inputs = {node.data.out[axis] for axis in axes}
            return directed_tree(sets, frozenset(needed), numbers, inputs, forward=self.mode == "forward")
        return contraction_tree(sets, frozenset(needed), numbers, WRITING if self.for_speed else 0)

    def size(self, dim: Dim) -> int:
        return dim.at(self.sizes, ASSUMED_SIZE)

    def scaled(self, array: Operand | None, coefficient: Fraction, scalars: list[Factor]) -> Operand:
        """coefficient · Π scalar^exponent · array."""
        names: list[str] = []
        exponents: list[Fraction] = []
        for node, _, exponent in scalars:
            if is_function(node, "exp"):
                names.append(self.exp(node, exponent))
                exponents.append(_1)
            else:
                names.append(self.value(node))
                exponents.append(exponent)
        if array is None and not names:
            return Operand(self.literal(coefficient), ())
        if coefficient == 1 and (array is not None and not names):
            return array
        if array is None and coefficient == 1 and len(names) == 1 and exponents[0] == 1:
            return Operand(names[0], ())
        operands = (array.name, *names) if array is not None else tuple(names)
        data = (coefficient, array is not None, tuple(exponents))
        dims = self.dims[array.name] if array is not None else ()
        return Operand(self.step("scale", operands, data, dims), array.indices if array is not None else ())

    def operand(self, factor: Factor) -> Operand:
        node, indices, exponent = factor
        waits = node not in self.values and node.operands and node.operands[0] not in self.inverted
        if is_function(node, "inv") and exponent == 1 and indices[0] != indices[1] and waits:
            return Operand("", indices, node.operands[0])
        if is_function(node, "exp"):
            name, exponent = self.exp(node, exponent), _1
        else:
            name = self.value(node)
        unique = tuple(dict.fromkeys(indices))
        if unique != indices:
            places = dict(zip(indices, node.dims, strict=True))
            name = self.step("reduce", (name,), relabelled(indices, unique), tuple(places[i] for i in unique))
        if exponent != 1:
            name = self.step("power", (name,), exponent, self.dims[name])
        return Operand(name, unique)

    def exp(self, node: Node, exponent: Fraction) -> str:
        """exp(u)^p as exp(p*u), which overflows only where the result does."""
        if exponent == 1:
            return self.value(node)
        inner = self.value(node.operands[0])
        scaled = self.step("scale", (inner,), (exponent, True, ()), node.dims)
        return self.step("function", (scaled,), FUNCTIONS["exp"], node.dims)

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
        node = opaque(FUNCTIONS["inv"], (operand.inverse,))
        if not is_function(node, "inv"):
            self.compute(node)
        return Operand(self.value(node), operand.indices)

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
        kept = {i for i in (*a.indices, *b.indices) if i in needed}
        whole = kept == set(out) and len(set(out)) == len(out)
        same = len(a.indices) == len(b.indices)
        if len(a.indices) < len(b.indices) or (same and _reads_turned(a, b, summed, whole, out)):
            a, b = b, a
        made = tuple(i for i in dict.fromkeys((*a.indices, *b.indices)) if i in needed)
        if whole and not (len(summed) == 1 and len(made) <= 2):  # a matrix product has its own order
            made = tuple(out)
        sizes = dict(zip((*a.indices, *b.indices), (*self.dims[a.name], *self.dims[b.name]), strict=True))
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
        rest = tuple(i for i in right.indices if i != index)
        solution = self.solve(inverse.inverse, name, inverse.indices[0] == index, dims)
        return Operand(solution, (other, *rest))

    def spread(self, total: Operand, out: Indices, dims: tuple[Dim, ...]) -> str:
        """The array with the axes of ``out``: permuted, broadcast over free indices, on a diagonal for deltas."""
        if total.indices == out:
            return total.name
        if set(total.indices) == set(out) and len(set(out)) == len(out):
            axes = tuple(total.indices.index(i) for i in out)
            return self.step("permute", (total.name,), axes, dims)
        return self.step("embed", (total.name,), relabelled(total.indices, out), dims)


def _time(steps: Collection[Step], sizes: Mapping[str, int]) -> int:
    """Operations, and entries written, which take the time of several."""
    flops = Polynomial.total(step.flops for step in steps)
    written = Polynomial.total(step.entries for step in steps)
    known = {**dict.fromkeys(flops.symbols | written.symbols, ASSUMED_SIZE), **sizes}
    return int(flops.at(known) + WRITING * written.at(known))


def _reads_turned(a: Operand, b: Operand, summed: list[Index], whole: bool, out: Indices) -> bool:
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


__all__ = ["Leaf", "Program", "Target", "live", "plan", "relabelled"]
