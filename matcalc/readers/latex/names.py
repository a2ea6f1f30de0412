"""Names with what stands above and below them: variables, entries, members of families, and definitions put in."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from matcalc.errors import RowOrColumn
from matcalc.expr import Expr
from matcalc.families import axis_of, members_of
from matcalc.notation.syntax import Syntax
from matcalc.position import Index, Place, positions
from matcalc.readers.latex.macros import ACCENTS
from matcalc.readers.latex.scope import Bound, Definition, Member
from matcalc.readers.latex.scripts import Item, Script, Scripts
from matcalc.readers.latex.tokens import ATOMS, Token
from matcalc.readers.lines import INDEX_LETTERS
from matcalc.shape import ONE, Dim, whole_number
from matcalc.walk import postorder

At = tuple[Place, Place | None]  # an index or a position, and a range that is taken before, if any


class Names(Scripts):
    def accented(self, token: Token) -> str:
        r"""The name under an accent, \hat{y} or \tilde{\mathbf X}: the token behind it, or the group, is one letter."""
        accent = ACCENTS[token.text]
        first, last = self.argument()
        inner = self.tokens[first]
        if inner.kind == "macro" and inner.text in ACCENTS:
            kept = self.at
            self.at = first + 1
            self.deeper(inner)
            root = self.accented(inner)
            self.depth -= 1
            self.at = max(kept, self.at)
        elif inner.kind in ATOMS and last - first == 1:
            root = inner.text
        elif inner.kind in ATOMS and self.tokens[first + 1].text == "_":
            label = self.label(self.tokens[first + 2 : last])
            root = f"{inner.text}_{label}" if label else inner.text
        else:
            raise self.fail(f"\\{token.text} stands on a name", token, hint=f"\\{token.text}{{x}}")
        return f"{root}_{accent}" if accent else root

    def name(self, root: str, start: Token, *, alone: bool = False) -> Syntax:
        """A name, with what stands above and below it; ``alone`` takes nothing of that."""
        scripts = [] if alone else self.scripts()
        below = [script for script in scripts if script.mark == "_"]
        above = [script for script in scripts if script.mark != "_"]
        squared = self.squared(root, scripts)
        if squared is not None:
            return squared
        counted = next((script for script in above if self.is_counter(script)), None)
        if counted is not None:
            above.remove(counted)
        if not below and counted is None:
            found = self.bare(root, start)
            if found in self.scope.plain_e and (not above or self.meaning(above[0]) != "power"):
                self.check_exponent(above)
                self.scope.unknown.setdefault("e", found.span)
        elif (constant := self.constant(root, start, below)) is not None:
            found = constant
        else:
            tokens = [*(self.inside(counted)[1:-1] if counted else ()), *(self.inside(below[0]) if below else ())]
            end = max(script.range[1] for script in (*below, *([counted] if counted else [])))
            span = (
                start.start,
                self.tokens[end - 1].stop + (self.tokens[end].kind == "}" if end < len(self.tokens) else 0),
            )
            found = self.with_indices(root, tokens, span)
            above = self.of_entry(found, scripts, above)
        return self.raised(found, above)

    def check_exponent(self, above: Sequence[Script]) -> None:
        """e^t is rather the exponential function of t than e transposed."""
        if above and [token.text for token in self.inside(above[0])] == ["t"]:
            hint = r"declare t, or write e^\top"
            raise self.fail("is this the exponential function of t, or e transposed?", above[0].place, hint=hint)

    def constant(self, root: str, start: Token, below: Sequence[Script]) -> Syntax | None:
        """I_n and the commutation matrix K_{m,n}, where these letters are not declared."""
        if root not in ("I", "K") or not below or self.scope.known(root) is not None or root in self.scope.members:
            return None
        label = self.label(self.inside(below[0]))
        if label and any(self.scope.known(name) for name in self.spellings(root, label)):
            return None
        if root == "K" and [t.text for t in self.inside(below[0])].count(",") != 1:
            return None
        if any(self.scope.index(t.text) is not None for t in self.inside(below[0])):
            return None
        sizes = self.sizes(below[0])
        if root == "I" and len(sizes) == 2 and self.text[slice(*sizes[0].span)] == self.text[slice(*sizes[1].span)]:
            del sizes[1]
        if len(sizes) != (1 if root == "I" else 2):
            raise self.fail("what stands below this is its size", below[0].place, hint="I_n, I_{m n}, K_{m,n}")
        return self.node("call", "eye" if root == "I" else "K", tuple(sizes), self.span_to(start.start))

    def squared(self, root: str, scripts: Sequence[Script]) -> Syntax | None:
        r"""\sigma^2 where that is defined as a whole."""
        definition = self.scope.definitions.get(f"{root}^2")
        if definition is None or not scripts:
            return None
        if len(scripts) != 1 or [token.text for token in self.inside(scripts[0])] != ["2"]:
            raise self.fail(f"{root}^2 is defined, and {root} is not", scripts[0].place)
        return self.put_in(f"{root}^2", definition, {}, (), self.span_to(self.tokens[scripts[0].range[0]].start))

    def is_counter(self, script: Script) -> bool:
        """Whether an index or a number stands above in brackets, as in x^{(i)}."""
        tokens = self.inside(script)
        return len(tokens) == 3 and tokens[0].text in "([" and tokens[2].text in ")]" and tokens[1].kind in ATOMS

    def of_entry(self, found: Syntax, scripts: Sequence[Script], above: list[Script]) -> list[Script]:
        """What stands above an entry of a matrix, which is asked for where it may be the matrix that has it.

        Of A^T_{ij} nothing is left: it is A_{ji}.
        """
        places = found.value
        if found.kind not in ("entry", "selected") or not above or found.operands[0].kind != "name":
            return above
        name = str(found.operands[0].value)
        assert isinstance(places, tuple)
        if len(places) < 2 or None in places or not self.scope.is_matrix(name):
            return above
        meaning = self.meaning(above[0])
        first_above = scripts[0].mark != "_"
        if meaning == "transpose" and first_above:
            found.value = places[::-1]
            return above[1:]
        if meaning != "power" or first_above:
            hint = f"write ({name}^{{…}})_{{ij}}, or ({name}_{{ij}})^{{…}}"
            raise self.fail("is the matrix meant, or its entry?", found.span, hint=hint)
        return above

    # ---------------------------------------------------------------- names alone
    def bare(self, root: str, token: Token) -> Syntax:
        span = (token.start, self.tokens[self.at - 1].stop)
        scope = self.scope
        if root in scope.parameters:
            return self.copy(scope.parameters[root])
        if scope.index(root) is not None:
            raise self.fail(f"index {root} is no number", token, hint="an index stands below a name: x_i")
        known = scope.known(root)
        if known is None and root in ("I", "pi"):
            return self.node("name", "eye" if root == "I" else "pi", (), span)
        if known is None and root == "ell":
            root = "l"
            known = scope.known(root)
        if known is None and token.kind in ("letter", "word") and root == "e":
            found = self.node("name", "e", (), span)
            scope.plain_e.add(found)
            return found
        if known is None:
            self.check_marks(root, span)
        return self.defined(known or root, (), span) if known else self.unknown(root, span)

    def check_marks(self, root: str, span: tuple[int, int]) -> None:
        """A hat on a name that is declared without it is a slip, or another name."""
        stem = root.split("_")[0]
        if stem != root and self.scope.variable(stem) is not None:
            raise self.fail(
                f"{root} is not declared, and {stem} is", span, hint=f"declare {root}, or leave out its mark"
            )

    def unknown(self, name: str, span: tuple[int, int]) -> Syntax:
        self.scope.unknown.setdefault(name, span)
        return self.node("name", name, (), span)

    def defined(self, name: str, items: Sequence[Item], span: tuple[int, int]) -> Syntax:
        """A name that is declared, or defined in the text."""
        if name in self.scope.numbers:
            return self.copy(self.scope.numbers[name], span)
        definition = self.scope.definitions.get(name)
        if definition is not None and definition.indices:
            if len(items) != len(definition.indices):
                raise self.fail(f"{name} is defined with an index", span, hint=f"{name}_{{{definition.indices[0]}}}")
            return self.put_in(name, definition, {}, items, span)
        if definition is not None and definition.parameters:
            raise self.fail(f"{name} is a function", span, hint=f"{name}({', '.join(definition.parameters)})")
        if definition is not None:
            return self.put_in(name, definition, {}, (), span)
        self.scope.used.add(name)
        return self.node("name", name, (), span)

    def put_in(
        self, name: str, definition: Definition, given: dict[str, Syntax], items: Sequence[Item], span: tuple[int, int]
    ) -> Syntax:
        """What is defined, with these for its parameters and its indices."""
        scope = self.scope
        kept = scope.parameters, scope.bound, self.bars
        scope.parameters, scope.bound = given, []  # what is bound around a name is unknown to its definition
        for index, item in zip(definition.indices, items, strict=True):
            if item.bound is None or item.number:
                raise self.fail(f"{name} is defined for an index that a sum binds", span)
            scope.bound.append(item.bound._replace(name=index))
        found = self.within(definition.body, self.formula)
        scope.parameters, scope.bound, self.bars = kept
        found.span = span
        return found

    # ---------------------------------------------------------------- names with indices
    def with_indices(self, root: str, tokens: Sequence[Token], span: tuple[int, int]) -> Syntax:
        scope = self.scope
        label = self.label(tokens)
        if label:
            for name in self.spellings(root, label):
                known = scope.known(name)
                if known is not None:
                    return self.defined(known, (), span)
        items = self.items(tokens)
        if root in scope.parameters:
            return self.taken(self.copy(scope.parameters[root]), items, span)
        for member in scope.members.get(root, ()):
            found = self.member(member, items, span)
            if found is not None:
                return found
        known = scope.known(root)
        definition = scope.definitions.get(known or "")
        if definition is not None and definition.indices and known:
            return self.defined(known, items, span)
        if known is not None and known not in scope.sizes:
            return self.taken(self.defined(known, (), span), items, span)
        self.check_marks(root, span)
        capital = scope.known(root.capitalize()) if known is None and len(root.split("_")[0]) == 1 else None
        of_matrix = capital is not None and scope.is_matrix(capital)
        if capital is not None and of_matrix and (found := self.of_capital(capital, items, span)):
            return found
        if (
            known is None
            and root == "delta"
            and len(items) == 2
            and {item.kind for item in items} <= {"index", "number"}
        ):
            return self.taken(self.node("name", "eye", (), span), items, span)
        if any(item.kind == "index" for item in items):
            return self.taken(self.unknown(root, (span[0], span[0] + 1)), items, span)
        if stranger := next((item for item in items if item.text in scope.indices), None):
            raise self.free(stranger.text, span)
        free = next((item for item in items if item.kind == "other" and item.text in INDEX_LETTERS), None)
        if free is not None and (root in scope.members or of_matrix or scope.tells):
            hint = f"bind {free.text} by a sum, or declare {self.text[slice(*span)]}"
            raise self.fail(f"index {free.text} is not bound", span, hint=hint)
        if label is None:
            raise self.fail("what stands below this name is no index and no label", span, hint="x_i, x_{0}, A_{ij}")
        return self.unknown(f"{root}_{label}", span)

    def free(self, index: str, span: tuple[int, int]) -> Exception:
        hint = "a sum reaches to the next + or -; write brackets around what is summed"
        return self.fail(f"index {index} stands outside the sum over {index}", span, hint=hint)

    def spellings(self, root: str, label: str) -> list[str]:
        """How a name with a label may be declared: x_0, x0; mu_x_hat, mu_hat_x."""
        stem, *accents = root.split("_")
        found = [f"{root}_{label}", f"{root}{label}"]
        if accents:
            found.append("_".join([stem, label, *accents]))
        return found

    def sizes(self, script: Script) -> list[Syntax]:
        """The sizes below I or a bold 1: n, m \\times n, mn, n^2."""
        scope = self.scope
        unknown, scope.unknown = scope.unknown, {}
        first, last = script.range
        found = []
        for at in range(first, last + 1):
            if at == last or self.tokens[at].text in ("times", "×", ","):
                found.append(self.within((first, at), self.formula))
                first = at + 1
        scope.unknown = unknown
        for part in (part for size in found for part in postorder(size)):
            part.kind = "pow" if part.kind == "power" else part.kind
        return found

    def of_capital(self, name: str, items: Sequence[Item], span: tuple[int, int]) -> Syntax | None:
        """a_{ij} is an entry of A; x_i is a row of X or a column, where the limit of the sum says which."""
        kinds = {item.kind for item in items}
        variable = self.scope.variable(name)
        if len(items) == 2 and kinds <= {"index", "number"}:
            return self.taken(self.defined(name, (), span), items, span)
        bound = items[0].bound if len(items) == 1 else None
        if bound is None or variable is None or members_of(variable) is not None:
            return None
        axis = axis_of(variable, [bound.high] if bound.high is not None else self.lengths(bound.name))
        if not axis:
            hint = f'say which: families={{"{self.text[slice(*span)]}": {{"of": "{name}", "axis": "rows"}}}}'
            error = RowOrColumn(f"is this a row or a column of {name}?", hint=hint)
            error.name, error.of = self.text[slice(*span)], name
            raise error.at(self.text, span)
        return self.member(Member(name, axis, 1), items, span)

    def lengths(self, index: str) -> set[Dim]:
        """The lengths of the declared columns that have an index, where one sum alone binds it."""
        texts = [token.text for token in self.tokens if token.text not in ("{", "}")]
        places = [k for k, (sign, name) in enumerate(pairwise(texts)) if (sign, name) == ("_", index)]
        roots = [texts[k - 1] for k in places if k]
        if sum(root in ("sum", "prod") for root in roots) != 1:
            return set()
        found = (self.scope.variable(self.scope.known(root) or "") for root in roots)
        return {v.shape.rows for v in found if v is not None and v.shape.cols is ONE and members_of(v) is None}

    def member(self, member: Member, items: Sequence[Item], span: tuple[int, int]) -> Syntax | None:
        """A row or a column as a column, an entry, or a member of a family; None where the indices are others."""
        if any(item.kind not in ("index", "number") for item in items):
            return None
        items = self.digits(items, member.rank)
        known = self.scope.known(member.of)
        place = (span[0], span[0] + 1)
        of = self.defined(known, (), place) if known else self.unknown(member.of, place)
        if member.axis == "entries" and len(items) == member.rank:
            return self.taken(of, items, span)
        if member.axis == "stack" and len(items) == 1:
            return self.taken(of, items, span)
        if member.axis in ("rows", "columns") and len(items) == 2:
            return self.taken(of, items if member.axis == "rows" else items[::-1], span)
        if member.axis in ("rows", "columns") and len(items) == 1:
            all_of_it = Item("all", None, 0, ":")
            pair = (items[0], all_of_it) if member.axis == "rows" else (all_of_it, items[0])
            found = self.taken(of, pair, span)
            return self.node("transpose", None, (found,), span) if member.axis == "rows" else found
        return None

    # ---------------------------------------------------------------- entries
    def digits(self, items: Sequence[Item], count: int) -> Sequence[Item]:
        """A_{12} is at row 1 and column 2."""
        if count == 2 and len(items) == 1 and items[0].kind == "number" and len(items[0].text) == 2:
            return [Item("number", None, int(digit), digit) for digit in items[0].text]
        return items

    def taken(self, of: Syntax, items: Sequence[Item], span: tuple[int, int]) -> Syntax:
        """What stands at these indices and numbers."""
        name = str(of.value) if of.kind == "name" else ""
        variable = self.scope.variable(name)
        if self.scope.is_matrix(name):
            items = self.digits(items, 2)
        for item in items:
            if item.kind == "other":
                if item.text in self.scope.indices:
                    raise self.free(item.text, span)
                if of.kind != "name":
                    hint = "put in the value at which the formula is taken"
                    raise self.fail("what stands below these brackets is no index", span, hint=hint)
                hint = f"declare {self.text[slice(*span)]}, or bind {item.text} by a sum"
                raise self.fail(
                    f"{item.text} is no index that a sum binds, and this name is not declared", span, hint=hint
                )
        if not items or len(items) > 2:
            raise self.fail("an entry has one index or two", span, hint="x_i, A_{ij}")
        if variable is not None and len(items) == 2 and ONE in variable.shape:
            raise self.fail(f"{name} is {variable.shape}, and has one index", span, hint=f"{name}_i")
        sides = self.sides(variable, len(items))
        places: list[Place] = []
        ranges: list[Place] = []
        for item, side in zip(items, sides, strict=True):
            at, of_range = self.place(item, side, span)
            places.append(at)
            ranges.append(of_range)
        if any(at is not None for at in ranges):
            of = self.node("entry", tuple(ranges), (of,), span)
        kind = "selected" if any(isinstance(at, Index) for at in places) else "entry"
        return self.node(kind, tuple(places), (of,), span)

    def sides(self, variable: Expr | None, count: int) -> Sequence[Dim | None]:
        """The lengths of the axes that so many indices stand at."""
        if variable is None:
            return [None] * count
        members = members_of(variable)
        if members is not None and count == 1:
            return [members.length]
        rows, cols = variable.shape
        return [rows, cols] if count == 2 else [rows if cols is ONE else cols]

    def place(self, item: Item, side: Dim | None, span: tuple[int, int]) -> tuple[Place, Place]:
        """The index or position, and the range that it is taken from where the limits are not those of the axis."""
        if item.kind == "all":
            return None, None
        if item.kind == "number":
            if item.number < 1:
                raise self.fail("entries are counted from 1", span, hint="x_1 is the first")
            return item.number - 1, None
        bound = item.bound
        assert bound is not None
        if self.is_plain(bound, side) and not item.number:
            return bound.at, None
        if bound.high is None or side is None:
            raise self.fail(
                f"what {item.text} runs over is not known", span, hint=r"write its limits: \sum_{i=1}^{n-1}"
            )
        first = whole_number(bound.low - 1 + item.number) if bound.low - 1 + item.number >= 0 else None
        if first is None:
            raise self.fail("entries are counted from 1", span, hint="x_1 is the first")
        length = self.length(bound)
        if not length.symbols <= side.symbols:
            raise self.fail(
                f"{item.text} runs to {bound.high}, and here are {side}", span, hint="declare one size for both"
            )
        return bound.at, positions(first, length)

    def is_plain(self, bound: Bound, side: Dim | None) -> bool:
        """Whether an index runs over all of an axis."""
        return bound.low == 1 and (bound.high is None or side is None or bound.high is side)

    def length(self, bound: Bound) -> Dim:
        assert bound.high is not None
        return bound.high.plus(whole_number(bound.low - 1), -1)
