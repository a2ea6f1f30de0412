"""Expr → formula text that the reader reads back. Also the Unicode form, from the same table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import count

from matcalc.bound import BINDERS, free_indices
from matcalc.boundary import checked_arguments
from matcalc.expr import PRINTERS, Expr, name_of
from matcalc.notation.operators import (
    ATOM,
    COMPARISON,
    CONDITIONS,
    OPERATORS,
    POWER,
    PREFIX,
    PRODUCT,
    TOTAL,
    wants_brackets,
)
from matcalc.numerals import written
from matcalc.position import Index, Place, Several, end_of, first_of
from matcalc.rational import Fraction
from matcalc.shape import ONE
from matcalc.stacking import ZERO, grid, with_short_zeros

READ_WHOLE = 80  # a formula of more parts is printed with definitions: body where t1 = …, t2 = …
PRINTED_WHOLE = 4_000  # so is one of more parts that is asked for without
NAMED_FROM = 12  # the smallest shared part that gets a name then
NAMED_OFTEN = 4  # the smallest one where that saves much: x - y is read as quickly as a name
APART = 20  # names, numbers and operators from which on a stack without free indices has a name in every text
SAVED_BY_NAME = 15  # parts; a shared part gets a name in a shorter formula, too, where that saves as many

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

# Text in the making: nested tuples of strings, joined once at the end, so that deep formulas take linear time. Those of
# at most this length are joined part by part, which is quicker.
JOINED_BY_PARTS = 500
Rope = str | tuple["Rope", ...]
Piece = tuple[Rope, int]  # text and precedence


def to_text(expr: Expr, *, pretty: bool = False, whole: bool = False) -> str:
    """Formula text in matcalc's notation; with ``pretty``, in Unicode for reading only.

    A ``whole`` formula, to be put into another text, is printed without definitions, unless it is too long for that.
    """
    pieces, definitions = printed(expr, pretty=pretty, whole=whole)
    made: list[Rope] = [pieces[expr][0]]
    for k, (_, name, text) in enumerate(definitions):
        made += [", " if k else " where ", name, " = ", text]
    return joined(tuple(made))


def printed(
    expr: Expr, *, pretty: bool = False, whole: bool = False
) -> tuple[dict[Expr, Piece], list[tuple[Expr, str, Rope]]]:
    """The texts of all parts of a formula, and its definitions: a part, its name, and its text."""
    order = expr.parts
    named = named_parts(order, PRINTED_WHOLE if whole else READ_WHOLE)
    names = fresh_names(order)
    pieces: dict[Expr, Piece] = {}
    definitions: list[tuple[Expr, str, Rope]] = []
    long = expr.length > JOINED_BY_PARTS
    for node in order:
        piece = _print(node, pieces, pretty) if node.kind != "size" else _size(node, order)
        if node in named and node is not expr:
            name = next(names)
            definitions.append((node, name, piece[0]))
            piece = (name, ATOM)
        pieces[node] = piece if long else ("".join(piece[0]), piece[1])  # type: ignore[arg-type]
    return pieces, definitions


def printed_alone(node: Expr, pieces: Mapping[Expr, Piece]) -> Piece:
    """The text of a formula whose operands have texts: no part of it is looked at."""
    return (str(node.data), ATOM) if node.kind == "size" else _print(node, pieces, pretty=False)


def joined(rope: Rope) -> str:
    parts: list[str] = []
    stack = [rope]
    while stack:
        top = stack.pop()
        if isinstance(top, str):
            parts.append(top)
        else:
            stack += top[::-1]
    return "".join(parts)


@checked_arguments
def to_unicode(expr: Expr) -> str:
    """The formula in Unicode, for reading: ``2·Aᵀ·(A·x - b)``."""
    return to_text(expr, pretty=True)


def named_parts(order: list[Expr], longest: int = READ_WHOLE) -> set[Expr]:
    """The parts of a formula, given in postorder, that get names: long ones that stand twice, where it is long."""
    if order[-1].length <= min(longest, SAVED_BY_NAME):
        return set()  # it has no more parts than that
    sizes: dict[Expr, int] = {}
    for node in order:
        sizes[node] = 1 + sum([sizes[operand] for operand in node.operands])
    users = Counter(operand for node in order for operand in node.operands)
    if max(users.values()) == 1:
        return _without_indices(order, set(), sizes)
    if sizes[order[-1]] <= longest:
        often = _standing_often(order, sizes) if longest == READ_WHOLE else set()
        return _without_indices(order, often, sizes)
    named: set[Expr] = set()
    for node in order:
        sizes[node] = 1 + sum(1 if operand in named else sizes[operand] for operand in node.operands)
        if users[node] > 1 and (sizes[node] >= NAMED_FROM or _saves(sizes[node], users[node] - 1)):
            named.add(node)
    return _without_indices(order, named, sizes)


def _standing_often(order: list[Expr], sizes: Mapping[Expr, int]) -> set[Expr]:
    """The parts that stand so often in the text that a name saves much; what is in a part that has one stands once."""
    named: set[Expr] = set()
    times = Counter({order[-1]: 1})
    for node in reversed(order):
        if _saves(sizes[node], times[node] - 1):
            named.add(node)
        for operand in node.operands:
            times[operand] += 1 if node in named else times[node]
    return named


def _saves(size: int, more: int) -> bool:
    """Whether a name for a part saves much, where it stands so many times more."""
    return size >= NAMED_OFTEN and more * size >= SAVED_BY_NAME


def _without_indices(order: list[Expr], named: set[Expr], sizes: Mapping[Expr, int]) -> set[Expr]:
    """Of parts that get names, those without free indices, and of the others what is long in them and has none."""
    if not any(part.kind in BINDERS for part in order):
        return named
    free = free_indices(order)
    inside = {operand for node in order if free[node] for operand in node.operands if not free[operand]}
    long = {node for node in inside if sizes[node] >= NAMED_FROM or _has_long_stack(node)}
    return {node for node in order if not free[node] and (node in named or node in long)}


def _has_long_stack(node: Expr) -> bool:
    """Whether there is a stack whose indices have names of their own, for it is written apart."""
    return node.length >= APART and any(part.kind == "stack" and part.length >= APART for part in node.parts)


def fresh_names(order: list[Expr]) -> Iterator[str]:
    """t1, t2, … without the names of the formula's variables."""
    taken = {name_of(node) for node in order if node.kind == "variable"}
    return (name for name in (f"t{i}" for i in count(1)) if name not in taken)


def _print(node: Expr, pieces: Mapping[Expr, Piece], pretty: bool) -> Piece:
    kind = node.kind
    if kind in OPERATORS:
        return _operator(node, list(map(pieces.__getitem__, node.operands)), pretty)
    if kind == "variable":
        return name_of(node), ATOM
    if kind == "number":
        return print_number(node.data)
    if kind == "call":
        if node.data.infix:
            return _condition(node, list(map(pieces.__getitem__, node.operands)), pretty)
        arguments: list[Rope] = []
        for operand in node.operands:
            arguments += [", " if arguments else "", pieces[operand][0]]
        return (f"{node.data.name}(", *arguments, ")"), ATOM
    if kind in BINDERS:
        return (f"{node.data.over}_{{{node.data}}} ", _at_least(pieces[node.operands[0]], PRODUCT)), TOTAL
    if kind == "member":
        return f"{name_of(node.operands[0])}[{print_place(node.data)}]", ATOM
    if kind in ("entry", "selected"):
        position = print_position(node)
        return (_at_least(pieces[node.operands[0]], ATOM), f"[{position}]"), ATOM
    if kind == "blocks":
        return _blocks(node, pieces), ATOM
    if kind == "indexed":
        rows, cols, indices = node.data
        factors: list[Rope] = []
        for factor, names in zip(node.operands, indices, strict=True):
            factors += ["*" if factors else "[", _at_least(pieces[factor], ATOM), f"[{','.join(names)}]"]
        return (*factors, f" | {','.join(rows)}; {','.join(cols)}]"), ATOM
    return _constant(node), ATOM


def _blocks(node: Expr, pieces: Mapping[Expr, Piece]) -> Rope:
    """[A, B; C, D]; zeros whose size their neighbours say are 0."""
    rows = grid(node)
    plain = with_short_zeros(rows)
    made: list[Rope] = ["["]
    for k, row in enumerate(plain):
        for j, part in enumerate(row):
            made += ["; " if k and not j else ", " if j else "", "0" if part is ZERO else pieces[rows[k][j]][0]]
    return (*made, "]")


def _size(node: Expr, parts: list[Expr]) -> Piece:
    """A dimension as a number: n, where a variable among the parts has that dimension, so that the reader knows it, and
    none has that name."""
    text = str(node.data)
    company = {v for part in parts for v in ((part,) if part.kind == "variable" else part.hints)}
    bound = {symbol for variable in company for dim in variable.shape for symbol in dim.symbols}
    if not node.data.symbols <= bound - {name_of(variable) for variable in company}:
        return f"sum(ones({text}))", ATOM
    return text, ATOM if text.isalnum() else 0


def print_position(entry: Expr) -> str:
    """``1,2`` or ``:,2``, counted from 1; of a column or a row just ``1``."""
    sides = zip(entry.data, entry.operands[0].shape, strict=True)
    shown = [print_place(at) for at, dim in sides if dim is not ONE]
    if ":" in shown:
        shown = [print_place(at) for at in entry.data]
    return ",".join(shown or ["1"])


def print_place(at: Place) -> str:
    """``:``, ``2``, ``1:3``, ``m + 1:m + n``, or the name of an index."""
    if isinstance(at, Index):
        return at.name
    if at is None:
        return ":"
    first = str(first_of(at).plus(ONE))
    return f"{first}:{end_of(at)}" if isinstance(at, Several) else first


def _constant(node: Expr) -> str:
    rows, cols = node.shape
    if node.kind == "eye":
        return f"eye({rows})"
    if node.kind == "commutation":
        return f"K({node.data[0]},{node.data[1]})"
    if node.kind == "unit":
        return f"unit({rows},{print_place(node.data)})"
    if node.kind in ("ones", "zeros"):
        return f"{node.kind}({rows})" if cols is ONE else f"{node.kind}({rows},{cols})"
    return str(node.data)


def print_number(value: Fraction) -> tuple[str, int]:
    """Short decimals as decimals, other fractions as p/q."""
    text = written(value)
    precedence = PRODUCT if "/" in text else ATOM
    return text, min(precedence, PREFIX) if value < 0 else precedence


def _condition(node: Expr, operands: list[Piece], pretty: bool) -> Piece:
    """A comparison, or what joins conditions, which reads from the left."""
    sign = node.data.infix if pretty else node.data.name
    level = CONDITIONS[node.data.name]
    if len(operands) == 1:
        return (f"{sign} ", _at_least(operands[0], level)), level
    left, right = operands
    tight = level + (level == COMPARISON)
    return (_at_least(left, tight), f" {sign} ", _at_least(right, level + 1)), level


def _operator(node: Expr, operands: list[Piece], pretty: bool) -> Piece:
    operator = OPERATORS[node.kind]
    symbol = operator.pretty if pretty else operator.symbol
    level = operator.precedence
    if node.kind == "neg":
        return ("-", _at_least(operands[0], PREFIX)), PREFIX
    if level == POWER:
        is_power = node.operands[0].kind in ("pow", "elpow")
        base = _at_least(operands[0], POWER + is_power)  # (X^2)' for X^2', (s^2)^3 for s^2^3
    if node.kind == "transpose":
        return (base, symbol), POWER
    left, right = operands
    if level == POWER:
        if node.operands[1].kind == "number":
            exponent = print_number(node.operands[1].data)[0]
            if pretty and node.kind == "pow" and exponent.lstrip("-").isdecimal():
                return (base, exponent.translate(_SUPERSCRIPTS)), POWER
            if exponent.lstrip("-").replace(".", "").isalnum():
                return (base, symbol, exponent), POWER
        return (base, symbol, _at_least(right, ATOM)), POWER
    return (_at_least(left, level + wants_brackets(node)), symbol, _at_least(right, level + 1)), level


def _at_least(piece: Piece, level: int) -> Rope:
    if piece[1] >= level:
        return piece[0]
    return f"({piece[0]})" if isinstance(piece[0], str) else ("(", piece[0], ")")


PRINTERS["text"] = to_text
