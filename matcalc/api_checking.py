"""The way of a claim on one screen: question → right answer → verdict, and derivations explained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from matcalc.api import gradient, hessian, jacobian, jvp
from matcalc.boundary import checked_arguments
from matcalc.deriving import By, asked, named
from matcalc.errors import DerivativeError, shown
from matcalc.expr import Expr, Operand, as_expr, name_of
from matcalc.families import alike
from matcalc.functions.abstract import functions_of
from matcalc.lowering.lower import check_names
from matcalc.notation.tokens import names_in
from matcalc.symbols import size_symbols

if TYPE_CHECKING:
    from matcalc.checking.asked import Asked
    from matcalc.checking.report import Report
    from matcalc.checking.verdict import Verdict
    from matcalc.explaining.steps import Explanation

CHECKED = ("gradient", "jacobian", "hessian", "jvp")


@checked_arguments
def equal(a: Operand, b: Operand) -> Verdict:
    """Whether two formulas are equal wherever both are defined, with the ground of the verdict.

    Raises:
        ShapeError: their shapes differ.
    """
    from matcalc.checking.equality import equal as decide

    a, b = as_expr(a), as_expr(b)
    check_names(a, b)
    return decide(a, b)


@checked_arguments
def check(
    claim: str | Expr,
    f: Operand,
    x: By,
    y: By | None = None,
    *,
    kind: str = "gradient",
    structure: str = "ignore",
    layout: str = "numerator",
    notation: str = "text",
) -> Verdict:
    """Whether a derivative done by hand is right; if not, what is wrong with it and how it reads put right.

    ``kind`` is gradient, jacobian, hessian (by x, or mixed by x and y) or jvp; the direction of a jvp is the variable
    of the claim that the formula has not. ``structure`` says which gradient by a structured variable is meant,
    ``layout`` whether a Jacobian or a Hessian is claimed as such or as its transpose ("denominator"), and ``notation``
    is that of the claim, as :func:`parse` reads it.

        >>> A, x = mc.matrix("A", "n", "n"), mc.vector("x", "n")
        >>> mc.check("2*A*x", x.T @ A @ x, x)
        wrong: the values differ
        only true if A is symmetric
        repaired: (A + A')*x
        at A = [1, 0; -1, -1], x = [0, -1]: [0, 2], not [1, 2]

    Raises:
        MatcalcError: the claim does not parse or has other variables, or the formula has no such derivative.
    """
    from matcalc.checking.written import check_written

    is_text = isinstance(claim, Expr) or notation == "text"
    asked = question(str(claim) if is_text else "", f, x, y, kind, structure, layout)
    return check_written(str(claim), "text" if is_text else notation, asked)


@checked_arguments
def check_derivation(
    lines: str | Sequence[str],
    f: Operand,
    x: By,
    y: By | None = None,
    *,
    kind: str = "gradient",
    notation: str = "text",
) -> Report:
    """A derivation checked line by line: ``f = …`` rewrites the formula, ``df = …`` is its differential, linear in dx,
    ``D = …`` its derivative of this kind; ``= …`` goes on with the line before; lines that begin with "by" are notes.

    Lines come in a list, counted from 0, or as a text, counted from 1; ``notation`` is that of :func:`parse`.

    ``u = …`` defines a symbol for later lines, and ``du = …`` is its differential. What is equal to the formula names
    it: with ``L = …``, ``dL = …`` is the differential. ``grad = …``, ``J = …`` and ``H = …`` are derivatives of these
    kinds, and ``df/dx = …`` is one of the kind that is asked for.

    A line that cannot be read has an ``error``, and the others are judged.

    Raises:
        MatcalcError: no line can be read, or the formula has no such derivative.
    """
    from matcalc.checking.asked import Asked
    from matcalc.checking.claims import all_variables
    from matcalc.checking.derivation import check_lines
    from matcalc.checking.questions import Questions, no_derivative

    f, x = asked(f, x)
    derivatives = {kind: question("", f, x, y, kind)}
    dx = alike(x, f"d{name_of(x)}")
    if any(name_of(v) == name_of(dx) for v in all_variables(f)):
        raise DerivativeError(f"{name_of(dx)} is a variable of the formula, and no differential of {name_of(x)}")
    own = *all_variables(f, x), dx

    def differential_of(g: Expr) -> Asked:
        return Asked(g, x, "jvp", jvp(g, x, dx), lambda h, v: jvp(h, v, dx), own)

    def derivative(of: str) -> Asked:
        return derivatives.get(of) or question("", f, x, y if of == "hessian" else None, of)

    def derivative_of(g: Expr, by: Expr, of: str) -> Asked:
        return question("", g, by, None, of)

    rewritten = Asked(f, x, "value", f, no_derivative, all_variables(f, x))
    return check_lines(lines, Questions(rewritten, kind, differential_of, derivative, derivative_of), notation)


@checked_arguments
def check_code(function: Callable[..., Any], f: Operand, x: By, *, kind: str = "gradient") -> Verdict:
    """Whether a Python function computes the derivative of ``f`` by ``x``, at points that tell mistakes apart.

    It is called with NumPy arrays (columns and rows 1-D, scalars as floats), by name where its parameters are variables
    of the formula, else in the order of their names.

    Raises:
        EvaluationError: it is no function, or raises an error.
    """
    from matcalc.checking.code import check_code as compare

    return compare(function, question("", f, x, None, kind))


@checked_arguments
def verify(certificate: str) -> Verdict:
    """Whether a verdict's JSON holds, checked again by difference quotients of the formula.

    Raises:
        ParseError: the text is no certificate.
    """
    from matcalc.checking.certificate import verify as confirm

    return confirm(certificate)


@checked_arguments
def explain(f: Operand, x: By, *, style: str = "chain") -> Explanation:
    """The derivation of the gradient of a scalar, or of a Jacobian, in steps that are checked when they are made.

    ``style="chain"`` multiplies the Jacobians of the parts, outer to inner; ``style="differential"`` writes df in dx
    and reads the derivative off.

        >>> x = mc.vector("x", "n")
        >>> mc.explain(x.T @ x, x)
        f = x'*x       1×1    the formula
        ∂f/∂x' = 2*x'  1×n    product rule
        ∂f/∂x = 2*x    n×1    the gradient is the transpose, a column

    Raises:
        DerivativeError: x is not a variable, or the style is not known.
    """
    from matcalc.explaining.board import Calculus
    from matcalc.explaining.explain import explain as derive

    f, x = asked(f, x)
    return derive(f, x, style, Calculus(gradient, jacobian, jvp))


def question(
    claim: str,
    f: Operand,
    x: By,
    y: By | None,
    kind: str,
    structure: str = "ignore",
    layout: str = "numerator",
) -> Asked:
    """The question that a claim answers, with its right answer. The claim is read for the direction of a jvp alone."""

    from matcalc.checking.asked import Asked
    from matcalc.checking.claims import all_variables

    if kind not in CHECKED:
        raise DerivativeError(f"unknown kind: {shown(kind)}", f"known: {', '.join(CHECKED)}").about("kind")
    if layout != "numerator" and kind not in ("jacobian", "hessian"):
        raise DerivativeError(f"a layout is of Jacobians and Hessians, not of a {kind}").about("layout")
    y = None if y is None else named(f, y)
    if y is not None and not (isinstance(y, Expr) and y.kind == "variable"):
        raise DerivativeError(f"derivatives are by variables, not by {shown(y)}").about("y")
    if y is not None and kind != "hessian":
        raise DerivativeError("a second variable is that of a mixed Hessian", f"this is a {kind}").about("y")
    f, x = asked(f, x)
    own = all_variables(f, x, *([y] if y is not None else []))
    if kind == "jvp":
        known = {name_of(v): v for v in own}
        functions = functions_of(f)
        free = [
            name
            for name in (names_in(claim) if claim else [])
            if name not in known and name not in functions and name not in size_symbols(f, *own)
        ]
        name = free[0] if free else f"d{name_of(x)}"
        if name in known:
            raise DerivativeError(f"{name} is a variable of the formula, and no direction", "name another one")
        direction = alike(x, name)
        return Asked(f, x, kind, jvp(f, x, direction), lambda g, v: jvp(g, v, direction), (*own, direction))

    def derive(g: Expr, v: Expr) -> Expr:
        if kind == "gradient":
            return gradient(g, v, structure=structure if v is x else "ignore")
        return jacobian(g, v, layout=layout) if kind == "jacobian" else hessian(g, v, y, layout=layout)

    answer = derive(f, x)
    last_step = None
    if kind == "hessian":
        last = partial(jacobian, layout=layout)
        last_step = Asked(gradient(f, x), x if y is None else y, "jacobian", answer, last, own, None, layout)
    return Asked(f, x, kind, answer, derive, own, last_step, layout)
