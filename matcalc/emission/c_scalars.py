"""Straight-line C for programs of few operations: when it is chosen, and the function's body."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from matcalc.emission.c_calling import Value
from matcalc.emission.c_statements import Parameter, Written, argument, result
from matcalc.emission.scalars.building import Builder, Unwritten
from matcalc.emission.scalars.graph import cost, reachable
from matcalc.emission.scalars.writing import ScalarWriter
from matcalc.program.planner import Program

MOST = 1500  # operations: what has more is written in loops, which the compiler makes vector code of


def in_scalars(
    program: Program,
    sizes: Mapping[str, int],
    given: Sequence[Value],
    returned: Sequence[Value],
    new: Callable[[str], str],
) -> Written | None:
    """Straight-line code, or None where loops are better; ``new`` makes identifiers."""
    builder = Builder(program, sizes)
    try:
        results = builder.results()
    except Unwritten:
        return None
    graph = builder.graph
    roots = [graph.node(entry) for entries in results for entry in entries]
    if cost(reachable([*graph.checks, *roots])) > MOST:
        return None
    words: dict[str, str] = {}
    parameters: list[Parameter] = []
    for value in given:
        words[value.name] = new(value.name)
        parameters.append(argument(words[value.name], value))
    written = []
    for value, entries in zip(returned, results, strict=True):
        word = new(value.name)
        parameters.append(result(word, value))
        places = [f"{word}[{k}]" for k in range(len(entries))] if value.shape else [f"*{word}"]
        written.append((places, entries))
    writer = ScalarWriter(graph, words, new)
    return Written(parameters, writer.body(written), writer.helpers)
