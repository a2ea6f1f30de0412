"""An array library as a target: its words for NumPy's functions, and the forms of functions that these words make.

A function is written from the NumPy form of its record, or from one that neither writes into arrays nor branches on
values (``forms``). Every word of NumPy in it becomes one of the library's; a function with a word that the library
does not have is refused by name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from matcalc.emission.targets.forms import FORMS, HELPERS, by_name
from matcalc.emission.text import Text
from matcalc.function import Function, Kernel
from matcalc.functions import BUILT_IN
from matcalc.lowering.selections import SELECTIONS
from matcalc.program.step import Operation, Step
from matcalc.records import NamedTuple
from matcalc.regex import regex

# The words that the forms are written in.
NUMPY = """
    abs any arange arccos arcsin arctan argmax asarray broadcast_to concatenate cos cosh cumsum diag diagonal einsum
    exp expm1 eye finfo flip full hypot inf isfinite kron log log1p log2 logaddexp max maximum min minimum nan
    ones_like pad pi power prod reshape sign sin sinh sqrt stack sum take tan tanh trace transpose tri tril triu where
    zeros zeros_like
"""
LINEAR = "cholesky det eigh inv pinv slogdet solve svd svdvals"
SPECIAL = "digamma erf expit gammaln log_ndtr logsumexp ndtr polygamma xlogy"
SCIPY = "cho_factor cho_solve expm lu_factor lu_solve solve_triangular"

_WORD = regex(r"(?<![\w.])(?:np|linalg|special)(?:\.[^\W\d]\w*)+")
_CALLED = regex(r"(?<![\w.])(_[a-z]\w*)\b")
_BRANCHES = (ast.If, ast.IfExp, ast.BoolOp, ast.While, ast.Assert, ast.Raise, ast.Try, ast.With)
_WRITES = (ast.AugAssign, ast.Delete, ast.Global)


class Unknown(Exception):
    """A word that a library does not have."""


class Library(NamedTuple):
    """``words`` are those for NumPy's, ``helpers`` the sources of functions of the library's own.

    ``imports`` are the lines that import the modules that words begin with; ``reserved`` words mean something in the
    code besides these. ``forms`` are those that differ, ``steps`` how an operation is written that differs. ``like``
    makes an array one of the arguments' kind, of which the first is in braces; ``copied`` is an argument that is
    returned, ``dtype`` one of a name. ``opening`` is the first statement of a function, of its arguments in braces,
    where these say what the library is.
    """

    name: str
    title: str
    module: str
    extra: str
    imports: Mapping[str, str]
    words: Mapping[str, str]
    helpers: Mapping[str, str]
    like: str
    copied: str
    dtype: str
    lacks: Mapping[str, str]
    forms: Mapping[str, str] = {}
    steps: Mapping[Operation, Callable[[Any, Step], Text | list[str]]] = {}
    opening: str = ""
    contract: Callable[..., Text] | None = None  # what is written for an einsum

    @property
    def reserved(self) -> Collection[str]:
        return {*self.imports, "like", "math", "xp"}

    def translated(self, text: str) -> str:
        """A text in NumPy's words in those of the library.

        Raises:
            Unknown: it has none for one of them.
        """

        def word(found: re.Match[str]) -> str:
            whole, rest = found[0], ""
            while whole not in self.words:
                whole, dot, last = whole.rpartition(".")
                if not dot:
                    raise Unknown(found[0])
                rest = f".{last}{rest}"
            return f"{self.words[whole]}{rest}"

        return _WORD.sub(word, text)

    def helper(self, name: str, own: Mapping[str, str]) -> str:
        """The source of a helper in the library's words.

        Raises:
            Unknown: it has no form without branches on values.
        """
        if name in self.helpers and name not in own:
            return self.helpers[name]
        source = own.get(name) or HELPERS.get(name, "")
        if not source or (name in own and not _is_pure(source)):
            raise Unknown(name)
        text = self.translated(source)
        if self.opening and re.search(rf"\b{self.opening.split()[0]}\.", text):
            first = re.split(r"[,)=]", text.partition("(")[2])[0]
            opening = f"    {self.opening.format(first)}\n"
            documented = re.match(r'def .*:\n(    """(?s:.*?)"""\n)?', text)
            line = documented.end() if documented else 0
            text = text[:line] + opening + text[line:]
        return text


def helpers_of(library: Library, text: str, own: Mapping[str, str], known: Collection[str] = ()) -> dict[str, str]:
    """The helpers that a text in the library's words calls, and those that they call, without those that are known.

    ``own`` are a record's.

    Raises:
        Unknown: one of them has no form.
    """
    found: dict[str, str] = {}
    waiting = [text]
    while waiting:
        for name in dict.fromkeys(_CALLED.findall(waiting.pop())):
            if name not in found and name not in known:
                found[name] = library.helper(name, own)
                waiting.append(found[name].partition("\n")[2])
    return found


def form_of(library: Library, kernel: Kernel) -> tuple[str, dict[str, str]]:
    """The form of a function in NumPy's words, with the helpers that it calls in the library's words.

    Raises:
        Unknown: the library has no word for something in it.
    """
    form, _, helpers = kernel.numpy.partition("\n")
    form = library.forms.get(form) or FORMS.get(form, form)
    if not form:
        raise Unknown(kernel.name)
    own = by_name(helpers)
    if is_built_in(kernel):  # whose helpers are known by their names
        own = {name: source for name, source in own.items() if name not in HELPERS}
    return form, helpers_of(library, library.translated(form), own)


def is_built_in(kernel: Kernel) -> bool:
    """Whether a record is matcalc's, and not a user's."""
    return not isinstance(kernel, Function) or kernel in BUILT_IN or kernel in SELECTIONS


def knows(library: Library, kernel: Kernel) -> bool:
    """Whether the library has a form for a function."""
    kernel = kernel.each.function if kernel.each is not None and not kernel.each.function.stacks else kernel
    try:
        form_of(library, kernel)
    except Unknown:
        return False
    return True


def _is_pure(source: str) -> bool:
    """Whether a helper neither writes into arrays nor branches on values."""
    for node in ast.walk(ast.parse(source)):
        is_written = isinstance(node, ast.Assign) and any(isinstance(t, ast.Subscript) for t in node.targets)
        is_written |= isinstance(node, ast.keyword) and node.arg == "out"
        is_written |= isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant)  # such as u.sort()
        if is_written or isinstance(node, (*_BRANCHES, *_WRITES)):
            return False
    return True
