"""Steps → statements that make new arrays only: nothing is written into an array, and nothing branches on values.

They are in NumPy's words, which are a library's in the end. Sizes are read off shapes, so that they are numbers of
Python while a function is traced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from matcalc.emission.names import Names
from matcalc.emission.options import Options
from matcalc.emission.render import Renderer
from matcalc.emission.source import dim, shape, subscript
from matcalc.emission.targets import having
from matcalc.emission.targets.library import Library, Unknown, form_of
from matcalc.emission.text import ATOM, POWER, PRODUCT, SUM, Text, is_one_call
from matcalc.errors import MatcalcError
from matcalc.network.nodes import Indices
from matcalc.position import Position, Single, end_of, first_of
from matcalc.program.planner import Program
from matcalc.program.squares import NONZERO
from matcalc.program.step import Operation, Step
from matcalc.rational import Fraction
from matcalc.shape import Dim

LIKE = "**like"


class PureRenderer(Renderer):
    """Source of a program for an array library, in NumPy's words."""

    def __init__(self, program: Program, scope: Names, options: Options, library: Library) -> None:
        super().__init__(program, scope, options)
        self.library = library
        self.own: dict[str, str] = {}  # helpers of functions, in the library's words

    def written(self, step: Step) -> Text | list[str]:
        own = self.library.steps.get(step.operation) or _PURE.get(step.operation)
        return own(self, step) if own is not None else super().written(step)

    def help(self, source: str) -> None:
        """Helpers are found by their names, when all is written."""

    # ---------------------------------------------------------------- numbers of Python
    def is_plain(self, name: str) -> bool:
        """Whether a value is made of sizes and numbers alone: then it is a number of Python."""
        leaf, step = self.program.leaves.get(name), self.steps.get(name)
        if leaf is not None:
            return leaf.kind != "variable"
        made = step is not None and not step.dims and step.operation in ("scale", "combine", "power")
        made = made or (name in self.spread_terms and step is not None)
        return made and step is not None and all(map(self.is_plain, step.operands))

    def as_array(self, name: str) -> Text:
        """A value, also where it is a number of Python."""
        text = self.texts[name]
        return Text(f"np.asarray({text.source}, {LIKE})") if self.is_plain(name) else text

    def raised(self, name: str, text: str, exponent: Fraction) -> str:
        source = super().raised(name, text, exponent)
        return source.replace("np.sqrt(", "math.sqrt(") if self.is_plain(name) else source

    # ---------------------------------------------------------------- functions
    def of_function(self, step: Step, source: str = "") -> Text:
        if step.data.abstract is not None:
            return self.user_function(step)
        kernel = step.data
        each = kernel.each if kernel.each is not None and not kernel.each.function.stacks else None
        try:
            form, helpers = form_of(self.library, kernel if each is None else each.function)
        except Unknown as unknown:
            raise self.refusal(step, str(unknown)) from None
        for name, source in helpers.items():
            if self.own.setdefault(name, source) != source:
                raise MatcalcError(
                    f"there are two helpers {name}", f"one is that of {step.data.name}", hint="rename it"
                )
        if each is not None:
            slots = {key: Text(key) for key in kernel.operands}
            for key, text in slots.items():
                form = form.replace(f"{{{key}}}", text.source)
            arguments = ", ".join(self.as_array(name).source for name in step.operands)
            return Text(f"_each(lambda {', '.join(slots)}: {form}, {each.lead}, {arguments})")
        if step.data is NONZERO:
            form = "_or_inf({u})"
        return self.filled_in(form, step, [self.as_array(name) for name in step.operands])

    def refusal(self, step: Step, word: str) -> MatcalcError:
        """That the library has no form for a function, and which targets have one."""
        others = ", ".join(having(step.data))
        name = step.data.each.function.name if step.data.each is not None else step.data.name
        told = [f"there is no {word}"] if word != name else []
        told += [f"targets that have it: {others}"] * bool(others)
        what = f"{name} is not known to the {self.library.title} target"
        return MatcalcError(what, *told, hint='emit(..., target="numpy")')

    def shaped(self, source: str, dims: tuple[Dim, ...]) -> Text:
        return Text(f"np.reshape({source}, {shape(dims)})")

    def with_dims(self, text: Text, rank: int, dims: tuple[Dim, ...]) -> Text:
        return self.shaped(text.source, dims)

    # ---------------------------------------------------------------- products and sums
    def aligned(self, text: Text, indices: Indices, out: Indices) -> Text:
        """An operand with its axes in order, and one more for each that it lacks behind its first."""
        if not indices:
            return text
        places = [out.index(i) for i in indices]
        if places != sorted(places):
            text = self.turned(text, tuple(sorted(range(len(places)), key=places.__getitem__)))
        axes = [":" if k in places else "None" for k in range(min(places), len(out))]
        return text if "None" not in axes else Text(f"{text.at(ATOM)}[{', '.join(axes)}]")

    def turned(self, text: Text, order: Indices) -> Text:
        """An array with its axes in another order."""
        if order == tuple(range(len(order))):
            return text
        return Text(f"{text.at(ATOM)}.T" if order == (1, 0) else f"np.transpose({text.source}, {order})")

    def multiplied(self, step: Step) -> Text:
        left, right, out = step.data
        a, b = self.operands(step)
        summed = [i for i in left if i in right and i not in out]
        is_plain = len({*left}) == len(left) and len({*right}) == len(right)
        if len(left) == len(right) == 2 and is_plain and not out and len(summed) == 2:
            other = b if left == right else self.turned(b, (1, 0))
            return Text(f"np.sum({a.at(PRODUCT)} * {other.at(POWER)})")
        if is_plain and {*out} == {*left, *right} and len(out) > 2:
            return Text(f"{self.aligned(a, left, out).at(PRODUCT)} * {self.aligned(b, right, out).at(POWER)}", PRODUCT)
        shared = [i for i in left if i in right]
        is_of_matrices = is_plain and max(len(left), len(right), len(out)) <= 2
        if is_of_matrices and len(summed) == 1 and shared == summed:
            if (len(left), len(right)) == (2, 1) and left[0] == summed[0]:  # no transpose, which may be a copy
                return Text(f"{b.at(PRODUCT)} @ {a.at(POWER)}", PRODUCT)
            if (len(left), len(right)) == (1, 2) and right[1] == summed[0]:
                return Text(f"{b.at(PRODUCT)} @ {a.at(POWER)}", PRODUCT)
            return self.product(step)
        if is_of_matrices and not summed:
            return self.product(step)
        return self.einsum(step, (left, right), out, (a, b))

    def einsum(self, step: Step, inputs: Sequence[Indices], out: Indices, texts: Sequence[Text]) -> Text:
        if self.library.contract is not None:
            return self.library.contract(self, step, inputs, out, texts)
        letters = ",".join(map(subscript, inputs))
        return Text(f'np.einsum("{letters}->{subscript(out)}", {", ".join(text.source for text in texts)})')

    def reduced(self, step: Step) -> Text:
        """Sums along axes, and diagonals."""
        indices, out = step.data
        if len({*indices}) == len(indices) or len(indices) == 2:
            return self.reduce(step)
        return self.einsum(step, [indices], out, self.operands(step))

    def transposed(self, step: Step) -> Text:
        return self.turned(self.operands(step)[0], step.data)

    def reshaped(self, step: Step) -> Text:
        return self.shaped(self.operands(step)[0].source, step.dims)

    # ---------------------------------------------------------------- places
    def unit_rows(self, step: Step) -> Text:
        """A unit vector, or rows of the identity."""
        side, first = dim(step.dims[-1]), dim(first_of(step.data))
        if isinstance(step.data, Single):
            return Text(f"np.eye(1, {side}, k={first}, {LIKE})[0, :]")
        return Text(f"np.eye({dim(step.dims[0])}, {side}, k={first}, {LIKE})")

    def of_size(self, step: Step) -> Text:
        text = step.data.numpy.replace("{n}", f"{dim(step.dims[0])}, {LIKE}")
        return Text(text, ATOM if is_one_call(text) else SUM)

    def entries_taken(self, step: Step) -> Text:
        (text,) = self.operands(step)
        found = self.positions(step.data, step.operand_dims[0])
        found += [":"] * (len(step.operand_dims[0]) - len(found))
        return Text(f"{text.at(ATOM)}[{', '.join(found)}]")

    def entries_placed(self, step: Step) -> Text:
        return self.padded(self.as_array(step.operands[0]), step.data, step.dims)

    def padded(self, text: Text, positions: Sequence[Position], dims: Sequence[Dim]) -> Text:
        """Zeros with an array in their midst."""
        ends = [
            (Dim.of(1), side) if at is None else (first_of(at), end_of(at))
            for at, side in zip(positions, dims, strict=True)
        ]
        before = ["0" if at is None else dim(first) for at, (first, _) in zip(positions, ends, strict=True)]
        after = [dim(side.plus(end, -1)) for side, (_, end) in zip(dims, ends, strict=True)]
        widths = [f"({a}, {b})" for a, b in zip(before, after, strict=True)]
        inner = self.with_axes(text, positions)
        return Text(f"np.pad({inner}, ({', '.join(widths)}{',' if len(widths) == 1 else ''}))")

    def with_axes(self, text: Text, positions: Sequence[Position]) -> str:
        """An array with an axis of one entry more for each single position."""
        axes = ["None" if isinstance(at, Single) else ":" for at in positions]
        if "None" not in axes:
            return text.source
        return f"np.reshape({text.source}, (1,))" if axes == ["None"] else f"{text.at(ATOM)}[{', '.join(axes)}]"

    def joined(self, step: Step) -> Text | list[str]:
        """Arrays, each at its place: one behind the other along an axis, or among zeros."""
        places, is_full = step.data
        texts = [self.as_array(name) for name in step.operands]
        axis = _axis_of_pieces(places) if is_full else None
        if axis is not None:
            pieces = ", ".join(self.with_axes(text, at) for text, at in zip(texts, places, strict=True))
            return Text(f"np.concatenate(({pieces}{',' if len(texts) == 1 else ''}), axis={axis})")
        padded = [self.padded(text, at, step.dims).source for text, at in zip(texts, places, strict=True)]
        return ["{name} = (", *(f"    {'+ ' * bool(k)}{text}" for k, text in enumerate(padded)), ")"]

    def embedded(self, step: Step) -> Text:
        """Deltas and free indices filled in: an operand is broadcast, and kept where the axes of a delta agree."""
        indices, out = step.data
        (name,), (text,) = step.operands, self.operands(step)
        distinct = tuple(dict.fromkeys(out))
        if not indices and out == (0, 0):
            eye = f"np.eye({dim(step.dims[0])}, {LIKE})"
            return Text(eye) if text.source == "1.0" else Text(f"{text.at(POWER)} * {eye}", PRODUCT)
        if out == (0, 0):
            return Text(f"np.diag({text.source})")
        if self.is_plain(name) and out == distinct:
            return Text(f"np.full({shape(step.dims)}, {text.source}, {LIKE})")
        value = self.aligned(self.as_array(name), tuple(out.index(i) for i in indices), tuple(range(len(out))))
        if out != distinct:
            pairs = [(out.index(i), k) for k, i in enumerate(out) if out.index(i) != k]
            held = " & ".join(f"({self.along(step, a)} == {self.along(step, b)})" for a, b in pairs)
            value = Text(f"np.where({held}, {value.source}, 0.0)")
        return Text(f"np.broadcast_to({value.source}, {shape(step.dims)})")

    def along(self, step: Step, axis: int) -> str:
        """The places along an axis of the result."""
        axes = ", ".join(":" if k == axis else "None" for k in range(len(step.dims)))
        return f"np.arange({dim(step.dims[axis])}, {LIKE})[{axes}]"


def _axis_of_pieces(places: Sequence[Sequence[Position]]) -> int | None:
    """The axis along which pieces follow each other, which have all of the others."""
    for axis in range(len(places[0])):
        along = [place[axis] for place in places]
        others = [at for place in places for at in (*place[:axis], *place[axis + 1 :])]
        if None in along or any(at is not None for at in others):
            continue
        ends = [(first_of(at), end_of(at)) for at in along if at is not None]
        if ends[0][0].number == 0 and all(a[1] is b[0] for a, b in pairwise(ends)):
            return axis
    return None


_PURE: Mapping[Operation, Callable[[PureRenderer, Step], Text | list[str]]] = {
    "function": PureRenderer.of_function,
    "product": PureRenderer.multiplied,
    "reduce": PureRenderer.reduced,
    "permute": PureRenderer.transposed,
    "reshape": PureRenderer.reshaped,
    "unit": PureRenderer.unit_rows,
    "mask": PureRenderer.of_size,
    "take": PureRenderer.entries_taken,
    "place": PureRenderer.entries_placed,
    "join": PureRenderer.joined,
    "embed": PureRenderer.embedded,
}
