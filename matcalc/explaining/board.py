"""One formula on the board: its parts, their derivatives, and the product of these."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from matcalc.checking.certificate import derivative_holds
from matcalc.checking.declarations import declarations
from matcalc.checking.equality import equal
from matcalc.errors import DerivativeError, MatcalcError
from matcalc.explaining.parts import chain_of_parts, fresh
from matcalc.explaining.rules import LINEAR, rule_of
from matcalc.explaining.steps import ExplanationStep
from matcalc.expr import Expr, name_of, variable
from matcalc.families import alike
from matcalc.lowering.lower import lower
from matcalc.network.leaves import split_coefficient
from matcalc.parts import replaced, variables
from matcalc.records import NamedTuple


class Calculus(NamedTuple):
    """What is derived with; a layer above this one has it."""

    gradient: Callable[[Expr, Expr], Expr]
    jacobian: Callable[[Expr, Expr], Expr]
    differential: Callable[[Expr, Expr, Expr], Expr]


class Layer(NamedTuple):
    """A part: its name, what it is in terms of the part before, and whether it was not on the board before."""

    label: str
    body: Expr
    before: Expr
    is_new: bool


class Board:
    """The layers of ``f`` from ``x`` on; parts that are on the board already keep their names."""

    def __init__(self, f: Expr, x: Expr, label: str, calculus: Calculus, named: dict[Expr, Expr]) -> None:
        self.f = f
        self.x = x
        self.label = label
        self.calculus = calculus
        parts = chain_of_parts(f, x)
        self.named: dict[Expr, Expr] = {}
        self.layers: list[Layer] = []
        before = x
        for part in parts:
            is_new = part not in named
            if is_new:
                named[part] = variable(fresh(f"u{len(named) + 1}", f, x), *part.shape)
            self.layers.append(Layer(name_of(named[part]), self.in_parts(part), before, is_new))
            self.named[part] = before = named[part]
        self.layers.append(Layer(label, self.in_parts(f), before, True))

    def in_parts(self, expr: Expr) -> Expr:
        for part, name in reversed(self.named.items()):
            expr = replaced(expr, part, name)
        return expr

    def written_out(self, expr: Expr) -> Expr:
        for part, name in reversed(self.named.items()):
            expr = replaced(expr, name, part)
        return expr

    # ---------------------------------------------------------------- lines
    def definitions(self, whole: str, in_parts: str) -> list[ExplanationStep]:
        """u1 = …, u2 = …, f = …"""
        last = whole if len(self.layers) == 1 else in_parts
        shown = [layer for layer in self.layers if layer.is_new]
        return [ExplanationStep(n.label, n.body, last if n is self.layers[-1] else "a part") for n in shown]

    def jacobians(self) -> list[ExplanationStep]:
        """The Jacobian of each layer by the one before, and their product."""
        steps = [
            checked(f"∂{vec(n.label, n.body)}/∂{row(n.before)}", self.calculus.jacobian(n.body, n.before), n.body,
                    n.before, rule_of(n.body, n.before))
            for n in self.layers
        ]  # fmt: skip
        shown = [step for step, layer in zip(steps, self.layers, strict=True) if layer.is_new]
        if len(steps) == 1:
            return shown
        product = steps[-1].formula
        for step in reversed(steps[:-1]):
            local = step.formula
            product = product * local if product.shape.is_scalar or local.shape.is_scalar else product @ local
        total = self.calculus.jacobian(self.f, self.x)
        confirm(self.written_out(product), total)
        factors = "·".join(f"[{step.left}]_{{{step.shape}}}" for step in reversed(steps))
        left = f"∂{vec(self.label, self.f)}/∂{row(self.x)}"
        words = "chain rule, outer to inner; the parts written out"
        certificate = certified(total, self.f, self.x, "jacobian")
        return [*shown, ExplanationStep(left, total, words, factors, certificate)]

    def differentials(self) -> list[ExplanationStep]:
        """The differential of each layer in that of the one before."""
        steps = []
        for layer in self.layers:
            dx = alike(layer.before, f"d{name_of(layer.before)}")
            local = self.calculus.differential(layer.body, layer.before, dx)
            self.confirm_differential(local, layer, dx)
            if layer.is_new:
                certificate = certified(local, layer.body, layer.before, "jvp")
                reason = rule_of(layer.body, layer.before)
                if reason.startswith(LINEAR):
                    local = _as_written(local, layer.body, layer.before, dx)
                if reason == "product rule" and _is_multiple(local, layer.body):
                    reason += "; its terms are equal"
                steps.append(ExplanationStep(f"d{layer.label}", local, reason, certificate=certificate))
        return steps

    def confirm_differential(self, local: Expr, layer: Layer, dx: Expr) -> None:
        """The differential is linear in dx, with the Jacobian for its coefficient."""
        try:
            confirm(self.calculus.jacobian(local, dx), self.calculus.jacobian(layer.body, layer.before))
        except DerivativeError:
            raise DerivativeError(f"this step could not be confirmed: d({layer.body}) = {local}") from None
        except MatcalcError:
            return


# ---------------------------------------------------------------- checks
def checked(left: str, claim: Expr, f: Expr, x: Expr, reason: str, kind: str = "jacobian") -> ExplanationStep:
    """A step that difference quotients confirm.

    Raises:
        DerivativeError: they refute it.
    """
    certificate = certified(claim, f, x, kind)
    if derivative_holds(certificate) is False:
        raise DerivativeError(f"this step could not be confirmed: {left} = {claim}")
    return ExplanationStep(left, claim, reason, certificate=certificate)


def certified(claim: Expr, f: Expr, x: Expr, kind: str) -> dict[str, Any]:
    """What ``verify`` needs to check that a claim is the derivative; of a differential, dx is the direction."""
    return {
        "claim": str(claim),
        "formula": str(f),
        "by": name_of(x),
        "kind": kind,
        "answer": str(claim),
        "status": "correct",
        **declarations(sorted({*variables(f, claim), x}, key=name_of), f, claim),
    }


def confirm(claim: Expr, wanted: Expr) -> None:
    """Raises:
    DerivativeError: the claim is another formula.
    """
    if claim.shape == wanted.shape and equal(claim, wanted).status == "wrong":
        raise DerivativeError(f"this step could not be confirmed: {claim} is not {wanted}")


def _as_written(df: Expr, f: Expr, x: Expr, dx: Expr) -> Expr:
    """The differential of what is linear, as the formula is written, dx for x; where it has a constant, as it came."""
    made = replaced(f, x, dx)
    return made if made.shape == df.shape and equal(made, df) else df


def _is_multiple(df: Expr, f: Expr) -> bool:
    """Whether a differential is one product with a larger number before it than the formula: 2*x'*dx of x'*x."""
    (before, node), (own, whole) = (split_coefficient(lower(e).node) for e in (df, f))
    return own != 0 and "sum" not in (node.kind, whole.kind) and before in (2 * own, 3 * own)


def row(x: Expr) -> str:
    name = name_of(x)
    return name if x.shape.is_scalar else f"{name}'" if x.shape.cols.number == 1 else f"vec({name})'"


def vec(label: str, f: Expr) -> str:
    return label if 1 in (f.shape.cols.number, f.shape.rows.number) else f"vec({label})"
