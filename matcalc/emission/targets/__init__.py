"""Targets: what a plan is written as. A target is loaded when it is asked for."""

from __future__ import annotations

from importlib import import_module

from matcalc.emission.target import Target
from matcalc.errors import MatcalcError, shown, suggest
from matcalc.function import Kernel

# The modules, each of which has a ``TARGET``.
TARGETS = {
    "numpy": "matcalc.emission.numpy",
    "c": "matcalc.emission.c.writing",
    "jax": "matcalc.emission.targets.jax",
    "torch": "matcalc.emission.targets.torch",
    "array_api": "matcalc.emission.targets.array_api",
    "dask": "matcalc.emission.blockwise.dask",
    "matlab": "matcalc.emission.languages.matlab",
    "cpp": "matcalc.emission.eigen.writing",
}


def target(name: str) -> Target:
    """The target of a name.

    Raises:
        MatcalcError: there is none.
    """
    if name not in TARGETS:
        known = list(TARGETS)
        raise MatcalcError(
            f"unknown target: {shown(name)}", f"known: {', '.join(known)}", hint=suggest(str(name), known)
        ).about("target")
    found: Target = import_module(TARGETS[name]).TARGET
    return found


def having(kernel: Kernel) -> list[str]:
    """The targets that have a form for a function."""
    return [name for name in TARGETS if target(name).knows(kernel)]
