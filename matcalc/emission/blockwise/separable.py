"""Which steps make each sample's part of a value from the same sample's parts of others, so that blocks do alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matcalc.emission.tails import goes_by_entries
from matcalc.program.step import Operation, Step

Axes = Mapping[str, int]  # the axis of the samples, of the values that go by samples


def is_by_samples(step: Step, axis: int, axes: Axes) -> bool:
    """Whether a step with the samples on an axis of its result goes sample by sample."""
    return goes_by_entries(step) or _TESTS.get(step.operation, _never)(step, axis, axes)


def multiplies_samples(step: Step, axis: int | None, axes: Axes) -> bool:
    """Whether a product or a sum goes over samples in another way than by the same sample of all operands."""
    *inputs, out = step.data
    pairs = [*zip(step.operands, inputs, strict=True)]
    along = {indices[axes[name]] for name, indices in pairs if name in axes}
    is_one = len(along) == 1 and (not along & {*out} if axis is None else out[axis] in along)
    return not (is_one and all(_has_samples_alone(name, indices, along, axes) for name, indices in pairs))


def _has_samples_alone(name: str, indices: tuple[int, ...], along: set[int], axes: Axes) -> bool:
    """Whether an operand has the index of the samples on that axis alone."""
    own = [axes[name]] if name in axes else []
    return [at for at, index in enumerate(indices) if index in along] == own


def _never(step: Step, axis: int, axes: Axes) -> bool:
    return False


def _permute(step: Step, axis: int, axes: Axes) -> bool:
    return True


def _product(step: Step, axis: int, axes: Axes) -> bool:
    return not multiplies_samples(step, axis, axes)


def _function(step: Step, axis: int, axes: Axes) -> bool:
    """Functions of rows, where samples are rows, and those of members, where samples are members."""
    places = {axes[name] for name in step.operands if name in axes}
    if step.data.each is not None:
        return places == {axis} and axis < step.data.each.lead
    return bool(step.data.by_rows) and axes.get(step.operands[0]) == 0


def _solve(step: Step, axis: int, axes: Axes) -> bool:
    """Samples are columns of the right side."""
    factor, right = step.operands
    return factor not in axes and axes.get(right) == axis == 1


def _take(step: Step, axis: int, axes: Axes) -> bool:
    (name,) = step.operands
    return step.data[axes[name]] is None


def _place(step: Step, axis: int, axes: Axes) -> bool:
    return step.data[axis] is None


def _join(step: Step, axis: int, axes: Axes) -> bool:
    places, _ = step.data
    return all(at[axis] is None for at in places)


def _embed(step: Step, axis: int, axes: Axes) -> bool:
    (name,) = step.operands
    indices, out = step.data
    return name not in axes or indices[axes[name]] == out[axis]


_TESTS: dict[Operation, Callable[[Step, int, Axes], bool]] = {
    "permute": _permute,
    "product": _product,
    "reduce": _product,
    "function": _function,
    "solve": _solve,
    "take": _take,
    "place": _place,
    "join": _join,
    "embed": _embed,
}
