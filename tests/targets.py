"""The array libraries that targets are tested with, where they are installed: arrays of each, and back to NumPy's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np
import pytest

import matcalc as mc


class Arrays(NamedTuple):
    """A target, the modules that it needs, and how arrays of a library are made and read."""

    target: str
    needs: tuple[str, ...]
    make: Callable[[np.ndarray], Any]
    read: Callable[[Any], np.ndarray]


def _jax(array: np.ndarray) -> Any:
    import jax.numpy as jnp

    return jnp.asarray(array)


def _torch(array: np.ndarray) -> Any:
    import torch

    return torch.tensor(array)


def _strict(array: np.ndarray) -> Any:
    import array_api_strict

    return array_api_strict.asarray(array)


def _from_torch(tensor: Any) -> np.ndarray:
    return np.asarray(tensor.detach())


def _from_strict(array: Any) -> np.ndarray:
    return np.from_dlpack(array)


COMPAT = "array_api_compat"
LIBRARIES = {
    "jax": Arrays("jax", ("jax",), _jax, np.asarray),
    "torch": Arrays("torch", ("torch",), _torch, _from_torch),
    "array_api of NumPy": Arrays("array_api", (COMPAT,), np.array, np.asarray),
    "array_api of array_api_strict": Arrays("array_api", (COMPAT, "array_api_strict"), _strict, _from_strict),
    "array_api of PyTorch": Arrays("array_api", (COMPAT, "torch"), _torch, _from_torch),
    "array_api of JAX": Arrays("array_api", (COMPAT, "jax"), _jax, np.asarray),
}


def _missing(library: Arrays) -> list[str]:
    return [module for module in library.needs if find_spec(module) is None]


def for_each_library(*names: str) -> pytest.MarkDecorator:
    """A parameter ``library``; what is not installed is skipped."""
    rows = []
    for name in names or LIBRARIES:
        missing = _missing(LIBRARIES[name])
        marks = pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} is not installed")
        rows.append(pytest.param(LIBRARIES[name], id=name.replace(" ", "-"), marks=marks))
    return pytest.mark.parametrize("library", rows)


@contextmanager
def precision(dtype: str) -> Iterator[None]:
    """JAX computes in double precision where it is told to."""
    if find_spec("jax") is None:
        yield
        return
    import jax

    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", dtype == "float64")
    try:
        yield
    finally:
        jax.config.update("jax_enable_x64", before)


def computed(emitted: Any, library: Arrays, values: dict[str, np.ndarray], dtype: str = "float64") -> list[np.ndarray]:
    """The results at values, all of the dtype."""
    with precision(dtype):
        arguments = [library.make(np.asarray(values[name], dtype=dtype)) for name in emitted.variables]
        found = emitted.compile()(*arguments)
        every = found if isinstance(found, tuple) else (found,)
        return [library.read(one) for one in every]


def emitted_or_refused(results: Any, target: str) -> Any:
    """What is emitted; None where a function is refused by its name."""
    try:
        return mc.emit(results, target=target)
    except mc.MatcalcError as refused:
        assert "is not known to the" in str(refused) or "without variables" in str(refused)
        return None
