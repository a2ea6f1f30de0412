"""Runs what ``emission`` writes, which is loaded for the first formula that has no code yet."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from matcalc.boundary import integer
from matcalc.errors import EvaluationError, MatcalcError, shown
from matcalc.expr import Expr, name_of
from matcalc.facts import FACTS
from matcalc.families import array_dims, declared_facts, members_of
from matcalc.parts import variables
from matcalc.records import NamedTuple
from matcalc.shape import LARGEST
from matcalc.symbols import bound_symbols, size_symbols

if TYPE_CHECKING:
    from matcalc.emission.emitted import Emitted
    from matcalc.validity import Condition

_Sizes = tuple[tuple[str, int], ...]
UNDEFINED = "the formula is not defined at these values"
_told: WeakKeyDictionary[Expr, list[_Told]] = WeakKeyDictionary()
_compiled: WeakKeyDictionary[Expr, dict[_Sizes, Emitted]] = WeakKeyDictionary()


def evaluate(expr: Expr, values: Mapping[str, Any], sizes: Mapping[str, int]) -> Any:
    """The value of a formula at arrays: see :func:`matcalc.evaluate`."""
    own = variables(expr)
    _check_values(own, values)
    if not isinstance(sizes, Mapping):
        raise EvaluationError("sizes come by name", hint='evaluate(f, values, sizes={"n": 3})')
    try:
        value = _value(expr, own, values, sizes)
    except EvaluationError as error:
        broken = _broken(_conditions(expr), values, sizes)
        raise EvaluationError(UNDEFINED, broken) if broken else error from None
    broken = _broken([told for told in _hiding(expr) if told.condition.hides], values, sizes)
    if broken:
        raise EvaluationError(UNDEFINED, broken)
    return value


def _value(expr: Expr, own: list[Expr], values: Mapping[str, Any], sizes: Mapping[str, int]) -> Any:
    fixed = tuple(sorted(_sizes(expr, own, values, sizes).items()))
    known = _compiled.setdefault(expr, {})
    if fixed not in known:
        from matcalc.emission.numpy import emit

        known[fixed] = emit({"value": expr}, "value", dict(fixed))
    return _run(known[fixed], _given(known[fixed], values))


class _Told(NamedTuple):
    """A condition, its text, and the formulas that it is about."""

    condition: Condition
    text: str
    operands: tuple[Expr, ...]


def _hiding(expr: Expr) -> list[_Told]:
    """The conditions of a formula with functions that give numbers where they are not defined."""
    hides = any(part.kind == "call" and (part.data.defined or part.data.asks) for part in expr.parts)
    return _conditions(expr) if hides else []


def _conditions(expr: Expr) -> list[_Told]:
    known = _told.get(expr)
    if known is None:
        from matcalc.lifting.lift import lift
        from matcalc.validity import conditions_of, written

        found = conditions_of(expr)
        texts = (written([condition])[0] for condition in found)
        operands = (tuple(lift(node, min(node.rank, 1)) for node in condition.operands) for condition in found)
        known = _told[expr] = [_Told(*told) for told in zip(found, texts, operands, strict=True)]
    return known


def _broken(conditions: list[_Told], values: Mapping[str, Any], sizes: Mapping[str, int]) -> str:
    """The first condition that does not hold at values, and why; what has no value there says nothing."""
    for condition, text, operands in conditions:
        if not all(name_of(v) in values for operand in operands for v in variables(operand)):
            continue  # it is about a member
        try:
            arrays = [_value(operand, variables(operand), values, sizes) for operand in operands]
        except MatcalcError:
            continue
        why = condition.fails(arrays)
        if why:
            about = " and ".join(map(str, operands))
            return f"it is valid for {text}: {why if about in text else f'{about}: {why}'}"
    return ""


def run(emitted: Emitted, arguments: list[Expr], values: Mapping[str, Any]) -> Any:
    """The results of an emitted function at values of its variables, by name.

    Raises:
        EvaluationError: a value is missing, contradicts a fact or has a wrong shape, or a result is not defined.
    """
    _check_values(arguments, values)
    return _run(emitted, _given(emitted, values))


def _check_values(arguments: list[Expr], values: Mapping[str, Any]) -> None:
    """Refuses values that do not come by name, are missing, or contradict declared facts."""
    if not isinstance(values, Mapping) or not all(isinstance(name, str) for name in values):
        raise EvaluationError("values come by name", hint='evaluate(f, {"A": ..., "x": ...})')
    missing = sorted(name_of(variable) for variable in arguments if name_of(variable) not in values)
    if missing:
        came = ", ".join(sorted(values)) or "nothing"
        raise EvaluationError(f"no value for {', '.join(missing)}", f"values came for: {came}")
    for variable in arguments:
        if isinstance(values[name_of(variable)], Expr):
            raise EvaluationError(f"the value of {name_of(variable)} is a formula", hint="evaluate that one first")
        check_facts(variable, values[name_of(variable)])


@contextmanager
def silence() -> Iterator[None]:
    """Without warnings: what is not defined is seen in the value."""
    import numpy as np

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def tried(emitted: Emitted, values: Iterable[Any]) -> Any:
    """The results at values of its variables in order, None where they are not defined; facts are not checked."""
    import numpy as np

    try:
        return emitted.compile()(*values)
    except (ArithmeticError, ValueError, IndexError, np.linalg.LinAlgError):
        return None


def _given(emitted: Emitted, values: Mapping[str, Any]) -> list[Any]:
    """The arguments in order; a function without a known body comes by its name or by that of its parameter."""
    found = []
    for name, parameter in zip(emitted.variables, emitted.arguments, strict=True):
        key = name if name in values else parameter
        if key not in values:
            raise EvaluationError(f"no function for {name}", hint=f"give a callable: {{{shown(name)}: ...}}")
        found.append(values[key])
    return found


def _sizes(expr: Expr, own: list[Expr], values: Mapping[str, Any], given: Mapping[str, int]) -> dict[str, int]:
    """Sizes of dimensions that no variable of the formula has: given ones, else from the variables it came from.

    Raises:
        EvaluationError: a size is not a positive integer, or the values disagree about it.
    """
    bound = bound_symbols(own)
    for symbol in sorted(set(given) & set(bound)):
        has = _size_in(bound[symbol][0], symbol, values)
        if has and has != [_size(symbol, given[symbol])]:
            variable = name_of(bound[symbol][0])
            raise EvaluationError(f"the size of {symbol} is given as {given[symbol]}, but {variable} has {has[0]}")
    open_symbols = size_symbols(expr) - set(bound)
    hints = {hint for node in expr.parts for hint in node.hints} if open_symbols else set()
    found: dict[str, int] = {}
    for symbol in sorted(open_symbols):
        if symbol in given:
            found[symbol] = _size(symbol, given[symbol])
            continue
        sizes = {size for hint in hints for size in _size_in(hint, symbol, values)}
        if len(sizes) > 1:
            raise EvaluationError(
                f"the values disagree about the size of {symbol}: {' or '.join(map(str, sorted(sizes)))}",
                hint=f"give it: sizes={{{symbol!r}: {min(sizes)}}}",
            )
        if sizes:
            found[symbol] = sizes.pop()
    return found


def _size(symbol: str, size: object) -> int:
    number = integer(size)
    if number is None or not 1 <= number <= LARGEST:
        raise EvaluationError(f"the size of {symbol} must be a positive integer, got {shown(size)}")
    return number


def _size_in(hint: Expr, symbol: str, values: Mapping[str, Any]) -> list[int]:
    import numpy as np

    place = bound_symbols([hint]).get(symbol)
    if place is None or name_of(hint) not in values:
        return []
    shape = list(np.shape(values[name_of(hint)]))
    wanted = len(array_dims(hint))
    if len(shape) > wanted:
        shape = [size for size in shape if size != 1]
    return [shape[place[1]]] if len(shape) == wanted else []


def check_facts(variable: Expr, value: Any) -> None:
    """Refuses a value that has not what was declared: the formula was simplified on the strength of it."""
    import numpy as np

    declared = [fact for fact in declared_facts(variable) if fact in _HOLDS]
    facts = sorted(
        declared, key=lambda fact: any(fact in FACTS[other][0] for other in declared)
    )  # what is implied last
    if not facts:
        return
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return  # what reads the values will say so
    arrays = [array] if members_of(variable) is None or not array.ndim else list(array)
    for fact in facts:
        for part in arrays:
            if (part.ndim == 2 or fact not in _OF_MATRICES) and not _HOLDS[fact](np, part):
                raise EvaluationError(f"{name_of(variable)} was declared {fact}, and its value is not")


def holds(variable: Expr, value: Any) -> bool:
    """Whether a value has what was declared of a variable, as far as it can be seen."""
    try:
        check_facts(variable, value)
    except EvaluationError:
        return False
    return True


def _near(np: Any, a: Any, b: Any) -> bool:
    return bool(a.shape == b.shape and np.all(np.abs(a - b) <= 1e-6 * max(1e-300, np.max(np.abs(a), initial=0.0))))


_HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "symmetric": lambda np, a: _near(np, a, a.T),
    "diagonal": lambda np, a: _near(np, a, a * np.eye(*a.shape)),
    "orthogonal": lambda np, a: _near(np, np.eye(a.shape[1]), a.T @ a),
    "psd": lambda np, a: _is_semidefinite(np, a) if a.ndim == 2 else bool(np.all(a >= 0)),
    "idempotent": lambda np, a: bool(
        np.all(np.abs(_product(a) - a) <= 1e-6 * max(1.0, np.max(np.abs(a), initial=0.0)))
    ),
    "stochastic": lambda np, a: bool(np.all(np.abs(a.sum(axis=1) - 1) <= 1e-6)),
    "toeplitz": lambda np, a: _near(np, a[1:, 1:], a[:-1, :-1]),
    "fullcolrank": lambda np, a: _rank(np, a) == (a.shape[1] if a.ndim == 2 else 1),
    "fullrowrank": lambda np, a: _rank(np, a) == (a.shape[0] if a.ndim == 2 else 1),
    "posdef": lambda np, a: bool(np.all(np.linalg.eigvalsh((a + a.T) / 2) > 0)) if a.ndim == 2 else bool(np.all(a > 0)),
    "positive": lambda np, a: bool(np.all(a > 0)),
    "nonneg": lambda np, a: bool(np.all(a >= 0)),
    "skew": lambda np, a: _near(np, a, -a.T),
    "lower": lambda np, a: _near(np, a, np.tril(a)),
    "upper": lambda np, a: _near(np, a, np.triu(a)),
    "unitnorm": lambda np, a: bool(abs(np.sum(a * a) - 1) <= 1e-6),
    "sumstoone": lambda np, a: bool(abs(np.sum(a) - 1) <= 1e-6),
}
_OF_MATRICES = ("symmetric", "diagonal", "orthogonal", "skew", "lower", "upper", "stochastic", "toeplitz")


def _is_semidefinite(np: Any, a: Any) -> bool:
    """Whether no eigenvalue is negative, but for rounding."""
    return bool(np.min(np.linalg.eigvalsh((a + a.T) / 2)) >= -1e-9 * max(1e-300, np.max(np.abs(a), initial=0.0)))


def _product(a: Any) -> Any:
    return a @ a if a.ndim == 2 else a * a


def _rank(np: Any, a: Any) -> int:
    return int(np.linalg.matrix_rank(a))


def _run(emitted: Emitted, arguments: list[Any]) -> Any:
    import numpy as np

    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            warnings.filterwarnings("error", message=".*[Ss]ingular matrix.*")
            result = emitted.compile()(*arguments)
    except MatcalcError:
        raise
    except (np.linalg.LinAlgError, Warning) as error:
        raise EvaluationError(f"{UNDEFINED}: {error}") from None
    except (TypeError, ValueError, IndexError, ArithmeticError, MemoryError) as error:
        raise EvaluationError(f"these values do not fit: {error}") from None
    results = result if isinstance(result, tuple) else (result,)
    undefined = any(np.any(np.isnan(part)) for part in results)
    if undefined and not any(np.any(np.isnan(np.asarray(a, dtype=float))) for a in arguments):
        raise EvaluationError(f"{UNDEFINED}: the result is not a number")
    return result
