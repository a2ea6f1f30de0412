"""A formula, its variables at a random point, and what is asked of it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import matcalc as mc
from benchmarks.fuzz.autodiff import size_of
from benchmarks.fuzz.formulas import Maker
from benchmarks.fuzz.trees import ONE, SCALAR, Shape, Sizes, Tree, Variable, ones, text


def _orthogonal(rng: np.random.Generator, n: int) -> np.ndarray[Any, Any]:
    q, r = np.linalg.qr(rng.normal(size=(n, n)))
    return np.asarray(q * np.sign(np.diag(r)))


def sample(variable: Variable, sizes: Sizes, rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """A value that the facts of the variable allow, away from the borders of the usual domains."""
    facts = set(variable.facts)
    rows, cols = (size_of(dim, sizes) for dim in variable.shape)
    if "orthogonal" in facts:
        return _orthogonal(rng, rows)
    if "diagonal" in facts:
        return np.diag(rng.uniform(0.5, 1.6, rows) * rng.choice((-1.0, 1.0), rows))
    if facts & {"posdef", "invertible"}:
        left = _orthogonal(rng, rows)
        signs = 1.0 if "posdef" in facts else rng.choice((-1.0, 1.0), rows)
        right = left.T if facts & {"posdef", "symmetric"} else _orthogonal(rng, rows)
        found = (left * (rng.uniform(0.6, 1.8, rows) * signs)) @ right
        return np.asarray((found + found.T) / 2 if facts & {"posdef", "symmetric"} else found)
    if "positive" in facts:
        found = rng.uniform(0.3, 1.7, (rows, cols))
    else:
        found = 0.7 * rng.normal(size=(rows, cols))
        found += 0.15 * np.sign(found)
    return (found + found.T) / 2 if "symmetric" in facts else found


# ---------------------------------------------------------------- a formula and what is asked of it
@dataclass(frozen=True)
class Case:
    """A formula, the derivative that is asked for, and where. ``numeric`` declares dimensions as numbers."""

    tree: Tree
    kind: str
    x: Variable
    y: Variable
    sizes: Mapping[str, int]
    numeric: bool
    structure: str = "ignore"
    along_itself: bool = False  # the direction of a jvp is x

    @property
    def text(self) -> str:
        return text(self.tree, self.sizes if self.numeric else None)

    @property
    def variables(self) -> list[Variable]:
        return list(dict.fromkeys((*self.tree.variables, self.x, self.y)))

    def declare(self, variable: Variable) -> mc.Expr:
        sides = [(size_of(d, self.sizes) if self.numeric else d[0]) if d else 1 for d in variable.shape]
        return mc.variable(variable.name, sides[0], sides[1], *variable.facts)

    def snippet(self) -> str:
        """Python that shows the case."""
        lines = ["import matcalc as mc"]
        for v in self.variables:
            sides = [(str(size_of(d, self.sizes)) if self.numeric else repr(d[0])) if d else "1" for d in v.shape]
            facts = "".join(f", {fact!r}" for fact in v.facts)
            lines.append(f"{v.name} = mc.variable({v.name!r}, {sides[0]}, {sides[1]}{facts})")
        names = ", ".join(f"{v.name!r}: {v.name}" for v in self.variables)
        lines.append(f"f = mc.parse({self.text!r}, {{{names}}})")
        extra = {
            "gradient": f", structure={self.structure!r}" if self.structure != "ignore" else "",
            "mixed": f", {self.y.name}",
            "jvp": f", {self.x.name if self.along_itself else 'v'}", "vjp": ", u", "jvp of gradient": "",
        }.get(self.kind, "")  # fmt: skip
        function = {"mixed": "hessian", "jvp of gradient": "gradient"}.get(self.kind, self.kind)
        lines.append(f"d = mc.{function}(f, {self.x.name}{extra})" if self.kind != "value" else "d = f")
        if self.kind == "jvp of gradient":
            lines.append(f"d = mc.jvp(d, {self.y.name}, v)")
        return "\n".join(lines)


def usual_sizes(rng: random.Random) -> dict[str, int]:
    sizes = {"m": 2, "n": 3, "k": 4}
    draw = rng.random()
    if draw < 0.15:
        sizes[rng.choice("mnk")] = 1
    elif draw < 0.2:
        sizes = {"m": 2, "n": 2, "k": 2}
    return sizes


def random_case(rng: random.Random, given_sizes: Sizes | None = None) -> Case:
    """A case of the usual sizes, or of given ones, whose variables have facts in combinations."""
    sizes = usual_sizes(rng) if given_sizes is None else given_sizes
    maker = Maker(rng, sizes, combine_facts=given_sizes is not None)
    shapes: list[Shape] = [SCALAR] * 8 + [(maker.dim(), ONE), (ONE, maker.dim()), (maker.dim(), maker.dim())]
    shape = rng.choice(shapes)
    if rng.random() < 0.04:
        shape = ((tuple(sorted(maker.dim() + maker.dim()))), ONE)
    tree = maker.leaf(shape)
    for depth in (rng.choice((1, 2, 2, 3, 3, 4)), 2, 2, 1, 1):
        tree = maker.tree(shape, depth)
        if tree.variables and tree.size < 40:
            break
    else:
        tree = Tree("hadamard", (maker.variable(SCALAR), ones(shape)), shape)
    x, y = rng.choice(tree.variables), rng.choice(tree.variables)
    if shape == SCALAR:
        kind = rng.choice(
            ("gradient",) * 8 + ("hessian",) * 5 + ("mixed",) * 3 + ("jacobian", "jvp", "vjp", "jvp", "jvp of gradient")
        )
    else:
        kind = rng.choice(("jacobian", "jacobian", "jvp", "vjp"))
    structure = "ignore"
    if kind == "gradient" and {"symmetric", "diagonal", "posdef"} & set(x.facts) and rng.random() < 0.3:
        structure = rng.choice(("project", "free"))
    if kind == "jvp of gradient" and set(y.facts) - {"positive", "invertible"}:
        kind = "hessian"  # a gradient that uses y = y' holds for symmetric y alone
    return Case(
        tree, kind, x, y if kind in ("mixed", "jvp of gradient") else x, sizes, rng.random() < 0.25, structure,
        kind == "jvp" and rng.random() < 0.15,
    )  # fmt: skip
