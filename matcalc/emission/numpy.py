"""A documented NumPy function for several results at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from matcalc.bound import result_dims
from matcalc.emission.annotations import CALLED, WORDS, head, returned
from matcalc.emission.arguments import (
    FIT,
    FIT_STACK,
    READ,
    READ_STACK,
    check_name,
    checks,
    interface,
    sizes_used,
)
from matcalc.emission.blocks import BlockRenderer
from matcalc.emission.emitted import Emitted, executed
from matcalc.emission.layout import branched, condition, docstring
from matcalc.emission.memory import reason
from matcalc.emission.modules import module
from matcalc.emission.names import free_of, python_word
from matcalc.emission.options import PLAIN, Options
from matcalc.emission.refined import refined
from matcalc.emission.render import Renderer
from matcalc.emission.source import dim as dim_text
from matcalc.emission.sparse import PLACED, SPARSE, assembled, needed
from matcalc.emission.sparse_data import READ_SPARSE, SparseDataRenderer
from matcalc.emission.target import Request
from matcalc.emission.target import Target as EmissionTarget
from matcalc.emission.text import ATOM, Text
from matcalc.expr import Expr, name_of
from matcalc.families import array_dims
from matcalc.lowering.lower import lower_all
from matcalc.lowering.selections import SELECTIONS
from matcalc.network.nodes import Node
from matcalc.program.planner import Program, Target
from matcalc.program.planner import plan as planned
from matcalc.program.shared import with_shared_exponentials
from matcalc.program.step import VIEWS


def built(source: str, name: str) -> Callable[..., Any]:
    """A function from the source of its module."""
    function: Callable[..., Any] = executed(source, name)[name]
    return function


def _renderer(options: Options) -> type[Renderer]:
    if options.batch:
        from matcalc.emission.batch import BatchRenderer  # not needed by most programs

        return BatchRenderer
    if options.data:
        return SparseDataRenderer
    return BlockRenderer if options.style == "fast" else Renderer


def emit(
    results: Mapping[str, Expr],
    name: str,
    sizes: Mapping[str, int] | None = None,
    programs: Sequence[tuple[Sequence[str], Program]] = (),
    nodes: Sequence[Node] = (),
    first: Sequence[Expr] = (),
    options: Options = PLAIN,
) -> Emitted:
    """NumPy source that computes ``results`` together; ``sizes`` fixes dimensions that no argument has.

    ``programs`` are programs of the results with the conditions under which they are taken, inequalities of
    dimensions; the last has none, and ``nodes`` are those of the results. Without them there is one, in the cheapest
    order for sizes that are alike. The variables of ``first`` are the first parameters, in this order, used or not.
    A name that means something else in the code is given underscores: see ``names``.

    Raises:
        MatcalcError: no results, names that are no identifiers, or sizes that no argument determines.
    """
    check_name(name)
    fixed = sizes or {}
    hidden = [v for operator in options.operators.values() for v in (operator.vector, operator.covector)]
    wanted = interface(results, fixed, first, hidden)
    arguments, names, _, scope = wanted
    if not programs:
        nodes = [view.node for view in lower_all(list(results.values()))]
        programs = [((), planned([Target(node) for node in nodes], names, for_speed=True))]
    options = replace(options, sizes=scope.sizes(options.sizes))
    for key, operator in options.operators.items():
        scope.callables |= {word: scope.new(word) for word in (key, operator.matvec, operator.rmatvec)}
    helpers: list[str] = []
    callables: dict[str, str] = {}  # parameters for functions without a known body
    branches = []
    for conditions, program in programs:
        fast = options.style == "fast" and not options.batch
        program = refined(with_shared_exponentials(program, options.sizes), options.sizes) if fast else program
        renderer = _renderer(options)(scope.program(program), scope, options)
        if isinstance(renderer, SparseDataRenderer):
            renderer.with_data([names[a] for a in arguments if name_of(a) in options.data])
        renderer.ranks = {names[a]: len(array_dims(a)) for a in arguments}
        if not hidden:
            renderer.call_results([*results])
        lines = _with_operators(renderer, results, nodes, names) if hidden else _plain(renderer, results, nodes)
        branches.append((condition(conditions, scope), lines))
        helpers += [helper for helper in renderer.helpers if helper not in helpers]
        callables.update(renderer.callables)
    body = branched(branches)
    lines = [
        *(f"{scope.dims[symbol]} = {size}" for symbol, size in sorted(fixed.items())),
        *(checks(wanted, options.batch, options.data) if options.check else sizes_used(wanted, body, options.batch)),
        *body,
    ]
    text_of_body = "\n".join(f"    {line}".rstrip() for line in lines)
    if "_sparse(" in text_of_body:
        helpers += [SPARSE, PLACED]
    shown = _public(results, options)
    parameters = [*(names[a] for a in arguments), *sorted(callables)]
    read, fit = (READ_STACK, FIT_STACK) if options.batch else (READ, FIT)
    read = read.replace("float, copy", f"np.{options.dtype}, copy") if options.dtype != "float64" else read
    real = "float" if options.dtype == "float64" else f"np.{options.dtype}"
    read_sparse = READ_SPARSE.replace("dtype=float", f"dtype={real}")
    reading = (read, read_sparse, fit)
    helpers += [helper.strip() for helper in reading if helper.split("(")[0].split()[-1] + "(" in text_of_body]
    called = {word for helper in helpers for word in re.findall(r"^def (\w+)", helper, re.MULTILINE)}
    name = free_of(name, called.union(WORDS))
    kind = "ArrayLike" if options.check else "Array"
    typed = [
        *(f"{names[a]}: {'sparse.sparray' if name_of(a) in options.data else kind}" for a in arguments),
        *(f"{key}: {CALLED}" for key in sorted(callables)),
    ]
    header = head(name, typed, returned([kind_of(key, expr, options) for key, expr in shown.items()]))
    why = next(filter(None, (reason(program, options.sizes) for _, program in programs)), "")
    notes = {key: f"a scipy.sparse array, {sparse.structure.kind}" for key, sparse in options.sparse.items()}
    doc = docstring(shown, arguments, names, callables, why, notes)
    chooses = any(
        step.operation == "function" and step.data in SELECTIONS for _, program in programs for step in program.steps
    )
    source = f"{QUIET if chooses else ''}{header}\n{doc}\n{text_of_body}\n"
    variables = (*map(name_of, arguments), *(callables[key] for key in sorted(callables)))
    text = module([*helpers, source])
    return Emitted(name, text, tuple(parameters), variables, tuple(shown), built, source, tuple(helpers))


# What is not taken may have no value.
QUIET = '@np.errstate(all="ignore")\n'


def _public(results: Mapping[str, Expr], options: Options) -> dict[str, Expr]:
    """The results as they are returned, operators and sparse ones as their matrices."""
    by_product = {operator.matvec: key for key, operator in options.operators.items()}
    others = {operator.rmatvec for operator in options.operators.values()}
    by_entries = {sparse.names[0]: key for key, sparse in options.sparse.items()}
    others |= {name for sparse in options.sparse.values() for name in sparse.names[1:]}
    shown: dict[str, Expr] = {}
    for key, expr in results.items():
        if key in by_product:
            shown[by_product[key]] = options.operators[by_product[key]].matrix
        elif key in by_entries:
            shown[by_entries[key]] = expr
        elif key not in others:
            shown[key] = expr
    return shown


def kind_of(key: str, expr: Expr, options: Options) -> str:
    """The type of a result."""
    if key in options.operators:
        return "LinearOperator"
    if key in options.sparse:
        return "sparse.sparray"
    if options.batch or key in options.tensors or result_dims(expr):
        return "Array"
    return "float" if options.dtype == "float64" else f"np.{options.dtype}"


def _plain(renderer: Renderer, results: Mapping[str, Expr], nodes: Sequence[Node]) -> list[str]:
    """All statements, and the one that returns the results."""
    renderer.run()
    places = zip(results.items(), nodes, renderer.program.results, strict=True)
    texts = {key: result_text(renderer, key, expr, node, name) for (key, expr), node, name in places}
    made, returned = _with_sparse(renderer, texts)
    return [*renderer.lines, *made, f"return {', '.join(returned.values())}"]


def _with_sparse(renderer: Renderer, texts: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Statements that make sparse matrices, and the texts of results with these in place of their entries."""
    first = {sparse.names[0]: key for key, sparse in renderer.options.sparse.items()}
    others = {name for sparse in renderer.options.sparse.values() for name in sparse.names}
    lines: list[str] = []
    found: dict[str, str] = {}
    for name, text in texts.items():
        if name in first:
            key = first[name]
            sparse = renderer.options.sparse[key]
            found[key] = renderer.fresh_like(python_word(key))
            entries = [texts[part] for part in sparse.names]
            lines += needed(sparse, renderer.scope)
            made = assembled(sparse, entries, renderer.scope, renderer.options.typed)
            lines += f"{found[key]} = {made}".split("\n")
        elif name not in others:
            found[name] = text
    return lines, found


def _with_operators(
    renderer: Renderer, results: Mapping[str, Expr], nodes: Sequence[Node], names: Mapping[Expr, str]
) -> list[str]:
    """Statements of which those that need an operator's vector stand in a function of it."""
    options, program = renderer.options, renderer.program
    places = zip(results.items(), nodes, program.results, strict=True)
    found = {key: (expr, node, name) for (key, expr), node, name in places}
    vectors = {o.matvec: names[o.vector] for o in options.operators.values()}
    vectors |= {o.rmatvec: names[o.covector] for o in options.operators.values()}
    words = {key: renderer.scope.callables[key] for key in (*vectors, *options.operators)}
    needing = {vector: _depending(program, vector) for vector in vectors.values()}
    within = set().union(*needing.values())
    renderer.kept |= {o for step in program.steps if step.result in within for o in step.operands} - within
    renderer.write([step for step in program.steps if step.result not in within])
    body = renderer.lines
    for key, vector in vectors.items():
        renderer.lines = []
        renderer.write([s for s in program.steps if s.result in needing[vector]])
        inner = [f"{vector} = np.ravel({vector})", *renderer.lines, f"return {result_text(renderer, key, *found[key])}"]
        body += ["", f"def {words[key]}({vector}):", *(f"    {line}" for line in inner)]
    returned: dict[str, str] = {}
    made = {operator.matvec: key for key, operator in options.operators.items()}
    for key, (expr, node, name) in found.items():
        if key not in vectors:
            returned[key] = result_text(renderer, key, expr, node, name)
        elif key in made:
            word, operator = words[made[key]], options.operators[made[key]]
            sides = ", ".join(map(dim_text, renderer.scope.sides(operator.matrix.shape)))
            functions = f"matvec={words[key]}, rmatvec={words[operator.rmatvec]}"
            body += ["", f"{word} = LinearOperator(({sides}), {functions}, dtype=np.{options.dtype})"]
            returned[key] = word
    lines, returned = _with_sparse(renderer, returned)
    return [*body, "", *lines, f"return {', '.join(returned.values())}"]


def _depending(program: Program, leaf: str) -> set[str]:
    found = {leaf}
    for step in program.steps:
        if found.intersection(step.operands):
            found.add(step.result)
    return found - {leaf}


def result_text(renderer: Renderer, key: str, expr: Expr, node: Node, name: str) -> str:
    """A matrix as a 2-D array, a column or a row as a 1-D one, a scalar as a number; a tensor with all its axes."""
    text = renderer.texts[name].source
    if any(key in sparse.names for sparse in renderer.options.sparse.values()):
        return text  # it is not returned itself
    if isinstance(renderer, SparseDataRenderer) and name in renderer.sparse:
        text = f"{renderer.texts[name].at(ATOM)}.toarray()"
    dims = node.dims if key in renderer.options.tensors else result_dims(expr)
    dims = renderer.scope.sides(dims)
    if not dims and not renderer.options.batch:
        return f"float({text})" if renderer.options.dtype == "float64" else f"np.{renderer.options.dtype}({text})"
    if node.rank != len(dims):
        text = renderer.with_dims(Text(text), node.rank, dims).source
    source = name
    while (step := renderer.steps.get(source)) is not None and step.operation in (*VIEWS, "reduce"):
        source = step.operands[0]
    everywhere = renderer.for_each(name, text, dims)
    if everywhere is not None:
        return everywhere
    dtype = renderer.options.dtype
    if source in renderer.program.leaves:  # not a view of an argument
        return f"{text}.copy()" if dims else f"np.array({text}, dtype=np.{dtype})"
    return f"{text}.astype(np.{dtype}, copy=False)" if dtype != "float64" else text


def write(request: Request) -> Emitted:
    """The NumPy function of a plan."""
    options = replace(request.options, dtype=request.dtype or request.options.dtype)
    return emit(
        request.results,
        request.name,
        programs=request.programs,
        nodes=request.nodes,
        first=request.first,
        options=options,
    )


TARGET = EmissionTarget("NumPy", write, lambda kernel: bool(kernel.numpy), has_sparse=True)
