"""Derived derivatives inside JAX and PyTorch: what their transformations find is what the formulas say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import matcalc as mc
from matcalc.notation.declarations import parse_where
from tests.numerics import assert_close
from tests.targets import LIBRARIES, Arrays, for_each_library, precision

Function = Callable[..., Any]

# A formula, its variables in the order of the function's parameters, and what a person writes for a library.
WRITTEN: list[tuple[str, str, Callable[..., Any]]] = [
    (
        "sum(log(1 + exp(-y.*(X*w))))", "w: n×1, X: m×n, y: m×1",
        lambda xp, w, X, y: xp.sum(xp.log1p(xp.exp(-y * (X @ w)))),
    ),
    ("tanh(X*w)", "w: n×1, X: m×n", lambda xp, w, X: xp.tanh(X @ w)),
    (
        "norm2(A*X*B - C)^2/2", "X: n×m, A: m×n, B: m×n, C: m×n",
        lambda xp, X, A, B, C: xp.sum((A @ X @ B - C) ** 2) / 2,
    ),
    (
        "norm2(inv(A + diag(x))*b)^2", "x: n×1, A: n×n, b: n×1",
        lambda xp, x, A, b: xp.sum(xp.linalg.solve(A + xp.diag(x), b) ** 2),
    ),
    ("c*A*x + x", "x: n×1, A: n×n, c: scalar", lambda xp, x, A, c: c * (A @ x) + x),
    ("x'*A*x*norm2(x)", "x: n×1, A: n×n", lambda xp, x, A: (x @ A @ x) * xp.sqrt(xp.sum(x**2))),
]  # fmt: skip


def point(variables: dict[str, mc.Expr], sizes: dict[str, int]) -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    made = []
    for variable in variables.values():
        array = rng.normal(size=[side.at(sizes) for side in variable.shape if side.number != 1])
        is_square = array.ndim == 2 and array.shape[0] == array.shape[1]
        made.append(array + 4 * np.eye(len(array)) if is_square else array)
    return made


def transformations(target: str) -> dict[str, Callable[[Function], Function]]:
    """What derivatives of every order and in both modes are asked by, of functions of any value."""
    if target == "jax":
        import jax as at

        forward, reverse, vmap = at.jacfwd, at.jacrev, at.vmap
    else:
        from torch import func as at

        forward, reverse, vmap = at.jacfwd, at.jacrev, at.vmap
    return {
        "forward": forward,
        "reverse": reverse,
        "by the second": lambda f: reverse(f, 1),
        "hessian": at.hessian,
        "forward of forward": lambda f: forward(forward(f)),
        "reverse of reverse": lambda f: reverse(reverse(f)),
        "reverse of forward": lambda f: reverse(forward(f)),
        "mixed": lambda f: forward(reverse(f), 1),
        "mixed, the other way": lambda f: reverse(reverse(f, 1), 0),
        "third": lambda f: reverse(forward(reverse(f))),
        "thrice": lambda f: reverse(reverse(reverse(f))),
        "of a square": lambda f: reverse(lambda *args: f(*args) ** 2),
        "batched": lambda f: lambda *args: vmap(reverse(f))(*[at_two(a) for a in args]),
        "hessians one by one": lambda f: lambda *args: stacked([at.hessian(f)(*args), at.hessian(f)(*_larger(args))]),
        "batched hessian": lambda f: lambda *args: vmap(at.hessian(f))(*[at_two(a) for a in args]),
    }


def _larger(arrays: Sequence[Any]) -> list[Any]:
    return [1.5 * array for array in arrays]


def stacked(arrays: Sequence[Any]) -> Any:
    from importlib import import_module

    return import_module("torch" if hasattr(arrays[0], "detach") else "jax.numpy").stack(arrays)


def at_two(array: Any) -> Any:
    """A stack of two points."""
    return stacked([array, *_larger([array])])


# Forward derivatives of forward ones are wrong in some of PyTorch's own functions, such as solve; these say the same.
IN_REVERSE = {"forward of forward": "reverse of reverse", "reverse of forward": "reverse of reverse", "third": "thrice"}
IN_REVERSE["batched hessian"] = "hessians one by one"  # and so are its solutions in vmap within vmap


@pytest.mark.parametrize("name", ["jax", "torch"])
@pytest.mark.parametrize("row", WRITTEN, ids=[row[0] for row in WRITTEN])
def test_transformations_find_what_they_find_of_a_written_function(name: str, row: tuple[Any, ...]) -> None:
    module = pytest.importorskip(name)
    library = LIBRARIES[name]
    formula, where, written = row
    variables = parse_where(where)
    f = mc.parse(formula, variables)
    xp = module.numpy if name == "jax" else module
    with precision("float64"):
        made = mc.jax_function if name == "jax" else mc.torch_function
        function = made(f, list(variables.values()))
        given = [library.make(array) for array in point(variables, {"m": 3, "n": 2})]
        for key, transform in transformations(name).items():
            same = transformations(name)[IN_REVERSE.get(key, key)]
            got, wanted = transform(function)(*given), same(lambda *args: written(xp, *args))(*given)
            assert_close(library.read(got), library.read(wanted), note=f"{key} of {formula}")


# Structured variables are free while derivatives are taken, whatever their order.
DERIVED = [
    ("b'*inv(S)*b + logdet(S)", "S", "S: n×n posdef, b: n×1"),
    ("tr(S*A*S)", "S", "S: n×n symmetric, A: n×n"),
    ("logsumexp(A*x)^2", "x", "x: n×1, A: m×n"),
    ("sum(abs(x).^1.5) + norm2(x)", "x", "x: n×1"),
    ("det(X)", "X", "X: n×n"),
]


@for_each_library("jax", "torch")
@pytest.mark.parametrize(("formula", "by", "where"), DERIVED, ids=[row[0] for row in DERIVED])
def test_gradients_and_hessians_are_the_derived_ones(library: Arrays, formula: str, by: str, where: str) -> None:
    variables = parse_where(where)
    f, x = mc.parse(formula, variables), variables[by]
    values = dict(zip(variables, point(variables, {"m": 3, "n": 2}), strict=True))
    values = {name: array @ array.T if name == "S" else array for name, array in values.items()}
    with precision("float64"):
        made = mc.jax_function if library.target == "jax" else mc.torch_function
        function = made(f, [x])
        rest = sorted(name for name in variables if name != by)
        given = [library.make(values[name]) for name in (by, *rest)]
        reverse, hessian = (transformations(library.target)[key] for key in ("reverse", "hessian"))
        gradient, second = (library.read(one(function)(*given)) for one in (reverse, hessian))
    assert_close(gradient, np.asarray(mc.evaluate(mc.gradient(f, x), values)))
    tensor = mc.emit(mc.tensor(mc.gradient(f, x), x))
    wanted = tensor.compile()(*(values[name] for name in tensor.variables))
    if second.ndim == 2 or formula == "det(X)":
        assert_close(second, wanted)
    else:  # it depends on how the formula goes on off the symmetric matrices: symmetric changes have a meaning
        rng = np.random.default_rng(1)
        change = rng.normal(size=second.shape[:2])
        change = change + change.T
        got, want = (np.einsum("ijkl,kl->ij", one, change) for one in (second, wanted))
        assert_close(got + got.T, want + want.T)
        assert_close(second, second.transpose(2, 3, 0, 1))


@for_each_library("torch")
def test_autograd_of_some_arguments_and_forward_mode(library: Arrays) -> None:
    import torch
    from torch.autograd import forward_ad

    variables = parse_where("x: n×1, A: n×n")
    f, (x, A) = mc.parse("x'*A*x", variables), (torch.tensor([1.0, 2.0]), torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    function = mc.torch_function(f, [*variables.values()])
    x.requires_grad_(), A.requires_grad_()
    (slope,) = torch.autograd.grad(function(x, A), A)
    assert torch.equal(slope, torch.outer(x, x))
    (slope,) = torch.autograd.grad(function(x, A), x, create_graph=True)
    (second,) = torch.autograd.grad(slope.sum(), A)
    assert torch.equal(second, x[:, None] + x)
    with forward_ad.dual_level():
        moved = forward_ad.unpack_dual(function(forward_ad.make_dual(x, torch.ones(2)), A)).tangent
    assert moved == (A + A.T).matmul(x).sum()
    value = function(x, A)
    with torch.no_grad():
        A += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        value.backward()


@for_each_library("torch")
def test_autograd(library: Arrays) -> None:
    import torch

    variables = parse_where("w: n×1, X: m×n, y: m×1")
    f = mc.parse("sum(log(1 + exp(-y.*(X*w))))", variables)
    function = mc.torch_function(f, list(variables.values()))
    w, X, y = (library.make(array).requires_grad_() for array in point(variables, {"m": 3, "n": 2}))
    assert torch.autograd.gradcheck(function, (w, X, y))
    assert torch.autograd.gradgradcheck(function, (w, X, y))
    (function(w, X, y) ** 2).backward()
    assert w.grad is not None and X.grad.shape == X.shape
    with torch.no_grad():
        assert not function(w, X, y).requires_grad
    layer = torch.nn.Linear(2, 2).double()
    function(layer(w.detach()), X.detach(), y.detach()).backward()
    assert layer.weight.grad is not None
    single = function(w.detach().float().requires_grad_(), X.detach().float(), y.detach().float())
    assert single.dtype == torch.float32


@for_each_library("jax", "torch")
def test_arguments_are_read_as_those_of_emitted_functions(library: Arrays) -> None:
    x, A = mc.vector("x", "n"), mc.matrix("A", "m", "n")
    made = mc.jax_function if library.target == "jax" else mc.torch_function
    function = made(mc.norm2(A @ x) ** 2)
    with precision("float64"):
        a, b = library.make(np.ones((2, 3))), library.make(np.ones((3, 1)))
        assert float(function(a, b)) == float(function(A=a, x=b)) == float(function(a, x=np.ones(3))) == 18.0
        gradient = library.read(transformations(library.target)["by the second"](function)(a, b))
        assert gradient.shape == (3, 1)
        with pytest.raises(ValueError, match="must have shape"):
            function(a, library.make(np.ones(2)))
        with pytest.raises(TypeError, match="argument"):
            function(a)
        with pytest.raises(TypeError, match="argument"):
            function(a, b, a)


@for_each_library("jax")
def test_a_function_in_a_program_of_jax(library: Arrays) -> None:
    import jax

    x = mc.vector("x", "n")
    function = mc.jax_function(mc.logsumexp(x))
    with precision("float64"):
        given = library.make(np.array([1.0, 2.0, 0.5]))
        step = jax.jit(lambda x: x - 0.1 * jax.grad(lambda x: function(2 * x) + function(x) ** 2)(x))
        wanted = jax.grad(lambda x: jax.nn.logsumexp(2 * x) + jax.nn.logsumexp(x) ** 2)(given)
        assert_close(np.asarray(step(given)), np.asarray(given - 0.1 * wanted))
        last, _ = jax.lax.scan(lambda x, _: (step(x), None), given, None, length=3)
        assert np.all(np.isfinite(last))
        value, slope = jax.value_and_grad(function)(given)
        assert_close(np.asarray(value), np.asarray(jax.nn.logsumexp(given)))
        assert_close(np.asarray(slope), np.asarray(jax.nn.softmax(given)))
        kept = jax.grad(jax.checkpoint(function))(given)
        assert_close(np.asarray(kept), np.asarray(slope))


@for_each_library("jax", "torch")
def test_what_is_no_function_of_arrays_is_refused(library: Arrays) -> None:
    made = mc.jax_function if library.target == "jax" else mc.torch_function
    x, X, g = mc.vector("x", "n"), mc.matrix("X", "n", "n"), mc.function("g")
    for formula, said in (
        (g(x), "g is a function without a known body"),
        (mc.parse("2 + 1"), "a formula without variables is a number"),
        (mc.logm(X), "logm is not known to the"),
    ):
        with pytest.raises(mc.MatcalcError, match=said):
            made(formula)
    with pytest.raises(mc.MatcalcError, match="is not a variable"):
        made(mc.sum(x), [2 * x])
    with pytest.raises(mc.MatcalcError, match="f must be a formula"):
        made("x'*x")
