"""What a name means that is not declared: an order of preference among kinds, by the letter that it begins with.

A preference gives way to the use of the name, at a cost; ``readings`` finds the shapes that cost least.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from matcalc.records import NamedTuple

KINDS = ("scalar", "vector", "row", "matrix", "square")  # the words of declarations; a column is a vector, too

GREEK = {
    *("alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta"),
    *("vartheta", "iota", "kappa", "lambda", "lamda", "mu", "nu", "xi", "omicron"),
    *("pi", "rho", "varrho", "sigma", "tau", "upsilon", "phi", "varphi", "chi"),
    *("psi", "omega"),
}
WORDS = {"lam", "lamb", "lambd", "lmbda", "reg", "eps", "step", "lr", "tol"}  # scalars, whatever they begin with
DIMENSIONED = {"eye": (1, 1), "ones": (1, 2), "zeros": (1, 2), "K": (2, 2), "unit": (2, 2)}  # name -> arguments
FILLED = ("vector", "matrix")  # constants whose shape comes from the context
CONSTANTS = frozenset((*DIMENSIONED, *FILLED, "pi", "where"))  # words of the notation, of whatever letters they are
COUNTS = frozenset("hijklmnst")  # columns by convention, and known as times, steps, sizes and counts, too


class Outline(NamedTuple):
    """A declaration that leaves dimensions to the formula: ``a: vector``, ``S: symmetric``, ``x: positive``.

    ``kind`` is one of ``KINDS``, or ``columns`` or ``matrices``, which members of a family are, or empty where use and
    convention decide.
    """

    kind: str
    facts: tuple[str, ...] = ()


class Preference(NamedTuple):
    """A kind that a name may have, what that costs, and the kind or sort that ``customs`` know it by."""

    kind: str
    cost: int
    sort: str


@lru_cache(1024)
def preferences(name: str) -> tuple[Preference, ...]:
    """The kinds that a name may have by its root: the first costs nothing.

    a–g, Greek letters and letters of other alphabets: scalar, then vector; h–z: vector, then scalar; capitals: matrix,
    then vector or scalar. A scalar becomes a vector more easily than the other way round.
    """
    root = (re.match(r"[^\W\d_]+", name) or re.match(r".", name))[0]  # type: ignore[index]
    if root[0].isupper():
        return Preference("matrix", 0, "matrix"), Preference("vector", 7, "vector"), Preference("scalar", 6, "capital")
    if root in GREEK or root in WORDS or not "h" <= root[0] <= "z":
        return Preference("scalar", 0, "letter"), Preference("vector", 4, "vector")
    return Preference("vector", 0, "vector"), Preference("scalar", 6, "count" if root[0] in COUNTS else "forced")


SQUARE = Preference("square", 8, "matrix")  # a small letter under inv, det, tr … may be a matrix
TABLE = Preference("matrix", 2, "matrix")  # and one that has two indices wherever it stands, as r_ik, is one
# What has one index wherever it stands may have columns for members, or square matrices; capitals less easily, for Y_i
# is rather an entry.
MEMBERS = {
    False: (Preference("columns", 5, "columns"),),
    True: (Preference("columns", 8, "columns"), Preference("matrices", 9, "matrices")),
}


def in_latin(name: str) -> str:
    """A name with its Greek letters as words: λ is lambda."""
    if name.isascii():
        return name
    made = ""
    for char in name:
        said = unicodedata.name(char, "").split()
        if "GREEK" in said and "LETTER" in said and len(said) == 4:
            word = said[3].lower().replace("lamda", "lambda")
            char = word if said[1] == "SMALL" else word.capitalize()
        made += char
    return made
