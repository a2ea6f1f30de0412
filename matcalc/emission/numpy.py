"""A documented NumPy function for several results at once."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping
from typing import Any

from matcalc.emission.render import Renderer
from matcalc.errors import EvaluationError, MatcalcError
from matcalc.expr import Expr, bound_symbols, name_of, size_symbols, variables
from matcalc.network.lower import lower_all
from matcalc.network.nodes import Node
from matcalc.program.planner import Target
from matcalc.program.planner import plan as planned
from matcalc.shape import ONE
from matcalc.walk import postorder

_READ = '''
def _read(name, value, ndim):
    """The value as floats with this many axes; n×1 and 1×n arrays count as vectors, 1×1 ones as scalars."""
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers, got {array.dtype}")
    array = array.astype(float, copy=False)
    if array.ndim > ndim and array.ndim <= 2 and array.ndim - array.shape.count(1) <= ndim:
        array = array.reshape(-1) if ndim == 1 else array.reshape(())
    if array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axes, got an array of shape {array.shape}")
    return array
'''

_FIT = '''
def _fit(name, array, *shape):
    """Refuses an array of another shape."""
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
'''

_RESERVED = {"np", "linalg", "special", "float", "len", "ValueError", "_read", "_fit"}


class Emitted:
    """Python source of a function of the formulas' variables; ``compile()`` makes it callable.

    ``arguments`` are its parameters and ``variables`` the variables they stand for: the names differ where a variable's
    is no name for Python.
    """

    def __init__(
        self, name: str, source: str, arguments: tuple[str, ...], variables: tuple[str, ...], results: tuple[str, ...]
    ) -> None:
        self.name = name
        self.source = source
        self.arguments = arguments
        self.variables = variables
        self.results = results
        self._compiled: Callable[..., Any] | None = None

    def __str__(self) -> str:
        return self.source

    def compile(self) -> Callable[..., Any]:
        """The function itself. It raises ValueError for arrays of a wrong shape."""
        if self._compiled is None:
            space: dict[str, Any] = {}
            exec(compile(self.source, f"<matcalc {self.name}>", "exec"), space)  # names are ours: see _python_names
            self._compiled = space[self.name]
        return self._compiled


def emit(results: Mapping[str, Expr], name: str, sizes: Mapping[str, int] | None = None) -> Emitted:
    """NumPy source that computes ``results`` together; ``sizes`` fixes dimensions that no argument has.

    Where a formula has a dimension that none of its variables has, the variables it came from are arguments too.

    Raises:
        MatcalcError: no results, names that are no identifiers, or sizes that no argument determines.
    """
    if not results:
        raise MatcalcError("nothing to emit", hint='emit({"value": f, "gradient": g})')
    for given in (name, *results):
        if not isinstance(given, str) or not given.isidentifier() or keyword.iskeyword(given) or given in _RESERVED:
            raise MatcalcError(f"not a name for a function or a result: {given!r}")
    exprs = list(results.values())
    sizes = sizes or {}
    arguments = _arguments(exprs, set(sizes))
    names = _python_names(arguments, size_symbols(*exprs, *arguments) | set(sizes))
    symbols = _symbols(exprs, arguments, set(sizes))
    views = lower_all(exprs)
    program = planned([Target(view.node) for view in views], names)
    renderer = Renderer(program, {*symbols, *sizes, name} | _RESERVED)
    renderer.run()
    returned = [
        _result(renderer, expr, view.node, result)
        for expr, view, result in zip(exprs, views, program.results, strict=True)
    ]
    lines = [
        *(f"{symbol} = {size}" for symbol, size in sorted(sizes.items())),
        *_checks(arguments, names, symbols, renderer.lines + returned),
        *renderer.lines,
        f"return {', '.join(returned)}",
    ]
    body = "\n".join(f"    {line}" for line in lines)
    header = f"def {name}({', '.join(names[a] for a in arguments)}):"
    doc = _docstring(name, results, arguments, names)
    source = f"{header}\n{doc}\n{body}\n"
    helpers = [*renderer.helpers, _READ.strip(), *([_FIT.strip()] if "_fit(" in body else [])]
    text = "\n\n\n".join([*helpers, source])
    text = _imports(text) + "\n\n\n" + text
    return Emitted(name, text, tuple(names.values()), tuple(name_of(a) for a in names), tuple(results))


# ---------------------------------------------------------------- arguments and sizes
def _arguments(exprs: list[Expr], fixed: set[str]) -> list[Expr]:
    """The variables of the formulas, and those of their hints that fix a size that is not known otherwise."""
    own = variables(*exprs)
    missing = size_symbols(*exprs) - set(bound_symbols(own)) - fixed
    named = {name_of(v): v for v in own}
    for hint in sorted({h for node in postorder(*exprs) for h in node.hints}, key=name_of):
        fixes = set(bound_symbols([hint])) & missing
        if fixes and name_of(hint) not in named:
            named[name_of(hint)] = hint
            missing -= fixes
    return sorted(named.values(), key=name_of)


def _python_names(arguments: list[Expr], symbols: set[str]) -> dict[Expr, str]:
    """Names for the arguments that are no keywords, sizes, or names of what the code uses."""
    names: dict[Expr, str] = {}
    taken = _RESERVED | symbols
    for variable in arguments:
        name = name_of(variable)
        while keyword.iskeyword(name) or name in taken or name.startswith("_"):
            name = name.lstrip("_") + "_"
        taken.add(name)
        names[variable] = name
    return names


def _symbols(exprs: list[Expr], arguments: list[Expr], fixed: set[str]) -> dict[str, tuple[Expr, int]]:
    """For each dimension symbol, the argument and axis that it is read from.

    Raises:
        EvaluationError: no argument has it as a dimension.
    """
    found = bound_symbols(arguments)
    missing = sorted(size_symbols(*exprs, *arguments) - set(found) - fixed)
    if missing:
        raise EvaluationError(
            f"the size of {missing[0]} is not determined by the variables of the formula",
            hint=f"declare a variable that has this dimension, or evaluate with sizes={{{missing[0]!r}: 3}}",
        )
    return found


def _checks(
    arguments: list[Expr], names: Mapping[Expr, str], symbols: Mapping[str, tuple[Expr, int]], body: list[str]
) -> list[str]:
    lines = []
    for variable in arguments:
        ndim = sum(dim is not ONE for dim in variable.shape)
        lines.append(f'{names[variable]} = _read("{name_of(variable)}", {names[variable]}, {ndim})')
    sources: dict[tuple[Expr, int], str] = {place: symbol for symbol, place in symbols.items()}
    for variable in arguments:
        dims = [dim for dim in variable.shape if dim is not ONE]
        targets = [sources.get((variable, axis), "_") for axis in range(len(dims))]
        if any(t != "_" for t in targets):
            lines.append(f"{', '.join(targets)}{',' if len(targets) == 1 else ''} = {names[variable]}.shape")
    for variable in arguments:
        dims = [dim for dim in variable.shape if dim is not ONE]
        if any((variable, axis) not in sources for axis in range(len(dims))):
            shape = ", ".join(str(dim).replace("^", "**") for dim in dims)
            lines.append(f'_fit("{name_of(variable)}", {names[variable]}, {shape})')
    return lines


def _result(renderer: Renderer, expr: Expr, node: Node, name: str) -> str:
    """A matrix as a 2-D array, a column or a row as a 1-D one, a scalar as a float."""
    text = renderer.texts[name].source
    rows, cols = expr.shape
    if rows is ONE and cols is ONE:
        return f"float({text})"
    dims = [d for d in (rows, cols) if d is not ONE]
    if node.rank != len(dims):
        return f"{text}.reshape({', '.join(str(d).replace('^', '**') for d in dims)})"
    step = renderer.steps.get(name)
    source = step.operands[0] if step is not None and step.operation in ("permute", "reshape", "reduce") else name
    return f"{text}.copy()" if source in renderer.program.leaves else text  # not a view of an argument


# ---------------------------------------------------------------- text
def _imports(text: str) -> str:
    lines = ["import numpy as np"]
    scipy = [module for module in ("linalg", "special") if f" {module}." in text.replace("(", " ").replace("-", " ")]
    if scipy:
        lines.append(f"from scipy import {', '.join(scipy)}")
    return "\n".join(lines)


def _docstring(name: str, results: Mapping[str, Expr], arguments: list[Expr], names: Mapping[Expr, str]) -> str:
    lines = [f'    """Computes {", ".join(results)}.', ""]
    for variable in arguments:
        facts = f", {', '.join(variable.data[1])}" if variable.data[1] else ""
        lines.append(f"    {names[variable]}: {variable.shape}{facts}")
    lines += ["", "    Returns:"]
    for key, expr in results.items():
        text = str(expr).replace("\\", "\\\\")
        lines.append(f"        {key} ({expr.shape}) = {text if len(text) <= 200 else text[:197] + '...'}")
    lines.append('    """')
    return "\n".join(lines)
