"""LaTeX of what stands around the formulas of an explanation: left sides, chains of Jacobians, reasons."""

from __future__ import annotations

import re

from matcalc.regex import regex

_DERIVATIVE = regex(r"∂(vec\(\w+\)|\w+)/∂((?:vec\(\w+\)|\w+)'?)")
_WITH_SHAPE = regex(r"\[(.*?)\]_\{(.*?)\}")
_SYMBOLS = {
    "∂": r"$\partial$",
    "·": r"$\cdot$",
    "×": r"$\times$",
    "^": r"\^{}",
    "~": r"\~{}",
    "\\": r"\textbackslash{}",
}
_SYMBOLS |= {character: "\\" + character for character in "&%#_${}"}


def latex_of_left(left: str, places: str = "") -> str:
    """u1, df and ∂u1/∂x' as they are typeset, and what they are at indices."""
    if places:
        made = latex_of_left(left)
        return f"{made.removesuffix('}')}_{{{places}}}}}" if left.startswith("∂") else f"{{{made}}}_{{{places}}}"
    if left.startswith("∂"):
        return latex_of_derivatives(left)
    return rf"\mathrm{{d}}{_name(left[1:])}" if left.startswith("d") and len(left) > 1 else _name(left)


def latex_of_derivatives(text: str) -> str:
    return _DERIVATIVE.sub(lambda m: rf"\frac{{\partial {_name(m[1])}}}{{\partial {_name(m[2])}}}", text)


def latex_of_chain(factors: str) -> str:
    """The chain of Jacobians with its shapes, or a sum of derivatives, with the sign of equality behind it."""
    if not factors:
        return ""
    made = _WITH_SHAPE.sub(_under_a_brace, factors).replace("·", r" \, ")
    return latex_of_derivatives(made).replace("'", r"^{\top}") + " = "


def _under_a_brace(found: re.Match[str]) -> str:
    shape = found[2].replace("*", " ").replace("×", r" \times ")
    return rf"\underbrace{{{latex_of_derivatives(found[1])}}}_{{{shape}}}"


def latex_of_text(words: str) -> str:
    return rf"\text{{{''.join(_SYMBOLS.get(character, character) for character in words)}}}"


def _name(text: str) -> str:
    """A name with its index below, vec(X) and a transpose."""
    text = re.sub(r"([A-Za-z])(\d+)", r"\1_{\2}", text)
    return text.replace("vec(", r"\operatorname{vec}(").replace("'", r"^{\top}")
