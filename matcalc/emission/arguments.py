"""The arguments of a function that is written: their names, their sizes, and how they are read and checked."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from unicodedata import normalize

from matcalc.emission.names import Names, python_word
from matcalc.emission.source import dim as dim_text
from matcalc.errors import EvaluationError, MatcalcError, shown
from matcalc.expr import Expr, name_of
from matcalc.families import array_dims
from matcalc.parts import abstract_functions, parts_of, variables
from matcalc.records import NamedTuple
from matcalc.symbols import bound_symbols, size_symbols

READ = '''
def _read(name, value, ndim):
    """The value as floats with this many axes; n×1 and 1×n arrays count as vectors, 1×1 ones as scalars."""
    if isinstance(value, np.ma.MaskedArray):
        raise ValueError(f"{name} is a masked array: fill it first, such as by .filled(0.0)")
    if hasattr(value, "toarray"):
        raise ValueError(f"{name} is a sparse matrix: this function takes arrays, such as {name}.toarray()")
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers, got {array.dtype}")
    array = array.astype(float, copy=False)
    if array.ndim > ndim and array.ndim <= 2 and array.ndim - array.shape.count(1) <= ndim:
        array = array.reshape(-1) if ndim == 1 else array.reshape(())
    if array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} axes, got an array of shape {array.shape}")
    if not array.size:
        raise ValueError(f"{name} must have entries, got an array of shape {array.shape}")
    return array
'''

FIT = '''
def _fit(name, array, *shape):
    """Refuses an array of another shape."""
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")
'''

# The same for stacks: leading axes are free.
READ_STACK = '''
def _read(name, value, ndim):
    """The value as floats, with at least this many axes."""
    if isinstance(value, np.ma.MaskedArray):
        raise ValueError(f"{name} is a masked array: fill it first, such as by .filled(0.0)")
    if hasattr(value, "toarray"):
        raise ValueError(f"{name} is a sparse matrix: this function takes arrays, such as {name}.toarray()")
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers, got {array.dtype}")
    if array.ndim < ndim:
        raise ValueError(f"{name} must have at least {ndim} axes, got an array of shape {array.shape}")
    if 0 in array.shape[array.ndim - ndim :]:
        raise ValueError(f"{name} must have entries, got an array of shape {array.shape}")
    return array.astype(float, copy=False)
'''

FIT_STACK = '''
def _fit(name, array, *shape):
    """Refuses an array with other last axes."""
    if array.shape[array.ndim - len(shape) :] != shape:
        raise ValueError(f"{name} must have the last axes {shape}, got {array.shape}")
'''


class Interface(NamedTuple):
    """The arguments of a function, their identifiers, where dimension symbols are read from, and all identifiers."""

    arguments: list[Expr]
    names: dict[Expr, str]
    symbols: dict[str, tuple[Expr, int]]
    scope: Names


def interface(
    results: Mapping[str, Expr],
    sizes: Mapping[str, int] | None = None,
    first: Sequence[Expr] = (),
    hidden: Sequence[Expr] = (),
    taken: Collection[str] = (),
    word: Callable[[str], str] = python_word,
) -> Interface:
    """The arguments of a function that computes results, their names, and where each dimension symbol is read from.

    Where a formula has a dimension that none of its variables has, the variables it came from are arguments too. The
    variables of ``first`` are the first arguments, used or not; those of ``hidden`` have names, but are no arguments.
    ``taken`` are words that mean something else in the code, ``word`` makes names legal there.

    Raises:
        MatcalcError: no results, names that are no identifiers, or sizes that no argument determines.
    """
    if not results:
        raise MatcalcError("nothing to emit", hint='emit({"value": f, "gradient": g})')
    for name in results:
        check_name(name)
    exprs = list(results.values())
    fixed = set(sizes or {})
    found = [v for v in _arguments([*exprs, *first], fixed) if v not in first and v not in hidden]
    arguments = [*first, *found]
    scope = Names(taken, word)
    scope.name_dims(size_symbols(*exprs, *arguments) | fixed)
    scope.name_callables(callables_of(exprs))
    names = {variable: scope.new(name_of(variable)) for variable in [*arguments, *hidden]}
    return Interface(arguments, names, _symbols(exprs, arguments, fixed), scope)


def callables_of(exprs: Sequence[Expr]) -> set[str]:
    """What parameters for functions without a known body may be called."""
    called = [f.abstract for f in abstract_functions(*exprs) if f.abstract is not None]
    return {name for f in called for name in (f.argument, f"jvp_{f.name}", f"vjp_{f.name}")}


def check_name(name: object) -> None:
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(normalize("NFKC", name)):
        raise MatcalcError(f"not a name for a function or a result: {shown(name)}").given(name)


def _arguments(exprs: list[Expr], fixed: set[str]) -> list[Expr]:
    """The variables of the formulas, and those of their hints that fix a size that is not known otherwise."""
    own = variables(*exprs)
    missing = size_symbols(*exprs) - set(bound_symbols(own)) - fixed
    named = {name_of(v): v for v in own}
    for hint in sorted({h for node in parts_of(*exprs) for h in node.hints}, key=name_of):
        fixes = set(bound_symbols([hint])) & missing
        if fixes and name_of(hint) not in named:
            named[name_of(hint)] = hint
            missing -= fixes
    return sorted(named.values(), key=name_of)


def _symbols(exprs: list[Expr], arguments: list[Expr], fixed: set[str]) -> dict[str, tuple[Expr, int]]:
    """For each dimension symbol, the argument and axis that it is read from.

    Raises:
        EvaluationError: no argument has it as a dimension.
    """
    found = bound_symbols(arguments)
    missing = sorted(size_symbols(*exprs, *arguments) - set(found) - fixed)
    if missing:
        raise EvaluationError(
            f"the size of {missing[0]} is not determined by the variables of the formula",
            hint=f"declare a variable that has this dimension, or evaluate with sizes={{{missing[0]!r}: 3}}",
        )
    return found


def checks(interface: Interface, batch: bool, sparse: Collection[str] = ()) -> list[str]:
    """Statements that read arguments and compare their shapes."""
    lines = []
    for variable in interface.arguments:
        name, ndim = interface.names[variable], len(array_dims(variable))
        if name_of(variable) in sparse:
            lines.append(f'{name} = _read_sparse("{name_of(variable)}", {name})')
            continue
        lines.append(f'{name} = _read("{name_of(variable)}", {name}, {ndim})')
    return [*lines, *shape_checks(interface, batch)]


def shape_checks(interface: Interface, batch: bool) -> list[str]:
    """Statements that read the sizes off the arguments, and compare them."""
    arguments, names, symbols, scope = interface
    lines = []
    sources = {place: str(scope.dims[symbol]) for symbol, place in symbols.items()}
    for variable in arguments:
        dims = array_dims(variable)
        targets = [sources.get((variable, axis), "_") for axis in range(len(dims))]
        if any(t != "_" for t in targets):
            left = f"({targets[0]},)" if len(targets) == 1 else ", ".join(targets)
            lines.append(f"{left} = {names[variable]}.shape{f'[-{len(dims)}:]' if batch else ''}")
    for variable in arguments:
        dims = array_dims(variable)
        if any((variable, axis) not in sources for axis in range(len(dims))):
            shape = ", ".join(map(dim_text, scope.sides(dims)))
            lines.append(f'_fit("{name_of(variable)}", {names[variable]}, {shape})')
    return lines


def sizes_used(interface: Interface, body: list[str], batch: bool) -> list[str]:
    """The sizes that the statements use, read from the arguments' shapes."""
    _, names, symbols, scope = interface
    used = set(re.findall(r"[^\W\d]\w*", " ".join(body)))
    ranks = {v: len(array_dims(v)) if batch else 0 for v, _ in symbols.values()}
    read = [(str(scope.dims[symbol]), v, axis) for symbol, (v, axis) in symbols.items()]
    return [f"{word} = {names[v]}.shape[{axis - ranks[v]}]" for word, v, axis in read if word in used]
