"""The code tab: a program for the value and its derivative, or the derivative in another language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import matcalc as mc
from matcalc.emission import targets
from matcalc.emission.options import STYLES
from matcalc.errors import MatcalcError
from matcalc.records import NamedTuple
from matcalc.web.planning import sizes_of
from matcalc.web.questions import Question, choice
from matcalc.writers import WRITERS, write

SMALL = 4  # the size that C is written for, where none is given
LONGEST = 500_000  # characters


class Target(NamedTuple):
    """A language to write in: what it is called, the ending of its files, and how it is written."""

    label: str
    ending: str
    write: Callable[[Question, dict[str, int]], str]
    for_sizes: bool = False


_ENDINGS = {
    "latex": "tex", "numpy": "py", "sympy": "py", "matlab": "m", "julia": "jl", "mathematica": "wl", "cpp": "hpp",
}  # fmt: skip


def _numpy(style: str) -> Callable[[Question, dict[str, int]], str]:
    return lambda asked, sizes: str(mc.emit(asked.results, style=style).source)


def _c(asked: Question, sizes: dict[str, int]) -> str:
    return str(mc.emit(asked.results, target="c", sizes=sizes or None).source)


def _library(name: str) -> Target:
    """A target that is an array library or a language."""
    title = f"{targets.target(name).title} function"
    return Target(title, _ENDINGS.get(name, "py"), lambda asked, sizes: str(mc.emit(asked.results, target=name).source))


def _objective(asked: Question, sizes: dict[str, int]) -> str:
    return str(mc.objective(asked.formula, asked.by).source)


def _written(notation: str) -> Callable[[Question, dict[str, int]], str]:
    return lambda asked, sizes: "\n".join(write(made, notation) for made in asked.derivatives.values())


_LABELS = {
    "text": "formula: text", "unicode": "formula: Unicode", "latex": "formula: LaTeX", "index": "formula: index form",
    "numpy": "formula: NumPy", "sympy": "formula: SymPy", "matlab": "formula: MATLAB", "julia": "formula: Julia",
    "mathematica": "formula: Mathematica",
}  # fmt: skip

TARGETS: dict[str, Target] = {
    **{
        f"numpy-{style}": Target(f"NumPy function, {style}", "py", _numpy(style)) for style in STYLES
    },
    **{name: _library(name) for name in targets.TARGETS if name not in ("numpy", "c")},
    "objective": Target("SciPy objective with Hessian", "py", _objective),
    "c": Target("C function", "c", _c, for_sizes=True),
    **{
        f"formula-{name}": Target(_LABELS.get(name, f"formula: {name}"), _ENDINGS.get(name, "txt"), _written(name))
        for name in WRITERS
    },
}  # fmt: skip


def offered() -> list[dict[str, Any]]:
    """The targets, for a list to choose from."""
    return [{"key": key, "label": target.label, "sized": target.for_sizes} for key, target in TARGETS.items()]


def code(asked: Question, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The program, or the formula, in the language that is asked for.

    Raises:
        MatcalcError: the language has no form for it, or it is too long.
    """
    key = choice(fields, "target", tuple(TARGETS))
    target = TARGETS[key]
    sizes: dict[str, int] = {}
    if target.for_sizes:
        sizes = dict.fromkeys(asked.symbols, SMALL) | sizes_of(fields, asked.symbols)
    source = target.write(asked, sizes)
    if len(source) > LONGEST:
        raise MatcalcError(f"the code is too long to be shown: {len(source)} characters")
    return {"target": key, "code": source.rstrip("\n") + "\n", "file": f"formula.{target.ending}", "sizes": sizes}
