"""Steps → NumPy for stacks: every argument may have leading axes, which are broadcast, and so have the results.

Matrix products are ``matmul``, linear algebra is NumPy's, which takes stacks; other products are einsums with an
ellipsis, and functions of matrices as wholes are applied by their records' sources for stacks, or one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from matcalc.emission.render import Renderer
from matcalc.emission.source import dim, subscript
from matcalc.emission.text import ATOM, PRODUCT, Text
from matcalc.errors import MatcalcError
from matcalc.network.nodes import Indices
from matcalc.position import Position
from matcalc.program.squares import NORM
from matcalc.program.step import Step
from matcalc.shape import Dim

_LOG_OF_DET = '''
def _log_of_det(a):
    """log(det(a)) without overflow; not a number where the determinant is negative."""
    sign, logarithm = np.linalg.slogdet(a)
    return np.where(sign > 0, logarithm, np.nan)
'''

_RESHAPED = '''
def _reshaped(a, rank, *dims):
    """The last axes of a, as many as the rank says, in another shape."""
    a = np.asarray(a)
    return a.reshape(a.shape[: a.ndim - rank] + dims)
'''

_EMBEDDED = '''
def _embedded(a, rank, view, free, *dims):
    """Zeros of these last dims with a at a view of them, the same along the view's last axes, as many as are free."""
    a = np.asarray(a)
    made = np.zeros(a.shape[: a.ndim - rank] + dims, a.dtype)
    np.einsum(view, made)[...] = a[(...,) + (None,) * free]
    return made
'''

_FOR_EACH = '''
def _for_each(stack, value, *dims):
    """The value at each place of a stack, in an array of its own."""
    return np.array(np.broadcast_to(value, stack + dims), dtype=np.float64)
'''

_NORMS = '''
def _norms(x, rank):
    """Euclidean norms over the last axes, as many as the rank says; of x by its largest entry, so that squares fit."""
    axes = tuple(range(-rank, 0))
    squares = np.einsum(x, [..., *range(rank)], x, [..., *range(rank)])
    if np.all((1e-280 < squares) & (squares < np.inf)):
        return np.sqrt(squares)
    largest = np.max(np.abs(x), axis=axes, keepdims=True)
    scale = np.where((largest > 0) & (largest < np.inf), largest, 1.0)
    return np.sqrt(np.sum((x / scale) ** 2, axis=axes)) * scale.reshape(scale.shape[: np.ndim(x) - rank])
'''


class BatchRenderer(Renderer):
    """Source of a program for stacks of its arguments."""

    stack_name = ""

    def written(self, step: Step) -> Text | list[str]:
        own = _STACKED.get(step.operation)
        return own(self, step) if own is not None else super().written(step)

    def spread_in_sums(self) -> frozenset[str]:
        return frozenset()  # a scalar is a stack of scalars

    def for_each(self, name: str, text: str, dims: tuple[Dim, ...]) -> str | None:
        """What is not made of all arguments may lack axes of the stack."""
        if self.made_of(name).issuperset(self.ranks):
            return None
        self.help(_FOR_EACH.replace("float64", self.options.dtype))
        return f"_for_each({', '.join([self.stack(), text, *map(dim, dims)])})"

    def stack(self) -> str:
        """The leading axes of all arguments together."""
        if not self.stack_name:
            shapes = [f"np.shape({key}){f'[:-{rank}]' if rank else ''}" for key, rank in self.ranks.items()]
            self.stack_name = self.fresh_like("stack")
            text = shapes[0] if len(shapes) == 1 else f"np.broadcast_shapes({', '.join(shapes)})"
            self.lines.append(f"{self.stack_name} = {text}")
        return self.stack_name

    def made_of(self, name: str) -> set[str]:
        """The leaves that a value is made of."""
        found, waiting = {name}, [name]
        while waiting:
            step = self.steps.get(waiting.pop())
            new = set(step.operands) - found if step is not None else set()
            found |= new
            waiting += new
        return found

    def scalar(self, name: str, rank: int) -> Text:
        """A scalar, to stand beside arrays of a rank."""
        text = self.texts[name]
        leaf = self.program.leaves.get(name)
        if not rank or (leaf is not None and leaf.kind != "variable"):
            return text
        return _with_axes(text, rank)

    def of_members(self, step: Step) -> Text:
        """A function of entries, of vectors, or of matrices as wholes."""
        if step.data.abstract is not None:
            raise MatcalcError(f"{step.data.name} is a function of one vector", hint="without batch=True")
        if step.data is NORM:
            self.help(_NORMS)
            return Text(f"_norms({self.operands(step)[0].source}, {len(step.operand_dims[0])})")
        if step.data.elementwise or self.made_of(step.result).isdisjoint(self.ranks):  # or of constants
            return self.function(step)
        return self.of_stacks(step)

    def whole(self, template: str, step: Step, texts: Sequence[Text]) -> tuple[list[Text], bool]:
        """The operands with all axes of the signature, for NumPy's functions find a member by its last axes."""
        if step.data.elementwise or "{axes}" in template:
            return list(texts), False
        full = [sum(map(len, sides)) for sides in step.data.shape.forms[0].operands]
        missing = [count - len(dims) for count, dims in zip(full, step.operand_dims, strict=True)]
        wholes = [_with_axes(text, count) if count else text for text, count in zip(texts, missing, strict=True)]
        return wholes, any(missing)

    def as_result(self, step: Step, source: str) -> Text:
        """What has the axes of the signature, without those that the result has not."""
        return self.with_dims(Text(source), sum(map(len, step.data.shape.forms[0].result)), step.dims)

    def scaled(self, step: Step) -> Text:
        if not step.data[1] or not step.dims:  # no array among the operands
            return self.scale(step)
        names = step.operands[1:]
        whole, self.texts = self.texts, {**self.texts, **{n: self.scalar(n, len(step.dims)) for n in names}}
        text = self.scale(step)
        self.texts = whole
        return text

    def multiplied(self, step: Step) -> Text:
        left, right, out = step.data
        a, b = self.operands(step)
        summed = [i for i in left if i in right and i not in out]
        if len(left) == len(right) == len(out) == 2 and len(summed) == 1:
            first = a.at(PRODUCT) if left[1] == summed[0] else f"np.swapaxes({a.source}, -1, -2)"
            second = b.at(ATOM) if right[0] == summed[0] else f"np.swapaxes({b.source}, -1, -2)"
            return Text(f"{first} @ {second}", PRODUCT)
        return _einsum((left, right), out, a, b)

    def reduced(self, step: Step) -> Text:
        indices, out = step.data
        return _einsum((indices,), out, *self.operands(step))

    def permuted(self, step: Step) -> Text:
        indices = tuple(range(len(step.data)))
        return _einsum((indices,), step.data, *self.operands(step))

    def reshaped(self, step: Step) -> Text:
        return self.with_dims(self.operands(step)[0], len(step.operand_dims[0]), step.dims)

    def with_dims(self, text: Text, rank: int, dims: tuple[Dim, ...]) -> Text:
        self.help(_RESHAPED)
        return Text(f"_reshaped({', '.join([text.source, str(rank), *map(dim, dims)])})")

    def embedded(self, step: Step) -> Text:
        indices, out = step.data
        free = tuple(dict.fromkeys(i for i in out if i not in indices))
        view = f"...{subscript(out)}->...{subscript((*indices, *free))}"
        self.help(_EMBEDDED)
        (text,) = self.operands(step)
        sides = ", ".join(map(dim, step.dims))
        return Text(f'_embedded({text.source}, {len(indices)}, "{view}", {len(free)}, {sides})')

    def entries_taken(self, step: Step) -> Text:
        (text,) = self.operands(step)
        return Text(f"{text.at(ATOM)}[{self.all_positions(step.data, step.operand_dims[0])}]")

    def entries_placed(self, step: Step) -> list[str]:
        (text,), sides = self.operands(step), "".join(f"{dim(side)}, " for side in step.dims)
        stack = f"np.shape({text.source})[: np.ndim({text.source}) - {len(step.operand_dims[0])}]"
        zeros = f"{{name}} = np.zeros((*{stack}, {sides.rstrip(', ')}){self.options.typed})"
        return [zeros, f"{{name}}[{self.all_positions(step.data, step.dims)}] = {text.source}"]

    def joined(self, step: Step) -> list[str]:
        texts = [text.source for text in self.operands(step)]
        shapes = [
            f"np.shape({text})[: np.ndim({text}) - {len(sides)}]"
            for text, sides in zip(texts, step.operand_dims, strict=True)
        ]
        sides = ", ".join(map(dim, step.dims))
        zeros = f"{{name}} = np.zeros((*np.broadcast_shapes({', '.join(shapes)}), {sides}){self.options.typed})"
        each = zip(step.data[0], texts, strict=True)
        return [zeros, *(f"{{name}}[{self.all_positions(at, step.dims)}] = {text}" for at, text in each)]

    def all_positions(self, positions: Sequence[Position], dims: Sequence[Dim]) -> str:
        """Positions on all axes, behind those of the stack."""
        own = self.positions(positions, dims)
        return ", ".join(["...", *own, *[":"] * (len(positions) - len(own))])

    # ---------------------------------------------------------------- linear algebra
    def factored(self, step: Step) -> Text:
        """NumPy has no factors of stacks: what would be factored is kept."""
        (text,) = self.operands(step)
        return Text(f"np.asarray({text.source})")

    def solved(self, step: Step) -> Text:
        _, transposed = step.data
        matrix, right = (text.source for text in self.operands(step))
        matrix = f"np.swapaxes({matrix}, -1, -2)" if transposed else matrix
        if len(step.dims) == 1:
            return Text(f"np.linalg.solve({matrix}, {self.operands(step)[1].at(ATOM)}[..., None])[..., 0]")
        return Text(f"np.linalg.solve({matrix}, {right})")

    def inverted(self, step: Step) -> Text:
        return Text(f"np.linalg.inv({self.operands(step)[0].source})")

    def log_of_det(self, step: Step) -> Text:
        (text,) = self.operands(step)
        if step.data == "factored":
            return Text(f"np.linalg.slogdet({text.source})[1]")
        self.help(_LOG_OF_DET)
        return Text(f"_log_of_det({text.source})")


def _with_axes(text: Text, count: int) -> Text:
    """An operand with so many axes of one entry behind its own."""
    return Text(f"np.asarray({text.source})[..., {', '.join(['None'] * count)}]")


def _einsum(inputs: tuple[Indices, ...], out: Indices, *texts: Text) -> Text:
    letters = ",".join(f"...{subscript(indices)}" for indices in inputs)
    arguments = ", ".join(text.source for text in texts)
    return Text(f'np.einsum("{letters}->...{subscript(out)}", {arguments})')


_STACKED: Mapping[str, Callable[[BatchRenderer, Step], Text | list[str]]] = {
    "function": BatchRenderer.of_members,
    "scale": BatchRenderer.scaled,
    "product": BatchRenderer.multiplied,
    "reduce": BatchRenderer.reduced,
    "permute": BatchRenderer.permuted,
    "reshape": BatchRenderer.reshaped,
    "take": BatchRenderer.entries_taken,
    "place": BatchRenderer.entries_placed,
    "join": BatchRenderer.joined,
    "embed": BatchRenderer.embedded,
    "factor": BatchRenderer.factored,
    "solve": BatchRenderer.solved,
    "inverse": BatchRenderer.inverted,
    "cholesky inverse": BatchRenderer.inverted,
    "logdet": BatchRenderer.log_of_det,
}
