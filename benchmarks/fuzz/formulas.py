"""Random well-shaped formulas over the whole table of functions."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from benchmarks.fuzz.autodiff import ELEMENTWISE, size_of
from benchmarks.fuzz.structure import combined
from benchmarks.fuzz.trees import ONE, SCALAR, SYMBOLS, Dim, Shape, Sizes, Tree, Variable, leaf, number, ones

LARGEST_DIM = 16  # symbols' sizes multiplied: kron and vec go no further


_NAMES: dict[str, str] = {
    "scalar": "abcdfg",
    "column": "xyzuvwpq",
    "row": "rst",
    "square": "XYSPQGHCD",
    "matrix": "ABEFLNRTUVW",
}


class Maker:
    """Makes formulas over few variables; parts come again at times, so that something can cancel."""

    def __init__(self, rng: random.Random, sizes: Sizes, combine_facts: bool = False) -> None:
        self.rng = rng
        self.sizes = sizes
        self.combine_facts = combine_facts
        self.variables: list[Variable] = []
        self.parts: list[Tree] = []

    # ---- leaves
    def variable(self, shape: Shape, *wanted: str) -> Tree:
        known = [v for v in self.variables if v.shape == shape and set(wanted) <= set(v.facts)]
        if known and self.rng.random() < 0.7:
            return leaf(self.rng.choice(known))
        rows, cols = shape
        kind = (
            "scalar" if shape == SCALAR else "column" if cols == ONE else "row" if rows == ONE
            else "square" if rows == cols else "matrix"
        )  # fmt: skip
        taken = {v.name for v in self.variables}
        free = [letter for letter in _NAMES[kind] if letter not in taken]
        if not free:
            return leaf(self.rng.choice(known)) if known else ones(shape)
        made = Variable(free[0], shape, wanted or self.facts(kind))
        self.variables.append(made)
        return leaf(made)

    def facts(self, kind: str) -> tuple[str, ...]:
        if self.rng.random() < 0.6:
            return ()
        if self.combine_facts:
            return self.rng.choice(combined(kind))
        if kind != "square":
            return ("positive",)
        choices: list[tuple[str, ...]] = [
            ("symmetric",), ("symmetric",), ("posdef",), ("diagonal",), ("orthogonal",), ("invertible",), ("positive",),
            ("symmetric", "invertible"), ("symmetric", "positive"), ("diagonal", "invertible"),
        ]  # fmt: skip
        return self.rng.choice(choices)

    def leaf(self, shape: Shape) -> Tree:
        rng = self.rng
        rows, cols = shape
        compound = len(rows) > 1 or len(cols) > 1
        if shape == SCALAR and rng.random() < 0.35:
            options = [
                number(rng.choice((1, 2, 3, 0.5, -1, 0.25, 1.5))),
                Tree("size", (), SCALAR, rng.choice(SYMBOLS)),
                Tree("pi", (), SCALAR),
            ]
            return rng.choice((options[0], options[0], *options))
        if compound or rng.random() < 0.08:
            made = [ones(shape)] * 3
            if rows == cols:
                made += [Tree("eye", (), shape)] * 2
            if cols == ONE and not compound and shape != SCALAR:
                made.append(Tree("unit", (), shape, rng.randrange(size_of(rows, self.sizes))))
            if rng.random() < 0.05:
                made.append(Tree("zeros", (), shape))
            if rows == cols and len(rows) == 2:
                made.append(Tree("commutation", (), shape, ((rows[0],), (rows[1],))))
            return rng.choice(made)
        return self.variable(shape)

    def dim(self) -> Dim:
        return self.rng.choice(SYMBOLS)

    # ---- trees
    def tree(self, shape: Shape, depth: int) -> Tree:
        rng = self.rng
        if depth <= 0:
            return self.leaf(shape)
        again = [part for part in self.parts if part.shape == shape]
        if again and rng.random() < 0.1:
            return rng.choice(again)
        if any(size_of(dim, self.sizes) > LARGEST_DIM for dim in shape):
            return self.leaf(shape)
        made = rng.choice(self.options(shape))(depth - 1)
        self.parts.append(made)
        return made

    def options(self, shape: Shape) -> list[Callable[[int], Tree]]:
        rows, cols = shape
        options = self.entrywise(shape) + self.products(shape)
        if shape == SCALAR:
            options += self.scalars()
        elif cols == ONE:
            options += self.columns(shape)
        elif rows == ONE:
            options += self.rows(shape)
        if rows == cols and rows != ONE:
            options += self.squares(shape)
        if len(rows) == 2 or len(cols) == 2:
            options += self.compounds(shape)
        return options

    def unary(self, op: str, shape: Shape, of: Shape, data: Any = None) -> Callable[[int], Tree]:
        return lambda depth: Tree(op, (self.tree(of, depth),), shape, data)

    def entrywise(self, shape: Shape) -> list[Callable[[int], Tree]]:
        rng = self.rng
        rows, cols = shape

        def function(depth: int) -> Tree:
            name = rng.choice(sorted(ELEMENTWISE))
            return Tree(name, (self.inside(name, shape, depth),), shape)

        def infix(op: str) -> Callable[[int], Tree]:
            return lambda depth: Tree(op, (self.tree(shape, depth), self.tree(shape, depth)), shape)

        def divided(depth: int) -> Tree:
            return Tree("eldiv", (self.tree(shape, depth), self.nonzero(shape, depth)), shape)

        def spread(depth: int) -> Tree:
            op = rng.choice(("hadamard", "eldiv", "elpow", "add", "sub"))
            scalar, wide = self.tree(SCALAR, depth - 1), self.tree(shape, depth)
            if op in ("add", "sub"):
                if rows == cols or rng.random() < 0.7:
                    scalar = number(rng.choice((1, 2, 0.5)))
                return Tree(op, rng.choice(((scalar, wide), (wide, scalar))), shape)
            if op == "elpow" and rng.random() < 0.6:
                scalar, wide = self.positive(SCALAR, depth - 1), self.tree(shape, depth)
                return Tree(op, (scalar, wide), shape)
            if op == "eldiv":
                return Tree(op, (scalar, self.nonzero(shape, depth)), shape)
            return Tree(op if op != "elpow" else "hadamard", rng.choice(((scalar, wide), (wide, scalar))), shape)

        def powered(depth: int) -> Tree:
            op = "pow" if shape == SCALAR and rng.random() < 0.5 else "elpow"
            kind = rng.randrange(4)
            if kind < 2:
                return Tree(op, (self.tree(shape, depth), number(rng.choice((2, 2, 3, -1, -2, 4, 0, 1)))), shape)
            exponent = (
                number(rng.choice((0.5, 1.5, -0.5, -1.5)))
                if kind == 2
                else self.tree(rng.choice((SCALAR, shape)), depth - 1)
            )
            return Tree(op, (self.positive(shape, depth), exponent), shape)

        def scaled(depth: int) -> Tree:
            parts = self.tree(SCALAR, depth - 1), self.tree(shape, depth)
            return Tree("mul", rng.choice((parts, parts[::-1])), shape)

        def over(depth: int) -> Tree:
            return Tree("div", (self.tree(shape, depth), self.nonzero(SCALAR, depth - 1)), shape)

        made = [function] * 3 + [infix("add")] * 2 + [infix("sub")] + [infix("hadamard")] * 2
        made += [divided, spread, powered, scaled, over, self.unary("neg", shape, shape)]
        if shape != SCALAR:
            made += [self.unary("transpose", shape, (cols, rows))] * 2
            made.append(self.unary("rowsoftmax", shape, shape))
        if rng.random() < 0.1:
            made.append(self.unary("maxmask", shape, shape))
        return made

    def products(self, shape: Shape) -> list[Callable[[int], Tree]]:
        rows, cols = shape
        rng = self.rng

        def unvec(depth: int) -> Tree:
            column = (tuple(sorted(rows + cols)), ONE)
            return Tree("unvec", (self.tree(column, depth), ones(shape)), shape)

        def product(depth: int) -> Tree:
            inner = self.dim()
            if rng.random() < 0.1 and ONE not in shape:
                inner = ONE
            return Tree("mul", (self.tree((rows, inner), depth), self.tree((inner, cols), depth)), shape)

        def solved(depth: int) -> Tree:
            op = rng.choice(("solve", "backslash"))
            return Tree(op, (self.invertible((rows, rows), depth), self.tree(shape, depth)), shape)

        made: list[Callable[[int], Tree]] = [product] * 3
        if rows != ONE and len(rows) == 1:
            made.append(solved)
        if len(rows) == 1 and len(cols) == 1:
            made.append(unvec)
            if rng.random() < 0.2:
                made.append(lambda depth: Tree("polar", (self.tree(shape, depth),), shape))
        if len(rows) <= 1 and len(cols) <= 1 and shape != SCALAR:
            made.append(lambda depth: Tree("pinv", (self.tree((cols, rows), depth),), shape))
        return made

    def scalars(self) -> list[Callable[[int], Tree]]:
        rng = self.rng

        def any_shape() -> Shape:
            return rng.choice(
                ((self.dim(), ONE), (ONE, self.dim()), (self.dim(), self.dim()), (self.dim(), self.dim()))
            )

        def of_any(op: str) -> Callable[[int], Tree]:
            return lambda depth: Tree(op, (self.tree(any_shape(), depth),), SCALAR)

        def of_square(op: str) -> Callable[[int], Tree]:
            def make(depth: int) -> Tree:
                n = self.dim()
                operand = self.tree((n, n), depth) if op == "tr" else self.invertible((n, n), depth)
                return Tree(op, (operand,), SCALAR)

            return make

        def quadratic(depth: int) -> Tree:
            n = self.dim()
            x = self.tree((n, ONE), depth - 1)
            middle = Tree("mul", (Tree("transpose", (x,), (ONE, n)), self.tree((n, n), depth - 1)), (ONE, n))
            return Tree("mul", (middle, x), SCALAR)

        def at(depth: int) -> Tree:
            operand = self.tree(any_shape(), depth)
            place = tuple(rng.randrange(size_of(dim, self.sizes)) for dim in operand.shape)
            if ONE in operand.shape and rng.random() < 0.5:
                place = (place[0] if operand.shape[1] == ONE else place[1],)
            return Tree("entry", (operand,), SCALAR, place)

        def of_vector(depth: int) -> Tree:
            return Tree("logsumexp", (self.tree(rng.choice(((self.dim(), ONE), (ONE, self.dim()))), depth),), SCALAR)

        made = [of_any("sum")] * 5 + [of_square("tr")] * 4 + [quadratic] * 2 + [at, of_vector]
        made += [of_any(op) for op in ("norm1", "norm2", "max", "min")] + [of_square("det"), of_square("logdet")]
        return [*made, of_any(rng.choice(("spectralnorm", "nuclearnorm")))]

    def columns(self, shape: Shape) -> list[Callable[[int], Tree]]:
        rows, _ = shape
        other = self.dim()
        place = self.rng.randrange(size_of(other, self.sizes))
        made = [
            self.unary("rowsum", shape, (rows, other)),
            self.unary("colsum", shape, (other, rows)),
            self.unary("softmax", shape, shape),
            self.unary("rowlogsumexp", shape, (rows, other)),
            self.unary("entry", shape, (rows, other), (None, place)),
        ]
        if len(rows) == 1:
            made.append(self.unary("diagonal", shape, (rows, rows)))
            made.append(lambda depth: Tree("eigvals", (self.symmetric((rows, rows), depth),), shape))
            made.append(self.rng.choice((
                self.unary("leftsv", shape, (rows, other)), self.unary("rightsv", shape, (other, rows))
            )))  # fmt: skip
        return made

    def rows(self, shape: Shape) -> list[Callable[[int], Tree]]:
        _, cols = shape
        other = self.dim()
        place = self.rng.randrange(size_of(other, self.sizes))
        return [self.unary("softmax", shape, shape), self.unary("entry", shape, (other, cols), (place, None))]

    def squares(self, shape: Shape) -> list[Callable[[int], Tree]]:
        rng = self.rng
        n = shape[0]

        def of_square(op: str, operand: Callable[[Shape, int], Tree]) -> Callable[[int], Tree]:
            return lambda depth: Tree(op, (operand(shape, depth),), shape)

        def powered(depth: int) -> Tree:
            exponent = rng.choice((2, 2, 3, -1, -2, 0, 1))
            base = self.invertible(shape, depth) if exponent < 0 else self.tree(shape, depth)
            return Tree("pow", (base, number(exponent)), shape)

        def diagonal(depth: int) -> Tree:
            return Tree("diag", (self.tree(rng.choice(((n, ONE), (ONE, n))), depth),), shape)

        made: list[Callable[[int], Tree]] = [of_square("inv", self.invertible)] * 2 + [powered, diagonal]
        if len(n) == 1:
            made += [of_square("cholesky", self.posdef), of_square("sqrtm", self.posdef), of_square("expm", self.tree)]
            made += [of_square("logm", self.posdef), of_square(rng.choice(("phi", "tril", "triu")), self.tree)]
            if rng.random() < 0.1:
                made.append(of_square(rng.choice(("halftril", "trilones")), self.tree))
            if rng.random() < 0.3:
                made.append(of_square(rng.choice(("eigvecs", "eiggap")), self.symmetric))
        elif rng.random() < 0.2:
            a, b = (n[0],), (n[1],)
            made.append(
                lambda depth: Tree("sylvester", (self.posdef((b, b), depth), self.posdef((a, a), depth)), shape)
            )
        return made

    def compounds(self, shape: Shape) -> list[Callable[[int], Tree]]:
        rows, cols = shape
        rng = self.rng

        def split(dim: Dim) -> tuple[Dim, Dim]:
            parts = [dim[:1], dim[1:]] if len(dim) == 2 else [dim, ONE]
            rng.shuffle(parts)
            return parts[0], parts[1]

        def kron(depth: int) -> Tree:
            (a, b), (c, d) = split(rows), split(cols)
            return Tree("kron", (self.tree((a, c), depth), self.tree((b, d), depth)), shape)

        def khatrirao(depth: int) -> Tree:
            a, b = split(rows)
            return Tree("khatrirao", (self.tree((a, cols), depth), self.tree((b, cols), depth)), shape)

        made: list[Callable[[int], Tree]] = [kron] * 3
        if rows == cols and rows[0] == rows[1] and size_of(rows, self.sizes) <= 9:
            a = (rows[:1], rows[:1])
            made += [self.unary("dexpm", shape, a), lambda depth: Tree("dlogm", (self.posdef(a, depth),), shape)]
        if len(rows) == 2:
            made.append(khatrirao)
        if cols == ONE:
            made += [lambda depth: Tree("vec", (self.tree(split(rows), depth),), shape)] * 4
        return made

    # ---- inside a domain
    def inside(self, name: str, shape: Shape, depth: int) -> Tree:
        if self.rng.random() < 0.15:
            return self.tree(shape, depth)
        if name in ("log", "sqrt", "log1p"):
            return self.positive(shape, depth)
        if name in ("arcsin", "arccos", "tan"):
            inner = Tree(self.rng.choice(("sin", "tanh", "cos")), (self.tree(shape, depth - 1),), shape)
            return Tree("mul", (number(0.5), inner), shape)
        if name in ("exp", "sinh", "cosh", "expm1") and self.rng.random() < 0.3:
            return Tree(self.rng.choice(("sin", "log", "neg")), (self.tree(shape, depth - 1),), shape)
        return self.tree(shape, depth)

    def positive(self, shape: Shape, depth: int) -> Tree:
        kind = self.rng.randrange(8)
        compound = max(map(len, shape)) > 1
        if kind < 3 and not compound:
            return self.variable(shape, "positive")
        inner = self.tree(shape, depth - 1)
        if kind < 5:
            return Tree(self.rng.choice(("exp", "sigmoid", "softplus", "cosh")), (inner,), shape)
        if kind == 5:
            return Tree("add", (Tree("abs", (inner,), shape), number(1)), shape)
        if kind == 6:
            return Tree("elpow", (inner, number(2)), shape)
        return Tree("add", (Tree("hadamard", (inner, inner), shape), ones(shape)), shape)

    def nonzero(self, shape: Shape, depth: int) -> Tree:
        return self.tree(shape, depth) if self.rng.random() < 0.3 else self.positive(shape, depth)

    def invertible(self, shape: Shape, depth: int) -> Tree:
        kind = self.rng.randrange(6)
        if len(shape[0]) == 1:
            if kind < 2:
                return self.variable(shape, self.rng.choice(("invertible", "posdef", "orthogonal")))
            if kind == 2:
                return self.variable(shape)
        if kind < 4:
            return self.tree(shape, depth)
        return self.posdef(shape, depth)

    def symmetric(self, shape: Shape, depth: int) -> Tree:
        kind = self.rng.randrange(4)
        if kind < 2:
            return self.variable(shape, self.rng.choice(("symmetric", "posdef")))
        a = self.tree(shape, depth - 1)
        return Tree("add" if kind == 2 else "mul", (a, Tree("transpose", (a,), shape)), shape)

    def posdef(self, shape: Shape, depth: int) -> Tree:
        kind = self.rng.randrange(4)
        n = shape[0]
        if kind < 2 and len(n) == 1:
            return self.variable(shape, "posdef")
        inner = self.dim() if kind < 3 else n
        a = self.tree((n, inner), depth - 1)
        return Tree(
            "add", (Tree("mul", (a, Tree("transpose", (a,), (inner, n))), shape), Tree("eye", (), shape)), shape
        )
