"""Sparse data: arguments that are scipy.sparse arrays, with products, sums and scalings alone, which keep their zeros.

What else is done to such an argument needs entries that it does not have, and is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from matcalc.emission.render import Renderer
from matcalc.emission.text import ATOM, POWER, PRODUCT, Text, transpose_of
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, name_of
from matcalc.families import members_of
from matcalc.network.nodes import Indices
from matcalc.parts import variables
from matcalc.program.step import Operation, Step
from matcalc.shape import ONE

READ_SPARSE = '''
def _read_sparse(name, value):
    """The value as a sparse array of floats, by rows or by columns."""
    if not sparse.issparse(value):
        value = np.asarray(value)
    if value.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers, got {value.dtype}")
    if value.ndim != 2 or 0 in value.shape:
        raise ValueError(f"{name} must be a matrix with entries, got an array of shape {value.shape}")
    by_columns = sparse.issparse(value) and value.format == "csc"
    return (sparse.csc_array if by_columns else sparse.csr_array)(value, dtype=float)
'''


def split(
    results: Mapping[str, Expr], arguments: Sequence[Expr], names: Sequence[str] | bool
) -> tuple[Sequence[str] | bool, tuple[str, ...]]:
    """Of names of what is sparse, those that are results or unknown, and those of arguments.

    Raises:
        MatcalcError: an argument is no matrix.
    """
    if isinstance(names, bool):
        return names, ()
    known = {name_of(v): v for v in [*variables(*results.values()), *arguments]}
    data = tuple(name for name in names if name in known and name not in results)
    for name in data:
        variable = known[name]
        if members_of(variable) is not None or ONE in variable.shape:
            raise MatcalcError(f"{name} is {variable.shape}: sparse data is a matrix").about("sparse")
    return [name for name in names if name not in data], data


class SparseDataRenderer(Renderer):
    """``sparse`` are the arguments and values that are sparse arrays, each with the name of an argument it is made of.

    Those of ``products`` are products of two of them, such as X'*D*X: arrays are made of these where they are needed.
    """

    sparse: dict[str, str]
    products: set[str]

    def with_data(self, names: Collection[str]) -> None:
        self.sparse = {name: name for name in names}
        self.products = set()

    def written(self, step: Step) -> Text | list[str]:
        if not any(name in self.sparse for name in step.operands):
            return super().written(step)
        form = _FORMS.get(step.operation)
        text = form(self, step) if form is not None else None
        if text is not None:
            return text
        known = [name for name in step.operands if name in self.sparse]
        if not self.products.issuperset(known):
            raise self.refusal(step)
        texts = {name: self.texts[name] for name in known}
        self.texts |= {name: Text(f"{text.at(ATOM)}.toarray()") for name, text in texts.items()}
        made = super().written(step)
        self.texts |= texts
        return made

    def kept_sparse(self, step: Step, source: str, level: int = ATOM) -> Text:
        known = [name for name in step.operands if name in self.sparse]
        self.sparse[step.result] = self.sparse[known[0]]
        if self.products.issuperset(known):
            self.products.add(step.result)
        return Text(source, level)

    def refusal(self, step: Step) -> MatcalcError:
        name = next(self.sparse[name] for name in step.operands if name in self.sparse)
        what = step.data.name if step.operation == "function" else _TOLD.get(step.operation, step.operation)
        return MatcalcError(
            f"{name} is sparse data, of which products and sums are computed: {what} needs all of its entries",
            hint=f"emit without {name} in sparse=, for an array such as {name}.toarray()",
        ).about("sparse")

    # ---------------------------------------------------------------- operations
    def turned(self, step: Step) -> Text:
        return self.kept_sparse(step, transpose_of(self.operands(step)[0]).source)

    def multiple(self, step: Step) -> Text:
        text = super().scale(step)
        return self.kept_sparse(step, text.source, text.level)

    def added(self, step: Step) -> Text | None:
        if step.data[-1] or not all(name in self.sparse for name in step.operands):
            return None
        text = super().combine(step)
        return self.kept_sparse(step, text.source, text.level) if isinstance(text, Text) else None

    def raised_entries(self, step: Step) -> Text | None:
        if step.data <= 0:
            return None
        exponent = int(step.data) if step.data.denominator == 1 else float(step.data)
        return self.kept_sparse(step, f"{self.operands(step)[0].at(ATOM)}.power({exponent})")

    def sums(self, step: Step) -> Text:
        indices, out = step.data
        source = self.operands(step)[0].at(ATOM)
        if len({*indices}) < 2:
            return Text(f"{source}.diagonal()" if out else f"{source}.trace()")
        return _summed(source, indices, out)

    def sparse_product(self, step: Step) -> Text | None:
        left, right, out = step.data
        a, b = self.operands(step)
        (a_sparse, b_sparse) = (name in self.sparse for name in step.operands)
        if not a_sparse:
            a, b, left, right, a_sparse, b_sparse = b, a, right, left, b_sparse, a_sparse
        if len(left) != 2 or len({*left}) < 2 or len({*right}) < len(right):
            return None
        if not right:
            text = a if left == out else transpose_of(a)
            return self.kept_sparse(step, f"{b.at(POWER)} * {text.at(POWER)}", PRODUCT) if out else None
        over = [i for i in left if i in right and i not in out]
        shared = [i for i in left if i in right]
        if len(over) == 1 and shared == over:
            return self.matrix_product(step, (a, left), (b, right), over[0], b_sparse)
        if {*right} == {*left}:
            other = b if right == left else transpose_of(b)
            return self.of_entries(step, f"{a.at(ATOM)}.multiply({other.source})", left)
        if not over and len(right) == 1 and len(out) == 2:
            return self.of_diagonal(step, (a, left), b, right[0])
        return None

    def matrix_product(
        self, step: Step, first: tuple[Text, Indices], second: tuple[Text, Indices], over: int, both: bool
    ) -> Text:
        (a, left), (b, right) = first, second
        a = a if left[1] == over else transpose_of(a)
        b = b if right[0] == over else transpose_of(b)
        order = tuple(i for i in (*left, *right) if i != over)
        text = Text(f"{a.at(PRODUCT)} @ {b.at(POWER)}", PRODUCT)
        text = text if order == step.data[2] else Text(f"({text.source}).T")
        if both:
            self.products.add(step.result)
        return self.kept_sparse(step, text.source, text.level) if both else text

    def of_entries(self, step: Step, source: str, indices: Indices) -> Text:
        """Products of entries, and sums of them."""
        out = step.data[2]
        if len(out) == 2:
            return self.kept_sparse(step, source if out == indices else f"{source}.T")
        return _summed(source, indices, out)

    def of_diagonal(self, step: Step, matrix: tuple[Text, Indices], vector: Text, index: int) -> Text:
        """Rows or columns, each times a number."""
        (a, left), out = matrix, step.data[2]
        a = a if left == out else transpose_of(a)
        diagonal = f"sparse.diags_array({vector.source})"
        source = f"{diagonal} @ {a.at(POWER)}" if out[0] == index else f"{a.at(PRODUCT)} @ {diagonal}"
        return self.kept_sparse(step, source, PRODUCT)


def _summed(source: str, indices: Indices, out: Indices) -> Text:
    return Text(f"{source}.sum({f'axis={1 - indices.index(out[0])}' if out else ''})")


_FORMS: Mapping[Operation, Callable[[SparseDataRenderer, Step], Text | None]] = {
    "product": SparseDataRenderer.sparse_product,
    "reduce": SparseDataRenderer.sums,
    "permute": SparseDataRenderer.turned,
    "scale": SparseDataRenderer.multiple,
    "combine": SparseDataRenderer.added,
    "power": SparseDataRenderer.raised_entries,
}
_TOLD = {"product": "a product with several axes", "combine": "a sum with an array", "power": "a negative power"}
