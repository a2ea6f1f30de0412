"""The lines of rules/: both sides have one shape and one value, the right one is smaller, and each line applies.

Values are those of formulas as they stand, function by function, where no rule can apply.
"""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from matcalc.checking.points import points
from matcalc.checking.values import Point
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, name_of, number, variable
from matcalc.facts import FACTS, declare
from matcalc.functions import FUNCTIONS, find, known
from matcalc.lowering.lower import lower
from matcalc.network.leaves import number as filled
from matcalc.network.nodes import constant_value
from matcalc.network.views import View, atomic
from matcalc.notation.parse import parse
from matcalc.parts import replaced, variables
from matcalc.rules.algorithms.relations import relations
from matcalc.rules.lines import LINES, RELATIONS
from matcalc.rules.matching.lines import Line
from matcalc.rules.matching.patterns import ENTRIES, LETTERS, NAMES
from matcalc.shape import ONE
from tests.numerics import value

DOCS = Path(__file__).parent.parent / "docs"
ALL = [*LINES, *RELATIONS]
FACT_OF = {"nonneg": "positive"}  # so that samples are not zero


def sides(line: Line) -> tuple[Expr, Expr]:
    """The formulas of a line, in variables with the facts that it asks for."""
    asked: dict[str, set[str]] = {}
    for c in line.conditions:
        asked.setdefault(c.letter, set()).add(FACT_OF.get(c.fact, c.fact))
    if "cholesky" in line.functions and "X" in line.left:
        asked["X"] = {"posdef"}  # NumPy reads one half of a matrix that is not symmetric
    assert set().union(*asked.values()) <= set(FACTS)
    declared = {name: declare(name, *LETTERS[name].shape, *sorted(facts)) for name, facts in asked.items()}
    left, right = (parse(side, {**NAMES, **declared}) for side in (line.left, line.right))
    return left, right


@pytest.mark.parametrize("text", ALL)
def test_shapes_agree(text: str) -> None:
    left, right = sides(Line(text))
    assert left.shape == right.shape


@pytest.mark.parametrize("text", ALL)
def test_values_agree(text: str) -> None:
    left, right = sides(Line(text))
    seen = 0
    for place in points(variables(left), ["m", "n"], 24, 7):
        values = [Point(place.sizes, place.values).value_of(side) for side in (left, right)]
        if all(value is not None and np.all(np.isfinite(value)) for value in values):
            np.testing.assert_allclose(*values, rtol=1e-6, atol=1e-8)
            seen += 1
    assert seen >= 4


# What a letter may stand for that is no letter itself: products entry by entry, sums, transposes and their multiples.
COMPOSITES = {
    "products": {1: "2*{0}*{1}", 2: "{0}.*{1}", 3: "{0}.*{1}"},
    "sums": {1: "{0} - {1}", 2: "{0} - 2*{1}", 3: "{0} - 2*{1}"},
    "multiples": {1: "-{0}", 2: "-3*{0}", 3: "-3*{0}"},
    "products of matrices": {1: "{0}/{1}", 2: "{0}*sum({1})", 3: "{0}*{1}'*{0}"},
    "powers": {1: "{0}^2", 2: "{0}.^2", 3: "{0}.^2"},
}


# The Cholesky factor is that of the symmetric part, and NumPy's reads one half of the matrix.
@pytest.mark.parametrize("name", COMPOSITES)
@pytest.mark.parametrize("text", [text for text in ALL if " if " not in text and "cholesky(X)" not in text])
@pytest.mark.quick_part(7)
def test_values_agree_where_letters_are_composite(text: str, name: str) -> None:
    """The left side has the value that it has function by function, whatever its letters stand for."""
    left = parse(Line(text).left, NAMES)
    for letter in variables(left):
        own, other = name_of(letter), variable(f"{name_of(letter)}_other", *letter.shape)
        written = COMPOSITES[name][1 + sum(side is not ONE for side in letter.shape)]
        made = parse(written.format(own, name_of(other)), {own: letter, name_of(other): other})
        left = replaced(left, letter, made)
    for place in points(variables(left), ["m", "n"], 12, 11):
        at = {name: 0.4 * value for name, value in place.values.items()}  # exponentials of more would not be exact
        wanted = Point(place.sizes, at).value_of(left)
        if wanted is not None and np.all(np.isfinite(wanted)) and 1 not in place.sizes.values():
            try:
                got = value(left, at, place.sizes)
            except MatcalcError:  # a condition does not hold there
                continue
            np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("text", ALL)
def test_right_side_is_smaller(text: str) -> None:
    left, right = (effort(side) for side in sides(Line(text)))
    assert any(after < before for before, after in zip(left, right, strict=True))


def effort(side: Expr) -> tuple[float, int, int, int, int]:
    """What functions cost, the longest operand of one of matrices, how many there are, the letters, and the length."""
    calls = [part for part in side.parts if part.kind == "call" and not part.data.contracts]
    whole = [part for part in calls if not part.data.elementwise]
    longest = max((operand.length for part in whole for operand in part.operands), default=0)
    return sum(map(cost, calls)), longest, len(calls), letters(side), side.length


def letters(side: Expr) -> int:
    return sum(map(letters, side.operands)) + (side.kind == "variable")


def cost(call: Expr) -> float:
    """Operations by the record, where matrices are 100×100; of numbers, a function of matrices counts as more."""
    text = call.data.flops.replace("^", "**")
    return 1e3 * float(eval(text, dict.fromkeys("mnpq", 100))) if text else 1.0


@pytest.mark.parametrize("text", LINES)
def test_line_applies(text: str) -> None:
    left, right = sides(Line(text))
    made = lower(left).node
    assert made is atomic(lower(right)).node
    assert made.dims == tuple(side for side in left.shape if side is not ONE)


def test_relations_are_read_as_they_stand() -> None:
    """What is known of two functions holds of numbers, and so does what is known of one and a number."""
    u = variable("u", 1, 1)
    at = {"u": np.array([[0.7]])}
    pairs, remainders = relations()
    assert len(pairs) + len(remainders) == len(RELATIONS)
    for relation in pairs:
        f, g = known(relation.first)(u), known(relation.second)(number(relation.scale) * u)
        value = f ** number(relation.power) + number(relation.coefficient) * g ** number(relation.power)
        check(relation.line, value, at)
    for remainder in remainders:
        check(
            remainder.line, 1 + number(remainder.coefficient) * FUNCTIONS[remainder.function](u) ** remainder.power, at
        )


def check(line: Line, value: Expr, at: dict[str, np.ndarray]) -> None:
    wanted = Point({}, at).value_of(sides(line)[1])
    np.testing.assert_allclose(Point({}, at).value_of(value), wanted, rtol=1e-9)


def is_of_entries(text: str) -> bool:
    return any(name_of(letter) in ENTRIES for letter in variables(sides(Line(text))[0]))


@pytest.mark.parametrize("dims", [("m", "n"), ("n", "n"), ("n", 1)])
@pytest.mark.parametrize("text", [*filter(is_of_entries, LINES), *RELATIONS])
def test_line_applies_entry_by_entry(text: str, dims: tuple[str, str | int]) -> None:
    """What is said of a number holds of all entries of a matrix or a column."""
    whole = sides(Line(text))
    environment = {u: View(lower(variable(name_of(u), *dims, u.data[1])).node, 1) for u in variables(whole[0])}
    left, right = (lower(side, environment).node for side in whole)
    assert left is right or (not right.rank and left is filled(constant_value(right), left.dims))


@pytest.mark.parametrize("text", LINES)
def test_left_side_is_found_by_its_triggers(text: str) -> None:
    line = Line(text)
    assert line.function or line.triggers()
    for needed in () if line.function else line.triggers():
        assert not line.outermost or any(line.outermost == name.partition("(")[0] for name in needed)


def test_lines_are_of_a_function_or_of_products_as_their_left_sides_are_read() -> None:
    for line in map(Line, LINES):
        record = find(str(line.syntax.value)) if line.syntax.kind == "call" else None
        is_call = record is not None and not record.contracts and not record.definition
        assert line.function == (str(line.syntax.value) if is_call else ""), line.text


def test_no_line_stands_twice() -> None:
    assert len(set(ALL)) == len(ALL)


@pytest.mark.parametrize("subject", ["functions", "rules", "commands"])
def test_tables_of_the_pages_are_up_to_date(subject: str) -> None:
    path, text = runpy.run_path(str(DOCS / "tables.py"))["page"](subject)
    assert path.read_text(encoding="utf-8") == text
