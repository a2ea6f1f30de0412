"""A documented NumPy function for several results at once."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from textwrap import wrap
from typing import Any

from matcalc.emission.fast import FastRenderer
from matcalc.emission.options import PLAIN, Options
from matcalc.emission.render import ATOM, Renderer
from matcalc.emission.source import dim as dim_text
from matcalc.errors import EvaluationError, MatcalcError
from matcalc.expr import Expr, abstract_functions, bound_symbols, name_of, size_symbols, variables
from matcalc.network.lower import lower_all
from matcalc.network.nodes import Node
from matcalc.program.planner import Program, Target
from matcalc.program.planner import plan as planned
from matcalc.shape import ONE, Dim
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
    results: Mapping[str, Expr],
    sizes: Mapping[str, int] | None = None,
    first: Sequence[Expr] = (),
    hidden: Sequence[Expr] = (),
) -> Interface:
    """The arguments of a function that computes results, their names, and where each dimension symbol is read from.

    Where a formula has a dimension that none of its variables has, the variables it came from are arguments too. The
    variables of ``first`` are the first arguments, used or not; those of ``hidden`` have names, but are no arguments.

    Raises:
        MatcalcError: no results, names that are no identifiers, or sizes that no argument determines.
    """
    if not results:
        raise MatcalcError("nothing to emit", hint='emit({"value": f, "gradient": g})')
    for name in results:
        _check_name(name)
    exprs = list(results.values())
    fixed = set(sizes or {})
    found = [v for v in _arguments([*exprs, *first], fixed) if v not in first and v not in hidden]
    arguments = [*first, *found]
    called = [f.abstract for f in abstract_functions(*exprs) if f.abstract is not None]
    calls = {name for f in called for name in (f.argument, f"jvp_{f.name}", f"vjp_{f.name}")}
    names = _python_names([*arguments, *hidden], size_symbols(*exprs, *arguments) | fixed | calls)
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
    hidden = [v for operator in options.operators.values() for v in (operator.vector, operator.covector)]
    arguments, names, symbols = interface(results, fixed, first, hidden)
    views = lower_all(list(results.values()))
    if not programs:
        programs = [("", planned([Target(view.node) for view in views], names, for_speed=True))]
    reserved = {*symbols, *fixed, name} | _RESERVED
    helpers: list[str] = []
    callables: dict[str, str] = {}  # parameters for functions without a known body
    branches = []
    for condition, program in programs:
        renderer = (FastRenderer if options.style == "fast" else Renderer)(program, reserved, options)
        nodes = [view.node for view in views]
        lines = _with_operators(renderer, results, nodes, names) if hidden else _plain(renderer, results, nodes)
        branches.append((condition, lines))
        helpers += [helper for helper in renderer.helpers if helper not in helpers]
        callables.update(renderer.callables)
    body = _branched(branches)
    lines = [
        *(f"{symbol} = {size}" for symbol, size in sorted(fixed.items())),
        *(_checks(arguments, names, symbols) if options.check else _sizes(names, symbols, body)),
        *body,
    ]
    text_of_body = "\n".join(f"    {line}".rstrip() for line in lines)
    shown = _public(results, options)
    parameters = [*(names[a] for a in arguments), *sorted(callables)]
    header = f"def {name}({', '.join(parameters)}):"
    doc = _docstring(shown, arguments, names, callables)
    source = f"{header}\n{doc}\n{text_of_body}\n"
    read = _READ.replace("float, copy", f"np.{options.dtype}, copy") if options.dtype != "float64" else _READ
    helpers += [helper.strip() for helper in (read, _FIT) if helper.split("(")[0].split()[-1] + "(" in text_of_body]
    variables = (*map(name_of, arguments), *(callables[key] for key in sorted(callables)))
    return Emitted(name, helpers, source, tuple(parameters), variables, tuple(shown))


def _public(results: Mapping[str, Expr], options: Options) -> dict[str, Expr]:
    """The results as they are returned, operators as their matrices."""
    products = {f"{key}_{kind}" for key in options.operators for kind in ("matvec", "rmatvec")}
    shown: dict[str, Expr] = {}
    for key, expr in results.items():
        base = key.removesuffix("_matvec")
        if key not in products:
            shown[key] = expr
        elif base in options.operators:
            shown[base] = options.operators[base].matrix
    return shown


def _plain(renderer: Renderer, results: Mapping[str, Expr], nodes: list[Node]) -> list[str]:
    """All statements, and the one that returns the results."""
    renderer.run()
    places = zip(results.items(), nodes, renderer.program.results, strict=True)
    returned = [_result(renderer, key, expr, node, name) for (key, expr), node, name in places]
    return [*renderer.lines, f"return {', '.join(returned)}"]


def _with_operators(
    renderer: Renderer, results: Mapping[str, Expr], nodes: list[Node], names: Mapping[Expr, str]
) -> list[str]:
    """Statements of which those that need an operator's vector stand in a function of it."""
    options, program = renderer.options, renderer.program
    places = zip(results.items(), nodes, program.results, strict=True)
    found = {key: (expr, node, name) for (key, expr), node, name in places}
    vectors = {f"{key}_matvec": names[o.vector] for key, o in options.operators.items()}
    vectors |= {f"{key}_rmatvec": names[o.covector] for key, o in options.operators.items()}
    needing = {vector: _depending(program, vector) for vector in vectors.values()}
    within = set().union(*needing.values())
    renderer.kept |= {o for step in program.steps if step.result in within for o in step.operands} - within
    renderer.write([step for step in program.steps if step.result not in within])
    body = renderer.lines
    for key, vector in vectors.items():
        renderer.lines = []
        renderer.write([s for s in program.steps if s.result in needing[vector]])
        inner = [f"{vector} = np.ravel({vector})", *renderer.lines, f"return {_result(renderer, key, *found[key])}"]
        body += ["", f"def {key}({vector}):", *(f"    {line}" for line in inner)]
    returned = []
    for key, (expr, node, name) in found.items():
        base = key.removesuffix("_matvec")
        if key not in vectors:
            returned.append(_result(renderer, key, expr, node, name))
        elif base in options.operators:
            sides = ", ".join(map(dim_text, options.operators[base].matrix.shape))
            functions = f"matvec={base}_matvec, rmatvec={base}_rmatvec"
            body += ["", f"{base} = LinearOperator(({sides}), {functions}, dtype=np.{options.dtype})"]
            returned.append(base)
    return [*body, "", f"return {', '.join(returned)}"]


def _depending(program: Program, leaf: str) -> set[str]:
    found = {leaf}
    for step in program.steps:
        if found.intersection(step.operands):
            found.add(step.result)
    return found - {leaf}


def _branched(branches: list[tuple[str, list[str]]]) -> list[str]:
    """Branches that end with return, one after the other; what all of them begin with comes before."""
    common = 0
    while all(len(lines) > common and lines[common] == branches[0][1][common] for _, lines in branches):
        common += 1
    while common and any(line.startswith(" ") for _, lines in branches for line in lines[common : common + 1]):
        common -= 1  # not in the middle of a block
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


def _result(renderer: Renderer, key: str, expr: Expr, node: Node, name: str) -> str:
    """A matrix as a 2-D array, a column or a row as a 1-D one, a scalar as a float; a tensor with all its axes."""
    text = renderer.texts[name].source
    if key in renderer.options.axes:
        return _unstacked(renderer.texts[name].at(ATOM), renderer.options.axes[key])
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


def _unstacked(text: str, groups: tuple[tuple[Dim, ...], ...]) -> str:
    """What is stacked by columns, with an axis for each dimension."""
    stacked = ", ".join(dim_text(side) for group in groups for side in group[::-1])
    order: list[int] = []
    for group in groups:
        order += range(len(order) + len(group) - 1, len(order) - 1, -1)
    turned = "" if order == sorted(order) else f".transpose({', '.join(map(str, order))})"
    return f"{text}.reshape({stacked}){turned}"


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
    if "LinearOperator(" in text:
        lines.append("from scipy.sparse.linalg import LinearOperator")
    return "\n".join(lines)


def _docstring(
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
