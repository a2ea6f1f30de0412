"""Expr → network.

A formula becomes a node and a layout: which axes make up its rows and which its columns, the first axis slow. So vec
and kron cost nothing: they only group axes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Set

from matcalc.bound import free_indices
from matcalc.budgets import LONGEST_CHAIN
from matcalc.errors import MatcalcError, ShapeError
from matcalc.expr import UNDER, Expr, integer_value, name_of, variable
from matcalc.families import declaration
from matcalc.function import Function
from matcalc.functions import INV, POWER
from matcalc.indexed import index_dims
from matcalc.network import build, leaves
from matcalc.network.nodes import Factor, constant_value
from matcalc.network.open_product import Part, open_product, scaled
from matcalc.network.reshaping import reshape
from matcalc.network.rewriting import use
from matcalc.network.views import (
    View,
    atomic,
    common_layout,
    finer,
    hadamard,
    matmul,
    same_layout,
    split_axis,
    transpose,
    whole,
)
from matcalc.parts import parts_of
from matcalc.placements import joined
from matcalc.position import Several, Single, size_of
from matcalc.rational import Fraction
from matcalc.rules.formulas import lower_with, read, template
from matcalc.rules.functions import elementwise, opaque, raised
from matcalc.rules.order import RULES
from matcalc.shape import ONE, Dim, Form, Shape, product

_1 = Fraction(1)
_SUMS = {"add": _1, "sub": -_1}  # the sign of the second term


Environment = Mapping[Expr, View]


def lower(
    expr: Expr,
    environment: Environment | None = None,
    dims: Mapping[str, Dim] | None = None,
    *,
    leave_open: bool = False,
) -> View:
    """The network of a formula.

    ``environment`` gives views for variables of a formula whose names were checked, ``dims`` dimensions for symbols.
    A product may be left open.

    Raises:
        MatcalcError: the formula divides by zero, or has two variables of one name.
    """
    if environment and expr in environment:
        return environment[expr]
    if expr.kind == "variable":
        return _of_variable(expr)
    return lower_all([expr], environment, dims, leave_open=leave_open)[0]


def lower_all(
    exprs: list[Expr],
    environment: Environment | None = None,
    dims: Mapping[str, Dim] | None = None,
    *,
    leave_open: bool = False,
) -> list[View]:
    order = parts_of(*exprs)
    if environment is None:
        _check_names(order)
    partial = _partial_sums(order)
    if partial:
        partial -= {*exprs, *(environment or {})}
    lowering = _Lowering(environment or {}, dims or {}, partial)
    inside = _inside_binders(order)
    try:
        for node in order:
            if node not in partial and node not in inside:
                lowering.views[node] = lowering.view(node)
        views = [lowering.views[expr] for expr in exprs]
        for view in () if leave_open else views:
            view.close()
    except (ZeroDivisionError, OverflowError) as error:
        raise MatcalcError("the formula divides by zero") from error
    return views


def lowered(expr: Expr, dims: Mapping[str, Dim]) -> View:
    """The network of a part of a record's formula, whose letters stand for these dimensions."""
    return _of_nodes(expr, {}, dims)


def _inside_binders(order: list[Expr]) -> Set[Expr]:
    """What has an index that is bound around it: it is lowered with what binds that.

    Raises:
        ShapeError: an index is not bound.
    """
    if {part.kind for part in order}.isdisjoint(UNDER):
        return frozenset()
    free = free_indices(order)
    inside = {part for part in order if free[part]}
    used = {operand for part in order for operand in part.operands}
    for part in inside - used:
        index = min(index.name for index in free[part])
        raise ShapeError(f"index {index} is not bound", hint=f'sum_over("{index}", lambda {index}: …)')
    return inside


def _of_nodes(expr: Expr, environment: Environment, dims: Mapping[str, Dim]) -> View:
    """A formula of a record or a line, of nodes; one that divides by zero says so of the formula that it is for."""
    return _Lowering(environment, dims, frozenset()).of(expr)


def _partial_sums(order: list[Expr]) -> set[Expr]:
    """Sums that are terms of one other sum alone: they are added up with it, so that a long sum is made at once."""
    sums = [node for node in order if node.kind in _SUMS]
    if len(sums) < 2:
        return set()
    uses = Counter(operand for node in order for operand in node.operands)
    return {term for node in sums for term in node.operands if term.kind in _SUMS and uses[term] == 1}


def check_names(*exprs: Expr) -> None:
    """Refuses two different variables of one name."""
    _check_names(parts_of(*exprs))


def _check_names(order: list[Expr]) -> None:
    named: dict[str, Expr] = {}
    for node in order:
        if node.kind == "variable":
            other = named.setdefault(name_of(node), node)
            if other is not node:
                raise ShapeError(
                    f"two different variables are called {name_of(node)}",
                    f"one is {declaration(other)}",
                    f"the other is {declaration(node)}",
                )


def _is_of_entries(expr: Expr) -> bool:
    """Whether a formula is a number: in a line of rules or a record it may stand for all entries of an array."""
    return expr.shape.is_scalar


def _of_variable(expr: Expr) -> View:
    node = leaves.variable(expr)
    return View(node, node.rank - 1 if node.rank > 2 else int(expr.shape.rows is not ONE))


class _Lowering:
    def __init__(self, environment: Environment, dims: Mapping[str, Dim], partial: Set[Expr]) -> None:
        self.environment = environment
        self.dims = dims
        self.partial = partial
        self.views: dict[Expr, View] = {}

    def dim(self, dim: Dim) -> Dim:
        return dim.substitute(self.dims) if self.dims else dim

    def of(self, expr: Expr) -> View:
        """The view of a formula, its parts first, each of which is kept."""
        if expr not in self.views and expr not in self.environment:
            order = parts_of(expr)
            inside = _inside_binders(order)
            for part in order:
                if part not in inside and part not in self.views:
                    self.views[part] = self.view(part)
        return self.environment[expr] if expr in self.environment else self.views[expr]

    def view(self, expr: Expr) -> View:
        if expr in self.environment:
            return self.environment[expr]
        if expr.kind in _SUMS:
            return self.sum(expr)
        if expr.kind in UNDER:
            return self.over_indices(expr)
        method: Callable[..., View] = getattr(self, f"_{expr.kind}")
        return method(expr, *map(self.views.__getitem__, expr.operands))

    # ---------------------------------------------------------------- leaves
    def _variable(self, expr: Expr) -> View:
        return _of_variable(expr)

    def _number(self, expr: Expr) -> View:
        return View(leaves.number(expr.data), 0)

    def _size(self, expr: Expr) -> View:
        return View(build.size(self.dim(expr.data)), 0)

    def _constant(self, expr: Expr) -> View:
        return View(leaves.constant(expr.data), 0)

    def _eye(self, expr: Expr) -> View:
        dim = self.dim(expr.shape.rows)
        return View(leaves.number(_1), 0) if dim is ONE else View(build.delta(dim), 1)

    def _ones(self, expr: Expr) -> View:
        return self._filled(expr, _1)

    def _zeros(self, expr: Expr) -> View:
        return self._filled(expr, Fraction(0))

    def _filled(self, expr: Expr, value: Fraction) -> View:
        rows, cols = (self.dim(side) for side in expr.shape)
        return View(leaves.number(value, tuple(side for side in (rows, cols) if side is not ONE)), int(rows is not ONE))

    def _commutation(self, expr: Expr) -> View:
        m, n = (self.dim(side) for side in expr.data)
        sizes = {0: m, 1: n}
        kept = [i for i in (0, 1) if sizes[i] is not ONE]
        return View(build.contract(_1, [], (*kept, *reversed(kept)), sizes), len(kept))

    def _unit(self, expr: Expr) -> View:
        dim = self.dim(expr.shape.rows)
        return View(leaves.number(_1), 0) if dim is ONE else View(leaves.unit(dim, expr.data), 1)

    # ---------------------------------------------------------------- operators
    def sum(self, expr: Expr) -> View:
        """A sum with the partial sums that are its terms."""
        signs: list[Fraction] = []
        views: list[View] = []
        stack = [(_1, expr)]
        while stack:
            sign, term = stack.pop()
            if term is expr or term in self.partial:
                left, right = term.operands
                stack += [(_SUMS[term.kind] * sign, right), (sign, left)]
            else:
                signs.append(sign)
                views.append(self.views[term])
        fitted = common_layout(views)
        nodes = [view.node for view in fitted]
        return View(build.add(zip(signs, nodes, strict=True), nodes[0].dims), fitted[0].rows)

    def _neg(self, expr: Expr, operand: View) -> View:
        return View(scaled(-_1, operand.part), operand.rows)

    def _transpose(self, expr: Expr, operand: View) -> View:
        return transpose(operand)

    def _mul(self, expr: Expr, left: View, right: View) -> View:
        if left.is_scalar or right.is_scalar or all(map(_is_of_entries, expr.operands)):
            return self._hadamard(expr, left, right)
        return matmul(left, right)

    def _hadamard(self, expr: Expr, left: View, right: View) -> View:
        return hadamard(left, right, _1)

    def _div(self, expr: Expr, left: View, right: View) -> View:
        return hadamard(left, right, -_1)

    def _eldiv(self, expr: Expr, left: View, right: View) -> View:
        return hadamard(left, right, -_1)

    def _elpow(self, expr: Expr, base: View, exponent: View) -> View:
        value = constant_value(exponent.node)
        if value is not None and exponent.is_scalar:
            return View(raised(base.node, value), base.rows)
        base, exponent = same_layout(base, exponent)
        return View(elementwise(POWER, (base.node, exponent.node)), base.rows)

    def _pow(self, expr: Expr, base: View, exponent: View) -> View:
        if base.is_scalar or _is_of_entries(expr.operands[0]):
            return self._elpow(expr, base, exponent)
        count = integer_value(expr.operands[1])
        assert count is not None
        if abs(count) > LONGEST_CHAIN:
            raise MatcalcError(f"the matrix power {count} is too high", f"at most {LONGEST_CHAIN} is worked out")
        if count == 0:
            return View(build.delta(base.node.dims[0]), base.rows)
        if count < 0:
            base = View(opaque(INV, (base.node,)), 1)
        total = base
        for _ in range(abs(count) - 1):
            total = matmul(total, base)
        return total

    def _entry(self, expr: Expr, operand: View) -> View:
        """X[i,j]: unit vectors on the axes that are fixed, rows of the identity on those that are cut."""
        operand = atomic(operand)
        factors = [Factor(operand.node, tuple(range(operand.node.rank)), _1)]
        sizes = dict(enumerate(operand.node.dims))
        out = []
        rows = 0
        for side, at, start in ((0, expr.data[0], 0), (1, expr.data[1], operand.rows)):
            count = operand.rows if side == 0 else operand.node.rank - operand.rows
            for axis in range(start, start + count):
                if isinstance(at, Several):
                    sizes[len(sizes)] = size_of(at)
                    out.append(len(sizes) - 1)
                    factors.append(Factor(leaves.unit(sizes[axis], at), (out[-1], axis), _1))
                elif at is None:
                    out.append(axis)
                else:
                    factors.append(Factor(leaves.unit(sizes[axis], at), (axis,), _1))
                rows += side == 0 and not isinstance(at, Single)
        return View(build.contract(_1, factors, tuple(out), sizes), rows)

    def _blocks(self, expr: Expr, *operands: View) -> View:
        """[A, B; C, D]: the sum of the blocks, each placed among zeros."""
        parts = iter(operands)
        rows = [joined([next(parts) for _ in range(count)], by_rows=False) for count in expr.data]
        return joined(rows, by_rows=True)

    def _indexed(self, expr: Expr, *operands: View) -> View:
        rows, cols, indices = expr.data
        numbers: dict[str, int] = {}
        factors = []
        sizes: dict[int, Dim] = {}
        dims = index_dims(expr.operands, indices)
        for operand, places in zip(operands, indices, strict=True):
            names = [name for place in places for name in place.split("*") if self.dim(dims[name]) is not ONE]
            for name in names:
                numbers.setdefault(name, len(numbers))
            split = reshape(operand.node, tuple(self.dim(dims[name]) for name in names))
            factors.append(Factor(split, tuple(numbers[name] for name in names), _1))
            sizes.update(zip(factors[-1].indices, split.dims, strict=True))
        first, last = (tuple(numbers[name] for name in side if name in numbers) for side in (rows, cols))
        return View(build.contract(_1, factors, (*first, *last), sizes), len(first))

    def over_indices(self, expr: Expr) -> View:
        """A sum, a product or a stack over indices, or a member of a family."""

        def whole(part: Expr, dims: Mapping[str, Dim]) -> View:
            return _of_nodes(part, self.environment, dims) if dims else self.of(part)

        from matcalc.lowering.bound import closed  # with all that indices ask for

        return closed(expr, whole)

    # ---------------------------------------------------------------- functions
    def _call(self, expr: Expr, *operands: View) -> View:
        return apply(expr.data, *operands)


# ---------------------------------------------------------------- functions
def apply(function: Function, *operands: View) -> View:
    """The view of a function of views, by the record: einsum, definition, elementwise or opaque."""
    if function.contracts:
        return _contracted(function, operands)
    if function.definition:
        return _defined(function.definition, function, operands)
    if function.elementwise:
        fitted = common_layout(operands) if len(operands) > 1 else operands
        return View(elementwise(function, tuple(v.node for v in fitted)), fitted[0].rows)
    operands = tuple(atomic(v) for v in operands)
    of_vector = _of_vector(function, operands[0])
    if of_vector is not None:
        return of_vector
    nodes = tuple(v.node for v in operands)
    made = opaque(function, nodes)
    form, dims = _fit(function, operands)
    dims = {**dims, **dict(function.fixed)}
    return View(made, sum(dims[letter] is not ONE for letter in form.result[0]))


def _fit(function: Function, operands: tuple[View, ...]) -> tuple[Form, Mapping[str, Dim]]:
    """The alternative of the signature that the views fit, and what its letters stand for."""
    shapes = tuple(Shape(product(v.row_dims), product(v.col_dims)) for v in operands)
    found = function.shape.match(shapes)
    if found is None:
        raise ShapeError(f"{function.name} does not take {', '.join(map(str, shapes))}")
    return found


def _of_vector(function: Function, view: View) -> View | None:
    """The function of a single column or row, where it is not the function of a matrix with one axis less."""
    if not function.of_column or view.node.rank > 1:
        return None
    is_row = view.node.rank == 1 and view.rows == 0
    text = (is_row and function.of_row) or function.of_column
    (rows, cols), *_ = function.shape.forms[0].operands
    letters = (ONE, Dim.of(*cols)) if is_row else (Dim.of(*rows), ONE)
    size = product(view.col_dims if is_row else view.row_dims)
    x = variable(function.operands[0], *letters)
    return lower(read(text, x), {x: view}, {"".join(cols if is_row else rows): size})


def _contracted(function: Function, operands: tuple[View, ...]) -> View:
    """The signature read as an einsum. Letters of an operand go with its axes; a product of letters with a group."""
    form, _ = _fit(function, operands)
    groups: dict[str, tuple[Dim, ...]] = {}
    pairs = [
        (letters, dims)
        for sides, view in zip(form.operands, operands, strict=True)
        for letters, dims in zip(sides, (view.row_dims, view.col_dims), strict=True)
    ]
    for letters, dims in pairs:
        if len(letters) == 1:
            known = groups.get(letters[0])
            joint = dims if known is None else finer(known, dims)
            groups[letters[0]] = whole(dims) if joint is None else joint
    numbers: dict[str, tuple[int, ...]] = {}
    sizes: dict[int, Dim] = {}
    for letter, dims in groups.items():
        numbers[letter] = tuple(range(len(sizes), len(sizes) + len(dims)))
        sizes.update(zip(numbers[letter], dims, strict=True))
    parts: list[Part] = []
    for sides, view in zip(form.operands, operands, strict=True):
        rows, cols = (tuple(d for letter in side for d in groups[letter]) for side in sides)
        fitted = split_axis(view, rows, cols)
        parts.append((fitted.part, tuple([i for side in sides for letter in side for i in numbers[letter]]), _1))
    rows_out, cols_out = (tuple([i for letter in side for i in numbers[letter]]) for side in form.result)
    return View(open_product(parts, (*rows_out, *cols_out), sizes), len(rows_out))


def _defined(text: str, function: Function, operands: tuple[View, ...]) -> View:
    body, declared = template(text, function)
    environment = {declared[name]: view for name, view in zip(function.operands, operands, strict=True)}
    return lower(body, environment, _letters(function, operands))


def _letters(function: Function, operands: tuple[View, ...]) -> dict[str, Dim]:
    dims: dict[str, Dim] = {}
    for sides, view in zip(function.shape.forms[0].operands, operands, strict=True):
        for letters, group in zip(sides, (view.row_dims, view.col_dims), strict=True):
            if len(letters) == 1:
                dims[letters[0]] = product(group)
    return dims


use(RULES)
lower_with(_of_nodes)
