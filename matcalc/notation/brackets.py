"""What stands in brackets: which of them hold index notation, and positions with symbols, such as m+1:m+n."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from matcalc.errors import ParseError
from matcalc.position import Position, positions
from matcalc.shape import ONE, Dim, is_at_most, product, whole_number


class Token(Protocol):
    """A token, as the reader has it."""

    @property
    def kind(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def start(self) -> int: ...


AnyToken = TypeVar("AnyToken", bound=Token)


def with_bars(tokens: Sequence[Token]) -> set[int]:
    """The places of the brackets [ that hold a bar: [A[i,k]*B[k,j] | i; j]."""
    found: set[int] = set()
    stack: list[int] = []
    for token in tokens:
        if token.text == "[":
            stack.append(token.start)
        elif token.text == "]" and stack:
            stack.pop()
        elif token.text == "|" and stack:
            found.add(stack[-1])
    return found


def check_signs_between_blocks(text: str, tokens: Sequence[Token]) -> None:
    """Refuses [A -B], which could be one block or two.

    Raises:
        ParseError: a sign stands after a blank and before none.
    """
    depth = 0
    for before, sign, after in zip(tokens, tokens[1:], tokens[2:], strict=False):
        depth += (before.text == "[") - (before.text == "]")
        if depth and sign.text in ("+", "-") and text[sign.start - 1] == " " and after.start == sign.start + 1:
            if before.kind in ("name", "number") or before.text in (")", "'", "]"):
                hint = f"write a {sign.text} b for one block, a, {sign.text}b for two"
                error = ParseError("this could be one block or two", hint=hint)
                raise error.at(text, (sign.start, sign.start + 1))


def position(tokens: Sequence[AnyToken], fail: Callable[..., ParseError]) -> Position:
    """``:``, a number counted from 1, or a range of them, 1:3; with symbols, n and m+1:m+n."""
    if tokens[0].text == ":" and len(tokens) == 1:
        return None
    if any(token.kind == "name" for token in tokens):
        found = _symbolic(tokens)
        if found is None:
            raise fail("not a position", tokens[0], hint="X[1,2], X[1:m,:], X[m+1:m+n,:]")
        return found
    if len(tokens) != 1 and [token.text for token in tokens[1:-1]] != [":"]:
        raise fail("an index is missing or too many", tokens[0], hint="X[1,2], X[:,2], X[1,:]")
    for token in (tokens[0], tokens[-1]):
        if not (token.kind == "number" and token.text.isdecimal() and int(token.text) > 0):
            raise fail("not an index", token, "an index is a positive integer or :", hint="X[1,2], X[:,2], X[1,:]")
    first, last = int(tokens[0].text) - 1, int(tokens[-1].text)
    if last <= first:
        raise fail("a range ends before it begins", tokens[0], hint="X[1:3,:]")
    return range(first, last) if last > first + 1 else first


def _symbolic(tokens: Sequence[Token]) -> Position:
    """A position, or a range of them, with symbols, counted from 1: n, 1:m, m+1:m+n; None where it is none."""
    colon = next((k for k, token in enumerate(tokens) if token.text == ":"), None)
    first = _dimension(tokens if colon is None else tokens[:colon])
    last = first if colon is None else _dimension(tokens[colon + 1 :])
    if first is None or last is None or not is_at_most(ONE, first) or not is_at_most(first, last):
        return None
    return positions(first.plus(ONE, -1), last.plus(first, -1).plus(ONE))


def _dimension(tokens: Sequence[Token]) -> Dim | None:
    """A sum of products of names and numbers."""
    total = whole_number(0)
    at = 0
    while at < len(tokens) or not at:
        sign = 1
        if at < len(tokens) and tokens[at].text in ("+", "-") and at:
            sign = -1 if tokens[at].text == "-" else 1
            at += 1
        factors: list[Dim] = []
        while at < len(tokens):
            token = tokens[at]
            if token.kind == "name":
                factors.append(Dim.of(token.text))
            elif token.kind == "number" and token.text.isdecimal():
                factors.append(whole_number(int(token.text)))
            else:
                return None
            at += 1
            if at < len(tokens) and tokens[at].text == "*":
                at += 1
                continue
            break
        if not factors or (at < len(tokens) and tokens[at].text not in ("+", "-")) or tokens[at - 1].text == "*":
            return None
        total = total.plus(product(tuple(factors)), sign)
    return total


def places(tokens: Sequence[AnyToken]) -> list[list[AnyToken]]:
    """What stands between commas."""
    found: list[list[AnyToken]] = [[]]
    for token in tokens:
        if token.text == ",":
            found.append([])
        else:
            found[-1].append(token)
    return found
