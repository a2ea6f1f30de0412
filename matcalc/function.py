"""The records: all that is known of one function, and of one kernel of a program.

A ``Function`` is mathematics: it has a name in formulas, a derivative and a domain. A ``Kernel`` is what a program
computes in one step, with its sources, its costs and the facts of its value; some kernels are parts of an algorithm
and no function of the table, so that they have no derivative. Every function is a kernel.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar

from matcalc.on_demand import OnDemand
from matcalc.rational import Fraction
from matcalc.records import NamedTuple, record
from matcalc.shape import Dim, Form, Shape, Signature, shape_of


class Abstract(NamedTuple):
    """That a function has no known body: its name, how often it was differentiated, and what its value is called."""

    name: str
    rows: Dim
    order: int
    result: str

    @property
    def argument(self) -> str:
        """The name of the callable in Python: f, D_f for its Jacobian, D2_f for the Jacobian of that."""
        return self.name if not self.order else f"D{self.order if self.order > 1 else ''}_{self.name}"


class Each(NamedTuple):
    """That a function is another one applied to each member of a family, along so many leading axes."""

    function: Function
    form: Form  # of its signature
    lead: int


class Interval(NamedTuple):
    """Between which numbers all entries lie, and whether these are reached."""

    low: float
    high: float
    low_reached: bool
    high_reached: bool

    @classmethod
    def read(cls, text: str) -> Interval:
        """``(0, 1]``: the round bracket stands at an end that is not reached."""
        low, high = text[1:-1].split(",")
        return cls(float(low), float(high), text[0] == "[", text[-1] == "]")

    @property
    def is_finite(self) -> bool:
        return self.high - self.low < float("inf")


@record(frozen=False)
class Kernel:
    """What a program computes in one step: its sources, its costs, and what is known of its value.

    ``signature`` is the shape rule. A source is a text with the operands in braces; helpers that it calls follow on
    further lines, and C may call those of ``emission/c/sources``. Facts have the names that variables are declared
    with. Three more may be kept: "sign" of each entry, "zero" (an entry is zero where, and only where, the operand's
    is), "order" (entries in a new order give theirs).
    """

    name: str
    signature: str
    summary: str = ""
    operands: tuple[str, ...] = ("X",)
    elementwise: bool = False  # applied to every entry; a derivative f'(u) says so, too
    fixed: tuple[tuple[str, Dim], ...] = ()  # letters of the result that no operand has
    abstract: Abstract | None = None  # a function that the caller brings
    each: Each | None = None
    # ---- sources
    numpy: str = ""
    fast: str = ""  # NumPy written for speed: of arrays that are not small, for functions of entries
    c: str = ""  # of entries, a value in {u}; else a statement, which reads {x} and {u}, of {more} entries, writes {y}
    stacks: bool = False  # NumPy's function takes stacks of matrices, and so do those of other libraries
    batch: str = ""  # NumPy for stacks, where only that takes them; {axes} are those of a member: -1, or (-2, -1)
    by_rows: bool = False  # each row of the result depends on the same row of the operands alone
    # ---- costs, in the letters of the signature
    flops: str = ""
    multiplications: str = ""  # half of the flops where nothing is said
    source: str = ""  # the book or the paper
    # ---- the value, whatever the operand is
    range: str = ""  # of each entry: "(0, 1]"
    gives: tuple[str, ...] = ()  # facts of the value
    # ---- the value, by the operand
    keeps: tuple[str, ...] = ()  # facts of the operand that are the value's; one makes another: "posdef -> positive"
    transposes: str = ""  # "moves": f(X') = f(X)'; "invariant": f(X') = f(X)
    parity: str = ""  # "odd": f(-u) = -f(u); "even": f(-u) = f(u)
    at_zero: int | Fraction | None = None  # of a function of entries
    at_one: int | Fraction | None = None
    near_zero: str = ""  # of a function of entries, a formula that has the same Taylor series at 0
    of_scalar: str = ""  # formulas in the operands: of 1×1 matrices,
    of_diagonal: str = ""  # of the column on the diagonal of a diagonal matrix, which serves scalars as well,
    of_column: str = ""  # of a single column, where that is not the function of a matrix with one axis less,
    of_row: str = ""  # and of a single row, where that differs
    # ---- what follows from these
    shape: Signature = None  # type: ignore[assignment]
    is_mask: bool = False  # the size n of the operand is all that counts
    is_indicator: bool = False  # 1 where something holds, else 0: a product with it is 0 there, whatever it is of
    interval: Interval | None = None
    needs: dict[str, str] = None  # type: ignore[assignment]  # fact of the value -> the operand's that ensures it
    vanishes: bool = False  # |f(u)| ≤ c·|u| where u is small
    fields: ClassVar[tuple[str, ...]]  # the names of all of these

    def __post_init__(self) -> None:
        self.shape = Signature(self.signature)
        self.is_mask = "{n}" in self.numpy
        if self.range:
            self.interval = Interval.read(self.range)
            if self.interval.low >= 0:
                is_positive = self.interval.low > 0 or not self.interval.low_reached
                self.gives = tuple(dict.fromkeys((*self.gives, *(_POSITIVE if is_positive else _POSITIVE[1:]))))
        self.needs = dict(_needed(fact) for kept in self.keeps for fact in _STANDS_FOR.get(kept, (kept,)))
        of_matrices = any("1" not in form.split("->")[1] for form in self.signature.split("|"))
        if self.transposes == "moves" and of_matrices:  # f(X)' = f(X') = f(X)
            self.needs["symmetric"] = "symmetric"

    def result(self, shapes: tuple[tuple[Dim, Dim], ...]) -> Shape | None:
        """The shape of the value at operands of these shapes; None where the function takes no such operands."""
        return _result(self, shapes)

    @property
    def stacked(self) -> str:
        """NumPy for stacks; nothing where its functions take none."""
        return self.batch or (self.numpy if self.stacks else "")

    def __repr__(self) -> str:
        return f"<{type(self).__name__.lower()} {self.name}>"


_POSITIVE = ("positive", "nonneg")
_STANDS_FOR = {"sign": ("positive", "nonneg", "zero")}


def _needed(text: str) -> tuple[str, str]:
    """The fact of a value, and the fact of the operand that ensures it: of "posdef -> positive", or of one fact."""
    given, _, made = text.partition(" -> ")
    return made or given, given


def entrywise(name: str, arity: int = 1, **known: Any) -> Kernel:
    """A kernel that is applied to every entry of u, or to those of u and v, or of u, v and w."""
    signature = ",".join(["(m,n)"] * arity) + "->(m,n)"
    return Kernel(name, signature, operands=("u", "v", "w")[:arity], elementwise=True, **known)


@record(frozen=False)
class Function(Kernel):
    """All that matcalc knows of a function; the law tests, the parser, the printers and the emitters loop over these.

    At most one of the following says what the function is: ``contracts`` (the signature, read as an einsum, is the
    function), ``definition`` (a formula in the operands), ``derivative`` (elementwise: f'(u), one for each operand,
    with semicolons), or ``differential`` (linear in ``dX``, as the book writes it).
    """

    contracts: bool = False
    definition: str = ""
    derivative: str = ""
    differential: str = ""
    domain: str = "real"  # where tests take their samples
    defined: str = ""  # where it is defined and differentiable: "u > 0", of several conditions each after a semicolon
    precise: str | Callable[..., Any] = ""  # with many digits, by ``functions.precise`` and mpmath: "log(1 + u)"
    pieces: str = ""  # what tells its pieces apart: "sign" of each entry, the "largest", "row smallest" …, "rank"
    kink: str = ""  # where its pieces meet: zeros of this formula; nothing: of its operand
    pair: str = ""  # the function that the name stands for where there are two arguments
    states: bool = False  # its value is whether something holds, and no number
    asks: int = 0  # how many of its first operands are whether something holds
    infix: str = ""  # how it is written between its operands, or before it, for reading
    branches: tuple[str, ...] = ()  # of pieces by sign: what it is where u > 0, and where u < 0
    latex: str = ""  # its name; or, with an operand in braces, the whole (of scalars, for functions of entries)
    aliases: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self.elementwise = self.elementwise or bool(self.derivative)
        Kernel.__post_init__(self)
        is_smooth = self.derivative != FLAT and self.defined not in ("u > 0", "u ≠ 0")
        self.vanishes = self.elementwise and self.at_zero == 0 and is_smooth

    def __call__(self, *operands: Any) -> Any:
        return ABOVE["apply"](PAIRED[self.pair] if self.pair and len(operands) == 2 else self, *operands)


class _Told:
    """An attribute that differs for records and for their class, told when it is asked for."""

    def __init__(self, tell: Callable[[Function], Any], of_class: Callable[[], Any]) -> None:
        self.tell, self.of_class = tell, of_class

    def __get__(self, record: Function | None, owner: type) -> Any:
        return self.of_class() if record is None else self.tell(record)


# What layers above do with a function: apply it to formulas, and describe it, as Python's ``help`` and notebooks show
# it: all that its record says, in words.
ABOVE: OnDemand[Callable[..., Any]] = OnDemand(apply="operators", describe="showing.functions")
_ABOUT = Function.__doc__
Function.__doc__ = _Told(lambda record: str(ABOVE["describe"](record)), lambda: _ABOUT)  # type: ignore[assignment]
Function.__signature__ = _Told(lambda record: _parameters(record), lambda: _fields())  # type: ignore[attr-defined]


def _parameters(record: Function) -> Any:
    """The operands, for positions alone; where the shapes allow fewer, the last may be left out."""
    from inspect import Parameter
    from inspect import Signature as Parameters

    counts = [len(form.operands) for form in record.shape.forms]
    fewest = 1 if record.pair else min(counts)
    names = (*record.operands, "other")[: max(counts)] if not record.pair else ("u", "v")
    kinds = [
        Parameter(name, Parameter.POSITIONAL_ONLY, default=None if k >= fewest else Parameter.empty)
        for k, name in enumerate(names)
    ]
    return Parameters(kinds)


def _fields() -> Any:
    """The fields of a record, as the class takes them."""
    from inspect import Parameter
    from inspect import Signature as Parameters

    kind = Parameter.POSITIONAL_OR_KEYWORD
    return Parameters(
        [Parameter(name, kind, default=getattr(Function, name, Parameter.empty)) for name in Function.fields]
    )


FLAT = "0*u"  # the derivative of what jumps, and is constant elsewhere

PAIRED: dict[str, Function] = {}  # what ``pair`` names, which the table enters

CONDITIONS: dict[str, Function] = {}  # comparisons and what joins them, by their signs: Python's operators make them


@lru_cache(4096)
def _result(function: Kernel, shapes: tuple[tuple[Dim, Dim], ...]) -> Shape | None:
    fit = function.shape.match(shapes)
    return None if fit is None else shape_of(fit[0].result, {**fit[1], **dict(function.fixed)})
