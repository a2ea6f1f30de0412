"""Determinants in products: det(X)*inv(X) is the adjugate, a polynomial; quotients of determinants go by logarithms.

The network, and what is printed of it, keeps the textbook's ``det(X)*inv(X)``. Its value exists where X is singular,
too, and so do those of higher derivatives, det(X)*(inv(X)[a,b]*inv(X)[c,d] - inv(X)[a,d]*inv(X)[c,b]). A determinant
may be no number where its quotient with another one is: |det(X)|^p*|det(Y)|^q is exp(p*log|det(X)| + q*log|det(Y)|).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, permutations

from matcalc.budgets import Steps
from matcalc.function import Function
from matcalc.functions import ABS, DET, EXP, INV, LOG, LOGDET
from matcalc.lowering.substitute import substitute
from matcalc.network import properties
from matcalc.network.build import add, contract, distributed
from matcalc.network.leaves import split_coefficient, unit
from matcalc.network.nodes import Factor, Index, Indices, Node, is_function
from matcalc.program.adjugates import ADJUGATE, ADJUGATES, OTHERS, PAIRS, PRODUCT, SCALED, SLOGDET, SLOPE
from matcalc.rational import Fraction
from matcalc.rules.functions import opaque
from matcalc.rules.matching.splitting import diagonal_of
from matcalc.shape import Dim
from matcalc.walk import postorder

LONGEST_SUM = 12  # terms of a sum that a determinant is multiplied into
MOST_DISTRIBUTED = 150  # products, in one program: of determinants of determinants there are exponentially many
MOST_FACTORS = 24  # of a product that is looked at

_1 = Fraction(1)

Term = tuple[Fraction, Node]


def by_adjugates(nodes: list[Node]) -> list[Node]:
    """Nodes whose determinants are multiplied by no inverse, and are divided by no determinant."""
    order = postorder(*nodes)
    if not any(is_function(node, DET) for node in order):
        return nodes
    steps = Steps(MOST_DISTRIBUTED)
    new: dict[Node, Node] = {}
    for node in order:
        made = node
        if node.kind == "sum":
            terms = _joined(node.terms)
            made = node if terms == node.terms else _sum_of(terms, node.dims, steps)
        elif node.kind == "contraction":
            made = _product(_without_abs(node), steps)
        if is_function(node, DET):
            diagonal = diagonal_of(node.operands[0])
            made = node if diagonal is None else opaque(PRODUCT, (diagonal,))
        made = substitute(made, new) if new else made
        if made is not node:
            new[node] = made
    return [substitute(node, new) for node in nodes]


def _without_abs(node: Node) -> Node:
    """abs(det(X))^2 as det(X)^2."""
    factors = [f._replace(node=f.node.operands[0]) if _is_even_abs(f) else f for f in node.factors]
    return node if factors == node.factors else _made(node, factors)


def _is_even_abs(factor: Factor) -> bool:
    is_abs = is_function(factor.node, ABS) and is_function(factor.node.operands[0], DET)
    return is_abs and factor.exponent.denominator == 1 and factor.exponent % 2 == 0


def _product(node: Node, steps: Steps) -> Node:
    """A product by the adjugates of what its determinants are of."""
    if len(node.operands) > MOST_FACTORS or not any(is_function(o, DET) for o in node.operands):
        return node
    terms = _spread(node, steps)
    if len(terms) == 1:
        return _of_logarithms(_with_adjugates(node))
    return _sum_of(_joined(terms), node.dims, steps)


def _sum_of(terms: list[Term], dims: tuple[Dim, ...], steps: Steps) -> Node:
    return add([(c, _product(term, steps) if term.kind == "contraction" else term) for c, term in terms], dims)


def _spread(node: Node, steps: Steps) -> list[Term]:
    """A determinant multiplied into the sums that meet inverses of its matrix, or itself beside two of them."""
    waiting: list[Term] = [(_1, node)]
    terms: list[Term] = []
    while waiting:
        c, term = waiting.pop()
        place = _place_of_sum(term)
        if place is None or len(terms) + len(waiting) > LONGEST_SUM or not steps.take():
            terms.append((c, term))
        else:
            waiting += [(c * inner, made) for inner, made in distributed(term, place)]
    return _like_terms(terms)


def _like_terms(terms: list[Term]) -> list[Term]:
    total: dict[Node, Fraction] = {}
    for c, term in terms:
        number, core = split_coefficient(term, c)
        total[core] = total.get(core, Fraction(0)) + number
    return [(c, core) for core, c in total.items() if c]


def _place_of_sum(node: Node) -> int | None:
    """The factor that a determinant among the others is to be multiplied into."""
    if node.kind != "contraction":
        return None
    factors = node.factors
    for matrix in [f.node.operands[0] for f in factors if is_function(f.node, DET) and f.exponent >= 1]:
        inverses = sum(_is_inverse(f.node, matrix) for f in factors)
        for k, f in enumerate(factors):
            if f.node.kind != "sum" or f.exponent != 1 or len(f.node.operands) > LONGEST_SUM:
                continue
            if any(_divides(term, matrix) or (inverses > 1 and _holds_det(term, matrix)) for term in f.node.operands):
                return k
    return None


def _holds_det(term: Node, matrix: Node) -> bool:
    parts = term.operands if term.kind == "contraction" else (term,)
    return any(is_function(part, DET) and part.operands[0] is matrix for part in parts)


def _is_inverse(node: Node, matrix: Node) -> bool:
    """Whether a node is the inverse of a matrix, up to a number."""
    return is_function(node, INV) and _multiple(matrix, node.operands[0]) is not None


def _divides(term: Node, matrix: Node) -> bool:
    """Whether a term has the inverse of a matrix among its factors, or is divided by what is on its diagonal."""
    if term.kind != "contraction":
        return _is_inverse(term, matrix)
    below = _entries(diagonal_of(matrix))
    return any(
        _is_inverse(f.node, matrix)
        or (f.exponent < 0 and f.node in below)
        or (f.node.kind == "sum" and any(_divides(inner, matrix) for inner in f.node.operands))
        for f in term.factors
    )


# ---------------------------------------------------------------- one inverse
def _with_adjugates(node: Node) -> Node:
    """det(X)*inv(X) as adj(X), and det(diag(d))/d[i] as the product of all other entries."""
    factors = list(node.factors)
    for det in [f for f in factors if is_function(f.node, DET)]:
        while det.exponent >= 1:
            others = [f for f in factors if f is not det]
            (matrix,) = det.node.operands
            found = _adjugate_among(others, matrix) or _others_among(others, matrix)
            if found is None:
                break
            det = det._replace(exponent=det.exponent - 1)
            factors = [*found, det]
    return node if factors == node.factors else _made(node, factors)


def _made(node: Node, factors: list[Factor]) -> Node:
    data = node.product
    return contract(data.coefficient, factors, data.out, dict(enumerate(data.sizes)))


def _adjugate_among(factors: list[Factor], matrix: Node) -> list[Factor] | None:
    for f in factors:
        number = _multiple(matrix, f.node.operands[0]) if is_function(f.node, INV) and f.exponent >= 1 else None
        if number is not None:
            rest = [g for g in factors if g is not f]
            left = [] if f.exponent == 1 else [f._replace(exponent=f.exponent - 1)]
            return [*rest, *left, Factor(number, (), _1), Factor(opaque(ADJUGATE, (matrix,)), f.indices, _1)]
    return None


def _multiple(matrix: Node, core: Node) -> Node | None:
    """The number c of a matrix that is c times another one."""
    if matrix is core:
        return contract(_1, [], (), {})
    if matrix.kind != "contraction" or len(set(matrix.product.out)) < 2:
        return None
    scalars = [f for f in matrix.factors if not f.indices]
    others = [f for f in matrix.factors if f.indices]
    if _made_of_others(matrix, others) is not core:
        return None
    return contract(matrix.product.coefficient, scalars, (), {})


def _made_of_others(matrix: Node, others: list[Factor]) -> Node:
    return contract(_1, others, matrix.product.out, dict(enumerate(matrix.product.sizes)))


def _entries(diagonal: Node | None) -> list[Node]:
    """The factors of the entries of a vector that vanish with them."""
    if diagonal is None:
        return []
    if diagonal.kind != "contraction":
        return [diagonal]
    return [f.node for f in diagonal.factors if f.indices == diagonal.product.out and f.exponent > 0]


def _others_among(factors: list[Factor], matrix: Node) -> list[Factor] | None:
    diagonal = diagonal_of(matrix)
    below = _entries(diagonal)
    for f in factors:
        if f.exponent < 0 and f.node in below and diagonal is not None:
            others = opaque(OTHERS, (diagonal,))
            return [*factors, Factor(others, f.indices, _1), Factor(diagonal, f.indices, _1)]
    return None


# ---------------------------------------------------------------- two inverses
def _joined(terms: list[Term]) -> list[Term]:
    """Terms with det(X)*inv(X)[a,b]*inv(X)[c,d] - det(X)*inv(X)[a,d]*inv(X)[c,b] as minors without two rows.

    Each time a term goes, or two.
    """
    terms = list(terms)
    if len(terms) > LONGEST_SUM:
        return terms
    for j, k in permutations(range(len(terms)), 2):
        (c, one), (d, other) = terms[j], terms[k]
        for made, exchanged in _pairs(one):
            known, rest = split_coefficient(other, d), split_coefficient(exchanged, c)
            if known[1] is rest[1] and known[0] * rest[0] < 0:
                part = min(abs(known[0] / rest[0]), _1)  # of the first term
                left = [(c * (1 - part), one), (d * (1 + part * rest[0] / known[0]), other)]
                kept = [term for i, term in enumerate(terms) if i not in (j, k)]
                return _joined([*kept, *(term for term in left if term[0]), (c * part, made)])
    return terms


def _pairs(term: Node) -> Iterator[tuple[Node, Node]]:
    """A term with two inverses as minors, and the term that is to be subtracted from it."""
    if term.kind != "contraction" or len(term.operands) > MOST_FACTORS:
        return
    factors = term.factors
    for det in factors:
        if not is_function(det.node, DET) or det.exponent < 1:
            continue
        (matrix,) = det.node.operands
        left = [] if det.exponent == 1 else [det._replace(exponent=det.exponent - 1)]
        below = _entries(diagonal_of(matrix))
        for f, g in combinations([f for f in factors if f is not det], 2):
            rest = [h for h in factors if h is not f and h is not g and h is not det]
            if f.node is g.node and _is_inverse(f.node, matrix) and f.exponent == g.exponent == 1:
                (a, b), last = f.indices, g.indices
                number = Factor(_multiple(matrix, f.node.operands[0]), (), Fraction(2))  # type: ignore[arg-type]
                transposed = [last[::-1]] if properties.is_symmetric(matrix) else []
                for c, d in [last, *transposed]:
                    exchanged = [f._replace(indices=(a, d)), g._replace(indices=(c, b)), det, *rest]
                    minors = _minors(matrix, [*rest, *left, number], (a, b, c, d), term.product.out)
                    yield _made(term, minors), _made(term, exchanged)
            elif f.node in below and f.node is g.node and f.exponent == g.exponent == -1 and f.indices != g.indices:
                yield _pair_of_entries(term, [*rest, *left], det, f, g)


def _minors(matrix: Node, rest: list[Factor], at: Indices, out: Indices) -> list[Factor]:
    """The minors at [a,b,c,d] times the other factors; where these bind two of the places, a derivative along them."""
    a, b, c, d = at
    for bound, kept, sign in (((b, c), (a, d), -1), ((d, a), (c, b), -1), ((b, a), (c, d), 1), ((d, c), (a, b), 1)):
        along = [f for f in rest if set(f.indices) & set(bound)]
        joined = {i for f in along for i in f.indices}
        if joined == set(bound) and len(joined) == 2 and not joined & {*out, *kept}:
            others = [f for f in rest if f not in along]
            inner = {i: dim for f in along for i, dim in zip(f.indices, f.node.dims, strict=True)}
            slope = opaque(SLOPE, (matrix, contract(Fraction(sign), along, bound, inner)))
            return [*others, Factor(slope, kept, _1)]
    return [*rest, Factor(opaque(ADJUGATES, (matrix,)), at, _1)]


def _pair_of_entries(term: Node, rest: list[Factor], det: Factor, f: Factor, g: Factor) -> tuple[Node, Node]:
    """det(diag(d))/(x[i]*x[j]) by the products of all entries but two, and what it is where i is j."""
    diagonal = diagonal_of(det.node.operands[0])
    assert diagonal is not None
    (i,), (j,) = f.indices, g.indices
    entries = [h for i in (f.indices, g.indices) for h in (Factor(diagonal, i, _1), Factor(f.node, i, -_1))]
    made = _made(term, [*rest, *entries, Factor(opaque(PAIRS, (diagonal,)), (i, j), _1)])
    same: dict[Index, Index] = {max(i, j): min(i, j)}
    factors = [h._replace(indices=tuple(same.get(k, k) for k in h.indices)) for h in term.factors]
    out = tuple(same.get(k, k) for k in term.product.out)
    return made, contract(term.product.coefficient, factors, out, dict(enumerate(term.product.sizes)))


# ---------------------------------------------------------------- quotients
def _of_logarithms(node: Node) -> Node:
    """Powers of determinants that may be no numbers as exponentials of sums of logarithms, with their signs."""
    if node.kind != "contraction":
        return node
    dets = [f for f in node.factors if is_function(f.node, DET)]
    if all(f.exponent.denominator == 1 for f in dets) and not _is_quotient(node, dets):
        return node
    rest = [f for f in node.factors if f not in dets]
    logs: list[Term] = []
    for det in dets:
        (matrix,) = det.node.operands
        if det.exponent.denominator != 1:
            logs.append((det.exponent, _as_it_stands(LOG, det.node)))
        elif properties.is_definite(matrix):
            logs.append((det.exponent, opaque(LOGDET, (matrix,))))
        else:
            both = opaque(SLOGDET, (matrix,))
            logs.append((det.exponent, _entry(both, 1)))
            rest.append(Factor(_entry(both, 0), (), Fraction(det.exponent % 2)))
    total = add(logs, ())
    adjugate = next((f for f in rest if is_function(f.node, ADJUGATE) and f.exponent == 1), None)
    if adjugate is None:
        return _made(node, [*rest, Factor(_as_it_stands(EXP, total), (), _1)])
    scaled = opaque(SCALED, (adjugate.node.operands[0], total))
    return _made(node, [*(f for f in rest if f is not adjugate), adjugate._replace(node=scaled)])


def _is_quotient(node: Node, dets: list[Factor]) -> bool:
    """Whether determinants are divided by, beside others or the adjugates of others."""
    others = len(dets) + sum(is_function(f.node, ADJUGATE) for f in node.factors)
    return others > 1 and any(f.exponent < 0 for f in dets)


def _entry(vector: Node, at: int) -> Node:
    dim = vector.dims[0]
    return contract(_1, [Factor(vector, (0,), _1), Factor(unit(dim, at), (0,), _1)], (), {0: dim})


def _as_it_stands(function: Function, operand: Node) -> Node:
    """A function of a scalar, not simplified: the constructor makes exp(log(s)) s again."""
    return Node("elementwise", (operand,), function, operand.dims)
