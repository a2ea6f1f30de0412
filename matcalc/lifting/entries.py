"""Products entry by entry as powers, so that terms share factors in any order: u.*v - w.*u./q is u.*(v - w./q)."""

from __future__ import annotations

from matcalc.budgets import MOST_OPENED
from matcalc.expr import Expr, number
from matcalc.functions import SQRT
from matcalc.lifting.writer import Writer
from matcalc.rational import Fraction

Powers = tuple[tuple[Expr, Fraction], ...]

_1 = Fraction(1)
_NUMBER_ONE = number(1)


def powers(expr: Expr) -> dict[Expr, Fraction]:
    """The factors of a vector or matrix, entry by entry; what is under a root is one: sqrt(x.^2) is not x."""
    found: dict[Expr, Fraction] = {}
    todo = [(expr, _1)]
    opened = 0
    while todo:
        part, exponent = todo.pop()
        opened += 1
        opens = exponent.denominator == 1 and opened <= MOST_OPENED
        if opens and part.kind in ("hadamard", "eldiv") and _alike(part):
            left, right = part.operands
            todo += [(right, exponent if part.kind == "hadamard" else -exponent), (left, exponent)]
        elif opens and part.kind == "elpow" and part.operands[1].kind == "number":
            todo.append((part.operands[0], exponent * part.operands[1].data))
        elif opens and part.data is SQRT:
            todo.append((part.operands[0], exponent / 2))
        elif part is not _NUMBER_ONE:
            found[part] = found.get(part, Fraction(0)) + exponent
    return found


def _alike(expr: Expr) -> bool:
    return all(operand.shape == expr.shape or operand is _NUMBER_ONE for operand in expr.operands)


def shared(a: Expr, b: Expr) -> Powers:
    """The factors that both have above, and those that both have below; the latter alone only where they go in full."""
    if a.shape.is_scalar or a.shape != b.shape:
        return ()
    other = powers(b)
    own = powers(a)
    if own.keys() == other.keys() and len(own) == 1 and own != other and min(*own.values(), *other.values()) > 0:
        return ()  # terms of a polynomial: 3*x.^2 + 2*x stays
    both = [(base, p, other.get(base, Fraction(0))) for base, p in own.items()]
    both = [(base, p, q) for base, p, q in both if p * q > 0]
    if all(p < 0 for _, p, _ in both):
        both = [(base, p, q) for base, p, q in both if p == q]
    return tuple((base, min(p, q, key=abs)) for base, p, q in both)


def has(expr: Expr, common: Powers) -> bool:
    own = powers(expr)
    return all(own.get(base, Fraction(0)) * p > 0 and abs(own[base]) >= abs(p) for base, p in common)


def is_all(expr: Expr, common: Powers) -> bool:
    """Whether nothing is left of a product."""
    return powers(expr) == dict(common)


def without(expr: Expr, common: Powers, writer: Writer) -> Expr:
    """What is left of a product; ones where nothing is."""
    left = powers(expr)
    for base, p in common:
        left[base] -= p
    return writer.hadamard([*left.items()])


def joined(common: Powers, inner: Expr, writer: Writer) -> Expr:
    return writer.hadamard([*common, (inner, _1)])
