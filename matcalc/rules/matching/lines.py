"""Rules that are lines of mathematics, such as ``X*inv(X) -> I``: read, found and applied.

A line is compiled when its functions are first met. Its right side is lowered with what its letters stand for, so that
it holds for entries, rows and whole families alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from itertools import accumulate

from matcalc.expr import Expr
from matcalc.functions import find
from matcalc.network import properties
from matcalc.network.build import scale
from matcalc.network.nodes import Factor, Indices, Node
from matcalc.network.rewriting import Rewritten, Rule, Triggered
from matcalc.network.views import View, atomic
from matcalc.notation.parse import parse
from matcalc.notation.syntax import Syntax, read
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.regex import regex
from matcalc.rules.formulas import lowered
from matcalc.rules.lines import LINES
from matcalc.rules.matching.pattern_search import Bound, Search, State, operands_match
from matcalc.rules.matching.patterns import ENTRIES, LETTERS, NAMES, NUMBERS, Applied, Multiplied, Pattern, pattern_of
from matcalc.shape import ONE, Dim

_1 = Fraction(1)
_CALLED = regex(r"(\w+)\(")
_NO_DIMS: Mapping[str, Dim] = {}

# Facts that lines may ask for: how they are found out, and the triggers of what may have them.
_FACTS: dict[str, tuple[Callable[[Node], bool], tuple[str, ...]]] = {
    "orthogonal": (properties.is_orthogonal, ("orthogonal", "eigvecs", "rodrigues")),
    "unitnorm": (properties.has_unit_norm, ("unitnorm", "leftsv", "rightsv")),
    "sumstoone": (properties.sums_to_one, ("sumstoone", "softmax")),
    "positive": (properties.is_positive, ()),
    "nonneg": (properties.is_nonnegative, ()),
    "symmetric": (properties.is_symmetric, ()),
    "invertible": (properties.is_invertible, ()),
    "posdef": (properties.is_definite, ()),
    "psd": (properties.is_semidefinite, ()),
    "fullcolrank": (properties.has_full_column_rank, ()),
    "fullrowrank": (properties.has_full_row_rank, ()),
    "idempotent": (properties.is_idempotent, ("idempotent",)),
    "stochastic": (properties.is_stochastic, ("stochastic", "rowsoftmax")),
    "permutation": (properties.is_permutation, ("permutation",)),
}


def _dims(written: Expr, node: Node) -> dict[str, Dim]:
    """What the dimensions of a formula are, that stands for a node."""
    sides = [side for side in written.shape if side is not ONE]
    return dict(zip(map(str, sides), node.dims, strict=False))


class Condition(NamedTuple):
    """That a fact is known of what a letter stands for."""

    fact: str
    letter: str


class Line:
    """left -> right [if fact(X), fact(Y)]; ``if whole``: where no factor keeps some of its exponent."""

    def __init__(self, text: str) -> None:
        self.text = text
        left, _, rest = text.partition("->")
        right, _, conditions = rest.partition(" if ")
        self.left, self.right = left.strip(), right.strip()
        self.is_whole = conditions.strip() == "whole"
        self.conditions = [Condition(*c.strip(" )").split("(")) for c in conditions.split(",") if "(" in c]

    @cached_property
    def syntax(self) -> Syntax:
        return read(self.left).body

    @cached_property
    def formula(self) -> Expr:
        return parse(self.left, NAMES)

    @cached_property
    def pattern(self) -> Pattern:
        return pattern_of(self.formula, lambda expr: lowered(expr).node)

    @cached_property
    def result(self) -> Expr:
        return parse(self.right, NAMES)

    @property
    def functions(self) -> set[str]:
        """The functions that stand in the left side."""
        return {str(part.value) for part in read(self.left).parts if part.kind == "call"}

    @property
    def outermost(self) -> str:
        """The first function of a left side without sums, which stands in no other one; nothing where there is none."""
        names = [] if "+" in self.left or "-" in self.left else _CALLED.findall(self.left)
        return next(filter(_has_trigger, names), "")

    @property
    def function(self) -> str:
        """The function that the left side is a call of; nothing where the line is about products."""
        name, bracket, rest = self.left.partition("(")
        depths = accumulate(((c == "(") - (c == ")") for c in rest), initial=1)
        return name if bracket and _has_trigger(name) and list(depths).index(0) == len(rest) else ""

    def triggers(self) -> tuple[frozenset[str], ...]:
        """The sets of triggers of which one must be among the factors of a product for the line to apply to it."""
        heads = frozenset(_heads(self.syntax))
        if heads:
            return (heads,)
        return tuple(frozenset({trigger}) for c in self.conditions for trigger in _FACTS[c.fact][1])

    def holds(self, letter: str, node: Node) -> bool:
        """Whether a letter may stand for a node."""
        return all(c.letter != letter or _FACTS[c.fact][0](node) for c in self.conditions)

    def made(self, bound: Bound, dims: Mapping[str, Dim] = _NO_DIMS) -> Node:
        """The right side, for what the letters stand for."""
        if self.right in bound:
            return bound[self.right]
        environment: dict[Expr, View] = {}
        dims = dict(dims)
        for name, node in bound.items():
            letter = LETTERS[name]
            environment[letter] = View(node, node.rank if name in ENTRIES else min(node.rank, 1))
            dims.update(_dims(letter, node))
        view = lowered(self.result, environment, dims)
        return view.node if ENTRIES & bound.keys() else atomic(view).node  # a Kronecker product has axes in groups

    # ---------------------------------------------------------------- products
    def rule(self) -> Rule:
        return self.in_product

    def in_product(self, factors: list[Factor], out: Indices) -> Rewritten | None:
        """What becomes of the factors of a product in which the left side stands."""
        pattern = self.pattern
        assert isinstance(pattern, Multiplied)
        start = State({}, {}, None, tuple(f.exponent for f in factors), _1)
        for state in Search(factors, self.holds, out, pattern.out).from_(pattern.parts, start):
            ends = tuple(state.names[i] for i in pattern.out)
            summed = [at for i, at in state.names.items() if i not in pattern.out]
            rest = [f._replace(exponent=e) for f, e in zip(factors, state.left, strict=True) if e]
            if len(set(summed)) < len(summed) or not {*ends, *out}.isdisjoint(summed):
                continue
            if self.is_whole and any(left not in (0, f.exponent) for left, f in zip(state.left, factors, strict=True)):
                continue
            if any(not set(summed).isdisjoint(f.indices) for f in rest):
                continue
            made = scale(state.number, self.made(state.bound))
            places = (ends if state.names else state.entries or ()) if made.rank else ()
            return Rewritten(rest, [Factor(made, places, _1)], gone=tuple(summed))
        return None

    # ---------------------------------------------------------------- functions
    def of(self, operands: tuple[Node, ...]) -> Node | None:
        """What a function of these operands is by the line; None where its left side is something else."""
        pattern = self.pattern
        assert isinstance(pattern, Applied)
        for bound in operands_match(pattern.operands, operands, {}, self.holds):
            return self.made(bound, self._dims_of(operands))
        return None

    def _dims_of(self, operands: tuple[Node, ...]) -> dict[str, Dim]:
        """What n and m stand for, by the operands of the left side, whose letters need not say it: eigvals(s*I)."""
        dims: dict[str, Dim] = {}
        for written, operand in zip(self.formula.operands, operands, strict=True):
            dims.update(_dims(written, operand))
        return dims


# ---------------------------------------------------------------- the index
def _has_trigger(name: str) -> bool:
    """Whether this is a function that stays one in the network."""
    record = find(name)
    return record is not None and not record.contracts and not record.definition


def _is_function(syntax: Syntax) -> bool:
    return syntax.kind == "call" and _has_trigger(str(syntax.value))


def _heads(syntax: Syntax) -> set[str]:
    """The triggers of the factors that a formula is made of."""
    if syntax.kind == "call" and _is_function(syntax):
        return {_trigger_of_call(syntax)}
    if syntax.kind in ("add", "sub"):
        return {"sum"}
    if syntax.kind in ("pow", "elpow") and syntax.operands[1].kind != "number":
        return {"power"}
    if syntax.kind in ("div", "eldiv"):
        above, below = syntax.operands
        return {
            "divisor",
            *_heads(above),
            *(_heads(below) if below.kind != "call" or _is_function(below) else {"contraction"}),
        }
    return set().union(*map(_heads, syntax.operands))


def _trigger_of_call(syntax: Syntax) -> str:
    """The trigger of a function; of a function of matrices that is of a function or of a sum, with that."""
    name, operand = str(syntax.value), syntax.operands[0]
    record = find(name)
    if record is None or record.elementwise:
        return name
    if operand.kind in ("add", "sub"):
        return f"{name}(sum"
    return f"{name}({operand.value}" if _is_function(operand) else name


def _head(operand: Syntax) -> str:
    """The trigger of an operand of a function: "number" for scalars alone, nothing for what may be anything."""
    if operand.kind == "name":
        return "number" if str(operand.value) in NUMBERS else ""
    if operand.kind in ("add", "sub"):
        return "sum"
    if operand.kind == "call" and operand.value == "kron":
        return "reshape"
    return str(operand.value) if _is_function(operand) else "contraction"


@lru_cache(1)
def product_lines() -> list[Triggered]:
    """The lines about products, with their triggers."""
    return [Triggered(line.outermost, line.triggers, line.rule) for line in _lines() if not line.function]


@lru_cache(1)
def _function_lines() -> dict[str, list[Line]]:
    """By the name of a function, the lines about it."""
    found: dict[str, list[Line]] = {}
    for line in _lines():
        if line.function:
            found.setdefault(line.function, []).append(line)
    return found


@lru_cache(4096)
def _lines_of(name: str, trigger: str, is_number: bool) -> tuple[Line, ...]:
    heads = ("", trigger, "number") if is_number else ("", trigger)
    return tuple(line for line in _function_lines().get(name, ()) if _head(line.syntax.operands[0]) in heads)


@lru_cache(1)
def _lines() -> list[Line]:
    return [Line(text) for text in LINES]


def of_function(name: str, operands: tuple[Node, ...]) -> Node | None:
    """What the first line that fits says a function of these operands is."""
    for line in _lines_of(name, operands[0].trigger, not operands[0].rank):
        found = line.of(operands)
        if found is not None:
            return found
    return None
