"""Small tables of what people type: raised digits, subscripts of norms, and which names are words."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

from matcalc.notation.conventions import GREEK, WORDS
from matcalc.notation.tokens import Token

LONGEST_PRODUCT = 12  # letters in a run that is read as a product
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₗₘₙₚ", "0123456789ijklmnp")
_SUBSCRIPTS = {"F": "F", "f": "F", "fro": "F", "Fro": "F", "inf": "inf", "Inf": "inf", "∞": "inf", "infty": "inf"}
_SUBSCRIPTS |= {"*": "*", "nuc": "*"}


def power_of(raised: str) -> str:
    """The size of the exponent that raised signs are: 1 of ⁻¹ and of ⁻ᵀ, n of ⁿ."""
    return "1" if raised == "⁻ᵀ" else "n" if "ⁿ" in raised else raised.translate(_RAISED).lstrip("+-")


def listed_subscript(text: str) -> str:
    return text.translate(_LOWERED)


def norm_subscript(tokens: Sequence[Token], stop: int) -> tuple[str | None, int]:
    """The subscript of a norm that ends at a place, if one follows there, and of how many tokens it is."""
    first = tokens[0]
    if first.kind != "name" or first.start != stop:
        return None, 0
    if first.text == "_" and len(tokens) > 1:
        if tokens[1].text in _SUBSCRIPTS:
            return _SUBSCRIPTS[tokens[1].text], 2
        if tokens[1].text == "{" and len(tokens) > 3 and tokens[3].text == "}":
            return _SUBSCRIPTS.get(tokens[2].text, tokens[2].text), 4
        return None, 0
    name = listed_subscript(first.text)
    if name != first.text and "_" not in name:
        return name, 1
    if first.text[0] != "_":
        return None, 0
    return _SUBSCRIPTS.get(name[1:], name[1:]), 1


def is_word(name: str) -> bool:
    """Whether a name has more letters than one, and none of the alphabets' names: no factor without a sign."""
    root = re.split(r"[\W\d_₀-₉ᵢⱼₖₗₘₙₚ]", name)[0]
    return len(root) > 1 and root.lower() not in GREEK and root not in WORDS


def letters_of(name: str, declared: Container[str]) -> bool:
    """Whether a name is a run of declared names of one letter, or of these and I."""
    if not 2 <= len(name) <= LONGEST_PRODUCT or not name.isalpha():
        return False
    found = [letter in declared for letter in name]
    return all(found) or (any(found) and all(is_in or letter == "I" for is_in, letter in zip(found, name, strict=True)))
