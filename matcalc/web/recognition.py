"""Which language a formula is typed in, by what stands in that language alone."""

from __future__ import annotations

import re

from matcalc.regex import regex

# The first pattern that is found decides. What has none of these is text: all of the others write products otherwise.
_CUES = (
    ("latex", regex(r"\\[A-Za-z|,;!\[(]|\$|[\^_]\{[^}]*\\|\^T(?=[A-Za-z])")),  # x^TAx
    (
        "sympy",
        regex(
            r"\b(?:sp|sympy)\.|\b(?:Mat(?:Mul|Add|Pow|rixSymbol)|Trace|Determinant|Inverse|Transpose|Hadamard\w+"
            r"|KroneckerProduct|DotProduct|DiagMatrix|Identity|OneMatrix|ZeroMatrix|BlockMatrix|Piecewise|Rational"
            r"|Sum|Product)\("
        ),
    ),
    (
        "numpy",
        regex(
            r"\b(?:np|numpy|jnp|torch|linalg)\.\w|^\s*(?:def|import|from|return|for)\s|\blambda\b[^:]*:|:\s*\n"
            r"|\*\*|\w\[[^\]]*\bNone\b",
            re.M,
        ),
    ),
    (
        "index",
        regex(
            r"[A-Za-z]_(?:\{[a-z],?[a-z]\}|[a-z]{2}\b)"  # A_ij, A_{i,j}
            r"|(?:\b(?:sum|prod|mean)|[Σ∑∏])_(?:\{[^}]*\}|[a-z]\b).*[A-Za-z]_[a-z]\b"  # sum_i x_i
            r"|^\s*\w+\s*\[[a-z](?:\s*,\s*[a-z])?\]\s*=|^\s*[A-Za-z]_[a-z]{1,2}\s*="  # y[i] = …, y_i = …
            r"|\b[A-Za-z]_([a-z])\s*\*?\s*[A-Za-z]_\1\b|[ᵢⱼₖₗₘₙ]"  # x_i y_i
        ),
    ),
)


def recognised(text: str) -> str:
    """The language: latex, sympy, numpy, index or text."""
    return next((notation for notation, cue in _CUES if cue.search(text)), "text")
