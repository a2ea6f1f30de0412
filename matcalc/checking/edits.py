"""Small changes of a formula, each the undoing of one mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import permutations, product
from typing import Any

from matcalc.checking.formula import (
    SIZED,
    Tree,
    chain,
    function_of,
    number,
    part_at,
    places,
    product_of,
    replaced,
    replaced_everywhere,
    text_of,
    times,
    transpose_of,
)
from matcalc.checking.values import Point
from matcalc.functions import SIGN, SQRT
from matcalc.rational import Fraction


class Context:
    """What edits may use: a point and the answer there, the dimension symbols, square matrices of the formula, parts of
    the answer and of the formula, and all that has a name."""

    def __init__(
        self,
        point: Point,
        answer: Any,
        symbols: list[str],
        matrices: list[str],
        parts: list[Tree],
        names: Mapping[str, object],
    ) -> None:
        self.point = point
        self.answer = answer
        self.symbols = symbols
        self.matrices = matrices
        self.parts = parts
        self.names = names

    @property
    def taken(self) -> set[str]:
        """Names that no new index may have."""
        return {*self.names, *self.symbols}


MOST_REORDERED = 5  # factors of a product that are tried in every order

Edit = tuple[Tree, str]  # the changed formula, and what was done, in words
Generator = Callable[[Tree, Context], Iterator[Edit]]


def _everywhere(tree: Tree, change: Callable[[Tree], Iterator[tuple[Tree, str]]]) -> Iterator[Edit]:
    """A change at each place, then at all equal parts together."""
    repeated: dict[Tree, int] = {}
    for path, part in places(tree):
        repeated[part] = repeated.get(part, 0) + 1
        for new, words in change(part):
            yield replaced(tree, path, new), words
    for part, count in repeated.items():
        if count > 1:
            for new, words in change(part):
                yield replaced_everywhere(tree, part, new), f"{words}, everywhere"


def has_shape(context: Context, part: Tree) -> bool:
    value = context.point.value(part)
    return value is not None and value.size > 1


def signs(tree: Tree, context: Context) -> Iterator[Edit]:
    def change(part: Tree) -> Iterator[tuple[Tree, str]]:
        if part.kind in ("add", "sub"):
            other = "sub" if part.kind == "add" else "add"
            yield part.changed(kind=other), f"the sign of {text_of(part.parts[1])} is turned"
        if part.kind == "neg":
            yield part.parts[0], f"the sign of {text_of(part.parts[0])} is turned"
        if part.kind == "call" and part.value not in SIZED:
            for k, inner in enumerate(part.parts):
                made = replaced(part, (k,), inner.parts[0] if inner.kind == "neg" else Tree("neg", None, (inner,)))
                yield made, f"the sign of {text_of(inner)} is turned"

    for path, part in places(tree):
        for new, words in change(part):
            yield replaced(tree, path, new), words
        if part.kind in ("add", "sub"):
            first = Tree("neg", None, (part.parts[0],))
            yield (
                replaced(tree, path, part.changed(parts=(first, part.parts[1]))),
                "the sign of the first term is turned",
            )


def sign_functions(tree: Tree, context: Context) -> Iterator[Edit]:
    """A sign of the answer, for a part of its shape: sign(x'*y) for sign(abs(x'*y)) as well as for ones(n)."""
    others = [other for other in context.parts if function_of(other) is SIGN]
    for path, part in places(tree) if others else ():
        value = context.point.value(part)
        for other in others:
            found = context.point.value(other)
            if value is not None and found is not None and found.shape == value.shape and other != part:
                yield replaced(tree, path, other), f"{text_of(other)} for {text_of(part)}"


def factors(tree: Tree, context: Context) -> Iterator[Edit]:
    scales = (Fraction(2), Fraction(1, 2), Fraction(3), Fraction(1, 3), Fraction(4), Fraction(1, 4))
    for path, part in places(tree):
        if part.kind == "number" and not _is_exponent(tree, path):
            for scale in scales:
                yield replaced(tree, path, number(part.value * scale)), f"{part.value * scale} for {part.value}"
        if part.kind in ("add", "sub"):
            for k in (0, 1):
                for scale in scales:
                    parts = list(part.parts)
                    parts[k] = times(number(scale), parts[k])
                    words = f"the term {text_of(part.parts[k])} wants a factor {scale}"
                    yield replaced(tree, path, part.changed(parts=tuple(parts))), words


def sizes_before_terms(tree: Tree, context: Context) -> Iterator[Edit]:
    """A dimension before the whole or a term, or under it: that of a mean."""
    terms = [(path, part) for path, part in places(tree) if not path or part_at(tree, path[:-1]).kind in ("add", "sub")]
    for path, part in terms:
        for symbol in context.symbols:
            size = Tree("name", symbol)
            yield replaced(tree, path, times(size, part)), f"the factor {symbol} is missing before {text_of(part)}"
            yield replaced(tree, path, Tree("div", None, (part, size))), f"{text_of(part)} wants a divisor {symbol}"


def _is_exponent(tree: Tree, path: tuple[int, ...]) -> bool:
    return bool(path) and path[-1] == 1 and part_at(tree, path[:-1]).kind in ("pow", "elpow")


def transposes(tree: Tree, context: Context) -> Iterator[Edit]:
    def change(part: Tree) -> Iterator[tuple[Tree, str]]:
        if part.kind == "number" or chain(part)[0].kind in ("number", "neg") or not has_shape(context, part):
            return  # of -2*A the matrix is transpose_of, not the product
        if part.kind == "transpose":
            yield transpose_of(part), f"{text_of(part.parts[0])} should not be transposed"
        else:
            yield transpose_of(part), f"{text_of(part)} should be transposed"

    seen = list(_everywhere(tree, change))
    yield from seen
    bases = dict.fromkeys(p for _, p in places(tree) if p.kind == "name" and has_shape(context, p))
    for base in bases:  # the name transposed wherever it stands
        yield _all_transposed(tree, base), f"{text_of(base)} should be transposed everywhere"
    sized = [(path, part) for path, part in places(tree) if part.kind == "call" and part.value == "ones"]
    for made, words in seen:
        for path, part in sized:
            for symbol in context.symbols:
                fitted = part.changed(parts=(Tree("name", symbol), *part.parts[1:]))
                try:
                    yield replaced(made, path, fitted), words
                except IndexError:
                    continue


def _all_transposed(tree: Tree, base: Tree) -> Tree:
    if tree.kind == "transpose" and tree.parts[0] == base:
        return base
    if tree == base:
        return transpose_of(base)
    return tree.changed(parts=tuple(_all_transposed(part, base) for part in tree.parts))


def orders(tree: Tree, context: Context) -> Iterator[Edit]:
    for path, part in places(tree):
        if part.kind != "mul" or (path and _is_product_within(tree, path)):
            continue
        before, found = _numbers_and_factors(part, context)
        for factors_ in _reordered(found):
            if factors_ != found:
                made = product_of([*before, *factors_])
                yield replaced(tree, path, made), f"the order is {text_of(made)}"


def _numbers_and_factors(product: Tree, context: Context) -> tuple[list[Tree], list[Tree]]:
    """The factors of a product, powers of matrices written out; numbers apart."""
    numbers, found = [], []
    for factor in chain(product):
        power = factor.parts[1].value if factor.kind == "pow" and factor.parts[1].kind == "number" else None
        if factor.kind == "number":
            numbers.append(factor)
        elif power in (2, 3) and has_shape(context, factor):
            found += [factor.parts[0]] * int(power)
        else:
            found.append(factor)
    return numbers, found


def _reordered(factors_: list[Tree]) -> Iterator[list[Tree]]:
    """Two factors swapped, then all orders, or the reverse of many factors."""
    count = len(factors_)
    for i in range(count):
        for j in range(i + 1, count):
            swapped = list(factors_)
            swapped[i], swapped[j] = swapped[j], swapped[i]
            yield swapped
    if count <= MOST_REORDERED:
        yield from map(list, permutations(factors_))
    else:
        yield factors_[::-1]


def _is_product_within(tree: Tree, path: tuple[int, ...]) -> bool:
    """Whether a place is the left side of a larger product."""
    return part_at(tree, path[:-1]).kind == "mul" and path[-1] == 0


def exponents(tree: Tree, context: Context) -> Iterator[Edit]:
    def change(part: Tree) -> Iterator[tuple[Tree, str]]:
        if part.kind in ("pow", "elpow"):
            base, power = part.parts
            yield base, f"{text_of(base)} without its exponent"
            if power.kind == "number":
                for value in (power.value + 1, power.value - 1, power.value * 2, power.value / 2, -power.value):
                    if value:
                        yield part.changed(parts=(base, number(value))), f"the exponent of {text_of(base)} is {value}"
            return
        value = context.point.value(part)
        if value is None or part.kind == "number":
            return
        if value.size == 1:
            for power in (number(2), number(3), number(Fraction(1, 2)), *(Tree("name", s) for s in context.symbols)):
                yield Tree("pow", None, (part, power)), f"the exponent of {text_of(part)} is {text_of(power)}"
        else:
            yield Tree("elpow", None, (part, number(2))), f"{text_of(part)} is squared"
            if value.shape[0] == value.shape[1]:
                yield Tree("pow", None, (part, number(2))), f"{text_of(part)} is squared"
        if function_of(part) is SQRT:
            yield part.parts[0], f"{text_of(part.parts[0])} without a root"

    yield from _everywhere(tree, change)


def divisors(tree: Tree, context: Context) -> Iterator[Edit]:
    """What multiplies instead of dividing, a scalar or entry by entry, and the reverse."""
    for path, part in places(tree):
        if part.kind not in ("mul", "div", "hadamard", "eldiv"):
            continue
        left, right = part.parts
        if part.kind in ("hadamard", "eldiv"):
            words = f"{text_of(right)} {'divides' if part.kind == 'hadamard' else 'multiplies'}"
            yield replaced(tree, path, part.changed(kind="eldiv" if part.kind == "hadamard" else "hadamard")), words
            continue
        if part.kind == "mul" and left.kind == "number" and has_shape(context, right):
            yield replaced(tree, path, Tree("eldiv", None, (left, right))), f"{text_of(right)} divides"
            continue
        if right.kind != "number" and not has_shape(context, right):
            other = "div" if part.kind == "mul" else "mul"
            words = f"{text_of(right)} {'divides' if other == 'div' else 'multiplies'}"
            yield replaced(tree, path, part.changed(kind=other)), words
        if part.kind == "mul" and left.kind != "number" and not has_shape(context, left):
            yield replaced(tree, path, Tree("div", None, (right, left))), f"{text_of(left)} divides"


def symmetrised(tree: Tree, context: Context) -> Iterator[Edit]:
    """(S + S')/2 for S: what holds for symmetric S alone."""
    half = number(Fraction(1, 2))
    for path, part in places(tree):
        if path and _is_product_within(tree, path):
            continue
        found = chain(part)
        spans = [(i, i + k) for k in range(1, len(found) + 1) for i in range(len(found) - k + 1)]
        for i, j in spans:
            inner = product_of(found[i:j])
            value = context.point.value(inner)
            if value is None or value.size == 1 or value.shape[0] != value.shape[1]:
                continue
            if inner.kind == "number" or any(f.kind == "number" for f in found[i:j]):
                continue
            both = Tree("add", None, (inner, transpose_of(inner)))
            before = found[:i]
            if before and before[0].kind == "number":  # 2*S becomes S + S'
                rest = before[0].value / 2
                before = [*([] if rest == 1 else [number(rest)]), *before[1:]]
            else:
                before = [half, *before]
            made = product_of([*before, both, *found[j:]])
            only = "only true if {} is symmetric" if inner.kind == "name" else "{} was taken to be symmetric"
            yield replaced(tree, path, made), only.format(text_of(inner))


def rearrangements(tree: Tree, context: Context) -> Iterator[Edit]:
    """Products of few matrices in another order, some factors transposed."""
    for path, part in places(tree):
        if part.kind != "mul" or (path and _is_product_within(tree, path)):
            continue
        _, found = _numbers_and_factors(part, context)
        matrices = [factor for factor in found if has_shape(context, factor)]
        if not 2 <= len(matrices) <= 4:
            continue
        scalars = [factor for factor in chain(part) if not has_shape(context, factor)]
        for order in permutations(matrices):
            for turns in product((False, True), repeat=len(order)):
                factors_ = [transpose_of(f) if turn else f for f, turn in zip(order, turns, strict=True)]
                made = product_of([*scalars, *factors_])
                yield replaced(tree, path, made), f"the order is {text_of(made)}"
