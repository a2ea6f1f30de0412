"""The core language: a hash-consed graph over positional axes, without orientation.

A node has ``dims``, one per axis (dimensions that are literally 1 have no axis). Kinds are closed:

``variable``     data: the Expr variable
``size``         data: a dimension symbol, as a scalar
``constant``     data: its name (pi)
``unit``         data: i; the i-th unit vector, or, for several positions, these rows of the identity
``contraction``  data: a ``Product``; a coefficient times powers of operands, summed over indices
``sum``          data: the rational coefficients of the operands
``elementwise``  data: the Function; operands of one shape
``opaque``       data: the Function; a function of matrices as wholes, with a rule
``reshape``      row-major regrouping of the axes of the operand

Nodes are made by ``build`` alone, which keeps them canonical.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import lru_cache, partial
from operator import attrgetter
from typing import Any, Literal, NamedTuple, TypeAlias, get_args
from zlib import crc32

from matcalc.expr import Expr
from matcalc.function import Kernel
from matcalc.interning import Interned
from matcalc.position import Stretch
from matcalc.rational import Fraction
from matcalc.shape import Dim
from matcalc.walk import restored, rows_of

_MINUS_TWO = 2**40 + 2

Kind: TypeAlias = Literal[
    "variable", "size", "constant", "unit", "contraction", "sum", "elementwise", "opaque", "reshape"
]
KINDS: tuple[Kind, ...] = get_args(Kind)

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


HEAVIEST = 10**9
FUNCTION_KINDS: tuple[Kind, ...] = ("elementwise", "opaque")  # of nodes that are a function of their operands


class Node:
    """A node of the network. Equal nodes are one object. ``digest`` orders nodes by structure, not by address."""

    __slots__ = (
        "__weakref__",
        "data",
        "definite",
        "digest",
        "dims",
        "kind",
        "operands",
        "rank",
        "sign",
        "transpose_sign",
        "trigger",
        "weight",
    )
    _interned: Interned[Node] = Interned()

    kind: Kind
    operands: tuple[Node, ...]
    data: Any
    dims: tuple[Dim, ...]
    rank: int
    digest: int
    weight: int
    trigger: str  # what rules for products go by: a function's name, "declared" for a variable with facts, or the kind
    transpose_sign: int | None  # cache of properties.transpose_sign
    sign: int | None  # and of what is known of the entries' sign
    definite: int | None  # and of definiteness

    def __new__(cls, kind: Kind, operands: tuple[Node, ...], data: Any, dims: tuple[Dim, ...]) -> Node:
        own = (kind, operands, data, dims)
        place = hash(own)
        others = cls._interned.under(place, ())
        for reference in others:
            known = reference()
            if known is not None and (known.kind, known.operands, known.data, known.dims) == own:
                return known
        made = object.__new__(cls)
        made.kind, made.operands, made.data, made.dims = own
        made.digest = _digest(kind, operands, data, dims)
        made.rank = len(dims)
        weight = sum(map(_weight, operands), 1)
        made.weight = weight if weight < HEAVIEST else HEAVIEST
        made.trigger = _trigger(kind, data)
        made.transpose_sign = None if len(dims) == 2 and dims[0] is dims[1] else 0
        made.sign = made.definite = None
        return made if cls._interned.add(place, made, others) else cls(kind, operands, data, dims)

    @property
    def factors(self) -> list[Factor]:
        """Of a contraction."""
        return list(map(factor_from, zip(self.operands, self.data.indices, self.data.exponents, strict=True)))

    @property
    def terms(self) -> list[tuple[Fraction, Node]]:
        """Of a sum."""
        return list(zip(self.data, self.operands, strict=True))

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


_weight, _digest_of = attrgetter("weight"), attrgetter("digest")


def _trigger(kind: Kind, data: Any) -> str:
    if kind in FUNCTION_KINDS:
        return str(data.name)
    return "declared" if kind == "variable" and data.data[1] else kind


def is_function(node: Node, function: Kernel) -> bool:
    """Whether a node is this function, elementwise or opaque, of something."""
    return node.data is function


def is_one_of(node: Node, functions: Collection[Kernel]) -> bool:
    """Whether a node is one of these functions of something."""
    return node.kind in FUNCTION_KINDS and node.data in functions


def constant_value(node: Node) -> Fraction | None:
    """The number that every entry is, where that is so by form."""
    if node.kind == "contraction" and not node.operands and len(set(node.data.out)) == node.rank:
        return Fraction(node.data.coefficient)
    return None


def _digest(kind: Kind, operands: tuple[Node, ...], data: Any, dims: tuple[Dim, ...]) -> int:
    """A hash that is the same in every process: Python hashes tuples of numbers so, but not strings."""
    if kind == "contraction":
        coefficient, indices, exponents, out, sizes = data
        code = hash((number_code(coefficient), indices, _number_codes(exponents), out, _digests(sizes)))
    else:
        code = _code(data)
    return hash((_text_code(kind), *map(_digest_of, operands), code, *_digests(dims)))


def _code(data: Any) -> int:
    if isinstance(data, Expr):  # a variable
        return _text_code(str(data.data[0]))
    if isinstance(data, str):
        return _text_code(data)
    if isinstance(data, Kernel):
        return _code(data.name) if data.abstract is None else hash((_code(data.name), _code(data.abstract.rows)))
    if isinstance(data, Dim):
        return data.digest
    if data is None:
        return 0
    if isinstance(data, int | Fraction):
        return number_code(data)
    if isinstance(data, range):
        return hash((data.start, data.stop))
    if isinstance(data, Stretch):
        return hash((data.first.digest, data.size.digest))
    return hash(tuple([_code(part) for part in data]))


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
