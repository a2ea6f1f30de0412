"""Typed formulas with indices: which index stands where, what binds it, and the same formula with others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from itertools import islice

from matcalc.bound import Over, Total
from matcalc.checking.formula import SIZED, Path, Tree
from matcalc.expr import Expr
from matcalc.families import members_of
from matcalc.position import Index, Place
from matcalc.shape import ONE, Dim

Names = frozenset[str]
_NAMES = "ijklpqrsuv"  # of new indices


def index(name: str) -> Index:
    """The index of a name: in a typed formula its name alone says which it is."""
    return Index(name, None)


def scoped(tree: Tree, known: Collection[str]) -> Tree:
    """A tree whose indices are known by their names. Symbols in brackets that are no known name are indices as well,
    which nothing binds."""
    if tree.kind == "call" and tree.value in SIZED:
        return tree
    parts = tuple(scoped(part, known) for part in tree.parts)
    if tree.kind == "total":
        what = tree.value
        names = tuple(index(i.name) for i in what.indices)
        return tree.changed(value=Total(names, what.ranges, what.order, what.over), parts=parts)
    if tree.kind in ("entry", "selected"):
        return selected(parts[0], tuple(_named(at, known) for at in tree.value))
    return tree.changed(parts=parts)


def _named(at: Place, known: Collection[str]) -> Place:
    if isinstance(at, Index):
        return index(at.name)
    if isinstance(at, Dim):
        name = str(at.plus(ONE))
        if name.isidentifier() and name not in known:
            return index(name)
    return at


def selected(of: Tree, where: tuple[Place, ...]) -> Tree:
    """What stands at a position."""
    return Tree("selected" if any(isinstance(at, Index) for at in where) else "entry", where, (of,))


def has_positions(tree: Tree) -> bool:
    """Whether something stands at a position, or is summed over indices."""
    return tree.kind in ("total", "selected", "entry") or any(map(has_positions, tree.parts))


@lru_cache(maxsize=5_000)  # edits of a claim share their parts
def free_names(tree: Tree) -> Names:
    """The indices that nothing in a formula binds."""
    free = frozenset[str]().union(*(free_names(part) for part in tree.parts))
    if tree.kind == "total":
        return free - {i.name for i in tree.value.indices}
    if tree.kind == "selected":
        return free | {at.name for at in tree.value if isinstance(at, Index)}
    return free


def renamed(tree: Tree, old: str, new: Place) -> Tree:
    """A formula with something else in place of an index that nothing in it binds."""
    if old not in free_names(tree):
        return tree
    parts = tuple(renamed(part, old, new) for part in tree.parts)
    if tree.kind in ("selected", "entry"):
        return selected(parts[0], tuple(new if at == index(old) else at for at in tree.value))
    return tree.changed(parts=parts)


def indexed(tree: Tree, position: int, name: str) -> Tree:
    """A formula with an index in place of a position that is a number, wherever that stands."""
    parts = tuple(indexed(part, position, name) for part in tree.parts)
    if tree.kind in ("selected", "entry"):
        return selected(parts[0], tuple(index(name) if at == position else at for at in tree.value))
    return tree.changed(parts=parts)


def positions(tree: Tree) -> set[int]:
    """The positions in a formula that are numbers, counted from 0."""
    found = set[int]().union(*(positions(part) for part in tree.parts))
    if tree.kind in ("selected", "entry"):
        found |= {at for at in tree.value if isinstance(at, int)}
    return found


def over(what: Over, names: Collection[str], body: Tree) -> Tree:
    """A sum, a product or a stack over indices."""
    return Tree("total", Total(tuple(map(index, names)), (None,) * len(names), "", what), (body,))


def without(tree: Tree, name: str) -> Tree:
    """What is summed over indices, summed over the others alone."""
    what, body = tree.value, tree.parts[0]
    ranges = what.ranges or (None,) * len(what.indices)
    kept = [(i, dim) for i, dim in zip(what.indices, ranges, strict=True) if i.name != name]
    if not kept:
        return body
    return tree.changed(value=Total(tuple(i for i, _ in kept), tuple(dim for _, dim in kept), "", what.over))


def pruned(tree: Tree) -> Tree:
    """A formula without sums over indices that stand on nothing."""
    tree = tree.changed(parts=tuple(map(pruned, tree.parts)))
    if tree.kind != "total":
        return tree
    free = free_names(tree.parts[0])
    for i in tree.value.indices:
        if tree.kind == "total" and i.name not in free and not any(tree.value.ranges):
            tree = without(tree, i.name)
    return tree


def scopes(tree: Tree, around: tuple[str, ...] = (), path: Path = ()) -> Iterator[tuple[Path, Tree, tuple[str, ...]]]:
    """All parts with their places and the indices that are bound around them, the whole first."""
    yield path, tree, around
    if tree.kind == "call" and tree.value in SIZED:
        return
    inside = (*around, *(i.name for i in tree.value.indices)) if tree.kind == "total" else around
    for k, part in enumerate(tree.parts):
        yield from scopes(part, inside, (*path, k))


def all_names(tree: Tree) -> set[str]:
    """The indices of a formula, free ones and bound ones."""
    bound = {
        name for _, part, _ in scopes(tree) if part.kind == "total" for name in (i.name for i in part.value.indices)
    }
    return bound | free_names(tree).union(*(free_names(part) for _, part, _ in scopes(tree)))


def new_names(tree: Tree, taken: Collection[str], count: int = 1) -> list[str]:
    """Names of indices that a formula has not; ``taken`` are those of variables and sizes."""
    used = all_names(tree) | set(taken)
    return list(islice((name for name in _NAMES if name not in used), count))


def dims_of(tree: Tree, names: Mapping[str, object]) -> dict[str, Dim]:
    """What indices run over, as far as they stand at variables."""
    found: dict[str, Dim] = {}
    for _, part, _ in scopes(tree):
        if part.kind != "selected" or part.parts[0].kind != "name":
            continue
        of = names.get(str(part.parts[0].value))
        if not isinstance(of, Expr):
            continue
        members = members_of(of)
        sides = (
            tuple(of.shape) if len(part.value) == 2 else (members.length if members else of.shape.rows * of.shape.cols,)
        )
        for at, dim in zip(part.value, sides, strict=True):
            if isinstance(at, Index):
                found[at.name] = dim
    return found


def pair_of(tree: Tree, names: Mapping[str, object]) -> tuple[str, str] | None:
    """Two indices of one dimension, of which one is bound within the other, or both together."""
    dims = dims_of(tree, names)
    for _, part, around in scopes(tree):
        own = [i.name for i in part.value.indices] if part.kind == "total" else []
        for k, name in enumerate(own):
            for other in (*around, *own[:k]):
                if name in dims and dims[name] is dims.get(other):
                    return other, name
    return None
