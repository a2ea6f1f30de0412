"""Conditions under which a wrong claim is right: facts that its author took for granted of a variable.

A condition is stated only where the claim is equal to the answer under it, by the same ladder as every verdict; the
values at a few points only spare the proof. That the claim is wrong without it is known before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial, reduce

from matcalc.bound import unbound
from matcalc.checking.asked import SEED, Asked, Sample, drawn, value_at
from matcalc.checking.equality import equal
from matcalc.checking.formula import Tree
from matcalc.checking.points import distinct_sizes, least_size, sample, symbols_of
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, eye, mul, name_of, number, ones, power, variable
from matcalc.facts import declare
from matcalc.families import declared_facts, redeclared
from matcalc.function import Function
from matcalc.lowering.lower import lower_all
from matcalc.network.leaves import split_coefficient
from matcalc.network.views import same_layout
from matcalc.notation.parse import parse
from matcalc.parts import parts_of, replaced, variables, with_operands
from matcalc.shape import Shape

POINTS = 3  # at which a claim has to hold before it is proved to
MOST_KINKS = 4  # arguments whose signs are looked into

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


def condition(asked: Asked, tree: Tree, claim: Expr, facts: Sequence[Fact]) -> str | None:
    """The first fact of a variable under which a claim is equal to the answer, in words."""
    for fact, wanted, words in facts:
        for v in asked.variables:
            if not wanted(v) or fact in declared_facts(v):
                continue
            try:
                restricted = redeclared(v, *declared_facts(v), fact)
            except MatcalcError:  # it contradicts what is declared
                continue
            if set(declared_facts(restricted)) == set(declared_facts(v)):
                continue
            others = tuple(restricted if w is v else w for w in asked.variables)
            under = partial(replaced, old=v, new=restricted)
            if _holds(tree, asked, others) and _is_right(claim, asked, under, others):
                return f"only true if {name_of(v)} {words}"
    return None


def _holds(claim: Tree, asked: Asked, company: Sequence[Expr]) -> bool:
    """Whether a claim holds at some points, and fails at none before them."""
    count = 0
    for one in drawn(asked, company):
        if not one.fits(claim):
            return False
        count += 1
        if count == POINTS:
            return True
    return count > 0


def _is_right(claim: Expr, asked: Asked, under: Callable[[Expr], Expr], company: Sequence[Expr]) -> bool:
    """Whether a claim is equal to the answer, both as they are under a condition."""
    try:
        return bool(equal(under(claim), under(asked.answer), company, tuple(map(under, asked.domain))))
    except MatcalcError:
        return False


# ---------------------------------------------------------------- matrices that commute
_COMMUTING = frozenset(("invertible", "symmetric", "posdef"))  # facts that polynomials of a matrix can have


def commuting(asked: Asked, tree: Tree, claim: Expr) -> str | None:
    """Whether a claim holds where all square matrices commute, one alone with all others, in words."""
    squares = [v for v in asked.variables if is_square(v)]
    if not squares or (len(squares) == 1 and asked.kind not in ("jacobian", "hessian")):
        return None
    if any(set(v.data[1]) - _COMMUTING for v in squares):
        return None
    if not all(one.answer is not None and one.fits(tree) for one in _commuting_points(asked, squares)):
        return None
    instead, company = _polynomials(squares)
    others = [*company, *(v for v in asked.variables if v not in instead)]
    if not _is_right(claim, asked, lambda f: reduce(lambda g, v: replaced(g, v, instead[v]), instead, f), others):
        return None
    names = ", ".join([*(name_of(v) for v in squares), *([f"d{name_of(asked.x)}"] if len(squares) == 1 else [])])
    return f"only true if {names} commute: the order of factors matters"


def _polynomials(squares: Sequence[Expr]) -> tuple[dict[Expr, Expr], list[Expr]]:
    """Square matrices as polynomials of one matrix of their size, and these: they commute, and may be all that does."""
    made: dict[Expr, Expr] = {}
    bases: dict[Shape, Expr] = {}
    for k, v in enumerate(squares):
        facts = {fact for w in squares if w.shape == v.shape for fact in w.data[1]}
        base = bases.setdefault(v.shape, declare(f"base{len(bases)}__", *v.shape, *facts))
        positive = ("positive",) if "posdef" in facts else ()
        a, b, c = (declare(f"{letter}{k}__", 1, 1, *positive) for letter in "abc")
        made[v] = a * eye(v.shape.rows)
        if len(squares) > 1:
            made[v] = made[v] + b * base + c * power(base, number(2))
    return made, list(bases.values())


def _commuting_points(asked: Asked, squares: Sequence[Expr]) -> Iterator[Sample]:
    import numpy as np

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
        yield Sample(asked, sizes, values)


# ---------------------------------------------------------------- branches
def branch(asked: Asked, claim: Expr) -> str | None:
    """Where a wrong claim is right: on one side of a kink, in words; proved with the functions as they are there."""
    arguments = dict.fromkeys(
        part.operands[0]
        for part in parts_of(claim, asked.answer)
        if _has_kink(part) and variables(part) and not unbound(part)
    )
    for u in list(arguments)[:MOST_KINKS]:
        for side, relation in ((1, ">"), (-1, "<")):
            if _occurs(asked, u, side) and _is_right(
                claim, asked, partial(_on_branch, u=u, side=side), asked.variables
            ):
                return f"it is right where {u} {relation} 0"
    return None


def _has_kink(part: Expr) -> bool:
    return part.kind == "call" and bool(part.data.branches)


def _on_branch(f: Expr, u: Expr, side: int) -> Expr:
    """The formula where u, and with it all that is a multiple of u, has one sign."""
    made: dict[Expr, Expr] = {}
    for node in f.parts:
        new = node
        if node.operands:
            new = with_operands(node, tuple(made[operand] for operand in node.operands))
            sign = side * _multiple(new.operands[0], u) if _has_kink(node) else 0
            if sign:
                new = _of_branch(node.data, new.operands[0], sign)
        made[node] = new
    return made[f]


def _of_branch(function: Function, u: Expr, sign: int) -> Expr:
    """What a function with a kink at 0 is where its argument has this sign."""
    (name,) = function.operands
    x = variable(name, *u.shape)
    made = replaced(parse(function.branches[0 if sign > 0 else 1], {name: x}), x, u)
    return made if made.shape == u.shape else mul(made, ones(*u.shape))


def _multiple(part: Expr, u: Expr) -> int:
    """1 or -1 where a part is a positive or a negative multiple of u, else 0."""
    if part.shape != u.shape:
        return 0
    try:
        a, b = same_layout(*lower_all([part, u]))
    except MatcalcError:
        return 0
    (scale, node), (unit, other) = split_coefficient(a.node), split_coefficient(b.node)
    return 0 if node is not other or not scale or not unit else 1 if (scale > 0) == (unit > 0) else -1


def _occurs(asked: Asked, u: Expr, side: int) -> bool:
    """Whether u has this sign at one of some points where the answer is defined."""
    import numpy as np

    values = (value_at(u, asked.variables, one.point) for one in drawn(asked, asked.variables))
    return any(value is not None and np.all(side * value > 0) for value in values)
