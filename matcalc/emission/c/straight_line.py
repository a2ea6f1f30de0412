"""Straight-line C for programs of few operations: when it is chosen, and the function's body."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from matcalc.emission.c.calling import Value
from matcalc.emission.c.scalars.building import Builder, Unwritten
from matcalc.emission.c.scalars.nodes import CALL, cost, reachable
from matcalc.emission.c.scalars.writing import ScalarWriter
from matcalc.emission.c.statements import Parameter, Written, argument, result
from matcalc.program.planner import Program
from matcalc.program.step import Step

MOST = 1200  # operations: for more, the compiler takes seconds
WHOLE = ("factor", "solve", "inverse", "cholesky inverse", "logdet")


def loops_cost(program: Program, sizes: Mapping[str, int]) -> float:
    """How many operations of straight-line code loops take as long as.

    Measured: loops over entries become vector code, with some overhead for each; triangles and pivots don't.
    """
    return sum(6 + _loop_cost(step, float(step.flops.at(sizes))) for step in program.steps)


def _loop_cost(step: Step, flops: float) -> float:
    if step.operation == "function":
        return CALL * flops if step.data.elementwise else 3.0 * flops
    return (3.0 if step.operation in WHOLE else 0.7) * flops


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
    if cost(reachable([*graph.checks, *roots])) > min(MOST, loops_cost(program, sizes)):
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
