"""Gradients by variables whose entries are tied to each other: symmetric, triangular, orthogonal ones and others."""

from __future__ import annotations

from collections.abc import Callable

from matcalc.errors import DerivativeError, shown, suggest
from matcalc.expr import Expr, name_of
from matcalc.families import declaration, members_of
from matcalc.functions import TRILONES
from matcalc.lowering.lower import lower
from matcalc.network.build import add, contract, permute, size
from matcalc.network.leaves import number
from matcalc.network.nodes import Factor, Node
from matcalc.rational import Fraction
from matcalc.rules.functions import opaque
from matcalc.shape import ONE

_1 = Fraction(1)
_HALF = Fraction(1, 2)
CHOICES = ("ignore", "project", "free")
CURVED = ("permutation", "idempotent", "toeplitz")  # sets that are finite, of several dimensions, or by diagonals


def structured(gradient: Node, x: Expr, structure: str) -> Node:
    """The gradient by ``x``, with its structure ignored, projected on, or by the free parameters.

    Raises:
        DerivativeError: not a choice, or x has no such structure.
    """
    if structure not in CHOICES:
        raise DerivativeError(
            f"unknown structure: {shown(structure)}",
            f"known: {', '.join(CHOICES)}",
            hint=suggest(shown(structure), list(CHOICES)),
        ).about("structure")
    if structure == "ignore":
        return gradient
    if x.kind != "variable":
        raise DerivativeError(
            "a part of a variable has no structure of its own", f"this is {x}", hint='structure="ignore"'
        )
    if gradient.rank < 1:
        return gradient
    fact = structure_of(x)
    refused = [f for f in CURVED if f in x.data[1]]
    if "stochastic" in x.data[1] and fact != "stochastic" and x.shape.rows is not ONE:  # a row is what sums to one
        refused = ["stochastic", str(fact)]
    if refused:
        raise DerivativeError(
            f"the gradient along what is {' and '.join(refused)} has no formula here",
            f"so was {name_of(x)} declared",
            hint='structure="ignore": the gradient with all entries free to move',
        )
    if fact is not None:
        project, free = _RULES[fact]
        rule = project if structure == "project" else free
        if rule is None:
            raise DerivativeError(
                f"{fact} variables have no free parameters to differentiate by",
                "their set is curved, or each parameter moves all entries",
                hint='take structure="project": the gradient along the set',
            )
        return rule(gradient, lower(x).node)
    if members_of(x) is not None:
        told = f"{name_of(x)} is a family: {declaration(x)}"
        raise DerivativeError("structure is that of one matrix", told, hint='structure="ignore"')
    raise DerivativeError(
        f"{name_of(x)} has no structure to respect",
        f"its facts: {', '.join(x.data[1]) or 'none'}",
        hint='declare it: matcalc.matrix("S", "n", "n", "symmetric")',
    )


def _times(coefficient: Fraction | int, *factors: tuple[Node, str], out: str) -> Node:
    """An einsum: factors with a letter for each axis."""
    letters = dict.fromkeys("".join(text for _, text in factors))
    numbers = {letter: k for k, letter in enumerate(letters)}
    sizes = {numbers[c]: dim for node, text in factors for c, dim in zip(text, node.dims, strict=True)}
    made = [Factor(node, tuple(numbers[c] for c in text), _1) for node, text in factors]
    return contract(Fraction(coefficient), made, tuple(numbers[c] for c in out), sizes)


def _diagonal(gradient: Node, x: Node) -> Node:
    """G.*eye(n)."""
    return _times(1, (gradient, "ii"), out="ii")


def _symmetric_part(gradient: Node, x: Node) -> Node:
    """(G + G')/2."""
    return add([(_HALF, gradient), (_HALF, permute(gradient, (1, 0)))], gradient.dims)


def _symmetric_free(gradient: Node, x: Node) -> Node:
    """G + G' - G.*eye(n)."""
    return add([(_1, gradient), (_1, permute(gradient, (1, 0))), (-_1, _diagonal(gradient, x))], gradient.dims)


def _skew_part(gradient: Node, x: Node) -> Node:
    """(G - G')/2."""
    return add([(_HALF, gradient), (-_HALF, permute(gradient, (1, 0)))], gradient.dims)


def _skew_free(gradient: Node, x: Node) -> Node:
    """G - G', by the entries below the diagonal, whose mirror images move against them."""
    return add([(_1, gradient), (-_1, permute(gradient, (1, 0)))], gradient.dims)


def _lower(gradient: Node, x: Node) -> Node:
    """tril(G)."""
    mask = opaque(TRILONES, (number(_1, gradient.dims),))
    return _times(1, (mask, "ij"), (gradient, "ij"), out="ij")


def _upper(gradient: Node, x: Node) -> Node:
    """triu(G)."""
    mask = opaque(TRILONES, (number(_1, gradient.dims),))
    return _times(1, (mask, "ji"), (gradient, "ij"), out="ij")


def _along_orthogonal(gradient: Node, x: Node) -> Node:
    """(G - X*G'*X)/2, on the tangent space at X of the orthogonal matrices."""
    return add([(_HALF, gradient), (-_1, _times(_HALF, (x, "ij"), (gradient, "kj"), (x, "kl"), out="il"))], x.dims)


def _along_sphere(gradient: Node, x: Node) -> Node:
    """G - tr(X'*G)*X, across the direction of x."""
    own = "ij"[: x.rank]
    return add(
        [(_1, gradient), (-_1, _times(1, (gradient, "kl"[: x.rank]), (x, "kl"[: x.rank]), (x, own), out=own))], x.dims
    )


def _along_rows(gradient: Node, x: Node) -> Node:
    """G less the mean of each row, which leaves the sums of the rows as they are; a column of ones cannot move."""
    if x.rank < 2:
        return number(Fraction(0), x.dims)
    sizes = dict(enumerate(x.dims))
    share = contract(
        _1, [Factor(gradient, (0, 2), _1), Factor(size(x.dims[1]), (), -_1)], (0, 1), {**sizes, 2: x.dims[1]}
    )
    return add([(_1, gradient), (-_1, share)], x.dims)


def _along_hyperplane(gradient: Node, x: Node) -> Node:
    """G - mean(G), which leaves the sum of the entries as it is."""
    total = contract(_1, [Factor(gradient, tuple(range(x.rank)), _1)], (), dict(enumerate(x.dims)))
    share = contract(
        _1,
        [Factor(total, (), _1), *(Factor(size(dim), (), -_1) for dim in x.dims)],
        tuple(range(x.rank)),
        dict(enumerate(x.dims)),
    )
    return add([(_1, gradient), (-_1, share)], x.dims)


Rule = Callable[[Node, Node], Node]

# fact -> the gradient on the tangent space, and by the free parameters; the first fact of a variable counts
_RULES: dict[str, tuple[Rule, Rule | None]] = {
    "diagonal": (_diagonal, _diagonal),
    "symmetric": (_symmetric_part, _symmetric_free),
    "skew": (_skew_part, _skew_free),
    "lower": (_lower, _lower),
    "upper": (_upper, _upper),
    "orthogonal": (_along_orthogonal, None),
    "unitnorm": (_along_sphere, None),
    "sumstoone": (_along_hyperplane, None),
    "stochastic": (_along_rows, None),
}


def structure_of(x: Expr) -> str | None:
    """The fact of a variable by which its structured gradients go."""
    return next((fact for fact in _RULES if fact in x.data[1]), None)
