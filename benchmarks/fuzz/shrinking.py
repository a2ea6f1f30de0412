"""Failures made as small as they get, and told apart by family."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from benchmarks.fuzz.cases import Case
from benchmarks.fuzz.checking import Outcome, check
from benchmarks.fuzz.trees import SCALAR, Tree, Variable, leaf, number, ones

Check = Callable[[Case, int], Outcome]


def minimised(case: Case, seed: int, outcome: Outcome, check: Check = check, limit: int = 400) -> tuple[Case, Outcome]:
    """The smallest case found that fails in the same way."""
    family = family_of(outcome)
    tries = 0
    improved = True
    while improved and tries < limit:
        improved = False
        for smaller in _smaller(case):
            tries += 1
            if tries >= limit:
                break
            try:
                found = check(smaller, seed)
            except Exception:  # the reference may not like what is left
                continue
            if found.status == "failed" and family_of(found) == family:
                case, outcome, improved = smaller, found, True
                break
    return case, outcome


def family_of(outcome: Outcome) -> str:
    category = outcome.category.replace(" read back", "")
    return category + (": " + outcome.detail.split(" ")[0] if category.startswith("crash") else "")


def _smaller(case: Case) -> Iterator[Case]:
    if case.kind != "value":
        yield replace(case, kind="value", x=case.tree.variables[0], y=case.tree.variables[0], structure="ignore")
    simple = "gradient" if case.tree.shape == SCALAR else "jacobian"
    if case.kind not in ("value", simple):
        yield replace(case, kind=simple, y=case.x, along_itself=False)
    if case.structure != "ignore":
        yield replace(case, structure="ignore")
    if case.numeric:
        yield replace(case, numeric=False)
    if case.sizes != {"m": 2, "n": 3, "k": 4} and not any(t.op in ("entry", "unit") for t in case.tree.parts()):
        yield replace(case, sizes={"m": 2, "n": 3, "k": 4})
    for part in sorted(set(case.tree.parts()), key=lambda t: t.size):
        if part is not case.tree and (wrapped := _retarget(case, part)) is not None:
            yield wrapped
    for part in sorted(set(case.tree.parts()), key=lambda t: -t.size):
        for other in _simpler(part, case):
            made = _retarget(case, _replaced(case.tree, part, other))
            if made is not None:
                yield made
    for v in case.variables:
        if v.facts:
            for facts in ((), v.facts[1:]) if len(v.facts) > 1 else ((),):
                plain = Variable(v.name, v.shape, facts)
                tree = _replaced(case.tree, leaf(v), leaf(plain))
                swap = {v: plain}
                yield replace(case, tree=tree, x=swap.get(case.x, case.x), y=swap.get(case.y, case.y))


def _retarget(case: Case, tree: Tree) -> Case | None:
    """The same question of another formula, where it makes sense."""
    left = tree.variables
    if case.kind == "value":
        return replace(case, tree=tree, x=left[0], y=left[0]) if left else None
    if case.x not in left or case.y not in left:
        return None
    if tree.shape != SCALAR and case.kind in ("gradient", "hessian", "mixed", "jvp of gradient"):
        tree = Tree("sum", (tree,), SCALAR)
    return replace(case, tree=tree) if tree.size < case.tree.size or tree.shape == case.tree.shape else None


def _simpler(part: Tree, case: Case) -> Iterator[Tree]:
    for inner in sorted(set(part.parts()), key=lambda t: t.size):
        if inner is not part and inner.shape == part.shape:
            yield inner
    if part.operands:
        for v in case.tree.variables:
            if v.shape == part.shape:
                yield leaf(v)
        if part.shape == SCALAR:
            yield number(2)
        yield ones(part.shape)
        if part.shape[0] == part.shape[1] and part.shape != SCALAR:
            yield Tree("eye", (), part.shape)
    if part.op == "number" and part.data not in (1, 2):
        yield number(2)


def _replaced(tree: Tree, old: Tree, new: Tree) -> Tree:
    if tree == old:
        return new
    if not tree.operands:
        return tree
    return replace(tree, operands=tuple(_replaced(operand, old, new) for operand in tree.operands))
