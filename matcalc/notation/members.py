"""Names with a subscript: entries of columns and matrices, and the rows or columns of a matrix as columns."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.errors import RowOrColumn
from matcalc.expr import Expr
from matcalc.families import axis_of, members_of
from matcalc.notation.customary import listed_subscript
from matcalc.notation.raised import Raised
from matcalc.notation.tokens import Token
from matcalc.position import Index
from matcalc.regex import regex
from matcalc.shape import ONE, Dim

_SUBSCRIPTED = regex(r"([^\W_]+)_?([^\W_]+|[ᵢⱼₖₗₘₙ₀-₉]+)")
_BINDERS = ("sum", "prod", "stack", "Σ", "Π")
_BOUND = regex(r"[^\W\d_]\w*")


class Membered(Raised):
    """The part of the reader that knows subscripts."""

    def subscripted(self, token: Token) -> bool:
        """x_i under a sum over i, x_1 of a declared vector: entries; A_ii of a declared A is asked about."""
        root, places = _parts(token.text)
        if not places or (root not in self.declared and not self.totals):
            return False
        span = (token.start, token.stop)
        bound = [self.index(name) for name in places] if places.isalpha() else []
        variable = self.declared.get(root)
        if bound and None not in bound:
            if root not in self.declared and self.of_capital(token, root, [at for at in bound if at is not None]):
                return True
            self.check_entry(token, root, variable, len(bound))
            self.push("name", root, (), span)
            self.push("selected", tuple(index for index in bound if isinstance(index, Index)), self.popped(), span)
            self.note(token.text, f"{root}[{','.join(places)}]")
            return True
        if not isinstance(variable, Expr) or variable.shape.is_scalar:
            return False
        is_column = str(variable.shape.cols) == "1" or str(variable.shape.rows) == "1"
        if places.isdecimal() and is_column and int(places) > 0:
            self.push("name", root, (), span)
            self.push("entry", (int(places) - 1,), self.popped(), span)
            self.note(token.text, f"{root}[{places}]")
            return True
        if places.isdecimal() or all(c in "ijklmn" for c in places):
            raise self.fail(
                f"{token.text} is not declared, and {root} is",
                token,
                f"it could be an entry of {root}, or another name",
                hint=f"an entry is {root}[{','.join(places)}]; another name is declared: {token.text}: scalar",
            )
        return False

    def check_not_one_member(self, token: Token) -> None:
        """Refuses x_i that is declared as one array, where a sum binds i: x_i is one of many."""
        root, places = _parts(token.text) if self.totals and token.text in self.declared else ("", "")
        variable = self.declared.get(token.text)
        if places.isalpha() and any(self.index(name) for name in places) and isinstance(variable, Expr):
            told = f"{token.text} is declared as one {variable.shape}"
            name = next(name for name in places if self.index(name))
            hint = f"declare the members of a family: {root}: n of …, of a matrix: {root.capitalize()}: m×n"
            raise self.fail(told, token, f"the index {name} of a sum would not stand on it", hint=hint)

    def check_entry(self, token: Token, root: str, variable: object, count: int) -> None:
        """Refuses one index on a matrix, two on a column."""
        if isinstance(variable, Expr):
            wanted = 1 if members_of(variable) is not None else sum(str(side) != "1" for side in variable.shape)
            if wanted != count:
                hint = f"row i of a matrix as a column is {root}[i,:]'" if wanted == 2 else ""
                raise self.fail(f"{root} is {variable.shape}, and {token.text} has {count} indices", token, hint=hint)

    def of_capital(self, token: Token, root: str, bound: Sequence[Index]) -> bool:
        """Reads x_i as a row or a column of X, as a column, and x_ij as an entry, where X is declared and x is not."""
        name = root.capitalize()
        axis = axis_of(self.declared.get(name), self.lengths(bound[0])) if name != root else None
        if axis is None or len(bound) > 2:
            return False
        if not axis and len(bound) == 1:
            hint = f"write {name}[{bound[0].name},:]' for a row, {name}[:,{bound[0].name}] for a column"
            error = RowOrColumn(f"is {token.text} a row or a column of {name}?", hint=hint)
            error.name, error.of, error.index = token.text, name, bound[0].name
            raise error.at(self.text, (token.start, token.stop))
        is_row = len(bound) == 1 and axis == "rows"
        places = tuple(bound) if len(bound) == 2 else (bound[0], None) if is_row else (None, bound[0])
        span = (token.start, token.stop)
        self.push("name", name, (), span)
        self.push("selected", places, self.popped(), span)
        if is_row:
            self.push("transpose", None, self.popped(), span)
        shown = ",".join(":" if at is None else at.name for at in places)
        self.note(token.text, f"{name}[{shown}]" + ("'" if is_row else ""))
        return True

    def lengths(self, index: Index) -> set[Dim]:
        """What an index runs over: what its sum says, or declared columns with it, where no other sum has the name."""
        for what in self.totals.values():
            for at, said in zip(what.indices, what.ranges, strict=False):
                if at is index and said is not None:
                    return {said}
        if index.name not in self.ranges:
            self.ranges[index.name] = self.lengths_of_columns(index.name)
        return self.ranges[index.name]

    def lengths_of_columns(self, index: str) -> set[Dim]:
        found: set[Dim] = set()
        binders = 0
        for token in self.tokens:
            root, places = _parts(token.text) if token.kind == "name" else ("", "")
            variable = self.declared.get(root)
            if token.kind == "total":
                binders += index in _BOUND.findall(listed_subscript(token.text).lstrip("sumprodtack∑∏ΣΠ"))
            elif places == index and root in _BINDERS:
                binders += 1
            elif places == index and isinstance(variable, Expr) and variable.shape.cols is ONE:
                found.add(variable.shape.rows)
        return found if binders == 1 else set()


def _parts(text: str) -> tuple[str, str]:
    """A name and its subscript; the latter is empty where it has none that is marked as one."""
    found = _SUBSCRIPTED.fullmatch(text) if "_" in text or not text.isascii() else None
    if found is None or ("_" not in text and not any(c in "ᵢⱼₖₗₘₙ₀₁₂₃₄₅₆₇₈₉" for c in found[2])):
        return text, ""
    return found[1], listed_subscript(found[2])
