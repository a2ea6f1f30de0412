"""The boundary of the package: arguments of public functions are of the kinds that their annotations say.

``checked_arguments`` looks at the arguments once, when a public function is called, so that nothing inside has to. What
is told of a wrong value is short, and no container is looked at that is longer than any formula is.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from numbers import Real
from operator import index
from typing import Any, ParamSpec, TypeVar, get_args, get_origin

from matcalc.errors import MatcalcError, shown
from matcalc.rational import Fraction

P = ParamSpec("P")
R = TypeVar("R")

LONGEST = 100_000  # things in a list
MOST_DIGITS = 3_000  # of a number: Python writes those of 4,300
MOST_BITS = 10_000
_TAKES_MORE = 4  # the flag of a function with *args, which ``inspect`` has a name for, and loads slowly

Kind = Callable[[Any], bool]


def checked_arguments(function: Callable[P, R]) -> Callable[P, R]:
    """The function, which refuses arguments of wrong kinds."""
    kinds: dict[str, tuple[Kind, str]] = {}
    names: list[str] = []
    rest: list[str] = []

    def prepare() -> None:
        """What annotations mean is looked up when it is needed: some name what is defined further down."""
        code, annotations = function.__code__, function.__annotations__
        count = code.co_argcount + code.co_kwonlyargcount
        names.extend(code.co_varnames[: code.co_argcount])
        if code.co_flags & _TAKES_MORE:
            rest.append(code.co_varnames[count])
        for name in (*code.co_varnames[:count], *rest):
            kinds[name] = _kind(_meaning(annotations[name], function)), _words(annotations[name])

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        if not kinds:
            prepare()
        try:
            for at, value in enumerate(args):
                if at < len(names) or rest:
                    _check(kinds, names[at] if at < len(names) else rest[0], value)
            for name, value in kwargs.items():
                if name in kinds:
                    _check(kinds, name, value)
            return function(*args, **kwargs)
        except MatcalcError as error:
            _point(error, function, args, kwargs)
            raise

    return call


# ---------------------------------------------------------------- errors that point into calls
def pointing(function: Callable[P, R]) -> Callable[P, R]:
    """The function, whose errors point at arguments; what it makes of them is looked at inside."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except MatcalcError as error:
            _point(error, function, args, kwargs)
            raise

    return call


def in_brackets(take: Callable[[Any, Any], R]) -> Callable[[Any, Any], R]:
    """What takes entries, whose errors point at positions: B[5, 0]."""

    @wraps(take)
    def call(operand: Any, where: Any) -> R:
        try:
            return take(operand, where)
        except MatcalcError as error:
            places = where if isinstance(where, tuple) else (where,)
            text = operand.short if operand.kind in ("variable", "call") else f"({operand.short})"
            _point_into(error, f"{text}[", [("", at, short(at)) for at in places], "]")
            raise

    return call


def _point(
    error: MatcalcError, function: Callable[..., Any], args: Sequence[object], kwargs: Mapping[str, object]
) -> None:
    """Shows the call with the arguments that an error is about, where it is about some of them."""
    if not error.arguments and not error.values:
        return
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    given = [(names[at] if at < len(names) else "", value, short(value)) for at, value in enumerate(args)]
    given = given[1:] if names[:1] == ("self",) else given
    given += [(name, value, f"{name}={short(value)}") for name, value in kwargs.items()]
    _point_into(error, f"{function.__name__}(", given, ")")


def _point_into(error: MatcalcError, opening: str, arguments: Sequence[tuple[str, object, str]], closing: str) -> None:
    """Shows a call, or what stands in brackets: of each argument the name, the value and its text."""
    text, places = opening, []
    for name, value, told in arguments:
        if (name and name in error.arguments) or any(_is_given(value, at_fault) for at_fault in error.values):
            shape = getattr(value, "shape", "") if hasattr(value, "short") else ""
            places.append(((len(text), len(text) + len(told)), f"is {shape}" if shape else ""))
        text += f"{told}, "
    if places:
        error.in_call(text.removesuffix(", ") + closing, *places)


def _is_given(value: object, at_fault: object) -> bool:
    return value is at_fault or (type(value) is type(at_fault) in (int, str, float) and value == at_fault)


def short(value: object) -> str:
    """An argument as it is shown in a call: a formula by its text, a range as in brackets, else as Python writes it."""
    if isinstance(value, slice):
        ends = ("" if end is None else short(end) for end in (value.start, value.stop, value.step))
        return ":".join(ends).removesuffix(":") if value.step is None else ":".join(ends)
    return str(getattr(value, "short", "")) or shown(value)


def _check(kinds: Mapping[str, tuple[Kind, str]], name: str, value: object) -> None:
    is_of_kind, words = kinds[name]
    if not is_of_kind(value):
        raise MatcalcError(f"{name} must be {words}", f"got {shown(value)}", hint=_read_first(value, words)).about(name)


def _read_first(value: Any, words: str) -> str:
    """How a formula is made of what came: of a text, or of an expression of SymPy."""
    if type(value).__module__.partition(".")[0] == "sympy":
        return 'from_sympy reads expressions of SymPy; variables are told by their names: "x"'
    if callable(value) and hasattr(value, "__code__"):
        return f"read({value.__name__}, …) reads the formula that a function computes"
    return f"parse({shown(value)}) reads a text" if isinstance(value, str) and "a formula" in words else ""


def _meaning(annotation: Any, function: Callable[..., Any]) -> Any:
    while isinstance(annotation, str):  # an alias may be a string, too
        annotation = eval(annotation, {"Fraction": Fraction, **function.__globals__})  # aliases name numbers
    return annotation


def _kind(annotation: Any) -> Kind:
    """Whether a value is what an annotation says."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is types.UnionType or str(origin) == "typing.Union":
        kinds = [_kind(argument) for argument in arguments]
        return lambda value: any(kind(value) for kind in kinds)
    if annotation is Any or annotation is object or isinstance(annotation, TypeVar):
        return lambda value: True
    if origin is not None and issubclass(origin, Mapping):
        key, of = map(_kind, arguments)
        return lambda value: (
            isinstance(value, Mapping) and len(value) <= LONGEST and all(key(k) and of(v) for k, v in value.items())
        )
    if origin is not None and issubclass(origin, Sequence):
        each = _kind(arguments[0])
        return lambda value: (
            isinstance(value, Sequence)
            and not isinstance(value, str | bytes)
            and len(value) <= LONGEST
            and all(map(each, value))
        )
    if annotation is int:
        return lambda value: integer(value) is not None
    if annotation is float:
        return lambda value: (
            isinstance(value, Real)
            or (hasattr(type(value), "__float__") and not getattr(value, "free_symbols", None))  # SymPy's have both
        )
    if origin is not None:
        return callable if origin.__name__ == "Callable" else lambda value: isinstance(value, origin)
    wanted = type(None) if annotation is None else annotation
    return lambda value: isinstance(value, wanted)


def integer(value: Any) -> int | None:
    """The integer that a value is, of a size that can be written; None for any other value."""
    if isinstance(value, bool) or not hasattr(type(value), "__index__"):
        return None
    try:
        number = index(value)
    except TypeError:  # an array of several, or a formula
        return None
    return number if number.bit_length() <= MOST_BITS else None


def decimal(text: str) -> int | None:
    """The integer that digits mean, where these are not too many to be read."""
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None


_WORDS = {
    "Operand": "a formula or a number", "Expr": "a formula", "Expr | None": "a formula", "str": "a text",
    "By": "a variable or its name", "By | None": "a variable or its name",
    "By | Sequence[By]": "a variable, or a list of variables",
    "str | Expr": "a text or a formula", "Size": "a dimension: a positive integer or a name", "int": "an integer",
    "Mapping[str, int] | None": "sizes by name, such as {'n': 3}", "bool": "True or False",
    "str | Sequence[str]": "a text or a list of texts", "Sequence[str]": "a list of texts",
    "Sequence[Expr]": "a list of variables", "Sequence[int]": "a list of integers",
    "Sequence[Sequence[Expr | int | float]]": "rows of blocks, such as [[A, B], [C, D]]",
    "Expr | Sequence[Expr]": "a variable or a list of variables",
    "Callable[..., Any]": "a function",
}  # fmt: skip


def _words(annotation: Any) -> str:
    return _WORDS.get(str(annotation), f"of the kind {annotation}")
