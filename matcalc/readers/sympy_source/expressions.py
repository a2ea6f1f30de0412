"""SymPy → Expr: matrix expressions, functions of entries, sums over indices, arrays that are matrices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp
from sympy.matrices.expressions import MatrixSlice
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagonalMatrix, DiagonalOf
from sympy.matrices.expressions.dotproduct import DotProduct
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.tensor.array import expressions as arrays

from matcalc.bound import is_open
from matcalc.boundary import checked_arguments
from matcalc.errors import ParseError, ShapeError, shown
from matcalc.expr import (
    PI,
    Expr,
    add,
    call,
    div,
    elementwise,
    eye,
    mul,
    neg,
    number,
    ones,
    power,
    size,
    sub,
    transpose,
    zeros,
)
from matcalc.facts import declare
from matcalc.functions import WHERE, known
from matcalc.position import Index
from matcalc.rational import Fraction
from matcalc.readers.sympy_source.entries import Entries
from matcalc.reading import vectorize
from matcalc.shape import ONE, Dim
from matcalc.stacking import blocks

MOST_PARTS = 20_000
DEEPEST = 200

_FUNCTIONS: dict[Any, str] = {
    sp.exp: "exp", sp.log: "log", sp.sin: "sin", sp.cos: "cos", sp.tan: "tan", sp.asin: "arcsin", sp.acos: "arccos",
    sp.atan: "arctan", sp.sinh: "sinh", sp.cosh: "cosh", sp.tanh: "tanh", sp.Abs: "abs", sp.sign: "sign", sp.erf: "erf",
    sp.loggamma: "lgamma", sp.digamma: "digamma", sp.trigamma: "trigamma", sp.sinc: "sinc",
}  # fmt: skip
_ARRAYS = (
    arrays.ArrayTensorProduct, arrays.ArrayContraction, arrays.ArrayDiagonal, arrays.ArrayAdd, arrays.PermuteDims,
    arrays.ArrayElementwiseApplyFunc, arrays.Reshape, arrays.ArraySymbol,
)  # fmt: skip
_OF_MATRICES = {"exp": "expm", "log": "logm"}
_RELATIONS: dict[Any, str] = {
    sp.Gt: ">", sp.Lt: "<", sp.Ge: ">=", sp.Le: "<=", sp.Eq: "==", sp.Ne: "!=",
    sp.And: "and", sp.Or: "or", sp.Not: "not",
}  # fmt: skip


@checked_arguments
def from_sympy(expr: Any, variables: Mapping[str, Expr] | None = None) -> Expr:
    """The formula that a SymPy expression is.

    ``Symbol`` are scalars, ``MatrixSymbol`` matrices; ``variables`` are those that are declared otherwise, such as with
    facts. Symbols of dimensions are dimensions. Nothing is simplified, but for sums over indices, which are written in
    matrix notation.

    Raises:
        ParseError: it is no expression of SymPy, or a part of it is no formula of matrices.
        ShapeError: a declared variable has another shape.
    """
    return with_names(expr, variables or {})[0]


def with_names(expr: Any, variables: Mapping[str, Expr]) -> tuple[Expr, dict[str, Expr]]:
    """The formula, and all its variables by name."""
    if isinstance(expr, int | float | Fraction) and not isinstance(expr, bool):
        expr = sp.sympify(expr)
    if isinstance(expr, sp.MatrixBase):
        expr = expr.as_immutable()
    if not isinstance(expr, sp.Basic):
        raise ParseError(f"not an expression of SymPy: {shown(expr)}", hint='from_sympy(MatrixSymbol("A", m, n) * x)')
    reading = _Reading(expr, variables)
    made = reading.of(expr)
    return vectorize(made) if is_open(made) else made, {**variables, **reading.names}


class _Reading(Entries):
    """``bound`` are the indices of sums, with where they begin and how many there are."""

    def __init__(self, root: Any, variables: Mapping[str, Expr]) -> None:
        self.variables = variables
        self.names: dict[str, Expr] = {}
        self.nodes: dict[str, Any] = {}  # symbols by their names
        self.bound: dict[Any, tuple[Index, Dim, Dim]] = {}
        self.entries: dict[Any, Expr] = {}  # what the variables of functions of entries stand for
        self.counted_from: dict[str, Dim] = {}
        self.depth = 0
        symbols: set[Any] = set()
        for count, part in enumerate(sp.preorder_traversal(root)):
            if count > MOST_PARTS:
                raise ParseError("the expression is too long", f"at most {MOST_PARTS} parts are read")
            if isinstance(part, sp.MatrixExpr):
                symbols |= set().union(*(sp.sympify(side).free_symbols for side in part.shape))
            if isinstance(part, sp.Sum | sp.Product) and part.has(sp.Indexed):
                symbols |= set().union(*(high.free_symbols for _, _, high in part.limits))
        declared = {s for v in variables.values() for dim in v.shape for s in dim.symbols}
        self.dims = {symbol.name for symbol in symbols} | declared

    def of(self, node: Any) -> Expr:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ParseError("the expression is nested too deeply", f"at most {DEEPEST} levels are read")
        made = self.part(node)
        self.depth -= 1
        return made

    def part(self, node: Any) -> Expr:
        if node in self.entries:
            return self.entries[node]
        for kinds, rule in _RULES:
            if isinstance(node, kinds):
                return rule(self, node)
        name = _FUNCTIONS.get(node.func)
        if name is not None and len(node.args) == 1:
            return self.function(name, self.of(node.args[0]))
        raise ParseError(f"no formula of matrices: {node.func.__name__}", f"it is {shown(str(node))}")

    def function(self, name: str, operand: Expr) -> Expr:
        """A function of a number; of a matrix, SymPy's exp and log are those of matrices."""
        if not operand.shape.is_scalar and not self.entries:
            if name not in _OF_MATRICES:
                raise ParseError(f"{name} of a matrix", f"it is {operand.shape}", hint=f"X.applyfunc({name})")
            return call(known(_OF_MATRICES[name]), operand)
        return call(known(name), operand)

    # ---------------------------------------------------------------- leaves
    def symbol(self, node: Any) -> Expr:
        name = node.name
        if self.nodes.setdefault(name, node) != node:
            raise ShapeError(f"two symbols are called {name}", "their assumptions differ")
        if node in self.bound:
            raise ParseError(f"index {name} is no number", hint="an index stands in brackets: X[i, j]")
        if name in self.variables:
            return self.variables[name]
        if name in self.dims:
            return size(name)
        facts = ("positive",) if node.is_positive else ("nonneg",) if node.is_nonnegative else ()
        return self.named(name, ONE, ONE, facts)

    def matrix_symbol(self, node: Any) -> Expr:
        rows, cols = map(self.dim, node.shape)
        known_one = self.variables.get(node.name)
        if known_one is not None and tuple(known_one.shape) != (rows, cols):
            raise ShapeError(f"{node.name} is declared {known_one.shape}", f"here it is {rows}×{cols}")
        return known_one if known_one is not None else self.named(node.name, rows, cols, ())

    def named(self, name: str, rows: Dim, cols: Dim, facts: tuple[str, ...]) -> Expr:
        made = declare(name, rows, cols, *facts)
        if self.names.setdefault(name, made) is not made:
            raise ShapeError(f"two variables are called {name}", f"{self.names[name].shape} and {made.shape}")
        return made

    def number(self, node: Any) -> Expr:
        return number(Fraction(int(node.p), int(node.q)))

    def float(self, node: Any) -> Expr:
        return number(float(node))

    def constant(self, node: Any) -> Expr:
        if node is sp.pi:
            return PI
        if node is sp.E:
            return call(known("exp"), number(1))
        raise ParseError(f"no number of a formula: {node}")

    # ---------------------------------------------------------------- operators
    def sum(self, node: Any) -> Expr:
        terms = [_without_sign(term) for term in node.args]
        terms.sort(key=lambda term: term[1])  # what is taken off stands behind
        made: Expr | None = None
        for term, is_negative in terms:
            part = self.of(term)
            first = neg(part) if is_negative else part
            if made is not None and made.shape.is_scalar != part.shape.is_scalar and not self.entries:
                raise ShapeError("a number and a matrix are added", f"{made.shape} and {part.shape}")
            made = first if made is None else (sub if is_negative else add)(made, part)
        assert made is not None
        return made

    def product(self, node: Any) -> Expr:
        """A product of numbers and of matrices; powers with a minus are what is divided by."""
        term, is_negative = _without_sign(node)
        if is_negative:
            return neg(self.of(term))
        made: Expr | None = None
        below: list[Expr] = []
        for factor in node.args:
            if isinstance(factor, sp.Pow) and _is_negative(factor.exp) and not self.entries:
                below.append(self.of(1 / factor))
                continue
            part = self.of(factor)
            made = part if made is None else self.times(made, part)
        made = number(1) if made is None else made
        for part in below:
            made = div(made, part)
        return made

    def times(self, left: Expr, right: Expr) -> Expr:
        return elementwise("hadamard", left, right) if self.entries else mul(left, right)

    def power(self, node: Any) -> Expr:
        base, exponent = node.args
        if base is sp.E:
            return self.function("exp", self.of(exponent))
        under, above = self.of(base), self.of(exponent)
        if self.entries and not (under.shape.is_scalar and above.shape.is_scalar):
            return elementwise("elpow", under, above)
        return power(under, above)

    def inverse(self, node: Any) -> Expr:
        return call(known("inv"), self.of(node.arg))

    def transpose(self, node: Any) -> Expr:
        return transpose(self.of(node.arg))

    def trace(self, node: Any) -> Expr:
        inner = self.of(node.arg)
        return inner if inner.shape.is_scalar else call(known("tr"), inner)

    def determinant(self, node: Any) -> Expr:
        return call(known("det"), self.of(node.arg))

    def hadamard(self, node: Any) -> Expr:
        made = self.of(node.args[0])
        for factor in node.args[1:]:
            made = elementwise("hadamard", made, self.of(factor))
        return made

    def hadamard_power(self, node: Any) -> Expr:
        return elementwise("elpow", self.of(node.base), self.of(node.exp))

    def kronecker(self, node: Any) -> Expr:
        made = self.of(node.args[0])
        for factor in node.args[1:]:
            made = call(known("kron"), made, self.of(factor))
        return made

    def dot(self, node: Any) -> Expr:
        left, right = map(self.of, node.args)
        left = left if left.shape.rows is ONE else transpose(left)
        return mul(left, right if right.shape.cols is ONE else transpose(right))

    def constant_matrix(self, node: Any) -> Expr:
        rows, cols = map(self.dim, node.shape)
        if isinstance(node, sp.Identity):
            return eye(rows)
        return zeros(rows, cols) if isinstance(node, sp.ZeroMatrix) else ones(rows, cols)

    def diagonal(self, node: Any) -> Expr:
        operand = self.of(node.args[0])
        if isinstance(node, DiagonalMatrix) and operand.shape.is_square:
            return elementwise("hadamard", operand, eye(operand.shape.rows))
        return call(known("diag"), operand)

    def blocks(self, node: Any) -> Expr:
        grid = node.blocks
        return blocks([[self.of(grid[i, j]) for j in range(grid.cols)] for i in range(grid.rows)])

    def explicit(self, node: Any) -> Expr:
        """A matrix of numbers, by its entries."""
        if node.rows * node.cols > 400:
            raise ParseError(
                f"a matrix of {node.rows}×{node.cols} entries", hint="declare it: variables, and values later"
            )
        if node.rows == node.cols == 1:
            return self.of(node[0, 0])
        return blocks([[self.of(node[i, j]) for j in range(node.cols)] for i in range(node.rows)])

    # ---------------------------------------------------------------- functions
    def folded(self, node: Any) -> Expr:
        """Max and Min of several: of a number and 0, the positive part."""
        name = "maximum" if isinstance(node, sp.Max) else "minimum"
        operands = sorted(map(self.of, node.args), key=lambda operand: operand.kind == "number")
        if not self.entries and not all(operand.shape.is_scalar for operand in operands):
            raise ParseError(f"{type(node).__name__} of matrices", hint="X.applyfunc(lambda u: Max(u, 0))")
        if name == "maximum" and len(operands) == 2 and operands[1] is number(0):
            return call(known("relu"), operands[0])
        made = operands[0]
        for operand in operands[1:]:
            made = call(known(name), made, operand)
        return made

    def heaviside(self, node: Any) -> Expr:
        if len(node.args) > 1 and node.args[1] != 0:
            raise ParseError("Heaviside(x) is 1/2 at 0 in SymPy, and step(x) is 0", hint="Heaviside(x, 0)")
        return call(known("step"), self.of(node.args[0]))

    def polygamma(self, node: Any) -> Expr:
        order, operand = node.args
        if order not in (0, 1):
            raise ParseError(f"no formula of matrices: polygamma of order {order}")
        return call(known("trigamma" if order == 1 else "digamma"), self.of(operand))

    def relation(self, node: Any) -> Expr:
        made = self.of(node.args[0])
        name = next(name for kind, name in _RELATIONS.items() if isinstance(node, kind))
        if len(node.args) == 1:
            return call(known(name), made)
        for operand in node.args[1:]:
            made = call(known(name), made, self.of(operand))
        return made

    def piecewise(self, node: Any) -> Expr:
        *pieces, (last, otherwise) = node.args
        if otherwise is not sp.true:
            raise ParseError("a Piecewise that says nothing of some values", hint="end it with (…, True)")
        made = self.of(last)
        for value, condition in reversed(pieces):
            made = call(WHERE, self.of(condition), self.of(value), made)
        return made

    def applied(self, node: Any) -> Expr:
        """A function of entries: its formula, entry by entry."""
        operand, function = self.of(node.expr), node.function
        if not isinstance(function, sp.Lambda):
            name = _FUNCTIONS.get(function)
            if name is None:
                raise ParseError(f"no function of entries: {function}")
            return call(known(name), operand)
        (variable,) = function.variables
        if self.entries:
            raise ParseError("a function of entries within another one")
        self.entries = {variable: operand}
        made = self.of(function.expr)
        self.entries = {}
        return mul(made, ones(*operand.shape)) if made.shape.is_scalar and not operand.shape.is_scalar else made

    def array(self, node: Any) -> Expr:
        """An array expression, where it is a matrix expression."""
        try:
            made = arrays.convert_array_to_matrix(node)
        except Exception:  # SymPy raises many kinds here
            made = node
        if isinstance(made, _ARRAYS):
            raise ParseError(f"no formula of matrices: {type(node).__name__}", f"it is {shown(str(node))}")
        return self.of(made)


def _without_sign(node: Any) -> tuple[Any, bool]:
    """A term without a number's minus before it, and whether there is one."""
    coefficient, rest = node.as_coeff_Mul() if not isinstance(node, sp.MatMul) else node.as_coeff_mmul()
    if coefficient.is_Rational and coefficient < 0 and rest != 1:
        return (rest if coefficient == -1 else -coefficient * rest), True
    if coefficient.is_Rational and coefficient < 0 and not isinstance(node, sp.MatMul):
        return -coefficient, True
    return node, False


def _is_negative(exponent: Any) -> bool:
    return bool(exponent.could_extract_minus_sign() and exponent.is_number)


_RULES: list[tuple[Any, Callable[[_Reading, Any], Expr]]] = [
    (sp.MatrixSymbol, _Reading.matrix_symbol),
    (sp.Symbol, _Reading.symbol),
    (sp.Rational, _Reading.number),
    (sp.Float, _Reading.float),
    (sp.NumberSymbol, _Reading.constant),
    (sp.Add | sp.MatAdd, _Reading.sum),
    (sp.Mul | sp.MatMul, _Reading.product),
    (sp.Inverse, _Reading.inverse),
    (sp.Pow | sp.MatPow, _Reading.power),
    (sp.Transpose | sp.Adjoint, _Reading.transpose),
    (sp.Trace, _Reading.trace),
    (sp.Determinant, _Reading.determinant),
    (sp.HadamardProduct, _Reading.hadamard),
    (sp.HadamardPower, _Reading.hadamard_power),
    (sp.KroneckerProduct, _Reading.kronecker),
    (sp.Identity | sp.ZeroMatrix | sp.OneMatrix, _Reading.constant_matrix),
    (sp.DiagMatrix | DiagonalOf | DiagonalMatrix, _Reading.diagonal),
    (sp.BlockMatrix, _Reading.blocks),
    (sp.MatrixBase | sp.ImmutableDenseMatrix, _Reading.explicit),
    (MatrixElement, _Reading.element),
    (MatrixSlice, _Reading.slice),
    (sp.Indexed, _Reading.indexed),
    (ElementwiseApplyFunction, _Reading.applied),
    (DotProduct, _Reading.dot),
    (sp.FunctionMatrix, _Reading.function_matrix),
    (sp.Max | sp.Min, _Reading.folded),
    (sp.Heaviside, _Reading.heaviside),
    (sp.polygamma, _Reading.polygamma),
    (sp.Piecewise, _Reading.piecewise),
    (tuple(_RELATIONS), _Reading.relation),
    (sp.Sum | sp.Product, _Reading.over),
    (_ARRAYS, _Reading.array),
]
