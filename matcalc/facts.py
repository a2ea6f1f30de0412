"""What may be declared of a variable, and what follows from it.

Adding a fact is adding a line to ``FACTS``. What facts imply for compound formulas is inferred where they are used.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from textwrap import wrap
from unicodedata import normalize

from matcalc.errors import ShapeError, shown, suggest
from matcalc.expr import Expr, variable
from matcalc.shape import Dim, Shape

# fact -> (the facts it implies, whether it is of square matrices only)
FACTS: dict[str, tuple[tuple[str, ...], bool]] = {
    "symmetric": ((), True),
    "posdef": (("symmetric", "invertible"), True),
    "diagonal": (("symmetric",), True),
    "skew": ((), True),
    "lower": ((), True),
    "upper": ((), True),
    "orthogonal": (("invertible",), True),
    "invertible": ((), True),
    "positive": (("nonneg",), False),
    "nonneg": ((), False),
    "unitnorm": ((), False),
    "sumstoone": ((), False),
    "simplex": (("nonneg", "sumstoone"), False),
}

# Facts that tie the entries of a matrix to each other, so that they cannot move freely.
STRUCTURE = frozenset(
    ("symmetric", "posdef", "diagonal", "skew", "lower", "upper", "orthogonal", "unitnorm", "sumstoone", "simplex")
)


def is_structure(fact: str) -> bool:
    """Whether a fact ties the entries of a matrix to each other, so that they cannot move freely."""
    return fact in STRUCTURE


def is_zero(facts: set[str]) -> bool:
    """Whether no matrix but the zero matrix has these facts."""
    return "skew" in facts and bool(facts & {"symmetric", "nonneg"})


def implied(facts: set[str], shape: Shape) -> set[str]:
    """The facts with all that follows from them together."""
    known = facts.union(*(FACTS[fact][0] for fact in facts))
    triangular = known & {"lower", "upper"}
    if len(triangular) == 2 or (triangular and known & {"symmetric", "skew", "orthogonal"}):
        known = known - triangular | {"diagonal", *FACTS["diagonal"][0]}
    if "positive" in known and not shape.is_scalar:  # what is positive are the entries that are free: zeros are not
        if "diagonal" in known:
            known = known - {"positive"} | {"posdef"}
        elif triangular:
            known = known - {"positive"} | {"invertible"}
    if "posdef" in known:
        known |= {*FACTS["posdef"][0], *(("nonneg",) if "diagonal" in known else ())}
    return known


def contradictions(known: set[str], shape: Shape) -> Iterator[tuple[set[str], str]]:
    """Facts that no matrix of this shape has together, and why; all that facts imply is among them."""
    n, is_larger = shape.rows.number, not shape.is_scalar and shape.rows.number is not None
    if "skew" in known:
        yield {"posdef"}, "x'*K*x = 0 where K is skew"
        yield {"positive"}, "the diagonal of a skew matrix is zero"
        yield {"sumstoone"}, "the entries of a skew matrix sum to 0"
        if is_zero(known) or n == 1:
            yield {"invertible"}, "it is the zero matrix"
            yield {"unitnorm"}, "it is the zero matrix"
        if n is not None and n % 2:
            yield {"invertible"}, "a skew matrix with an odd number of rows is singular"
        yield {"orthogonal", "unitnorm"}, "the norm of an orthogonal matrix is the root of its number of rows"
    if "orthogonal" in known and is_larger:
        yield {"unitnorm"}, "the norm of an orthogonal matrix is the root of its number of rows"
        yield {"positive"}, "columns with positive entries are not orthogonal"
        yield {"sumstoone", "nonneg"}, "it is a permutation, whose entries sum to the number of its rows"
        yield {"sumstoone", "posdef"}, "it is the identity, whose entries sum to the number of its rows"
        if n is not None and n % 2 == 0:
            yield {"sumstoone", "diagonal"}, "an even number of signs does not sum to 1"
    if {"unitnorm", "sumstoone", "nonneg"} <= known and all(dim.number is not None for dim in shape):
        if not shape.is_scalar:
            yield {"positive"}, "one entry is 1, and all others are 0"
            yield {"invertible"}, "one entry is 1, and all others are 0"


def declare(name: str, rows: int | str | Dim, cols: int | str | Dim, *facts: str) -> Expr:
    """A variable with checked name and facts, implied facts included.

    Raises:
        ShapeError: not a name, not a dimension, an unknown fact, a fact of square matrices for another shape, or facts
            that contradict each other.
    """
    try:
        return _declared(name, rows, cols, facts)
    except TypeError:  # what cannot be hashed is no name, no dimension or no fact
        return _declared.__wrapped__(name, rows, cols, facts)


@lru_cache(1024, typed=True)
def _declared(name: str, rows: int | str | Dim, cols: int | str | Dim, facts: tuple[str, ...]) -> Expr:
    if not isinstance(name, str) or not name.isidentifier():
        raise ShapeError(f"not a variable name: {shown(name)}", "a name is a letter, then letters and digits")
    if not name.isascii() and normalize("NFKC", name) != name:
        raise ShapeError(f"write the name as {normalize('NFKC', name)!r}, not as {shown(name)}")
    for fact in facts:
        if not isinstance(fact, str) or fact not in FACTS:
            known_facts = wrap(f"known: {', '.join(FACTS)}", 110)
            raise ShapeError(f"unknown fact: {shown(fact)}", *known_facts, hint=suggest(shown(fact), list(FACTS)))
    if not facts:
        return variable(name, rows, cols)
    shape = variable(name, rows, cols).shape
    if not shape.is_square:
        for fact in facts:
            if FACTS[fact][1]:
                raise ShapeError(f"{fact} is a fact of square matrices", f"{name} is {shape}")
    known = implied(set(facts), shape)
    for together, reason in contradictions(known, shape):
        if together <= known:
            raise ShapeError(f"no {shape} matrix is {' and '.join(facts)}: {reason}", f"so was {name} declared")
    return variable(name, rows, cols, tuple(sorted(known)))
