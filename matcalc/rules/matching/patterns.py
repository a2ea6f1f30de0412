"""Left sides of rules as patterns: what a line such as ``X*inv(X) -> eye(n)`` is looked for by.

A product is lowered with a plain variable in the place of each function and sum in it, so that no rule applies to it
and it is one contraction; its factors are then the patterns that the variables stand for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from matcalc.expr import Expr, eye, name_of, ones, size, variable
from matcalc.functions import POWER
from matcalc.network.nodes import Indices, Node
from matcalc.parts import replaced
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.shape import ONE, Dim

_1 = Fraction(1)

# What the letters of rules stand for.
LETTERS: dict[str, Expr] = {
    **{name: variable(name, 1, 1) for name in ("u", "v", "r", "s", "t")},
    **{name: variable(name, "n", 1) for name in ("x", "y")},
    "p": variable("p", "m", 1),
    **{name: variable(name, "m", "n") for name in ("A",)},
    **{name: variable(name, "n", "n") for name in ("X", "Y", "Q")},
    "M": variable("M", "m", "m"),
    "a": variable("a", 3, 1),
}
NAMES: dict[str, Expr] = {
    **LETTERS,
    "I": eye("n"),
    "one_m": ones("m"),
    "one_n": ones("n"),
    "m": size(Dim.of("m")),
    "n": size(Dim.of("n")),
}
ENTRIES = frozenset(("u", "v"))  # arrays of any dims, met entry by entry
NUMBERS = frozenset(("r", "s", "t"))  # scalars alone


class Named(NamedTuple):
    """A letter: any node of its rank; the same one wherever it stands."""

    name: str
    rank: int | None  # None: any


class Applied(NamedTuple):
    """A function of patterns."""

    name: str
    operands: tuple[Pattern, ...]


class Part(NamedTuple):
    """A factor of a product."""

    pattern: Pattern
    indices: Indices
    exponent: Fraction
    trigger: str = ""  # that of the nodes that it may be; nothing for a letter
    inner: str = ""  # and that of their first operand, for a function of a function


class Multiplied(NamedTuple):
    """A product, summed over the indices that are not in ``out``; what says most comes first."""

    coefficient: Fraction
    parts: tuple[Part, ...]
    out: Indices


class Summed(NamedTuple):
    """A sum; what says most comes first."""

    terms: tuple[tuple[Fraction, Pattern], ...]


Pattern: TypeAlias = "Named | Applied | Multiplied | Summed | Node"


def pattern_of(expr: Expr, lowered: Callable[[Expr], Node]) -> Pattern:
    """The pattern of a formula in the letters of rules."""
    if expr.kind == "variable":
        return _letter(expr)
    if _is_function(expr):
        name = POWER.name if expr.kind in ("pow", "elpow") else expr.data.name
        return Applied(name, tuple(pattern_of(operand, lowered) for operand in expr.operands))
    if expr.kind in ("add", "sub"):
        return _sum_of(expr, lowered)
    return _product_of(expr, lowered)


def _letter(expr: Expr) -> Named:
    name = name_of(expr)
    return Named(name, None if name in ENTRIES else sum(side is not ONE for side in expr.shape))


def _is_function(expr: Expr) -> bool:
    """Whether a formula is a function that has a node of its own, or a Kronecker product, which is found as such."""
    if expr.kind in ("pow", "elpow"):
        return any(part.kind == "variable" for part in expr.operands[1].parts)
    if expr.kind != "call":
        return False
    return expr.data.name == "kron" or not (expr.data.contracts or expr.data.definition)


def _sum_of(expr: Expr, lowered: Callable[[Expr], Node]) -> Summed:
    terms: list[tuple[Fraction, Pattern]] = []
    stack = [(_1, expr)]
    while stack:
        sign, term = stack.pop()
        if term.kind in ("add", "sub"):
            left, right = term.operands
            stack += [(sign if term.kind == "add" else -sign, right), (sign, left)]  # the left one is taken first
            continue
        made = pattern_of(term, lowered)
        if isinstance(made, Multiplied):
            sign, made = sign * made.coefficient, made._replace(coefficient=_1)
        terms.append((sign, _plain(made)))
    terms.sort(key=lambda term: (isinstance(term[1], Named), -depth(term[1])))  # a letter is all the rest
    return Summed(tuple(terms))


def _plain(pattern: Pattern) -> Pattern:
    """A product of one factor with nothing done to it is that factor."""
    if isinstance(pattern, Multiplied) and pattern.coefficient == 1 and len(pattern.parts) == 1:
        (part,) = pattern.parts
        if part.exponent == 1 and part.indices == pattern.out and len(set(part.indices)) == len(part.indices):
            return part.pattern
    return pattern


def _product_of(expr: Expr, lowered: Callable[[Expr], Node]) -> Pattern:
    atoms: dict[Expr, Expr] = {}
    skeleton = expr
    for k, part in enumerate(_outermost(expr)):
        atoms[atom := variable(f"_{k}", *part.shape)] = part
        skeleton = replaced(skeleton, part, atom)
    return _of_node(lowered(skeleton), {a: pattern_of(part, lowered) for a, part in atoms.items()})


def _of_node(node: Node, atoms: dict[Expr, Pattern]) -> Pattern:
    """A product of variables, which stand for patterns or for themselves."""
    if node.kind == "variable":
        return atoms[node.variable] if node.variable in atoms else _letter(node.variable)
    parts = []
    for part, indices, exponent in node.factors:
        pattern = _of_node(part, atoms)
        first = pattern.operands[0] if isinstance(pattern, Applied) and pattern.name != "exp" else None
        inner = _trigger(first) if isinstance(first, Applied | Summed) else ""
        parts.append(Part(pattern, indices, exponent, _trigger(pattern), inner))
    parts.sort(key=lambda part: -depth(part.pattern))
    return Multiplied(node.product.coefficient, tuple(parts), node.product.out)


def _trigger(pattern: Pattern) -> str:
    if isinstance(pattern, Applied):
        return pattern.name
    return "sum" if isinstance(pattern, Summed) else "contraction" if isinstance(pattern, Multiplied) else ""


def _outermost(expr: Expr) -> list[Expr]:
    """The functions and sums of which a product is made."""
    found: dict[Expr, None] = {}
    stack = [expr]
    while stack:
        part = stack.pop()
        if _is_function(part) or part.kind in ("add", "sub"):
            found[part] = None
        else:
            stack += part.operands
    return list(found)


def depth(pattern: Pattern) -> int:
    """How deep a pattern is: a deeper one says more, and is looked for first."""
    if isinstance(pattern, Applied):
        return 1 + max(map(depth, pattern.operands), default=0)
    if isinstance(pattern, Multiplied):
        return max((depth(part.pattern) for part in pattern.parts), default=0)
    if isinstance(pattern, Summed):
        return 1 + max(depth(term) for _, term in pattern.terms)
    return 0
