"""Formulas as people type them: what is read, what is said to be read, and what is asked."""

from __future__ import annotations

import pytest

import matcalc as mc
from matcalc.errors import MatcalcError
from matcalc.notation.infer import Inference
from matcalc.notation.inferred import with_inferred
from matcalc.notation.parse import _as_declared
from matcalc.notation.syntax import Source, Syntax
from matcalc.walk import postorder

NAMES = {
    "c": mc.scalar("c"),
    "p": mc.scalar("p"),
    "x": mc.vector("x", "n"),
    "y": mc.vector("y", "n"),
    "z": mc.vector("z", "k"),
    "h": mc.matrix("h", 1, "n"),
    "X": mc.matrix("X", "m", "n"),
    "M": mc.matrix("M", "n", "n"),
}

SIGNS = [  # kind, value, operands, what it is, or a part of the question
    ("bars", None, "c", "abs(c)"),
    ("bars", None, "M", "det(M)"),
    ("bars", None, "x", "bars around a column could mean two things"),
    ("bars", None, "h", "bars around a row could mean two things"),
    ("bars", None, "X", "which only a square one has"),
    ("norm", None, "c", "abs(c)"),
    ("norm", None, "x", "norm2(x)"),
    ("norm", None, "h", "norm2(h)"),
    ("norm", None, "X", "Frobenius or spectral"),
    ("norm", "2", "x", "norm2(x)"),
    ("norm", "2", "X", "spectralnorm(X)"),
    ("norm", "F", "X", "norm2(X)"),
    ("norm", "*", "X", "nuclearnorm(X)"),
    ("norm", "*", "x", "no norm with the subscript *"),
    ("norm", "1", "x", "norm1(x)"),
    ("norm", "1", "X", "of the entries, or the largest sum of a column"),
    ("norm", "inf", "x", "norminf(x)"),
    ("norm", "inf", "X", "of the entries, or the largest sum of a row"),
    ("norm", "by", "x p", "norm_p(x, p)"),
    ("norm", "by", "x M", "sqrt(x'*M*x)"),
    ("norm", "by", "z M", "by a scalar, or of a column by a square matrix"),
    ("dot", None, "x y", "x'*y"),
    ("dot", None, "M y", "M*y"),
    ("dot", None, "c y", "c*y"),
    ("dot", None, "x z", "the columns differ in size"),
    ("exponential", None, "c", "exp(c)"),
    ("exponential", None, "x", "exp(x)"),
    ("exponential", None, "M", "e to the power of a matrix could mean two things"),
]


@pytest.mark.parametrize(("kind", "value", "operands", "wanted"), SIGNS)
def test_signs_mean_what_the_shapes_of_their_operands_say(kind, value, operands, wanted):
    leaves = tuple(Syntax("name", name, (), (2 * k, 2 * k + 1)) for k, name in enumerate(operands.split()))
    body = Syntax(kind, value, leaves, (0, len(operands)))
    source = Source(operands, body, (), tuple(postorder(body)))
    plain = _as_declared(source, NAMES, {})
    try:
        inferred = str(with_inferred(source, NAMES, {})[0])
    except MatcalcError as error:
        assert plain is None
        inferred = str(error)
    else:
        assert str(plain) == inferred == wanted
    assert wanted in inferred


def test_norms_of_undeclared_names_are_rather_of_columns():
    y, x, beta = (Syntax("name", name, (), (0, 1)) for name in ("Y", "X", "beta"))
    body = Syntax("norm", None, (Syntax("sub", None, (y, Syntax("mul", None, (x, beta), (0, 1))), (0, 1)),), (0, 1))
    found = Inference(Source("?", body, (), ()), {})
    assert {name: str(shape) for name, shape in found.undeclared().items()} == {"Y": "n×1", "X": "n×m", "beta": "m×1"}
