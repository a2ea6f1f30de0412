"""A function of an array library, for several results at once: what is the same for all libraries."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import Any

from matcalc.bound import result_dims
from matcalc.emission.arguments import Interface, check_name, interface, shape_checks, sizes_used
from matcalc.emission.emitted import Emitted, executed
from matcalc.emission.layout import branched, condition, docstring
from matcalc.emission.memory import reason
from matcalc.emission.names import free_of
from matcalc.emission.target import Request, Target
from matcalc.emission.targets.library import Library, Unknown, helpers_of, knows
from matcalc.emission.targets.pure import LIKE, PureRenderer
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, name_of
from matcalc.families import array_dims
from matcalc.network.nodes import Node
from matcalc.program.planner import Program
from matcalc.program.step import VIEWS


def target(library: Library) -> Target:
    """The target that a library is."""
    return Target(library.title, partial(write, library), partial(knows, library), library.lacks)


def write(library: Library, request: Request) -> Emitted:
    """The source of a function of the library's arrays.

    Raises:
        MatcalcError: the library has no form for a function, or no dtype of the name.
    """
    check_name(request.name)
    wanted = interface(request.results, None, request.first, taken=library.reserved)
    if not wanted.arguments and library.opening:
        raise MatcalcError(f"a formula without variables says no library to the {library.title} target")
    options = replace(request.options, sizes=wanted.scope.sizes(request.options.sizes))
    helpers: dict[str, str] = {}
    callables: dict[str, str] = {}
    branches = []
    for conditions, program in request.programs:
        own = renamed(program, {request.names[v]: wanted.names[v] for v in wanted.arguments})
        renderer = PureRenderer(wanted.scope.program(own), wanted.scope, options, library)
        renderer.ranks = {wanted.names[v]: len(array_dims(v)) for v in wanted.arguments}
        renderer.call_results([*request.results])
        branches.append((condition(conditions, wanted.scope), _statements(renderer, request.results, request.nodes)))
        helpers.update(renderer.own)
        callables.update(renderer.callables)
    body = branched(branches)
    head = _head(library, wanted, body, request)
    try:
        text = "\n".join(f"    {line}".rstrip() for line in [*head, *map(library.translated, body)])
        helpers.update(helpers_of(library, text, {}, known=helpers))
    except Unknown as unknown:
        what = f"{unknown} is not known to the {library.title} target"
        raise MatcalcError(what, hint='emit(..., target="numpy")') from None
    name = free_of(request.name, {*helpers, *library.reserved})
    parameters = [*(wanted.names[v] for v in wanted.arguments), *sorted(callables)]
    why = next(filter(None, (reason(program, options.sizes) for _, program in request.programs)), "")
    doc = docstring(request.results, wanted.arguments, wanted.names, callables, why)
    function = f"def {name}({', '.join(parameters)}):\n{doc}\n{text}\n"
    parts = [*helpers.values(), function]
    source = f"{_imports(library, parts)}\n\n\n" + "\n\n\n".join(part.strip() for part in parts) + "\n"
    variables = (*map(name_of, wanted.arguments), *(callables[key] for key in sorted(callables)))
    build = partial(built, library.title, library.module, library.extra)
    results = tuple(request.results)
    return Emitted(name, source, tuple(parameters), variables, results, build, function, tuple(helpers.values()))


def built(title: str, module: str, extra: str, source: str, name: str) -> Callable[..., Any]:
    """A function from the source of its module.

    Raises:
        MatcalcError: the library is not installed.
    """
    installed(title, module, extra)
    function: Callable[..., Any] = executed(source, name)[name]
    return function


def installed(title: str, module: str, extra: str) -> None:
    """Refuses a library that is not installed.

    Raises:
        MatcalcError: it is not.
    """
    try:
        import_module(module)
    except ImportError as error:
        hint = f"pip install 'matcalc-engine[{extra}]'"
        raise MatcalcError(f"{title} is not installed", str(error), hint=hint) from None


def renamed(program: Program, names: Mapping[str, str]) -> Program:
    """A program whose arguments are called otherwise, where their names mean something to the library."""
    if all(old == new for old, new in names.items()):
        return program
    taken = {*names.values(), *names}
    new = dict(names)
    for step in program.steps:
        word = step.result
        while word in taken:
            word += "_"
        new[step.result] = word
    steps = tuple(
        s._replace(result=new.get(s.result, s.result), operands=tuple(new.get(o, o) for o in s.operands))
        for s in program.steps
    )
    leaves = {new.get(name, name): leaf for name, leaf in program.leaves.items()}
    return program._replace(steps=steps, leaves=leaves, results=tuple(new.get(r, r) for r in program.results))


def _statements(renderer: PureRenderer, results: Mapping[str, Expr], nodes: Sequence[Node]) -> list[str]:
    """All statements, and the one that returns the results."""
    renderer.run()
    places = zip(results.items(), nodes, renderer.program.results, strict=True)
    returned = [_result(renderer, key, expr, node, name) for (key, expr), node, name in places]
    return [*renderer.lines, f"return {', '.join(returned)}"]


def _result(renderer: PureRenderer, key: str, expr: Expr, node: Node, name: str) -> str:
    """A matrix as a 2-D array, a column or a row as a 1-D one, a scalar as one of no axes; tensors keep all axes."""
    text = renderer.as_array(name)
    dims = renderer.scope.sides(node.dims if key in renderer.options.tensors else result_dims(expr))
    if node.rank != len(dims):
        text = renderer.with_dims(text, node.rank, dims)
    source = name
    while (step := renderer.steps.get(source)) is not None and step.operation in (*VIEWS, "reduce"):
        source = step.operands[0]
    is_argument = source in renderer.ranks
    return renderer.library.copied.format(text.source) if is_argument else text.source


def _head(library: Library, wanted: Interface, body: list[str], request: Request) -> list[str]:
    """Statements that read the arguments and their sizes, and say of which kind new arrays are."""
    words = [wanted.names[v] for v in wanted.arguments]
    every = ", ".join(words)
    lines: list[str] = []
    if request.options.check and words:
        names = _tuple([f'"{name_of(v)}"' for v in wanted.arguments])
        ranks = _tuple([str(len(array_dims(v))) for v in wanted.arguments])
        dtype = f', "{request.dtype}"' if request.dtype else ""
        lines.append(f"{every}{',' * (len(words) == 1)} = _read({names}, {_tuple(words)}, {ranks}{dtype})")
    lines += [library.opening.format(every)] if library.opening else []
    lines += shape_checks(wanted, batch=False) if request.options.check else sizes_used(wanted, body, batch=False)
    if any(LIKE in line for line in body):
        alone = f'{{"dtype": {library.dtype.format(request.dtype)}}}' if request.dtype else "{}"
        lines.append(f"like = {library.like.format(words[0]) if words else alone}")
    return lines


def _tuple(texts: Sequence[str]) -> str:
    return f"({', '.join(texts)}{',' * (len(texts) == 1)})"


def _imports(library: Library, parts: Sequence[str]) -> str:
    text = "\n".join(parts)
    lines = [line for word, line in library.imports.items() if re.search(rf"(?<![\w.]){word}\b", text)]
    return "\n".join([*(["import math"] if re.search(r"(?<![\w.])math\.", text) else []), *dict.fromkeys(lines)])
