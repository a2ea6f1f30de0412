"""Formulas with a sum and a function exchanged, or summed over something else: what a wrong claim may be right for."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from matcalc.checking.asked import Asked
from matcalc.checking.models import Model, model
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, elementwise, mul, neg, number, power, transpose
from matcalc.function import Function
from matcalc.functions import EXP, FUNCTIONS, LOG, LOGSUMEXP, NORM2, ROWLOGSUMEXP, SOFTPLUS, SUM, TR, WHERE
from matcalc.parts import replaced

MOST_MODELS = 24  # of one formula
_OTHER_SIDE = {"row": "col", "col": "row"}  # as names of functions begin

Change = tuple[str, str, Expr, Expr]  # the mistake, in words, the part and what it was taken for


def exchanges(asked: Asked) -> Iterator[Model]:
    """Answers for formulas in which a sum and a function are exchanged, or that are summed over other pairs."""
    found: dict[Expr, tuple[str, str]] = {}
    for part in asked.f.parts:
        for mistake, words, old, new in _changes(part):
            f = replaced(asked.f, old, new)
            if f is not asked.f and f.shape == asked.f.shape:
                found.setdefault(f, (mistake, words))
    for f, (mistake, words) in list(found.items())[:MOST_MODELS]:
        yield model(asked, mistake, words, f, asked.x, asked.x)


def _changes(part: Expr) -> Iterator[Change]:
    for make in (_of_sums, _of_functions, _of_products, _of_sides, _of_pairs):
        try:
            for mistake, words, new in make(part):
                if new.shape == part.shape:
                    yield mistake, words, part, new
        except MatcalcError:  # the shapes do not fit, or there is no such function of these
            continue


Changed = Iterator[tuple[str, str, Expr]]


def _taken(part: Expr, new: Expr) -> tuple[str, str, Expr]:
    return "exchanged", f"{part} was taken to be {new}", new


def _of_sums(part: Expr) -> Changed:
    """The function of a sum for a sum of functions: log(sum(u)) for sum(log(u))."""
    summed = _summed(part)
    if summed is not None:
        u, total = summed
        sign, inner = (neg, u.operands[0]) if u.kind == "neg" else (_same, u)
        for g, operand in _applied(inner, part.kind == "total"):
            yield _taken(part, sign(g(total(operand))))
        if inner.kind == "call" and inner.data in (ROWLOGSUMEXP, FUNCTIONS["collogsumexp"]):
            yield _taken(part, sign(LOG(SUM(EXP(inner.operands[0])))))
        if inner.kind in ("div", "eldiv"):
            above, below = inner.operands
            yield _taken(part, sign(total(above) / total(below)))
    if part.kind == "pow" and part.operands[0].data is NORM2 and part.operands[1] is number(2):
        yield _taken(part, power(SUM(part.operands[0].operands[0]), number(2)))


def _of_functions(part: Expr) -> Changed:
    """The sum of a function for the function of a sum: sum(log(u)) for log(sum(u))."""
    if part.kind == "call" and part.data is LOGSUMEXP:
        yield _taken(part, SUM(part.operands[0]))
    if part.kind == "call" and part.data is NORM2:
        yield _taken(part, SUM(FUNCTIONS["abs"](part.operands[0])))
    if part.kind == "call" and len(part.operands) == 1:
        inner = _summed(part.operands[0])
        if inner is not None and (part.data.elementwise or part.operands[0].kind == "total"):
            u, total = inner
            yield _taken(part, total(part.data(u)))
    if part.kind == "div":
        above, below = (_summed(operand) for operand in part.operands)
        if above is not None and below is not None:
            yield _taken(part, above[1](elementwise("eldiv", above[0], below[0])))


def _of_products(part: Expr) -> Changed:
    """The product of sums for the sum of products, and the reverse."""
    if part.kind == "mul" and part.shape.is_scalar and not part.operands[0].shape.is_scalar:
        yield _taken(part, mul(SUM(part.operands[0]), SUM(part.operands[1])))
    summed = _summed(part)
    if summed is not None and summed[0].kind == "hadamard":
        u, total = summed
        yield _taken(part, mul(total(u.operands[0]), total(u.operands[1])))
    if part.kind == "mul":
        left, right = (_summed(operand) for operand in part.operands)
        if left is not None and right is not None:
            yield _taken(part, left[1](elementwise("hadamard", left[0], right[0])))


def _of_sides(part: Expr) -> Changed:
    """Columns for rows: what is summed, or made to sum to one, along the other side."""
    inner = part.operands[0] if part.kind == "call" and part.data is SUM else part
    if inner.kind != "call" or inner.data.name[:3] not in _OTHER_SIDE:
        return
    other = FUNCTIONS.get(_OTHER_SIDE[inner.data.name[:3]] + inner.data.name[3:])
    if other is not None:
        new = other(inner.operands[0])
        for made in (new, transpose(new)) if inner is part else (SUM(new),):
            yield "summed over", f"{inner} was taken to be {new}", made


def _of_pairs(part: Expr) -> Changed:
    """Sums over pairs with those of equal indices, or without them."""
    if part.kind == "call" and part.data is WHERE:
        condition, u, v = part.operands
        if any(inner.kind == "eye" for inner in condition.parts) and v is number(0) and u.shape == part.shape:
            yield "pairs", f"the terms of equal indices were left in: {u} is of all pairs", u
    if part.kind == "call" and part.data is SUM and part.operands[0].shape.is_square:
        words = f"the terms of equal indices were left out: those of the diagonal of {part.operands[0]}"
        yield "pairs", words, part - TR(part.operands[0])


def _same(u: Expr) -> Expr:
    return u


def _summed(part: Expr) -> tuple[Expr, Callable[[Expr], Expr]] | None:
    """What is summed, and the sum as a function of it; None where a part is no sum."""
    if part.kind == "call" and part.data is SUM:
        return part.operands[0], SUM
    if part.kind == "total" and part.data.over == "sum":
        return part.operands[0], lambda u: Expr("total", (u,), part.data, u.shape)
    return None


def _applied(u: Expr, of_members: bool) -> Iterator[tuple[Callable[[Expr], Expr], Expr]]:
    """A function of entries, or of members, with its operand."""
    if u.kind in ("elpow", "pow") and u.operands[1].kind == "number":
        exponent = u.operands[1]
        yield lambda t: power(t, exponent), u.operands[0]
    if u.kind != "call" or len(u.operands) != 1:
        return
    function: Function = u.data
    if function is SOFTPLUS:  # log(1 + exp(u)), as it is read
        yield LOG, number(1) + EXP(u.operands[0])
        yield (lambda t: LOG(number(1) + t)), EXP(u.operands[0])
    if function.elementwise or of_members:
        yield function, u.operands[0]
