"""Functions for PyTorch whose derivatives are the derived formulas, of every order, for autograd and ``torch.func``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from matcalc.autodiff.formulas import Formulas, Places
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


def _with_first(formulas: Formulas, places: Places, derived: Callable[..., Any]) -> Callable[..., Any]:
    """A scalar whose gradients by some variables are computed with it, at the least cost besides.

    PyTorch calls a function with less to do where its context is an argument of ``forward``. While derivatives of the
    gradients are recorded, these are computed once more, as results of a function that has derivatives.
    """
    import torch

    with_gradients = formulas.with_gradients(places)
    both = with_gradients.compiled()
    count = len(formulas.variables)

    class First(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, *arguments: Any) -> Any:
            value, *slopes = both(*arguments)
            ctx.save_for_backward(*arguments, *slopes)
            ctx.save_for_forward(*arguments)
            return value

        @staticmethod
        def backward(ctx: Any, cotangent: Any) -> tuple[Any, ...]:
            saved, wanted = ctx.saved_tensors, ctx.needs_input_grad
            slopes = derived(with_gradients)(*saved[:count])[1:] if torch.is_grad_enabled() else saved[count:]
            found: list[Any] = [None] * count
            for k, slope in zip(places, slopes, strict=True):
                if wanted[k]:
                    found[k] = cotangent * slope
            return tuple(found)

        @staticmethod
        def jvp(ctx: Any, *changes: Any) -> Any:
            moving = tuple(k for k, change in enumerate(changes) if change is not None)
            inputs = ctx.saved_tensors[:count]
            return derived(formulas.pushed(moving))(*inputs, *(changes[k] for k in moving))[-1]

    apply: Callable[..., Any] = First.apply
    return apply


def _function(formulas: Formulas) -> Callable[..., tuple[Any, ...]]:
    """The function of formulas, as one of autograd; its derivatives are functions of their derivatives, like it.

    A scalar of what needs a gradient is computed together with it, by ``_with_first``, outside of ``torch.func``. Where
    derivatives of the gradient are asked for, it is a result, too, so that these are found through it.
    """
    import torch

    transformed = torch._C._are_functorch_transforms_active
    primal = formulas.compiled()
    made: dict[Formulas, Callable[..., tuple[Any, ...]]] = {}
    first: dict[Places, Callable[..., Any]] = {}

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
        def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Any, ...]) -> None:
            ctx.set_materialize_grads(transformed())
            ctx.save_for_backward(*inputs, *output[1 : 1 + len(formulas.slopes)])
            ctx.save_for_forward(*inputs)
            ctx.kinds = [(result.shape, result.dtype, result.device) for result in output]

        @staticmethod
        def backward(ctx: Any, *cotangents: Any) -> tuple[Any, ...]:
            count = len(formulas.variables)
            inputs, slopes = ctx.saved_tensors[:count], ctx.saved_tensors[count:]
            places = tuple(k for k, wanted in enumerate(ctx.needs_input_grad) if wanted)
            found: dict[int, Any] = {}
            is_first = set(places) <= set(formulas.slopes)  # where the gradients that are needed are known
            if is_first and cotangents[0] is not None:
                found = {k: cotangents[0] * slopes[formulas.slopes.index(k)] for k in places}
            skipped = 1 if is_first else 0
            if any(cotangent is not None for cotangent in cotangents[skipped:]):
                rest = zip(cotangents[skipped:], ctx.kinds[skipped:], strict=True)
                given = [torch.zeros(s, dtype=t, device=d) if u is None else u for u, (s, t, d) in rest]
                pulled = derived(formulas.pulled(places, skipped))(*inputs, *given)
                for k, one in zip(places, pulled, strict=True):
                    found[k] = one if k not in found else found[k] + one
            return tuple(found.get(k) for k in range(count))

        @staticmethod
        def jvp(ctx: Any, *changes: Any) -> tuple[Any, ...]:
            places = tuple(k for k, change in enumerate(changes) if change is not None)
            moved = [changes[k] for k in places]
            inputs = ctx.saved_tensors[: len(formulas.variables)]
            return derived(formulas.pushed(places))(*inputs, *moved)[len(formulas.results) :]

    def function(*arguments: Any) -> tuple[Any, ...]:
        places = tuple(k for k, argument in enumerate(arguments) if argument.requires_grad)
        if formulas.is_scalar and places and torch.is_grad_enabled() and not transformed():
            if places not in first:
                first[places] = _with_first(formulas, places, derived)
            return (first[places](*arguments),)
        found: tuple[Any, ...] = Derived.apply(*arguments)
        return found

    return function
