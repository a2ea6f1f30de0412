"""Functions without a known body: f of a column, its Jacobian D(f), the Jacobian D(D(f)) of vec of that, and so on."""

from __future__ import annotations

import copyreg
from collections.abc import Mapping
from typing import Any

from matcalc.errors import ShapeError, shown
from matcalc.expr import Expr
from matcalc.function import Abstract, Function
from matcalc.functions import POWER, find
from matcalc.parts import abstract_functions
from matcalc.shape import ONE, Dim

_made: dict[Abstract, Function] = {}


def abstract(name: str, rows: int | str | Dim, result: str = "") -> Function:
    """A function of a column whose value is a column of ``rows``; ``result`` is what its value is called in a chain.

    Raises:
        ShapeError: not a name, the name of a known function, or not a dimension.
    """
    for given in (name, *([result] if result else [])):
        if not isinstance(given, str) or not given.isidentifier():
            raise ShapeError(f"not a name of a function: {shown(given)}", "a name is a letter, then letters and digits")
    if find(name) is not None or name in ("D", POWER.name):
        raise ShapeError(f"{name} is a known function", hint="choose another name")
    return _function(Abstract(name, Dim.of(rows), 0, result or name))


def jacobian_of(function: Function) -> Function:
    """D(f): its value is the Jacobian of vec f, numerator layout."""
    of = function.abstract
    assert of is not None
    return _function(Abstract(of.name, of.rows, of.order + 1, of.result))


def functions_of(*exprs: Expr) -> dict[str, Function]:
    """The functions without a known body, by name, that formulas call, or Jacobians of which they call."""
    called = (function.abstract for function in abstract_functions(*exprs) if function.abstract is not None)
    return {of.name: _function(of._replace(order=0)) for of in called}


def find_abstract(name: str, declared: Mapping[str, Function]) -> Function | None:
    """The function that a name such as f or D(D(f)) means, among declared ones."""
    order = 0
    while name.startswith("D(") and name.endswith(")"):
        name, order = name[2:-1], order + 1
    found = declared.get(name)
    for _ in range(order if found is not None else 0):
        assert found is not None
        found = jacobian_of(found)
    return found


def _function(of: Abstract) -> Function:
    if of not in _made:
        rows = [*["n"] * (of.order - 1), *([] if of.rows is ONE else ["m"])]
        cols = "n" if of.order else "1"
        _made[of] = Function(
            "D(" * of.order + of.name + ")" * of.order,
            f"(n,1)->({'*'.join(rows) or '1'},{cols})",
            "a function without a known body" if not of.order else f"Jacobian of order {of.order} of {of.name}",
            operands=("x",),
            fixed=() if of.rows is ONE else (("m", of.rows),),
            abstract=of,
        )
    return _made[of]


def _found_again(function: Function) -> tuple[Any, ...]:
    """How a function is copied and pickled: it is the same object again."""
    if function.abstract is not None:
        return _function, (function.abstract,)
    if find(function.name) is function:
        return find, (function.name,)
    return Function, tuple(getattr(function, field) for field in Function.fields)


copyreg.pickle(Function, _found_again)
