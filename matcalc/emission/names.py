"""Identifiers of written code: each thing that the user named has one, and none means something else there.

A name is kept wherever it can be. One that is a word of the language, one of its builtins or a name of what written
code calls is given underscores at the end: a variable ``lambda`` is the parameter ``lambda_``. Names that begin with an
underscore belong to helpers, so that ``_x`` becomes ``x_``. Of things that share a name, dimensions keep it before
functions, functions before variables, and variables before results; names of intermediate values give way to all.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from unicodedata import normalize

from matcalc.position import renamed
from matcalc.program.planner import Program
from matcalc.program.step import Step
from matcalc.regex import regex
from matcalc.shape import Dim

MODULES = ("np", "linalg", "special", "sparse", "LinearOperator", "lru_cache")
CONSTANTS = ("pi",)  # what leaves of programs are called besides variables and dimensions

PYTHON = frozenset((*keyword.kwlist, *dir(builtins), *MODULES, *CONSTANTS))

# Keywords of C to the newest standard, macros that compilers define themselves, and locals of the statements.
_C = """
    auto break case char const continue default do double else enum extern float for goto if inline int long
    register restrict return short signed sizeof static struct switch typedef union unsigned void volatile while
    alignas alignof bool constexpr false nullptr static_assert thread_local true typeof typeof_unqual
    asm linux unix i386 main s
"""
C = frozenset(_C.split())

# Functions of C's library that a compiler may call where none is written, as sincos for a sine and a cosine: a function
# of such a name would be taken for it.
_LIBRARY = """
    abs acos acosh asin asinh atan atan2 atanh cbrt ceil cexpi copysign cos cosh drem erf erfc exp exp10 exp2 expm1
    fabs fdim finite floor fma fmax fmin fmod frexp gamma hypot ilogb isinf isnan j0 j1 jn ldexp lgamma llrint llround
    log log10 log1p log2 logb lrint lround modf nan nearbyint nextafter pow pow10 powi remainder remquo rint round
    scalb scalbln scalbn signbit significand sin sincos sinh sqrt tan tanh tgamma trunc y0 y1 yn
    memchr memcmp memcpy memmove memset strlen abort calloc exit free malloc printf puts realloc
"""
LIBRARY = frozenset(_LIBRARY.split())

_OWN_IN_C = regex(r"i\d*$|py|call_|_", re.IGNORECASE)  # loop variables, Python's own, and those of the frame


def python_word(name: str) -> str:
    """The nearest identifier of Python that means nothing yet."""
    word = normalize("NFKC", name)  # as Python reads it
    if word.startswith("_"):
        word = word.lstrip("_") or "v"
        word = f"v{word}_" if word[0].isdecimal() or not word.isidentifier() else f"{word}_"
    while word in PYTHON:
        word += "_"
    return word


def c_word(name: str) -> str:
    """The nearest identifier of C that means nothing yet."""
    word = f"v_{name}" if _OWN_IN_C.match(name) else name
    while word in C:
        word += "_"
    return word


def free_of(name: str, taken: Collection[str]) -> str:
    """What a function is called that is wanted under a name: that, unless it means something already."""
    while name in taken or name in PYTHON:
        name += "_"
    return name


class Names:
    """The identifiers of one scope; ``taken`` are those that are in use there."""

    def __init__(self, taken: Iterable[str] = (), word: Callable[[str], str] = python_word) -> None:
        self.taken = set(taken)
        self.word = word
        self.dims: dict[str, Dim] = {}
        self.callables: dict[str, str] = {}

    def new(self, wanted: str) -> str:
        """An identifier that nothing else has, as near to the wanted one as can be."""
        word = self.word(wanted)
        while word in self.taken:
            word += "_"
        self.taken.add(word)
        return word

    def name_dims(self, symbols: Iterable[str]) -> None:
        """Identifiers for the symbols of dimensions; the symbols themselves are nothing else's."""
        self.dims = {symbol: Dim.of(self.new(symbol)) for symbol in sorted(symbols)}
        self.taken |= self.dims.keys()

    def name_callables(self, parameters: Iterable[str]) -> None:
        """Identifiers for the parameters that functions without a known body are."""
        self.callables = {parameter: self.new(parameter) for parameter in sorted(parameters)}

    def sizes(self, sizes: Mapping[str, int] | None) -> dict[str, int] | None:
        """The sizes of dimensions by their symbols and by their identifiers."""
        return None if sizes is None else {**sizes, **{str(self.dims.get(s, s)): size for s, size in sizes.items()}}

    def dim(self, side: Dim) -> Dim:
        """A dimension by the identifiers of its symbols."""
        return side.substitute(self.dims)

    def sides(self, dims: Iterable[Dim]) -> tuple[Dim, ...]:
        return tuple(map(self.dim, dims))

    def program(self, program: Program) -> Program:
        """A program whose dimensions are called by their identifiers."""
        if all(symbol == str(side) for symbol, side in self.dims.items()):
            return program
        leaves = {
            name: leaf._replace(
                data=self.dim(leaf.data) if isinstance(leaf.data, Dim) else leaf.data, dims=self.sides(leaf.dims)
            )
            for name, leaf in program.leaves.items()
        }
        return program._replace(steps=tuple(map(self.step, program.steps)), leaves=leaves)

    def step(self, step: Step) -> Step:
        """A step whose dimensions and positions are called by their identifiers."""
        data = step.data
        if step.operation == "unit":
            data = renamed(data, self.dims)
        elif step.operation in ("take", "place"):
            data = tuple(renamed(at, self.dims) for at in data)
        elif step.operation == "join":
            data = tuple(tuple(renamed(at, self.dims) for at in places) for places in data[0]), data[1]
        sides = tuple(map(self.sides, step.operand_dims))
        return step._replace(data=data, dims=self.sides(step.dims), operand_dims=sides)
