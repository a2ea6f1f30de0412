"""Hostile texts in each notation: each is answered, with a formula or with an error in words."""

from __future__ import annotations

import pytest

import matcalc as mc

NAMES = {"x": mc.vector("x", "n"), "A": mc.matrix("A", "n", "n"), "c": mc.scalar("c")}
HUGE = ("1000", "100000", "1000000000", "1" + "0" * 30)
MANY = 2_000


def _defined(step: str, count: int = 40) -> str:
    """A formula of which each definition uses the one before it twice."""
    return f"u{count} where u0 = A, " + ", ".join(
        f"u{k} = {step.replace('u', f'u{k - 1}')}" for k in range(1, count + 1)
    )


NESTED = {
    "text": [
        *(
            "(" * MANY + "x" + ")" * MANY,
            "√" * MANY + "x",
            "-" * MANY + "x",
            "x" + "'" * MANY,
            "|" * MANY,
            "[" * MANY + "x",
        ),
        *("^".join("x" * MANY), "2^" * MANY + "2", "a/" * MANY + "b", "exp(" * MANY + "x", "x[1]" + "[1]" * MANY),
        *("*".join(f"x{k}" for k in range(MANY)) * 2, "+".join(f"x{k}'*A{k}*x{k}" for k in range(500))),
        *(_defined("kron(u,u)"), _defined("[u,u;u,u]"), _defined("u*u"), _defined("u^9")),
        *("sum_{" + ",".join(f"i{k}" for k in range(100)) + "} x[i0]", "sum_i " * 50 + "x[i]", "A*" * 30_000 + "A + y"),
    ],
    "latex": [
        *(
            r"\underbrace{" * MANY + "x" + "}" * MANY,
            r"\frac{" * MANY + "x",
            r"\log " * MANY + "x",
            r"\hat" * MANY + " x",
        ),
        *("2^{" * MANY + "2" + "}" * MANY, r"\sqrt{" * MANY + "x" + "}" * MANY, r"\left(" * MANY + "x", "x_{" * MANY),
        *(r"\sum_i " * MANY + "x_i", "|" * MANY, r"\|" * MANY, "x" * MANY, "f(x)=x," * 200, r"\max\{" * MANY + "0"),
        *("+".join(f"x_{{{k}}}^\\top A_{{{k}}} x_{{{k}}}" for k in range(300)), r"\begin{bmatrix}" * MANY + "x"),
        ", ".join(f"{a} = {b} {b}" for a, b in zip("bcdefghijklmnopqrstuvw", "cdefghijklmnopqrstuvwy", strict=True)),
    ],
    "numpy": [
        *("(" * MANY + "x" + ")" * MANY, "-" * MANY + "x", "not " * MANY + "x", "x**" * MANY + "2", "x" + ".T" * MANY),
        *("y = [1]\n" + "y = y + y\n" * 100 + "x*len(y)", "y = x\n" + "y = y * y\n" * 100 + "y.sum()"),
        *("y = A\n" + "y = np.kron(y, y)\n" * 40 + "y", "y = 9\n" + "y = y**9\n" * 100 + "y*x"),
        *("y = A\n" + "y = np.block([[y, y], [y, y]])\n" * 40 + "y", "np.array(" + "[" * 150 + "1" + "]" * 150 + ")"),
        "np.einsum('"
        + ",".join(f"{chr(97 + k % 26)}{chr(97 + (k + 1) % 26)}" for k in range(200))
        + "'"
        + ",A" * 200
        + ")",
        *(
            "while True:\n    x = x\nx",
            "def f(x): return f(x)\nf(x)",
            "sum(x[i]*x[j] for i in range(10**9) for j in x)",
        ),
    ],
    "index": [
        *("(" * MANY + "x_i" + ")" * MANY, "-" * MANY + "x_i", "1" * MANY + " x_i", "A_" + "i" * MANY, "x_{" * MANY),
        *(
            "δ_ij " * 200 + "x_i",
            "ε_ijk " * 100 + "x_i",
            "A_(" + "ijklmnopqr" + ")",
            "x_i^" * MANY + "2",
            "A_(ij)" * 200,
        ),
        *("exp(" * MANY + "x_i" + ")" * MANY, " ".join(f"A_{{i_{k} i_{k + 1}}}" for k in range(200)), "x_i x_i " * 200),
    ],
    "sympy": [
        *("(" * MANY + "x" + ")" * MANY, "-" * MANY + "x", "2**" * 60 + "2", "x**" * MANY + "2", "exp(" * MANY + "x"),
        *(
            "factorial(" * 5 + "3" + ")" * 5,
            "expand((x+y+z)**1000)",
            "Sum(" * 50 + "x" + ",(i,1,n))" * 50,
            "x.T" + ".T" * 500,
        ),
        *(
            "Inverse(" * 500 + "A" + ")" * 500,
            "KroneckerProduct(" + ",".join(["A"] * 500) + ")",
            "lambda x: " * 500 + "x",
        ),
    ],
}
SIZED = {
    "text": [
        *("2^{}", "x.^{}", "A^{}", "eye({})", "ones({0},{0})*x", "unit({0},{0})", "K({0},{0})", "x[{}]", "X[1:{},:]"),
        *("sum_{{i=1..{}}} x[i]", "(1/3)^{}", "1e{}", "(a+b)^{}", "{0}^{0}^{0}", "det(2*eye({}))", "gamma({})", "x_{}"),
    ],
    "latex": [
        *(
            "2^{{{}}}",
            "A^{{{}}}",
            "I_{{{}}}",
            r"\mathbf{{1}}_{{{0} \times {0}}}",
            r"\sum_{{i=1}}^{{{}}} x_i",
            "X_{{{0},{0}}}",
        ),
        *(
            r"\prod_{{i=1}}^{{{}}} x_i",
            r"\sqrt[{}]{{x}}",
            r"\|x\|_{{{}}}",
            "({0}^{{{0}}})^{{{0}}}",
            r"A \in \mathbb{{R}}^{{{0} \times {0}}}, A",
        ),
    ],
    "numpy": [
        *("np.zeros(({0},{0}))", "np.eye({})@x", "np.arange({})@x", "range({})", "list(range({}))", "[0]*{}", "'a'*{}"),
        *(
            "x[{}]",
            "x[:{}]",
            "x**{}",
            "2**{}*x",
            "np.tile(x,{})",
            "np.linalg.matrix_power(A,{})",
            "np.linspace(0,1,{})",
        ),
        *(
            "for i in range({}):\n    x = x + 1\nx",
            "sum(range({}))*x",
            "[i for i in range({})]",
            "1<<{}",
            "np.roll(x,{})",
        ),
        *(
            "np.stack([x]*{})",
            "np.zeros((3,)*{})",
            "max(range({}))*x",
            "np.full(({0},{0}),2)",
            "np.einsum('i,i->',x,np.ones({}))",
        ),
    ],
    "index": [
        *("x_{}", "A[{0},{0}]", "x_i^{}", "2^{} x_i", "sum_{{i=1}}^{{{}}} x_i", "δ_{{ii}}^{}", "x[i+{}]", "1e{} x_i"),
    ],
    "sympy": [
        *(
            "2**{}*x",
            "A**{}",
            "Identity({})",
            "ZeroMatrix({0},{0})",
            "eye({})",
            "zeros({0},{0})",
            "factorial({})",
            "Float('1e{}')",
        ),
        *(
            "expand((1+x)**{})",
            "Sum(x[i],(i,0,{}))",
            "MatrixSymbol('A',{0},{0})[0,0]",
            "diag(*[x]*{})",
            "fibonacci({})",
        ),
        *("pi.evalf({})", "symbols('x:{}')", "bernoulli({})", "sin({})", "root(x,{})"),
    ],
}
TEXTS = [(notation, text) for notation, texts in NESTED.items() for text in texts]
TEXTS += [(notation, text.format(size)) for notation, texts in SIZED.items() for text in texts for size in HUGE]


@pytest.mark.parametrize(("notation", "text"), TEXTS, ids=[f"{n}-{t[:40]!a}-{k}" for k, (n, t) in enumerate(TEXTS)])
@pytest.mark.parametrize("declared", [None, NAMES], ids=["nothing declared", "declared"])
def test_a_hostile_text_is_answered_with_an_error_or_a_formula(notation, text, declared):
    try:
        assert isinstance(mc.parse(text, declared, notation=notation), mc.Expr)
    except mc.MatcalcError as error:
        assert len(str(error)) < 2_000


# What is a name of Python and no array, and what it is called in the error: never by its place in memory.
NO_ARRAYS = {
    "np.trace": "the function numpy.trace", "inv": "numpy.linalg.inv", "np": "the module numpy",
    "x + np.sum": "numpy.sum",
    "x.sum": "the method .sum", "x.T.dot": "the method .dot", "lambda x: x.sum": "the method .sum",
    "len": "function len",
    "np.array([x.sum])": "the method .sum", "range(3)": "range(0, 3)", "np.exp**2": "numpy.exp",
    "lambda: np.exp": "numpy.exp",
}  # fmt: skip


@pytest.mark.parametrize("code", NO_ARRAYS)
def test_what_is_no_array_is_called_by_its_name(code: str) -> None:
    with pytest.raises(mc.MatcalcError) as caught:
        mc.parse(code, NAMES, notation="numpy")
    assert NO_ARRAYS[code] in str(caught.value) and " at 0x" not in str(caught.value)
