"""Small changes of formulas with indices: a sum that is missing, another index, a sum and a function exchanged, …"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, permutations, product

from matcalc.bound import Order, Over, Total
from matcalc.checking.edits import Context, Edit, has_shape
from matcalc.checking.formula import (
    Path,
    Tree,
    function_of,
    number,
    part_at,
    places,
    plus,
    replaced,
    replaced_everywhere,
    text_of,
    times,
    tree_of,
)
from matcalc.checking.scopes import (
    all_names,
    dims_of,
    free_names,
    indexed,
    new_names,
    over,
    positions,
    pruned,
    renamed,
    scopes,
    selected,
    without,
)
from matcalc.functions import FUNCTIONS
from matcalc.position import Index
from matcalc.rational import Fraction

MOST_FREE = 2  # indices that nothing binds, for which sums are tried
_OVERS: tuple[Over, ...] = ("sum", "stack")
_ORDERS: tuple[Order, ...] = ("", "<", "<=", "!=")
_WORDS = {"sum": "the sum", "stack": "the stack", "prod": "the product"}


# ---------------------------------------------------------------- sums that are missing
def unsummed(tree: Tree, context: Context) -> Iterator[Edit]:
    """A sum over an index that nothing binds: the claim is the term of one sample."""
    free = sorted(free_names(tree))
    if 0 < len(free) <= MOST_FREE:
        for made, overs in _bound(tree, free, context):
            if set(overs.values()) != {"stack"}:
                summed = [name for name, what in overs.items() if what != "stack"]
                names = " and ".join(summed)
                yield made, f"the sum over {names} is missing: this is the term of one {names} alone"


def unstacked(tree: Tree, context: Context) -> Iterator[Edit]:
    """All members for one: the claim is the entry, or the member, at an index."""
    free = sorted(free_names(tree))
    if 0 < len(free) <= MOST_FREE:
        for names in permutations(free):
            yield over("stack", names, tree), f"this is what the answer is at {' and '.join(free)}"


def _bound(tree: Tree, free: Sequence[str], context: Context) -> Iterator[tuple[Tree, dict[str, str]]]:
    """Sums, means and stacks over indices that nothing binds, around the smallest part with all of one index first."""
    if not free:
        yield tree, {}
        return
    for names in [free, free[::-1]] if len(free) == 2 else []:
        yield over("stack", names, tree), dict.fromkeys(names, "stack")
    name, *rest = free
    dims = dims_of(tree, context.names)
    found: Path = ()
    for path, part, _ in scopes(tree):  # the parts that hold all occurrences are each within the one before
        if name in free_names(part) and _without_part(tree, path, name):
            found = path
    for k in range(len(found), -1, -1):
        if k and part_at(tree, found[: k - 1]).kind in ("mul", "neg", "hadamard", "transpose"):
            continue  # the sum may as well be around the whole product
        part = part_at(tree, found[:k])
        choices: list[tuple[str, Tree]] = [("sum", over("sum", [name], part))]
        if name in dims:
            choices.append(("mean", Tree("div", None, (choices[0][1], tree_of(str(dims[name]))))))
        choices.append(("stack", over("stack", [name], part)))
        for what, made in choices:
            for whole, others in _bound(replaced(tree, found[:k], made), rest, context):
                yield whole, {name: what, **others}


def _without_part(tree: Tree, path: Path, name: str) -> bool:
    """Whether an index stands nowhere outside a part."""
    return name not in free_names(replaced(tree, path, number(1)))


def one_sample(tree: Tree, context: Context) -> Iterator[Edit]:
    """A sum for what stands at one number: X[1,:] for all rows."""
    if free_names(tree):
        return
    for at in sorted(positions(tree)):
        for name in new_names(tree, context.taken):
            for made, overs in _bound(indexed(tree, at, name), [name], context):
                words = f"the sum over {name} is missing: this is the term of {name} = {at + 1} alone"
                yield made, words if overs[name] != "stack" else f"this is what the answer is at {name} = {at + 1}"


def inner_sums(tree: Tree, context: Context) -> Iterator[Edit]:
    """A part summed over an index of its own, which has the outer one: exp(z[k])/(sum_{l} exp(z[l]))."""
    for name in new_names(tree, context.taken):
        for path, part in sorted(places(tree), key=lambda found: found[1].size):
            for old in sorted(free_names(part)):
                made = over("sum", [name], renamed(part, old, Index(name, None)))
                yield replaced(tree, path, made), f"{text_of(made)} for {text_of(part)}: the sum is missing"


def brackets(tree: Tree, context: Context) -> Iterator[Edit]:
    """Terms behind a sum, or before it, within it."""
    for path, part in places(tree):
        if part.kind == "total":
            for k in range(len(path) - 1, -1, -1):
                whole = part_at(tree, path[:k])
                if whole.kind == "total" or not _is_linear(tree, path, k):
                    break
                made = part.changed(parts=(replaced(whole, path[k:], part.parts[0]),))
                words = f"{_WORDS[part.value.over]} is over the whole of {text_of(made.parts[0])}: brackets are missing"
                yield replaced(tree, path[:k], made), words


def _is_linear(tree: Tree, path: Path, start: int) -> bool:
    """Whether a part is only added and multiplied, from a place upwards."""
    for k in range(start, len(path)):
        node = part_at(tree, path[:k])
        if node.kind not in ("add", "sub", "neg", "mul", "hadamard", "transpose") and (node.kind, path[k]) != (
            "div",
            0,
        ):
            return False
    return True


# ---------------------------------------------------------------- other indices
def other_indices(tree: Tree, context: Context) -> Iterator[Edit]:
    """Another index that is bound there for one, or for a number: in one place, and in all equal ones together."""
    found = [place for place in scopes(tree) if place[2] and (free_names(place[1]) or positions(place[1]))]
    for path, part, around in sorted(found, key=lambda place: place[1].size):
        changed: list[tuple[object, str, Tree]] = []
        for new in around:
            changed += [(old, new, renamed(part, old, Index(new, None))) for old in sorted(free_names(part))]
            changed += [(at, new, indexed(part, at, new)) for at in sorted(positions(part))]
        for old, new, made in changed:
            if old == new:
                continue
            words = f"{text_of(made)} for {text_of(part)}"
            yield pruned(replaced(tree, path, made)), words
            if len(path) > 1:
                yield pruned(replaced_everywhere(tree, part, made)), f"{words}, everywhere"


def exchanged_indices(tree: Tree, context: Context) -> Iterator[Edit]:
    """W[j,i] for W[i,j]."""
    for path, part in places(tree):
        if part.kind == "selected" and len(part.value) == 2 and None not in part.value:
            made = part.changed(value=part.value[::-1])
            yield replaced(tree, path, made), f"{text_of(made)} for {text_of(part)}"
            yield replaced_everywhere(tree, part, made), f"{text_of(made)} for {text_of(part)}, everywhere"


def other_sides(tree: Tree, context: Context) -> Iterator[Edit]:
    """Columns for rows, and the reverse: of A[i,:]', and of functions of all rows."""
    for path, part in places(tree):
        if part.kind == "selected" and len(part.value) == 2 and None in part.value:
            made = part.changed(value=part.value[::-1])
            for within in (path, path[:-1]):
                whole = part_at(tree, within)
                if within == path or whole.kind == "transpose":
                    new = made if whole.kind == "transpose" else Tree("transpose", None, (made,))
                    yield replaced(tree, within, new), f"{text_of(new)} for {text_of(whole)}"
        other = _OTHER_SIDE.get(part.value) if part.kind == "call" else None
        if other is not None:
            made = part.changed(value=other)
            yield replaced(tree, path, made), f"{text_of(made)} for {text_of(part)}"


def _other_sides() -> dict[str, str]:
    """rowsum of colsum and the reverse, for all functions of rows and of columns."""
    rows = {name: "col" + name.removeprefix("row") for name in FUNCTIONS if name.startswith("row")}
    found = {name: other for name, other in rows.items() if other in FUNCTIONS}
    return {**found, **{other: name for name, other in found.items()}}


_OTHER_SIDE = _other_sides()


def summed_over_others(tree: Tree, context: Context) -> Iterator[Edit]:
    """A sum over other indices: over one less, which stands around it, or over that one in its stead."""
    for path, part, around in scopes(tree):
        if part.kind != "total":
            continue
        body = part.parts[0]
        for what in _OVERS:
            if what != part.value.over and not part.value.order:
                made = part.changed(value=Total(part.value.indices, part.value.ranges, "", what))
                yield replaced(tree, path, made), f"{_WORDS[what]}, not {_WORDS[part.value.over]}: {text_of(made)}"
        for name in (i.name for i in part.value.indices):
            fewer = without(part, name)
            for outer in around:
                fixed = _with_body(fewer, part, renamed(body, name, Index(outer, None)))
                yield replaced(tree, path, pruned(fixed)), f"the sum is not over {name}: {text_of(fixed)}"
                for new, other in product(new_names(tree, context.taken), sorted(set(around) & free_names(body))):
                    turned = renamed(renamed(body, other, Index(new, None)), name, Index(outer, None))
                    made = _with_body(fewer, part, over("sum", [new], turned))
                    yield replaced(tree, path, made), f"the sum is over the wrong index: {text_of(made)}"


def _with_body(fewer: Tree, before: Tree, body: Tree) -> Tree:
    """What is summed over fewer indices, with another body; where no index is left it is the body."""
    return fewer.changed(parts=(body,)) if fewer is not before.parts[0] else body


# ---------------------------------------------------------------- sums and functions exchanged
def one_sum(tree: Tree, context: Context) -> Iterator[Edit]:
    """One sum of products or quotients, for those of sums."""
    totals = [(path, part) for path, part in places(tree) if part.kind == "total" and part.value.over == "sum"]
    for (left, one), (right, other) in combinations(totals, 2):
        common = 0
        while left[common : common + 1] == right[common : common + 1]:
            common += 1
            if common == len(left):
                break
        if common in (len(left), len(right)):  # one is within the other
            continue
        whole = part_at(tree, left[:common])
        for a, b in product(one.value.indices, other.value.indices):
            body = replaced(whole, left[common:], without(one, a.name))
            inner = without(other, b.name)
            body = replaced(body, right[common:], renamed(inner, b.name, a))
            made = over("sum", [a.name], body)
            yield (
                replaced(tree, left[:common], made),
                f"it is one sum over {a.name}: {text_of(made)} for {text_of(whole)}",
            )


def sums_of_functions(tree: Tree, context: Context) -> Iterator[Edit]:
    """The sum of a function, for the function of a sum: of logarithms, squares, roots, inverses."""
    for path, part in places(tree):
        if part.kind == "total" and part.value.over == "sum":
            for k in range(len(path) - 1, -1, -1):
                whole = part_at(tree, path[:k])
                if whole.kind == "total":
                    break
                if _is_linear(tree, path, k):
                    continue
                made = part.changed(parts=(replaced(whole, path[k:], part.parts[0]),))
                yield replaced(tree, path[:k], made), f"the sum is outside: {text_of(made)} for {text_of(whole)}"


def functions_of_sums(tree: Tree, context: Context) -> Iterator[Edit]:
    """The function of a sum, or the product of sums, for the sum of functions or products."""
    for path, part in places(tree):
        if part.kind != "total" or part.value.over != "sum" or len(part.value.indices) > 1:
            continue
        (name,) = (i.name for i in part.value.indices)
        inside: list[Path] = [()]
        while len(inside) == 1 and len(inside[0]) < 12:
            (at,) = inside
            here = part_at(part.parts[0], at)
            inside = [(*at, k) for k, own in enumerate(here.parts) if name in free_names(own)]
            if not inside or here.kind in ("total", "selected"):
                break
            made = part.parts[0]
            for place in inside:
                made = replaced(made, place, part.changed(parts=(part_at(part.parts[0], place),)))
            yield replaced(tree, path, made), f"the sum is inside: {text_of(made)} for {text_of(part)}"


# ---------------------------------------------------------------- pairs
def pairs(tree: Tree, context: Context) -> Iterator[Edit]:
    """Other pairs of two indices: each twice or once, with those of equal indices or without."""
    for path, part in places(tree):
        if part.kind == "total" and part.value.over == "sum" and len(part.value.indices) == 2:
            for order in _ORDERS:
                if order != part.value.order:
                    what = Total(part.value.indices, (None, None), order)
                    made = part.changed(value=what)
                    yield replaced(tree, path, made), f"the sum is over other pairs: {text_of(made)}"


def diagonals(tree: Tree, context: Context) -> Iterator[Edit]:
    """The term of a sum at an index that stands around it: left out, and left in."""
    for path, part, around in scopes(tree):
        if part.kind == "total" and part.value.over == "sum" and len(part.value.indices) == 1:
            (name,) = (i.name for i in part.value.indices)
            for outer in around:
                term = renamed(part.parts[0], name, Index(outer, None))
                less = Tree("sub", None, (part, term))
                yield (
                    replaced(tree, path, less),
                    f"the term of {name} = {outer} does not belong to the sum: {text_of(less)}",
                )
                more = plus(part, term)
                yield replaced(tree, path, more), f"the term of {name} = {outer} belongs to the sum: {text_of(more)}"
        if part.kind in ("add", "sub") and around:
            kept = [own for own in part.parts if any(inner.kind == "total" for _, inner in places(own))]
            if len(kept) == 1 and (part.kind == "add" or kept[0] is part.parts[0]):
                dropped = next(own for own in part.parts if own is not kept[0])
                yield replaced(tree, path, kept[0]), f"the term {text_of(dropped)} beside the sum is too many"


# ---------------------------------------------------------------- sizes and factors
def sizes_too_many(tree: Tree, context: Context) -> Iterator[Edit]:
    """A divisor that a mean has not, or has once."""
    for path, part in places(tree):
        for symbol in context.symbols:
            name = Tree("name", symbol)
            if part.kind in ("div", "mul") and name in part.parts:
                kept = part.parts[0] if part.parts[1] is name else part.parts[1]
                if kept is not name and (part.kind == "mul" or kept is part.parts[0]):
                    what = "divisor" if part.kind == "div" else "factor"
                    yield replaced(tree, path, kept), f"the {what} {symbol} is too many"
            if part.kind == "pow" and part.parts[0] is name and part.parts[1].kind == "number":
                yield replaced(tree, path, _power(name, part.parts[1].value - 1)), f"{symbol} stands once too often"


def sizes_left_out(tree: Tree, context: Context) -> Iterator[Edit]:
    """A divisor that a mean has."""
    for path, part in places(tree):
        if not path or part.kind == "total":
            for symbol in context.symbols:
                name = Tree("name", symbol)
                yield replaced(tree, path, Tree("div", None, (part, name))), f"the divisor {symbol} is missing"
                yield replaced(tree, path, times(name, part)), f"the factor {symbol} is missing"


def _power(base: Tree, exponent: Fraction) -> Tree:
    return base if exponent == 1 else Tree("pow", None, (base, number(exponent)))


def entries(tree: Tree, context: Context) -> Iterator[Edit]:
    """A number at an index as a factor or a divisor of what is summed or stacked, or of a term of that."""
    found = dict.fromkeys(part for _, part in places(tree) if part.kind == "selected")
    for name, v in context.names.items():
        shape = getattr(v, "shape", None)
        if shape is not None and name not in context.symbols:
            for k in sorted(all_names(tree)):
                found[selected(Tree("name", name), (Index(k, None),))] = None
    scalars = [part for part in found if context.point.value(part) is not None and not has_shape(context, part)]
    for path, part, around in scopes(tree):
        above = part_at(tree, path[:-1]).kind if path else ""
        if above not in ("total", "add", "sub") or not around:
            continue
        for factor in scalars:
            if free_names(factor) <= set(around):
                yield replaced(tree, path, times(factor, part)), f"the factor {text_of(factor)} is missing"
                made = Tree("div", None, (part, factor))
                yield replaced(tree, path, made), f"the divisor {text_of(factor)} is missing"


def inverses(tree: Tree, context: Context) -> Iterator[Edit]:
    """The inverse of a member, or the member itself."""
    for path, part in places(tree):
        if function_of(part) is FUNCTIONS["inv"]:
            yield replaced(tree, path, part.parts[0]), f"{text_of(part.parts[0])}, not its inverse"
        elif part.kind == "selected" and has_shape(context, part):
            made = Tree("call", "inv", (part,))
            yield replaced(tree, path, made), f"the inverse of {text_of(part)}"
