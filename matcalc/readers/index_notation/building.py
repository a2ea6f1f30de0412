"""Index notation, whose sums are known → the syntax tree that all readers make, of sums and stacks over indices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import count

from matcalc.bound import Over, Total
from matcalc.errors import ParseError, Span
from matcalc.expr import Expr
from matcalc.function import CONDITIONS, Function
from matcalc.functions import SQRT, find
from matcalc.functions.abstract import find_abstract
from matcalc.notation.choice import kind_of
from matcalc.notation.conventions import DIMENSIONED, FILLED
from matcalc.notation.customs import SORTS, outcomes
from matcalc.notation.sizes import unknown_function
from matcalc.notation.syntax import Syntax, read
from matcalc.position import Index
from matcalc.readers.index_notation.arrays import Arrays, Bound, eye_at
from matcalc.readers.index_notation.names import Names
from matcalc.readers.index_notation.places import two
from matcalc.readers.index_notation.scopes import all_indices
from matcalc.readers.index_notation.signs import Relation, Run, Sign
from matcalc.records import NamedTuple
from matcalc.shape import ONE, Dim, is_at_most
from matcalc.walk import postorder

_DECLARED = {"scalar": "given", "vector": "vector", "row": "row", "matrix": "matrix", "square": "matrix"}
_SIGNS = {"": "mul", "*": "mul", "/": "div", ".*": "hadamard", "./": "eldiv"}
_NORMS = {"": "norm2", "2": "norm2", "1": "norm1", "F": "norm2", "inf": "norminf", "∞": "norminf", "\\infty": "norminf"}


class Result(NamedTuple):
    """What the free indices are: those of the rows, the first slow, and of the columns."""

    rows: Sequence[str]
    cols: Sequence[str]


class Builder:
    """``sums`` are the indices that terms sum, ``told`` what indices run over where the text says so at its end."""

    def __init__(
        self, text: str, names: Names, sums: Mapping[Syntax, tuple[str, ...]], told: Mapping[str, Run]
    ) -> None:
        self.text = text
        self.names = names
        self.sums = sums
        self.told = told
        self.runs: list[Run] = []  # what all indices run over, where that is said
        self.numbers = count()
        self.env: dict[str, Bound] = {}
        self.outside: dict[Index, Bound | None] = {}  # what the name of an index meant around it
        self.arrays = Arrays(self)
        self.kinds: dict[Syntax, str | None] = {}
        self.unknown: dict[str, Span] = {}
        self.functions = {name: f for name, f in names.declared.items() if isinstance(f, Function)}

    def fail(self, span: Span, summary: str, *details: str, hint: str = "") -> ParseError:
        error = ParseError(summary, *details, hint=hint)
        error.at(self.text, span)
        return error

    def bind(self, names: Iterable[str], runs: Mapping[str, Run]) -> list[Index]:
        """New indices of these names, until ``release``."""
        made = []
        for name in names:
            index = Index(name, next(self.numbers))
            self.outside[index] = self.env.get(name)
            self.env[name] = Bound(index, runs.get(name) or self.told.get(name) or Run())
            made.append(index)
        return made

    def release(self, indices: Iterable[Index]) -> None:
        for index in indices:
            del self.env[index.name]
            if (known := self.outside.pop(index)) is not None:  # [… | i; j] has letters of its own
                self.env[index.name] = known

    def sizes(self, indices: Sequence[Index]) -> tuple[Dim | None, ...]:
        return tuple(self.env[index.name].run.size for index in indices)

    # ---------------------------------------------------------------- formulas
    def whole(self, root: Syntax, result: Result) -> Syntax:
        """The formula with all it is at its free indices."""
        signs = [node.value for node in postorder(root) if isinstance(node.value, Sign)]
        self.runs = [*self.told.values(), *(run for sign in signs for run in sign.runs.values())]
        indices = self.bind((*result.rows, *result.cols), {})
        made = self.build(root)
        if self.kind(made) not in (*SORTS, None):
            self.check_whole(root, len(indices))
        made = self.spread(made, tuple(result.rows), tuple(result.cols))
        self.release(indices)
        return made

    def check_whole(self, root: Syntax, free: int) -> None:
        """Refuses arrays without indices beside entries: sum_i x_i y, where y is a column."""
        if free > 1:
            raise self.fail(root.span, "an array at several indices has no rows and columns", hint="one index: z_i = …")
        if all_indices(root) and not self.arrays.has_members:
            hint = "each array has its indices: A_ij x_j, or none has: A*x"
            raise self.fail(root.span, "an array stands here without its index", hint=hint)

    def spread(self, body: Syntax, rows: Sequence[str], cols: Sequence[str]) -> Syntax:
        """A formula at all its indices: a column, a row, a matrix, or one of blocks for several in one place."""
        if not rows and not cols:
            return body
        if not rows:
            return Syntax("transpose", None, (self.spread(body, cols, ()),), body.span)
        if not cols:
            if len(rows) == 1:
                return self.stack(body, rows)
            inner = self.stack(self.spread(body, rows[1:], ()), rows[:1])  # members are its rows
            return Syntax("call", "vec", (Syntax("transpose", None, (inner,), body.span),), body.span)
        return self.stack(self.spread(body, rows[1:], cols[1:]), (rows[0], cols[0]))

    def stack(self, body: Syntax, names: Sequence[str]) -> Syntax:
        indices = tuple(self.env[name].name for name in names)
        return Syntax("total", Total(indices, self.sizes(indices), "", "stack"), (body,), body.span)

    def build(self, node: Syntax) -> Syntax:
        names = self.sums.get(node, ())
        indices = self.bind(names, {})
        made = self.indexed(node) if node.kind == "indexed" else self.part(node)
        if indices and node.kind != "indexed":
            made = Syntax("total", Total(tuple(indices), self.sizes(indices)), (made,), node.span)
        self.release(indices)
        return made

    def indexed(self, node: Syntax) -> Syntax:
        """[A[i,k]*B[k,j] | i; j]"""
        summed = [self.env[name].name for name in self.sums.get(node, ())]
        rows, cols = two(node)
        indices = self.bind((*rows, *cols), {})
        made = self.build(node.operands[0])
        if summed:
            made = Syntax("total", Total(tuple(summed), self.sizes(summed)), (made,), node.span)
        made = self.spread(made, rows, cols)
        self.release(indices)
        return made

    def part(self, node: Syntax) -> Syntax:
        match node.kind:
            case "number":
                return node
            case "name":
                return self.name(node)
            case "place":
                return self.arrays.place(node)
            case "sum":
                return self.sum(node)
            case "product":
                return self.product(node)
            case "power" | "elpower":
                self.check_inverse(node)
                kind = {"power": "pow", "elpower": "elpow"}[node.kind]
                return Syntax(kind, None, tuple(map(self.build, node.operands)), node.span)
            case "transpose":
                return self.transpose(node)
            case "binder":
                return self.binder(node)
            case "bars":
                return self.bars(node)
            case "call":
                return self.call(node)
        return Syntax(node.kind, node.value, tuple(map(self.build, node.operands)), node.span)

    def name(self, node: Syntax) -> Syntax:
        name = str(node.value)
        if name in self.names.declared or name in ("pi", "π", "eye"):
            return node if name != "π" else Syntax("name", "pi", (), node.span)
        if name in self.env:
            raise self.fail(node.span, f"index {name} is no number", hint="an index stands below a name: x_i, or x[i]")
        if name in self.limits():
            ones = Syntax("call", "ones", (node,), node.span)
            return Syntax("call", "sum", (ones,), node.span)
        if name not in self.names.symbols:
            self.unknown.setdefault(name, node.span)
        return node

    def limits(self) -> set[str]:
        """The symbols that say where indices end."""
        return {symbol for run in self.runs if run.last is not None for symbol in run.last.symbols} - self.names.symbols

    def sum(self, node: Syntax) -> Syntax:
        parts = [self.build(term) for term in node.operands]
        self.check_alike(node, parts)
        made = parts[0]
        assert isinstance(node.value, tuple)
        if node.value[0] < 0:
            made = Syntax("neg", None, (made,), (node.span[0], made.span[1]))
        for sign, part in zip(node.value[1:], parts[1:], strict=True):
            made = Syntax("add" if sign > 0 else "sub", None, (made, part), (made.span[0], part.span[1]))
        return made

    def check_alike(self, node: Syntax, parts: Sequence[Syntax]) -> None:
        """Refuses an array without an index beside terms that have some: A_ij x_j + b."""
        kinds = [self.kind(part) for part in parts]
        arrays = [part for part, kind in zip(parts, kinds, strict=True) if kind not in (*SORTS, None)]
        of_entries = any(kind in SORTS and all_indices(term) for kind, term in zip(kinds, node.operands, strict=True))
        if arrays and of_entries:
            told = self.text[slice(*arrays[0].span)]
            raise self.fail(
                arrays[0].span, f"{told} is an array, and beside it stand entries", hint="give it its index"
            )

    def product(self, node: Syntax) -> Syntax:
        self.check_divisor(node)
        made: Syntax | None = None
        for sign, factor in zip(("", *node.value), node.operands, strict=True):  # type: ignore[misc]
            part = self.build(factor)
            if made is None:
                made = part
                continue
            span = (made.span[0], part.span[1])
            if sign == "\\":
                made = Syntax("call", "solve", (made, part), span)
            else:
                made = Syntax(_SIGNS[sign], None, (made, part), span)
        assert made is not None
        return made

    def check_divisor(self, node: Syntax) -> None:
        """Refuses a/sum_j b_j*c: is c below the fraction bar, or beside it?"""
        last = node.operands[-1]
        if last.kind != "binder" or node.value[-1] not in ("/", "./"):  # type: ignore[index]
            return
        (body,) = last.operands
        names = set(last.value.names)  # type: ignore[attr-defined]
        if body.kind == "product" and not all(names & all_indices(factor) for factor in body.operands):
            raise self.fail(
                last.span, "how far does the sum below reach?", hint="write a/(sum_j …)*c or a/(sum_j … *c)"
            )

    def check_inverse(self, node: Syntax) -> None:
        """Refuses A_ij^{-1}: an entry of the inverse, or one divided by the entry?"""
        base, exponent = node.operands
        while exponent.kind == "sum" and len(exponent.operands) == 1:
            if exponent.value == (-1,):
                break
            (exponent,) = exponent.operands
        is_negative = exponent.kind == "neg" or (exponent.kind == "sum" and exponent.value == (-1,))
        if is_negative and base.kind == "place" and len(base.value[0]) == 2 and not base.value[1]:  # type: ignore[index]
            array, entry = (self.text[slice(*part.span)] for part in (base.operands[0], base))
            below = entry[len(array) :]
            hint = f"write inv({array}){below} or 1/({entry})"
            raise self.fail(node.span, "an entry of the inverse, or one divided by the entry?", hint=hint)

    def transpose(self, node: Syntax) -> Syntax:
        (base,) = node.operands
        made = self.build(base)
        if base.kind == "place" and self.kind(made) in SORTS and not base.value[1]:  # type: ignore[index]
            raise self.fail(node.span, "an entry of the transpose, or the transpose of an entry?", hint="A_ji is A'_ij")
        return Syntax("transpose", None, (made,), node.span)

    # ---------------------------------------------------------------- sum signs
    def binder(self, node: Syntax) -> Syntax:
        sign = node.value
        assert isinstance(sign, Sign)
        runs = sign.runs
        order = self.order(sign)
        indices = self.bind(sign.names, runs)
        body = self.build(node.operands[0])
        if order is None and sign.relations:
            body = self.chosen(body, sign, node.span)
        ranges = self.sizes(indices)
        if order is not None:
            by_name = {index.name: index for index in indices}
            indices_in_order = (by_name[order.left], by_name[order.right])
            made = Syntax("total", Total(indices_in_order, ranges, order.order, "sum"), (body,), node.span)  # type: ignore[arg-type]
        elif sign.over in ("sum", "prod"):
            over: Over = "sum" if sign.over == "sum" else "prod"
            made = Syntax("total", Total(tuple(indices), ranges, "", over), (body,), node.span)
        else:
            if len(indices) > 2 or self.kind(body) not in (*SORTS, None):
                raise self.fail(sign.span, f"a {sign.over} is of numbers, over one index or two")
            stacked = Syntax("total", Total(tuple(indices), ranges, "", "stack"), (body,), node.span)
            made = Syntax("call", sign.over, (stacked,), node.span)
        self.release(indices)
        return made

    def order(self, sign: Sign) -> Relation | None:
        """The one relation between two indices of a sum that both run over all."""
        if len(sign.relations) != 1 or len(sign.names) != 2 or sign.over != "sum":
            return None
        (relation,) = sign.relations
        runs = [sign.runs.get(name) or self.told.get(name) or Run() for name in sign.names]
        is_pair = {relation.left, relation.right} == set(sign.names)
        return relation if is_pair and runs[0] == runs[1] and runs[0].first is ONE else None

    def chosen(self, body: Syntax, sign: Sign, span: Span) -> Syntax:
        """What is summed where indices are in an order, and nothing elsewhere."""
        if sign.over not in ("sum", "prod"):
            raise self.fail(
                sign.span, f"a {sign.over} over compared indices", hint="of sums and products they are read"
            )
        condition: Syntax | None = None
        for relation in sign.relations:
            one = self.compared(relation, span)
            condition = one if condition is None else Syntax("call", "and", (condition, one), span)
        assert condition is not None
        otherwise = Syntax("number", _number(sign.over), (), span)
        return Syntax("call", "where", (condition, body, otherwise), span)

    def compared(self, relation: Relation, span: Span) -> Syntax:
        """That two indices are in an order, by entries of the identity or of a triangle of ones."""
        if relation.left not in self.env or relation.right not in self.env:
            name = relation.left if relation.left not in self.env else relation.right
            raise self.fail(span, f"index {name} is not bound", hint=f"write sum_{name} around it")
        one, other = self.env[relation.left], self.env[relation.right]
        zero = Syntax("number", _number("sum"), (), span)
        whole = eye_at(self.common(one.run, other.run, span), span)
        if relation.order == "!=":
            return Syntax("call", "==", (self.arrays.taken(whole, (one, other), span), zero), span)
        triangle = Syntax("call", "trilones", (whole,), span)
        if relation.order == "<":  # not i >= j
            return Syntax("call", "==", (self.arrays.taken(triangle, (one, other), span), zero), span)
        return Syntax("call", ">", (self.arrays.taken(triangle, (other, one), span), zero), span)

    def common(self, one: Run, other: Run, span: Span) -> Dim | None:
        """The dimension that two indices run over, of which they may leave out the ends; None for all of it."""
        if one == other and one.first is ONE:
            return one.last
        if one.last is None or other.last is None:
            if one.first is other.first is ONE:
                return one.last or other.last
            raise self.fail(span, "indices that are compared run over one dimension", hint="sum_{i=1}^n sum_{j=i+1}^n")
        for low, high in ((one, other), (other, one)):
            if is_at_most(low.last or ONE, high.last or ONE):
                return high.last
        raise self.fail(
            span, "indices that are compared run over one dimension", f"these end at {one.last}, {other.last}"
        )

    # ---------------------------------------------------------------- functions and bars
    def call(self, node: Syntax) -> Syntax:
        name = str(node.value)
        if name in DIMENSIONED:
            return Syntax("call", name, tuple(map(plain, node.operands)), node.span)
        operands = tuple(map(self.build, node.operands))
        function = find(name, len(operands))
        if function is None and name not in FILLED and find_abstract(name, self.functions) is None:
            raise unknown_function(name).at(self.text, (node.span[0], node.span[0] + len(name)))
        entry_by_entry = function in (None, SQRT) or function.elementwise or name in CONDITIONS or len(operands) > 1
        if not entry_by_entry and self.kind(operands[0]) in SORTS and all_indices(node.operands[0]):
            hint = f"with a sign it is {name}_i (…); of a whole array, {name}(x)"
            raise self.fail(node.span, f"{name} of one entry: over which index?", hint=hint)
        return Syntax("call", name, operands, node.span)

    def bars(self, node: Syntax) -> Syntax:
        """|x|, ||x||: the absolute value of a number, the determinant of a matrix, norms."""
        shape, which = two(node)
        (inner,) = node.operands
        made = self.build(inner)
        kind = self.kind(made)
        text = self.text[slice(*inner.span)]
        if shape == "abs":
            if which:
                raise self.fail(node.span, "an index below bars")
            if kind in SORTS:
                return Syntax("call", "abs", (made,), node.span)
            if kind == "matrix":
                return Syntax("call", "det", (made,), node.span)
            raise self.fail(
                node.span, "bars around what is no number and no matrix", hint=f"norm2({text}) or abs({text})"
            )
        if which not in _NORMS:
            raise self.fail(node.span, f"not a norm: {which}", hint="norms are 1, 2, F and inf")
        if kind in SORTS:
            raise self.fail(node.span, "the norm of a number: of which array?", hint=f"|{text}|, or norm2 of the array")
        if kind == "matrix" and which != "F":
            hint = f"write norm2({text}) or spectralnorm({text})"
            raise self.fail(node.span, "the norm of a matrix: Frobenius or spectral?", hint=hint)
        if kind is None or (which == "F" and kind not in ("matrix", "vector", "row")):
            raise self.fail(node.span, "the norm of what is not declared", hint=f"norm2({text})")
        return Syntax("call", _NORMS[which], (made,), node.span)

    # ---------------------------------------------------------------- kinds
    def kind(self, root: Syntax) -> str | None:
        """Whether a part is a scalar, a vector, a row or a matrix; None where its names do not say it."""
        waiting = [root]
        while waiting:
            node = waiting[-1]
            missing = [operand for operand in node.operands if operand not in self.kinds]
            if missing:
                waiting += missing
                continue
            waiting.pop()
            if node not in self.kinds:
                self.kinds[node] = self._kind(node)
        return self.kinds[root]

    def _kind(self, node: Syntax) -> str | None:
        if node.kind == "number":
            return "given"
        if node.kind == "name":
            return self.kind_of_name(str(node.value))
        if node.kind == "call" and node.value in DIMENSIONED:
            return {"eye": "matrix", "K": "matrix"}.get(
                str(node.value), "vector" if len(node.operands) == 1 else "matrix"
            )
        if node.kind == "selected" and self.is_member(node):
            return self.arrays.kind_of_member(node)
        kinds = [self.kinds[operand] for operand in node.operands]
        if None in kinds:
            return None
        function = find(str(node.value), len(node.operands)) if node.kind == "call" else None
        if node.kind == "call" and function is None:
            return None
        found = outcomes(node, tuple(kinds), function)  # type: ignore[arg-type]
        return found[0][0] if found else None

    def is_member(self, node: Syntax) -> bool:
        (base,) = node.operands
        is_alone = isinstance(node.value, tuple) and len(node.value) == 1
        return is_alone and base.kind == "name" and self.arrays.members(base) is not None

    def kind_of_name(self, name: str) -> str | None:
        value = self.names.declared.get(name)
        if isinstance(value, Expr):
            return kind_of(*value.shape)
        if name in self.names.used:
            return "vector" if self.names.used[name] == 1 else "matrix"
        if value is not None and not isinstance(value, Function):
            return _DECLARED.get(value.kind)
        if name == "eye":
            return "matrix"
        return "given" if name == "pi" or name in self.names.symbols else None


def plain(node: Syntax) -> Syntax:
    """A dimension among the arguments of eye, ones …, as all readers write it."""
    operands = tuple(map(plain, node.operands))
    if node.kind == "sum":
        made = operands[0]
        for sign, operand in zip(node.value[1:], operands[1:], strict=True):  # type: ignore[index]
            made = Syntax("add" if sign > 0 else "sub", None, (made, operand), node.span)
        return made
    if node.kind == "product":
        made = operands[0]
        for operand in operands[1:]:
            made = Syntax("mul", None, (made, operand), node.span)
        return made
    return Syntax("pow" if node.kind == "power" else node.kind, node.value, operands, node.span)


def _number(over: str) -> object:
    return read("0" if over == "sum" else "1").body.value
