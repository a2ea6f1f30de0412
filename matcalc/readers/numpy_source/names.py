"""What names mean in NumPy source: modules and what is imported from them, Python's own functions, nothing else."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from matcalc.arrays import reductions
from matcalc.arrays.array import METHODS, Array, as_array
from matcalc.arrays.entrywise import maximum, minimum
from matcalc.arrays.layout import members, shape
from matcalc.arrays.operators import OPERATORS
from matcalc.arrays.sizes import Size, length, quotient, sized
from matcalc.arrays.table import CONSTANTS, MODULES, find, unknown
from matcalc.errors import UnsupportedError, shown
from matcalc.readers.numpy_source.loops import BoundList, Range

# The names that modules have in most code; a text's own imports go before.
USUAL = {
    "np": "numpy", "numpy": "numpy", "anp": "numpy", "jnp": "numpy", "scipy": "scipy", "sp": "scipy", "math": "math",
    "LA": "numpy.linalg", "la": "numpy.linalg", "npl": "numpy.linalg", "linalg": "", "sla": "scipy.linalg",
    "special": "scipy.special", "jax": "jax", "stats": "scipy.stats",
}  # fmt: skip
_SAME_MODULE = {
    "jax.numpy": "numpy", "autograd.numpy": "numpy", "autograd.scipy": "scipy", "jax.scipy": "scipy", "cupy": "numpy",
    "np": "numpy", "scipy.misc": "scipy.special", "numpy.matlib": "numpy",
}  # fmt: skip
# Without a module: names that mean one thing in NumPy and SciPy, and are none of Python's own.
_BARE = ("numpy", "numpy.linalg", "scipy.special", "scipy.linalg")
_ASKED = {
    "cholesky": "np.linalg.cholesky is lower, scipy.linalg.cholesky upper", "softmax": "its axis is said by its module",
    "array": "", "solve": "",
}  # fmt: skip
_LOGGING = ("print", "warnings.warn", "logging.info")


@dataclass(frozen=True, repr=False)
class Module:
    """A module, by its full name; nothing is imported."""

    path: str

    def __repr__(self) -> str:
        return f"the module {self.path}"


@dataclass(frozen=True, repr=False)
class Known:
    """A function that is read."""

    name: str
    call: Callable[..., Any]

    def __repr__(self) -> str:
        return f"the function {self.name}, which is not called"


def full_path(path: str) -> str:
    """The module of NumPy or SciPy that another library's one is like."""
    for prefix, same in _SAME_MODULE.items():
        if path == prefix or path.startswith(f"{prefix}."):
            return same + path[len(prefix) :]
    return path


def imported(node: ast.Import | ast.ImportFrom) -> dict[str, Any]:
    """The names that an import brings, of modules and of functions that are known; nothing is opened."""
    found: dict[str, Any] = {}
    for alias in node.names:
        if isinstance(node, ast.Import):
            path = full_path(alias.name)
            name = alias.asname or alias.name.partition(".")[0]
            found[name] = Module(path if alias.asname else full_path(path.partition(".")[0]))
        elif alias.name != "*":
            found[alias.asname or alias.name] = member(Module(full_path(node.module or "")), alias.name, lenient=True)
    return found


def member(module: Module, name: str, lenient: bool = False) -> Any:
    """A part of a module: a constant, a function, or a module.

    Raises:
        UnsupportedError: it is not known.
    """
    path = full_path(f"{module.path}.{name}" if module.path else name)
    if path.startswith("jax.nn."):
        path = {"sigmoid": "scipy.special.expit", "softmax": "", "relu": ""}.get(name, path) or path
    if module.path in ("numpy", "math", "scipy") and name in CONSTANTS:
        return CONSTANTS[name]
    call = find(path)
    if call is not None:
        return Known(path, call)
    if any(
        known == path or known.startswith(f"{path}.")
        for known in (*MODULES, "numpy.random", "scipy.stats.norm", "jax.nn")
    ):
        return Module(path)
    if (
        lenient
        or path in ("numpy.finfo", "numpy.ndarray", "numpy.errstate", "numpy.number", "numpy.c_", "numpy.r_")
        or name in _TYPES
    ):
        return Module(path)
    raise unknown(path)


_TYPES = ("float64", "float32", "int32", "int64", "float_", "int_", "double", "bool_", "ndarray")


def bare(name: str) -> Any | None:
    """What a name means that nothing in the text says: Python's own functions, usual modules, functions of NumPy."""
    if name in BUILTINS:
        return Known(name, BUILTINS[name])
    if USUAL.get(name):
        return Module(USUAL[name])
    if name in _ASKED:
        return None
    found = [Known(f"{module}.{name}", MODULES[module][name]) for module in _BARE if name in MODULES[module]]
    return found[0] if found else None


# ---------------------------------------------------------------- Python's own functions
def _sum(values: Any, start: Any = 0) -> Any:
    if isinstance(values, BoundList):
        return values.summed() if isinstance(start, int) and start == 0 else OPERATORS["+"](start, values.summed())
    if isinstance(values, Array):
        if values.ndim == 0:
            raise UnsupportedError("sum is of several values")
        total = reductions.SUM(values, 0)
        return total if isinstance(start, int) and start == 0 else OPERATORS["+"](start, total)
    if not isinstance(values, list | tuple):
        raise UnsupportedError(f"sum is of several values, and not of {shown(values)}")
    made = start
    for value in values:
        made = OPERATORS["+"](made, value)
    return made


def _extreme(name: str, pair: Callable[[object, object], Any], pick: Callable[[Any], Any]) -> Callable[..., Any]:
    def extreme(*values: Any) -> Any:
        several = values[0] if len(values) == 1 else list(values)
        if isinstance(several, BoundList | Array):
            array = as_array(several)
            if array.ndim != 1:
                raise UnsupportedError(f"{name} of Python is of numbers", hint=f"np.{name}(X)")
            return reductions.reduced(name, array)
        if not isinstance(several, list | tuple) or not several:
            raise UnsupportedError(f"{name} is of several values")
        if all(length(value) is not None or hasattr(value, "numerator") for value in several):
            return pick(several)
        made = several[0]
        for value in several[1:]:
            if as_array(value).ndim or as_array(made).ndim:
                raise UnsupportedError(f"{name} of Python is of numbers", hint=f"np.{name}imum(a, b)")
            made = pair(made, value)
        return made

    return extreme


def _len(value: Any) -> Any:
    if isinstance(value, BoundList):
        if value.is_flat or value.binder.relation is not None:
            raise UnsupportedError("the length of this list is not read")
        return Size(value.binder.dim)
    if isinstance(value, list | tuple | str):
        return len(value)
    array = as_array(value)
    if not array.ndim:
        raise UnsupportedError("a number has no length")
    return shape(array)[0]


def _range(*bounds: Any) -> Range:
    if len(bounds) == 3 and bounds[2] == 1:
        bounds = bounds[:2]
    if len(bounds) not in (1, 2):
        raise UnsupportedError("range is read with a start and an end")
    start, stop = bounds if len(bounds) == 2 else (0, bounds[0])
    return Range(start, stop)


def _int(value: Any) -> Any:
    if length(value) is not None:
        return value
    raise UnsupportedError("int() cuts a number off")


def _float(value: Any) -> Any:
    if isinstance(value, str):
        if value.strip("+-").lower() in ("inf", "infinity"):
            return float(value)
        raise UnsupportedError("float() of a text is not read")
    if isinstance(value, int) or length(value) is not None:
        return value
    array = as_array(value)
    if array.ndim:
        raise UnsupportedError("float() is of a number")
    return array


def _list(value: Any = ()) -> Any:
    if isinstance(value, Array):
        return members(value)
    if isinstance(value, Range) and (rounds := value.rounds()) is not None:
        return rounds
    return list(value) if isinstance(value, list | tuple) else value


def _abs(value: Any) -> Any:
    return abs(value) if hasattr(value, "numerator") else METHODS["abs"](value)


def _isinstance(value: Any, kind: Any) -> bool:
    if isinstance(kind, Module) and kind.path == "numpy.ndarray":
        return isinstance(value, Array) and value.ndim > 0
    raise UnsupportedError("isinstance is read of np.ndarray alone")


def _refuse(name: str) -> Callable[..., Any]:
    def refuse(*_: Any, **__: Any) -> Any:
        raise UnsupportedError(f"{name} is not read, and nothing is executed")

    return refuse


def _zip(*values: Any, strict: object = False) -> Any:
    return Zipped(values)


@dataclass(frozen=True)
class Zipped:
    """``zip(X, y)``, or ``enumerate(X)``."""

    parts: tuple[Any, ...]


BUILTINS: dict[str, Callable[..., Any]] = {
    "sum": _sum, "len": _len, "range": _range, "int": _int, "float": _float, "abs": _abs,
    "max": _extreme("max", maximum, max), "min": _extreme("min", minimum, min),
    "pow": lambda a, b: OPERATORS["**"](a, b), "list": _list, "tuple": lambda v=(): tuple(_list(v)),
    "zip": _zip, "enumerate": lambda v, start=0: Zipped((_enumerated(v, start), v)), "isinstance": _isinstance,
    **{name: _refuse(name) for name in (
        "eval", "exec", "open", "compile", "__import__", "getattr", "setattr", "globals", "locals", "vars", "input",
        "round", "type", "all", "any", "sorted", "map", "filter",
    )},
}  # fmt: skip


def _enumerated(values: Any, start: Any) -> Range:
    count = _len(values)
    return Range(start, OPERATORS["+"](start, count) if start != 0 else count)


def whole_division(op: ast.operator, left: Any, right: Any) -> Any:
    one, other = length(left), length(right)
    if one is None or other is None or one.number is None or other.number is None or not other.number:
        if isinstance(op, ast.FloorDiv) and one is not None and other is not None:
            exact = quotient(one, other)
            if exact is not None:
                return sized(exact)
        raise UnsupportedError("// and % are read of whole numbers that are known")
    return one.number // other.number if isinstance(op, ast.FloorDiv) else one.number % other.number


def alike(left: Any, right: Any) -> bool:
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and type(left) is type(right) and all(map(alike, left, right))
    return bool(left == right)
