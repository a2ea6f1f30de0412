"""What names mean in a LaTeX formula: what is declared, defined beside it, a member of a family, or an index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matcalc.errors import ParseError
from matcalc.expr import Expr
from matcalc.families import family
from matcalc.function import Function
from matcalc.notation.conventions import Outline, in_latin
from matcalc.notation.parse import Declared
from matcalc.notation.syntax import Syntax
from matcalc.position import Index
from matcalc.readers.latex.macros import VARIANTS
from matcalc.readers.latex.tokens import ATOMS, tokenise
from matcalc.records import NamedTuple
from matcalc.shape import ONE, Dim


class Bound(NamedTuple):
    """An index that a sum binds, and its limits; ``high`` is None where nothing is said."""

    name: str
    at: Index
    low: int
    high: Dim | None


class Member(NamedTuple):
    """What a name with indices is: a row, a column, an entry or a member of what is declared."""

    of: str
    axis: str  # rows, columns, entries or stack
    rank: int  # how many indices it has


class Definition(NamedTuple):
    """What stands behind the formula: its tokens, what it has in brackets on its left, and as indices."""

    body: tuple[int, int]
    parameters: tuple[str, ...]
    indices: tuple[str, ...]


class Scope:
    def __init__(self, declared: Declared, families: Mapping[str, Mapping[str, Any]]) -> None:
        self.declared = dict(declared)
        self.tells = bool(declared)  # so that a name that is not declared is rather a slip
        self.functions = {name for name, f in declared.items() if isinstance(f, Function)}
        self.spelt: dict[str, str] = {}  # names as LaTeX says them, where they are declared otherwise
        self.members: dict[str, list[Member]] = {}
        for key, told in families.items():
            self.family(key, told)
        self.of_text: dict[str, Expr] = {}  # what the text itself declares
        self.definitions: dict[str, Definition] = {}
        self.aliases: dict[str, str] = {}  # of functions
        self.numbers: dict[str, Syntax] = {}
        self.parameters: dict[str, Syntax] = {}  # of the definitions that are being put in
        self.bound: list[Bound] = []
        self.indices: set[str] = set()  # all that are bound anywhere in the text
        self.unknown: dict[str, tuple[int, int]] = {}  # names that are nowhere declared, and their first places
        self.used: set[str] = set()  # names that are declared
        self.transposed: dict[str, tuple[int, int]] = {}  # the signs of a transpose, T or ', and their first places
        self.plain_e: set[Syntax] = set()  # the letter e where it may be the base of exp
        self.update()

    def update(self) -> None:
        """Takes in what the text declares."""
        self.declared |= self.of_text
        self.sizes = {s for v in self.declared.values() if isinstance(v, Expr) for d in v.shape for s in d.symbols}
        for name in self.declared:
            plain = in_latin(name)
            if plain != name:
                self.spelt.setdefault(plain, name)

    # ---------------------------------------------------------------- families
    def family(self, key: str, told: Mapping[str, Any]) -> None:
        """``x_i``, ``x^{(i)}``, ``y_{ik}``: what such a name is."""
        root, *indices = key.split("_") if key.isidentifier() else (t.text for t in tokenise(key) if t.kind in ATOMS)
        if not indices:
            raise ParseError(f"not a name with indices: {key}", hint='"x_i": {"of": "X", "axis": "rows"}')
        if "stack" in told:
            name = str(told["stack"])
            if name not in self.declared:
                self.declared[name] = family(name, told["count"], *told["shape"])
            member = Member(name, "stack", 1)
        else:
            axis = str(told.get("axis", ""))
            if axis not in ("rows", "columns", "entries") or "of" not in told:
                raise ParseError(f"not a family: {key}", hint='"x_i": {"of": "X", "axis": "rows"}')
            member = Member(str(told["of"]), axis, len("".join(indices)) if axis == "entries" else 1)
        self.members.setdefault(root, []).append(member)

    # ---------------------------------------------------------------- names
    def known(self, name: str) -> str | None:
        """The name as it is declared, defined or a size, or None."""
        for said in (name, VARIANTS.get(name, name)):
            said = self.spelt.get(said, said)
            if said in self.declared or said in self.sizes or said in self.definitions or said in self.numbers:
                return said
        return None

    def variable(self, name: str) -> Expr | None:
        found = self.declared.get(name)
        return found if isinstance(found, Expr) else None

    def is_array(self, name: str) -> bool | None:
        """Whether a name is a column, a row or a matrix; None where nothing is said of it."""
        found = self.declared.get(name)
        if isinstance(found, Expr):
            return not found.shape.is_scalar
        if isinstance(found, Outline) and found.kind:
            return found.kind != "scalar"
        return False if name in self.sizes or name in self.numbers else None

    def is_matrix(self, name: str) -> bool:
        found = self.declared.get(name)
        if isinstance(found, Outline):
            return found.kind in ("matrix", "square")
        return isinstance(found, Expr) and ONE not in found.shape

    def index(self, name: str) -> Bound | None:
        return next((bound for bound in reversed(self.bound) if bound.name == name), None)
