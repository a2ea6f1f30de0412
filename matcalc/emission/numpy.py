"""A documented NumPy function for several results at once."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from textwrap import wrap
from typing import Any

from matcalc.emission.fast import FastRenderer
from matcalc.emission.options import PLAIN, Options
from matcalc.emission.render import Renderer
from matcalc.emission.source import dim as dim_text
from matcalc.errors import EvaluationError, MatcalcError
from matcalc.expr import Expr, abstract_functions, bound_symbols, name_of, size_symbols, variables
from matcalc.network.lower import lower_all
from matcalc.network.nodes import Node
from matcalc.program.planner import Program, Target
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
    is no name for Python. ``function`` is the text of the function alone, ``helpers`` those of what it calls.
    """

    def __init__(
        self,
        name: str,
        helpers: list[str],
        function: str,
        arguments: tuple[str, ...],
        variables: tuple[str, ...],
        results: tuple[str, ...],
    ) -> None:
        self.name = name
        self.helpers = helpers
        self.function = function
        self.source = module([*helpers, function])
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


Interface = tuple[list[Expr], dict[Expr, str], dict[str, tuple[Expr, int]]]


def interface(
    results: Mapping[str, Expr], sizes: Mapping[str, int] | None = None, first: Sequence[Expr] = ()
) -> Interface:
    """The arguments of a function that computes results, their names, and where each dimension symbol is read from.

    Where a formula has a dimension that none of its variables has, the variables it came from are arguments too. The
    variables of ``first`` are the first arguments, used or not.

    Raises:
        MatcalcError: no results, names that are no identifiers, or sizes that no argument determines.
    """
    if not results:
        raise MatcalcError("nothing to emit", hint='emit({"value": f, "gradient": g})')
    for name in results:
        _check_name(name)
    exprs = list(results.values())
    fixed = set(sizes or {})
    found = [v for v in _arguments([*exprs, *first], fixed) if v not in first]
    arguments = [*first, *found]
    called = [f.abstract for f in abstract_functions(*exprs) if f.abstract is not None]
    calls = {name for f in called for name in (f.argument, f"jvp_{f.name}", f"vjp_{f.name}")}
    names = _python_names(arguments, size_symbols(*exprs, *arguments) | fixed | calls)
    return arguments, names, _symbols(exprs, arguments, fixed)


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name) or name in _RESERVED:
        raise MatcalcError(f"not a name for a function or a result: {name!r}")


def emit(
    results: Mapping[str, Expr],
    name: str,
    sizes: Mapping[str, int] | None = None,
    programs: Sequence[tuple[str, Program]] = (),
    first: Sequence[Expr] = (),
    options: Options = PLAIN,
) -> Emitted:
    """NumPy source that computes ``results`` together; ``sizes`` fixes dimensions that no argument has.

    ``programs`` are programs of the results with the conditions, in Python, under which they are taken; the last
    condition is empty. Without them there is one, in the cheapest order for sizes that are alike. The variables of
    ``first`` are the first parameters, in this order, used or not.

    Raises:
        MatcalcError: no results, names that are no identifiers, or sizes that no argument determines.
    """
    _check_name(name)
    fixed = sizes or {}
    arguments, names, symbols = interface(results, fixed, first)
    views = lower_all(list(results.values()))
    if not programs:
        programs = [("", planned([Target(view.node) for view in views], names, for_speed=True))]
    reserved = {*symbols, *fixed, name} | _RESERVED
    helpers: list[str] = []
    callables: dict[str, str] = {}  # parameters for functions without a known body
    branches = []
    for condition, program in programs:
        renderer = (FastRenderer if options.style == "fast" else Renderer)(program, reserved, options)
        renderer.run()
        helpers += [helper for helper in renderer.helpers if helper not in helpers]
        callables.update(renderer.callables)
        returned = [
            _result(renderer, expr, view.node, result)
            for expr, view, result in zip(results.values(), views, program.results, strict=True)
        ]
        branches.append((condition, [*renderer.lines, f"return {', '.join(returned)}"]))
    body = _branched(branches)
    lines = [
        *(f"{symbol} = {size}" for symbol, size in sorted(fixed.items())),
        *(_checks(arguments, names, symbols) if options.check else _sizes(names, symbols, body)),
        *body,
    ]
    text_of_body = "\n".join(f"    {line}" for line in lines)
    parameters = [*(names[a] for a in arguments), *sorted(callables)]
    header = f"def {name}({', '.join(parameters)}):"
    doc = _docstring(name, results, arguments, names, callables)
    source = f"{header}\n{doc}\n{text_of_body}\n"
    read = _READ.replace("float, copy", f"np.{options.dtype}, copy") if options.dtype != "float64" else _READ
    helpers += [helper.strip() for helper in (read, _FIT) if helper.split("(")[0].split()[-1] + "(" in text_of_body]
    variables = (*(name_of(a) for a in names), *(callables[key] for key in sorted(callables)))
    return Emitted(name, helpers, source, tuple(parameters), variables, tuple(results))


def _branched(branches: list[tuple[str, list[str]]]) -> list[str]:
    """Branches that end with return, one after the other; what all of them begin with comes before."""
    common = 0
    while all(len(lines) > common and lines[common] == branches[0][1][common] for _, lines in branches):
        common += 1
    found = branches[0][1][:common]
    for condition, lines in branches:
        rest = lines[common:]
        found += [*f"if {condition}:".split("\n"), *(f"    {line}" for line in rest)] if condition else rest
    return found


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


def _checks(arguments: list[Expr], names: Mapping[Expr, str], symbols: Mapping[str, tuple[Expr, int]]) -> list[str]:
    lines = []
    for variable in arguments:
        ndim = sum(dim is not ONE for dim in variable.shape)
        lines.append(f'{names[variable]} = _read("{name_of(variable)}", {names[variable]}, {ndim})')
    sources: dict[tuple[Expr, int], str] = {place: symbol for symbol, place in symbols.items()}
    for variable in arguments:
        dims = [dim for dim in variable.shape if dim is not ONE]
        targets = [sources.get((variable, axis), "_") for axis in range(len(dims))]
        if any(t != "_" for t in targets):
            left = f"({targets[0]},)" if len(targets) == 1 else ", ".join(targets)
            lines.append(f"{left} = {names[variable]}.shape")
    for variable in arguments:
        dims = [dim for dim in variable.shape if dim is not ONE]
        if any((variable, axis) not in sources for axis in range(len(dims))):
            shape = ", ".join(map(dim_text, dims))
            lines.append(f'_fit("{name_of(variable)}", {names[variable]}, {shape})')
    return lines


def _sizes(names: Mapping[Expr, str], symbols: Mapping[str, tuple[Expr, int]], body: list[str]) -> list[str]:
    """The sizes that the statements use, read from the arguments' shapes."""
    used = set(re.findall(r"[^\W\d]\w*", " ".join(body)))
    return [f"{s} = {names[v]}.shape[{axis}]" for s, (v, axis) in symbols.items() if s in used]


def _result(renderer: Renderer, expr: Expr, node: Node, name: str) -> str:
    """A matrix as a 2-D array, a column or a row as a 1-D one, a scalar as a float."""
    text = renderer.texts[name].source
    rows, cols = expr.shape
    if rows is ONE and cols is ONE:
        return f"float({text})"
    dims = [d for d in (rows, cols) if d is not ONE]
    if node.rank != len(dims):
        return f"{text}.reshape({', '.join(dim_text(d) for d in dims)})"
    step = renderer.steps.get(name)
    source = step.operands[0] if step is not None and step.operation in ("permute", "reshape", "reduce") else name
    if source in renderer.program.leaves:
        return f"{text}.copy()"  # not a view of an argument
    typed = renderer.options.dtype != "float64"
    return f"{text}.astype(np.{renderer.options.dtype}, copy=False)" if typed else text


# ---------------------------------------------------------------- text
def module(functions: Iterable[str]) -> str:
    """Functions, each once, with what they import before them."""
    text = "\n\n\n".join(part.strip() for part in dict.fromkeys(functions)) + "\n"
    return _imports(text) + "\n\n\n" + text


def _imports(text: str) -> str:
    lines = ["import numpy as np"]
    scipy = [module for module in ("linalg", "special") if f" {module}." in text.replace("(", " ").replace("-", " ")]
    if scipy:
        lines.append(f"from scipy import {', '.join(scipy)}")
    return "\n".join(lines)


def _docstring(
    name: str,
    results: Mapping[str, Expr],
    arguments: list[Expr],
    names: Mapping[Expr, str],
    callables: Mapping[str, str],
) -> str:
    lines = [f'    """Computes {", ".join(results)}.', ""]
    for variable in arguments:
        facts = f", {', '.join(variable.data[1])}" if variable.data[1] else ""
        lines.append(f"    {names[variable]}: {variable.shape}{facts}")
    lines += [f"    {key}: a function, {callables[key]}" for key in sorted(callables)]
    lines += ["", "    Returns:"]
    for key, expr in results.items():
        text = str(expr).replace("\\", "\\\\")
        shown = f"{key} ({expr.shape}) = {text if len(text) <= 200 else text[:197] + '...'}"
        lines += wrap(shown, 112, initial_indent=" " * 8, subsequent_indent=" " * 12, break_long_words=False)
    lines.append('    """')
    return "\n".join(lines)
