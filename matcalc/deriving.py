"""What a derivative is asked of, as networks, and how it is laid out and written."""

from __future__ import annotations

from typing import TypeAlias

from matcalc.calculus import defined
from matcalc.errors import DerivativeError, shown, suggest
from matcalc.expr import Expr, Operand, as_expr, name_of
from matcalc.expr import variable as plain_variable
from matcalc.facts import is_structure
from matcalc.lifting.lift import lift
from matcalc.lowering.lower import check_names, lower
from matcalc.lowering.substitute import substitute
from matcalc.network import build
from matcalc.network.nodes import Node
from matcalc.network.views import View, transpose
from matcalc.parts import variables
from matcalc.sorts import check_sorts
from matcalc.symbols import with_hints

LAYOUTS = ("numerator", "denominator")


By: TypeAlias = Expr | str  # a variable, or the name of one that the formula has


def named(f: Operand, x: By) -> Expr:
    """The variable that x is, or that it is the name of.

    Raises:
        DerivativeError: the formula has no variable of that name.
    """
    if not isinstance(x, str):
        return x
    own = sorted(variables(as_expr(f)), key=name_of)
    found = [v for v in own if name_of(v) == x]
    if len(found) != 1:
        raise DerivativeError(
            f"the formula has no variable {shown(x)}" if not found else f"two variables are called {shown(x)}",
            f"its variables: {_names(as_expr(f))}",
            hint="" if found else _near(x, [name_of(v) for v in own]),
        ).about("x", "by")
    return found[0]


def _near(name: str, known: list[str]) -> str:
    """What may have been meant: a name of other letters' size, or one of nearly these letters."""
    alike = [other for other in known if other.casefold() == name.casefold()]
    return f"did you mean {alike[0]}?" if alike else suggest(name, known)


def asked(f: Operand, x: By) -> tuple[Expr, Expr]:
    """The formula and the variable that a derivative is asked of, checked.

    Raises:
        DerivativeError: x is not a variable.
    """
    f, x = as_expr(f), named(f, x)
    check_sorts([f], asks=0)
    if not isinstance(x, Expr) or x.kind != "variable":
        told = str(x) if isinstance(x, Expr) else shown(x)
        hint = (
            "by a row: derivative(f, x.T)"
            if isinstance(x, Expr) and x.kind == "transpose"
            else "name one: " + _names(f)
        )
        raise DerivativeError(f"derivatives are by variables, not by {told}", hint=hint).about("x", "by")
    check_names(f, x)
    return f, x


def asked_by_part(f: Operand, x: By) -> tuple[Expr, Expr]:
    """As ``asked``, but x may also be an entry, a row, a column or a block of a variable."""
    x = named(f, x)
    f, _ = asked(f, variable_of(x))
    return f, x


def variable_of(x: Expr) -> Expr:
    """The variable that x is, or is a part of."""
    is_part = isinstance(x, Expr) and x.kind in ("entry", "member") and x.operands[0].kind == "variable"
    return x.operands[0] if is_part else x


def lowered_by(f: Expr, *by: Expr) -> list[View]:
    """Views of f and of the variables, free of their structure: ∂(a'*X*b)/∂X is a*b' for a symmetric X too."""
    whole = [variable_of(x) for x in by]
    free = {x: lower(unstructured(x)) for x in whole}
    return [lower(f, free), *(lower(x, free) for x in by)]


def unstructured(x: Expr) -> Expr:
    """A variable of the same name and shape without the facts that tie its entries together."""
    if not any(map(is_structure, x.data[1])):  # the structure of members is not known to the network
        return x
    return plain_variable(name_of(x), *x.shape, tuple(fact for fact in x.data[1] if not is_structure(fact)))


@defined
def restored(node: Node, *by: Expr) -> Node:
    """The node with the declared variables in place of their free stand-ins."""
    structured = [x for x in map(variable_of, by) if any(map(is_structure, x.data[1]))]
    if not structured:
        return node
    return substitute(node, {lower(unstructured(x)).node: lower(x).node for x in structured})


def _names(f: Expr) -> str:
    return ", ".join(sorted(name_of(v) for v in variables(f))) or "the formula has none"


def jacobian_view(f: View, slope: Node, x: View) -> View:
    """∂vec f/∂(vec x)': vec puts the columns' axes before the rows'."""
    rank = f.node.rank
    f_axes, x_axes = range(rank), range(rank, slope.rank)
    rows = (*f_axes[f.rows :], *f_axes[: f.rows])
    cols = (*x_axes[x.rows :], *x_axes[: x.rows])
    return View(build.permute(slope, (*rows, *cols)), rank)


def laid_out(view: View, layout: str) -> View:
    if layout not in LAYOUTS:
        raise DerivativeError(f"unknown layout: {shown(layout)}", f"known: {', '.join(LAYOUTS)}").about("layout")
    return view if layout == "numerator" else transpose(view)


def lifted(view: View, *made_of: Expr, stacked: bool = False) -> Expr:
    return with_hints(lift(view.node, view.rows, made_of, stacked=stacked), *made_of)
