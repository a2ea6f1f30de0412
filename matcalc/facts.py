"""What may be declared of a variable, and what follows from it.

Adding a fact is adding a line to ``FACTS``. What facts imply for compound formulas is inferred where they are used.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from unicodedata import normalize

from matcalc.errors import ShapeError, shown, suggest
from matcalc.expr import Expr, variable
from matcalc.shape import ONE, Dim, Shape

# fact -> (the facts it implies, whether it is of square matrices only)
FACTS: dict[str, tuple[tuple[str, ...], bool]] = {
    "symmetric": ((), True),
    "posdef": (("symmetric", "invertible"), True),
    "psd": (("symmetric",), True),
    "diagonal": (("symmetric",), True),
    "skew": ((), True),
    "lower": ((), True),
    "upper": ((), True),
    "orthogonal": (("invertible",), True),
    "permutation": (("orthogonal", "invertible", "nonneg", "stochastic"), True),
    "idempotent": ((), True),
    "invertible": ((), True),
    "fullcolrank": ((), False),
    "fullrowrank": ((), False),
    "toeplitz": ((), False),
    "stochastic": (("nonneg",), False),
    "positive": (("nonneg",), False),
    "nonneg": ((), False),
    "unitnorm": ((), False),
    "sumstoone": ((), False),
    "simplex": (("nonneg", "sumstoone"), False),
}

# Facts that tie the entries of a matrix to each other, so that they cannot move freely.
STRUCTURE = frozenset(FACTS) - {"invertible", "fullcolrank", "fullrowrank", "positive", "nonneg"}

# What facts imply together; of square matrices alone where all facts on the left are.
TOGETHER: tuple[tuple[set[str], set[str]], ...] = (
    ({"lower", "upper"}, {"diagonal"}),
    *(
        ({triangle, tied}, {"diagonal"})
        for triangle in ("lower", "upper")
        for tied in ("symmetric", "skew", "orthogonal")
    ),
    ({"diagonal", "psd"}, {"nonneg"}),
    ({"diagonal", "posdef"}, {"nonneg"}),
    ({"diagonal", "nonneg"}, {"psd"}),
    ({"diagonal", "idempotent"}, {"psd"}),
    ({"symmetric", "idempotent"}, {"psd"}),
    ({"psd", "invertible"}, {"posdef"}),
    ({"orthogonal", "nonneg"}, {"permutation"}),
    ({"idempotent", "unitnorm"}, {"symmetric"}),  # the squares of the entries sum to the rank or to more
    ({"idempotent", "nonneg", "sumstoone"}, {"diagonal", "unitnorm"}),  # the entries sum to the trace or to more
    *(({"toeplitz", "idempotent", triangle}, {"diagonal"}) for triangle in ("lower", "upper")),
    *(({"toeplitz", "stochastic", triangle}, {"diagonal"}) for triangle in ("lower", "upper")),
)
IDENTITY = (
    {"idempotent", "invertible"},
    {"orthogonal", "posdef"},
    {"permutation", "diagonal"},
    {"stochastic", "diagonal"},
)
OF_IDENTITY = {"diagonal", "posdef", "permutation", "idempotent", "toeplitz"}


def is_structure(fact: str) -> bool:
    """Whether a fact ties the entries of a matrix to each other, so that they cannot move freely."""
    return fact in STRUCTURE


def is_zero(facts: set[str]) -> bool:
    """Whether no matrix but the zero matrix has these facts."""
    return "skew" in facts and bool(facts & {"symmetric", "nonneg", "idempotent"})


def implied(facts: set[str], shape: Shape) -> set[str]:
    """The facts with all that follows from them together, without those that another one says as well."""
    known = _closed(facts, shape)
    if "positive" in known and known & {"diagonal", "lower", "upper"} and not shape.is_scalar:
        # what is positive are the entries that are free: zeros are not
        freed = _closed(known - {"positive"} | {"posdef" if "diagonal" in known else "invertible"}, shape)
        is_meant = "diagonal" not in freed or ("diagonal" in known and facts & {"diagonal", "lower", "upper"})
        known = freed if is_meant else freed | {"positive"}
    if "diagonal" in known:
        known -= {"lower", "upper"}
    if "posdef" in known:
        known -= {"psd"}
    return known - {"fullcolrank", "fullrowrank"} if "invertible" in known else known


def _closed(facts: set[str], shape: Shape) -> set[str]:
    """The facts with all that follows from them, each fact as it stands."""
    known, before = set(facts), -1
    while len(known) > before:
        before = len(known)
        known = known.union(*(FACTS[fact][0] for fact in known))
        known = known.union(*(more for together, more in TOGETHER if together <= known))
        known |= _of_shape(known, shape)
        if shape.is_square and any(together <= known for together in IDENTITY):
            known |= OF_IDENTITY
    return known


def _of_shape(known: set[str], shape: Shape) -> set[str]:
    """What facts imply of matrices that are square, of one row, or of one column."""
    found = set()
    if shape.is_scalar and known & {"psd", "idempotent"}:
        found |= {"nonneg"}
    if shape.is_square:
        if known & {"fullcolrank", "fullrowrank"}:
            found |= {"invertible"}
        if {"stochastic", "unitnorm"} <= known:  # all entries are equal
            found |= {"symmetric", "idempotent", "toeplitz", "positive"}
    if "stochastic" in known:
        found |= ({"sumstoone"} if shape.rows is ONE else set()) | ({"positive"} if shape.cols is ONE else set())
    return found


def contradictions(known: set[str], shape: Shape) -> Iterator[tuple[set[str], str]]:
    """Facts that no matrix of this shape has together, and why; all that facts imply is among them."""
    yield from _of_rows_and_columns(known, shape)
    if "skew" in known:
        yield from _of_skew(known, shape.rows.number)
    if shape.is_scalar or shape.rows.number is None:
        return
    n = shape.rows.number
    if "orthogonal" in known:
        yield {"unitnorm"}, "the norm of an orthogonal matrix is the root of its number of rows"
        yield {"positive"}, "columns with positive entries are not orthogonal"
        yield {"sumstoone", "nonneg"}, "it is a permutation, whose entries sum to the number of its rows"
        yield {"sumstoone", "posdef"}, "it is the identity, whose entries sum to the number of its rows"
        if n % 2 == 0:
            yield {"sumstoone", "diagonal"}, "an even number of signs does not sum to 1"
    if "toeplitz" in known:
        yield from _of_toeplitz(known, n)


def _of_rows_and_columns(known: set[str], shape: Shape) -> Iterator[tuple[set[str], str]]:
    """What depends on how many rows and columns there are."""
    m, n = shape.rows.number, shape.cols.number
    if shape.is_square and not shape.is_scalar:
        yield {"diagonal", "positive"}, "the entries off its diagonal are zero"
    if m is not None and m > 1:
        yield {"stochastic", "sumstoone"}, "each of its rows sums to 1"
    if m is None or n is None or shape.is_scalar:
        return
    if m < n:
        yield {"fullcolrank"}, "it has more columns than rows"
    if m > n:
        yield {"fullrowrank"}, "it has more rows than columns"
        yield {"stochastic", "unitnorm"}, "the squares of each row sum to 1/n or more"
    if {"unitnorm", "sumstoone", "nonneg"} <= known:
        full = [{"fullcolrank"}] * (n > 1) + [{"fullrowrank"}] * (m > 1)
        for together in ({"positive"}, {"invertible"}, *full):
            yield together, "one entry is 1, and all others are 0"


def _of_skew(known: set[str], n: int | None) -> Iterator[tuple[set[str], str]]:
    yield {"posdef"}, "x'*K*x = 0 where K is skew"
    yield {"positive"}, "the diagonal of a skew matrix is zero"
    yield {"stochastic"}, "the entries of a skew matrix sum to 0"
    yield {"sumstoone"}, "the entries of a skew matrix sum to 0"
    if is_zero(known) or n == 1:
        yield {"invertible"}, "it is the zero matrix"
        yield {"unitnorm"}, "it is the zero matrix"
    if n is not None and n % 2:
        yield {"invertible"}, "a skew matrix with an odd number of rows is singular"
    yield {"orthogonal", "unitnorm"}, "the norm of an orthogonal matrix is the root of its number of rows"


def _of_toeplitz(known: set[str], n: int) -> Iterator[tuple[set[str], str]]:
    yield {"idempotent", "diagonal", "unitnorm"}, "it is the identity"
    if "sumstoone" in known:
        yield {"idempotent", "nonneg"}, "one entry of its diagonal is 1, and all others are 0"
        yield {"diagonal", "unitnorm"}, "it is a multiple of the identity, of which no one has both"
        yield {"diagonal", "orthogonal"}, "it is the identity or minus that"
        yield {"symmetric", "unitnorm", "nonneg"}, "one entry of its diagonal is 1, and all others are 0"
        if n == 2:
            yield {"idempotent"}, "the entries off its diagonal have the same sign, and sum to 0"


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
        raise ShapeError(f"not a variable name: {shown(name)}", "a name is a letter, then letters and digits").given(
            name
        )
    if not name.isascii() and normalize("NFKC", name) != name:
        raise ShapeError(f"write the name as {normalize('NFKC', name)!r}, not as {shown(name)}").given(name)
    for fact in facts:
        if not isinstance(fact, str) or fact not in FACTS:
            from textwrap import wrap

            known_facts = wrap(f"known: {', '.join(FACTS)}", 110)
            raise ShapeError(
                f"unknown fact: {shown(fact)}", *known_facts, hint=suggest(shown(fact), list(FACTS))
            ).given(fact)
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
