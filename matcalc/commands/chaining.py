"""``matcalc chain``: the cheapest order of a product of Jacobians, by its dimensions alone."""

from __future__ import annotations

import json
from argparse import Namespace

from matcalc.accumulation.chain import JacobianChain
from matcalc.accumulation.dense import chain
from matcalc.boundary import decimal
from matcalc.commands.files import read_text
from matcalc.errors import MatcalcError, ParseError, shown


def run(options: Namespace) -> tuple[str, int]:
    if options.file is not None:
        if options.dims:
            raise MatcalcError("--file stands for the dimensions: leave out DIMS")
        return _of_file(options), 0
    if options.memory is not None:
        raise MatcalcError("--memory: the tape is that of a chain of factors", hint="with --file FILE")
    found = chain(_dims(options.dims))
    if options.json:
        named = {name: getattr(found, name) for name in found.__dataclass_fields__ if name != "order"}
        return json.dumps(named), 0
    return str(found), 0


def _of_file(options: Namespace) -> str:
    read = JacobianChain.read(read_text(options.file))
    plan = read.optimal(options.memory)
    costs = {
        "tangent": read.tangent,
        "adjoint": read.adjoint,
        "preaccumulation": read.preaccumulation,
        "optimal": plan.cost,
    }
    if options.json:
        return json.dumps(costs)
    return "\n".join([*(f"{name:15}  {cost}" for name, cost in costs.items()), str(plan)])


def _dims(text: str) -> list[int]:
    """The dimensions from the input to the loss: 10,6,8,2,1.

    Raises:
        ParseError: one of them is no number.
    """
    found, start = [], 0
    for word in text.split(",") if text.strip() else []:
        size = decimal(word.strip())
        if size is None:
            error = ParseError(f"not a dimension: {shown(word.strip())}", hint="matcalc chain 10,6,8,2,1")
            raise error.at(text, (start, start + max(len(word), 1)))
        found.append(size)
        start += len(word) + 1
    return found
