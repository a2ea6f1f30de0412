"""Steps → C statements. Steps that go over the same entries, one by one, share a loop."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from matcalc.emission.c.calling import Value
from matcalc.emission.c.steps import is_entrywise, is_sum, needed_steps
from matcalc.emission.c.text import Sides, combination, each, nest, number, quotient, times
from matcalc.errors import MatcalcError
from matcalc.position import Position, at_sizes
from matcalc.program.planner import Program
from matcalc.program.step import Step
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.shape import Dim

LARGEST = 1 << 14  # entries of a value: arrays are kept on the stack, and NumPy is faster with large ones
MOST = 1 << 18  # entries of all values: 2 MB, of the 8 MB that a stack usually has


_1 = Fraction(1)


class Parameter(NamedTuple):
    """Of the C function: its name, and its declaration."""

    name: str
    declared: str


def argument(word: str, value: Value) -> Parameter:
    sides = times(value.shape)
    return Parameter(word, f"const double {word}[{sides}]" if sides else f"double {word}")


def result(word: str, value: Value) -> Parameter:
    sides = times(value.shape)
    return Parameter(word, f"double {word}[restrict {sides}]" if sides else f"double *{word}")


class Written(NamedTuple):
    """The body of a C function, its parameters, and the sources of helpers that come with the records of functions."""

    parameters: Sequence[Parameter]
    lines: Sequence[str]
    helpers: Iterable[str]


def in_loops(
    program: Program,
    sizes: Mapping[str, int],
    given: Sequence[Value],
    returned: Sequence[Value],
    new: Callable[[str], str],
) -> Written:
    """Loops over arrays; ``new`` makes identifiers.

    Raises:
        MatcalcError: a value is too large for the stack, or a step is of a function that is not known in C.
    """
    writer = StatementWriter(program, sizes, new)
    parameters = [
        *(writer.argument(v) for v in given),
        *(writer.result(v, made) for v, made in zip(returned, program.results, strict=True)),
    ]
    return Written(parameters, writer.body(), writer.helpers)


class StatementWriter:
    """Statements of a program's steps; ``sizes`` are those of all dimension symbols, ``new`` makes identifiers."""

    def __init__(self, program: Program, sizes: Mapping[str, int], new: Callable[[str], str]) -> None:
        self.steps = needed_steps(program)
        self.sizes = sizes
        self.new = new
        dims = {name: leaf.dims for name, leaf in program.leaves.items()} | {s.result: s.dims for s in program.steps}
        self.shapes = {name: self.sides(sides) for name, sides in dims.items()}
        constants = {name: leaf for name, leaf in program.leaves.items() if leaf.kind != "variable"}
        self.texts = {name: self.constant(leaf.kind, leaf.data) for name, leaf in constants.items()}
        self.returned = set(program.results)
        self.users = {name: {s.result for s in self.steps if name in s.operands} for name in dims}
        self.outputs: set[str] = set()  # steps that write where a result is wanted
        self.pivots: dict[str, str] = {}  # of LU factors
        self.factors: dict[str, str] = {}  # what arrays are multiplied by
        self.local: set[str] = set()  # arrays of which the loop that is written holds one entry at a time
        self.copies: list[tuple[str, str, Sides]] = []
        self.entries = 0  # of all values so far
        self.helpers: dict[str, None] = {}  # that come with the records of functions

    def sides(self, dims: Sequence[Dim]) -> Sides:
        return tuple(dim.at(self.sizes) for dim in dims)

    def constant(self, kind: str, data: object) -> str:
        if kind == "number":
            return number(data)  # type: ignore[arg-type]
        return f"{data.at(self.sizes)}.0" if kind == "size" else repr(math.pi)  # type: ignore[attr-defined]

    # ---------------------------------------------------------------- parameters
    def argument(self, value: Value) -> Parameter:
        """The parameter of a variable."""
        word = self.texts[value.name] = self.new(value.name)
        self.shapes[value.name] = value.shape
        return argument(word, value)

    def result(self, value: Value, made: str) -> Parameter:
        """The parameter of a result. The step that makes an array writes it there; what stands elsewhere is copied."""
        word = self.new(value.name)
        if value.shape and made not in self.texts and any(step.result == made for step in self.steps):
            self.texts[made] = word
            self.outputs.add(made)
        else:
            self.copies.append((word, made, value.shape))
        return result(word, value)

    # ---------------------------------------------------------------- all statements
    def body(self) -> list[str]:
        """What needs nothing of an open loop goes before it."""
        lines: list[str] = []
        loop: list[Step] = []
        over: Sides = ()
        for step in self.steps:
            if step.result not in self.outputs:
                self.texts[step.result] = self.new(step.result)
            sides = self.goes_over(step)
            needed = {inner.result for inner in loop} & set(step.operands)
            joins = sides == over and all(self.shapes[name] for name in needed)
            if loop and (not joins if sides else needed):
                lines += self.loop(loop, over)
                loop = []
            if sides:
                loop.append(step)
                over = sides
            else:
                lines += self.statements(step)
        lines += self.loop(loop, over) if loop else []
        for word, made, shape in self.copies:
            lines += each(shape, f"{word}[i] = {self.entry(made)};") if shape else [f"*{word} = {self.entry(made)};"]
        return lines

    def goes_over(self, step: Step) -> Sides:
        """The sides of the arrays whose entries a step takes one by one, at the same places; none if it does not."""
        found = {self.shapes[name] for name in (step.result, *step.operands)} - {()}
        if len(found) != 1 or not (is_entrywise(step) or is_sum(step)):
            return ()
        return found.pop()

    def loop(self, steps: Sequence[Step], over: Sides) -> list[str]:
        """One loop for all these steps; what only they use is held one entry at a time."""
        made = {step.result for step in steps}
        self.local = {name for name in made if self.shapes[name] and self.users[name] <= made} - self.returned
        before = [line for step in steps if step.result not in self.local for line in self.declared(step.result)]
        inner = []
        for step in steps:
            before += self.factor_of(step)
            target = self.entry(step.result)
            how = "+=" if not self.shapes[step.result] else "="
            kind = "const double " if step.result in self.local else ""
            inner.append(f"{kind}{target} {how} {self.text(step)};")
        self.local = set()
        return [*before, *each(over, *inner)]

    def statements(self, step: Step) -> list[str]:
        if is_entrywise(step) and not self.shapes[step.result]:
            return [f"const double {self.texts[step.result]} = {self.text(step)};"]
        write = getattr(self, step.operation.replace(" ", "_"), None)
        if write is None:
            raise MatcalcError(f"{step.operation} is not known to the C target", hint='emit(..., target="numpy")')
        lines: list[str] = write(step)
        return lines

    def declared(self, name: str) -> list[str]:
        """The declaration of a value: an array, or a sum that begins with zero."""
        count = math.prod(self.shapes[name])
        if count > LARGEST:
            raise MatcalcError(f"a value of {count} entries is too large for C", hint='emit(..., target="numpy")')
        if name in self.outputs:
            return []
        self.entries += count
        if self.entries > MOST:
            raise MatcalcError(
                f"values of more than {MOST} entries are too large for C", hint='emit(..., target="numpy")'
            )
        word = self.texts[name]
        return [f"double {word}[{times(self.shapes[name])}];" if self.shapes[name] else f"double {word} = 0.0;"]

    def zeros(self, name: str) -> list[str]:
        return [
            *self.declared(name),
            *(each(self.shapes[name], f"{self.entry(name)} = 0.0;") if self.shapes[name] else []),
        ]

    # ---------------------------------------------------------------- entries
    def entry(self, name: str, at: str = "i") -> str:
        """The text of one entry; numbers stand for themselves."""
        text = self.texts[name]
        return f"{text}[{at}]" if self.shapes[name] and name not in self.local else text

    def entry_at(self, name: str, indices: Sequence[int]) -> str:
        """One entry, by the loop variables of its axes."""
        terms, stride = [], 1
        for side, index in zip(self.shapes[name][::-1], indices[::-1], strict=True):
            terms.append(f"i{index}" if stride == 1 else f"{stride} * i{index}")
            stride *= side
        return self.entry(name, " + ".join(terms[::-1]))

    def pointer(self, name: str) -> str:
        return self.texts[name] if self.shapes[name] else f"&{self.texts[name]}"

    def text(self, step: Step) -> str:
        """The entry of a result, from the entries of the operands at the same place."""
        entries = [self.entry(name) for name in step.operands]
        if step.operation == "function":
            text = self.source(step)
            for key, entry in zip(step.data.operands, entries, strict=True):
                text = text.replace(f"{{{key}}}", entry)
            return text
        if step.operation == "power":
            return quotient(_1, [(entries[0], step.data)])
        if step.operation == "combine":
            *coefficients, constant = step.data
            return combination([*zip(coefficients, entries, strict=True), *([(constant, "")] if constant else [])])
        if step.operation == "scale":
            coefficient, has_array, exponents = step.data
            if step.result in self.factors:
                return f"{self.factors[step.result]} * {entries[0]}"
            scalars, arrays = (entries[1:], entries[:1]) if has_array else (entries, [])
            return quotient(coefficient, [*zip(scalars, exponents, strict=True), *((entry, _1) for entry in arrays)])
        return " * ".join(entries)

    def factor_of(self, step: Step) -> list[str]:
        """What an array is multiplied by, where that is more than a number: computed once, before the loop."""
        if step.operation != "scale" or not step.data[1] or len(step.operands) == 1:
            return []
        coefficient, _, exponents = step.data
        text = quotient(coefficient, [*zip(map(self.entry, step.operands[1:]), exponents, strict=True)])
        if text in self.texts.values():
            self.factors[step.result] = text
            return []
        word = self.factors[step.result] = self.new(f"{self.texts[step.result]}_factor")
        return [f"const double {word} = {text};"]

    # ---------------------------------------------------------------- products and sums
    def product(self, step: Step) -> list[str]:
        left, right, out = step.data
        sides = {
            index: side
            for name, indices in zip(step.operands, (left, right), strict=True)
            for index, side in zip(indices, self.shapes[name], strict=True)
        }
        summed = [i for i in sides if i not in out]
        body = f"{self.entry_at(step.operands[0], left)} * {self.entry_at(step.operands[1], right)}"
        target = self.entry_at(step.result, out)
        if not summed:
            return [*self.declared(step.result), *nest(out, sides, f"{target} = {body};")]
        if len(out) == 1 and left and left[-1] == summed[-1]:  # rows times a vector: a sum for each row
            inner = ["double s = 0.0;", *nest(summed, sides, f"s += {body};"), f"{target} = s;"]
            return [*self.declared(step.result), *nest(out, sides, *inner)]
        order = (*out[:-1], *summed, *out[-1:])  # the last axis runs inside, over neighbours
        return [*self.zeros(step.result), *nest(order, sides, f"{target} += {body};")]

    def reduce(self, step: Step) -> list[str]:
        indices, out = step.data
        sides = dict(zip(indices, self.shapes[step.operands[0]], strict=True))
        summed = [i for i in sides if i not in out]
        how = "+=" if summed else "="
        start = self.zeros(step.result) if summed else self.declared(step.result)
        statement = f"{self.entry_at(step.result, out)} {how} {self.entry_at(step.operands[0], indices)};"
        return [*start, *nest((*out, *summed), sides, statement)]

    # ---------------------------------------------------------------- places
    def permute(self, step: Step) -> list[str]:
        (operand,) = step.operands
        sides = dict(enumerate(self.shapes[operand]))
        statement = f"{self.entry_at(step.result, step.data)} = {self.entry_at(operand, tuple(sides))};"
        return [*self.declared(step.result), *nest(step.data, sides, statement)]

    def reshape(self, step: Step) -> list[str]:
        """Another name for the same entries, where these are not asked for in another place."""
        (operand,) = step.operands
        if self.shapes[operand] and self.shapes[step.result] and step.result not in self.outputs:
            self.texts[step.result] = self.texts[operand]
            return []
        return self.each(step, self.entry(operand, "i" if self.shapes[step.result] else "0"))

    def each(self, step: Step, text: str) -> list[str]:
        """One statement for every entry i of the result."""
        if not self.shapes[step.result]:
            return [f"const double {self.texts[step.result]} = {text};"]
        return [*self.declared(step.result), *each(self.shapes[step.result], f"{self.entry(step.result)} = {text};")]

    def take(self, step: Step) -> list[str]:
        copied = self.between(step.result, step.operands[0], step.data, takes=True)
        return [*self.declared(step.result), *copied]

    def place(self, step: Step) -> list[str]:
        return self.join(step._replace(data=((step.data,), False)))

    def join(self, step: Step) -> list[str]:
        """Arrays, each at its place, among zeros where they do not fill the whole."""
        places, is_full = step.data
        start = self.declared(step.result) if is_full else self.zeros(step.result)
        each = zip(step.operands, places, strict=True)
        return [*start, *(line for name, at in each for line in self.between(name, step.result, at, takes=False))]

    def between(self, few: str, many: str, positions: Sequence[Position], *, takes: bool) -> list[str]:
        """Copies between the places of an array and an array of these alone."""
        places = [None if at is None else at_sizes(at, self.sizes) for at in positions]
        last = [at.stop - 1 if isinstance(at, range) else at or 0 for at in places]
        for at, size in zip(last, self.shapes[many], strict=True):
            if at >= size:
                raise MatcalcError(f"there is no entry {at + 1}: this dimension is {size}")
        kept = [axis for axis, at in enumerate(places) if not isinstance(at, int)]
        starts = [at.start if isinstance(at, range) else at or 0 for at in places]
        stride, offset = 1, 0
        terms = []
        for axis in reversed(range(len(positions))):
            offset += stride * starts[axis]
            terms += [f"{stride} * i{axis}"] if axis in kept else []
            stride *= self.shapes[many][axis]
        outer = self.entry(many, " + ".join([*terms[::-1], str(offset)]))
        inner = self.entry_at(few, kept)
        sides = dict(zip(kept, self.shapes[few], strict=True)) if kept else {}
        return nest(kept, sides, f"{inner} = {outer};" if takes else f"{outer} = {inner};")

    def unit(self, step: Step) -> list[str]:
        *_, size = self.shapes[step.result]
        at = at_sizes(step.data, self.sizes)
        last = at.stop - 1 if isinstance(at, range) else at
        if last >= size:
            raise MatcalcError(f"there is no entry {last + 1}: this dimension is {size}")
        if isinstance(at, range):
            return self.each(step, f"i % {size} == i / {size} + {at.start}")
        return self.each(step, f"i == {at}")

    def mask(self, step: Step) -> list[str]:
        call = self.source(step).format(y=self.pointer(step.result), rows=self.shapes[step.result][0])
        return [*self.declared(step.result), call]

    def embed(self, step: Step) -> list[str]:
        indices, out = step.data
        sides = dict(zip(out, self.shapes[step.result], strict=True))
        statement = f"{self.entry_at(step.result, out)} = {self.entry_at(step.operands[0], indices)};"
        start = self.declared(step.result) if len(sides) == len(out) else self.zeros(step.result)
        return [*start, *nest(tuple(sides), sides, statement)]

    # ---------------------------------------------------------------- matrices as wholes
    def function(self, step: Step) -> list[str]:
        """A function of matrices as wholes, or of the members of a family one after the other."""
        lead = step.data.each.lead if step.data.each is not None else 0
        operand, *others = step.operands
        sides = self.shapes[operand][lead:]
        other = self.shapes[others[0]][lead:] if others else ()
        call = self.source(step).format(
            x=self.member(operand, lead),
            y=self.member(step.result, lead),
            u=self.member(others[0], lead) if other else self.entry(others[0]) if others else "",
            count=math.prod(sides),
            more=math.prod(other),
            rows=sides[0] if sides else 1,
            cols=sides[-1] if len(sides) == 2 else 1,
        )
        return [*self.declared(step.result), *(each(self.shapes[operand][:lead], call) if lead else [call])]

    def member(self, name: str, lead: int) -> str:
        """A pointer to the entries of a value, or to those of member i where its first axes are a family's."""
        if name not in self.texts:
            return ""  # its size alone counts
        if not lead:
            return self.pointer(name)
        count = math.prod(self.shapes[name][lead:])
        return f"&{self.texts[name]}[{f'{count} * ' if count > 1 else ''}i]"

    def source(self, step: Step) -> str:
        """The record's text in C; helpers that stand below it are kept."""
        text, _, helper = step.data.c.partition("\n")
        if not text:
            raise MatcalcError(f"{step.data.name} is not known to the C target", hint='emit(..., target="numpy")')
        if helper:
            self.helpers[helper] = None
        return str(text)

    def copy(self, step: Step, operand: str) -> list[str]:
        return self.each(step, self.entry(operand))

    def factor(self, step: Step) -> list[str]:
        word, (n, _) = self.texts[step.result], self.shapes[step.result]
        lines = self.copy(step, step.operands[0])
        if step.data == "cholesky":
            return [*lines, f"if (cholesky_factor({word}, {n})) return 1;"]
        pivots = self.pivots[step.result] = self.new(f"{word}_pivots")
        return [*lines, f"int {pivots}[{n}];", f"if (lu_factor({word}, {pivots}, {n})) return 2;"]

    def solve(self, step: Step) -> list[str]:
        how, transposed = step.data
        factor, right = step.operands
        word, n = self.texts[step.result], self.shapes[factor][0]
        columns = math.prod(self.shapes[step.result]) // n
        matrix = self.texts[factor]
        if how in ("lower", "upper"):
            lower = (how == "lower") != transposed
            call = f"triangular_solve({matrix}, {word}, {n}, {columns}, {int(lower)}, {int(transposed)});"
        elif how == "cholesky":
            call = f"cholesky_solve({matrix}, {word}, {n}, {columns});"
        else:
            call = f"lu_solve({matrix}, {self.pivots[factor]}, {word}, {n}, {columns}, {int(transposed)});"
        return [*self.copy(step, right), call]

    def inverse(self, step: Step) -> list[str]:
        (operand,) = step.operands
        n = self.shapes[step.result][0]
        call = f"if (inverse_of({self.texts[operand]}, {self.texts[step.result]}, {n})) return 2;"
        return [*self.declared(step.result), call]

    def cholesky_inverse(self, step: Step) -> list[str]:
        word, n = self.texts[step.result], self.shapes[step.result][0]
        identity = self.each(step, f"i % {n + 1} == 0")
        return [*identity, f"cholesky_solve({self.texts[step.operands[0]]}, {word}, {n}, {n});"]

    def logdet(self, step: Step) -> list[str]:
        (operand,) = step.operands
        word, matrix, n = self.texts[step.result], self.texts[operand], self.shapes[operand][0]
        start = self.declared(step.result)
        if step.data == "factored":
            return [*start, *each((n,), f"{word} += 2.0 * log({matrix}[{n + 1} * i]);")]
        return [*start, f"log_of_det({matrix}, &{word}, {n}, 1);"]
