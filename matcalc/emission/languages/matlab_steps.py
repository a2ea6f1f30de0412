"""Steps in MATLAB: columns are n-by-1, scalars 1-by-1, and arrays broadcast along sides of 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from matcalc.emission.languages.writer import Writer
from matcalc.emission.source import bare, number, subscript
from matcalc.emission.text import ATOM, POWER, PRODUCT, Text
from matcalc.function import Each
from matcalc.network.nodes import Indices
from matcalc.position import Position, Single, end_of, first_of
from matcalc.program.step import Operation, Step
from matcalc.rational import Fraction
from matcalc.regex import regex
from matcalc.shape import Dim, is_at_most, product

_POINT_ZERO = regex(r"(?<![\w.])(\d+)\.0(?![\w.])")


def dim(size: Dim) -> str:
    """A dimension in MATLAB."""
    return str(size).replace("*", " * ")


def sides(dims: Sequence[Dim]) -> str:
    """The sizes of an array as a list; a column has one column."""
    texts = [*map(dim, dims), *["1"] * (2 - len(dims))]
    return f"[{', '.join(texts)}]"


def made(what: str, dims: Sequence[Dim]) -> str:
    """A new array, such as of zeros."""
    texts = [*map(dim, dims), *["1"] * (2 - len(dims))]
    return f"{what}({', '.join(texts)})"


def clean(line: str) -> str:
    """Whole numbers without a point."""
    return _POINT_ZERO.sub(r"\1", line)


def transposed(text: Text) -> Text:
    """The transpose of a matrix; that of a transpose is the matrix."""
    return Text(text.source[:-1]) if _is_transpose(text) else Text(f"{text.at(ATOM)}'")


def _is_transpose(text: Text) -> bool:
    return text.source.endswith("'") and text.source[:-1].isidentifier()


class MatlabWriter(Writer):
    """Source of a program in MATLAB."""

    def leaf(self, name: str, text: Text) -> Text:
        source = clean(text.source).replace("np.", "").replace("**", "^")
        return Text(source, text.level)

    def put(self, step: Step, text: Text | list[str]) -> None:
        before = len(self.lines)
        super().put(step, text)
        self.lines[before:] = map(clean, self.lines[before:])

    def is_inlined(self, step: Step, text: Text) -> bool:
        if step.operation == "factor" and self.is_solved_once(step):
            return True
        if step.operation == "permute" and _is_transpose(text) and step.result not in self.kept:
            return True
        return super().is_inlined(step, text)

    # ---------------------------------------------------------------- entries
    def raised(self, name: str, text: str, exponent: Fraction) -> str:
        """A power of a value, of each of its entries."""
        dot = "." if self.dims_of(name) else ""
        if exponent == 1:
            return text
        if exponent == Fraction(1, 2):
            return f"realsqrt({bare(text)})"
        if exponent < 0:
            return f"(1 {dot}/ {self.raised(name, text, -exponent)})"
        if exponent.denominator == 1:
            return f"{text}{dot}^{exponent.numerator}"
        return f"realpow({bare(text)}, {bare(number(exponent))})"

    def power(self, step: Step) -> Text:
        (text,) = self.operands(step)
        return Text(self.raised(step.operands[0], text.at(ATOM), step.data), POWER if step.data > 0 else ATOM)

    def combine(self, step: Step) -> Text | list[str]:
        text = super().combine(step)
        if isinstance(text, Text):
            return text
        first, *terms = (line.strip() for line in text[1:-1])
        return [f"{{name}} = {first} ...", *(f"    {term} ..." for term in terms[:-1]), f"    {terms[-1]};"]

    def aligned(self, text: Text, indices: Indices, out: Indices) -> Text:
        """An operand, to stand beside arrays with the axes of ``out``."""
        if not indices or indices == out or (len(out) == 2 and indices == out[:1]):
            return text
        if len(out) <= 2:
            return transposed(text)
        return Text(f"along({text.source}, '{subscript(indices)}', '{subscript(out)}')")

    # ---------------------------------------------------------------- functions
    def of_function(self, step: Step) -> Text | list[str]:
        kernel = step.data
        if kernel.abstract is not None:
            name = self.scope.callables[kernel.abstract.argument]
            self.callables[name] = kernel.name
            return Text(f"{name}({self.operands(step)[0].source})")
        if kernel.each is not None:
            return self.for_each_member(step, kernel.each)
        return self.applied(self.form(kernel), kernel.operands, self.operands(step))

    def for_each_member(self, step: Step, each: Each) -> list[str]:
        """A function of each member, of which axes in front say which it is."""
        form, loop = self.form(each.function), self.fresh_like("k")
        texts = []
        for name, dims in zip(step.operands, step.operand_dims, strict=True):
            word, inner = self.named(name), dims[each.lead :]
            if each.lead > 1:
                flat = self.fresh_like("t")
                self.lines.append(f"{flat} = reshape({word}, {sides((product(dims[: each.lead]), *inner))});")
                word = flat
            at = ", ".join([loop, *[":"] * len(inner)])
            texts.append(Text(f"reshape({word}({at}), {sides(inner)})" if inner else f"{word}({at})"))
        count, inner = product(step.dims[: each.lead]), step.dims[each.lead :]
        lines = [
            f"{{name}} = {made('zeros', (count, *inner))};",
            f"for {loop} = 1:{dim(count)}",
            f"    {{name}}({', '.join([loop, *[':'] * len(inner)])}) = "
            f"{self.applied(form, step.data.operands, texts).source};",
            "end",
        ]
        if each.lead > 1:
            lines.append(f"{{name}} = reshape({{name}}, {sides(step.dims)});")
        return lines

    # ---------------------------------------------------------------- products and sums
    def multiplied(self, step: Step) -> Text:
        left, right, out = step.data
        a, b = (self.distinct(text, indices) for text, indices in zip(self.operands(step), (left, right), strict=True))
        left, right = (tuple(dict.fromkeys(indices)) for indices in (left, right))
        letters = {*left, *right}
        summed = [i for i in left if i in right and i not in out]
        if max(len(left), len(right), len(out)) > 2 or len({*out}) < len(out) or len(letters) > 3:
            return self.contracted((a, left), (b, right), out)
        if len(summed) == 1 and not {*left} & {*right} & {*out} and letters == {*out, *summed}:
            return _matrix_product((a, left), (b, right), out, summed[0])
        if letters == {*out}:
            return self.entrywise(step, (a, left), (b, right), out)
        if len(letters) == 2 and len(summed) == len(letters) - len(out):
            axes = (*out, *summed)
            source = f"{self.aligned(a, left, axes).at(PRODUCT)} .* {self.aligned(b, right, axes).at(POWER)}"
            return Text(f"sum({source}, 2)" if out else f"sum(sum({source}))")
        return self.contracted((a, left), (b, right), out)

    def distinct(self, text: Text, indices: Indices) -> Text:
        """An operand with one axis for each index."""
        if len({*indices}) == len(indices):
            return text
        return Text(
            f"diag({text.source})" if len(indices) == 2 else f"diagonals({text.source}, '{subscript(indices)}')"
        )

    def contracted(self, a: tuple[Text, Indices], b: tuple[Text, Indices], out: Indices) -> Text:
        texts = [f"{text.source}, '{subscript(indices)}'" for text, indices in (a, b)]
        return Text(f"contract({', '.join(texts)}, '{subscript(out)}')")

    def entrywise(self, step: Step, a: tuple[Text, Indices], b: tuple[Text, Indices], out: Indices) -> Text:
        """Products of entries, outer products, and quotients where one operand is a reciprocal."""
        first, second = step.operands
        for name, indices, (other, others) in ((second, b[1], a), (first, a[1], b)):
            kept = self.aligned(other, others, out)
            if {*others} == {*out} and (triangle := self.triangle(name, upper=indices != out)):
                return Text(f"{triangle}({kept.source})")
            divisor = self.divisor(name)
            if divisor is not None:
                return Text(f"{kept.at(PRODUCT)} ./ {self.aligned(divisor, indices, out).at(POWER)}", PRODUCT)
        if len(a[1]) == len(b[1]) == 1 and len(out) == 2:
            column, row = (a[0], b[0]) if a[1] == out[:1] else (b[0], a[0])
            return Text(f"{column.at(PRODUCT)} * {transposed(row).at(POWER)}", PRODUCT)
        sign = ".*" if a[1] and b[1] else "*"
        return Text(
            f"{self.aligned(a[0], a[1], out).at(PRODUCT)} {sign} {self.aligned(b[0], b[1], out).at(POWER)}", PRODUCT
        )

    def summed(self, step: Step) -> Text:
        """Sums along axes, and diagonals."""
        indices, out = step.data
        (text,) = self.operands(step)
        if len(indices) > 2 or len(out) > 1:
            return Text(f"total({text.source}, '{subscript(indices)}', '{subscript(out)}')")
        if len({*indices}) < len(indices):
            return Text(f"{'diag' if out else 'trace'}({text.source})")
        if not out:
            return Text(f"sum({text.source})" if len(indices) == 1 else f"sum(sum({text.source}))")
        return Text(f"sum({text.source}, 2)" if out[0] == indices[0] else f"sum({text.source}, 1)'")

    # ---------------------------------------------------------------- factors
    def is_solved_once(self, step: Step) -> bool:
        """Whether an LU factor serves one solution, which ``\\`` is then."""
        return step.data == "lu" and self.uses[step.result] == 1 and not self.options.guarded

    def factored(self, step: Step) -> Text | list[str]:
        (text,) = self.operands(step)
        source = f"regular({text.source})" if self.options.guarded else text.source
        if step.data == "cholesky":
            flag = self.fresh_like("failed")
            return [
                f"[{{name}}, {flag}] = chol({source});",
                f"assert({flag} == 0, 'matcalc:domain', '{_told(text.source)} is not positive definite');",
            ]
        if self.is_solved_once(step):
            return text
        return [f"[{{name}}_L, {{name}}_U, {{name}}_P] = lu({source});"]

    def solved(self, step: Step) -> Text:
        how, turned = step.data
        factor, right = self.operands(step)
        if how in ("lower", "upper"):
            triangle = Text(f"{'tril' if how == 'lower' else 'triu'}({factor.source})")
            return Text(f"{triangle.source}{chr(39) * turned} \\ {right.at(POWER)}", PRODUCT)
        if how == "cholesky":
            return Text(f"{factor.source} \\ ({factor.source}' \\ {right.at(POWER)})", PRODUCT)
        if self.is_solved_once(self.steps[step.operands[0]]):
            matrix = transposed(factor) if turned else factor
            return Text(f"{matrix.at(ATOM)} \\ {right.at(POWER)}", PRODUCT)
        lower, upper, rows = (f"{factor.source}_{part}" for part in "LUP")
        if turned:
            return Text(f"{rows}' * ({lower}' \\ ({upper}' \\ {right.at(POWER)}))", PRODUCT)
        return Text(f"{upper} \\ ({lower} \\ ({rows} * {right.at(POWER)}))", PRODUCT)

    def log_of_determinant(self, step: Step) -> Text:
        (text,) = self.operands(step)
        if step.data == "factored":
            return Text(f"2 * sum(log(diag({text.source})))", PRODUCT)
        return Text(f"log_of_det({text.source})")

    def inverted(self, step: Step) -> Text:
        (text,) = self.operands(step)
        return Text(f"inv(regular({text.source}))" if self.options.guarded else f"inv({text.source})")

    def inverse_by_factor(self, step: Step) -> list[str]:
        (text,) = self.operands(step)
        inverse = f"{text.source} \\ ({text.source}' \\ eye({dim(step.dims[0])}))"
        return [f"{{name}} = {inverse};", "{name} = ({name} + {name}') / 2;"]

    # ---------------------------------------------------------------- axes and places
    def permuted(self, step: Step) -> Text:
        (text,) = self.operands(step)
        if step.data == (1, 0):
            return transposed(text)
        return Text(f"permute({text.source}, [{', '.join(str(axis + 1) for axis in step.data)}])")

    def reshaped(self, step: Step) -> Text:
        (text,) = self.operands(step)
        return self.with_dims(text, len(step.operand_dims[0]), step.dims)

    def with_dims(self, text: Text, rank: int, dims: tuple[Dim, ...]) -> Text:
        """An array with other sides, in the order of rows: MATLAB's is that of columns."""
        turned = _reversed(text, rank)
        if len(dims) <= 1:
            return Text(f"reshape({turned.source}, {sides(dims)})")
        return _reversed(Text(f"reshape({turned.source}, {sides(dims[::-1])})"), len(dims))

    def unit_rows(self, step: Step) -> list[str]:
        """A unit vector, or rows of the identity."""
        if isinstance(step.data, Single):
            return self.placed_in(step, "1", [step.data])
        return self.placed_in(step, f"eye({dim(step.dims[0])})", [None, step.data])

    def of_size(self, step: Step) -> Text:
        return self.applied(self.form(step.data), ("n",), [Text(dim(step.dims[0]))])

    def taken_out(self, step: Step) -> Text:
        (name,) = step.operands
        word, dims = self.named(name), step.operand_dims[0]
        text = Text(f"{word}({', '.join(self.places(step.data, dims))})")
        kept = [axis for axis, at in enumerate(step.data) if not isinstance(at, Single)]
        if len(dims) <= 2:
            return transposed(text) if len(dims) == 2 and kept == [1] else text
        return Text(f"reshape({text.source}, {sides(step.dims)})") if len(kept) < len(dims) else text

    def placed(self, step: Step) -> list[str]:
        """Zeros with an array in their midst."""
        return self.placed_in(
            step, self.with_singles(self.operands(step)[0], step.data, step.operand_dims[0]), step.data
        )

    def placed_in(self, step: Step, source: str, at: Sequence[Position]) -> list[str]:
        places = ", ".join(self.places(at, step.dims))
        return [f"{{name}} = {made('zeros', step.dims)};", f"{{name}}({places}) = {source};"]

    def with_singles(self, text: Text, at: Sequence[Position], dims: Sequence[Dim]) -> str:
        """An array with a side of 1 for each single place."""
        kept = [axis for axis, place in enumerate(at) if not isinstance(place, Single)]
        if len(kept) == len(at) or kept in ([], [0]):
            return text.source
        if len(at) == 2:
            return transposed(text).source
        given = iter(dims)
        all_sides = [Dim.of(1) if isinstance(place, Single) else next(given) for place in at]
        return f"reshape({text.source}, {sides(all_sides)})"

    def joined(self, step: Step) -> list[str]:
        """Arrays, each at its place among zeros."""
        lines = [f"{{name}} = {made('zeros', step.dims)};"]
        for at, text, dims in zip(step.data[0], self.operands(step), step.operand_dims, strict=True):
            lines.append(f"{{name}}({', '.join(self.places(at, step.dims))}) = {self.with_singles(text, at, dims)};")
        return lines

    def places(self, positions: Sequence[Position], dims: Sequence[Dim]) -> list[str]:
        """What stands in brackets, counted from 1; entries that an array need not have are looked for."""
        texts = []
        for at, side in zip(positions, dims, strict=True):
            if at is None:
                texts.append(":")
                continue
            end = end_of(at)
            if self.options.check and not is_at_most(end, side):
                line = f"check_length('{side}', {dim(side)}, {dim(end)});"
                self.lines += [line] * (line not in self.lines)
            first = dim(first_of(at).plus(Dim.of(1)))
            texts.append(first if isinstance(at, Single) else f"{first}:{'end' if end is side else dim(end)}")
        return texts

    def embedded(self, step: Step) -> Text:
        """Deltas and free indices filled in."""
        indices, out = step.data
        (text,) = self.operands(step)
        if not indices and len({*out}) == len(out):
            ones = made("ones", step.dims)
            return Text(ones) if text.source in ("1", "1.0") else Text(f"{text.at(POWER)} * {ones}", PRODUCT)
        if out == (0, 0):
            if indices:
                return Text(f"diag({text.source})")
            eye = f"eye({dim(step.dims[0])})"
            return Text(eye) if text.source == "1" else Text(f"{text.at(POWER)} * {eye}", PRODUCT)
        if len(out) == 2 and len({*out}) == 2 and len(indices) == 1:
            count = dim(step.dims[1 - out.index(indices[0])])
            times = f"1, {count}" if indices == out[:1] else f"{count}, 1"
            return Text(f"repmat({self.aligned(text, indices, out).source}, {times})")
        return Text(f"embedded({text.source}, '{subscript(indices)}', '{subscript(out)}', {sides(step.dims)})")


def _matrix_product(a: tuple[Text, Indices], b: tuple[Text, Indices], out: Indices, summed: int) -> Text:
    """A product of matrices and columns; a column is what it gives."""
    if (len(a[1]) == 1 and len(b[1]) == 2) or (len(out) == 2 and out[0] not in a[1]):
        a, b = b, a
    first = a[0] if len(a[1]) == 2 and a[1][1] == summed else transposed(a[0])
    second = b[0] if b[1][0] == summed else transposed(b[0])
    return Text(f"{first.at(PRODUCT)} * {second.at(POWER)}", PRODUCT)


def _reversed(text: Text, rank: int) -> Text:
    """An array with its axes in the other order."""
    if rank < 2:
        return text
    if rank == 2:
        return transposed(text)
    order = f", [{', '.join(map(str, range(rank, 0, -1)))}])"
    is_reversed = text.source.startswith("permute(") and text.source.endswith(order) and text.source.count("(") == 1
    return Text(text.source[len("permute(") : -len(order)]) if is_reversed else Text(f"permute({text.source}{order}")


def _told(source: str) -> str:
    """A part of a formula within a message."""
    return source if source.isidentifier() else "a matrix"


STEPS: Mapping[Operation, Callable[[MatlabWriter, Step], Text | list[str]]] = {
    "function": MatlabWriter.of_function,
    "power": MatlabWriter.power,
    "combine": MatlabWriter.combine,
    "product": MatlabWriter.multiplied,
    "reduce": MatlabWriter.summed,
    "factor": MatlabWriter.factored,
    "solve": MatlabWriter.solved,
    "logdet": MatlabWriter.log_of_determinant,
    "inverse": MatlabWriter.inverted,
    "cholesky inverse": MatlabWriter.inverse_by_factor,
    "mask": MatlabWriter.of_size,
    "permute": MatlabWriter.permuted,
    "reshape": MatlabWriter.reshaped,
    "unit": MatlabWriter.unit_rows,
    "take": MatlabWriter.taken_out,
    "place": MatlabWriter.placed,
    "join": MatlabWriter.joined,
    "embed": MatlabWriter.embedded,
}
