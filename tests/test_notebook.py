"""What a notebook shows of results, and its commands."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import matcalc as mc
from matcalc.showing.notebook import COMMANDS, answered

ROOT = Path(__file__).parent.parent
A, x, b = mc.matrix("A", "m", "n"), mc.vector("x", "n"), mc.vector("b", "m")
P = mc.family("P", "K", "n", "n", "posdef")
LOSS = mc.norm2(A @ x - b) ** 2
SLOPE = mc.gradient(LOSS, x)
BY_MEMBERS = mc.parse("sum_{k} x'*inv(P[k])*x", {"P": P, "x": x})

MARKDOWN = {
    "explanation": mc.explain(LOSS, x),
    "by differentials": mc.explain(mc.logdet(mc.matrix("X", "n", "n")), "X", style="differential"),
    "of entries": mc.explain(mc.sum(mc.abs(mc.sigmoid(x))), x),
    "correct": mc.check("2*A'*(A*x - b)", LOSS, x),
    "wrong": mc.check("2*A'*A*x", LOSS, x),
    "of another shape": mc.check("2*A*x", LOSS, x),
    "equality": mc.equal(LOSS, LOSS),
    "report": mc.check_derivation(["df = 2*(A*x-b)'*A*dx", "by the chain rule", "grad = 2*A*(A*x-b)"], LOSS, x),
    "plan": mc.plan({"value": LOSS, "gradient": SLOPE}),
    "plan with regimes": mc.plan(A @ mc.matrix("B", "n", "p") @ mc.matrix("C", "p", "q")),
    "comparison": mc.compare_plans(SLOPE, {"m": 3, "n": 4}),
    "emitted": mc.emit(SLOPE),
    "in C": mc.emit(SLOPE, target="c", sizes={"m": 2, "n": 3}),
    "objective": mc.objective(LOSS, x),
}


def tables(text: str) -> list[list[str]]:
    """The lines of the tables of a Markdown text, each as its cells."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return [re.split(r"(?<!\\)\|", row)[1:-1] for row in rows]


@pytest.mark.parametrize("name", MARKDOWN)
def test_markdown_is_well_formed(name: str) -> None:
    text = MARKDOWN[name]._repr_markdown_()
    assert len({len(cells) for cells in tables(text)}) <= 1 or "regimes" in name
    if not text.startswith("```"):
        assert text.count("$") % 2 == 0
        for mathematics in re.findall(r"\$([^$]*)\$", text):
            assert mathematics.count("{") == mathematics.count("}") and "|" not in mathematics
            assert mathematics.count(r"\left") == mathematics.count(r"\right")


@pytest.mark.parametrize("name", ["explanation", "by differentials", "of entries"])
def test_steps_are_mathematics_and_not_code(name: str) -> None:
    steps = MARKDOWN[name]
    for text in (steps.to_markdown(), steps.to_html()):
        assert "`" not in text and "<code>" not in text
        assert text.count(r"$\displaystyle ") == len(steps.steps)
    assert mc.to_latex(steps.result) in steps.to_markdown()


def test_html_has_a_cell_for_each_column() -> None:
    class Counter(HTMLParser):
        opened: list[str] = []

        def handle_starttag(self, tag: str, attributes: Any) -> None:
            self.opened.append(tag)

    counter, steps = Counter(), mc.explain(LOSS, x)
    counter.feed(steps.to_html())
    assert counter.opened.count("tr") == len(steps.steps) + 1
    assert counter.opened.count("td") == 3 * len(steps.steps)
    assert "<" not in re.sub(r"</?(table|tr|td|th)>", "", steps.to_html())


def test_a_repaired_claim_is_typeset() -> None:
    verdict = mc.check("2*A'*A*x", LOSS, x)
    assert verdict.repaired is not None
    assert mc.to_latex(mc.parse(verdict.repaired, {"A": A, "x": x, "b": b})) in verdict._repr_markdown_()


def test_formulas_show_as_text_and_latex_alone() -> None:
    for formula in (LOSS, SLOPE, BY_MEMBERS):
        assert formula._repr_latex_() == f"$\\displaystyle {mc.to_latex(formula)}$"
        assert not [name for name in dir(formula) if name.startswith("_repr_") and name != "_repr_latex_"]


# ---------------------------------------------------------------- commands
SPACE: dict[str, Any] = {"A": A, "x": x, "b": b, "f": LOSS, "other": 3, "y": mc.vector("z", "n")}
KNOWN = {"A": A, "x": x, "b": b}
WRONG_LINES = "L = (A*x - b)'*(A*x - b)\ndL = 2*(A*x - b)'*A*dx\ngrad = 2*A*(A*x - b)"
LINES: list[tuple[str, str | None, Callable[[], Any]]] = [
    ('parse "norm2(A*x - b)^2"', None, lambda: mc.parse("norm2(A*x - b)^2", KNOWN)),
    ('gradient "norm2(A*x - b)^2" x', None, lambda: SLOPE),
    ("gradient x", "norm2(A*x - b)^2\n", lambda: SLOPE),
    ("gradient x", "r'*r where r = A*x - b", lambda: SLOPE),
    ("hessian x", "norm2(A*x - b)^2", lambda: mc.hessian(LOSS, x)),
    ("gradient S", "tr(S*S)", lambda: mc.gradient(mc.parse("tr(S*S)"), "S")),
    ("gradient x --where 'S: n×n symmetric'", "x'*S*x", lambda: "2*S*x"),
    (r"gradient x --notation latex", r"\|A x - b\|_2^2", lambda: SLOPE),
    ("conditions", "log(x)", lambda: mc.conditions(mc.log(x))),
    (r"gradient x --from latex", r"\|A x - b\|_2^2", lambda: SLOPE),
    ("jacobian x --layout denominator", "A*x", lambda: mc.jacobian(A @ x, x, layout="denominator")),
    ("explain x --style differential", "norm2(A*x - b)^2", lambda: mc.explain(LOSS, x, style="differential")),
    (r"check x 'A^\top(Ax-b)' --from latex", r"\|A x - b\|_2^2", lambda: mc.check("A'*(A*x - b)", LOSS, x)),
    ("check 'norm2(A*x - b)^2' x --lines", WRONG_LINES, lambda: mc.check_derivation(WRONG_LINES, LOSS, x)),
    ("", None, lambda: None),
    ("help", None, lambda: None),
]  # fmt: skip


@pytest.mark.parametrize(("line", "cell", "want"), LINES, ids=range(len(LINES)))
def test_commands_answer_what_the_functions_do(line: str, cell: str | None, want: Callable[[], Any]) -> None:
    assert str(answered(line, cell, SPACE)) == str(want())


def test_commands_answer_with_results_that_show_themselves() -> None:
    for line in ("explain x", "plan x", "plan", "emit x", "check x 2*A*x", "draw", "draw network", "sparsity x"):
        found = answered(line, "norm2(A*x - b)^2", SPACE)
        assert hasattr(found, "_repr_markdown_") or hasattr(found, "_repr_svg_")


def shown_commands() -> list[tuple[str, str | None]]:
    """The commands that the documentation shows, each with what stands below it."""
    found: list[tuple[str, str | None]] = []
    for page in sorted((ROOT / "docs").glob("**/*.md")):
        for block in re.findall(r"^```text\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
            for part in re.split(r"\n\n", block) if "%matcalc" in block else ():
                first, _, below = part.strip().partition("\n")
                is_cell = first.startswith("%%matcalc")
                lines = [first] if is_cell else [line for line in part.splitlines() if line.startswith("%matcalc")]
                found += [(line.lstrip("%").removeprefix("matcalc "), below if is_cell else None) for line in lines]
    return found


@pytest.mark.parametrize(("line", "cell"), shown_commands())
def test_commands_that_the_documentation_shows_have_answers(line: str, cell: str | None) -> None:
    assert str(answered(line, cell, {}))


REFUSED = [
    ("gradient norm2(A*x - b)^2 x", None), ("check f x --lines", None), ("gradient x --layout numerator", "x'*x"),
    ("gradient x --lines", "x'*x"), ("", "x'*x"),
    ("gradiant x", "x'*x"), ("gradient", "x'*x"), ("gradient x y", "x'*x"), ('parse "x', None),
    ("parse", None),
    ("gradient x --wher q", "x'*x"), ("gradient x", "x'*"), ("gradient q", "x'*x"), ("gradient x --notation pdf", "x"),
    ("gradient x", ""), ("draw tree", "x"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "cell"), REFUSED, ids=range(len(REFUSED)))
def test_a_bad_line_is_refused(line: str, cell: str | None) -> None:
    with pytest.raises(mc.MatcalcError):
        answered(line, cell, SPACE)


def test_the_extension_enters_its_command() -> None:
    found: dict[str, Any] = {}

    class Shell:
        user_ns = SPACE

        def register_magic_function(self, function: Any, kind: str, name: str) -> None:
            found[name] = function
            assert kind == "line_cell"

    mc.load_ipython_extension(Shell())
    assert found["matcalc"]("gradient x", "norm2(A*x - b)^2") is SLOPE
    assert all(command in found["matcalc"].__doc__ for command in COMMANDS)


def test_in_ipython() -> None:
    shells = pytest.importorskip("IPython.core.interactiveshell", reason="IPython is not installed")
    shell = shells.InteractiveShell()
    shell.run_cell("import matcalc as mc\n%load_ext matcalc\nx = mc.vector('x', 'n')")
    shown = shell.run_cell('%matcalc gradient "x\'*x" x').result
    assert shown is mc.parse("2*x", {"x": x})
    formats = shell.display_formatter.format
    assert set(formats(shown)[0]) == {"text/plain", "text/latex"} and formats(shown)[0]["text/plain"] == "2*x  [n×1]"
    assert set(formats(mc.draw(shown))[0]) == {"text/plain", "image/svg+xml"}
    assert set(formats(mc.explain(LOSS, x))[0]) == {"text/plain", "text/markdown"}
    completer = pytest.importorskip("IPython.core.completer")
    for typed, found in (("mc.logsum", ["logsumexp"]), ("mc.wal", [])):
        with completer.provisionalcompleter():
            offered = [match.text.removeprefix("mc.") for match in shell.Completer.completions(typed, len(typed))]
        assert offered == found
