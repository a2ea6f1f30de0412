"""Names that MATLAB and Octave take, and the words that mean something in written code."""

from __future__ import annotations

import re
from unicodedata import name as name_of_character
from unicodedata import normalize

from matcalc.emission.languages.matlab_forms import FORMS, WORDS
from matcalc.emission.languages.matlab_sources import HELPERS

LONGEST = 55  # characters; MATLAB takes 63, and some are added where names meet

_KEYWORDS = """
    break case catch classdef continue else elseif end for function global if otherwise parfor persistent return spmd
    switch try while do until unwind_protect unwind_protect_cleanup end_unwind_protect end_try_catch endfor endfunction
    endif endswitch endwhile endparfor enumeration events methods properties arguments import
"""
KEYWORDS = frozenset(_KEYWORDS.split())

# What statements call besides forms and helpers, and constants.
_CALLED = """
    abs all ans any assert chol cumprod cumsum diag double eps error exp eye false find floor i inf inv isequal j
    isfloat isreal log lu max min mod nan nargin nargout norm numel ones permute pi prod rcond realpow realsqrt
    repmat reshape sign size sort sqrt sum trace tril triu true varargin varargout zeros NaN Inf I J e
"""

RESERVED = frozenset(
    (*KEYWORDS, *_CALLED.split(), *HELPERS, *WORDS.values(), *re.findall(r"[^\W\d]\w*", " ".join(FORMS.values())))
) - {"n", "u", "v", "w", "t", "x", "y", "f", "g", "c", "q", "p", "A", "B", "E", "X"}


def matlab_word(name: str) -> str:
    """The nearest name in MATLAB that means nothing yet: letters of other scripts are spelled out."""
    word = "".join(map(_letter, normalize("NFKC", name))).strip("_") or "v"
    word = (word if word[0].isalpha() else f"v{word}")[:LONGEST] + "_" * name.endswith("_")
    while word in RESERVED:
        word += "_"
    return word


def _letter(character: str) -> str:
    if character.isascii():
        return character if character.isalnum() or character == "_" else "_"
    spelled = name_of_character(character, "").rpartition("LETTER ")[2].split(" WITH ")[0]
    if not re.fullmatch(r"[A-Z ]+", spelled):
        return "_"
    return (spelled.capitalize() if character.isupper() else spelled.lower()).replace(" ", "_")
