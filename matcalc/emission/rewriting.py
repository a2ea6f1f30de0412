"""A program in the making, from the steps of another one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from matcalc.program.choices import ASSUMED_SIZE
from matcalc.program.planner import Program
from matcalc.program.polynomial import entries
from matcalc.program.step import Operation, Step, is_identity
from matcalc.rational import Fraction
from matcalc.shape import Dim


class Rewriting:
    """A program in the making, from the steps of another one; each distinct value is computed once."""

    def __init__(self, program: Program, sizes: Mapping[str, int] | None) -> None:
        self.sizes = sizes
        self.leaves = dict(program.leaves)
        self.steps: list[Step] = []
        self.by_name: dict[str, Step] = {}
        self.dims: dict[str, tuple[Dim, ...]] = {name: leaf.dims for name, leaf in program.leaves.items()}
        self.names: dict[str, str] = {}  # what a value of the old program is called now
        self.known: dict[tuple[object, ...], str] = {}
        self.linked: dict[str, Any] = {}  # values that are zero but where axes agree
        self.wanted: Counter[str] = Counter()  # how often a value is read
        self.taken = {*program.leaves, *(step.result for step in program.steps)}
        self.count = 0

    def add(
        self, operation: Operation, operands: tuple[str, ...], data: Any, dims: tuple[Dim, ...], name: str = ""
    ) -> str:
        """The name of a value; one that is computed already is not computed again."""
        if is_identity(operation, data):
            return operands[0]
        key = (operation, operands, data, dims)
        if key not in self.known:
            while not name or name in self.by_name:
                self.count += 1
                fresh = f"s{self.count}"
                name = "" if fresh in self.taken else fresh
            step = Step(name, operation, operands, data, dims, tuple(self.dims[o] for o in operands))
            self.steps.append(step)
            self.by_name[name] = step
            self.dims[name] = dims
            self.known[key] = name
        return self.known[key]

    def size(self, dims: tuple[Dim, ...]) -> Fraction:
        """The entries of an array; dimensions of unknown size are taken to be of one size."""
        count = entries(dims)
        return count.at(self.sizes or {}, ASSUMED_SIZE)

    def are_fewer(self, some: tuple[Dim, ...], others: tuple[Dim, ...]) -> bool:
        """Whether an array has fewer entries than another one, whatever the sizes are where they are not known."""
        a, b = entries(some), entries(others)
        return a.at(self.sizes) < b.at(self.sizes) if self.sizes is not None else a != b and a.never_exceeds(b)
