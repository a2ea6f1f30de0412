"""Steps → statements of C++ with Eigen: each value that is used twice has a name, and a type that is written out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from matcalc.emission.eigen import members, products, tensors
from matcalc.emission.eigen.applying import applied
from matcalc.emission.eigen.arithmetic import array_power, negated, quotient, raised, scaled, times
from matcalc.emission.eigen.tensors import Term
from matcalc.emission.eigen.values import ATOM, PRODUCT, SUM, UNARY, Made, Value, folded, literal
from matcalc.emission.eigen.writer import Writer, assigned
from matcalc.position import Position, Single, end_of, first_of
from matcalc.program.step import OPERATIONS, Operation, Step
from matcalc.rational import Fraction
from matcalc.shape import Dim


class EigenRenderer(Writer):
    """The statements of a program, one method for each operation."""

    def made(self, step: Step) -> Value | Made | None:
        return _RENDER[step.operation](self, step)

    # ---------------------------------------------------------------- entries
    def function(self, step: Step) -> Value | Made | None:
        return applied(self, step)

    def power(self, step: Step) -> Value | Made | None:
        (name,), exponent = step.operands, step.data
        if self.is_large(step):
            entry = self.single_entries(name)
            return self.by_entries(step, tensors.dense(step.dims, lambda at: raised(entry(at), exponent)))
        value = self.value(name)
        if not step.dims:
            return raised(self.repeated(name, exponent), exponent)
        return array_power(value.array(), exponent)

    def repeated(self, name: str, exponent: Fraction) -> Value:
        """A number that may stand several times in a power."""
        if exponent in (1, -1) or exponent.denominator != 1 or self.value(name).level == ATOM:
            return self.value(name)
        return self.store(name)

    def combine(self, step: Step) -> Value | Made | None:
        *coefficients, constant = step.data
        pairs = sorted(zip(coefficients, step.operands, strict=True), key=lambda pair: pair[0] < 0)
        if self.is_large(step):
            found = [t for c, name in pairs for t in tensors.mapped(self.terms(name), lambda v, c=c: times(c, v))]  # type: ignore[misc]
            found += tensors.dense(step.dims, lambda at: literal(constant)) if constant else []
            return self.by_entries(step, found)
        on_diagonal = [pair for pair in pairs if pair[1] in self.diagonals and pair[1] not in self.values]
        if on_diagonal and len(on_diagonal) == len(pairs) and not constant:
            on_diagonal = on_diagonal[1:]
        others = [pair for pair in pairs if pair not in on_diagonal]
        values = [(coefficient, self.value(name)) for coefficient, name in others]
        is_array = step.dims and (constant or all(v.kind == "array" for _, v in values))
        is_array = is_array or (any(v.kind == "array" for _, v in values) and not any(v.is_product for _, v in values))
        kind = "number" if not step.dims else "array" if is_array else "matrix"
        texts = [times(c, v.array() if kind == "array" else v.matrix()) for c, v in values]
        if constant:
            at = 0 if constant > 0 and all(text.source.startswith("-") for text in texts) else len(texts)
            texts.insert(at, literal(constant))
        if kind == "matrix" and not on_diagonal and not constant and self.is_summed_in_place(step, values):
            return self.summed_in_place(values)
        whole_text = tensors.added(texts)._replace(kind=kind, is_product=any(v.is_product for _, v in values))
        whole_text = whole_text._replace(level=SUM if len(texts) > 1 else texts[0].level)
        if not on_diagonal:
            return whole_text
        return Made(whole_text, [self.on_diagonal(c, self.diagonals[name]) for c, name in on_diagonal])

    def is_summed_in_place(self, step: Step, values: Sequence[tuple[Fraction, Value]]) -> bool:
        """Whether products are added to what is stored: Eigen takes longer for a sum with one, at fixed sizes."""
        products = [value.is_product for _, value in values]
        is_stored = self.uses[step.result] > 1 or step.result in self.kept
        sizes = [self.types.fixed(dim) or 0 for dim in step.dims]
        return is_stored and any(products) and not all(products) and min(sizes) > 0 and max(sizes) > 4

    def summed_in_place(self, values: Sequence[tuple[Fraction, Value]]) -> Made:
        plain = [times(c, v.matrix()) for c, v in values if not v.is_product]
        level = SUM if len(plain) > 1 else plain[0].level
        rest = [
            f"{{name}}.noalias() {'-' if c < 0 else '+'}= {times(abs(c), v).source};" for c, v in values if v.is_product
        ]
        return Made(tensors.added(plain)._replace(kind="matrix", level=level), rest)

    def on_diagonal(self, coefficient: Fraction, value: Value) -> str:
        """The statement that adds to a diagonal."""
        sign = "-" if coefficient < 0 else "+"
        source = times(abs(coefficient), value.matrix()).source
        return f"{{name}}.diagonal(){'.array()' if value.kind == 'number' else ''} {sign}= {source};"

    def scale(self, step: Step) -> Value | Made | None:
        coefficient, has_array, exponents = step.data
        scalars = step.operands[1 if has_array else 0 :]
        factors = [(self.repeated(name, abs(e)), e) for name, e in zip(scalars, exponents, strict=True)]
        factor = quotient(abs(coefficient), factors)
        if not has_array:
            return negated(factor) if coefficient < 0 else factor
        signed = negated(factor) if coefficient < 0 else factor
        name = step.operands[0]
        if name in self.diagonals and name not in self.values and not self.is_large(step):
            self.diagonals[step.result] = scaled(signed, self.diagonals[name])
            return self.value(step.result) and None if step.result in self.kept else None
        if self.is_large(step):
            stored = signed
            if factors and not signed.is_word:
                word = self.fresh_like("scale")
                self.lines.append(f"const double {word} = {signed.source};")
                stored = Value(word, ATOM, "number")
            by_members = members.scaled_each(self, step, stored) if step.result in self.kept else None
            return by_members or self.by_entries(step, tensors.mapped(self.terms(name), lambda v: scaled(stored, v)))
        return scaled(signed, self.value(name))

    # ---------------------------------------------------------------- products and sums
    def product(self, step: Step) -> Value | Made | None:
        left, right, out = step.data
        if not self.is_large(step):
            a, b = self.operand_values(step)
            found = products.product(self.types, step, a, b)
            if found is not None:
                return found
        by_members = members.product(self, step)
        if by_members is not None:
            return by_members
        a_terms, b_terms = (self.terms(name) for name in step.operands)
        return self.by_entries(step, tensors.contracted(a_terms, b_terms, left, right, out))

    def reduce(self, step: Step) -> Value | Made | None:
        indices, out = step.data
        if not self.is_large(step):
            (a,) = self.operand_values(step)
            found = products.reduction(indices, out, a)
            if found is not None:
                return found
        return self.by_entries(step, tensors.summed(self.terms(step.operands[0]), indices, out))

    # ---------------------------------------------------------------- solutions
    def factor(self, step: Step) -> None:
        (matrix,) = self.operand_values(step)
        kind = self.types.of(step.dims)
        word = self.fresh(step)
        self.values[step.result] = Value(word)
        size = self.types.fixed(step.dims[0])
        if step.data == "cholesky":
            factor = f"{self.detail}::positive_definite<{kind}>({matrix.source})"
            self.lines += assigned(f"const Eigen::LLT<{kind}> {word} =", factor)
        elif size is not None and size <= 4:
            self.inverted.add(step.result)
            self.lines += assigned(f"const {kind} {word} =", f"{matrix.at(ATOM)}.inverse()")
        else:
            self.lines.append(f"const Eigen::PartialPivLU<{kind}> {word}({matrix.matrix().source});")

    def solve(self, step: Step) -> Value:
        how, transposed = step.data
        factor, right = self.operand_values(step)
        right = right.matrix()
        if how in ("lower", "upper"):
            is_lower = (how == "lower") != transposed
            matrix = factor.transposed() if transposed else factor
            view = f"{matrix.at(ATOM)}.triangularView<Eigen::{'Lower' if is_lower else 'Upper'}>()"
            return Value(f"{view}.solve({right.source})")
        if step.operands[0] in self.inverted:
            inverse = factor.transposed() if transposed else factor
            return Value(f"{inverse.source} * {right.at(UNARY)}", PRODUCT, is_product=True)
        turned = ".transpose()" if transposed and how == "lu" else ""
        return Value(f"{factor.source}{turned}.solve({right.source})")

    def logdet(self, step: Step) -> Value:
        (value,) = self.operand_values(step)
        if step.data == "factored":
            source = f"2.0 * {value.source}.matrixLLT().diagonal().array().log().sum()"
            return Value(source, PRODUCT, "number")
        size = self.types.fixed(step.operand_dims[0][0])
        if size is not None and size <= 4:
            return Value(f"std::log({value.matrix().at(ATOM)}.determinant())", ATOM, "number")
        return Value(f"{self.detail}::log_determinant({value.matrix().source})", ATOM, "number")

    def inverse(self, step: Step) -> Value:
        (value,) = self.operand_values(step)
        return Value(f"{value.matrix().at(ATOM)}.inverse()")

    def cholesky_inverse(self, step: Step) -> Value:
        (value,) = self.operand_values(step)
        return Value(f"{value.source}.solve({self.types.constant(step.dims, 'Identity')})")

    # ---------------------------------------------------------------- places
    def permute(self, step: Step) -> Value | Made | None:
        if self.is_large(step):
            return self.by_entries(step, tensors.permuted(self.terms(step.operands[0]), step.data))
        return self.value(step.operands[0]).matrix().transposed()

    def reshape(self, step: Step) -> Value | Made | None:
        (name,), (dims,) = step.operands, step.operand_dims
        if len(dims) > 2 or len(step.dims) > 2:
            return self.regrouped(step, name, dims)
        value = self.value(name).matrix()
        return reshaped(value, [self.types.text(dim) for dim in step.dims])

    def regrouped(self, step: Step, name: str, dims: tuple[Dim, ...]) -> Value | Made | None:
        """Axes in other groups: those of rows and of columns as one each, or back."""
        few, many = sorted((dims, step.dims), key=len)
        rows = next((k for k in range(1, len(many) + 1) if are_folds(few, many, k)), 0)
        if not rows or len(few) > 2:
            return self.by_entries(step, tensors.regrouped(self.single_entries(name), dims, step.dims, self.types))
        if many == dims:
            lines = tensors.written("{name}", self.terms(name), many, rows, self.types, self.letters)
            return Made(None, lines)
        word = self.store(name).source

        def entry(at: Mapping[int, str]) -> Value:
            order = [at[axis] for axis in range(len(many))]
            return Value(tensors.place(word, many, rows, order, self.types), ATOM, "number")

        return self.by_entries(step, tensors.dense(many, entry))

    def unit(self, step: Step) -> Value:
        """A unit vector, or rows of the identity."""
        if isinstance(step.data, Single):
            return Value(self.types.constant(step.dims, "Unit", self.types.text(first_of(step.data))))
        rows, cols = step.dims
        identity = self.types.constant((cols, cols), "Identity")
        return Value(f"{identity}.middleRows({self.types.text(first_of(step.data))}, {self.types.text(rows)})")

    def mask(self, step: Step) -> Value | Made | None:
        return applied(self, step)

    def take(self, step: Step) -> Value | Made | None:
        (name,) = step.operands
        if self.is_large(step):
            return self.by_entries(step, self.taken_terms(name, step))
        stored = self.store(name)
        return self.part(stored.at(ATOM), step.data, step.operand_dims[0])

    def taken_terms(self, name: str, step: Step) -> list[Term]:
        entry = self.single_entries(name)
        kept = [axis for axis, at in enumerate(step.data) if not isinstance(at, Single)]

        def at_places(at: Mapping[int, str]) -> Value:
            there: dict[int, str] = {}
            for axis, position in enumerate(step.data):
                index = at[kept.index(axis)] if axis in kept else ""
                if position is not None:
                    first = self.types.text(first_of(position))
                    index = f"({first} + {index})" if index and first != "0" else index or first
                there[axis] = index
            return entry(there)

        return tensors.dense(step.dims, at_places)

    def part(self, source: str, positions: Sequence[Position], dims: Sequence[Dim]) -> Value:
        """An entry, or a block, that may be assigned to."""
        spans = []
        for at, side in zip(positions, dims, strict=True):
            first = "0" if at is None else self.types.text(first_of(at))
            size = side if at is None else end_of(at).plus(first_of(at), -1)
            spans.append((first, self.types.text(size), at is None, self.types.fixed(size) is not None))
        singles = [isinstance(at, Single) for at in positions]
        if all(singles):
            return Value(f"{source}({', '.join(span[0] for span in spans)})", ATOM, "number")
        if len(spans) == 1:
            return Value(_segment(source, spans[0]))
        if singles[0]:
            return Value(f"{_segment(f'{source}.row({spans[0][0]})', spans[1])}.transpose()")
        if singles[1]:
            return Value(_segment(f"{source}.col({spans[1][0]})", spans[0]))
        return Value(_block(source, spans))

    def place(self, step: Step) -> Made | None:
        return self.join(step._replace(data=((step.data,), False)))

    def join(self, step: Step) -> Made | None:
        """Arrays, each at its place, among zeros where they do not fill the whole."""
        places, is_full = step.data
        if self.is_large(step):
            return self.join_by_entries(step)
        lines = []
        for name, at in zip(step.operands, places, strict=True):
            target = self.part("{name}", at, step.dims).source
            is_diagonal = name in self.diagonals and name not in self.values
            value = self.diagonal_matrix(name) if is_diagonal else self.value(name)
            value = value.matrix() if self.dims[name] else value
            if target.endswith(".transpose()"):
                target, value = target.removesuffix(".transpose()"), value.transposed()
            lines.append(f"{target} = {value.source};")
        return Made(None if is_full else Value(self.types.constant(step.dims, "Zero")), lines)

    def join_by_entries(self, step: Step) -> Made:
        places, is_full = step.data
        rows = self.rows_of(step.result)
        lines = [] if is_full else [tensors.cleared("{name}", step.dims, rows, self.types)]
        for name, at in zip(step.operands, places, strict=True):
            lines += tensors.placed("{name}", self.single_entries(name), at, step.dims, rows, self.types, self.letters)
        return Made(None, lines)

    def embed(self, step: Step) -> Value | Made | None:
        """Deltas and free indices filled in."""
        (indices, out), (name,) = step.data, step.operands
        if self.is_large(step) or (len(out) == 2 and len(indices) == 2):
            entry = self.single_entries(name)
            return self.by_entries(step, tensors.embedded(entry, indices, out, step.dims))
        value = self.value(name)
        if out == (0, 0):
            self.diagonals[step.result] = value
            return None
        if not indices:
            return Value(self.types.constant(step.dims, "Constant", value.source))
        if indices == out:
            return value
        rows, cols = (self.types.text(dim) for dim in step.dims)
        if indices == out[:1]:
            return Value(f"{value.matrix().at(ATOM)}.replicate(1, {cols})")
        across = value.matrix().transposed()
        return Value(f"{across.at(ATOM)}.replicate({rows}, 1)")

    def call(self, step: Step) -> None:
        raise self.refusal("a function without a known body")


# Where neighbours begin, how many they are, whether they are all, and whether their number stands in types.
Span = tuple[str, str, bool, bool]


def _segment(source: str, span: Span) -> str:
    """Neighbouring entries of a vector."""
    first, size, is_whole, fixed = span
    if is_whole:
        return source
    return f"{source}.{'head' if first == '0' else 'segment'}{_sized(fixed, [size], [] if first == '0' else [first])}"


def _block(source: str, spans: Sequence[Span]) -> str:
    """Neighbouring rows and columns of a matrix."""
    (top, rows, all_rows, fixed_rows), (left, cols, all_cols, fixed_cols) = spans
    if all_rows and all_cols:
        return source
    if all_rows:
        edge, start = ("left", []) if left == "0" else ("middle", [left])
        return f"{source}.{edge}Cols{_sized(fixed_cols, [cols], start)}"
    if all_cols:
        edge, start = ("top", []) if top == "0" else ("middle", [top])
        return f"{source}.{edge}Rows{_sized(fixed_rows, [rows], start)}"
    if top == left == "0":
        return f"{source}.topLeftCorner{_sized(fixed_rows and fixed_cols, [rows, cols], [])}"
    return f"{source}.block{_sized(fixed_rows and fixed_cols, [rows, cols], [top, left])}"


def _sized(fixed: bool, sizes: Sequence[str], starts: Sequence[str]) -> str:
    """The arguments of a block: the sizes stand in the type where they are known."""
    if fixed:
        return f"<{', '.join(sizes)}>({', '.join(starts)})"
    return f"({', '.join([*starts, *sizes])})"


def are_folds(few: Sequence[Dim], many: tuple[Dim, ...], rows: int) -> bool:
    """Whether a matrix, or a vector, has all entries of an array whose first axes are its rows'."""
    sides = folded(many, rows)
    return tuple(few) == (sides if len(few) == 2 else sides[:1] if rows == len(many) else ())


def reshaped(value: Value, sides: Sequence[str]) -> Value:
    """The same entries, taken row by row, in another shape."""
    turned = value.transposed()
    order, source = (
        ("", turned) if len(sides) == 1 and len(turned.source) < len(value.at(ATOM)) else ("RowMajor", value)
    )
    if len(sides) == 1:
        return Value(f"{source.at(ATOM)}.reshaped{'<Eigen::RowMajor>' if order else ''}()")
    return Value(f"{value.at(ATOM)}.reshaped<Eigen::RowMajor>({', '.join(sides)})")


_RENDER: Mapping[Operation, Callable[[EigenRenderer, Step], Value | Made | None]] = {
    operation: getattr(EigenRenderer, operation.replace(" ", "_")) for operation in OPERATIONS
}
