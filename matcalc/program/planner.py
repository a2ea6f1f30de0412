"""Network → program: typed steps, each distinct value computed once.

Inverses are not formed where a solve does; products are bracketed by the mode. In reverse mode a derivative is
multiplied from the output side, in forward mode from the axes of its input, in optimal mode in the cheapest order;
what is no derivative is always computed in the cheapest order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from matcalc.expr import Expr
from matcalc.functions import DET, INV, LOG, LOGDET
from matcalc.network import properties
from matcalc.network.nodes import ByKind, Factor, Index, Indices, Node, constant_value, is_function
from matcalc.placements import Block, blocks_of, fill
from matcalc.program.choices import ASSUMED_SIZE, Choices, Sizes, size
from matcalc.program.draft import WRITING, Leaf, Program, Target, live, time
from matcalc.program.factoring import factored
from matcalc.program.logarithms import difference, logarithm
from matcalc.program.multiplying import Multiplying, Operand, relabelled
from matcalc.program.order import Tree, contraction_tree, directed_tree, tree_cost
from matcalc.program.parts import common_pairs, with_known_parts, with_scalars_apart, with_sums_applied
from matcalc.program.passes import ALTERNATIVES, LAST, OF_PRODUCTS, STABLE, ProductFactors, Way, by_all
from matcalc.program.places import places
from matcalc.program.polynomial import Polynomial
from matcalc.program.products import flattened, multiplied_out, own_factors
from matcalc.program.squares import half_of_square, rooted
from matcalc.rational import Fraction
from matcalc.shape import Dim
from matcalc.walk import postorder

MOST_SPREAD = 3  # products with a sum that may be multiplied out; where more have it, it is computed
LARGEST_SHARED = 20  # values; in larger programs, pairs of factors are not shared
LARGEST_SPREAD = 50  # values of a program in which products are multiplied out: each way is planned to be compared
SHARING = Fraction(1, 10)  # of what only a program with shared pairs of factors does: it must save more than that

_1 = Fraction(1)


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
    return plan_at(Choices(sizes or {}), targets, names, mode, for_speed=for_speed)


def plan_at(
    choices: Choices,
    targets: list[Target],
    names: Mapping[Expr, str],
    mode: str = "optimal",
    *,
    for_speed: bool = False,
) -> Program:
    """The same at the sizes of these ``choices``, which are all that it depends on them by."""
    start = by_all(STABLE, Way([target.node for target in targets]), choices)
    if not for_speed:
        return Planner(names, mode, choices).program(targets, by_all(LAST, start, choices))
    ways = [start]
    for alternative in ALTERNATIVES:
        ways += [changed for way in ways if (changed := way.by(alternative, choices)) is not way]
    plain: list[Program] = []
    sharing: list[Program] = []
    for way in ways:
        way = by_all(LAST, way, choices)
        plain += _with_and_without_inverses(targets, way, names, mode, choices, set())
        if pairs := _shared_pairs(way.nodes):
            sharing += _with_and_without_inverses(targets, way, names, mode, choices, pairs)
    usual = {step.unnamed() for program in plain for step in program.steps} if sharing else set()
    taken = [time(program.steps) for program in plain]
    for program in sharing:
        own = [step for step in program.steps if step.unnamed() not in usual]
        taken.append(time(program.steps) + time(own) * SHARING)
    return (plain + sharing)[least(taken, choices)]


def least(times: Sequence[Polynomial], choices: Choices) -> int:
    """The place of the first of those that are least."""
    if len(times) == 1:
        return 0
    return choices.make(lambda sizes: min(range(len(times)), key=lambda k: times[k].at(sizes, ASSUMED_SIZE)))


def _shared_pairs(nodes: Sequence[Node]) -> set[Node]:
    """The pairs of factors that several products have, of programs that are small enough to be planned once more."""
    order = postorder(*nodes)
    return common_pairs(order) if len(order) <= LARGEST_SHARED else set()


def _with_and_without_inverses(
    targets: list[Target],
    way: Way,
    names: Mapping[Expr, str],
    mode: str,
    choices: Choices,
    pairs: Collection[Node],
) -> list[Program]:
    """The program and, where it forms inverses, the one in which these serve wherever a solve would."""
    planner = Planner(names, mode, choices, for_speed=True, pairs=pairs)
    programs = [planner.program(targets, way)]
    if planner.inverted:
        other = Planner(names, mode, choices, for_speed=True, pairs=pairs)
        other.inverted = planner.inverted
        programs.append(other.program(targets, way))
    return programs


class Planner(Multiplying):
    """A program in the making."""

    def __init__(
        self,
        names: Mapping[Expr, str],
        mode: str,
        choices: Choices,
        *,
        for_speed: bool = False,
        spreads: bool = True,
        pairs: Collection[Node] = (),
    ) -> None:
        super().__init__(names, choices, for_speed=for_speed)
        self.spreads = for_speed and spreads  # whether products with sums may be multiplied out
        self.mode = mode
        self.pairs = pairs  # products of two factors that are computed as such where this is no dearer
        self.inputs: dict[Node, frozenset[int]] = {}
        self.uses: Counter[Node] = Counter()
        self.timed: dict[tuple[Node, tuple[Node, ...]], Polynomial] = {}
        self.passes: set[str] = set()  # those that changed a product
        self.rooted: set[Node] = set()  # sums of squares of which roots are taken
        self.certain: set[Node] = set()  # products that are computed as such, whatever stands in others
        self.late: set[Node] = set()  # sums that are computed where they are wanted, if they are
        self.scaled_sums: set[Node] = set()  # sums that are computed with the number before them

    # ---------------------------------------------------------------- before
    def program(self, targets: list[Target], way: Way) -> Program:
        """Everything, in order: the targets as a way writes them."""
        targets = [target._replace(node=node) for target, node in zip(targets, way.nodes, strict=True)]
        self.prepare(targets)
        self.compute(*(target.node for target in targets))
        results = tuple(self.value(target.node) for target in targets)
        return Program(live(self.steps, results), self.leaves, results, (*way.passes, *sorted(self.passes)))

    def prepare(self, targets: list[Target]) -> None:
        """Counts the uses of nodes, and hands the axes of inputs down from derivatives to their factors."""
        order = postorder(*(target.node for target in targets))
        self.taken |= {str(symbol) for node in order for dim in node.dims for symbol in dim.symbols}
        self.uses = Counter(operand for node in order for operand in node.operands)
        self.uses.update(target.node for target in targets)
        self.rooted = rooted(order)
        self.certain = {
            node
            for user in order
            for node in user.operands
            if node.kind == "contraction" and (self.uses[node] > 1 or user.kind != "contraction")
        }
        if self.spreads and len(order) <= LARGEST_SPREAD:
            wanted = {target.node for target in targets}
            inside = Counter(o for n in order if n.kind == "contraction" for o in n.operands)
            self.late = {
                node
                for node, count in inside.items()
                if node.kind == "sum" and node.rank >= 2 and node not in wanted
                and self.uses[node] == count <= MOST_SPREAD
            }  # fmt: skip
        self.scaled_sums = {n.operands[0] for n in order if _takes_number(n) and self.uses[n.operands[0]] == 1}
        self.late |= self.scaled_sums
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
                indices = {node.product.out[axis] for axis in axes}
                for operand, places, _ in node.factors:
                    own = frozenset(axis for axis, i in enumerate(places) if i in indices)
                    if own and operand.kind in ("sum", "contraction"):
                        self.inputs.setdefault(operand, own)

    # ---------------------------------------------------------------- nodes
    def compute(self, *roots: Node) -> None:
        """Values of nodes and of all they are made of; inverses and late sums wait until they are wanted."""
        for node in postorder(*roots):
            if node not in self.values and node not in self.late and not is_function(node, INV):
                self.values[node] = self.node(node)

    def value(self, node: Node) -> str:
        """The name of a node's value."""
        if node not in self.values:
            late = node in self.late
            assert late or is_function(node, INV)
            self.values[node] = self.node(node) if late else self.inverse(node.operands[0])
        return self.values[node]

    def node(self, node: Node) -> str:
        return _STEPS[node.kind](self, node)

    def function(self, node: Node) -> str:
        operand = node.operands[0]
        if is_function(node, LOG) and is_function(operand, DET):
            return self.logdet(operand.operands[0])
        found = logarithm(operand) if is_function(node, LOG) else None
        if found is not None:
            self.compute(*found.operands)
            return self.step("function", tuple(map(self.value, found.operands)), found.function, node.dims)
        if is_function(node, LOGDET) and properties.is_definite(operand):
            return self.logdet(operand)
        if node.function.is_mask:
            return self.step("mask", (), node.function, node.dims)
        return self.step("function", tuple(self.value(o) for o in node.operands), node.function, node.dims)

    def logdet(self, matrix: Node) -> str:
        """log(det(X)) without forming det(X), which overflows."""
        if properties.is_definite(matrix):
            return self.step("logdet", (self.factor(matrix)[0],), "factored", ())
        return self.step("logdet", (self.value(matrix),), "signed", ())

    def sum_or_blocks(self, node: Node) -> str:
        blocks = blocks_of(node.terms)
        return self.join(blocks, node.dims) if blocks else self.sum(node)

    def join(self, blocks: list[Block], dims: tuple[Dim, ...]) -> str:
        """Arrays that are placed apart from each other, in one array."""
        self.compute(*(block.node for block in blocks))
        names = tuple(self.value(block.node) for block in blocks)
        return self.step("join", names, (tuple(block.places for block in blocks), fill(blocks, dims)), dims)

    def sum(self, node: Node, before: Fraction = _1) -> str:
        """A sum, with the number before it."""
        found = difference(node)
        if found is not None:
            coefficient, function, argument = found
            coefficient *= before
            self.compute(argument)
            made = self.step("function", (self.value(argument),), function, node.dims)
            array = self.times(made, coefficient, ()) if node.rank else None
            return array or self.scaled(Operand(made, ()), coefficient, []).name
        constant = Fraction(0)
        terms: list[tuple[Fraction, str]] = []
        once: set[str] = set()
        for weight, operand in node.terms:
            coefficient = weight * before
            number = constant_value(operand)
            if number is not None:
                constant += coefficient * number
            else:
                terms.append((coefficient, self.value(operand)))
                once |= {terms[-1][1]} if self.uses[operand] == 1 else set()
        if not terms:
            return self.spread(Operand(self.literal(constant), ()), tuple(range(node.rank)), node.dims)
        if self.for_speed and node.rank:
            terms = self.absorbing(terms, once)
        data = (*(c for c, _ in terms), constant)
        return self.step("combine", tuple(name for _, name in terms), data, node.dims)

    # ---------------------------------------------------------------- contractions
    def contraction(self, node: Node) -> str:
        if node.operands and node.operands[0] in self.scaled_sums:
            return self.sum(node.operands[0], node.product.coefficient)
        spread = self.spread_sums(node)
        if spread is not None:
            self.compute(spread)
            return self.value(spread)
        product = node.product
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
        for one in OF_PRODUCTS:
            if self.for_speed or not one.is_for_speed:
                changed = one.apply(ProductFactors(node, factors, product.out, sizes), self)
                if changed != factors:
                    self.passes.add(one.told.name)
                    factors = changed
        units = [f for f in factors if f.node.kind == "unit"]
        self.compute(*(f.node for f in factors if f not in units))
        scalars = [f for f in factors if not f.indices]
        operands = [self.operand(f) for f in factors if f.indices and f not in units]
        waiting = [o.indices for o in operands if o.inverse is not None]
        found = places(units, [o.indices for o in operands], waiting, product.out)
        self.compute(*(f.node for f in found.left))
        operands = [self.taking(o, found) for o in (*operands, *map(self.operand, found.left))]
        out = found.remaining(product.out)
        needed = set(out)
        operands = [self.summed_alone(o, k, operands, needed) for k, o in enumerate(operands)]
        if not operands:
            total = self.scaled(None, product.coefficient, scalars)
        else:
            tree = self.tree(node, operands, needed, sizes)
            total = self.contract(tree, operands, out)
            if properties.is_symmetric(node) and total.indices == product.out[::-1]:
                total = total._replace(indices=product.out)
            total = self.formed(total)
            total = self.scaled(total, product.coefficient, scalars)
        return self.placed(total, found, product.out, node.dims, sizes)

    def spread_sums(self, node: Node) -> Node | None:
        """The product multiplied out, where that is cheaper."""
        ways = list(multiplied_out(node, self.late))
        ways += [changed for way in ways if (changed := factored([way])[0]) is not way]
        if not ways:
            return None
        given = tuple(o for o in node.operands if o not in self.late and (self.uses[o] > 1 or o.kind != "contraction"))
        place = least([self.time_of(way, given) for way in (node, *ways)], self.choices)
        return ways[place - 1] if place else None

    def parted(self, factors: list[Factor], out: Indices, sizes: Mapping[Index, Dim]) -> list[Factor]:
        """The factors of a product, parts that are worth a value of their own in one."""

        def cost(chosen: list[Factor], numbers: Mapping[Index, int]) -> int:
            sets = [frozenset(f.indices) for f in chosen if f.indices]
            if not sets:
                return 0
            tree = contraction_tree(sets, frozenset(out), numbers, WRITING)
            return tree_cost(tree, sets, frozenset(out), numbers, WRITING)

        def is_no_dearer(one: list[Factor], other: list[Factor]) -> bool:
            def choose(known: Sizes) -> bool:
                numbers = {i: size(dim, known) for i, dim in sizes.items()}
                return cost(one, numbers) <= cost(other, numbers)

            return self.choices.make(choose)

        factors = with_scalars_apart(factors, out, sizes)
        factors = with_known_parts(factors, out, sizes, self.certain.union(self.pairs), is_no_dearer)
        return with_sums_applied(factors, out, sizes, self.late)

    def time_of(self, node: Node, given: tuple[Node, ...]) -> Polynomial:
        """Operations, and entries written, which take the time of several, where some values are there."""
        if (node, given) not in self.timed:
            planner = Planner(self.names, "optimal", self.choices, for_speed=True, spreads=False)
            for at, known in enumerate(given):
                planner.values[known] = planner.leaf(f"known{at}", "variable", known, known.dims)
            self.timed[node, given] = time(planner.program([Target(node)], Way([node])).steps)
        return self.timed[node, given]

    def tree(self, node: Node, operands: list[Operand], needed: set[Index], sizes: Mapping[Index, Dim]) -> Tree:
        sets = [frozenset(o.indices) for o in operands]
        kept = frozenset(needed)
        axes = self.inputs.get(node)

        def choose(known: Sizes) -> Tree:
            numbers = {i: size(dim, known) for i, dim in sizes.items()}
            if axes and self.mode != "optimal":
                inputs = {node.product.out[axis] for axis in axes}
                return directed_tree(sets, kept, numbers, inputs, forward=self.mode == "forward")
            return contraction_tree(sets, kept, numbers, WRITING if self.for_speed else 0)

        return self.choices.make(choose)


# What is made of a node of each kind.
_STEPS: ByKind[Callable[[Planner, Node], str]] = {
    "variable": lambda made, node: made.leaf(made.names[node.variable], "variable", node.variable, node.dims),
    "size": lambda made, node: made.leaf(str(node.dimension), "size", node.dimension),
    "constant": lambda made, node: made.leaf(node.constant, "constant", node.constant),
    "unit": lambda made, node: made.step("unit", (), node.place, node.dims),
    "contraction": Planner.contraction,
    "sum": Planner.sum_or_blocks,
    "elementwise": Planner.function,
    "opaque": Planner.function,
    "reshape": lambda made, node: made.step("reshape", (made.value(node.operands[0]),), None, node.dims),
}

__all__ = ["Leaf", "Program", "Target", "live", "plan", "plan_at", "relabelled"]


def _takes_number(node: Node) -> bool:
    """Whether this is a number times a sum, and multiplying that into the sum saves a multiplication."""
    if node.kind != "contraction" or len(node.operands) != 1 or node.operands[0].kind != "sum":
        return False
    product = node.product
    if product.exponents[0] != 1 or product.indices[0] != product.out or len(set(product.out)) < len(product.out):
        return False
    weights = [c for c, operand in node.operands[0].terms if constant_value(operand) is None]
    return sum(abs(c * product.coefficient) != 1 for c in weights) <= sum(abs(c) != 1 for c in weights)
