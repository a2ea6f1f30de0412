"""Written code computes the same whatever its variables, dimensions, functions and results are called."""

from __future__ import annotations

import builtins
import keyword
import re
import shutil
import sysconfig
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pytest

import matcalc as mc
from matcalc.emission import kernels, lapack
from matcalc.emission.c.sources import HELPERS, STANDARD
from matcalc.functions import find
from tests.numerics import assert_close

RNG = np.random.default_rng(11)
M, N = 2, 3


def harvested() -> list[str]:
    """The identifiers of sources that are written: our helpers, their parameters and local variables."""
    names = NAMES_OF_HARVEST
    f, _, by = formula(names)
    g = mc.gradient(f, by)
    sources = [mc.emit({"value": f, "gradient": g}, style=style).source for style in ("readable", "fast")]
    sources += [mc.objective(f, by).source, *vars(lapack).values(), *vars(kernels).values()]
    sources += [mc.emit({"hessian": mc.hessian(f, by)}, operators=["hessian"]).source]
    found = {
        word for text in sources if isinstance(text, str) and "def " in text for word in re.findall(r"[^\W\d]\w*", text)
    }
    kept = (word for word in found if "_" in word or len(word) < 4 or word in ("theta", "flatten", "unflatten"))
    return sorted(word for word in kept if word.isidentifier())


class Called(NamedTuple):
    """What the things of a formula are called: two dimensions, the variable, two of the data, and a result."""

    m: str
    n: str
    x: str
    A: str
    b: str
    result: str


NAMES_OF_HARVEST = Called("m", "n", "x", "A", "b", "value")


def formula(called: Called) -> tuple[mc.Expr, list[mc.Expr], mc.Expr]:
    """A least-squares loss with a dimension as a number and a function with a helper; data; the variable."""
    x, A, b = mc.vector(called.x, called.n), mc.matrix(called.A, called.m, called.n), mc.vector(called.b, called.m)
    size = mc.sum(mc.ones(called.n))
    return mc.norm2(A @ x - b) ** 2 / size + mc.logsumexp(x) * size, [A, b], x


def results(called: Called) -> dict[str, Any]:
    f, data, x = formula(called)
    g = mc.gradient(f, x)
    return {called.result: f, "slope": g, "curvature": mc.hessian(f, x), "turned": mc.jvp(g, x, data[0].T @ data[1])}


VALUES = {"x": RNG.normal(size=N), "A": RNG.normal(size=(M, N)), "b": RNG.normal(size=M)}
STYLES: dict[str, dict[str, Any]] = {
    "readable": {},
    "fast": {"style": "fast"},
    "unchecked": {"style": "fast", "check": False},
    "batch": {"batch": True},
    "operator": {"operators": ["curvature"]},
}


def computed(called: Called, **options: Any) -> list[Any]:
    _, data, x = formula(called)
    emitted = mc.emit(results(called), called.result, arguments=[x, *data], **options)
    found = emitted.compile()(VALUES["x"], VALUES["A"], VALUES["b"])
    return [part @ np.eye(N) if hasattr(part, "matvec") else np.asarray(part) for part in found]


@lru_cache
def expected() -> list[Any]:
    return computed(NAMES_OF_HARVEST)


def names() -> list[str]:
    own = [
        "lambda", "class", "def", "None", "True", "import", "async", "match", "case", "type", "_", "__", "__debug__",
        "__name__", "__class__", "__builtins__", "__import__", "_read", "_fit", "_x", "x_", "lambda_", "np", "np_",
        "numpy", "scipy", "linalg", "special", "LinearOperator", "math", "os", "sys", "matcalc", "t1", "t2", "t3", "s1",
        "cho1", "lu1", "total", "start", "rows", "result", "value", "gradient", "hessian", "formula", "objective", "pi",
        "e", "i", "i0", "I", "j", "u0", "self", "seed", "theta", "theta_", "p", "p_", "p_x", "rng", "h00", "flatten",
        "unflatten", "size", "sizes", "data", "curvature_matvec", "curvature_v", "curvature_u", "curvature", "slope",
        "away", "nonzero", "xlogy", "log_or_0", "objective_hess", "objective_hessp", "objective_check",
        "x_rows", "λ", "α", "é", "β1", "Δ", "ñ", "变量", "ω_0",
    ]  # fmt: skip
    builtin = ["float", "len", "range", "slice", "sum", "max", "print", "exec", "ValueError", "super", "object", "type"]
    in_c = ["int", "double", "register", "restrict", "linux", "unix", "main", "asm", "M_PI", "NULL", "nullptr", "bool"]
    in_c += ["exp", "sqrt", "y0", "gamma", "memcpy", "Py_buffer", "call_at", "CALL_ONCE", "PyObject", "s", "INFINITY"]
    helpers = [*HELPERS, *STANDARD][:12]
    return list(dict.fromkeys([*own, *builtin, *in_c, *helpers, *harvested()]))


NAMES = names()


def in_every_role() -> list[Called]:
    """Each name once in each role, beside other ones; keywords are no names of results, which is told."""
    count, found = len(NAMES), []
    for at in range(count):
        # strides that are different, so that neighbours differ
        words = [NAMES[(at + 37 * role) % count] for role in range(6)]
        result = f"{words[5]}_" if keyword.iskeyword(words[5]) else words[5]
        found.append(Called(*words[:5], result if result not in ("slope", "curvature") else "value"))
    return found


def test_the_list_has_every_kind_of_name() -> None:
    assert len(NAMES) >= 200
    assert {"lambda", "np", "float", "_read", "special", "theta", "p", "rng", "_factored", "_random_point"} <= {*NAMES}
    assert any(name in dir(builtins) for name in NAMES)


ROLES = in_every_role()


@pytest.mark.parametrize("at", range(len(STYLES)), ids=[*STYLES])
@pytest.mark.quick_part(5)
def test_names_change_no_number(at: int) -> None:
    """Every name in every style, and in every role in one of them."""
    for called in ROLES[at :: len(STYLES)]:
        found = computed(called, **[*STYLES.values()][at])
        for one, other in zip(found, expected(), strict=True):
            assert_close(one, other, note=str(called))


@pytest.mark.slow
def test_one_name_may_be_that_of_everything() -> None:
    for name in NAMES[::4]:
        result = f"{name}_" if keyword.iskeyword(name) else name if name not in ("slope", "curvature") else "value"
        found = computed(Called(name, f"{name}1", name, f"{name}_", f"{name}__", result))
        for one, other in zip(found, expected(), strict=True):
            assert_close(one, other, note=name)


def optimised(called: Called, name: str) -> tuple[Any, ...]:
    f, _, x = formula(called)
    made = mc.objective(f, x, name)
    functions = made.compile()
    assert functions.check() < 1e-6, made.source
    given = {called.A: VALUES["A"], called.b: VALUES["b"]}
    data = [given[v] for v in made.data]
    v = np.arange(1.0, N + 1)
    assert len(made.arguments) == 1 + len(made.data)
    value, gradient = functions.fun(VALUES["x"], *data)
    hessian, product = functions.hess(VALUES["x"], *data), functions.hessp(VALUES["x"], v, *data)
    return value, gradient, hessian, product


@pytest.mark.slow
def test_names_change_no_objective() -> None:
    value, gradient, hessian, _ = optimised(NAMES_OF_HARVEST, "objective")
    product = hessian @ np.arange(1.0, N + 1)
    for called in ROLES[::4]:
        found = optimised(called, called.result)
        for one, other in zip(found, (value, gradient, hessian, product), strict=True):
            assert_close(np.asarray(one), np.asarray(other), note=str(called))


@pytest.mark.parametrize("options", [{}, {"products": True}, {"style": "fast"}], ids=str)
def test_functions_may_have_any_name(options: dict[str, Any]) -> None:
    w = RNG.normal(size=(N, N))
    for at, name in enumerate(NAMES[::3]):
        if name in ("D", "power") or find(name) is not None:
            continue  # known functions
        n, x = NAMES[(at + 5) % len(NAMES)], mc.vector(NAMES[(at + 9) % len(NAMES)], NAMES[(at + 5) % len(NAMES)])
        f = mc.function(name, n)
        value = f(x).T @ f(x)
        emitted = mc.plan({"value": value, "gradient": mc.gradient(value, x)}).emit(**options)
        given = {
            name: lambda u: np.tanh(w @ u),
            f"D({name})": lambda u: (1 - np.tanh(w @ u) ** 2)[:, None] * w,
            f"vjp of {name}": lambda u, c: ((1 - np.tanh(w @ u) ** 2) * c) @ w,
            f"jvp of {name}": lambda u, v: (1 - np.tanh(w @ u) ** 2) * (w @ v),
        }
        functions = emitted.variables[1:]
        got, slope = emitted.compile()(VALUES["x"], *[given[key] for key in functions])
        y = np.tanh(w @ VALUES["x"])
        assert_close(np.asarray(got), y @ y, note=emitted.source)
        assert_close(slope, 2 * (y * (1 - y**2)) @ w, note=emitted.source)


def test_functions_and_variables_may_share_names_with_jacobians() -> None:
    x = mc.vector("D_f", "n")
    f = mc.function("f", 1)
    emitted = mc.plan({"value": f(x), "gradient": mc.gradient(f(x), x)}).emit()
    given = {"f": lambda u: u @ u, "D(f)": lambda u: 2 * u[None, :], "D_f": np.ones(3)}
    assert emitted.compile()(*[given[name] for name in emitted.variables])[0] == 3.0


def test_an_objective_of_an_unknown_function_is_refused() -> None:
    x = mc.vector("x", "n")
    with pytest.raises(mc.MatcalcError, match="f has no body"):
        mc.objective(mc.function("f", 1)(x), x)


@pytest.mark.skipif(
    shutil.which((sysconfig.get_config_var("CC") or "cc").split()[0]) is None, reason="there is no C compiler"
)
@pytest.mark.slow
def test_names_change_no_number_in_c() -> None:
    """Thirty names at a time are variables and results of one function."""
    for start in range(0, len(NAMES), 30):
        words = [*NAMES, *NAMES][start : start + 30]
        terms = [mc.norm2(mc.sin(mc.vector(word, 2)) + mc.cos(mc.vector(word, 2))) ** 2 for word in words]
        total = sum(terms[1:], terms[0])
        keys = [f"{word}_" if keyword.iskeyword(word) else word for word in words[:3]]
        made = {keys[0]: total, keys[1]: terms[1], keys[2]: mc.gradient(total, mc.vector(words[2], 2))}
        emitted = mc.emit(made, keys[1], target="c", sizes={})
        values = {word: RNG.normal(size=2) for word in words}
        got = emitted.compile()(*[values[name] for name in emitted.variables])
        wanted = {word: np.sum((np.sin(v) + np.cos(v)) ** 2) for word, v in values.items()}
        assert_close(np.asarray(got[0]), np.sum([*wanted.values()]), note=emitted.source)
        assert_close(np.asarray(got[1]), wanted[words[1]], note=emitted.source)
        assert_close(got[2], 2 * np.cos(2 * values[words[2]]), note=emitted.source)


@pytest.mark.skipif(
    shutil.which((sysconfig.get_config_var("CC") or "cc").split()[0]) is None, reason="there is no C compiler"
)
@pytest.mark.parametrize("name", ["memset", "memcpy", "sincos", "main", "exp", "restrict", "λ", "_read", "np"])
def test_functions_in_c_may_have_any_name(name: str) -> None:
    x, X = mc.vector("x", 3), mc.matrix("X", 20, 20)
    f = {"value": mc.sum(mc.sin(x) * mc.cos(x)), "zeros": mc.zeros(20, 20), "copy": X}
    at = RNG.normal(size=3)
    got = mc.emit(f, name, target="c", sizes={}).compile()(*[np.eye(20), at][:2])
    assert_close(np.asarray(got[0]), np.sum(np.sin(at) * np.cos(at)))


def test_constants_and_intermediate_values_are_no_variables() -> None:
    """A variable pi is not the constant, and a dimension t1 is not the first intermediate value."""
    v = mc.scalar("pi")
    assert mc.evaluate(v * mc.parse("pi") + 1, {"pi": 2.0}) == 2 * np.pi + 1
    for name in ("t1", "t2", "t3"):
        x = mc.vector("x", name)
        f = mc.sum(mc.exp(x)) ** 2 / mc.sum(mc.ones(name)) + mc.norm2(mc.sin(x)) * mc.sum(mc.ones(name)) ** 2
        at = np.array([0.1, 0.2, 0.3])
        want = np.sum(np.exp(at)) ** 2 / 3 + 9 * np.linalg.norm(np.sin(at))
        for emitted in (mc.emit(f), mc.emit(f, style="fast")):
            assert_close(np.asarray(emitted.compile()(at)), want, note=emitted.source)


def test_what_is_called_otherwise_is_told() -> None:
    f = mc.norm2(mc.vector("lambda", "n")) ** 2
    emitted = mc.emit(f)
    assert (emitted.arguments, emitted.variables) == (("lambda_",), ("lambda",))
    assert emitted.compile()(lambda_=np.ones(3)) == 3.0
    assert mc.emit(f, "np").name == "np_"
