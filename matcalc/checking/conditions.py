"""Conditions under which a wrong claim is right: facts that its author took for granted of a variable."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from matcalc.checking.asked import SEED, Asked, Sample, drawn
from matcalc.checking.formula import Tree
from matcalc.checking.points import distinct_sizes, least_size, sample, symbols_of
from matcalc.expr import Expr, name_of

POINTS = 6  # at which a claim has to hold: at two of them the signs of all entries may be alike by chance

Fact = tuple[str, Callable[[Expr], bool], str]  # its name, the variables it may be true of, and in words


def is_square(v: Expr) -> bool:
    return v.shape.is_square and not v.shape.is_scalar


def _is_vector(v: Expr) -> bool:
    return v.shape.cols.number == 1 and not v.shape.is_scalar


SYMMETRY: tuple[Fact, ...] = (("symmetric", is_square, "is symmetric"),)
NORMALISED: tuple[Fact, ...] = (
    ("unitnorm", _is_vector, "has norm 1"),
    ("sumstoone", _is_vector, "sums to 1"),
)
FURTHER: tuple[Fact, ...] = (
    ("diagonal", is_square, "is diagonal"),
    ("orthogonal", is_square, "is orthogonal"),
    ("positive", lambda v: True, "is positive"),
)


def condition(asked: Asked, claim: Tree, facts: Sequence[Fact]) -> str | None:
    """The first fact of a variable under which a claim holds, in words."""
    for fact, wanted, words in facts:
        for v in asked.variables:
            if not wanted(v) or fact in v.data[1]:
                continue
            restricted = Expr(v.kind, (), (name_of(v), tuple(sorted({*v.data[1], fact}))), v.shape)
            others = tuple(restricted if w is v else w for w in asked.variables)
            if _holds(claim, asked, others):
                return f"only true if {name_of(v)} {words}"
    return None


def _holds(claim: Tree, asked: Asked, variables: Sequence[Expr]) -> bool:
    """Whether a claim holds at some points, and fails at none before them."""
    count = 0
    for one in drawn(asked, variables):
        if not one.fits(claim):
            return False
        count += one.is_stable(asked)
        if count == POINTS:
            return True
    return False


def commuting(asked: Asked, claim: Tree) -> str | None:
    """Whether a claim holds where all square matrices commute, one alone with all others, in words."""
    import numpy as np

    squares = [v for v in asked.variables if is_square(v)]
    if not squares or (len(squares) == 1 and asked.kind not in ("jacobian", "hessian")):
        return None
    for k in range(2):
        rng = np.random.default_rng([SEED, 7, k])
        sizes = distinct_sizes(symbols_of(*asked.variables), k, least_size(asked.f))
        values = {name_of(v): sample(rng, v, sizes) for v in asked.variables}
        base = {v.shape: sample(rng, v, sizes) for v in squares}
        for v in squares:
            b = base[v.shape]
            a, c, d = rng.uniform(0.5, 1.5, 3)
            values[name_of(v)] = a * np.eye(len(b))
            if len(squares) > 1:
                values[name_of(v)] += c * b + 0.2 * d * b @ b
        one = Sample(asked, sizes, values)
        if one.answer is None or not one.fits(claim):
            return None
    names = ", ".join([*(name_of(v) for v in squares), *([f"d{name_of(asked.x)}"] if len(squares) == 1 else [])])
    return f"only true if {names} commute: the order of factors matters"
