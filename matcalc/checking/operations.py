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
    function_of,
    number,
    places,
    product_of,
    replaced,
    text_of,
    times,
    transpose_of,
)
from matcalc.checking.values import Point
from matcalc.function import Function
from matcalc.functions import DIAG, FUNCTIONS, INV, KRON, SQRTM, find
from matcalc.rational import Fraction


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
    """The factors of Kronecker products exchanged: columns are stacked, not rows."""
    return _exchanged(tree, (False, False))


def transposed_vec_orders(tree: Tree, context: Context) -> Iterator[Edit]:
    """The factors of Kronecker products exchanged, and some of them transposed."""
    for turns in ((False, True), (True, False), (True, True)):
        yield from _exchanged(tree, turns)


def _exchanged(tree: Tree, turns: tuple[bool, bool]) -> Iterator[Edit]:
    for path, part in places(tree):
        if function_of(part) is KRON:
            made = _swapped(part, turns)
            words = f"the factors of kron are swapped, {text_of(made)}: columns are stacked, not rows"
            yield replaced(tree, path, made), words
    yield _all_swapped(tree, turns), "the factors of kron are swapped, everywhere: columns are stacked, not rows"


def _swapped(kron: Tree, turns: tuple[bool, bool]) -> Tree:
    left, right = (transpose_of(part) if turn else part for part, turn in zip(kron.parts, turns, strict=True))
    return kron.changed(parts=(right, left))


def _all_swapped(tree: Tree, turns: tuple[bool, bool]) -> Tree:
    made = tree.changed(parts=tuple(_all_swapped(part, turns) for part in tree.parts))
    return _swapped(made, turns) if function_of(made) is KRON else made


def diagonals(tree: Tree, context: Context) -> Iterator[Edit]:
    for path, part in places(tree):
        if function_of(part) is DIAG:
            yield replaced(tree, path, part.parts[0]), f"{text_of(part.parts[0])} without diag"
        elif part.kind == "call" and part.value in ("ones", "eye"):
            other = applied("eye" if part.value == "ones" else "ones", *(part.parts[:1] * (1 + (part.value == "eye"))))
            yield replaced(tree, path, other), f"{text_of(other)} for {text_of(part)}"
        elif part.kind == "mul" and part.parts[1].kind == "transpose":
            entries = Tree("hadamard", None, (part.parts[0], part.parts[1].parts[0]))
            yield replaced(tree, path, applied(DIAG, entries)), f"diag of {text_of(entries)} for {text_of(part)}"
        if has_shape(context, part):
            yield replaced(tree, path, applied(DIAG, part)), f"diag of {text_of(part)}"


def inverses(tree: Tree, context: Context) -> Iterator[Edit]:
    bases = [Tree("name", name) for name in context.matrices]
    for path, part in places(tree):
        if part.kind == "call" and part.value in SIZED:
            continue
        if function_of(part) is INV:
            yield replaced(tree, path, part.parts[0]), f"{text_of(part.parts[0])}, not its inverse"
        elif has_shape(context, part):
            yield replaced(tree, path, applied(INV, part)), f"the inverse of {text_of(part)}"
            yield from _inverted_spans(tree, path, part)
        for base in bases:
            for inverse in (applied(INV, base), transpose_of(applied(INV, base))):
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
            made = product_of([*found[:i], applied(INV, inner), *found[i + length :]])
            yield replaced(tree, path, made), f"the inverse of {text_of(inner)}"


def _on_matrix(entries: Function | None) -> Function | None:
    """The function of square matrices that is this function of the entries of diagonal ones: expm of exp."""
    return None if entries is None else next((f for f in FUNCTIONS.values() if _on_entries(f) is entries), None)


def _on_entries(function: Function | None) -> Function | None:
    """The function of entries that a function of square matrices is on diagonal ones, and that takes transposes as it
    does: exp of expm."""
    if function is None or function.transposes != "moves" or not function.of_diagonal.endswith("(X)"):
        return None
    return find(function.of_diagonal.removesuffix("(X)"))


_OTHER = {"mul": "hadamard", "hadamard": "mul", "pow": "elpow", "elpow": "pow", "div": "eldiv", "eldiv": "div"}


def elementwise(tree: Tree, context: Context) -> Iterator[Edit]:
    """Operations on entries for those on matrices, and the reverse: at one place, then all of one kind, then all."""
    for path, part in places(tree):
        if part.kind in _OTHER:
            words = f"{text_of(part)} with the {'elementwise' if len(_OTHER[part.kind]) > 4 else 'matrix'} operation"
            yield replaced(tree, path, part.changed(kind=_OTHER[part.kind])), words
        entries = _on_entries(function_of(part))
        if entries is not None:
            made = applied(entries, *part.parts)
            yield replaced(tree, path, made), f"{text_of(made)} for {text_of(part)}"
        for made in _matrix_operations(part, context):
            for new in (made, transpose_of(made)):
                yield replaced(tree, path, new), f"{text_of(new)} for {text_of(part)}"
    for kinds in (("call",), ("call", "elpow", "eldiv"), ("call", "elpow", "eldiv", "hadamard")):
        for turn in (False, True):
            changed: dict[str, None] = {}
            made = _of_matrices(tree, context, kinds, turn, changed)
            if len(changed) > 1:
                yield made, f"{' and '.join(changed)}: operations on matrices, not on entries"


def _of_matrices(tree: Tree, context: Context, kinds: tuple[str, ...], turn: bool, changed: dict[str, None]) -> Tree:
    """The formula with all operations of these kinds on matrices, the outermost ones transposed with ``turn``; what was
    changed, in words."""
    is_changed = tree.kind in kinds and next(_matrix_operations(tree, context), None) is not None
    within = turn and not is_changed
    made = tree.changed(parts=tuple(_of_matrices(part, context, kinds, within, changed) for part in tree.parts))
    new = next(_matrix_operations(made, context), None) if is_changed else None
    if new is None:
        return made
    changed[f"{text_of(new)} for {text_of(tree)}"] = None
    return transpose_of(new) if turn else new


def entry_by_entry(tree: Tree, point: Point) -> Iterator[Tree]:
    """A formula of matrices as if its operations were on entries: 1./X for inv(X), A.*B for A*B; with the identity as
    such, and as ones; and all that without transposes."""
    for ones in (False, True):
        for turns in (True, False):
            yield _entrywise(tree, point, ones, turns)


def _entrywise(tree: Tree, point: Point, ones: bool, turns: bool) -> Tree:
    if tree.kind == "call" and tree.value in SIZED:
        return applied("ones", *tree.parts, *tree.parts) if ones and tree.value == "eye" else tree
    if tree.kind == "mul":
        return _entrywise_product([_entrywise(factor, point, ones, turns) for factor in chain(tree)], point)
    made = tree.changed(parts=tuple(_entrywise(part, point, ones, turns) for part in tree.parts))
    entries = _on_entries(function_of(made))
    if entries is not None:
        return applied(entries, *made.parts)
    if function_of(made) is INV:
        return Tree("eldiv", None, (number(1), made.parts[0]))
    if made.kind == "pow" and _is_square(point, made.parts[0]):
        return made.changed(kind="elpow")
    if made.kind == "transpose" and not turns and _is_square(point, made):
        return made.parts[0]
    return made


def _entrywise_product(factors: list[Tree], point: Point) -> Tree:
    """Square factors multiplied entry by entry; neighbours that make square ones, a*b', are multiplied before."""
    total: Tree | None = None
    run: Tree | None = None
    for factor in factors:
        run = factor if run is None else times(run, factor)
        if not _is_square(point, run) and not _is_scalar(point, run):
            continue
        if total is None:
            total = run
        else:
            scales = _is_scalar(point, run) or _is_scalar(point, total)
            total = times(total, run) if scales else Tree("hadamard", None, (total, run))
        run = None
    if total is None or run is None:
        return total or run or factors[0]
    return times(total, run)


def _is_scalar(point: Point, tree: Tree) -> bool:
    value = point.value(tree)
    return value is not None and value.size == 1


def _is_square(point: Point, tree: Tree) -> bool:
    value = point.value(tree)
    return value is not None and value.size > 1 and value.shape[0] == value.shape[1]


def _matrix_operations(part: Tree, context: Context) -> Iterator[Tree]:
    """The operations on square matrices that an elementwise one is like: inv(X) for 1./X, X^2 for X.^2."""
    left = part.parts[-1] if part.kind == "eldiv" else part.parts[0] if part.parts else part
    value = context.point.value(left)
    if value is None or value.size == 1 or value.shape[0] != value.shape[1]:
        return
    on_matrix = _on_matrix(function_of(part))
    if on_matrix is not None:
        yield applied(on_matrix, *part.parts)
    elif part.kind == "hadamard":
        yield part.changed(kind="mul")
    elif part.kind == "eldiv":
        above, inverse = part.parts[0], applied(INV, part.parts[1])
        if above == number(1):
            yield inverse
        else:
            yield times(above, inverse)
            if has_shape(context, above):
                yield times(inverse, above)
    elif part.kind == "elpow":
        exponent = context.point.value(part.parts[1])
        power = Fraction(0) if exponent is None or exponent.size > 1 else Fraction(float(exponent[0, 0]))
        if power.denominator > 2 or not power:
            return
        base = left if power.denominator == 1 else applied(SQRTM, left)
        base = applied(INV, base) if power < 0 else base
        yield base if abs(power.numerator) == 1 else Tree("pow", None, (base, number(abs(power.numerator))))


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
