"""A function of matrices as wholes, applied to each member of a family: along leading axes."""

from __future__ import annotations

import re
from functools import lru_cache

from matcalc.function import Each, Function
from matcalc.shape import Form

_OF_ENTRIES = ("positive", "nonneg")


@lru_cache(None)
def each(function: Function, form: Form, lead: int) -> Function:
    """The function that applies another to each member; its operands and its value have so many axes before theirs.

    Its signature has the members below each other: that of ``inv`` is ``(k*n,n)->(k*n,n)``.
    """
    used = {letter for sides in (*form.operands, form.result) for side in sides for letter in side}
    leading = [letter for letter in "klpqrstuvw" if letter not in used][:lead]
    operands = ",".join(_side(leading, sides) for sides in form.operands)
    return Function(
        f"{function.name} of each" + (f" of {lead} axes" if lead > 1 else ""),
        f"{operands}->{_side(leading, form.result)}",
        summary=f"{function.name} of each member",
        operands=function.operands,
        fixed=function.fixed,
        numpy=function.numpy,
        batch=function.stacked,
        c=function.c,
        stacks=True,
        flops=_scaled(function.flops, leading),
        multiplications=_scaled(function.multiplications, leading),
        source=function.source,
        range=function.range,
        gives=tuple(fact for fact in function.gives if fact in _OF_ENTRIES),
        domain=function.domain,
        precise=function.precise,
        each=Each(function, form, lead),
    )


def _side(leading: list[str], sides: tuple[tuple[str, ...], tuple[str, ...]]) -> str:
    rows, cols = ("*".join(side) or "1" for side in ((*leading, *sides[0]), sides[1]))
    return f"({rows},{cols})"


def _scaled(cost: str, leading: list[str]) -> str:
    """The cost, so often as there are members."""
    return re.sub(r"[^ +-]\S*", lambda term: "*".join((term[0], *leading)), cost)
