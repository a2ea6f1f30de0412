"""Typical mistakes, each as another question to which the wrong claim would be the right answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from matcalc.bound import free_indices
from matcalc.checking.asked import Asked
from matcalc.checking.expansion import TooLong, expanded
from matcalc.checking.slopes import Question
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, elementwise, integer_value, mul, name_of, number, power, sub, transpose, variable
from matcalc.facts import declare
from matcalc.families import alike
from matcalc.function import Function
from matcalc.functions import (
    COLSUM,
    DET,
    DIAG,
    EXP,
    EXPM,
    INV,
    NORM1,
    NORM2,
    ROWSOFTMAX,
    ROWSUM,
    SOFTMAX,
    SUM,
    TR,
)
from matcalc.lifting.lift import lift
from matcalc.lowering.lower import lower
from matcalc.network.build import scale
from matcalc.network.leaves import split_coefficient
from matcalc.parts import replaced, variables, with_operands, with_parts
from matcalc.records import NamedTuple
from matcalc.sorts import states
from matcalc.structured import structure_of, structured

MOST_PARTS = 60  # of a formula whose occurrences are told apart
NORMALISED = (SOFTMAX, ROWSOFTMAX)
_SUMS = (SUM, ROWSUM, COLSUM)
_NORMS = (NORM1, NORM2, *_SUMS)
MOST_STATISTICS = 3  # norms and sums of a formula, and as many means, that may have been held constant
_NOUNS = {TR: "trace", SUM: "sum"}


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
            yield model(asked, "wrong variable", f"this is the derivative by {name_of(other)}", asked.f, other, other)
    yield from _structured(asked)
    for mistake, words, f in _other_formulas(asked.f):
        yield model(asked, mistake, words, f, asked.x, asked.x)
    yield from _held_constant(asked.last_step or asked)
    if asked.kind in ("jacobian", "hessian") and asked.answer.shape.is_square and not asked.answer.shape.is_scalar:
        words = "this is the diagonal of the answer: the entries off it are missing"
        yield Model("missing term", words, partial(_diagonal, asked.answer))


def model(asked: Asked, mistake: str, words: str, f: Expr, x: Expr, part: Expr) -> Model:
    """The derivative of another formula, by a variable that stands for a part."""

    def answer() -> Expr | None:
        made = _derived(asked, f, x)
        return made if made is None or x is part else replaced(made, x, part)

    return Model(mistake, words, answer, Question(f, x, part), asked)


def _diagonal(answer: Expr) -> Expr:
    return lift(lower(DIAG(DIAG(answer))).node, 1)


def _structured(asked: Asked) -> Iterator[Model]:
    """Gradients that respect the structure of the variable: by its free parameters, or on the tangent space."""
    x = asked.x
    if asked.kind != "gradient" or x.shape.is_scalar:
        return
    choices: tuple[str, ...] = ("free", "project")
    if structure_of(x) is None and x.shape.is_square:  # a symmetric one, which nobody declared
        x, choices = declare(name_of(x), *x.shape, *x.data[1], "symmetric"), choices[:1]
    fact = structure_of(x)
    for choice in choices if fact else ():
        words = f"this is the gradient by the free entries of a {fact} matrix"
        if choice == "project":
            words = f"this is the gradient projected on what is {fact}, in which {name_of(x)} may move"
        yield Model("structure", words, partial(_by_structure, asked.answer, x, choice))


def _by_structure(gradient: Expr, x: Expr, choice: str) -> Expr | None:
    try:
        return lift(structured(lower(gradient).node, x, choice), 1)
    except MatcalcError:
        return None


def _held_constant(asked: Asked) -> Iterator[Model]:
    """Derivatives with what normalises held constant: the sum under a softmax, a divisor, a mean that is subtracted."""
    f, x = asked.f, asked.x
    moving = alike(x, f"{name_of(x)}__moving")
    for part in f.parts:
        if _is_call(part, NORMALISED) and x in variables(part):
            u = part.operands[0]
            other = elementwise("hadamard", part, EXP(sub(replaced(u, x, moving), u)))
            words = f"the normaliser of {part} was held constant"
            yield model(asked, "held constant", words, with_parts(f, {x: moving, part: other}), moving, x)
    divisors, means = _statistics(f, x)
    groups = [[part] for part in (*divisors, *means)]
    groups += [group for group in (divisors, means, divisors + means) if len(group) > 1]
    for group in groups:
        names = " and ".join(map(str, group))
        verb = "was" if len(group) == 1 else "were"
        words = f"{'the normaliser ' if group[0] in divisors else ''}{names} {verb} held constant"
        other_f = with_parts(f, {x: moving, **{part: part for part in group}})
        if moving in variables(other_f):  # else all of it is held constant
            yield model(asked, "held constant", words, other_f, moving, x)


def _statistics(f: Expr, x: Expr) -> tuple[list[Expr], list[Expr]]:
    """The divisors that are made of norms and sums of the variable, and the sums that are subtracted; a few of each."""
    divisors: dict[Expr, None] = {}
    means: dict[Expr, None] = {}
    for part in f.parts:
        if part.kind in ("div", "eldiv") and _is_normaliser(part.operands[1], x):
            divisors[part.operands[1]] = None
        if part.kind == "sub" and x in variables(part.operands[0]):
            sums = [p for p in part.operands[1].parts if _is_call(p, _SUMS) and x in variables(p)]
            means.update(dict.fromkeys(sums))
    return list(divisors)[:MOST_STATISTICS], list(means)[:MOST_STATISTICS]


def _is_normaliser(divisor: Expr, x: Expr) -> bool:
    """Whether a divisor is made of a norm or a sum of what depends on the variable, or of x'*x."""
    statistics = (p for p in divisor.parts if _is_call(p, _NORMS) or _is_square_of_norm(p))
    return any(x in variables(part) for part in statistics)


def _is_call(part: Expr, functions: Sequence[Function]) -> bool:
    return part.kind == "call" and part.data in functions


def _is_square_of_norm(part: Expr) -> bool:
    return part.kind == "mul" and part.operands[0] is transpose(part.operands[1])


def outer_constants(f: Expr, x: Expr) -> Iterator[Expr]:
    """What the whole formula is multiplied with or divided by and does not depend on the variable; numbers apart."""
    while f.kind in ("neg", "mul", "div"):
        inner = f.operands[0]
        if f.kind == "mul" and f.operands[0].shape.is_scalar and x not in variables(f.operands[0]):
            inner = f.operands[1]
        for operand in f.operands:
            if operand is not inner and operand.shape.is_scalar and x not in variables(operand):
                yield from _without_number(operand)
            elif operand is not inner:
                return
        f = inner


def _without_number(constant: Expr) -> Iterator[Expr]:
    """The constant, without the numbers in 2*N, 1/N: they are found where claims are compared."""
    while constant.kind in ("mul", "div") and constant.operands[0].kind == "number":
        constant = constant.operands[1]
    if constant.kind != "number":
        yield constant


def half_chains(asked: Asked) -> Iterator[Model]:
    """One side of the chain rule alone: the derivative by a part of the formula, and the derivative of the part."""
    free = free_indices(asked.f.parts)
    for part in asked.f.parts:
        if free[part]:  # it is nothing without the sum around it
            continue
        if part in (asked.x, asked.f) or part.kind in ("transpose", "neg") or asked.x not in variables(part):
            continue
        if states(part):  # it has no derivative
            continue
        moving = variable("part__", *part.shape)
        outside = replaced(asked.f, part, moving)
        if asked.x in variables(outside):
            continue
        words = f"this is the derivative by {part}: the factor for its derivative by {name_of(asked.x)} is missing"
        yield model(asked, "chain factor", words, outside, moving, part)
        words = f"this is the derivative of {part}: the outer derivative is missing"
        yield model(asked, "chain factor", words, part, asked.x, asked.x)


def _derived(asked: Asked, f: Expr, x: Expr) -> Expr | None:
    try:
        return asked.derive(f, x)
    except MatcalcError:
        return None


def _other_formulas(f: Expr) -> Iterator[tuple[str, str, Expr]]:
    """The formula with one operation taken for another that is like it."""
    for part in f.parts:
        if part.data is NORM2:
            yield "exponent", f"{part} was taken to be squared", replaced(f, part, power(part, number(2)))
        if part.kind == "pow" and part.operands[1] is number(2):
            base = part.operands[0]
            yield "exponent", f"{base} was taken not to be squared", replaced(f, part, base)
            if _is_call(base, (SUM, TR)):
                inner = elementwise("elpow", base.operands[0], number(2))
                for function in dict.fromkeys((base.data, SUM)):
                    words = f"{part} was taken to be the {_NOUNS[function]} of the squares"
                    yield "elementwise", words, replaced(f, part, function(inner))
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
        if _is_call(part, (DET, INV, EXPM)) and part.operands[0].kind == "add":
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
        moving = alike(x, f"{name_of(x)}__moving")
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
    return with_operands(node, tuple(operands)), total
