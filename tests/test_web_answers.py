"""What the page is answered: tables of requests, and of what is in the response."""

from __future__ import annotations

import json
from typing import Any

import pytest

import matcalc as mc
from matcalc.readers import READERS

pytest.importorskip("starlette", reason="the page needs the extra web")

from matcalc.web.answers import ANSWERS, about, answer
from matcalc.web.code import TARGETS
from matcalc.web.judging import places_of_change
from matcalc.web.questions import BadRequest
from matcalc.web.recognition import recognised

F = "norm2(A*x - b)^2"

RECOGNISED = {
    "text": ["norm2(A*x - b)^2", "x'*A*x", "x.T @ A @ x", "‖A x − b‖²", "A(:,1)", "x_1 + x_2", "sum(x.^2)",
             "[A, B; C, D]", "sigma_x*x", "", "r'*r where r = y - X*w", "X[1,:]*w", "a^{2}"],
    "latex": [r"\frac12\|Ax-b\|_2^2", r"x^\top A x", r"\log\det(X)", "$x$", r"A^{\top}x", r"\mathbf{Xw}", "x^TAx"],
    "numpy": ["np.sum((A @ x - b)**2)", "def f(x):\n    return x @ x", "x**2", "lambda x: x @ x", "X * y[:, None]",
              "r = X @ w - y\nnp.sum(r**2)"],
    "index": ["C_ik = A_ij B_jk", "f = x_i Y_ij x_j", "sum_i (y_i - sum_j X_ij w_j)^2", "y[i] = sum_{j} A[i,j]*x[j]",
              "x_i x_i", "A_{ij} B_{jk}", "y_i = A_ij x_j"],
    "sympy": ["Trace(A*B)", "MatMul(A, x)", "sp.Trace(A*X)", "Determinant(X)", "Inverse(X)*b", "HadamardProduct(A, B)"],
}  # fmt: skip


@pytest.mark.parametrize("notation", RECOGNISED)
def test_languages_are_recognised(notation: str) -> None:
    assert {text: recognised(text) for text in RECOGNISED[notation]} == dict.fromkeys(RECOGNISED[notation], notation)


# A formula, what is declared, the derivative, its shape, and the declarations that are shown.
DERIVED: list[tuple[dict[str, Any], str, str, dict[str, str]]] = [
    ({"formula": F}, "2*A'*(A*x - b)", "n×1", {"A": "m×n", "x": "n×1", "b": "m×1"}),
    ({"formula": F, "by": "A"}, "2*(A*x - b)*x'", "m×n", {"A": "m×n", "x": "n×1", "b": "m×1"}),
    ({"formula": F, "kind": "hessian"}, "2*A'*A", "n×n", {"A": "m×n", "x": "n×1", "b": "m×1"}),
    ({"formula": F, "kind": "hessian", "then": "b"}, "-2*A'", "n×m", {"A": "m×n", "x": "n×1", "b": "m×1"}),
    ({"formula": F, "kind": "hessian", "by": "b", "then": "x"}, "-2*A", "m×n", {"A": "m×n", "x": "n×1", "b": "m×1"}),
    ({"formula": F, "kind": "hessian", "then": "z"}, "2*A'*A", "n×n", {"A": "m×n", "x": "n×1", "b": "m×1"}),
    ({"formula": F, "then": "b"}, "2*A'*(A*x - b)", "n×1", {"A": "m×n", "x": "n×1", "b": "m×1"}),
    ({"formula": "a'*x + x'*x", "by": "*", "declared": {"a": "n"}}, "df/da = x\ndf/dx = a + 2*x", "n×1, n×1",
     {"a": "n×1", "x": "n×1"}),
    ({"formula": "x'*x", "by": "*"}, "2*x", "n×1", {"x": "n×1"}),
    ({"formula": "A*x"}, "A", "m×n", {"A": "m×n", "x": "n×1"}),
    ({"formula": "x'*S*x", "declared": {"S": "n×n symmetric"}}, "2*S*x", "n×1", {"S": "n×n symmetric", "x": "n×1"}),
    ({"formula": "x'*S*x", "declared": {"S": "3×3", "x": " "}}, "(S + S')*x", "3×1", {"S": "3×3", "x": "3×1"}),
    ({"formula": "A*x", "declared": {"z": "n"}}, "A", "m×n", {"A": "m×n", "x": "n×1"}),  # z is of an earlier formula
    ({"formula": r"\frac12\|Ax-b\|_2^2"}, "A'*(A*x - b)", "n×1", {"A": "m×n", "x": "n×1", "b": "m×1"}),
    ({"formula": "f = x_i Y_ij x_j", "declared": {"Y": "n×n symmetric"}}, "2*Y*x", "n×1",
     {"Y": "n×n symmetric", "x": "n×1"}),
    ({"formula": "np.sum((A @ x - b)**2)"}, "2*A'*(A*x - b)", "n×1", {"A": "m×n", "x": "n×1", "b": "m×1"}),
    ({"formula": "x @ A @ x + c*np.sum(np.exp(x))"}, "(A + A')*x + c*exp(x)", "n×1",
     {"x": "n×1", "A": "n×n", "c": "1×1"}),
    ({"formula": "def loss(X, w, y):\n    r = X @ w - y\n    return r @ r / 2"}, "X'*(X*w - y)", "n×1",
     {"X": "m×n", "w": "n×1", "y": "m×1"}),
    ({"formula": "Trace(A*X)"}, "A'", "n×m", {"A": "m×n", "X": "n×m"}),
    ({"formula": "sum_{k} logdet(S[k])", "declared": {"S": "K of n×n posdef"}}, "G[k] = inv(S[k])  for k = 1..K",
     "K of n×n", {"S": "K of n×n invertible posdef symmetric"}),
]  # fmt: skip


@pytest.mark.parametrize("row", DERIVED, ids=[f"{row[0]['formula']} {row[0].get('by', '')}" for row in DERIVED])
def test_derivatives_are_shown_with_the_shapes_that_were_inferred(row: tuple[Any, ...]) -> None:
    request, text, shape, variables = row
    made = answer("derive", request)
    assert (made["derivative"]["text"], made["derivative"]["shape"]) == (text, shape)
    assert {v["name"]: v["declaration"] for v in made["variables"]} == variables
    assert "frac" in made["derivative"]["latex"][0] and made["formula"]["latex"]


def test_the_same_letters_mean_other_things_in_another_language() -> None:
    request = {"formula": "A*x", "declared": {"A": "n×n", "x": "n"}}
    made = {notation: answer("derive", {**request, "notation": notation}) for notation in ("text", "numpy")}
    assert made["text"]["formula"]["text"] == "A*x" and made["numpy"]["formula"]["text"] != "A*x"


def test_shapes_inferred_for_code_are_declarations_that_say_the_same() -> None:
    for formula in ("np.mean((y - X @ w)**2)", "np.trace(A.T @ X @ B)", "np.log(np.linalg.det(S))", "w @ w"):
        first = answer("derive", {"formula": formula, "notation": "numpy"})
        declared = {v["name"]: v["declaration"] for v in first["variables"]}
        again = answer("derive", {"formula": formula, "notation": "numpy", "declared": declared})
        assert again["derivative"] == first["derivative"], formula


# A request, the field the error is shown in, its summary, the text at its first place, and the name that is asked for.
REFUSED: list[tuple[dict[str, Any], str, str, str, str]] = [
    ({"formula": "x'*(A*y) + lgo(x)"}, "formula", "unknown function: lgo", "lgo", ""),
    ({"formula": "A*x +"}, "formula", "the formula ends too early", "+", ""),
    ({"formula": "A*x", "kind": "hessian"}, "formula", "only a scalar has a Hessian", "A*x", ""),
    ({"formula": "3"}, "formula", "there is no variable to derive by", "3", ""),
    ({"formula": "x'*A*x", "declared": {"A": "n×n sym"}}, "declared", "unknown fact: 'sym'", "A: n×n sym", "A"),
    ({"formula": "x'*A*x", "declared": {"A": "n×n, x: m"}}, "declared", "a declaration reads: rows×columns facts",
     "n×n, x: m", "A"),
    ({"formula": "A*x", "declared": {"A": "3×3", "x": "4"}}, "formula", "cannot multiply: the inner dimensions differ",
     "A", ""),
    ({"formula": "‖Ax − b‖²"}, "formula", "Ax is not declared, and could be one name or the product A*x", "Ax", "Ax"),
]  # fmt: skip


@pytest.mark.parametrize("row", REFUSED, ids=[str(row[0]) for row in REFUSED])
def test_refusals_name_the_field_and_the_place(row: tuple[Any, ...]) -> None:
    request, where, summary, place, name = row
    error = answer("derive", request)["error"]
    assert (error["where"], error["summary"], error["name"]) == (where, summary, name)
    first = error["places"][0]
    assert error["text"][first["start"] : first["stop"]] == place
    assert "--where" not in json.dumps(error)


def test_other_languages_are_offered_where_the_recognised_one_refuses() -> None:
    assert "latex" in answer("derive", {"formula": "||Ax - b||^2"})["others"]
    assert answer("derive", {"formula": "||Ax - b||^2", "notation": "text"})["others"] == []  # it was chosen
    assert answer("derive", {"formula": "x'*lgo(x)"})["others"] == []


def test_where_there_is_no_derivative_the_formula_is_shown_all_the_same() -> None:
    made = answer("derive", {"formula": "A*x", "kind": "hessian"})
    assert made["formula"]["text"] == "A*x" and "derivative" not in made


@pytest.mark.parametrize("what", ANSWERS)
def test_an_empty_formula_has_no_answer(what: str) -> None:
    assert answer(what, {"formula": "  "}) == {"empty": True}


BAD: list[dict[str, Any]] = [
    {"formula": 3}, {"formula": "x" * 20_000}, {"formula": "x", "kind": "integral"}, {"formula": "x", "notation": "w"},
    {"formula": "x", "declared": []}, {"formula": "x", "declared": {"x": 3}}, {"formula": "x", "by": None},
    {"formula": "x", "structure": ["ignore"]}, {"formula": "x", "declared": {str(k): "n" for k in range(200)}},
]  # fmt: skip


@pytest.mark.parametrize("fields", BAD, ids=[str(sorted(fields)) + str(k) for k, fields in enumerate(BAD)])
def test_requests_of_other_kinds_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        answer("derive", fields)


BAD_SIZES = [{"n": 0}, {"n": "3"}, {"n": True}, {"n": 1.5}, [3], {"n": 10**30}]


@pytest.mark.parametrize("sizes", BAD_SIZES, ids=map(str, BAD_SIZES))
def test_sizes_of_other_kinds_are_refused(sizes: Any) -> None:
    with pytest.raises(BadRequest):
        answer("plan", {"formula": F, "sizes": sizes})


@pytest.mark.parametrize("style", ["chain", "differential"])
@pytest.mark.parametrize("kind", ["derivative", "hessian"])
def test_steps_end_in_the_derivative(style: str, kind: str) -> None:
    request = {"formula": F, "style": style, "kind": kind}
    made = answer("steps", request)
    assert made["steps"][-1]["text"].endswith(answer("derive", request)["derivative"]["text"])
    assert all(step["latex"] and "&" not in step["latex"] for step in made["steps"])
    assert bool(made["note"]) == (kind == "hessian")


@pytest.mark.parametrize("target", TARGETS)
def test_code_is_written_for_every_target(target: str) -> None:
    made = answer("code", {"formula": F, "target": target})
    assert made["code"].strip() and made["file"].startswith("formula.")
    assert made["sizes"] == ({"m": 4, "n": 4} if TARGETS[target].for_sizes else {})


def test_code_in_python_is_python() -> None:
    for key, target in TARGETS.items():
        if target.ending == "py":
            compile(answer("code", {"formula": F, "target": key})["code"], key, "exec")


def test_the_sizes_of_c_can_be_chosen() -> None:
    made = answer("code", {"formula": F, "target": "c", "sizes": {"m": 3, "q": 7}})
    assert made["sizes"] == {"m": 3, "n": 4} and "A[3 * 4]" in made["code"]


def test_a_plan_costs_what_the_plan_of_python_costs() -> None:
    x, A = mc.vector("x", "n"), mc.matrix("A", "m", "n")
    f = mc.norm2(A @ x) ** 2
    compared = mc.compare_plans({"value": f, "gradient": mc.gradient(f, x)})
    for sizes in ({"m": 5, "n": 7}, {"m": 1000, "n": 10}):
        made = answer("plan", {"formula": "norm2(A*x)^2", "sizes": sizes})
        assert made["sizes"] == sizes
        assert {o["mode"]: o["multiplications"] for o in made["orders"]} == {
            mode: plan.cost_at(**sizes) for mode, plan in compared.plans.items()
        }
        assert sum(step["value"] for step in made["steps"]) == made["total"]
        assert made["picture"].startswith("<svg")


@pytest.mark.parametrize("what", ["derive", "steps", "code", "plan", "index"])
def test_answers_by_all_variables_speak_of_each(what: str) -> None:
    made = json.dumps(answer(what, {"formula": F, "by": "*"}), ensure_ascii=False)
    for name in {"derive": ("df/dA", "df/dx", "df/db"), "steps": ("by A", "by x", "by b"),
                 "code": ("gradient_A", "gradient_x", "gradient_b"), "plan": ("A", "x", "b"),
                 "index": ("by A", "by x", "by b")}[what]:  # fmt: skip
        assert name in made
    assert "error" not in answer(what, {"formula": "A*x", "by": "*"})


def test_what_is_about_one_variable_asks_for_one() -> None:
    for what, more in (("check", {"claim": "2*x"}), ("code", {"target": "objective"})):
        error = answer(what, {"formula": F, "by": "*", **more})["error"]
        assert "one variable" in error["summary"] and error["hint"]


def test_a_hessian_by_all_is_of_blocks_and_symmetric() -> None:
    made = answer("derive", {"formula": "norm2(x - b)^2", "by": "*", "kind": "hessian"})
    assert made["derivative"]["text"] == "2*[eye(n), -eye(n); -eye(n), eye(n)]"
    assert made["derivative"]["latex"][0].startswith(r"\nabla^2 f = ")


def test_mixed_derivatives_are_explained_and_judged() -> None:
    request = {"formula": F, "by": "x", "then": "b", "kind": "hessian"}
    assert r"\partial x \, \partial b^{\top}" in answer("derive", request)["derivative"]["latex"][0]
    assert answer("steps", request)["steps"][-1]["text"].endswith("-2*A'")
    assert answer("check", {**request, "claim": "-2*A'"})["status"] == "correct"
    assert answer("check", {**request, "claim": "-2*A"})["status"] == "wrong"
    assert "hessian" in answer("code", request)["code"]


def test_a_plan_of_numbers_has_no_sizes() -> None:
    made = answer("plan", {"formula": "sin(x)^2"})
    assert (made["symbols"], made["sizes"]) == ([], {})


# A claim, the verdict, and what is marked in it.
CHECKED: list[tuple[str, str, list[str]]] = [
    ("2*A'*(A*x - b)", "correct", []),
    ("grad = 2*A'*(A*x - b)", "correct", []),
    ("∇f = 2*A'*(A*x - b)", "correct", []),
    ("2*A.T @ (A @ x - b)", "correct", []),
    (r"2A^\top(Ax-b)", "correct", []),
    ("2*np.dot(A.T, A @ x - b)", "correct", []),
    ("2*A'*(A*x + b)", "wrong", ["+"]),
    ("3*A'*(A*x - b)", "wrong", ["3"]),
    ("2*A*(A*x - b)", "wrong", ["A"]),
    ("x'*A", "wrong", []),
]


@pytest.mark.parametrize("row", CHECKED, ids=[row[0] for row in CHECKED])
def test_claims_are_judged_and_the_mistake_is_marked(row: tuple[str, str, list[str]]) -> None:
    claim, status, wrong = row
    made = answer("check", {"formula": F, "claim": claim})
    assert made["status"] == status
    assert [made["claim"][place["start"] : place["stop"]] for place in made["places"]] == wrong


def test_a_derivation_is_judged_line_by_line() -> None:
    lines = "f = norm2(A*x - b)^2\ndf = 2*(A*x - b)'*A*dx\ngrad = 2*A'*(A*x + b)"
    made = answer("check", {"formula": F, "claim": lines})
    assert [line["status"] for line in made["lines"]] == ["correct", "correct", "wrong"]
    assert (made["status"], made["first_bad_line"]) == ("wrong", 2)
    last = made["lines"][2]
    assert [last["text"][place["start"] : place["stop"]] for place in last["places"]] == ["+"]


def test_a_derivation_in_latex_is_judged_line_by_line() -> None:
    text = (
        "\\section*{Least squares}\n\\begin{align}\nL &= \\|Ax-b\\|_2^2 \\\\\n\\nabla L &= 2A^\\top(Ax+b)\n\\end{align}"
    )
    made = answer("check", {"formula": F, "claim": text})
    assert [line["status"] for line in made["lines"]] == ["note", "correct", "wrong"]
    assert (made["status"], made["first_bad_line"]) == ("wrong", 2)
    broken = answer("check", {"formula": F, "claim": "2A^\\top(Ax\n- b)", "claim_notation": "latex"})
    assert broken["status"] == "correct" and "lines" not in broken


def test_a_line_that_cannot_be_read_says_why() -> None:
    made = answer("check", {"formula": F, "claim": "df = 2*(A*x - b)'*A*dx\ngrad = 2*A'*(A*x - "})
    assert [line["status"] for line in made["lines"]] == ["correct", "unread"]
    assert made["status"] == "undecided" and made["first_bad_line"] is None
    assert "ends too early" in made["lines"][1]["explanation"]


def test_an_error_in_a_claim_is_shown_there() -> None:
    error = answer("check", {"formula": F, "claim": "2*A'*lgo(x)"})["error"]
    assert (error["where"], error["text"]) == ("claim", "2*A'*lgo(x)")
    assert answer("check", {"formula": F, "claim": " "}) == {"empty": True}


def test_marked_places_are_within_the_claim() -> None:
    claims = ["2*A*x", "A'*x", "(A + A)*x", "-(A+A')*x", "x", ""]
    for claim in claims:
        for repaired in [*claims, "(A + A')*x"]:
            for place in places_of_change(claim, repaired):
                assert 0 <= place["start"] < place["stop"] <= len(claim)
        assert places_of_change(claim, claim) == []


def test_index_form() -> None:
    made = answer("index", {"formula": "A*x"})
    assert (made["formula"], made["derivative"]) == ("y[i] = sum_{j} A[i,j]*x[j]", "D[i,j] = A[i,j]")


def test_the_page_offers_what_there_is() -> None:
    offered = about()
    assert offered["notations"] == list(READERS)
    assert [target["key"] for target in offered["targets"]] == list(TARGETS)


def test_every_answer_is_json() -> None:
    for what in ANSWERS:
        for formula in (F, "A*x +", "softmax(W*x)", "x'*S*x"):
            json.dumps(answer(what, {"formula": formula, "claim": "2*x"}), allow_nan=False)
