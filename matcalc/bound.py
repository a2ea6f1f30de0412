"""Formulas with indices: what stands at an index, and what binds it: a sum, a product, or a stack of all members.

They are what a reader makes of ``sum_{i} y[i]*X[i,:]*w``. Those that have a form in matrix notation are written in it:
see ``reading``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, TypeAlias

from matcalc.errors import ParseError, ShapeError
from matcalc.expr import UNDER, Expr, Kind
from matcalc.families import Members, array_dims, members_of
from matcalc.position import Index
from matcalc.records import record
from matcalc.regex import regex
from matcalc.shape import ONE, Dim, Shape

Order: TypeAlias = Literal["", "<", "<=", "!="]
Over: TypeAlias = Literal["sum", "prod", "stack"]
OVER: dict[str, Over] = {
    "sum": "sum", "Σ": "sum", "∑": "sum", "prod": "prod", "Π": "prod", "∏": "prod", "stack": "stack"
}  # fmt: skip
_ORDERS: dict[str, Order] = {"<": "<", "<=": "<=", "≤": "<=", "!=": "!=", "≠": "!="}
DONE: dict[Over, str] = {"sum": "summed", "prod": "multiplied", "stack": "stacked"}
_NONE: frozenset[Index] = frozenset()
_NAME = r"[^\W\d]\w*"
_PAIR = regex(rf"({_NAME})(<=?|≤|!=|≠)({_NAME})")
MOST_INDICES = 40  # that one sum binds
_WORDS = regex(r"\w\s+\w")  # i in K
_ONE = regex(rf"({_NAME})(?:=1(?:\.\.\.?|:|…)(\w+))?")


@record()
class Total:
    """What is bound: indices, what they run over where that is said, and in which order those of a pair are.

    ``over`` says what is done over them: a sum, a product, or all members are stacked.
    """

    indices: tuple[Index, ...]
    ranges: tuple[Dim | None, ...] = ()
    order: Order = ""
    over: Over = "sum"

    @staticmethod
    def read(text: str, of: object) -> Total:
        """What is bound, as it is written: ``sum_{i}``, ``sum_{i<j}``, ``prod_{i,j}``, ``stack_{i=1..m}``.

        Raises:
            ParseError: it is something else.
        """
        word, _, under = text.replace(" ", "").removesuffix("}").partition("_{")
        over = OVER[word]
        pair = _PAIR.fullmatch(under)
        if pair is not None and over == "sum":
            return Total((Index(pair[1], of), Index(pair[3], of)), (None, None), _ORDERS[pair[2]])
        found = [_ONE.fullmatch(part) for part in under.split(",")]
        if None in found or _WORDS.search(text):
            ways = "sum_{i}, sum_{i,j}, sum_{i<j}, sum_{i!=j}, sum_{i=1..m}"
            hint = ways if over == "sum" else f"{over}_{{i}}, {over}_{{i,j}}, {over}_{{i=1..m}}"
            told = text.partition("{")[2].removesuffix("}").strip()
            raise ParseError(f"not the indices of a {over}: {told}" if told else f"a {over} of no index", hint=hint)
        if len(found) > MOST_INDICES:
            raise ParseError(f"a {over} over too many indices: {len(found)}", f"at most {MOST_INDICES} are read")
        sizes = [match[2] for match in found if match is not None]
        dims = tuple(Dim.of(int(size) if size.isdecimal() else size) if size else None for size in sizes)
        return Total(tuple(Index(match[1], of) for match in found if match is not None), dims, "", over)

    def check_names(self, around: Collection[str]) -> None:
        """Refuses indices of one name, here or bound around.

        Raises:
            ParseError: a name is bound twice.
        """
        names = [index.name for index in self.indices]
        for name in names:
            if name in around or names.count(name) > 1:
                raise ParseError(f"index {name} is bound already", hint="choose another name")

    def __str__(self) -> str:
        if self.order:
            return self.order.join(index.name for index in self.indices)
        ranges = self.ranges or (None,) * len(self.indices)
        return ",".join(i.name + (f"=1..{dim}" if dim else "") for i, dim in zip(self.indices, ranges, strict=True))


def total(body: Expr, what: Total) -> Expr:
    """The sum or the product of a formula over indices, or all that it is at them below each other.

    Of scalars, a stack over one index is a column; of columns or rows, it has them as rows; of matrices, it has them
    below each other, as a family has its members. Over two indices it is a matrix of blocks.

    Raises:
        ShapeError: an index stands nowhere in the formula and has no range, or it runs over two dimensions.
    """
    dims = ranges(body, what)
    for index in what.indices:
        if index not in dims:
            hint = f"{what.over}_{{{index.name}=1..n}} says what it runs over"
            raise ShapeError(f"index {index.name} stands on nothing that is {DONE[what.over]}", hint=hint)
    if what.order and len({dims[index] for index in what.indices}) > 1:
        shown = " and ".join(f"{index.name} over {dims[index]}" for index in what.indices)
        raise ShapeError("indices that are compared run over one dimension", f"these run: {shown}")
    if what.over == "prod" and not body.shape.is_scalar:
        raise ShapeError("a product over indices is of scalars", f"this is {body.shape}")
    if what.over == "stack":
        return Expr("stack", (body,), what, _stacked(body.shape, [dims[index] for index in what.indices]))
    return Expr("total", (body,), what, body.shape)


def _stacked(shape: Shape, dims: list[Dim]) -> Shape:
    if len(dims) == 1:
        return Members(dims[0], shape, ()).whole
    if len(dims) == 2:
        return Shape(dims[0] * shape.rows, dims[1] * shape.cols)
    raise ShapeError("a stack is over one index or two", f"this is over {len(dims)}")


def result_dims(formula: Expr) -> tuple[Dim, ...]:
    """The dimensions of the array that a formula is; those that are 1 are left out."""
    if formula.kind != "stack" or len(formula.data.indices) > 1:
        return array_dims(formula)
    (body,) = formula.operands
    over = ranges(body, formula.data)
    dims = (*(over[index] for index in formula.data.indices), *body.shape)
    return tuple(dim for dim in dims if dim is not ONE)


def _places(part: Expr) -> list[tuple[Index, Dim]]:
    """The indices that stand at this part of a formula, and what they run over."""
    if part.kind == "selected":
        pairs = zip(part.data, part.operands[0].shape, strict=True)
        return [(at, side) for at, side in pairs if isinstance(at, Index)]
    if part.kind == "member" and isinstance(part.data, Index):
        members = members_of(part.operands[0])
        assert members is not None
        return [(part.data, members.length)]
    return []


def ranges(body: Expr, what: Total) -> dict[Index, Dim]:
    """What each index that is bound runs over: what is said of it, and the axes that it stands at."""
    found = {i: dim for i, dim in zip(what.indices, what.ranges, strict=False) if dim is not None}
    for part in body.parts:
        for at, side in _places(part):
            if at in what.indices and found.setdefault(at, side) is not side:
                raise ShapeError(f"index {at.name} runs over {found[at]} and over {side}")
    if what.order and len(found) == 1:  # what is compared runs over one dimension
        (dim,) = found.values()
        found = dict.fromkeys(what.indices, dim)
    return found


BINDERS: tuple[Kind, ...] = ("total", "stack")


def free_indices(parts: Sequence[Expr]) -> dict[Expr, frozenset[Index]]:
    """The indices in each part of a formula that nothing in it binds; parts come after their operands."""
    found: dict[Expr, frozenset[Index]] = {}
    for part in parts:
        free = _NONE.union(*(found[operand] for operand in part.operands)) if part.operands else _NONE
        if part.kind in BINDERS:
            free -= set(part.data.indices)
        elif part.kind in ("selected", "member"):
            free |= {index for index, _ in _places(part)}
        found[part] = free
    return found


def unbound(expr: Expr) -> list[Index]:
    """The indices in a formula that nothing in it binds."""
    return sorted(free_indices(expr.parts)[expr], key=lambda index: index.name)


def renamed(body: Expr, new: Mapping[Index, Index]) -> Expr:
    """A formula with other indices in place of free ones."""
    made: dict[Expr, Expr] = {}
    for part in body.parts:
        operands = tuple(made[operand] for operand in part.operands)
        same = operands == part.operands
        made[part] = at_indices(part if same else Expr(part.kind, operands, part.data, part.shape), new)
    return made[body]


def at_indices(part: Expr, new: Mapping[Index, Index]) -> Expr:
    """A part that is taken at other indices, of the operands that it has."""
    data = part.data
    if part.kind == "member":
        data = new.get(data, data)
    elif part.kind == "selected":
        data = tuple(new.get(at, at) if isinstance(at, Index) else at for at in data)
    return part if data == part.data else Expr(part.kind, part.operands, data, part.shape)


def is_product(expr: Expr) -> bool:
    """Whether a formula is a product over indices."""
    return expr.kind == "total" and expr.data.over == "prod"


def is_open(expr: Expr) -> bool:
    """Whether a formula binds indices, or has what is at one."""
    return any(part.kind in UNDER for part in expr.parts)
