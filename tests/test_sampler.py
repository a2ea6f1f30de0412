"""The sampler: its points have all declared facts at once, at every size; what no value can have is refused."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import mpmath
import numpy as np
import pytest

import matcalc as mc
from matcalc.checking import precise
from matcalc.checking.comparison import SEED
from matcalc.checking.members import has_few_members, member
from matcalc.checking.points import MANNERS, Manner, Place, points, sample, shared_by_chance, sizes_at
from matcalc.expr import Expr, variable
from matcalc.facts import FACTS
from matcalc.lowering.lower import lower

Array = np.ndarray


def _free(facts: set[str], a: Array) -> Array:
    """The entries that are not zero by their place: what a fact says of signs, it says of these."""
    mask = np.ones(a.shape, dtype=bool)
    if "diagonal" in facts or {"lower", "upper"} <= facts or (facts & {"lower", "upper"} and facts & TIED):
        mask &= np.eye(len(a), dtype=bool)
    elif facts & {"lower", "upper"}:
        mask &= np.tri(len(a), dtype=bool) if "lower" in facts else np.tri(len(a), dtype=bool).T
    return a[mask]


TIED = {"symmetric", "posdef", "psd", "orthogonal", "permutation", "skew"}


def _close(a: object, b: object) -> bool:
    return bool(np.all(np.abs(np.subtract(a, b)) <= 1e-8 + 1e-5 * np.abs(b)))  # np.allclose takes ten times as long


# Written anew: the sampler must not be its own judge.
HOLDS: dict[str, Callable[[set[str], Array], bool]] = {
    "symmetric": lambda facts, a: _close(a, a.T),
    "posdef": lambda facts, a: _close(a, a.T) and bool(np.all(np.linalg.eigvalsh(a) > 0)),
    "psd": lambda facts, a: _close(a, a.T) and bool(np.all(np.linalg.eigvalsh(a) > -1e-10)),
    "permutation": lambda facts, a: bool(
        np.all((a == 0) | (a == 1)) and np.all(a.sum(0) == 1) and np.all(a.sum(1) == 1)
    ),
    "idempotent": lambda facts, a: _close(a @ a, a),
    "stochastic": lambda facts, a: bool(np.all(a >= 0) and _close(a.sum(1), 1)),
    "toeplitz": lambda facts, a: all(_close(np.diag(a, k), np.diag(a, k)[:1]) for k in range(1 - len(a), a.shape[1])),
    "fullcolrank": lambda facts, a: np.linalg.matrix_rank(a) == a.shape[1],
    "fullrowrank": lambda facts, a: np.linalg.matrix_rank(a) == a.shape[0],
    "diagonal": lambda facts, a: _close(a, np.diag(np.diag(a))),
    "skew": lambda facts, a: _close(a, -a.T),
    "lower": lambda facts, a: _close(a, np.tril(a)),
    "upper": lambda facts, a: _close(a, np.triu(a)),
    "orthogonal": lambda facts, a: _close(a.T @ a, np.eye(len(a))),
    "invertible": lambda facts, a: np.linalg.matrix_rank(a) == len(a),
    "positive": lambda facts, a: bool(np.all(_free(facts, a) > 0)),
    "nonneg": lambda facts, a: bool(np.all(a >= 0)),
    "unitnorm": lambda facts, a: bool(_close(np.sum(a * a), 1)),
    "sumstoone": lambda facts, a: bool(_close(np.sum(a), 1)),
    "simplex": lambda facts, a: bool(_close(np.sum(a), 1) and np.all(a >= 0)),
}
SETS = [facts for count in (1, 2, 3) for facts in combinations(FACTS, count)]
SQUARE = {fact for fact, (_, of_squares) in FACTS.items() if of_squares}


def declared(rows: int | str, cols: int | str, facts: tuple[str, ...]) -> Expr | None:
    try:
        return mc.variable("V", rows, cols, *facts)
    except mc.MatcalcError:
        return None


@pytest.mark.parametrize("facts", SETS, ids="-".join)
@pytest.mark.quick_part(5)
def test_values_have_all_facts_or_the_declaration_is_refused(facts: tuple[str, ...]) -> None:
    shapes = [(n, n) for n in (1, 2, 3, 4)] + ([] if SQUARE & set(facts) else [(3, 1), (1, 3), (2, 3), (3, 2)])
    for rows, cols in shapes:
        v = declared(rows, cols, facts)
        values = [] if v is None else [sample(np.random.default_rng(k), v, {}, m) for k, m in enumerate(MANNERS)]
        if v is None:
            assert not _some_value(rows, cols, facts), (rows, cols)
        for value in values:
            assert value is not None, (rows, cols)
            for fact in facts:
                assert HOLDS[fact](set(facts), value), (fact, value)
            for fact in v.data[1] if v is not None else ():  # and all that follows from them
                assert HOLDS[fact](set(), value), (fact, value)


def _some_value(rows: int, cols: int, facts: tuple[str, ...]) -> bool:
    """Whether one of many simple values has all facts: then these do not contradict each other."""
    n = max(rows, cols)
    rng = np.random.default_rng(0)
    tried = [np.eye(rows, cols), -np.eye(rows, cols), np.zeros((rows, cols)), np.ones((rows, cols)) / (rows * cols)]
    tried += [np.diag(rng.choice([-1.0, 1.0], n))[:rows, :cols] for _ in range(9)]
    tried += [np.eye(n)[rng.permutation(n)][:rows, :cols] * rng.choice([-1.0, 1.0], n)[:cols] for _ in range(40)]
    tried += [np.eye(rows * cols)[k].reshape(rows, cols) for k in range(rows * cols)]
    tried += [a - a.T for a in tried if rows == cols]
    return any(all(HOLDS[fact](set(facts), a) for fact in facts) for a in tried)


@pytest.mark.parametrize("facts", [f for f in SETS if len(f) < 3], ids="-".join)
def test_a_dimension_with_a_name_has_sizes_with_values(facts: tuple[str, ...]) -> None:
    v = declared("n", "n", facts)
    places = [] if v is None else list(points([v], ["n"], 12, 1))
    assert (v is None) == (not places)
    for place in places:
        for fact in facts:
            assert HOLDS[fact](set(facts), place.values["V"]), (fact, place)


# What may be so of a matrix: where the facts do not say so, some point shows that it need not.
CLAIMS: dict[str, Callable[[Any], bool]] = {
    "symmetric": lambda a: np.allclose(a, a.T),
    "its own inverse": lambda a: np.allclose(a @ a, np.eye(len(a))),
    "diagonal": lambda a: np.allclose(a, np.diag(np.diag(a))),
    "zero on the diagonal": lambda a: np.allclose(np.diag(a), 0),
    "nonneg": lambda a: bool(np.all(a >= 0)),
    "idempotent": lambda a: np.allclose(a @ a, a),
    "invertible": lambda a: np.linalg.matrix_rank(a) == len(a),
    "singular": lambda a: np.linalg.matrix_rank(a) < len(a),
    "of constant diagonals": lambda a: all(
        np.allclose(np.diag(a, k), np.diag(a, k)[0]) for k in range(1 - len(a), len(a))
    ),
    "of equal row sums": lambda a: np.allclose(a.sum(1), a.sum(1)[0]),
    "of trace 1": lambda a: np.isclose(np.trace(a), 1),
    "normal": lambda a: np.allclose(a @ a.T, a.T @ a),
}


@pytest.mark.parametrize("facts", [f for f in SETS if len(f) < 3], ids="-".join)
def test_what_facts_do_not_say_is_false_at_some_point(facts: tuple[str, ...]) -> None:
    v = declared("n", "n", facts)
    if v is None:
        return
    seen = [place.values["V"] for place in points([v], ["n"], 64 if has_few_members(v.data[1]) else 16, SEED)]
    rng = np.random.default_rng(1)
    many = [a for n in (3, 4) for k in range(60) if (a := sample(rng, v, {"n": n}, MANNERS[k % 10])) is not None]
    for name, holds in CLAIMS.items():
        assert all(map(holds, many)) or not all(map(holds, seen)), name


REFUSED = [
    ("n", ("skew", "posdef")),
    ("n", ("skew", "positive")),
    ("n", ("skew", "sumstoone")),
    ("n", ("skew", "simplex")),
    ("n", ("skew", "symmetric", "invertible")),
    ("n", ("skew", "lower", "orthogonal")),
    (3, ("skew", "orthogonal")),
    (3, ("skew", "invertible")),
    (2, ("orthogonal", "positive")),
    (2, ("orthogonal", "unitnorm")),
    (2, ("orthogonal", "simplex")),
    ("n", ("skew", "stochastic")),
    ("n", ("skew", "permutation")),
    ("n", ("lower", "idempotent", "positive")),
    (2, ("permutation", "positive")),
    (2, ("stochastic", "sumstoone")),
    (2, ("stochastic", "unitnorm", "invertible")),
    (2, ("idempotent", "invertible", "unitnorm")),
    (2, ("idempotent", "simplex", "positive")),
    (2, ("toeplitz", "idempotent", "sumstoone")),
    (3, ("psd", "permutation", "unitnorm")),
]
ALLOWED = [
    ("n", ("idempotent", "invertible")),
    ("n", ("permutation", "posdef")),
    ("n", ("psd", "invertible")),
    ("n", ("skew", "idempotent")),
    ("n", ("stochastic", "idempotent")),
    ("n", ("toeplitz", "permutation")),
    (3, ("toeplitz", "orthogonal", "sumstoone")),
    ("n", ("diagonal", "positive")),
    ("n", ("symmetric", "orthogonal")),
    ("n", ("skew", "symmetric")),
    ("n", ("skew", "invertible")),
    ("n", ("lower", "upper")),
    ("n", ("lower", "posdef")),
    ("n", ("lower", "positive")),
    ("n", ("orthogonal", "nonneg")),
    (2, ("skew", "orthogonal")),
    (3, ("orthogonal", "sumstoone")),
]


@pytest.mark.parametrize(("size", "facts"), REFUSED)
def test_facts_that_contradict_each_other_are_refused(size: int | str, facts: tuple[str, ...]) -> None:
    with pytest.raises(mc.ShapeError, match=f"matrix is {' and '.join(facts)}: "):
        mc.variable("V", size, size, *facts)


@pytest.mark.parametrize(
    ("rows", "cols", "fact"),
    [(2, 3, "fullcolrank"), (3, 2, "fullrowrank"), (1, 3, "fullcolrank"), (3, 1, "fullrowrank")],
)
def test_a_rank_that_no_matrix_of_the_shape_has_is_refused(rows: int, cols: int, fact: str) -> None:
    with pytest.raises(mc.ShapeError, match=f"no {rows}×{cols} matrix is {fact}: it has more"):
        mc.matrix("A", rows, cols, fact)


# What facts are together: the facts that are known of the matrix.
TOGETHER = [
    (("idempotent", "invertible"), {"orthogonal", "posdef", "diagonal", "permutation"}),
    (("orthogonal", "nonneg"), {"permutation", "stochastic"}),
    (("permutation", "lower"), {"posdef", "diagonal"}),
    (("psd", "invertible"), {"posdef"}),
    (("fullcolrank",), {"invertible"}),
    (("symmetric", "idempotent"), {"psd"}),
    (("diagonal", "nonneg"), {"psd"}),
    (("stochastic", "unitnorm"), {"symmetric", "idempotent", "toeplitz", "positive"}),
]


@pytest.mark.parametrize(("facts", "known"), TOGETHER)
def test_what_facts_are_together(facts: tuple[str, ...], known: set[str]) -> None:
    v = mc.matrix("V", "n", "n", *facts)
    assert known <= set(v.data[1])


@pytest.mark.parametrize(("size", "facts"), ALLOWED)
def test_facts_that_go_together_are_not(size: int | str, facts: tuple[str, ...]) -> None:
    assert declared(size, size, facts) is not None


@pytest.mark.parametrize("facts", SETS, ids="-".join)
def test_equations_hold_to_all_digits(facts: tuple[str, ...]) -> None:
    v = declared(3, 3, facts)
    if v is None or not set(facts) & {"orthogonal", "unitnorm", "sumstoone", "simplex"}:
        return
    value = sample(np.random.default_rng(1), v, {})
    equations = {"orthogonal": "V'*V - eye(3)", "unitnorm": "sum(V.*V) - 1", "sumstoone": "sum(V) - 1"}
    plain = variable("V", 3, 3)  # without facts, or the formula is zero by form
    for fact in set(equations) & {*facts, *(FACTS["simplex"][0] if "simplex" in facts else ())}:
        node = lower(mc.parse(equations[fact], {"V": plain})).node
        with mpmath.workdps(precise.DIGITS):
            exact = precise.exactly(v, value, {})
        (missing,) = precise.values_of([node], {}, {plain: exact})
        assert max(abs(x) for x in np.ravel(missing)) < 1e-40, fact


def test_sizes_are_of_all_kinds() -> None:
    sizes = [tuple(sizes_at(["m", "n"], turn).values()) for turn in range(12)]
    assert any(m < n for m, n in sizes)
    assert any(m > n for m, n in sizes)
    assert any(m == n > 1 for m, n in sizes)
    assert {(1, 1)} < set(sizes)
    assert any(m == 1 < n for m, n in sizes)
    assert any(m > 1 == n for m, n in sizes)


def test_both_components_of_the_orthogonal_group_are_met() -> None:
    q = mc.matrix("Q", "n", "n", "orthogonal")
    signs = {round(float(np.linalg.det(place.values["Q"]))) for place in points([q], ["n"], 12, 0)}
    assert signs == {1, -1}


def test_what_numbers_stand_for_moves_with_them() -> None:
    """Along a line of numbers no value jumps, but for signs and permutations: kinks are closed in on along it."""
    for facts in ((), ("posdef",), ("simplex",), ("orthogonal",), ("skew",), ("lower", "positive"), ("unitnorm",)):
        v = mc.variable("V", 3, 3, *facts)
        base, along = (np.random.default_rng(k).uniform(0.3, 1.3, (3, 3)) for k in (1, 2))
        at, near = (member(v, base + t * along, {}) for t in (0.5, 0.5 + 1e-7))
        assert at is not None
        assert near is not None
        assert np.max(np.abs(at - near)) < 1e-4


def test_manners_are_kept_where_facts_allow_them() -> None:
    s = mc.matrix("S", 3, 3, "symmetric")
    value = sample(np.random.default_rng(0), s, {}, Manner(more=("positive",)))
    assert np.all(value > 0)
    assert _close(value, value.T)


def test_what_points_share_by_chance_is_named() -> None:
    X, S = mc.matrix("X", "n", "n"), mc.matrix("S", "n", "n", "symmetric")
    symmetric, other = np.array([[1.0, 2.0], [2.0, 3.0]]), np.array([[1.0, 2.0], [5.0, 3.0]])
    one, diagonal = np.ones((1, 1)), np.diag([1.0, 2.0])

    def shared(inside: list[Any], outside: list[Any], v: mc.Expr = X) -> str:
        places = ([Place({}, {v.data[0]: value}) for value in side] for side in (inside, outside))
        return shared_by_chance([v], *places)

    assert shared([symmetric, symmetric, one], [other]) == "X is symmetric"
    assert shared([diagonal, one], [symmetric], S) == "S is diagonal"
    assert shared([symmetric, other], [other]) == shared([symmetric], [symmetric, one]) == shared([one], [other]) == ""
