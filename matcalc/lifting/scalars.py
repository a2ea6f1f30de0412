"""The scalar factors of a term, put together: sqrt(2)*sqrt(pi), and det(A)*det(X) as the det(A*X) of the formula."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import reduce

from matcalc.expr import Expr, call, div, mul, number
from matcalc.functions import DET
from matcalc.rational import Fraction, joined_roots

Powers = list[tuple[Expr, Fraction]]
_HALF = Fraction(1, 2)


def with_roots(coefficient: Fraction, scalars: Iterable[tuple[Expr, Fraction]]) -> tuple[Fraction, Powers]:
    """A number and the roots of primes after it, as they are written: 2^0.5*3^0.5 is 6^0.5, and 2^0.5/2 is 1/2^0.5."""
    roots, others = [], []
    for scalar, exponent in scalars:
        if scalar.kind == "number" and scalar.data > 1 and 0 < exponent < 1:
            roots.append((scalar.data, exponent))
        else:
            others.append((scalar, exponent))
    if not roots:
        return coefficient, others
    coefficient, roots = joined_roots(coefficient, roots)
    return coefficient, [*((number(base), exponent) for base, exponent in roots), *others]


def one_root(scalars: Powers) -> Powers:
    """sqrt(2)*sqrt(pi)*sqrt(s) is sqrt(2*pi*s) of a positive s, and sqrt(2)/sqrt(pi) is sqrt(2/pi)."""
    if len(scalars) < 2:
        return scalars
    above = sorted([s for s, p in scalars if p == _HALF and _is_positive(s)], key=_order)
    below = sorted([s for s, p in scalars if p == -_HALF and _is_positive(s)], key=_order)
    if len(above) + len(below) < 2:
        return scalars
    bottom = reduce(mul, below) if below else None
    top = reduce(mul, above) if above else bottom
    assert top is not None
    joined = div(top, bottom) if above and bottom is not None else top
    rest = [(s, p) for s, p in scalars if s not in above and s not in below]
    return [(joined, _HALF if above else -_HALF), *rest]


def _is_positive(scalar: Expr) -> bool:
    if scalar.kind == "variable":
        return "positive" in scalar.data[1]
    return scalar.kind in ("number", "constant")


def _order(scalar: Expr) -> tuple[bool, bool]:
    return scalar.kind != "number", scalar.kind != "constant"


def determinants(parts: Iterable[Expr]) -> dict[Expr, Counter[Expr]]:
    """Of parts of formulas, determinants of products of variables, and the determinants that each is the product of."""
    found: dict[Expr, Counter[Expr]] = {}
    for part in parts:
        if part.data is DET and part.operands[0].kind == "mul":
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
