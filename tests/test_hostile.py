"""Hostile inputs are answered or refused in words: a few of those that ``python -m benchmarks.hostile`` makes."""

from __future__ import annotations

import pytest

import matcalc as mc
from benchmarks import hostile
from matcalc.boundary import decimal, integer


@pytest.mark.parametrize("seed", range(4))
def test_hostile_inputs_are_refused_in_words(seed: int) -> None:
    found = [(case.text, hostile.failure(case, 60)) for case in hostile.cases(120, seed)]
    assert not [(text, what) for text, what in found if what]


BAD = {
    "a number as a formula": lambda: mc.to_latex(1),  # type: ignore[arg-type]
    "no arguments": lambda: mc.emit(hostile.F, arguments=None),  # type: ignore[arg-type]
    "a text of arguments": lambda: mc.emit(hostile.F, arguments="x"),
    "a list of sizes": lambda: mc.plan(hostile.F, sizes=[3]),  # type: ignore[arg-type]
    "a range without end": lambda: mc.chain(range(10**12)),
    "an enormous slice": lambda: hostile.x[0 : 10**30],
    "a number of 5,000 digits": lambda: hostile.c + 10**5000,
    "a type": lambda: mc.gradient(int, hostile.x),  # type: ignore[arg-type]
    "digits": lambda: mc.vector("x", "9" * 5000),
    "threads": lambda: mc.schedule(mc.JacobianChain([mc.Factor(2, 3, 4)]), 10**30),
    "a certificate": lambda: mc.verify("1" * 5000),
    "chains to try": lambda: mc.smallest_counterexamples(5, 10**30),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_argument_is_refused(name: str) -> None:
    with pytest.raises(mc.MatcalcError) as caught:
        BAD[name]()
    assert len(str(caught.value)) < 600


def test_integers_are_those_that_can_be_written() -> None:
    assert [integer(value) for value in (3, True, 2.0, "3", int, None, 10**5000)] == [3, *[None] * 6]
    assert (decimal("12"), decimal("-1"), decimal("1" * 5000)) == (12, None, None)


def test_every_public_function_has_kinds_that_are_known() -> None:
    """Annotations mean something where they are looked up, or the first call of a user would fail."""
    for name in mc.__all__:
        function = getattr(mc, name)
        if hasattr(function, "__wrapped__"):
            with pytest.raises((mc.MatcalcError, TypeError)):
                function(*[object()] * 9)
    assert hasattr(mc.gradient, "__wrapped__")
