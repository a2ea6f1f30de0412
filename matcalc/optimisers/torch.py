"""A closure for the optimisers of PyTorch: it computes the value, and puts the derived gradient where they read it."""

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


class _Torch:
    target = "torch"

    def __init__(self, values: Any) -> None:
        """Of the dtype and on the device of the first tensor of floats; without one, of 64-bit floats."""
        import torch

        given = [v for v in (values.values() if isinstance(values, Mapping) else ()) if isinstance(v, torch.Tensor)]
        first = next((v for v in given if v.dtype.is_floating_point), torch.zeros((), dtype=torch.float64))
        self.kind = {"dtype": first.dtype, "device": first.device}

    def made(self, value: Any) -> Array:
        import torch

        return torch.as_tensor(value, **self.kind)

    def plain(self, value: Any) -> Any:
        return value.detach().cpu().numpy() if hasattr(value, "detach") else value

    def like(self, array: np.ndarray, other: Array) -> Array:
        return self.made(array)

    def scattered(self, values: Array, places: np.ndarray, length: int) -> Array:
        import torch

        return torch.zeros(length, **self.kind).index_add(0, torch.as_tensor(places, device=values.device), values)


class TorchClosure(Fit):
    """``optimizer.step(closure)``, where ``closure = torch_closure(...)`` and the optimiser has ``parameters()``.

    ``closure()`` puts the gradient into the parameters and returns the value; ``closure({"X": batch})`` does so for
    other data. ``values()`` are the variables by name, as they are now.
    """

    def __init__(self, f: Expr, by: By | Sequence[By], values: Mapping[str, Any]) -> None:
        library = _Torch(values)
        super().__init__(f, by, values, library)
        self._parameters = {name: library.made(u).clone().requires_grad_() for name, u in self._starts.items()}

    def parameters(self) -> list[Array]:
        """The tensors that an optimiser moves, one for each variable."""
        return [*self._parameters.values()]

    def __call__(self, data: Mapping[str, Any] | None = None) -> Array:
        """The value; the gradient is put into the parameters."""
        import torch

        with torch.no_grad():
            value, slopes = self.value_and_gradients(self._parameters, data)
            for name, parameter in self._parameters.items():
                parameter.grad = slopes[name]
        return value

    def values(self, coordinates: Mapping[str, Array] | None = None) -> dict[str, Array]:
        """The variables by name, with what was declared of them: now, or at other coordinates."""
        import torch

        with torch.no_grad():
            found = super().values(self._parameters if coordinates is None else coordinates)
        return {name: value.detach().clone() for name, value in found.items()}  # which later steps do not move


@checked_arguments
def torch_closure(f: Expr, by: By | Sequence[By], values: Mapping[str, Any]) -> TorchClosure:
    """A closure of a scalar f for ``torch.optim``, by the variables ``by``, that begins at ``values``, data among them.

    Raises:
        MatcalcError: PyTorch is not installed, f is no scalar, or a variable has no free coordinates.
        EvaluationError: values are missing, have wrong shapes or kinds, or have not what was declared.
    """
    installed("PyTorch", "torch", "torch")
    return TorchClosure(f, by, values)
