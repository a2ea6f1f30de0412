"""Shapes of names in code that declares none, as the reader of text infers them: by their use and by their letters.

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
    "norm": "norm2", "trace": "tr", "Trace": "tr", "Determinant": "det", "Inverse": "inv", "absolute": "abs",
    "Abs": "abs", "dot": "*", "matmul": "*", "MatMul": "*", "Mul": "*", "MatAdd": "+", "Add": "+", "add": "+",
    "subtract": "-", "multiply": ".*", "HadamardProduct": ".*", "hadamard_product": ".*", "KroneckerProduct": "kron",
    "kronecker_product": "kron", "power": ".^", "log1p": "log1p", "DiagMatrix": "diag", "inner": "*",
}  # fmt: skip
_METHODS = {"sum": "sum({})", "dot": "*", "trace": "tr({})", "transpose": "({})'", "inv": "inv({})", "det": "det({})",
            "mean": "mean({})", "applyfunc": ""}  # fmt: skip
_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.MatMult: "*", ast.Mult: ".*", ast.Div: "./", ast.Pow: ".^"
}  # fmt: skip


class _NoText(Exception):
    """A part of the code that is not translated."""


def declared_as_in_text(code: str, notation: str, declared: Mapping[str, Any]) -> dict[str, Any]:
    """The declarations, and those of names that are not declared, where they can be inferred."""
    try:
        tree = ast.parse(code.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return dict(declared)
    known = {name: value for name, value in declared.items() if isinstance(value, Expr)}
    for turned in (False, True):
        try:
            text = _Translation(notation, turned, set(known)).of_module(tree)
            names = parse_with_names(text, declared)[1]
        except (_NoText, MatcalcError, RecursionError):
            continue
        return {**names, **known}
    return dict(declared)


class _Translation:
    """Code as text. ``turned`` makes the first factors of products rows: x @ y of arrays of one axis is x'*y."""

    def __init__(self, notation: str, turned: bool, known: set[str]) -> None:
        self.turned = turned
        self.signs = dict(_BINARY)
        self.values: dict[str, str] = {}
        if notation == "sympy":
            self.signs |= {ast.Mult: "*", ast.Div: "/", ast.Pow: "^"}

    def of_module(self, tree: ast.Module) -> str:
        body: list[ast.stmt] = list(tree.body)
        if body and isinstance(body[-1], ast.FunctionDef):
            body = body[-1].body
        for statement in body[:-1]:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                self.values[statement.targets[0].id] = self.of(statement.value)
            elif not isinstance(statement, ast.Import | ast.ImportFrom):
                raise _NoText
        last = body[-1] if body else None
        if isinstance(last, ast.Assign | ast.Expr | ast.Return) and last.value is not None:
            return self.of(last.value.body if isinstance(last.value, ast.Lambda) else last.value)
        raise _NoText

    def of(self, node: ast.expr) -> str:
        match node:
            case ast.Name(id=name):
                return f"({self.values[name]})" if name in self.values else name
            case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                return str(value)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return f"(-{self.of(operand)})"
            case ast.BinOp(left=left, op=op, right=right) if type(op) in self.signs:
                return self.joined(left, self.signs[type(op)], right)
            case ast.Attribute(value=value, attr="T"):
                return f"{self.of(value)}'"
            case ast.Call():
                return self.of_call(node)
        raise _NoText

    def joined(self, left: ast.expr, sign: str, right: ast.expr) -> str:
        if sign == ".^" and not isinstance(right, ast.Constant):
            raise _NoText
        first = self.of(left)
        is_first_factor = sign == "*" and not (isinstance(left, ast.BinOp) and isinstance(left.op, ast.MatMult))
        if self.turned and is_first_factor and not (isinstance(left, ast.Name) and left.id[0].isupper()):
            first = f"({first})'"
        return f"({first} {sign} {self.of(right)})"

    def of_call(self, node: ast.Call) -> str:
        if node.keywords:
            raise _NoText  # axes and orders
        match node.func:
            case ast.Attribute(value=value, attr=attr) if attr in _METHODS and not _is_module(value):
                operand, form = self.of(value), _METHODS[attr]
                if form == "*" and len(node.args) == 1:
                    return self.joined(value, "*", node.args[0])
                if not form or node.args:
                    raise _NoText
                return form.format(operand)
            case ast.Attribute(attr=name) | ast.Name(id=name):
                return self.of_function(_NAMED.get(name, name), node.args)
        raise _NoText

    def of_function(self, name: str, arguments: list[ast.expr]) -> str:
        if name == "slogdet" or not arguments:
            raise _NoText
        if not name[0].isalpha():
            if len(arguments) != 2:
                raise _NoText
            return self.joined(arguments[0], name, arguments[1])
        if name != "sum" and name != "mean" and find(name) is None:
            raise _NoText
        return f"{name}({', '.join(map(self.of, arguments))})"


def _is_module(node: ast.expr) -> bool:
    """np, np.linalg, sp."""
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return bool(names & {"np", "numpy", "jnp", "torch", "sp", "sympy", "linalg"})
