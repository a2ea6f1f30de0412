"""Modules for NumPy: functions, each once, with types in their heads, and what they import before them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from matcalc.emission.annotations import annotated
from matcalc.regex import regex

_STANDARD = {  # what stands in a text: what it is imported by
    r"\bCallable\b": "from collections.abc import Callable",
    r"@lru_cache\b": "from functools import lru_cache",
    r"(?<![\w.])partial\(": "from functools import partial",
    r"(?<![\w.])reduce\(": "from functools import reduce",
    r"\b(?:Any|Array)\b": "from typing import Any",
}
_OTHERS = {
    r"\bdask\.": "import dask",
    r"\bda\.": "import dask.array as da",
    r"": "import numpy as np",
    r"\bArray\b": "from numpy.typing import ArrayLike, NDArray",
    r"(?<![\w.])(?:linalg|optimize|sparse|special)\.\w": "from scipy import linalg, optimize, sparse, special",
    r"\bLinearOperator\b": "from scipy.sparse.linalg import LinearOperator",
}
_ONE_ARRAY = regex(r"^(?:def [^_].*|\)) -> Array:$", re.MULTILINE)


def module(functions: Iterable[str]) -> str:
    """The text of a module."""
    text = annotated("\n\n\n".join(part.strip() for part in dict.fromkeys(functions)) + "\n")
    return "\n".join(_opening(text)) + "\n\n\n" + text


def _opening(text: str) -> list[str]:
    """What a module begins with: what it imports, and a name for arrays, of whose dtype NumPy's types tell little."""
    standard = [line for at, line in _STANDARD.items() if re.search(at, text)]
    others = [_with_used(line, text) for at, line in _OTHERS.items() if re.search(at, text)]
    lines = [*standard, *[""] * bool(standard), *others]
    untold = ["import-untyped"] * any(re.match("(from|import) (scipy|dask)", line) for line in others)
    untold += ["no-any-return"] * (_ONE_ARRAY.search(text) is not None)  # of products, NumPy's types do not tell
    if untold:
        lines.insert(0, f'# mypy: disable-error-code="{", ".join(untold)}"')
    return [*lines, *["", "Array = NDArray[Any]"] * (re.search(r"\bArray\b", text) is not None)]


def _with_used(line: str, text: str) -> str:
    """An import of several names, with those that are used."""
    head, found, names = line.partition(" import ")
    if "," not in names:
        return line
    at = (
        r"(?<![\w.]){}\b(?!:)" if "numpy" in head else r"(?<![\w.]){}\.\w"
    )  # types by themselves, modules before a name
    used = [name for name in names.split(", ") if name == "NDArray" or re.search(at.format(name), text)]
    return f"{head}{found}{', '.join(used)}"
