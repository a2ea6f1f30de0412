"""Python functions as formulas: read from their source, or traced by calling them with symbolic arrays."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping
from types import FunctionType, ModuleType
from typing import Any

from matcalc.arrays.array import Array, array_of
from matcalc.arrays.table import find
from matcalc.errors import MatcalcError, UnsupportedError, shown
from matcalc.expr import Expr, call
from matcalc.functions import TR
from matcalc.rational import Fraction
from matcalc.readers.numpy_source import parsed
from matcalc.readers.numpy_source.inferring import Code, formula_of
from matcalc.readers.numpy_source.names import Known, Module, full_path
from matcalc.readers.numpy_source.shapes import Told, told_shapes, two_axes_used
from matcalc.readers.numpy_source.statements import Statements
from matcalc.readers.numpy_source.values import Closure, Scope
from matcalc.shape import ONE
from matcalc.symbols import with_hints

_LETTERS = "nmkdpqrst"


def read(function: Callable[..., Any] | str, /, **arguments: Any) -> Expr:
    """The formula that a Python function computes with NumPy, read from its source, which is not executed.

    Its arguments are the variables: ``arguments`` says of each a declared variable, an example array, whose lengths
    get names, or a number or another value that it is. Of others, annotations, comments, docstrings or defaults do.

    Raises:
        MatcalcError: the source is not found, or it computes what is no formula; the error says where.
    """
    outside: Callable[[str], Any] = _nothing
    if isinstance(function, str):
        text = function
    else:
        text, outside = source_of(function), _names_of(function)
    tree = parsed(text)
    variables, told, values = declared(arguments)
    found = {**told_shapes(tree, text), **told}
    code = Code(text, tree, variables, found, two_axes_used(tree) - set(told), {}, values, outside)
    expr, used = formula_of(code)
    return with_hints(expr, *variables.values(), *used.values())


def trace(function: Callable[..., Any] | Expr, /, **arguments: Any) -> Expr:
    """The formula that a Python function computes when it is called with symbolic arrays.

    Code that is spread over several functions is traced as it runs; it goes one way where it asks for values, and
    that is refused. ``arguments`` are declared variables; example arrays, for whose sizes the formula is, so that
    Python can loop over them; or numbers and other values, which stay what they are. Of a formula, it is the trace.

    Raises:
        MatcalcError: the function does what is no formula, or raises an error.
    """
    if isinstance(function, Expr):
        return call(TR, function)
    if not callable(function):
        raise UnsupportedError(f"this is no function: {shown(function)}", hint="mc.trace(loss, X=X, w=w)")
    variables, told, values = declared(arguments, by_names=False)
    reading = Statements("", variables, told, set())
    given = {name: reading.variable(name) if name in variables else arguments[name] for name in arguments}
    given.update({name: value for name, value in values.items() if not isinstance(value, Fraction)})
    try:
        result = function(**given)
    except MatcalcError:
        raise
    except Exception as error:
        raise UnsupportedError(f"the function raised {type(error).__name__}", str(error)[:200]) from error
    return with_hints(reading.result(result), *variables.values())


def declared(
    arguments: Mapping[str, Any], by_names: bool = True
) -> tuple[dict[str, Expr], dict[str, Told], dict[str, Any]]:
    """Variables, the shapes of those given by examples, and values that are no variables.

    Equal lengths of examples get one name, if they get names.
    """
    variables: dict[str, Expr] = {}
    told: dict[str, Told] = {}
    values: dict[str, Any] = {}
    lengths: dict[int, str] = {}
    for name, value in arguments.items():
        if isinstance(value, Expr):
            if value.kind != "variable" or value.data[0] != name:
                raise UnsupportedError(f"{name} is given as a variable of that name", hint=f'mc.matrix("{name}", …)')
            variables[name] = value
        elif hasattr(value, "__array_interface__") and hasattr(value, "ndim") and value.ndim:
            if value.ndim > 2:
                raise UnsupportedError(f"{name} has three axes, and no form here")
            sizes = [
                lengths.setdefault(size, _name(len(lengths))) if by_names and size > 1 else str(size)
                for size in value.shape
            ]
            dims = tuple(sizes)
            told[name] = Told(dims)
            variables[name] = told[name].variable(name)
        elif isinstance(value, float) or hasattr(value, "__array_interface__"):
            values[name] = Fraction(repr(float(value)))
        else:
            values[name] = value
    return variables, told, values


def _name(count: int) -> str:
    return _LETTERS[count] if count < len(_LETTERS) else f"n{count}"


def source_of(function: Callable[..., Any]) -> str:
    """The source of a function.

    Raises:
        UnsupportedError: it has none.
    """
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        raise UnsupportedError(
            f"there is no source of {shown(function)}", hint="mc.trace(function, X=X, w=w) calls it; or give its text"
        ) from None


def _nothing(name: str) -> Any:
    return None


def _names_of(function: Callable[..., Any]) -> Callable[[str], Any]:
    """What names outside of a function mean: modules, numbers, functions of NumPy, others by their source."""
    names: dict[str, Any] = dict(getattr(function, "__globals__", {}))
    code: Any = getattr(function, "__code__", None)
    cells: Any = getattr(function, "__closure__", None) or ()
    for name, cell in zip(code.co_freevars if code is not None else (), cells, strict=False):
        try:
            names[name] = cell.cell_contents
        except ValueError:  # it has no value yet
            continue
    return lambda name: _meaning(names[name]) if name in names else None


def _meaning(value: Any) -> Any:
    if isinstance(value, ModuleType):
        return Module(full_path(value.__name__))
    if isinstance(value, FunctionType) and (value.__module__ or "").split(".")[0] not in ("numpy", "scipy", "jax"):
        return _as_closure(value)
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, float):
        return Fraction(repr(value)) if value == value and abs(value) != float("inf") else value
    if isinstance(value, Expr):
        return (
            array_of(value) if value.kind == "variable" else Array(value, tuple(d for d in value.shape if d is not ONE))
        )
    name = getattr(value, "__name__", "")
    for module in (getattr(value, "__module__", None) or "", "numpy", "scipy.special"):
        call = find(f"{full_path(module)}.{name}") if name and callable(value) else None
        if call is not None:
            return Known(f"{module}.{name}", call)
    return None


def _as_closure(function: FunctionType) -> Closure:
    text = source_of(function)
    tree = ast.parse(text)
    node = tree.body[0] if tree.body else None
    if not isinstance(node, ast.FunctionDef):
        raise UnsupportedError(f"{function.__name__} is no function that is read")
    reading = Statements(text, {}, {}, set(), {}, _names_of(function))
    return Closure(node, Scope(), reading.closure(node, Scope()).defaults, reading=reading)
