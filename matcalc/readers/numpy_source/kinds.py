"""What a name of NumPy code may be that nothing declares: a number, an array of one axis or two, a length.

Each kind has a cost, by the letter or word that the name is: capitals are matrices, Greek letters and a–g numbers
before columns, other small letters columns before numbers. Use decides among them, see ``inferring``.
"""

from __future__ import annotations

import re
from functools import lru_cache

from matcalc.notation.conventions import GREEK, WORDS, Outline
from matcalc.records import NamedTuple

_NUMBERS = WORDS | {
    "alpha", "epsilon", "eta", "tau", "nu", "rho", "kappa", "lambda", "temperature", "temp", "margin", "penalty",
    "rate",
    "learning_rate", "ridge", "c1", "c2", "l1", "l2", "l1_ratio", "l2_reg", "l1_reg", "delta", "bandwidth", "decay",
    "weight_decay", "momentum", "dt", "threshold", "const",
}  # fmt: skip
_COUNTS = {"n", "m", "count", "num", "dim", "size", "length"}
_COLUMNS = {
    "pred", "predicted", "target", "label", "output", "prob", "truth", "true", "actual", "data", "signal", "weight",
    "observed", "observation", "expected", "resid", "residual", "grad", "vec", "feature", "feat", "param",
}  # fmt: skip
_EITHER = {"theta", "s", "t", "h", "k", "r", "l", "i", "j"}  # as often numbers as columns
_MATRICES = set("CDKLMNPT")  # and known as constants and counts, too


class Kind(NamedTuple):
    """A kind: its word in declarations, the lengths of its axes that are known (0 for one that is not), its cost."""

    word: str
    axes: tuple[int, ...]
    cost: int


NUMBER, COLUMN, MATRIX = Kind("scalar", (), 0), Kind("vector", (0,), 0), Kind("matrix", (0, 0), 0)
BESIDE = Kind("column", (0, 1), 0)  # a column that NumPy gives two axes
LENGTH = Kind("length", (), 0)
_DECLARED = {
    "scalar": (NUMBER,), "vector": (COLUMN, BESIDE._replace(cost=2)), "row": (Kind("row", (1, 0), 0),),
    "matrix": (MATRIX,), "square": (Kind("square", (0, 0), 0),),
}  # fmt: skip


@lru_cache(1024)
def kinds_of(name: str, has_columns: bool = False) -> tuple[Kind, ...]:
    """The kinds that a name may have, the likeliest first; beside columns of two axes, others may be such."""
    root = re.match(r"[^\W\d_]*", name)[0]  # type: ignore[index]
    if name[0].isupper():
        return _sorted((MATRIX, 0), (COLUMN, 3), (NUMBER, 1 if name in _MATRICES else 3))
    if name in _COUNTS or (root in ("n", "num") and name != root):
        number, column = 0, 1
    elif name in _NUMBERS or root in _NUMBERS:
        number, column = 0, 3
    elif root in _COLUMNS or (len(root) > 4 and root.endswith("s") and not root.endswith(("ss", "us", "is", "as"))):
        number, column = 1, 0  # several: weights, targets
    elif root in _EITHER or (len(root) > 1 and root not in GREEK):
        number, column = 0, 0
    elif root in GREEK or "a" <= root[:1] <= "g":
        number, column = 0, 1
    else:
        number, column = 1, 0
    beside = column + (1 if has_columns else 6)
    return _sorted((COLUMN, column), (NUMBER, number), (BESIDE, beside), (MATRIX, column + 3))


def says_nothing(name: str) -> bool:
    """Whether a name is as often that of a number as that of a column."""
    number, column = (next((k.cost for k in kinds_of(name) if k.word == word), -1) for word in ("scalar", "vector"))
    return number == column


def kinds_declared(name: str, outline: Outline) -> tuple[Kind, ...]:
    """The kinds that a declaration without lengths leaves open."""
    return _DECLARED.get(outline.kind, ()) or kinds_of(name)


def _sorted(*kinds: tuple[Kind, int]) -> tuple[Kind, ...]:
    return tuple(sorted((kind._replace(cost=cost) for kind, cost in kinds), key=lambda kind: kind.cost))
