"""Emitted C++ beside what a person writes with Eigen: both compiled alike, called in turns, in one process.

    python -m benchmarks.eigen [name ...] [--flags "-O3 -march=native"]

Prints nanoseconds a call and their ratio, the least of many rounds. Results agree to 1e-9 before anything is timed.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from math import prod
from pathlib import Path
from statistics import geometric_mean
from typing import NamedTuple

import numpy as np

import matcalc as mc
from matcalc.notation.declarations import parse_where

EIGEN = "/usr/include/eigen3"
SETS = 32  # of arguments, so that no call can be moved out of a loop
ROUNDS = 200


class Problem(NamedTuple):
    """A formula and its derivatives, and the body of a function that fills ``r``, a struct with the same members."""

    name: str
    formula: str
    where: str
    derivatives: str  # "jacobian w, hessian w", each a member of this name and that of its variable: jacobian_w
    sizes: Mapping[str, int]
    written: str


_ROTATION = """
    // Rodrigues' formula and the right Jacobian, with what they share
    const double s = w.squaredNorm(), a = std::sqrt(s);
    double p1, p2, p3; // sin(a)/a, (1 - cos(a))/a^2, (a - sin(a))/a^3
    if (a > 1e-4) { const double n = std::sin(a); p1 = n / a; p2 = (1 - std::cos(a)) / s; p3 = (a - n) / (s * a); }
    else { p1 = 1 - s / 6; p2 = 0.5 - s / 24; p3 = 1.0 / 6 - s / 120; }
    Eigen::Matrix3d W;
    W << 0, -w(2), w(1), w(2), 0, -w(0), -w(1), w(0), 0;
    const Eigen::Matrix3d W2 = W * W;
    const Eigen::Matrix3d R = Eigen::Matrix3d::Identity() + p1 * W + p2 * W2;
    const Eigen::Matrix3d J = Eigen::Matrix3d::Identity() - p2 * W + p3 * W2;
    Eigen::Matrix3d H;
    H << 0, -X(2), X(1), X(2), 0, -X(0), -X(1), X(0), 0;
"""
_CAMERA = "f*(expm(hat(w))*X + t)[1:2]/(expm(hat(w))*X + t)[3] + c"
_NEO = "mu/2*(tr(F'*F) - {n}) - mu*log(det(F)) + lam/2*log(det(F))^2"
_NEO_WRITTEN = """
    const double l = std::log(F.determinant()), k = mu - lam * l;
    const Eigen::Matrix<double, N, N> G = F.inverse();
    r.value = 0.5 * mu * (F.squaredNorm() - N) - mu * l + 0.5 * lam * l * l;
    r.gradient_F = mu * F - k * G.transpose();
    const Eigen::Matrix<double, N, N> Gt = G.transpose();
    const Eigen::Map<const Eigen::Matrix<double, N * N, 1>> g(Gt.data());
    r.hessian_F.noalias() = lam * g * g.transpose();
    for (int q = 0; q < N; ++q)
        for (int p = 0; p < N; ++p)
            for (int j = 0; j < N; ++j)
                for (int i = 0; i < N; ++i) r.hessian_F(i + N * j, p + N * q) += k * G(j, p) * G(q, i);
    r.hessian_F.diagonal().array() += mu;
"""

PROBLEMS = [
    Problem(
        "camera, by w and t", _CAMERA, "w: 3, X: 3, t: 3, f: scalar, c: 2", "jacobian w, jacobian t", {},
        _ROTATION + """
    const Eigen::Vector3d p = R * X + t;
    const double z = 1.0 / p(2);
    r.value = f * z * p.head<2>() + c;
    r.jacobian_t << f * z, 0, -f * z * z * p(0), 0, f * z, -f * z * z * p(1);
    r.jacobian_w.noalias() = -(r.jacobian_t * R) * H * J;
""",
    ),
    Problem(
        "camera, R given", "K*((R*X + t)/(R*X + t)[3])", "R: 3×3, K: 2×3, X: 3, t: 3", "jacobian X, jacobian t", {},
        """
    const Eigen::Vector3d p = R * X + t;
    const double z = 1.0 / p(2);
    Eigen::Matrix3d P = z * Eigen::Matrix3d::Identity();
    P.col(2) -= z * z * p;
    r.value = z * (K * p);
    r.jacobian_t.noalias() = K * P;
    r.jacobian_X.noalias() = r.jacobian_t * R;
""",
    ),
    Problem(
        "rotation", "expm(hat(w))*X", "w: 3, X: 3", "jacobian w", {},
        _ROTATION + """
    r.value.noalias() = R * X;
    r.jacobian_w.noalias() = -(R * H) * J;
""",
    ),
    Problem(
        "Neo-Hookean, plane", _NEO.format(n=2), "F: 2×2, mu: scalar, lam: scalar", "gradient F, hessian F", {},
        "constexpr int N = 2;" + _NEO_WRITTEN,
    ),
    Problem(
        "Neo-Hookean, solid", _NEO.format(n=3), "F: 3×3, mu: scalar, lam: scalar", "gradient F, hessian F", {},
        "constexpr int N = 3;" + _NEO_WRITTEN,
    ),
    Problem(
        "Gaussian, six", "x'*inv(S)*x + logdet(S)", "S: n×n posdef, x: n", "gradient x, gradient S", {"n": 6},
        """
    const Eigen::LLT<Eigen::Matrix<double, 6, 6>> llt(S);
    const Eigen::Matrix<double, 6, 1> u = llt.solve(x);
    r.value = x.dot(u) + 2 * llt.matrixLLT().diagonal().array().log().sum();
    r.gradient_x = 2 * u;
    r.gradient_S = llt.solve(Eigen::Matrix<double, 6, 6>::Identity());
    r.gradient_S.noalias() -= u * u.transpose();
""",
    ),
    Problem(
        "least squares, ten", "norm2(A*x - b)^2", "x: n, A: m×n, b: m", "gradient x, hessian x", {"m": 10, "n": 4},
        """
    const Eigen::Matrix<double, 10, 1> e = A * x - b;
    r.value = e.squaredNorm();
    r.gradient_x.noalias() = 2 * A.transpose() * e;
    r.hessian_x.noalias() = 2 * A.transpose() * A;
""",
    ),
]  # fmt: skip


def results(problem: Problem) -> tuple[dict[str, mc.Expr], dict[str, mc.Expr]]:
    """The value with its derivatives, and the variables."""
    variables = parse_where(problem.where)
    f = mc.parse(problem.formula, variables)
    found = {"value": f}
    for text in problem.derivatives.split(", "):
        kind, by = text.split()
        found[f"{kind}_{by}"] = getattr(mc, kind)(f, variables[by])
    return found, variables


def values(problem: Problem, variables: Mapping[str, mc.Expr]) -> dict[str, np.ndarray]:
    """As many values of each variable as there are sets, as the columns that matrices are in memory."""
    rng = np.random.default_rng(3)
    found = {}
    for name, v in variables.items():
        rows, cols = (side.at(problem.sizes) for side in v.shape)
        arrays = rng.uniform(0.2, 1.0, size=(SETS, rows, cols))
        if rows == cols > 1:
            arrays = 0.3 * arrays + np.eye(rows)
            arrays = arrays @ arrays.transpose(0, 2, 1) if "posdef" in v.data[1] else arrays
        found[name] = arrays.transpose(0, 2, 1).reshape(SETS, -1)
    return found


def program(problem: Problem) -> str:
    """The source of a program that prints the largest difference of results, and both times."""
    named, variables = results(problem)
    emitted = mc.emit(named, "emitted", target="cpp", arguments=list(variables.values()), sizes=problem.sizes)
    signature = emitted.source[emitted.source.rindex("inline EmittedResult") :]
    parameters = signature[signature.index("(") + 1 : signature.index(") {")]
    written = (
        f"inline EmittedResult written({parameters}) {{\n    EmittedResult r;\n{problem.written}    return r;\n}}\n"
    )
    kinds = [re.sub(r"const Eigen::Ref<const (.*)>&", r"\1", p.rsplit(" ", 1)[0].strip()) for p in _split(parameters)]
    data = values(problem, variables)
    texts, arguments = [], []
    for k, (name, v) in enumerate(variables.items()):
        numbers = ", ".join(map(repr, map(float, data[name].ravel())))
        count = prod(side.at(problem.sizes) for side in v.shape)
        texts.append(f"double d{k}[] = {{{numbers}}};")
        is_number = kinds[k] == "double"
        arguments.append(f"d{k}[i]" if is_number else f"Eigen::Map<const {kinds[k]}>(d{k} + {count} * i)")
    call = ", ".join(arguments)
    differences = "\n".join(
        f"        worst = std::max(worst, largest(a.{key} - b.{key}) / (1.0 + largest(b.{key})));" for key in named
    )
    return f"""
#include <algorithm>
#include <chrono>
#include <cstdio>
{emitted.source.replace("#pragma once", "")}
{written}
static {chr(10).join(texts).replace(chr(10), chr(10) + "static ")}
double largest(double x) {{ return std::abs(x); }}
template <typename D> double largest(const Eigen::MatrixBase<D>& x) {{ return x.cwiseAbs().maxCoeff(); }}
__attribute__((noipa)) void call_emitted(int i, EmittedResult& r) {{ r = emitted({call}); }}
__attribute__((noipa)) void call_written(int i, EmittedResult& r) {{ r = written({call}); }}
template <typename Call>
double time_of(Call call, EmittedResult& r, int calls) {{
    const auto start = std::chrono::steady_clock::now();
    for (int k = 0; k < calls; ++k) {{
        call(k % {SETS}, r);
        asm volatile("" : : "g"(&r) : "memory");
    }}
    const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - start;
    return taken.count() / calls;
}}
int main() {{
    EmittedResult a, b;
    double worst = 0.0, first = 1e9, second = 1e9;
    for (int i = 0; i < {SETS}; ++i) {{
        call_emitted(i, a);
        call_written(i, b);
{differences}
    }}
    for (int round = 0; round < {ROUNDS}; ++round) {{
        first = std::min(first, time_of(call_emitted, a, 2000));
        second = std::min(second, time_of(call_written, b, 2000));
    }}
    std::printf("%g %g %g\\n", worst, first, second);
}}
"""


def _split(parameters: str) -> list[str]:
    return re.split(r",\s*(?=const Eigen::Ref|double)", parameters.strip())


def measured(problem: Problem, flags: str) -> tuple[float, float]:
    """Nanoseconds of both."""
    compiler = shutil.which("g++") or "c++"
    with tempfile.TemporaryDirectory() as folder:
        source, run = Path(folder) / "main.cpp", Path(folder) / "main"
        source.write_text(program(problem), encoding="utf-8")
        subprocess.run([compiler, "-std=c++17", *flags.split(), "-isystem", EIGEN, source, "-o", run], check=True)
        worst, first, second = map(float, subprocess.run([run], capture_output=True, check=True).stdout.split())
    assert worst < 1e-9, (problem.name, worst)
    return first, second


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--flags", default="-O3 -march=native -DNDEBUG")
    options = parser.parse_args()
    ratios = []
    print(f"{'problem':24}{'emitted':>10}{'written':>10}{'ratio':>8}")
    for problem in PROBLEMS:
        if options.names and not any(name in problem.name for name in options.names):
            continue
        emitted, written = measured(problem, options.flags)
        ratios.append(emitted / written)
        print(f"{problem.name:24}{emitted:7.1f} ns{written:7.1f} ns{ratios[-1]:8.2f}", flush=True)
    print(f"geometric mean {geometric_mean(ratios):.2f}, worst {max(ratios):.2f}")


if __name__ == "__main__":
    main()
