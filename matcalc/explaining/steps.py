"""A derivation as steps, each checked when it is made, as a lecturer writes it on the board."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from matcalc.checking.certificate import derivative_holds
from matcalc.checking.equality import equal
from matcalc.errors import DerivativeError, MatcalcError
from matcalc.explaining.parts import all_names, chain_of_parts, named_part
from matcalc.expr import Expr, name_of, replaced, variable, variables
from matcalc.notation.latex import to_latex
from matcalc.shape import Shape
from matcalc.version import __version__

STYLES = ("chain", "differential")


@dataclass(frozen=True)
class ExplanationStep:
    """A line: what is on the left, the formula, its shape, and why; ``certificate`` is what it was checked with."""

    left: str
    formula: Expr
    reason: str = ""
    factors: str = ""  # the chain, outer to inner
    certificate: dict[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> Shape:
        return self.formula.shape

    def __str__(self) -> str:
        chain = f"{self.factors} = " if self.factors else ""
        return f"{self.left} = {chain}{self.formula}"


@dataclass(frozen=True)
class Explanation:
    """The steps from the formula to its derivative, the last formula of which is the answer."""

    steps: tuple[ExplanationStep, ...]

    @property
    def result(self) -> Expr:
        return self.steps[-1].formula

    def __str__(self) -> str:
        lines = [(str(step), str(step.shape), step.reason) for step in self.steps]
        width = min(60, max(len(text) for text, _, _ in lines))
        return "\n".join(f"{text:<{width}}  {shape:<5}  {reason}".rstrip() for text, shape, reason in lines)

    def to_markdown(self) -> str:
        rows = [f"| `{step}` | {step.shape} | {step.reason} |" for step in self.steps]
        return "\n".join(["| step | shape | why |", "|---|---|---|", *rows])

    def to_html(self) -> str:
        rows = "\n".join(
            f"<tr><td><code>{escape(str(step))}</code></td><td>{step.shape}</td><td>{escape(step.reason)}</td></tr>"
            for step in self.steps
        )
        return f"<table>\n<tr><th>step</th><th>shape</th><th>why</th></tr>\n{rows}\n</table>"

    def to_latex(self) -> str:
        rows = [
            rf"{_latex_left(step.left)} &= {to_latex(step.formula)} && \text{{{step.reason}}} \\" for step in self.steps
        ]
        return "\n".join([r"\begin{aligned}", *rows, r"\end{aligned}"])

    def to_json(self) -> str:
        """All that is needed to check every step again."""
        made = [
            {"left": s.left, "formula": str(s.formula), "shape": str(s.shape), "reason": s.reason, **s.certificate}
            for s in self.steps
        ]
        return json.dumps({"version": __version__, "steps": made}, ensure_ascii=False, sort_keys=True)


def _latex_left(left: str) -> str:
    return left.replace("∂", r"\partial ")


def explain(f: Expr, x: Expr, style: str, jacobian: Callable[[Expr, Expr], Expr], answer: Expr,
            differential: Callable[[Expr, Expr, Expr], Expr]) -> Explanation:  # fmt: skip
    """The derivation of ``answer``, the gradient of a scalar or the Jacobian of ``f`` by ``x``.

    Raises:
        DerivativeError: the style is not known, or a step could not be confirmed.
    """
    if style not in STYLES:
        raise DerivativeError(f"unknown style: {style!r}", f"known: {', '.join(STYLES)}")
    parts = chain_of_parts(f, x)
    taken = all_names(f, x)
    names: list[Expr] = []
    for k, part in enumerate(parts, 1):
        names.append(named_part(part, k, taken))
    layers: list[tuple[Expr, Expr]] = []  # a variable, and what it stands for in terms of the one before
    for k, part in enumerate([*parts, f]):
        body = part
        for earlier, name in zip(reversed(parts[:k]), reversed(names[:k]), strict=True):
            body = replaced(body, earlier, name)
        layers.append((names[k] if k < len(parts) else f, body))
    made = _Board(f, x, layers)
    write = made.by_chain if style == "chain" else made.by_differentials
    return Explanation(tuple(write(answer, jacobian, differential)))


class _Board:
    def __init__(self, f: Expr, x: Expr, layers: Sequence[tuple[Expr, Expr]]) -> None:
        self.f = f
        self.x = x
        self.layers = layers

    def before(self, k: int) -> Expr:
        return self.layers[k - 1][0] if k else self.x

    def label(self, k: int) -> str:
        return "f" if k == len(self.layers) - 1 else name_of(self.layers[k][0])

    def parts(self) -> list[ExplanationStep]:
        """u1 = …, u2 = …, f = …"""
        words = "the formula" if len(self.layers) == 1 else ""
        return [
            ExplanationStep(self.label(k), body, words or ("a part" if k < len(self.layers) - 1 else "in its parts"))
            for k, (_, body) in enumerate(self.layers)
        ]

    def substituted(self, expr: Expr) -> Expr:
        """Parts written out."""
        for name, body in reversed(self.layers[:-1]):
            expr = replaced(expr, name, body)
        return expr

    def by_chain(
        self, answer: Expr, jacobian: Callable[[Expr, Expr], Expr], differential: Callable[..., Expr]
    ) -> list[ExplanationStep]:
        steps = self.parts()
        locals_: list[Expr] = []
        for k, (_, body) in enumerate(self.layers):
            before = self.before(k)
            local = jacobian(body, before)
            locals_.append(local)
            left = f"∂{_vec(self.label(k), body)}/∂{_row(before)}"
            steps.append(self.checked(left, local, body, before, rule_of(body, before)))
        by = _row(self.x)
        if len(locals_) > 1:
            product = locals_[-1]
            for local in reversed(locals_[:-1]):
                product = product @ local if not _is_scalar_pair(product, local) else product * local
            factors = "·".join(
                f"[∂{_vec(self.label(k), body)}/∂{_row(self.before(k))}]_{{{locals_[k].shape}}}"
                for k, (_, body) in reversed(list(enumerate(self.layers)))
            )
            total = jacobian(self.f, self.x)
            self.confirm(self.substituted(product), total)
            left = f"∂{_vec('f', self.f)}/∂{by}"
            steps.append(ExplanationStep(left, total, "chain rule, outer to inner; the parts written out", factors))
        if self.f.shape.is_scalar:
            words = "the gradient is the transpose, a column" if self.x.shape.cols.number == 1 else (
                "the gradient has the shape of its variable"
            )  # fmt: skip
            steps.append(self.checked(f"∂f/∂{name_of(self.x)}", answer, self.f, self.x, words, kind="gradient"))
        return steps

    def by_differentials(
        self, answer: Expr, jacobian: Callable[[Expr, Expr], Expr], differential: Callable[..., Expr]
    ) -> list[ExplanationStep]:
        steps = self.parts()
        moved = variable(f"d{name_of(self.x)}", *self.x.shape)
        for k, (_, body) in enumerate(self.layers):
            before = self.before(k)
            step = moved if not k else variable(f"d{name_of(before)}", *before.shape)
            local = differential(body, before, step)
            self.confirm_differential(local, body, before, step, jacobian)
            steps.append(ExplanationStep(f"d{self.label(k)}", local, rule_of(body, before)))
        if len(self.layers) > 1:
            steps.append(ExplanationStep("df", differential(self.f, self.x, moved), "the parts written out"))
        if self.f.shape.is_scalar:
            words = "read off: df = ∂f/∂x'·dx" if self.x.shape.cols.number == 1 else "read off: df = tr((∂f/∂X)'·dX)"
            steps.append(self.checked(f"∂f/∂{name_of(self.x)}", answer, self.f, self.x, words, kind="gradient"))
        else:
            words = "read off: d vec f = ∂vec f/∂(vec x)'·vec dx"
            left = f"∂{_vec('f', self.f)}/∂{_row(self.x)}"
            steps.append(self.checked(left, answer, self.f, self.x, words))
        return steps

    # ---------------------------------------------------------------- checks
    def checked(self, left: str, claim: Expr, f: Expr, x: Expr, reason: str, kind: str = "jacobian") -> ExplanationStep:
        """A step that difference quotients confirm."""
        certificate = {
            "claim": str(claim),
            "formula": str(f),
            "by": name_of(x),
            "kind": kind,
            "answer": str(claim),
            "status": "correct",
            "variables": {
                name_of(v): {"rows": str(v.shape.rows), "cols": str(v.shape.cols), "facts": list(v.data[1])}
                for v in {*variables(f), *variables(claim), x}
            },
        }
        if derivative_holds(certificate) is False:
            raise DerivativeError(f"this step could not be confirmed: {left} = {claim}")
        return ExplanationStep(left, claim, reason, certificate=certificate)

    def confirm(self, claim: Expr, wanted: Expr) -> None:
        if claim.shape == wanted.shape and equal(claim, wanted).status == "wrong":
            raise DerivativeError(f"this step could not be confirmed: {claim} is not {wanted}")

    def confirm_differential(
        self, local: Expr, body: Expr, x: Expr, dx: Expr, jacobian: Callable[[Expr, Expr], Expr]
    ) -> None:
        """The differential is linear in dx, with the Jacobian for its coefficient."""
        try:
            verdict = equal(jacobian(local, dx), jacobian(body, x))
        except MatcalcError:
            return
        if verdict.status == "wrong":
            raise DerivativeError(f"this step could not be confirmed: d({body}) = {local}")


def _row(x: Expr) -> str:
    name = name_of(x)
    return name if x.shape.is_scalar else f"{name}'" if x.shape.cols.number == 1 else f"vec({name})'"


def _vec(label: str, f: Expr) -> str:
    return label if 1 in (f.shape.cols.number, f.shape.rows.number) else f"vec({label})"


def _is_scalar_pair(a: Expr, b: Expr) -> bool:
    return a.shape.is_scalar or b.shape.is_scalar


def rule_of(f: Expr, x: Expr) -> str:
    """The rule by which a layer is derived, with its source where the function has one."""
    node = f
    while node is not x:  # down to where more than one part moves, or a function begins
        moving = [o for o in node.operands if x in variables(o)]
        linear = node.kind in ("add", "sub", "neg", "transpose", "mul", "hadamard", "div", "eldiv", "entry")
        if len(moving) != 1 or not (linear or (node.kind == "call" and node.data.contracts)):
            break
        if node.kind in ("div", "eldiv") and moving[0] is node.operands[1]:
            return "quotient rule"
        node = moving[0]
    if node.kind == "call":
        rule = node.data.derivative or node.data.differential or node.data.definition
        what = "the derivative is" if node.data.derivative else "d is" if node.data.differential else "it is"
        source = f" ({node.data.source})" if node.data.source else ""
        return f"{node.data.name}: {what} {rule}{source}"
    if node.kind in ("pow", "elpow"):
        return "power rule"
    moving = [o for o in node.operands if x in variables(o)]
    if node.kind in ("mul", "hadamard") and len(moving) > 1:
        return "product rule"
    if node.kind in ("div", "eldiv") and len(moving) > 1:
        return "quotient rule"
    if node.kind in ("add", "sub") and len(moving) > 1:
        return "sum rule"
    return "linear in it"
