"""Mistakes as questions: what comes out when another question is answered, or a term of the product rule is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from matcalc.checking.expansion import TooLong, expanded
from matcalc.errors import MatcalcError
from matcalc.expr import (
    Expr,
    elementwise,
    integer_value,
    mul,
    name_of,
    number,
    power,
    replaced,
    sub,
    transpose,
    variable,
    variables,
)
from matcalc.functions import FUNCTIONS
from matcalc.network.build import add, contract, scale, split_coefficient
from matcalc.network.lift import lift
from matcalc.network.lower import lower
from matcalc.network.nodes import Factor
from matcalc.walk import postorder

if TYPE_CHECKING:
    from matcalc.checking.asked import Asked

MOST_PARTS = 60  # of a formula whose occurrences are told apart
NORMALISED = ("softmax", "rowsoftmax")

Model = tuple[str, str, Expr]  # mistake, words, and the answer to the question that was answered instead


def models(asked: Asked) -> Iterator[Model]:
    """Answers to other questions: by another variable, of a formula that is like this one, with something constant."""
    for other in asked.variables:
        if other is not asked.x:
            made = _derived(asked, asked.f, other)
            if made is not None:
                yield "wrong variable", f"this is the derivative by {name_of(other)}", made
    if asked.kind == "gradient" and asked.x.shape.is_square and not asked.x.shape.is_scalar:
        yield (
            "structure",
            "this is the gradient by the free entries of a symmetric matrix",
            _by_parameters(asked.answer),
        )
    for mistake, words, f in _other_formulas(asked.f):
        made = _derived(asked, f, asked.x)
        if made is not None:
            yield mistake, words, made
    yield from _constant_normalisers(asked.last_step or asked)
    if asked.kind in ("jacobian", "hessian") and asked.answer.shape.is_square and not asked.answer.shape.is_scalar:
        words = "this is the diagonal of the answer: the entries off it are missing"
        diag = FUNCTIONS["diag"]
        yield "missing term", words, lift(lower(diag(diag(asked.answer))).node, 1)


def _constant_normalisers(asked: Asked) -> Iterator[Model]:
    """Derivatives with the sum under a softmax, or a norm or a sum as a divisor, held constant."""
    for part in postorder(asked.f):
        if asked.x not in variables(part):
            continue
        if part.kind == "call" and part.data.name in NORMALISED:
            u = part.operands[0]
            moving = variable(f"{name_of(asked.x)}__moving", *asked.x.shape)
            moved = replaced(u, asked.x, moving)
            other = elementwise("hadamard", part, FUNCTIONS["exp"](sub(moved, u)))
            name = f"the normaliser of {part}"
        elif part.kind in ("div", "eldiv") and _is_normaliser(part.operands[1], asked.x):
            moving = variable(f"{name_of(asked.x)}__moving", *asked.x.shape)
            other = Expr(part.kind, (replaced(part.operands[0], asked.x, moving), part.operands[1]), None, part.shape)
            name = f"the normaliser {part.operands[1]}"
        else:
            continue
        made = _derived(asked, _elsewhere(asked.f, part, other, asked.x, moving), moving)
        if made is not None:
            yield "held constant", f"{name} was held constant", replaced(made, moving, asked.x)


def _elsewhere(f: Expr, part: Expr, other: Expr, x: Expr, moving: Expr) -> Expr:
    """The formula with a part replaced, and the variable moving wherever it stands outside that part."""
    hole = variable("hole__", *part.shape)
    return replaced(replaced(replaced(f, part, hole), x, moving), hole, other)


def _is_normaliser(divisor: Expr, x: Expr) -> bool:
    """A norm or a sum of what depends on the variable, or x'*x."""
    if x not in variables(divisor):
        return False
    if divisor.kind == "call":
        return divisor.data.name in ("norm1", "norm2", "sum")
    return divisor is mul(transpose(x), x) if x.shape.cols.number == 1 else False


def half_chains(asked: Asked) -> Iterator[Model]:
    """One side of the chain rule alone: the derivative by a part of the formula, and the derivative of the part."""
    for part in postorder(asked.f):
        if part in (asked.x, asked.f) or part.kind in ("transpose", "neg") or asked.x not in variables(part):
            continue
        moving = variable("part__", *part.shape)
        outside = replaced(asked.f, part, moving)
        if asked.x in variables(outside):
            continue
        outer = _derived(asked, outside, moving)
        if outer is not None:
            words = f"this is the derivative by {part}: the factor for its derivative by {name_of(asked.x)} is missing"
            yield "chain factor", words, replaced(outer, moving, part)
        inner = _derived(asked, part, asked.x)
        if inner is not None:
            yield "chain factor", f"this is the derivative of {part}: the outer derivative is missing", inner


def _derived(asked: Asked, f: Expr, x: Expr) -> Expr | None:
    try:
        return asked.derive(f, x)
    except MatcalcError:
        return None


def _by_parameters(gradient: Expr) -> Expr:
    """G + G' - G.*eye(n)."""
    node = lower(gradient).node
    if node.rank != 2:
        return gradient
    sizes = dict(enumerate(node.dims))
    one = number(1).data
    turned = contract(one, [Factor(node, (0, 1), one)], (1, 0), sizes)
    diagonal = contract(one, [Factor(node, (0, 0), one)], (0, 0), sizes)
    return lift(add([(one, node), (one, turned), (-one, diagonal)], node.dims), 1)


def _other_formulas(f: Expr) -> Iterator[tuple[str, str, Expr]]:
    """The formula with one operation taken for another that is like it."""
    for part in postorder(f):
        if part.kind == "call" and part.data.name == "norm2":
            yield "exponent", f"{part} was taken to be squared", replaced(f, part, power(part, number(2)))
        if part.kind == "pow" and part.operands[1] is number(2):
            base = part.operands[0]
            yield "exponent", f"{base} was taken not to be squared", replaced(f, part, base)
            if base.kind == "call" and base.data.name in ("sum", "tr"):
                inner = elementwise("elpow", base.operands[0], number(2))
                words = f"{part} was taken to be {base.data.name} of the squares"
                yield "elementwise", words, replaced(f, part, FUNCTIONS[base.data.name](inner))
            if base.shape.is_square and not base.shape.is_scalar:
                other = elementwise("elpow", *part.operands)
                yield "elementwise", f"{part} was taken to be elementwise", replaced(f, part, other)
        if part.kind == "mul" and part.operands[0].shape == part.operands[1].shape and part.shape.is_square:
            other = elementwise("hadamard", *part.operands)
            if not part.shape.is_scalar:
                yield "elementwise", f"{part} was taken to be elementwise", replaced(f, part, other)
        if part.kind in ("hadamard", "elpow") and part.shape.is_square and not part.shape.is_scalar:
            if part.operands[0].shape == part.shape:
                other = mul(*part.operands) if part.kind == "hadamard" else power(*part.operands)
                yield "elementwise", f"{part} was taken to be a matrix product", replaced(f, part, other)
        if part.kind == "call" and part.data.name in ("det", "inv", "expm") and part.operands[0].kind == "add":
            left, right = (part.data(operand) for operand in part.operands[0].operands)
            yield "other", f"{part} is not {left} + {right}", replaced(f, part, left + right)
        if part.kind == "transpose" and part.operands[0].shape.is_square:
            yield "transpose", f"{part} was taken without its transpose", replaced(f, part, part.operands[0])


def expanded_terms(answer: Expr) -> list[Expr]:
    """The terms of the answer, multiplied out; none where there is one term or are too many."""
    view = lower(answer)
    try:
        coefficient, node = split_coefficient(expanded(view.node))
    except (TooLong, ZeroDivisionError):
        return []
    if node.kind != "sum":
        return []
    return [lift(scale(coefficient * c, operand), view.rows) for c, operand in node.terms]


def occurrences(asked: Asked) -> list[Expr]:
    """The derivatives with all but one occurrence of the variable held constant; their sum is the answer."""
    asked = asked.last_step or asked
    f = _written_out(asked.f)
    x = asked.x
    if sum(1 for _ in _walk(f)) > MOST_PARTS:
        return []
    count = sum(node is x for node in _walk(f))
    if not 2 <= count <= 6:
        return []
    made = []
    for k in range(count):
        moving = variable(f"{name_of(x)}__moving", *x.shape)
        marked, _ = _marked(f, x, moving, k)
        part = _derived(asked, marked, moving)
        if part is None:
            return []
        made.append(replaced(part, moving, x))
    return made


def _written_out(f: Expr) -> Expr:
    """The formula with powers of matrices as products, so that each factor is an occurrence."""
    for part in postorder(f):
        times = integer_value(part.operands[1]) if part.kind == "pow" and not part.shape.is_scalar else None
        if times in (2, 3, 4):
            made = part.operands[0]
            for _ in range(times - 1):
                made = mul(made, part.operands[0])
            f = replaced(f, part, made)
    return f


def _walk(f: Expr) -> Iterator[Expr]:
    """The formula as a tree, from left to right: a part that stands twice comes twice."""
    stack = [f]
    for _ in range(MOST_PARTS * 4):
        if not stack:
            return
        node = stack.pop()
        yield node
        stack += reversed(node.operands)


def _marked(node: Expr, x: Expr, moving: Expr, which: int) -> tuple[Expr, int]:
    """The formula with occurrence number ``which`` of x replaced, and how many occurrences it has."""
    if node is x:
        return (moving if which == 0 else x), 1
    if not node.operands:
        return node, 0
    operands, total = [], 0
    for operand in node.operands:
        made, count = _marked(operand, x, moving, which - total)
        operands.append(made)
        total += count
    if node.kind == "transpose":
        return transpose(operands[0]), total
    return Expr(node.kind, tuple(operands), node.data, node.shape), total
