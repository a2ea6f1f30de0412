"""What stands below a name: indices of an array, or a part of the name; and which letters are indices."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from matcalc.errors import ParseError, ShapeError, Span
from matcalc.expr import Expr
from matcalc.families import family, members_of
from matcalc.function import Function
from matcalc.notation.conventions import Outline
from matcalc.position import Position
from matcalc.readers.index_notation.tokens import Token
from matcalc.records import NamedTuple
from matcalc.shape import ONE, Dim

Declared = Mapping[str, Any]
DELTAS = ("delta", "δ", "kronecker", "I")
EPSILONS = ("eps", "epsilon", "varepsilon", "ε", "ϵ")
USUAL = frozenset("ijklmnpqrstuvabcdμν")  # letters that are indices where use says so
_AXES = {"scalar": 0, "vector": 1, "row": 1, "matrix": 2, "square": 2}


class Letter(NamedTuple):
    """An index in a place, and what is added to it: of x_{i+1}."""

    name: str
    offset: int = 0


class Spot(NamedTuple):
    """A position in a place: one of them, some, or all."""

    at: Position


class Group(NamedTuple):
    """Several indices in one place, the first slow: of vec(A)[i*j]."""

    names: tuple[str, ...]


Place = Letter | Spot | Group


class Member(NamedTuple):
    """What a name with an index stands for by ``families``: a row or a column of an array, an entry, a member."""

    of: str
    axis: str  # rows, columns, entries or member


class Names:
    """The names of a formula: declared ones, families, and arrays that are known by their use alone."""

    def __init__(self, text: str, declared: Declared, families: Mapping[str, Mapping[str, Any]]) -> None:
        self.text = text
        self.declared = dict(declared)
        self.members: dict[str, Member] = {}
        for name, spec in families.items():
            self._enter(name, spec)
        self.symbols = {
            str(s) for v in self.declared.values() if isinstance(v, Expr) for dim in _dims(v) for s in dim.symbols
        }
        self.letters: set[str] = set()  # indices that signs, the left side, or the use of a letter show
        self.ends: set[str] = set()  # dimensions that limits of sums name
        self.used: dict[str, int] = {}  # arrays that are not declared, and how many indices they have

    def _enter(self, name: str, spec: Mapping[str, Any]) -> None:
        base = name.partition("_")[0]
        if not isinstance(spec, Mapping) or not base:
            raise ParseError(f"not a family: {name}", hint='families={"x_i": {"of": "X", "axis": "rows"}}')
        if "of" in spec:
            if spec.get("axis") not in ("rows", "columns", "entries"):
                raise ParseError(f"not a family: {name}", hint='its axis is "rows", "columns" or "entries"')
            if spec["of"] not in self.declared:
                raise ParseError(f"{spec['of']}, of which {name} is a part, is not declared")
            self.members[base] = Member(str(spec["of"]), str(spec["axis"]))
            return
        if not {"stack", "count", "shape"} <= set(spec):
            raise ParseError(f"not a family: {name}", hint='{"S_k": {"stack": "S", "count": "K", "shape": ["d", "d"]}}')
        whole = str(spec["stack"])
        if members_of(self.declared[whole]) is None if whole in self.declared else True:
            self.declared[whole] = family(whole, spec["count"], *spec["shape"])
        self.members[base] = Member(whole, "member")

    # ---------------------------------------------------------------- letters
    def learn(self, tokens: Sequence[Token], bound: set[str]) -> None:
        """Which letters are indices: those that are bound, and others that stand below several names."""
        self.letters |= bound
        limits = " ".join(token.text.partition("_")[2] for token in tokens if token.kind == "sign")
        self.ends = self.symbols & set(re.findall(r"[^\W\d_]\w*", limits)) - bound
        below: Counter[str] = Counter()
        for token, after in pairwise(tokens):
            if token.kind == "name" and not self._is_whole(token.text):
                base, sub = split(token.text, self)
                sub = after.text if after.kind == "sub" else sub
                letters = [letter for letter in sub if letter.isalpha()] if len(sub.strip("_{}")) <= 3 else []
                letters = [letter for letter in letters if letter not in self.symbols]  # those are told by what binds
                if self.axes(base) or base in self.members or self._is_symbol(base, sub):
                    self.letters.update(letters)
                below.update(set(letters) & USUAL)
                if any(count > 1 for count in Counter(letters).values()):
                    below.update(set(letters) & USUAL)
        self.letters |= {letter for letter, count in below.items() if count > 1}

    def _is_whole(self, name: str) -> bool:
        return name in self.declared

    def _is_symbol(self, base: str, sub: str) -> bool:
        return (
            base not in self.declared
            and len(sub.strip("_{}").replace(",", "")) in (2, 3)
            and base in (*DELTAS, *EPSILONS)
        )

    def axes(self, name: str) -> int | None:
        """How many indices a name takes by its declaration; None where it is not declared."""
        value = self.declared.get(name)
        if isinstance(value, Expr):
            return sum(dim is not ONE for dim in value.shape)
        return _AXES.get(value.kind) if isinstance(value, Outline) else None

    def is_index(self, name: str) -> bool:
        return name in self.letters

    def with_subscript(self, token: Token) -> tuple[str, str]:
        """The name of a token, and what stands below it as indices; nothing, where it is a part of the name."""
        name = token.text
        if self._is_whole(name) or "_" not in name:
            return name, ""
        base, sub = split(name, self)
        if base in self.members or self.axes(base) or isinstance(self.declared.get(base), Function):
            return base, sub
        if self.axes(base) == 0:
            error = ShapeError(f"{base} is a scalar, and has no entries", hint=f"declare it: {base}: n")
            raise error.at(self.text, (token.start, token.stop))
        if self._is_symbol(base, sub):
            return base, sub
        if base not in self.declared and sub.isalpha() and len(sub) <= 2 and any(map(self.is_index, sub)):
            return base, sub
        return name, ""

    def enter_use(self, name: str, count: int, span: Span) -> None:
        """That a name which is not declared has so many indices."""
        known = self.used.setdefault(name, count)
        if known != count:
            error = ShapeError(
                f"{name} has {count} indices here and {known} elsewhere", hint=f"declare it: {name}: m×n"
            )
            raise error.at(self.text, span)
        if count not in (1, 2):
            raise ShapeError(f"{name} has {count} indices", "an array has one or two").at(self.text, span)


def _dims(variable: Expr) -> tuple[Dim, ...]:
    members = members_of(variable)
    return tuple(variable.shape) if members is None else (members.length, *members.shape)


def split(name: str, names: Names) -> tuple[str, str]:
    """The longest declared beginning of a name, and the rest; else what is before the last underscore."""
    cuts = [match.start() for match in re.finditer("_", name)]
    for cut in reversed(cuts):
        if name[:cut] in names.declared or name[:cut] in names.members:
            return name[:cut], name[cut + 1 :]
    return (name[: cuts[-1]], name[cuts[-1] + 1 :]) if cuts else (name, "")
