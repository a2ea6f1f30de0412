"""Programs → C, for sizes that are small and fixed: a function of pointers to numbers, which needs no library but C's.

    int formula(const double A[3 * 2], const double x[2], double c, double *value, double gradient[2])

Matrices stand row by row. Values are arrays on the stack; a call costs a few hundred nanoseconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from textwrap import wrap
from typing import Any

from matcalc.bound import result_dims
from matcalc.emission.arguments import check_name
from matcalc.emission.c import calling
from matcalc.emission.c.sources import FAILURES, HELPERS, STANDARD, called_in, helpers_of
from matcalc.emission.c.statements import Parameter, in_loops
from matcalc.emission.c.straight_line import in_scalars
from matcalc.emission.emitted import Emitted
from matcalc.emission.names import LIBRARY, Names, c_word
from matcalc.emission.target import Request, Target
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, name_of
from matcalc.families import members_of
from matcalc.program.planner import Program
from matcalc.shape import Dim

WIDTH = 120
LONG_CALL = 1 << 12  # multiplications from which on a call takes so long that it pays to compile for longer


def emit_c(
    results: Mapping[str, Expr],
    name: str,
    program: Program,
    arguments: Sequence[Expr],
    names: Mapping[Expr, str],
    sizes: Mapping[str, int],
    dtype: str = "float64",
) -> Emitted:
    """The program at fixed sizes, of doubles or, for the dtype float32, of floats.

    Raises:
        MatcalcError: a value is too large for the stack, or a step is of a function that is not known in C.
    """
    check_name(name)
    given = [_value(names[v], v, sizes) for v in arguments]
    returned = [_value(key, expr, sizes) for key, expr in results.items()]
    values = [*given, *returned]
    words = Names({*HELPERS, *STANDARD}, c_word)
    function = words.new(f"{name}_" if name in LIBRARY else name)
    written = in_scalars(program, sizes, given, returned, words.new) or in_loops(
        program, sizes, given, returned, words.new
    )
    parameters = written.parameters
    body = [*written.lines, "return 0;"]
    words_used = set(re.findall(r"\w+", " ".join(body)))
    unread = [f"(void){p.name};" for p in parameters if p.name not in words_used]
    text = "\n".join(f"    {line}" for line in [*unread, *body])
    signature = _signature(function, [p.declared for p in parameters])
    code = [*_declared(text, written.helpers), signature, "{", text, "}\n"]
    if dtype == "float32":
        signature, *code = map(_single, (signature, *code))
    source = "\n".join([_comment(results, parameters, values, text), *code])
    called = calling.Function(name, function, signature, given, returned, dtype)
    work = sum(step.multiplications.at(sizes) for step in program.steps)
    build = partial(_built, called, work >= LONG_CALL)
    return Emitted(name, source, tuple(v.name for v in given), tuple(map(name_of, arguments)), tuple(results), build)


def _built(function: calling.Function, thorough: bool, source: str, name: str) -> Any:
    return calling.callable_of(source, function, thorough=thorough)


def _value(name: str, expr: Expr, sizes: Mapping[str, int]) -> calling.Value:
    shape = tuple(dim.at(sizes) for dim in result_dims(expr))
    members = members_of(expr)
    sides: Sequence[Dim] = expr.shape if members is None else members.shape
    told = "×".join(str(dim.at(sizes)) for dim in sides) if len(shape) < 3 or members else "×".join(map(str, shape))
    if members is not None:
        told = f"{members.length.at(sizes)} of {told}"
    return calling.Value(name, shape, told if shape else "a number")


# ---------------------------------------------------------------- text
def _signature(function: str, parameters: Sequence[str]) -> str:
    line = f"int {function}({', '.join(parameters)})"
    return line if len(line) <= WIDTH else f"int {function}(\n" + ",\n".join(f"    {p}" for p in parameters) + "\n)"


def _comment(
    results: Mapping[str, Expr], parameters: Sequence[Parameter], values: Sequence[calling.Value], text: str
) -> str:
    lines = [f"{key} = {expr}".replace("*/", "* /") for key, expr in results.items()]
    shown = ", ".join(f"{p.name}: {v.told}" for p, v in zip(parameters, values, strict=True))
    codes = ["0", *(f"{code} where it fails: {what}" for code, what in FAILURES.items() if f"return {code};" in text)]
    one_by_one = any(" of " in v.told or len(v.shape) > 2 for v in values)
    layout = "Matrices stand row by row" + ", and the members of a family one after the other" * one_by_one
    notes = [f"{shown}. {layout}.", f"Returns {', '.join(codes)}."]
    wrapped = [
        part for line in [*lines, "", *notes] for part in wrap(line, WIDTH - 6, subsequent_indent="    ") or [""]
    ]
    return "/* " + "\n".join(f"   {line}".rstrip() for line in wrapped).lstrip() + " */\n"


def _declared(text: str, own: Iterable[str]) -> list[str]:
    """What statements call: functions of the standard, the helpers in the order of their list, those of records."""
    helpers = "\n".join([*helpers_of("\n".join([text, *own])), *own])
    found = [f"double {word}({STANDARD[word]});" for word in called_in(text + helpers, STANDARD)]
    return ["\n".join(found) + "\n"] * bool(found) + [helpers] * bool(helpers)


def _single(text: str) -> str:
    """The same in single precision: types, functions and numbers."""
    text = re.sub(r"\bdouble\b", "float", text)
    text = re.sub(rf"\b({'|'.join(STANDARD)})\(", r"\1f(", text)
    return re.sub(r"(?<![\w.])(\d+\.\d*(?:e[-+]?\d+)?|\d+e[-+]?\d+)", r"\1f", text)


def write(request: Request) -> Emitted:
    """The C function of a plan for the sizes in its options.

    Raises:
        MatcalcError: sizes are missing, or something is too large or not known in C.
    """
    sizes = request.options.sizes
    if sizes is None and request.symbols:
        raise MatcalcError("C is written for known sizes", hint=f'target="c", sizes={{{request.symbols[0]!r}: 3}}')
    (_, program), *_ = request.programs
    dtype = request.dtype or request.options.dtype
    return emit_c(request.results, request.name, program, request.arguments, request.names, sizes or {}, dtype)


TARGET = Target("C", write, lambda kernel: bool(kernel.c), dict.fromkeys(("tensors", "operators", "batch"), ""))
