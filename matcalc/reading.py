"""Formula text → Expr, with sums over indices written in matrix notation."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.bound import Over, Total, is_open, result_dims, total, unbound
from matcalc.boundary import checked_arguments
from matcalc.errors import MatcalcError, ParseError, ShapeError
from matcalc.expr import Expr, Operand, as_expr
from matcalc.lifting.lift import lift
from matcalc.lowering.lower import lower
from matcalc.notation import parse as notation
from matcalc.notation.parse import Declared
from matcalc.regex import regex
from matcalc.sorts import condition_as_number, states
from matcalc.stacking import blocks, grid

_SUMS = ("_{", "sum_", "prod_", "stack_", "∑", "∏", *(sign + under for sign in "ΣΠ" for under in "_ᵢⱼₖₗₘₙ"))
_EQUATION = regex(r"\]\s*=(?!=)")


def parse(text: str, declared: Declared | None = None) -> Expr:
    """The formula that a text means; see :func:`matcalc.parse`."""
    return parse_with_names(text, declared)[0]


def parse_with_names(text: str, declared: Declared | None = None) -> tuple[Expr, dict[str, Expr]]:
    """The formula, and all its variables by name: the declared ones, and those whose shape was inferred."""
    expr, names = notation.parse_with_names(text, declared)
    return (in_matrices(expr, text) if has_sums(text) else _number(expr, text)), names


def in_matrices(expr: Expr, text: str) -> Expr:
    """A formula that was read, with its sums over indices in matrix notation."""
    try:
        return vectorize(_number(expr, text))
    except MatcalcError as error:
        raise error.at(text, (0, len(text))) from None


def _number(expr: Expr, text: str) -> Expr:
    if states(expr):
        raise condition_as_number(text.strip()).at(text, (0, len(text)))
    return expr


def has_sums(text: str) -> bool:
    """Whether a text that is a formula has sums over indices, or is an equation for each index."""
    return any(sign in text for sign in _SUMS) or ("]" in text and _EQUATION.search(text) is not None)


@checked_arguments
def sum_over(indices: str, body: Callable[..., Operand]) -> Expr:
    """The sum of a formula over indices: ``sum_over("i", lambda i: log(1 + exp(-y[i]*(X[i, :] @ w))))``.

    ``indices`` are ``"i"``, ``"i,j"``, ``"i<j"``, ``"i!=j"`` or ``"i=1..m"``; the body is called with them. What they
    run over follows from the axes that they stand at. The sum is written in matrix notation, where it has a form in it.

    Raises:
        ParseError: something else is said of the indices.
        ShapeError: an index stands nowhere in the body, or at axes of several lengths.
    """
    return _over("sum", indices, body)


@checked_arguments
def prod_over(indices: str, body: Callable[..., Operand]) -> Expr:
    """The product of scalars over indices: ``prod_over("i", lambda i: 1 - p[i])``; see :func:`sum_over`."""
    return _over("prod", indices, body)


@checked_arguments
def stack_over(indices: str, body: Callable[..., Operand]) -> Expr:
    """What a formula is at each index: ``stack_over("k", lambda k: logdet(S[k]))`` is a column; see :func:`sum_over`.

    Columns and rows become the rows of a matrix, matrices a family; scalars at two indices ``"i,k"`` a matrix.
    """
    return _over("stack", indices, body)


def _over(over: Over, indices: str, body: Callable[..., Operand]) -> Expr:
    from inspect import signature

    what = Total.read(f"{over}_{{{indices}}}", object())
    what.check_names(())
    try:
        signature(body).bind(*what.indices)
    except TypeError as error:
        raise ParseError("the body is a function of the indices", f"{indices}: {error}") from None
    made = total(as_expr(body(*what.indices)), what)
    return made if unbound(made) else vectorize(made)


@checked_arguments
def vectorize(expr: Expr) -> Expr:
    """The formula in matrix notation, where it has a form in that; elsewhere with sums and stacks over indices.

    What is read, and what ``sum_over``, ``prod_over`` and ``stack_over`` make, is in this form.
    """
    if not is_open(expr):
        return expr
    from matcalc.lifting.slicing import NoMemberForm

    if strangers := unbound(expr):
        raise ShapeError(f"index {strangers[0].name} is not bound", hint=f'sum_over("{strangers[0].name}", …)')
    view = lower(expr)
    if expr.kind == "blocks" and view.node.has_members:
        return blocks([list(map(vectorize, row)) for row in grid(expr)])
    try:
        return lift(view.node, view.rows, (expr,), stacked=expr.kind == "stack" and len(result_dims(expr)) > 2)
    except NoMemberForm:  # blocks across which members go, and the like, stay as they are written
        return expr
