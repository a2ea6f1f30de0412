"""Mistakes as questions: what comes out when another question is answered, or a term of the product rule is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from matcalc.checking.asked import Asked
from matcalc.checking.expansion import TooLong, expanded
from matcalc.checking.slopes import Question
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

MOST_PARTS = 60  # of a formula whose occurrences are told apart
NORMALISED = ("softmax", "rowsoftmax")
_NOUNS = {"tr": "trace", "sum": "sum"}


class Model(NamedTuple):
    """A mistake, in words, with the answer to the question that was answered instead; the question, where it is one."""

    mistake: str
    words: str
    answer: Callable[[], Expr | None]
    question: Question | None = None
    asked: Asked | None = None  # in what sense of a derivative


def models(asked: Asked) -> Iterator[Model]:
    """Answers to other questions: by another variable, of a formula that is like this one, with something constant."""
    for other in asked.variables:
        if other is not asked.x:
            yield _model(asked, "wrong variable", f"this is the derivative by {name_of(other)}", asked.f, other, other)
    if asked.kind == "gradient" and asked.x.shape.is_square and not asked.x.shape.is_scalar:
        words = "this is the gradient by the free entries of a symmetric matrix"
        yield Model("structure", words, partial(_by_parameters, asked.answer))
    for mistake, words, f in _other_formulas(asked.f):
        yield _model(asked, mistake, words, f, asked.x, asked.x)
    yield from _constant_normalisers(asked.last_step or asked)
    if asked.kind in ("jacobian", "hessian") and asked.answer.shape.is_square and not asked.answer.shape.is_scalar:
        words = "this is the diagonal of the answer: the entries off it are missing"
        yield Model("missing term", words, partial(_diagonal, asked.answer))


def _model(asked: Asked, mistake: str, words: str, f: Expr, x: Expr, part: Expr) -> Model:
    """The derivative of another formula, by a variable that stands for a part."""

    def answer() -> Expr | None:
        made = _derived(asked, f, x)
        return made if made is None or x is part else replaced(made, x, part)

    return Model(mistake, words, answer, Question(f, x, part), asked)


def _diagonal(answer: Expr) -> Expr:
    diag = FUNCTIONS["diag"]
    return lift(lower(diag(diag(answer))).node, 1)


def _constant_normalisers(asked: Asked) -> Iterator[Model]:
    """Derivatives with the sum under a softmax, or a norm or a sum as a divisor, held constant."""
    for part in asked.f.parts:
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
        f = _elsewhere(asked.f, part, other, asked.x, moving)
        yield _model(asked, "held constant", f"{name} was held constant", f, moving, asked.x)


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
    for part in asked.f.parts:
        if part in (asked.x, asked.f) or part.kind in ("transpose", "neg") or asked.x not in variables(part):
            continue
        moving = variable("part__", *part.shape)
        outside = replaced(asked.f, part, moving)
        if asked.x in variables(outside):
            continue
        words = f"this is the derivative by {part}: the factor for its derivative by {name_of(asked.x)} is missing"
        yield _model(asked, "chain factor", words, outside, moving, part)
        words = f"this is the derivative of {part}: the outer derivative is missing"
        yield _model(asked, "chain factor", words, part, asked.x, asked.x)


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
    for part in f.parts:
        if part.kind == "call" and part.data.name == "norm2":
            yield "exponent", f"{part} was taken to be squared", replaced(f, part, power(part, number(2)))
        if part.kind == "pow" and part.operands[1] is number(2):
            base = part.operands[0]
            yield "exponent", f"{base} was taken not to be squared", replaced(f, part, base)
            if base.kind == "call" and base.data.name in ("sum", "tr"):
                inner = elementwise("elpow", base.operands[0], number(2))
                for name in dict.fromkeys((base.data.name, "sum")):
                    words = f"{part} was taken to be the {_NOUNS[name]} of the squares"
                    yield "elementwise", words, replaced(f, part, FUNCTIONS[name](inner))
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


def occurrences(asked: Asked) -> list[Question]:
    """The formula with all but one occurrence of the variable held constant; the sum of the derivatives is the answer.

    Of a Hessian they are those of the last step.
    """
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
        made.append(Question(marked, moving, x))
    return made


def derivatives(asked: Asked, questions: list[Question]) -> list[Expr]:
    """The answers to questions; none where one has no answer."""
    made = []
    for f, x, part in questions:
        answer = _derived(asked, f, x)
        if answer is None:
            return []
        made.append(replaced(answer, x, part))
    return made


def _written_out(f: Expr) -> Expr:
    """The formula with powers of matrices as products, so that each factor is an occurrence."""
    for part in f.parts:
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
