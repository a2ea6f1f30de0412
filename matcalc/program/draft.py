"""Programs in the making: names of values, steps that are made once, and what a program is when it is done."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import inf

from matcalc.expr import Expr
from matcalc.network.nodes import Node
from matcalc.numerals import written
from matcalc.program.choices import Choices
from matcalc.program.polynomial import Polynomial
from matcalc.program.step import VIEWS, Operation, Step
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.shape import Dim

CALLING = 3000  # operations that take as long as one call of NumPy does besides
WRITING = 6  # operations that take as long as one entry is written

_1 = Fraction(1)


class Leaf(NamedTuple):
    """What is not computed: ``kind`` is variable, size, constant or number."""

    kind: str
    data: object
    dims: tuple[Dim, ...]


class Target(NamedTuple):
    """A node to compute. ``inputs`` are the axes of the variable that it is a derivative by, if it is one."""

    node: Node
    inputs: tuple[int, ...] = ()


class Program(NamedTuple):
    """Steps in order, the leaves they start from, the names of the results, and those of the passes that fired."""

    steps: tuple[Step, ...]
    leaves: Mapping[str, Leaf]
    results: tuple[str, ...]
    passes: tuple[str, ...] = ()


def live(steps: list[Step], results: tuple[str, ...]) -> tuple[Step, ...]:
    """The steps whose results are used."""
    wanted = set(results)
    kept = []
    for step in reversed(steps):
        if step.result in wanted:
            kept.append(step)
            wanted.update(step.operands)
    return tuple(reversed(kept))


class Draft:
    """Values of a program in the making: leaves and steps, by name."""

    def __init__(self, names: Mapping[Expr, str], choices: Choices) -> None:
        self.names = names
        self.choices = choices
        self.taken = set(names.values())
        self.steps: list[Step] = []
        self.made: dict[str, Step] = {}
        self.leaves: dict[str, Leaf] = {}
        self.dims: dict[str, tuple[Dim, ...]] = {}
        self.known: dict[tuple[object, ...], str] = {}
        self.count = 0

    def leaf(self, name: str, kind: str, data: object, dims: tuple[Dim, ...] = ()) -> str:
        while name in self.made:
            name += "_"
        self.leaves[name] = Leaf(kind, data, dims)
        self.dims[name] = dims
        return name

    def literal(self, value: Fraction) -> str:
        return self.leaf(written(value), "number", value)

    def step(self, operation: Operation, operands: tuple[str, ...], data: object, dims: tuple[Dim, ...]) -> str:
        """The name of a value; one that is computed already is not computed again."""
        key = (operation, operands, data, dims)
        name = self.known.get(key)
        if name is None:
            self.count += 1
            while f"t{self.count}" in self.taken or f"t{self.count}" in self.leaves:
                self.count += 1
            name = self.known[key] = f"t{self.count}"
            self.dims[name] = dims
            self.made[name] = Step(name, operation, operands, data, dims, tuple(self.dims[o] for o in operands))
            self.steps.append(self.made[name])
        return name


def time(steps: Collection[Step], calling: int = CALLING) -> Polynomial:
    """Operations, with calls and entries written, which take the time of several."""
    transposed = {step.result for step in steps if step.operation == "permute"}
    flops = Polynomial.total(step.flops for step in steps)
    written = Polynomial.total(step.entries for step in steps)
    calls = Polynomial.of(sum(_calls(step, transposed) for step in steps))
    return Polynomial.total((flops, written * WRITING, calls * calling))


def _calls(step: Step, transposed: Collection[str]) -> int:
    """How often NumPy is called; arithmetic of scalars is not counted, and what reads a transpose is twice."""
    if step.operation in VIEWS or (not step.dims and step.operation in ("scale", "combine", "power")):
        return 0
    if step.operation != "combine":
        return 1
    *coefficients, constant = step.data
    scaled = sum(1 for c in coefficients if abs(c) != 1)
    across = sum(1 for o in step.operands if o in transposed)
    return max(len(coefficients) - 1 + scaled + bool(constant), 1) + across


def last_uses(program: Program) -> dict[str, float]:
    """By a value, the place of the last step that uses it; of results, beyond all."""
    last: dict[str, float] = {}
    for at, step in enumerate(program.steps):
        last.update(dict.fromkeys(step.operands, at))
    last.update(dict.fromkeys(program.results, inf))
    return last
