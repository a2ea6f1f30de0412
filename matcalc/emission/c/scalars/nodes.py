"""The nodes of a graph of numbers, and what is seen of them: factors, signs, costs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Literal, TypeAlias

from matcalc.rational import Fraction
from matcalc.records import NamedTuple

Kind: TypeAlias = Literal["entry", "number", "sum", "product", "reciprocal", "call", "block", "output", "check"]


# Cycles after which a value is there: few are enough for what is decided by them.
LATENCIES: dict[str, int] = {"sum": 8, "product": 4, "reciprocal": 14, "call": 40, "block": 40}


class Node:
    """A value that is computed, or read; a block has several, its outputs, and a check has none."""

    __slots__ = ("data", "kind", "latency", "operands", "order")

    def __init__(self, kind: Kind, operands: tuple[Node, ...], data: Any, order: int) -> None:
        self.kind = kind
        self.operands = operands
        self.data = data
        self.latency: int = max((node.latency for node in operands), default=0) + LATENCIES.get(kind, 0)
        self.order = order  # of making: operands come before what is made of them

    def __repr__(self) -> str:
        return f"<{self.kind} {self.order}>"


DEEPEST = 6  # operands of operands that are looked at


def factors(product: Node) -> list[Node]:
    """The factors of a product, and those of its factors that are products, the outer ones first."""
    found = layer = list(product.operands)
    for _ in range(DEEPEST):
        layer = list(dict.fromkeys(operand for node in layer if node.kind == "product" for operand in node.operands))
        found = found + layer
    return list(dict.fromkeys(found))


# ---------------------------------------------------------------- what waits
class Late(NamedTuple):
    """A product r*(a*k + b*u*m) of what is there early and a late u."""

    r: Node
    a: Fraction
    k: Node
    b: Fraction
    m: Node


def late_factor(products: Sequence[Node]) -> tuple[Node, list[Late]] | None:
    """A value that all of these wait for, long after their other factors are there, and these."""
    if len(products) < 2:
        return None
    found: tuple[Node, list[Late]] | None = None
    for node in products:
        late = _late(node)
        if late is None or (found is not None and found[0] is not late[0]):
            return None
        found = late[0], [*(found[1] if found is not None else ()), late[1]]
    return found


def _late(node: Node) -> tuple[Node, Late] | None:
    if node.kind != "product":
        return None
    for r, total in (node.operands, node.operands[::-1]):
        if total.kind != "sum" or len(total.operands) != 2 or total.data[1]:
            continue
        (a, b), _ = total.data
        k, product = total.operands
        if product.kind != "product":
            (a, b), (k, product) = (b, a), (product, k)
        if product.kind != "product":
            continue
        m, u = sorted(product.operands, key=lambda operand: operand.latency)
        if u.latency > max(r.latency, k.latency, m.latency) + 20:
            return u, Late(r, a, k, b, m)
    return None


# ---------------------------------------------------------------- signs
_NONNEGATIVE = ("sqrt({0})", "exp({0})", "fabs({0})")
_KEEP_SIGN = ("({0} == 0 ? 1.0 / 0.0 : {0})",)  # as functions that programs divide by


def is_nonnegative(node: Node, positive: Collection[Node], depth: int = DEEPEST) -> bool:
    """Whether a value is seen to be no negative number."""
    if node in positive or (node.kind == "call" and node.data in _NONNEGATIVE):
        return True
    if node.kind == "product" and node.operands[0] is node.operands[1]:
        return True
    if node.kind == "number":
        return bool(node.data >= 0)
    if node.kind == "output":
        parts: tuple[Node, ...] = node.operands[1:]  # the usual value has the sign of the other one
    elif node.kind == "sum":
        coefficients, constant = node.data
        parts = node.operands if min(*coefficients, constant) >= 0 else ()
    else:
        keeps = node.kind in ("product", "reciprocal") or (node.kind == "call" and node.data in _KEEP_SIGN)
        parts = node.operands if keeps else ()
    return bool(depth and parts) and all(is_nonnegative(part, positive, depth - 1) for part in parts)


def square_of_roots(a: Node, b: Node, positive: Collection[Node]) -> tuple[Node | None, Node, bool, Node | None] | None:
    """A product of two multiples of one root: the factors beside it, what is under it, and whether it divides."""
    for first, root in _rooted(a):
        for last, other in _rooted(b):
            if root is other:
                is_divided = root.kind == "reciprocal"
                (under,) = root.operands[0].operands if is_divided else root.operands
                return (first, under, is_divided, last) if is_nonnegative(under, positive) else None
    return None


def _rooted(node: Node) -> list[tuple[Node | None, Node]]:
    """The roots, and reciprocals of them, that a node is or has as a factor, and what else it has."""
    if _is_root(node):
        return [(None, node)]
    if node.kind != "product":
        return []
    a, b = node.operands
    return [(rest, root) for rest, root in ((a, b), (b, a)) if _is_root(root)]


def _is_root(node: Node) -> bool:
    node = node.operands[0] if node.kind == "reciprocal" else node
    return node.kind == "call" and node.data == "sqrt({0})"


# ---------------------------------------------------------------- all nodes
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


CALL = 8  # operations that a function takes as long as
OPERATIONS = {"entry": 0, "number": 0, "output": 0, "check": 1, "reciprocal": 4, "product": 1, "call": CALL}


def cost(nodes: Iterable[Node]) -> int:
    """How many operations straight-line code for these nodes has, about; functions count as several."""
    return sum(_operations(node) for node in nodes)


def _operations(node: Node) -> int:
    if node.kind == "sum":
        coefficients, constant = node.data
        scaled = [c for c in coefficients if abs(c) != 1]
        return len(coefficients) + len(scaled) - (not constant)
    if node.kind == "block":
        return CALL + len(node.operands)
    return OPERATIONS[node.kind]
