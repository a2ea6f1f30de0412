"""What is known of nodes: symmetry, sign, positive definiteness. Inferred from declared facts, never guessed."""

from __future__ import annotations

from _thread import get_ident
from collections.abc import Callable, Sequence
from itertools import combinations

from matcalc.functions import PINV
from matcalc.network.leaves import split_coefficient
from matcalc.network.nodes import FUNCTION_KINDS, Factor, Indices, Node, Product, number_code
from matcalc.rational import Fraction
from matcalc.shape import ONE

MOST_NESTED = 4  # levels that are looked through, where every factor of a product is; beyond, nothing is known

_1 = Fraction(1)

_ASKED: set[tuple[int, Node]] = set()  # the thread that finds a node's sign out, and the node


def has_fact(node: Node, fact: str) -> bool:
    """Whether a variable was declared with a fact, or the value of a function has it whatever it is applied to."""
    if node.kind == "variable":
        return fact in node.variable.data[1]
    return node.kind in FUNCTION_KINDS and fact in node.function.gives


def _is_kept(node: Node, fact: str) -> bool:
    """Whether the value of a function has a fact because its operand has the one that ensures it."""
    if node.kind not in FUNCTION_KINDS:
        return False
    needed = node.function.needs.get(fact)
    return needed is not None and _HOLDS[needed](node.operands[0])


def is_symmetric(node: Node) -> bool:
    """Whether a node of two axes is its own transpose."""
    return transpose_sign(node) == 1


def is_skew(node: Node) -> bool:
    """Whether a node of two axes is minus its own transpose."""
    return transpose_sign(node) == -1


def transpose_sign(node: Node) -> int:
    """1 where a node of two axes is its own transpose, -1 where it is minus that, else 0.

    -1 also where two of three axes that change places change the sign.
    """
    if node.transpose_sign is None:
        asked = get_ident(), node
        if asked in _ASKED:
            return 0  # while it is being found out: nothing is ever assumed
        _ASKED.add(asked)
        try:
            node.transpose_sign = _transpose_sign(node)
        finally:
            _ASKED.remove(asked)
    return node.transpose_sign


def is_diagonal(node: Node, depth: int = 0) -> bool:
    """Whether a node of two axes is zero off its diagonal, by form or by declaration."""
    if depth > MOST_NESTED:
        return False
    if node.kind == "sum":
        return all(is_diagonal(operand, depth + 1) for operand in node.operands)
    if node.kind == "contraction":
        return node.rank == 2 and _ties(node, depth)
    if node.kind == "opaque" and node.function.needs.get("diagonal") == "diagonal":
        return is_diagonal(node.operands[0], depth + 1)
    return has_fact(node, "diagonal")


def _ties(node: Node, depth: int) -> bool:
    """Whether a product is zero wherever its two indices differ: diagonal matrices lead from one to the other."""
    first, last = node.product.out
    reached = {first}
    pairs = [f for f in node.factors if len(f.indices) == 2 and f.exponent > 0]
    ties = [set(f.indices) for f in pairs if is_diagonal(f.node, depth + 1)]
    while new := [tie for tie in ties if tie & reached and not tie <= reached]:
        reached = reached.union(*new)
    return last in reached


def is_invertible(node: Node) -> bool:
    """Whether a square matrix is known to have an inverse."""
    return has_fact(node, "invertible") or is_orthogonal(node) or is_definite(node)


def has_full_column_rank(node: Node) -> bool:
    """Whether the columns of a matrix are known to be linearly independent."""
    return has_fact(node, "fullcolrank") or is_invertible(node)


def has_full_row_rank(node: Node) -> bool:
    """Whether the rows of a matrix are known to be linearly independent."""
    return has_fact(node, "fullrowrank") or is_invertible(node)


def has_full_rank(node: Node) -> bool:
    """Whether the rank of a matrix is known to be as large as it can be."""
    return has_full_column_rank(node) or has_full_row_rank(node)


def is_idempotent(node: Node) -> bool:
    """Whether a matrix is known to be its own square."""
    return has_fact(node, "idempotent")


def is_stochastic(node: Node) -> bool:
    """Whether the rows of a matrix are known to be nonnegative and to sum to one."""
    return has_fact(node, "stochastic")


def is_permutation(node: Node) -> bool:
    """Whether a matrix is known to have one entry 1 in each row and in each column, and zeros elsewhere."""
    return has_fact(node, "permutation")


def is_semidefinite(node: Node) -> bool:
    """Whether a node is known to be a positive semidefinite matrix."""
    return is_definite(node, semi=True)


def is_orthogonal(node: Node) -> bool:
    """Whether a matrix is known to have its transpose for inverse."""
    return has_fact(node, "orthogonal")


def has_unit_norm(node: Node) -> bool:
    """Whether the squares of the entries are known to sum to one."""
    return has_fact(node, "unitnorm")


def sums_to_one(node: Node) -> bool:
    """Whether the entries are known to sum to one."""
    return has_fact(node, "sumstoone")


def _transpose_sign(node: Node) -> int:
    if node.rank == 3:
        return -int(has_fact(node, "alternating"))
    if node.kind == "variable":
        facts = node.variable.data[1]
        return 1 if "symmetric" in facts else -1 if "skew" in facts else 0
    if node.kind == "elementwise":
        return _sign_of_transposed_entries(node)
    if node.kind == "opaque":
        of = node.function.abstract
        if of is not None:  # a Hessian is symmetric
            return int(of.order == 2 and of.rows is ONE)
        if has_fact(node, "skew"):
            return -1
        return int(has_fact(node, "symmetric") or _is_kept(node, "symmetric"))
    if node.kind == "sum":
        signs = {transpose_sign(operand) for operand in node.operands}
        if signs in ({1}, {-1}):
            return signs.pop()
        return _sign_of_transposed_terms(node) if _ends_may_be_alike(node.operands) else 0
    if node.kind == "contraction":
        return _sign_of_transposed_product(node) if _ends_may_be_alike((node,)) else 0
    return 0


def _sign_of_transposed_entries(node: Node) -> int:
    """The same of a function of entries: of a skew matrix, an even one is symmetric and an odd one skew."""
    signs = {transpose_sign(operand) for operand in node.operands}
    if signs == {-1} and len(node.operands) == 1:
        return {"even": 1, "odd": -1}.get(getattr(node.function, "parity", ""), 0)
    return int(signs == {1})


def _ends_may_be_alike(terms: tuple[Node, ...]) -> bool:
    """Whether the same factors stand at both axes of the terms of a sum: else it is not its own transpose.

    That does not hold of pinv, for X*pinv(X) is symmetric.
    """
    ends: tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]] = [], []
    for term in terms:
        if term.kind in ("sum", "reshape") or any(operand.data is PINV for operand in (term, *term.operands)):
            return True
        is_product = term.kind == "contraction"
        out = term.product.out if is_product else (0, 1)
        for node, indices, exponent in term.factors if is_product else [Factor(term, (0, 1), _1)]:
            for axis, index in enumerate(indices):
                for end, own in zip(ends, out, strict=True):
                    if index == own:
                        end.append((node.digest, number_code(exponent), 0 if transpose_sign(node) else axis))
    first, last = ends
    return sorted(first) == sorted(last)


_transposes: list[Callable[[Node], Node]] = []


def transpose_by(transposed: Callable[[Node], Node]) -> None:
    """Says what makes transposes: products, which are made by what is known of their factors, as is found here."""
    _transposes[:] = [transposed]


def transpose_of(node: Node) -> Node:
    return _transposes[0](node)


def _sign_of_transposed_product(node: Node) -> int:
    """1 where a product is its own transpose, -1 where it is minus that, else 0."""
    (c, own), (d, transposed) = split_coefficient(node), split_coefficient(transpose_of(node))
    return 0 if own is not transposed else 1 if c == d else -1 if c == -d else 0


def _sign_of_transposed_terms(node: Node) -> int:
    """1 where a sum's terms are each other's transposes, -1 where they are minus that, else 0."""
    own = {split_coefficient(operand, c) for c, operand in node.terms}
    transposed = {split_coefficient(transpose_of(operand), c) for c, operand in node.terms}
    return 1 if transposed == own else -1 if {(-c, operand) for c, operand in transposed} == own else 0


# ---------------------------------------------------------------- signs
def is_positive(node: Node) -> bool:
    """Whether every entry is known to be positive."""
    return _sign(node) == 2


def is_nonnegative(node: Node) -> bool:
    """Whether no entry is negative."""
    return _sign(node) >= 1


def _sign(node: Node) -> int:
    """2 where every entry is known to be positive, 1 where none is negative, else 0; found once for each node."""
    todo = [node] if node.sign is None else []
    while todo:  # each node has its operands looked at once, before itself
        part = todo[-1]
        below = [operand for operand in _decisive(part) if operand.sign is None] if part.sign is None else []
        if below:
            todo += below
        else:
            if part.sign is None:
                part.sign = 2 if _is_positive(part) else 1 if _is_nonnegative(part) else 0
            todo.pop()
    return node.sign or 0


def _decisive(node: Node) -> tuple[Node, ...]:
    """The operands that decide about the sign."""
    if node.kind == "sum" and min(node.coefficients) > 0:
        return node.operands
    if node.kind == "contraction" and node.product.coefficient > 0:
        return node.operands
    return node.operands[:1] if node.kind in FUNCTION_KINDS and "positive" in node.function.needs else ()


def _is_positive(node: Node) -> bool:
    if node.kind in ("size", "constant"):
        return True
    if node.kind == "variable":
        return has_fact(node, "positive") or (node.rank == 0 and has_fact(node, "posdef"))
    if node.kind in FUNCTION_KINDS:
        return has_fact(node, "positive") or _is_kept(node, "positive")
    if node.kind == "sum":
        return (
            min(node.coefficients) > 0
            and all(map(is_nonnegative, node.operands))
            and any(map(is_positive, node.operands))
        )
    if node.kind == "contraction":
        product = node.product
        has_zeros = len(set(product.out)) < len(product.out)
        return (
            not has_zeros
            and product.coefficient > 0
            and all(is_positive(n) or _takes_entry(n, places, product) for n, places, _ in node.factors)
        )
    return False


def _takes_entry(node: Node, places: Indices, product: Product) -> bool:
    """Whether a factor is a unit vector that takes entries of the others."""
    return node.kind == "unit" and places[0] not in product.out


def _is_nonnegative(node: Node) -> bool:
    if has_fact(node, "nonneg") or (node.kind == "variable" and node.rank == 0 and has_fact(node, "psd")):
        return True
    if node.kind in FUNCTION_KINDS:
        return _is_kept(node, "nonneg")
    if node.kind == "sum":
        return min(node.coefficients) > 0 and all(map(is_nonnegative, node.operands))
    if node.kind == "contraction" and node.product.coefficient >= 0:
        return all(map(_is_nonnegative_factor, node.factors)) or is_quadratic_form(node)
    return False


def _is_nonnegative_factor(factor: Factor) -> bool:
    """Whether a factor of a product is nonnegative: also the diagonal of a semidefinite matrix is."""
    node, indices, exponent = factor
    if _is_even(exponent) or is_nonnegative(node):
        return True
    return len(indices) == 2 and indices[0] == indices[1] and is_semidefinite(node)


def _is_even(exponent: Fraction) -> bool:
    """Whether a power is nonnegative for every base: an even power, or a root of even order."""
    return exponent.numerator % 2 == 0 or exponent.denominator % 2 == 0


def is_quadratic_form(node: Node) -> bool:
    """Whether a scalar is u'·S·u with a positive semidefinite S, where u may be a product itself, as in x'·A'·A·x."""
    if node.rank or node.product.coefficient <= 0:
        return False
    factors = node.factors
    vectors = [at for at, f in enumerate(factors) if len(f.indices) == 1]
    return any(
        _is_mirrored(factors[one].indices[0], factors[two].indices[0], _without(factors, one, two))
        for one, two in combinations(vectors, 2)
        if factors[one].node is factors[two].node and factors[one].exponent == factors[two].exponent
    )


def _without(factors: Sequence[Factor], *places: int) -> list[Factor]:
    return [factor for at, factor in enumerate(factors) if at not in places]


def _is_mirrored(left: int, right: int, factors: list[Factor]) -> bool:
    """Whether what stands between two equal vectors is a semidefinite matrix: the same from both ends to the middle."""
    while left != right:
        if len(factors) == 1 and {*factors[0].indices} == {left, right}:
            return factors[0].exponent == 1 and is_semidefinite(factors[0].node)
        ends = [[at for at, f in enumerate(factors) if end in f.indices] for end in (left, right)]
        if any(len(at) != 1 for at in ends) or ends[0] == ends[1]:
            return False
        first, last = factors[ends[0][0]], factors[ends[1][0]]
        place = first.indices.index(left)
        alike = first.node is last.node and first.exponent == last.exponent and len(first.indices) == 2
        if not alike or last.indices.index(right) != place:
            return False
        left, right = first.indices[1 - place], last.indices[1 - place]
        factors = _without(factors, ends[0][0], ends[1][0])
    return all(map(_is_nonnegative_factor, factors))


# ---------------------------------------------------------------- definite matrices
def is_definite(node: Node, *, semi: bool = False) -> bool:
    """Whether a node is known to be a positive (semi)definite matrix."""
    return _definiteness(node) >= (1 if semi else 2)


def _definiteness(node: Node) -> int:
    """2 for positive definite, 1 for positive semidefinite, 0 where neither is known; found once for each node."""
    if node.rank == 0:
        return _sign(node)
    todo = [node] if node.rank == 2 and node.definite is None else []
    while todo:  # each node has its operands looked at once, before itself
        part = todo[-1]
        below = []
        if part.definite is None and part.kind in ("sum", "contraction", "opaque"):
            below = [operand for operand in part.operands if operand.rank == 2 and operand.definite is None]
        if below:
            todo += below
        else:
            if part.definite is None:
                part.definite = 2 if _is_definite(part, semi=False) else int(_is_definite(part, semi=True))
            todo.pop()
    return node.definite or 0


def _is_definite(node: Node, *, semi: bool) -> bool:
    if node.kind == "variable":
        return has_fact(node, "posdef") or (semi and has_fact(node, "psd"))
    if node.kind == "opaque":
        return _is_kept(node, "posdef") or (semi and _is_kept(node, "psd"))
    if node.kind == "sum":
        if min(node.coefficients) <= 0 or not all(is_definite(n, semi=True) for n in node.operands):
            return False
        return semi or any(map(is_definite, node.operands))
    if node.kind != "contraction" or node.product.coefficient <= 0:
        return False
    return _is_definite_product(node, semi)


def _is_definite_product(node: Node, semi: bool) -> bool:
    product = node.product
    scalars = [f for f in node.factors if not f.indices]
    others = [f for f in node.factors if f.indices]
    if not all(is_positive(f.node) or (semi and is_nonnegative(f.node)) for f in scalars):
        return False
    if product.out[0] == product.out[1]:  # a diagonal matrix
        return all(is_positive(f.node) or (semi and f.exponent.numerator % 2 == 0) for f in others)
    if len(others) == 1 and others[0].exponent == 1:
        return is_definite(others[0].node, semi=semi)
    return is_symmetric(node) and _is_square_form(others, product, semi)


def _is_square_form(factors: list[Factor], product: Product, semi: bool) -> bool:
    """A·P·A', A·diag(p)·A', A·A' or v·v': a mirrored factor, a definite one or none in the middle.

    It is positive definite where what is in the middle is, and the rows of A are linearly independent.
    """
    row = [f for f in factors if product.out[0] in f.indices]
    col = [f for f in factors if product.out[1] in f.indices]
    if len(row) != 1 or len(col) != 1 or row[0].node is not col[0].node:
        return False
    if row[0].indices.index(product.out[0]) != col[0].indices.index(product.out[1]):
        return False
    middle = [f for f in factors if f is not row[0] and f is not col[0]]
    if not semi and not _are_independent(row[0], product.out[0], col[0].indices, middle):
        return False
    if not middle:
        return True
    if all(f.node.rank == 1 for f in middle):  # weights of the rows that are squared
        return all(is_positive(f.node) or (semi and (_is_even(f.exponent) or is_nonnegative(f.node))) for f in middle)
    return len(middle) == 1 and middle[0].exponent == 1 and is_definite(middle[0].node, semi=semi)


def _are_independent(factor: Factor, at: int, mirrored: Indices, middle: list[Factor]) -> bool:
    """Whether the rows of A are linearly independent in A·P·A', A·diag(p)·A' or A·A', where one index stands for them.

    Not so in A·ones·ones'·A', where the two that are summed have nothing between them.
    """
    if factor.exponent != 1 or len(factor.indices) != 2:
        return False
    axis = factor.indices.index(at)
    ends = factor.indices[1 - axis], mirrored[1 - axis]
    is_joined = (
        ends[0] == ends[1] if all(f.node.rank == 1 for f in middle) else sorted(ends) == sorted(middle[0].indices)
    )
    return is_joined and (has_full_column_rank if axis else has_full_row_rank)(factor.node)


def powers_split(node: Node) -> bool:
    """Whether (a·b)^p = a^p·b^p for this product and a fraction p: no factor may be negative."""
    return node.product.coefficient >= 0 and all(is_nonnegative(factor.node) for factor in node.factors)


# How what a function keeps is told of its operand.
_HOLDS: dict[str, Callable[[Node], bool]] = {
    "symmetric": is_symmetric,
    "posdef": is_definite,
    "psd": is_semidefinite,
    "positive": is_positive,
    "nonneg": is_nonnegative,
}
