"""The whole way on one screen: formula → network → derivative → network → formula, and on to numbers and code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matcalc.boundary import checked_arguments, pointing
from matcalc.by_lists import gradient_by, hessian_by, jacobian_by
from matcalc.calculus import derivative as network_derivative
from matcalc.calculus import differential as push_forward
from matcalc.calculus import pull_back
from matcalc.deriving import By, asked, asked_by_part, jacobian_view, laid_out, lifted, lowered_by, named, restored
from matcalc.errors import DerivativeError, MatcalcError, ShapeError
from matcalc.expr import Expr, Operand, as_expr
from matcalc.facts import declare
from matcalc.families import is_of_matrices
from matcalc.function import Function
from matcalc.functions.abstract import abstract
from matcalc.lowering.lower import check_names, lower
from matcalc.network.reshaping import reshape
from matcalc.network.views import View, same_layout, transpose
from matcalc.notation.conventions import Outline
from matcalc.readers import Families, read
from matcalc.shape import Dim
from matcalc.structured import structured
from matcalc.symbols import with_hints
from matcalc.tensor_form import Tensor

if TYPE_CHECKING:
    from matcalc.emission.emitted import Emitted
    from matcalc.plans.plan import Plan, PlanComparison

Size = int | str | Dim


# ---------------------------------------------------------------- declaring
@pointing
def variable(name: str, rows: Size, cols: Size, *facts: str) -> Expr:
    """A variable of ``rows`` × ``cols``; facts are strings such as "symmetric" (see ``facts.FACTS``).

    Raises:
        ShapeError: not a name, not a dimension, or not a known fact.
    """
    return declare(name, rows, cols, *facts)


@pointing
def scalar(name: str, *facts: str) -> Expr:
    """A 1×1 variable."""
    return declare(name, 1, 1, *facts)


@pointing
def vector(name: str, rows: Size, *facts: str) -> Expr:
    """A column of ``rows`` entries."""
    return declare(name, rows, 1, *facts)


@pointing
def row(name: str, cols: Size, *facts: str) -> Expr:
    """A row of ``cols`` entries."""
    return declare(name, 1, cols, *facts)


@pointing
def matrix(name: str, rows: Size, cols: Size, *facts: str) -> Expr:
    """A matrix of ``rows`` × ``cols``."""
    return declare(name, rows, cols, *facts)


@checked_arguments
def function(name: str, rows: Size = 1, result: str = "") -> Function:
    """A function without a known body, from a column to a column of ``rows`` (by default a scalar).

    Its Jacobian is the symbol D(name). ``result`` is what its value is called where a chain is shown.

    Raises:
        ShapeError: not a name, the name of a known function, or not a dimension.
    """
    return abstract(name, rows, result)


@checked_arguments
def parse(
    text: str,
    variables: Mapping[str, Expr | Function | Outline] | None = None,
    *,
    notation: str = "text",
    families: Families | None = None,
) -> Expr:
    """What a text means, in the notation of matrixcalculus.org and MATLAB, or as people type it: ``‖Ax−b‖²``.

    ``notation="latex"`` reads LaTeX as papers and threads have it: ``\\frac12\\|Ax-b\\|_2^2``; ``"numpy"`` the source
    of NumPy code; ``"index"`` index notation, such as ``C_ik = A_ij B_jk`` and what ``to_index`` writes; ``"sympy"``
    code of SymPy.

    ``families`` says what ``x_i`` is under a sum over i: ``{"x_i": {"of": "X", "axis": "rows"}}``, row i of X as a
    column (or ``"columns"``, column i, or ``"entries"``, entry i).

    ``variables`` gives declared variables by name; shapes of the others are inferred from their use, and by the letter
    convention: a–g and Greek letters scalars, h–z columns, capitals matrices.

    Raises:
        ParseError: the text is not a formula.
        ShapeError: the shapes contradict each other; the error shows the places. Or they can be read in two ways.
    """
    declared = {} if variables is None else variables
    if not isinstance(declared, Mapping):
        raise ShapeError("declared variables come by name", hint='parse("A*x", {"A": A, "x": x})')
    for name, value in declared.items():
        if not isinstance(value, Expr | Function | Outline) or not isinstance(name, str):
            raise ShapeError(f"{name} is not a variable", hint='declare it: matcalc.matrix("A", "m", "n")')
    expr, known = read(text, declared, notation, families)
    return with_hints(expr, *known.values())


# ---------------------------------------------------------------- deriving
@checked_arguments
def gradient(f: Operand, x: By | Sequence[By], *, structure: str = "ignore") -> Expr:
    """Gradient of a scalar ``f`` by ``x``: ∂f/∂x, of x's own shape; by a list of variables, one column, as their vecs.

    ``structure`` says what is done with a symmetric or diagonal ``x``: "ignore" differentiates as if all entries were
    free to move, "project" projects that gradient G to the tangent space, (G + G')/2 or G.*eye(n), and "free" is by
    the free parameters, G + G' - G.*eye(n) or G.*eye(n).

        >>> A, x = mc.matrix("A", "n", "n"), mc.vector("x", "n")
        >>> mc.gradient(x.T @ A @ x, x)
        (A + A')*x  [n×1]

    Raises:
        DerivativeError: f is not a scalar (ask for its jacobian), or x is not a variable.
    """
    if not isinstance(x, Expr | str):
        return gradient_by(f, x, structure)
    f, x = asked_by_part(f, x)
    if not f.shape.is_scalar:
        raise DerivativeError("only a scalar has a gradient", f"this is {f.shape}", hint="ask for its jacobian").about(
            "f"
        )
    view, at = lowered_by(f, x)
    slope = restored(network_derivative(view.node, at.node), x)
    return lifted(View(structured(slope, x, structure), at.rows), f, x, stacked=is_of_matrices(x))


@checked_arguments
def jacobian(f: Operand, x: By | Sequence[By], *, layout: str = "numerator") -> Expr:
    """Jacobian of ``f`` by ``x`` in numerator layout: ∂vec f/∂(vec x)', with vec column-major.

    f of m entries and x of n entries give m×n with J[i, j] = ∂f_i/∂x_j; rows and columns count alike. With
    ``layout="denominator"`` the result is its transpose, n×m. By a list of variables it is a row of blocks.

        >>> A, x = mc.matrix("A", "m", "n"), mc.vector("x", "n")
        >>> mc.jacobian(mc.exp(A @ x), x)
        diag(exp(A*x))*A  [m×n]

    Raises:
        DerivativeError: x is not a variable, or the layout is not known.
    """
    if not isinstance(x, Expr | str):
        return jacobian_by(f, x, layout)
    f, x = asked_by_part(f, x)
    view, at = lowered_by(f, x)
    full = jacobian_view(view, restored(network_derivative(view.node, at.node), x), at)
    return lifted(laid_out(full, layout), f, x)


@checked_arguments
def hessian(f: Operand, x: By | Sequence[By], y: By | None = None, *, layout: str = "numerator") -> Expr:
    """Hessian of a scalar: the Jacobian by ``y`` (by default ``x``) of the column gradient by ``x``: n×n.

    With ``layout="denominator"`` its transpose, which differs for two variables only. By a list ``x`` of variables it
    is a matrix of blocks, and symmetric.

        >>> A, x = mc.matrix("A", "m", "n"), mc.vector("x", "n")
        >>> mc.hessian(mc.norm2(A @ x) ** 2, x)
        2*A'*A  [n×n]

    Raises:
        DerivativeError: f is not a scalar, x or y is not a variable, or the layout is not known.
    """
    if not isinstance(x, Expr | str):
        return hessian_by(f, x, y)
    f, x = asked_by_part(f, x)
    _, y = asked_by_part(f, x if y is None else y)
    if not f.shape.is_scalar:
        raise DerivativeError("only a scalar has a Hessian", f"this is {f.shape}", hint="ask for its jacobian").about(
            "f"
        )
    view, first, second = lowered_by(f, x, y)
    slope = View(network_derivative(view.node, first.node), first.rows)
    curvature = restored(network_derivative(slope.node, second.node), x, y)
    return lifted(laid_out(jacobian_view(slope, curvature, second), layout), f, x, y)


@checked_arguments
def derivative(f: Operand, x: By) -> Expr:
    """The derivative by a column or a row, as the textbook lays it out.

    A column f by a row ``x.T`` is the Jacobian, J[i, j] = ∂f_i/∂x_j; a row f by a column x is its transpose; a scalar
    by a row is a row, by a column a column, by a matrix a matrix of its shape; anything by a scalar has f's shape.

    Raises:
        DerivativeError: two columns or two rows: write ``derivative(f, x.T)`` or ``derivative(f.T, x)``.
    """
    f, x = as_expr(f), named(f, x)
    transposed = isinstance(x, Expr) and x.kind == "transpose"
    f, of = asked_by_part(f, x.operands[0] if transposed else x)
    view, at = lowered_by(f, of)
    slope = restored(network_derivative(view.node, at.node), of)
    if of.shape.is_scalar:
        return lifted(View(slope, view.rows), f, of)
    if f.shape.is_scalar:
        result = View(slope, at.rows)
        return lifted(transpose(result) if transposed else result, f, of)
    full = jacobian_view(view, slope, at)
    if x.shape.rows.number == 1 and f.shape.cols.number == 1:
        return lifted(full, f, of)
    if x.shape.cols.number == 1 and f.shape.rows.number == 1:
        return lifted(transpose(full), f, of)
    raise DerivativeError(
        "this derivative has no layout of rows by columns",
        f"f is {f.shape} and x is {x.shape}",
        hint="a column by a row: derivative(f, x.T); a row by a column: derivative(f.T, x); matrices: jacobian(f, x)",
    ).about("f", "x")


@checked_arguments
def differential(f: Operand, x: By, dx: Expr) -> Expr:
    """The differential of ``f`` for a change ``dx`` of ``x``: linear in dx, of f's shape."""
    return jvp(f, x, dx)


@checked_arguments
def jvp(f: Operand, x: By, v: Expr) -> Expr:
    """The derivative of ``f`` at ``x`` in the direction ``v`` (of x's shape): has f's shape."""
    f, x = asked_by_part(f, x)
    v = as_expr(v)
    check_names(f, x, v)
    if v.shape != x.shape:
        told = f"{x} is {x.shape}, the direction is {v.shape}"
        raise ShapeError("a direction has the shape of its variable", told).about("x", "v", "dx")
    (view, at), direction = lowered_by(f, x), lower(v)
    moved = push_forward(view.node, {at.node: reshape(direction.node, at.dims)})
    return lifted(View(restored(moved, x), view.rows), f, x, v)


@checked_arguments
def vjp(f: Operand, x: By, u: Expr) -> Expr:
    """The pullback of the cotangent ``u`` (of f's shape) to ``x``: has x's shape; for a scalar f, u*gradient."""
    f, x = asked_by_part(f, x)
    u = as_expr(u)
    check_names(f, x, u)
    if u.shape != f.shape:
        raise ShapeError(
            "a cotangent has the shape of the formula", f"the formula is {f.shape}, the cotangent is {u.shape}"
        ).about("f", "u")
    view, at = lowered_by(f, x)
    view, cotangent = same_layout(view, lower(u))
    return lifted(View(restored(pull_back(view.node, cotangent.node, at.node), x), at.rows), f, x, u)


@checked_arguments
def tensor(f: Operand, x: By) -> Tensor:
    """The derivative in exact index form: its axes are those of ``f``, then those of ``x``."""
    f, x = asked_by_part(f, x)
    view, at = lowered_by(f, x)
    groups = (view.rows, view.rank - view.rows, *(1,) * at.rank)
    return Tensor(restored(network_derivative(view.node, at.node), x), tuple(filter(None, groups)), f, x)


@checked_arguments
def to_index(expr: Expr) -> str:
    """A formula in index notation: ``y[i] = sum_{j} A[i,j]*x[j]``."""
    from matcalc.lifting.index import to_index as write

    return write(lower(expr))


@checked_arguments
def conditions(*formulas: Operand) -> tuple[str, ...]:
    """Where formulas are defined, such as ("X invertible", "A*x - b ≠ 0"); what declared facts ensure is left out."""
    from matcalc.validity import conditions as find

    return find(*map(as_expr, formulas))


@checked_arguments
def properties(expr: Operand) -> tuple[str, ...]:
    """What is known of a result, such as ("symmetric", "positive semidefinite"): inferred, never guessed.

    What follows from another property of the list is left out.
    """
    from matcalc.validity import facts_of

    return facts_of(as_expr(expr))


# ---------------------------------------------------------------- numbers and code
@checked_arguments
def evaluate(expr: Operand, values: Mapping[str, Any], sizes: Mapping[str, int] | None = None) -> Any:
    """The value of a formula at NumPy arrays, by variable name; names that the formula lacks are ignored.

    ``sizes`` gives dimensions that no variable of the formula has, such as those of ``zeros(m,n)``; where they were
    dimensions of the variables that the formula came from, the values of these give them.

    Columns and rows are 1-D arrays (n×1 and 1×n ones are read too), matrices 2-D, scalars floats; so is the result.

        >>> mc.evaluate(mc.norm2(mc.vector("x", "n")), {"x": [3, 4]})
        5.0

    Raises:
        EvaluationError: a value is missing, has a wrong shape, or the formula is not defined there.
    """
    from matcalc.evaluation import evaluate as run

    return run(as_expr(expr), values, sizes or {})


@checked_arguments
def emit(
    results: Expr | Tensor | Mapping[str, Expr | Tensor],
    name: str = "formula",
    *,
    style: str = "readable",
    dtype: str | None = None,
    arguments: Sequence[By] = (),
    sizes: Mapping[str, int] | None = None,
    check: bool = True,
    batch: bool = False,
    target: str = "numpy",
    operators: Sequence[str] = (),
    sparse: Sequence[str] | bool = (),
    samples: str = "",
) -> Emitted:
    """Python source of a documented NumPy function that computes all results; ``.compile()`` gives the callable.

    A result that is a :class:`Tensor` is an array with an axis for each dimension of f and of x. The matrices that
    ``operators`` names are returned as ``scipy.sparse.linalg.LinearOperator``: their products with vectors are computed
    in the cheapest order, and they are never formed. Those that ``sparse`` names, or with ``sparse=True`` all that have
    zeros by their formula, are returned as ``scipy.sparse`` arrays: nothing but their entries is computed; see
    :func:`structure`. Arguments that ``sparse`` names are ``scipy.sparse`` arrays, of which products, sums and scalings
    are computed; what needs their zeros is refused. With ``target="c"`` it is C for the ``sizes`` of all dimensions,
    which must be small, built by the system's compiler on ``.compile()``: a call costs less than an operation of NumPy.

    It is the source of the optimal plan; where the cheapest order depends on the sizes, the function branches on them,
    unless ``sizes`` says what they are like. The style "readable" writes short steps where they are used; "fast" writes
    one operation a statement, into arrays that are no longer wanted, calls LAPACK directly and, where ``sizes`` are
    large, reads tall arrays once, in blocks of rows that stay in the cache. The variables ``arguments`` are the first
    parameters, in this order, used or not. It computes in ``dtype``, float64 or float32; without ``check`` it takes its
    arguments to be arrays of this dtype and of the declared shapes. With ``batch`` every argument may have leading
    axes, which are broadcast, and so have the results. With ``target="dask"`` the results are sums over samples, which
    stand in Dask arrays and are counted by the dimension ``samples``, where that could be several ones, or Dask arrays
    with a part for each sample.

    Raises:
        MatcalcError: no results, names that are no identifiers, an unknown style or dtype, or sizes that do not fit.
    """
    from matcalc.emission.options import first_arguments, with_operators
    from matcalc.emission.sparse import with_sparse
    from matcalc.emission.sparse_data import split
    from matcalc.emission.targets import target as find_target
    from matcalc.plans.plan import Plan

    find_target(target)
    wanted = {"value": results} if isinstance(results, Tensor) else results
    tensors = {}
    if isinstance(wanted, Mapping):
        tensors = {key: r.view for key, r in wanted.items() if isinstance(r, Tensor)}
        wanted = {key: jacobian(r.f, r.x) if isinstance(r, Tensor) else r for key, r in wanted.items()}
    every = _named(wanted, "value")
    first = first_arguments(arguments, every)
    sparse_results, data = split(every, first, sparse)
    named, parts, matrices = with_sparse(every, sparse_results)
    named, given = with_operators(named, operators)
    tensors |= parts
    hidden = [v for operator in given.values() for v in (operator.vector, operator.covector)]
    plan = Plan(named, "optimal", sizes, arguments=first, hidden=hidden, tensors=tensors, for_speed=True)
    options = {"style": style, "check": check, "batch": batch, "samples": samples, "data": data}
    return plan.emit(name, target, dtype=dtype or "", operators=given, sparse=matrices, **options)


@checked_arguments
def plan(results: Expr | Mapping[str, Expr], mode: str = "optimal", sizes: Mapping[str, int] | None = None) -> Plan:
    """The steps that compute results together, with their costs; ``print`` shows them as a table.

    A result named value, jvp, hvp or differential is no derivative and computed in the cheapest order. All axes of one
    named gradient or vjp, and of a row or column, are the input's; the columns of another matrix are, as of a Jacobian.
    In mode "reverse" derivatives are multiplied from the output side, in mode "forward" from the input side, in mode
    "optimal" in the cheapest order. ``sizes`` are those of the dimension symbols; without them, costs are polynomials.

    Raises:
        MatcalcError: the mode is unknown, or results are no formulas.
        EvaluationError: a size is missing, unknown, or not a positive integer.
    """
    from matcalc.plans.plan import Plan

    return Plan(_named(results, "result"), mode, sizes)


@checked_arguments
def cheapest(expr: Expr, sizes: Mapping[str, int] | None = None) -> Expr:
    """The formula of the same value that costs the fewest multiplications, its brackets showing the order of products.

    It is the optimal plan written as a formula, where derivatives are otherwise written to be read. Without ``sizes``
    it is cheapest where dimensions are alike. A result that passes through arrays of more axes is left as it is.
    """
    from matcalc.plans.cheap import formula_of

    found = plan({"value": expr}, "optimal", sizes)
    made = formula_of(found.regimes[0].program, expr)
    return expr if made is None else with_hints(made, expr)


@checked_arguments
def compare_plans(results: Expr | Mapping[str, Expr], sizes: Mapping[str, int] | None = None) -> PlanComparison:
    """Forward, reverse and optimal plans side by side; see :func:`plan`. ``.plans`` holds them by mode."""
    from matcalc.plans.plan import PlanComparison

    return PlanComparison(_named(results, "result"), sizes)


@checked_arguments
def chain_rule(f: Expr, x: By) -> str:
    """The Jacobian of f = f_q(…f_1(x)) as factors with their shapes, outer to inner.

    ``[dℓ/dx']_{1×10} = [dℓ/dy']_{1×2}·[dy/dx']_{2×10}``

    Raises:
        DerivativeError: f is no composition of functions of one column that ends at x.
    """
    from matcalc.plans.factors import chain_of_factors

    f, x = asked(f, x)
    return chain_of_factors(f, x)


def _named(results: Any, name: str) -> Mapping[str, Expr]:
    if isinstance(results, Expr):
        return {name: results}
    if not isinstance(results, Mapping) or not all(isinstance(expr, Expr) for expr in results.values()):
        raise MatcalcError("formulas to emit come by name", hint='emit({"value": f, "gradient": g})')
    return results


__all__ = [
    "Tensor", "chain_rule", "cheapest", "compare_plans", "conditions", "derivative", "differential", "emit",
    "evaluate", "function", "gradient", "hessian", "jacobian", "jvp", "matrix", "parse", "plan", "properties",
    "row", "scalar", "tensor", "to_index", "variable", "vector", "vjp",
]  # fmt: skip
