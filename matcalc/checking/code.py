"""A Python function for a derivative, compared with the derived one at points that tell mistakes apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from matcalc.checking.asked import SEED, Asked, Sample, drawn, near, ratio, value_at
from matcalc.checking.calls import Call
from matcalc.checking.diagnosis import Diagnosis
from matcalc.checking.models import derivatives, expanded_terms, models, occurrences
from matcalc.checking.pieces import Pieces
from matcalc.checking.points import Place, least_size, symbols_of
from matcalc.checking.terms import Scaled, counted, scaled, written_terms
from matcalc.checking.values import Point
from matcalc.checking.verdict import Counterexample, Verdict
from matcalc.errors import EvaluationError, shown
from matcalc.expr import Expr

POINTS = 6  # besides those in pieces that these have not shown


def check_code(function: Callable[..., Any], asked: Asked) -> Verdict:
    """The verdict on a function of the variables' arrays, by name where its parameters are called so.

    Raises:
        EvaluationError: it cannot be called so, or raises an error.
    """
    import numpy as np

    if not callable(function):
        raise EvaluationError(f"not a function: {shown(function)}")
    if asked.functions:
        unknown = ", ".join(asked.functions)
        raise EvaluationError(f"code is compared at points, where {unknown} has no value", hint="give it a body")
    pieces = _pieces(asked)
    samples = list(_samples(asked, pieces))
    if not samples:
        return Verdict("undecided", "the answer is not defined at the points that were tried")
    call = Call(function, asked)
    pairs = [(one, _shaped(call.value(one), one.answer.shape)) for one in samples]
    agree = all(near(value, one.answer) for one, value in pairs)
    if agree and pieces and pieces.unreached():
        ground = f"the values agree, but no point was found where {pieces.unreached()}"
        return Verdict("undecided", ground, answer=str(asked.answer))
    if agree:
        ground = f"the values agree with the derived formula at {len(pairs)} points{call.told}"
        return Verdict("correct", ground, answer=str(asked.answer))
    found = _diagnosed(pairs, asked)
    one, value = next((one, value) for one, value in pairs if not near(value, one.answer))
    values = {name: call.array(v).tolist() for name, v in one.point.values.items()}
    example = Counterexample(dict(one.point.sizes), values, np.asarray(value).tolist(), one.answer.tolist())
    told = f"{found.explanation}{call.renamed}"
    return Verdict("wrong", "the values differ", found.mistake, told, None, str(asked.answer), example)


def _pieces(asked: Asked) -> Pieces:
    symbols = symbols_of(*asked.variables)
    least = max(2, least_size(asked.f, asked.answer))  # code tells columns from numbers by their sizes

    def value(expr: Expr, place: Place) -> Any:
        return value_at(expr, asked.variables, Point(place.sizes, place.values))

    return Pieces((asked.answer, asked.f), asked.variables, symbols, least, SEED, value)


def _samples(asked: Asked, pieces: Pieces) -> Iterator[Sample]:
    """Points where the answer is defined, and not by a narrow margin, in every piece of answer and formula."""
    stable = (one for one in drawn(asked, asked.variables, range(2 * POINTS)) if one.is_stable(asked))
    for one in islice(stable, POINTS):
        if pieces:
            pieces.note(Place(dict(one.point.sizes), one.point.values), True)
        yield one
    for place in pieces.places() if pieces else ():
        one = Sample(asked, place.sizes, place.values)
        is_defined = one.answer is not None and value_at(asked.f, asked.variables, one.point) is not None
        pieces.note(place, is_defined)
        if is_defined:
            yield one


def _shaped(result: Any, shape: tuple[int, ...]) -> Any:
    if result.ndim < 2 and result.size == shape[0] * shape[1] and 1 in shape:
        return result.reshape(shape)
    return result.reshape(result.shape if result.ndim == 2 else (result.size, 1)) if result.ndim < 3 else result


def _apart(pairs: list[tuple[Sample, Any]]) -> tuple[list[Sample], list[Any]]:
    return [s for s, _ in pairs], [v for _, v in pairs]


def _of_a_term(off: Scaled, asked: Asked) -> Diagnosis:
    where = "" if off.term is asked.answer else f" in {off.term}"
    if off.factor == -1:
        return Diagnosis("sign", f"the sign of {off.term} is wrong")
    return Diagnosis("factor", f"a factor {off.factor} is missing{where}")


def _diagnosed(pairs: list[tuple[Sample, Any]], asked: Asked) -> Diagnosis:

    one, value = pairs[0]
    if value.ndim == 2 and value.shape == one.answer.shape:
        scale = ratio(value, one.answer)
        if scale and all(near(v * float(scale), s.answer) for s, v in pairs):
            if scale == -1:
                return Diagnosis("sign", "the sign is wrong")
            return Diagnosis("factor", f"a factor {scale} is missing")
        off = scaled(asked, [asked.answer, *written_terms(asked.answer), *expanded_terms(asked.answer)], *_apart(pairs))
        if off is not None:
            return _of_a_term(off, asked)
    if value.ndim == 2 and all(near(v.T, s.answer) for s, v in pairs):
        return Diagnosis("transpose", "it is the transpose of the answer")
    for model in models(asked):
        expr = model.answer()
        if expr is not None and all(near(v, value_at(expr, asked.variables, s.point)) for s, v in pairs):
            return Diagnosis(model.mistake, model.words)
    step = asked.last_step or asked
    samples, values = _apart(pairs)
    for where, terms in (
        ("by the product rule", derivatives(step, occurrences(step))),
        ("from the sum", expanded_terms(asked.answer)),
    ):
        found = counted(asked, terms, samples, values)
        if found is not None:
            return Diagnosis("missing term", f"missing {where}: {' and '.join(map(str, found.lost))}")
    if value.shape != one.answer.shape:
        return Diagnosis("shape", f"it is of shape {value.shape}, not {one.answer.shape}")
    return Diagnosis("other", "no common mistake explains it")
