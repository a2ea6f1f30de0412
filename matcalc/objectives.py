"""An objective for an optimiser: value and gradient by one flat vector, Hessian, products with it, and a self-check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matcalc.api import emit, gradient, hessian, jvp
from matcalc.boundary import checked_arguments
from matcalc.deriving import By
from matcalc.emission.annotations import head, returned
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, as_expr, name_of
from matcalc.facts import implied
from matcalc.families import alike, array_dims, declared_facts, is_of_matrices
from matcalc.fitting.objective import PARTS, Objective
from matcalc.fitting.records import Record, record_of
from matcalc.fitting.sought import sought
from matcalc.shape import ONE, Dim

if TYPE_CHECKING:
    from matcalc.emission.emitted import Emitted

SMALLEST_SIZE = 3  # of the self-check; each symbol has a size of its own, so that no matrix is square by chance

# How the self-check draws a value of the shape {s} that has a fact; what has several is drawn here, and written out.
_SAMPLES = {
    "orthogonal": "np.linalg.qr(rng.normal(size={s}))[0]",
    "posdef": "np.cov(rng.normal(size={s}), bias=True) + np.eye({s}[0])",
    "diagonal": "np.diag(rng.uniform(0.5, 1.5, size={s}[0]))",
    "symmetric": "sum(a + a.T for a in [rng.normal(size={s})])",
    "skew": "sum(a - a.T for a in [rng.normal(size={s})])",
    "lower": "np.tril(rng.normal(size={s})) + 3.0 * np.eye({s}[0])",
    "upper": "np.triu(rng.normal(size={s})) + 3.0 * np.eye({s}[0])",
    "invertible": "rng.normal(size={s}) + 3.0 * np.eye({s}[0])",
    "unitnorm": "next(a / np.linalg.norm(a) for a in [rng.normal(size={s})])",
    "simplex": "next(a / a.sum() for a in [rng.uniform(0.5, 1.5, size={s})])",
    "sumstoone": "next(a / a.sum() for a in [rng.uniform(0.5, 1.5, size={s})])",
    "positive": "rng.uniform(0.5, 1.5, size={s})",
    "nonneg": "rng.uniform(0.5, 1.5, size={s})",
}

_ROW_MAJOR = '''
def _row_major(block, rows, cols):
    """A block of a Hessian by matrices stacked by columns, with their entries row by row."""
    (a, b), (c, d) = rows, cols
    return np.reshape(block, (b, a, d, c)).transpose(1, 0, 3, 2).reshape(a * b, c * d)
'''


_CHECK = '''
def _largest_error(fun, hess, hessp, rng):
    """The largest relative error of the derivatives, against central differences at random values."""
    theta, data = _random_point(rng)
    value, gradient = fun(theta, *data)
    hessian = hess(theta, *data)
    steps = 1e-6 * np.eye(len(theta))
    ends = [[fun(theta + sign * step, *data) for sign in (1, -1)] for step in steps]
    differences = np.array([(up[0] - down[0]) / 2e-6 for up, down in ends])
    second = np.array([(up[1] - down[1]) / 2e-6 for up, down in ends])
    p = rng.normal(size=len(theta))
    product = hessp(theta, p, *data)
    pairs = [(gradient, differences), (hessian, second), (product, hessian @ p)]
    errors = [np.max(np.abs(a - b)) / (1 + np.max(np.abs(b))) for a, b in pairs]
    if not max(errors) < 1e-4:
        raise ValueError(f"gradient, Hessian and product differ from differences by {errors}")
    return max(errors)


def NAME_check(seed: int = 0) -> float:
    """Compares the derivatives with central differences at random values; the largest relative error."""
    return _largest_error(NAME, NAME_hess, NAME_hessp, np.random.default_rng(seed))
'''

_CORES = ("_value_and_gradient", "_hessian_blocks", "_hessian_products")


@checked_arguments
def objective(
    f: Expr,
    by: By | Sequence[By],
    name: str = "objective",
    *,
    sizes: Mapping[str, int] | None = None,
    **options: Any,
) -> Objective:
    """Code of a scalar f as a function of the variables ``by`` in one flat vector, for an optimiser.

    The entries of a matrix stand row by row. Sizes are read from the other variables, which are the data; where one
    dimension is of the variables alone, it follows from the length of the vector, and more must be given by ``sizes``.
    ``options`` are style and dtype of :func:`matcalc.emit`, and ``sparse``: the names of data that are scipy.sparse
    arrays, and "hessian", where that is to be one.

    Raises:
        DerivativeError: f is no scalar.
        MatcalcError: there is no variable, one has facts that an optimiser would not keep, sizes are not known, or f
            calls a function without a known body.
    """
    f = as_expr(f)
    xs, data = sought(f, by)
    records = [record_of(x) for x in xs]
    return _Writer(f, xs, data, name, dict(sizes or {}), options, records).written()


class _Writer:
    """The module in the making."""

    def __init__(
        self, f: Expr, xs: list[Expr], data: list[Expr], name: str, sizes: dict[str, int], options: dict[str, Any],
        records: list[Record],
    ) -> None:  # fmt: skip
        from matcalc.emission.arguments import check_name
        from matcalc.emission.names import Names

        check_name(name)
        self.f, self.xs, self.data, self.sizes, self.options = f, xs, data, sizes, options
        asked = options.pop("sparse", ())
        self.sparse_data = [name for name in asked if name != "hessian"]
        self.is_sparse = "hessian" in asked
        self.check_sparse()
        self.least = {x: r.least for x, r in zip(xs, records, strict=True) if r.is_plain and r.least is not None}
        self.name = Names(["flatten", "unflatten", "seed"]).new(name)
        own = [self.name, *(f"{self.name}_{part}" for part in PARTS), "flatten", "unflatten"]
        self.scope = Names([*own, "optimize"])
        self.scope.name_dims({symbol for v in [*xs, *data] for side in v.shape for symbol in side.symbols})
        self.words = {v: self.scope.new(name_of(v)) for v in [*xs, *data]}
        others = Names(map(name_of, [*xs, *data]), str)
        self.directions = [alike(x, others.new(f"p_{name_of(x)}")) for x in xs]
        self.words |= {v: self.scope.new(name_of(v)) for v in self.directions}
        self.own: dict[str, str] = {}
        self.gradients = [gradient(f, x) for x in xs]

    def written(self) -> Objective:
        from matcalc.emission.modules import module

        value = self.core(_CORES[0], {"value": self.f, **self.keyed("gradient", self.gradients)})
        blocks = {
            f"hessian_{i}_{j}": hessian(self.f, x, y)
            for i, x in enumerate(self.xs)
            for j, y in enumerate(self.xs)
            if i <= j
        }
        second = self.core(_CORES[1], blocks, sparse=[*blocks] if self.is_sparse else ())
        products = self.core(_CORES[2], self.keyed("product", self.products()), self.directions)
        wrappers = [self.flatten(), self.unflatten(), self.fun(value), self.hess(second), self.hessp(products)]
        wrappers += [self.bounds()] if self.least else []
        cores = [part for core in (value, second, products) for part in (*core.helpers, core.function)]
        helpers = [_ROW_MAJOR.strip()] if "_row_major(" in wrappers[3] else []
        source = module([*helpers, *cores, *wrappers, self.random_point(), self.check()])
        arguments = (self.word("theta"), *(self.words[v] for v in self.data))
        return Objective(
            self.name, self.f, source, self.xs, self.data, arguments, self.sizes, self.options.get("target", "numpy")
        )

    def check_sparse(self) -> None:
        """Refuses sparse data that is none, and a sparse Hessian by others than columns."""
        names = [name_of(v) for v in self.data]
        unknown = [name for name in self.sparse_data if name not in names]
        if unknown:
            known = ", ".join([*names, "hessian"])
            raise MatcalcError(f"there is no data {unknown[0]}", f"what may be sparse: {known}").about("sparse")
        other = next((x for x in self.xs if not _is_column(x)), None)
        if self.is_sparse and other is not None:
            told = f"{name_of(other)} is {other.shape}: a sparse Hessian is one by columns"
            raise MatcalcError(told, hint="without sparse=, or with a column of all entries").about("sparse")

    def core(
        self, name: str, results: Mapping[str, Expr], more: Sequence[Expr] = (), sparse: Sequence[str] = ()
    ) -> Emitted:
        asked = dict(self.options)
        if self.sparse_data or sparse:
            asked["sparse"] = [*sparse, *self.sparse_data]
        emitted: Emitted = emit(results, name, arguments=[*self.xs, *more, *self.data], **asked)
        if emitted.samples:  # those of the value, also where a derivative does not depend on data
            self.options = {**self.options, "samples": emitted.samples}
        return emitted

    def keyed(self, stem: str, results: Sequence[Expr]) -> dict[str, Expr]:
        return {f"{stem}_{name_of(x)}": result for x, result in zip(self.xs, results, strict=True)}

    def products(self) -> list[Expr]:
        """The Hessian's product with a direction, by variable."""
        found = []
        for g in self.gradients:
            parts = [jvp(g, x, p) for x, p in zip(self.xs, self.directions, strict=True)]
            total = parts[0]
            for part in parts[1:]:
                total = total + part
            found.append(total)
        return found

    # ---------------------------------------------------------------- texts
    def word(self, name: str) -> str:
        """The identifier of a local variable of ours; it gives way to those of the user."""
        if name not in self.own:
            self.own[name] = self.scope.new(name)
        return self.own[name]

    def dim(self, side: Dim) -> str:
        from matcalc.emission.source import dim

        return dim(self.scope.dim(side))

    @property
    def names(self) -> str:
        return ", ".join(self.words[x] for x in self.xs)

    @property
    def given(self) -> str:
        return "".join(f", {self.words[v]}" for v in self.data)

    @property
    def symbols(self) -> list[str]:
        return sorted({symbol for x in self.xs for side in x.shape for symbol in side.symbols})

    @property
    def given_sizes(self) -> str:
        return "".join(f", {self.scope.dims[symbol]}" for symbol in self.symbols)

    def flatten(self) -> str:
        raveled = ", ".join(f"np.ravel({self.words[x]})" for x in self.xs)
        parameters = [f"{self.words[x]}: ArrayLike" for x in self.xs]  # numbers, too
        return f'''
{head("flatten", parameters, "Array")}
    """One vector of all entries, those of matrices row by row."""
    return np.concatenate([{raveled}])
'''

    def unflatten(self) -> str:
        theta = self.word("theta")
        parameters = [f"{theta}: Array", *(f"{self.scope.dims[symbol]}: int" for symbol in self.symbols)]
        lines, at = [], "0"
        for x in self.xs:
            sides = array_dims(x)
            size = " * ".join(f"({self.dim(side)})" if len(side.terms) > 1 else self.dim(side) for side in sides) or "1"
            end = f"{at} + {size}" if at != "0" else size
            place = f"{theta}[{at}]" if not sides else f"{theta}[{_slice(at, end)}]"
            shaped = f".reshape({', '.join(map(self.dim, sides))})" if len(sides) > 1 else ""
            lines.append(f"    {self.words[x]} = {place}{shaped}")
            at = end
        return "\n".join(
            [
                head(
                    "unflatten", parameters, returned(["Array"] * len(self.xs)) if len(self.xs) > 1 else "tuple[Array]"
                ),
                f'    """The variables {self.names} from one vector."""',
                *lines,
                f"    return ({self.names},)" if len(self.xs) == 1 else f"    return {self.names}",
            ]
        )

    def reading(self) -> list[str]:
        """Statements that find the sizes of the variables and take theta apart."""
        known = {symbol: str(size) for symbol, size in self.sizes.items() if symbol in self.symbols}
        for v in self.data:
            for axis, side in enumerate(array_dims(v)):
                (symbol, *others) = side.symbols or ("",)
                if side is Dim.of(symbol or 1) and not others and symbol in self.symbols:
                    known.setdefault(symbol, f"np.shape({self.words[v]})[{axis}]")
        missing = [symbol for symbol in self.symbols if symbol not in known]
        lines = [f"{self.scope.dims[symbol]} = {source}" for symbol, source in known.items()]
        if missing:
            lines.append(f"{self.scope.dims[missing[0]]} = {self.solved(missing)}")
        theta, target = self.word("theta"), f"({self.names},)" if len(self.xs) == 1 else self.names
        return [*lines, f"{theta} = np.asarray({theta})", f"{target} = unflatten({theta}{self.given_sizes})"]

    def solved(self, missing: list[str]) -> str:
        """The one size that no data have, from the length of theta."""
        symbol = missing[0]
        fixed: list[str] = []
        multiplied: list[str] = []
        for x in self.xs:
            sides = array_dims(x)
            with_it = [side for side in sides if symbol in side.symbols]
            rest = " * ".join(self.dim(side) for side in sides if side not in with_it) or "1"
            if len(missing) > 1 or len(with_it) > 1 or any(side is not Dim.of(symbol) for side in with_it):
                raise MatcalcError(
                    f"the size {missing[-1]} is not determined by the data", hint=f"sizes={{{missing[-1]!r}: 3}}"
                )
            (multiplied if with_it else fixed).append(rest)
        whole = f"np.size({self.word('theta')})"
        length = f"({whole} - {' - '.join(fixed)})" if fixed else whole
        divisor = " + ".join(multiplied)
        return length if divisor == "1" else f"{length} // ({divisor})"

    def function(self, name: str, first: Sequence[str], kind: str, doc: str, lines: Sequence[str]) -> str:
        """A function of some vectors, and of the data, that returns values of this kind."""
        taken = "ArrayLike" if self.options.get("check", True) else "Array"
        parameters = [f"{word}: {taken}" for word in first]
        parameters += [
            f"{self.words[v]}: {'sparse.sparray' if name_of(v) in self.sparse_data else taken}" for v in self.data
        ]
        return "\n".join([head(name, parameters, kind), f'    """{doc}"""', *(f"    {line}" for line in lines)])

    def fun(self, core: Emitted) -> str:
        value, made = self.word("value"), [self.word(f"gradient_{name_of(x)}") for x in self.xs]
        body = [
            *self.reading(),
            *self.kept(),
            f"{value}, {', '.join(made)} = {core.name}({self.names}{self.given})",
            f"return {value}, flatten({', '.join(made)})",
        ]
        doc = "Value and gradient, for scipy.optimize.minimize(..., jac=True)."
        return self.function(self.name, [self.word("theta")], "tuple[float, Array]", doc, body)

    def kept(self) -> list[str]:
        """Statements that refuse what is outside of the bounds, where a search would find a minimum that is none."""
        lines = []
        for x, least in self.least.items():
            sign, fact = ("<=", "positive") if least else ("<", "nonneg")
            within = f"bounds={self.name}_bounds(...)"
            lines.append(f"if np.any({self.words[x]} {sign} 0):")
            lines.append(f'    raise ValueError("{name_of(x)} is declared {fact}, and has other entries: {within}")')
        return lines

    def bounds(self) -> str:
        ends = [f"{(w := self.words[x])} = np.full(np.shape({w}), {self.least.get(x, '-np.inf')})" for x in self.xs]
        found = f"return optimize.Bounds(flatten({self.names}), np.inf, keep_feasible=True)"
        body = [*self.reading(), *ends, found]
        doc = "The bounds of all entries, for bounds=."
        return self.function(f"{self.name}_bounds", [self.word("theta")], "optimize.Bounds", doc, body)

    def hess(self, core: Emitted) -> str:
        count = len(self.xs)
        names = {(i, j): self.word(f"h{i}{j}") for i in range(count) for j in range(count) if i <= j}
        body = [*self.reading(), f"{', '.join(names.values())} = {core.name}({self.names}{self.given})"]
        for (i, j), name in [*names.items()]:
            laid_out = name if self.is_sparse else self.laid_out(name, self.xs[i], self.xs[j])
            if laid_out != name:
                names[i, j] = self.word(f"block{i}{j}")
                body.append(f"{names[i, j]} = {laid_out}")
        rows = [", ".join(names[i, j] if i <= j else f"{names[j, i]}.T" for j in range(count)) for i in range(count)]
        blocks = ", ".join(f"[{row}]" for row in rows)
        joined = "sparse.block_array" if self.is_sparse else "np.block"
        form = ', format="csr"' if self.is_sparse else ""
        kind = "sparse.sparray" if self.is_sparse else "Array"
        body.append(f"return {names[0, 0]}" if count == 1 else f"return {joined}([{blocks}]{form})")
        return self.function(f"{self.name}_hess", [self.word("theta")], kind, "The Hessian, for hess=.", body)

    def hessp(self, core: Emitted) -> str:
        p = self.word("p")
        names = ", ".join(self.words[v] for v in self.directions)
        target = f"({names},)" if len(self.xs) == 1 else names
        made = [self.word(f"product_{name_of(x)}") for x in self.xs]
        body = [
            *self.reading(),
            f"{target} = unflatten(np.asarray({p}){self.given_sizes})",
            f"{', '.join(made)} = {core.name}({self.names}, {names}{self.given})",
            f"return flatten({', '.join(made)})",
        ]
        doc = f"The Hessian's product with {p}, for hessp=; the Hessian is not formed."
        return self.function(f"{self.name}_hessp", [self.word("theta"), p], "Array", doc, body)

    def random_point(self) -> str:
        rng = self.word("rng")
        symbols = sorted({s for v in [*self.xs, *self.data] for side in v.shape for s in side.symbols})
        # A skew matrix of odd size has no inverse, and some matrices have more rows than columns.
        orders = [
            (least, order) for least in (SMALLEST_SIZE, SMALLEST_SIZE + 1, 1) for order in (symbols, symbols[::-1])
        ]
        for least, order in orders:
            sizes = {symbol: least + at for at, symbol in enumerate(order)} | self.sizes
            samples = [(self.words[v], self.sample(v, sizes)) for v in [*self.xs, *self.data]]
            if all(drawn for _, drawn in samples):
                break
        lines = [f"{self.scope.dims[symbol]} = {sizes[symbol]}" for symbol in symbols]
        lines += [f"{name} = {drawn}" for name, drawn in samples]
        data = "".join(f"{self.words[v]}, " for v in self.data)
        lines.append(f"return flatten({self.names}), ({data.rstrip(' ') if len(self.data) == 1 else data[:-2]})")
        start = [f"def _random_point({rng}):", '    """A random vector of the variables, and random data."""']
        return "\n".join([*start, *(f"    {line}" for line in lines)])

    def check(self) -> str:
        text = _CHECK.replace("= hess(theta, *data)", "= hess(theta, *data).toarray()") if self.is_sparse else _CHECK
        return text.replace("NAME", self.name).strip()

    def sample(self, v: Expr, sizes: Mapping[str, int]) -> str:
        """Python that draws a value; empty where there is none of this size."""
        sides = [self.dim(side) for side in array_dims(v)]
        shape = f"({', '.join(sides)}{',' if len(sides) == 1 else ''})"
        facts = set(declared_facts(v))
        of_entries = not is_of_matrices(v) or facts <= {"positive", "nonneg"}
        alone = next(
            (text for fact, text in _SAMPLES.items() if of_entries and implied({fact}, v.shape) == facts), None
        )
        if not facts or alone is not None:
            return (alone or "rng.normal(size={s})").replace("rng", self.word("rng")).replace("{s}", shape)
        import numpy as np

        from matcalc.checking.points import sample

        value = sample(np.random.default_rng(0), v, sizes)
        if value is None:
            return ""
        kept = np.reshape(value, [side.at(sizes) for side in array_dims(v)])
        return f"np.array({kept.tolist()})"

    def laid_out(self, block: str, x: Expr, y: Expr) -> str:
        """A block with a row for each entry of x and a column for each of y, matrices row by row."""
        if is_of_matrices(x) or is_of_matrices(y):
            raise MatcalcError("the Hessian by families of matrices is not laid out", hint="stack them as a matrix")
        shapes = [[self.dim(side) for side in v.shape] for v in (x, y)]
        if any("1" not in shape for shape in shapes):
            return f"_row_major({block}, ({', '.join(shapes[0])}), ({', '.join(shapes[1])}))"
        rows, cols = (next((side for side in shape if side != "1"), "1") for shape in shapes)
        return block if x is y and rows != "1" else f"np.reshape({block}, ({rows}, {cols}))"


def _is_column(x: Expr) -> bool:
    return not is_of_matrices(x) and len(array_dims(x)) == 1 and x.shape[1] is ONE


def _slice(start: str, stop: str) -> str:
    """As a formatter writes it."""
    plain = start.isalnum() and stop.isalnum()
    begin = "" if start == "0" else start
    return f"{begin}:{stop}" if plain else f"{begin} : {stop}".strip()
