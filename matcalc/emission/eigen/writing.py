"""The C++ target: a header with one function of Eigen's matrices, for several results at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

from matcalc.bound import result_dims
from matcalc.emission.arguments import Interface, check_name, interface
from matcalc.emission.eigen.functions import helpers_for, includes, knows
from matcalc.emission.eigen.renderer import EigenRenderer, are_folds, reshaped
from matcalc.emission.eigen.values import MATRICES, Types, Value, factor_text, single
from matcalc.emission.emitted import Emitted
from matcalc.emission.names import C, Names
from matcalc.emission.target import Request, Target
from matcalc.emission.targets.writing import renamed
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, name_of
from matcalc.families import array_dims, declared_facts, members_of
from matcalc.network.nodes import Node
from matcalc.program.planner import Program
from matcalc.shape import ONE, Dim

WIDTH = 118

# Keywords of C++, macros of its library, and words of the statements.
_CPP = """
    alignas alignof and and_eq bitand bitor bool catch char16_t char32_t class compl concept const_cast
    constexpr co_await co_return co_yield decltype delete dynamic_cast explicit export false friend mutable
    namespace new noexcept not not_eq nullptr operator or or_eq private protected public reinterpret_cast
    requires static_assert static_cast template this thread_local throw true try typeid typename using virtual
    wchar_t xor xor_eq Eigen std result NULL NAN INFINITY HUGE_VAL EOF errno assert
"""
CPP = frozenset(_CPP.split()) | C


def word(name: str) -> str:
    """The nearest identifier of C++ that means nothing yet."""
    found = re.sub("__+", "_", name)  # which are the compiler's
    found = f"v_{found}" if found.startswith("_") else found
    while found in CPP:
        found += "_"
    return found


def write(request: Request) -> Emitted:
    """The header of a function.

    Raises:
        MatcalcError: C++ has no form for a function, or an argument or a result has more than two axes.
    """
    check_name(request.name)
    wanted = interface(request.results, None, request.first, word=word)
    _refuse(request, wanted)
    name = word(request.name)
    detail = f"{name}_detail"
    sizes = request.options.sizes
    types = Types(wanted.scope.sizes(sizes))
    result = _result_type(name, request.results)
    members = {key: word(key) for key in request.results}
    branches: list[tuple[list[str], list[str]]] = []
    own: list[str] = []
    for conditions, program in request.programs:
        own_names = renamed(program, {request.names[v]: wanted.names[v] for v in wanted.arguments})
        rows = _rows(wanted.scope.program(own_names), request, wanted)
        targets = _targets(own_names, request, members)
        renderer = EigenRenderer(
            wanted.scope.program(own_names), wanted.scope, request.options, types, detail, targets, rows
        )
        for variable in wanted.arguments:
            if _is_row(variable):
                renderer.values[wanted.names[variable]] = Value(f"{wanted.names[variable]}.transpose()")
        lines = _statements(renderer, request, wanted, members)
        own += [source for source in renderer.own if source not in own]
        branches.append((_conditions(conditions, wanted.scope), lines))
    body = _branched(branches)
    if len(members) > 1:
        body = [f"{result} result;", *body]
    head = _head(wanted, types, body, request.options.check, detail)
    text = "\n".join(f"    {line}" if line else "" for line in [*head, *body])
    code = _assembled(request, wanted, types, name, result, members, text, detail, own)
    if (request.dtype or request.options.dtype) == "float32":
        code = single(code)
    comment = _comment(request, wanted, members, text + code)
    struct, function = code.split("\f")
    source = struct + comment + function
    parameters = tuple(wanted.names[v] for v in wanted.arguments)
    variables = tuple(map(name_of, wanted.arguments))
    return Emitted(request.name, source, parameters, variables, tuple(request.results), _built, comment + function)


def _built(source: str, name: str) -> Any:
    raise MatcalcError(
        "C++ is compiled by a compiler of C++", f"include it as {name}.hpp", hint='emit(..., target="c").compile()'
    )


def _refuse(request: Request, wanted: Interface) -> None:
    """Arguments that are neither matrices nor a row of them."""
    for variable in wanted.arguments:
        if len(array_dims(variable)) > 3:
            what = f"{name_of(variable)} is a family with two indices, which is not known to the C++ target"
            raise MatcalcError(what, hint='emit(..., target="numpy")')


# ---------------------------------------------------------------- results
def _is_row(expr: Expr) -> bool:
    return members_of(expr) is None and expr.shape[0] is ONE and expr.shape[1] is not ONE


def _result_type(name: str, results: Mapping[str, Expr]) -> str:
    """The name of the struct of several results."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_")) + "Result"


def _targets(program: Program, request: Request, members: Mapping[str, str]) -> dict[str, str]:
    """Where the values are put that are results as they are: of a value that is two results, the first."""
    if len(members) == 1:
        return {}
    found: dict[str, str] = {}
    made = {step.result: step for step in program.steps}
    places = zip(request.results.items(), request.nodes, program.results, strict=True)
    for (key, expr), node, name in places:
        dims = _result_dims(request, key, expr, node)
        is_as_it_is = (node.rank == len(dims) or node.rank > 2) and not (node.rank == 1 and _is_row(expr))
        if name in made and is_as_it_is and made[name].operation != "factor":
            found.setdefault(name, f"result.{members[key]}")
    return found


def _rows(program: Program, request: Request, wanted: Interface) -> dict[str, int]:
    """How many axes of results of more than two are those of rows; other results are several matrices."""
    found: dict[str, int] = {}
    for (key, expr), node, name in zip(request.results.items(), request.nodes, program.results, strict=True):
        if node.rank > 2:
            dims = _result_dims(request, key, expr, node)
            rows = next((k for k in range(1, node.rank + 1) if are_folds(dims, node.dims, k)), 0)
            if not rows and dims != node.dims:
                raise MatcalcError(f"{key} is a tensor whose axes are put in other groups: not known to the C++ target")
            if found.setdefault(name, rows or MATRICES) != (rows or MATRICES):
                raise MatcalcError(f"{key} is an array that is another result in another shape", hint="two functions")
    return found


def _result_dims(request: Request, key: str, expr: Expr, node: Node) -> tuple[Dim, ...]:
    """The dimensions of a result: all axes of a tensor, else those of a matrix."""
    return node.dims if key in request.options.tensors else result_dims(expr)


def _statements(renderer: EigenRenderer, request: Request, wanted: Interface, members: Mapping[str, str]) -> list[str]:
    """All statements, with the one that returns the results."""
    renderer.run()
    returned = {}
    for (key, expr), node, name in zip(request.results.items(), request.nodes, renderer.program.results, strict=True):
        dims = renderer.scope.sides(_result_dims(request, key, expr, node))
        returned[key] = _result(renderer, expr, node, name, dims)
    if len(members) == 1:
        return [*renderer.lines, f"return {next(iter(returned.values()))};"]
    lines = [*renderer.lines]
    for key, source in returned.items():
        if source != f"result.{members[key]}":
            lines.append(f"result.{members[key]} = {source};")
    return [*lines, "return result;"]


def _result(renderer: EigenRenderer, expr: Expr, node: Node, name: str, dims: tuple[Dim, ...]) -> str:
    value = renderer.store(name) if node.rank > 2 else renderer.value(name)
    if node.rank == 2 and len(dims) == 1:
        value = reshaped(value.matrix(), [renderer.types.text(dims[0])])
    elif node.rank == 1 and len(dims) == 2:
        value = reshaped(value.matrix(), [*map(renderer.types.text, dims)])
    if len(dims) == 1 and _is_row(expr):
        value = value.matrix().transposed()
    return value.source


# ---------------------------------------------------------------- text
def _conditions(conditions: Sequence[str], scope: Names) -> list[str]:
    """Inequalities of dimensions in C++."""
    found = []
    for text in dict.fromkeys(conditions):
        text = re.sub(r"[^\W\d]\w*", lambda name: str(scope.dims.get(name[0], name[0])), text)
        text = re.sub(r"([^\W\d]\w*)\^(\d+)", lambda power: "*".join([power[1]] * int(power[2])), text)
        found.append(text.replace("*", " * "))
    return found


def _branched(branches: Sequence[tuple[list[str], list[str]]]) -> list[str]:
    """Branches that end with return, one after the other; what all of them begin with comes before."""
    common = 0
    while all(len(lines) > common and lines[common] == branches[0][1][common] for _, lines in branches):
        common += 1
    first = branches[0][1]
    while common and (first[common - 1].startswith(("for ", " ")) or not first[common - 1].endswith(";")):
        common -= 1  # not in the middle of a loop
    found = first[:common]
    for conditions, lines in branches:
        rest = lines[common:]
        if not conditions:
            found += rest
            continue
        opening = f"if ({' && '.join(conditions)}) {{"
        if len(opening) > WIDTH:
            opening = "if (" + "\n        && ".join(conditions) + ") {"
        found += [*opening.split("\n"), *(f"    {line}" for line in rest), "}"]
    return found


def _head(wanted: Interface, types: Types, body: Sequence[str], check: bool, detail: str) -> list[str]:
    """Statements that read the sizes off the arguments, and compare these."""
    scope = wanted.scope
    sides = {variable: _sides(variable) for variable in wanted.arguments}
    checks = []
    for variable in wanted.arguments if check else ():
        dims = array_dims(variable)
        if not dims or (types.is_fixed(scope.sides(dims)) and len(dims) < 3):
            continue
        name = wanted.names[variable]
        if len(dims) > 2:
            shape = ", ".join(types.text(scope.dim(side)) for side in dims)
            checks.append(f'{detail}::fit_each("{name_of(variable)}", {name}, {shape});')
            continue
        shape = ", ".join(types.text(scope.dim(side)) for side in sides[variable])
        checks.append(f'{detail}::fit("{name_of(variable)}", {name}.rows(), {name}.cols(), {shape});')
    used = set(re.findall(r"[^\W\d]\w*", " ".join([*body, *checks])))
    sizes = []
    for symbol, (variable, axis) in wanted.symbols.items():
        dim = scope.dims[symbol]
        if types.known(dim) is not None or str(dim) not in used:
            continue
        dims = array_dims(variable)
        name = wanted.names[variable]
        read = f"{name}.size()" if len(dims) == 1 else f"{name}.{('rows()', 'cols()')[axis % 2]}"
        if len(dims) > 2:
            member = f'{detail}::first_of("{name_of(variable)}", {name})'
            read = f"{member}.{('', 'rows()', 'cols()')[axis]}" if axis else f"static_cast<Eigen::Index>({name}.size())"
        sizes.append(f"const Eigen::Index {dim} = {read};")
    return [*sizes, *checks]


def _sides(variable: Expr) -> tuple[Dim, Dim]:
    dims = array_dims(variable)
    if len(dims) == 2:
        return dims[0], dims[1]
    return (ONE, dims[0]) if _is_row(variable) else (dims[0] if dims else ONE, ONE)


def _parameters(wanted: Interface, types: Types) -> list[str]:
    found = []
    for variable in wanted.arguments:
        dims = wanted.scope.sides(array_dims(variable))
        kind = types.of(dims, row=_is_row(variable))
        name = wanted.names[variable]
        if len(dims) > 2:
            found.append(f"const {kind}& {name}")
            continue
        found.append(f"const Eigen::Ref<const {kind}>& {name}" if dims else f"double {name}")
    return found


def _assembled(
    request: Request,
    wanted: Interface,
    types: Types,
    name: str,
    result: str,
    members: Mapping[str, str],
    text: str,
    detail: str,
    own: Sequence[str],
) -> str:
    """The header without the comment of its function, whose place is marked by a form feed."""
    kinds = {
        key: types.of(wanted.scope.sides(_result_dims(request, key, expr, node)), row=_is_row(expr))
        for (key, expr), node in zip(request.results.items(), request.nodes, strict=True)
    }
    returned = result
    struct = ""
    if len(members) == 1:
        returned = next(iter(kinds.values()))
    else:
        struct = f"/// What {name} computes.\nstruct {result} {{\n"
        struct += "".join(f"    {kinds[key]} {members[key]};\n" for key in members) + "};\n\n"
    parameters = _parameters(wanted, types)
    signature = f"inline {returned} {name}({', '.join(parameters)}) {{"
    if len(signature) > WIDTH:
        signature = f"inline {returned} {name}(\n    " + ",\n    ".join(parameters) + ") {"
    unread = [n for n in (wanted.names[v] for v in wanted.arguments) if not re.search(rf"\b{n}\b", text)]
    ignored = "".join(f"    static_cast<void>({n});\n" for n in unread)
    helpers = "\n\n".join(helpers_for(text, detail, own))
    space = f"namespace {detail} {{\n\n{helpers}\n\n}}  // namespace {detail}\n\n" if helpers else ""
    function = f"{signature}\n{ignored}{text}\n}}\n"
    lines = includes(space + struct + function)
    return "#pragma once\n\n" + "\n".join(lines) + f"\n\n{space}{struct}\f{function}"


def _comment(request: Request, wanted: Interface, members: Mapping[str, str], code: str) -> str:
    """What Doxygen reads: the formulas, the arguments with their shapes, what is thrown."""
    lines = []
    for key, expr in request.results.items():
        lines += wrap(f"{members[key]} = {expr}", WIDTH - 4, subsequent_indent="    ", break_long_words=False)
    lines.append("")
    for variable in wanted.arguments:
        shape = _told(variable)
        lines.append(f"@param {wanted.names[variable]} {', '.join((shape, *declared_facts(variable)))}")
    shapes = [
        f"{members[key]}: {_told_result(expr, _result_dims(request, key, expr, node))}"
        for (key, expr), node in zip(request.results.items(), request.nodes, strict=True)
    ]
    lines.append(f"@return {'; '.join(shapes)}")
    if "::fit(" in code:
        lines.append("@throws std::invalid_argument an argument has another shape")
    if "domain_error" in code:
        more = ", or not of full rank" * ("of full rank" in code)
        more += ", or its largest singular value is not simple" * ("is not simple" in code)
        lines.append(f"@throws std::domain_error a matrix is not positive definite, or not symmetric{more}")
    text = "\n".join(f" * {line}".rstrip() for line in lines).replace("*/", "* /")
    return f"/**\n{text}\n */\n"


def _told(variable: Expr) -> str:
    """The shape of an argument."""
    members = members_of(variable)
    if members is not None and len(array_dims(variable)) > 1:
        rows = " as rows" if len(array_dims(variable)) == 2 else ""
        return f"{members.length} of {members.shape}{rows}"
    return str(variable.shape) if array_dims(variable) else "a number"


def _told_result(expr: Expr, dims: tuple[Dim, ...]) -> str:
    """The shape of a result: of an array of more than two axes, how many matrices of which sides there are."""
    if len(dims) > 2:
        count = "*".join(map(factor_text, dims[:-2]))
        return f"{count} of {dims[-2]}×{dims[-1]}" + ", the last of the first axes fastest" * (len(dims) > 3)
    return str(expr.shape) if dims else "a number"


TARGET = Target("C++", write, knows, dict.fromkeys(("batch", "operators", "style"), ""))
