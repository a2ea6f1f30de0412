"""A scalar as a function of variables: its module in Python, problems for optimisers, and its minimum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from matcalc.emission.emitted import executed
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, name_of
from matcalc.families import declared_facts
from matcalc.fitting.minimising import Fitted, minimised
from matcalc.fitting.problem import Problem
from matcalc.fitting.records import record_of
from matcalc.terminal import Printed, printable

PARTS = ("hess", "hessp", "check", "bounds")  # what is written besides the function itself, by the ends of the names


class Objective(Printed):
    """A scalar as a function of its variables: ``minimize(values)`` finds the least, within what they are declared.

    ``problem(values)`` is what an optimiser is given. Where all entries move freely, or within bounds, ``source`` is a
    module in Python, and ``compile()`` gives its functions: ``name(theta, *data)`` returns value and gradient,
    ``name_hess(theta, *data)`` the Hessian and ``name_hessp(theta, p, *data)`` its product with p; all three fit
    ``scipy.optimize.minimize(jac=True)``. ``name_bounds(theta, *data)`` are their bounds, where there are some.
    ``flatten`` and ``unflatten`` go from variables to theta and back, and ``name_check(seed)`` compares the derivatives
    with central differences. ``data`` are the names of the other variables, in order, and ``arguments`` the parameters
    of the function, whose names differ from those where these mean something else in Python.
    """

    def __init__(
        self, name: str, formula: Expr, text: str, xs: Sequence[Expr], data: Sequence[Expr], arguments: tuple[str, ...],
        sizes: Mapping[str, int], target: str = "numpy",
    ) -> None:  # fmt: skip
        self.name = name
        self.formula = formula
        self.by, self.data = (tuple(map(name_of, of)) for of in (xs, data))
        self.arguments, self.target = arguments, target
        self._text, self._xs, self._data, self._sizes = text, list(xs), list(data), dict(sizes)
        self._functions: SimpleNamespace | None = None

    def __str__(self) -> str:
        return printable(self._text if self._tied is None else f"an objective of {', '.join(self.by)}: see problem()")

    def _repr_markdown_(self) -> str:
        return f"```python\n{str(self).rstrip()}\n```"

    def __getstate__(self) -> dict[str, Any]:
        """What is copied and pickled: the functions are compiled again."""
        return {**self.__dict__, "_functions": None}

    @property
    def _tied(self) -> Expr | None:
        """A variable whose entries do not all move freely."""
        return next((x for x in self._xs if not record_of(x).is_plain), None)

    @property
    def source(self) -> str:
        """The module.

        Raises:
            MatcalcError: entries of a variable are tied to each other.
        """
        if self._tied is not None:
            raise MatcalcError(
                f"an optimiser moves every entry of {name_of(self._tied)} freely",
                f"it is declared {' '.join(declared_facts(self._tied))}",
                hint="objective(...).problem(values) moves what is free",
            )
        return self._text

    def compile(self) -> SimpleNamespace:
        """The functions fun, hess, hessp, bounds, flatten, unflatten and check."""
        return self._compiled() if self.source else SimpleNamespace()

    def _compiled(self) -> SimpleNamespace:
        if self._functions is None:
            space = executed(self._text, self.name)
            own = {"fun": self.name, **{key: f"{self.name}_{key}" for key in PARTS}}
            found = {key: space.get(name, lambda *_: None) for key, name in own.items()}
            self._functions = SimpleNamespace(**found, flatten=space["flatten"], unflatten=space["unflatten"])
        return self._functions

    def problem(self, values: Mapping[str, Any], *, free: bool = False) -> Problem:
        """What an optimiser is given: the objective at starts of its variables, and at data, by name.

        Its vector has the entries that are free, so that a symmetric matrix stays symmetric; positive and nonnegative
        ones have bounds or, with ``free``, are exponentials and squares of numbers without any.

        Raises:
            EvaluationError: values are missing, have wrong shapes or kinds, or have not what was declared.
        """
        return Problem(self._compiled(), self._xs, self._data, values, self._sizes, free, self.target == "dask")

    def minimize(
        self,
        values: Mapping[str, Any],
        method: str = "",
        *,
        free: bool = False,
        options: Mapping[str, Any] | None = None,
    ) -> Fitted:
        """The variables at which the objective is least, by name, found by ``scipy.optimize.minimize``.

        The search begins at ``values``, which have the data, too. ``options`` are those of the method, by default of
        L-BFGS-B. A search that ends without having found a minimum is an error.

        Raises:
            EvaluationError: values are wrong, as in :meth:`problem`, or there is no minimum where the search ended.
            MatcalcError: the method is not known, or knows no bounds where there are some.
        """
        return minimised(self.problem(values, free=free), method, options or {})
