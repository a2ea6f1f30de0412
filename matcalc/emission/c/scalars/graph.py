"""A graph of numbers: each distinct value is one node, and zeros, ones and signs are no operations.

A ``Scalar`` is a rational number times a node, or the number alone, so that x, -x and 2*x are one node. Nodes are made
by a ``Graph``, in one form of several that are equal: a*b and b*a are one node, and b - a is minus that of a - b. Sums
and products stay bracketed as the program has them, for that is how it avoids overflow and loss of digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from matcalc.emission.c.scalars.nodes import DEEPEST, Kind, Late, Node, factors, late_factor, square_of_roots
from matcalc.rational import Fraction
from matcalc.records import NamedTuple

_0, _1, _HALF = Fraction(0), Fraction(1), Fraction(1, 2)
LARGEST_POWER = 16  # as products; beyond, it is the function of C's library


class Scalar(NamedTuple):
    """A rational number times a node; without a node, the number."""

    coefficient: Fraction
    node: Node | None

    @property
    def is_zero(self) -> bool:
        return not self.coefficient


class Block(NamedTuple):
    """Statements of C that make several values at once, from arrays: ``{x}`` and ``{u}`` are read, ``{y}`` is written.

    With a ``test``, a formula of C in ``{0}``, ``{1}`` …, it is done only where that doesn't hold of the ``tested``;
    else each output is its ``usual`` value, the output's second operand. The block's own are inputs and what is tested.
    """

    statement: str
    inputs: tuple[tuple[str, int], ...]  # the name in braces and the number of entries
    outputs: int
    test: str = ""
    tested: int = 0
    helper: str = ""  # a source that the statement needs beside those of all programs


ZERO, ONE = Scalar(_0, None), Scalar(_1, None)


class Graph:
    """Makes nodes, each once."""

    def __init__(self) -> None:
        self.nodes: dict[tuple[Any, ...], Node] = {}
        self.positive: set[Node] = set()  # what has been checked to be so
        self.checks: list[Node] = []  # in the order of the program: where one fails, a code is returned

    def made(self, kind: Kind, operands: Sequence[Node], data: Any) -> Node:
        key = (kind, data, *(node.order for node in operands))
        node = self.nodes.get(key)
        if node is None:
            node = self.nodes[key] = Node(kind, tuple(operands), data, len(self.nodes))
        return node

    def node(self, value: Scalar) -> Node:
        """The value as a node, with its coefficient."""
        coefficient, node = value
        if node is None:
            return self.made("number", (), coefficient)
        return node if coefficient == 1 else self.made("sum", (node,), ((coefficient,), _0))

    # ---------------------------------------------------------------- leaves
    def entry(self, name: str, place: int | None) -> Scalar:
        """An entry of an argument, or the argument where it is a number."""
        return Scalar(_1, self.made("entry", (), (name, place)))

    def constant(self, text: str) -> Scalar:
        """A number that is not rational, as C writes it."""
        return Scalar(_1, self.made("call", (), text))

    # ---------------------------------------------------------------- arithmetic
    def add(self, terms: Iterable[Scalar]) -> Scalar:
        constant, by_node = _0, dict[Node, Fraction]()
        for coefficient, node in terms:
            if node is None:
                constant += coefficient
            else:
                by_node[node] = by_node.get(node, _0) + coefficient
        kept = sorted(((node, c) for node, c in by_node.items() if c), key=lambda term: term[0].order)
        if not kept:
            return Scalar(constant, None)
        if len(kept) == 1 and not constant:
            return Scalar(kept[0][1], kept[0][0])
        shared = None if constant else self.common_factor([node for node, _ in kept])
        if shared is not None:
            factor, rests = shared
            rest = self.add(Scalar(c, node) for (_, c), node in zip(kept, rests, strict=True))
            return self.multiply(Scalar(_1, factor), rest)
        late = None if constant else late_factor([node for node, _ in kept])
        if late is not None:
            return self.late_last(late, kept)
        first = kept[0][1]
        sizes = {abs(c) for _, c in kept} | ({abs(constant)} if constant else set())
        scale = (_1 if len(sizes) > 1 else abs(first)) * (1 if first > 0 else -1)
        data = tuple(c / scale for _, c in kept), constant / scale
        return Scalar(scale, self.made("sum", [node for node, _ in kept], data))

    def late_last(self, late: tuple[Node, list[Late]], kept: Sequence[tuple[Node, Fraction]]) -> Scalar:
        """A sum of R*(K + u*L) as that of R*K, and u times that of R*L, which need not wait for u."""
        u, parts = late
        early = self.add(
            self.multiply(Scalar(c * a, r), Scalar(_1, k)) for (_, c), (r, a, k, _, _) in zip(kept, parts, strict=True)
        )
        slope = self.add(
            self.multiply(Scalar(c * b, r), Scalar(_1, m)) for (_, c), (r, _, _, b, m) in zip(kept, parts, strict=True)
        )
        return self.add((early, self.multiply(Scalar(_1, u), slope)))

    def common_factor(self, nodes: Sequence[Node]) -> tuple[Node, list[Node]] | None:
        """A factor of all of these products, and what is left of each without it."""
        if any(node.kind != "product" for node in nodes):
            return None
        for factor in factors(nodes[0]):
            rests = [self.without(node, factor) for node in nodes]
            if None not in rests:
                return factor, rests  # type: ignore[return-value]
        return None

    def without(self, product: Node, factor: Node, depth: int = DEEPEST) -> Node | None:
        """A product without a factor, where that is a value that is there already."""
        a, b = product.operands
        if factor in (a, b):
            return b if factor is a else a
        for one, other in ((a, b), (b, a)):
            rest = self.without(one, factor, depth - 1) if one.kind == "product" and depth else None
            if rest is not None:
                pair = sorted((rest.order, other.order))
                return self.nodes.get(("product", None, *pair))
        return None

    def multiply(self, left: Scalar, right: Scalar) -> Scalar:
        coefficient = left.coefficient * right.coefficient
        if not coefficient:
            return ZERO
        if left.node is None or right.node is None:
            return Scalar(coefficient, left.node or right.node)
        a, b = sorted((left.node, right.node), key=lambda node: node.order)
        square = square_of_roots(a, b, self.positive)
        if square is not None:
            first, under, is_divided, last = square
            middle = self.reciprocal(Scalar(_1, under)) if is_divided else Scalar(_1, under)
            return self.scaled(coefficient, self.product((Scalar(_1, first), middle, Scalar(_1, last))))
        return Scalar(coefficient, self.made("product", (a, b), None))

    def product(self, factors: Iterable[Scalar]) -> Scalar:
        total = ONE
        for factor in factors:
            total = self.multiply(total, factor)
        return total

    def dot(self, left: Iterable[Scalar], right: Iterable[Scalar]) -> Scalar:
        return self.add(self.multiply(a, b) for a, b in zip(left, right, strict=True))

    def scaled(self, coefficient: Fraction, value: Scalar) -> Scalar:
        return value._replace(coefficient=coefficient * value.coefficient) if coefficient else ZERO

    def negative(self, value: Scalar) -> Scalar:
        return value._replace(coefficient=-value.coefficient)

    def reciprocal(self, value: Scalar) -> Scalar:
        coefficient, node = value
        if node is None:
            return Scalar(1 / coefficient, None) if coefficient else self.constant("(1.0 / 0.0)")
        if node.kind == "reciprocal":
            return Scalar(1 / coefficient, node.operands[0])
        return Scalar(1 / coefficient, self.made("reciprocal", (node,), None))

    def divide(self, value: Scalar, by: Scalar) -> Scalar:
        return self.multiply(value, self.reciprocal(by))

    def power(self, base: Scalar, exponent: Fraction) -> Scalar:
        """A power: products of squares, where the exponent is whole or halves, and the library's function elsewhere."""
        if exponent < 0 and exponent.denominator == 1:
            return self.power(self.reciprocal(base), -exponent)
        if exponent < 0:
            return self.reciprocal(self.power(base, -exponent))
        if exponent.denominator == 2 and exponent <= LARGEST_POWER:
            return self.multiply(self.power(base, exponent - _HALF), self.root(base))
        if exponent.denominator != 1 or exponent > LARGEST_POWER:
            return self.call("pow({0}, {1})", (base, Scalar(exponent, None)))
        total, square, left = ONE, base, exponent.numerator
        while left:
            if left % 2:
                total = self.multiply(total, square)
            left //= 2
            square = self.multiply(square, square) if left else square
        return total

    def root(self, value: Scalar) -> Scalar:
        return value if value in (ZERO, ONE) else self.call("sqrt({0})", (value,))

    # ---------------------------------------------------------------- C
    def call(self, text: str, operands: Iterable[Scalar]) -> Scalar:
        """A formula of C in ``{0}``, ``{1}`` …"""
        return Scalar(_1, self.made("call", [self.node(value) for value in operands], text))

    def check(self, condition: str, operands: Iterable[Scalar], code: int) -> None:
        """The function returns a code where a condition on ``{0}``, ``{1}`` … doesn't hold."""
        nodes = [self.node(value) for value in operands]
        self.positive.update(nodes if "> 0" in condition else ())
        self.kept(self.made("check", nodes, (condition, code)))

    def block(
        self,
        block: Block,
        inputs: Iterable[Iterable[Scalar]],
        tested: Iterable[Scalar] = (),
        usual: Sequence[Scalar] = (),
    ) -> list[Scalar]:
        """The outputs of a block; one that may return is kept even where they are not wanted."""
        values = [value for array in (*inputs, tested) for value in array]
        node = self.made("block", [self.node(value) for value in values], block)
        if "return" in block.statement:
            self.kept(node)
        if not block.test:
            return [Scalar(_1, self.made("output", (node,), k)) for k in range(block.outputs)]
        return self.usual_or(node, usual)

    def usual_or(self, block: Node, usual: Sequence[Scalar]) -> list[Scalar]:
        """Outputs, which are alike where their usual values are, and numbers where these are."""
        first: dict[Node, int] = {}
        for k, value in enumerate(usual):
            first.setdefault(self.node(value), k)
        return [
            value if value.node is None else Scalar(_1, self.made("output", (block, node), first[node]))
            for value, node in zip(usual, map(self.node, usual), strict=True)
        ]

    def kept(self, node: Node) -> None:
        if node not in self.checks:
            self.checks.append(node)
