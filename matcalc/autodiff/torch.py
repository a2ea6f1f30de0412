"""Functions for PyTorch whose derivatives are the derived formulas, of every order, for autograd and ``torch.func``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from matcalc.autodiff.formulas import Formulas
from matcalc.boundary import checked_arguments
from matcalc.emission.targets.writing import installed
from matcalc.expr import Expr


@checked_arguments
def torch_function(f: Expr, arguments: Sequence[Expr] = ()) -> Callable[..., Any]:
    """The function of a formula for PyTorch: ``backward``, ``torch.func.hessian`` … compute the derived formulas.

    Its parameters are the variables ``arguments``, in this order, and then the others by name. Each derivative is
    derived when it is first asked for.

    Raises:
        MatcalcError: PyTorch is not installed, it has no form for a function, or the formula has no variables.
    """
    installed("PyTorch", "torch", "torch")
    formulas = Formulas.of(f, arguments, "torch")
    read, inner = formulas.read(), _function(formulas)

    @wraps(formulas.emitted.compile())
    def function(*args: Any, **kwargs: Any) -> Any:
        return inner(*read(*args, **kwargs))[0]

    return function


def _function(formulas: Formulas) -> Callable[..., tuple[Any, ...]]:
    """The function of formulas, as one of autograd; its derivatives are functions of their derivatives, like it."""
    import torch

    primal = formulas.compiled()
    made: dict[Formulas, Callable[..., tuple[Any, ...]]] = {}

    def derived(of: Formulas) -> Callable[..., tuple[Any, ...]]:
        if of not in made:
            made[of] = _function(of)
        return made[of]

    class Derived(torch.autograd.Function):  # type: ignore[misc]
        generate_vmap_rule = True

        @staticmethod
        def forward(*arguments: Any) -> tuple[Any, ...]:
            return tuple(primal(*arguments))

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Any) -> None:
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def backward(ctx: Any, *cotangents: Any) -> tuple[Any, ...]:
            places = tuple(k for k, wanted in enumerate(ctx.needs_input_grad) if wanted)
            pulled = derived(formulas.pulled(places))(*ctx.saved_tensors, *cotangents)
            found = dict(zip(places, pulled, strict=True))
            return tuple(found.get(k) for k in range(len(formulas.variables)))

        @staticmethod
        def jvp(ctx: Any, *changes: Any) -> tuple[Any, ...]:
            places = tuple(k for k, change in enumerate(changes) if change is not None)
            moved = [changes[k] for k in places]
            return derived(formulas.pushed(places))(*ctx.saved_tensors, *moved)[len(formulas.results) :]

    return Derived.apply  # type: ignore[no-any-return]
