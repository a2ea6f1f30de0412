"""Programs → a MATLAB function in a file of its own, which Octave runs as well.

Columns are n-by-1, rows 1-by-n and scalars 1-by-1, as formulas have them. The members of a family are the pages of an
array ``S(:, :, k)``, columns ``x(:, k)`` or rows ``x(k, :)``, and scalars a column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count
from textwrap import wrap
from typing import Any

from matcalc.bound import result_dims
from matcalc.emission.arguments import Interface, check_name, interface
from matcalc.emission.emitted import Emitted
from matcalc.emission.languages.language import Language, helpers_of, knows
from matcalc.emission.languages.matlab_forms import FORMS, OPERATORS, WORDS
from matcalc.emission.languages.matlab_names import RESERVED, matlab_word
from matcalc.emission.languages.matlab_sources import HELPERS
from matcalc.emission.languages.matlab_steps import STEPS, MatlabWriter, clean, dim, transposed
from matcalc.emission.names import Names
from matcalc.emission.target import Request, Target
from matcalc.emission.targets.writing import renamed
from matcalc.emission.text import Text
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, name_of
from matcalc.families import array_dims, declared_facts, members_of
from matcalc.network.nodes import Node
from matcalc.shape import ONE, Dim

WIDTH = 110  # of comments

MATLAB = Language(
    title="MATLAB", name="matlab", word=matlab_word, reserved=RESERVED, words=WORDS, operators=OPERATORS,
    forms=FORMS, helpers=HELPERS, steps=STEPS, listed="[{}]",
)  # fmt: skip


def write(request: Request) -> Emitted:
    """The function file of a plan.

    Raises:
        MatcalcError: a function or a step has no form in MATLAB, or another precision is asked for.
    """
    check_name(request.name)
    if request.dtype not in ("", "float64"):
        raise MatcalcError("MATLAB computes in the precision of its arguments", hint="without dtype")
    wanted = interface(request.results, None, request.first, taken=RESERVED, word=matlab_word)
    name = wanted.scope.new(request.name)
    outputs = _outputs(request, wanted)
    callables: dict[str, str] = {}
    branches = []
    for conditions, program in request.programs:
        own = renamed(program, {request.names[v]: wanted.names[v] for v in wanted.arguments})
        writer = MatlabWriter(wanted.scope.program(own), wanted.scope, request.options, MATLAB)
        writer.taken |= {*outputs.values()}
        writer.ranks = {wanted.names[v]: len(array_dims(v)) for v in wanted.arguments}
        writer.texts.update({wanted.names[v]: _read(v, wanted.names[v]) for v in wanted.arguments})
        branches.append((_condition(conditions, wanted.scope), _statements(writer, request, outputs)))
        callables.update(writer.callables)
    body = _branched(branches)
    body = [*_head(wanted, body, request.options.check), *body]
    parameters = [*(wanted.names[v] for v in wanted.arguments), *sorted(callables)]
    listed = ", ".join(outputs.values())
    signature = f"{listed if len(outputs) == 1 else f'[{listed}]'} = {name}({', '.join(parameters)})"
    comment = _comment(name, signature, request.results, outputs, wanted, callables)
    text = "\n".join([f"function {signature}", *comment, *(f"    {line}" for line in body), "end\n"])
    helpers = tuple(helpers_of(MATLAB, text))
    source = "\n".join([text, *(f"{helper}\n" for helper in helpers)])
    variables = (*map(name_of, wanted.arguments), *(callables[key] for key in sorted(callables)))
    return Emitted(name, source, tuple(parameters), variables, tuple(request.results), _not_here, text, helpers)


def _not_here(source: str, name: str) -> Callable[..., Any]:
    raise MatcalcError(
        "a function in MATLAB is not called from Python", f"write it to {name}.m", hint='emit(..., target="numpy")'
    )


# ---------------------------------------------------------------- arguments and results
def _read(variable: Expr, name: str) -> Text:
    """An argument as programs have it: vectors are columns, and the members' axis is the first."""
    members = members_of(variable)
    if members is not None:
        if members.are_matrices:
            return Text(f"permute({name}, [3, 1, 2])")
        return Text(name) if members.shape[1] is not ONE or members.shape[0] is ONE else Text(f"{name}'")
    rows, columns = variable.shape
    return Text(f"{name}'") if rows is ONE and columns is not ONE else Text(name)


def _sides(variable: Expr) -> tuple[Dim, ...]:
    """The sizes of an argument in MATLAB."""
    members = members_of(variable)
    if members is None:
        return tuple(variable.shape)
    rows, columns = members.shape
    if members.are_matrices:
        return rows, columns, members.length
    return (rows, members.length) if columns is ONE and rows is not ONE else (members.length, columns)


def _outputs(request: Request, wanted: Interface) -> dict[str, str]:
    """The names of results, none of which is that of something else."""
    return {key: wanted.scope.new(key) for key in request.results}


def _statements(writer: MatlabWriter, request: Request, outputs: Mapping[str, str]) -> list[str]:
    """All statements; the last ones give results their names."""
    places = list(zip(request.results.items(), request.nodes, writer.program.results, strict=True))
    for (key, expr), node, made in places:
        if _turn(writer, expr, node, key) is None and made in writer.steps and made not in writer.called:
            writer.called[made] = outputs[key]
    writer.run()
    for (key, expr), node, made in places:
        turn = _turn(writer, expr, node, key) or (lambda text: text)
        source = clean(turn(writer.texts[made]).source)
        if source != outputs[key]:
            writer.lines.append(f"{outputs[key]} = {source};")
    return writer.lines


def _turn(writer: MatlabWriter, expr: Expr, node: Node, key: str) -> Callable[[Text], Text] | None:
    """How a value becomes the result: rows lie, and the members' axis of a family is the last."""
    if key in writer.options.tensors:
        return None
    rows, _ = expr.shape
    members = members_of(expr)
    dims = result_dims(expr)
    is_row = len(dims) == 1 and rows is ONE
    if node.rank != len(dims):
        wanted = writer.scope.sides((ONE, *dims) if is_row else dims)
        return lambda text: writer.with_dims(text, node.rank, wanted)
    if len(dims) == 3:
        return lambda text: Text(f"permute({text.source}, [2, 3, 1])")
    if members is not None or (expr.kind == "stack" and len(dims) == 2):
        inner = members.shape if members is not None else expr.operands[0].shape
        return transposed if len(dims) == 2 and inner[1] is ONE else None
    return transposed if is_row else None


# ---------------------------------------------------------------- text
def _head(wanted: Interface, body: Sequence[str], check: bool) -> list[str]:
    """Statements that read the sizes off the arguments, and compare them."""
    used = set(re.findall(r"[^\W\d]\w*", " ".join(body)))
    arguments, names, symbols, scope = wanted
    if check:
        used |= {word for v in arguments for side in scope.sides(_sides(v)) for word in side.symbols}
    lines = []
    for symbol, (variable, axis) in symbols.items():
        word = str(scope.dims[symbol])
        if word in used:
            side = array_dims(variable)[axis]
            lines.append(f"{word} = size({names[variable]}, {_sides(variable).index(side) + 1});")
    if check:
        for v in arguments:
            sides = ", ".join(dim(scope.dim(side)) for side in _sides(v))
            lines.append(f"check_size('{names[v]}', {names[v]}, [{sides}]);")
    return lines


def _condition(conditions: Sequence[str], scope: Names) -> str:
    """Inequalities of dimensions."""
    texts = [text.replace("*", " * ") for text in dict.fromkeys(conditions)]
    return " && ".join(re.sub(r"[^\W\d]\w*", lambda word: str(scope.dims.get(word[0], word[0])), t) for t in texts)


def _branched(branches: Sequence[tuple[str, list[str]]]) -> list[str]:
    """One branch, or several of which the conditions choose."""
    if len(branches) == 1:
        return branches[0][1]
    lines = []
    for place, (condition, body) in enumerate(branches):
        lines.append(f"{'elseif' if place else 'if'} {condition}" if condition else "else")
        lines += [f"    {line}" for line in body]
    return [*lines, "end"]


def _comment(
    name: str, signature: str, results: Mapping[str, Expr], outputs: Mapping[str, str], wanted: Interface,
    callables: Mapping[str, str],
) -> list[str]:  # fmt: skip
    """Help: what is computed, of what shapes, and an example."""
    lines = [f"{name.upper()}  Computes {', '.join(outputs.values())}.", f"  {signature}", ""]
    lines += [f"  {wanted.names[v]}: {', '.join((_by(_sides(v)), *declared_facts(v)))}" for v in wanted.arguments]
    lines += [f"  {key}: a function handle, {callables[key]}" for key in sorted(callables)]
    lines.append("")
    for key, expr in results.items():
        lines.append(f"  {outputs[key]} ({_by(_result_sides(expr))}) = {expr}")
    if not callables:
        lines += ["", "  Example:", f"      {_example(signature, wanted)}"]
    folded = [
        part for line in lines for part in wrap(line, WIDTH, subsequent_indent="      ", break_long_words=False) or [""]
    ]
    return [f"%{line}".rstrip() for line in folded]


def _result_sides(expr: Expr) -> Sequence[Dim]:
    """The sizes of a result in MATLAB."""
    dims = result_dims(expr)
    if expr.kind != "stack" or len(dims) < 2:
        return expr.shape
    members, *rest = dims
    return (*rest, members) if len(rest) == 2 or expr.operands[0].shape[1] is ONE else dims


def _by(sides: Sequence[Dim]) -> str:
    return "-by-".join(str(side) for side in sides)


def _example(signature: str, wanted: Interface) -> str:
    """A call with arguments of small sizes."""
    sizes = dict(zip(sorted(wanted.symbols), count(2), strict=False))
    texts = []
    for variable in wanted.arguments:
        numbers = [side.at(sizes) for side in _sides(variable)]
        given = f"({', '.join(map(str, numbers))})"
        facts = declared_facts(variable)
        is_square = len(numbers) == 2 and numbers[0] == numbers[1] > 1
        if len(numbers) == 3 and numbers[0] == numbers[1] and facts:
            texts.append(f"repmat(eye({numbers[0]}), [1, 1, {numbers[2]}])")
            continue
        texts.append(f"eye{given}" if is_square and facts else f"ones{given}" if max(numbers) > 1 else "1")
    return f"{signature.partition(' = ')[0]} = {signature.partition(' = ')[2].partition('(')[0]}({', '.join(texts)});"


TARGET = Target(
    MATLAB.title, write, partial(knows, MATLAB), dict.fromkeys(("style", "batch", "operators", "products"), "")
)
