"""Logarithms and exponentials that are computed by other functions, where these are right and the plain ones are not.

log(1 + u) loses what is small in u, log(exp(u) + exp(v)) overflows, exp(u) - 1 loses what is small in u.
"""

from __future__ import annotations

from matcalc.function import Function, Kernel, entrywise
from matcalc.functions import COSH, EXP, EXPM1, INVMILLS, LOG, LOG1P, LOGSUMEXP, SIGMOID, SOFTPLUS, TANH
from matcalc.network.build import add, scale
from matcalc.network.leaves import number
from matcalc.network.nodes import Indices, Node, constant_value, is_function, is_one_of
from matcalc.network.reshaping import reshape
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.rules.functions import elementwise
from matcalc.shape import Dim, product

LOGADDEXP = entrywise(
    "log add exp", 2, c="fmax({u}, {v}) + log1p(exp(-fabs({u} - {v})))", numpy="np.logaddexp({u}, {v})"
)

LOG_OF_REST = entrywise(
    "log of rest",
    c="({u} > -0.7 ? log(-expm1({u})) : log1p(-exp({u})))",
    numpy="""_log_of_rest({u})

def _log_of_rest(u):
    \"\"\"log(1 - exp(u)), right where exp(u) is close to 0 and where it is close to 1.\"\"\"
    small = np.maximum(u, -0.7)
    return np.where(u < small, np.log1p(-np.exp(np.minimum(u, -0.7))), np.log(-np.expm1(small)))
""",
)

LOG_COSH = entrywise(
    "log cosh",
    range="[0, inf)",
    parity="even",
    c="log_cosh({u})",
    numpy="""_log_cosh({u})

def _log_cosh(u):
    \"\"\"log(cosh(u)), right where u is small; beyond 20 it is log(cosh(20)) and what is more.\"\"\"
    size = np.abs(u)
    most = np.minimum(size, 20.0)
    return np.log1p(2.0 * np.sinh(0.5 * most) ** 2) + (size - most)
""",
)

MILLS_GAP = entrywise(
    "mills gap",
    range="(0, inf)",
    c="mills_gap({u})",
    numpy="""_mills_gap({u})

def _mills_gap(u):
    \"\"\"u + normpdf(u) / normcdf(u), which cancel far below 0: a continued fraction there.\"\"\"
    far = np.maximum(-u, 6.0)
    fraction = far
    for k in range(40, 1, -1):
        fraction = far + k / fraction
    with np.errstate(over="ignore"):
        near = u + np.sqrt(2 / np.pi) / special.erfcx(-u / np.sqrt(2))
    return np.where(u < -6.0, 1.0 / fraction, near)
""",
)

EXPONENTIAL = (EXP, COSH)  # cosh(u) is exp(log(cosh(u)))

_1 = Fraction(1)
_2 = Fraction(2)


class Call(NamedTuple):
    """A function of some nodes."""

    function: Kernel
    operands: list[Node]


def logarithm(node: Node) -> Call | None:
    """The function that computes log(node); None where it is the logarithm."""
    if is_function(node, COSH):
        return Call(LOG_COSH, [node.operands[0]])
    (cosh, *_) = node.operands or (node,)
    if node.kind == "contraction" and is_function(cosh, COSH) and node is scale(_2, cosh):
        (u,) = cosh.operands
        return Call(LOGADDEXP, [u, scale(-_1, u)])
    array = _summed_exponents(node)
    if array is not None and not node.rank:
        return Call(LOGSUMEXP, [reshape(array, (product(array.dims),))])
    if node.kind != "sum":
        return None
    logs = _logs_of_terms(node)
    if logs is not None:
        return _log_of_sum(logs)
    constant, others = _parts(node)
    exponents = [exponent for c, term in others if (exponent := _exponent_of(term)) is not None]
    signs = [c for c, _ in others]
    if constant == 1 and signs == [-1] and exponents:
        return Call(LOG_OF_REST, exponents)
    return Call(LOG1P, [add(others, node.dims)]) if constant == 1 else None


def is_sum_of_exponentials(node: Node) -> bool:
    """Whether a node may overflow where its logarithm, which is computed from exponents, does not."""
    return _summed_exponents(node) is not None or (node.kind == "sum" and _logs_of_terms(node) is not None)


def _log_of_sum(logs: list[Node]) -> Call:
    """log(exp(u) + exp(v) + …), from the exponents."""
    first, *between, last = logs
    for log in between:
        first = Node("elementwise", (first, log), LOGADDEXP, first.dims)
    if constant_value(first) == 0:
        return Call(SOFTPLUS, [last])
    return Call(LOGADDEXP, [first, last])


def _logs_of_terms(node: Node) -> list[Node] | None:
    """The logarithms of the terms of a sum of exponentials, that of a number first; None where it is something else."""
    constant, others = _parts(node)
    if constant < 0 or any(c < 0 for c, _ in others):
        return None
    logs = [_log_of_number(constant, node.dims)] if constant else []
    for c, term in others:
        log = _log_of_term(term)
        if log is None:
            return None
        logs.append(log if c == 1 else add([(_1, log), (_1, _log_of_number(c, node.dims))], node.dims))
    return logs


def _log_of_number(value: Fraction, dims: tuple[Dim, ...]) -> Node:
    return elementwise(LOG, (number(value, dims),))


def _log_of_term(term: Node) -> Node | None:
    """The logarithm of an exponential or a sum of exponentials along an axis; None of something else."""
    if _summed_exponents(term) is not None:
        return elementwise(LOG, (term,))
    return _exponent_of(term, EXPONENTIAL)


def _exponent_of(node: Node, among: tuple[Function, ...] = (EXP,)) -> Node | None:
    """The u of exp(u), which may be written as a power of an exponential."""
    if is_one_of(node, among):
        return _logarithm_of(node)
    found = _only_exponential(node, among)
    return found[1] if found is not None and found[0] == node.product.out else None


def _summed_exponents(node: Node) -> Node | None:
    """The exponents of a sum of exponentials over axes of an array, which is a number or a vector."""
    found = _only_exponential(node, EXPONENTIAL)
    if found is None or node.rank > 1:
        return None
    indices, exponents = found
    is_summed = set(node.product.out) < set(indices)
    return exponents if is_summed and len(set(indices)) == len(indices) else None


def _only_exponential(node: Node, among: tuple[Function, ...]) -> tuple[Indices, Node] | None:
    """The indices and the exponents of the exponential that a product consists of, or a sum over some of them."""
    if node.kind != "contraction" or len(node.operands) != 1 or node.product.coefficient != 1:
        return None
    (factor,) = node.factors
    if not is_one_of(factor.node, among):
        return None
    return factor.indices, scale(factor.exponent, _logarithm_of(factor.node))


def _logarithm_of(exponential: Node) -> Node:
    (u,) = exponential.operands
    return u if is_function(exponential, EXP) else log_cosh(u)


def log_cosh(u: Node) -> Node:
    return Node("elementwise", (u,), LOG_COSH, u.dims)


def _mills_gap(node: Node) -> tuple[Fraction, Kernel, Node] | None:
    """c, the kernel and u of c*u + c*invmills(u)."""
    for c, term in node.terms:
        if is_function(term, INVMILLS):
            rest = [(d, other) for d, other in node.terms if other is not term]
            if add(rest, node.dims) is scale(c, term.operands[0]):
                return c, MILLS_GAP, term.operands[0]
    return None


def difference(node: Node) -> tuple[Fraction, Kernel, Node] | None:
    """c, f and u of a sum c*f(u): c*(exp(u) - 1) is c*expm1(u), and c*(sigmoid(u) - sigmoid(-u)) is c*tanh(u/2)."""
    gap = _mills_gap(node)
    if gap is not None:
        return gap
    constant, others = _parts(node)
    if len(others) == 1 and others[0][0] == -constant:
        exponent = _exponent_of(others[0][1])
        return None if exponent is None else (others[0][0], EXPM1, exponent)
    if constant or len(others) != 2 or not all(is_function(term, SIGMOID) for _, term in others):
        return None
    (c, first), (d, second) = others
    (u,) = first.operands
    if c != -d or second.operands[0] is not scale(-_1, u):
        return None
    return c, TANH, scale(Fraction(1, 2), u)


def _parts(node: Node) -> tuple[Fraction, list[tuple[Fraction, Node]]]:
    """The constant of a sum, and its other terms."""
    constant = sum((c * value for c, term in node.terms if (value := constant_value(term)) is not None), Fraction(0))
    return constant, [(c, term) for c, term in node.terms if constant_value(term) is None]
