"""NumPy's functions of formulas: each is right or refused, none takes a formula for a number."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy import linalg, special

import matcalc as mc

RNG = np.random.default_rng(3)
A, B, X = mc.matrix("A", 3, 3), mc.matrix("B", 3, 3), mc.matrix("X", 2, 3)
x, y, r, c = mc.vector("x", 3), mc.vector("y", 3), mc.row("r", 3), mc.scalar("c")
VALUES = {
    "A": RNG.normal(size=(3, 3)) + 3 * np.eye(3), "B": RNG.normal(size=(3, 3)) + 3 * np.eye(3),
    "X": RNG.normal(size=(2, 3)), "x": RNG.normal(size=3), "y": RNG.normal(size=3), "r": RNG.normal(size=3), "c": 0.7,
}  # fmt: skip
VALUES["A"] = VALUES["A"] @ VALUES["A"].T  # positive definite, for Cholesky factors

ARGUMENTS: list[tuple[Any, ...]] = [
    (A,), (X,), (x,), (r,), (c,),
    (A, B), (B, A), (X, A), (A, x), (x, A), (X, x), (x, y), (x, r), (r, x), (r, r), (c, A),
    (A, c),    (x, c), (c, c), (A, X.T), (A, 2), (2, A), (x, 2), (2, x), (x, 0), (0, x), (c, 2), (2, c), (x, 1),
    (A, 1), (A, -1),
    (A, np.ones((3, 3))), (np.ones((3, 3)), A), (np.ones(3), x), (x, np.ones(3)), ([x, y],), ([c, 1.0],), ([A, B],),
    ([A, x],), ((x, y),), (x, y, A), (c, x, x), ("ij,j->i", A, x), (x, None), (A, "fro"), (A, "nuc"), (x, np.inf),
    (A, (1, 0)), (A, (0, 1)),
]  # fmt: skip
OPTIONS: list[dict[str, Any]] = [
    {}, {"axis": 0}, {"axis": 1}, {"axis": -1}, {"axis": None}, {"keepdims": True}, {"out": np.empty(3)}, {"k": 1},
    {"offset": 1}, {"weights": y}, {"ord": 1}, {"ord": 2}, {"dtype": float}, {"initial": 3.0}, {"where": True},
]  # fmt: skip

# What looks at Python objects and types, prints, or writes files.
NO_ARRAYS = {
    "isscalar", "isfortran", "iterable", "save", "savez", "savez_compressed", "savetxt", "load", "loadtxt", "info",
    "genfromtxt", "fromregex", "fromfile", "memmap", "set_printoptions", "printoptions", "seterr", "setbufsize",
    "seterrcall", "show_config", "show_runtime", "get_include", "test", "errstate", "ndindex", "typename",
    "isdtype", "issubdtype", "asmatrix_", "array_repr", "array_str", "array2string", "get_printoptions",
}  # fmt: skip


def functions(module: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in sorted(dir(module)):
        function = getattr(module, name)
        kept = callable(function) and not name.startswith("_") and not isinstance(function, type)
        if kept and name not in NO_ARRAYS:
            yield name, function
        if isinstance(function, np.ufunc) and function.nout == 1 and module is np:
            for method in ("reduce", "accumulate", "outer", "reduceat", "at"):
                yield f"{name}.{method}", getattr(function, method)


MODULES = [np, np.linalg, np.fft, np.emath, special, linalg]


def value(argument: Any) -> Any:
    if isinstance(argument, mc.Expr):
        return mc.evaluate(argument, VALUES)
    return type(argument)(map(value, argument)) if isinstance(argument, list | tuple) else argument


def is_blind(function: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> bool:
    """Whether a function does not look at its operands: it takes anything in place of a formula."""
    try:
        function(*(object() if isinstance(argument, mc.Expr) else argument for argument in arguments), **options)
    except Exception:
        return False
    return True


def outcome(function: Callable[..., Any], arguments: tuple[Any, ...], options: dict[str, Any]) -> str:
    """Nothing where a function of a formula is refused or right, else what is wrong."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # NumPy warns where it gives up on an array
            found = function(*arguments, **options)
    except Exception:  # ours, or NumPy's own about its arguments
        return ""
    if not isinstance(found, mc.Expr):
        return "" if is_blind(function, arguments, options) else f"gives {found!r}"
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            want = function(*map(value, arguments), **{key: value(option) for key, option in options.items()})
        except Exception as error:
            return f"gives {found}, where NumPy says {error}"
        try:
            got = mc.evaluate(found, VALUES)
        except mc.MatcalcError:  # not defined there, as 1/0
            got = np.nan
    if isinstance(got, float) and np.isnan(got):
        return ""
    same = np.shape(got) == np.shape(want) and np.allclose(got, want, equal_nan=True)
    return "" if same else f"gives {found} = {got}, not {want}"


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
@pytest.mark.quick_part(3)
def test_numpy_is_right_or_refused(module: ModuleType) -> None:
    wrong, known = [], 0
    for name, function in functions(module):
        # SciPy's wrappers of LAPACK take formulas in their options for endless sequences
        given = ARGUMENTS[:6] if module is linalg else ARGUMENTS
        cases = [(arguments, {}) for arguments in given]
        if module in (np, np.linalg):
            cases += [(arguments, options) for arguments in ((A,), (x,), (c,), (x, y)) for options in OPTIONS[1:]]
        for arguments, options in cases:
            found = outcome(function, arguments, options)
            known += not found
            if found:
                wrong.append(f"{name}{tuple(map(str, arguments))} {options} {found}")
    assert not wrong, "\n".join(wrong[:60])
    assert known


WITH_PYTHON: dict[str, Callable[[], Any]] = {
    "float": lambda: float(c), "int": lambda: int(c), "complex": lambda: complex(c), "round": lambda: round(c),
    "len": lambda: len(x),
    "bool": lambda: bool(x), "list": lambda: list(x), "reversed": lambda: reversed(x),
    "sin": lambda: math.sin(c), "floor": lambda: math.floor(c), "x in f": lambda: c in x, "truth": lambda: bool(x < y),
    "a <": lambda: np.ones(3) < x,
    "==": lambda: np.ones(3) == x, "max": lambda: max(x, y), "sorted": lambda: sorted([x, y]),
    "//": lambda: x // 2, "%": lambda: 2 % c, "divmod": lambda: divmod(c, 2), "&": lambda: x & y, "~": lambda: ~x,
    "range": lambda: range(c), "index": lambda: [1, 2][c], "set": lambda: x.__setitem__(0, 1),
    "pow": lambda: pow(c, 2, 3),
    "array @": lambda: np.ones((3, 3)) @ x, "@ array": lambda: A @ np.ones(3), "array *": lambda: np.ones(3) * x,
    "array": lambda: np.array([x, y]), "asarray": lambda: np.asarray(c), "dtype": lambda: np.array(x, dtype=object),
    "full": lambda: np.full(3, c), "dot": lambda: np.ones(3).dot(x),
    "normal": lambda: np.random.default_rng(0).normal(c), "linspace": lambda: np.linspace(0, c),
}  # fmt: skip


@pytest.mark.parametrize("name", WITH_PYTHON)
def test_a_formula_is_neither_a_number_nor_a_sequence(name: str) -> None:
    with pytest.raises(mc.MatcalcError):
        WITH_PYTHON[name]()


def test_python_computes_with_formulas_as_numpy_does() -> None:
    assert str(abs(x)) == "abs(x)"
    assert sum([x, y], mc.zeros(3)) is mc.zeros(3) + x + y
    assert np.float64(2) * x is 2 * x
    assert x in [y, x]
    assert y not in [x]


def test_a_mean_is_differentiated() -> None:
    w = mc.vector("w", "n")
    assert str(np.mean(w)) == "sum(w)/n"
    assert str(mc.gradient(mc.norm2(w - np.mean(w)) ** 2, w)) == "2*(w - sum(w)*ones(n)/n)"


def test_what_is_refused_says_what_to_write() -> None:
    for refuse, told in ((lambda: np.median(x), "median"), (lambda: np.nansum(x), r"np.sum\(x\)")):
        with pytest.raises(mc.MatcalcError, match=told):
            refuse()


U, w, q = mc.matrix("U", 3, 2), mc.vector("w", 2), mc.row("q", 3)
JOINED: dict[str, tuple[Callable[[], Any], str]] = {
    "block": (lambda: np.block([[A, U], [X, mc.eye(2)]]), "[A, U; X, eye(2)]"),
    "a border": (lambda: np.block([[A, x], [y.T, c]]), "[A, x; y', c]"),
    "a row of blocks": (lambda: np.block([[A, U]]), "[A, U]"),
    "rows": (lambda: np.block([[A], [r]]), "[A; r]"),
    "a zero": (lambda: np.block([[A, x], [r, 0]]), "[A, x; r, 0]"),
    "concatenate": (lambda: np.concatenate([A, X]), "[A; X]"),
    "concatenate, axis 1": (lambda: np.concatenate([A, U], axis=1), "[A, U]"),
    "concatenate, axis -2": (lambda: np.concatenate((A, X), axis=-2), "[A; X]"),
    "concatenate columns": (lambda: np.concatenate([x, w, x]), "[x; w; x]"),
    "concatenate rows": (lambda: np.concatenate([r, q]), "[r, q]"),
    "vstack": (lambda: np.vstack([A, X]), "[A; X]"),
    "vstack rows": (lambda: np.vstack([A, r, q]), "[A; r; q]"),
    "hstack": (lambda: np.hstack([A, U]), "[A, U]"),
    "hstack rows": (lambda: np.hstack([r, c, q]), "[r, c, q]"),
    "column_stack": (lambda: np.column_stack([x, A, y]), "[x, A, y]"),
    "stack": (lambda: np.stack([x, y]), "[x'; y']"),
    "stack, axis 1": (lambda: np.stack([x, y], axis=1), "[x, y]"),
    "stack rows": (lambda: np.stack([r, q]), "[r; q]"),
}


@pytest.mark.parametrize("name", JOINED)
def test_joined_arrays_are_block_matrices(name: str) -> None:
    made, want = JOINED[name]
    assert str(made()) == want


NOT_JOINED: dict[str, Callable[[], Any]] = {
    "columns, vstack": lambda: np.vstack([x, y]),
    "columns, hstack": lambda: np.hstack([x, y]),
    "rows, column_stack": lambda: np.column_stack([r, q]),
    "scalars": lambda: np.vstack([c, c]),
    "column and row": lambda: np.concatenate([x, r]),
    "column and matrix": lambda: np.concatenate([A, x]),
    "no such axis": lambda: np.concatenate([x, y], axis=1),
    "all entries": lambda: np.concatenate([A, A], axis=None),
    "columns in a block": lambda: np.block([[x], [y]]),
    "zeros that do not fit": lambda: np.block([[A, 0], [0, A]]),
    "heights": lambda: np.block([[A, X]]),
    "widths": lambda: np.vstack([A, U]),
    "matrices in a stack": lambda: np.stack([A, B]),
    "out": lambda: np.concatenate([x, y], out=np.empty(6)),
}


@pytest.mark.parametrize("name", NOT_JOINED)
def test_arrays_that_could_be_joined_in_two_ways_are_not(name: str) -> None:
    with pytest.raises(mc.MatcalcError):
        NOT_JOINED[name]()
