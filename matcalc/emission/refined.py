"""Steps → steps that NumPy computes faster, with the same values: what a person does who writes for speed.

High powers become products, numbers go where there are few entries, rows are summed by matrix products. A program in
the readable style is written as it was planned.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from matcalc.emission.broadcasting import is_sparse
from matcalc.emission.deltas import formed, led_through, reshaped_identity
from matcalc.emission.rewriting import Rewriting
from matcalc.emission.tensors import is_outer
from matcalc.emission.weighted import is_weighted_square, weighted_square
from matcalc.program.planner import Program, live, relabelled
from matcalc.program.step import Step, is_syrk
from matcalc.rational import Fraction
from matcalc.shape import Dim

HIGHEST = 32  # powers up to here are products
CALL = 1000  # entries that are written in the time of a call
DEEPEST = 8  # operations behind which scalars are moved

_1 = Fraction(1)
_HALF = Fraction(1, 2)


def refined(program: Program, sizes: Mapping[str, int] | None) -> Program:
    """The program with faster steps; ``sizes`` are those of the dimension symbols, where they are known."""
    made = Rewriting(program, sizes)
    uses = Counter(o for step in program.steps for o in step.operands) + Counter(program.results)
    for step in program.steps:
        operands = tuple(made.names.get(o, o) for o in step.operands)
        name = made.names[step.result] = _rewritten(made, step, operands)
        made.wanted[name] += uses[step.result]
    results = tuple(made.names.get(name, name) for name in program.results)
    return Program(live(made.steps, results), made.leaves, results)


def _rewritten(made: Rewriting, step: Step, operands: tuple[str, ...]) -> str:
    if step.operation == "power" and step.dims:
        return _power(made, operands[0], step.data, step.dims)
    if step.operation == "scale" and step.data[1] and step.dims:
        coefficient, _, exponents = step.data
        by = (coefficient, operands[1:], exponents)
        pushed = _scaled(made, operands[0], by) or _scaled_apart(made, operands[0], by)
        if pushed is not None:
            return pushed
    if step.operation == "permute" and len(step.dims) > 2:
        transposed = _transposed(made, operands[0], step.data)
        if transposed is not None:
            return transposed
    if step.operation == "combine":
        return _combined(made, step, operands)
    if step.operation in ("product", "reshape"):
        linked = _linked(made, step, operands)
        if linked is not None:
            return linked
    if step.operation == "product":
        found = _row_sums(made, step, operands) or weighted_square(made, step, operands)
        if found is not None:
            return found
    return made.add(step.operation, operands, step.data, step.dims, step.result)


# ---------------------------------------------------------------- powers
def _power(made: Rewriting, name: str, exponent: Fraction, dims: tuple[Dim, ...]) -> str:
    """Powers by integers and halves as products, which take a small part of the time of a general power."""
    if exponent in (-1, _HALF, 1, 2) or exponent.denominator > 2 or abs(exponent) > HIGHEST:
        return name if exponent == 1 else made.add("power", (name,), exponent, dims)
    if exponent < 0:
        return made.add("power", (_power(made, name, -exponent, dims),), -_1, dims)
    if exponent.denominator == 1 and exponent % 2 == 0:
        return made.add("power", (_power(made, name, exponent / 2, dims),), Fraction(2), dims)
    rest = exponent % 1 or _1
    places = tuple(range(len(dims)))
    factors = _power(made, name, exponent - rest, dims), _power(made, name, rest, dims)
    return made.add("product", factors, (places, places, places), dims)


# ---------------------------------------------------------------- numbers where there are few entries
Scalars = tuple[Fraction, tuple[str, ...], tuple[Fraction, ...]]  # a coefficient, and scalars with their exponents


def _price(made: Rewriting, name: str, depth: int = 0) -> Fraction:
    """What it costs to multiply a value by scalars: the entries that are written, and a share for each call."""
    own = made.size(made.dims[name]) + (CALL if made.dims[name] else 0)
    step = made.by_name.get(name)
    if step is None or made.wanted[name] > 1 or depth > DEEPEST:
        return own
    prices = [_price(made, operand, depth + 1) for operand in step.operands]
    if step.operation in ("permute", "reshape"):
        return prices[0]
    if step.operation == "combine" and not step.data[-1]:
        return min(own, Fraction(sum(prices)))
    return min([own, *(prices[k] for k in _linear_in(step))])


def _linear_in(step: Step) -> tuple[int, ...]:
    """The operands, any one of which can be multiplied by a number instead of the value."""
    if step.operation == "product" and not is_syrk(step):
        return 0, 1
    if is_weighted_square(step):
        return (1,)
    return (0,) if step.operation in ("embed", "place") else ()


def _scaled(made: Rewriting, name: str, by: Scalars, *, always: bool = False) -> str | None:
    """A value times scalars, these multiplied to smaller arrays of which it is made, where that costs less, or always.

    None where it is better multiplied itself.
    """
    step = made.by_name.get(name)
    own = made.size(made.dims[name]) + CALL
    if step is None or made.wanted[name] > 1 or (_price(made, name) >= own and not always):
        return None
    if step.operation in ("permute", "reshape"):
        inner = _scaled(made, step.operands[0], by)
        return None if inner is None else made.add(step.operation, (inner,), step.data, step.dims)
    if step.operation == "combine":
        return None if step.data[-1] else _scaled_sum(made, step, by)
    if not _linear_in(step):
        return None
    k = min(_linear_in(step), key=lambda j: _price(made, step.operands[j]))
    operands = list(step.operands)
    operands[k] = _scaled(made, operands[k], by) or _times(made, operands[k], by)
    return made.add(step.operation, tuple(operands), step.data, step.dims)


def _scaled_sum(made: Rewriting, step: Step, by: Scalars) -> str | None:
    """A sum, without a constant, each of whose terms takes the scalars."""
    *coefficients, _ = step.data
    factors = [(by[0] * c, *by[1:]) for c in coefficients]
    terms = [_scaled(made, o, own) or _times(made, o, own) for o, own in zip(step.operands, factors, strict=True)]
    return made.add("combine", tuple(terms), (*(_1 for _ in terms), Fraction(0)), step.dims)


def _opened(
    made: Rewriting, coefficients: list[Fraction], operands: list[str], constant: Fraction
) -> tuple[list[Fraction], list[str], Fraction]:
    """The coefficients, terms and constant of a sum; those of a sum inside that has terms on few places among them."""
    numbers: list[Fraction] = []
    terms: list[str] = []
    for coefficient, name in zip(coefficients, operands, strict=True):
        inner = made.by_name.get(name)
        opens = inner is not None and inner.operation == "combine" and coefficient == 1 and made.wanted[name] <= 1
        if inner is not None and opens and any(is_sparse(made.by_name[o]) for o in inner.operands if o in made.by_name):
            numbers += inner.data[:-1]
            terms += inner.operands
            constant += inner.data[-1]
        else:
            numbers.append(coefficient)
            terms.append(name)
    return numbers, terms, constant


def _scaled_apart(made: Rewriting, name: str, by: Scalars) -> str | None:
    """A sum whose terms on few places take the scalars by themselves, so that they can be added last."""
    step = made.by_name.get(name)
    if step is None or step.operation != "combine" or made.wanted[name] > 1:
        return None
    few = [k for k, o in enumerate(step.operands) if o in made.by_name and is_sparse(made.by_name[o])]
    rest = [k for k in range(len(step.operands)) if k not in few]
    if not few or not rest:
        return None
    apart = [_scaled(made, step.operands[k], (by[0] * step.data[k], *by[1:]), always=True) for k in few]
    full = step.operands[rest[0]]
    if len(rest) > 1 or step.data[rest[0]] != 1 or step.data[-1]:
        data = (*(step.data[k] for k in rest), step.data[-1])
        full = made.add("combine", tuple(step.operands[k] for k in rest), data, step.dims)
    scaled = made.add("scale", (full, *by[1]), (by[0], True, by[2]), step.dims)
    terms = (scaled, *(term for term in apart if term is not None))
    return made.add("combine", terms, (*(_1 for _ in terms), Fraction(0)), step.dims) if None not in apart else None


def _times(made: Rewriting, name: str, by: Scalars) -> str:
    coefficient, scalars, exponents = by
    leaf, dims, inner = made.leaves.get(name), made.dims[name], made.by_name.get(name)
    if inner is not None and inner.operation == "scale" and dims and made.wanted[name] <= 1 and not scalars:
        return made.add("scale", inner.operands, (coefficient * inner.data[0], *inner.data[1:]), dims)
    if leaf is not None and leaf.kind == "number":
        coefficient *= leaf.data  # type: ignore[operator]
        if not scalars:
            made.leaves[str(coefficient)] = leaf._replace(data=coefficient)
            made.dims[str(coefficient)] = ()
            return str(coefficient)
        return made.add("scale", scalars, (coefficient, False, exponents), dims)
    if not dims:
        return made.add("scale", (name, *scalars), (coefficient, False, (_1, *exponents)), dims)
    return made.add("scale", (name, *scalars), (coefficient, True, exponents), dims)


def _combined(made: Rewriting, step: Step, operands: tuple[str, ...]) -> str:
    """A sum whose coefficients stand on smaller arrays, of which the terms are made."""
    *coefficients, constant = step.data
    terms = list(operands)
    few = {o for o in operands if o in made.by_name and is_sparse(made.by_name[o])}
    outer = sum(o in made.by_name and is_outer(made.by_name[o]) for o in operands)
    added = outer < 2 and any(c == 1 and o not in few for c, o in zip(coefficients, operands, strict=True))
    for k, coefficient in enumerate(coefficients):
        is_free = coefficient == 1 or (coefficient == -1 and added and len(step.dims) <= 2)  # a sum has its signs
        scaled = None if is_free else _scaled(made, terms[k], (coefficient, (), ()), always=outer > 1)
        if scaled is not None:
            terms[k], coefficients[k] = scaled, _1
    coefficients, opened, constant = _opened(made, coefficients, terms, constant)
    return made.add("combine", tuple(opened), (*coefficients, constant), step.dims, step.result)


# ---------------------------------------------------------------- the order of axes
def _transposed(made: Rewriting, name: str, order: tuple[int, ...]) -> str | None:
    """A value with its axes in another order, where it can be made so."""
    step = made.by_name.get(name)
    if step is None or made.wanted[name] > 1:
        return None
    dims = tuple(step.dims[k] for k in order)
    if step.operation == "permute":
        both = tuple(step.data[k] for k in order)
        inner = step.operands[0]
        return inner if both == tuple(sorted(both)) else made.add("permute", (inner,), both, dims)
    if step.operation in ("product", "embed"):
        *places, out = step.data
        data = (*places, tuple(out[k] for k in order))
        return made.add(step.operation, step.operands, data, dims)
    if step.operation in ("combine", "scale"):
        terms = step.operands if step.operation == "combine" else step.operands[:1]
        transposed = [_transposed(made, term, order) for term in terms]
        if None not in transposed:
            operands = (*(term for term in transposed if term), *step.operands[len(terms) :])
            return made.add(step.operation, operands, step.data, dims)
    return None


# ---------------------------------------------------------------- identities
def _linked(made: Rewriting, step: Step, operands: tuple[str, ...]) -> str | None:
    """The value of a step that leads axes through an identity; what deltas are left is noted by its name."""
    found = None
    if step.operation == "reshape":
        found = reshaped_identity(made, step, operands)
    else:
        k = next((j for j, o in enumerate(operands) if o in made.linked), None)
        if k is not None:
            found = led_through(made, made.linked[operands[k]], step, k, operands)
    if found is None:
        return None
    name = formed(made, found, step.dims)
    if name is None:
        name = made.add(step.operation, operands, step.data, step.dims, step.result)
        made.linked[name] = found
    return name


# ---------------------------------------------------------------- sums of rows
def _row_sums(made: Rewriting, step: Step, operands: tuple[str, ...]) -> str | None:
    """The sums of the rows of A*diag(x).*B as (A.*B)*x: a product with a vector is faster than a sum."""
    places, out = step.data[:2], step.data[2]
    if len(out) != 1 or any(len(own) != 2 or set(own) != set(places[0]) for own in places):
        return None
    for k, name in enumerate(operands):
        inner = made.by_name.get(name)
        if inner is None or inner.operation != "product" or made.wanted[name] > 1:
            continue
        for j in (0, 1):
            own, weights = inner.data[j], inner.data[1 - j]
            if own != inner.data[2] or len(own) != 2 or len(weights) != 1:
                continue
            letter = dict(zip(own, places[k], strict=True))[weights[0]]
            if letter in out:
                continue
            dims = step.operand_dims[k]
            data = (places[k], places[1 - k], places[k])
            both = made.add("product", (inner.operands[j], operands[1 - k]), data, dims)
            weighed = relabelled(places[k], (letter,), out)
            return made.add("product", (both, inner.operands[1 - j]), weighed, step.dims)
    return None
