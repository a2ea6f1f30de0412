"""Derivations line by line in every notation: what each line is found to be, and where a derivation goes wrong."""

from __future__ import annotations

import random
from typing import Any

import pytest

import matcalc as mc
from matcalc.checking.report import Report
from matcalc.notation.declarations import parse_where
from tests.latex_derivations import DERIVATIONS, FAMILIES

NAMES = parse_where("A: m×n, b: m, x: n, S: K, mu: K of n, y: m, w: n, Q: n×n")
SQUARES = "norm2(A*x - b)^2"
WEIGHTED = "sum_{k} S[k]*mu[k]'*mu[k]"
LOGISTIC = "sum_{i} log(1 + exp(-y[i]*A[i,:]*w))"


def found(report: Report) -> str:
    """The number of each line, and what it is: correct, wrong, undecided as ?, unread as u, a note, or defined."""

    def said(line: Any) -> str:
        if line.error is not None:
            return "u"
        if line.verdict is None:
            return "n" if line.is_note else "d"
        return {"correct": "c", "wrong": "w", "undecided": "?"}[line.verdict.status]

    return " ".join(f"{line.number}{said(line)}" for line in report.lines)


def first_bad(lines: str) -> int | None:
    return next((int(line[:-1]) for line in lines.split() if line[-1] in "wu?"), None)


@pytest.mark.parametrize("row", DERIVATIONS, ids=[row[0] for row in DERIVATIONS])
@pytest.mark.quick_part(4)
def test_derivations_in_latex(row: tuple[str, str, str, str, str, str, str]) -> None:
    _, formula, declarations, by, kind, text, lines = row
    families = {name: told for name, told in FAMILIES.items() if name in formula}
    f = mc.parse(formula, parse_where(declarations), notation="latex", families=families)
    report = mc.check_derivation(text, f, by, kind=kind, notation="latex")
    assert found(report) == lines, str(report)
    assert report.first_bad_line == first_bad(lines)
    assert mc.verify(report.to_json()).status in (("correct", "undecided") if "u" in lines else ("correct",))


IN_NOTATIONS = [  # notation, formula, variable, text, what its lines are
    (
        "numpy",
        SQUARES,
        "x",
        """# least squares
import numpy as np
r = A @ x - b
loss = r @ r
loss = np.sum(r**2)  # the same
dloss = 2*r @ A @ dx
grad = 2*A.T @ r
dx = 2*A.T @ (
    A @ x - b)
grad_x = A.T @ r
dloss_dx = 2*A @ r
H = 2*A.T @ A
""",
        "1n 2n 3d 4c 5c 6c 7c 8c 10w 11w 12c",
    ),
    ("sympy", SQUARES, "x", "r = A*x - b\ngrad = 2*A.T*r\ngrad = A.T*r\n", "1d 2c 3w"),
    (
        "index",
        SQUARES,
        "x",
        """f = (A_ij x_j - b_i)(A_ik x_k - b_i)
r_i = A_ij x_j - b_i
f = r_i r_i
df = 2 r_i A_ij dx_j
df/dx_j = 2 r_i A_ij
∂f/∂x_k = 2 A_ik (A_ij x_j - b_i)
grad_j = A_ij r_i
D_j = 2*A*(A*x - b)
D = 2*A'*(A*x - b)
H_jk = 2 A_ij A_ik""",
        "1c 2d 3c 4c 5c 6c 7w 8w 9c 10c",
    ),
    ("index", "x'*Q*x", "Q", "df/dQ_ij = x_i x_j\ngrad_ij = x_j x_i\ndf/dQ_ij = x_i x_i", "1c 2c 3u"),
    ("index", "x'*Q*Q*x", "Q", "D_ij = x_i Q_jk x_k + Q_ki x_k x_j\nD_ji = x_i Q_jk x_k + Q_ki x_k x_j", "1c 2w"),
    (
        "text",
        SQUARES,
        "x",
        """||A*x - b||^2 = (A*x-b)'*(A*x-b)
f(x) = x'A'A x - 2 b'A x + b'b
∇f = 2 A'(A x - b)
∇f(x) = 2 A'(A x - b)
grad f = 2 A'(A x - b)
grad_x f = 2 A'(A x - b)
∇_x f = 2 A'(A x - b)
= 2*A'*A*x - 2*A'*b
= 2*A'*A*x + 2*A'*b
∇²f = 2*A'*A
d(A*x-b) = A*dx
df = 2*(A*x - b)'*d(A*x - b)
∂f/∂x' = 2*(A*x-b)'*A
dQ/dx = A'*(A x - b)
something
df = 2*(A*x""",
        "1c 2c 3c 4c 5c 6c 7c 8c 9w 10c 11c 12c 13c 14w 15u 16u",
    ),
    (
        "text",
        SQUARES,
        "x",
        "u = A*x - b\nf = u'*u\ndf/du = 2*u\ndf/du = u\nu = A*x + b\ndu/dx = A",
        "1d 2c 3c 4w 5w 6c",
    ),
    (
        "text",
        WEIGHTED,
        "mu",
        """f = sum_{k} S[k]*norm2(mu[k])^2
df = sum_{k} 2*S[k]*mu[k]'*dmu[k]
D[k] = 2*S[k]*mu[k]
dmu[k] = S[k]*mu[k]
df/dmu[k] = 2*S[k]*mu[k]
= 2*mu[k]*S[k]
grad[k] = 2*mu[k]
D[k] = 2*S[k]*mu[k]'
D = 2*diag(S)*mu""",
        "1c 2c 3c 4w 5c 6c 7w 8w 9c",
    ),
    (
        "text",
        LOGISTIC,
        "w",
        """t[i] = -y[i]*A[i,:]*w
f = sum_{i} log(1 + exp(t[i]))
dt[i] = -y[i]*A[i,:]*dw
D[j] = -sum_{i} sigmoid(t[i])*y[i]*A[i,j]
D[j] = sum_{i} sigmoid(t[i])*y[i]*A[i,j]""",
        "1d 2c 3c 4c 5w",
    ),
]


@pytest.mark.parametrize("row", IN_NOTATIONS, ids=[f"{row[0]} {at}" for at, row in enumerate(IN_NOTATIONS)])
def test_derivations_in_other_notations(row: tuple[str, str, str, str, str]) -> None:
    notation, formula, by, text, lines = row
    f = mc.parse(formula, NAMES)
    report = mc.check_derivation(text, f, by, notation=notation)
    assert found(report) == lines, str(report)
    assert report.first_bad_line == first_bad(lines)
    if not any(char in text for char in "#("):  # each row of the text is a line
        listed = mc.check_derivation(text.splitlines(), f, by, notation=notation)
        assert [line.number + 1 for line in listed.lines] == [line.number for line in report.lines]


REPAIRED = [  # a claim in LaTeX, the mistake, the claim put right
    (r"A^\top(Ax-b)", "factor", "2*A'*(A*x - b)"),
    (r"2A(Ax-b)", "transpose", "2*A'*(A*x - b)"),
    (r"2A^\top(b-Ax)", "sign", "-2*A'*(b - A*x)"),
    (r"2A^\top Ax", "missing term", "2*A'*A*x - 2*A'*b"),
]


@pytest.mark.parametrize(("claim", "mistake", "repaired"), REPAIRED)
def test_lines_in_latex_are_diagnosed_as_claims_are(claim: str, mistake: str, repaired: str) -> None:
    f = mc.parse(SQUARES, NAMES)
    verdict = mc.check_derivation([rf"\nabla f = {claim}"], f, "x", notation="latex").lines[0].verdict
    assert verdict is not None
    alone = mc.check(claim, f, "x", notation="latex")
    plain = mc.check(repaired, f, "x")
    assert (verdict.mistake, alone.mistake, alone.repaired) == (mistake, mistake, verdict.repaired)
    assert mc.check(str(verdict.repaired), f, "x").status == plain.status == "correct"


PLACES = [  # notation, a line that cannot be read, what the caret stands below, what is told
    ("latex", r"df &= 2(Ax-b)^\top A\,dz", "dz", "is dz a differential"),
    ("latex", r"f = (Ax-b)^\top(Ax-b", "(Ax-b", "a ( is not closed"),
    ("latex", r"\nabla f = 2 A^\top (q - b)", "q", "q is not declared"),
    ("latex", r"df = x^\top dX^{-1} x", "dX^{-1}", "a power of dX"),
    ("latex", r"x^\top x = b^\top b", "x^\\top x = b^\\top b", "not equal for all values"),
    ("latex", r"df = 2x^\top d(Ax - q)", "q", "q is not declared"),
    ("numpy", "grad = 2*A.T @ (q - b)", "q", "q is not defined"),
    ("numpy", "grad = 2*A.T @", "@", "this is no Python"),
    ("index", "grad_j = A_ij q_i", "q_i", "q is not declared"),
    ("text", "D = 2*A'*(q - b)", "q", "has not: q"),
]


@pytest.mark.parametrize(("notation", "line", "marked", "told"), PLACES)
def test_lines_that_cannot_be_read_are_told_and_the_others_are_judged(
    notation: str, line: str, marked: str, told: str
) -> None:
    right = {"latex": r"\nabla f = 2A^\top(Ax-b)", "index": "D_j = 2 A_ij (A_ik x_k - b_i)"}
    other = right.get(notation, "grad = 2*A.T@(A@x - b)" if notation == "numpy" else "D = 2*A'*(A*x - b)")
    f = mc.parse(SQUARES if "X" not in line else "x'*X*x", {**NAMES, **parse_where("X: n×n")})
    other = other if "X" not in line else r"f = x^\top X x"
    by = "X" if "X" in line else "x"
    report = mc.check_derivation(f"{line}\n{other}", f, by, notation=notation)
    assert found(report) == "1u 2c", str(report)
    assert not report and report.unread == report.lines[:1]
    error = report.lines[0].error
    assert error is not None and told in str(error), str(error)
    assert error.text == line
    (start, _), _ = error.places[0]
    assert line[start:].startswith(marked) or marked.startswith(line[start:]), str(error)


CHARACTERS = [
    *"{}$&=^_%()[", "\n", "$$", r"\\", r"\[", r"\]", r"\left(", r"\right)", r"\text{by}", r"\text{", "d(",
    r"\mathrm{d}",
    r"\begin{align}", r"\end{align}", r"\begin{array}{rcl}", r"\partial", r"\frac{", r"\nabla", r"\boxed{", r"\tag{",
    r"\Rightarrow",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(8))
def test_broken_latex_is_judged_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    f = mc.parse(SQUARES, NAMES)
    for _ in range(8):
        text = list(chance.choice(DERIVATIONS)[5])
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(text))
            text[at : at + chance.randint(0, 3)] = [chance.choice(["", *CHARACTERS])]
        try:
            report = mc.check_derivation("".join(text), f, "x", notation="latex")
        except mc.MatcalcError as error:
            assert str(error)
        else:
            assert str(report)
            assert mc.verify(report.to_json()).status in ("correct", "undecided")
