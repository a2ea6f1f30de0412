"""Functions in steps: of numbers, of the entries of arrays, and of matrices as wholes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import prod

from matcalc.emission.eigen import functions, members, tensors
from matcalc.emission.eigen.functions import OF_ARRAYS, OF_MATRICES, OF_MORE_AXES, OF_SHARED
from matcalc.emission.eigen.values import ATOM, SUM, Made, Value
from matcalc.emission.eigen.writer import Writer
from matcalc.emission.targets import having
from matcalc.emission.text import is_one_call
from matcalc.errors import MatcalcError
from matcalc.program.step import Step
from matcalc.regex import regex
from matcalc.shape import Dim

_SLOTS = regex(r"\{(\w+)\}")


def applied(writer: Writer, step: Step) -> Value | Made | None:
    """The value of a function."""
    kernel = step.data
    if not functions.knows(kernel):
        raise _refusal(step)
    if kernel.each is not None:
        return members.applied(writer, step)
    writer.own += [own for own in [kernel.c.partition("\n")[2]] if own and own not in writer.own]
    if kernel.elementwise:
        return _of_entries(writer, step)
    form = functions.first_line(kernel.numpy)
    if writer.is_large(step):
        return _of_more_axes(writer, step, form)
    if form in OF_SHARED:
        return _of_shared(writer, step, form)
    if form in OF_MATRICES:
        return _of_matrices(writer, step, OF_MATRICES[form])
    return _by_pointers(writer, step)


def _refusal(step: Step) -> MatcalcError:
    kernel = step.data
    name = kernel.each.function.name if kernel.each is not None else kernel.name
    others = ", ".join(having(kernel))
    told = [f"targets that have it: {others}"] * bool(others)
    what = f"{name} of each member of a family" if kernel.each is not None else name
    return MatcalcError(f"{what} is not known to the C++ target", *told, hint='emit(..., target="numpy")')


# ---------------------------------------------------------------- entries
def _of_number(writer: Writer, step: Step, values: list[Value]) -> Value:
    """A function of numbers by its C form."""
    kernel = step.data
    form = kernel.c.partition("\n")[0]
    slots = dict(zip(kernel.operands, values, strict=True))

    def filled(found: re.Match[str]) -> str:
        value = slots[found[1]]
        is_alone = form[found.start() - 1 : found.start()] == "(" and form[found.end() : found.end() + 1] in (")", ",")
        return str(value.source if is_alone else value.at(ATOM))

    text = functions.qualified(_SLOTS.sub(filled, form), writer.detail, functions.own_helpers(kernel))
    is_atom = is_one_call(form) or (form.startswith("(") and form.endswith(")") and form.find(")") == len(form) - 1)
    return Value(text, ATOM if is_atom else SUM, "number")


def _of_entries(writer: Writer, step: Step) -> Value | Made | None:
    kernel = step.data
    if not step.dims:
        names = step.operands
        form = kernel.c.partition("\n")[0]
        values = [
            writer.store(name)
            if form.count(f"{{{key}}}") > 1 and writer.value(name).level < ATOM
            else writer.value(name)
            for key, name in zip(kernel.operands, names, strict=True)
        ]
        return _of_number(writer, step, values)
    if writer.is_large(step):
        entries = [writer.single_entries(name) for name in step.operands]
        return writer.by_entries(
            step, tensors.dense(step.dims, lambda at: _of_number(writer, step, [entry(at) for entry in entries]))
        )
    form = OF_ARRAYS.get(kernel.c.partition("\n")[0], "")
    values = [writer.value(name) for name in step.operands]
    if form and all(step.operand_dims):
        text = _SLOTS.sub(lambda found: values[kernel.operands.index(found[1])].array().at(ATOM), form)
        return Value(text, ATOM if is_one_call(form) or form.endswith(")") else SUM, "array")
    return _of_each(writer, step, values)


def _of_each(writer: Writer, step: Step, values: list[Value]) -> Value | Made | None:
    """A function that arrays have no method for, applied to each entry of one or two of them."""
    kernel = step.data
    arrays = [k for k, dims in enumerate(step.operand_dims) if dims]
    if len(arrays) > 2:
        entries = [writer.single_entries(name) for name in step.operands]
        return writer.by_entries(
            step, tensors.dense(step.dims, lambda at: _of_number(writer, step, [entry(at) for entry in entries]))
        )
    words = [key if k in arrays else "" for k, key in enumerate(kernel.operands)]
    inner = [Value(word, ATOM, "number") if word else value for word, value in zip(words, values, strict=True)]
    captured = "" if len(arrays) == len(values) else "&"
    parameters = ", ".join(f"double {word}" for word in words if word)
    body = f"[{captured}]({parameters}) {{ return {_of_number(writer, step, inner).source}; }}"
    first = values[arrays[0]].array().at(ATOM)
    if len(arrays) == 1:
        return Value(f"{first}.unaryExpr({body})", ATOM, "array")
    return Value(f"{first}.binaryExpr({values[arrays[1]].array().source}, {body})", ATOM, "array")


# ---------------------------------------------------------------- matrices
def _filled(writer: Writer, step: Step, form: str) -> str:
    kernel = step.data
    values = dict(zip(kernel.operands, step.operands, strict=False))  # of masks the size alone counts

    def slot(found: re.Match[str]) -> str:
        key = found[1]
        if key == "T":
            return writer.types.of(step.dims)
        if key == "P":
            return writer.types.of(step.operand_dims[0])
        if key == "n":
            return writer.types.text(step.dims[0])
        value = writer.value(values[key])
        value = value.matrix() if value.kind == "array" else value
        is_alone = form[found.start() - 1 : found.start()] == "(" or form[found.start() - 2 : found.start()] == ", "
        return value.source if is_alone else value.at(ATOM)

    return _SLOTS.sub(slot, form).replace("@", f"{writer.detail}::")


def _of_matrices(writer: Writer, step: Step, form: str) -> Value:
    return Value(_filled(writer, step, form), ATOM, "matrix" if step.dims else "number")


def _of_shared(writer: Writer, step: Step, form: str) -> Value:
    """What is read from a factorisation that other functions of the same operand are read from, too."""
    shared = OF_SHARED[form]
    key = (shared.kind, step.operands[0])
    if key not in writer.shared:
        operand = writer.value(step.operands[0]).matrix()
        word = writer.shared[key] = writer.fresh_like(f"{shared.stem}1")
        kind = _filled(writer, step, shared.kind)
        writer.lines.append(f"const {kind} {word}({operand.source});")
    return Value(f"{writer.shared[key]}.{shared.member}")


def _of_more_axes(writer: Writer, step: Step, form: str) -> Made | None:
    """A function whose value has more than two axes: a vector of all entries, in their order."""
    if any(len(dims) > 2 for dims in step.operand_dims):
        raise _refusal(step)
    word = writer.fresh_like("entries")
    if form in OF_MORE_AXES:
        writer.lines.append(f"const Eigen::VectorXd {word} = {_filled(writer, step, OF_MORE_AXES[form])};")
    elif functions.c_form(step.data):
        call = _called(writer, step, f"{word}.data()")
        writer.lines += [f"Eigen::VectorXd {word}({_count(writer, step.dims)});", call]
    else:
        raise _refusal(step)

    def entry(at: Mapping[int, str]) -> Value:
        order = [at[axis] for axis in range(len(step.dims))]
        return Value(tensors.place(word, step.dims, len(step.dims), order, writer.types), ATOM, "number")

    return writer.by_entries(step, tensors.dense(step.dims, entry))


def _by_pointers(writer: Writer, step: Step) -> Made:
    """A C function of pointers: matrices are copied row by row."""
    if not step.dims:
        return Made(Value("0.0", ATOM, "number"), [_called(writer, step, "&{name}")])
    if len(step.dims) == 1:
        return Made(None, [_called(writer, step, "{name}.data()")])
    target, made = writer.fresh_like("rows"), writer.types.made(step.dims)
    declared = f"{_row_major(writer.types.of(step.dims))} {target}{f'({made})' if made else ''};"
    return Made(None, [declared, _called(writer, step, f"{target}.data()"), f"{{name}} = {target};"])


def _called(writer: Writer, step: Step, target: str) -> str:
    """The call of a C function, whose result is written to a pointer."""
    kernel = step.data
    form = functions.c_form(kernel)
    operand, *others = step.operands
    first, *rest = step.operand_dims
    other = _pointer(writer, others[0]) if others and rest[0] and "{u}" in form else ""
    call = form.format(
        x=_pointer(writer, operand) if "{x}" in form else "",
        y=target,
        u=other or (writer.value(others[0]).source if others else ""),
        count=_count(writer, first),
        more=_count(writer, rest[0]) if rest else "1",
        rows=_factor(writer, first[0]) if first else "1",
        cols=_factor(writer, first[-1]) if len(first) == 2 else "1",
    )
    return functions.qualified(call, writer.detail, functions.own_helpers(kernel))


def _count(writer: Writer, dims: tuple[Dim, ...]) -> str:
    """The number of entries of an array."""
    return _factor(writer, prod(dims, start=Dim.of(1)))


def _factor(writer: Writer, dim: Dim) -> str:
    """A dimension within an expression of dimensions, which the C forms of records may have."""
    text = writer.types.text(dim)
    return f"({text})" if " " in text else text


def _pointer(writer: Writer, name: str) -> str:
    """A pointer to the entries of a value, row by row."""
    value, dims = writer.store(name), writer.dims[name]
    if not dims:
        return f"&{value.source}"
    if len(dims) == 1 and value.is_word:
        return f"{value.source}.data()"
    word = writer.fresh_like("rows")
    kind = _row_major(writer.types.of(dims)) if len(dims) == 2 else writer.types.of(dims)
    writer.lines.append(f"const {kind} {word} = {value.source};")
    return f"{word}.data()"


def _row_major(kind: str) -> str:
    """The type of a matrix that is stored row by row."""
    square = re.fullmatch(r"Eigen::Matrix([X234])d", kind)
    if square:
        side = "Eigen::Dynamic" if square[1] == "X" else square[1]
        return f"Eigen::Matrix<double, {side}, {side}, Eigen::RowMajor>"
    return kind.replace(">", ", Eigen::RowMajor>")
