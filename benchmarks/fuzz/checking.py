"""One formula checked: its value, a derivative, printing, reading back and emission."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

import matcalc as mc
from benchmarks.fuzz import structure
from benchmarks.fuzz.autodiff import (
    AUTOGRAD,
    LARGEST,
    Bad,
    Library,
    eigenvectors,
    leading_vectors,
    size_of,
    value,
    vec_of,
)
from benchmarks.fuzz.cases import Case, sample
from benchmarks.fuzz.trees import ONE, Array, Shape, Tree, Variable

TOLERANCE = 1e-6
TIME_LIMIT = 20  # seconds of the processor for one formula


class Outcome(NamedTuple):
    """``status`` is ok, skipped, unsupported or failed; the category of a failure tells apart what to minimise."""

    status: str
    category: str = ""
    detail: str = ""
    got: str = ""
    expected: str = ""
    derived: str = ""
    seconds: float = 0.0


class Failed(Exception):
    def __init__(self, category: str, detail: str, got: object = "", expected: object = "", derived: str = "") -> None:
        self.outcome = Outcome("failed", category, detail, shown(got), shown(expected), derived)


def shown(a: object) -> str:
    return (
        np.array2string(a, precision=6, threshold=40, suppress_small=True).replace("\n", "")
        if isinstance(a, np.ndarray)
        else str(a)
    )


class Point:
    """The values of a case's variables, and of a direction and a cotangent."""

    def __init__(self, case: Case, seed: int, special: bool = False) -> None:
        rng = np.random.default_rng(seed)
        self.env: dict[str, Array] = {}
        for v in sorted(case.variables, key=lambda v: v.name):
            if special:
                shape = size_of(v.shape[0], case.sizes), size_of(v.shape[1], case.sizes)
                self.env[v.name] = structure.sample(v.facts, shape, rng, special=rng.random() < 0.7)
            else:
                self.env[v.name] = sample(v, case.sizes, rng)
        self.direction = rng.normal(size=self.env[case.y.name].shape)
        if case.along_itself:
            self.direction = self.env[case.x.name]
        self.cotangent = rng.normal(size=tuple(size_of(dim, case.sizes) for dim in case.tree.shape))

    def nudged(self, by: float) -> Point:
        rng = np.random.default_rng(1)
        return self.with_values({name: a * (1 + by * rng.normal(size=a.shape)) for name, a in self.env.items()})

    def with_values(self, env: dict[str, Array]) -> Point:
        made = object.__new__(Point)
        made.env, made.direction, made.cotangent = env, self.direction, self.cotangent
        return made


def reference(case: Case, point: Point, lib: Library = AUTOGRAD) -> np.ndarray[Any, Any]:
    """What autodiff says: the whole derivative, or, of a Jacobian or Hessian, its product with vec(direction)."""
    env, x, y = point.env, case.x.name, case.y.name

    def of_x(a: Array) -> Array:
        return value(case.tree, {**env, x: a}, case.sizes, lib)

    if case.kind == "value":
        return np.asarray(of_x(env[x]))
    if case.kind == "gradient":
        return _structured(case.structure, case.x, np.asarray(lib.vjp(of_x, env[x])(np.ones((1, 1)))))
    if case.kind == "vjp":
        return np.asarray(lib.vjp(of_x, env[x])(point.cotangent))
    if case.kind in ("jvp", "jacobian"):  # the pullback is linear in u; its own pullback is the push-forward
        moved = lib.vjp(lambda u: lib.vjp(of_x, env[x])(u), 0 * point.cotangent)(point.direction)
        return np.asarray(moved if case.kind == "jvp" else vec_of(moved))

    def moving(a: Array) -> Array:
        """The derivative of f along the direction of y, at x = a."""
        at = {**env, x: a}
        slope = lib.vjp(lambda b: value(case.tree, {**at, y: b}, case.sizes, lib), at[y])(np.ones((1, 1)))
        return lib.np.reshape(lib.np.sum(slope * point.direction), (1, 1))

    moved = lib.vjp(moving, env[x])(np.ones((1, 1)))
    return np.asarray(moved if case.kind == "jvp of gradient" else vec_of(moved))


def _structured(structure: str, x: Variable, g: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    if structure == "ignore":
        return g
    if "diagonal" in x.facts:
        return g * np.eye(len(g))
    return np.asarray((g + g.T) / 2 if structure == "project" else g + g.T - g * np.eye(len(g)))


def check(case: Case, seed: int) -> Outcome:
    """One formula: value, derivative, printing, reading."""
    return within_time(lambda: _check(case, seed))


def within_time(run: Callable[[], Outcome]) -> Outcome:
    """What a check finds, failures and time-outs among it."""
    signal.setitimer(signal.ITIMER_VIRTUAL, TIME_LIMIT)
    try:
        return run()
    except (Bad, np.linalg.LinAlgError):
        return Outcome("skipped")
    except Failed as failure:
        return failure.outcome
    except TimeoutError:
        return Outcome("failed", "timeout", f"more than {TIME_LIMIT} s")
    except mc.MatcalcError as error:
        text = str(error).split("\n")[0]
        status = "skipped" if text == "the formula divides by zero" else "unsupported"
        return Outcome(status, type(error).__name__, text)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _check(case: Case, seed: int) -> Outcome:
    if not has_all_sizes(case):
        raise Bad
    for attempt in range(4):
        point = Point(case, seed + attempt)
        try:
            wanted = np.asarray(value(case.tree, point.env, case.sizes, check=True))
            truth = reference(case, point)
            if np.max(np.abs(truth)) < LARGEST:
                break
        except Bad:
            pass
    else:
        raise Bad
    declared = {v.name: case.declare(v) for v in case.variables}
    f = guarded("reading the formula", lambda: mc.parse(case.text, declared))
    shape = _shape(case.tree.shape, case)
    _compare(case, point, "value", f, wanted, shape, {}, lambda p: np.asarray(value(case.tree, p.env, case.sizes)))
    _compare(
        case, point, "value read back", guarded("reading back the formula", lambda: mc.parse(str(f), declared)),
        wanted, shape, {}, lambda p: np.asarray(value(case.tree, p.env, case.sizes)), str(f),
    )  # fmt: skip
    if case.kind == "value":
        return Outcome("ok")
    x, y = declared[case.x.name], declared[case.y.name]
    extra: dict[str, Any] = {}
    v = x if case.along_itself else mc.variable("v0", *y.shape)
    u = mc.variable("u0", *f.shape)
    if case.kind in ("jvp", "jvp of gradient") and not case.along_itself:
        extra["v0"] = _squeezed(point.direction, _shape(case.y.shape, case))
        declared["v0"] = v
    if case.kind == "vjp":
        extra["u0"] = _squeezed(point.cotangent, _shape(case.tree.shape, case))
        declared["u0"] = u
    started = time.perf_counter()
    d = guarded("deriving", lambda: _derive(case, f, x, y, v, u))
    seconds = time.perf_counter() - started
    printed = str(guarded("printing", lambda: str(d)))
    along = None if case.kind in ("gradient", "jvp", "vjp", "jvp of gradient") else point.direction
    by = size_of(case.y.shape[0], case.sizes) * size_of(case.y.shape[1], case.sizes)
    if case.kind in ("gradient", "jvp of gradient", "vjp"):
        shape = _shape(case.x.shape, case)
    elif case.kind == "jacobian":
        shape = (wanted.size, by)
    elif case.kind in ("hessian", "mixed"):
        shape = (point.env[case.x.name].size, by)
    _compare(case, point, "derivative", d, truth, shape, extra, lambda p: reference(case, p), printed, along)
    again = guarded("reading back", lambda: mc.parse(printed, declared), printed)
    _compare(
        case, point, "derivative read back", again, truth, shape, extra, lambda p: reference(case, p), printed, along
    )
    guarded("LaTeX", lambda: mc.to_latex(d), printed)
    if seed % 4 == 0 and not _is_at_jump(case, point):
        given = {**given_values(case, point), **extra}
        try:
            _compare_styles(d, given, printed)
        except Failed:
            if _is_outside(d, case, given):
                raise Bad from None
            raise
    if seed % 20 == 0:
        guarded("index notation", lambda: mc.to_index(f))
        guarded("the tensor", lambda: str(mc.tensor(f, x)))
    return Outcome("ok", derived=printed, seconds=seconds)


def has_all_sizes(case: Case) -> bool:
    """Whether the variables tell every dimension."""
    bound = {symbol for v in case.variables for dim in v.shape for symbol in dim}
    return case.numeric or _symbols(case.tree) <= bound


def _symbols(tree: Tree) -> set[str]:
    dims = [dim for part in tree.parts() for dim in (*part.shape, part.data if part.op == "size" else ())]
    return {symbol for dim in dims for symbol in dim}


def _derive(case: Case, f: mc.Expr, x: mc.Expr, y: mc.Expr, v: mc.Expr, u: mc.Expr) -> mc.Expr:
    if case.kind == "gradient":
        return mc.gradient(f, x, structure=case.structure)
    if case.kind == "jacobian":
        return mc.jacobian(f, x)
    if case.kind in ("hessian", "mixed"):
        return mc.hessian(f, x, y)
    if case.kind == "jvp of gradient":
        return mc.jvp(mc.gradient(f, x), y, v)
    return mc.jvp(f, x, v) if case.kind == "jvp" else mc.vjp(f, x, u)


def guarded(doing: str, run: Callable[[], Any], derived: str = "") -> Any:
    try:
        return run()
    except mc.MatcalcError as error:
        if doing in ("deriving", "reading the formula", "the tensor", "index notation"):
            raise
        raise Failed(f"error in {doing}", str(error), derived=derived) from None
    except (Failed, Bad):
        raise
    except TimeoutError:
        raise Failed(f"timeout in {doing}", f"more than {TIME_LIMIT} s", derived=derived) from None
    except Exception as error:
        raise Failed(f"crash in {doing}", _place(error), derived=derived) from None


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    place = ""
    while trace is not None:
        if "matcalc" in trace.tb_frame.f_code.co_filename:
            place = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_frame.f_code.co_name}"
        trace = trace.tb_next
    return f"{type(error).__name__} in {place}: {str(error)[:200]}"


def _shape(shape: Shape, case: Case) -> tuple[int, ...]:
    """The NumPy shape of a result: dimensions that are literally 1 have no axis."""
    sides = [
        (size_of(dim, case.sizes), dim == ONE or (case.numeric and size_of(dim, case.sizes) == 1)) for dim in shape
    ]
    return tuple(side for side, literal in sides if not literal)


def _compare(
    case: Case,
    point: Point,
    what: str,
    expr: mc.Expr,
    wanted: np.ndarray[Any, Any],
    shape: tuple[int, ...],
    extra: Mapping[str, Any],
    again: Callable[[Point], np.ndarray[Any, Any]],
    derived: str = "",
    along: np.ndarray[Any, Any] | None = None,
) -> None:
    given = {**given_values(case, point), **extra}
    try:
        got = guarded(f"evaluating the {what}", lambda: mc.evaluate(expr, given, case.sizes), derived)
    except Failed:
        _settle(case, point, again)
        if _is_outside(expr, case, given):
            raise Bad from None
        raise
    got = np.asarray(got)
    if not _same_shape(got.shape, shape, along is not None):
        raise Failed(f"wrong shape of the {what}", f"shape {got.shape}, not {shape}", got, wanted, derived)
    if along is None:
        got, target = got.reshape(wanted.shape), wanted
    else:
        full = got.reshape(shape)
        got, target = full @ along.T.reshape(-1), wanted.reshape(-1)
    error = np.max(np.abs(got - target), initial=0.0) / max(1e-2, float(np.max(np.abs(target), initial=0.0)))
    if error < TOLERANCE:
        return
    category = f"wrong {what}" if np.all(np.isfinite(got)) else f"nonfinite {what}"
    wrong = Failed(category, f"relative error {error:.2g}", got, target, derived)
    _settle(case, point, again)
    if _is_outside(expr, case, given):
        raise Bad
    raise wrong


def _is_outside(expr: mc.Expr, case: Case, given: Mapping[str, Any]) -> bool:
    """Whether a condition that the answer itself states does not hold at the point, but for rounding."""
    declared = {v.name: case.declare(v) for v in case.variables}
    for condition in mc.conditions(expr):
        for end, holds in _HOLDS.items():
            if condition.endswith(end):
                place = mc.parse(condition.removesuffix(end), declared)
                if not holds(np.asarray(mc.evaluate(place, given, case.sizes))):
                    return True
    return False


def _is_regular(a: np.ndarray[Any, Any]) -> bool:
    return bool(np.all(np.isfinite(a)) and np.linalg.cond(np.atleast_2d(a)) < 1e9)


def _are_apart(falling: np.ndarray[Any, Any]) -> bool:
    return bool(np.all(-np.diff(falling) > 1e-6 * np.max(np.abs(falling))))


# The conditions that name what may fail at a random point; the others are left to the reference.
_HOLDS: dict[str, Callable[[np.ndarray[Any, Any]], bool]] = {
    " invertible": _is_regular,
    " of constant rank": _is_regular,
    " of full rank": _is_regular,
    " with one largest singular value": lambda a: _are_apart(np.linalg.svd(np.atleast_2d(a))[1][:2]),
    " with distinct eigenvalues": lambda a: _are_apart(np.linalg.eigvalsh(a)[::-1]),
    " ≠ 0": lambda a: bool(np.all(np.abs(a) > 1e-9)),
    " > 0": lambda a: bool(np.all(a > 1e-9)),
    " ≥ 0": lambda a: bool(np.all(a >= 0)),
}


def _compare_styles(d: mc.Expr, given: Mapping[str, Any], derived: str) -> None:
    """Whether the other styles of emitted code compute what the plain one does."""
    try:
        plain = mc.emit(d)
    except mc.EvaluationError:  # of a size that no variable has
        return
    given = {name: _read_only(value) for name, value in given.items()}
    with np.errstate(all="ignore"):
        wanted = np.asarray(plain.compile()(*[given[name] for name in plain.variables]))
        for options in ({"style": "fast"}, {"batch": True}):
            emitted = guarded(f"emitting {options}", lambda o=options: mc.emit(d, **o), derived)
            run = emitted.compile()
            got = np.asarray(
                guarded(f"running {options}", lambda e=emitted, r=run: r(*[given[v] for v in e.variables]), derived)
            )
            if got.shape != wanted.shape or not np.allclose(got, wanted, rtol=1e-6, atol=1e-8, equal_nan=True):
                raise Failed(f"{options} differs", emitted.source[-400:], got, wanted, derived)


def _read_only(value: Any) -> Any:
    """A copy that emitted code cannot write to: that would be an error."""
    array = np.array(value, dtype=float)
    array.flags.writeable = False
    return array


def _settle(case: Case, point: Point, again: Callable[[Point], np.ndarray[Any, Any]]) -> None:
    """Lets go of failures where the reference itself shakes: the point is badly conditioned."""
    with np.errstate(all="ignore"):
        here, there = again(point), again(point.nudged(1e-9))
    shift = np.max(np.abs(here - there), initial=0.0) / max(1e-2, float(np.max(np.abs(here), initial=0.0)))
    if not shift < 1e-5 or _is_at_jump(case, point):
        raise Bad


def _is_at_jump(case: Case, point: Point) -> bool:
    """Whether rounding decides: an argument of a jump is 0, or has two extremes, but for rounding."""
    for part in case.tree.parts():
        if part.op in ("nuclearnorm", "polar"):  # the reference takes the root of a singular matrix
            singular = np.linalg.svd(value(part.operands[0], point.env, case.sizes))[1]
            if singular[-1] <= 1e-5 * max(1.0, singular[0]):
                return True
        if part.op in ("sign", "step", "abs", "norm1"):
            if np.min(np.abs(value(part.operands[0], point.env, case.sizes))) < 1e-9:
                return True
        elif part.op in ("max", "min", "maxmask"):
            entries = np.sort(
                np.ravel(value(part.operands[0], point.env, case.sizes)) * (-1 if part.op == "min" else 1)
            )
            if len(entries) > 1 and 0 <= entries[-1] - entries[-2] < 1e-9:
                return True
        elif part.op in ("eigvecs", "leftsv", "rightsv"):  # the largest entry decides the sign
            operand = value(part.operands[0], point.env, case.sizes)
            vectors = eigenvectors(np, operand) if part.op == "eigvecs" else leading_vectors(np, operand)[1]
            entries = np.sort(np.abs(vectors), axis=0)
            if len(entries) > 1 and np.min(entries[-1] - entries[-2]) < 1e-9:
                return True
    return False


def _same_shape(got: tuple[int, ...], wanted: tuple[int, ...], loose: bool) -> bool:
    return got == wanted or (loose and [s for s in got if s != 1] == [s for s in wanted if s != 1])


def given_values(case: Case, point: Point) -> dict[str, Any]:
    """Values as a user gives them: scalars as floats, columns and rows as 1-D arrays."""
    return {v.name: _squeezed(point.env[v.name], _shape(v.shape, case)) for v in case.variables}


def _squeezed(a: np.ndarray[Any, Any], shape: tuple[int, ...]) -> Any:
    return float(a[0, 0]) if shape == () else a.reshape(shape)
