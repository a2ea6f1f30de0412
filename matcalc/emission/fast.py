"""Steps → NumPy statements for speed: one operation each, written over arrays that are not used again.

LAPACK is called directly. Where tall arrays are read more than once, the statements go over them in blocks of rows that
stay in the cache.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from matcalc.emission import kernels, lapack, tensors, terms
from matcalc.emission.matrix_products import matrix_product
from matcalc.emission.names import Names
from matcalc.emission.options import PLAIN, Options
from matcalc.emission.render import Renderer
from matcalc.emission.source import bare, dim, number, shape
from matcalc.emission.text import ATOM, POWER, PRODUCT, Text, aligned, transpose_of, writes_where_told
from matcalc.functions import COS, SIN
from matcalc.network.nodes import Index
from matcalc.program.draft import last_uses
from matcalc.program.planner import Program
from matcalc.program.step import VIEWS, Step, is_identity
from matcalc.rational import Fraction
from matcalc.shape import Dim


class FastRenderer(Renderer):
    """Source of a program, written for speed."""

    def __init__(self, program: Program, scope: Names, options: Options = PLAIN) -> None:
        super().__init__(program, scope, options)
        self.where = {step.result: at for at, step in enumerate(program.steps)}
        self.last = last_uses(program)
        self.deps: dict[str, frozenset[str]] = {name: frozenset() for name in program.leaves}
        self.owned: set[str] = set()  # values in arrays that nothing else looks at
        self.unformed = terms.unformed(program)
        self.sparse: dict[str, Text] = {}  # what stands in few places, and is added there
        self.stacked = self._stacked()
        self.blocked: Mapping[str, int] = {}  # values of which there is a block of rows, and the axis
        self.pairs: dict[str, Text] = {}  # cosines that were computed along with sines, and the reverse

    def _stacked(self) -> set[str]:
        """Values whose axes are stacked in the end, so that they had better be contiguous in their order."""
        found = set() if self.options.tensors else set(self.program.results)
        for step in reversed(self.program.steps):
            is_stacked = step.result in found and step.operation in ("combine", "scale", "power")
            if is_stacked or step.operation == "reshape":
                found.update(step.operands)
        return found

    # ---------------------------------------------------------------- statements
    def write(self, steps: Iterable[Step]) -> None:
        """Some of the steps; what they read from before may be read again, so that it is not overwritten."""
        self.last.update(dict.fromkeys(self.owned, math.inf))
        for step in steps:
            self.statement(self.where[step.result], step)

    def statement(self, at: int, step: Step) -> None:
        if self.is_unformed(step):
            self.deps[step.result] = frozenset().union(*(self._named(o) for o in step.operands))
            self._live_on(step)
            return
        if step.result in self.pairs:
            self.texts[step.result] = self.pairs[step.result]
            self._hold(step)
            return
        lines = self.into_operand(at, step)
        if lines is not None:
            self.lines += lines
            return
        text = self.rendered(step)
        if isinstance(text, Text) and self.is_inlined(step, text):
            self.texts[step.result] = text
            self.deps[step.result] = frozenset().union(*(self._named(o) for o in step.operands))
            self._live_on(step)
            return
        self.put(step, text)
        self._hold(step)

    def is_unformed(self, step: Step) -> bool:
        """Whether a value is no array by itself: a term that a sum makes of its operands."""
        name = step.result
        if name in self.unformed.sparse:
            self.sparse[name] = self.operands(step)[0]
        elif name in self.spread_terms:
            self.texts[name] = self.spread(step)
        else:
            in_sum = any(name in group for group in self.unformed.outer.values())
            return in_sum or name in self.unformed.updates.values()
        return True

    def _named(self, name: str) -> frozenset[str]:
        """The values that a text looks at."""
        return self.deps[name] | {name}

    def _live_on(self, step: Step) -> None:
        if step.result in self.kept:
            self.kept |= self.deps[step.result]
        for name in self.deps[step.result]:
            self.last[name] = max(self.last.get(name, 0), self.last.get(step.result, 0))

    def _hold(self, step: Step) -> None:
        """What a named value looks at besides its own array: a view keeps its base."""
        is_view = step.operation in VIEWS or is_identity(step.operation, step.data)
        is_view |= step.operation == "reduce" and not set(step.data[0]) - set(step.data[1])
        if is_view:
            self.deps[step.result] = frozenset().union(*(self._named(o) for o in step.operands))
            self._live_on(step)
        else:
            self.deps[step.result] = frozenset()
            if step.operation != "function" or step.data.abstract is None:
                self.owned.add(step.result)

    def is_inlined(self, step: Step, text: Text) -> bool:
        """Views, scalars that are used once, and reciprocals that something is divided by."""
        if step.result in self.kept:
            return False
        if step.operation == "permute" and text.source.count(".") == 1 and "(" not in text.source:
            return True
        if self.uses[step.result] != 1 or step.operation == "factor" or len(text.source) > 60:
            return False
        if step.operation == "power" and step.data < 0:
            return True
        return not step.dims or (step.operation == "embed" and text.source.startswith("np.eye"))

    # ---------------------------------------------------------------- into an operand's array
    def dying(self, at: int, step: Step) -> list[int]:
        """The operands whose arrays can take the result: of its shape, owned, and not looked at afterwards."""
        found = []
        for k, name in enumerate(step.operands):
            fits = step.operand_dims[k] == step.dims and name in self.owned and self.last.get(name) == at
            fits = fits and name not in self.kept
            others = [o for j, o in enumerate(step.operands) if j != k]
            if fits and step.dims and not any(name in self.deps[o] or name == o for o in others):
                found.append(k)
        return found

    def into_operand(self, at: int, step: Step) -> list[str] | None:
        if step.operation not in ("combine", "scale", "power", "product", "function"):
            return None
        if step.result in self.unformed.outer or step.result in self.unformed.updates:
            return None
        for k in self.dying(at, step):
            name = self.texts[step.operands[k]].source
            lines = getattr(self, f"{step.operation}_into")(step, k, name)
            if lines is not None:
                self.texts[step.result] = Text(name)
                self._hold(step)
                return list(lines)
        return None

    def combine_into(self, step: Step, k: int, name: str) -> list[str]:
        *coefficients, constant = step.data
        own = coefficients[k]
        rest = [(c, o) for j, (c, o) in enumerate(zip(coefficients, step.operands, strict=True)) if j != k]
        lines: list[str] = []
        if own == -1:
            added = [term for term in rest if term[0] > 0 and term[1] not in self.sparse]
            if added:
                first = min(added, key=lambda term: term[0] != 1)
                rest.remove(first)
                lines.append(f"np.subtract({self.times_number(*first)}, {name}, out={name})")
            elif constant:
                lines.append(f"np.subtract({number(constant)}, {name}, out={name})")
                constant = Fraction(0)
            else:
                lines.append(f"np.negative({name}, out={name})")
        elif own != 1:
            lines.append(f"{name} *= {number(own)}")
        for coefficient, operand in rest:
            few = self.sparse.get(operand)
            body = self.times_number(coefficient, operand, few)
            target = self.places_in(name, self.steps[operand]) if few else name
            lines.append(f"{target} {'-' if coefficient < 0 else '+'}= {body}")
        if constant:
            lines.append(f"{name} {'-' if constant < 0 else '+'}= {number(abs(constant))}")
        return lines

    def times_number(self, coefficient: Fraction, operand: str, few: Text | None = None) -> str:
        """The size of a number times an operand, or times the few entries of it that are not zero."""
        text = few or self.texts[operand]
        return text.source if abs(coefficient) == 1 else f"{number(abs(coefficient))} * {text.at(POWER)}"

    def places_in(self, name: str, step: Step) -> str:
        """The entries of an array at which a term stands that is zero elsewhere."""
        if step.operation == "place":
            return f"{name}[{', '.join(self.positions(step.data, step.dims))}]"
        return terms.place(name, step)

    def scale_into(self, step: Step, k: int, name: str) -> list[str] | None:
        coefficient, has_array, exponents = step.data
        if not has_array or k:
            return None
        if not exponents:
            return [f"np.negative({name}, out={name})" if coefficient == -1 else f"{name} *= {number(coefficient)}"]
        if coefficient == 1 and exponents == (-1,):
            return [f"{name} /= {self.operands(step)[1].source}"]
        scalars = step._replace(
            operands=step.operands[1:], operand_dims=step.operand_dims[1:], data=(coefficient, False, exponents)
        )
        return [f"{name} *= {bare(self.scale(scalars).source)}"]

    def power_into(self, step: Step, k: int, name: str) -> list[str] | None:
        if step.data == 2:
            return [f"{name} *= {name}"]
        if step.data == Fraction(1, 2):
            return [f"np.sqrt({name}, out={name})"]
        return [f"np.divide(1.0, {name}, out={name})"] if step.data == -1 and not self.is_divisor(step) else None

    def is_divisor(self, step: Step) -> bool:
        """Whether a reciprocal is used once, where something is divided by it."""
        user = next((s for s in self.program.steps if step.result in s.operands), None)
        if user is None or user.operation != "product" or self.uses[step.result] != 1:
            return False
        left, right, out = user.data
        return len(out) <= 2 and set(out) == {*left, *right} and max(len(left), len(right)) <= 2

    def product_into(self, step: Step, k: int, name: str) -> list[str] | None:
        places, out = step.data[k], step.data[2]
        others = step.data[1 - k]
        if places != out or len(out) > 2 or len(others) > 2 or not set(others) <= set(out):
            return None
        other = step.operands[1 - k]
        divisor = self.divisor(other)
        text = aligned(divisor or self.texts[other], others, out)
        return [f"{name} {'*' if divisor is None else '/'}= {bare(text.source)}"]

    def function_into(self, step: Step, k: int, name: str) -> list[str] | None:
        if not step.data.elementwise or len(step.operands) != 1 or step.data.abstract is not None:
            return None
        if step.data in (SIN, COS) or step.data.fast:
            return None
        call = self.function(step).source
        return [f"{call[:-1]}, out={name})"] if call.count("(") == 1 and writes_where_told(call.split("(")[0]) else None

    # ---------------------------------------------------------------- operations that are written in another way
    def rendered(self, step: Step) -> Text | list[str]:
        own = _FASTER.get(step.operation)
        return own(self, step) if own is not None else self.written(step)

    def fast_combine(self, step: Step) -> Text | list[str]:
        """A sum; what stands in few places is added there, to a copy of another term or to zeros."""
        if step.result in self.unformed.updates:
            return self.update(step)
        if self.entries(step) >= kernels.OUT_OF_CACHE and terms.is_with_transpose(step, self.steps):
            self.help(kernels.WITH_TRANSPOSE)
            return Text(f"_with_transpose({self.operands(step)[0].source})")
        group = self.unformed.outer.get(step.result, ())
        if not group and not any(o in self.sparse for o in step.operands):
            return self.combine(step)
        if group:
            made = [self.steps[o] for o in group]
            pairs = [(a, b) for a, b in map(self.operands, made)]
            rest = [k for k, o in enumerate(step.operands) if o not in group]
            return [*tensors.sum_of_outer(made, pairs), *self.added(step, rest)]
        apart = self.sparse.keys() | self.spread_terms
        full = next((k for k, o in enumerate(step.operands) if o not in apart), None)
        if full is None:
            zeros = f"{{name}} = np.zeros({shape(step.dims)}{self.options.typed})"
            first, *others = self.added(step, range(len(step.operands)))
            return [zeros, first.replace("+=", "="), *others]
        copied = self.texts[step.operands[full]].at(ATOM)
        return [f"{{name}} = {copied}.copy()", *self.combine_into(step, full, "{name}")]

    def update(self, step: Step) -> Text:
        """A matrix plus A*A', of which only Cholesky factors are wanted."""
        square = self.steps[self.unformed.updates[step.result]]
        left, _, out = square.data
        (other,) = (o for o in step.operands if o != square.result)
        root = self.operands(square)[0]
        self.help(lapack.UPDATED)
        transposed = root.source if left[0] in out else f"{root.at(ATOM)}.T"
        return Text(f"_updated({self.texts[other].source}, {transposed})")

    def added(self, step: Step, places: Iterable[int]) -> list[str]:
        """Statements that add some of the terms to what there is."""
        coefficients = [*(step.data[k] for k in places)]
        operands = [step.operands[k] for k in places]
        rest = step._replace(operands=("", *operands), data=(Fraction(1), *coefficients, step.data[-1]))
        return self.combine_into(rest, 0, "{name}")

    def fast_function(self, step: Step) -> Text | list[str]:
        many = self.entries(step) >= kernels.FEW
        if step.data.fast and (many or not step.data.elementwise):
            return self.function(step, step.data.fast)
        if step.data in (SIN, COS) and many:
            return self.sin_or_cos(step)
        return self.function(step)

    def entries(self, step: Step) -> float:
        """The entries of a result."""
        return self.size(step.dims)

    def size(self, dims: tuple[Dim, ...]) -> float:
        """The entries of an array; unknown sizes are taken to be large."""
        if not dims:
            return 1
        return math.inf if self.options.sizes is None else math.prod(side.at(self.options.sizes) for side in dims)

    def sin_or_cos(self, step: Step) -> Text | list[str]:
        """Where both are wanted, one call computes both."""
        other = COS if step.data is SIN else SIN
        twin = next((s for s in self.program.steps if s.operands == step.operands and s.data is other), None)
        if twin is None:
            return self.function(step)
        self.help(kernels.SIN_AND_COS)
        name = self.fresh_like(other.name)
        self.pairs[twin.result] = Text(name)
        pair = ("{name}", name) if step.data is SIN else (name, "{name}")
        return [f"{', '.join(pair)} = _sin_and_cos({self.operands(step)[0].source})"]

    def fast_product(self, step: Step) -> Text | list[str]:
        if self.pass_of(step) is not None:
            return self.product(step)
        a, b = self.operands(step)
        return matrix_product(step, a, b, self.size) or self.of_tensors(step)

    def of_tensors(self, step: Step) -> Text | list[str]:
        """A product that is none of matrices or vectors."""
        left, right, out = step.data
        a, b = self.operands(step)
        if left == right and not out:
            return Text(f"{a.at(ATOM)}.dot({b.source})") if len(left) == 1 else self.product(step)
        if left == right[::-1] and not out and self.size(step.operand_dims[0]) < kernels.IN_CACHE:
            return Text(f"np.vdot({transpose_of(a).source}, {b.source})")  # a copy that stays in the cache costs less
        if tensors.is_outer(step) and len(out) > 2:
            contiguous = tensors.broadcast_product(step, a, b) if step.result in self.stacked else None
            return contiguous or tensors.outer_product(step, a, b, is_small=self.entries(step) < kernels.SMALL)
        made = tensors.matrix_product(step, a, b, self.blocked_index(step))
        if made is None:
            return self.product(step)
        text = f"{made.text}{tensors.transposition(made.indices, out)}"
        return [*made.before, f"{{name}} = {text}"] if made.before else Text(text)

    def blocked_index(self, step: Step) -> Index | None:
        """The index of a product along which there is a block of rows."""
        for name, places in zip(step.operands, step.data[:2], strict=True):
            if name in self.blocked:
                index: Index = places[self.blocked[name]]
                return index
        return None

    def fast_power(self, step: Step) -> Text:
        (text,) = self.operands(step)
        if step.data == 2 and step.dims:
            return Text(f"{text.at(POWER)} * {text.at(POWER)}", PRODUCT)
        if step.data == 3 and step.dims and text.source.isidentifier():
            return Text(f"{text.source} * {text.source} * {text.source}", PRODUCT)
        return self.power(step)

    def fast_reduce(self, step: Step) -> Text:
        indices, out = step.data
        (text,) = self.operands(step)
        unique = tuple(dict.fromkeys(indices))
        if len(indices) == 2 and len(unique) == 1:
            diagonal = f"{text.at(ATOM)}.diagonal()"
            return Text(diagonal if out else f"np.add.reduce({diagonal})")
        if len(unique) < len(indices):
            return self.reduce(step)
        gone = [axis for axis, i in enumerate(indices) if i not in out]
        if len(gone) == 1 and len(indices) == 2:
            # a product with a vector is faster
            ones = f"np.ones({self.length(step, gone[0], text)}{self.options.typed})"
            return Text(f"{ones}.dot({text.source})" if gone == [0] else f"{text.at(ATOM)}.dot({ones})")
        if len(gone) == 1:
            return Text(f"np.add.reduce({text.source}{f', axis={gone[0]}' if out else ''})")
        return Text(f"{text.at(ATOM)}.sum({'' if not out else f'axis={tuple(gone)}'})")

    def length(self, step: Step, axis: int, text: Text) -> str:
        """The length of an axis of an operand, of which there may be a block."""
        if self.blocked.get(step.operands[0]) == axis:
            return f"len({text.source})" if axis == 0 else f"{text.at(ATOM)}.shape[{axis}]"
        return dim(step.operand_dims[0][axis])

    def fast_factor(self, step: Step) -> Text:
        if self.options.guarded:
            return self.factor(step)
        (text,) = self.operands(step)
        name = "_cholesky" if step.data == "cholesky" else "_factored"
        self.help(lapack.CHOLESKY if step.data == "cholesky" else lapack.FACTORED)
        return Text(f"{name}({text.source}{self.overwriting(step)})")

    def overwriting(self, step: Step) -> str:
        """That LAPACK may write over its operand, which is not looked at afterwards."""
        return ", overwrite=True" if 0 in self.dying(self.where[step.result], step) else ""

    def fast_embed(self, step: Step) -> Text | list[str]:
        """The diagonal of a new array is written without a function call."""
        indices, out = step.data
        if out != (0, 0) or not indices:
            return self.embed(step)
        n = dim(step.dims[0])
        zeros = f"{{name}} = np.zeros({shape(step.dims)}{self.options.typed})"
        return [zeros, f"{{name}}.flat[:: {n} + 1] = {self.operands(step)[0].source}"]

    def fast_solve(self, step: Step) -> Text:
        how, transposed = step.data
        if how in ("lower", "upper"):
            return self.solve(step)
        factor, right = (text.source for text in self.operands(step))
        if right.startswith("np.eye("):
            return self.from_factors(f"{factor}{self.overwriting(step)}")
        self.help(lapack.SOLVED)
        return Text(f"_solved({factor}, {right}{', trans=1' if transposed else ''})")

    def from_factors(self, factors: str) -> Text:
        self.help(lapack.BOTH_TRIANGLES)
        self.help(lapack.INVERTED)
        return Text(f"_inverted({factors})")

    def fast_cholesky_inverse(self, step: Step) -> Text:
        return self.from_factors(f"{self.operands(step)[0].source}{self.overwriting(step)}")

    def fast_inverse(self, step: Step) -> Text:
        if self.options.guarded:
            return self.inverse(step)
        self.help(lapack.FACTORED)
        return self.from_factors(f"_factored({self.operands(step)[0].source}{self.overwriting(step)}), overwrite=True")

    def fast_logdet(self, step: Step) -> Text:
        (text,) = self.operands(step)
        if step.data == "factored":
            return Text(f"2.0 * np.add.reduce(np.log({text.at(ATOM)}[0].diagonal()))", PRODUCT)
        return self.logdet(step)


_FASTER = {
    "combine": FastRenderer.fast_combine,
    "function": FastRenderer.fast_function,
    "product": FastRenderer.fast_product,
    "power": FastRenderer.fast_power,
    "reduce": FastRenderer.fast_reduce,
    "factor": FastRenderer.fast_factor,
    "solve": FastRenderer.fast_solve,
    "cholesky inverse": FastRenderer.fast_cholesky_inverse,
    "inverse": FastRenderer.fast_inverse,
    "logdet": FastRenderer.fast_logdet,
    "embed": FastRenderer.fast_embed,
}
