"""Times of C for small fixed sizes beside CasADi's: both compiled alike and called in turns, in one process.

    python -m benchmarks.small [name ...] [--flags "-O3 -march=native"]

Prints nanoseconds a call and their ratio, the least of many rounds. Both give dense results, which agree to 1e-9.
"""

from __future__ import annotations

import argparse
import ctypes
import math
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import geometric_mean
from typing import Any, NamedTuple

import numpy as np

import matcalc as mc
from matcalc.emission.c.calling import FLAGS
from matcalc.notation.declarations import parse_where

ROUNDS, CALLS = 60, 4000

COMPILER = "gcc"
EXPORTS = ("-fPIC", "-fvisibility=hidden", "-DCASADI_SYMBOL_EXPORT=")  # what is called is inlined into its frame
FRAME = """
__attribute__((visibility("default"))) int {name}_called(const double **given, double **made) {{ return {call}; }}
"""
TIMER = """
#define _POSIX_C_SOURCE 199309L
#include <time.h>
typedef int called(const double **, double **);
__attribute__((visibility("default")))
double time_of(called *volatile function, const double **given, double **made, int calls) {
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int i = 0; i < calls; i++) function(given, made);
    clock_gettime(CLOCK_MONOTONIC, &b);
    return ((b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec)) / calls;
}
"""


class Problem(NamedTuple):
    """A formula of variables, the derivatives that are wanted, and the formula as CasADi has it."""

    name: str
    where: str
    formula: str
    derivatives: str  # "jacobian w, jacobian t"
    casadi: Callable[..., Any]  # of the module and the variables


def _hat(ca: Any, w: Any) -> Any:
    return ca.vertcat(ca.horzcat(0, -w[2], w[1]), ca.horzcat(w[2], 0, -w[0]), ca.horzcat(-w[1], w[0], 0))


def _rotation(ca: Any, w: Any) -> Any:
    r, h = ca.norm_2(w), _hat(ca, w)
    return ca.DM.eye(3) + ca.sin(r) / r * h + (1 - ca.cos(r)) / r**2 * (h @ h)


def _quaternion(ca: Any, q: Any) -> Any:
    h = _hat(ca, q[1:])
    return ca.DM.eye(3) + 2 * q[0] * h + 2 * (h @ h)


def _divided(ca: Any, q: Any) -> Any:
    return ca.vertcat(q[0] / q[2], q[1] / q[2])


def _distorted(ca: Any, q: Any, k: Any) -> Any:
    u = _divided(ca, q)
    r = u[0] ** 2 + u[1] ** 2
    return u * (1 + k[0] * r + k[1] * r**2)


def _neo(ca: Any, F: Any, mu: Any, lam: Any) -> Any:
    log = ca.log(ca.det(F))
    return mu / 2 * (ca.trace(F.T @ F) - F.shape[0]) - mu * log + lam / 2 * log**2


def _venant(ca: Any, F: Any, mu: Any, lam: Any) -> Any:
    E = (F.T @ F - ca.DM.eye(F.shape[0])) / 2
    return mu * ca.trace(E @ E) + lam / 2 * ca.trace(E) ** 2


def _arm(ca: Any, q: Any, l: Any) -> Any:
    return ca.vertcat(
        l[0] * ca.cos(q[0]) + l[1] * ca.cos(q[0] + q[1]), l[0] * ca.sin(q[0]) + l[1] * ca.sin(q[0] + q[1])
    )


_TURNED = "(eye(3) + 2*q[1]*hat(q[2:4]) + 2*hat(q[2:4])^2)"
_Q = "(K*(expm(hat(w))*X + t))"
_C = "(expm(hat(w))*X + t)"
_U = f"[{_C}[1]/{_C}[3]; {_C}[2]/{_C}[3]]"
_NEO = "mu/2*(tr(F'*F) - {n}) - mu*log(det(F)) + lam/2*log(det(F))^2"
_VENANT = "mu*tr(((F'*F - eye({n}))/2)^2) + lam/2*tr((F'*F - eye({n}))/2)^2"
_F = "F: {n}×{n}, mu: scalar, lam: scalar"

PROBLEMS = [
    Problem(
        "camera, by w", "K: 3×3, X: 3, w: 3, t: 3", f"[{_Q}[1]/{_Q}[3]; {_Q}[2]/{_Q}[3]]", "jacobian w",
        lambda ca, K, X, w, t: _divided(ca, K @ (_rotation(ca, w) @ X + t)),
    ),
    Problem(
        "camera, by w, t, X", "K: 3×3, X: 3, w: 3, t: 3", f"[{_Q}[1]/{_Q}[3]; {_Q}[2]/{_Q}[3]]",
        "jacobian w, jacobian t, jacobian X",
        lambda ca, K, X, w, t: _divided(ca, K @ (_rotation(ca, w) @ X + t)),
    ),
    Problem(
        "camera, f and c", "f: scalar, c: 2, X: 3, w: 3, t: 3", f"f*{_U} + c", "jacobian w, jacobian t",
        lambda ca, f, c, X, w, t: f * _divided(ca, _rotation(ca, w) @ X + t) + c,
    ),
    Problem(
        "camera, by w, far", "K: 3×3, X: 3, w: 3, t: 3", f"[{_Q}[1]/{_Q}[3]; {_Q}[2]/{_Q}[3]]", "jacobian w",
        lambda ca, K, X, w, t: _divided(ca, K @ (_rotation(ca, w) @ X + t)),
    ),
    Problem(
        "camera, R given", "R: 3×3, K: 3×3, X: 3, t: 3",
        "[(K*(R*X + t))[1]/(K*(R*X + t))[3]; (K*(R*X + t))[2]/(K*(R*X + t))[3]]", "jacobian X, jacobian t",
        lambda ca, R, K, X, t: _divided(ca, K @ (R @ X + t)),
    ),
    Problem(
        "camera, squared error", "z: 2, K: 3×3, X: 3, w: 3, t: 3",
        f"norm2([{_Q}[1]/{_Q}[3]; {_Q}[2]/{_Q}[3]] - z)^2", "gradient w, gradient t",
        lambda ca, z, K, X, w, t: ca.sumsqr(_divided(ca, K @ (_rotation(ca, w) @ X + t)) - z),
    ),
    Problem(
        "camera, distorted", "k: 2, X: 3, w: 3, t: 3",
        f"{_U}*(1 + k[1]*norm2({_U})^2 + k[2]*norm2({_U})^4)", "jacobian w, jacobian t",
        lambda ca, k, X, w, t: _distorted(ca, _rotation(ca, w) @ X + t, k),
    ),
    Problem(
        "rotation", "X: 3, w: 3", "expm(hat(w))*X", "jacobian w",
        lambda ca, X, w: _rotation(ca, w) @ X,
    ),
    Problem(
        "quaternion", "X: 3, q: 4", f"{_TURNED}*X", "jacobian q",
        lambda ca, X, q: _quaternion(ca, q) @ X,
    ),
    Problem(
        "Neo-Hookean 3D", _F.format(n=3), _NEO.format(n=3), "gradient F, hessian F",
        lambda ca, F, mu, lam: _neo(ca, F, mu, lam),
    ),
    Problem(
        "Neo-Hookean 3D, gradient", _F.format(n=3), _NEO.format(n=3), "gradient F",
        lambda ca, F, mu, lam: _neo(ca, F, mu, lam),
    ),
    Problem(
        "Neo-Hookean 2D", _F.format(n=2), _NEO.format(n=2), "gradient F, hessian F",
        lambda ca, F, mu, lam: _neo(ca, F, mu, lam),
    ),
    Problem(
        "St. Venant-Kirchhoff 3D", _F.format(n=3), _VENANT.format(n=3), "gradient F, hessian F",
        lambda ca, F, mu, lam: _venant(ca, F, mu, lam),
    ),
    Problem(
        "St. Venant-Kirchhoff 2D", _F.format(n=2), _VENANT.format(n=2), "gradient F, hessian F",
        lambda ca, F, mu, lam: _venant(ca, F, mu, lam),
    ),
    Problem("inverse 2×2", "A: 2×2", "inv(A)", "", lambda ca, A: ca.inv(A)),
    Problem("inverse 3×3", "A: 3×3", "inv(A)", "", lambda ca, A: ca.inv(A)),
    Problem("inverse 3×3, posdef", "A: 3×3 posdef", "inv(A)", "", lambda ca, A: ca.inv(A)),
    Problem("determinant 3×3", "A: 3×3", "det(A)", "gradient A, hessian A", lambda ca, A: ca.det(A)),
    Problem("solution 3×3", "A: 3×3, b: 3", "A\\b", "jacobian b", lambda ca, A, b: ca.inv(A) @ b),
    Problem(
        "Gaussian 3D", "S: 3×3 posdef, x: 3, m: 3", "(x - m)'*inv(S)*(x - m) + logdet(S)", "gradient x, hessian x",
        lambda ca, S, x, m: (x - m).T @ ca.inv(S) @ (x - m) + ca.log(ca.det(S)),
    ),
    Problem(
        "Kalman update", "x: 4, P: 4×4 posdef, H: 2×4, R: 2×2 posdef, z: 2",
        "x + P*H'*inv(H*P*H' + R)*(z - H*x)", "",
        lambda ca, x, P, H, R, z: x + P @ H.T @ ca.inv(H @ P @ H.T + R) @ (z - H @ x),
    ),
    Problem(
        "Kalman covariance", "P: 4×4 posdef, H: 2×4, R: 2×2 posdef", "P - P*H'*inv(H*P*H' + R)*H*P", "",
        lambda ca, P, H, R: P - P @ H.T @ ca.inv(H @ P @ H.T + R) @ H @ P,
    ),
    Problem(
        "arm of two links", "q: 2, l: 2",
        "[l[1]*cos(q[1]) + l[2]*cos(q[1] + q[2]); l[1]*sin(q[1]) + l[2]*sin(q[1] + q[2])]", "jacobian q",
        lambda ca, q, l: _arm(ca, q, l),
    ),
    Problem(
        "quadrotor, turning", "J: 3×3, w: 3, m: 3", "inv(J)*(m - cross(w, J*w))", "jacobian w, jacobian m",
        lambda ca, J, w, m: ca.inv(J) @ (m - ca.cross(w, J @ w)),
    ),
    Problem(
        "quadrotor, thrust", "q: 4, v: 3, g: 3, u: scalar, c: scalar", f"{_TURNED}*[0; 0; u] - g - c*v*norm2(v)",
        "jacobian q, jacobian v, jacobian u",
        lambda ca, q, v, g, u, c: _quaternion(ca, q) @ ca.vertcat(0, 0, u) - g - c * v * ca.norm_2(v),
    ),
    Problem(
        "triangle's area", "a: 3, b: 3, c: 3", "norm2(cross(b - a, c - a))/2", "gradient a, gradient b, gradient c",
        lambda ca, a, b, c: ca.norm_2(ca.cross(b - a, c - a)) / 2,
    ),
    Problem(
        "spring", "x: 3, y: 3, k: scalar, l: scalar", "k/2*(norm2(x - y) - l)^2", "gradient x, hessian x",
        lambda ca, x, y, k, l: k / 2 * (ca.norm_2(x - y) - l) ** 2,
    ),
    Problem(
        "tetrahedron's volume", "a: 3, b: 3, c: 3, d: 3", "(b - a)'*cross(c - a, d - a)/6",
        "gradient a, gradient b, gradient c, gradient d",
        lambda ca, a, b, c, d: ca.dot(b - a, ca.cross(c - a, d - a)) / 6,
    ),
    Problem(
        "pose error", "w: 3, t: 3, p: 3, z: 3", "norm2(expm(hat(w))*p + t - z)^2", "gradient w, gradient t",
        lambda ca, w, t, p, z: ca.sumsqr(_rotation(ca, w) @ p + t - z),
    ),
]  # fmt: skip


def values_of(problem: Problem) -> dict[str, Any]:
    """A point that is nothing special."""
    rng = np.random.default_rng(5)
    made: dict[str, Any] = {}
    for name, variable in parse_where(problem.where).items():
        shape = tuple(side.number or 1 for side in variable.shape)
        value = 0.3 * rng.normal(size=shape) + (np.eye(*shape) if shape[0] == shape[1] else 0.0)
        if "posdef" in variable.data[1]:
            value = value @ value.T + 0.1 * np.eye(len(value))
        if name in ("t", "X"):
            value[-1] += 2.0  # in front of the camera
        made[name] = 5.0 * value if name == "w" and "far" in problem.name else value
    return made


def derivatives_of(problem: Problem) -> list[list[str]]:
    """Pairs of a derivative and a variable."""
    return [text.split() for text in problem.derivatives.split(", ") if text]


def ours(problem: Problem) -> str:
    """The C function, and a frame for it that is called as CasADi's is."""
    variables = parse_where(problem.where)
    results = {"value": mc.parse(problem.formula, variables)}
    for k, (kind, by) in enumerate(derivatives_of(problem)):
        results[f"r{k}"] = getattr(mc, kind)(results["value"], variables[by])
    emitted = mc.emit(results, "ours", target="c", sizes={}, arguments=list(variables.values()))
    values = values_of(problem)
    given = [f"given[{k}]" if values[name].size > 1 else f"*given[{k}]" for k, name in enumerate(emitted.variables)]
    made = [f"made[{k}]" for k in range(len(emitted.results))]
    return emitted.source + FRAME.format(name="ours", call=f"ours({', '.join(given + made)})")


def casadis(problem: Problem, folder: str) -> tuple[str, list[tuple[int, int]]]:
    """The C function that CasADi generates, in the same frame, and the shapes of its results, which are dense."""
    import casadi as ca

    symbols = {name: ca.SX.sym(name, *value.shape) for name, value in values_of(problem).items()}
    f = problem.casadi(ca, **symbols)
    results = [f]
    for kind, by in derivatives_of(problem):
        if kind == "hessian":
            results.append(ca.hessian(f, symbols[by])[0])
        elif kind == "gradient":
            results.append(ca.gradient(f, symbols[by]))
        else:
            results.append(ca.jacobian(ca.vec(f), ca.vec(symbols[by])))
    function = ca.Function("theirs", list(symbols.values()), list(map(ca.densify, results)))
    generator = ca.CodeGenerator("theirs.c", {"with_header": False})
    generator.add(function)
    source = Path(generator.generate(f"{folder}/")).read_text()
    shapes = [function.size_out(k) for k in range(function.n_out())]
    return source + FRAME.format(name="theirs", call="theirs(given, made, 0, 0, 0)"), shapes


def measured(problem: Problem, flags: Sequence[str]) -> list[float]:
    """Nanoseconds of a call of ours, and of CasADi's."""
    with tempfile.TemporaryDirectory() as folder:
        theirs, shapes = casadis(problem, folder)
        files = {"ours.c": ours(problem), "theirs.c": theirs, "timer.c": TIMER}
        for name, source in files.items():
            Path(folder, name).write_text(source)
        command = [
            COMPILER,
            *flags,
            "-shared",
            "-o",
            f"{folder}/both.so",
            *(f"{folder}/{name}" for name in files),
            "-lm",
        ]
        subprocess.run(command, check=True)
        return _timed(problem, shapes, ctypes.CDLL(f"{folder}/both.so"))


def _timed(problem: Problem, shapes: Sequence[tuple[int, int]], library: Any) -> list[float]:
    library.time_of.restype = ctypes.c_double
    sides = []
    for function, order in ((library.ours_called, "C"), (library.theirs_called, "F")):
        given = [np.ascontiguousarray(value.ravel(order)) for value in values_of(problem).values()]
        made = [np.zeros(math.prod(shape)) for shape in shapes]
        pointers = [(ctypes.c_void_p * len(part))(*(array.ctypes.data for array in part)) for part in (given, made)]
        sides.append((function, pointers, given, made))
    best = [math.inf, math.inf]
    for _ in range(ROUNDS):
        for k, (function, pointers, *_kept) in enumerate(sides):
            best[k] = min(best[k], library.time_of(function, *pointers, CALLS))
    for mine, theirs, shape in zip(sides[0][3], sides[1][3], shapes, strict=True):
        wanted = theirs.reshape(shape, order="F").ravel()
        if np.max(np.abs(mine - wanted)) > 1e-9 * np.max(np.abs(wanted)):
            raise SystemExit(f"{problem.name}: results differ")
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="parts of names of problems; all without")
    parser.add_argument("--flags", default=" ".join(("-O2", *FLAGS)), help="of the compiler, for both")
    asked = parser.parse_args()
    if shutil.which(COMPILER) is None:
        print(f"{COMPILER} is not installed")
        return
    if find_spec("casadi") is None:
        print("casadi is not installed: pip install casadi")
        return
    ratios = []
    print(f"{'problem':26} {'matcalc':>9} {'CasADi':>9} {'ratio':>7}")
    for problem in PROBLEMS:
        if asked.names and not any(name in problem.name for name in asked.names):
            continue
        one, other = measured(
            problem, [*asked.flags.split(), "-fPIC", "-fvisibility=hidden", "-DCASADI_SYMBOL_EXPORT="]
        )
        ratios.append(one / other)
        print(f"{problem.name:26} {one:6.1f} ns {other:6.1f} ns {one / other:7.2f}", flush=True)
    if ratios:
        print(f"{'geometric mean':46} {geometric_mean(ratios):7.2f}")


if __name__ == "__main__":
    main()
