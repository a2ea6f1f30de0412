"""Smart constructors of surface formulas: the way a book writes a transpose, a product, a power, a sum.

The constructors of ``expr`` keep what the user wrote; these choose what matcalc writes. They work on a ``Term``, a
number times scalars times a chain of matrix factors.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import combinations, pairwise

from matcalc.budgets import LONGEST_CHAIN
from matcalc.expr import (
    Expr,
    add,
    block,
    call,
    commutation,
    div,
    elementwise,
    eye,
    integer_value,
    mul,
    neg,
    number,
    ones,
    power,
    sub,
    transpose,
    zeros,
)
from matcalc.function import Function
from matcalc.functions import COLSUM, DIAG, KRON, NORM2, ROWSUM, SQRT, UNVEC, VEC, WHERE
from matcalc.lifting.factors import cut, mask_among, powers_of_run, repeated, stands_twice, stem, transposed
from matcalc.lifting.scalars import joined_determinants, one_root, with_roots
from matcalc.lifting.sums import Sums
from matcalc.lifting.term import Term
from matcalc.numerals import is_decimal
from matcalc.rational import Fraction
from matcalc.shape import ONE

_1 = Fraction(1)
FEW_TRANSPOSED = 2  # factors: A'*B' stays, A'*B'*C' is (C*B*A)'
LOOKED_INTO = 300  # the length of a formula beyond which its inside is left as it is


class Writer(Sums):
    """The constructors, with what is known: which formulas are ``symmetric``.

    Of x - y and y - x, one that is used twice is written as it is among the ``differences``, if it is; products of
    ``determinants`` are written as one.
    """

    def __init__(self, given: Sequence[Expr] = ()) -> None:
        """``given`` are the formulas that the results are derived from."""
        super().__init__(given)
        self.symmetric: set[Expr] = set()
        self.transposes: dict[Expr, Expr] = {}

    # ---------------------------------------------------------------- transposes
    def is_symmetric(self, expr: Expr) -> bool:
        return expr in self.symmetric or expr.kind == "eye"

    def transpose(self, expr: Expr) -> Expr:
        """The transpose, with the transpose sign where it reads best."""
        known = self.transposes.get(expr)
        if known is None:
            known = self.transposes[expr] = self._transpose(expr)
            if expr.kind in ("add", "sub"):  # turned round twice, a sum is as it was
                self.transposes.setdefault(known, expr)
        return known

    def _transpose(self, expr: Expr) -> Expr:
        if expr.shape.is_scalar or self.is_symmetric(expr):
            return expr
        kind = expr.kind
        if kind == "transpose":
            return expr.operands[0]
        if kind == "mul":
            return self._transpose_product(expr)
        if kind == "neg":
            return neg(self.transpose(expr.operands[0]))
        if kind == "div":
            return div(self.transpose(expr.operands[0]), expr.operands[1])
        if kind in ("ones", "zeros") and expr.shape.cols is not ONE:
            return (ones if kind == "ones" else zeros)(expr.shape.cols, expr.shape.rows)
        if kind == "entry" and expr.data[0] is None and expr.operands[0].kind == "transpose":
            return block(expr.operands[0].operands[0], (expr.data[1], None))  # a row of the matrix
        if kind == "commutation":
            return commutation(expr.data[1], expr.data[0])
        if kind == "call":
            return self._transpose_call(expr)
        if kind in ("add", "sub", "hadamard", "eldiv"):
            return self._transpose_inside(expr)
        if kind == "elpow" and expr.operands[1].shape.is_scalar:
            base, exponent = expr.operands
            inner = self.transpose(base)
            if inner.length <= base.length:
                return elementwise("elpow", inner, exponent)
        return transpose(expr)

    def _transpose_product(self, expr: Expr) -> Expr:
        """(A*B)' as B'*A'."""
        first, *others = self.factors(expr)
        scalars = []
        while first.kind == "mul" and first.operands[0].shape.is_scalar:
            scalars.append(first.operands[0])
            first = first.operands[1]
        if first is expr:  # too long to be opened
            return transpose(expr)
        if first.kind == "neg":
            return self.negative(self._product([self.transpose(f) for f in reversed([first.operands[0], *others])]))
        return self._product([*scalars, *(self.transpose(f) for f in reversed([first, *others]))])

    def _transpose_call(self, expr: Expr) -> Expr:
        function = expr.data
        if function is DIAG and expr.shape.cols is not ONE:
            return expr
        if function in (KRON, WHERE) or function.states:
            turned = [self.transpose(operand) for operand in expr.operands]
            is_longer = sum(o.length for o in turned) > sum(o.length for o in expr.operands)
            return transpose(expr) if function is WHERE and is_longer else call(function, *turned)
        if function.transposes == "moves" and expr.operands[0].kind == "transpose":
            return call(function, expr.operands[0].operands[0])
        moves = function.elementwise or (function.transposes == "moves" and ONE in expr.shape)
        if moves and expr.length <= LOOKED_INTO:
            inner = [o if o.shape.is_scalar else self.transpose(o) for o in expr.operands]
            if sum(o.length for o in inner) <= sum(o.length for o in expr.operands):
                return call(function, *inner)
        return transpose(expr)

    def applied(self, function: Function, *operands: Expr) -> Expr:
        """A function as a book writes it: logsumexp(h*U) rather than logsumexp(U'*h'), abs(x - y) for abs(y - x)."""
        first, *others = operands
        if function.parity == "even":
            first = self.either_sign(first)
        if function.transposes == "invariant" and first.length <= LOOKED_INTO:
            transposed = self.transpose(first)
            first = transposed if transposed.length < first.length else first
        return call(function, first, *others)

    def _transpose_inside(self, expr: Expr) -> Expr:
        """(A + B)' or A' + B', whichever is shorter."""
        if expr.length > LOOKED_INTO or any(o.shape != expr.shape and not o.shape.is_scalar for o in expr.operands):
            return transpose(expr)
        transposed = [self.transpose(operand) for operand in expr.operands]
        if sum(t.length for t in transposed) > sum(o.length for o in expr.operands):
            return transpose(expr)
        if expr.kind in ("hadamard", "eldiv"):
            return elementwise(expr.kind, *transposed)
        return add(*transposed) if expr.kind == "add" else sub(*transposed)

    def transpose_chain(self, chain: tuple[Expr, ...]) -> tuple[Expr, ...]:
        transposed: list[Expr] = []
        for factor in reversed(chain):
            transposed += self.factors(self.transpose(factor))
        return tuple(transposed)

    def are_transposed(self, factors: Sequence[Expr]) -> bool:
        """Whether one transpose sign does for several factors: A'*B'*C' is (C*B*A)', but A'*B' stays."""
        if len(factors) <= FEW_TRANSPOSED:
            return False
        own = [factor for factor in factors if not self.is_symmetric(factor)]
        return len(own) > FEW_TRANSPOSED and not any(f.kind != "transpose" or ONE in f.shape for f in own)

    # ---------------------------------------------------------------- products
    def factors(self, expr: Expr) -> list[Expr]:
        """The factors of a product of matrices, left to right; powers are written out.

        A product of too many factors is one factor.
        """
        found: list[Expr] = []
        stack = [expr]
        while stack:
            if len(found) + len(stack) > LONGEST_CHAIN:
                return [expr]
            node = stack.pop()
            count = integer_value(node.operands[1]) if node.kind == "pow" and not node.shape.is_scalar else None
            if count is not None and 0 < count <= LONGEST_CHAIN:
                stack += [node.operands[0]] * count
            elif node.kind == "mul" and not any(operand.shape.is_scalar for operand in node.operands):
                stack += [node.operands[1], node.operands[0]]
            else:
                found.append(node)
        return found

    def _product(self, factors: list[Expr]) -> Expr:
        """The product, with factors that are repeated as a power: X*X'*X*X' is (X*X')^2."""
        if len(factors) == 1:
            return factors[0]
        factors = self._with_one_spelling(cut(factors))
        stems = set(map(stem, factors))
        if len(stems) == len(factors) > 0:
            return reduce(mul, factors)
        factors = self._with_even_signs(factors)
        total: Expr | None = None
        at = 0
        while at < len(factors):
            run, count = repeated(factors, at)
            step = reduce(mul, run)
            step = reduce(mul, [power(step, number(k)) if k > 1 else step for k in powers_of_run(count)])
            total = step if total is None else mul(total, step)
            at += len(run) * count
        assert total is not None
        return total

    def _with_even_signs(self, factors: list[Expr]) -> list[Expr]:
        """r*r' and r'*M*r with the sign of r that reads best: it does not matter there."""
        places: dict[Expr, list[int]] = {}
        for k, factor in enumerate(factors):
            places.setdefault(stem(factor), []).append(k)
        made = list(factors)
        for twins in places.values():
            if len(twins) == 2:
                first, second = twins
                chosen = self.either_sign(factors[first])
                if chosen is not factors[first]:
                    made[first] = chosen
                    made[second] = chosen if factors[second] is factors[first] else transposed(chosen)
        return made

    def _with_one_spelling(self, factors: list[Expr]) -> list[Expr]:
        """p*p' with one spelling of p: softmax(A*x)*softmax(A*x)', not softmax(A*x)*softmax(x'*A')."""
        for k, (column, row) in enumerate(pairwise(factors)):
            if row.kind == "call" and column.kind == "call" and column.operands[0].kind != "transpose":
                if column.shape.cols is ONE and row is not column and self.transpose(column) is row:
                    return self._with_one_spelling([*factors[: k + 1], transpose(column), *factors[k + 2 :]])
        return factors

    def chain(self, chain: tuple[Expr, ...]) -> Expr:
        return self._product(list(chain))

    def with_one_transpose_sign(self, chain: tuple[Expr, ...]) -> Expr:
        """The product, with one transpose sign where it would have several."""
        return transpose(self.chain(self.transpose_chain(chain))) if self.are_transposed(chain) else self.chain(chain)

    def column(self, expr: Expr, position: int) -> Expr:
        """A column of a matrix; of a transpose, a row of what is transposed."""
        if expr.kind == "transpose" and ONE not in expr.shape:
            return transpose(block(expr.operands[0], (position, None)))
        return block(expr, (None, position))

    def vec(self, chain: tuple[Expr, ...]) -> Expr:
        """vec of a product; vec(unvec(x, A)) is x."""
        expr = self.chain(chain)
        return expr.operands[0] if expr.data is UNVEC else call(VEC, expr)

    def hadamard(self, parts: list[tuple[Expr, Fraction]]) -> Expr:
        """Elementwise product of powers: numerators .* …, over denominators; equal bases are written once."""
        powers: dict[Expr, Fraction] = {}
        for base, exponent in parts:
            if base.kind == "eldiv" and base.operands[0] is number(1):
                base, exponent = base.operands[1], -exponent
            powers[base] = powers.get(base, Fraction(0)) + exponent
        shape = parts[0][0].shape
        parts = [(base, exponent) for base, exponent in powers.items() if exponent]
        if not parts:  # everything cancelled
            return ones(*shape)
        above = [self.raised(e, p) for e, p in parts if p > 0]
        below = [self.raised(e, -p) for e, p in parts if p < 0]
        if len(parts) > 1 and (masked := mask_among(above)) is not None:
            factor, function, turned = masked
            rest = self.hadamard([(e, p) for e, p in parts if e is not factor])
            return transpose(call(function, self.transpose(rest))) if turned else call(function, rest)
        total = above[0] if above else number(1)
        for factor in above[1:]:
            total = elementwise("hadamard", total, factor)
        if not below:
            return total
        bottom = below[0]
        for factor in below[1:]:
            bottom = elementwise("hadamard", bottom, factor)
        return elementwise("eldiv", total, bottom)

    def raised(self, base: Expr, exponent: Fraction) -> Expr:
        """base^exponent, elementwise for a vector or matrix; roots as sqrt."""
        if exponent == 1:
            return base
        if exponent % 2 == 0:
            base = self.either_sign(base)
        if exponent == 2 and base.data is NORM2:
            return self._norm_squared(base)
        if exponent == Fraction(1, 2):
            return call(SQRT, base)
        if base.shape.is_scalar:
            return power(base, number(exponent))
        return elementwise("elpow", base, number(exponent))

    def _norm_squared(self, norm: Expr) -> Expr:
        """norm2(u)^2, or x'*x where that is as short."""
        (operand,) = norm.operands
        if operand.shape.cols is ONE and operand.length == 1:
            return mul(transpose(operand), operand)
        return power(norm, number(2))

    def diagonal(self, column: Expr) -> Expr:
        return eye(column.shape.rows) if column.kind == "ones" else call(DIAG, column)

    def norm(self, operand: Expr) -> Expr:
        """norm2(x - y), whatever the sign and the transpose of the operand."""
        return self.applied(NORM2, self.either_sign(operand))

    # ---------------------------------------------------------------- terms
    def assemble(self, term: Term) -> Expr:
        """A term as a formula: number, scalars, matrices; one division."""
        if term.coefficient == 1 and term.chain and not term.scalars:
            return self.chain(term.chain)
        chain = list(term.chain)
        coefficient, roots = with_roots(term.coefficient, term.scalars)
        scalars = joined_determinants(one_root(roots), self.given.determinants)
        above = [self.raised(s, p) for s, p in scalars if p > 0]
        below = [self.raised(s, -p) for s, p in scalars if p < 0]
        if coefficient < 0:
            for k, factor in enumerate(chain):
                flipped = self.flip(factor)
                if flipped is not None and not stands_twice(chain, k):  # R*R' stays as it is
                    chain[k], coefficient = flipped, -coefficient
                    break
        if coefficient < 0:
            for k, scalar in enumerate(above):
                flipped = self.flip(scalar)
                if flipped is not None:
                    above[k], coefficient = flipped, -coefficient
                    break
        above, chain, below = self._with_number(abs(coefficient), above, chain, below)
        if len(chain) == 1 and above:
            inside = self._into_quotient(above, chain[0])
            if inside is not None:
                above, chain = [], [inside]
        negative = coefficient < 0
        factors = above + chain
        if not factors:
            factors = [number(1)]
        if negative:
            factors[0] = number(-factors[0].data) if factors[0].kind == "number" else neg(factors[0])
        total = self._product(factors)
        if below:
            total = div(total, self._product(below))
        return total

    def _into_quotient(self, above: list[Expr], quotient: Expr) -> Expr | None:
        """2*(1./x) is 2./x, and 2*diag(1./x) is diag(2./x)."""
        if quotient.data is DIAG:
            inner = self._into_quotient(above, quotient.operands[0])
            return None if inner is None else call(quotient.data, inner)
        if quotient.kind != "eldiv" or quotient.operands[0] is not number(1):
            return None
        return elementwise("eldiv", self._product(above), quotient.operands[1])

    def _with_number(
        self, coefficient: Fraction, above: list[Expr], chain: list[Expr], below: list[Expr]
    ) -> tuple[list[Expr], list[Expr], list[Expr]]:
        """Puts the number where it reads best: in front, or in the division that is there anyway."""
        p, q = coefficient.numerator, coefficient.denominator
        if q != 1 and (q % 5 or not is_decimal(coefficient)) and (below or (q % 2 and q % 5)):
            below = [number(q), *below]
            return ([number(p), *above] if p != 1 else above), chain, below
        if coefficient != 1:
            above = [number(coefficient), *above]
        return above, chain, below

    def flip(self, expr: Expr) -> Expr | None:
        """The negative of a sum with a negative term, as a sum that does not begin with a minus; else None.

        Also of an odd function of such a sum, and of sums of rows: -sign(y - x) is sign(x - y).
        """
        if expr.length > LOOKED_INTO:
            return None
        if expr.kind == "call" and (expr.data.parity == "odd" or expr.data in (ROWSUM, COLSUM)):
            inner = self.flip(expr.operands[0])
            return None if inner is None else call(expr.data, inner, *expr.operands[1:])
        if expr.kind == "mul" and len(factors := self.factors(expr)) > 1:
            return self._flip_factor(factors)
        if expr.kind in ("hadamard", "eldiv", "transpose", "mul"):
            return self._flip_operand(expr)
        if expr.kind not in ("add", "sub"):
            return None
        terms = self.sum_terms(expr)
        if (negative := sum(sign < 0 for sign, _ in terms)) and len(terms) < 2 * negative + 2:
            return self.add_terms([(-sign, term) for sign, term in terms])
        flipped = [made for _, term in terms if (made := self.flip(term)) is not None]
        return self.add_terms([(1, term) for term in flipped]) if len(flipped) == len(terms) else None

    def add_terms(self, terms: list[tuple[int, Expr]]) -> Expr:
        return super().add_terms(self._with_like_sums(terms))

    def _with_like_sums(self, terms: list[tuple[int, Expr]]) -> list[tuple[int, Expr]]:
        """rowsum(A) + colsum(-A) as rowsum(A) - colsum(A), of one matrix, where -A is written as another difference."""
        made = list(terms)
        sums = [k for k, (_, term) in enumerate(made) if term.data in (ROWSUM, COLSUM)]
        for i, j in combinations(sums, 2):
            one, other = made[i][1].operands[0], made[j][1].operands[0]
            if one is not other and (self.flip(one) is other or self.flip(other) is one):
                kept, k = (one, j) if made[i][0] > 0 else (other, i)
                made[k] = -made[k][0], call(made[k][1].data, kept)
        return made

    def either_sign(self, expr: Expr) -> Expr:
        """The formula or its negative, for an even function of it: as it is written elsewhere, else A*x - b."""
        flipped = self.flip(expr)
        if flipped is None:
            return expr
        both = (expr, flipped)
        known = [e for e in both if {e, transposed(e)} & self.differences] or [*filter(self.given.subtracts, both)]
        return known[0] if known else min(both, key=lambda made: made.lead)

    def negative_as_given(self, expr: Expr) -> Expr | None:
        """The negative of a formula, where that is one of the given differences."""
        flipped = self.flip(expr) if expr not in self.differences else None
        return flipped if flipped in self.differences else None

    def _flip_factor(self, factors: list[Expr]) -> Expr | None:
        for k, factor in enumerate(factors):
            flipped = self.flip(factor)
            if flipped is not None and not stands_twice(factors, k):
                return self._product([*factors[:k], flipped, *factors[k + 1 :]])
        return None

    def _flip_operand(self, expr: Expr) -> Expr | None:
        for k, operand in enumerate(expr.operands):
            inner = self.flip(operand)
            is_divisor = expr.kind == "eldiv" and k == 1
            if inner is not None and not (is_divisor and self.is_mostly_positive(operand)):
                operands = (*expr.operands[:k], inner, *expr.operands[k + 1 :])
                return Expr(expr.kind, operands, None, expr.shape)
        return None
