"""Calls of a Python function with the values of variables: which parameter is which, and arrays of which axes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from matcalc.checking.asked import Asked, Sample
from matcalc.errors import EvaluationError, shown
from matcalc.expr import name_of


class Call:
    """A function whose arguments are variables of a question, as NumPy users hold them: columns and rows are 1-D."""

    def __init__(self, function: Callable[..., Any], asked: Asked) -> None:
        self.function = function
        own = [name_of(v) for v in asked.variables]
        self.parameters = _parameters(function, own)
        self.variables = _variables(self.parameters, own)
        self.has_two_axes = False  # of columns and rows, where the function does not take them 1-D

    @property
    def renamed(self) -> str:
        """What is said where parameters were matched with variables by their order."""
        if not self.parameters or set(self.parameters) & set(self.variables):
            return ""
        pairs = zip(self.parameters, self.variables, strict=True)
        return f"; called with {', '.join(f'{name} for {parameter}' for parameter, name in pairs)}"

    @property
    def told(self) -> str:
        """What is said of the arrays, where they are not the usual ones."""
        return ", columns and rows as arrays of two axes" if self.has_two_axes else ""

    def value(self, one: Sample) -> Any:
        """What the function returns at a point.

        Raises:
            EvaluationError: it raises an error, or returns no array.
        """
        try:
            return self._returned(one)
        except EvaluationError:
            raise
        except Exception as error:
            if not self.has_two_axes:
                self.has_two_axes = True
                try:
                    return self._returned(one)
                except Exception:
                    self.has_two_axes = False
            raise self._failed(error, one) from error

    def _returned(self, one: Sample) -> Any:
        import numpy as np

        arrays = [self.array(one.point.values[name]) for name in self.variables]
        if self.parameters:
            raw = self.function(**dict(zip(self.parameters, arrays, strict=True)))
        else:
            raw = self.function(*arrays)
        try:
            result = None if raw is None else np.asarray(raw, dtype=float)
        except (TypeError, ValueError):
            result = None
        if result is None:
            what = f"a tuple of {len(raw)} things" if isinstance(raw, tuple) else shown(raw)
            raise EvaluationError(f"the function returns no array: {what}", hint="return the derivative alone")
        return result

    def array(self, value: Any) -> Any:
        """A copy as NumPy users hold it, which may be written over: columns and rows 1-D, scalars as floats."""
        if value.size == 1 and not self.has_two_axes:
            return value.reshape(())[()]
        if value.size == 1:
            return value.reshape(-1)[0]
        return value.copy() if self.has_two_axes or 1 not in value.shape else value.reshape(-1).copy()

    def _failed(self, error: Exception, one: Sample) -> EvaluationError:
        shapes = ", ".join(
            f"{parameter}: {' × '.join(map(str, shape)) if (shape := getattr(array, 'shape', ())) else 'a number'}"
            for parameter, name in zip(self.parameters or self.variables, self.variables, strict=True)
            for array in [self.array(one.point.values[name])]
        )
        return EvaluationError(f"the function fails: {type(error).__name__}: {error}", f"called with {shapes}")


def _parameters(function: Callable[..., Any], own: Sequence[str]) -> list[str]:
    """The parameters that are given; none where they go by their places alone."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    if any(p.kind in (p.VAR_POSITIONAL, p.POSITIONAL_ONLY) for p in parameters):
        return []
    named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    return [p.name for p in named if p.default is p.empty or p.name in own]


def _variables(parameters: Sequence[str], own: Sequence[str]) -> list[str]:
    """The variable of each parameter: that of its name, the one that is left over, or all in the order of their names.

    Raises:
        EvaluationError: several parameters have names of their own, and others have those of variables.
    """
    strangers = [name for name in parameters if name not in own]
    left = [name for name in own if name not in parameters]
    if not strangers and parameters:
        return list(parameters)
    if len(strangers) == len(left) == 1:
        return [left[0] if name == strangers[0] else name for name in parameters]
    if not parameters or (len(strangers) == len(parameters) == len(own)):
        return list(own)
    raise EvaluationError(
        f"which variables are the parameters {', '.join(strangers)}?",
        f"the variables of the formula: {', '.join(own)}",
        hint="name the parameters as the variables",
    )
