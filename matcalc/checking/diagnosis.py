"""What is wrong with a claim: the smallest edit that makes it right, or the mistake that leads to it; all verified."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import Any

from matcalc.checking.asked import Asked, Sample, near, ratio, value_at
from matcalc.checking.conditions import (
    FURTHER,
    NORMALISED,
    POINTS,
    SYMMETRY,
    Fact,
    branch,
    commuting,
    condition,
    is_square,
)
from matcalc.checking.edits import Context, Generator
from matcalc.checking.equality import equal
from matcalc.checking.exchanges import exchanges
from matcalc.checking.formula import (
    Tree,
    is_editable,
    number,
    places,
    plus,
    text_of,
    tidied,
    times,
    transpose_of,
    tree_of,
)
from matcalc.checking.models import (
    Model,
    derivatives,
    expanded_terms,
    half_chains,
    models,
    occurrences,
    outer_constants,
)
from matcalc.checking.operations import commutations, entry_by_entry
from matcalc.checking.points import symbols_of
from matcalc.checking.repairs import CLOSE, FAR, INNER, LARGE
from matcalc.checking.slopes import Slopes
from matcalc.checking.terms import counted
from matcalc.checking.work import DERIVATION, PROOF, Work
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, name_of, transpose
from matcalc.lowering.lower import lower
from matcalc.network.nodes import constant_value
from matcalc.notation.parse import parse
from matcalc.symbols import with_hints


@dataclass(frozen=True)
class Diagnosis:
    mistake: str
    explanation: str
    repaired: str | None = None


def diagnose(claim: str, asked: Asked) -> Diagnosis:
    """Names the mistake of a wrong claim; "shape" or "other" where nothing small repairs it."""
    return Search(claim, asked).run()


class Search:
    """The search for a mistake in a claim; ``tree`` is the claim, where it is known already."""

    def __init__(self, claim: str, asked: Asked, tree: Tree | None = None) -> None:
        self.asked = asked
        self.claim = claim
        self.tree = tree_of(claim) if tree is None else tree
        self.samples: Sequence[Sample] = asked.samples
        self.work = Work()
        self.names = asked.names
        self._slopes: dict[Asked, Slopes] = {}

    def run(self) -> Diagnosis:
        return self.with_branch(self.search())

    def with_branch(self, found: Diagnosis) -> Diagnosis:
        """A diagnosis, with the branch in which the claim is right, where it is."""
        fits = self.made is not None and self.made.shape == self.asked.answer.shape
        if self.made is None or not fits or not self.work.affords(PROOF):
            return found
        right = branch(self.asked, self.made)
        return found if right is None else replace(found, explanation=f"{found.explanation}; {right}")

    def search(self) -> Diagnosis:
        if not self.samples:
            return Diagnosis("other", "the answer is not defined at the points that were tried")
        if not is_editable(self.tree):
            return self.nothing_small()
        for look in (
            self.whole,
            lambda: self.answered(models(self.asked)),
            lambda: self.edited(CLOSE),
            lambda: self.conditional("symmetry assumed", SYMMETRY),
            self.occurrence_left_out,
            lambda: self.edited(FAR),
            self.taken_entry_by_entry,
            lambda: self.answered(half_chains(self.asked)),
            lambda: self.answered(exchanges(self.asked)),
            lambda: self.conditional("condition", NORMALISED),
            lambda: self.edited(INNER),
            lambda: self.left_out(expanded_terms(self.asked.answer), "from the sum"),
            lambda: self.edited(LARGE),
            lambda: self.conditional("condition", FURTHER),
            self.commuting,
        ):
            found = look()
            if found is not None:
                return found
            if not self.work.left:
                break
        return self.nothing_small()

    @cached_property
    def made(self) -> Expr | None:
        """The claim as a formula; None where its shapes do not fit."""
        try:
            return parse(self.claim, self.names)
        except MatcalcError:
            return None

    def nothing_small(self) -> Diagnosis:
        """Where the claim differs, for nothing small repairs it."""
        if self.made is None:
            return Diagnosis("shape", "its shapes do not fit")
        if self.made.shape != self.asked.answer.shape:
            return Diagnosis("shape", f"it is {self.made.shape}, not {self.asked.answer.shape}")
        end = "; the search for the mistake was cut short" if self.work.cut_short else ""
        return Diagnosis("other", self.term_by_term() + end)

    # ---------------------------------------------------------------- candidates
    @cached_property
    def is_unfit(self) -> bool:
        """Whether the shapes of the claim's own parts do not fit."""
        return self.samples[0].point.value(self.tree) is None

    def holds(self, tree: Tree) -> bool:
        return all(sample.fits(tree) for sample in self.samples)

    def repaired(self, mistake: str, words: str, tree: Tree) -> Diagnosis | None:
        """A diagnosis whose repaired claim is equal to the answer, by the same ladder as every claim."""
        text = text_of(tidied(tree))
        try:
            made = parse(text, self.names)
            asked = self.asked
            if made.shape == asked.answer.shape and equal(made, asked.answer, asked.variables, asked.domain):
                return Diagnosis(mistake, words, text)
        except MatcalcError:
            pass
        return None

    def whole(self) -> Diagnosis | None:
        """The claim as a whole: its sign, a number before it, its transpose."""
        first = self.samples[0]
        value = first.point.value(self.tree)
        if value is None:
            return None
        if value.shape == first.answer.shape:
            scale = ratio(value, first.answer)
            if scale and near(value * float(scale), first.answer):
                tree = Tree("neg", None, (self.tree,)) if scale == -1 else times(number(scale), self.tree)
                mistake = "sign" if scale == -1 else "factor"
                words = "the sign is wrong" if scale == -1 else f"a factor {scale} is missing"
                if self.holds(tree) and (found := self.repaired(mistake, words, tree)):
                    return found
            found = self.constant_left_out(value)
            if found is not None:
                return found
        swapped = self.first("commutation", commutations) if _has_commutation(self.tree) else None
        if swapped is not None:
            return swapped
        tree = transpose_of(self.tree)
        if value.size > 1 and self.holds(tree):
            fits = value.shape == first.answer.shape and self.asked.kind in ("gradient", "jvp", "vjp")
            mistake = "transpose" if fits and min(value.shape) > 1 else "layout"
            words = "it is the transpose of the answer" + ("" if mistake == "transpose" else ", another layout")
            return self.repaired(mistake, words, tree)
        return None

    def constant_left_out(self, value: Any) -> Diagnosis | None:
        """A constant factor or divisor of the whole formula, which the claim has not: the 1/N of a mean."""
        first = self.samples[0]
        for constant in outer_constants(self.asked.f, self.asked.x):
            at = value_at(constant, self.asked.variables, first.point)
            made = _tree_of(with_hints(constant, *self.asked.variables))
            if at is None or made is None or not at[0, 0]:
                continue
            for kind, scaled in (("mul", value * at), ("div", value / at)):
                scale = ratio(scaled, first.answer)
                if not scale or not near(scaled * float(scale), first.answer):
                    continue
                before = self.tree if scale == 1 else times(number(scale), self.tree)
                tree = times(made, before) if kind == "mul" else Tree("div", None, (before, made))
                factor = Tree(kind, None, (number(scale), made))
                words = f"a factor {text_of(tidied(factor))} is missing"
                if self.holds(tree) and (found := self.repaired("factor", words, tree)):
                    return found
        return None

    def answered(self, questions: Iterator[Model]) -> Diagnosis | None:
        """Right answers to other questions: another variable, another formula."""
        size = len(self.asked.f.parts)
        for model in questions:
            if not self.work.affords(4 * size):
                return None
            if not self.may_answer(model):
                continue
            if not self.work.affords(DERIVATION * size):
                return None
            expr = model.answer()
            if expr is not None and all(self.is_value_of(expr, s) for s in self.samples):
                return self.put_right(model.mistake, model.words)
        return None

    def may_answer(self, model: Model) -> bool:
        """Whether the claim may be the answer to another question; where slopes do not tell, it may."""
        value = self.samples[0].point.value(self.tree)
        if model.question is None or value is None:
            return value is not None
        slopes = self.slopes(model.asked or self.asked)
        return not slopes.tells or slopes.may_be(value, model.question) is not False

    def slopes(self, asked: Asked) -> Slopes:
        if asked not in self._slopes:
            self._slopes[asked] = Slopes(asked, self.samples[0])
        return self._slopes[asked]

    def put_right(self, mistake: str, words: str) -> Diagnosis:
        """A diagnosis of a claim that no small change repairs: it reads as the answer then."""
        answer = _tree_of(self.asked.answer)
        made = None if answer is None else self.repaired(mistake, words, answer)
        return made or Diagnosis(mistake, words)

    def is_value_of(self, expr: Expr, s: Sample) -> bool:
        return near(s.point.value(self.tree), value_at(expr, self.asked.variables, s.point))

    def occurrence_left_out(self) -> Diagnosis | None:
        asked = self.asked.last_step or self.asked
        questions = occurrences(asked)
        slopes = self.slopes(asked)
        value = self.samples[0].point.value(self.tree)
        if value is None or (slopes.tells and not slopes.may_count(value, questions)):
            return None
        if not self.work.affords(DERIVATION * len(questions) * len(asked.f.parts)):
            return None
        shares = [share for share in derivatives(asked, questions) if constant_value(lower(share).node) != 0]
        found = self.left_out(shares, "by the product rule")
        if asked.kind == "jvp" and not asked.f.shape.is_scalar and found and found.mistake == "missing term":
            return self.commuting() or found  # 2*X*dX
        return found

    def left_out(self, terms: list[Expr], where: str) -> Diagnosis | None:
        """The claim as a combination of the terms of which the answer is the sum; repaired by those it has not."""
        claims = [s.point.value(self.tree) for s in self.samples]
        found = counted(self.asked, terms, self.samples, claims)
        if found is None:
            return None
        mistake, words = "missing term", f"missing {where}: {' and '.join(map(str, found.lost))}"
        if found.commuted:
            mistake, words = "commutation", "the commutation matrix is missing in one term of the product rule"
        trees = [] if max(found.counts) > 1 else [self.tree]
        for term in found.lost if trees else terms:
            made = _tree_of(term)
            if made is None:
                return self.put_right(mistake, words)
            trees.append(made)
        return self.repaired(mistake, words, reduce(plus, trees)) or self.put_right(mistake, words)

    def taken_entry_by_entry(self) -> Diagnosis | None:
        """The answer as if matrices were multiplied, inverted, … entry by entry."""
        answer = _tree_of(self.asked.answer)
        if answer is None:
            return None
        for tree in entry_by_entry(answer, self.samples[0].point):
            values = [(s.point.value(self.tree), s.point.value(tree)) for s in self.samples]
            if tree != answer and all(near(claimed, value) for claimed, value in values):
                words = "operations on matrices were taken for operations on their entries"
                return self.put_right("elementwise", words)
        return None

    def edited(self, edits: Sequence[tuple[str, Generator]]) -> Diagnosis | None:
        for mistake, generate in edits:
            lost = mistake == "chain factor" and self.is_unfit  # a factor without which nothing fits
            found = self.first("shape" if lost else mistake, generate)
            if found is not None or not self.work.left:
                return found
        return None

    def first(self, mistake: str, generate: Generator) -> Diagnosis | None:
        tried: set[Tree] = set()
        for tree, words in generate(self.tree, self.context):
            if not self.work.affords(tree.size):
                return None
            if tree not in tried and self.holds(tree) and self.work.affords(PROOF):
                found = self.repaired(mistake, words, tree)
                if found is not None:
                    return found
            tried.add(tree)
        return None

    @cached_property
    def context(self) -> Context:
        first = self.samples[0]
        parts: dict[Tree, None] = {}
        for tree in (_tree_of(self.asked.answer), _tree_of(self.asked.f)):
            if tree is not None:
                parts.update(dict.fromkeys(part for part in _parts_of(tree) if part.kind != "number"))
        squares = [name_of(v) for v in self.asked.variables if is_square(v)]
        return Context(
            first.point, first.answer, symbols_of(*self.asked.variables), squares, list(parts)[:40], self.names
        )

    # ---------------------------------------------------------------- conditions
    def conditional(self, mistake: str, facts: Sequence[Fact]) -> Diagnosis | None:
        points = len(facts) * len(self.asked.variables) * len(self.asked.answer.parts)
        if self.made is None or not self.work.affords(POINTS * points):
            return None
        words = condition(self.asked, self.tree, self.made, facts)
        return None if words is None else self.put_right(mistake, words)

    def commuting(self) -> Diagnosis | None:
        if self.made is None or not self.work.affords(PROOF):
            return None
        words = commuting(self.asked, self.tree, self.made)
        return None if words is None else self.put_right("order", words)

    def term_by_term(self) -> str:
        """Which terms of the answer the claim has, and which it has not."""
        if not is_editable(self.tree):
            return "a claim in index notation, or of such a length, is not looked into"
        terms = _terms(self.asked.answer)
        claimed = {text_of(part) for part in _tree_terms(self.tree)}
        missing = [str(t) for t in terms if str(t) not in claimed and str(transpose(t)) not in claimed]
        if len(terms) < 2 or len(missing) == len(terms):
            return "it differs in every term" if len(terms) > 1 else "no small change makes it right"
        return f"it has not the term {' nor '.join(missing)}"


def _parts_of(tree: Tree) -> Iterator[Tree]:
    """The parts of a formula, and the last factors of an elementwise product together."""
    for _, part in places(tree):
        yield part
        behind = None
        while part.kind == "hadamard":
            behind = part.parts[1] if behind is None else Tree("hadamard", None, (part.parts[1], behind))
            part = part.parts[0]
            yield behind


def _tree_of(expr: Expr) -> Tree | None:
    """The tree of a formula as it is printed; None for index notation."""
    try:
        tree = tree_of(str(expr))
    except MatcalcError:
        return None
    return tree if is_editable(tree) else None


def _has_commutation(tree: Tree) -> bool:
    return any(part.kind == "call" and part.value == "K" for _, part in places(tree))


def _terms(expr: Expr) -> list[Expr]:
    if expr.kind in ("add", "sub"):
        return [*_terms(expr.operands[0]), *_terms(expr.operands[1])]
    return [expr]


def _tree_terms(tree: Tree) -> list[Tree]:
    if tree.kind in ("add", "sub"):
        return [*_tree_terms(tree.parts[0]), *_tree_terms(tree.parts[1])]
    return [tree]
