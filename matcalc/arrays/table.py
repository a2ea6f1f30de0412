"""The functions of NumPy and SciPy that have a meaning as formulas, by their full names; methods and attributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matcalc.arrays import algebra, layout, patterns, places, products, reductions
from matcalc.arrays.array import ATTRIBUTES, CALLED, METHODS, Array, as_array, called, function
from matcalc.arrays.entrywise import by_name, clip, entrywise, filled, logaddexp, maximum, minimum, where, xlogy
from matcalc.arrays.operators import OPERATORS
from matcalc.arrays.python_numbers import of_numbers
from matcalc.arrays.sizes import dimensions, sized
from matcalc.arrays.steps import flipped
from matcalc.errors import UnsupportedError, shown, suggest
from matcalc.expr import PI, Expr, as_expr, call, eye, ones, zeros
from matcalc.function import CONDITIONS
from matcalc.rational import Fraction
from matcalc.shape import ONE, Dim, product

Call = Callable[..., Any]
_HALF = as_expr(Fraction(1, 2))
_MOST_ENTRIES = 200


def _e(formula: Callable[..., Expr]) -> Call:
    """A formula of one operand or several, entry by entry."""
    count = formula.__code__.co_argcount
    if count == 1:
        return lambda x, /: entrywise(formula, x)
    if count == 2:
        return lambda x, y, /: entrywise(formula, x, y)
    return lambda x, y, z, /: entrywise(formula, x, y, z)


def _f(name: str) -> Callable[..., Expr]:
    return lambda *exprs: function(name, *exprs)


exp, log, sqrt, lgamma, digamma = map(_f, ("exp", "log", "sqrt", "lgamma", "digamma"))
erf, normcdf = _f("erf"), _f("normcdf")


def _same(x: object, *_: object, **__: object) -> Array:
    return as_array(x)


def _copy(x: object) -> Array:
    array = as_array(x)
    return Array(array.expr, array.dims, array.lead, is_whole=array.is_whole)


def _as_type(x: object, dtype: object = None) -> Array:
    if dtype not in ("float", "float64", "numpy.float64", "numpy.float_", "numpy.double", "builtins.float", float):
        raise UnsupportedError("only float is read as a type", hint=".astype(float)")
    copy = _copy(x)
    copy.is_whole = False
    return copy


def _made(kind: str) -> Call:
    def make(shape: object, dtype: object = None) -> Array:
        made = patterns.constant_array(kind, shape)
        made.is_whole = is_integer_type(dtype)
        return made

    return make


def _empty(shape: object, dtype: object = None) -> Array:
    """np.empty, whose entries have no values until they are written."""
    made: Array = _made("zeros")(shape, dtype)
    made.written = ()
    return made


def _empty_like(a: object, dtype: object = None) -> Array:
    made: Array = _like("zeros")(a, dtype)
    made.written = ()
    return made


def is_integer_type(dtype: object) -> bool:
    """Whether a type holds integers; others than float are refused."""
    text = str(getattr(dtype, "name", dtype)).removeprefix("builtins.").removeprefix("numpy.")
    if dtype is None or text in ("float", "float64", "float_", "double") or dtype is float:
        return False
    if text.startswith(("int", "uint")) or dtype is int:
        return True
    raise UnsupportedError(f"this type of entries is not read: {shown(dtype)}")


def _like(kind: str) -> Call:
    def make(a: object, dtype: object = None) -> Array:
        array = as_array(a)
        made = patterns.constant_array(kind, tuple(map(sized, array.dims)))
        made.is_whole = array.is_whole if dtype is None else is_integer_type(dtype)
        return made

    return make


def _positive_gamma(u: Expr) -> Expr:
    return exp(lgamma(u))


def _polygamma(n: object, x: object) -> Array:
    if n not in (0, 1):
        raise UnsupportedError("of polygamma, orders 0 and 1 are known")
    return by_name("trigamma" if n == 1 else "digamma")(x)


def _huber(delta: object, r: object, /) -> Array:
    return entrywise(lambda d, u: function("huber", u, d), delta, r)


def _heaviside(x: object, at_zero: object, /) -> Array:
    names = {0: "step", 1: "nonnegative"}
    if isinstance(at_zero, Array) or at_zero not in (0, 1, Fraction(1, 2)):
        raise UnsupportedError("np.heaviside is read with 0, 0.5 or 1 at 0")
    if at_zero in (0, 1):
        sign = ">" if names[int(at_zero)] == "step" else ">="
        return where(entrywise(lambda u: CONDITIONS_CALL(CONDITIONS[sign], u), x), 1, 0)
    return OPERATORS["/"](OPERATORS["+"](by_name("sign")(x), 1), 2)  # type: ignore[no-any-return]


def CONDITIONS_CALL(record: Any, u: Expr) -> Expr:
    return call(record, u, as_expr(0))


def _any(a: object, /) -> Array:
    """Whether a condition holds of any entry, as a condition."""
    return OPERATORS[">"](reductions.SUM(where(as_array(a), 1, 0)), 0)  # type: ignore[no-any-return]


def _all(a: object, /) -> Array:
    return OPERATORS["=="](reductions.SUM(where(as_array(a), 0, 1)), 0)  # type: ignore[no-any-return]


def _guard(name: str, answer: bool) -> Call:
    """isfinite and isnan of a number: a formula is of where it has a value."""

    def answered(x: object, /) -> bool:
        if not isinstance(x, float) and as_array(x).ndim:
            hint = "a formula does not know nan; np.where(M > 0, X, 0) of a mask"
            raise UnsupportedError(f"np.{name} is read of numbers, as a guard", hint=hint)
        return answer

    return answered


def _norm_logpdf(x: object, loc: object = 0, scale: object = 1) -> Array:
    z = OPERATORS["/"](OPERATORS["-"](x, loc), scale)
    half = OPERATORS["*"](Fraction(-1, 2), OPERATORS["*"](z, z))
    return OPERATORS["-"](OPERATORS["-"](half, by_name("log")(scale)), Array(_HALF * log(PI * 2), ()))  # type: ignore[no-any-return]


_REDUCED = {"add": "sum", "multiply": "prod", "maximum": "max", "minimum": "min", "logaddexp": "logsumexp"}


def _reducing(name: str) -> Call:
    """np.add.reduce and the like, along the first axis unless another is named."""

    def of_axis(array: object, /, axis: object = 0, *, keepdims: object = False) -> Array:
        return reductions.reduced(name, array, axis, keepdims)

    return of_axis


_ENTRYWISE: dict[str, Call] = {
    **{name: by_name(name) for name in (
        "exp", "log", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "tanh", "sinh", "cosh", "abs", "sign",
        "log1p", "expm1", "sqrt",
    )},
    "absolute": by_name("abs"), "fabs": by_name("abs"), "asin": by_name("arcsin"), "acos": by_name("arccos"),
    "atan": by_name("arctan"), "square": _e(lambda u: u * u), "reciprocal": _e(lambda u: as_expr(1) / u),
    "exp2": _e(lambda u: as_expr(2) ** u), "log2": _e(lambda u: log(u) / log(as_expr(2))),
    "log10": _e(lambda u: log(u) / log(as_expr(10))), "sinc": _e(lambda u: function("sinc", PI * u)),
    "arcsinh": _e(lambda u: log(u + sqrt(u * u + 1))), "arccosh": _e(lambda u: log(u + sqrt(u * u - 1))),
    "arctanh": _e(lambda u: log((as_expr(1) + u) / (as_expr(1) - u)) / 2),
    "deg2rad": _e(lambda u: u * PI / 180), "radians": _e(lambda u: u * PI / 180),
    "rad2deg": _e(lambda u: u * 180 / PI), "degrees": _e(lambda u: u * 180 / PI),
    "negative": lambda x, /: OPERATORS["*"](-1, x), "positive": _same, "conjugate": _same, "conj": _same,
}  # fmt: skip

_PAIRS: dict[str, Call] = {
    "add": OPERATORS["+"], "subtract": OPERATORS["-"], "multiply": OPERATORS["*"], "divide": OPERATORS["/"],
    "true_divide": OPERATORS["/"], "power": OPERATORS["**"], "float_power": OPERATORS["**"], "pow": OPERATORS["**"],
    "maximum": maximum, "fmax": maximum, "minimum": minimum, "fmin": minimum, "logaddexp": logaddexp,
    "hypot": _e(lambda u, v: sqrt(u * u + v * v)), "heaviside": _heaviside,
    "greater": OPERATORS[">"], "less": OPERATORS["<"], "greater_equal": OPERATORS[">="],
    "less_equal": OPERATORS["<="], "equal": OPERATORS["=="], "not_equal": OPERATORS["!="],
    "logical_and": OPERATORS["and"], "logical_or": OPERATORS["or"], "logical_not": OPERATORS["not"],
    "bitwise_and": OPERATORS["&"], "bitwise_or": OPERATORS["|"], "invert": OPERATORS["~"], "where": where,
    **{f"{name}.outer": products.outer_of(name) for name in ("add", "subtract", "multiply", "divide")},
    **{f"{name}.reduce": _reducing(reduce) for name, reduce in _REDUCED.items()},
    "add.accumulate": lambda array, /, axis=0: reductions.cumsum(array, axis),
}  # fmt: skip

_ARRAYS: dict[str, Call] = {
    "sum": reductions.SUM, "prod": reductions.PROD, "max": reductions.MAX, "amax": reductions.MAX,
    "min": reductions.MIN, "amin": reductions.MIN, "mean": reductions.mean, "var": reductions.var,
    "std": reductions.std, "ptp": reductions.ptp, "average": reductions.average, "cumsum": reductions.cumsum,
    "diff": reductions.diff, "any": _any, "all": _all,
    "count_nonzero": lambda a, /: reductions.SUM(OPERATORS["!="](a, 0)), "arange": reductions.arange,
    "dot": products.dot, "matmul": products.matmul, "inner": products.inner, "outer": products.outer,
    "vdot": products.vdot, "kron": products.kron, "einsum": products.einsum, "tensordot": products.tensordot,
    "cross": products.cross, "vecdot": lambda a, b, /: reductions.SUM(OPERATORS["*"](a, b), -1),
    "transpose": layout.transposed, "swapaxes": layout.swapaxes, "expand_dims": layout.expand_dims,
    "squeeze": layout.squeeze, "ravel": layout.ravel, "reshape": layout.reshape, "atleast_2d": layout.at_least_2d,
    "atleast_1d": layout.at_least_1d, "concatenate": layout.concatenate, "concat": layout.concatenate,
    "append": layout.append, "insert": places.insert, "flip": flipped, "flipud": lambda m, /: flipped(m, 0),
    "fliplr": lambda m, /: flipped(m, 1), "roll": patterns.rolled, "convolve": products.convolve,
    "stack": layout.stack, "vstack": layout.vstack, "row_stack": layout.vstack, "hstack": layout.hstack,
    "column_stack": layout.column_stack, "block": layout.block_matrix, "array": layout.array,
    "asarray": _same, "asanyarray": _same, "ascontiguousarray": _same, "copy": _copy, "real": _same,
    "diag": patterns.diag, "diagonal": patterns.diagonal, "trace": patterns.trace,
    "tril": patterns.triangle("tril", "stril", -1), "triu": patterns.triangle("triu", "striu", 1),
    "eye": patterns.identity, "identity": patterns.identity, "zeros": _made("zeros"), "ones": _made("ones"),
    "zeros_like": _like("zeros"), "ones_like": _like("ones"), "empty": _empty, "empty_like": _empty_like,
    "full": lambda shape, fill_value: patterns.full(shape, fill_value),
    "full_like": patterns.full_like,
    "broadcast_to": lambda array, shape: filled(as_array(array), dimensions(shape)),
    "tile": patterns.tiled, "repeat": patterns.repeat, "clip": clip, "shape": layout.shape,
    "size": lambda a: sized(product(as_array(a).dims)), "ndim": lambda a: as_array(a).ndim,
    "cov": algebra.covariance,
    "tri": lambda N: patterns.triangle("tril", "stril", -1)(patterns.constant_array("ones", (N, N))),
    "float64": lambda x: as_array(x), "matrix_transpose": lambda x, /: layout.transposed(x),
}  # fmt: skip

_BOTH: dict[str, Call] = {
    "inv": algebra.of_square("inv"), "pinv": algebra.pinv, "det": algebra.det, "solve": algebra.solve,
    "norm": reductions.norm, "lstsq": algebra.lstsq, "eigvalsh": algebra.eigvalsh, "eigh": algebra.eigh,
    "eigvals": algebra.eigvals, "svd": algebra.svd, "svdvals": algebra.svdvals,
}  # fmt: skip

_NUMPY_LINALG: dict[str, Call] = {
    **_BOTH, "slogdet": algebra.slogdet, "cholesky": algebra.cholesky, "multi_dot": products.multi_dot,
    "matrix_power": products.matrix_power, "trace": patterns.trace, "outer": products.outer,
    "diagonal": patterns.diagonal, "matmul": products.matmul, "tensordot": products.tensordot,
    "matrix_norm": reductions.norm, "vector_norm": lambda x, /, **o: reductions.norm(x if o else layout.ravel(x), **o),
    "matrix_transpose": lambda x, /: layout.transposed(x), "cross": products.cross,
}  # fmt: skip

_SCIPY_LINALG: dict[str, Call] = {
    **_BOTH, "expm": algebra.of_square("expm"), "logm": algebra.of_square("logm"), "sqrtm": algebra.of_square("sqrtm"),
    "cholesky": algebra.cholesky_of_scipy, "cho_factor": algebra.cho_factor, "cho_solve": algebra.cho_solve,
    "solve_triangular": algebra.solve_triangular, "block_diag": layout.block_diag, "toeplitz": algebra.toeplitz,
    "circulant": algebra.circulant, "kron": products.kron,
}  # fmt: skip

_SPECIAL: dict[str, Call] = {
    "expit": by_name("sigmoid"), "logit": _e(lambda u: log(u / (as_expr(1) - u))),
    "log_expit": _e(lambda u: -function("softplus", -u)),
    "logsumexp": reductions.logsumexp, "softmax": reductions.softmax, "log_softmax": reductions.log_softmax,
    "xlogy": xlogy, "xlog1py": lambda x, y, /: OPERATORS["*"](x, by_name("log1p")(y)),
    "entr": lambda x, /: OPERATORS["*"](-1, by_name("xlogx")(x)),
    "rel_entr": _e(lambda u, v: u * log(u / v)), "kl_div": _e(lambda u, v: u * log(u / v) - u + v),
    "gammaln": by_name("lgamma"), "loggamma": by_name("lgamma"), "gamma": _e(_positive_gamma),
    "factorial": _e(lambda u: _positive_gamma(u + 1)), "psi": by_name("digamma"), "digamma": by_name("digamma"),
    "polygamma": _polygamma, "betaln": _e(lambda a, b: lgamma(a) + lgamma(b) - lgamma(a + b)),
    "beta": _e(lambda a, b: exp(lgamma(a) + lgamma(b) - lgamma(a + b))),
    "erf": by_name("erf"), "erfc": _e(lambda u: as_expr(1) - erf(u)), "ndtr": by_name("normcdf"),
    "log_ndtr": by_name("lognormcdf"), "huber": _huber, "log1p": by_name("log1p"), "expm1": by_name("expm1"),
    "exp2": _ENTRYWISE["exp2"],
}  # fmt: skip

_STATS: dict[str, Call] = {
    "norm.logpdf": _norm_logpdf, "norm.pdf": lambda x, loc=0, scale=1: by_name("exp")(_norm_logpdf(x, loc, scale)),
    "norm.cdf": lambda x, loc=0, scale=1: by_name("normcdf")(OPERATORS["/"](OPERATORS["-"](x, loc), scale)),
    "norm.logcdf": lambda x, loc=0, scale=1: by_name("lognormcdf")(OPERATORS["/"](OPERATORS["-"](x, loc), scale)),
}  # fmt: skip

_GUARDS: dict[str, Call] = {
    "isfinite": _guard("isfinite", True), "isnan": _guard("isnan", False), "isinf": _guard("isinf", False),
}  # fmt: skip

MODULES: dict[str, dict[str, Call]] = {
    "numpy": {**_ENTRYWISE, **_PAIRS, **_ARRAYS, **_GUARDS},
    "numpy.linalg": _NUMPY_LINALG, "scipy.linalg": _SCIPY_LINALG, "scipy.special": _SPECIAL, "scipy.stats": _STATS,
    "math": {**of_numbers(_ENTRYWISE, _SPECIAL), **_GUARDS},
    "scipy.spatial.distance": {"cdist": algebra.cdist},
}  # fmt: skip

CONSTANTS: dict[str, Any] = {
    "pi": Array(PI, ()), "e": Array(exp(as_expr(1)), ()), "inf": float("inf"), "newaxis": None,
    "euler_gamma": Fraction("0.57721566490153286061"), "tau": Array(PI * 2, ()),
}  # fmt: skip

METHODS.update({
    name: _ARRAYS[name]
    for name in ("sum", "prod", "max", "min", "mean", "var", "std", "ptp", "cumsum", "any", "all", "dot",
                 "transpose", "swapaxes", "squeeze", "ravel", "reshape", "copy", "diagonal", "trace", "clip", "repeat")
} | {
    "flatten": lambda a, order="C": _copy(layout.ravel(a, order)), "astype": _as_type, "item": lambda a: _item(a),
    "conj": _same, "conjugate": _same, "abs": by_name("abs"),
})  # fmt: skip

ATTRIBUTES.update({
    "T": layout.transposed, "mT": layout.transposed, "shape": layout.shape, "ndim": lambda a: a.ndim,
    "size": lambda a: sized(product(a.dims)), "real": lambda a: a,
})  # fmt: skip


def _item(a: object) -> Array:
    array = as_array(a)
    if any(dim is not ONE for dim in array.dims):
        raise UnsupportedError(".item() is of an array of one entry")
    return Array(array.expr, ())


_WITH_PARTS = (".norm", *(f".{name}" for name in ("subtract", "divide", *_REDUCED)))


def find(name: str) -> Call | None:
    """A function by its full name, such as ``numpy.linalg.norm``."""
    module, _, short = name.rpartition(".")
    if module.endswith(_WITH_PARTS):
        module, _, part = module.rpartition(".")
        short = f"{part}.{short}"
    return MODULES.get(module, {}).get(short)


def unknown(name: str) -> UnsupportedError:
    """What is said of a function that is not known."""
    module, _, short = name.rpartition(".")
    if "random" in name:
        return UnsupportedError(f"{name} is a random number, and no formula", hint="make it an argument, such as x")
    if short.startswith("nan"):
        hint = "a mask says what is there: np.sum(np.where(M > 0, X, 0))"
        return UnsupportedError(f"{name} leaves out what is nan, which a formula does not know", hint=hint)
    close = suggest(short, list(MODULES.get(module, {})))
    return UnsupportedError(f"{name} is not read as a formula", hint=close or "write it with functions that are")


def _of_numpy(name: str, module: str, operands: Sequence[Any], options: Mapping[str, Any]) -> Any:
    """A function of NumPy that is called with symbolic arrays."""
    places = [module] if module else ["numpy", "scipy.special"]
    found = next((MODULES[p][name] for p in places if name in MODULES.get(p, {})), None)
    if found is None:
        raise unknown(f"{places[0]}.{name}")
    if name == "empty_like":
        raise UnsupportedError("np.empty_like has no values", hint="np.zeros_like(x)")
    kept = {key: value for key, value in options.items() if not _is_default(key, value)}
    return called(f"{places[0]}.{name}", found, list(operands), kept)


def _is_default(key: str, value: object) -> bool:
    return type(value).__name__ == "_NoValueType" or (key in ("dtype", "out", "initial") and value is None)


def _constant(value: Any) -> Array:
    """Numbers of NumPy, as an array of formulas."""
    shape = tuple(getattr(value, "shape", ()))
    if not shape:
        return Array(as_expr(float(value)), ())
    entries = value.reshape(-1).tolist()
    if len(shape) > 2 or 0 in shape:
        raise UnsupportedError("an array of three axes, or of none, has no form here")
    dims = tuple(map(Dim.of, shape))
    rows, cols = (*dims, ONE, ONE)[:2]
    if all(entry == entries[0] for entry in entries) and entries[0] in (0, 1):
        return Array(ones(rows, cols) if entries[0] else zeros(rows, cols), dims)
    if rows is cols and entries == [float(k % (shape[0] + 1) == 0) for k in range(len(entries))]:
        return Array(eye(rows), dims)
    if len(entries) > _MOST_ENTRIES or not all(isinstance(entry, int | float) for entry in entries):
        raise UnsupportedError(
            f"an array of {len(entries)} numbers is too long for a formula", hint="make it an argument of the function"
        )
    made = layout.array(value.tolist())
    made.is_whole = all(isinstance(entry, int) for entry in entries)
    return made


CALLED.update({"numpy": _of_numpy, "constant": _constant, "array": layout.array, "members": layout.members,
               "place": places.place, "write": places.write})  # fmt: skip
