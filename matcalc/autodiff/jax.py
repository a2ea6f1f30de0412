"""Functions for JAX whose derivatives are the derived formulas, of every order, under jit, vmap, grad and hessian."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from matcalc.autodiff.formulas import Formulas
from matcalc.boundary import checked_arguments
from matcalc.emission.targets.writing import installed
from matcalc.expr import Expr


@checked_arguments
def jax_function(f: Expr, arguments: Sequence[Expr] = ()) -> Callable[..., Any]:
    """The function of a formula for JAX: ``jax.grad``, ``jax.hessian`` … of it compute the derived formulas.

    Its parameters are the variables ``arguments``, in this order, and then the others by name. Each derivative is
    derived when it is first asked for.

    Raises:
        MatcalcError: JAX is not installed, it has no form for a function, or the formula has no variables.
    """
    installed("JAX", "jax", "jax")
    formulas = Formulas.of(f, arguments, "jax")
    read, inner = formulas.read(), _function(formulas)

    @wraps(formulas.emitted.compile())
    def function(*args: Any, **kwargs: Any) -> Any:
        (value,) = inner(*read(*args, **kwargs))
        return value

    return function


def _function(formulas: Formulas) -> Callable[..., tuple[Any, ...]]:
    """The function of formulas; its derivative is made of the function of their derivatives, which is one like it."""
    import jax
    from jax import numpy as jnp
    from jax.custom_derivatives import SymbolicZero

    primal = formulas.compiled()
    made: dict[Formulas, Callable[..., tuple[Any, ...]]] = {}

    def derivative(arguments: Sequence[Any], changes: Sequence[Any]) -> tuple[Any, Any]:
        places = tuple(k for k, change in enumerate(changes) if not isinstance(change, SymbolicZero))
        moved = [changes[k] for k in places]
        derived = formulas.with_gradients(places) if formulas.is_scalar else formulas.pushed(places)
        if derived not in made:
            made[derived] = _function(derived)
        if formulas.is_scalar:
            value, *slopes = made[derived](*arguments)
            return (value,), (sum(jnp.vdot(g, d) for g, d in zip(slopes, moved, strict=True)),)
        found = made[derived](*arguments, *moved)
        count = len(formulas.results)
        return found[:count], found[count:]

    function: Any = jax.custom_jvp(lambda *arguments: tuple(primal(*arguments)))
    function.defjvp(derivative, symbolic_zeros=True)
    applied: Callable[..., tuple[Any, ...]] = function
    return applied
