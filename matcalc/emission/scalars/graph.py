"""A graph of numbers: each distinct value is one node, and zeros, ones and signs are no operations.

A ``Scalar`` is a rational number times a node, or the number alone, so that x, -x and 2*x are one node. Nodes are made
by the functions of a ``Graph``, which are canonical: of a*b and b*a one is made, of a - b and b - a the one is minus the
other. Sums and products stay bracketed as the program has them, for that is how it avoids overflow and loss of digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from matcalc.rational import Fraction

_0, _1, _HALF = Fraction(0), Fraction(1), Fraction(1, 2)
LARGEST_POWER = 16  # as products; beyond, it is the function of C's library

Kind: TypeAlias = Literal["entry", "number", "sum", "product", "reciprocal", "call", "block", "output", "check"]


class Node:
    """A value that is computed, or read; a block has several, its outputs, and a check has none."""

    __slots__ = ("data", "kind", "operands", "order")

    def __init__(self, kind: Kind, operands: tuple[Node, ...], data: Any, order: int) -> None:
        self.kind = kind
        self.operands = operands
        self.data = data
        self.order = order  # of making: operands come before what is made of them

    def __repr__(self) -> str:
        return f"<{self.kind} {self.order}>"


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
        first = kept[0][1]
        sizes = {abs(c) for _, c in kept} | ({abs(constant)} if constant else set())
        scale = (_1 if len(sizes) > 1 else abs(first)) * (1 if first > 0 else -1)
        data = tuple(c / scale for _, c in kept), constant / scale
        return Scalar(scale, self.made("sum", [node for node, _ in kept], data))

    def common_factor(self, nodes: Sequence[Node]) -> tuple[Node, list[Node]] | None:
        """A factor of all of these products, and what is left of each without it."""
        if any(node.kind != "product" for node in nodes):
            return None
        for factor in factors(nodes[0]):
            rests = [self.without(node, factor) for node in nodes]
            if None not in rests:
                return factor, rests  # type: ignore[return-value]
        return None

    def without(self, product: Node, factor: Node) -> Node | None:
        """A product without a factor, where that is a value that is there already."""
        a, b = product.operands
        if factor in (a, b):
            return b if factor is a else a
        for one, other in ((a, b), (b, a)):
            rest = self.without(one, factor) if one.kind == "product" else None
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
        ordered = sorted((left.node, right.node), key=lambda node: node.order)
        return Scalar(coefficient, self.made("product", ordered, None))

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
        self.kept(self.made("check", [self.node(value) for value in operands], (condition, code)))

    def block(
        self,
        block: Block,
        inputs: Iterable[Iterable[Scalar]],
        tested: Iterable[Scalar] = (),
        usual: Iterable[Scalar] = (),
    ) -> list[Scalar]:
        """The outputs of a block; one that may return is kept even where they are not wanted."""
        values = [value for array in (*inputs, tested) for value in array]
        node = self.made("block", [self.node(value) for value in values], block)
        if "return" in block.statement:
            self.kept(node)
        others = [[self.node(value)] for value in usual] or [[]] * block.outputs
        return [Scalar(_1, self.made("output", (node, *other), k)) for k, other in enumerate(others)]

    def kept(self, node: Node) -> None:
        if node not in self.checks:
            self.checks.append(node)


def factors(product: Node) -> list[Node]:
    """The factors of a product, and those of its factors that are products, the outer ones first."""
    found = [product]
    for node in found:
        found.extend(node.operands if node.kind == "product" else ())
    return list(dict.fromkeys(found[1:]))


def reachable(roots: Iterable[Node]) -> list[Node]:
    """What the roots are computed from, and they themselves, in the order of making."""
    found: dict[int, Node] = {}
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if node.order not in found:
            found[node.order] = node
            waiting.extend(node.operands)
    return [found[order] for order in sorted(found)]


OPERATIONS: dict[str, int] = {"entry": 0, "number": 0, "output": 0, "check": 1, "reciprocal": 4, "product": 1, "call": 8}


def cost(nodes: Iterable[Node]) -> int:
    """How many operations straight-line code for these nodes has, about; a function counts as eight."""
    return sum(_operations(node) for node in nodes)


def _operations(node: Node) -> int:
    if node.kind == "sum":
        coefficients, constant = node.data
        return len(coefficients) - (not constant) + sum(abs(c) != 1 for c in coefficients)
    if node.kind == "block":
        return 8 + len(node.operands)
    return OPERATIONS[node.kind]
