"""Expr → Julia, with LinearAlgebra, and SpecialFunctions for erf and the like: rows are transposed vectors."""

from __future__ import annotations

from matcalc.expr import Expr
from matcalc.rational import Fraction
from matcalc.shape import ONE, Shape
from matcalc.writers.formulas import ATOM, POWER, PRODUCT, SUM, Language, Piece

_LARGEST_INTEGER = 2**53
_RESERVED = (
    "baremodule begin break catch const continue do else elseif end export false finally for function global "
    "if import let local macro module quote return struct true try using while pi I ones zeros sum prod "
    "maximum minimum size length diag Diagonal kron inv det tr norm dot exp log sqrt abs sign vec only Matrix"
)
_ENTRIES = {
    name: f"{word}{{d}}({{u}})"
    for name, word in {
        **{same: same for same in ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "abs", "sign", "sqrt")},
        **{same: same for same in ("log1p", "expm1", "erf", "digamma", "trigamma")},
        "arcsin": "asin", "arccos": "acos", "arctan": "atan", "lgamma": "loggamma",
    }.items()
}  # fmt: skip


class Julia(Language):
    name = "Julia"
    reserved = frozenset(_RESERVED.split())
    functions = {
        **_ENTRIES,
        "relu": "max{d}({u}, 0)", "maximum": "max{d}({u}, {v})", "minimum": "min{d}({u}, {v})",
        "step": "1.0 {d}* ({bu} {d}> 0)", "sigmoid": "1 {d}/ (1 {d}+ exp{d}(-{bu}))",
        "softplus": "max{d}({u}, 0) {d}+ log1p{d}(exp{d}({d}-abs{d}({u})))",
        "normcdf": "0.5 {d}* erfc{d}(-{bu} / sqrt(2))", "normpdf": "exp{d}(-{bu} {d}^ 2 / 2) / sqrt(2*pi)",
        "tr": "tr({u})", "det": "det({u})", "logdet": "logdet({u})", "inv": "inv({u})", "pinv": "pinv({u})",
        "solve": "({bu} \\ {bv})", "kron": "kron({u}, {v})", "expm": "exp({u})",
        "logm": "log({u})", "sqrtm": "sqrt({u})",
        "cholesky": "cholesky(Hermitian({u})).L", "vec": "vec({u})", "rowsum": "vec(sum({u}, dims=2))",
        "colsum": "vec(sum({u}, dims=1))", "cumsum": "cumsum({u})", "cross": "cross({u}, {v})", "tril": "tril({u})",
        "triu": "triu({u})", "stril": "tril({u}, -1)", "striu": "triu({u}, 1)", "spectralnorm": "opnorm({u})",
        "max": "maximum({u})", "min": "minimum({u})", "rowmax": "vec(maximum({u}, dims=2))",
        "rowmin": "vec(minimum({u}, dims=2))", "prod": "prod({u})", "norm1": "norm({u}, 1)", "norm2": "norm({u})",
        "norminf": "norm({u}, Inf)", "sum": "sum({u})", "dot": "dot({u}, {v})",
        "logsumexp": "maximum({u}) + log(sum(exp.({bu} .- maximum({u}))))",
        "softmax": "exp.({bu} .- maximum({u})) / sum(exp.({bu} .- maximum({u})))",
        "rowlogsumexp": "vec(maximum({u}, dims=2) .+ log.(sum(exp.({bu} .- maximum({u}, dims=2)), dims=2)))",
        "rowsoftmax": "exp.({bu} .- maximum({u}, dims=2)) ./ sum(exp.({bu} .- maximum({u}, dims=2)), dims=2)",
        "where": "ifelse{d}({u}, {v}, {w})", "and": "({bu} {d}& {bv})", "or": "({bu} {d}| {bv})", "not": "(!{d}({u}))",
        **{sign: f"({{bu}} {{d}}{sign} {{bv}})" for sign in (">", "<", ">=", "<=", "==", "!=")},
    }  # fmt: skip

    def side(self, name: str, axis: int, shape: Shape) -> str:
        return f"length({name})" if ONE in shape else f"size({name},{axis + 1})"

    def number(self, value: Fraction) -> Piece:
        if value.denominator == 1 and abs(value) > _LARGEST_INTEGER:
            return f"{float(value)!r}", ATOM if value > 0 else SUM
        return super().number(value)

    def template(self, part: Expr) -> str | None:
        name, of = part.data.name, part.operands[0].shape
        if name == "diag":
            row = of.rows is ONE and not of.is_scalar
            return "Diagonal(vec({u}))" if row else "Diagonal({u})" if ONE in of else "diag({u})"
        if (name == "colsum" and of.cols is ONE) or (name == "rowsum" and of.rows is ONE):
            return "sum({u})"
        if name in ("rowmax", "rowmin", "rowlogsumexp", "rowsoftmax") and ONE in of:
            raise self.missing(f"{name} of a column or a row", part)
        if name in ("rowsum", "colsum") and ONE in of:
            return "vec({u})"
        return super().template(part)

    # ---------------------------------------------------------------- constants
    def of_eye(self, part: Expr) -> Piece:
        n = self.dim(part.shape.rows)
        return f"Matrix(1.0I, {n}, {n})", ATOM

    def of_ones(self, part: Expr) -> Piece:
        rows, cols = part.shape
        sides = [rows] if cols is ONE else [rows, cols]
        return f"{part.kind}({', '.join(map(self.dim, sides))})", ATOM

    of_zeros = of_ones

    def of_unit(self, part: Expr) -> Piece:
        at = self.position(part.data, ":", ":")
        return f"((1:{self.dim(part.shape.rows)}) .== {at})", ATOM

    # ---------------------------------------------------------------- operators
    def dotted(self, part: Expr) -> str:
        """A dot where a number meets an array."""
        left, right = part.operands
        return "." if left.shape != right.shape else ""

    def of_add(self, part: Expr, left: Piece, right: Piece) -> Piece:
        return self.infix(f" {self.dotted(part)}+ ", SUM, left, right)

    def of_sub(self, part: Expr, left: Piece, right: Piece) -> Piece:
        return self.infix(f" {self.dotted(part)}- ", SUM, left, right)

    def of_mul(self, part: Expr, left: Piece, right: Piece) -> Piece:
        """A product; one of a row and a column is a number, and not an array of one entry."""
        row, _ = part.operands
        if not part.shape.is_scalar or row.shape.is_scalar:
            return self.infix(" * ", PRODUCT, left, right)
        if row.kind == "transpose" and row.operands[0].shape.cols is ONE:
            return f"dot({self.written_alone(row.operands[0])}, {right[0]})", ATOM
        return f"only({self.infix(' * ', PRODUCT, left, right)[0]})", ATOM

    def written_alone(self, part: Expr) -> str:
        return self.written(part)[0]

    def of_div(self, part: Expr, left: Piece, right: Piece) -> Piece:
        return self.infix(" / ", PRODUCT, left, right)

    def of_hadamard(self, part: Expr, left: Piece, right: Piece) -> Piece:
        return self.infix(" .* ", PRODUCT, left, right)

    def of_eldiv(self, part: Expr, left: Piece, right: Piece) -> Piece:
        return self.infix(" ./ ", PRODUCT, left, right)

    def of_elpow(self, part: Expr, base: Piece, exponent: Piece) -> Piece:
        return f"{self.at_least(base, ATOM)} .^ {self.at_least(exponent, ATOM)}", POWER

    def of_transpose(self, part: Expr, operand: Piece) -> Piece:
        return f"{self.at_least(operand, ATOM)}'", POWER

    # ---------------------------------------------------------------- parts
    def of_entry(self, part: Expr, operand: Piece) -> Piece:
        (of,) = part.operands
        places = [self.position(at, ":", ":") for at in part.data]
        if ONE in of.shape:
            places = [place for place, side in zip(places, of.shape, strict=True) if side is not ONE]
            text = f"{self.at_least(operand, ATOM)}[{', '.join(places)}]"
            is_row = of.shape.rows is ONE and not part.shape.is_scalar
            return (f"{text}'", POWER) if is_row else (text, ATOM)
        text = f"{self.at_least(operand, ATOM)}[{', '.join(places)}]"
        return (f"{text}'", POWER) if part.shape.rows is ONE and not part.shape.is_scalar else (text, ATOM)

    def of_blocks(self, part: Expr, *parts: Piece) -> Piece:
        rest = iter(parts)
        rows = [" ".join(self.at_least(next(rest), ATOM) for _ in range(count)) for count in part.data]
        return f"[{'; '.join(rows)}]", ATOM


def write(expr: Expr) -> str:
    """The formula in Julia.

    Raises:
        MatcalcError: Julia has no built-in form for a part of it.
    """
    return Julia(expr).text()
