"""Shapes of names in SymPy code that declares none, as the reader of text infers them: by their use and their letters.

Code is translated into text for that alone: what it computes, its own reader says, with these declarations. Where there
is no translation, the reader asks for what is not declared.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from matcalc.errors import MatcalcError
from matcalc.expr import Expr
from matcalc.functions import find
from matcalc.reading import parse_with_names

_NAMED = {
    "Trace": "tr", "Determinant": "det", "Inverse": "inv", "Transpose": "'", "Abs": "abs", "MatMul": "*", "Mul": "*",
    "MatAdd": "+", "Add": "+", "HadamardProduct": ".*", "hadamard_product": ".*", "KroneckerProduct": "kron",
    "kronecker_product": "kron", "DiagMatrix": "diag",
}  # fmt: skip
_METHODS = {"trace": "tr({})", "transpose": "({})'", "inv": "inv({})", "det": "det({})"}
_BINARY: dict[type[ast.operator], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "^"}


class _NoText(Exception):
    """A part of the code that is not translated."""


def declared_as_in_text(code: str, declared: Mapping[str, Any]) -> dict[str, Any]:
    """The declarations, and those of names that are not declared, where they can be inferred."""
    known = {name: value for name, value in declared.items() if isinstance(value, Expr)}
    try:
        text = _text(ast.parse(code.strip(), mode="eval").body)
        return {**parse_with_names(text, declared)[1], **known}
    except (SyntaxError, ValueError, RecursionError, MemoryError, _NoText, MatcalcError):
        return dict(declared)


def _text(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return str(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return f"(-{_text(operand)})"
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return f"({_text(left)} {_BINARY[type(op)]} {_text(right)})"
        case ast.Attribute(value=value, attr="T"):
            return f"{_text(value)}'"
        case ast.Call(func=ast.Attribute(value=value, attr=attr), args=[], keywords=[]) if attr in _METHODS:
            return _METHODS[attr].format(_text(value))
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[_, *_] as operands, keywords=[]):
            return _called(_NAMED.get(name, name), [_text(operand) for operand in operands])
    raise _NoText


def _called(name: str, operands: list[str]) -> str:
    if name == "'":
        return f"({operands[0]})'"
    if not name.isidentifier():
        return f"({f' {name} '.join(operands)})"
    if find(name) is None:
        raise _NoText
    return f"{name}({', '.join(operands)})"
