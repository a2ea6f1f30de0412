"""The command line: what is printed where, and with which exit code."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import matcalc as mc
from matcalc.cli import main

LEAST_SQUARES = "norm2(A*x - b)^2"


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


def run(*arguments: str, stdin: bytes = b"", **environment: str) -> Outcome:
    """The command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "matcalc.cli", *arguments],
        input=stdin,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
        timeout=120,
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


class Call:
    """The command in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.capsys = capsys
        self.monkeypatch = monkeypatch

    def __call__(self, *arguments: str, stdin: bytes = b"") -> Outcome:
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        try:
            code = main(list(arguments))
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        out, err = self.capsys.readouterr()
        return Outcome(code, out, err)


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    return Call(capsys, monkeypatch)


# ---------------------------------------------------------------- results
def test_a_gradient_with_its_shape_its_layout_and_the_inferred_shapes() -> None:
    code, out, err = run("gradient", LEAST_SQUARES, "x")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert lines[0] == "2*A'*(A*x - b)"
    assert "n×1" in lines[1]
    assert "numerator layout" in lines[1]
    assert lines[2] == "where A: m×n, x: n×1, b: m×1"
    assert len(lines) == 3


RESULTS = [
    (["gradient", "x'*x", "x"], "2*x", "n×1"),
    (["gradient", "tr(A*X)", "X"], "A'", "n×m"),
    (["gradient", "x'*S*x", "x", "--where", "S: n×n symmetric"], "2*S*x", "n×1"),
    (["gradient", "x'*S*x", "x", "--where", "S: n x n symmetric"], "2*S*x", "n×1"),
    (["gradient", "c'*x", "x", "--where", "c: n, x: n"], "c", "n×1"),
    (["jacobian", "A*x", "x"], "A", "m×n"),
    (["jacobian", "x'*x", "x"], "2*x'", "1×n"),
    (["hessian", LEAST_SQUARES, "x"], "2*A'*A", "n×n"),
    (["derivative", "A*x", "x'"], "A", "m×n"),
    (["derivative", "x'*A", "x"], "A", "n×m"),
    (["derivative", "x'*x", "x'"], "2*x'", "1×n"),
]


@pytest.mark.parametrize(("arguments", "text", "shape"), RESULTS, ids=[" ".join(row[0]) for row in RESULTS])
def test_results(call: Call, arguments: list[str], text: str, shape: str) -> None:
    code, out, err = call(*arguments)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == text
    assert f"shape {shape}," in lines[1]


def test_json(call: Call) -> None:
    code, out, err = call("gradient", LEAST_SQUARES, "x", "--json")
    assert (code, err) == (0, "")
    result = json.loads(out)
    assert result["result"] == "2*A'*(A*x - b)"
    assert result["shape"] == {"rows": "n", "cols": "1"}
    assert result["layout"] == "numerator"
    assert result["kind"] == "gradient"
    assert result["by"] == "x"
    assert set(result["variables"]) == {"A", "x", "b"}
    assert result["variables"]["A"] == {"rows": "m", "cols": "n", "facts": []}
    assert mc.parse(result["formula"]) is mc.parse(LEAST_SQUARES)
    assert result["latex"]


def test_latex(call: Call) -> None:
    code, out, err = call("gradient", LEAST_SQUARES, "x", "--latex")
    assert (code, err) == (0, "")
    f = mc.parse(LEAST_SQUARES)
    from tests.numerics import named

    assert out.splitlines()[0] == mc.to_latex(mc.gradient(f, named(f)["x"]))


def test_unicode(call: Call) -> None:
    assert call("gradient", LEAST_SQUARES, "x", "--unicode").out.splitlines()[0] == "2·Aᵀ·(A·x - b)"


def test_emitted_code_goes_to_a_file(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "loss.py"
    code, out, err = call(
        "emit", LEAST_SQUARES, "x", "--objective", "--name", "loss", "--style", "fast", "-o", str(file)
    )
    assert (code, out, err) == (0, f"wrote {file}\n", "")
    space: dict[str, Any] = {}
    exec(file.read_text(encoding="utf-8"), space)
    assert space["loss_check"]() < 1e-6
    code, out, err = call("emit", LEAST_SQUARES, "x", "-o", str(tmp_path / "no" / "loss.py"))
    assert (code, out) == (2, "")
    assert err.startswith("matcalc: cannot write ")


def test_emitted_code_runs(call: Call) -> None:
    code, out, err = call("emit", LEAST_SQUARES, "x", "--name", "loss")
    assert (code, err) == (0, "")
    space: dict[str, object] = {}
    exec(compile(out, "emitted", "exec"), space)
    A, x, b = np.arange(6.0).reshape(2, 3), np.ones(3), np.ones(2)
    value, gradient = space["loss"](A=A, x=x, b=b)  # type: ignore[operator]
    assert value == pytest.approx(np.sum((A @ x - b) ** 2))
    assert np.allclose(gradient, 2 * A.T @ (A @ x - b))


@pytest.mark.parametrize("text", [b"x'*A*x", b"x'*A*x\n", b"x'*A*\n   x\n", b"\xef\xbb\xbfx'*A*x\r\n"])
def test_a_dash_reads_standard_input(call: Call, text: bytes) -> None:
    code, out, err = call("gradient", "-", "x", stdin=text)
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == call("gradient", "x'*A*x", "x").out.splitlines()[0]


def test_a_formula_may_begin_with_a_minus(call: Call) -> None:
    for arguments in (["gradient", "-x'*x", "x"], ["gradient", "--", "-x'*x", "x"]):
        assert call(*arguments).out.splitlines()[0] == "-2*x"


def test_output_for_a_terminal_without_unicode() -> None:
    code, out, _ = run("gradient", "x'*A*x", "x", PYTHONIOENCODING="ascii")
    assert code == 0
    assert out.isascii()
    assert "nx1" in out
    assert "\\x" not in out and "?" not in out
    code, out, _ = run("gradient", "x'*A*x", "x", "--unicode", PYTHONIOENCODING="ascii")
    assert code == 0
    assert out.isascii()
    code, out, err = run("gradient", "λ'*λ", "x", PYTHONIOENCODING="ascii")
    assert code == 2
    assert err.isascii()
    assert "Traceback" not in err


def test_json_is_read_by_any_locale() -> None:
    code, out, _ = run("gradient", "x'*A*x", "x", "--json", PYTHONIOENCODING="ascii")
    assert code == 0
    assert json.loads(out)["shape"] == {"rows": "n", "cols": "1"}


# ---------------------------------------------------------------- help
def test_version(call: Call) -> None:
    assert call("--version") == (0, f"matcalc {mc.__version__}\n", "")


@pytest.mark.parametrize(
    "arguments",
    [["-h"], ["--help"], *([name, "--help"] for name in ("gradient", "jacobian", "hessian", "derivative", "emit"))],
)
def test_help(call: Call, arguments: list[str]) -> None:
    code, out, err = call(*arguments)
    assert (code, err) == (0, "")
    assert out.startswith("usage: matcalc")


def test_help_and_symbolic_results_need_no_numerical_library() -> None:
    script = (
        "import sys\nfrom matcalc.cli import main\nmain(['gradient', 'norm2(A*x - b)^2', 'x'])\n"
        "assert not {'numpy', 'scipy', 'sympy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, timeout=120)


# ---------------------------------------------------------------- claims
LINES = b"f = (A*x - b)'*(A*x - b)\nby differentials\ndf = 2*(A*x - b)'*A*dx\nD = 2*A*(A*x - b)\n"
CLAIMS = [  # the command, standard input, the exit code, what is told
    (["check", LEAST_SQUARES, "x", "2*A'*(A*x - b)"], b"", 0, "correct: proved"),
    (["check", LEAST_SQUARES, "x", "A'*(A*x - b)"], b"", 1, "a factor 2 is missing"),
    (["check", LEAST_SQUARES, "x", "2*A'*(A*x - c)"], b"", 2, "the formula has not: c"),
    (["check", LEAST_SQUARES, "x", "A*x/0"], b"", 2, "divides by zero"),
    (["check", LEAST_SQUARES, "x,A", "x"], b"", 2, "that of a mixed Hessian"),
    (["check", LEAST_SQUARES, "x"], b"", 2, "a claim is missing"),
    (["check", LEAST_SQUARES, "x", "--lines", "-"], LINES, 1, "the first line that is not true is line 4"),
    (["check", LEAST_SQUARES, "x", "--lines", "-"], LINES[:-8] + b"(", 2, ""),
    (["check", LEAST_SQUARES, "x", "x", "--lines", "-"], LINES, 2, "leave out CLAIM"),
    (["verify", "-"], b"{}", 2, "no certificate"),
]


@pytest.mark.parametrize(("arguments", "stdin", "code", "words"), CLAIMS)
def test_claims_are_judged_by_exit_codes(arguments: list[str], stdin: bytes, code: int, words: str) -> None:
    found, out, err = run(*arguments, stdin=stdin)
    assert found == code, out + err
    assert words in (err if code == 2 else out)


def test_a_line_that_cannot_be_read_is_told_beside_the_others() -> None:
    code, out, _ = run("check", LEAST_SQUARES, "x", "--lines", "-", stdin=LINES[:-8] + b"(")
    assert code == 2
    assert "3  correct" in out and "4  unread" in out and "line 4 cannot be judged" in out
    assert "not read: line 4" in out


@pytest.mark.parametrize("arguments", [["A'*(A*x - b)"], ["--lines", "-"]])
def test_a_certificate_is_verified(arguments: list[str]) -> None:
    code, out, err = run("check", LEAST_SQUARES, "x", *arguments, "--json", stdin=LINES)
    assert (code, err) == (1, "")
    assert run("verify", "-", stdin=out.encode())[0] == 0


# ---------------------------------------------------------------- bad input
BAD = {
    "an unknown function": (["gradient", "sofmax(x)", "x"], "unknown function: sofmax", "did you mean softmax?"),
    "a formula that ends too early": (["gradient", "x'*", "x"], "ends too early", "^"),
    "a bracket that is not closed": (["gradient", "sum(x", "x"], "not closed", "^"),
    "no formula": (["gradient", "", "x"], "empty", ""),
    "shapes that clash": (["gradient", "x*y", "x"], "cannot multiply", "x'*y"),
    "a gradient of a vector": (["gradient", "A*x", "x"], "only a scalar has a gradient", "jacobian"),
    "a Hessian of a vector": (["hessian", "A*x", "x"], "only a scalar has a Hessian", ""),
    "a derivative without a layout": (["derivative", "A*x", "x"], "no layout", "derivative"),
    "a variable that is none": (["gradient", "x'*x", "z"], "z", "x"),
    "a variable that is a formula": (["gradient", "x'*x", "2*x"], "2*x", "x"),
    "an empty variable": (["gradient", "x'*x", ""], "", ""),
    "a declaration that is none": (["gradient", "x'*x", "x", "--where", "x"], "x", ""),
    "an unknown fact": (["gradient", "tr(S)", "S", "--where", "S: n×n symetric"], "symetric", "symmetric"),
    "a fact of another shape": (["gradient", "sum(S)", "S", "--where", "S: m×n symmetric"], "symmetric", "m×n"),
    "a bad name for code": (["emit", "x'*x", "x", "--name", "2f"], "2f", ""),
    "brackets too deep": (["gradient", "(" * 10_000 + "x" + ")" * 10_000, "x"], "too deeply", ""),
    "control characters": (["gradient", "x'*\x07x", "x"], "U+0007", ""),
    "too long a number": (["gradient", "1" * 60 + "*sum(x)", "x"], "too long", ""),
    "an empty line": (["gradient", "-", "x"], "empty", ""),
    "no command": ([], "usage", ""),
    "an unknown command": (["gradiant", "x'*x", "x"], "gradiant", "gradient"),
    "no variable": (["gradient", "x'*x"], "WRT", ""),
    "too many arguments": (["gradient", "x'*x", "x", "y"], "y", ""),
    "an unknown option": (["gradient", "x'*x", "x", "--jason"], "--jason", ""),
    "two forms at once": (["gradient", "x'*x", "x", "--json", "--latex"], "not allowed", ""),
    "an option without its value": (["gradient", "x'*x", "x", "--where"], "--where", ""),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_on_stderr_with_exit_code_2(call: Call, name: str) -> None:
    arguments, *parts = BAD[name]
    code, out, err = call(*arguments)
    assert code == 2
    assert out == ""
    assert err.strip()
    assert "Traceback" not in err
    assert len(err) < 2_000
    assert all(part in err for part in parts), err


@pytest.mark.parametrize(
    "stdin", [b"x'*\xff", b"\xff\xfe", b"\x80", b"x\x00", b"\xed\xa0\x80", b"x" * 1_000_000, b"x + " * 250_000 + b"x"]
)
def test_bad_bytes_on_standard_input(stdin: bytes) -> None:
    code, out, err = run("gradient", "-", "x", stdin=stdin)
    assert (code, out) == (2, "")
    assert err.startswith("matcalc: ")
    assert "Traceback" not in err
    assert len(err) < 2_000


def test_the_message_points_at_the_place() -> None:
    code, out, err = run("gradient", "x'*sofmax(x)", "x")
    assert (code, out) == (2, "")
    assert err == "matcalc: unknown function: sofmax\n  | x'*sofmax(x)\n  |    ^^^^^^\n  did you mean softmax?\n"


def test_bad_json_requests_leave_stdout_empty() -> None:
    code, out, err = run("gradient", "A*x", "x", "--json")
    assert (code, out) == (2, "")
    assert "only a scalar has a gradient" in err


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = [sys.executable, "-m", "matcalc.cli", "gradient", "x'*x", "x"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        err = process.stderr.read().decode()
        process.wait(60)
    assert "Traceback" not in err


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a full device")
def test_a_full_disk_is_told() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "matcalc.cli", "gradient", "x'*x", "x"],
            stdout=full,
            stderr=subprocess.PIPE,
            timeout=60,
        )
    assert done.returncode != 0
    assert b"Traceback" not in done.stderr


# ---------------------------------------------------------------- terminals
PRINTED = [
    # command, exit code
    (["gradient", "(x-μ)'*inv(Σ)*(x-μ)", "x", "--conditions", "--properties"], 0),
    (["gradient", "x'*A*x", "x", "--unicode"], 0),
    (["gradient", "x'*A*x", "x", "--latex"], 0),
    (["jacobian", "kron(x, y)", "x", "--layout", "denominator"], 0),
    (["hessian", "sum(log(x))", "x", "--conditions"], 0),
    (["explain", "norm2(A*x - β)^2", "x"], 0),
    (["explain", "norm2(A*x - b)^2", "x", "--style", "differential"], 0),
    (["explain", "norm2(A*x - b)^2", "x", "--markdown"], 0),
    (["plan", "norm2(A*x - b)^2", "x"], 0),
    (["plan", "norm2(A*x - b)^2", "x", "--dot"], 0),
    (["emit", "norm2(A*x - b)^2", "x"], 0),
    (["emit", "norm2(A*x - b)^2", "x", "--objective"], 0),
    (["check", "x'*A*x", "x", "(A + A')*x"], 0),
    (["check", "x'*A*x", "x", "x*A*x"], 1),
    (["chain", "10,6,8,2,1"], 0),
    (["gradient", "x'*λ*ж*A*x +", "x"], 2),
    (["gradient", "Y - X*β", "x"], 2),
    (["gradient", "x'*A*x", "ж"], 2),
]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
@pytest.mark.parametrize(("command", "code"), PRINTED, ids=[" ".join(row[0]) for row in PRINTED])
def test_any_terminal_prints_any_result(
    command: list[str], code: int, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is printed has only characters of the terminal; a result goes to stdout, a diagnosis to stderr."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    assert main(command) == code
    for stream, wanted in ((out, code != 2), (err, code == 2)):
        stream.flush()
        text = stream.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]
        assert bool(text) == wanted
        assert "×" not in text or encoding != "ascii"


def test_help_is_ascii_where_only_that_is_known() -> None:
    code, out, _ = run("gradient", "--help", PYTHONIOENCODING="ascii")
    assert code == 0
    assert "S: nxn symmetric" in out.replace("\n", " ").replace("  ", " ")


def test_json_is_json_on_any_terminal() -> None:
    code, out, _ = run("gradient", "μ'*x", "x", "--json", PYTHONIOENCODING="ascii")
    assert code == 0
    assert json.loads(out)["result"] == "μ"


def test_results_print_where_only_ascii_is_known() -> None:
    program = (
        "import matcalc as mc\n"
        "x, A = mc.vector('x', 'n'), mc.matrix('A', 'm', 'n')\n"
        "f = mc.norm2(A @ x) ** 2\n"
        "print(mc.explain(f, x), mc.check('A*x', f, x), mc.plan(f), mc.compare_plans(f))\n"
        "print(mc.emit(f), mc.objective(f, x))"
    )
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    assert b"m" + b"x1, not nx1" in done.stdout


# ---------------------------------------------------------------- names
def test_explain_plan_and_check_say_what_the_names_are(call: Call) -> None:
    where = "where A: m×n, x: n×1, b: m×1"
    assert call("explain", LEAST_SQUARES, "x").out.splitlines()[-1] == where
    assert call("plan", LEAST_SQUARES, "x").out.splitlines()[-1] == where
    assert call("plan", LEAST_SQUARES, "x", "--mode", "reverse").out.splitlines()[-1] == where
    assert call("check", LEAST_SQUARES, "x", "2*A'*(A*x - b)").out.splitlines()[-1] == where
    declared = call("check", "c'*x", "x", "c", "--where", "c: n, x: n").out
    assert "where" not in declared


@pytest.mark.parametrize("command", [["check"], ["explain"], ["gradient"], ["plan"]])
def test_a_wrong_variable_is_shown(call: Call, command: list[str]) -> None:
    claim = ["A*x"] if command == ["check"] else []
    code, out, err = call(*command, "x'*A*xx", "xy", *claim)
    assert (code, out) == (2, "")
    assert "  | xy\n  | ^^\n" in err
    assert "variables: x, A, xx" in err
    assert "not declared" not in err


def test_an_error_that_rests_on_an_inferred_shape_says_so(call: Call) -> None:
    code, _, err = call("gradient", "y*(w'*x)", "w")
    assert code == 2
    assert "not declared, and read as y: n×1, w: m×1, x: m×1; --where says otherwise" in err
    assert "not declared" not in call("gradient", "y*x", "x", "--where", "y: m×n, x: n").err


def test_words_of_declarations(call: Call) -> None:
    code, out, _ = call("gradient", "a'*S*x", "x", "--where", "a: vector, S: symmetric")
    assert code == 0
    assert out.splitlines()[0] == "S*a"
    assert out.splitlines()[2] == "where a: n×1, S: n×n symmetric, x: n×1"


@pytest.mark.parametrize(
    ("notation", "text"),
    [
        ("matlab", "2*A'*(A*x - b)"),
        ("julia", "2 * A' * (A * x - b)"),
        ("sympy", "2*A.T*(A*x - b)"),
        ("numpy", "return"),
    ],
)
def test_results_are_written_in_other_languages(call: Call, notation: str, text: str) -> None:
    assert text in call("gradient", LEAST_SQUARES, "x", "--to", notation).out


CLAIMS = {
    "latex": (r"\|Ax-b\|_2^2", r"\nabla_x f = A^\top(Ax-b)", r"\nabla_x f = 2A^\top(Ax-b)"),
    "numpy": ("np.sum((A @ x - b)**2)", "A.T @ (A @ x - b)", "2*A.T @ (A @ x - b)"),
    "index": ("sum_i (b_i - A_ij x_j)^2", "D_j = A_ij (A_ik x_k - b_i)", "D_j = 2 A_ij (A_ik x_k - b_i)"),
    "sympy": ("(A*x - b).T*(A*x - b)", "A.T*(A*x - b)", "2*A.T*(A*x - b)"),
    "text": ("norm2(A*x - b)^2", "A'*(A*x - b)", "2*A'*(A*x - b)"),
}
UNREAD = {  # a claim that is none, what the caret stands below, what is told
    "latex": (r"2A^\top(Ax-q)", "q", "q is not declared"),
    "numpy": ("2*A.T @ (A @ x - q)", "q", "q is not defined"),
    "index": ("g_j = 2 A_ij (A_ik x_k - q_i)", "q_i", "q is not declared"),
    "sympy": ("2*A.T*(A*x - q)", "q", "q"),
    "text": ("2*A'*(A*x - q)", "q", "has not: q"),
}
MISFITS = {
    "latex": "2A(Ax-b)",
    "numpy": "2*A @ (A @ x - b)",
    "index": "2*A*(A*x - b)",
    "sympy": "2*A*(A*x - b)",
    "text": "2*A*(A*x - b)",
}


@pytest.mark.parametrize("notation", CLAIMS)
def test_claims_are_read_in_the_notation_of_the_formula(call: Call, notation: str) -> None:
    formula, wrong, right = CLAIMS[notation]
    where = ("--from", notation, "--where", "A: m×n, b: m, x: n")
    assert call("check", formula, "x", right, *where).out.startswith("correct")
    told = call("check", formula, "x", wrong, *where).out
    assert told.startswith("wrong") and "a factor 2 is missing" in told
    misfit = call("check", formula, "x", MISFITS[notation], *where)
    assert misfit.code == 1 and misfit.out.startswith("wrong"), misfit
    claim, marked, words = UNREAD[notation]
    code, out, err = call("check", formula, "x", claim, *where)
    shown, carets = err.splitlines()[1:3]
    assert (code, out) == (2, "")
    assert words in err and shown.endswith(claim)
    assert shown[carets.index("^") :].startswith(marked), err


@pytest.mark.parametrize("notation", CLAIMS)
def test_lines_are_read_in_the_notation_of_the_formula(call: Call, notation: str, tmp_path: Path) -> None:
    formula, wrong, right = CLAIMS[notation]
    left = {"latex": "", "index": "", "numpy": "grad = ", "sympy": "grad = ", "text": "grad = "}[notation]
    file = tmp_path / "derivation"
    file.write_text(f"{left}{right}\n{left}{wrong}\n", encoding="utf-8")
    arguments = ("--lines", str(file), "--from", notation, "--where", "A: m×n, b: m, x: n")
    code, out, _ = call("check", formula, "x", *arguments)
    assert code == 1
    assert out.startswith("1  correct") and "the first line that is not true is line 2" in out


def test_formulas_are_read_in_other_notations(call: Call) -> None:
    where = ("--from", "index", "--where", "A: m×n, b: m, x: n")
    assert call("gradient", "sum_i (b_i - A_ij x_j)^2", "x", *where).out.startswith("2*A'*(A*x - b)\n")
    assert call("check", "sum_i (b_i - A_ij x_j)^2", "x", "2*A'*(A*x - b)", *where).code == 0
    assert "unknown notation" in call("gradient", "x", "x", "--from", "klingon").err
    assert "unknown notation" in call("gradient", "x'*x", "x", "--to", "klingon").err
