"""Expr → LaTeX."""

from __future__ import annotations

from matcalc.bound import BINDERS, ranges
from matcalc.boundary import checked_arguments
from matcalc.expr import PRINTERS, Expr, name_of
from matcalc.function import Function
from matcalc.functions import CONV, CROSS, INV, KHATRIRAO, KRON, NORM1, NORM2, NORM_P, WHERE
from matcalc.notation.operators import (
    ATOM,
    COMPARISON,
    CONDITIONS,
    OPERATORS,
    POWER,
    PREFIX,
    PRODUCT,
    SUM,
    wants_brackets,
)
from matcalc.notation.text import fresh_names, named_parts, print_place, print_position
from matcalc.numerals import is_decimal, written
from matcalc.rational import Fraction
from matcalc.shape import ONE, Dim
from matcalc.stacking import ZERO, grid, with_short_zeros

_GREEK = {
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu", "xi"),
    *("rho", "sigma", "tau", "phi", "chi", "psi", "omega"),
    *("Gamma", "Delta", "Theta", "Lambda", "Xi", "Sigma", "Phi", "Psi", "Omega"),
}
ENTRYWISE = frozenset(
    ["exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "sqrt"]
)  # or functions of the matrix
LARGEST_FRACTION = 4  # denominators up to which a number is a fraction, even where it is a short decimal
_INFIX = {"add": " + ", "sub": " - ", "mul": r" \, ", "hadamard": r" \odot ", "eldiv": r" \oslash "}

Piece = tuple[str, int]


@checked_arguments
def to_latex(expr: Expr) -> str:
    """LaTeX of a formula, in the layout of a textbook: ``2 A^{\\top} (A x - b)``."""
    pieces, definitions = printed_in_latex(expr)
    where = rf" \quad\text{{where }} {', '.join(f'{name} = {text}' for _, name, text in definitions)}"
    return pieces[expr][0] + (where if definitions else "")


def printed_in_latex(expr: Expr) -> tuple[dict[Expr, Piece], list[tuple[Expr, str, str]]]:
    """The texts of all parts of a formula, and its definitions: a part, its name, and its text."""
    order = expr.parts
    named = named_parts(order)
    names = fresh_names(order)
    pieces: dict[Expr, Piece] = {}
    definitions = []
    for node in order:
        piece = _print(node, pieces)
        if node in named and node is not expr:
            name = _name(next(names))
            definitions.append((node, name, piece[0]))
            piece = (name, ATOM)
        pieces[node] = piece
    return pieces, definitions


def _print(node: Expr, pieces: dict[Expr, Piece]) -> Piece:
    operands = [pieces[operand] for operand in node.operands]
    kind = node.kind
    if kind in OPERATORS:
        return _operator(node, operands)
    if kind == "variable":
        return _name(name_of(node)), ATOM
    if kind == "number":
        return _number(node.data)
    if kind == "call" and node.data.infix:
        return _condition(node, operands)
    if kind == "call":
        return _call(node, [text for text, _ in operands])
    if kind in BINDERS:
        return _bound(node, operands[0])
    if kind == "member":
        return f"{{{_name(name_of(node.operands[0]))}}}_{{{print_place(node.data)}}}", ATOM
    if kind in ("entry", "selected"):
        return f"{{{_at_least(operands[0], ATOM)}}}_{{{print_position(node)}}}", ATOM
    if kind == "blocks":
        return _blocks(node, pieces), ATOM
    if kind == "indexed":
        rows, cols, indices = node.data
        summed = sorted({i for names in indices for i in names} - {*rows, *cols})
        body = r" \, ".join(
            f"{{{_at_least(p, ATOM)}}}_{{{''.join(names)}}}" for p, names in zip(operands, indices, strict=True)
        )
        sums = rf"\sum_{{{','.join(summed)}}} " if summed else ""
        return rf"\left[{sums}{body}\right]_{{{''.join(rows)};{''.join(cols)}}}", ATOM
    return _constant(node), ATOM


def _blocks(node: Expr, pieces: dict[Expr, Piece]) -> str:
    rows = grid(node)
    short = with_short_zeros(rows)
    texts = [
        ["0" if part is ZERO else pieces[own][0] for part, own in zip(*pair, strict=True)]
        for pair in zip(short, rows, strict=True)
    ]
    return r"\begin{bmatrix} " + r" \\ ".join(" & ".join(row) for row in texts) + r" \end{bmatrix}"


def _constant(node: Expr) -> str:
    rows, cols = (latex_dim(dim) for dim in node.shape)
    if node.kind == "eye":
        return f"I_{{{rows}}}"
    if node.kind == "commutation":
        return f"K_{{{latex_dim(node.data[0])},{latex_dim(node.data[1])}}}"
    if node.kind == "unit":
        return f"{{I_{{{rows}}}}}_{{:,{print_place(node.data)}}}"
    if node.kind in ("ones", "zeros"):
        sign = r"\mathbf{1}" if node.kind == "ones" else r"\mathbf{0}"
        return f"{sign}_{{{rows}}}" if node.shape.cols is ONE else rf"{sign}_{{{rows} \times {cols}}}"
    return r"\pi" if node.kind == "constant" else latex_dim(node.data)


def latex_dim(dim: Dim) -> str:
    return str(dim).replace("*", " ")


def _name(name: str) -> str:
    stem = name.rstrip("0123456789")
    digits = name[len(stem) :]
    stem = stem.rstrip("_") or stem
    if stem in _GREEK:
        text = f"\\{stem}"
    elif len(stem) == 1:
        text = stem
    elif stem[0] == "d" and len(stem) == 2:
        text = rf"\mathrm{{d}}{stem[1]}"
    else:
        text = r"\mathit{" + stem.replace("_", r"\_") + "}"
    return f"{text}_{{{digits}}}" if digits else text


def _number(value: Fraction) -> Piece:
    if value < 0:
        return f"-{_number(-value)[0]}", PREFIX
    if value.denominator == 1:
        return written(value), ATOM
    if value.denominator > LARGEST_FRACTION and is_decimal(value):
        return _decimal(written(value))
    return rf"\tfrac{{{value.numerator}}}{{{value.denominator}}}", ATOM


def _decimal(text: str) -> Piece:
    digits, _, power = text.partition("e")
    if not power:
        return text, ATOM
    scale = f"10^{{{int(power)}}}"
    return (scale if digits == "1" else rf"{digits} \cdot {scale}"), PRODUCT


def _call(node: Expr, operands: list[str]) -> Piece:
    function = node.data
    if function is WHERE:
        return _cases(node, operands), ATOM
    if function is INV:
        inner = node.operands[0]
        body = operands[0] if inner.kind == "variable" else rf"\left({operands[0]}\right)"
        return f"{body}^{{-1}}", POWER
    if function is NORM2:
        return rf"\left\lVert {operands[0]} \right\rVert_{{{'2' if ONE in node.operands[0].shape else 'F'}}}", ATOM
    told = _is_told(function, node)
    if function in (CONV, CROSS, KRON, KHATRIRAO) and not told:
        a, b = (
            text if operand.kind not in ("add", "sub", "mul", "div", "neg") else rf"\left({text}\right)"
            for operand, text in zip(node.operands, operands, strict=True)
        )
        return rf"\left({a} {function.latex} {b}\right)", ATOM
    is_whole = "{" + function.operands[0] + "}" in function.latex
    if is_whole and not told and not _has_ring(function, node) and (node.shape.is_scalar or not function.elementwise):
        return _filled(function, operands), ATOM
    return rf"{_head(function, node)}\left({', '.join(operands)}\right)", ATOM


def _is_told(function: Function, node: Expr) -> bool:
    """Whether a sign could mean two things here, so that the function is named: ‖X‖₁ of a matrix, x ⊗ y of columns."""
    first = node.operands[0].shape
    if function is KRON:
        return all(operand.shape.cols is ONE for operand in node.operands) and not node.shape.is_scalar
    return function in (NORM1, NORM_P) and ONE not in first


def _head(function: Function, node: Expr) -> str:
    """The name of a function; of each entry of a square matrix, it is marked by a ring."""
    is_whole = "{" + function.operands[0] + "}" in function.latex
    head = "" if is_whole or function is KRON else function.latex
    name = function.name.replace("_", r"\_")
    return (head or rf"\operatorname{{{name}}}") + (r"^{\circ}" if _has_ring(function, node) else "")


def _has_ring(function: Function, node: Expr) -> bool:
    return function.name in ENTRYWISE and node.shape.is_square and not node.shape.is_scalar


def _condition(node: Expr, operands: list[Piece]) -> Piece:
    sign, level = node.data.latex, CONDITIONS[node.data.name]
    if len(operands) == 1:
        return rf"{sign}{_at_least(operands[0], level)}", level
    left, right = operands
    between = sign if sign.startswith(r"\text") else f" {sign} "
    return f"{_at_least(left, level + (level == COMPARISON))}{between}{_at_least(right, level + 1)}", level


def _cases(node: Expr, operands: list[str]) -> str:
    """The branches one under the other; those of a last branch that is a case distinction itself among them."""
    condition, value, other = operands
    rows = rf"{value} & \text{{if }} {condition} \\ "
    begin, end = r"\begin{cases} ", r" \end{cases}"
    if other.startswith(begin) and node.operands[2].data is WHERE:
        return begin + rows + other.removeprefix(begin)
    return rf"{begin}{rows}{other} & \text{{otherwise}}{end}"


def _filled(function: Function, operands: list[str]) -> str:
    """What a record writes of a function and its operands."""
    text = function.latex
    for name, operand in zip(function.operands, operands, strict=True):
        text = text.replace("{" + name + "}", operand)
    return text


def _operator(node: Expr, operands: list[Piece]) -> Piece:
    kind = node.kind
    if kind == "neg":
        return f"-{_at_least(operands[0], PREFIX)}", PREFIX
    if kind == "transpose":
        inner = node.operands[0]
        if inner.data is INV:
            return f"{operands[0][0].removesuffix('^{-1}')}^{{-\\top}}", POWER
        return f"{_at_least(operands[0], ATOM)}^{{\\top}}", POWER
    left, right = operands
    if kind == "div":
        if node.shape.is_scalar or (left[1] > SUM and r"\frac" not in left[0]):
            return rf"\frac{{{left[0]}}}{{{right[0]}}}", ATOM
        return rf"\frac{{1}}{{{right[0]}}} \, {_at_least(left, PRODUCT)}", PRODUCT
    if kind in ("pow", "elpow"):
        mark = r"\circ " if kind == "elpow" and not node.shape.is_scalar else ""
        base, exponent = node.operands
        if kind == "pow" and exponent.kind == "number" and base.data is INV:
            return f"{left[0].removesuffix('^{-1}')}^{{{_number(-exponent.data)[0]}}}", POWER
        return f"{_at_least(left, ATOM)}^{{{mark}{right[0]}}}", POWER
    level = OPERATORS[kind].precedence
    tight = level if kind == "add" else level + 1
    behind = _at_least(right, tight)
    if kind != "add" and behind.startswith("-"):
        behind = rf"\left({behind}\right)"
    return f"{_at_least(left, level + wants_brackets(node))}{_INFIX[kind]}{behind}", level


def _at_least(piece: Piece, level: int) -> str:
    return piece[0] if piece[1] >= level else rf"\left({piece[0]}\right)"


PRINTERS["latex"] = to_latex


def _bound(node: Expr, body: Piece) -> Piece:
    r"""\sum_{i=1}^{m}, \prod_{i=1}^{m}, or [ … ]_{i=1,…,m} for a stack; of a pair that is compared, that alone."""
    what = node.data
    over = ranges(node.operands[0], what)
    if what.over == "stack":
        below = ", ".join(rf"{index.name}=1,\dots,{latex_dim(over[index])}" for index in what.indices)
        return rf"\left[{body[0]}\right]_{{{below}}}", ATOM
    sides = [f"_{{{index.name}=1}}^{{{latex_dim(over[index])}}}" for index in what.indices]
    if what.order:
        first, second = (index.name for index in what.indices)
        sides = [f"_{{{first} {_ORDERS[what.order]} {second}}}"]
    return " ".join(rf"\{what.over}{side}" for side in sides) + f" {_at_least(body, PRODUCT)}", SUM


_ORDERS = {"<": "<", "<=": r"\le", "!=": r"\ne"}
