"""Value and gradient for the optimisers of JAX, such as Optax and JAXopt: a pure function of a dict of arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from matcalc.boundary import checked_arguments
from matcalc.deriving import By
from matcalc.emission.targets.writing import installed
from matcalc.expr import Expr
from matcalc.optimisers.arrays import Fit

Array = Any


class _JAX:
    target = "jax"

    def made(self, value: Any) -> Array:
        from jax import numpy as jnp

        array = jnp.asarray(value)
        return array if jnp.issubdtype(array.dtype, jnp.floating) else array.astype(jnp.result_type(float))

    def plain(self, value: Any) -> Any:
        return value

    def like(self, array: np.ndarray, other: Array) -> Array:
        from jax import numpy as jnp

        return jnp.asarray(array, dtype=other.dtype)

    def scattered(self, values: Array, places: np.ndarray, length: int) -> Array:
        from jax import numpy as jnp

        return jnp.zeros(length, dtype=values.dtype).at[places].add(values)


class JaxValueAndGrad(Fit):
    """``value, gradients = fit(parameters)``; it may be compiled, and takes other data, too: ``fit(parameters, data)``.

    ``start`` are the parameters to begin with, a dict of arrays, and ``values(parameters)`` the variables by name.
    """

    def __init__(self, f: Expr, by: By | Sequence[By], values: Mapping[str, Any]) -> None:
        library = _JAX()
        super().__init__(f, by, values, library)
        self.start = {name: library.made(u) for name, u in self._starts.items()}

    def __call__(
        self, parameters: Mapping[str, Array], data: Mapping[str, Any] | None = None
    ) -> tuple[Array, dict[str, Array]]:
        """Value, and gradients by the parameters."""
        return self.value_and_gradients(parameters, data)


@checked_arguments
def jax_value_and_grad(f: Expr, by: By | Sequence[By], values: Mapping[str, Any]) -> JaxValueAndGrad:
    """Value and gradient of a scalar f for JAX, by the variables ``by``, that begin at ``values``, data among them.

    Raises:
        MatcalcError: JAX is not installed, f is no scalar, or a variable has no free coordinates.
        EvaluationError: values are missing, have wrong shapes or kinds, or have not what was declared.
    """
    installed("JAX", "jax", "jax")
    return JaxValueAndGrad(f, by, values)
