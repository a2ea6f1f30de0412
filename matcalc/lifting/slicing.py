"""What a node is at an index: the axis is gone, and its leaves are members of families, rows, columns or entries.

These stand in for their formulas as variables of the same shape, so that what is made of them is lifted like any other
network; ``Standins`` keeps which formula each stands in for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matcalc.errors import MatcalcError
from matcalc.expr import Expr, block, eye, variable
from matcalc.families import member, members_of
from matcalc.functions.each import each
from matcalc.lifting.indices import with_names
from matcalc.network import build, properties
from matcalc.network.leaves import number
from matcalc.network.leaves import variable as variable_node
from matcalc.network.nodes import Factor, Node
from matcalc.network.reshaping import refinement, reshape
from matcalc.parts import with_parts
from matcalc.position import Index, Place
from matcalc.rational import Fraction
from matcalc.rules.functions import elementwise, opaque
from matcalc.shape import ONE, Dim

NAMED_BY_TEXT = 200  # parts of a formula, each as often as it stands there
_1 = Fraction(1)
Taken = Index | int
At = Mapping[int, Taken]  # axes, and the indices or positions at which they are taken
INDEX_FORM = "mc.tensor(…) has an index form"


class NoMemberForm(MatcalcError):
    """An axis that is taken at an index is hidden in a group of axes."""


class Standins:
    """Variables that stand in for formulas with indices."""

    def __init__(self) -> None:
        self.formulas: dict[Expr, Expr] = {}
        self.numbers: dict[Expr, int] = {}  # of long formulas, in the order in which they came

    def node(self, formula: Expr, facts: tuple[str, ...] = ()) -> Node:
        """A variable that stands in for a formula."""
        made = variable(self._name(formula), *formula.shape, facts)
        self.formulas[made] = formula
        return variable_node(made)

    def _name(self, formula: Expr) -> str:
        """A name by which factors come in an order: the text, but of a long formula, whose text can be as long as
        the tree of its parts, a number."""
        if formula.length <= NAMED_BY_TEXT:
            return str(with_names(formula, ()))
        return f"part {self.numbers.setdefault(formula, len(self.numbers)):06}"

    def replaced(self, formula: Expr) -> Expr:
        """The formula with what its variables stand in for."""
        while any(part in self.formulas for part in formula.parts):
            formula = with_parts(formula, self.formulas)
        return formula


class Slicing:
    """Takes nodes at indices. ``whole`` is the formula of a node, which is asked for where an index stays outside.

    So it is of ``kept`` nodes: a row of x*x' + … is that of a matrix which has a name.
    """

    def __init__(
        self, standins: Standins, whole: Callable[[Node], Expr], kept: Callable[[Node], bool] = lambda node: False
    ) -> None:
        self.standins = standins
        self.whole = whole
        self.kept = kept
        self.known: dict[tuple[Node, tuple[tuple[int, Taken], ...]], Node] = {}

    def at(self, node: Node, at: At) -> Node:
        if not at:
            return node
        key = node, tuple(sorted(at.items(), key=lambda pair: pair[0]))
        if key not in self.known:
            self.known[key] = self._at(node, at)
        return self.known[key]

    def _at(self, node: Node, at: At) -> Node:
        match node.kind:
            case _ if self.kept(node):
                return self._entries(node, self.whole(node), at)
            case "variable":
                return self._variable(node, at)
            case "sum":
                dims = tuple(dim for axis, dim in enumerate(node.dims) if axis not in at)
                return build.add([(c, self.at(operand, at)) for c, operand in node.terms], dims)
            case "elementwise":
                return elementwise(node.function, tuple(self.at(operand, at) for operand in node.operands))
            case "contraction":
                return self._contraction(node, at)
            case "reshape":
                return self._reshape(node, at)
            case "unit" if isinstance(node.place, int) and isinstance(at[0], int):
                return number(Fraction(node.place == at[0]))
            case "opaque" if node.function.each is not None:
                is_at_member = min(at) < node.function.each.lead
                return self._function_of_each(node, at) if is_at_member else self._by_units(node, at)
        return self._by_units(node, at) if node.rank > 2 else self._entries(node, self.whole(node), at)

    def _variable(self, node: Node, at: At) -> Node:
        family = node.variable
        members = members_of(family)
        if members is None or 0 not in at:
            return self._by_units(node, at) if node.rank > 2 else self._entries(node, family, at)
        one = self.standins.node(member(family, at[0]), members.facts)
        return self.at(one, {axis - 1: index for axis, index in at.items() if axis})

    def _entries(self, node: Node, formula: Expr, at: At) -> Node:
        """Entries, rows or columns of a formula of at most two axes."""
        places: list[Place] = []
        axis = 0
        for side in formula.shape:
            if side is ONE:
                places.append(None)
            else:
                places.append(at.get(axis))
                axis += 1
        return self.standins.node(block(formula, (places[0], places[1])), entry_facts(node))

    def _by_units(self, node: Node, at: At) -> Node:
        """Entries of all members: products with unit vectors, until members are taken."""
        factors = [Factor(node, tuple(range(node.rank)), _1)]
        factors += [self._unit(node.dims[axis], index, axis) for axis, index in at.items()]
        kept = tuple(axis for axis in range(node.rank) if axis not in at)
        return build.contract(_1, factors, kept, dict(enumerate(node.dims)))

    def _entry_of_identity(self, dim: Dim, row: Taken, col: Taken) -> Node:
        if isinstance(row, int) and isinstance(col, int):
            return number(Fraction(row == col))
        return self.standins.node(block(eye(dim), (row, col)), ("nonneg",))

    def _unit(self, dim: Dim, at: Taken, index: int) -> Factor:
        """The unit vector that has its one at an index."""
        return Factor(self.standins.node(block(eye(dim), (None, at)), ("nonneg",)), (index,), _1)

    def _contraction(self, node: Node, at: At) -> Node:
        product = node.product
        taken: dict[int, Taken] = {}
        factors = []
        for axis, index in at.items():
            known = taken.setdefault(product.out[axis], index)
            if known != index:  # an entry of a diagonal matrix
                factors.append(Factor(self._entry_of_identity(node.dims[axis], known, index), (), _1))
        factors += [self.factor(factor, taken) for factor in node.factors]
        sizes = dict(enumerate(product.sizes))
        kept = []
        for axis, i in enumerate(product.out):
            if axis in at:
                continue
            if i in taken:  # a row of a diagonal matrix has one entry
                i, known = len(sizes), i
                sizes[i] = sizes[known]
                factors.append(self._unit(sizes[i], taken[known], i))
            kept.append(i)
        return build.contract(product.coefficient, factors, tuple(kept), sizes)

    def factor(self, factor: Factor, taken: Mapping[int, Taken]) -> Factor:
        """A factor of a product at those of its indices that are taken."""
        at = {axis: taken[i] for axis, i in enumerate(factor.indices) if i in taken}
        indices = tuple(i for i in factor.indices if i not in taken)
        return Factor(self.at(factor.node, at), indices, factor.exponent)

    def _reshape(self, node: Node, at: At) -> Node:
        (operand,) = node.operands
        through = self._inside(operand, node.dims)
        if through is not None:
            return self.at(through, at)
        groups = refinement(operand.dims, node.dims)
        if groups is None or any(len(groups[axis]) != 1 for axis in at):
            split = refinement(node.dims, operand.dims)
            if split is None:
                raise NoMemberForm("an axis of members is part of a longer one", hint=INDEX_FORM)
            return self._split(node, operand, split, at)
        inner = {groups[axis][0]: index for axis, index in at.items()}
        dims = tuple(dim for axis, dim in enumerate(node.dims) if axis not in at)
        return reshape(self.at(operand, inner), dims)

    def _inside(self, operand: Node, dims: tuple[Dim, ...]) -> Node | None:
        """A function of entries of a regrouped array, as that of the array itself."""
        if operand.kind != "elementwise":
            return None
        return elementwise(operand.function, tuple(reshape(inner, dims) for inner in operand.operands))

    def _split(self, node: Node, operand: Node, groups: list[tuple[int, ...]], at: At) -> Node:
        """Of an operand whose axes are groups of the node's: those axes that are no groups are taken."""
        inner: dict[int, Taken] = {}
        for k, group in enumerate(groups):
            if len(group) == 1 and group[0] in at:
                inner[k] = at[group[0]]
            elif set(group) & set(at):
                raise NoMemberForm("an axis of members is part of a longer one", hint=INDEX_FORM)
        dims = tuple(dim for axis, dim in enumerate(node.dims) if axis not in at)
        return reshape(self.at(operand, inner), dims)

    def _function_of_each(self, node: Node, at: At) -> Node:
        assert node.function.each is not None
        function, form, lead = node.function.each
        leading = {axis: index for axis, index in at.items() if axis < lead}
        operands = tuple(self.at(operand, leading) for operand in node.operands)
        left = lead - len(leading)
        made = opaque(each(function, form, left) if left else function, operands)
        return self.at(made, {axis - len(leading): index for axis, index in at.items() if axis >= lead})


def entry_facts(node: Node) -> tuple[str, ...]:
    """What is known of the sign of all entries."""
    if properties.is_positive(node):
        return "nonneg", "positive"
    return ("nonneg",) if properties.is_nonnegative(node) else ()
