"""The passes by which a network becomes a program, by name: what each makes of what, what that gains, and its source.

Passes of the network rewrite all results together, before they are planned. Alternatives are planned beside what they
start from, and the program that takes less time is the one. Passes of products rewrite the factors of one product
before it is bracketed. The lists are in the order in which passes are tried; ``Plan.trace`` shows which changed what.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from matcalc.lowering.branches import in_branches
from matcalc.network.nodes import Factor, Index, Indices, Node
from matcalc.program.choices import Choices
from matcalc.program.convolution import with_convolutions
from matcalc.program.crossing import with_cross_products
from matcalc.program.deltas import spread_over_deltas
from matcalc.program.determinants import by_adjugates
from matcalc.program.exponentials import by_logarithms, quotients
from matcalc.program.factoring import factored
from matcalc.program.hypotenuses import by_hypotenuses
from matcalc.program.products import by_halves, powers_in_parts, shared_halves, sigmoid_slopes
from matcalc.program.sequences import with_sequences
from matcalc.program.series import with_series
from matcalc.program.shifts import without_shifts
from matcalc.program.squares import by_norms
from matcalc.program.updates import taken_apart
from matcalc.program.vanishing import with_limits
from matcalc.records import NamedTuple
from matcalc.shape import Dim


class Pass(NamedTuple):
    """A rewrite by name: an example of what it makes of what, what is gained, and where it is from."""

    name: str
    example: str
    gain: str
    source: str

    def __str__(self) -> str:
        return f"{self.name}: {self.example}. Gain: {self.gain}. Source: {self.source}."


class NetworkPass(NamedTuple):
    """A pass that rewrites all results together."""

    told: Pass
    apply: Callable[[list[Node], Choices], list[Node]]


class Way(NamedTuple):
    """The nodes of all results, and the names of the passes that changed them."""

    nodes: list[Node]
    passes: tuple[str, ...] = ()

    def by(self, one: NetworkPass, choices: Choices) -> Way:
        """What a pass makes of this; the same way where it changes nothing."""
        made = one.apply(self.nodes, choices)
        return self if made == self.nodes else Way(made, (*self.passes, one.told.name))


def by_all(passes: Sequence[NetworkPass], way: Way, choices: Choices) -> Way:
    """What passes make of a way, one after another."""
    for one in passes:
        way = way.by(one, choices)
    return way


# Where values exist, and how they keep their digits: in every plan.
STABLE = (
    NetworkPass(
        Pass(
            "branches",
            "step(u).*log(u) is where(u > 0, log(u), 0)",
            "values where a branch that has none is not taken",
            "Knuth, Two notes on notation (1992), of conditions as strong zeros",
        ),
        lambda nodes, choices: in_branches(nodes),
    ),
    NetworkPass(
        Pass(
            "adjugates",
            "det(X)*inv(X) is adj(X), det(X)/det(Y) is a difference of logarithms",
            "values where X is singular, and where its determinant is no double",
            "Stewart, On the adjugate matrix (1998)",
        ),
        lambda nodes, choices: by_adjugates(nodes),
    ),
    NetworkPass(
        Pass(
            "series",
            "(1 - cos(c))/c^2 is its Taylor polynomial near 0",
            "the digits that cancel there",
            "Knuth, The Art of Computer Programming 2, 4.7 (power series)",
        ),
        lambda nodes, choices: with_series(nodes),
    ),
    NetworkPass(
        Pass(
            "logarithms of sums",
            "exp(x)/sum(exp(x)) is exp(x - logsumexp(x))",
            "no overflow",
            "Blanchard, Higham and Higham, Accurately computing the log-sum-exp and softmax functions (2021)",
        ),
        lambda nodes, choices: by_logarithms(nodes),
    ),
    NetworkPass(
        Pass(
            "shifts",
            "softmax((x + c*ones(n))/2) is softmax(x/2)",
            "no sum with what cancels",
            "the exponential's functional equation",
        ),
        lambda nodes, choices: without_shifts(nodes),
    ),
    NetworkPass(
        Pass(
            "limits",
            "x*x'/norm2(x) is 0 at x = 0",
            "values where what divides vanishes more slowly than what it divides",
            "the order to which each factor vanishes",
        ),
        lambda nodes, choices: with_limits(nodes),
    ),
    NetworkPass(
        Pass(
            "hypotenuses",
            "sqrt(u.^2 + v.^2) is hypot(u, v)",
            "no square that is no double",
            "C99, hypot",
        ),
        lambda nodes, choices: by_hypotenuses(nodes),
    ),
    NetworkPass(
        Pass(
            "cross products",
            "e[i,j,k]*x[i]*y[j] is cross(x, y)",
            "no array of 27 entries, most of them zero",
            "the definition",
        ),
        lambda nodes, choices: with_cross_products(nodes),
    ),
    NetworkPass(
        Pass(
            "cumulative sums",
            "trilones(ones(n,n))*x is cumsum(x), diffmatrix(x)*x is diff(x)",
            "no matrix of n^2 entries",
            "the definition",
        ),
        lambda nodes, choices: with_sequences(nodes),
    ),
    NetworkPass(
        Pass(
            "convolutions",
            "T[k,i,j]*x[i]*y[j] is conv(x, y)",
            "no array of all triples of places; m*log(m) operations where both columns are long",
            "Cooley and Tukey (1965)",
        ),
        lambda nodes, choices: with_convolutions(nodes),
    ),
)

# Planned beside what they start from.
ALTERNATIVES = (
    NetworkPass(
        Pass(
            "common factors",
            "diag(p)*A - p*p'*A is diag(p)*(A - ones*p'*A)",
            "one product with what all terms of a sum are multiplied by",
            "the distributive law",
        ),
        lambda nodes, choices: factored(nodes),
    ),
    NetworkPass(
        Pass(
            "Woodbury",
            "inv(D + U*U')*x is D\\x - D\\U*inv(eye(k) + U'*(D\\U))*U'*(D\\x)",
            "a factorisation of size n for one of size k",
            "Woodbury, Inverting modified matrices (1950)",
        ),
        lambda nodes, choices: choices.make(lambda sizes: taken_apart(nodes, sizes) if sizes else nodes),
    ),
)

# What plans end with: what is printed keeps the sum.
LAST = (
    NetworkPass(
        Pass(
            "sums of deltas",
            "(eye(m^2) + K(m,m))*B is B, and B with its rows permuted",
            "no array of m^4 entries",
            "the distributive law",
        ),
        lambda nodes, choices: spread_over_deltas(nodes),
    ),
)


class Context(Protocol):
    """What passes of products ask of the planner."""

    rooted: set[Node]

    def parted(self, factors: list[Factor], out: Indices, sizes: Mapping[Index, Dim]) -> list[Factor]: ...


class ProductFactors(NamedTuple):
    """A product whose factors are rewritten: its node, its factors, and the sizes of its indices."""

    node: Node
    factors: list[Factor]
    out: Indices
    sizes: Mapping[Index, Dim]


class ProductPass(NamedTuple):
    """A pass that rewrites the factors of one product; some are for emission alone."""

    told: Pass
    apply: Callable[[ProductFactors, Context], list[Factor]]
    is_for_speed: bool = False


OF_PRODUCTS = (
    ProductPass(
        Pass(
            "quotients of exponentials",
            "exp(u)/exp(v) is exp(u - v)",
            "no overflow, and one exponential for two",
            "the exponential's functional equation",
        ),
        lambda product, context: quotients(product.factors),
    ),
    ProductPass(
        Pass(
            "parts",
            "A*B*x*y'*C is ((A*(B*x)))*(y'*C), and s*A*x is A*(s*x)",
            "vectors where matrices would be multiplied, and scalars on the smaller factor",
            "the matrix chain rule",
        ),
        lambda product, context: context.parted(product.factors, product.out, product.sizes),
        is_for_speed=True,
    ),
    ProductPass(
        Pass(
            "powers in parts",
            "x*x'/norm2(x)^3 is u*x'/norm2(x)^2 with u = x/norm2(x)",
            "no power that is no double",
            "Blue, A portable Fortran program to find the Euclidean norm (1978)",
        ),
        lambda product, context: powers_in_parts(product.factors, product.out),
    ),
    ProductPass(
        Pass(
            "halves",
            "A'*diag(w)*A is B'*B with B = diag(sqrt(w))*A",
            "half of the work, and a symmetric result",
            "BLAS, syrk",
        ),
        lambda product, context: by_halves(product.node, product.factors),
    ),
    ProductPass(
        Pass(
            "shared halves",
            "X'*M*X with X = A*B makes X once",
            "a product that stands twice is computed once",
            "common subexpressions",
        ),
        lambda product, context: shared_halves(product.node, product.factors),
        is_for_speed=True,
    ),
    ProductPass(
        Pass(
            "slopes of sigmoid",
            "sigmoid(u).*sigmoid(-u) is one function of u",
            "one exponential for two",
            "the slope of the logistic function",
        ),
        lambda product, context: sigmoid_slopes(product.factors),
        is_for_speed=True,
    ),
    ProductPass(
        Pass(
            "norms",
            "sqrt(x'*x) is norm2(x)",
            "no square that is no double",
            "Blue, A portable Fortran program to find the Euclidean norm (1978)",
        ),
        lambda product, context: by_norms(product.factors, context.rooted),
    ),
)

PASSES: tuple[Pass, ...] = tuple(one.told for one in (*STABLE, *ALTERNATIVES, *LAST, *OF_PRODUCTS))


def named(names: Collection[str]) -> tuple[Pass, ...]:
    """The passes of these names, in the order in which they are tried."""
    return tuple(one for one in PASSES if one.name in names)
