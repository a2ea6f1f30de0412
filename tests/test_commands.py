"""Commands and their options: each example runs, each option does what it says, and bad values are told."""

from __future__ import annotations

import io
import json
import os
import re
import select
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

import matcalc as mc
from matcalc.api_checking import CHECKED
from matcalc.cli import main
from matcalc.commands import options
from matcalc.commands.messages import has_colours
from matcalc.commands.record import Argument, Command
from matcalc.commands.table import COMMANDS
from matcalc.deriving import LAYOUTS
from matcalc.emission.options import DTYPES, STYLES
from matcalc.emission.targets import TARGETS
from matcalc.readers import READERS
from matcalc.structured import CHOICES
from matcalc.writers import WRITERS

ROOT = Path(__file__).parent.parent
SQUARES = "norm2(A*x - b)^2"


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


Call = Callable[..., Outcome]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command line in this process."""

    def run(*arguments: str, stdin: str = "") -> Outcome:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8"))
        try:
            code = main(list(arguments))
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        return Outcome(code, *capsys.readouterr())

    return run


# ---------------------------------------------------------------- records
def test_what_can_be_chosen_is_what_there_is() -> None:
    assert set(options.NOTATIONS) == set(READERS)
    assert set(options.WRITTEN) == set(WRITERS)
    assert set(options.LAYOUTS) == set(LAYOUTS)
    assert set(options.STRUCTURES) == set(CHOICES)
    assert set(options.TARGETS) == set(TARGETS)
    assert set(options.KINDS) == set(CHECKED)
    emit = {name: a.settings for a in COMMANDS["emit"].arguments for name in a.names}
    assert set(emit["--style"]["choices"]) == set(STYLES)
    assert set(emit["--dtype"]["choices"]) == set(DTYPES)


OWN_MEANING = {"--name", "--style", "--latex"}  # of a function or a machine, of source or steps, of a formula or steps


def test_an_option_is_told_by_the_same_words_everywhere() -> None:
    found: dict[str, Argument] = {}
    for command in COMMANDS.values():
        for argument in command.arguments:
            for name in argument.names:
                if name not in OWN_MEANING:
                    assert found.setdefault(name, argument) == argument, f"{command.name} {name}"


@pytest.mark.parametrize("command", [c for c in COMMANDS.values() if c.example], ids=lambda c: c.name)
def test_the_example_of_each_command_runs(call: Call, command: Command) -> None:
    if command.name == "completion":
        pytest.importorskip("shtab")
    code, out, err = call(command.name, *command.example)
    assert (code, err) == (0, "")
    assert out


@pytest.mark.parametrize("command", COMMANDS.values(), ids=lambda c: c.name)
def test_help_says_what_a_command_is_for_and_shows_the_example(call: Call, command: Command) -> None:
    code, out, err = call(command.name, "--help")
    assert (code, err) == (0, "")
    text = " ".join(out.split())
    assert command.summary[1:] in text
    assert all(argument.names[0] in out for argument in command.arguments if argument.names[0].startswith("-"))
    if command.example:
        typed = shlex.split(text[text.index("Example: matcalc ") + len("Example: matcalc ") :])
        assert tuple(typed) == (command.name, *command.example)


# ---------------------------------------------------------------- options
# An option with its value, what is asked, and what is told; in the order: result on stdout, code 0.
DERIVING = ("gradient", "jacobian", "hessian", "derivative", "differential")
FORMULAS = (*DERIVING, "check", "explain", "plan", "emit")
ASKED = {
    **dict.fromkeys(FORMULAS, ("x'*S*x", "x")),
    "check": ("x'*S*x", "x", "(S + S')*x"),
    "verify": ("-",),
    "chain": ("10,6,8,2,1",),
    "functions": ("logdet",),
}
GOOD: dict[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {  # option: value, words of the answer, commands
    "--where": (("S: n×n symmetric",), r"S|correct", FORMULAS),
    "--from": (("auto",), r"S|correct", FORMULAS),
    "--to": (("matlab",), r"S", DERIVING),
    "--json": ((), r"^[{\[]", (*FORMULAS, "chain", "functions")),
    "--latex": ((), r"\\", (*DERIVING, "explain")),
    "--unicode": ((), r"ᵀ|·", DERIVING),
    "--cheapest": ((), r"cheapest: ", DERIVING),
    "--conditions": ((), r"valid for ", DERIVING),
    "--properties": ((), r"the result is ", DERIVING),
    "--layout": (("denominator",), r"here transposed|shape n×n|jacobian", ("jacobian", "hessian")),
    "--structure": (("ignore",), r".", ("gradient", "check", "plan", "emit")),
    "--sizes": (("n=3",), r".", ("plan", "emit")),
    "--kind": (("gradient",), r"correct", ("check",)),
    "--style": (("chain",), r"rule", ("explain",)),
    "--markdown": ((), r"\|", ("explain",)),
    "--html": ((), r"<", ("explain",)),
    "--mode": (("reverse",), r"step", ("plan",)),
    "--dot": ((), r"digraph", ("plan",)),
    "--svg": ((), r"<svg", ("plan",)),
    "--target": (("numpy",), r"import numpy", ("emit",)),
    "--name": (("loss",), r"def loss\(", ("emit",)),
    "--dtype": (("float32",), r"float32", ("emit",)),
    "--objective": ((), r"formula_check", ("emit",)),
}
ELSEWHERE = {"--batch", "--lines", "-o", "--output", "--file", "--memory", "--host", "--port"}  # which have own tests
CASES = [(command, option) for option, (_, _, commands) in GOOD.items() for command in commands]


def test_each_option_is_tried_at_each_command_that_has_it() -> None:
    claimed = {(c.name, name) for c in COMMANDS.values() for a in c.arguments for name in a.names if name[:1] == "-"}
    other = {("gradient", "--sizes"), ("emit", "--style"), ("serve", "--name"), ("verify", "--json")}
    other |= {(command, "--sizes") for command in DERIVING}
    other |= {(command, "--layout") for command in ("check", "emit", "plan")}
    assert {(c, option) for c, option in claimed if option not in ELSEWHERE} == set(CASES) | other


@pytest.mark.parametrize(("command", "option"), CASES, ids=[" ".join(case) for case in CASES])
@pytest.mark.quick_part(2)
def test_each_option_does_what_it_says(call: Call, command: str, option: str) -> None:
    value, words, _ = GOOD[option]
    code, out, err = call(command, *ASKED[command], option, *value)
    assert (code, err) == (0, "")
    assert re.search(words, out), out


BAD = {  # a command line that is wrong, and words of what is told
    "gradient x'*x x --where x": "--where: a declaration reads",
    "gradient x'*x x --where x:n×m,y": "--where",
    "gradient x'*x x --from klingon": "unknown notation",
    "gradient x'*x x --to klingon": "unknown notation",
    "gradient x'*x x --to": "--to",
    "gradient x'*x x --sizes n=3": "--sizes: the sizes say what is cheapest",
    "gradient x'*x x --cheapest --sizes n": "--sizes: sizes read: n=1000,m=50",
    "gradient x'*x x --cheapest --sizes n=x": "--sizes",
    "plan x'*x x --sizes q=3": "q",
    "gradient x'*x x --structure foo": "--structure",
    "gradient x'*x x --structure free": "x",
    "jacobian x x --layout foo": "--layout",
    "gradient x'*x x --layout denominator": "--layout",
    "emit x'*x x --layout denominator": "--layout: a gradient has the shape",
    "plan x'*x x --layout denominator": "--layout: a gradient has the shape",
    "check x'*x x 2*x --layout denominator": "--layout: of Jacobians and Hessians",
    "check x'*x x --lines - --layout denominator": "--layout: lines are judged",
    "plan x'*x x --json --svg": "not allowed with",
    "emit A*x x --structure free": "--structure: of a gradient",
    "emit x'*x x --structure free --objective": "--structure: an objective moves all entries",
    "emit x'*x x --objective --target c": "NumPy",
    "emit x'*x x --target fortran": "--target",
    "emit x'*x x --dtype int": "--dtype",
    "plan x'*x x --mode fast": "--mode",
    "plan x'*x x' --mode reverse": "by variables",
    "plan x'*x x --dot --svg": "not allowed with",
    "explain x'*x x --style short": "--style",
    "explain x'*x x --json --latex": "not allowed with",
    "check x'*x x 2*x --kind tensor": "--kind",
    "check x'*x x": "a claim is missing",
    "check x'*x x --lines /no/such/file": "cannot read /no/such/file",
    "check x'*x x --lines - --structure free": "--structure: lines are judged",
    "differential x'*x x'": "a differential is by variables",
    "differential x'*x z": "not a variable",
    "chain 10,x": "not a dimension: 'x'",
    "chain 10,6 --memory 3": "--memory",
    "chain --file /no/such/file": "cannot read",
    "chain 3,2 --file x": "--file stands for the dimensions",
    "chain 10,6 --memory x": "--memory",
    "verify /no/such/file": "cannot read",
    "functions exq": "did you mean exp?",
    "functions 2": "unknown function",
    "functions rotation": "about that: rodrigues",
    "functions crossentropy": "is written -sum(u.*log(v))",
    "completion fish": "fish",
    "gradient /no/such/file.txt x --batch": "cannot read",
    "gradient - x --batch --conditions": "--conditions",
    "gradient loss.py:loss w": "cannot read loss.py",
    "serve --port 99999999": "not a port",
}


@pytest.mark.parametrize("line", BAD)
@pytest.mark.quick_part(3)
def test_bad_values_are_told_and_name_the_option(call: Call, line: str) -> None:
    if line.startswith("serve"):
        pytest.importorskip("uvicorn")
    code, out, err = call(*line.split())
    assert (code, out) == (2, "")
    assert BAD[line] in err and "Traceback" not in err and "^" in err + "^", err


def test_layouts_and_structures_reach_emitted_code(call: Call) -> None:
    code, out, _ = call("emit", "A*x", "x", "--layout", "denominator")
    assert code == 0 and "jacobian (n×m) = A'" in out
    code, out, _ = call("emit", "tr(A*S)", "S", "--where", "S: n×n symmetric", "--structure", "project")
    assert code == 0 and "1/2*(A + A')" in out.replace("0.5", "1/2"), out


def test_layouts_reach_claims_plans_and_certificates(call: Call) -> None:
    laid_out = ("--kind", "jacobian", "--layout", "denominator")
    for claim, words, code in (("A'", "correct", 0), ("A", "another layout", 1), ("2*A'", "a factor 1/2", 1)):
        found = call("check", "A*x", "x", claim, *laid_out)
        assert found.code == code and words in found.out, found.out
        certificate = call("check", "A*x", "x", claim, *laid_out, "--json").out
        assert json.loads(certificate)["layout"] == "denominator"
        assert call("verify", "-", stdin=certificate).code == 0
        assert json.loads(call("verify", "-", "--json", stdin=certificate).out)["status"] == "correct"
    mixed = call("check", "x'*A*y", "x,y", "A'", "--kind", "hessian", "--layout", "denominator")
    assert mixed.code == 0, mixed.out
    plan = json.loads(call("plan", "A*x", "x", "--json", "--layout", "denominator").out)
    assert plan["results"] == {"value": "A*x", "jacobian": "A'"}


def test_a_plan_as_json_has_the_costs_of_its_steps(call: Call) -> None:
    symbolic, sized = (
        json.loads(call("plan", "norm2(A*x - b)^2", "x", "--json", *more).out) for more in ((), ("--sizes", "m=3,n=4"))
    )
    assert symbolic["regimes"][0]["multiplications"] == "2*m*n + m + n"
    (regime,) = sized["regimes"]
    assert regime["multiplications"] == sum(step["multiplications"] for step in regime["steps"]) == 31
    assert regime["flops"] == sum(step["flops"] for step in regime["steps"])


def test_a_differential_is_by_one_variable_or_several(call: Call) -> None:
    assert call("differential", "x'*A*x", "x").out.splitlines()[0] == "dx'*A*x + x'*A*dx"
    assert call("differential", "x'*A*x", "x,A").out.splitlines()[0] == "dx'*A*x + x'*A*dx + x'*dA*x"
    code, _, err = call("differential", "x'*dx", "x")
    assert code == 2 and "dx" in err


@pytest.mark.parametrize(
    "formula", [r"\|Ax-b\|_2^2", "np.sum((A @ x - b)**2)", "sum_i (b_i - A_ij x_j)^2", SQUARES, "(A*x - b).T*(A*x - b)"]
)
def test_the_notation_is_recognised(call: Call, formula: str) -> None:
    found = call("gradient", formula, "x", "--from", "auto", "--where", "A: m×n, b: m, x: n")
    assert found.out.splitlines()[0] == "2*A'*(A*x - b)", found


# ---------------------------------------------------------------- files and batches
def test_errors_in_texts_of_several_lines_say_the_line(call: Call, tmp_path: Path) -> None:
    code, _, err = call("gradient", "-", "x", stdin="x'*x +\n  sofmax(x)")
    assert code == 2
    assert err.splitlines()[:3] == [
        "matcalc: standard input, line 2: unknown function: sofmax",
        "  |   sofmax(x)",
        "  |   ^^^^^^",
    ]
    file = tmp_path / "loss.py"
    file.write_text("import numpy as np\ndef loss(w, X):\n    return np.sum(X @ w)**2 + np.foo(w)\n", encoding="utf-8")
    code, _, err = call("gradient", f"{file}:loss", "w")
    assert code == 2 and err.startswith(f"matcalc: {file}, line 3: ") and "^^^^^^" in err


SPELT = [  # the formula, its notation, how the variable is spelt, the gradient
    (r"\|y - X\beta\|^2", "latex", r"\beta", "2*X'*(X*beta - y)"),
    (r"\|y - X\beta\|^2", "latex", r"\mathbf{\beta}", "2*X'*(X*beta - y)"),
    (r"\|y - X\beta\|^2", "latex", "β", "2*X'*(X*beta - y)"),
    (r"\frac12 \bar\mu^T \bar\mu", "latex", r"\bar\mu", "mu_bar"),
    ("norm2(y - X*beta)^2", "text", "β", "2*X'*(X*beta - y)"),
    ("norm2(y - X*β)^2", "text", "beta", "2*X'*(X*β - y)"),
    ("tr(Σ*Σ')", "text", "Sigma", "2*Σ"),
]


@pytest.mark.parametrize(("formula", "notation", "by", "gradient"), SPELT)
def test_greek_letters_of_variables_may_be_spelt_otherwise(
    call: Call, formula: str, notation: str, by: str, gradient: str
) -> None:
    code, out, _ = call("gradient", formula, by, "--from", notation)
    assert code == 0 and out.splitlines()[0] == gradient


NO_VARIABLE = [  # what a derivative is asked by, and the hint
    ("norm2(A*x)^2", "X", "did you mean x?"),
    ("norm2(A*x)^2/s^2", "s^2", "give what stands there a name of its own"),
    ("norm2(pj - x)^2", "pi", "pi is the number π"),
    ("norm2(A*x)^2", r"\beta", "variables: A, x"),
]


@pytest.mark.parametrize(("formula", "by", "hint"), NO_VARIABLE)
def test_what_is_no_variable_is_told(call: Call, formula: str, by: str, hint: str) -> None:
    code, _, err = call("gradient", formula, by)
    assert code == 2 and "not a variable of the formula" in err and hint in err


FILES = """import numpy as np
def one(W, b, X):
    return np.sum(np.tanh(X @ W + b))
def other(W, b, X):
    return np.sum((X @ W + b)**2)
"""


def test_what_a_file_has_is_told_and_the_place_is_in_the_function_that_is_asked(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "loss.py"
    file.write_text(FILES, encoding="utf-8")
    assert "its functions: one, other" in call("gradient", f"{file}:two", "W").err
    for text in (str(file), f"{file}:Model.loss", f"{file}:one(W)"):
        assert "a function of a file is named behind the file" in call("gradient", text, "W").err
    for name, line in (("one", 3), ("other", 5)):
        assert f"line {line}: the code can be read in two ways" in call("gradient", f"{file}:{name}", "W").err


def test_an_error_of_a_check_shows_the_formula_that_was_typed(call: Call) -> None:
    code, _, err = call("check", "x**2", "x", "2x")
    assert code == 2 and err.startswith("matcalc: only a scalar has a gradient\n  | x**2\n  | ^^^^\n")


BATCH = "x'*x\n\nx'*sofmax(x)\nnorm2(A*x)^2\n"


def test_a_batch_answers_each_line_at_its_place(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "formulas.txt"
    file.write_text(BATCH, encoding="utf-8")
    code, out, err = call("gradient", str(file), "x", "--batch")
    assert code == 2
    assert out == "2*x\n\n\n2*A'*A*x\n"
    assert err.startswith(f"matcalc: {file}, line 3: unknown function: sofmax\n  | x'*sofmax(x)\n")
    assert call("hessian", "-", "x", "--batch", stdin="x'*x\r\nx'*A*x") == (0, "2*eye(n)\nA + A'\n", "")


def test_a_batch_in_json_is_an_object_for_each_line(call: Call) -> None:
    code, out, _ = call("gradient", "-", "x", "--batch", "--json", stdin=BATCH)
    assert code == 2
    first, empty, faulty, last = out.splitlines()
    assert json.loads(first)["result"] == "2*x" and json.loads(last)["line"] == 4
    assert not empty and "sofmax" in json.loads(faulty)["error"]


def test_each_line_of_a_batch_is_in_its_own_notation(call: Call) -> None:
    found = call("gradient", "-", "x", "--batch", "--from", "auto", "--to", "latex", stdin="x'*x\n" + r"\|x\|^2")
    assert found == (0, "2 \\, x\n2 \\, x\n", "")


def test_a_dash_reads_standard_input_everywhere(call: Call) -> None:
    for command in FORMULAS:
        code, out, err = call(command, "-", *ASKED[command][1:], stdin=ASKED[command][0] + "\n")
        assert (code, err) == (0, "") and out


TITLED = """Gradient of least squares
-------------------------
L = (A*x - b)'*(A*x - b)
dL = 2*(A*x - b)'*A*dx
   = 2*dx'*A'*(A*x - b)
so that:
grad = 2*A'*(A*x - (b)
grad = 2*A'*(A*x - b)
"""


def test_titles_are_notes_and_unread_lines_are_told_as_that(call: Call) -> None:
    code, out, _ = call("check", SQUARES, "x", "--lines", "-", stdin=TITLED)
    judged = [line.split()[:2] for line in out.splitlines() if line[0].isdigit()]
    kinds = ["note", "note", "correct", "correct", "correct", "note", "unread", "correct"]
    assert judged == [[str(number), kind] for number, kind in enumerate(kinds, 1)]
    assert code == 2 and "not read: line 7" in out


def test_formulas_without_a_left_side_are_no_titles() -> None:
    from matcalc.readers.lines import is_title

    titles = ["Gradient of a scalar f", "so that:", "Proof.", "We expand, then collect terms:", "## Result below"]
    assert all(map(is_title, titles))
    formulas = ["2*A*x", "A x b", "sigma theta", "tr inv A", "grad", "x y z.", "diag x:", "softmax theta", "x' A x", ""]
    assert not any(map(is_title, formulas))


# ---------------------------------------------------------------- functions and completion
def test_functions_are_listed_and_explained(call: Call) -> None:
    code, out, _ = call("functions")
    assert code == 0
    assert {line.split("(")[0] for line in out.splitlines() if line[:1].isalpha()} >= {*mc.FUNCTIONS}
    assert call("functions", "ln").out == call("functions", "log").out == f"{mc.FUNCTIONS['log'].__doc__}\n"
    assert {row["name"] for row in json.loads(call("functions", "--json").out)} == {*mc.FUNCTIONS}


def test_without_the_extra_completion_says_which_one_is_missing(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    code, out, err = call("completion", "bash")
    assert (code, out) == (2, "")
    assert "pip install 'matcalc-engine[cli]'" in err


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_scripts_know_commands_and_options(call: Call, shell: str) -> None:
    pytest.importorskip("shtab")
    code, out, _ = call("completion", shell)
    assert code == 0
    assert all(name in out for name in COMMANDS) and "structure" in out and "denominator" in out


# ---------------------------------------------------------------- colours
class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


COLOURED = [  # of the environment, whether a terminal is coloured, and whether a pipe is
    ({"TERM": "xterm"}, True, False),
    ({"TERM": "xterm", "NO_COLOR": "1"}, False, False),
    ({"TERM": "xterm", "NO_COLOR": ""}, True, False),
    ({"TERM": "dumb"}, False, False),
    ({"TERM": "xterm", "FORCE_COLOR": "1"}, True, True),
    ({"TERM": "xterm", "FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
    ({"TERM": "xterm", "FORCE_COLOR": "0"}, True, False),
]


@pytest.mark.skipif(sys.platform == "win32", reason="another rule holds there")
@pytest.mark.parametrize(("environment", "terminal", "pipe"), COLOURED)
def test_colours_are_for_terminals(
    environment: dict[str, str], terminal: bool, pipe: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TERM", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert (has_colours(Terminal()), has_colours(io.StringIO())) == (terminal, pipe)


def test_colours_change_no_character(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [
        ("gradient", SQUARES, "x"),
        ("check", SQUARES, "x", "A'*(A*x - b)"),
        ("gradient", "x'*sofmax(x)", "x"),
        ("gradient", SQUARES, "x", "--json"),
    ]
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    plain = [call(*line) for line in asked]
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    for line, (code, out, err) in zip(asked, plain, strict=True):
        shown = call(*line)
        strip = lambda text: re.sub(r"\x1b\[[\d;]*m", "", text)  # noqa: E731
        assert (shown.code, strip(shown.out), strip(shown.err)) == (code, out, err)
        assert ("\x1b" in shown.out + shown.err) != ("--json" in line)


# ---------------------------------------------------------------- whole processes
OF_HELP = ("cli", "errors", "records", "regex", "terminal", "version")


def test_help_loads_nothing_of_the_engine() -> None:
    code = (
        "import sys\nfrom matcalc.cli import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "loaded = sorted(m for m in sys.modules if m.startswith('matcalc.') and not m.startswith('matcalc.commands'))\n"
        "print(*loaded, 'numpy' in sys.modules, file=sys.stderr)"
    )
    for arguments in (["--help"], ["gradient", "--help"]):
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, cwd=ROOT)
        assert done.stderr.split() == [*map("matcalc.{}".format, OF_HELP), "False"]


def test_the_package_is_a_command_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "matcalc", "gradient", "x'*x", "x"], capture_output=True, text=True, cwd=ROOT
    )
    assert (done.returncode, done.stdout.splitlines()[0], done.stderr) == (0, "2*x", "")


def test_without_a_command_and_a_terminal_the_usage_is_told() -> None:
    done = subprocess.run([sys.executable, "-m", "matcalc"], capture_output=True, text=True, cwd=ROOT, input="x'*x\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: matcalc")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a pseudo-terminal")
def test_a_terminal_opens_a_prompt(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    reader, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "matcalc"],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        cwd=ROOT,
        start_new_session=True,
        env={**os.environ, "TERM": "dumb", "XDG_STATE_HOME": str(tmp_path), "PYTHONIOENCODING": "utf-8"},
    )
    os.close(terminal)

    def shown(line: bytes = b"", until: str = "\n> ") -> str:
        """What is shown after a line, with the next prompt: only then the next line may be typed."""
        os.write(reader, line)
        text, end = b"", time.monotonic() + 100
        while until not in text.decode("utf-8", "replace") and time.monotonic() < end:
            if select.select([reader], [], [], 1)[0]:
                text += os.read(reader, 4096)
        return text.decode()

    try:
        assert "Ctrl-D leaves" in shown(until="> ")
        assert "x: n×1" in shown(b"x: n\n")
        assert "2*x" in shown(b"gradient x'*x by x\n")
        assert "^^^^^^" in shown(b"x'*sofmax(x)\n")
        os.write(reader, b"\x04")
        assert process.wait(100) == 0
    finally:
        process.kill()
        process.wait()
        os.close(reader)
    assert "gradient x'*x by x" in (tmp_path / "matcalc" / "history").read_text(encoding="utf-8")


# ---------------------------------------------------------------- documentation
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_CONSOLE = re.compile(r"^```console\n(.*?)^```", re.M | re.S)
_LINE = re.compile(r"(?:(?P<tool>echo|printf) (?P<stdin>.*?) \| )?matcalc (?P<words>.*?)(?P<code>; echo \$\?)?")


def shown() -> list[tuple[str, str, str]]:
    """The command lines of the documentation with their pages, and what is shown below them."""
    found = []
    for page in PAGES:
        for block in _CONSOLE.findall(page.read_text(encoding="utf-8")):
            for part in block.split("\n$ ") if block.startswith("$ ") else []:
                line, _, below = part.removeprefix("$ ").partition("\n")
                if "matcalc " in line:
                    found.append((page.name, line, below.strip("\n")))
    return found


@pytest.mark.parametrize(("page", "line", "below"), shown(), ids=[f"{page}: {line}" for page, line, _ in shown()])
@pytest.mark.quick_part(1)
def test_what_the_documentation_shows_is_what_is_printed(
    page: str, line: str, below: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = _LINE.fullmatch(line)
    assert parts, line
    words = shlex.split(parts["words"])
    if ">" in words or any(word.startswith("derivation.") or word == "certificate.json" for word in words):
        from matcalc.commands.parser import parser

        assert not below
        parser().parse_args(words[: words.index(">")] if ">" in words else words)
        return
    monkeypatch.chdir(tmp_path)
    (given,) = shlex.split(parts["stdin"] or "''")
    found = call(*words, stdin=given.encode().decode("unicode_escape") if parts["tool"] == "printf" else given)
    if not below:
        assert found.code in (0, 1) and found.out
        return
    text = f"{found.out}{found.err}" + (f"{found.code}\n" if parts["code"] else "")
    lines = text.strip("\n").splitlines()
    assert lines[: below.count("\n") + 1] == below.splitlines()
    assert page != "command_line.md" or "\n".join(lines) == below  # elsewhere the first lines may be enough
