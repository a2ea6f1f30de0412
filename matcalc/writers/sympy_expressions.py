"""Expr → SymPy: formulas as matrix expressions, with which SymPy goes on.

What is 1×1 is a scalar in a formula; in SymPy, a 1×1 product is a matrix, so that its trace is taken. Functions of
entries are ``ElementwiseApplyFunction``, sums of all entries traces with matrices of ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp
from sympy.matrices.expressions import MatrixSlice
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagonalOf
from sympy.matrices.expressions.matexpr import MatrixElement

from matcalc.bound import ranges
from matcalc.boundary import checked_arguments
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, name_of, variable
from matcalc.facts import implied
from matcalc.families import is_of_matrices
from matcalc.function import Function
from matcalc.notation.parse import parse
from matcalc.position import Index, Place, Several, end_of, first_of
from matcalc.shape import ONE, Dim

Entry = Callable[..., Any]

# Functions of entries: what each is of one number, or of one number and parameters.
_ENTRIES: dict[str, Entry] = {
    "exp": sp.exp, "log": sp.log, "sin": sp.sin, "cos": sp.cos, "tan": sp.tan, "arcsin": sp.asin, "arccos": sp.acos,
    "arctan": sp.atan, "tanh": sp.tanh, "sinh": sp.sinh, "cosh": sp.cosh, "abs": sp.Abs, "sign": sp.sign,
    "erf": sp.erf, "sinc": sp.sinc, "lgamma": sp.loggamma, "digamma": lambda u: sp.polygamma(0, u), "sqrt": sp.sqrt,
    "trigamma": lambda u: sp.polygamma(1, u), "relu": lambda u: sp.Max(u, 0), "maximum": sp.Max, "minimum": sp.Min,
    "step": lambda u: sp.Piecewise((1, u > 0), (0, True)), "sigmoid": lambda u: 1 / (1 + sp.exp(-u)),
    "softplus": lambda u: sp.log(1 + sp.exp(u)), "log1p": lambda u: sp.log(1 + u), "expm1": lambda u: sp.exp(u) - 1,
    "normpdf": lambda u: sp.exp(-(u**2) / 2) / sp.sqrt(2 * sp.pi),
    "normcdf": lambda u: (1 + sp.erf(u / sp.sqrt(2))) / 2,
    "lognormcdf": lambda u: sp.log((1 + sp.erf(u / sp.sqrt(2))) / 2), "xlogx": lambda u: u * sp.log(u),
    "invmills": lambda u: sp.exp(-(u**2) / 2) / sp.sqrt(2 * sp.pi) / ((1 + sp.erf(u / sp.sqrt(2))) / 2),
    "huber": lambda u, d: sp.Piecewise((u**2 / 2, sp.Abs(u) <= d), (d * (sp.Abs(u) - d / 2), True)),
    "clip": lambda u, a, b: sp.Min(sp.Max(u, a), b),
}  # fmt: skip
_RELATIONS: dict[str, Entry] = {
    ">": sp.Gt, "<": sp.Lt, ">=": sp.Ge, "<=": sp.Le, "==": sp.Eq, "!=": sp.Ne,
    "and": sp.And, "or": sp.Or, "not": sp.Not,
}  # fmt: skip


@checked_arguments
def to_sympy(expr: Expr) -> Any:
    """A formula in SymPy: scalars are ``Symbol``, others ``MatrixSymbol``; numbers are exact.

    Raises:
        MatcalcError: SymPy has no form for a part of it.
    """
    writer = _Writer({})
    for part in expr.parts:
        writer.write(part)
    return writer.made[expr]


def write(expr: Expr) -> str:
    """The formula as SymPy prints it."""
    return str(sp.sstr(to_sympy(expr)))


def dimension(dim: Dim) -> Any:
    """A dimension: an integer, a positive integer symbol, or a polynomial of these."""
    total = sp.Integer(0)
    for monomial, coefficient in dim.terms:
        factors = [sp.Symbol(name, integer=True, positive=True) ** power for name, power in monomial]
        total += sp.Mul(coefficient, *factors)
    return total


class _Writer:
    """``given`` are what the operands of a function stand for, where its definition is written."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.made: dict[Expr, Any] = {}
        self.given = given

    def write(self, part: Expr) -> None:
        if part in self.made:
            return
        rule = _KINDS.get(part.kind)
        if rule is None:
            raise MatcalcError(f"SymPy has no form for this: {part.kind}", f"it is {part}")
        self.made[part] = rule(self, part, *[self.made[operand] for operand in part.operands])

    # ---------------------------------------------------------------- leaves
    def variable(self, part: Expr) -> Any:
        name = name_of(part)
        if name in self.given:
            return self.given[name]
        if is_of_matrices(part):
            raise MatcalcError(f"SymPy has no families of matrices: {name}")
        if part.shape.is_scalar:
            facts = implied(set(part.data[1]), part.shape)
            known = {"positive": True} if "positive" in facts else {"nonnegative": True} if "nonneg" in facts else {}
            return sp.Symbol(name, **(known or {"real": True}))
        return sp.MatrixSymbol(name, *map(dimension, part.shape))

    def number(self, part: Expr) -> Any:
        return sp.Rational(int(part.data.numerator), int(part.data.denominator))

    def size(self, part: Expr) -> Any:
        return dimension(part.data)

    def constant(self, part: Expr) -> Any:
        return sp.pi

    def eye(self, part: Expr) -> Any:
        return sp.Identity(dimension(part.shape.rows)) if not part.shape.is_scalar else sp.Integer(1)

    def ones(self, part: Expr) -> Any:
        return sp.OneMatrix(*map(dimension, part.shape)) if not part.shape.is_scalar else sp.Integer(1)

    def zeros(self, part: Expr) -> Any:
        return sp.ZeroMatrix(*map(dimension, part.shape)) if not part.shape.is_scalar else sp.Integer(0)

    def unit(self, part: Expr) -> Any:
        return self.at(sp.Identity(dimension(part.shape.rows)), (None, part.data))

    # ---------------------------------------------------------------- operators
    def add(self, part: Expr, left: Any, right: Any) -> Any:
        return self.spread(part, part.operands[0], left) + self.spread(part, part.operands[1], right)

    def sub(self, part: Expr, left: Any, right: Any) -> Any:
        return self.spread(part, part.operands[0], left) - self.spread(part, part.operands[1], right)

    def spread(self, whole: Expr, part: Expr, value: Any) -> Any:
        """A number beside an array is added to each entry."""
        if part.shape.is_scalar and not whole.shape.is_scalar:
            return value * sp.OneMatrix(*map(dimension, whole.shape))
        return value

    def neg(self, part: Expr, operand: Any) -> Any:
        return -operand

    def mul(self, part: Expr, left: Any, right: Any) -> Any:
        made = left * right
        is_inner = part.shape.is_scalar and not part.operands[0].shape.is_scalar
        return sp.Trace(made) if is_inner and getattr(made, "is_Matrix", False) else made

    def hadamard(self, part: Expr, left: Any, right: Any) -> Any:
        if any(operand.shape.is_scalar for operand in part.operands):
            return left * right
        return sp.HadamardProduct(left, right)

    def div(self, part: Expr, left: Any, right: Any) -> Any:
        return left / right if part.shape.is_scalar else left * (1 / right)

    def eldiv(self, part: Expr, left: Any, right: Any) -> Any:
        if part.operands[1].shape.is_scalar:
            return left * (1 / right)
        below = sp.HadamardPower(right, -1)
        return left * below if part.operands[0].shape.is_scalar else sp.HadamardProduct(left, below)

    def pow(self, part: Expr, base: Any, exponent: Any) -> Any:
        if part.shape.is_scalar:
            return base**exponent
        return sp.Inverse(base) if exponent == -1 else sp.MatPow(base, exponent).doit(deep=False)

    def elpow(self, part: Expr, base: Any, exponent: Any) -> Any:
        if part.shape.is_scalar:
            return base**exponent
        if not all(o.shape == part.shape for o in part.operands) and part.operands[0].shape.is_scalar:
            return self.entries(part.operands[1], exponent, lambda u: base**u)
        return sp.HadamardPower(base, exponent)

    def transpose(self, part: Expr, operand: Any) -> Any:
        return operand if part.shape.is_scalar else sp.Transpose(operand).doit(deep=False)

    # ---------------------------------------------------------------- parts
    def at(self, whole: Any, places: tuple[Place, ...]) -> Any:
        ends = [self.ends(place, side) for place, side in zip(places, whole.shape, strict=True)]
        if all(stop is None for _, stop in ends):
            return MatrixElement(whole, ends[0][0], ends[1][0])
        rows, cols = ((start, start + 1 if stop is None else stop, 1) for start, stop in ends)
        return MatrixSlice(whole, rows, cols)

    def ends(self, place: Place, side: Any) -> tuple[Any, Any]:
        """Where positions begin and end; a single one has no end."""
        if place is None:
            return sp.Integer(0), side
        if isinstance(place, Index):
            return _index(place), None
        first = dimension(first_of(place))
        return (first, dimension(end_of(place))) if isinstance(place, Several) else (first, None)

    def entry(self, part: Expr, operand: Any) -> Any:
        (of,) = part.operands
        if of.shape.is_scalar:
            return operand
        places = tuple(0 if side is ONE else at for at, side in zip(part.data, of.shape, strict=True))
        if not part.shape.is_scalar:
            places = tuple(None if side is ONE else at for at, side in zip(part.data, of.shape, strict=True))
        return self.at(operand, places)

    def blocks(self, part: Expr, *parts: Any) -> Any:
        rows, rest = [], iter(zip(part.operands, parts, strict=True))
        for count in part.data:
            row = [next(rest) for _ in range(count)]
            rows.append([sp.ImmutableMatrix([[value]]) if of.shape.is_scalar else value for of, value in row])
        return sp.BlockMatrix(rows)

    def total(self, part: Expr, body: Any) -> Any:
        what = part.data
        dims = ranges(part.operands[0], what)
        limits = [(_index(index), 0, dimension(dims[index]) - 1) for index in what.indices]
        if what.order in ("<", "<="):
            (first, second), beyond = (_index(index) for index in what.indices), what.order == "<"
            limits[0] = (first, 0, second - int(beyond))
        elif what.order:
            raise MatcalcError(
                f"SymPy has no sum over {what}", hint="a sum over all, and those with equal indices taken off"
            )
        if not part.shape.is_scalar:
            raise MatcalcError("SymPy has no sums of matrices over indices", f"this is {part.shape}")
        return (sp.Sum if what.over == "sum" else sp.Product)(body, *limits)

    def stack(self, part: Expr, body: Any) -> Any:
        (of,) = part.operands
        if not of.shape.is_scalar or len(part.data.indices) > 2:
            raise MatcalcError("SymPy has no stacks of matrices", f"each is {of.shape}")
        names = [_index(index) for index in part.data.indices]
        names += [sp.Symbol(f"{names[0]}_")] * (2 - len(names))
        return sp.FunctionMatrix(*map(dimension, part.shape), sp.Lambda(tuple(names), body))

    # ---------------------------------------------------------------- functions
    def call(self, part: Expr, *operands: Any) -> Any:
        function: Function = part.data
        name = function.name
        if name in _WHOLE:
            return _WHOLE[name](self, part, *operands)
        if name in _RELATIONS:
            if not part.shape.is_scalar:
                raise MatcalcError("SymPy has no comparisons of arrays", f"it is {part}")
            return _RELATIONS[name](*operands)
        if name in _ENTRIES:
            return self.of_entries(part, *operands)
        if function.definition:
            names = zip(function.operands, part.operands, strict=True)
            declared = {name: variable(name, *operand.shape) for name, operand in names}
            found = function.shape.match(tuple(operand.shape for operand in part.operands))
            assert found is not None
            body = parse(_at_dims(function, found[1]), declared)
            inner = _Writer(dict(zip(function.operands, operands, strict=True)))
            for piece in body.parts:
                inner.write(piece)
            return inner.made[body]
        raise MatcalcError(f"SymPy has no form for the function {name}", f"it is {part}")

    def of_entries(self, part: Expr, *operands: Any) -> Any:
        """A function of entries, with numbers for its parameters."""
        function = _ENTRIES[part.data.name]
        if part.shape.is_scalar:
            return function(*operands)
        arrays = [k for k, operand in enumerate(part.operands) if not operand.shape.is_scalar]
        if len(arrays) == 1:
            (at,) = arrays
            given = lambda u: function(*operands[:at], u, *operands[at + 1 :])  # noqa: E731
            return self.entries(part.operands[at], operands[at], given)
        if part.data.name in ("maximum", "minimum"):  # (a + b ± |a - b|)/2
            apart = self.entries(part, operands[0] - operands[1], sp.Abs)
            sign = 1 if part.data.name == "maximum" else -1
            return sp.Rational(1, 2) * (operands[0] + operands[1] + sign * apart)
        raise MatcalcError(f"SymPy has no functions of the entries of several matrices: {part.data.name}")

    def entries(self, of: Expr, value: Any, function: Entry) -> Any:
        if of.shape.is_scalar:
            return function(value)
        u = sp.Dummy("u", real=True)
        return ElementwiseApplyFunction(sp.Lambda(u, function(u)), value)

    def summed(self, of: Expr, value: Any) -> Any:
        """The sum of all entries."""
        if of.shape.is_scalar:
            return value
        left, right = self.one(ONE, of.shape.rows), self.one(of.shape.cols, ONE)
        made = value if left is None else left * value
        return sp.Trace(made if right is None else made * right)

    def one(self, rows: Dim, cols: Dim) -> Any:
        return None if rows is cols is ONE else sp.OneMatrix(dimension(rows), dimension(cols))

    def sum(self, part: Expr, value: Any) -> Any:
        return self.summed(part.operands[0], value)

    def rowsum(self, part: Expr, value: Any) -> Any:
        (of,) = part.operands
        return value if of.shape.cols is ONE else self.flat(part, value * sp.OneMatrix(dimension(of.shape.cols), 1))

    def colsum(self, part: Expr, value: Any) -> Any:
        (of,) = part.operands
        if of.shape.rows is ONE:
            return value if of.shape.is_scalar else sp.Transpose(value).doit(deep=False)
        return self.flat(part, sp.Transpose(value).doit(deep=False) * sp.OneMatrix(dimension(of.shape.rows), 1))

    def flat(self, part: Expr, value: Any) -> Any:
        return sp.Trace(value) if part.shape.is_scalar else value

    def norm2(self, part: Expr, value: Any) -> Any:
        (of,) = part.operands
        return sp.Abs(value) if of.shape.is_scalar else sp.sqrt(sp.Trace(sp.Transpose(value).doit(deep=False) * value))

    def diag(self, part: Expr, value: Any) -> Any:
        (of,) = part.operands
        if of.shape.is_scalar:
            return value
        if of.shape.cols is ONE:
            return sp.DiagMatrix(value)
        if of.shape.rows is ONE:
            return sp.DiagMatrix(sp.Transpose(value).doit(deep=False))
        return DiagonalOf(value)

    def det(self, part: Expr, value: Any) -> Any:
        return value if part.operands[0].shape.is_scalar else sp.Determinant(value)

    def logdet(self, part: Expr, value: Any) -> Any:
        return sp.log(self.det(part, value))

    def tr(self, part: Expr, value: Any) -> Any:
        return value if part.operands[0].shape.is_scalar else sp.Trace(value)

    def inv(self, part: Expr, value: Any) -> Any:
        return 1 / value if part.shape.is_scalar else sp.Inverse(value)

    def solve(self, part: Expr, matrix: Any, right: Any) -> Any:
        return self.inv(part.operands[0], matrix) * right

    def kron(self, part: Expr, left: Any, right: Any) -> Any:
        if any(operand.shape.is_scalar for operand in part.operands):
            return left * right
        return sp.KroneckerProduct(left, right)

    def logsumexp(self, part: Expr, value: Any) -> Any:
        (of,) = part.operands
        return sp.log(self.summed(of, self.entries(of, value, sp.exp)))

    def softmax(self, part: Expr, value: Any) -> Any:
        (of,) = part.operands
        exponentials = self.entries(of, value, sp.exp)
        return exponentials * (1 / self.summed(of, exponentials))

    def rowsoftmax(self, part: Expr, value: Any) -> Any:
        (of,) = part.operands
        if of.shape.is_scalar or of.shape.cols is ONE:
            return self.ones(of)
        exponentials = self.entries(of, value, sp.exp)
        if of.shape.rows is ONE:
            return exponentials * (1 / self.summed(of, exponentials))
        wide = sp.OneMatrix(dimension(of.shape.cols), dimension(of.shape.cols))
        return sp.HadamardProduct(exponentials, sp.HadamardPower(exponentials * wide, -1))

    def rowlogsumexp(self, part: Expr, value: Any) -> Any:
        (of,) = part.operands
        if of.shape.rows is ONE:
            return sp.log(self.summed(of, self.entries(of, value, sp.exp)))
        sums = self.entries(of, value, sp.exp) * sp.OneMatrix(dimension(of.shape.cols), 1)
        return self.entries(part, sums, sp.log)

    def where(self, part: Expr, *operands: Any) -> Any:
        if not part.shape.is_scalar:
            raise MatcalcError("SymPy has no branches by the entries of arrays", f"it is {part}")
        return sp.Piecewise((operands[1], operands[0]), (operands[2], True))


def _at_dims(function: Function, dims: Mapping[str, Dim]) -> str:
    """The definition of a function, with dimensions in place of the letters of its signature."""
    letters = {letter: dim for letter, dim in dims.items() if letter not in function.operands}
    return re.sub(r"\b[a-z]\b", lambda found: str(letters.get(found[0], found[0])), function.definition)


def _index(index: Index) -> Any:
    return sp.Symbol(index.name, integer=True, nonnegative=True)


_KINDS: dict[str, Callable[..., Any]] = {
    kind: getattr(_Writer, kind)
    for kind in (
        "variable", "number", "size", "constant", "eye", "ones", "zeros", "unit", "add", "sub", "neg", "mul",
        "hadamard", "div", "eldiv", "pow", "elpow", "transpose", "entry", "blocks", "total", "stack", "call",
    )
} | {"selected": _Writer.entry}  # fmt: skip
_WHOLE: dict[str, Callable[..., Any]] = {
    name: getattr(_Writer, name)
    for name in (
        "sum", "rowsum", "colsum", "norm2", "diag", "det", "logdet", "tr", "inv", "solve", "kron", "logsumexp",
        "softmax", "rowsoftmax", "rowlogsumexp", "where",
    )
}  # fmt: skip
