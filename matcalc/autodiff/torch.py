"""Functions for PyTorch whose derivatives are the derived formulas, of every order, for autograd and ``torch.func``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from matcalc.autodiff.formulas import Formulas
from matcalc.boundary import checked_arguments
from matcalc.emission.targets.writing import installed
from matcalc.expr import Expr
from matcalc.families import array_dims


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
    ranks = [len(array_dims(v)) for v in formulas.variables]

    @wraps(formulas.emitted.compile())
    def function(*args: Any, **kwargs: Any) -> Any:
        return inner(*(args if not kwargs and _are_alike(args, ranks) else read(*args, **kwargs)))[0]

    return function


def _are_alike(arguments: Sequence[Any], ranks: Sequence[int]) -> bool:
    """Whether these are tensors of one kind with the axes of the variables, which need not be read."""
    import torch

    if len(arguments) != len(ranks) or not all(isinstance(one, torch.Tensor) for one in arguments):
        return False
    kind = arguments[0].dtype, arguments[0].device
    same = all((one.dtype, one.device) == kind for one in arguments)
    return same and kind[0].is_floating_point and [one.ndim for one in arguments] == ranks


def _function(formulas: Formulas) -> Callable[..., tuple[Any, ...]]:
    """The function of formulas, as one of autograd; its derivatives are functions of their derivatives, like it.

    A scalar of what needs a gradient is computed together with it. The gradient is a result, too, so that its own
    derivatives are found through it. Under ``torch.func``, which has no missing cotangents, it is computed when it is
    needed.
    """
    import torch

    transformed = torch._C._are_functorch_transforms_active
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
            return derived(formulas.with_gradients(places))(*arguments)
        found: tuple[Any, ...] = Derived.apply(*arguments)
        return found

    return function
