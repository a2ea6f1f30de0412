"""Changes of a formula that use parts of the answer, and the table of all changes, most specific first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import lru_cache, partial

from matcalc.checking import edits, operations
from matcalc.checking.asked import ratio
from matcalc.checking.edits import Context, Edit, Generator, has_shape
from matcalc.checking.formula import (
    Path,
    Tree,
    chain,
    function_of,
    number,
    places,
    product_of,
    replaced,
    text_of,
    tidied,
    times,
    transpose_of,
)
from matcalc.function import Function
from matcalc.functions import DIAG, INV
from matcalc.rational import Fraction


def outer_factors(tree: Tree, context: Context) -> Iterator[Edit]:
    """A scalar part before the whole claim or under it, with the number that it wants."""
    import numpy as np

    value = context.point.value(tree)
    if value is None or value.shape != context.answer.shape:
        return
    for other in context.parts:
        factor = context.point.value(other)
        if factor is None or factor.size > 1 or not np.all(factor) or not np.any(value):
            continue
        for kind, scaled in (("missing", value * factor), ("divisor", value / factor)):
            scale = ratio(scaled, context.answer)
            if not scale:
                continue
            before = tree if scale == 1 else times(number(scale), tree)
            if kind == "missing":
                yield times(other, before), f"the factor {_scaled(scale, other)} is missing"
            else:
                yield Tree("div", None, (before, other)), f"the divisor {_scaled(1 / scale, other)} is missing"


def _scaled(scale: Fraction, other: Tree) -> str:
    return text_of(tidied(other if scale == 1 else times(number(scale), other)))


def dropped_factors(tree: Tree, context: Context) -> Iterator[Edit]:
    """A product without one of its factors."""
    for path, part in places(tree):
        found = chain(part) if part.kind in ("mul", "hadamard") else []
        if part.kind == "hadamard":
            yield replaced(tree, path, part.parts[0]), f"the factor {text_of(part.parts[1])} is too many"
            yield replaced(tree, path, part.parts[1]), f"the factor {text_of(part.parts[0])} is too many"
            continue
        for k, factor in enumerate(found):
            words = f"the factor {text_of(factor)} is too many"
            if factor.kind == "neg" and k == 0:
                yield replaced(tree, path, Tree("neg", None, (product_of(found[1:]),))), words
            elif factor.kind != "number":
                yield replaced(tree, path, product_of([*found[:k], *found[k + 1 :]])), words


def matrix_factors(tree: Tree, context: Context) -> Iterator[Edit]:
    """A matrix of the formula, missing on one side of a part."""
    names = {part for part in context.parts if part.kind == "name" and has_shape(context, part)}
    for path, part in places(tree):
        if not has_shape(context, part):
            continue
        for name in sorted(names, key=text_of):
            for factor in (name, transpose_of(name)):
                words = f"the factor {text_of(factor)} is missing"
                yield replaced(tree, path, times(part, factor)), words
                yield replaced(tree, path, times(factor, part)), words


def chain_factors(tree: Tree, context: Context) -> Iterator[Edit]:
    import numpy as np

    for put, part in _spans(tree):
        value = context.point.value(part)
        if value is None:
            continue
        for other in context.parts:
            factor = context.point.value(other)
            if factor is None or other == part or not np.any(factor):
                continue
            if factor.size == 1 and other.kind != "number":
                yield put(times(other, part)), f"the factor {text_of(other)} is missing"
                yield put(Tree("div", None, (part, other))), f"the divisor {text_of(other)} is missing"
                continue
            if factor.shape == value.shape:
                yield put(Tree("hadamard", None, (part, other))), f"the factor {text_of(other)} is missing"


def matrix_parts(function: Function) -> Generator:
    """A square matrix of this function, a part of the answer, missing on one side of a part."""

    def generate(tree: Tree, context: Context) -> Iterator[Edit]:
        others = [other for other in context.parts if function_of(other) is function]
        for put, part in _spans(tree) if others else ():
            if not has_shape(context, part):
                continue
            for other in others:
                words = f"the factor {text_of(other)} is missing"
                yield put(times(other, part)), words
                yield put(times(part, other)), words

    return generate


def _spans(tree: Tree) -> Iterator[tuple[Callable[[Tree], Tree], Tree]]:
    """The parts, and the last factors of a product together, with what puts another formula in their place."""
    for path, part in places(tree):
        yield partial(replaced, tree, path), part
        found = chain(part) if part.kind == "mul" else []
        for k in range(1, len(found) - 1):
            before, behind = found[:k], product_of(found[k:])

            def put(new: Tree, path: Path = path, before: list[Tree] = before) -> Tree:
                return replaced(tree, path, product_of([*before, new]))

            yield put, behind


def replacements(mistake: str) -> Generator:
    """Parts of the answer for parts of the claim, where what makes the difference is of this name."""

    def generate(tree: Tree, context: Context) -> Iterator[Edit]:
        for put, part in _spans(tree):
            value = context.point.value(part)
            if value is None or part == tree:
                continue
            for other in context.parts:
                found = context.point.value(other)
                if other == part or found is None or found.shape != value.shape or value.size == 1:
                    continue
                named, words = _difference(part, other)
                if named == mistake:
                    yield put(other), words

    return generate


@lru_cache(maxsize=2_000)  # each pair is asked about once for every name
def _difference(old: Tree, new: Tree) -> tuple[str, str]:
    """The mistake that makes the old formula of the new one, and in words."""
    words = f"{text_of(new)} for {text_of(old)}"
    before, after = _atoms(old), _atoms(new)
    gained, lost = after - before, before - after
    if new.kind in ("add", "sub") and old.kind not in ("add", "sub"):
        others = [_atoms(term) for term in new.parts]
        return "missing term" if before in others and all(others) else "chain factor", words
    if not gained and not lost:
        if _factors(old) == _factors(new):
            return "factor", words
        moved = Counter(map(_base, _factors(old))) == Counter(map(_base, _factors(new)))
        return "order" if moved or not (_has_diag(old) or _has_diag(new)) else "diag", words
    if gained and lost and old.kind == "mul":
        return "other", words
    if not lost and all(atom.startswith("inv(") for atom in gained):
        return "inverse", words
    if not lost and gained.total() == 1:
        return "chain factor", f"the factor {next(iter(gained))} is missing in {text_of(old)}"
    return "chain factor", words


def _factors(tree: Tree) -> list[Tree]:
    return [factor for factor in chain(tree) if factor.kind != "number"]


def _base(factor: Tree) -> Tree:
    return factor.parts[0] if factor.kind == "transpose" else factor


def _has_diag(tree: Tree) -> bool:
    return any(function_of(part) is DIAG for _, part in places(tree))


def _is_linear(tree: Tree) -> bool:
    """Whether a tree is a function that only moves and adds entries, of what are factors as well."""
    function = function_of(tree)
    return function is not None and function.contracts


def _atoms(tree: Tree) -> Counter[str]:
    """Names and functions in a product, with how often they stand there; transposes and numbers apart."""
    if tree.kind == "number":
        return Counter()
    if tree.kind == "pow" and tree.parts[1].kind == "number" and tree.parts[1].value in (2, 3):
        return Counter({atom: count * int(tree.parts[1].value) for atom, count in _atoms(tree.parts[0]).items()})
    if tree.kind in ("mul", "hadamard", "add", "sub", "neg", "transpose") or _is_linear(tree):
        return sum((_atoms(part) for part in tree.parts), Counter())
    return Counter([text_of(tree)])


def scalar_terms(tree: Tree, context: Context) -> Iterator[Edit]:
    """A sum for one of its terms: 1 + x'*x for x'*x."""
    sums = [other for other in context.parts if other.kind in ("add", "sub")]
    for path, part in places(tree):
        for other in sums:
            if part in other.parts and not has_shape(context, other):
                yield replaced(tree, path, other), f"{text_of(other)} for {text_of(part)}"


def scalars(tree: Tree, context: Context) -> Iterator[Edit]:
    for path, part in places(tree):
        value = context.point.value(part)
        if value is None or value.size > 1:
            continue
        for other in context.parts:
            found = context.point.value(other)
            if found is not None and found.size == 1 and other != part:
                yield replaced(tree, path, other), f"{text_of(other)} for {text_of(part)}"


# What undoes a mistake, with the name of the mistake; the first that makes a claim right names what is wrong with it.
# Those of ``CLOSE`` are tried before it is asked which term of the product rule is lost, those of ``FAR`` after that,
# those of ``INNER`` after the facts that may have been assumed, and those of ``LARGE``, which put parts of the answer
# into the claim, at last.
CLOSE: tuple[tuple[str, Generator], ...] = (
    ("sign", edits.signs),
    ("factor", edits.factors),
    ("vec order", operations.vec_orders),
    ("commutation", operations.commutations),
    ("transpose", edits.transposes),
    ("vec order", operations.transposed_vec_orders),
    ("order", edits.orders),
    ("exponent", edits.exponents),
    ("exponent", edits.divisors),
    ("symmetry assumed", edits.symmetrised),
)
FAR: tuple[tuple[str, Generator], ...] = (
    ("shape", operations.spread_scalars),
    ("elementwise", operations.elementwise),
    ("diag", operations.diagonals),
    ("sign", edits.sign_functions),
    ("chain factor", matrix_factors),
    ("inverse", operations.inverses),
    ("order", edits.rearrangements),
    ("chain factor", edits.sizes_before_terms),
    ("chain factor", dropped_factors),
    ("chain factor", outer_factors),
)
INNER: tuple[tuple[str, Generator], ...] = (
    ("inverse", matrix_parts(INV)),
    ("chain factor", chain_factors),
    ("chain factor", matrix_parts(DIAG)),
)
LARGE: tuple[tuple[str, Generator], ...] = (
    *((name, replacements(name)) for name in ("factor", "diag", "order", "missing term", "inverse", "chain factor")),
    ("missing term", scalar_terms),
    ("other", scalars),
    ("other", replacements("other")),
)
