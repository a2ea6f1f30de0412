"""Sums of terms, with common factors pulled out: ``A*x + A'*x`` is ``(A + A')*x``."""

from __future__ import annotations

from typing import NamedTuple

from matcalc.budgets import LONGEST_FACTORED
from matcalc.expr import Expr, call, eye, number, zeros
from matcalc.function import Function
from matcalc.functions import DIAG, KRON, UNVEC, VEC
from matcalc.lifting import entries
from matcalc.lifting.assembly import assemble_collected, numbers_of, signed
from matcalc.lifting.factors import chain_length
from matcalc.lifting.kronecker import matched
from matcalc.lifting.summands import as_term, number_apart, opened, opened_transpose
from matcalc.lifting.term import Term, merged_powers
from matcalc.lifting.writer import Writer
from matcalc.numerals import scale_apart
from matcalc.rational import Fraction, content
from matcalc.shape import ONE, Shape

_1 = Fraction(1)


FRAMES = (DIAG, VEC, KRON, UNVEC)  # of which a sum of terms is written as one of a sum


class Frame(NamedTuple):
    """A function that is linear in one operand of a shape, the others fixed: diag(·), vec(·), kron(A, ·)."""

    function: Function
    place: int
    fixed: tuple[Expr, ...]
    shape: Shape


class Common(NamedTuple):
    """What terms share: scalars, a left part and a right part of their chains, and of the one factor between these
    a frame around it, or factors entry by entry."""

    scalars: tuple[tuple[Expr, Fraction], ...]
    left: int
    right: int
    frame: Frame | None = None
    entries: entries.Powers = ()


def assemble_sum(terms: list[Term], writer: Writer) -> Expr:
    """The sum as a formula; there is at least one term."""
    collected = collect(terms, writer)
    if not collected:
        return number(0) if not terms[0].chain else zeros(*writer.chain(terms[0].chain).shape)
    return assemble_collected(collected, writer)


def collect(terms: list[Term], writer: Writer) -> list[Term]:
    """The same sum with common factors pulled out, as fewer and longer terms."""
    if len(terms) == 1:
        return [term for term in terms if term.coefficient]
    parts = [part for term in terms for part in opened(term, writer)]
    like = _like_terms(parts)
    if any(len(term.chain) == 1 and term.chain[0].kind == "transpose" for term in like):
        transposed = [part for term in like for part in opened_transpose(term, writer)]
        found = _like_terms(transposed)
        like = found if len(found) < len(transposed) else like
    terms = matched(like)
    gathered = _gathered(terms, writer)
    ways = [_factored(way, writer) for way in ([gathered] if gathered is terms else [gathered, terms])]
    return ways[0] if len(ways) == 1 else min(ways, key=lambda way: writer.add_terms(signed(way, writer)).length)


def _factored(terms: list[Term], writer: Writer) -> list[Term]:
    """The terms with common factors pulled out, those first that save most."""
    while 1 < len(terms) <= LONGEST_FACTORED:
        best = _best_pair(terms, writer)
        if best is None:
            break
        i, j, common = best
        merged = _merge([terms[i], terms[j]], common, writer)
        rest = [t for k, t in enumerate(terms) if k not in (i, j)]
        members = [terms[i], terms[j]]
        for other in list(rest):
            if _has(other, terms[i], common):
                members.append(other)
                rest.remove(other)
        if len(members) > 2:
            merged = _merge(members, common, writer)
        terms = [*rest[:i], *([merged] if merged.coefficient else []), *rest[i:]]
    return _without_content(terms, writer)


def _like_terms(terms: list[Term]) -> list[Term]:
    total: dict[tuple[object, ...], Term] = {}
    for term in terms:
        key = _key(term)
        known = total.get(key)
        total[key] = term if known is None else known._replace(coefficient=known.coefficient + term.coefficient)
    return [term for term in total.values() if term.coefficient]


def _gathered(terms: list[Term], writer: Writer) -> list[Term]:
    """Terms that make up a sum which another one is a product with, as that sum: x - y + A*(x - y)."""
    for k, term in enumerate(terms if len(terms) > 2 else ()):
        for total in _sums_in(term):
            parts = opened(Term(chain=(total,)), writer)
            others = {_key(other): other for other in terms[:k] + terms[k + 1 :]}
            found = [others.get(_key(part)) for part in parts]
            ratios = {t.coefficient / p.coefficient for t, p in zip(found, parts, strict=True) if t is not None}
            if None not in found and len(ratios) == 1 and len(parts) > 1:
                (ratio,) = ratios
                whole = Term(ratio, ((total, _1),)) if total.shape.is_scalar else Term(ratio, (), (total,))
                return _gathered([*(t for t in terms if t not in found), whole], writer)
    return terms


def _sums_in(term: Term) -> list[Expr]:
    """The sums that a term is a product with, if it is one."""
    factors = [*term.chain, *(scalar for scalar, exponent in term.scalars if exponent > 0)]
    if len(term.chain) == 1 and term.chain[0].kind in ("hadamard", "eldiv"):
        factors += [base for base, exponent in entries.powers(term.chain[0]).items() if exponent > 0]
    return [f for f in factors if f.kind in ("add", "sub")] if len(factors) > 1 else []


def _key(term: Term) -> tuple[object, ...]:
    return frozenset(term.scalars), term.chain


def _without_content(terms: list[Term], writer: Writer) -> list[Term]:
    """2*A + 2*B is 2*(A + B); a number is pulled out where that saves writing it."""
    if len(terms) < 2 or not terms[0].chain:
        return terms
    divisor = content(term.coefficient for term in terms)
    if divisor == 1 or sum(abs(term.coefficient) == divisor for term in terms) < 2:
        return terms
    sign = divisor if any(term.coefficient > 0 for term in terms) else -divisor
    inner = writer.add_terms(signed([term.times(1 / sign) for term in terms], writer))
    return [Term(sign, (), (inner,))]


def _best_pair(terms: list[Term], writer: Writer) -> tuple[int, int, Common] | None:
    best = None
    most = 0
    for i, a in enumerate(terms):
        for j in range(i + 1, len(terms)):
            common = _common(a, terms[j], writer)
            if common is None:
                continue
            saving = _length(a, common)
            if saving > most:
                most, best = saving, (i, j, common)
    return best


def _common(a: Term, b: Term, writer: Writer) -> Common | None:
    shared = []
    powers = dict(b.scalars)
    for scalar, p in a.scalars:
        q = powers.get(scalar)
        if q is not None and (p > 0) == (q > 0) and not _are_powers(scalar, p, q):
            shared.append((scalar, min(p, q, key=abs)))
    longest = min(len(a.chain), len(b.chain))
    right = 0
    while right < longest and a.chain[-1 - right] is b.chain[-1 - right]:
        right += 1
    left = 0
    while left < longest - right and a.chain[left] is b.chain[left]:
        left += 1
    left, right = _without_powers(a, b, left, right)
    frame = next((f for f in _frames_between(a, left, right) if f in _frames_between(b, left, right)), None)
    if frame is not None:
        return Common(tuple(shared), left, right, frame)
    found = _shared_entries(a, b, left, right)
    if found:
        return Common(tuple(shared), left, right, entries=found)
    emptied = (len(a.chain) == left + right) + (len(b.chain) == left + right)
    if emptied == 1:  # x + A*x is not (eye(n) + A)*x
        if _wants_identity(a, b, left, right, writer):
            pass
        elif left + right > 1:
            left, right = (left, right - 1) if right >= left else (left - 1, right)
        elif shared:
            left = right = 0
        else:
            return None
    elif emptied == 2 and left and right:
        left = 0
        right = len(a.chain)
    return Common(tuple(shared), left, right) if shared or left or right else None


def _are_powers(scalar: Expr, p: Fraction, q: Fraction) -> bool:
    """Whether these are terms of a polynomial in a scalar: a*s^2 + b*s^3 stays, but a*s^2 + b*s^2 is (a + b)*s^2."""
    return p != q and p > 0 and scalar.kind in ("variable", "size")


def _without_powers(a: Term, b: Term, left: int, right: int) -> tuple[int, int]:
    """How much two chains share at their ends but for powers of one matrix: A^3*x + A^2*x is (A^3 + A^2)*x."""
    if len(a.chain) == len(b.chain):
        return left, right
    while right and _is_power(a, left, right, a.chain[-right]) and _is_power(b, left, right, a.chain[-right]):
        right -= 1
    while left and _is_power(a, left, right, a.chain[left - 1]) and _is_power(b, left, right, a.chain[left - 1]):
        left -= 1
    return left, right


def _is_power(term: Term, left: int, right: int, matrix: Expr) -> bool:
    """Whether what is between the ends of a chain is a power of a matrix, or nothing."""
    return all(factor is matrix for factor in term.chain[left : len(term.chain) - right])


def _wants_identity(a: Term, b: Term, left: int, right: int, writer: Writer) -> bool:
    """But A'*A + A'*B*A is A'*(eye(n) + B)*A, and X + X*K(m,n) is X*(eye(m*n) + K(m,n))."""
    short, long = sorted((a.chain, b.chain), key=len)
    between = long[left : len(long) - right]
    is_form = left == right == 1 and writer.transpose(short[0]) is short[1]
    return is_form or (len(between) == 1 and between[0].kind == "commutation")


def _shared_entries(a: Term, b: Term, left: int, right: int) -> entries.Powers:
    """Factors entry by entry of the one factor between the ends; u - c*u stays, c being no number."""
    between = [term.chain[left : len(term.chain) - right] for term in (a, b)]
    if len(between[0]) != 1 or len(between[1]) != 1:
        return ()
    found = entries.shared(between[0][0], between[1][0])
    whole = any(t.scalars and entries.is_all(part[0], found) for t, part in zip((a, b), between, strict=True))
    return () if whole else found


def _length(term: Term, common: Common) -> int:
    chain = (*term.chain[: common.left], *term.chain[len(term.chain) - common.right :])
    powers = sum(s.length + 1 + 2 * (abs(p) != 1) for s, p in common.scalars)
    frame = 0 if common.frame is None else 1 + chain_length(common.frame.fixed)
    own = sum(e.length + 1 for e, _ in common.entries)
    return chain_length(chain) + powers + frame + own


def _has(term: Term, first: Term, common: Common) -> bool:
    powers = dict(term.scalars)
    for scalar, p in common.scalars:
        q = powers.get(scalar)
        if q is None or (p > 0) != (q > 0) or abs(q) < abs(p):
            return False
    count = len(term.chain)
    emptied = count == common.left + common.right
    if common.frame is not None:
        return common.frame in _frames_between(term, common.left, common.right) and _same_ends(term, first, common)
    if common.entries:
        one = count == common.left + common.right + 1
        return one and entries.has(term.chain[common.left], common.entries) and _same_ends(term, first, common)
    if count < common.left + common.right or emptied != (len(first.chain) == common.left + common.right):
        return False
    return _same_ends(term, first, common)


def _same_ends(term: Term, first: Term, common: Common) -> bool:
    same_left = term.chain[: common.left] == first.chain[: common.left]
    return same_left and term.chain[len(term.chain) - common.right :] == first.chain[len(first.chain) - common.right :]


def _merge(members: list[Term], common: Common, writer: Writer) -> Term:
    first = members[0]
    stop = len(first.chain) - common.right
    left, right = first.chain[: common.left], first.chain[stop:]
    rests = [_rest(term, common) for term in members]
    if (left or right) and any(rest.chain for rest in rests):
        between = eye(left[-1].shape.cols if left else right[0].shape.rows)
        rests = [rest if rest.chain else rest._replace(chain=(between,)) for rest in rests]
    sign, rests = _number_before(rests, writer)
    if common.frame is None and not common.entries:
        rests = collect(rests, writer)
        if not rests:
            return Term(Fraction(0))
        if len(rests) == 1:
            (only,) = rests
            scalars = merged_powers([*common.scalars, *only.scalars])
            return Term(sign * only.coefficient, scalars, (*left, *only.chain, *right))
        before, rests = _number_before(rests, writer)
        sign *= before
    factor, inner = _inner_sum(rests, common, writer)
    if inner.kind == "zeros":
        return Term(Fraction(0))
    sign *= factor
    if inner.kind == "number" and inner.shape.is_scalar and not first.chain[common.left : stop]:
        return Term(sign * inner.data, common.scalars, (*left, *right))
    if inner.shape.is_scalar and (left or right or first.chain == ()):
        return Term(sign, merged_powers([*common.scalars, (inner, _1)]), (*left, *right))
    return Term(sign, common.scalars, (*left, inner, *right))


def _number_before(terms: list[Term], writer: Writer) -> tuple[Fraction, list[Term]]:
    """A number before a sum, and the sum in short numbers, not all of them negative; decimals where some were given."""
    divisor = content(term.coefficient for term in terms)
    if writer.given.has_decimals:
        dear = [not term.is_number and not (term.chain and term.chain[0].kind == "eye") for term in terms]
        divisor /= scale_apart(numbers_of([term.times(1 / divisor) for term in terms]), dear)
    if not any(term.coefficient > 0 for term in terms):
        divisor = -divisor
    return divisor, [term.times(1 / divisor) for term in terms]


def _rest(term: Term, common: Common) -> Term:
    taken = dict(common.scalars)
    scalars = tuple((s, p - taken.get(s, Fraction(0))) for s, p in term.scalars)
    chain = term.chain[common.left : len(term.chain) - common.right]
    return Term(term.coefficient, tuple((s, p) for s, p in scalars if p), chain)


# ---------------------------------------------------------------- frames
def _frames_between(term: Term, left: int, right: int) -> list[Frame]:
    """The frames of the one factor between the ends of a chain."""
    between = term.chain[left : len(term.chain) - right]
    return _frames(between[0]) if len(between) == 1 else []


def _frames(expr: Expr) -> list[Frame]:
    if expr.kind != "call" or expr.data not in FRAMES or (expr.data is DIAG and expr.shape.cols is ONE):
        return []
    places = range(1 if expr.data is UNVEC else len(expr.operands))
    operands = expr.operands
    return [Frame(expr.data, k, operands[:k] + operands[k + 1 :], operands[k].shape) for k in places]


def _inner_sum(rests: list[Term], common: Common, writer: Writer) -> tuple[Fraction, Expr]:
    """The sum of what is left, and a number before it; diag(u) + diag(v) is diag(u + v), and so for every frame."""
    if common.entries:
        inner = [_inside(term, entries.without(term.chain[0], common.entries, writer), writer) for term in rests]
        factor, total = number_apart(assemble_sum(inner, writer))
        return factor, entries.joined(common.entries, total, writer)
    frame = common.frame
    if frame is None:
        return _1, assemble_collected(rests, writer)
    function = rests[0].chain[0].data
    inner = [_inside(term, term.chain[0].operands[frame.place], writer) for term in rests]
    factor, total = number_apart(assemble_sum(inner, writer))
    if frame.function is DIAG:
        return factor, writer.diagonal(total)
    return factor, call(function, *frame.fixed[: frame.place], total, *frame.fixed[frame.place :])


def _inside(term: Term, operand: Expr, writer: Writer) -> Term:
    """The term with the operand of its one factor in place of that."""
    inner = as_term(operand, writer)
    return Term(term.coefficient * inner.coefficient, merged_powers([*term.scalars, *inner.scalars]), inner.chain)
