"""Steps → NumPy statements, each value with a name, short ones written where they are used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from matcalc.emission.callables import COLUMNS, SHAPED, Pass, by_rows, is_jacobian, pass_of
from matcalc.emission.helpers import CHOLESKY_INVERSE, FOR_EACH, LOG_OF_DET, REGULAR_FACTORS, REGULAR_INVERSE, SPAN
from matcalc.emission.source import dim, number, power, shape, subscript
from matcalc.emission.statements import Statements
from matcalc.emission.tensors import of_stacks
from matcalc.emission.text import ATOM, OR, POWER, PRODUCT, SUM, Text, is_one_call, transpose_of
from matcalc.functions import TRILONES
from matcalc.position import Position, Single, end_of, first_of
from matcalc.program.squares import NONZERO
from matcalc.program.step import OPERATIONS, Operation, Step
from matcalc.rational import Fraction
from matcalc.shape import Dim, is_at_most

LONGEST_LINE = 104  # characters of a sum; a longer one has a line for each term


class Renderer(Statements):
    """Source of a program. ``lines`` is the body of a function, ``helpers`` what it calls."""

    def with_dims(self, text: Text, rank: int, dims: tuple[Dim, ...]) -> Text:
        """A value of that many axes, with axes of these dimensions instead."""
        return Text(f"{text.source}.reshape({', '.join(map(dim, dims))})")

    def for_each(self, name: str, text: str, dims: tuple[Dim, ...]) -> str | None:
        """A result that is not there for each place of a stack, at all of them; None where nothing is to be done."""
        return None

    def raised(self, name: str, text: str, exponent: Fraction) -> str:
        """A power of a value."""
        return power(text, exponent)

    def written(self, step: Step) -> Text | list[str]:
        """The expression of a step, or the statements that make it."""
        return _RENDER[step.operation](self, step)

    # ---------------------------------------------------------------- one operation each
    def function(self, step: Step, source: str = "") -> Text:
        """A function by its record's source, or by another one."""
        if step.data.abstract is not None:
            return self.user_function(step)
        if step.data is NONZERO and not step.dims and not self.options.batch:
            return Text(f"{self.operands(step)[0].source} or np.inf", OR)
        if not source and step.data.each is not None:
            return self.of_stacks(step)
        template, _, helper = (source or step.data.numpy).partition("\n")
        self.help(helper)
        return self.filled_in(template, step, self.operands(step))

    def of_stacks(self, step: Step) -> Text:
        """A function of matrices as wholes, of each member of stacks."""
        if not step.data.stacked:
            return self.one_by_one(step)
        template, _, helper = step.data.stacked.partition("\n")
        self.help(helper)
        return self.filled_in(template, step, self.operands(step))

    def one_by_one(self, step: Step) -> Text:
        """A function that takes no stacks, called for each member."""
        ranks = tuple(map(len, own_dims(step)))
        self.help(FOR_EACH.replace("(stack + dims)", f"(stack + dims{self.options.typed})"))
        function = step.data if step.data.each is None else step.data.each.function
        template, _, helper = function.numpy.partition("\n")
        self.help(helper)
        for key, rank in zip(function.operands, ranks, strict=True):
            whole = key if rank or len(ranks) == 1 else f"np.reshape({key}, (1, 1))"
            template = template.replace(f"{{{key}}}", whole)
        arguments = ", ".join(text.source for text in self.operands(step))
        each = f"lambda {', '.join(function.operands)}: {template}"
        return Text(f"_for_each_member({each}, {ranks}, {shape(step.dims[lead_of(step) :])}, {arguments})")

    def filled_in(self, template: str, step: Step, texts: Sequence[Text]) -> Text:
        """A function's source with its operands."""
        texts, reshaped = self.whole(template, step, texts)
        template = template.replace("{axes}", _axes(len(own_dims(step)[0])))
        whole = is_one_call(template)
        for key, text in zip(step.data.operands, texts, strict=True):
            slot = "{" + key + "}"
            for before, after in (("(", ")"), ("(", ","), (" ", ")"), (" ", ",")):
                if before == "(" or ", " in template:
                    template = template.replace(f"{before}{slot}{after}", f"{before}{text.source}{after}")
            template = template.replace(slot, text.at(ATOM))
        if reshaped:
            return self.as_result(step, template)
        return Text(template, ATOM if whole else SUM)

    def whole(self, template: str, step: Step, texts: Sequence[Text]) -> tuple[list[Text], bool]:
        """The operands of a function, scalars beside others as matrices, and whether there are such."""
        is_scalar = [not dims and len(texts) > 1 and not step.data.elementwise for dims in step.operand_dims]
        wholes = [
            Text(f"np.reshape({text.source}, (1, 1))") if scalar else text
            for text, scalar in zip(texts, is_scalar, strict=True)
        ]
        return wholes, any(is_scalar)

    def as_result(self, step: Step, source: str) -> Text:
        """The value of a function of matrices with the axes of the result."""
        return self.shaped(source, step.dims)

    def shaped(self, source: str, dims: tuple[Dim, ...]) -> Text:
        """What has one entry for each of the result."""
        return Text(f"{source}.reshape({shape(dims)})")

    def user_function(self, step: Step) -> Text:
        """The value of a function, or of its Jacobian, that the caller brings."""
        self.help(SHAPED)
        name, (text,) = self.scope.callables[step.data.abstract.argument], self.operands(step)
        if not (self.options.products and is_jacobian(step)):
            self.callables[name] = step.data.name
            return Text(f'_shaped("{name}", {name}({text.source}), {shape(step.dims)})')
        if self.is_multiplied(step.result):
            return Text(text.source)  # the argument: what is multiplied by the Jacobian reads it here
        if len(step.dims) < 2:
            kind = "vjp" if step.operand_dims[0] else "jvp"
            return self.passed(kind, step, "1.0", step.dims)
        rows, columns = step.dims
        if by_rows(step.dims):
            return transpose_of(self.passed("vjp", step, f"np.eye({dim(rows)})", (columns, rows)))
        return self.passed("jvp", step, f"np.eye({dim(columns)})", (rows, columns))

    def passed(self, kind: str, jacobian: Step, vectors: str, dims: tuple[Dim, ...]) -> Text:
        """A Jacobian or its transpose times one vector, or the columns of a matrix."""
        name = self.scope.callables[f"{kind}_{jacobian.data.abstract.name}"]
        self.callables[name] = f"{kind} of {jacobian.data.abstract.name}"
        at = self.texts[jacobian.result] if self.is_multiplied(jacobian.result) else self.operands(jacobian)[0]
        if len(dims) < 2:
            return Text(f'_shaped("{name}", {name}({at.source}, {vectors}), {shape(dims)})')
        self.help(COLUMNS)
        return Text(f'_columns("{name}", {name}, {at.source}, {vectors}, {dim(dims[0])})')

    def power(self, step: Step) -> Text:
        (text,) = self.operands(step)
        return Text(
            self.raised(step.operands[0], text.at(ATOM), step.data), POWER if "**" in power("x", step.data) else ATOM
        )

    def combine(self, step: Step) -> Text | list[str]:
        (minus, first), *rest = self.terms(step)
        head = f"-{first}" if minus else first
        tail = [f"{'-' if negative else '+'} {body}" for negative, body in rest]
        text = " ".join([head, *tail])
        if len(text) <= LONGEST_LINE:
            return Text(text, SUM if tail or minus else PRODUCT)
        return ["{name} = (", f"    {head}", *(f"    {term}" for term in tail), ")"]

    def terms(self, step: Step) -> list[tuple[bool, str]]:
        """The terms of a sum, with whether they are subtracted; those that are added come first."""
        *coefficients, constant = step.data
        found = []
        for coefficient, operand in zip(coefficients, self.operands(step), strict=True):
            size = abs(coefficient)
            body = operand.at(PRODUCT) if size == 1 else f"{number(size)} * {operand.at(POWER)}"
            found.append((coefficient < 0, body))
        found.sort(key=lambda term: term[0])
        if constant:
            at = 0 if constant > 0 and all(minus for minus, _ in found) else len(found)
            found.insert(at, (constant < 0, number(abs(constant))))
        return found

    def scale(self, step: Step) -> Text:
        coefficient, has_array, exponents = step.data
        texts = self.operands(step)
        scalars = [*zip(step.operands, texts, strict=True)][1 if has_array else 0 :]
        above = [] if abs(coefficient) == 1 else [number(abs(coefficient))]
        below: list[str] = []
        for (name, text), exponent in zip(scalars, exponents, strict=True):
            source = text.at(POWER if exponent in (1, -1) else ATOM)
            (above if exponent > 0 else below).append(self.raised(name, source, abs(exponent)))
        source = " * ".join(above)
        for divisor in below:
            source = f"{source or '1.0'} / {divisor}"
        if has_array:
            alone = f"({texts[0].source})" if coefficient < 0 and texts[0].level == POWER else texts[0].at(POWER)
            source = f"{source} * {texts[0].at(POWER)}" if source else alone
        return Text(f"-{source}" if coefficient < 0 else source, PRODUCT)

    def is_multiplied(self, name: str) -> bool:
        """Whether a Jacobian is used for products alone."""
        found = [self.pass_of(step) for step in self.program.steps if name in step.operands]
        return name not in self.kept and all(made is not None and made.jacobian == name for made in found)

    def pass_of(self, step: Step) -> Pass | None:
        return pass_of(step, self.steps) if self.options.products else None

    def product(self, step: Step) -> Text:
        left, right, out = step.data
        a, b = self.operands(step)
        made = self.pass_of(step)
        if made is not None and self.is_multiplied(made.jacobian):
            other = self.texts[made.other]
            straight = len(out) < 2 or out[0] == made.kept
            vectors = other.source if made.at[0] == made.summed else f"{other.at(ATOM)}.T"
            text = self.passed(
                made.kind, self.steps[made.jacobian], vectors, step.dims if straight else step.dims[::-1]
            )
            return text if straight else Text(f"{text.source}.T")
        summed = [i for i in left if i in right and i not in out]
        shared = [i for i in left if i in right]
        if len(summed) == 1 and shared == summed and len(left) <= 2 and len(right) <= 2:
            first = a.at(PRODUCT) if left[-1] == summed[0] else f"{a.at(ATOM)}.T"
            second = b.at(POWER) if right[0] == summed[0] else f"{b.at(ATOM)}.T"
            return Text(f"{first} @ {second}", PRODUCT)
        if summed and left == right and not out:
            return Text(f"np.vdot({a.source}, {b.source})")
        if not summed and len(left) <= 2 and len(right) <= 2 and len(out) <= 2:
            return self.broadcast(step, a, b)
        stacked = of_stacks(step, a, b)
        if stacked is not None:
            return stacked
        letters = f"{subscript(left)},{subscript(right)}->{subscript(out)}"
        return Text(f'np.einsum("{letters}", {a.source}, {b.source})')

    def broadcast(self, step: Step, a: Text, b: Text) -> Text:
        left, right, out = step.data
        for name, indices, other, others in ((step.operands[1], right, a, left), (step.operands[0], left, b, right)):
            if {*others} == {*out} and (triangle := self.triangle(name, upper=indices != out)):
                return Text(f"np.{triangle}({self.aligned(other, others, out).source})")
            divisor = self.divisor(name)
            if divisor is not None:
                above = self.aligned(other, others, out)
                return Text(f"{above.at(PRODUCT)} / {self.aligned(divisor, indices, out).at(POWER)}", PRODUCT)
        return Text(f"{self.aligned(a, left, out).at(PRODUCT)} * {self.aligned(b, right, out).at(POWER)}", PRODUCT)

    def triangle(self, name: str, *, upper: bool) -> str:
        """NumPy's function of a triangle, where a value is ones there, zeros elsewhere, and used here alone."""
        step = self.steps.get(name)
        if step is not None and step.operation == "permute":
            step, upper = self.steps.get(step.operands[0]), not upper
        if (
            step is None
            or step.operation != "mask"
            or step.data is not TRILONES
            or self.texts[name].source.isidentifier()
        ):
            return ""
        return "triu" if upper else "tril"

    def divisor(self, name: str) -> Text | None:
        """What is divided by, where a value is a reciprocal that is used here alone."""
        step = self.steps.get(name)
        if step is None or step.operation != "power" or step.data >= 0 or self.texts[name].source.isidentifier():
            return None
        inner = self.texts[step.operands[0]]
        source = self.raised(step.operands[0], inner.at(ATOM), -step.data)
        return Text(source, ATOM if step.data == -1 else POWER)

    def reduce(self, step: Step) -> Text:
        indices, out = step.data
        (text,) = self.operands(step)
        unique = tuple(dict.fromkeys(indices))
        if len(indices) == 2 and len(unique) == 1:
            return Text(f"np.trace({text.source})") if not out else Text(f"np.diagonal({text.source})")
        if len(unique) < len(indices):
            return Text(f'np.einsum("{subscript(indices)}->{subscript(out)}", {text.source})')
        gone = [axis for axis, i in enumerate(indices) if i not in out]
        if not out:
            return Text(f"np.sum({text.source})")
        return Text(f"np.sum({text.source}, axis={gone[0] if len(gone) == 1 else tuple(gone)})")

    def factor(self, step: Step) -> Text:
        (text,) = self.operands(step)
        if self.options.guarded:
            self.help(REGULAR_FACTORS[step.data])
            return Text(f"_regular_{step.data}({text.source})")
        return Text(f"linalg.{'cho' if step.data == 'cholesky' else 'lu'}_factor({text.source})")

    def solve(self, step: Step) -> Text:
        how, transposed = step.data
        factor, right = (text.source for text in self.operands(step))
        trans = ", trans=1" if transposed else ""
        if how in ("lower", "upper"):
            return Text(f"linalg.solve_triangular({factor}, {right}{trans}, lower={how == 'lower'})")
        return Text(f"linalg.{'cho' if how == 'cholesky' else 'lu'}_solve({factor}, {right}{trans})")

    def logdet(self, step: Step) -> Text:
        (text,) = self.operands(step)
        if step.data == "factored":
            return Text(f"2.0 * np.sum(np.log(np.diagonal({text.at(ATOM)}[0])))", PRODUCT)
        self.help(LOG_OF_DET)
        return Text(f"_log_of_det({text.source})")

    def inverse(self, step: Step) -> Text:
        (text,) = self.operands(step)
        if self.options.guarded:
            self.help(REGULAR_INVERSE)
            return Text(f"_regular_inverse({text.source})")
        return Text(f"np.linalg.inv({text.source})")

    def cholesky_inverse(self, step: Step) -> Text:
        self.help(CHOLESKY_INVERSE)
        return Text(f"_cholesky_inverse({self.operands(step)[0].source})")

    def permute(self, step: Step) -> Text:
        (text,) = self.operands(step)
        if step.data == (1, 0):
            return Text(f"{text.at(ATOM)}.T")
        return Text(f"np.transpose({text.source}, {step.data})")

    def reshape(self, step: Step) -> Text:
        (text,) = self.operands(step)
        return Text(f"{text.at(ATOM)}.reshape({shape(step.dims)})")

    def unit(self, step: Step) -> list[str]:
        """A unit vector, or rows of the identity."""
        if isinstance(step.data, Single):
            return self.filled(step, self.positions([step.data], step.dims)[0], "1.0")
        first, last = dim(first_of(step.data)), dim(end_of(step.data))
        return self.filled(step, f"np.arange({dim(step.dims[0])}), np.arange({first}, {last})", "1.0")

    def mask(self, step: Step) -> Text:
        size = f"{dim(step.dims[0])}{self.options.typed}"
        text = step.data.numpy.replace("{n}", size)
        return Text(text, ATOM if is_one_call(text) else SUM)

    def take(self, step: Step) -> Text:
        (text,) = self.operands(step)
        return Text(f"{text.at(ATOM)}[{', '.join(self.positions(step.data, step.operand_dims[0]))}]")

    def place(self, step: Step) -> list[str]:
        """Zeros with an array in their midst."""
        return self.filled(step, ", ".join(self.positions(step.data, step.dims)), self.operands(step)[0].source)

    def join(self, step: Step) -> list[str]:
        """Arrays, each at its place, among zeros where they do not fill the whole."""
        places, is_full = step.data
        start = f"{{name}} = np.{'empty' if is_full else 'zeros'}({shape(step.dims)}{self.options.typed})"
        texts = zip(places, self.operands(step), strict=True)
        return [start, *(f"{{name}}[{', '.join(self.positions(at, step.dims))}] = {t.source}" for at, t in texts)]

    def filled(self, step: Step, at: str, source: str) -> list[str]:
        return [f"{{name}} = np.zeros({shape(step.dims)}{self.options.typed})", f"{{name}}[{at}] = {source}"]

    def positions(self, positions: Sequence[Position], dims: Sequence[Dim]) -> list[str]:
        """What stands in brackets; rows that an array need not have are looked for."""
        texts = []
        for at, side in zip(positions, dims, strict=True):
            if at is None:
                texts.append(":")
            elif isinstance(at, Single):
                texts.append(dim(first_of(at)))
            else:
                first, end = dim(first_of(at)), dim(end_of(at))
                if self.options.check and not is_at_most(end_of(at), side):
                    self.help(SPAN)
                    texts.append(f"_span({first}, {end}, {dim(side)})")
                else:
                    texts.append(f"{'' if first == '0' else first}:{'' if end_of(at) is side else end}")
        while texts[-1] == ":":
            texts.pop()
        return texts

    def embed(self, step: Step) -> Text | list[str]:
        """Deltas and free indices filled in: a view of the diagonal of the new array is assigned."""
        indices, out = step.data
        (text,) = self.operands(step)
        distinct = tuple(dict.fromkeys(out))
        if not indices and out == distinct:
            typed = self.options.typed or (", dtype=float" if self.is_integer(step.operands[0]) else "")
            return Text(f"np.full({shape(step.dims)}, {text.source}{typed})")
        if out == (0, 0):
            n = dim(step.dims[0])
            if indices:
                return Text(f"np.diag({text.source})")
            eye = f"np.eye({n}{self.options.typed})"
            return Text(eye) if text.source == "1.0" else Text(f"{text.at(POWER)} * {eye}", PRODUCT)
        free = tuple(i for i in distinct if i not in indices)
        make = "empty" if out == distinct else "zeros"
        view = f'np.einsum("{subscript(out)}->{subscript((*free, *indices))}", {{name}})'
        return [f"{{name}} = np.{make}({shape(step.dims)}{self.options.typed})", f"{view}[...] = {text.source}"]

    def is_integer(self, name: str) -> bool:
        """Whether a scalar is made of sizes alone, so that it is an integer for Python."""
        leaf, step = self.program.leaves.get(name), self.steps.get(name)
        if leaf is not None:
            return leaf.kind == "size"
        made = step is not None and step.operation in ("scale", "combine", "power")
        return made and step is not None and all(map(self.is_integer, step.operands))

    def call(self, step: Step) -> Text:
        arguments = ", ".join(text.source for text in self.operands(step))
        return Text(f"{step.data}({arguments})")


def lead_of(step: Step) -> int:
    """How many axes of a function's operands are those of the members of families."""
    return step.data.each.lead if step.data.each is not None else 0


def own_dims(step: Step) -> list[tuple[Dim, ...]]:
    """The dimensions of a function's operands behind those of the members of families."""
    return [dims[lead_of(step) :] for dims in step.operand_dims]


def _axes(rank: int) -> str:
    """So many last axes, as NumPy's functions take them."""
    return "-1" if rank == 1 else str(tuple(range(-rank, 0)))


# A method for each operation, by its name.
_RENDER: Mapping[Operation, Callable[[Renderer, Step], Text | list[str]]] = {
    operation: getattr(Renderer, operation.replace(" ", "_")) for operation in OPERATIONS
}
