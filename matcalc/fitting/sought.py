"""What is sought, and what is given: the variables that an optimiser moves, and the others of a formula."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.deriving import By, named
from matcalc.errors import DerivativeError, MatcalcError
from matcalc.expr import Expr, name_of
from matcalc.parts import abstract_functions, variables


def sought(f: Expr, by: By | Sequence[By]) -> tuple[list[Expr], list[Expr]]:
    """The variables ``by``, and the others by name, which are the data.

    Raises:
        MatcalcError: these are no variables, or f calls a function without a known body.
    """
    xs = [named(f, x) for x in ([by] if isinstance(by, Expr | str) else by)]
    if not xs or not all(isinstance(x, Expr) and x.kind == "variable" for x in xs):
        raise MatcalcError("an objective is a function of variables", hint="objective(f, [x, W])").about("by")
    if unknown := abstract_functions(f):
        raise MatcalcError(
            f"{unknown[0].name} has no body, which an optimiser would need", hint="emit takes it as given"
        )
    return xs, [v for v in sorted(variables(f), key=name_of) if v not in xs]


def scalar_of(f: Expr) -> Expr:
    """The formula, which is a scalar.

    Raises:
        DerivativeError: it is none, and has no minimum.
    """
    if not f.shape.is_scalar:
        raise DerivativeError("only a scalar has a minimum", f"the formula is {f.shape}", hint="norm2(r)^2").about("f")
    return f
