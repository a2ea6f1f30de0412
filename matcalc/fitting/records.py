"""How a variable with declared facts is moved freely: one record for each set of facts.

A record says which entries a vector holds, the bounds that they keep, and the formula by which the variable is made of
them, whose derivatives are derived. Facts without a record have no coordinates, or none that reach everywhere, such as
those of orthogonal matrices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from matcalc.errors import MatcalcError
from matcalc.expr import Expr, name_of
from matcalc.facts import FACTS, implied
from matcalc.families import declared_facts, members_of

Array = Any

# The least positive number that a search is given: its square is a number still, and so are slopes of logarithms there.
LEAST = 2e-154
OPEN = frozenset(
    {"invertible", "fullcolrank", "fullrowrank"}
)  # almost all matrices have them, and no search leaves them
ON_MANIFOLDS = ("orthogonal", "unitnorm")


def _same(x: Array) -> Array:
    return x


@dataclass(frozen=True)
class Record:
    """Facts, the entries that are free, and how the variable is made of them."""

    facts: tuple[str, ...]
    pattern: str = "all"
    least: float | None = None  # bound of the free entries
    link: str = ""  # a formula of the column U of free entries: what is placed
    formula: str = ""  # a formula of the m×n matrix U of placed entries: the variable
    inverse: Callable[[Array], Array] = _same  # U of the variable; NaN where it is on the edge of what has the facts
    said: str = ""  # what the vector holds

    @property
    def is_plain(self) -> bool:
        """Whether the vector holds all entries of the variable as they are."""
        return self.pattern == "all" and not self.link and not self.formula


def _factor(x: Array) -> Array:
    """The lower triangular L with L*L' = x and a positive diagonal; NaN where x is singular."""
    try:
        return np.linalg.cholesky(x)
    except np.linalg.LinAlgError:
        return np.full(x.shape, np.nan)


def _log_factor(x: Array) -> Array:
    factor = _factor(x)
    return np.tril(factor, -1) + np.diag(np.log(np.diag(factor)))


def _root(x: Array) -> Array:
    return np.sqrt(np.where(x > 0, x, np.nan))


def _log(x: Array) -> Array:
    return np.log(np.where(x > 0, x, np.nan))


def _entries(pattern: str) -> tuple[Record, ...]:
    """Entries that are free, but for their signs."""
    said = f"the {pattern} entries" if pattern not in ("", "symmetric", "skew", "toeplitz") else "the entries"
    said = {"symmetric": "the lower triangle", "skew": "what is below the diagonal"}.get(pattern, said)
    of = (pattern,) if pattern else ()
    where = pattern or "all"
    plain = Record(of, where, said=said)
    if pattern == "skew":
        return (plain,)
    return (
        plain,
        Record((*of, "nonneg"), where, 0.0, said=f"{said}, 0 or more"),
        Record((*of, "positive"), where, LEAST, said=f"{said}, more than 0"),
    )


L = "(tril(U) - U.*eye(m) + diag(exp(diag(U))))"
SOFTMAX = "exp(U - logsumexp(vec(U))*ones(m,n))"
TO_LAST = "all but the last"
RECORDS = (
    *(r for pattern in ("", "symmetric", "diagonal", "lower", "upper", "skew", "toeplitz") for r in _entries(pattern)),
    Record(
        ("posdef",), "lower", formula=f"{L}*{L}'", inverse=_log_factor,
        said="the Cholesky factor, with logarithms on its diagonal",
    ),
    Record(("psd",), "lower", formula="tril(U)*tril(U)'", inverse=_factor, said="the Cholesky factor"),
    Record(
        ("sumstoone",), TO_LAST, formula="U + (1 - sum(U))/(m*n)*ones(m,n)", inverse=lambda x: x - x[-1, -1],
        said="differences to the last entry",
    ),
    Record(
        ("simplex",), TO_LAST, formula=SOFTMAX, inverse=lambda x: _log(x) - _log(x)[-1, -1],
        said="logarithms of ratios to the last entry",
    ),
    Record(
        ("stochastic",), f"{TO_LAST} column", formula="rowsoftmax(U)", inverse=lambda x: _log(x) - _log(x)[:, -1:],
        said="logarithms of ratios to the last entry of each row",
    ),
)  # fmt: skip

# In place of bounds: what the free entries are of numbers without any.
LINKS = {0.0: ("U.^2", _root, "as squares"), LEAST: ("exp(U)", _log, "as exponentials")}


def record_of(x: Expr, free: bool = False) -> Record:
    """The record of the facts of a variable; ``free`` of bounds, where these are wanted no more.

    Raises:
        MatcalcError: there is none.
    """
    members = members_of(x)
    shape = x.shape if members is None else members.shape
    facts = {*declared_facts(x)}
    ignored = OPEN | ({"positive"} if facts & {"simplex", "stochastic"} else set())  # a softmax is positive anyway
    of = [(r, implied({*r.facts}, shape)) for r in RECORDS]
    exact = [r for r, own in of if own == facts]
    found = next(iter([*exact, *(r for r, own in of if own - OPEN == facts - ignored)]), None)
    if found is None or (members is not None and not found.is_plain):
        raise _refusal(x, facts)
    if not free or found.least is None:
        return found
    link, inverse, said = LINKS[found.least]
    return replace(found, least=None, link=link, inverse=inverse, said=f"{found.said.split(',')[0]}, {said}")


def _refusal(x: Expr, facts: set[str]) -> MatcalcError:
    name = name_of(x)
    declared = [fact for fact in declared_facts(x) if not any(fact in FACTS[other][0] for other in facts)]
    on = any(fact in facts for fact in ON_MANIFOLDS) and members_of(x) is None
    return MatcalcError(
        f"an optimiser moves every entry of {name} freely",
        f"it is declared {' and '.join(declared)}, of which there are no free coordinates",
        hint=f"pymanopt_problem(f, {name}, values, manifold)" if on else "",
    ).about("by")
