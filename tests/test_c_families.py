"""The C target: families, functions of each member, convolutions and products of entries, as NumPy has them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import matcalc as mc
from matcalc.emission.emitted import Emitted
from matcalc.families import array_dims, declared_facts
from matcalc.notation.declarations import parse_where
from tests.numerics import assert_close
from tests.test_c_target import COMPILER, NEEDS_COMPILER

NAMES = parse_where(
    "S: K of n×n posdef, B: K of n×n, L: K of p×n, T: K of n×n lower invertible, D: K of n×n diagonal invertible, "
    "mu: K of n, x: m of n, w: K positive, b: n, P: n×n posdef, X: m×n, y: p"
)
SIZES = [{"m": 4, "n": 3, "p": 2, "K": 3}, {"m": 2, "n": 4, "p": 3, "K": 2}, {"m": 1, "n": 1, "p": 1, "K": 1}]

# Formulas, and by which variable their gradients are.
IN_C = [
    ("sum_{k} logdet(S[k])", "S"),
    ("sum_{k} mu[k]'*inv(S[k])*mu[k]", "S"),
    ("sum_{k} mu[k]'*inv(S[k])*mu[k]", "mu"),
    ("sum_{i,k} w[k]*(x[i] - mu[k])'*inv(S[k])*(x[i] - mu[k])", "S"),
    ("sum_{i} log(sum_{k} w[k]*exp(-(x[i] - mu[k])'*inv(S[k])*(x[i] - mu[k]) - logdet(S[k])/2))", "S"),
    ("sum_{i} log(sum_{k} w[k]*exp(-(x[i] - mu[k])'*inv(S[k])*(x[i] - mu[k]) - logdet(S[k])/2))", "x"),
    ("sum_{i} logsumexp(stack_{k} x[i]'*mu[k])", "mu"),
    ("sum_{k} det(S[k])^w[k]", "w"),
    ("sum_{k} det(B[k])", "B"),
    ("sum_{k} norm2(L[k]*b)^2", "L"),
    ("logdet(sum_{k} w[k]*S[k])", "w"),
    ("sum_{k} tr(cholesky(S[k])*B[k])", "S"),
    ("sum_{k} norm2(T[k]\\b)^2", "b"),
    ("sum_{k} norm2(inv(D[k])*b)^2", "b"),
    ("sum_{k} logdet(eye(n) + L[k]'*L[k])", "L"),
    ("sum_{i,k} norm2(x[i] - mu[k])", "mu"),
    ("sum_{i,k} where(w[k] > X[i,1], norm2(x[i] - mu[k])^2, 0)", "mu"),
    ("sum_{i<j} where(X[i,1] > X[j,1], norm2(x[i] - x[j])^2, 1)", "x"),
    ("sum_{k} where(logdet(S[k]) > 0, tr(inv(S[k])), w[k]^2)", "S"),
    ("sum_{k} (max(B[k]) - min(mu[k]))", "B"),
    ("sum_{k} softmax(mu[k])'*b", "mu"),
    ("sum_{k} sum(cumsum(mu[k]).^2)", "mu"),
    ("prod_{k} logdet(S[k] + P)", "S"),
    ("norm2(conv(b, y))^2", "y"),
    ("sum_{k} norm2(conv(mu[k], y))^2", "mu"),
    ("sum(corr(conv(b, b), b).^3)", "b"),
    ("norm2(hankel(conv(b, y), y)*b)^2", "b"),
    ("sum((convmatrix(b, y)'*convmatrix(b, y)).^3)", "b"),
    ("norm2(circulant(b)*b)^2 + sum(circulant(b).^3)", "b"),
    ("sum(circsums(B[1]).^2)", "B"),
    ("sum(rowprod(X).^2) + prod(X)", "X"),
    ("sum(colprod(X).^3)", "X"),
    ("sum_{k} prod(mu[k])*w[k]", "mu"),
    ("sum_{k} rowprod(B[k])'*b", "B"),
]


def values(sizes: dict[str, int]) -> dict[str, Any]:
    rng = np.random.default_rng(3)
    made: dict[str, Any] = {}
    for name, variable in NAMES.items():
        facts = declared_facts(variable)
        array = rng.normal(size=[sizes[str(dim)] for dim in array_dims(variable)])
        if "positive" in facts:
            array = np.abs(array) + 0.1
        if "posdef" in facts:
            array = array @ np.swapaxes(array, -1, -2) + np.eye(sizes["n"])
        if "lower" in facts:
            array = np.tril(array) + 2 * np.eye(sizes["n"])
        if "diagonal" in facts:
            array = np.eye(sizes["n"]) * (2 + np.abs(array))
        made[name] = np.ascontiguousarray(array)
    return made


def results(formula: str, by: str) -> dict[str, mc.Expr]:
    f = mc.parse(formula, NAMES)
    return {"value": f, "gradient": mc.gradient(f, NAMES[by])}


def in_c(asked: dict[str, mc.Expr], sizes: dict[str, int], **options: Any) -> Emitted:
    known = {symbol: sizes[symbol] for symbol in mc.plan(asked).symbols}
    return mc.emit(asked, target="c", sizes=known, **options)


@NEEDS_COMPILER
@pytest.mark.parametrize(("formula", "by"), IN_C, ids=[f"{row[0]} by {row[1]}" for row in IN_C])
@pytest.mark.quick_part(4)
def test_c_computes_what_numpy_does(formula: str, by: str) -> None:
    asked = results(formula, by)
    for sizes, dtype in zip((*SIZES, SIZES[0]), ("float64", "float64", "float64", "float32"), strict=True):
        point = values(sizes)
        emitted = in_c(asked, sizes, dtype=dtype)
        got = emitted.compile()(*(point[name].astype(dtype) for name in emitted.variables))
        for one, expr in zip(got, asked.values(), strict=True):
            wanted = np.asarray(mc.evaluate(expr, {v: point[v] for v in emitted.variables}, sizes))
            assert np.shape(one) == wanted.shape
            scale = max(1.0, float(np.max(np.abs(wanted))))
            note = f"{dtype} {sizes}\n{emitted.source}"
            assert_close(np.asarray(one) / scale, wanted / scale, 1e-9 if dtype == "float64" else 1e-3, note=note)


@NEEDS_COMPILER
def test_results_that_are_families_and_second_derivatives() -> None:
    point, b, mu = values(SIZES[0]), NAMES["b"], NAMES["mu"]
    asked = {
        "inverses": mc.parse("stack_{k} inv(S[k])", NAMES),
        "members": mc.parse("stack_{k} B[k]'", NAMES),
        "same": NAMES["B"],
        "pairs": mc.parse("stack_{i,k} norm2(x[i] - mu[k])", NAMES),
        "by_columns": mc.hessian(mc.parse("norm2(conv(b, y))^2", NAMES), b),
        "by_members": mc.hessian(mc.parse("sum_{k} mu[k]'*inv(S[k])*mu[k]", NAMES), mu),
        "by_products": mc.hessian(mc.parse("sum(rowprod(X).^2)", NAMES), NAMES["X"]),
    }
    emitted = in_c(asked, SIZES[0])
    got = emitted.compile()(*(point[name] for name in emitted.variables))
    for one, expr in zip(got, asked.values(), strict=True):
        wanted = mc.evaluate(expr, point, SIZES[0])
        assert np.shape(one) == np.shape(wanted)
        assert_close(one, wanted, note=str(expr))


def test_the_comment_says_where_members_stand() -> None:
    source = in_c(results("sum_{k} mu[k]'*inv(S[k])*mu[k]", "S"), SIZES[0]).source
    assert "S: 3 of 3×3, mu: 3 of 3×1, value: a number, gradient: 3×3×3." in source
    assert "Matrices stand row by row, and the members of a family one after the other" in " ".join(source.split())
    assert "const double S[3 * 3 * 3], const double mu[3 * 3]" in source


@NEEDS_COMPILER
def test_arrays_of_families_are_checked() -> None:
    run = in_c({"value": mc.parse("sum_{k} tr(B[k])", NAMES)}, {"K": 2, "n": 3}).compile()
    assert run(np.ones((2, 3, 3))) == run(np.ones((3, 3, 2)).T) == run(np.ones((2, 3, 3), int).tolist()) == 6.0
    bad: list[tuple[Any, str]] = [
        (np.ones((3, 3, 2)), r"B must have shape \(2, 3, 3\), got \(3, 3, 2\)"),
        (np.ones((6, 3)), "B must have 3 axes, got an array of shape"),
        (np.ones(18), "B must have 3 axes, got an array of shape"),
        (np.ones((1, 2, 3, 3)), "B must have 3 axes, got an array of shape"),
        (np.ones((2, 3, 3)) + 0j, "B must hold real numbers"),
    ]
    for array, message in bad:
        with pytest.raises(ValueError, match=message):
            run(array)
    inverses = in_c({"value": mc.parse("stack_{k} inv(B[k])", NAMES)}, {"K": 2, "n": 2}).compile()
    with pytest.raises(ValueError, match="Singular"):
        inverses(np.stack([np.eye(2), np.ones((2, 2))]))


@NEEDS_COMPILER
@pytest.mark.parametrize(("formula", "by"), IN_C, ids=[f"{row[0]} by {row[1]}" for row in IN_C])
@pytest.mark.quick_part(4)
def test_c_is_standard_c(formula: str, by: str) -> None:
    asked = results(formula, by)
    source = in_c(asked, SIZES[0]).source
    strict = [*COMPILER, "-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c", "-"]
    done = subprocess.run(strict, input=source, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr


@NEEDS_COMPILER
@pytest.mark.slow
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_c_stays_within_its_arrays(sizes: dict[str, int], tmp_path: Path) -> None:
    """One function of all formulas, under the compiler's sanitizers, has no say but its values."""
    asked = {f"{name}{k}": expr for k, row in enumerate(IN_C) for name, expr in results(*row).items()}
    emitted = in_c(asked, sizes, name="all_of_them")
    point = [values(sizes)[name] for name in emitted.variables]
    counts = [np.size(mc.evaluate(expr, values(sizes), sizes)) for expr in asked.values()]
    given = [
        f"static const double g{i}[] = {{{', '.join(map(repr, a.ravel().tolist()))}}};" for i, a in enumerate(point)
    ]
    made = [f"static double r{i}[{count}];" for i, count in enumerate(counts)]
    places = ", ".join([f"g{i}" for i in range(len(point))] + [f"r{i}" for i in range(len(counts))])
    main = f"int main(void) {{ return all_of_them({places}); }}"
    program = str(tmp_path / "program")
    flags = ["-std=c99", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover", "-x", "c", "-"]
    for source in ("int main(void) { return 0; }", "\n".join([emitted.source, *given, *made, main])):
        built = subprocess.run(
            [*COMPILER, *flags, "-o", program, "-lm"], input=source, capture_output=True, text=True, check=False
        )
        if built.returncode and "all_of_them" not in source:
            pytest.skip("the compiler has no sanitizers")
        assert not built.returncode, built.stderr
        done = subprocess.run([program], capture_output=True, text=True, check=False)
        assert not done.returncode, done.stderr
