"""Cuts a program where samples are summed: what is computed for each block of samples, and what from their sums.

A value *goes by samples* where an axis of it is that of the samples. It is computed block by block, in the first pass
over the data in which all that it needs from earlier passes is known. A sum over the samples, and what else blocks
make together (``pooling``), is known behind its pass. A result that goes by samples is computed by itself, behind all.
"""

from __future__ import annotations

from matcalc.emission.blockwise.pooling import joined_by, with_pooled
from matcalc.emission.blockwise.separable import is_by_samples, multiplies_samples
from matcalc.errors import MatcalcError
from matcalc.program.draft import Leaf, Program, live
from matcalc.program.step import Step
from matcalc.records import NamedTuple
from matcalc.shape import Dim


class Pass(NamedTuple):
    """One reading of all samples.

    ``program`` makes the values of a block; ``data`` are the leaves of it that are read by blocks, ``known`` the values
    that are the same for all of them, ``made`` the results, and ``ways`` what joins those of two blocks.
    """

    program: Program
    data: tuple[str, ...]
    known: tuple[str, ...]
    made: tuple[str, ...]
    ways: tuple[str, ...] = ()


class Cut(NamedTuple):
    """``passes`` over the samples, and ``stages`` of what is computed before, between and behind them.

    ``each`` are the results that go by samples, as passes that are joined by nothing.
    """

    passes: tuple[Pass, ...]
    stages: tuple[tuple[Step, ...], ...]
    each: dict[str, Pass]
    rest: Program  # all stages, with the sums as leaves
    axes: dict[str, int]  # the axis of the samples, of the values that go by samples


class Uncut(Exception):
    """Why a program cannot be computed by blocks of samples."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


def cut(program: Program, samples: str) -> Cut:
    """The passes of a program over the samples, of which there are as many as the symbol says.

    Raises:
        Uncut: a step needs all samples at once.
    """
    program = with_pooled(program, Dim.of(samples))
    made = _Levels(program, samples)
    count = max(made.summed.values(), default=0)
    numbers = range(1, count + 1)
    passes = tuple(_pass(program, made, tuple(n for n, at in made.summed.items() if at == k)) for k in numbers)
    each = {name: _pass(program, made, (name,)) for name in program.results if name in made.axes}
    stages = tuple(
        tuple(s for s in program.steps if made.behind.get(s.result) == number and s.result not in made.summed)
        for number in range(count + 1)
    )
    dims = {step.result: step.dims for step in program.steps}
    leaves = {name: leaf for name, leaf in program.leaves.items() if name not in made.axes}
    leaves |= {name: Leaf("variable", None, dims[name]) for name in made.summed}
    rest = program._replace(steps=tuple(step for stage in stages for step in stage), leaves=leaves)
    return Cut(passes, stages, each, rest, made.axes)


class _Levels:
    """For each value, how it goes by samples, and the pass in which or behind which it is known."""

    def __init__(self, program: Program, samples: str) -> None:
        self.dim = Dim.of(samples)
        self.symbol = samples
        self.axes: dict[str, int] = {}  # of what goes by samples
        self.within: dict[str, int] = {}  # the pass in which it is computed
        self.behind: dict[str, int] = {}  # of all else: the pass behind which it is known, 0 before the first
        self.summed: dict[str, int] = {}  # what blocks make together, by pass
        self.ways: dict[str, str] = {}  # what joins the values of two blocks
        for name, leaf in program.leaves.items():
            axis = self._axis(leaf.dims) if leaf.kind == "variable" else None
            if axis is None:
                self.behind[name] = 0
            else:
                self.axes[name], self.within[name] = axis, 0
        for step in program.steps:
            self._place(step)

    def _axis(self, dims: tuple[Dim, ...]) -> int | None:
        found = [axis for axis, dim in enumerate(dims) if self.symbol in dim.symbols]
        if len(found) > 1 or any(dims[axis] is not self.dim for axis in found):
            shape = "×".join(map(str, dims))
            raise Uncut(f"a matrix of {shape} is formed, whose size grows with that of the data")
        return found[0] if found else None

    def _place(self, step: Step) -> None:
        axis = self._axis(step.dims)
        sampled = [name for name in step.operands if name in self.axes]
        known = max((self.behind[name] for name in step.operands if name in self.behind), default=0)
        if axis is None and not sampled:
            self.behind[step.result] = known
            return
        if sampled:
            self._refuse_what_needs_all(step, axis)
        number = max([1, known + 1, *(self.within[name] for name in sampled)])
        if axis is None:
            self.behind[step.result] = self.summed[step.result] = number
        else:
            self.axes[step.result], self.within[step.result] = axis, number

    def _refuse_what_needs_all(self, step: Step, axis: int | None) -> None:
        """A step whose entries at one sample need other samples, or whose values blocks do not make together."""
        if step.operation in ("product", "reduce") and multiplies_samples(step, axis, self.axes):
            raise Uncut("samples are multiplied by other samples")
        if axis is not None:
            is_alike = is_by_samples(step, axis, self.axes)
        else:
            way = joined_by(step, next(self.axes[name] for name in step.operands if name in self.axes))
            self.ways[step.result], is_alike = way, bool(way)
        if not is_alike:
            raise Uncut(f"{_told(step)} needs all samples at once")


def _told(step: Step) -> str:
    return str(step.data.name) if step.operation == "function" else step.kind


def _pass(program: Program, made: _Levels, results: tuple[str, ...]) -> Pass:
    inner = [s for s in program.steps if s.result in made.axes or s.result in results]
    steps = live(inner, results)
    own = {step.result for step in steps}
    used = [name for step in steps for name in step.operands] + [*results]
    read = dict.fromkeys(name for name in used if name not in own)
    data = tuple(name for name in read if name in made.axes)
    known = tuple(name for name in read if name not in made.axes and not _is_written(program.leaves.get(name)))
    dims = {step.result: step.dims for step in program.steps}
    leaves = {name: Leaf("variable", None, dims[name]) if name in dims else program.leaves[name] for name in read}
    ways = tuple(made.ways[name] for name in results if name in made.ways)
    return Pass(Program(steps, leaves, results), data, known, results, ways)


def _is_written(leaf: Leaf | None) -> bool:
    """Whether a leaf is written where it is used: pi, a number, a size."""
    return leaf is not None and leaf.kind != "variable"


def refused(why: str, samples: str) -> MatcalcError:
    """The error for a formula that is no sum over samples."""
    return MatcalcError(
        f"this cannot be summed over blocks of the {samples} samples", why, hint='emit(..., target="numpy")'
    )
