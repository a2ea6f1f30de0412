"""The page in a browser: typing, seeing, checking, copying, links, errors, the keyboard alone, and accessibility."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlparse

import pytest

pytest.importorskip("starlette", reason="the page needs the extra web")
pytest.importorskip("uvicorn", reason="the page needs the extra web")
playwright = pytest.importorskip("playwright.sync_api", reason="browser tests need playwright")

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
AXE = Path(__file__).parent / "data" / "axe-core" / "axe.min.js"
PATIENCE = 30_000  # milliseconds

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium is installed: apt-get install chromium")

expect = playwright.expect
expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "matcalc.cli", "serve", "--port", "0"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        yield found[0]
        process.terminate()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
        made = driver.chromium.launch(executable_path=BROWSER, args=flags)
        yield made
        made.close()


@pytest.fixture
def context(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    made = browser.new_context(**getattr(request, "param", {}), permissions=["clipboard-read", "clipboard-write"])
    made.set_default_timeout(PATIENCE)
    yield made
    made.close()


@pytest.fixture
def page(context: Any, address: str) -> Iterator[Any]:
    """The page; afterwards, that it complained of nothing and asked no other host."""
    made, complaints = context.new_page(), []
    made.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    made.on("pageerror", lambda error: complaints.append(str(error)))
    made.on(
        "request", lambda sent: complaints.append(sent.url) if not sent.url.startswith((address, "blob:")) else None
    )
    opened(made, address)
    yield made
    assert complaints == []


def opened(page: Any, address: str, **kept: str) -> None:
    page.goto("about:blank")
    page.goto(f"{address}#{urlencode(kept, quote_via=quote)}")
    page.wait_for_selector("html[data-ready]")


def typed(page: Any, formula: str) -> None:
    page.locator("#formula").fill("")
    page.locator("#formula").press_sequentially(formula)


def mathematics(page: Any, place: str) -> Any:
    """What a screen reader is told of typeset mathematics: its LaTeX is the annotation."""
    return page.locator(f"{place} annotation").first


def test_a_formula_that_is_typed_is_derived(page: Any) -> None:
    typed(page, "norm2(A*x - b)^2")
    expect(mathematics(page, "#derivative")).to_have_text(
        r"\frac{\partial f}{\partial x} = 2 \, A^{\top} \, \left(A \, x - b\right)"
    )
    expect(page.locator("#told")).to_contain_text("shape n×1")
    expect(page.locator("#variable-A")).to_have_value("m×n")
    expect(page.locator("#panel-steps li")).not_to_have_count(0)


def test_examples_are_clicked(page: Any) -> None:
    names = page.locator("#examples button").all_inner_texts()
    for name in names:
        opened(page, page.url.partition("#")[0])
        page.locator("#examples button", has_text=name).first.click()
        expect(page.locator("#derivative .katex").first).to_be_visible()
        expect(page.locator("#formula-error")).to_be_hidden()


def chosen(page: Any, row: str) -> str:
    """The value of the chip that is chosen in a row."""
    return str(page.locator(f"#{row} input:checked").get_attribute("value"))


def chip(page: Any, row: str, label: str) -> Any:
    return page.locator(f"#{row} .chip", has=page.get_by_text(label, exact=True)).locator("input")


def test_another_variable_and_second_derivatives(page: Any) -> None:
    typed(page, "norm2(A*x - b)^2")
    expect(chip(page, "by", "x")).to_be_checked()
    chip(page, "by", "A").check()
    expect(page.locator("#told")).to_contain_text("shape m×n")
    chip(page, "by", "x").check()
    chip(page, "then", "x: Hessian").check()
    expect(page.locator("#result-title")).to_have_text("Hessian")
    expect(page.locator("#told")).to_contain_text("shape n×n")
    chip(page, "then", "b").check()
    expect(page.locator("#result-title")).to_have_text("Mixed derivative")
    expect(mathematics(page, "#derivative")).to_contain_text(r"-2 \, A^{\top}")
    expect(page.locator("#panel-steps .answer")).to_contain_text("its Jacobian by b")
    chip(page, "then", "nothing").check()
    expect(page.locator("#result-title")).to_have_text("Gradient")


def test_derivatives_by_all_variables_at_once(page: Any) -> None:
    typed(page, "norm2(A*x - b)^2")
    chip(page, "by", "all").check()
    expect(page.locator("#derivative .math")).to_have_count(3)
    expect(page.locator("#panel-steps h3")).to_have_text(["by A", "by x", "by b"])
    page.get_by_role("tab", name="Code").click()
    expect(page.locator("#panel-code pre")).to_contain_text("gradient_b")
    typed(page, "x'*y")
    expect(page.locator("#derivative .math")).to_have_count(2)
    chip(page, "then", "all: Hessian").check()
    expect(page.locator("#derivative .math")).to_have_count(1)
    expect(page.locator("#told")).to_contain_text("a block for each two variables")


def test_a_column_has_no_second_derivative_to_choose(page: Any) -> None:
    typed(page, "A*x")
    expect(page.locator("#result-title")).to_have_text("Jacobian")
    expect(page.locator("#then")).to_be_hidden()


LINKS = [
    ({"by": "A"}, "A", ""), ({"by": "x", "kind": "hessian"}, "x", "="),
    ({"by": "x", "kind": "hessian", "then": "b"}, "x", "b"), ({"by": "*"}, "*", ""), ({"kind": "hessian"}, "x", "="),
]  # fmt: skip


def test_links_hold_the_variables(page: Any, address: str) -> None:
    for kept, by, then in LINKS:
        opened(page, address, f="norm2(A*x - b)^2", **kept)
        expect(page.locator("#by input:checked")).to_have_count(1)
        assert (chosen(page, "by"), chosen(page, "then")) == (by, then)
        page.get_by_role("button", name="Copy link").click()
        again = parse_qs(urlparse(page.evaluate("navigator.clipboard.readText()")).fragment)
        assert {name: values[0] for name, values in again.items()} == {"f": "norm2(A*x - b)^2", **kept}


def test_shapes_and_facts_are_edited(page: Any) -> None:
    typed(page, "x'*S*x")
    expect(page.locator("#variable-S")).to_have_value("n×n")
    page.locator("#variable-S").fill("n×n symmetric")
    expect(mathematics(page, "#derivative")).to_contain_text(r"2 \, S \, x")
    page.locator("#variable-S").fill("n×n sym")
    expect(page.locator("#declared-error")).to_contain_text("unknown fact")
    page.get_by_role("button", name="S as it is inferred").click()
    expect(mathematics(page, "#derivative")).to_contain_text(r"S^{\top}")
    expect(page.locator("#declared-error")).to_be_hidden()


def test_a_link_with_a_wrong_declaration_shows_its_field(page: Any, address: str) -> None:
    opened(page, address, f="x'*S*x", where="S: n×n sym")
    expect(page.locator("#declared-error")).to_contain_text("unknown fact")
    page.locator("#variable-S").fill("n×n symmetric")
    expect(mathematics(page, "#derivative")).to_contain_text(r"2 \, S \, x")


def test_shapes_of_names_in_code_are_inferred_and_can_be_changed(page: Any) -> None:
    page.locator("#formula").fill("np.linalg.slogdet(S)[1]")
    expect(page.locator("#variable-S")).to_have_value("n×n")
    page.locator("#variable-S").fill("n×n symmetric")
    expect(mathematics(page, "#derivative")).to_contain_text("S^{-1}")


def test_errors_stand_under_their_place(page: Any) -> None:
    typed(page, "x'*(A*y) + lgo(x)")
    expect(page.locator("#formula-error")).to_contain_text("unknown function: lgo")
    expect(page.locator("#formula-marks mark")).to_have_text("lgo")
    carets = page.locator("#formula-error pre").inner_text().splitlines()
    assert carets[1].index("^") == carets[0].index("lgo")
    assert page.locator("#formula").get_attribute("aria-invalid") == "true"
    page.get_by_role("button", name="Use log").click()
    expect(page.locator("#formula")).to_have_value("x'*(A*y) + log(x)")
    expect(page.locator("#formula-error")).not_to_contain_text("lgo")


def test_marks_lie_where_the_letters_are(page: Any) -> None:
    typed(page, "x'*(A*y) + lgo(x)")
    expect(page.locator("#formula-marks mark")).to_have_text("lgo")
    styles = "e => { const s = getComputedStyle(e); return [s.fontFamily, s.fontSize, s.lineHeight, s.paddingLeft] }"
    assert page.locator("#formula").evaluate(styles) == page.locator("#formula-marks").evaluate(styles)


def test_an_answer_is_checked(page: Any) -> None:
    typed(page, "x'*A*x")
    page.get_by_role("tab", name="Check my answer").click()
    page.locator("#claim").press_sequentially("(A + A)*x")
    expect(page.locator("#panel-check .verdict")).to_contain_text("wrong")
    expect(page.locator("#panel-check .answer")).to_contain_text("A should be transposed")
    expect(page.locator("#claim-marks mark").first).to_have_text("A")
    page.locator("#claim").fill("(A + A')*x")
    expect(page.locator("#panel-check .verdict")).to_contain_text("correct")
    expect(page.locator("#claim-marks mark")).to_have_count(0)
    page.locator("#claim").fill("df = x'*(A + A')*dx\ngrad = (A - A')*x")
    expect(page.locator("#panel-check .verdict")).to_contain_text("line 2")


def test_code_is_copied_and_downloaded(page: Any) -> None:
    typed(page, "norm2(A*x - b)^2")
    page.get_by_role("tab", name="Code").click()
    expect(page.locator("#panel-code pre")).to_contain_text("import numpy as np")
    page.locator("#target").select_option("c")
    expect(page.locator("#panel-code pre")).to_contain_text("int formula(")
    page.locator("#code-sizes input").first.fill("7")
    page.locator("#code-sizes input").first.press("Tab")
    expect(page.locator("#panel-code pre")).to_contain_text("A[7 * 4]")
    page.get_by_role("button", name="Copy code").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#panel-code pre code").inner_text().rstrip("\n") + "\n"
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "formula.c"
    assert Path(download.value.path()).read_text() == copied


def test_the_result_is_copied(page: Any) -> None:
    typed(page, "norm2(A*x - b)^2")
    expect(mathematics(page, "#derivative")).to_contain_text("A^")
    for button, text in (("Copy text", "2*A'*(A*x - b)"), ("Copy LaTeX", r"2 \, A^{\top} \, \left(A \, x - b\right)")):
        page.get_by_role("button", name=button).click()
        expect(page.locator("#spoken")).to_have_text(f"{button}: done")
        assert page.evaluate("navigator.clipboard.readText()") == text


def test_a_plan_follows_the_sliders(page: Any) -> None:
    typed(page, "norm2(A*x - b)^2")
    page.get_by_role("tab", name="Plan").click()
    expect(page.locator("#panel-plan img")).to_be_visible()
    before = page.locator("#panel-plan .total").inner_text()
    page.get_by_role("slider", name="m").press("End")
    expect(page.locator("#sliders output").first).to_have_text("10,000")
    expect(page.locator("#panel-plan .total")).not_to_have_text(before)
    expect(page.locator("#panel-plan .total")).to_contain_text("2,010,100")


def test_a_link_holds_what_is_shown(page: Any, context: Any, address: str) -> None:
    opened(page, address, f="x'*S*x + c*norm1(x)", by="S", where="S: n×n symmetric", tab="index", kind="derivative")
    expect(chip(page, "by", "S")).to_be_checked()
    expect(page.locator("#variable-S")).to_have_value("n×n symmetric")
    expect(page.locator("#panel-index pre").first).to_be_visible()
    typed(page, "x'*S*x")
    page.locator("#structure").select_option("free")
    expect(page.locator("#told")).to_contain_text("structure: free")
    page.get_by_role("button", name="Copy link").click()
    other = context.new_page()
    other.goto(page.evaluate("navigator.clipboard.readText()"))
    expect(other.locator("#formula")).to_have_value("x'*S*x")
    expect(other.locator("#told")).to_have_text(page.locator("#told").inner_text())
    expect(mathematics(other, "#derivative")).to_have_text(mathematics(page, "#derivative").text_content())


def test_another_language_can_be_chosen(page: Any) -> None:
    typed(page, "x'*A*x")
    expect(page.locator("#notation option").first).to_have_text("text (recognised)")
    page.locator("#formula").fill(r"\frac12\|Ax-b\|_2^2")
    expect(page.locator("#notation option").first).to_have_text("LaTeX (recognised)")
    page.locator("#notation").select_option("numpy")
    expect(page.locator("#formula-error")).to_be_visible()


def test_a_formula_that_another_language_reads_is_offered_in_it(page: Any) -> None:
    typed(page, "||Ax - b||^2")
    page.get_by_role("button", name="Read as LaTeX").click()
    expect(page.locator("#notation")).to_have_value("latex")
    expect(mathematics(page, "#derivative")).to_contain_text(r"2 \, A^{\top}")
    expect(page.locator("#formula-error")).to_be_hidden()


def test_all_is_done_with_the_keyboard(page: Any) -> None:
    assert page.evaluate("document.activeElement.id") == "formula"
    page.keyboard.type("x'*A*x")
    page.keyboard.press("Enter")
    expect(page.locator("#formula")).to_have_value("x'*A*x")
    expect(mathematics(page, "#derivative")).to_contain_text("A")
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.name"))
        if reached[-1] == "tab-steps":
            break
    assert {"variable-A", "by", "then", "copy-text", "tab-steps"} <= set(reached)
    moves = {"ArrowRight": "code", "End": "index", "ArrowLeft": "check", "Home": "steps"}
    for key, tab in moves.items():
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.id") == f"tab-{tab}"
        expect(page.locator(f"#panel-{tab}")).to_be_visible()
    assert page.locator("[role=tab][aria-selected=true]").count() == 1
    assert page.locator("[role=tab][tabindex='-1']").count() == 4


def test_a_later_answer_is_never_replaced_by_an_earlier_one(page: Any) -> None:
    for formula in ("norm2(A*x)^2", "x'*x", "tr(X)", "sum(exp(x))", "norm2(x)^2"):
        page.locator("#formula").fill(formula)
    expect(mathematics(page, "#derivative")).to_have_text(r"\frac{\partial f}{\partial x} = 2 \, x")
    page.wait_for_timeout(500)
    expect(mathematics(page, "#derivative")).to_have_text(r"\frac{\partial f}{\partial x} = 2 \, x")


SCREENS = {
    "wide, light": {"viewport": {"width": 1100, "height": 800}, "color_scheme": "light"},
    "wide, dark": {"viewport": {"width": 1100, "height": 800}, "color_scheme": "dark"},
    "phone, light": {"viewport": {"width": 360, "height": 740}, "color_scheme": "light"},
    "phone, dark": {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
}

STATES = [
    {}, {"f": "norm2(A*x - b)^2"}, {"f": "x'*lgo(x)"}, {"f": "softmax(W*x)", "tab": "code"},
    {"f": "logdet(S) + tr(inv(S)*C)", "by": "S", "where": "S: n×n posdef", "tab": "plan"},
    {"f": "x'*A*x", "tab": "check", "claim": "(A + A)*x"}, {"f": "A*x", "tab": "index"},
    {"f": "norm2(A*x - b)^2", "by": "*"}, {"f": "norm2(A*x - b)^2", "by": "x", "kind": "hessian", "then": "b"},
]  # fmt: skip

AUDIT = "async () => (await axe.run()).violations.map(v => [v.id, v.nodes.map(n => n.html.slice(0, 120))])"


@pytest.mark.parametrize("context", SCREENS.values(), ids=SCREENS, indirect=True)
def test_the_page_is_accessible_and_fits_the_screen(page: Any, address: str) -> None:
    for state in STATES:
        opened(page, address, **state)
        if state and "lgo" not in state["f"]:
            expect(page.locator("#told")).not_to_be_empty()
            expect(page.locator("[role=tabpanel]:not([hidden]) .answer")).not_to_be_empty()
        page.evaluate(AXE.read_text(encoding="utf-8"))
        assert page.evaluate(AUDIT) == [], state
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), state
