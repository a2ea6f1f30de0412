"""A function of a stack is the stack of its values: for all records, whatever the leading axes are."""

from __future__ import annotations

import numpy as np
import pytest

import matcalc as mc
from matcalc.function import Function
from matcalc.functions import FUNCTIONS
from matcalc.shape import Form
from tests.numerics import assert_close, sample, shape
from tests.test_functions import SYMMETRIC_ONLY, applied, for_each_application

# What is applied to each member of a stack in turn, and why; everything else is computed for all members at once.
ONE_BY_ONE = {
    "logm": "LAPACK has no logarithm, and SciPy's takes one matrix",
    "dlogm": "is made of logm",
    **dict.fromkeys(
        ("levicivita", "diffmatrix", "lowertensor", "uppertensor", "convtensor", "circulanttensor"),
        "only the size of the operand counts, which is the same for all members",
    ),
}

STACKS: list[tuple[int, ...]] = [(3,), (2, 3), (1,), (0,), ()]


def operands_of(function: Function, operands: list[mc.Expr], stack: tuple[int, ...]) -> list[np.ndarray]:
    """Samples in the domain of a function, each with leading axes."""
    domain = (function.domain, "symmetric") if function.name in SYMMETRIC_ONLY else (function.domain,)
    made = []
    for k, x in enumerate(operands):
        sides = shape(x)
        count = int(np.prod(stack))
        members = [sample(np.random.default_rng([11, k, seed]), *sides, *domain) for seed in range(count)]
        own = [side for side, dim in zip(sides, x.shape, strict=True) if dim.number != 1]
        made.append(np.array(members).reshape((*stack, *own)))
    return made


@for_each_application
@pytest.mark.parametrize("stack", STACKS, ids=str)
@pytest.mark.quick_part(4)
def test_a_function_of_a_stack_is_that_of_its_members(function: Function, form: Form, stack: tuple[int, ...]) -> None:
    f, variables = applied(function, form)
    emitted, one = mc.emit(f, arguments=variables, batch=True), mc.emit(f, arguments=variables).compile()
    stacks = operands_of(function, variables, stack)
    got = np.asarray(emitted.compile()(*stacks))
    assert "vectorize" not in emitted.source
    if function.name not in ONE_BY_ONE:
        assert "_for_each_member" not in emitted.source, emitted.source
    wanted = [np.asarray(one(*(a[at] for a in stacks))) for at in np.ndindex(stack)]
    assert got.shape[: len(stack)] == stack
    for at, want in zip(np.ndindex(stack), wanted, strict=True):
        assert_close(got[at], want, 1e-9, emitted.source)


BAD = {
    "inv": np.ones((3, 3)),
    "cholesky": -np.eye(3),
    "eigvals": np.triu(np.ones((3, 3))),
    "eigvecs": np.full((3, 3), np.nan),
    "sqrtm": np.eye(3, k=1),
    "logm": np.diag([1.0, -1.0, 2.0]),
    "polar": np.ones((3, 3)),
    "leftsv": np.eye(3),
    "spectralnorm": np.diag([1.0, np.inf, 1.0]),
    "nuclearnorm": np.diag([1.0, np.nan, 1.0]),
    "pinv": np.diag([1.0, np.nan, 1.0]),
}


@pytest.mark.parametrize("name", BAD)
def test_one_bad_member_of_a_stack_is_refused(name: str) -> None:
    X = mc.matrix("X", 3, 3)
    emitted = mc.emit(FUNCTIONS[name](X), batch=True).compile()
    good = np.diag([3.0, 2.0, 1.0])
    emitted(np.stack([good, good]))
    with pytest.raises((ValueError, np.linalg.LinAlgError)):
        emitted(np.stack([good, BAD[name]]))
    with pytest.raises((ValueError, np.linalg.LinAlgError)):
        mc.emit(FUNCTIONS[name](X)).compile()(BAD[name])


def test_limits_are_those_of_members() -> None:
    """Where entries are infinite, too large or too small, and where several are largest."""
    rows = np.array([[1.0, np.inf, np.inf], [-np.inf, 0.0, 1.0], [900.0, 900.0, -900.0], [1e-300, 1e300, 1e300]])
    x = mc.vector("x", "n")
    for name in ("softmax", "logsumexp", "max", "maxmask", "min", "prod", "prodothers", "prodpairs", "norm2"):
        emitted = mc.emit(FUNCTIONS[name](x), batch=True).compile(), mc.emit(FUNCTIONS[name](x)).compile()
        with np.errstate(all="ignore"):
            got = np.asarray(emitted[0](rows))
            for k, row in enumerate(rows):
                np.testing.assert_allclose(got[k], np.asarray(emitted[1](row)), rtol=1e-12, err_msg=name)
    p = mc.scalar("p")
    norms = mc.emit(mc.norm_p(x, p), batch=True).compile(), mc.emit(mc.norm_p(x, p)).compile()
    for k, row in enumerate([*rows[2:], np.zeros(3)]):
        (got,), want = norms[0](np.array([1.5]), row[None]), norms[1](1.5, row)
        assert_close(np.asarray(got), np.asarray(want), 1e-12, str(k))
