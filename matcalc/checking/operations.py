"""Small changes of operations: commuted, stacked by rows, diagonal, inverted, elementwise for matrix ones."""

from __future__ import annotations

from collections.abc import Iterator

from matcalc.checking.edits import Context, Edit, has_shape
from matcalc.checking.formula import (
    SIZED,
    Path,
    Tree,
    applied,
    chain,
    places,
    product_of,
    replaced,
    text_of,
    times,
    turned,
)


def commutations(tree: Tree, context: Context) -> Iterator[Edit]:
    sizes = [Tree("name", s) for s in context.symbols]
    for path, part in places(tree):
        if part.kind == "call" and part.value == "K":
            swapped = part.changed(parts=part.parts[::-1])
            yield replaced(tree, path, swapped), f"{text_of(swapped)} for {text_of(part)}"
    for path, part in places(tree):
        if not has_shape(context, part):
            continue
        for m in sizes:
            for n in sizes:
                k = applied("K", m, n)
                yield replaced(tree, path, times(k, part)), f"{text_of(k)} stands before {text_of(part)}"
                yield replaced(tree, path, times(part, k)), f"{text_of(k)} stands behind {text_of(part)}"


def vec_orders(tree: Tree, context: Context) -> Iterator[Edit]:
    for path, part in places(tree):
        if part.kind == "call" and part.value == "kron":
            yield replaced(tree, path, part.changed(parts=part.parts[::-1])), "columns are stacked, not rows"
    yield _all_swapped(tree), "columns are stacked, not rows, everywhere"


def _all_swapped(tree: Tree) -> Tree:
    parts = tuple(_all_swapped(part) for part in tree.parts)
    return tree.changed(parts=parts[::-1] if tree.kind == "call" and tree.value == "kron" else parts)


def diagonals(tree: Tree, context: Context) -> Iterator[Edit]:
    for path, part in places(tree):
        if part.kind == "call" and part.value == "diag":
            yield replaced(tree, path, part.parts[0]), f"{text_of(part.parts[0])} without diag"
        elif part.kind == "call" and part.value in ("ones", "eye"):
            other = applied("eye" if part.value == "ones" else "ones", *(part.parts[:1] * (1 + (part.value == "eye"))))
            yield replaced(tree, path, other), f"{text_of(other)} for {text_of(part)}"
        elif part.kind == "mul" and part.parts[1].kind == "transpose":
            entries = Tree("hadamard", None, (part.parts[0], part.parts[1].parts[0]))
            yield replaced(tree, path, applied("diag", entries)), f"diag of {text_of(entries)} for {text_of(part)}"
        if has_shape(context, part):
            yield replaced(tree, path, applied("diag", part)), f"diag of {text_of(part)}"


def inverses(tree: Tree, context: Context) -> Iterator[Edit]:
    bases = [Tree("name", name) for name in context.matrices]
    for path, part in places(tree):
        if part.kind == "call" and part.value in SIZED:
            continue
        if part.kind == "call" and part.value == "inv":
            yield replaced(tree, path, part.parts[0]), f"{text_of(part.parts[0])}, not its inverse"
        elif has_shape(context, part):
            yield replaced(tree, path, applied("inv", part)), f"the inverse of {text_of(part)}"
            yield from _inverted_spans(tree, path, part)
        for base in bases:
            for inverse in (applied("inv", base), turned(applied("inv", base))):
                words = f"{text_of(inverse)} is missing"
                yield replaced(tree, path, times(inverse, part)), words
                yield replaced(tree, path, times(part, inverse)), words
                yield replaced(tree, path, times(times(inverse, part), inverse)), words


def _inverted_spans(tree: Tree, path: Path, part: Tree) -> Iterator[Edit]:
    """Neighbouring factors of a product, inverted together."""
    found = chain(part)
    for length in range(2, len(found)):
        for i in range(len(found) - length + 1):
            inner = product_of(found[i : i + length])
            made = product_of([*found[:i], applied("inv", inner), *found[i + length :]])
            yield replaced(tree, path, made), f"the inverse of {text_of(inner)}"


def elementwise(tree: Tree, context: Context) -> Iterator[Edit]:
    functions = {"exp": "expm", "log": "logm", "sqrt": "sqrtm"}
    functions |= {matrix: entries for entries, matrix in functions.items()}
    other = {"mul": "hadamard", "hadamard": "mul", "pow": "elpow", "elpow": "pow", "div": "eldiv", "eldiv": "div"}
    for path, part in places(tree):
        if part.kind in other:
            words = f"{text_of(part)} with the {'elementwise' if len(other[part.kind]) > 4 else 'matrix'} operation"
            yield replaced(tree, path, part.changed(kind=other[part.kind])), words
        if part.kind == "call" and part.value in functions:
            made = part.changed(value=functions[part.value])
            yield replaced(tree, path, made), f"{text_of(made)} for {text_of(part)}"


def spread_scalars(tree: Tree, context: Context) -> Iterator[Edit]:
    """A scalar that is added to a square matrix, as a multiple of the identity."""
    for path, part in places(tree):
        if part.kind not in ("add", "sub"):
            continue
        for k in (0, 1):
            scalar, matrix = part.parts[k], context.point.value(part.parts[1 - k])
            if has_shape(context, scalar) or matrix is None or matrix.size == 1:
                continue
            for symbol in context.symbols:
                parts = list(part.parts)
                parts[k] = times(scalar, applied("eye", Tree("name", symbol)))
                words = f"{text_of(scalar)} is added to a matrix: {text_of(parts[k])}"
                yield replaced(tree, path, part.changed(parts=tuple(parts))), words
