"""Formulas under sums over indices → network: an index that is bound is an axis beside those of rows and columns.

Sums, products and functions of entries take such axes along; a function that is read as an einsum, or defined by a
formula, is that of each member; one of a matrix as a whole is applied to each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from matcalc.bound import Total, free_indices, ranges
from matcalc.budgets import LONGEST_CHAIN
from matcalc.errors import ShapeError, UnsupportedError
from matcalc.expr import UNDER, Expr, integer_value, variable
from matcalc.families import members_of
from matcalc.function import Function
from matcalc.functions import FUNCTIONS, INV, POWER
from matcalc.functions.each import each
from matcalc.indexed import index_dims
from matcalc.lowering.axes import (
    COLS,
    OWN,
    ROWS,
    Axis,
    Open,
    aligned,
    matrix_product,
    of_view,
    placed,
    product_of,
    sum_of,
    times,
)
from matcalc.lowering.pairs import over_pairs
from matcalc.network.build import scale, size
from matcalc.network.leaves import unit
from matcalc.network.nodes import Node, constant_value
from matcalc.network.reshaping import reshape
from matcalc.network.views import View
from matcalc.placements import taking
from matcalc.position import Index, Several, Single
from matcalc.rational import Fraction
from matcalc.rules.formulas import read, template
from matcalc.rules.functions import elementwise, opaque, raised
from matcalc.shape import ONE, Dim, Form, Shape, product
from matcalc.stacking import grid_places

_1 = Fraction(1)
Closed = Callable[[Expr, Mapping[str, Dim]], View]  # the network of a formula without free indices
_NOTHING: Mapping[Expr, Open] = {}


def closed(expr: Expr, of: Closed) -> View:
    """The network of a sum, a product, a stack or a member; ``of`` is that of parts without indices.

    Raises:
        UnsupportedError: a function of a matrix as a whole has no form for each member.
    """
    lowering = OpenLowering(_NOTHING, of)
    if expr.kind == "stack":
        (body,) = expr.operands
        rows, cols = _groups(lowering.open(body), expr.data, ranges(body, expr.data))
        return View(_grouped(lowering.open(body), (*rows, *cols), ranges(body, expr.data)), len(rows))
    made = lowering.open(expr)
    assert not made.bound
    return View(placed(made, made.own), int(ROWS in made.axes))


def of_each(body: Expr, environment: Mapping[Expr, Open], dims: Mapping[str, Dim], of: Closed) -> Open:
    """A formula of a record, with what its variables stand for, which may have more axes than rows and columns."""
    return OpenLowering(environment, of, dims).open(body)


# ---------------------------------------------------------------- formulas
class OpenLowering:
    """``environment`` says what variables of a record's formula are, ``dims`` what its letters are."""

    def __init__(self, environment: Mapping[Expr, Open], of: Closed, dims: Mapping[str, Dim] | None = None) -> None:
        self.environment = environment
        self.dims = dims or {}
        self.closed = of
        self.known: dict[Expr, Open] = dict(environment)

    def open(self, expr: Expr) -> Open:
        """What a formula is, its parts first; parts without indices are lowered as everywhere."""
        for part in self._open_parts(expr):
            if part not in self.known:
                self.known[part] = self._part(part)
        return self._of(expr)

    def _open_parts(self, expr: Expr) -> list[Expr]:
        """The parts with indices that nothing within this formula's closed parts binds, and the formula itself if it
        binds any; operands first."""
        free = free_indices(expr.parts)
        depends = set(self.environment)
        reached = {expr}
        for part in expr.parts:
            if not depends.isdisjoint(part.operands):
                depends.add(part)
        for part in reversed(expr.parts):
            is_open = bool(free[part]) or part in depends or (part is expr and part.kind in UNDER)
            if not is_open:
                reached.discard(part)
            elif part in reached:
                reached.update(part.operands)
        return [part for part in expr.parts if part in reached]

    def _of(self, part: Expr) -> Open:
        if part not in self.known:
            self.known[part] = of_view(self.closed(part, self.dims))
        return self.known[part]

    def _part(self, part: Expr) -> Open:
        if part.kind == "member":
            return _member(part, self.closed(part.operands[0], {}).node)
        operands = [self._of(operand) for operand in part.operands]
        match part.kind:
            case "add" | "sub":
                return sum_of(list(zip((_1, _1 if part.kind == "add" else -_1), operands, strict=True)))
            case "neg":
                return Open(scale(-_1, operands[0].node), operands[0].axes)
            case "mul":
                return matrix_product(*operands)
            case "hadamard":
                return times(operands[0], operands[1])
            case "div" | "eldiv":
                return times(operands[0], operands[1], -_1)
            case "pow" | "elpow":
                return self._power(part, *operands)
            case "transpose":
                return operands[0].named({ROWS: COLS, COLS: ROWS})
            case "entry" | "selected":
                return _selected(operands[0], part.data)
            case "blocks":
                return _stacked(part, operands)
            case "total":
                over = ranges(part.operands[0], part.data)
                return (_total if part.data.over == "sum" else _multiplied)(operands[0], part.data, over)
            case "stack":
                return _stack(operands[0], part.data, ranges(part.operands[0], part.data))
            case "indexed":
                return _indexed(part, operands, self.dims)
            case "call":
                return self._call(part.data, operands)
        raise UnsupportedError(f"a formula with indices cannot hold this: {part.kind}")

    def _power(self, part: Expr, base: Open, exponent: Open) -> Open:
        value = constant_value(exponent.node)
        count = integer_value(part.operands[1])
        if part.kind == "pow" and base.own:
            if count is None or not 1 <= abs(count) <= LONGEST_CHAIN:
                raise UnsupportedError(
                    "this power of a matrix that depends on an index has no form",
                    f"exponents up to {LONGEST_CHAIN} are worked out",
                )
            made = base = base if count > 0 else self._call(INV, [base])
            for _ in range(abs(count) - 1):
                made = matrix_product(made, base)
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
        return self._of_rows(function, operands) or self._of_each(function, operands)

    def _by_formula(self, function: Function, operands: list[Open]) -> Open:
        body, declared = template(function.definition, function)
        environment = {declared[name]: part for name, part in zip(function.operands, operands, strict=True)}
        return of_each(body, environment, _letters(function, operands), self.closed)

    def _of_rows(self, function: Function, operands: list[Open]) -> Open | None:
        """A function of a column or a row for each member: that of all rows of a matrix, or a formula of its record."""
        (part, *others) = operands
        if others or len(part.own) != 1:
            return None
        if function.of_column:
            text = (part.own == [COLS] and function.of_row) or function.of_column
            (rows, cols), *_ = function.shape.forms[0].operands
            letters = "".join(cols if part.own == [COLS] else rows)
            shape = (ONE, Dim.of(letters)) if part.own == [COLS] else (Dim.of(letters), ONE)
            x = variable(function.operands[0], *shape)
            return of_each(read(text, x), {x: part}, {letters: part.sizes[part.own[0]]}, self.closed)
        by_rows = next((f for f in FUNCTIONS.values() if f.of_row == f"{function.name}({f.operands[0]})"), None)
        return None if by_rows is None else _by_rows(by_rows, part)

    def _of_each(self, function: Function, operands: list[Open]) -> Open:
        """A function of matrices as wholes, applied to each member."""
        if not any(part.own for part in operands):
            return self._of_scalars(function, operands)
        bound = list(dict.fromkeys(axis for part in operands for axis in part.bound))
        form, dims = _fitted(function, operands)
        if function.abstract is not None or any(
            dims[letter] is ONE for sides in form.operands for side in sides for letter in side
        ):
            raise UnsupportedError(
                f"{function.name} of what depends on an index has no form",
                hint="write it without the index, as a function of whole matrices",
            )
        sizes = {axis: dim for part in operands for axis, dim in part.sizes.items()}
        nodes = tuple(placed(part, [*bound, *part.own], sizes) for part in operands)
        made = opaque(each(function, form, len(bound)) if bound else function, nodes)
        sides = [side for side in form.result if side]
        dims = {**dims, **dict(function.fixed)}
        whole = (*made.dims[: len(bound)], *(product(tuple(dims[letter] for letter in side)) for side in sides))
        return Open(
            reshape(made, whole), (*bound, *(axis for axis, side in zip(OWN, form.result, strict=True) if side))
        )

    def _of_scalars(self, function: Function, operands: list[Open]) -> Open:
        """A function of 1×1 matrices."""
        text = function.of_scalar or function.of_diagonal
        if not text:
            raise UnsupportedError(f"{function.name} of a scalar that depends on an index has no form")
        declared = [variable(name, 1, 1) for name in function.operands]
        return of_each(read(text, *declared), dict(zip(declared, operands, strict=True)), {}, self.closed)


def _member(part: Expr, node: Node) -> Open:
    """The member of a family: what stands there along its first axis."""
    members = members_of(part.operands[0])
    assert members is not None
    first: Axis = part.data if isinstance(part.data, Index) else "member"
    sides = zip((first, *OWN), (members.length, *members.shape), strict=True)
    whole = Open(node, tuple(axis for axis, dim in sides if dim is not ONE))
    if isinstance(part.data, Index) or members.length is ONE:
        return whole
    return product_of([(whole, _1), (Open(unit(members.length, part.data), ("member",)), _1)], whole.own)


def _entrywise(function: Function, operands: list[Open]) -> Open:
    nodes, axes = aligned(operands)
    dims = nodes[0].dims
    if len(dims) > 3 and not any(node.has_members for node in nodes):
        # Matrix notation has no such array: of a matrix with these entries.
        nodes = [reshape(node, (dims[0], product(dims[1:]))) for node in nodes]
    return Open(reshape(elementwise(function, tuple(nodes)), dims), axes)


def _by_rows(function: Function, part: Open) -> Open:
    """The function of rows of a matrix, whose rows are the members."""
    bound, (own,) = part.bound, part.own
    node = placed(part, [*bound, own])
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
    """The signature read as an einsum."""
    form, dims = _fitted(function, operands)
    letters = [[letter for side in sides for letter in side] for sides in form.operands]
    return _einsum(operands, letters, form.result, dims)


def _indexed(part: Expr, operands: Sequence[Open], letters: Mapping[str, Dim]) -> Open:
    """A formula in index notation."""
    rows, cols, places = part.data
    dims = {name: dim.substitute(letters) for name, dim in index_dims(part.operands, places).items()}
    split = [[name for place in names for name in place.split("*")] for names in places]
    return _einsum(operands, split, (rows, cols), dims)


def _einsum(
    operands: Sequence[Open],
    letters: Sequence[Sequence[str]],
    result: Sequence[Sequence[str]],
    dims: Mapping[str, Dim],
) -> Open:
    """A product of entries at these letters, with the bound axes of the operands beside them."""
    factors = []
    for part, own in zip(operands, letters, strict=True):
        names = [letter for letter in own if dims[letter] is not ONE]
        node = placed(part, [*part.bound, *part.own])
        members = node.dims[: len(part.bound)]
        factors.append((Open(reshape(node, (*members, *(dims[name] for name in names))), (*part.bound, *names)), _1))
    bound = list(dict.fromkeys(axis for part in operands for axis in part.bound))
    kept = [[letter for letter in side if dims[letter] is not ONE] for side in result]
    sizes: dict[Axis, Dim] = dict(dims.items())
    for part in operands:
        sizes.update(part.sizes)
    made = product_of(factors, [*bound, *kept[0], *kept[1]], sizes).node
    joined = tuple(product(tuple(dims[letter] for letter in side)) for side in kept if side)
    axes = (*bound, *(axis for axis, side in zip(OWN, kept, strict=True) if side))
    return Open(reshape(made, (*made.dims[: len(bound)], *joined)), axes)


# ---------------------------------------------------------------- entries, totals and stacks
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
        elif isinstance(at, Several):
            names[axis] = f"all {axis}"
            factors.append((Open(unit(part.sizes[axis], at), (axis, f"all {axis}")), _1))
            own.append(axis)
        elif isinstance(at, Single):
            names[axis] = f"all {axis}"
            factors.append((Open(unit(part.sizes[axis], at), (f"all {axis}",)), _1))
        else:
            own.append(axis)
    factors[0] = (part.named(names), _1)
    bound = dict.fromkeys(axis for axis in factors[0][0].axes if isinstance(axis, Index))
    return product_of(factors, [*bound, *own])


def _stacked(part: Expr, operands: Sequence[Open]) -> Open:
    """[A, B; C, D], each block among zeros of the whole."""
    found = zip(operands, grid_places(part), strict=True)
    return sum_of([(_1, _among_zeros(block, places, part.shape)) for block, places in found])


def _among_zeros(block: Open, places: Sequence[Single | Several], whole: Shape) -> Open:
    factors = [(block.named({axis: f"own {axis}" for axis in OWN}), _1)]
    own: list[Axis] = []
    for axis, at, dim in zip(OWN, places, whole, strict=True):
        if dim is not ONE:
            rows = taking(dim, at)
            factors.append((Open(rows, (f"own {axis}", axis) if rows.rank == 2 else (axis,)), _1))
            own.append(axis)
    return product_of(factors, [*block.bound, *own])


def _total(part: Open, what: Total, dims: dict[Index, Dim]) -> Open:
    """The sum over indices, or over the pairs of two that are in an order."""
    sizes: dict[Axis, Dim] = {**part.sizes}
    sizes |= dict(dims.items())
    if what.order:
        first, second = what.indices
        return over_pairs(part, first, second, what.order, sizes)
    out = [axis for axis in part.axes if axis not in what.indices]
    counted = [(Open(size(sizes[i]), ()), _1) for i in what.indices if i not in part.axes]
    return product_of([(part, _1), *counted], out)


def _multiplied(part: Open, what: Total, dims: Mapping[Index, Dim]) -> Open:
    """The product over indices: that of the entries of a column, or of each row of a matrix."""
    over = [index for index in what.indices if dims[index] is not ONE]
    if not over:
        return part
    bound = [axis for axis in part.bound if axis not in over]
    node = placed(part, [*bound, *over], {**part.sizes, **dict(dims.items())})
    entries = reshape(node, (*node.dims[: len(bound)], product(tuple(dims[index] for index in over))))
    if not bound:
        return Open(opaque(FUNCTIONS["prod"], (entries,)), ())
    return _by_rows(FUNCTIONS["rowprod"], Open(entries, (*bound, ROWS)))


def _groups(part: Open, what: Total, dims: Mapping[Index, Dim]) -> tuple[list[Axis], list[Axis]]:
    """The axes of the rows and of the columns of a stack: see ``matcalc.bound.total``."""
    first, *others = what.indices
    above, beside = ([axis] if axis in part.axes else [] for axis in OWN)
    rows: list[Axis] = [first, *above]
    cols: list[Axis] = [*others, *beside]
    if not others and not (above and beside):  # columns and rows are the rows of a matrix
        rows, cols = [first], [*above, *beside]
    alone = {index for index, dim in dims.items() if dim is ONE}
    return [axis for axis in rows if axis not in alone], [axis for axis in cols if axis not in alone]


def _grouped(part: Open, axes: Sequence[Axis], dims: Mapping[Index, Dim]) -> Node:
    sizes: dict[Axis, Dim] = {**part.sizes, **dict(dims.items())}
    return placed(part, [*(axis for axis in part.bound if axis not in axes and axis not in dims), *axes], sizes)


def _stack(part: Open, what: Total, dims: Mapping[Index, Dim]) -> Open:
    """All members below each other: see ``matcalc.bound.total``."""
    rows, cols = _groups(part, what, dims)
    node = _grouped(part, (*rows, *cols), dims)
    count = node.rank - len(rows) - len(cols)
    bound, sides = part.bound, [rows, cols]
    sizes: dict[Axis, Dim] = {**part.sizes, **dict(dims.items())}
    joined = tuple(product(tuple(sizes[axis] for axis in side)) for side in sides if side)
    kept = tuple(axis for axis in bound if axis not in dims)
    own = tuple(axis for axis, side in zip(OWN, sides, strict=True) if side)
    return Open(reshape(node, (*node.dims[:count], *joined)), (*kept, *own))
