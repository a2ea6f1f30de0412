"""Expr → MATLAB: columns are n×1 arrays and rows 1×n ones; sizes are those of the variables."""

from __future__ import annotations

from matcalc.expr import Expr
from matcalc.shape import ONE, Shape
from matcalc.writers.formulas import ATOM, POWER, PRODUCT, SUM, Language, Piece, in_ascii

_RESERVED = (
    "break case catch classdef continue else elseif end for function global if otherwise parfor persistent "
    "return spmd switch try while pi i j eye ones zeros sum prod max min size diag kron inv det trace norm exp "
    "log sqrt abs sign reshape numel double"
)
_ENTRIES = {
    name: f"{word}({{u}})"
    for name, word in {
        **{same: same for same in ("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "abs", "sign", "sqrt")},
        **{same: same for same in ("log1p", "expm1", "erf")},
        "arcsin": "asin", "arccos": "acos", "arctan": "atan", "lgamma": "gammaln", "digamma": "psi",
    }.items()
}  # fmt: skip


class Matlab(Language):
    name = "MATLAB"
    reserved = frozenset(_RESERVED.split())
    functions = {
        **_ENTRIES,
        "trigamma": "psi(1, {u})", "relu": "max({u}, 0)", "maximum": "max({u}, {v})", "minimum": "min({u}, {v})",
        "step": "double({bu} > 0)", "sigmoid": "1./(1 + exp(-{bu}))",
        "softplus": "max({u}, 0) + log1p(exp(-abs({u})))", "normcdf": "0.5*erfc(-{bu}/sqrt(2))",
        "normpdf": "exp(-{bu}.^2/2)/sqrt(2*pi)", "xlogx": "{bu}.*log({bu} + ({bu} == 0))",
        "tr": "trace({u})", "det": "det({u})", "logdet": "log(det({u}))", "inv": "inv({u})", "pinv": "pinv({u})",
        "solve": "({bu}\\{bv})", "kron": "kron({u}, {v})", "expm": "expm({u})", "logm": "logm({u})",
        "sqrtm": "sqrtm({u})", "cholesky": "chol({u}, 'lower')", "diag": "diag({u})", "vec": "reshape({u}, [], 1)",
        "rowsum": "sum({u}, 2)", "colsum": "sum({u}, 1)'", "cumsum": "cumsum({u})", "cross": "cross({u}, {v})",
        "tril": "tril({u})", "triu": "triu({u})", "stril": "tril({u}, -1)", "striu": "triu({u}, 1)",
        "spectralnorm": "norm({u}, 2)", "max": "max({u}, [], 'all')", "min": "min({u}, [], 'all')",
        "rowmax": "max({u}, [], 2)", "rowmin": "min({u}, [], 2)", "prod": "prod({u}, 'all')",
        "dot": "sum({bu}.*{bv}, 'all')",
        "norm1": "sum(abs({u}), 'all')", "norm2": "norm({u}, 'fro')", "norminf": "max(abs({u}), [], 'all')",
        "mean": "mean({u}, 'all')", "logsumexp": "max({u}) + log(sum(exp({bu} - max({u}))))",
        "softmax": "exp({bu} - max({u}))/sum(exp({bu} - max({u})))", "sum": "sum({u}, 'all')",
        "rowlogsumexp": "max({u}, [], 2) + log(sum(exp({bu} - max({u}, [], 2)), 2))",
        "rowsoftmax": "exp({bu} - max({u}, [], 2))./sum(exp({bu} - max({u}, [], 2)), 2)",
        **{sign: f"({{bu}} {word} {{bv}})" for sign, word in zip(
            (">", "<", ">=", "<=", "==", "!=", "and", "or"), (">", "<", ">=", "<=", "==", "~=", "&", "|"),
            strict=True)},
        "not": "(~{bu})",
    }  # fmt: skip

    def side(self, name: str, axis: int, shape: Shape) -> str:
        return f"size({name},{axis + 1})"

    def valid_name(self, name: str) -> str:
        name = in_ascii(name)
        return name if name[0].isalpha() else f"x{name}"

    def template(self, part: Expr) -> str | None:
        of = part.operands[0].shape
        if part.data.name == "sum" and ONE in of:
            return "sum({u})"
        if part.data.name == "norm2" and ONE in of:
            return "norm({u})"
        if part.data.name == "norm1" and ONE in of:
            return "norm({u}, 1)"
        return super().template(part)

    # ---------------------------------------------------------------- constants
    def of_eye(self, part: Expr) -> Piece:
        return f"eye({self.dim(part.shape.rows)})", ATOM

    def of_ones(self, part: Expr) -> Piece:
        return f"{part.kind}({self.dim(part.shape.rows)},{self.dim(part.shape.cols)})", ATOM

    of_zeros = of_ones

    def of_unit(self, part: Expr) -> Piece:
        n = self.dim(part.shape.rows)
        return f"((1:{n})' == {self.position(part.data, ':', ':')})", ATOM

    # ---------------------------------------------------------------- operators
    def of_add(self, part: Expr, left: Piece, right: Piece) -> Piece:
        return self.infix(" + ", SUM, left, right)

    def of_sub(self, part: Expr, left: Piece, right: Piece) -> Piece:
        return self.infix(" - ", SUM, left, right)

    def of_mul(self, part: Expr, left: Piece, right: Piece) -> Piece:
        return self.infix("*", PRODUCT, left, right)

    def of_div(self, part: Expr, left: Piece, right: Piece) -> Piece:
        return self.infix("/", PRODUCT, left, right)

    def of_hadamard(self, part: Expr, left: Piece, right: Piece) -> Piece:
        return self.infix(".*", PRODUCT, left, right)

    def of_eldiv(self, part: Expr, left: Piece, right: Piece) -> Piece:
        return self.infix("./", PRODUCT, left, right)

    def of_elpow(self, part: Expr, base: Piece, exponent: Piece) -> Piece:
        return f"{self.at_least(base, ATOM)}.^{self.at_least(exponent, ATOM)}", POWER

    def of_transpose(self, part: Expr, operand: Piece) -> Piece:
        return f"{self.at_least(operand, ATOM)}'", POWER

    # ---------------------------------------------------------------- parts
    def of_entry(self, part: Expr, operand: Piece) -> Piece:
        (of,) = part.operands
        if of.kind != "variable":
            raise self.missing("an entry of what is no variable", part)
        return f"{operand[0]}({','.join(self.position(at, ':', ':') for at in part.data)})", ATOM

    def of_blocks(self, part: Expr, *parts: Piece) -> Piece:
        rest = iter(parts)
        rows = [", ".join(next(rest)[0] for _ in range(count)) for count in part.data]
        return f"[{'; '.join(rows)}]", ATOM


def write(expr: Expr) -> str:
    """The formula in MATLAB.

    Raises:
        MatcalcError: MATLAB has no built-in form for a part of it.
    """
    return Matlab(expr).text()
