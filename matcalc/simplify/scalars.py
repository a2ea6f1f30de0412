"""The scalar factors of a term, put together: sqrt(2)*sqrt(pi), and det(A)*det(X) as the det(A*X) of the formula."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from matcalc.expr import Expr, call, div, mul
from matcalc.rational import Fraction

Powers = list[tuple[Expr, Fraction]]
_HALF = Fraction(1, 2)


def one_root(scalars: Powers) -> Powers:
    """sqrt(2)*sqrt(pi) is sqrt(2*pi), and sqrt(2)/sqrt(pi) is sqrt(2/pi)."""
    for half in (_HALF, -_HALF) if len(scalars) > 1 else ():
        roots = [s for s, p in scalars if p == half and s.kind in ("number", "constant")]
        if len(roots) == 2:
            first, second = sorted(roots, key=lambda s: s.kind != "number")
            scalars = [(mul(first, second), half), *((s, p) for s, p in scalars if s not in roots)]
    above = [s for s, p in scalars if p == _HALF and s.kind in ("number", "constant")]
    below = [s for s, p in scalars if p == -_HALF and s.kind in ("number", "constant")]
    if above and below:
        scalars = [(div(above[0], below[0]), _HALF), *((s, p) for s, p in scalars if s not in (above[0], below[0]))]
    return scalars


def determinants(parts: Iterable[Expr]) -> dict[Expr, Counter[Expr]]:
    """Of parts of formulas, determinants of products of variables, and the determinants that each is the product of."""
    found: dict[Expr, Counter[Expr]] = {}
    for part in parts:
        if part.kind == "call" and part.data.name == "det" and part.operands[0].kind == "mul":
            factors = _factors(part.operands[0])
            plain = [f.operands[0] if f.kind == "transpose" else f for f in factors]
            if all(f.kind == "variable" and f.shape.is_square and not f.shape.is_scalar for f in plain):
                found[part] = Counter(call(part.data, f) for f in plain)
    return found


def _factors(product: Expr) -> list[Expr]:
    return [f for o in product.operands for f in _factors(o)] if product.kind == "mul" else [product]


def joined_determinants(scalars: Powers, known: dict[Expr, Counter[Expr]]) -> Powers:
    """det(A)*det(X) as det(A*X), where that is known."""
    powers = dict(scalars)
    for whole, parts in known.items():
        first, *others = {powers.get(det, Fraction(0)) / count for det, count in parts.items()}
        if first and not others:
            scalars = [*((s, p) for s, p in scalars if s not in parts), (whole, first)]
            powers = dict(scalars)
    return scalars
