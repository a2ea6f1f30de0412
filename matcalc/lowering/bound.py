"""Formulas under sums over indices → network: an index that is bound is an axis beside those of rows and columns.

Sums, products and functions of entries take such axes along; a function that is read as an einsum, or defined by a
formula, is that of each member; one of a matrix as a whole has a form for all rows of a matrix, or none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matcalc.bound import Total, ranges
from matcalc.budgets import LONGEST_CHAIN
from matcalc.errors import MatcalcError, ShapeError, UnsupportedError
from matcalc.expr import Expr, integer_value, variable
from matcalc.function import Function
from matcalc.functions import FUNCTIONS, POWER
from matcalc.lowering.lower import lower
from matcalc.network.build import add, contract, scale, size
from matcalc.network.leaves import number, unit
from matcalc.network.nodes import Factor, Node, constant_value
from matcalc.network.reshaping import reshape
from matcalc.network.views import View, atomic
from matcalc.position import Index
from matcalc.rational import Fraction
from matcalc.rules.formulas import read, template
from matcalc.rules.functions import elementwise, opaque, raised
from matcalc.shape import ONE, Dim, Form, Shape, product

_1 = Fraction(1)
_HALF = Fraction(1, 2)
Axis = Index | str  # an index that is bound, rows or columns; or, within a product, any other name
ROWS, COLS, _INNER = "rows", "columns", "inner"
_OWN: tuple[Axis, Axis] = (ROWS, COLS)

_NO_SIZES: Mapping[Axis, Dim] = {}


class Open(NamedTuple):
    """A node, and what each of its axes is."""

    node: Node
    axes: tuple[Axis, ...]

    @property
    def sizes(self) -> dict[Axis, Dim]:
        return dict(zip(self.axes, self.node.dims, strict=True))

    @property
    def bound(self) -> list[Axis]:
        return [axis for axis in self.axes if isinstance(axis, Index)]

    @property
    def own(self) -> list[Axis]:
        return [axis for axis in _OWN if axis in self.axes]

    @property
    def shape(self) -> Shape:
        return Shape(*(self.sizes.get(axis, ONE) for axis in (ROWS, COLS)))

    def named(self, names: Mapping[Axis, Axis]) -> Open:
        """With other names of axes; an axis that has the name of another is the same one."""
        return Open(self.node, tuple(names.get(axis, axis) for axis in self.axes))


def closed(expr: Expr) -> View:
    """The network of a formula with sums over indices.

    Raises:
        UnsupportedError: a function of a matrix as a whole depends on an index.
        MatcalcError: the formula divides by zero.
    """
    try:
        made = _Lowering({}, {}).open(expr)
    except (ZeroDivisionError, OverflowError) as error:
        raise MatcalcError("the formula divides by zero") from error
    assert not made.bound
    return View(_placed(made, made.own), int(ROWS in made.axes))


def _of_view(view: View) -> Open:
    plain = atomic(view)
    axes = [axis for axis, dims in ((ROWS, plain.row_dims), (COLS, plain.col_dims)) if dims]
    return Open(plain.node, tuple(axes))


# ---------------------------------------------------------------- products and sums of what has named axes
def _product(
    factors: Sequence[tuple[Open, Fraction]], out: Sequence[Axis], sizes: Mapping[Axis, Dim] = _NO_SIZES
) -> Open:
    """The product of powers, summed over the axes not in ``out``; what has not an axis is constant along it."""
    numbers: dict[Axis, int] = {}
    dims: dict[int, Dim] = {}
    made = []
    for part, exponent in factors:
        for axis, dim in part.sizes.items():
            dims[numbers.setdefault(axis, len(numbers))] = dim
        made.append(Factor(part.node, tuple(numbers[axis] for axis in part.axes), exponent))
    for axis in out:
        if axis not in numbers:
            dims[numbers.setdefault(axis, len(numbers))] = sizes[axis]
    return Open(_multiplied_out(contract(_1, made, tuple(numbers[axis] for axis in out), dims)), tuple(out))


def _multiplied_out(node: Node) -> Node:
    """Sums on more than two axes, and their squares, term by term: Σ_k (X[i,k] - Y[j,k])^2 is three products."""
    factors = node.factors if node.kind == "contraction" else []
    place = next((k for k, factor in enumerate(factors) if _is_large(factor)), None)
    if place is None or node.operands[place].rank <= node.rank:
        return node
    factor = node.factors[place]
    others = [f for k, f in enumerate(node.factors) if k != place]
    if factor.exponent == 2:
        others.append(factor._replace(exponent=_1))
    sizes = dict(enumerate(node.product.sizes))
    terms = []
    for c, term in factor.node.terms:
        made = contract(
            node.product.coefficient, [*others, factor._replace(node=term, exponent=_1)], node.product.out, dict(sizes)
        )
        terms.append((c, _multiplied_out(made)))
    return add(terms, node.dims)


def _is_large(factor: Factor) -> bool:
    return factor.node.kind == "sum" and factor.node.rank > 2 and factor.exponent in (1, 2)


def _placed(part: Open, axes: Sequence[Axis], sizes: Mapping[Axis, Dim] = _NO_SIZES) -> Node:
    """The node with its axes in this order, spread over those that it lacks."""
    return part.node if part.axes == tuple(axes) else _product([(part, _1)], axes, sizes).node


def _aligned(parts: Sequence[Open]) -> tuple[list[Node], tuple[Axis, ...]]:
    """The nodes on all axes that any of them has."""
    sizes = {axis: dim for part in parts for axis, dim in part.sizes.items()}
    bound = [axis for axis in sizes if isinstance(axis, Index)]
    axes = (*bound, *(axis for axis in _OWN if axis in sizes))
    return [_placed(part, axes, sizes) for part in parts], axes


def _times(left: Open, right: Open, exponent: Fraction = _1) -> Open:
    """left .* right.^exponent"""
    bound = dict.fromkeys((*left.bound, *right.bound))
    own = [axis for axis in _OWN if axis in left.axes or axis in right.axes]
    return _product([(left, _1), (right, exponent)], [*bound, *own])


def _matrix_product(left: Open, right: Open) -> Open:
    if not left.own or not right.own:
        return _times(left, right)
    left, right = left.named({COLS: _INNER}), right.named({ROWS: _INNER})
    bound = dict.fromkeys((*left.bound, *right.bound))
    own: list[Axis] = [axis for axis, part in ((ROWS, left), (COLS, right)) if axis in part.axes]
    return _product([(left, _1), (right, _1)], [*bound, *own])


# ---------------------------------------------------------------- formulas
class _Lowering:
    """``environment`` says what variables of a record's formula are, ``dims`` what its letters are."""

    def __init__(self, environment: Mapping[Expr, Open], dims: Mapping[str, Dim]) -> None:
        self.environment = environment
        self.dims = dims
        self.known: dict[Expr, Open] = dict(environment)

    def open(self, expr: Expr) -> Open:
        """What a formula is, its parts first."""
        depends = set(self.environment)
        for part in expr.parts:
            if part.kind in ("selected", "total") or not depends.isdisjoint(part.operands):
                depends.add(part)
        for part in expr.parts:
            if part in depends and part not in self.known:
                self.known[part] = self._part(part)
        return self._of(expr)

    def _of(self, part: Expr) -> Open:
        if part not in self.known:
            self.known[part] = _of_view(lower(part, {}, self.dims))
        return self.known[part]

    def _part(self, part: Expr) -> Open:
        operands = [self._of(operand) for operand in part.operands]
        match part.kind:
            case "add" | "sub":
                nodes, axes = _aligned(operands)
                signs = (_1, _1 if part.kind == "add" else -_1)
                return Open(add(zip(signs, nodes, strict=True), nodes[0].dims), axes)
            case "neg":
                return Open(scale(-_1, operands[0].node), operands[0].axes)
            case "mul":
                return _matrix_product(*operands)
            case "hadamard":
                return _times(operands[0], operands[1])
            case "div" | "eldiv":
                return _times(operands[0], operands[1], -_1)
            case "pow" | "elpow":
                return self._power(part, *operands)
            case "transpose":
                return operands[0].named({ROWS: COLS, COLS: ROWS})
            case "entry" | "selected":
                return _selected(operands[0], part.data)
            case "total":
                return _total(operands[0], part.data, ranges(part.operands[0], part.data))
            case "call":
                return self._call(part.data, operands)
        raise UnsupportedError(f"a sum over indices cannot hold this: {part.kind}")

    def _power(self, part: Expr, base: Open, exponent: Open) -> Open:
        value = constant_value(exponent.node)
        count = integer_value(part.operands[1])
        if part.kind == "pow" and base.own:
            if count is None or not 1 <= count <= LONGEST_CHAIN:
                raise UnsupportedError(
                    "this power of a matrix that depends on an index has no form",
                    f"exponents from 1 to {LONGEST_CHAIN} are worked out",
                )
            made = base
            for _ in range(count - 1):
                made = _matrix_product(made, base)
            return made
        if value is not None:
            return Open(raised(base.node, value), base.axes)
        return _entrywise(POWER, [base, exponent])

    # ---------------------------------------------------------------- functions
    def _call(self, function: Function, operands: list[Open]) -> Open:
        if function.contracts:
            return _contracted(function, operands)
        if function.definition:
            return self._by_formula(function, operands)
        if function.elementwise:
            return _entrywise(function, operands)
        return self._of_rows(function, operands)

    def _by_formula(self, function: Function, operands: list[Open]) -> Open:
        body, declared = template(function.definition, function)
        environment = {declared[name]: part for name, part in zip(function.operands, operands, strict=True)}
        return _Lowering(environment, _letters(function, operands)).open(body)

    def _of_rows(self, function: Function, operands: list[Open]) -> Open:
        """A function of a column or a row for each member: that of all rows of a matrix, or a formula of its record."""
        (part, *others) = operands
        if not others and len(part.own) == 1:
            if function.of_column:
                text = (part.own == [COLS] and function.of_row) or function.of_column
                (rows, cols), *_ = function.shape.forms[0].operands
                letters = "".join(cols if part.own == [COLS] else rows)
                shape = (ONE, Dim.of(letters)) if part.own == [COLS] else (Dim.of(letters), ONE)
                x = variable(function.operands[0], *shape)
                return _Lowering({x: part}, {letters: part.sizes[part.own[0]]}).open(read(text, x))
            by_rows = next((f for f in FUNCTIONS.values() if f.of_row == f"{function.name}({f.operands[0]})"), None)
            if by_rows is not None:
                return _by_rows(by_rows, part)
        raise UnsupportedError(
            f"{function.name} of what depends on an index that is summed has no form yet",
            hint="write it without the index, as a function of whole matrices",
        )


def _entrywise(function: Function, operands: list[Open]) -> Open:
    nodes, axes = _aligned(operands)
    dims = nodes[0].dims
    if len(dims) > 2:  # matrix notation has no functions of larger arrays: of a matrix with the same entries
        nodes = [reshape(node, (dims[0], product(dims[1:]))) for node in nodes]
    return Open(reshape(elementwise(function, tuple(nodes)), dims), axes)


def _by_rows(function: Function, part: Open) -> Open:
    """The function of rows of a matrix, whose rows are the members."""
    bound, (own,) = part.bound, part.own
    node = _placed(part, [*bound, own])
    members, length = node.dims[:-1], node.dims[-1]
    made = opaque(function, (reshape(node, (product(members), length)),))
    kept = (own,) if made.rank == 2 else ()
    return Open(reshape(made, (*members, *made.dims[1:])), (*bound, *kept))


def _letters(function: Function, operands: Sequence[Open]) -> dict[str, Dim]:
    """The dimensions that the letters of a signature stand for."""
    return dict(_fitted(function, operands)[1])


def _fitted(function: Function, operands: Sequence[Open]) -> tuple[Form, Mapping[str, Dim]]:
    found = function.shape.match(tuple(part.shape for part in operands))
    if found is None:
        raise ShapeError(f"{function.name} does not take {', '.join(str(part.shape) for part in operands)}")
    return found


def _contracted(function: Function, operands: Sequence[Open]) -> Open:
    """The signature read as an einsum, with the bound axes of the operands beside its letters."""
    form, dims = _fitted(function, operands)
    factors = []
    for part, sides in zip(operands, form.operands, strict=True):
        letters = [letter for side in sides for letter in side if dims[letter] is not ONE]
        node = _placed(part, [*part.bound, *part.own])
        members = node.dims[: len(part.bound)]
        split = reshape(node, (*members, *(dims[letter] for letter in letters)))
        factors.append((Open(split, (*part.bound, *letters)), _1))
    bound = list(dict.fromkeys(axis for part in operands for axis in part.bound))
    kept = [[letter for letter in side if dims[letter] is not ONE] for side in form.result]
    sizes: dict[Axis, Dim] = dict(dims.items())
    for part in operands:
        sizes.update(part.sizes)
    made = _product(factors, [*bound, *kept[0], *kept[1]], sizes).node
    joined = tuple(product(tuple(dims[letter] for letter in side)) for side in kept if side)
    axes = (*bound, *(axis for axis, side in zip(_OWN, kept, strict=True) if side))
    return Open(reshape(made, (*made.dims[: len(bound)], *joined)), axes)


# ---------------------------------------------------------------- entries and totals
def _selected(part: Open, places: Sequence[object]) -> Open:
    """What stands at a position, or at an index: there, the axis is that of the index."""
    factors = [(part, _1)]
    names: dict[Axis, Axis] = {}
    own = []
    for axis, at in zip((ROWS, COLS), places, strict=True):
        if axis not in part.axes:
            continue
        if isinstance(at, Index):
            names[axis] = at
        elif isinstance(at, range):
            names[axis] = f"all {axis}"
            factors.append((Open(unit(part.sizes[axis], at), (axis, f"all {axis}")), _1))
            own.append(axis)
        elif isinstance(at, int):
            names[axis] = f"all {axis}"
            factors.append((Open(unit(part.sizes[axis], at), (f"all {axis}",)), _1))
        else:
            own.append(axis)
    factors[0] = (part.named(names), _1)
    bound = dict.fromkeys(axis for axis in factors[0][0].axes if isinstance(axis, Index))
    return _product(factors, [*bound, *own])


def _total(part: Open, what: Total, dims: dict[Index, Dim]) -> Open:
    """The sum over indices. Of a pair that may change places, the ordered half is half of all that differ."""
    out = [axis for axis in part.axes if axis not in what.indices]
    sizes: dict[Axis, Dim] = {**part.sizes}
    sizes |= dict(dims.items())
    every = _product([(part, _1), *((Open(size(sizes[i]), ()), _1) for i in what.indices if i not in part.axes)], out)
    if not what.order:
        return every
    first, second = what.indices
    alike = _product([(part.named({second: first}), _1), *_counted(part, what, dims)], out)
    if what.order == "!=":
        return _sum([(_1, every), (-_1, alike)])
    swapped = _placed(part.named({first: second, second: first}), part.axes, sizes)
    if swapped is part.node:
        half = _sum([(_HALF, every), (-_HALF, alike)])
        return half if what.order == "<" else _sum([(_1, half), (_1, alike)])
    lower_ones = opaque(FUNCTIONS["trilones"], (number(_1, (dims[first], dims[first])),))
    upper = _product([(part, _1), (Open(lower_ones, (second, first)), _1)], out)
    return upper if what.order == "<=" else _sum([(_1, upper), (-_1, alike)])


def _counted(part: Open, what: Total, dims: Mapping[Index, Dim]) -> list[tuple[Open, Fraction]]:
    return [(Open(size(dims[what.indices[0]]), ()), _1)] if not set(what.indices) & set(part.axes) else []


def _sum(terms: Sequence[tuple[Fraction, Open]]) -> Open:
    nodes, axes = _aligned([part for _, part in terms])
    return Open(add(zip((c for c, _ in terms), nodes, strict=True), nodes[0].dims), axes)
