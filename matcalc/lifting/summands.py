"""Formulas read as the terms they are sums of: the way back from what the constructors of ``writer`` write."""

from __future__ import annotations

from collections.abc import Iterable

from matcalc.budgets import MOST_OPENED
from matcalc.expr import Expr, mul, number, ones
from matcalc.functions import SQRT
from matcalc.lifting.term import Term, merged_powers
from matcalc.lifting.writer import Writer
from matcalc.rational import Fraction, split_power

_1 = Fraction(1)


def opened(term: Term, writer: Writer) -> list[Term]:
    """A term that is itself a sum, or a root of a number times a sum, as the terms of that sum."""
    if len(term.chain) > 1 or (term.chain and term.chain[0].kind not in ("add", "sub")):
        return [term]
    roots = [power for power in term.scalars if power[0].kind == "number"]
    others = [power for power in term.scalars if power[0].kind != "number"]
    lone = term.chain[0] if len(term.chain) == 1 and not others else None
    if not term.chain and len(others) == 1 and others[0][1] == 1:
        lone = others[0][0]
    if lone is None or lone.kind not in ("add", "sub"):
        return [term]
    parts = [(sign, _spread(part, lone)) for sign, part in writer.sum_terms(lone)]
    if any(part.shape != lone.shape for _, part in parts):
        return [term]
    terms = [as_term(part, writer).times(term.coefficient * sign) for sign, part in parts]
    return [_times_roots(part, roots) for part in terms] if roots else terms


def _times_roots(term: Term, roots: Iterable[tuple[Expr, Fraction]]) -> Term:
    coefficient = term.coefficient
    scalars: list[tuple[Expr, Fraction]] = []
    for scalar, exponent in merged_powers([*term.scalars, *roots]):
        split = split_power(scalar.data, exponent) if scalar.kind == "number" else None
        coefficient *= split[0] if split else 1
        scalars += [(number(Fraction(p)), root) for p, root in split[1]] if split else [(scalar, exponent)]
    return Term(coefficient, tuple(scalars), term.chain)


def _spread(part: Expr, total: Expr) -> Expr:
    """A scalar in a sum of vectors stands for as much in every entry."""
    if not part.shape.is_scalar or total.shape.is_scalar:
        return part
    return ones(*total.shape) if part is number(1) else mul(part, ones(*total.shape))


def as_term(expr: Expr, writer: Writer) -> Term:
    """A formula without a sum on top, as a term."""
    coefficient = _1
    scalars: list[tuple[Expr, Fraction]] = []
    chain: list[Expr] = []
    stack = [(expr, _1)]
    opened = 0
    while stack:
        part, exponent = stack.pop()
        opened += 1
        if opened > MOST_OPENED and part.kind in ("div", "mul"):
            if part.shape.is_scalar:
                scalars.append((part, exponent))
            else:
                chain.append(part)
        elif part.kind == "div":
            stack += [(part.operands[1], -exponent), (part.operands[0], exponent)]
        elif part.kind == "mul" and (any(o.shape.is_scalar for o in part.operands) or not part.shape.is_scalar):
            stack += [(operand, exponent) for operand in reversed(part.operands)]
        elif not part.shape.is_scalar:
            before, part = number_apart(part)
            coefficient *= before
            chain += writer.factors(part)
        else:
            base, power = _base_and_exponent(part, writer)
            split = split_power(base.data, power * exponent) if base.kind == "number" else None
            if split is None:
                scalars.append((base, power * exponent))
            else:
                coefficient *= split[0]
                scalars += [(number(Fraction(prime)), root) for prime, root in split[1]]
    return Term(coefficient, merged_powers(scalars), tuple(chain))


def _base_and_exponent(scalar: Expr, writer: Writer) -> tuple[Expr, Fraction]:
    if scalar.kind == "pow" and scalar.operands[1].kind == "number":
        return scalar.operands[0], scalar.operands[1].data
    if scalar.data is SQRT:
        return scalar.operands[0], Fraction(1, 2)
    if scalar.kind == "mul" and _is_square(scalar):
        return writer.norm(scalar.operands[1]), Fraction(2)
    return scalar, _1


def _is_square(product: Expr) -> bool:
    """Whether this is x'*x."""
    left, right = product.operands
    return left.kind == "transpose" and left.operands[0] is right


def number_apart(expr: Expr) -> tuple[Fraction, Expr]:
    """The number before a product or quotient, or under it, and the rest."""
    if expr.kind == "div" and expr.operands[1].kind == "number":
        above, rest = number_apart(expr.operands[0])
        return above / expr.operands[1].data, rest
    spine = []
    while expr.kind in ("mul", "div", "hadamard", "eldiv"):
        spine.append(expr)
        expr = expr.operands[0]
    if not spine or expr.kind != "number":
        return _1, spine[0] if spine else expr
    last = spine.pop()
    rest = last.operands[1] if last.kind == "mul" else _with_first(last, number(1))
    for node in reversed(spine):
        rest = _with_first(node, rest)
    return expr.data, rest


def _with_first(expr: Expr, operand: Expr) -> Expr:
    return Expr(expr.kind, (operand, *expr.operands[1:]), expr.data, expr.shape)
