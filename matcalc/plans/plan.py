"""Evaluation plans: the steps in which results are computed together, with their costs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from matcalc.boundary import integer, pointing
from matcalc.emission.arguments import interface
from matcalc.emission.emitted import Emitted
from matcalc.emission.options import Options, check_dtype
from matcalc.emission.target import Request
from matcalc.emission.targets import target as found_target
from matcalc.errors import EvaluationError, MatcalcError, shown, suggest
from matcalc.expr import Expr, name_of
from matcalc.lowering.lower import lower_all
from matcalc.network.views import View
from matcalc.plans import table
from matcalc.plans.regimes import Regime, cheapest, regime, regimes
from matcalc.program.choices import Choices
from matcalc.program.passes import named
from matcalc.program.planner import Program, Target, plan_at
from matcalc.program.planner import plan as planned
from matcalc.program.polynomial import Polynomial
from matcalc.program.step import Step
from matcalc.shape import LARGEST
from matcalc.terminal import Printed

if TYPE_CHECKING:
    import sympy

    from matcalc.drawing.diagram import Diagram

MODES = ("forward", "reverse", "optimal")

_VALUES = ("value", "jvp", "hvp", "differential")  # results that are no derivative, or one in a direction
_GRADIENTS = ("gradient", "vjp")  # results all of whose axes are the input's


class Plan(Printed):
    """A straight-line program for several results together; what they share is computed once.

    ``mode`` is the order in which derivatives are multiplied out: "reverse" from the output side, "forward" from the
    input side, "optimal" the cheapest. ``sizes`` are those of all dimension symbols, or None; then costs are
    polynomials in the symbols, and where the cheapest order depends on them there are several ``regimes``. A plan made
    ``for_speed`` is for emission: it counts the entries that are written, too. The variables ``arguments`` are the
    first parameters of what is emitted, in this order, used or not. Of ``tensors`` the views come along: what is
    emitted returns them with all their axes.
    """

    def __init__(
        self,
        results: Mapping[str, Expr],
        mode: str,
        sizes: Mapping[str, int] | None,
        *,
        arguments: Sequence[Expr] = (),
        hidden: Sequence[Expr] = (),
        tensors: Mapping[str, View] | None = None,
        for_speed: bool = False,
    ) -> None:
        if mode not in MODES:
            raise MatcalcError(
                f"unknown mode: {mode!r}", f"known: {', '.join(MODES)}", hint=suggest(str(mode), list(MODES))
            ).about("mode")
        self.results = dict(results)
        self.mode = mode
        self.first = list(arguments)
        self.arguments, self.names, _, _ = interface(self.results, None, self.first, hidden)
        self.tensors = dict(tensors or {})
        others = {name: expr for name, expr in self.results.items() if name not in self.tensors}
        found = dict(zip(others, lower_all(list(others.values())), strict=True)) | self.tensors
        views = [found[name] for name in self.results]
        self.targets = [Target(view.node, _inputs(name, view)) for name, view in zip(self.results, views, strict=True)]
        self.symbols = sorted(_symbols(views) | {s for v in self.arguments for dim in v.shape for s in dim.symbols})
        self.sizes = None if sizes is None else _checked(sizes, self.symbols)
        self.for_speed = for_speed
        self.regimes = self._regimes()

    def _program(self, mode: str) -> Program:
        return planned(self.targets, self.names, mode, self.sizes, for_speed=self.for_speed)

    def _optimal(self, choices: Choices) -> Program:
        return plan_at(choices, self.targets, self.names, for_speed=self.for_speed)

    def _regimes(self) -> list[Regime]:
        if self.mode != "optimal":
            return [regime(self._program(self.mode))]
        has_inputs = not self.for_speed and any(target.inputs for target in self.targets)
        others = [self._program(mode) for mode in ("reverse", "forward")] if has_inputs else []
        if self.sizes is None:
            return regimes(self._optimal, others, self.symbols, for_speed=self.for_speed)
        return [cheapest([regime(p) for p in (self._program("optimal"), *others)], self.sizes)]

    # ---------------------------------------------------------------- costs
    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the first regime."""
        return self.regimes[0].program.steps

    @cached_property
    def cost(self) -> int | sympy.Expr:
        """Scalar multiplications: a number where sizes are given, else a SymPy expression in the dimensions."""
        return self._cost([r.multiplications for r in self.regimes])

    @cached_property
    def flops(self) -> int | sympy.Expr:
        """Multiplications and additions, counted as ``cost`` is."""
        return self._cost([r.flops for r in self.regimes])

    def _cost(self, costs: list[Polynomial]) -> int | sympy.Expr:
        if self.sizes is not None or not costs[0].symbols:
            return int(costs[0].at(self.sizes or {}))
        if len(costs) == 1:
            return costs[0].sympy()
        import sympy

        conditions = [
            sympy.And(*(sympy.Le(a.sympy(), b.sympy()) for a, b in r.conditions)) if r.conditions else True
            for r in self.regimes
        ]
        return sympy.Piecewise(*((cost.sympy(), c) for cost, c in zip(costs, conditions, strict=True)))

    def cost_at(self, **sizes: int) -> int:
        """The multiplications at sizes, those of the regime that is taken there.

        Raises:
            EvaluationError: a size is missing, not a positive integer, or of no dimension of the results.
        """
        known = _checked(sizes, self.symbols)
        taken = next(r for r in self.regimes if r.holds(known))
        return int(taken.multiplications.at(known))

    @property
    def peak_memory(self) -> Polynomial:
        """Entries of all intermediate results that are alive together, at most, where symbolic sizes are equal.

        That of the first regime.
        """
        return table.peak(self.regimes[0].program, self.sizes)

    # ---------------------------------------------------------------- out
    def to_json(self) -> str:
        """The regimes with their conditions, costs and steps; costs are numbers, or polynomials in the dimensions."""
        made = {
            "mode": self.mode,
            "sizes": self.sizes,
            "results": {name: str(expr) for name, expr in self.results.items()},
            "peak_memory": self._number(self.peak_memory),
            "regimes": [self._told(r) for r in self.regimes],
        }
        return json.dumps(made, ensure_ascii=False)

    def _told(self, of: Regime) -> dict[str, Any]:
        steps = [
            {
                "result": step.result,
                "operation": step.kind,
                "operands": step.operands,
                "dims": list(map(str, step.dims)),
                "multiplications": self._number(step.multiplications),
                "flops": self._number(step.flops),
            }
            for step in of.program.steps
        ]
        costs = {"multiplications": self._number(of.multiplications), "flops": self._number(of.flops)}
        return {"where": [f"{small} <= {large}" for small, large in of.conditions], **costs, "steps": steps}

    def _number(self, cost: Polynomial) -> int | str:
        return str(cost) if self.sizes is None and cost.symbols else int(cost.at(self.sizes or {}))

    def __str__(self) -> str:
        return table.of_plan(self.mode, self.regimes, self.sizes)

    def _repr_markdown_(self) -> str:
        return table.plan_as_markdown(self.mode, self.regimes, self.sizes)

    @pointing
    def emit(self, name: str = "formula", target: str = "numpy", *, dtype: str = "", **options: Any) -> Emitted:
        """The function that computes the results in a target; with several regimes it branches on the actual sizes.

        Targets and the options style, dtype and check are told by :func:`matcalc.emit`. Functions without a known body
        are parameters behind the variables: f and its Jacobian D_f or, with ``products=True``, jvp_f(x, v) and
        vjp_f(x, u) where Jacobians are multiplied by vectors.

        Raises:
            MatcalcError: there is no such target, or it does not have an option or a function.
        """
        language = found_target(target)
        chosen = Options(**{"sizes": self.sizes, "tensors": frozenset(self.tensors), **options})
        check_dtype(dtype)
        language.check(chosen)
        programs = [([f"{small} <= {large}" for small, large in r.conditions], r.program) for r in self.regimes]
        nodes = [node.node for node in self.targets]
        request = Request(
            self.results, name, programs, nodes, self.first, self.arguments, self.names, self.symbols, chosen, dtype
        )
        return language.write(request)

    def source(self, name: str = "formula") -> str:
        """The source of ``emit``."""
        return self.emit(name).source

    def run(self, values: Mapping[str, Any]) -> Any:
        """The results at NumPy arrays by variable name, as a tuple where there are several.

        Raises:
            EvaluationError: a value is missing, has a wrong shape or other sizes than the plan, or a result is not
                defined there.
        """
        from matcalc.evaluation import run

        found = run(self.emit(), self.arguments, values)
        for variable in self.arguments if self.sizes else ():
            _check_size(variable, values[name_of(variable)], self.sizes or {})
        return found

    def trace(self) -> str:
        """The passes that changed something, a line each: an example, what is gained, its source.

        Where several programs are cheapest somewhere, the passes of all of them.
        """
        fired = {name for r in self.regimes for name in r.program.passes}
        return "\n".join(map(str, named(fired))) or "no pass changed anything"

    def diagram(self) -> Diagram:
        """The steps of the first regime as boxes and arrows."""
        from matcalc.plans.drawing import diagram_of

        return diagram_of(self.regimes[0].program, list(self.results), f"{self.mode} plan")

    def to_dot(self) -> str:
        """The steps as a graph in the language of Graphviz."""
        return self.diagram().to_dot()

    def svg(self) -> str:
        """The steps as a picture."""
        return self.diagram().to_svg()


class PlanComparison(Printed):
    """The three modes side by side. ``plans`` holds them by name."""

    def __init__(self, results: Mapping[str, Expr], sizes: Mapping[str, int] | None) -> None:
        self.plans = {mode: Plan(results, mode, sizes) for mode in MODES}

    def __str__(self) -> str:
        return table.of_comparison({mode: (p.regimes, p.sizes) for mode, p in self.plans.items()})

    def _repr_markdown_(self) -> str:
        return table.comparison_as_markdown({mode: (p.regimes, p.sizes) for mode, p in self.plans.items()})


def _inputs(name: str, view: View) -> tuple[int, ...]:
    """The axes of the variable that a result is a derivative by: the columns of a Jacobian, all of a gradient."""
    if name in _VALUES:
        return ()
    columns = tuple(range(view.rows, view.node.rank))
    every = tuple(range(view.node.rank))
    return every if name in _GRADIENTS or not columns or not view.rows else columns


def _symbols(views: list[View]) -> set[str]:
    return {symbol for view in views for dim in view.node.dims for symbol in dim.symbols}


def _checked(sizes: Mapping[str, int], symbols: list[str]) -> dict[str, int]:
    if not isinstance(sizes, Mapping):
        raise EvaluationError("sizes come by name", hint='plan(f, sizes={"n": 3})')
    unknown = [str(name) for name in sizes if name not in symbols]
    if unknown:
        raise EvaluationError(
            f"there is no dimension {unknown[0]}", f"dimensions: {', '.join(symbols) or 'none'}",
            hint=suggest(unknown[0], symbols),
        )  # fmt: skip
    missing = [name for name in symbols if name not in sizes]
    if missing:
        raise EvaluationError(
            f"no size for {', '.join(missing)}", hint=f"give it: sizes={{{missing[0]!r}: 3}}, or give none at all"
        )
    found: dict[str, int] = {}
    for name, size in sizes.items():
        number = integer(size)
        if number is None or not 1 <= number <= LARGEST:
            raise EvaluationError(f"the size of {name} must be a positive integer, got {shown(size)}")
        found[name] = number
    return found


def _check_size(variable: Expr, value: Any, sizes: Mapping[str, int]) -> None:
    """Refuses a value of other sizes than a plan was made for; sides of 1 may be left out."""
    import numpy as np

    wanted = [dim.at(sizes) for dim in variable.shape]
    if [side for side in np.shape(value) if side != 1] != [side for side in wanted if side != 1]:
        shape = "×".join(map(str, wanted))
        raise EvaluationError(f"{name_of(variable)} is {shape} in this plan, got an array of shape {np.shape(value)}")


__all__ = ["MODES", "Plan", "PlanComparison"]
