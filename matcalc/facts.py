"""What may be declared of a variable, and what follows from it.

Adding a fact is adding a line to ``FACTS``. What facts imply for compound formulas is inferred where they are used.
"""

from __future__ import annotations

from functools import lru_cache
from textwrap import wrap
from unicodedata import normalize

from matcalc.errors import ShapeError, suggest
from matcalc.expr import Expr, variable
from matcalc.shape import Dim

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


def declare(name: str, rows: int | str | Dim, cols: int | str | Dim, *facts: str) -> Expr:
    """A variable with checked name and facts, implied facts included.

    Raises:
        ShapeError: not a name, not a dimension, an unknown fact, or a fact of square matrices for another shape.
    """
    try:
        return _declared(name, rows, cols, facts)
    except TypeError:  # what cannot be hashed is no name, no dimension or no fact
        return _declared.__wrapped__(name, rows, cols, facts)


@lru_cache(1024, typed=True)
def _declared(name: str, rows: int | str | Dim, cols: int | str | Dim, facts: tuple[str, ...]) -> Expr:
    if not isinstance(name, str) or not name.isidentifier():
        raise ShapeError(f"not a variable name: {name!r}", "a name is a letter, then letters and digits")
    if not name.isascii() and normalize("NFKC", name) != name:
        raise ShapeError(f"write the name as {normalize('NFKC', name)!r}, not as {name!r}")
    known: set[str] = set()
    for fact in facts:
        if not isinstance(fact, str) or fact not in FACTS:
            known_facts = wrap(f"known: {', '.join(FACTS)}", 110)
            raise ShapeError(f"unknown fact: {fact!r}", *known_facts, hint=suggest(str(fact), list(FACTS)))
        known |= {fact, *FACTS[fact][0]}
    if {"diagonal", "positive"} <= known:  # what is positive is the diagonal: zeros are not
        known = known - {"positive"} | {"posdef", *FACTS["posdef"][0]}
    made = variable(name, rows, cols, tuple(sorted(known)))
    if not made.shape.is_square:
        for fact in facts:
            if FACTS[fact][1]:
                raise ShapeError(f"{fact} is a fact of square matrices", f"{name} is {made.shape}")
    return made
