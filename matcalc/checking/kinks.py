"""Where the pieces of formulas meet: kinks of functions such as relu and max, and zeros that roots are taken of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from matcalc.bound import Total, total, unbound
from matcalc.checking import precise
from matcalc.checking.points import Sizes
from matcalc.errors import MatcalcError
from matcalc.expr import Expr
from matcalc.functions import NORM2, SQRT
from matcalc.functions.precise import Unsupported
from matcalc.lowering.lower import lower
from matcalc.network import properties
from matcalc.network.build import scale
from matcalc.network.nodes import Node
from matcalc.notation.parse import parse
from matcalc.parts import parts_of, variables
from matcalc.rational import Fraction
from matcalc.symbols import size_symbols
from matcalc.walk import postorder

PIECES = ("sign", "largest", "smallest", "row largest", "row smallest")
SIZES = (*range(1, 13), 16, 20, 30, 50, 100, 200, 500, *(10**k for k in range(3, 16)))


@dataclass(frozen=True)
class Kink:
    """Where the pieces of a function meet: zeros of its argument's entries, or changes of which is largest."""

    argument: Expr
    pieces: str

    def margins(self, value: Any) -> Any:
        import numpy as np

        *by_rows, piece = self.pieces.split()
        axis = 1 if by_rows else None
        if piece == "largest":
            return value - np.max(value, axis=axis, keepdims=True)
        return np.min(value, axis=axis, keepdims=True) - value if piece == "smallest" else value

    def words(self, entry: tuple[int, int], side: bool) -> str:
        at = "" if self.argument.shape.is_scalar else f"[{entry[0] + 1},{entry[1] + 1}]"
        if self.pieces != "sign":
            *by_rows, piece = self.pieces.split()
            among = " in its row" if by_rows else ""
            return f"entry {at} of {self.argument} is {'' if side else 'not '}the {piece}{among}"
        text = f"({self.argument}){at}" if at else str(self.argument)
        return f"{text} {'>' if side else '<'} 0"

    @cached_property
    def impossible(self) -> set[bool]:
        """The sides on which the argument is known not to be: where there is one, there is no kink."""
        if self.pieces != "sign":
            return set()
        try:
            node = lower(self.argument).node
        except MatcalcError:
            return set()
        found = {False} if properties.is_nonnegative(node) else set()
        if properties.is_nonnegative(scale(Fraction(-1), node)):
            found |= {True}
        return found if variables(self.argument) else found | _never_among_sizes(node)


def side_of(node: Node, sizes: Sizes) -> bool | None:
    """On which side a formula in dimensions is."""
    try:
        (value,) = precise.values_of([node], sizes, {})
    except (precise.Undefined, Unsupported, KeyError):
        return None
    return bool(value.reshape(-1)[0] >= 0)


def _never_among_sizes(node: Node) -> set[bool]:
    """The sides on which a formula in dimensions is at no sizes, however small or large."""
    symbols = {s for part in postorder(node) if part.kind == "size" for s in part.dimension.symbols}
    found = {
        side_of(node, {**dict.fromkeys(symbols, other), symbol: size})
        for symbol in symbols
        for other in (1, 2, 7, SIZES[-1])
        for size in SIZES
    }
    return set() if None in found else {True, False} - found


def kinks_of(*exprs: Expr) -> list[Kink]:
    """The kinks of formulas, each once; those of arguments that are constant are none."""
    found: dict[Kink, None] = {}
    for part in parts_of(*exprs):
        if part.kind != "call" or part.data.pieces not in PIECES:
            continue
        argument = _argument(part)
        kink = Kink(_at_all_indices(argument) if part.data.pieces == "sign" else argument, part.data.pieces)
        if (variables(kink.argument) or size_symbols(kink.argument)) and not (
            kink.pieces != "sign" and kink.argument.shape.is_scalar
        ):
            found[kink] = None
    return [kink for kink in found if not kink.impossible]


def _at_all_indices(argument: Expr) -> Expr:
    """An argument at all values of the indices that are bound around it, as one formula."""
    free = unbound(argument)
    if not free:
        return argument
    try:
        return total(argument, Total(tuple(free), over="stack"))
    except MatcalcError:  # of more indices there is no stack
        return argument


def _argument(part: Expr) -> Expr:
    """What is zero where the pieces of a function meet."""
    function = part.data
    if not function.kink or (part.operands[-1].kind == "number" and part.operands[-1].data == 0):
        return part.operands[0]
    return parse(function.kink, dict(zip(function.operands, part.operands, strict=True)))


def may_jump(*exprs: Expr) -> bool:
    """Whether a function with pieces is in formulas: their values at the ends of pieces are no limits of others."""
    return any(part.kind == "call" and part.data.pieces for part in parts_of(*exprs))


def folds_of(*exprs: Expr) -> list[Expr]:
    """Formulas whose zeros are kinks as well: what roots of even order are taken of, as of (x - 1)^2."""
    found: dict[Expr, None] = {}
    for part in parts_of(*exprs):
        base = part.operands[0] if part.operands else part
        if part.data is NORM2:
            is_fold = base.shape.is_scalar  # of a vector, the norm is zero where no line leads by chance
        elif part.kind in ("pow", "elpow"):
            is_fold = part.operands[1].kind == "number" and part.operands[1].data.denominator % 2 == 0
        else:
            is_fold = part.data is SQRT
        if is_fold:
            found[base] = None
    return [expr for expr in found if variables(expr)]
