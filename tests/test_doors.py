"""What ``emit``, ``evaluate``, ``tensor`` and ``to_index`` say of a derivative is one array, in every style and dtype.

The reference is a difference quotient of the value, with the axes of the formula, then those of the variable.
"""

from __future__ import annotations

import re
import shutil
import sysconfig
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import matcalc as mc
from matcalc.expr import name_of
from matcalc.notation.declarations import parse_where
from tests.numerics import SIZES, STEP, WEIGHTS, Values, assert_close, at_random, size

Variables = dict[str, mc.Expr]
HAS_COMPILER = shutil.which((sysconfig.get_config_var("CC") or "cc").split()[0]) is not None

# A scalar, a column, a row and a matrix by each of these; then products that permute and repeat axes.
WHERE = "c: scalar, x: n, r: 1×n, a: m, A: m×n, X: m×n, B: n×p, Y: n×n invertible, S: n×n symmetric"
BY = {
    "c": ["c^3*norm2(A)^2", "exp(c*x)", "c^2*r", "exp(c*A)", "c*Y", "c", "c*S"],
    "x": ["exp(norm2(A*x)^2)", "exp(A*x)", "(x.*x)'*B", "A*x*x'", "x", "a'*a", "n*x"],
    "r": ["sum(exp(r*B))", "exp(A*r')", "(r.*r)*B", "A*r'*r", "r", "r'"],
    "a": ["a*ones(n)'"],
    "X": [
        *["sum(exp(X).*A)", "X*x", "a'*(X.*X)", "X*B", "X'", "a'*X*x", "zeros(m,n)", "vec(X)", "vec(X')'"],
        *["X*X'", "X'*X", "X*S*X'", "X*X'*X", "exp(X*X')", "sum(exp(X*X'))", "diag(X*X')"],
        *["kron(X, x)", "kron(B, X)", "kron(X, B)"],
    ],
    "Y": ["det(Y)", "inv(Y)", "tr(Y)", "Y*Y", "logdet(Y)*Y", "Y'", "Y.*Y'", "tr(S*Y*S)"],
}
PAIRS = [(formula, by) for by, formulas in BY.items() for formula in formulas]
for_each_pair = pytest.mark.parametrize(("formula", "by"), PAIRS, ids=[f"{f} by {x}" for f, x in PAIRS])


def read(formula: str, by: str, seed: int = 3) -> tuple[mc.Expr, mc.Expr, Variables, Values]:
    declared = parse_where(WHERE)
    used = {name: v for name, v in declared.items() if name == by or re.search(rf"\b{name}\b", formula)}
    f, x = mc.parse(formula, declared), declared[by]
    directions = {"u0": mc.variable("u0", *f.shape), "v0": mc.variable("v0", *x.shape)}
    extent = {"a": declared["a"], "A": declared["A"], "B": declared["B"]}  # so that all sizes are known
    variables = used | extent | directions
    values = at_random(*variables.values(), seed=seed)
    natural = {name: value.reshape(axes(variables[name])) for name, value in values.items()}
    return f, x, variables, natural


def axes(expr: mc.Expr) -> tuple[int, ...]:
    return tuple(size(side) for side in expr.shape if side.number != 1)


def slope(f: mc.Expr, x: mc.Expr, values: Values) -> np.ndarray:
    """The derivative with the axes of f, then those of x, by difference quotients."""
    start = values[name_of(x)]
    found = np.empty((*axes(f), *start.shape))
    for at in np.ndindex(start.shape):
        step = np.zeros(start.shape)
        step[at] = STEP
        moved = [w * np.asarray(mc.evaluate(f, {**values, name_of(x): start + k * step}, SIZES)) for k, w in WEIGHTS]
        found[(..., *at)] = sum(moved) / STEP
    return found


def stacked(array: np.ndarray, *groups: tuple[int, ...]) -> np.ndarray:
    """Each group of axes as one, by columns; a group of none is left out."""
    order: list[int] = []
    for group in groups:
        order += range(len(order) + len(group) - 1, len(order) - 1, -1)
    return array.transpose(order).reshape([int(np.prod(group)) for group in groups if group])


def derivatives(f: mc.Expr, x: mc.Expr, variables: Variables, values: Values) -> dict[str, tuple[mc.Expr, np.ndarray]]:
    """Derivatives of all kinds, and what they are."""
    wanted = slope(f, x, values)
    inner = len(axes(x))
    along = np.tensordot(wanted, values["v0"], inner)
    back = np.tensordot(values["u0"], wanted, len(axes(f)))
    found = {
        "jacobian": (mc.jacobian(f, x), stacked(wanted, axes(f), axes(x))),
        "jvp": (mc.jvp(f, x, variables["v0"]), along),
        "vjp": (mc.vjp(f, x, variables["u0"]), back),
    }
    if f.shape.is_scalar:
        gradient = mc.gradient(f, x)
        found["gradient"] = gradient, wanted
        found["hessian"] = mc.hessian(f, x), stacked(slope(gradient, x, values), axes(x), axes(x))
    return found


# ---------------------------------------------------------------- doors
def numbers(emitted: Any, values: Values) -> tuple[np.ndarray, ...]:
    got = emitted.compile()(*[values[name] for name in emitted.variables])
    return got if isinstance(got, tuple) else (got,)


@for_each_pair
@pytest.mark.quick_part(8)
def test_all_doors_give_one_array(formula: str, by: str) -> None:
    f, x, variables, values = read(formula, by)
    found = derivatives(f, x, variables, values)
    results = {kind: d for kind, (d, _) in found.items()}
    given = list(variables.values())
    for d, wanted in found.values():
        assert_close(mc.evaluate(d, values, SIZES), wanted, 1e-6, f"evaluate {d}")
        assert_close(of_index(mc.to_index(d), variables, values), wanted, 1e-6, mc.to_index(d))
    for options in doors():
        emitted = mc.emit(results, arguments=given, **options)
        dtype = options.get("dtype", "float64")
        for array, (d, wanted) in zip(numbers(emitted, values), found.values(), strict=True):
            note = f"{options} {d}\n{emitted.source}"
            assert_close(array, wanted, 1e-6 if dtype == "float64" else 2e-4, note)
            assert np.asarray(array).dtype == dtype, note
            assert not np.shape(array) or array.flags.writeable, note
            assert not any(np.shares_memory(array, value) for value in values.values()), note


def doors() -> Iterator[dict[str, Any]]:
    for dtype in ("float64", "float32"):
        yield {"dtype": dtype}
        yield {"dtype": dtype, "style": "fast"}
        yield {"dtype": dtype, "batch": True}
        if HAS_COMPILER:
            yield {"dtype": dtype, "target": "c", "sizes": {symbol: SIZES[symbol] for symbol in ("m", "n", "p")}}
    yield {"check": False}
    yield {"check": False, "style": "fast"}


@for_each_pair
@pytest.mark.quick_part(8)
def test_a_tensor_has_the_axes_of_the_formula_then_those_of_the_variable(formula: str, by: str) -> None:
    f, x, variables, values = read(formula, by)
    tensors = {"first": (mc.tensor(f, x), slope(f, x, values))}
    if f.shape.is_scalar:
        gradient, hessian = mc.gradient(f, x), mc.hessian(f, x)
        tensors["second"] = mc.tensor(gradient, x), slope(gradient, x, values)
        tensors["third"] = mc.tensor(hessian, x), slope(hessian, x, values)
    for tensor, wanted in tensors.values():
        assert [size(side) for side in tensor.dims] == list(wanted.shape)
        assert_close(of_index(str(tensor), variables, values), wanted, 1e-6, str(tensor))
        back = mc.parse(str(tensor), variables, notation="index")  # more than two places are one group, of rows
        assert_close(np.ravel(mc.evaluate(back, values, SIZES)), wanted.ravel(), 1e-6, f"{tensor}: {back}")
    for options in ({"style": "readable"}, {"style": "fast"}, {"batch": True}, {"style": "fast", "dtype": "float32"}):
        emitted = mc.emit({key: t for key, (t, _) in tensors.items()}, arguments=list(variables.values()), **options)
        for array, (tensor, wanted) in zip(numbers(emitted, values), tensors.values(), strict=True):
            tolerance = 2e-4 if "dtype" in options else 1e-6
            assert_close(array, wanted, tolerance, f"{options} {tensor}\n{emitted.source}")


@for_each_pair
@pytest.mark.quick_part(8)
def test_results_of_a_batch_are_those_of_its_members(formula: str, by: str) -> None:
    """Whatever is batched, and also where a result does not depend on it."""
    f, x, variables, _ = read(formula, by)
    many = [read(formula, by, seed)[3] for seed in range(3)]
    results = {kind: d for kind, (d, _) in derivatives(f, x, variables, many[0]).items()}
    results |= {"value": f, "eye": mc.eye("n"), "zero": mc.zeros("m", "n"), "size": mc.parse("n*p", variables)}
    results["tensor"] = mc.tensor(f, x)
    given = list(variables.values())
    plain, batched = mc.emit(results, arguments=given), mc.emit(results, arguments=given, batch=True)
    for names in (set(variables), {by}, {"B"}, {"v0", "a"}):
        members = [{name: one[name] if name in names else many[0][name] for name in variables} for one in many]
        together = {name: np.stack([one[name] for one in members]) if name in names else many[0][name]
                    for name in variables}  # fmt: skip
        wanted = zip(*(numbers(plain, one) for one in members), strict=True)
        for key, array, each in zip(results, numbers(batched, together), wanted, strict=True):
            assert_close(array, np.stack(each), 1e-9, f"{key} {results[key]}\n{batched.source}")
            assert array.flags.writeable and array.dtype == float
            assert not any(np.shares_memory(array, value) for value in together.values())


# ---------------------------------------------------------------- arrays of other kinds
def read_only(array: np.ndarray) -> np.ndarray:
    made = array.copy()
    made.flags.writeable = False
    return made


LIKE = {
    "read-only": read_only,
    "not contiguous": lambda a: np.repeat(a, 2, axis=-1)[..., ::2] if a.ndim else a,
    "by columns": lambda a: np.array(a, order="F"),
    "of other byte order": lambda a: a.astype(">f8"),
    "integer": lambda a: a.astype(int),
    "boolean": lambda a: a > 0,
    "small": lambda a: a.astype(np.float16),
    "lists": lambda a: a.tolist(),
}
REFUSED = {
    "masked": (lambda a: np.ma.array(a, mask=a > 0), "masked array: fill it"),
    "complex": (lambda a: a + 0j, "must hold real numbers"),
    "of text": (lambda a: a.astype(str), "must hold real numbers"),
    "empty": (lambda a: a[..., :0], "must have entries"),
    "too large": (lambda a: np.stack([a] * 7), "must have"),
}
DOORS: dict[str, dict[str, Any]] = {"readable": {}, "fast": {"style": "fast"}, "batch": {"batch": True}}
if HAS_COMPILER:
    DOORS["c"] = {"target": "c", "sizes": {"m": 2, "n": 3}}


def prepared() -> tuple[mc.Expr, list[mc.Expr], Values]:
    variables = parse_where("A: m×n, x: n, c: scalar")
    f = mc.parse("c*norm2(A*x)^2 + sum(A*diag(x))", variables)
    rng = np.random.default_rng(5)
    values = {"A": rng.normal(size=(2, 3)) * 4, "x": rng.normal(size=3) * 4, "c": np.asarray(3.0)}
    return mc.gradient(f, variables["x"]), list(variables.values()), values


@pytest.mark.parametrize("like", LIKE)
@pytest.mark.parametrize("door", DOORS)
def test_arrays_of_all_kinds_are_read_alike(door: str, like: str) -> None:
    gradient, given, values = prepared()
    made = {name: LIKE[like](value) for name, value in values.items()}
    wanted = mc.evaluate(gradient, {name: np.array(value, dtype=float) for name, value in made.items()})
    before = {name: np.array(value) for name, value in made.items()}
    emitted = mc.emit(gradient, arguments=given, **DOORS[door])
    for array in (numbers(emitted, made)[0], mc.evaluate(gradient, made)):
        assert_close(array, wanted, 1e-12)
    assert all(np.array_equal(made[name], before[name]) for name in made)


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("door", DOORS)
def test_arrays_that_fit_nowhere_are_refused_alike(door: str, kind: str) -> None:
    gradient, given, values = prepared()
    make, message = REFUSED[kind]
    for name in ("A", "x"):
        made = {**values, name: make(values[name])}
        if (door, kind) != ("batch", "too large"):  # which is a batch
            with pytest.raises(ValueError, match=f"{name} .*{message}"):
                numbers(mc.emit(gradient, arguments=given, **DOORS[door]), made)
        with pytest.raises(mc.EvaluationError, match=f"{name} .*{message}"):
            mc.evaluate(gradient, made)


def test_a_batch_of_none_has_none() -> None:
    gradient, given, values = prepared()
    for f in (gradient, mc.logsumexp(given[1]), mc.eye("m")):
        emitted = mc.emit(f, arguments=given, batch=True)
        (array,) = numbers(emitted, {**values, "x": np.zeros((0, 3))})
        assert array.shape == (0, *(size(side, {"m": 2, "n": 3}) for side in f.shape if side.number != 1))


# ---------------------------------------------------------------- index notation
def of_index(text: str, variables: Variables, values: Values) -> np.ndarray:
    """The array that a text in index notation means: D[i,j*k] = sum_{p} A[i,p]*x[p]^2*delta[j,k] - …  for i = 1..m."""
    body, *rest = re.split(r"  for (?=\w+ = 1\.\.)", text)
    left, right = body.split(" = ", 1)
    sizes = {i: size(side) for i, side in re.findall(r"(\w+) = 1\.\.([^,]+)", rest[0])} if rest else {}
    places = re.search(r"\[(.*)\]", left)
    groups = [group.split("*") for group in (places[1].split(",") if places else []) if group != "1"]
    out = [i for group in groups for i in group]
    total: Any = 0.0
    for sign, term in _signed(right):
        total = total + sign * _term(term, out, sizes, variables, values)
    known = dict(zip(out, np.shape(total), strict=True))
    return np.reshape(total, [int(np.prod([known[i] for i in group])) for group in groups])


def _signed(text: str) -> Iterator[tuple[float, str]]:
    text = f"-{text[1:]}" if text.startswith("-") else f"+{text}"
    for part in _parts(text.replace(" + ", " +").replace(" - ", " -"), "+-", keep=True):
        if part.strip():
            yield (-1.0 if part.strip()[0] == "-" else 1.0), part.strip()[1:]


def _parts(text: str, separators: str, *, keep: bool = False) -> list[str]:
    """A text cut outside of brackets, at separators that do not follow a power sign."""
    found, depth = [""], 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        if char in separators and not depth and not found[-1].rstrip().endswith("^"):
            found.append(char if keep else "")
        else:
            found[-1] += char
    return found


def _term(text: str, out: list[str], given: dict[str, int], variables: Variables, values: Values) -> np.ndarray:
    number, sizes = 1.0, dict(given)
    factors: list[tuple[np.ndarray, list[list[str]]]] = []
    deltas: list[tuple[str, str]] = []
    for part in _parts(re.sub(r"sum_\{[^}]*\} ", "", text), "*"):
        found = re.fullmatch(r"(.*\w|.*\))\[([^\[\]]*)\](?:\^\(?([-\d/]+)\)?)?", part)
        power = 1.0
        if found is None:
            number *= float(mc.evaluate(mc.parse(part, variables), values, SIZES))
        elif found[1] == "delta":
            deltas.append(tuple(found[2].split(",")))  # type: ignore[arg-type]
        else:
            top, _, below = (found[3] or "1").partition("/")
            power = int(top) / int(below or 1)
            base = mc.parse(found[1], variables)
            array = np.asarray(mc.evaluate(base, values, SIZES)).reshape(axes(base)) ** power
            factors.append((array, [place.split("*") for place in found[2].split(",")]))
    for array, groups in factors:
        sizes |= {group[0]: side for group, side in zip(groups, array.shape, strict=True) if len(group) == 1}
    sizes |= {a: sizes[b] for pair in deltas for a, b in (pair, pair[::-1]) if a not in sizes and b in sizes}
    for array, groups in factors:  # a group of which one size is left
        for group, side in zip(groups, array.shape, strict=True):
            for i in [i for i in group if i not in sizes][:1]:
                sizes[i] = side // int(np.prod([sizes[j] for j in group if j != i]))
    letters = {i: k for k, i in enumerate(sizes)}
    operands: list[Any] = []
    for array, groups in factors:
        indices = [i for group in groups for i in group]
        operands += [array.reshape([sizes[i] for i in indices]), [letters[i] for i in indices]]
    for a, b in deltas:
        operands += [np.eye(sizes[a]), [letters[a], letters[b]]]
    used = {k for places in operands[1::2] for k in places}
    operands += [part for i in out if letters[i] not in used for part in (np.ones(sizes[i]), [letters[i]])]
    return number * np.einsum(*operands, [letters[i] for i in out]) if operands else np.asarray(number)
