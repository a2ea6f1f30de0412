"""The core language: a hash-consed graph over positional axes, without orientation.

A node has ``dims``, one per axis (dimensions that are literally 1 have no axis). Kinds are closed:

``variable``     ``variable``: the Expr that it is
``size``         ``dimension``: a symbol, as a scalar
``constant``     ``constant``: its name (pi)
``unit``         ``place``: i; the i-th unit vector, or, for several positions, these rows of the identity
``contraction``  ``product``: a coefficient times powers of operands, summed over indices
``sum``          ``coefficients``: rational numbers, one for each operand
``elementwise``  ``function``: its record; operands of one shape
``opaque``       ``function``: its record; a function of matrices as wholes, with a rule
``reshape``      row-major regrouping of the axes of the operand

The second column is the node's payload: each kind has its own, with its own type. Nodes are made by ``build`` alone,
which keeps them canonical.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache, partial
from operator import attrgetter
from typing import Any, Generic, Literal, TypeAlias, TypedDict, TypeVar, get_args, overload
from zlib import crc32

from matcalc.expr import Expr, name_of
from matcalc.function import Function, Kernel
from matcalc.interning import Interned
from matcalc.position import Several, Single, Stretch, first_of, size_of
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.shape import Dim
from matcalc.walk import restored, rows_of

_MINUS_TWO = 2**40 + 2

Kind: TypeAlias = Literal[
    "variable", "size", "constant", "unit", "contraction", "sum", "elementwise", "opaque", "reshape"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
T = TypeVar("T")


class ByKind(TypedDict, Generic[T]):
    """A table with an entry for each kind, such as what an operation does with nodes of it; mypy finds it complete."""

    variable: T
    size: T
    constant: T
    unit: T
    contraction: T
    sum: T
    elementwise: T
    opaque: T
    reshape: T


Index = int
Indices = tuple[Index, ...]


class Product(NamedTuple):
    """What a contraction does: coefficient · Π operand[indices]^exponent, summed over indices that are not in ``out``.

    Indices count from 0: those of ``out`` first. An index of ``out`` on no operand is free (a matrix of ones);
    one that stands twice in ``out`` is a Kronecker delta.
    """

    coefficient: Fraction
    indices: tuple[Indices, ...]
    exponents: tuple[Fraction, ...]
    out: Indices
    sizes: tuple[Dim, ...]


class Factor(NamedTuple):
    node: Node
    indices: Indices
    exponent: Fraction


# Factor(*f) and Product(*p), as fast as a tuple is made
factor_from: Callable[[tuple[Any, ...]], Factor] = partial(tuple.__new__, Factor)
product_from: Callable[[tuple[Any, ...]], Product] = partial(tuple.__new__, Product)


Nodes: TypeAlias = "tuple[Node, ...]"
Dims: TypeAlias = tuple[Dim, ...]
Payload: TypeAlias = Expr | Dim | str | int | range | Stretch | Product | tuple[Fraction, ...] | Kernel | None

HEAVIEST = 10**9
FUNCTION_KINDS: tuple[Kind, ...] = ("elementwise", "opaque")  # of nodes that are a function of their operands


# The attribute that a node of each kind has its payload in; it has none of the others.
PAYLOADS: ByKind[str] = {
    "variable": "variable",
    "size": "dimension",
    "constant": "constant",
    "unit": "place",
    "contraction": "product",
    "sum": "coefficients",
    "elementwise": "function",
    "opaque": "function",
    "reshape": "data",
}


class Node:
    """A node of the network. Equal nodes are one object. ``digest`` orders nodes by structure, not by address.

    ``data`` is the payload, whatever the kind is. To read that of another kind than the node's is an AttributeError.
    """

    __slots__ = (
        "__weakref__",
        "coefficients",
        "constant",
        "data",
        "definite",
        "digest",
        "dimension",
        "dims",
        "function",
        "has_members",
        "kind",
        "operands",
        "place",
        "product",
        "rank",
        "sign",
        "transpose_sign",
        "trigger",
        "variable",
        "weight",
    )
    _interned: Interned[Node] = Interned()

    kind: Kind
    operands: tuple[Node, ...]
    data: Payload
    dims: tuple[Dim, ...]
    variable: Expr
    dimension: Dim
    constant: str
    place: Single | Several
    product: Product
    coefficients: tuple[Fraction, ...]
    function: Kernel
    rank: int
    digest: int
    weight: int
    has_members: bool  # whether there are arrays of a family's members in it, or functions of each of them
    trigger: str  # what rules for products go by: a function's name, "declared" for a variable with facts, or the kind
    transpose_sign: int | None  # cache of properties.transpose_sign
    sign: int | None  # and of what is known of the entries' sign
    definite: int | None  # and of definiteness

    @overload
    def __new__(cls, kind: Literal["variable"], operands: Nodes, data: Expr, dims: Dims) -> Node: ...
    @overload
    def __new__(cls, kind: Literal["size"], operands: Nodes, data: Dim, dims: Dims) -> Node: ...
    @overload
    def __new__(cls, kind: Literal["constant"], operands: Nodes, data: str, dims: Dims) -> Node: ...
    @overload
    def __new__(cls, kind: Literal["unit"], operands: Nodes, data: Single | Several, dims: Dims) -> Node: ...
    @overload
    def __new__(cls, kind: Literal["contraction"], operands: Nodes, data: Product, dims: Dims) -> Node: ...
    @overload
    def __new__(cls, kind: Literal["sum"], operands: Nodes, data: tuple[Fraction, ...], dims: Dims) -> Node: ...
    @overload
    def __new__(cls, kind: Literal["elementwise", "opaque"], operands: Nodes, data: Kernel, dims: Dims) -> Node: ...
    @overload
    def __new__(cls, kind: Literal["reshape"], operands: Nodes, data: None, dims: Dims) -> Node: ...
    def __new__(cls, kind: Kind, operands: Nodes, data: Payload, dims: Dims) -> Node:
        own = (kind, operands, data, dims)
        place = hash(own)
        others = cls._interned.under(place, ())
        for reference in others:
            known = reference()
            if known is not None and (known.kind, known.operands, known.data, known.dims) == own:
                return known
        made = object.__new__(cls)
        made.kind, made.operands, made.data, made.dims = own
        setattr(made, PAYLOADS[kind], data)
        made.digest = _digest(made)
        made.rank = len(dims)
        weight = sum(map(_weight, operands), 1)
        made.weight = weight if weight < HEAVIEST else HEAVIEST
        made.has_members = True in map(_has_members, operands) or _is_of_members(made)
        made.trigger = _trigger(made)
        made.transpose_sign = None if len(dims) in (2, 3) and dims[0] is dims[1] is dims[-1] else 0
        made.sign = made.definite = None
        return made if cls._interned.add(place, made, others) else cls(kind, operands, data, dims)  # type: ignore[arg-type]

    @property
    def record(self) -> Function:
        """Of a function that is mathematics, as all are before programs are made."""
        assert isinstance(self.function, Function)
        return self.function

    @property
    def factors(self) -> list[Factor]:
        """Of a contraction."""
        return list(map(factor_from, zip(self.operands, self.product.indices, self.product.exponents, strict=True)))

    @property
    def terms(self) -> list[tuple[Fraction, Node]]:
        """Of a sum."""
        return list(zip(self.coefficients, self.operands, strict=True))

    def order(self) -> tuple[int, int]:
        return self.weight, self.digest

    def __reduce__(self) -> tuple[Any, ...]:
        return restored, (Node, rows_of(self, attrgetter("kind", "data", "dims")))

    def __copy__(self) -> Node:
        return self

    def __deepcopy__(self, memo: object) -> Node:
        return self

    def __repr__(self) -> str:
        return f"<{self.kind} {'×'.join(map(str, self.dims))}>"


_weight, _digest_of, _has_members = attrgetter("weight"), attrgetter("digest"), attrgetter("has_members")


def _is_of_members(node: Node) -> bool:
    """Whether a node is an array of all members of a family itself, or a function of each."""
    if node.kind == "variable":
        return node.rank > 2
    return node.kind == "opaque" and node.function.each is not None


def _trigger(node: Node) -> str:
    if node.kind in FUNCTION_KINDS:
        return node.function.name
    return "declared" if node.kind == "variable" and node.variable.data[1] else node.kind


def is_function(node: Node, function: Kernel) -> bool:
    """Whether a node is this function, elementwise or opaque, of something."""
    return node.data is function


def is_one_of(node: Node, functions: Collection[Kernel]) -> bool:
    """Whether a node is one of these functions of something."""
    return node.kind in FUNCTION_KINDS and node.function in functions


def is_indicator(node: Node) -> bool:
    """Whether a node is 1 where a condition holds, else 0."""
    return node.kind == "elementwise" and node.function.is_indicator


def has_conditions(node: Node) -> bool:
    """Whether a node is a product with a condition, which is 0 where that does not hold, whatever the others are."""
    return node.kind == "contraction" and any(
        exponent > 0 and is_indicator(operand)
        for operand, exponent in zip(node.operands, node.product.exponents, strict=True)
    )


def constant_value(node: Node) -> Fraction | None:
    """The number that every entry is, where that is so by form."""
    if node.kind == "contraction" and not node.operands and len(set(node.product.out)) == node.rank:
        return Fraction(node.product.coefficient)
    return None


def _digest(node: Node) -> int:
    """A hash that is the same in every process: Python hashes tuples of numbers so, but not strings."""
    code = _CODES[node.kind](node)
    return hash((_text_code(node.kind), *map(_digest_of, node.operands), code, *_digests(node.dims)))


def _code_of_unit(node: Node) -> int:
    at = node.place
    if isinstance(at, Dim | Stretch):
        return hash((first_of(at).digest, size_of(at).digest))
    return hash((at.start, at.stop)) if isinstance(at, range) else number_code(at)


def _code_of_product(node: Node) -> int:
    coefficient, indices, exponents, out, sizes = node.product
    return hash((number_code(coefficient), indices, _number_codes(exponents), out, _digests(sizes)))


def _code_of_function(node: Node) -> int:
    name, abstract = _text_code(node.function.name), node.function.abstract
    return name if abstract is None else hash((name, abstract.rows.digest))


@lru_cache(4096)
def _text_code(text: str) -> int:
    return crc32(text.encode()) + len(text)


@lru_cache(4096)
def _digests(dims: tuple[Dim, ...]) -> tuple[int, ...]:
    return tuple(dim.digest for dim in dims)


@lru_cache(4096)
def _number_codes(values: tuple[Fraction, ...]) -> tuple[int, ...]:
    return tuple(map(number_code, values))


@lru_cache(4096)
def number_code(value: Fraction | int) -> int:
    """A hash of a number; Python's own is the same for -1 and -2."""
    code = hash(value)
    return _MINUS_TWO if code == -2 and value == -2 else code


_CODES: ByKind[Callable[[Node], int]] = {
    "variable": lambda node: _text_code(name_of(node.variable)),
    "size": lambda node: node.dimension.digest,
    "constant": lambda node: _text_code(node.constant),
    "unit": _code_of_unit,
    "contraction": _code_of_product,
    "sum": lambda node: hash(_number_codes(node.coefficients)),
    "elementwise": _code_of_function,
    "opaque": _code_of_function,
    "reshape": lambda node: 0,
}
