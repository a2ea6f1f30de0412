"""Steps of programs → scalars: arrays are lists of their entries, row by row, at fixed sizes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product as places_of
from typing import Any

from matcalc.emission.c.scalars import matrices
from matcalc.emission.c.scalars.calls import entrywise, statement
from matcalc.emission.c.scalars.functions import Sides, form_of
from matcalc.emission.c.scalars.graph import ONE, ZERO, Graph, Scalar
from matcalc.emission.c.scalars.matrices import Entries
from matcalc.emission.c.scalars.posdef import Posdef
from matcalc.emission.c.steps import needed_steps
from matcalc.errors import MatcalcError
from matcalc.position import Position, at_sizes
from matcalc.program.draft import Leaf, Program
from matcalc.program.step import Step
from matcalc.rational import Fraction
from matcalc.shape import Dim

LARGEST = 5_000  # terms that are looked at: what has more is no straight-line code


class Unwritten(Exception):
    """That a program is not written in scalars: it is too large, or a step has no form for them."""


class Builder:
    """The scalars of a program's values; those of variables are entries of arguments."""

    def __init__(self, program: Program, sizes: Mapping[str, int]) -> None:
        self.program = program
        self.sizes = sizes
        self.graph = Graph()
        self.terms = 0
        self.values: dict[str, Entries] = {}
        self.factors: dict[str, Posdef] = {}
        self.shapes: dict[str, Sides] = {}

    def leaf(self, name: str, leaf: Leaf) -> Entries:
        if leaf.kind == "variable":
            return self.argument(name, self.shapes[name])
        if leaf.kind == "constant":
            return [self.graph.constant(repr(math.pi))]
        data: Any = leaf.data
        return [Scalar(Fraction(data.at(self.sizes) if leaf.kind == "size" else data), None)]

    def results(self) -> list[Entries]:
        """The entries of each result.

        Raises:
            Unwritten: the program is too large, or has a step that has no form in scalars.
        """
        for name, leaf in self.program.leaves.items():
            self.shapes[name] = self.sides(leaf.dims)
            self.values[name] = self.leaf(name, leaf)
        for step in self.program.steps:
            self.shapes[step.result] = self.sides(step.dims)
        for step in needed_steps(self.program):
            self.count(math.prod(self.shapes[step.result]))
            write = getattr(self, step.operation.replace(" ", "_"), None)
            if write is None:
                raise Unwritten
            self.values[step.result] = write(step)
        return [self.values[name] for name in self.program.results]

    def sides(self, dims: Sequence[Dim]) -> Sides:
        return tuple(dim.at(self.sizes) for dim in dims)

    def argument(self, name: str, sides: Sides) -> Entries:
        self.count(math.prod(sides))
        return [self.graph.entry(name, k if sides else None) for k in range(math.prod(sides))]

    def count(self, terms: int) -> None:
        self.terms += terms
        if self.terms > LARGEST:
            raise Unwritten

    # ---------------------------------------------------------------- entry by entry
    def each(self, step: Step) -> Iterator[list[Scalar]]:
        """For each entry of the result those of the operands; numbers have one entry for all."""
        arrays = [self.values[name] for name in step.operands]
        for k in range(math.prod(self.shapes[step.result])):
            yield [array[k if self.shapes[name] else 0] for name, array in zip(step.operands, arrays, strict=True)]

    def power(self, step: Step) -> Entries:
        return [self.graph.power(base, step.data) for (base,) in self.each(step)]

    def combine(self, step: Step) -> Entries:
        *coefficients, constant = step.data
        graph, last = self.graph, Scalar(Fraction(constant), None)
        return [
            graph.add([*(graph.scaled(c, a) for c, a in zip(coefficients, entries, strict=True)), last])
            for entries in self.each(step)
        ]

    def scale(self, step: Step) -> Entries:
        coefficient, has_array, exponents = step.data
        scalars = [self.values[name][0] for name in step.operands[has_array:]]
        powers = list(zip(scalars, exponents, strict=True))
        above = self.graph.product(self.graph.power(a, e) for a, e in powers if e > 0)
        below = [part for a, e in powers if e < 0 for part in self.divisors(a, -e)]
        factors = below if above == ONE else [self.graph.product([above, *below])]
        factors.append(Scalar(coefficient, None))
        array = self.values[step.operands[0]] if has_array else [ONE]
        return [self.graph.product([entry, *factors]) for entry in array]

    def divisors(self, value: Scalar, exponent: Fraction) -> Entries:
        """The factors of a quotient, one after the other: a square may be too large where these are not."""
        if exponent in (2, 3, 4):
            return [self.graph.reciprocal(value)] * int(exponent)
        return [self.graph.power(value, -exponent)]

    # ---------------------------------------------------------------- products and sums
    def product(self, step: Step) -> Entries:
        (left, right), (a, b, out) = step.operands, step.data
        sides = self.sides_of((a, left), (b, right))
        summed = [i for i in sides if i not in out]
        self.count(math.prod(sides.values()))
        first, second = self.reader(left, a), self.reader(right, b)
        return [
            self.graph.add(self.graph.multiply(first(place | at), second(place | at)) for at in _places(summed, sides))
            for place in _places(out, sides)
        ]

    def reduce(self, step: Step) -> Entries:
        (operand,), (indices, out) = step.operands, step.data
        sides = self.sides_of((indices, operand))
        summed = [i for i in sides if i not in out]
        self.count(math.prod(sides.values()))
        read = self.reader(operand, indices)
        return [self.graph.add(read(place | at) for at in _places(summed, sides)) for place in _places(out, sides)]

    def sides_of(self, *indexed: tuple[Sequence[int], str]) -> dict[int, int]:
        return {i: side for indices, name in indexed for i, side in zip(indices, self.shapes[name], strict=True)}

    def reader(self, name: str, indices: Sequence[int]) -> _Reader:
        return _Reader(self.values[name], self.shapes[name], indices)

    # ---------------------------------------------------------------- places
    def permute(self, step: Step) -> Entries:
        (operand,) = step.operands
        sides = dict(enumerate(self.shapes[operand]))
        read = self.reader(operand, range(len(sides)))
        return [read(place) for place in _places(step.data, sides)]

    def reshape(self, step: Step) -> Entries:
        return self.values[step.operands[0]]

    def take(self, step: Step) -> Entries:
        (operand,) = step.operands
        return [self.values[operand][k] for k in self.positions(self.shapes[operand], step.data)]

    def place(self, step: Step) -> Entries:
        return self.join(step._replace(data=((step.data,), False)))

    def join(self, step: Step) -> Entries:
        sides = self.shapes[step.result]
        made = [ZERO] * math.prod(sides)
        for name, at in zip(step.operands, step.data[0], strict=True):
            for k, entry in zip(self.positions(sides, at), self.values[name], strict=True):
                made[k] = entry
        return made

    def positions(self, sides: Sides, at: Sequence[Position]) -> list[int]:
        """Where the entries at a position on each axis stand in an array."""
        axes: list[range] = []
        for position, side in zip(at, sides, strict=True):
            found = range(side) if position is None else at_sizes(position, self.sizes)
            found = range(found, found + 1) if isinstance(found, int) else found
            if len(found) and found[-1] >= side:
                raise MatcalcError(f"there is no entry {found[-1] + 1}: this dimension is {side}")
            axes.append(found)
        return [_offset(place, sides) for place in places_of(*axes)]

    def unit(self, step: Step) -> Entries:
        sides = self.shapes[step.result]
        at = at_sizes(step.data, self.sizes)
        last = at.stop - 1 if isinstance(at, range) else at
        if last >= sides[-1]:
            raise MatcalcError(f"there is no entry {last + 1}: this dimension is {sides[-1]}")
        n = sides[-1]
        places = {row * n + column for row, column in enumerate(at)} if isinstance(at, range) else {at}
        return [ONE if k in places else ZERO for k in range(math.prod(sides))]

    def embed(self, step: Step) -> Entries:
        """Deltas, where an index stands twice in the result, and free indices, where it has none of the operand's."""
        (operand,), (indices, out) = step.operands, step.data
        read = self.reader(operand, indices)
        made = []
        for place in places_of(*map(range, self.shapes[step.result])):
            at = dict(zip(out, place, strict=True))
            agrees = all(at[index] == k for index, k in zip(out, place, strict=True))
            made.append(read(at) if agrees else ZERO)
        return made

    # ---------------------------------------------------------------- functions
    def function(self, step: Step) -> Entries:
        function = step.data
        if not function.c:
            raise Unwritten
        if function.elementwise:
            return [entrywise(self.graph, function, entries) for entries in self.each(step)]
        each = function.each
        lead = each.lead if each is not None else 0
        name = each.function.name if each is not None else function.name
        read = [(self.values.get(name, []), self.shapes[name]) for name in step.operands]  # or the size alone counts
        members = math.prod(read[0][1][:lead])
        outputs = math.prod(self.shapes[step.result]) // members
        form = form_of(name, read[0][1][lead:])
        made: Entries = []
        for k in range(members):
            parts = [_part(entries, sides, k, lead) for entries, sides in read]
            operands, shapes = [entries for entries, _ in parts], [sides for _, sides in parts]
            if form is not None:
                made += form(self.graph, operands, shapes[0])
            else:
                self.count(sum(map(len, operands)))
                made += statement(self.graph, function.c, operands, shapes, outputs)
        return made

    def mask(self, step: Step) -> Entries:
        sides = self.shapes[step.result]
        form = form_of(step.data.name, sides)
        if form is not None:
            return form(self.graph, [], sides)
        return statement(self.graph, step.data.c, [], [sides], math.prod(sides))

    # ---------------------------------------------------------------- factors
    def factor(self, step: Step) -> Entries:
        (operand,) = step.operands
        n = self.shapes[operand][0]
        self.count(n**3)
        if step.data == "cholesky":
            self.factors[step.result] = Posdef(self.graph, self.values[operand], n)
            return []  # which what solves with it asks for
        if n > matrices.LARGEST_CLOSED:
            raise Unwritten
        return self.closed_inverse(operand)  # what solves with the factor multiplies by this

    def closed_inverse(self, operand: str) -> Entries:
        return matrices.inverse(self.graph, self.values[operand], self.shapes[operand][0])

    def solve(self, step: Step) -> Entries:
        how, transposed = step.data
        factor, right = step.operands
        n, entries = self.shapes[factor][0], self.values[right]
        self.count(n * len(entries))
        if how == "cholesky":
            return self.factors[factor].solved(entries)
        if how in ("lower", "upper") and factor in self.factors:
            return self.factors[factor].half_solved(entries, transposed=transposed)
        t = self.values[factor]
        if how in ("lower", "upper"):
            is_lower = how == "lower"
            return matrices.triangular_solved(self.graph, t, n, entries, lower=is_lower, transposed=transposed)
        m = len(entries) // n
        rows = [t[i::n] if transposed else t[i * n : i * n + n] for i in range(n)]
        return [self.graph.dot(row, entries[j::m]) for row in rows for j in range(m)]

    def inverse(self, step: Step) -> Entries:
        (operand,) = step.operands
        sides = self.shapes[operand]
        form = form_of("inv", sides)
        if form is None:
            text = "if (inverse_of({x}, {y}, {rows})) return 2;"
            return statement(self.graph, text, [self.values[operand]], [sides], sides[0] ** 2)
        return form(self.graph, [self.values[operand]], sides)

    def cholesky_inverse(self, step: Step) -> Entries:
        self.count(math.prod(self.shapes[step.result]) * self.shapes[step.result][0])
        return self.factors[step.operands[0]].inverse()

    def logdet(self, step: Step) -> Entries:
        (operand,) = step.operands
        if step.data == "factored":
            return [self.factors[operand].log_of_det]
        sides = self.shapes[operand]
        if sides[0] > matrices.LARGEST_CLOSED:
            text = "log_of_det({x}, {y}, {rows}, 1);"
            return statement(self.graph, text, [self.values[operand]], [sides], 1)
        return matrices.log_of_det(self.graph, self.values[operand], sides[0], is_real=True)


class _Reader:
    """Entries of an array by the places of its indices."""

    def __init__(self, entries: Entries, sides: Sides, indices: Sequence[int]) -> None:
        self.entries, self.sides, self.indices = entries, sides, indices

    def __call__(self, place: Mapping[int, int]) -> Scalar:
        return self.entries[_offset([place[i] for i in self.indices], self.sides)]


def _places(indices: Sequence[int], sides: Mapping[int, int]) -> Iterator[dict[int, int]]:
    """All places, the last index fastest."""
    for place in places_of(*(range(sides[i]) for i in indices)):
        yield dict(zip(indices, place, strict=True))


def _offset(place: Sequence[int], sides: Sides) -> int:
    offset = 0
    for k, side in zip(place, sides, strict=True):
        offset = offset * side + k
    return offset


def _part(entries: Entries, sides: Sides, k: int, lead: int) -> tuple[Entries, Sides]:
    """Member k of an operand of functions, and its sides; what is no family is the same for all."""
    if not lead or not sides:
        return entries, sides
    inner = sides[lead:]
    size = math.prod(inner)
    return entries[k * size : (k + 1) * size], inner
