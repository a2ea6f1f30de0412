"""Expressions of NumPy as text, with how tightly they hold together."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from matcalc.emission.source import dim, number
from matcalc.network.nodes import Indices
from matcalc.program.planner import Leaf
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.shape import Dim

OR, SUM, PRODUCT, POWER, ATOM = range(5)  # how tightly a piece of source holds together


class Text(NamedTuple):
    """An expression of NumPy, and how tightly it holds together."""

    source: str
    level: int = ATOM

    def at(self, level: int) -> str:
        return self.source if self.level >= level else f"({self.source})"


def is_one_call(template: str) -> bool:
    """Whether a template is a call and nothing else, such as np.exp({u}): its first bracket closes at the end."""
    depth = 0
    for at, char in enumerate(template):
        depth += (char == "(") - (char == ")")
        if char == ")" and depth == 0:
            return at == len(template) - 1 and not template.startswith("(")
    return False


def leaf_text(name: str, leaf: Leaf) -> Text:
    if leaf.kind == "size":
        assert isinstance(leaf.data, Dim)
        return Text(dim(leaf.data), ATOM if name.isidentifier() else SUM)
    if leaf.kind == "constant":
        return Text(f"np.{leaf.data}")
    if leaf.kind == "number":
        assert isinstance(leaf.data, Fraction)
        return Text(number(leaf.data), ATOM if leaf.data >= 0 else SUM)
    return Text(name)


def transpose_of(text: Text) -> Text:
    """The transpose of a matrix; that of a transpose is the matrix."""
    source = text.at(ATOM)
    return Text(source.removesuffix(".T") if source.endswith(".T") else f"{source}.T")


def aligned(text: Text, indices: Indices, out: Indices) -> Text:
    """The operand, broadcast against ``out``."""
    if len(out) == 2 and indices == (out[0],):
        return Text(f"{text.at(ATOM)}[:, None]")
    if len(out) == 2 and indices == (out[1], out[0]):
        return Text(f"{text.at(ATOM)}.T")
    return _among_axes(text, indices, out) if len(out) > 2 and indices else text


def _among_axes(text: Text, indices: Indices, out: Indices) -> Text:
    """An operand with its axes in order, and one more for each that it lacks behind its first."""
    places = [out.index(i) for i in indices]
    source = text.at(ATOM)
    if places != sorted(places):
        order = sorted(range(len(places)), key=places.__getitem__)
        source += ".T" if len(places) == 2 else f".transpose({', '.join(map(str, order))})"
    axes = [":" if k in places else "None" for k in range(min(places), len(out))]
    return Text(source if "None" not in axes else f"{source}[{', '.join(axes)}]")


@lru_cache(256)
def writes_where_told(name: str) -> bool:
    """Whether a function of NumPy or SciPy, by its name in sources, can write where it is told to."""
    import numpy as np

    package, _, function = name.partition(".")
    if package not in ("np", "special") or not function.isidentifier():
        return False
    return isinstance(getattr(np if package == "np" else import_module("scipy.special"), function, None), np.ufunc)
