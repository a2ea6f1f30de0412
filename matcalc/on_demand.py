"""Functions of layers above that a layer below calls by name: the module of each is loaded on the first call."""

from __future__ import annotations

from typing import TypeVar

F = TypeVar("F")


class OnDemand(dict[str, F]):
    """A table which modules above fill when they are loaded; it knows the module of each name, and nothing else of it.

    So whoever imports the layer below alone, as one command does, has all of it, and loads what is used.
    """

    def __init__(self, **modules: str) -> None:
        super().__init__()
        self.modules = modules

    def __missing__(self, name: str) -> F:
        if name not in self.modules:
            raise KeyError(name)
        from importlib import import_module

        import_module(f"matcalc.{self.modules[name]}")
        return dict.__getitem__(self, name)
