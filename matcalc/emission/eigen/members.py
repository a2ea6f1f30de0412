"""Arrays of three axes, matrix by matrix: products, and functions of each member of a family, in loops."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.emission.eigen import products
from matcalc.emission.eigen.arithmetic import scaled
from matcalc.emission.eigen.tensors import cleared, flat, nest, place
from matcalc.emission.eigen.values import ATOM, MATRICES, Made, Value
from matcalc.emission.eigen.writer import Writer
from matcalc.network.nodes import Indices
from matcalc.program.step import Step


def product(writer: Writer, step: Step) -> Made | None:
    """A product of which one index is the place of a matrix in an array: a product of matrices for each place.

    None where Eigen has no form for these, or an array is better written entry by entry: one that is not stored.
    """
    left, right, out = step.data
    if any(name in writer.lazy for name in step.operands):
        return None
    index = _place(writer, step, (*zip(step.operands, (left, right), strict=True), (step.result, out)))
    if index is None:
        return None
    letter = writer.letters[0]
    parts, indices = [], []
    for name, axes in zip(step.operands, (left, right), strict=True):
        parts.append(_at(writer, name, axes.index(index) if index in axes else None, letter))
        indices.append(tuple(i for i in axes if i != index))
    kept = tuple(i for i in out if i != index)
    one = step._replace(data=(*indices, kept))
    value = products.product(writer.types, one, *parts)
    if value is None:
        return None
    dim = writer.dims[step.operands[index not in left]][(left if index in left else right).index(index)]
    target = _target(writer, step, out.index(index), letter) if index in out else "{name}"
    is_summed = index not in out
    source = value.matrix().source if kept else value.source
    if target.endswith(f".row({letter})") and kept:
        source = value.matrix().transposed().source
    alias = ".noalias()" if value.is_product and kept else ""
    body = f"{target}{alias} {'+=' if is_summed else '='} {source};"
    lines = nest([(letter, writer.types.text(dim))], body)
    if is_summed:
        lines.insert(0, cleared("{name}", step.dims, writer.rows_of(step.result), writer.types))
    return Made(None, lines)


def _place(writer: Writer, step: Step, of: Sequence[tuple[str, Indices]]) -> int | None:
    """The index of the places, where all arrays of three axes have it first, and all others at most once."""
    large = {indices[0] for name, indices in of if len(indices) == 3 and writer.rows_of(name) == MATRICES}
    fits = len(large) == 1 and all(len(indices) <= 3 for _, indices in of)
    if not fits:
        return None
    (index,) = large
    for _, indices in of:
        if indices.count(index) > 1 or (len(indices) == 3 and indices[0] != index):
            return None
    return index


def _at(writer: Writer, name: str, axis: int | None, letter: str) -> Value:
    """What an array is at one place along an axis."""
    stored = writer.store(name) if axis is not None else writer.value(name)
    rank = len(writer.dims[name])
    if axis is None:
        return stored
    if rank == 1:
        return Value(f"{stored.matrix().at(ATOM)}({letter})", ATOM, "number")
    if rank == 2:
        turned = stored.source.endswith(".transpose()")
        word = stored.source.removesuffix(".transpose()")
        is_row = (axis == 0) != turned
        return Value(f"{word}.row({letter}).transpose()" if is_row else f"{word}.col({letter})")
    return Value(f"{stored.source}[{letter}]")


def _target(writer: Writer, step: Step, axis: int, letter: str) -> str:
    rank = len(step.dims)
    if rank == 1:
        return f"{{name}}({letter})"
    if rank == 2:
        return f"{{name}}.{('row', 'col')[axis]}({letter})"
    return f"{{name}}[{letter}]"


def scaled_each(writer: Writer, step: Step, factor: Value) -> Made | None:
    """A number times all matrices of an array that is stored so."""
    (name, *_) = step.operands
    if name in writer.lazy or len(step.dims) != 3 or {writer.rows_of(name), writer.rows_of(step.result)} != {MATRICES}:
        return None
    letter = writer.letters[0]
    value = scaled(factor, _at(writer, name, 0, letter))
    return Made(None, nest([(letter, writer.types.text(step.dims[0]))], f"{{name}}[{letter}] = {value.source};"))


# ---------------------------------------------------------------- functions of each member
def applied(writer: Writer, step: Step) -> Made:
    """A function of matrices, of each member: their places are the first axes of all operands."""
    kernel = step.data
    lead: int = kernel.each.lead
    letters = writer.letters[:lead]
    inner = f"{step.result}[]"
    names = [f"{name}[]" for name in step.operands]
    for name, member in zip(step.operands, names, strict=True):
        writer.dims[member] = writer.dims[name][lead:]
        writer.values[member] = _member(writer, name, lead, letters)
        writer.uses[member] = writer.uses[name]
    dims = step.dims[lead:]
    writer.dims[inner] = dims
    one = step._replace(
        result=inner,
        operands=tuple(names),
        operand_dims=tuple(writer.dims[member] for member in names),
        dims=dims,
        data=kernel.each.function,
    )
    outside, shared = writer.lines, dict(writer.shared)
    writer.lines = []
    made = writer.made(one)
    target, turned = _result(writer, step, lead, letters)
    if made is None:
        made = writer.value(inner)
    if isinstance(made, Made) and turned:  # statements write a column, not a row
        writer.make(inner, made)
        made = writer.values[inner]
    if isinstance(made, Value):
        value = made.matrix() if dims else made
        body = [*writer.lines, f"{target} = {(value.transposed() if turned else value).source};"]
    else:
        first = [f"{target} = {made.first.source};"] if made.first is not None else []
        body = [*writer.lines, *first, *(line.replace("{name}", target) for line in made.rest)]
    writer.lines, writer.shared = outside, shared
    loops = [(letter, writer.types.text(dim)) for letter, dim in zip(letters, step.dims[:lead], strict=True)]
    return Made(None, in_loops(loops, body))


def in_loops(loops: Sequence[tuple[str, str]], body: Sequence[str]) -> list[str]:
    """Statements in loops, in braces where they are more than one."""
    if len(body) == 1:
        return nest(loops, body[0])
    opening = nest(loops, "")[:-1]
    indent = "    " * (len(loops) - 1)
    opening[-1] += " {"
    return [*opening, *(f"{indent}    {line}" for line in body), f"{indent}}}"]


def _member(writer: Writer, name: str, lead: int, letters: Sequence[str]) -> Value:
    stored = writer.store(name)
    dims = writer.dims[name]
    if lead == 1 or len(dims) > 2:
        rank = len(dims) - lead
        if rank == 2 and writer.rows_of(name) == MATRICES:
            return Value(f"{stored.source}[{flat(dims[:-2], letters, writer.types)}]")
        if lead == 1 and len(dims) <= 2:
            return _at(writer, name, 0, letters[0])
    if len(dims) == lead:
        text = place(stored.source, dims, writer.rows_of(name), letters, writer.types)
        return Value(text, ATOM, "number")
    raise writer.refusal("a function of each member of a family with several indices")


def _result(writer: Writer, step: Step, lead: int, letters: Sequence[str]) -> tuple[str, bool]:
    """Where the value of a member is put, and whether it lies there as a row."""
    rank = len(step.dims) - lead
    if rank == 0:
        return place("{name}", step.dims, writer.rows_of(step.result), letters, writer.types), False
    if rank == 1 and lead == 1:
        return f"{{name}}.row({letters[0]})", True
    if rank == 2 and writer.rows_of(step.result) == MATRICES:
        return f"{{name}}[{flat(step.dims[:-2], letters, writer.types)}]", False
    raise writer.refusal("a function of each member of a family with several indices")
