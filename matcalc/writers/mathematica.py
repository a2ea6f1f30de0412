"""Expr → Mathematica: columns and rows are lists, matrices lists of rows."""

from __future__ import annotations

from matcalc.expr import Expr
from matcalc.notation.text import print_number
from matcalc.rational import Fraction
from matcalc.shape import ONE, Shape
from matcalc.writers.formulas import ATOM, POWER, PREFIX, PRODUCT, SUM, Language, Piece, in_ascii

_RESERVED = (
    "C D E I K N O Pi Beta Gamma Zeta All Total Norm Det Tr Inverse Transpose Diagonal Exp Log Max Min Plus "
    "Times Power Dot Sum Product Abs Sign Erf Range Table List Length Dimensions Flatten Outer Join"
)
_ENTRIES = {
    name: f"{word}[{{u}}]"
    for name, word in {
        "exp": "Exp", "log": "Log", "sin": "Sin", "cos": "Cos", "tan": "Tan", "arcsin": "ArcSin", "arccos": "ArcCos",
        "arctan": "ArcTan", "sinh": "Sinh", "cosh": "Cosh", "tanh": "Tanh", "abs": "Abs", "sign": "Sign",
        "sqrt": "Sqrt", "erf": "Erf", "lgamma": "LogGamma", "sinc": "Sinc",
        "sigmoid": "LogisticSigmoid", "relu": "Ramp",
    }.items()
}  # fmt: skip


class Mathematica(Language):
    name = "Mathematica"
    pi = "Pi"
    suffix = "$"
    reserved = frozenset(_RESERVED.split())
    functions = {
        **_ENTRIES,
        "digamma": "PolyGamma[0, {u}]", "trigamma": "PolyGamma[1, {u}]", "step": "1 - UnitStep[-{bu}]",
        "softplus": "Log[1 + Exp[{u}]]", "log1p": "Log[1 + {bu}]", "expm1": "Exp[{u}] - 1",
        "normcdf": "Erfc[-{bu}/Sqrt[2]]/2", "normpdf": "Exp[-{bu}^2/2]/Sqrt[2*Pi]",
        "maximum": "({bu} + {bv} + Abs[{bu} - {bv}])/2", "minimum": "({bu} + {bv} - Abs[{bu} - {bv}])/2",
        "tr": "Tr[{u}]", "det": "Det[{u}]", "logdet": "Log[Det[{u}]]", "inv": "Inverse[{u}]",
        "pinv": "PseudoInverse[{u}]",
        "solve": "LinearSolve[{u}, {v}]", "expm": "MatrixExp[{u}]", "logm": "MatrixLog[{u}]",
        "sqrtm": "MatrixFunction[Sqrt, {u}]", "cholesky": "Transpose[CholeskyDecomposition[{u}]]",
        "vec": "Flatten[Transpose[{u}]]", "rowsum": "Total[{u}, {{2}}]", "colsum": "Total[{u}]",
        "cumsum": "Accumulate[{u}]",
        "cross": "Cross[{u}, {v}]", "tril": "LowerTriangularize[{u}]", "triu": "UpperTriangularize[{u}]",
        "stril": "LowerTriangularize[{u}, -1]", "striu": "UpperTriangularize[{u}, 1]", "spectralnorm": "Norm[{u}]",
        "max": "Max[{u}]", "min": "Min[{u}]", "rowmax": "(Max /@ {bu})", "rowmin": "(Min /@ {bu})",
        "norm1": "Total[Abs[Flatten[{{{u}}}]]]", "norm2": 'Norm[{u}, "Frobenius"]', "norminf": "Max[Abs[{u}]]",
        "sum": "Total[{u}, 2]", "prod": "(Times @@ Flatten[{{{u}}}])", "dot": "Total[Flatten[{{{bu}*{bv}}}]]",
        "logsumexp": "Max[{u}] + Log[Total[Exp[{bu} - Max[{u}]]]]",
        "softmax": "Exp[{bu} - Max[{u}]]/Total[Exp[{bu} - Max[{u}]]]", "kron": "KroneckerProduct[{u}, {v}]",
        "where": "If[{u}, {v}, {w}]", "and": "({bu} && {bv})", "or": "({bu} || {bv})", "not": "(!{bu})",
        **{sign: f"({{bu}} {sign} {{bv}})" for sign in (">", "<", ">=", "<=", "==", "!=")},
    }  # fmt: skip

    def side(self, name: str, axis: int, shape: Shape) -> str:
        return f"Length[{name}]" if ONE in shape or axis == 0 else f"Length[First[{name}]]"

    def valid_name(self, name: str) -> str:
        name = in_ascii(name).replace("_", "$")
        return name if name[0].isalpha() or name[0] == "$" else f"x{name}"

    def number(self, value: Fraction) -> Piece:
        if value.denominator == 1:
            text, precedence = print_number(value)
            return text, min(precedence, PREFIX) if value < 0 else precedence
        return f"{value.numerator}/{value.denominator}", PREFIX if value < 0 else PRODUCT

    def template(self, part: Expr) -> str | None:
        name, shape = part.data.name, part.operands[0].shape
        is_list = ONE in shape
        if name == "diag":
            return "DiagonalMatrix[{u}]" if is_list else "Diagonal[{u}]"
        if name == "sum" and is_list:
            return "Total[{u}]"
        if name == "norm2" and is_list:
            return "Norm[{u}]"
        if name == "kron" and any(ONE in operand.shape for operand in part.operands):
            raise self.missing("kron of columns and rows", part)
        if name in ("rowsum", "colsum", "rowmax", "rowmin", "vec") and is_list:
            raise self.missing(f"{name} of a column or a row", part)
        if name in _COMPARED and not part.shape.is_scalar:
            raise self.missing("conditions of arrays", part)
        return super().template(part)

    # ---------------------------------------------------------------- constants
    def of_eye(self, part: Expr) -> Piece:
        return f"IdentityMatrix[{self.dim(part.shape.rows)}]", ATOM

    def of_ones(self, part: Expr) -> Piece:
        sides = [self.dim(side) for side in part.shape if side is not ONE]
        value = "1" if part.kind == "ones" else "0"
        shape = sides[0] if len(sides) == 1 else f"{{{', '.join(sides)}}}"
        return (f"ConstantArray[{value}, {shape}]" if sides else value), ATOM

    of_zeros = of_ones

    def of_unit(self, part: Expr) -> Piece:
        return f"UnitVector[{self.dim(part.shape.rows)}, {self.position(part.data, 'All', ';;')}]", ATOM

    # ---------------------------------------------------------------- operators
    def of_add(self, part: Expr, left: Piece, right: Piece) -> Piece:
        return self.infix(" + ", SUM, left, right)

    def of_sub(self, part: Expr, left: Piece, right: Piece) -> Piece:
        return self.infix(" - ", SUM, left, right)

    def of_mul(self, part: Expr, left: Piece, right: Piece) -> Piece:
        one, other = (operand.shape for operand in part.operands)
        if one.is_scalar or other.is_scalar:
            return self.infix("*", PRODUCT, left, right)
        if one.cols is ONE:
            return f"Outer[Times, {left[0]}, {right[0]}]", ATOM
        return f"{self.at_least(left, POWER)}.{self.at_least(right, POWER)}", PRODUCT

    def of_div(self, part: Expr, left: Piece, right: Piece) -> Piece:
        return self.infix("/", PRODUCT, left, right)

    def of_hadamard(self, part: Expr, left: Piece, right: Piece) -> Piece:
        return self.infix("*", PRODUCT, left, right)

    of_eldiv = of_div

    def of_pow(self, part: Expr, base: Piece, exponent: Piece) -> Piece:
        if part.shape.is_scalar:
            return super().of_pow(part, base, exponent)
        return f"MatrixPower[{base[0]}, {exponent[0]}]", ATOM

    def of_elpow(self, part: Expr, base: Piece, exponent: Piece) -> Piece:
        return super().of_pow(part, base, exponent)

    def of_transpose(self, part: Expr, operand: Piece) -> Piece:
        return operand if ONE in part.shape else (f"Transpose[{operand[0]}]", ATOM)

    # ---------------------------------------------------------------- parts
    def of_entry(self, part: Expr, operand: Piece) -> Piece:
        (of,) = part.operands
        sides = zip(part.data, of.shape, strict=True)
        places = [self.position(at, "All", ";;") for at, side in sides if side is not ONE]
        return f"{self.at_least(operand, ATOM)}[[{', '.join(places)}]]", ATOM

    def of_blocks(self, part: Expr, *parts: Piece) -> Piece:
        if ONE in part.shape:
            lists = [
                piece[0] if not of.shape.is_scalar else f"{{{piece[0]}}}"
                for of, piece in zip(part.operands, parts, strict=True)
            ]
            return f"Join[{', '.join(lists)}]", ATOM
        wrapped = [self.as_matrix(of, piece[0]) for of, piece in zip(part.operands, parts, strict=True)]
        rest = iter(wrapped)
        rows = [f"{{{', '.join(next(rest) for _ in range(count))}}}" for count in part.data]
        return f"ArrayFlatten[{{{', '.join(rows)}}}]", ATOM

    def as_matrix(self, of: Expr, text: str) -> str:
        """A block as a list of rows."""
        if of.shape.is_scalar:
            return f"{{{{{text}}}}}"
        return f"List /@ ({text})" if of.shape.cols is ONE else f"{{{text}}}" if of.shape.rows is ONE else text


_COMPARED = (">", "<", ">=", "<=", "==", "!=", "and", "or", "not", "where")


def write(expr: Expr) -> str:
    """The formula in Mathematica.

    Raises:
        MatcalcError: Mathematica has no built-in form for a part of it.
    """
    return Mathematica(expr).text()
