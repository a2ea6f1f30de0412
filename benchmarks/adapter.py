"""What a runner of performance problems calls: a problem's description becomes a NumPy function."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import matcalc as mc
from matcalc.plans.plan import Plan

SMALL = 4_096  # entries of all arrays; up to here C is offered beside NumPy, since calling decides

Function = Callable[..., Any]


def build(spec: Mapping[str, Any]) -> list[tuple[str, Function]]:
    """The problem in NumPy and, where its arrays are small, in C; of two, each is built when it is called first."""
    if sum(math.prod(shape) for shape in spec["shapes"].values()) > SMALL:
        return [("numpy", build_numpy(spec))]
    return [(target, _built_when_called(spec, target)) for target in ("numpy", "c")]


def build_numpy(spec: Mapping[str, Any]) -> Function:
    """The problem in NumPy alone."""
    return _built(spec, "numpy")


def _built_when_called(spec: Mapping[str, Any], target: str) -> Function:
    functions: list[Function] = []

    def run(*arrays: Any) -> Any:
        if not functions:
            functions.append(_built(spec, target))
        return functions[0](*arrays)

    return run


def _built(spec: Mapping[str, Any], target: str) -> Function:
    """The function of the problem's variables, in the order of ``spec["shapes"]``, positionally.

    ``kind`` is grad, vgrad (value and gradient), hess, hvp (the direction v comes last), jac or diagjac. Gradients have
    the variable's shape, Hessians and Jacobians the axes of what is derived, then those of the variable.
    """
    declared, f = _read(spec)
    wrt = [declared[name] for name in spec["wrt"]]
    results, finish = _asked(spec["kind"], f, wrt, declared)
    groups = _groups(spec["kind"], f, wrt[0])
    tensors = {}
    if sum(map(len, groups)) > 2:
        made = mc.tensor(mc.gradient(f, wrt[0]) if spec["kind"] == "hess" else f, wrt[0])
        tensors = {"jacobian": made.view}
    if tensors and target == "c":
        finish = _unstacking(groups, spec["dims"])
    arguments = list(declared.values())
    symbols = Plan(results, "reverse", None, arguments=arguments).symbols
    sizes = {name: spec["dims"][name] for name in symbols}
    if target == "c":
        emitted = Plan(results, "optimal", sizes, arguments=arguments, for_speed=True).emit(target="c")
    else:
        plan = Plan(results, "optimal", sizes, arguments=arguments, tensors=tensors, for_speed=True)
        emitted = plan.emit(check=False, style="fast")
    function = emitted.compile()

    flat = [k for k, shape in enumerate(spec["shapes"].values()) if len(shape) == 2 and 1 in shape]
    if not flat and finish is None:
        return function

    if finish is not None and not flat:
        return lambda *arrays: finish(function(*arrays))

    def run(*arrays: Any) -> Any:
        given = list(arrays)
        for k in flat:  # rows and columns come as matrices, and are 1-D here
            given[k] = arrays[k].reshape(-1)
        got = function(*given)
        return got if finish is None else finish(got)

    return run


def _read(spec: Mapping[str, Any]) -> tuple[dict[str, mc.Expr], mc.Expr]:
    """The variables and the formula, in dimension names or, where the formula does not fit these, in numbers."""
    declared = _declared(spec, _symbolic(spec))
    try:
        return declared, mc.parse(_formula(spec, declared), declared)
    except mc.MatcalcError:  # such as p*q beside a dimension that is called pq
        declared = _declared(spec, spec["shapes"])
        return declared, mc.parse(_formula(spec, declared), declared)


def _declared(spec: Mapping[str, Any], shapes: Mapping[str, tuple[Any, ...]]) -> dict[str, mc.Expr]:
    facts = {name: ["posdef"] for name in spec["symmetric"]}
    return {name: mc.variable(name, *(*shape, 1, 1)[:2], *facts.get(name, [])) for name, shape in shapes.items()}


def _symbolic(spec: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    """Shapes in dimension names, where a size has one name."""
    names: dict[int, str] = {}
    many = {name: size for name, size in spec["dims"].items() if size != 1}
    for name, size in many.items():
        names.setdefault(size, name)
    if len(names) < len(many):  # two dimensions of one size: numbers tell no less
        return dict(spec["shapes"])
    return {name: tuple(names.get(size, size) for size in shape) for name, shape in spec["shapes"].items()}


def _formula(spec: Mapping[str, Any], declared: Mapping[str, mc.Expr]) -> str:
    """The formula, in numbers where the variables' dimensions are numbers."""
    symbols = {symbol for v in declared.values() for dim in v.shape for symbol in dim.symbols}
    text = spec["formula"]
    for name, size in spec["dims"].items():
        if name not in symbols and name not in declared:
            text = re.sub(rf"\b{name}\b", str(size), text)
    return text


def _asked(
    kind: str, f: mc.Expr, wrt: list[mc.Expr], declared: Mapping[str, mc.Expr]
) -> tuple[dict[str, Any], Callable[[Any], Any] | None]:
    x = wrt[0]
    if kind in ("grad", "vgrad"):
        gradients = {f"gradient{k}": mc.gradient(f, v) for k, v in enumerate(wrt)}
        results = {**({"value": f} if kind == "vgrad" else {}), **gradients}
        nested = kind == "vgrad" and len(wrt) > 1
        return results, (lambda got: (got[0], got[1:])) if nested else None
    if kind == "hvp":
        return {"hvp": mc.jvp(mc.gradient(f, x), x, declared["v"])}, None
    if kind == "diagjac":
        return {"value": mc.diag(mc.jacobian(f, x))}, None
    made = mc.hessian(f, x) if kind == "hess" else mc.jacobian(f, x)
    rows = x if kind == "hess" else f
    if all(dim.number == 1 for dim in rows.shape):  # a vector of one entry
        return {"jacobian": made}, lambda got: got[None]
    return {"jacobian": made}, None


def _groups(kind: str, f: mc.Expr, x: mc.Expr) -> tuple[tuple[Any, ...], ...]:
    """The axes of a Jacobian: the dimensions of what is derived, and those of the variable."""
    if kind not in ("hess", "jac"):
        return ()
    return tuple(tuple(dim for dim in expr.shape if dim.number != 1) for expr in (x if kind == "hess" else f, x))


def _unstacking(groups: tuple[tuple[Any, ...], ...], sizes: Mapping[str, int]) -> Callable[[Any], Any]:
    """From vec by vec to an axis for each dimension."""
    axes: list[int] = []
    order: list[int] = []
    for group in groups:
        order += range(len(axes) + len(group) - 1, len(axes) - 1, -1)  # vec puts columns before rows
        axes += [dim.at(sizes) for dim in group[::-1]]
    return lambda got: got.reshape(axes).transpose(order)
