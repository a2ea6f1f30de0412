"""Shapes of names that nothing declares, inferred from how NumPy code uses them.

Guesses of what the names are (``kinds``) are tried by reading the code, the most customary first. Each axis has
a length of its own at first; where an operation wants two lengths equal, they become one, and the code is read again.
What is learned of some names, equal lengths or that they cannot be so, holds for all guesses that agree in them. The
guess that departs least from custom (``customs``) is taken; where two do so alike, both are shown, and refused.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import heappop, heappush
from typing import Any

from matcalc.arrays.algebra import Undeclared
from matcalc.arrays.faults import LengthsDiffer, SizesOpen
from matcalc.arrays.sizes import Size
from matcalc.errors import MatcalcError, ParseError, ShapeError
from matcalc.expr import Expr
from matcalc.facts import declare
from matcalc.notation.conventions import Outline
from matcalc.readers.numpy_source.customs import TooDear, Weighed
from matcalc.readers.numpy_source.kinds import BESIDE, LENGTH, Kind, kinds_declared, kinds_of
from matcalc.readers.numpy_source.lengths import is_sought, join, length_of, solved, symbol
from matcalc.readers.numpy_source.shapes import Told, lengths_used
from matcalc.readers.numpy_source.statements import Statements
from matcalc.readers.numpy_source.syntax import nodes_of
from matcalc.shape import ONE, Dim

_MOST_TRIES, _MOST_STEPS, _MOST_NAMES = 250, 60_000, 24
_MARGIN = 1  # of cost, within which two names may have each other's kinds
_MOST_ALIKE = 30  # guesses after each other that fail alike
_SHOWN = {"column": "(m, 1)"}  # what a declaration does not say, and a comment does: # y: (m, 1)
_LETTERS = ("m", "n", "k", "d", "p", "q", "r", "s", "t")
Kinds = dict[str, Kind]


@dataclass
class Code:
    """Code to read, and what is known of its names."""

    text: str
    tree: ast.Module
    variables: Mapping[str, Expr]
    told: Mapping[str, Told]
    columns: set[str]
    outlines: Mapping[str, Outline] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)  # values of arguments that are no variables
    outside: Callable[[str], Any] = lambda name: None  # what names outside of the text mean
    meant: str = ""

    def kinds_of(self, name: str) -> tuple[Kind, ...]:
        """The kinds that a name may have."""
        if name in self.outlines:
            return kinds_declared(name, self.outlines[name])
        return (LENGTH,) if name in self.lengths else kinds_of(name, self.has_columns)

    @cached_property
    def has_columns(self) -> bool:
        """Whether the code has columns of two axes, beside which others may be such."""
        return any("1" in told.dims for told in self.told.values())

    @cached_property
    def lengths(self) -> set[str]:
        return lengths_used(self.tree)

    def read(self, guess: Guess, reading: type[Statements] = Statements) -> Statements:
        """A reading of the code with guessed names, before it begins."""
        made = reading(
            self.text,
            {**self.variables, **guess.variables},
            {**self.told, **guess.told},
            self.columns - set(guess.told),
            {**self.given, **guess.given},
            self.outside,
        )
        made.meant = self.meant
        return made


@dataclass
class Guess:
    """Variables that names are taken for, the axes of those of one column, and lengths."""

    variables: dict[str, Expr] = field(default_factory=dict)
    told: dict[str, Told] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Learned:
    """What holds where names are of these kinds: two lengths are equal, or, without, the code has no meaning."""

    kinds: tuple[tuple[str, Kind], ...]
    equal: tuple[str, Dim] | None = None

    def applies(self, kinds: Kinds) -> bool:
        return all(kinds.get(name) == kind for name, kind in self.kinds)


@dataclass(frozen=True)
class Fit:
    """A guess under which the code has a meaning, and what it costs."""

    cost: int
    kinds: Kinds
    equal: Mapping[str, Dim]
    named: Mapping[str, str]


def formula_of(code: Code) -> tuple[Expr, dict[str, Expr]]:
    """The formula that code computes, and the variables that it uses; shapes of names that nothing says are inferred.

    Raises:
        MatcalcError: it is no formula; or the shapes of its names can be read in two ways.
    """
    guess, names = Guess(), dict[str, tuple[Kind, ...]]()
    try:
        while True:
            try:
                reading = code.read(guess)
                return reading.result(reading.of_module(code.tree)), {**guess.variables, **reading.used}
            except Undeclared as error:
                if error.name in names or not _is_free(error, code):
                    raise
                guess = _inferred(code, names, error)
    except MatcalcError as error:
        raise error.at(code.text, (0, len(code.text))) from None
    except RecursionError:
        raise ParseError("the code is nested too deeply").at(code.text, (0, len(code.text))) from None


def _is_free(error: Undeclared, code: Code) -> bool:
    """Whether the shape of a name is to be inferred: of an argument, or outside of functions where no size is told."""
    if error.is_argument or error.name in code.outlines:
        return True
    has_sizes = any(not variable.shape.is_scalar for variable in code.variables.values())
    return not (has_sizes or code.given or isinstance(code.tree.body[-1], ast.FunctionDef))


def _inferred(code: Code, names: dict[str, tuple[Kind, ...]], unknown: Undeclared) -> Guess:
    """The best guess of the shapes of names; ``names`` grows by those that are met while it is sought.

    Raises:
        MatcalcError: no guess has a meaning, or two are alike.
    """
    search = Search(code, names)
    while True:
        names[unknown.name] = code.kinds_of(unknown.name)
        if len(names) > _MOST_NAMES:
            raise unknown
        try:
            return search.guess()
        except Undeclared as error:
            if error.name in names or not _is_free(error, code):
                raise
            unknown = error


class Search:
    """The guesses of one code, and what has been learned of them."""

    def __init__(self, code: Code, names: Mapping[str, tuple[Kind, ...]]) -> None:
        self.code, self.names = code, names
        self.learned: list[Learned] = []
        self.tries = self.steps = self.alike = 0
        self.last: tuple[str, object] = ("", ())
        self.failed: tuple[int, MatcalcError] | None = None  # the error of the guess that came furthest

    def guess(self) -> Guess:
        """The guess that departs least from custom."""
        fits: list[Fit] = []
        dearest = 10**6
        for cost, kinds in self._by_cost():
            if cost > dearest:
                break
            found = self._tried(kinds, cost, dearest)
            if found is not None:
                fits.append(found)
                dearest = min(dearest, found.cost + _MARGIN)
        if not fits:
            assert self.failed is not None
            raise self.failed[1]
        best = min(fits, key=lambda fit: fit.cost)
        rivals = [fit for fit in fits if fit is not best and (fit.cost == best.cost or _are_exchanged(best, fit))]
        if rivals:
            raise _ambiguous(self.code, best, _rival(best, rivals))
        return _named(self.code, best)

    def _by_cost(self) -> Iterator[tuple[int, Kinds]]:
        """All guesses, the cheapest first, in one order."""
        names = list(self.names)
        queue: list[tuple[int, tuple[int, ...]]] = []
        heappush(queue, (sum(self.names[name][0].cost for name in names), (0,) * len(names)))
        seen = {queue[0][1]}
        for _ in range(_MOST_TRIES * 8):
            if not queue or self.tries > _MOST_TRIES or self.steps > _MOST_STEPS:
                break
            cost, at = heappop(queue)
            yield cost, {name: self.names[name][k] for name, k in zip(names, at, strict=True)}
            for i, name in enumerate(names):
                if at[i] + 1 < len(self.names[name]):
                    more = (*at[:i], at[i] + 1, *at[i + 1 :])
                    if more not in seen:
                        seen.add(more)
                        step = self.names[name][at[i] + 1].cost - self.names[name][at[i]].cost
                        heappush(queue, (cost + step, more))
        else:
            return
        if queue:
            names_text = ", ".join(names)
            raise ShapeError(f"the shapes of these names are not found: {names_text}", hint=_hint_for(names[0]))

    def _tried(self, kinds: Kinds, cost: int, dearest: int) -> Fit | None:
        """What the code means where names are of these kinds, or None."""
        while True:
            equal: dict[str, Dim] = {}
            for known in self.learned:
                if known.applies(kinds):
                    if known.equal is None:
                        return None
                    join(equal, *known.equal)
            reading = self.code.read(_guess_of(self.code, kinds, equal), Weighed)
            assert isinstance(reading, Weighed)
            reading.begin(kinds, cost, dearest)
            self.tries += 1
            try:
                reading.result(reading.of_module(self.code.tree))
                return Fit(reading.cost, kinds, equal, reading.named)
            except TooDear:
                return None
            except (Undeclared, SizesOpen):
                raise
            except MatcalcError as error:
                seen = tuple((name, kinds[name]) for name in self.names if name in reading.looked)
                found = _made_equal(error, kinds, equal)
                self.learned.append(Learned(seen, found))
                if found is None:
                    self._note_failure(error, reading.steps)
                    return None
            finally:
                self.steps += reading.steps

    def _note_failure(self, error: MatcalcError, steps: int) -> None:
        """Keeps the error of the guess that came furthest; what most guesses meet has nothing to do with shapes.

        Raises:
            MatcalcError: no guess so far came past one place.
        """
        if self.failed is None or steps > self.failed[0]:
            self.failed = steps, error
        told = error.summary, error.places
        self.alike = self.alike + 1 if told == self.last else 0
        self.last = told
        if self.alike > _MOST_ALIKE:
            raise error


def _made_equal(error: MatcalcError, kinds: Kinds, equal: Mapping[str, Dim]) -> tuple[str, Dim] | None:
    if not isinstance(error, LengthsDiffer):
        return None
    open_ = {symbol(name, k) for name, kind in kinds.items() for k in range(max(len(kind.axes), 1))} - set(equal)
    return solved(*error.apart, frozenset(open_))


def _guess_of(code: Code, kinds: Kinds, lengths: Mapping[str, Dim]) -> Guess:
    """Variables of these kinds, whose axes have these lengths, or lengths of their own."""
    made = Guess()
    for name, kind in kinds.items():
        dims = [length_of(name, k, lengths) if not n else ONE for k, n in enumerate(kind.axes)]
        if kind.word == LENGTH.word:
            made.given[name] = Size(length_of(name, 0, lengths))
            continue
        if kind.word == "square":
            dims[1] = dims[0]
        facts = code.outlines[name].facts if name in code.outlines else ()
        rows, cols = (*dims, ONE, ONE)[:2]
        made.variables[name] = declare(name, rows, cols, *facts)
        made.told[name] = Told(tuple(map(str, dims)))
    return made


def _named(code: Code, fit: Fit) -> Guess:
    """The guess with lengths that have letters, or the names that the code gives them."""
    taken = {*fit.kinds, *code.variables} | {s for v in code.variables.values() for d in v.shape for s in d.symbols}
    of_names = [
        (name, axis) for name, kind in fit.kinds.items() for axis in range(len(kind.axes) + (kind.word == LENGTH.word))
    ]
    arguments = {length_of(name, 0, fit.equal): name for name, kind in fit.kinds.items() if kind.word == LENGTH.word}
    matrices = [name for name, kind in fit.kinds.items() if len(kind.axes) == 2 and 1 not in kind.axes]
    has_rows = any(length_of(name, 0, fit.equal) is not length_of(name, 1, fit.equal) for name in matrices)
    letters = _LETTERS if has_rows else (_LETTERS[1], _LETTERS[0], *_LETTERS[2:])
    names: dict[str, Dim] = {}
    for sought in dict.fromkeys(s for name, axis in of_names for s in sorted(length_of(name, axis, fit.equal).symbols)):
        if not is_sought(sought):
            continue
        said = arguments.get(Dim.of(sought), "") or fit.named.get(sought, "")
        if not said or (said in taken and Dim.of(sought) not in arguments):
            said = next((letter for letter in letters if letter not in taken), f"n{len(names)}")
        taken.add(said)
        names[sought] = Dim.of(said)
    lengths = {symbol(*at): length_of(*at, fit.equal).substitute(names) for at in of_names}
    return _guess_of(code, fit.kinds, lengths)


# ---------------------------------------------------------------- what is said
def _ambiguous(code: Code, one: Fit, other: Fit) -> ShapeError:
    """The two readings, each as the declarations that choose it."""
    names = [name for name in one.kinds if one.kinds[name] != other.kinds[name]]
    ways = [", ".join(f"{name}: {_SHOWN.get(fit.kinds[name].word, fit.kinds[name].word)}" for name in names)
            for fit in (one, other)]  # fmt: skip
    plain = next((way for way in ways if "(" not in way), "")
    error = ShapeError(
        "the code can be read in two ways, and its names do not say which is meant",
        f"one: {ways[0]}",
        f"two: {ways[1]}",
        hint=f'declare the one or the other, as in --where "{plain}"' if plain else _hint_for(names[0]),
    )
    meant = code.tree.body[-1] if code.meant else code.tree  # other functions of a file may have such names, too
    used = next((node for node in nodes_of(meant) if isinstance(node, ast.Name) and node.id == names[0]), None)
    error.at(code.text, (0, len(code.text)) if used is None else code.read(Guess()).span(used))
    return error


def _differences(one: Fit, other: Fit) -> set[str]:
    return {name for name in one.kinds if one.kinds[name] != other.kinds[name]}


def _rival(best: Fit, rivals: Sequence[Fit]) -> Fit:
    """The reading to show beside the best: the other one for all names that are in question by themselves."""
    cheapest = [fit for fit in rivals if fit.cost == min(fit.cost for fit in rivals)]
    fewest = min(len(_differences(best, fit)) for fit in cheapest)
    asked = set().union(*(d for d in (_differences(best, fit) for fit in cheapest) if len(d) == fewest))
    among = [fit for fit in cheapest if _differences(best, fit) <= asked]
    plain = [fit for fit in among if all(kind.word != BESIDE.word for kind in fit.kinds.values())]
    return max(plain or among, key=lambda fit: len(_differences(best, fit)))


def _are_exchanged(one: Fit, other: Fit) -> bool:
    """Whether two names have each other's kinds, as in s*x, where either may be the number."""
    names = [name for name in one.kinds if one.kinds[name].word != other.kinds[name].word]
    words = [[fit.kinds[name].word for name in names] for fit in (one, other)]
    return len(names) == 2 and words[0] == words[1][::-1] and other.cost <= one.cost + _MARGIN


def _hint_for(name: str) -> str:
    return f"say their shapes, as in a comment # {name}: (m, n)"
