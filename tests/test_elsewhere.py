"""Names that other languages have for functions: hints that say how to write them, as they are there."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy import special

import matcalc as mc
from matcalc.functions import ALIASES, FUNCTIONS
from matcalc.functions.elsewhere import NOT_HERE, WRITTEN_HERE, written_here

MEANT = {
    "logaddexp": np.logaddexp, "hypot": np.hypot, "log2": np.log2, "log10": np.log10, "exp2": np.exp2,
    "cbrt": np.cbrt, "reciprocal": np.reciprocal, "logit": special.logit, "erfc": special.erfc,
    "log_sigmoid": special.log_expit, "power": np.power, "divide": np.divide, "square": np.square,
    "gelu": lambda u: u * special.ndtr(u), "silu": lambda u: u * special.expit(u),
    "sec": lambda u: 1 / np.cos(u), "coth": lambda u: 1 / np.tanh(u),
    "kl": lambda u, v: np.sum(special.rel_entr(u, v)), "entropy": lambda u: np.sum(special.entr(u)),
    "mse": lambda u, v: np.mean((u - v) ** 2), "sumsq": lambda u: np.sum(u**2),
    "softmax_cross_entropy": lambda u, v: -np.sum(v * special.log_softmax(u)),
    "binary_cross_entropy_with_logits": lambda u, v: -np.mean(
        v * special.log_expit(u) + (1 - v) * special.log_expit(-u)
    ),
    "elu": lambda u: np.where(u > 0, u, np.expm1(u)),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(MEANT))
def test_what_is_written_here_has_the_value_that_the_name_has_elsewhere(name: str) -> None:
    numbers = u_at, v_at = np.random.default_rng(3).uniform(0.1, 0.9, (2, 4))
    u, v = mc.vector("u", 4), mc.vector("v", 4)
    operands = 2 if re.search(r"\bv\b", WRITTEN_HERE[name]) else 1
    found = mc.evaluate(mc.parse(WRITTEN_HERE[name], {"u": u, "v": v}), {"u": u_at, "v": v_at})
    assert np.allclose(found, MEANT[name](*numbers[:operands]))


@pytest.mark.parametrize("name", sorted(WRITTEN_HERE))
def test_all_that_is_written_here_is_a_formula(name: str) -> None:
    kind = "matrix" if name in ("sym", "symm", "slogdet", "matmul", "mtimes") else "vector"
    u = mc.matrix("u", 3, 3) if kind == "matrix" else mc.vector("u", 3)
    v = mc.matrix("v", 3, 3) if kind == "matrix" or name == "quad_form" else mc.vector("v", 3)
    mc.parse(WRITTEN_HERE[name], {"u": u, "v": v})
    assert not {name} & {*FUNCTIONS, *ALIASES}


@pytest.mark.parametrize("name", sorted({*WRITTEN_HERE, *NOT_HERE}))
def test_the_error_says_how_it_is_written(name: str) -> None:
    with pytest.raises(mc.ParseError) as caught:
        mc.parse(f"{name}(x)", {"x": mc.vector("x", 3)})
    assert written_here(name) in str(caught.value)
