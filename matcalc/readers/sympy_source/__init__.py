"""SymPy's code → Expr: a small part of Python, read as a syntax tree and never executed.

Names are those that are declared, scalars and indices; calls are those of a table of SymPy's constructors.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import sympy as sp

from matcalc.errors import MatcalcError, ParseError
from matcalc.expr import Expr
from matcalc.notation.parse import Declared
from matcalc.readers import Families
from matcalc.readers.sympy_source.expressions import with_names
from matcalc.shape import Dim

LONGEST_TEXT = 10_000
DEEPEST = 60
LARGEST_EXPONENT = 300
MOST_DIGITS = 50
LARGEST_OPERAND = 1_000  # of a function of a number, which SymPy works out: loggamma is by a factorial

_CALLS: dict[str, Callable[..., Any]] = {
    name: getattr(sp, name)
    for name in (
        "exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "sqrt", "Abs", "sign", "erf",
        "loggamma", "digamma", "trigamma", "sinc", "Max", "Min", "Heaviside", "Rational", "Integer", "MatMul", "MatAdd",
        "MatPow", "Transpose", "Inverse", "Trace", "Determinant", "HadamardProduct", "HadamardPower",
        "KroneckerProduct", "Identity", "ZeroMatrix", "OneMatrix", "DiagMatrix", "DotProduct", "Sum",
        "Product", "Add", "Mul", "Pow", "Eq",
        "Ne", "Gt", "Lt", "Ge", "Le", "And", "Or", "Not", "Piecewise", "BlockMatrix", "trace", "det",
        "hadamard_product", "kronecker_product",
    )
}  # fmt: skip
_OF_NUMBERS = frozenset(list(_CALLS)[: list(_CALLS).index("Max")])  # the functions of entries
_OF_LISTS = ("Piecewise", "BlockMatrix")
_METHODS = ("applyfunc", "det", "trace", "inv", "inverse", "transpose")
_OPERATORS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b,
    ast.MatMult: lambda a, b: a * b, ast.Div: lambda a, b: a / b,
}  # fmt: skip
_COMPARED: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Gt: sp.Gt, ast.Lt: sp.Lt, ast.GtE: sp.Ge, ast.LtE: sp.Le, ast.Eq: sp.Eq, ast.NotEq: sp.Ne
}  # fmt: skip


def read(text: str, declared: Declared, families: Families) -> tuple[Expr, dict[str, Expr]]:
    """The formula that SymPy's code means, and all its variables by name.

    Raises:
        ParseError: it is no expression of SymPy that is read, or SymPy refuses it.
    """
    if len(text) > LONGEST_TEXT:
        raise ParseError(f"the formula is too long: {len(text)} characters", f"at most {LONGEST_TEXT} are read")
    variables = {name: v for name, v in declared.items() if isinstance(v, Expr)}
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        where = getattr(error, "offset", None) or 1
        raise ParseError("not an expression of Python", f"{error}").at(text, (where - 1, where)) from None
    reading = _Reading(text, len(text) - len(text.lstrip()), variables)
    made = reading.of(tree.body, 0)
    try:
        return with_names(made, variables)
    except MatcalcError as error:
        raise error.at(text, (0, len(text))) from None


class _Reading:
    def __init__(self, text: str, start: int, variables: dict[str, Expr]) -> None:
        self.text = text
        self.start = start
        self.variables = variables
        self.symbols = {s for v in variables.values() for dim in v.shape for s in dim.symbols}
        self.bound: dict[str, Any] = {}

    def fail(self, node: ast.AST, summary: str, hint: str = "") -> ParseError:
        error = ParseError(summary, hint=hint)
        line = getattr(node, "lineno", 1) - 1
        lines = self.text.strip().split("\n")
        before = self.start + sum(len(each) + 1 for each in lines[:line])
        columns = [len(lines[line].encode()[: getattr(node, name, 0)].decode(errors="ignore"))
                   for name in ("col_offset", "end_col_offset")]  # fmt: skip
        error.at(self.text, (before + columns[0], before + max(columns)))
        return error

    def of(self, node: ast.expr, depth: int) -> Any:
        if depth > DEEPEST:
            raise self.fail(node, "the expression is nested too deeply")
        rule = _RULES.get(type(node))
        if rule is None:
            raise self.fail(node, "this is no part of an expression of SymPy")
        try:
            return rule(self, node, depth + 1)
        except MatcalcError:
            raise
        except Exception as error:  # SymPy raises many kinds where shapes do not fit
            raise self.fail(node, f"SymPy refuses this: {type(error).__name__}: {str(error)[:100]}") from None

    def constant(self, node: ast.Constant, depth: int) -> Any:
        value = node.value
        if isinstance(value, bool):
            return sp.true if value else sp.false
        if isinstance(value, int) and value.bit_length() < 4 * MOST_DIGITS:
            return sp.Integer(value)
        if isinstance(value, float):
            return sp.Float(repr(value))
        raise self.fail(node, "this is no number of a formula")

    def name(self, node: ast.Name, depth: int) -> Any:
        name = node.id
        if name in self.bound:
            return self.bound[name]
        declared = self.variables.get(name)
        if declared is not None and not declared.shape.is_scalar:
            return sp.MatrixSymbol(name, *map(_dimension, declared.shape))
        if declared is not None:
            return sp.Symbol(name)
        if name in self.symbols:
            return sp.Symbol(name, integer=True, positive=True)
        if name == "pi":
            return sp.pi
        if name in _CALLS:
            raise self.fail(node, f"{name} wants its arguments")
        raise self.fail(node, f"{name} is not declared", hint=f"declare it: {name}: n, or {name}: scalar")

    def binary(self, node: ast.BinOp, depth: int) -> Any:
        left, right = self.of(node.left, depth), self.of(node.right, depth)
        if not (isinstance(left, sp.Expr) and isinstance(right, sp.Expr)):
            raise self.fail(node, "operators stand between numbers and matrices")
        if isinstance(node.op, ast.Pow):
            return self.power(node, left, right)
        if type(node.op) not in _OPERATORS:
            raise self.fail(node, "this operator is none of SymPy's")
        return _OPERATORS[type(node.op)](left, right)

    def power(self, node: ast.AST, base: Any, exponent: Any) -> Any:
        if getattr(exponent, "is_number", False) and not abs(exponent) <= LARGEST_EXPONENT:
            raise self.fail(node, "the exponent is out of range", hint=f"exponents up to {LARGEST_EXPONENT} are read")
        numbers = base.atoms(sp.Rational)
        digits = max((max(abs(part.p), part.q).bit_length() for part in numbers), default=0)
        if digits > 8 * MOST_DIGITS:
            raise self.fail(node, "the number is out of range")
        return base**exponent

    def unary(self, node: ast.UnaryOp, depth: int) -> Any:
        operand = self.of(node.operand, depth)
        if isinstance(node.op, ast.USub):
            return -operand
        if isinstance(node.op, ast.UAdd):
            return operand
        raise self.fail(node, "this operator is none of SymPy's")

    def compare(self, node: ast.Compare, depth: int) -> Any:
        if len(node.ops) != 1 or type(node.ops[0]) not in _COMPARED:
            raise self.fail(node, "one comparison of numbers is read")
        return _COMPARED[type(node.ops[0])](self.of(node.left, depth), self.of(node.comparators[0], depth))

    def tuple(self, node: ast.Tuple | ast.List, depth: int) -> Any:
        made = [self.of(element, depth) for element in node.elts]
        return made if isinstance(node, ast.List) else tuple(made)

    # ---------------------------------------------------------------- calls, attributes, entries
    def call(self, node: ast.Call, depth: int) -> Any:
        if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            raise self.fail(node, "arguments stand one after the other, without names")
        if isinstance(node.func, ast.Attribute):
            return self.method(node.func, node, depth)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name not in _CALLS:
            raise self.fail(node.func, f"not a function of SymPy that is read: {name or 'this'}")
        if name in ("Sum", "Product"):
            return self.over(name, node, depth)
        arguments = [self.of(argument, depth) for argument in node.args]
        if name not in _OF_LISTS and not all(isinstance(argument, sp.Basic) for argument in arguments):
            raise self.fail(node, f"{name} takes numbers and matrices")
        for argument in arguments if name in _OF_NUMBERS else ():
            if getattr(argument, "is_number", False) and not abs(argument) <= LARGEST_OPERAND:
                raise self.fail(node, f"{name} of a number that is out of range", hint=f"up to {LARGEST_OPERAND}")
        if name in ("Pow", "MatPow", "HadamardPower") and len(arguments) == 2:
            self.power(node, sp.Integer(1), arguments[1])
            self.power(node, arguments[0], sp.Integer(1))
        return _CALLS[name](*arguments)

    def over(self, name: str, node: ast.Call, depth: int) -> Any:
        """Sum(body, (i, 0, n - 1), …): the limits first, for the body names their indices."""
        limits = []
        outside = dict(self.bound)
        for limit in node.args[1:]:
            if not isinstance(limit, ast.Tuple) or len(limit.elts) != 3 or not isinstance(limit.elts[0], ast.Name):
                raise self.fail(limit, "limits read: (i, 0, n - 1)")
            index = limit.elts[0].id
            if index in self.variables or index in self.symbols or index in self.bound:
                raise self.fail(limit, f"{index} has a meaning already", hint="choose another name for the index")
            ends = [self.of(end, depth) for end in limit.elts[1:]]
            self.bound[index] = sp.Symbol(index, integer=True, nonnegative=True)
            limits.append((self.bound[index], *ends))
        if not limits:
            raise self.fail(node, f"{name} wants limits", hint=f"{name}(x[i, 0], (i, 0, n - 1))")
        body = self.of(node.args[0], depth)
        self.bound = outside
        return _CALLS[name](body, *limits)

    def method(self, attribute: ast.Attribute, node: ast.Call, depth: int) -> Any:
        whole = self.of(attribute.value, depth)
        if attribute.attr not in _METHODS or not isinstance(whole, sp.MatrixExpr):
            raise self.fail(attribute, f"not a method that is read: {attribute.attr}")
        if attribute.attr == "applyfunc":
            (function,) = node.args
            if not isinstance(function, ast.Name) or function.id not in _OF_NUMBERS:
                raise self.fail(node, "applyfunc takes the name of a function: X.applyfunc(exp)")
            return whole.applyfunc(_CALLS[function.id])
        if node.args:
            raise self.fail(node, f"{attribute.attr} takes no arguments")
        made = {"det": sp.Determinant, "trace": sp.Trace, "transpose": sp.Transpose}.get(attribute.attr, sp.Inverse)
        return made(whole)

    def attribute(self, node: ast.Attribute, depth: int) -> Any:
        whole = self.of(node.value, depth)
        if node.attr not in ("T", "I") or not isinstance(whole, sp.MatrixExpr):
            raise self.fail(node, f"not an attribute that is read: {node.attr}", hint="X.T, X.I")
        return sp.Transpose(whole).doit(deep=False) if node.attr == "T" else sp.Inverse(whole)

    def subscript(self, node: ast.Subscript, depth: int) -> Any:
        whole = self.of(node.value, depth)
        if not isinstance(whole, sp.MatrixExpr):
            raise self.fail(node, "only a matrix has entries")
        places = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if len(places) == 1 and sp.Integer(1) in whole.shape:
            places = [places[0], ast.Constant(0)] if whole.shape[1] == 1 else [ast.Constant(0), places[0]]
        if len(places) != 2:
            raise self.fail(node, "an entry of a matrix has a row and a column", hint="X[0, 1]")
        return whole[tuple(self.place(place, depth) for place in places)]

    def place(self, node: ast.expr, depth: int) -> Any:
        if not isinstance(node, ast.Slice):
            return self.of(node, depth)
        if node.step is not None:
            raise self.fail(node, "a block is of neighbouring rows and columns")
        return slice(*(None if end is None else self.of(end, depth) for end in (node.lower, node.upper)))


def _dimension(dim: Dim) -> Any:
    """A dimension in SymPy."""
    total = sp.Integer(0)
    for monomial, coefficient in dim.terms:
        total += sp.Mul(coefficient, *(sp.Symbol(s, integer=True, positive=True) ** power for s, power in monomial))
    return total


_RULES: dict[type[ast.expr], Callable[..., Any]] = {
    ast.Constant: _Reading.constant,
    ast.Name: _Reading.name,
    ast.BinOp: _Reading.binary,
    ast.UnaryOp: _Reading.unary,
    ast.Compare: _Reading.compare,
    ast.Tuple: _Reading.tuple,
    ast.List: _Reading.tuple,
    ast.Call: _Reading.call,
    ast.Attribute: _Reading.attribute,
    ast.Subscript: _Reading.subscript,
}
