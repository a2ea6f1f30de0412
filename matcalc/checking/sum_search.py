"""What is wrong with a claim that has indices: sums, products and stacks over them, and what stands at numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from matcalc.checking.asked import Asked, Sample, near
from matcalc.checking.diagnosis import Diagnosis, Search, diagnose
from matcalc.checking.edits import Generator
from matcalc.checking.equality import equal
from matcalc.checking.exchanges import exchanges
from matcalc.checking.formula import Tree, is_editable, text_of, tidied, tree_of
from matcalc.checking.scopes import free_names, has_positions, pair_of, scoped
from matcalc.checking.spread import IndexedPoint
from matcalc.checking.sum_repairs import INDEXED, UNBOUND
from matcalc.checking.sums import sizes_too_many, unstacked
from matcalc.checking.work import MOST_STEPS, Work
from matcalc.errors import MatcalcError, ParseError
from matcalc.expr import Expr
from matcalc.reading import has_sums, parse

_COUNTS = {"a factor 2 is missing": "once", "a factor 1/2 is missing": "twice"}
NOTHING = ("other", "shape")  # what is said where no change repairs a claim


def diagnosed(typed: str, claim: str, asked: Asked) -> Diagnosis:
    """What is wrong with a claim, as it was typed and in matrix notation. Where sums were typed, these are looked into
    first; entries are, where nothing else is found."""
    tree = _indexed_tree(typed, asked)
    if tree is None:
        return diagnose(claim, asked)
    if has_sums(typed):
        return IndexedSearch(tree, asked).found(INDEXED) or diagnose(claim, asked)
    found = diagnose(claim, asked)
    return (IndexedSearch(tree, asked).found(INDEXED) or found) if found.mistake in NOTHING else found


def diagnosed_unread(typed: str, asked: Asked, error: MatcalcError) -> Diagnosis | None:
    """What is wrong with a claim that is no formula, for an index in it is not bound or stands on nothing; None where
    no sum makes it right.

    Raises:
        ParseError: the claim is what the answer is at each index, so that the index is missing on a left side.
    """
    tree = _indexed_tree(typed, asked)
    if tree is None or not (has_sums(typed) or free_names(tree)):
        return None
    search = IndexedSearch(tree, asked)
    found = search.found(UNBOUND if free_names(tree) else INDEXED)
    if found is None and free_names(tree):
        whole = search.found((("layout", unstacked),))
        if whole is not None:
            hint = f"G[{min(free_names(tree))}] = {typed.strip()}"
            raise ParseError(error.summary, whole.explanation, hint=hint).at(error.text, *error.places)
    return found


def _indexed_tree(typed: str, asked: Asked) -> Tree | None:
    """A claim as it was typed; None where it has no indices or is too long."""
    try:
        tree = tree_of(typed)
    except MatcalcError:
        return None
    if not is_editable(tree, indices=True) or not has_positions(tree):
        return None
    return scoped(tree, asked.names)


class IndexedSample(Sample):
    """A point of another sample, where formulas with indices are held against the answer."""

    def __init__(self, sample: Sample, names: Mapping[str, object]) -> None:
        self.point: IndexedPoint = IndexedPoint(sample.point, names)
        self.answer = sample.answer

    def fits(self, tree: Tree) -> bool:
        return near(self.point.whole(tree), self.answer)


class IndexedSearch(Search):
    """The search for a mistake in a claim with indices."""

    def __init__(self, tree: Tree, asked: Asked) -> None:
        super().__init__(text_of(tree), asked, tree)
        self.work = Work(MOST_STEPS // 2)  # as much is left for the claim in matrix notation
        self.samples = [IndexedSample(sample, asked.names) for sample in asked.samples]

    def found(self, table: Sequence[tuple[str, Generator]]) -> Diagnosis | None:
        """The first change that makes the claim right."""
        if not self.samples:
            return None
        found = None
        if not free_names(self.tree):
            found = self.first("factor", sizes_too_many) or self.whole()
        if found is not None:
            return self.with_branch(self.with_pairs(found))
        for mistake, generate in table:
            found = self.first(mistake, generate)
            if found is not None:
                return self.with_branch(found)
            if not self.work.left:
                return None
        return None if free_names(self.tree) else self.answered(exchanges(self.asked))

    def put_right(self, mistake: str, words: str) -> Diagnosis:
        found = super().put_right(mistake, words)
        if found.repaired is not None:
            return found
        return self.repaired(mistake, words, scoped(tree_of(str(self.asked.answer)), self.names)) or found

    def with_pairs(self, found: Diagnosis) -> Diagnosis:
        """A number that is missing in a sum over pairs, with how often they were counted then."""
        count = _COUNTS.get(found.explanation)
        pair = count and pair_of(self.tree, self.asked.names)
        if not pair:
            return found
        return replace(
            found, explanation=f"{found.explanation}, as where each pair {pair[0]}, {pair[1]} counts {count}"
        )

    @cached_property
    def made(self) -> Expr | None:
        try:
            return parse(self.claim, self.names)
        except MatcalcError:
            return None

    def repaired(self, mistake: str, words: str, tree: Tree) -> Diagnosis | None:
        text = text_of(tidied(tree))
        asked = self.asked
        try:
            made = parse(text, self.names)
            if made.shape == asked.answer.shape and equal(made, asked.answer, asked.variables, asked.domain):
                return Diagnosis(mistake, words, text)
        except MatcalcError:
            pass
        return None
