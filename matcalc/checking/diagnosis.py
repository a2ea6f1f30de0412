"""What is wrong with a claim: the smallest edit that makes it right, or the mistake that leads to it; all verified."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product
from typing import Any

from matcalc.checking.edits import CLOSE, FAR, Context, Generator, commutations
from matcalc.checking.equality import equal
from matcalc.checking.formula import Point, Tree, number, places, text_of, tidied, times, tree_of, turned
from matcalc.checking.models import expanded_terms, models, occurrences
from matcalc.checking.points import distinct_sizes, jogged, least_size, sample, symbols_of
from matcalc.emission.numpy import emit
from matcalc.emission.options import GUARDED
from matcalc.errors import MatcalcError
from matcalc.evaluation import run_silently
from matcalc.expr import Expr, name_of
from matcalc.notation.parse import parse

SEED = 20_261_000
NEAR = 1e-8
MOST_TRIED = 8_000  # edits of one claim; counted, not timed, so that every machine finds the same
MOST_COMBINED = 5  # occurrences of the variable that are told apart

Fact = tuple[str, Callable[[Expr], bool], str]
Derive = Callable[[Expr, Expr], Expr]


@dataclass(frozen=True)
class Asked:
    """A question: the derivative of ``f`` by ``x`` (of this kind), its right answer, and all variables."""

    f: Expr
    x: Expr
    kind: str
    answer: Expr
    derive: Derive
    variables: tuple[Expr, ...]


@dataclass(frozen=True)
class Diagnosis:
    mistake: str
    explanation: str
    repaired: str | None = None


class Sample:
    """A point with the value of the answer there."""

    def __init__(self, asked: Asked, sizes: Mapping[str, int], values: Mapping[str, Any]) -> None:
        self.point = Point(sizes, values)
        self.answer = value_at(asked.answer, asked.variables, values)

    def fits(self, tree: Tree) -> bool:
        value = self.point.value(tree)
        return value is not None and near(value, self.answer)


_emitted: dict[Expr, Any] = {}


def value_at(expr: Expr, company: Sequence[Expr], values: Mapping[str, Any]) -> Any:
    """The value as a two-dimensional array, None where it is not defined."""
    import numpy as np

    from matcalc.expr import with_hints

    expr = with_hints(expr, *company)
    if expr not in _emitted:
        if len(_emitted) > 500:
            _emitted.clear()
        _emitted[expr] = emit({"value": expr}, "value", options=GUARDED)
    result = run_silently(_emitted[expr], values)
    if result is None or not np.all(np.isfinite(result)):
        return None
    array = np.asarray(result, dtype=float)
    if array.ndim < 2:
        array = array.reshape((-1, 1) if expr.shape.cols.number == 1 else (1, -1))
    return array


def near(a: Any, b: Any) -> bool:
    import numpy as np

    if a is None or b is None or a.shape != b.shape or not np.all(np.isfinite(a)):
        return False
    return bool(np.max(np.abs(a - b), initial=0.0) <= NEAR * max(1.0, float(np.max(np.abs(b), initial=0.0))))


def diagnose(claim: str, asked: Asked) -> Diagnosis:
    """Names the mistake of a wrong claim; "shape" or "other" where nothing small repairs it."""
    return _Search(claim, asked).run()


class _Search:
    def __init__(self, claim: str, asked: Asked) -> None:
        self.asked = asked
        self.tree = tree_of(claim)
        self.samples = list(samples_of(asked, asked.variables))
        self.left = MOST_TRIED
        self.names = {name_of(v): v for v in asked.variables}

    def run(self) -> Diagnosis:
        if not self.samples:
            return Diagnosis("other", "the answer is not defined at the points that were tried")
        for look in (
            self.whole,
            self.other_questions,
            lambda: self.edited(CLOSE),
            lambda: self.facts(_SYMMETRY),
            lambda: self.left_out(occurrences(self.asked), "by the product rule"),
            lambda: self.edited(FAR),
            lambda: self.left_out(expanded_terms(self.asked.answer), "from the sum"),
            lambda: self.facts(_CONDITIONS),
            self.commuting,
        ):
            found = look()
            if found is not None:
                return found
        first = self.samples[0]
        value = first.point.value(self.tree)
        if value is None or value.shape != first.answer.shape:
            shapes = "its shapes do not fit" if value is None else f"it is {_shape(value)}, not {_shape(first.answer)}"
            return Diagnosis("shape", shapes)
        return Diagnosis("other", self.term_by_term())

    # ---------------------------------------------------------------- candidates
    def holds(self, tree: Tree) -> bool:
        return all(sample.fits(tree) for sample in self.samples)

    def repaired(self, mistake: str, words: str, tree: Tree) -> Diagnosis | None:
        """A diagnosis whose repaired claim is equal to the answer, by the same ladder as every claim."""
        text = text_of(tidied(tree))
        try:
            made = parse(text, self.names)
            if made.shape == self.asked.answer.shape and equal(made, self.asked.answer, self.asked.variables):
                return Diagnosis(mistake, words, text)
        except MatcalcError:
            pass
        return None

    def whole(self) -> Diagnosis | None:
        """The claim as a whole: its sign, a number before it, its transpose."""
        import numpy as np

        first = self.samples[0]
        value = first.point.value(self.tree)
        if value is None:
            return None
        if value.shape == first.answer.shape and np.any(value):
            scale = float(np.vdot(value, first.answer) / np.vdot(value, value))
            ratio = Fraction(scale).limit_denominator(12)
            if ratio and near(value * float(ratio), first.answer):
                tree = Tree("neg", None, (self.tree,)) if ratio == -1 else times(number(ratio), self.tree)
                mistake = "sign" if ratio == -1 else "factor"
                words = "the sign is wrong" if ratio == -1 else f"a factor {ratio} is missing"
                if self.holds(tree) and (found := self.repaired(mistake, words, tree)):
                    return found
        swapped = self._first("commutation", commutations) if _has_commutation(self.tree) else None
        if swapped is not None:
            return swapped
        tree = turned(self.tree)
        if value.size > 1 and self.holds(tree):
            fits = value.shape == first.answer.shape and self.asked.kind in ("gradient", "jvp", "vjp")
            mistake = "transpose" if fits and min(value.shape) > 1 else "layout"
            words = "it is the transpose of the answer" + ("" if mistake == "transpose" else ", another layout")
            return self.repaired(mistake, words, tree)
        return None

    def other_questions(self) -> Diagnosis | None:
        """Right answers to other questions: another variable, another formula."""
        for mistake, words, expr in models(self.asked):
            if all(self.is_value_of(expr, s) for s in self.samples):
                return Diagnosis(mistake, words)
        return None

    def is_value_of(self, expr: Expr, s: Sample) -> bool:
        return near(s.point.value(self.tree), value_at(expr, self.asked.variables, s.point.values))

    def left_out(self, parts: list[Expr], where: str) -> Diagnosis | None:
        """The claim as a combination of the parts of which the answer is the sum."""
        if not 2 <= len(parts) <= MOST_COMBINED:
            return None
        values = [[value_at(p, self.asked.variables, s.point.values) for p in parts] for s in self.samples]
        claims = [s.point.value(self.tree) for s in self.samples]
        if any(v is None for row in values for v in row) or any(
            c is None or c.shape != row[0].shape for c, row in zip(claims, values, strict=True)
        ):
            return None
        for counts in sorted(product((0, 1, 2, 3), repeat=len(parts)), key=lambda c: (sum(k == 0 for k in c), c)):
            if 0 not in counts or not any(counts):
                continue
            if all(
                near(sum(k * v for k, v in zip(counts, row, strict=True)), c)
                for row, c in zip(values, claims, strict=True)
            ):
                lost = [str(p) for k, p in zip(counts, parts, strict=True) if not k]
                if self._commute(values, counts):
                    return Diagnosis("commutation", "the commutation matrix is missing in one term of the product rule")
                return Diagnosis("missing term", f"missing {where}: {' and '.join(lost)}")
        return None

    def _commute(self, values: list[list[Any]], counts: tuple[int, ...]) -> bool:
        """Whether each lost term is one that was counted, with its rows or columns commuted."""
        import numpy as np

        kept = [k for k, count in enumerate(counts) if count]
        row = values[0]
        if self.asked.kind not in ("jacobian", "hessian") or min(row[0].shape) < 2:
            return False
        for lost in (k for k, count in enumerate(counts) if not count):
            found = False
            for other in kept:
                a, b = row[lost], row[other]
                same_rows = np.allclose(np.sort(a, axis=0), np.sort(b, axis=0)) and not np.allclose(a, b)
                same_cols = np.allclose(np.sort(a, axis=1), np.sort(b, axis=1)) and not np.allclose(a, b)
                found = found or same_rows or same_cols
            if not found:
                return False
        return True

    def edited(self, edits: Sequence[tuple[str, Generator]]) -> Diagnosis | None:
        for mistake, generate in edits:
            found = self._first(mistake, generate)
            if found is not None or not self.left:
                return found
        return None

    def _first(self, mistake: str, generate: Generator) -> Diagnosis | None:
        tried: set[Tree] = set()
        for tree, words in generate(self.tree, self.context):
            if not self.left:
                return None
            self.left -= 1
            if tree not in tried and self.holds(tree):
                found = self.repaired(mistake, words, tree)
                if found is not None:
                    return found
            tried.add(tree)
        return None

    @cached_property
    def context(self) -> Context:
        symbols = symbols_of(*self.asked.variables)
        point = self.samples[0].point
        squares = [name for name, v in self.names.items() if v.shape.is_square and not v.shape.is_scalar]
        parts: dict[Tree, None] = {}
        for text in (str(self.asked.answer), str(self.asked.f)):
            try:
                tree = tree_of(text)
            except MatcalcError:
                continue
            parts.update(dict.fromkeys(part for _, part in places(tree) if part.kind != "number"))
        return Context(point, symbols, squares, list(parts)[:40])

    # ---------------------------------------------------------------- conditions
    def facts(self, facts: Sequence[Fact]) -> Diagnosis | None:
        """A fact of a variable under which the claim holds."""
        for fact, wanted, mistake in facts:
            for v in self.asked.variables:
                if not wanted(v) or fact in v.data[1]:
                    continue
                restricted = Expr(v.kind, (), (name_of(v), tuple(sorted({*v.data[1], fact}))), v.shape)
                others = tuple(restricted if w is v else w for w in self.asked.variables)
                if self._holds_for(others):
                    return Diagnosis(mistake, f"only true if {name_of(v)} {_IN_WORDS[fact]}")
        return None

    def _holds_for(self, variables: Sequence[Expr]) -> bool:
        found = list(samples_of(self.asked, variables))
        return len(found) >= 2 and all(s.fits(self.tree) for s in found)

    def commuting(self) -> Diagnosis | None:
        """Whether the claim holds where all square matrices commute."""
        import numpy as np

        squares = [v for v in self.asked.variables if v.shape.is_square and not v.shape.is_scalar]
        if len(squares) < 2:
            return None
        for k in range(2):
            rng = np.random.default_rng([SEED, 7, k])
            sizes = distinct_sizes(symbols_of(*self.asked.variables), k, least_size(self.asked.f))
            values = {name_of(v): sample(rng, v, sizes) for v in self.asked.variables}
            base = {v.shape: sample(rng, v, sizes) for v in squares}
            for v in squares:
                b = base[v.shape]
                a, c, d = rng.uniform(0.5, 1.5, 3)
                values[name_of(v)] = a * np.eye(len(b)) + c * b + 0.2 * d * b @ b
            one = Sample(self.asked, sizes, values)
            if one.answer is None or not one.fits(self.tree):
                return None
        names = ", ".join(name_of(v) for v in squares)
        return Diagnosis("order", f"only true if {names} commute: the order of factors matters")

    def term_by_term(self) -> str:
        """Which terms of the answer the claim has, and which it has not."""
        from matcalc.expr import transpose

        terms = _terms(self.asked.answer)
        claimed = {text_of(part) for part in _tree_terms(self.tree)}
        missing = [str(t) for t in terms if str(t) not in claimed and str(transpose(t)) not in claimed]
        if len(terms) < 2 or len(missing) == len(terms):
            return "it differs in every term" if len(terms) > 1 else "no small change makes it right"
        return f"it has not the term {' nor '.join(missing)}"


def samples_of(asked: Asked, variables: Sequence[Expr], turns: Sequence[int] = range(12)) -> Iterator[Sample]:
    """Two points where the answer is defined and not zero by chance."""
    import numpy as np

    symbols = symbols_of(*variables)
    least = max(2, least_size(asked.f, asked.answer))
    found = 0
    for turn in turns:
        rng = np.random.default_rng([SEED, turn])
        sizes = distinct_sizes(symbols, turn if turn < 4 else turn + 1, least)
        values = {name_of(v): sample(rng, v, sizes) for v in variables}
        if turn % 2:
            for v in variables:
                if not set(v.data[1]) - {"invertible"}:
                    values[name_of(v)] = np.abs(values[name_of(v)])
        made = Sample(asked, sizes, values)
        if made.answer is not None:
            moved = value_at(asked.answer, asked.variables, jogged(values))
            if moved is None or np.max(np.abs(moved - made.answer), initial=0) > 1e-5 * max(1, np.max(np.abs(moved))):
                continue
            found += 1
            yield made
        if found == 2:
            return


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


def _shape(value: Any) -> str:
    return "×".join(map(str, value.shape))


def _is_square(v: Expr) -> bool:
    return v.shape.is_square and not v.shape.is_scalar


def _is_vector(v: Expr) -> bool:
    return v.shape.cols.number == 1 and not v.shape.is_scalar


_SYMMETRY: tuple[Fact, ...] = (("symmetric", _is_square, "symmetry assumed"),)
_CONDITIONS: tuple[Fact, ...] = (
    ("diagonal", _is_square, "condition"),
    ("orthogonal", _is_square, "condition"),
    ("unitnorm", _is_vector, "condition"),
    ("sumstoone", _is_vector, "condition"),
    ("positive", lambda v: True, "condition"),
)
_IN_WORDS = {
    "symmetric": "is symmetric",
    "diagonal": "is diagonal",
    "orthogonal": "is orthogonal",
    "unitnorm": "has norm 1",
    "sumstoone": "sums to 1",
    "positive": "is positive",
}
