"""What a function of several results is to look like: the options of emission."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from matcalc.emission.names import Names
from matcalc.emission.sparse import Sparse
from matcalc.errors import MatcalcError, shown, suggest
from matcalc.expr import Expr, name_of, transpose, variable
from matcalc.parts import variables
from matcalc.records import NamedTuple
from matcalc.shape import ONE

STYLES = ("readable", "fast")
DTYPES = ("float64", "float32")


class Operator(NamedTuple):
    """A matrix that is given as a linear operator: the vectors that its products and those of its transpose are with.

    ``matvec`` and ``rmatvec`` are what the results are called that are these products.
    """

    matrix: Expr
    vector: Expr
    covector: Expr
    matvec: str
    rmatvec: str


@dataclass(eq=False, repr=False)
class Options:
    """``style``, ``dtype`` and ``batch`` are told by :func:`matcalc.emit`.

    With ``products`` the Jacobians of functions without a known body are given by jvp_f(x, v) and vjp_f(x, u): products
    with matrices are made column by column, and one that is needed itself by products with the identity. Without
    ``check`` arguments are taken to be float arrays of the declared shapes. A ``guarded`` function refuses to invert
    what is singular up to rounding. ``sizes`` are those of the dimension symbols, where they are known: they decide
    what is written in blocks, not what is computed. ``operators`` are results that are given as linear operators,
    ``tensors`` those that are given with all axes of their nodes, ``sparse`` those given as sparse matrices.
    ``data`` are the arguments that are sparse arrays. ``samples`` is the dimension that counts samples.

    Raises:
        MatcalcError: a style or a dtype is unknown.
    """

    style: str = "readable"
    dtype: str = "float64"
    check: bool = True
    batch: bool = False
    products: bool = False
    guarded: bool = False
    sizes: Mapping[str, int] | None = None
    operators: Mapping[str, Operator] = field(default_factory=dict)
    tensors: Collection[str] = ()
    sparse: Mapping[str, Sparse] = field(default_factory=dict)
    data: Collection[str] = ()
    samples: str = ""

    def __post_init__(self) -> None:
        if self.style not in STYLES:
            raise MatcalcError(f"unknown style: {shown(self.style)}", f"known: {', '.join(STYLES)}").about("style")
        check_dtype(self.dtype)
        if self.data and self.style != "readable":
            raise MatcalcError("sparse data is computed with in the readable style", hint='without style="fast"')
        if self.batch and (self.operators or self.products or self.sparse or self.data):
            raise MatcalcError("operators, products and sparse results are no batches", hint="without batch=True")

    @property
    def typed(self) -> str:
        """The argument that makes a new array one of this dtype."""
        return "" if self.dtype == "float64" else f", dtype=np.{self.dtype}"

    def of_dtype(self, source: str) -> str:
        """A source that calls LAPACK and BLAS in double precision, for this dtype."""
        return source if self.dtype == "float64" else source.replace("lapack.d", "lapack.s").replace("blas.d", "blas.s")


def check_dtype(dtype: str) -> None:
    """Refuses an unknown dtype; an empty one is that of the arguments, or double precision.

    Raises:
        MatcalcError: it is not known.
    """
    if dtype and dtype not in DTYPES:
        raise MatcalcError(f"unknown dtype: {shown(dtype)}", f"known: {', '.join(DTYPES)}").about("dtype")


def first_arguments(asked: Sequence[Expr | str], results: Mapping[str, Expr]) -> list[Expr]:
    """Variables, or those of the results that have these names.

    Raises:
        MatcalcError: no result has such a variable.
    """
    known = {name_of(v): v for f in results.values() for v in variables(f)}
    if stranger := next((x for x in asked if isinstance(x, str) and x not in known), ""):
        told = f"their variables: {', '.join(sorted(known))}"
        hint = suggest(stranger, [*known])
        raise MatcalcError(f"no result has a variable {shown(stranger)}", told, hint=hint).about("arguments")
    return [known[x] if isinstance(x, str) else x for x in asked]


def with_operators(results: Mapping[str, Expr], names: Sequence[str]) -> tuple[dict[str, Expr], dict[str, Operator]]:
    """The results with the products of operators in place of these, and the operators.

    Raises:
        MatcalcError: an operator is no result, or no matrix.
    """
    found: dict[str, Expr] = {}
    operators: dict[str, Operator] = {}
    unknown = [name for name in names if name not in results]
    own = Names({*results, *(name_of(v) for v in variables(*results.values()))}, str)
    if unknown:
        raise MatcalcError(f"there is no result {unknown[0]}", f"results: {', '.join(results)}")
    for name, expr in results.items():
        if name not in names:
            found[name] = expr
            continue
        rows, cols = expr.shape
        if rows is ONE or cols is ONE:
            raise MatcalcError(f"{name} is {expr.shape}: an operator is a matrix")
        vector, covector = (variable(own.new(f"{name}_{part}"), side, 1) for part, side in (("v", cols), ("u", rows)))
        operators[name] = Operator(expr, vector, covector, own.new(f"{name}_matvec"), own.new(f"{name}_rmatvec"))
        found[operators[name].matvec] = expr @ vector
        found[operators[name].rmatvec] = transpose(expr) @ covector
    return found, operators


PLAIN = Options()
GUARDED = Options(guarded=True)
