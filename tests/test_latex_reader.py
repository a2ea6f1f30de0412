"""LaTeX is read as people mean it, or refused with a place; what ``to_latex`` writes is read back."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from typing import Any

import pytest

import matcalc as mc
from matcalc.lowering.lower import lower
from matcalc.notation.declarations import parse_where
from tests.test_corpus import CASES, DATA, Case, declared, derived

ROWS: list[dict[str, Any]] = [json.loads(line) for line in (DATA / "latex.jsonl").read_text("utf-8").splitlines()]
READ = [row for row in ROWS if row["meaning"] is not None]
REFUSED = [row for row in ROWS if row["meaning"] is None]


def read(row: dict[str, Any]) -> mc.Expr:
    return mc.parse(row["text"], parse_where(row["where"]), notation="latex", families=row["families"])


def are_equal(one: mc.Expr, other: mc.Expr) -> bool:
    left, right = lower(one), lower(other)
    same = left.node is right.node and left.rows == right.rows
    return same or (one.shape == other.shape and mc.equal(one, other).status == "correct")


@pytest.mark.parametrize("row", READ, ids=[row["text"][:60] for row in READ])
def test_a_formula_is_what_is_meant(row: dict[str, Any]) -> None:
    found = read(row)
    known = {part.data[0]: part for part in found.parts if part.kind == "variable"}
    meant = mc.parse(row["meaning"], parse_where(row["where"]) | known)
    assert are_equal(found, meant), found


@pytest.mark.parametrize("row", REFUSED, ids=[row["text"][:60] for row in REFUSED])
def test_what_can_mean_two_things_is_refused_at_its_place(row: dict[str, Any]) -> None:
    with pytest.raises(mc.MatcalcError) as caught:
        read(row)
    error = caught.value
    assert error.places
    assert all(0 <= start < stop <= len(row["text"]) + 1 for (start, stop), _ in error.places)


NAMES = "A: m×n, S: n×n, x: n, y: n, b: m, c: scalar"
PLACES = [  # text, what is underlined, what is said, a part of the hint
    (r"\|A x - b", r"\|", "is not closed", "in pairs"),
    (r"x^\top (x + y", "(", "is not closed", "close it"),
    (r"\|x\|_1\right)", ")", "closes nothing", "remove it"),
    (r"\left[ x \right)", "[", "is closed by", "in pairs"),
    (r"\foo{x}", r"\foo", "unknown macro", "amsmath"),
    (r"f(x) + c", "f", "unknown function", "declare f"),
    (r"x^\top z", "z", "z is not declared", "declare it"),
    (r"S_{ii}", "S_{ii}", "no index that a sum binds", "bind i"),
    (r"\sum_i x_i y_i + y_i", "y_i", "stands outside the sum", "brackets"),
    (r"\|A\|", r"\|A\|", "Frobenius or spectral", r"\|X\|_F"),
    (r"A b", "A", "inner dimensions differ", r"^\top"),
    (r"S + c", "S + c", "it could mean two things", "write c I"),
    (r"x^2", "x^2", "a power of a column", r"x^\top x"),
    (r"\log x_1 y_1", "y_1", "does log reach over this factor", "brackets"),
    (r"1/2c", "c", "below the slash", r"\frac"),
    (r"S_{12}^{-1}", "S_{12}", "is the matrix meant, or its entry?", "write"),
    (r"\sin^{-1}(c)", "^", "inverse function, or the reciprocal", "brackets"),
    (r"x' S x + x^\top y", "'", "is the prime a transpose, too?", "one sign"),
    (r"S S \odot S", r"S S \odot S", "which of the two products", "brackets"),
    (r"S x = c x", "S x", "an equation is no formula", "sides"),
    (r"\sum x_i", r"\sum", "over which index", r"\sum_{i}"),
    (r"\prod_i x_i c", "c", "reach over this", "brackets"),
    (r"tr S", "tr", "is this the function tr, or a product?", r"\tr"),
    (r"\frac{d}{dx} x^\top y", r"\frac", "a derivative stands in the formula", "differentiated"),
    (r"x \otimes y", r"x \otimes y", "Kronecker product, or their outer product", "kron"),
    (r"e^{S}", "e^{S}", "of the matrix, or of each entry", "expm"),
    (r"x^{*}", "^", "a transpose or a mark of the name", r"^\top"),
    (r"\min_x \|x\|, \quad \text{s.t. } c", "s.t. ", "constraints are no part", "objective"),
]


@pytest.mark.parametrize(("text", "place", "said", "hint"), PLACES)
def test_a_refusal_shows_the_place_and_a_way_out(text: str, place: str, said: str, hint: str) -> None:
    with pytest.raises(mc.MatcalcError) as caught:
        mc.parse(text, parse_where(NAMES), notation="latex")
    error = caught.value
    start, stop = error.places[0][0]
    assert said in str(error), str(error)
    assert text[start:stop] == place or place in text[start:stop], text[start:stop]
    assert hint in error.hint


# ---------------------------------------------------------------- there and back
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
@pytest.mark.quick_part(8)
def test_what_is_written_is_read_back(case: Case) -> None:
    names = declared(case)
    for formula in (mc.parse(case["expr"], names), derived(case)):
        again = mc.parse(mc.to_latex(formula), names, notation="latex")
        assert are_equal(formula, again), mc.to_latex(formula)


SIGNS = [  # what has a sign in LaTeX that could mean two things, or is one of few of its kind
    "exp(S)", "log(S)", "sqrt(S)", "norm1(A)", "kron(x, y)", "kron(A, x)", "conv(x, b)", "unit(n,2)*c",
    "K(m,n)*vec(A)", "eye(m*n)", "zeros(m,n^2)", "S[1,2]", "A[:,2]", "A[1,:]", "x[2]*y[1]",
    "where(c > 0, x, y)", "[A; S]", "pinv(A)", "x.^2", "x./y", "S^(-2)", "inv(S)'", "-2*-x'*y", "x'*y/c",
    "max(x)", "maximum(c, x)", "sum_{i} exp(x[i]*y[i])^3", "sum_{i,j} tanh(S[i,j]*x[i])",
    "sum_{i<j} (x[i] - x[j])^4", "prod_{i} (1 + x[i])", "softmax(x)", "rowsoftmax(A)", "abs(x)", "det(S)",
    "logdet(S)", "spectralnorm(A)", "nuclearnorm(A)", "norminf(x)", "norm_p(x, 3)", "tr(S)", "2*pi*c",
]  # fmt: skip


@pytest.mark.parametrize("formula", SIGNS)
def test_signs_are_read_back(formula: str) -> None:
    names = parse_where(NAMES)
    f = mc.parse(formula, names)
    assert are_equal(f, mc.parse(mc.to_latex(f), names, notation="latex")), mc.to_latex(f)


# ---------------------------------------------------------------- hostile texts
PIECES = [
    r"\left(", r"\right)", "{", "}", "^", "_", "|", r"\|", "&", r"\\", "'", "=", ",", r"\sum_{i=1}^n ", r"\frac", "[",
    "]",
    r"\begin{bmatrix}", r"\end{bmatrix}", r"\begin{cases}", r"\text{", r"\hat", "0", "12", "i", "x", "T", r"\top", "$",
    r"\cdot", r"\odot", r"\langle", r"\in", r"\log", r"\max", r"\min_", r"\mathbf{1}", r"\over",
    ".", ":", "/", "*", "%",
    "\0", "λ", "∑", "\\",
]  # fmt: skip


def mutated(text: str, rng: random.Random) -> str:
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(text) + 1)
        behind = at + rng.randint(1, 4) if rng.random() < 0.4 else at
        text = text[:at] + (rng.choice(PIECES) if rng.random() < 0.7 else "") + text[behind:]
    return text


@pytest.mark.parametrize("seed", range(12))
def test_mutated_texts_are_read_or_refused_at_a_place(seed: int) -> None:
    rng = random.Random(seed)
    for row in rng.sample(ROWS, 25):
        text = mutated(row["text"], rng)
        try:
            mc.parse(text, parse_where(row["where"]), notation="latex", families=row["families"])
        except mc.MatcalcError as error:
            assert error.places, text
            assert str(error)


@pytest.mark.parametrize(
    "text",
    ["{" * 5000, "(" * 3000 + "x" + ")" * 3000, r"\frac" * 3000, r"x^{" * 500 + "2" + "}" * 500, "x" * 3000 + "(",
     r"\sum_i" * 500, r"\hat" * 2000 + "x", "9" * 100, "", " ", "%", "\\", r"f(x)=f(x), \quad g = f(x)",
     r"g(c), \quad g(x) = g(g(x))", r"p = q + c, \quad q = p, \quad p + q"],
)  # fmt: skip
def test_texts_without_end_are_refused(text: str) -> None:
    with pytest.raises(mc.MatcalcError):
        mc.parse(text, parse_where(NAMES), notation="latex")


def test_long_sums_are_read() -> None:
    text = " + ".join([r"c\,x^\top y"] * 400)
    f = mc.parse(text, parse_where(NAMES), notation="latex")
    assert are_equal(f, mc.parse("400*c*x'*y", parse_where(NAMES)))


def test_no_reader_is_loaded_with_the_package() -> None:
    code = "import sys, matcalc; print([m for m in sys.modules if m.startswith('matcalc.readers.')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


@pytest.mark.parametrize(
    "text", [r"\sum_{i=1}^n a_{} x_i", r"\sum_{i=1}^m x_;i", r"\sum_i x_{,} y_i", r"a_{}", r"X_{} w"]
)
def test_an_empty_subscript_ends_in_words(text: str) -> None:
    try:
        mc.parse(text, parse_where("X: m×n, A: m×n, w: n"), notation="latex")
    except mc.MatcalcError as error:
        assert str(error)
