"""Functions by their records' C texts, in scalars: of one entry, and of arrays, which stand where they are read."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from matcalc.emission.c.scalars.graph import ONE, ZERO, Block, Graph, Scalar
from matcalc.function import Kernel
from matcalc.rational import Fraction


def entrywise(graph: Graph, function: Kernel, entries: Sequence[Scalar]) -> Scalar:
    """A function of entries; where it is known, as at zero or of -u, it is not called."""
    known = _known(function, entries)
    if known is not None:
        return known
    text, _, helper = function.c.partition("\n")
    if helper:
        return _with_helper(graph, function, entries, text, helper)
    for k, name in enumerate(function.operands):
        text = text.replace(f"{{{name}}}", f"{{{k}}}")
    (first, *others) = entries
    if function.parity and not others and first.coefficient < 0:
        made = graph.call(text, [graph.negative(first)])
        return graph.negative(made) if function.parity == "odd" else made
    return graph.call(text, entries)


def _known(function: Kernel, entries: Sequence[Scalar]) -> Scalar | None:
    first = entries[0]
    if function.name == "where" and first.node is None:
        return entries[1] if first.coefficient else entries[2]
    if len(entries) > 1:
        return None
    at = function.at_zero if first == ZERO else function.at_one if first == ONE else None
    return None if at is None else Scalar(Fraction(at), None)


def _with_helper(graph: Graph, function: Kernel, entries: Sequence[Scalar], text: str, helper: str) -> Scalar:
    names = "xu"
    for name, letter in zip(function.operands, names, strict=False):
        text = text.replace(f"{{{name}}}", f"*{{{letter}}}")
    inputs = tuple((letter, 1) for letter in names[: len(entries)])
    block = Block(f"*{{y}} = {text};", inputs, 1, helper=helper)
    return graph.block(block, [[entry] for entry in entries])[0]


def statement(
    graph: Graph, source: str, operands: Sequence[Sequence[Scalar]], shapes: Sequence[tuple[int, ...]], outputs: int
) -> list[Scalar]:
    """The values of a statement that reads arrays; of an operand that it doesn't read the size alone counts."""
    text, _, helper = source.partition("\n")
    first, *others = shapes
    other = others[0] if others else ()
    sizes = {
        "count": math.prod(first),
        "more": math.prod(other),
        "rows": first[0] if first else 1,
        "cols": first[-1] if len(first) == 2 else 1,
    }
    text = re.sub(r"{(\w+)}", lambda found: str(sizes.get(found[1], found[0])), text)
    if others and not other:
        text = text.replace("{u}", "*{u}")  # a number
    read = [(key, entries) for key, entries in zip("xu", operands, strict=False) if f"{{{key}}}" in text]
    inputs = tuple((key, len(entries)) for key, entries in read)
    return graph.block(Block(text, inputs, outputs, helper=helper), [entries for _, entries in read])
