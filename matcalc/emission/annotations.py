"""Types in the heads of the functions of a module for NumPy: arrays of floats, where a helper has no others."""

from __future__ import annotations

import re
from collections.abc import Sequence

from matcalc.regex import regex

LONGEST = 120  # characters of a line

_HEAD = regex(r"^(?P<indent> *)def (?P<name>\w+)\((?P<parameters>[^()]*)\):$", re.MULTILINE)
_TYPES = {  # what a parameter of a helper is, by its name, if not an array
    "name": "str",
    "view": "str",
    **dict.fromkeys(
        ("axis", "count", "free", "ndim", "order", "rank", "size", "start", "stop", "times", "trans"), "int"
    ),
    **dict.fromkeys(("axes", "dims", "ranks", "shape", "stack"), "tuple[int, ...]"),
    **dict.fromkeys(("rows", "cols"), "tuple[int, int]"),
    "overwrite": "bool",
    "coefficients": "list[float]",
    "value": "ArrayLike",
    **dict.fromkeys(
        ("a", "f", "k", "t", "factors", "function", "log_factor", "product", "series"), "Any"
    ),  # numbers, too
    **dict.fromkeys(("*given", "*operands", "*parts", "fun", "hess", "hessp", "rng"), "Any"),
    **dict.fromkeys(("block", "data", "known", "layout", "names", "arrays", "meta", "parts", "ways"), "Any"),
}
# What a helper returns. Of most, NumPy's own types do not tell: an array, a number, or several of them.
WORDS = ("Any", "Array", "ArrayLike", "Callable", "LinearOperator", "NDArray")
_RETURNS = {"_read": "Array", "_fit": "None"}
CALLED = "Callable[[Array], ArrayLike]"  # a function without a known body


def head(name: str, parameters: Sequence[str], returned: str, indent: str = "") -> str:
    """The head of a function, broken as formatters break it."""
    line = f"{indent}def {name}({', '.join(parameters)}) -> {returned}:"
    if len(line) <= LONGEST or not parameters:
        return line
    inner = f"{indent}    {', '.join(parameters)}"
    lines = [inner] if len(inner) <= LONGEST else [f"{indent}    {parameter}," for parameter in parameters]
    return "\n".join([f"{indent}def {name}(", *lines, f"{indent}) -> {returned}:"])


def returned(kinds: Sequence[str]) -> str:
    """The type of what a function returns: one value, or several."""
    return kinds[0] if len(kinds) == 1 else f"tuple[{', '.join(kinds)}]"


def annotated(text: str) -> str:
    """Functions with types in their heads, where they have none."""
    return _HEAD.sub(_typed, text)


def _typed(match: re.Match[str]) -> str:
    name = match["name"]
    parameters = [_parameter(word.strip()) for word in match["parameters"].split(",") if word.strip()]
    return head(name, parameters, _RETURNS.get(name, "Any"), match["indent"])


def _parameter(text: str) -> str:
    """A parameter with its type; starred ones are sizes."""
    word, _, default = text.partition("=")
    kind = _TYPES.get(word, "int" if word.startswith("*") else "Array")
    return f"{word}: {kind}" + (f" = {default}" if default else "")
