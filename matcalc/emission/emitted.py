"""Written functions: their text, and the callable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from matcalc.terminal import Printed, printable


def executed(source: str, name: str) -> dict[str, Any]:
    """What a module defines. Its functions tell its name, for else they are looked for in all modules to be pickled."""
    space: dict[str, Any] = {"__name__": f"<matcalc {name}>"}
    exec(compile(source, space["__name__"], "exec"), space)  # the names are ours: see ``arguments``
    return space


@dataclass(eq=False, repr=False)
class Emitted(Printed):
    """Source of a function of the formulas' variables; ``compile()`` makes it callable.

    ``arguments`` are its parameters and ``variables`` the variables they stand for: the names differ where a variable's
    is no name for Python. ``function`` is the text of the function alone, ``helpers`` those of what it calls, and
    ``samples`` the dimension by whose blocks arrays are read, if there is one.
    """

    name: str
    source: str
    arguments: tuple[str, ...]
    variables: tuple[str, ...]
    results: tuple[str, ...]
    build: Callable[[str, str], Callable[..., Any]]
    function: str = ""
    helpers: tuple[str, ...] = ()
    samples: str = ""
    _compiled: Callable[..., Any] | None = field(default=None, init=False)

    def __str__(self) -> str:
        return printable(self.source)

    def _repr_markdown_(self) -> str:
        starts = {"/*": "c", "#pragma once": "cpp", "function ": "matlab"}
        language = next((word for start, word in starts.items() if self.source.startswith(start)), "python")
        return f"```{language}\n{self.source.rstrip()}\n```"

    def __getstate__(self) -> dict[str, Any]:
        """What is copied and pickled: the function is compiled again."""
        return {**self.__dict__, "_compiled": None}

    def compile(self) -> Callable[..., Any]:
        """The function itself. It raises ValueError for arrays of a wrong shape.

        Raises:
            MatcalcError: the source is C, and there is no compiler, or it fails.
        """
        if self._compiled is None:
            self._compiled = self.build(self.source, self.name)
        return self._compiled
