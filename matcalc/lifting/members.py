"""What is of members in matrix notation: sums over the members of a family, and stacks of what each gives.

An axis of members that is summed becomes an index under a sum; one of the result becomes the index of a stack. Only
these axes do: all others are rows and columns, as everywhere. What is under an index is lifted like any network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from types import MappingProxyType

from matcalc.bound import Over, Total, ranges, total
from matcalc.expr import Expr, call, ones, transpose
from matcalc.functions import DIAG, VEC
from matcalc.indexed import indexed
from matcalc.lifting.slicing import INDEX_FORM, NoMemberForm, Slicing, Standins, Taken, entry_facts
from matcalc.network import build, properties
from matcalc.network.components import connected
from matcalc.network.leaves import split_coefficient
from matcalc.network.nodes import Factor, Node, Product
from matcalc.network.reshaping import refinement, reshape
from matcalc.position import Index
from matcalc.rational import Fraction
from matcalc.records import changed
from matcalc.rules.functions import elementwise, opaque
from matcalc.shape import Dim
from matcalc.walk import postorder

_1 = Fraction(1)
Lift = Callable[[Node, int], Expr]


class MemberForms:
    """The formula of a network with members; ``lift`` is that of one without, whose rows are so many axes.

    Indices are told apart by numbers; they get their names at last. Axes that are ``opened`` are taken as those of
    members are.
    """

    def __init__(
        self,
        lift: Lift,
        numbers: Iterator[int] | None = None,
        opened: Mapping[Node, frozenset[int]] = MappingProxyType({}),
    ) -> None:
        self.numbers = count() if numbers is None else numbers
        self.lift_plain = lift
        self.standins = Standins()
        self.slicing = Slicing(self.standins, self.whole, self._is_kept)
        self.axes: dict[Node, frozenset[int]] = dict(opened)
        self.opened = opened
        self.holding: dict[Node, bool] = {}  # whether what is taken at indices is in a node
        self.plain: dict[Node, Node] = {}

    # ---------------------------------------------------------------- axes of members
    def of_members(self, node: Node) -> frozenset[int]:
        """The axes of a node that are of members."""
        if node not in self.axes:
            for part in postorder(node):
                if part not in self.axes:
                    self.axes[part] = self._axes(part)
        return self.axes[node]

    def _axes(self, node: Node) -> frozenset[int]:
        match node.kind:
            case "variable":
                return frozenset((0,) if node.rank > 2 else ())
            case "sum" | "elementwise":
                return frozenset().union(*(self.axes[operand] for operand in node.operands))
            case "contraction":
                found = {f.indices[axis] for f in node.factors for axis in self.axes[f.node]}
                return frozenset(axis for axis, i in enumerate(node.product.out) if i in found)
            case "reshape":
                return self._axes_of_reshape(node)
            case "opaque" if node.function.each is not None:
                return frozenset(range(node.function.each.lead))
        return frozenset()

    def _axes_of_reshape(self, node: Node) -> frozenset[int]:
        inner = self.axes[node.operands[0]]
        if not inner:
            return frozenset()
        groups = refinement(node.operands[0].dims, node.dims)
        if groups is not None:
            return frozenset(axis for axis, group in enumerate(groups) if inner & set(group))
        split = refinement(node.dims, node.operands[0].dims)
        if split is None:
            raise NoMemberForm("an axis of members is part of a longer one", hint=INDEX_FORM)
        return frozenset(axis for k in inner for axis in split[k])

    # ---------------------------------------------------------------- formulas
    def formula(self, node: Node, rows: int) -> Expr:
        """The formula of a node whose first ``rows`` axes make up its rows."""
        stacked = self.of_members(node)
        if stacked and node.rank == 2 and _is_diagonal(node):
            return call(DIAG, self.formula(_on_diagonal(node), 1))
        if stacked:
            return self._stack(node, rows, stacked)
        return self.standins.replaced(self.lift_plain(self.without(node), rows))

    def stack(self, node: Node) -> Expr:
        """The formula of an array of matrices as a stack of them."""
        return self._stacked_over(node, (0,))

    def whole(self, node: Node) -> Expr:
        """The formula of a node of at most two axes."""
        return self.formula(node, min(node.rank, 1))

    def _stack(self, node: Node, rows: int, stacked: frozenset[int]) -> Expr:
        if node.rank == 1:
            column = self._stacked_over(node, (0,))
            return column if rows else transpose(column)
        if node.rank == 2 and rows == 1:
            every = self._stacked_over(node, (0, 1))
            if len(stacked) == 2:
                return every
            (axis,) = stacked
            one = self._stacked_over(node, (axis,))
            made = transpose(one) if axis else one
            return made if made.length <= every.length + 1 else every
        if node.rank == 3 and rows == 2 and stacked == {0}:
            return self._stacked_over(node, (0,))
        return self._rearranged(node, rows, stacked)

    def _stacked_over(self, node: Node, axes: tuple[int, ...]) -> Expr:
        dims = [node.dims[axis] for axis in axes]
        names = self._indices(len(dims))
        body = self.slicing.at(node, dict(zip(axes, names, strict=True)))
        under = self._under(body, min(body.rank, 1))
        return total(under, _binding(under, names, dims, "stack"))

    def _rearranged(self, node: Node, rows: int, stacked: frozenset[int]) -> Expr:
        """Other groups of axes: blocks, and where these are in another order, vec or index notation of them."""
        if len(stacked) > 2:
            raise NoMemberForm("members along more than two axes", hint=INDEX_FORM)
        left, right = ([axis for axis in side if axis not in stacked] for side in (range(rows), range(rows, node.rank)))
        first, *others = sorted(stacked)
        if not others and first >= rows:
            left, right = right, left
        if rows in (0, node.rank) and len(left) + len(right) == 2 and not others:  # vec has columns before rows
            right, left = ([axis] for axis in sorted([*left, *right]))
        made = [first, *left], [*others, *right]
        if not others and not right:
            made = [first], left
        blocks = self._blocks(node, [first, *others], left, right)
        asked = [*range(rows)], [*range(rows, node.rank)]
        if made == asked:
            return blocks
        if made[::-1] == asked:
            return transpose(blocks)
        if rows in (0, node.rank) and [*made[1], *made[0]] == [*range(node.rank)]:
            return call(VEC, blocks) if rows else transpose(call(VEC, blocks))
        return _in_index_notation(blocks, made, asked, node.dims)

    def _blocks(self, node: Node, members: list[int], left: list[int], right: list[int]) -> Expr:
        """A stack whose blocks have these axes as rows and as columns."""
        names = self._indices(len(members))
        body = self.slicing.at(node, dict(zip(members, names, strict=True)))
        order = sorted([*left, *right])
        turned = build.permute(body, [order.index(axis) for axis in (*left, *right)])
        under = self._under(turned, len(left))
        return total(under, _binding(under, names, [node.dims[axis] for axis in members], "stack"))

    def _under(self, body: Node, rows: int) -> Expr:
        """The formula of a body under indices."""
        return self.standins.replaced(MemberForms(self.lift_plain, self.numbers, self.opened).formula(body, rows))

    def _indices(self, how_many: int) -> list[Index]:
        return [Index(f"i{next(self.numbers)}", None) for _ in range(how_many)]

    def _is_kept(self, node: Node) -> bool:
        """Whether a matrix is a sum with products of matrices and stays one where axes are opened: all distances."""
        is_plain = bool(self.opened) and node.kind == "sum" and node.rank == 2 and not self.has_members(node)
        return is_plain and any(o.kind == "contraction" and _sums(o.product) for o in node.operands)

    # ---------------------------------------------------------------- networks without members
    def without(self, node: Node) -> Node:
        """The node with variables that stand in for what is of members; none of its axes is."""
        for part in postorder(node) if node not in self.plain else ():
            if part not in self.plain and (not self.of_members(part) or not self.has_members(part)):
                self.plain[part] = self._without(part) if self.has_members(part) else part
        return self.plain[node]

    def has_members(self, node: Node) -> bool:
        """Whether there is anything in a network of which axes are taken at indices."""
        if node.has_members or not self.opened:
            return node.has_members
        for part in postorder(node) if node not in self.holding else ():
            if part not in self.holding:
                held = part.has_members or part in self.opened
                self.holding[part] = held or any(self.holding[operand] for operand in part.operands)
        return self.holding[node]

    def _operand(self, node: Node) -> Node:
        """The operand of a function or a sum: with axes of members, a stack stands in for it."""
        if not self.has_members(node):
            return node
        if not self.of_members(node):
            return self.without(node)
        if node.rank > 2:
            raise NoMemberForm("members beside more axes than a matrix has", hint=INDEX_FORM)
        return self.standins.node(self.whole(node), _facts(node))

    def _without(self, node: Node) -> Node:
        match node.kind:
            case "sum":
                return self._sum(node)
            case "contraction":
                return self._contraction(node)
            case "elementwise":
                return elementwise(node.function, tuple(map(self._operand, node.operands)))
            case "reshape":
                return reshape(self._operand(node.operands[0]), node.dims)
        return opaque(node.function, tuple(map(self._operand, node.operands)))

    def _contraction(self, node: Node) -> Node:
        """A product: an axis of members that is summed becomes an index under a sum."""
        product, factors = node.product, node.factors
        opened = list(dict.fromkeys(f.indices[axis] for f in factors for axis in sorted(self.of_members(f.node))))
        sizes = dict(enumerate(product.sizes))
        if not opened:
            plain = [f._replace(node=self._operand(f.node)) for f in factors]
            return build.contract(product.coefficient, plain, product.out, sizes)
        under = _under_sum if self.opened else connected
        inside = under(factors, set(opened), set(product.out))
        beside = {i for f in factors if f not in inside for i in f.indices}
        ends = dict.fromkeys([*product.out, *(i for f in inside for i in f.indices if i in beside)])
        shown = tuple(i for i in ends if i not in opened and any(i in f.indices for f in inside))
        taken: dict[int, Taken] = {}
        for f in inside:
            if f.node.kind == "unit" and isinstance(f.node.place, int) and f.indices[0] in opened:
                taken[f.indices[0]] = f.node.place
        opened = [i for i in opened if i not in taken]
        if not opened:
            at_positions = [self.slicing.factor(f, taken) for f in factors]
            return self.without(build.contract(product.coefficient, at_positions, product.out, sizes))
        outside = [f._replace(node=self._operand(f.node)) for f in factors if f not in inside]
        names = self._indices(len(opened))
        taken.update(zip(opened, names, strict=True))
        body = build.contract(product.coefficient, [self.slicing.factor(f, taken) for f in inside], shown, dict(sizes))
        coefficient, body = split_coefficient(body)
        if len(shown) > 2:
            raise NoMemberForm("more axes than a matrix has", hint=INDEX_FORM)
        made = self._under(body, min(len(shown), 1))
        made = total(made, _binding(made, names, [sizes[i] for i in opened], "sum"))
        standing = Factor(self.standins.node(made, _facts(body)), shown, _1)
        return build.contract(coefficient, [*outside, standing], product.out, sizes)

    def _sum(self, node: Node) -> Node:
        return build.add([(c, self._operand(operand)) for c, operand in node.terms], node.dims)


def _under_sum(factors: list[Factor], opened: set[int], out: set[int]) -> list[Factor]:
    """What stands under a sum over indices: the factors on them, where what they make is a matrix beside the others."""
    inside = [f for f in factors if not opened.isdisjoint(f.indices)]
    beside = {i for f in factors if f not in inside for i in f.indices}
    shown = {i for f in inside for i in f.indices if i not in opened and (i in out or i in beside)}
    return inside if len(shown) <= 2 else connected(factors, opened, out)


def _in_index_notation(
    blocks: Expr, made: tuple[list[int], list[int]], asked: tuple[list[int], list[int]], dims: Sequence[Dim]
) -> Expr:
    """A matrix whose rows and columns are these groups of axes, with others."""
    letters = "ijklpqrstuvw"
    groups = [side for side in made if side]
    factors = [blocks, *(ones(dims[axis]) for side in groups for axis in side if len(side) > 1)]
    places = [tuple("*".join(letters[axis] for axis in side) for side in groups)]
    places += [(letters[axis],) for side in groups for axis in side if len(side) > 1]
    rows, cols = (tuple(letters[axis] for axis in side) for side in asked)
    return indexed(rows, cols, tuple(factors), tuple(places))


def _is_diagonal(node: Node) -> bool:
    return node.kind == "contraction" and node.product.out[0] == node.product.out[1]


def _sums(product: Product) -> bool:
    """Whether a product is summed over an index."""
    return len(product.sizes) > len(set(product.out))


def _on_diagonal(node: Node) -> Node:
    """The entries on the diagonal of a matrix that is diagonal by form."""
    product = node.product
    return build.contract(product.coefficient, node.factors, product.out[:1], dict(enumerate(product.sizes)))


def _facts(node: Node) -> tuple[str, ...]:
    """What is known of a node, and so of a sum of such."""
    found = list(entry_facts(node))
    if properties.is_definite(node):
        found += ["invertible", "posdef"]
    if properties.is_symmetric(node):
        found.append("symmetric")
    return tuple(sorted(found))


def _binding(body: Expr, names: Sequence[Index], dims: Sequence[Dim], over: Over) -> Total:
    """Binds indices in a formula; what an index runs over is said where the formula does not tell it."""
    what = Total(tuple(names), (None,) * len(names), "", over)
    told = ranges(body, what)
    return changed(what, ranges=tuple(None if name in told else dim for name, dim in zip(names, dims, strict=True)))
