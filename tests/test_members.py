"""Results for each member of a family: how they are printed and read, on the command line and in explanations."""

from __future__ import annotations

import shlex

import numpy as np
import pytest

import matcalc as mc
from matcalc.cli import main
from matcalc.notation.declarations import parse_where
from matcalc.notation.each_member import equation
from tests.numerics import assert_close

WHERE = "S: K of n×n posdef, B: K of n×n, mu: K of n, x: m of n, w: K positive, X: m×n, b: n, y: m"
NAMES = parse_where(WHERE)
SIZES = {"K": 2, "n": 3, "m": 4}


def run(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """The exit code, standard output and standard error of a command."""
    words = shlex.split(command)
    code = main([*words, "--where", WHERE] if "--where" not in words else words)
    out, err = capsys.readouterr()
    return code, out, err


# ---------------------------------------------------------------- printing and reading
GRADIENTS = [
    (
        "sum_{k} logdet(S[k])",
        "S",
        "G[k] = inv(S[k])  for k = 1..K",
        r"{G}_{k} = \left({S}_{k}\right)^{-1} \quad\text{for } k=1,\dots,K",
    ),
    (
        "sum_{k} w[k]*logdet(S[k])",
        "w",
        "G[k] = logdet(S[k])  for k = 1..K",
        r"{G}_{k} = \log\det\left({S}_{k}\right) \quad\text{for } k=1,\dots,K",
    ),
    ("sum_{k} mu[k]'*inv(S[k])*mu[k]", "mu", "G[k] = 2*inv(S[k])*mu[k]  for k = 1..K", ""),
    ("sum_{k} mu[k]'*inv(S[k])*mu[k]", "S", "G[k] = -inv(S[k])*mu[k]*mu[k]'*inv(S[k])  for k = 1..K", ""),
    ("logdet(sum_{k} w[k]*S[k])", "S", "G[k] = w[k]*inv(sum_{l} w[l]*S[l])  for k = 1..K", ""),
    ("sum_{i} log(sum_{k} w[k]*exp(-(x[i] - mu[k])'*inv(S[k])*(x[i] - mu[k])))", "S", "", ""),
    ("logsumexp(stack_{k} logdet(S[k]))", "S", "", ""),
]


@pytest.mark.parametrize(
    ("text", "by", "shown", "latex"), GRADIENTS, ids=[f"{row[0]} by {row[1]}" for row in GRADIENTS]
)
def test_gradients_are_equations_for_each_member(text: str, by: str, shown: str, latex: str) -> None:
    made = mc.gradient(mc.parse(text, NAMES), NAMES[by])
    written = equation("G", made)
    assert written is not None and (not shown or written == shown)
    assert str(mc.parse(written, NAMES)) == str(made)
    unicode = equation("G", made, "unicode")
    assert unicode is not None and unicode.replace("·", "*").replace("ᵀ", "'").startswith("G[k] = ")
    assert not latex or equation("G", made, "latex") == latex


def test_parts_with_names_are_equations_too() -> None:
    f = mc.parse("sum_{i} log(sum_{k} w[k]*exp(-(x[i] - mu[k])'*inv(S[k])*(x[i] - mu[k]) - logdet(S[k])))", NAMES)
    made = mc.gradient(f, NAMES["S"])
    written = equation("G", made)
    assert written is not None
    assert "  for k = 1..K where t1[:,k] = exp(" in written
    assert r"{t_{1}}_{:,k} = \exp" in str(equation("G", made, "latex"))
    again = mc.parse(written, NAMES)
    rng = np.random.default_rng(1)
    a = rng.normal(size=(2, 3, 3))
    point = {
        "S": a @ np.swapaxes(a, 1, 2) + np.eye(3),
        "mu": rng.normal(size=(2, 3)),
        "x": rng.normal(size=(4, 3)),
        "w": rng.uniform(1, 2, 2),
    }
    assert_close(mc.evaluate(again, point), mc.evaluate(made, point))


SAME = [
    ("G[k] = inv(S[k])", "stack_{k} inv(S[k])"),
    ("G[k] = inv(S[k]) for k = 1..K", "stack_{k} inv(S[k])"),
    ("G[i,k] = norm2(x[i] - mu[k])  for i = 1..m, k = 1...K", "stack_{i,k} norm2(x[i] - mu[k])"),
    ("G[i,:] = X[i,:]*y[i]", "diag(y)*X"),
    ("G[:,i] = x[i]*y[i]", "x'*diag(y)"),
    ("G[k] = w[k] - 1", "w - 1"),
    ("u'*u where u[k] = logdet(S[k])", "sum_{k} logdet(S[k])^2"),
    ("sum_{k} r[:,k]'*b where r[:,k] = S[k]*b, t = 2", "b'*(sum_{k} S[k])*b"),
    ("[(stack_{k} B[k]*b)[k,i]*ones(n)[i] | k; i]", "stack_{k} B[k]*b"),
]


@pytest.mark.parametrize(("text", "same"), SAME)
def test_equations_are_read(text: str, same: str) -> None:
    assert mc.equal(mc.parse(text, NAMES), mc.parse(same, NAMES))


COMMANDS = [
    ("gradient 'sum_{k} logdet(S[k])' S", ["G[k] = inv(S[k])  for k = 1..K\nshape K of n×n, numerator"]),
    ("gradient 'sum_{k} logdet(S[k])' S --unicode", ["G[k] = inv(S[k])  for k = 1..K\n"]),
    ("gradient 'sum_{k} logdet(S[k])' S --cheapest", ["cheapest: G[k] = inv(S[k])  for k = 1..K"]),
    ("gradient 'sum_{k} norm2(mu[k])^2' mu", ["2*mu\nshape K×n, "]),
    ("gradient 'sum_{k} logdet(S[k])' S --json", ['"result": "stack_{k} inv(S[k])"']),
    (
        "gradient 'sum_{k} mu[k]'\"'\"'*inv(S[k])*mu[k]' mu,S",
        ["[vec(stack_{k} 2*inv(S[k])*mu[k]); vec(stack_{k} -inv("],
    ),
    ("jacobian 'stack_{k} logdet(S[k])*w[k]' w", ["diag(stack_{k} logdet(S[k]))"]),
    ("explain 'sum_{k} logdet(S[k])' S", ["∂f/∂S[k] = inv(S[k])  for k = 1..K  K of n×n"]),
    ("explain 'sum_{k} logdet(S[k])' S --latex", [r"\frac{\partial f}{\partial S_{k}} &= \left({S}_{k}\right)^{-1}"]),
    ("explain 'sum_{k} logdet(S[k])' S --style differential", ["df = sum_{k} tr(inv(S[k])*dS[k])"]),
    ("explain 'logsumexp(stack_{k} logdet(S[k]))' S", ["u1[k] = logdet(S[k])  for k = 1..K", "∂f/∂S[k] = softmax("]),
    ("explain 'prod_{k} logdet(S[k])' S", ["u1[k] = logdet(S[k])  for k = 1..K"]),
    ("check 'sum_{k} logdet(S[k])' S 'G[k] = inv(S[k])  for k = 1..K'", ["correct: proved"]),
    ("check 'sum_{k} w[k]*logdet(S[k])' w 'D[k] = logdet(S[k])'", ["correct: proved"]),
    ("check 'sum_{i} (X[i,:]*b - y[i])^2' X 'G[i,j] = 2*(X[i,:]*b - y[i])*b[j]'", ["correct: proved"]),
    ("emit 'sum_{k} logdet(S[k])' S --target c --sizes K=2,n=2", ["const double S[2 * 2 * 2]"]),
]


@pytest.mark.parametrize(("command", "parts"), COMMANDS, ids=[row[0] for row in COMMANDS])
def test_commands(command: str, parts: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(command, capsys)
    assert code == 0, err
    for part in parts:
        assert part in out


def test_a_wrong_claim_is_repaired_for_each_member(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run("check 'sum_{k} logdet(S[k])' S 'Y[k] = 2*inv(S[k])'", capsys)
    assert code == 1
    assert "repaired: Y[k] = inv(S[k])  for k = 1..K" in out


@pytest.mark.parametrize("kind", [mc.gradient, mc.hessian, mc.jacobian])
def test_derivatives_by_lists_with_families_are_those_by_each(kind: object) -> None:
    f = mc.parse("sum_{k} w[k]*mu[k]'*B[k]*(mu[k] - b)", NAMES)
    by = [NAMES["mu"], NAMES["w"], NAMES["b"]]
    rng = np.random.default_rng(4)
    point = {
        "w": rng.uniform(1, 2, 2),
        "mu": rng.normal(size=(2, 3)),
        "B": rng.normal(size=(2, 3, 3)),
        "b": rng.normal(size=3),
    }
    made = kind(f, by)  # type: ignore[operator]
    got = np.asarray(mc.evaluate(made, point, SIZES)).reshape(made.shape.rows.at(SIZES), -1)
    assert_close(mc.evaluate(mc.parse(str(made), NAMES), point, SIZES), np.squeeze(got))
    start = 0
    for v in by:
        size = v.shape.rows.at(SIZES) * v.shape.cols.at(SIZES)
        if kind is mc.hessian:
            one = np.asarray(mc.evaluate(mc.hessian(f, v), point, SIZES)).reshape(size, size)
            assert_close(got[start : start + size, start : start + size], one)
        else:
            one = np.ravel(mc.evaluate(mc.gradient(f, v), point, SIZES), order="F")
            assert_close(np.ravel(got)[start : start + size], one)
        start += size


# ---------------------------------------------------------------- what is wrong, where, and one hint
BAD = [
    ("gradient 'sum_{k,k} logdet(S[k])' S", "index k is bound already", ["^^^^^^^^^"], "choose another name"),
    (
        "gradient 'sum_{k} sum_{k} logdet(S[k])' S",
        "index k is bound already",
        ["^^^^^^^ binds it", "^^^^^^^"],
        "choose another name",
    ),
    ("gradient 'sum_{k} w[k]*logdet(S[l])' S", "index l is not bound", ["^^^^"], "write sum_{l} before what"),
    ("gradient 'logdet(S[k])' S", "index k is not bound", ["^^^^"], "write sum_{k} before what"),
    (
        "gradient 'sum_{k} w[k] - logdet(S[k])' S",
        "index k is not bound",
        ["^^^^^^^^^^^^ binds k here", "^^^^"],
        "in brackets: sum_{k} (…)",
    ),
    (
        "gradient 'sum_{k} logdet(S[k])' 'S[k]'",
        "index k is not bound",
        ["^^^^"],
        "by all of it is by S, by one part by S[1]",
    ),
    (
        "gradient 'sum_{k} mu[k]*x[k]' mu",
        "index k runs over K and over m",
        ["^^^^^ over K", "^^^^ over m"],
        "two ranges want two indices",
    ),
    ("gradient 'sum_{i} X[i,i]' X", "index i runs over m and over n", ["^^^^^^"], "two ranges want two indices"),
    (
        "gradient 'sum_{i=1..m} w[i]' w",
        "index i runs over m, and stands where there are K",
        ["^^^^^^^^^^^^ over m", "^^^^ over K"],
        "leave out what i runs over",
    ),
    (
        "gradient 'sum_{k<i} w[k]*norm2(x[i])' x",
        "indices that are compared run over one dimension",
        ["^^^^ k runs over K", "^^^^ i runs over m"],
        "all pairs are summed: sum_{k,i}",
    ),
    (
        "gradient 'sum_{i} w[1]' w",
        "index i stands on nothing that is summed",
        ["^^^^^^^"],
        "sum_{i=1..n} says what it runs over",
    ),
    (
        "gradient 'stack_{i,j} w[i]' w",
        "index j stands on nothing that is stacked",
        ["^^^^^^^^^^^"],
        "stack_{j=1..n} says what it runs over",
    ),
    (
        "gradient 'X[1,3]' X --where 'X: 3×2'",
        "there is no such entry: this dimension is 2",
        ["^ is 3×2", "^^^^^"],
        "the last one is 2",
    ),
    (
        "gradient 'logdet(S[3])' S --where 'S: 2 of 3×3'",
        "there is no such entry: this dimension is 2",
        ["^ has 2 members", "^^^"],
        "the last one is 2",
    ),
    ("gradient 'logdet(S)' S", "S is a family: K of n×n", ["^"], "S[k] under sum_{k} or stack_{k}, or S[1]"),
    (
        "gradient 'sum_{k} tr(S[k]*Q[k]) + tr(Q)' S",
        "an entry of a matrix has a row and a column",
        ["^^^^"],
        "which is declared: Q: K of n×n",
    ),
    (
        "gradient 'norm2([B, c; C]*b)' b --where 'B: 2×2, c: 2, C: 1×4, b: 3'",
        "the rows of blocks differ in width",
        ["^ this row has 3 columns", "^ this row has 4 columns"],
        "blocks of a row are divided by a comma",
    ),
    (
        "gradient 'norm2([A, B]*b)' b --where 'A: 2×3, B: 3×2, b: 5'",
        "the blocks of a row differ in height",
        ["^ this has 2 rows", "^ this has 3 rows"],
        "blocks of a row are divided",
    ),
    (
        "gradient 'sum_{i} (y[i] > 0)*norm2(x[i])' x",
        "a condition is no number",
        ["^^^^^^^^^^"],
        "where(y[i] > 0, 1, 0)",
    ),
    ("gradient 'sum_{i} where(y[i], 1, 2)' y", "a number is no condition", ["^^^^"], "y[i] > 0"),
    ("gradient 'sum_{i in K} w[i]' w", "not the indices of a sum: i in K", ["^^^^^^^^^^^^"], "sum_{i=1..m}"),
    ("gradient 'sum_{} w[1]' w", "a sum of no index", ["^^^^^^"], "sum_{i}, "),
    ("gradient 'sum_{i w[i]' w", "a subscript in braces is of letters and digits", ["^^^^"], "x_{ij}, X_{1,2}"),
    ("gradient 'sum_{k} logdet(S[k])' \"S'\"", "a gradient is by variables, not by S'", ["^^"], "gradient by S"),
    (
        "gradient 'sum_{k} logdet(S[k])' S --structure free",
        "structure is that of one matrix",
        ["^" * 20],
        "--structure ignore",
    ),
    (
        "gradient 'sum_{k} norm_p(mu[k], 3)' mu",
        "norm_p of what depends on an index has no form",
        ["^" * 24],
        "write it without the index",
    ),
    ("emit 'sum_{k} logdet(S[k])' S --target c", "C is written for known sizes", ["^" * 20], "--target c --sizes K=3"),
    (
        "emit 'sum_{k} tr(expm(S[k]))' S --target c --sizes K=2,n=2",
        "expm of each is not known to the C target",
        ["^" * 22],
        "--target numpy",
    ),
    ("check 'sum_{k} logdet(S[k])' S 'inv(S[k])'", "index k is not bound", ["^^^^"], "G[k] = inv(S[k])"),
    ("check 'sum_{k} logdet(S[k])' S 'inv(S)'", "S is a family", ["^"], "S[k] under sum_{k} or stack_{k}"),
    (
        "check 'sum_{k} logdet(S[k])' S 'G[k] = inv(S[k]) for l = 1..K'",
        "index l is not on the left",
        ["^"],
        "those on the left are k",
    ),
    (
        "check 'sum_{k} logdet(S[k])' S 'G[k,k] = inv(S[k])'",
        "index k is bound already",
        ["^^^^^^"],
        "choose another name",
    ),
    (
        "check 'sum_{k} logdet(S[k])' S 'G[1] = inv(S[1])'",
        "on the left of an equation stand indices",
        ["^^^^"],
        "G[k] = …",
    ),
    (
        "check 'sum_{k} norm2(mu[k])^2' mu \"G[k] = 2*mu[k]'\"",
        "the members of the answer are n×1, and those of the claim 1×n",
        ["^" * 15],
        "transpose the right side",
    ),
]


@pytest.mark.parametrize(("command", "summary", "carets", "hint"), BAD, ids=[row[0] for row in BAD])
def test_bad_input_has_its_places_and_one_hint(
    command: str, summary: str, carets: list[str], hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(command, capsys)
    assert (code, out) == (2, "")
    lines = err.rstrip().split("\n")
    assert lines[0].startswith(f"matcalc: {summary}")
    shown = [line.removeprefix("  |").strip() for line in lines if "^" in line and line.lstrip(" |").startswith("^")]
    assert shown == carets
    assert hint in err
