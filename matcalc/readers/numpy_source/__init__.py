"""NumPy source → Expr, by Python's own grammar: an expression, statements, or a function. It is never executed.

What the code would compute is followed with symbolic arrays (``matcalc.arrays``), which mean what NumPy's mean. Names
that stand for arrays are declared: a declared column is an array of one axis, unless the code takes it for two.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping
from typing import Any

from matcalc.errors import ParseError, suggest
from matcalc.expr import Expr
from matcalc.notation.conventions import Outline
from matcalc.notation.parse import Declared
from matcalc.readers.numpy_source.inferring import Code, formula_of
from matcalc.readers.numpy_source.shapes import told_shapes, two_axes_used

LONGEST_TEXT = 20_000


def read(text: str, declared: Declared, families: Mapping[str, Any]) -> tuple[Expr, dict[str, Expr]]:
    """The formula that code computes, and all its variables by name.

    Of statements it is the value of the last, of a function what it returns; its arguments are the variables.

    Raises:
        ParseError: the text is no Python.
        MatcalcError: what it computes is no formula; the error says where.
    """
    return _read(text, parsed(text), declared)


def read_function(text: str, name: str, declared: Declared) -> tuple[Expr, dict[str, Expr]]:
    """The formula that a function of a file computes, and its variables.

    Of the rest of the file, imports, other functions and numbers that have names are read, and nothing else.

    Raises:
        ParseError: the file is no Python, or has no such function.
        MatcalcError: what it computes is no formula; the error says where.
    """
    tree = parsed(text)
    defined = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    named = [node for node in defined if node.name == name]
    if not named:
        names = [node.name for node in defined]
        told = f"its functions: {', '.join(names)}" if names else "it has none outside of classes and other functions"
        raise ParseError(f"there is no function {name} in the file", told, hint=suggest(name, names))
    numbers = [node for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)]
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    others = [node for node in defined if node.name != name]
    tree.body = [*imports, *numbers, *others, named[-1]]
    return _read(text, tree, declared, name)


def _read(text: str, tree: ast.Module, declared: Declared, name: str = "") -> tuple[Expr, dict[str, Expr]]:
    variables = {name: value for name, value in declared.items() if isinstance(value, Expr)}
    outlines = {name: value for name, value in declared.items() if isinstance(value, Outline)}
    meant: ast.AST = tree.body[-1] if name else tree
    code = Code(text, tree, variables, told_shapes(meant, text), two_axes_used(meant), outlines, meant=name)
    formula, used = formula_of(code)
    return formula, {**variables, **used}


def parsed(text: str) -> ast.Module:
    """The syntax tree of code, which is not compiled.

    Raises:
        ParseError: it is no Python, or too long.
    """
    if not isinstance(text, str) or not text.strip():
        raise ParseError("NumPy source is wanted", hint="np.sum((A @ x - b)**2)")
    if len(text) > LONGEST_TEXT:
        raise ParseError("the code is too long to be read", f"at most {LONGEST_TEXT} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(_dedented(text))
    except SyntaxError as error:
        line, column = max(error.lineno or 1, 1), max((error.offset or 1) - 1, 0)
        at = sum(len(row) + 1 for row in text.split("\n")[: line - 1]) + column
        at = min(at, max(len(text) - 1, 0))
        raise ParseError(f"this is no Python: {error.msg}").at(text, (at, at + 1)) from None
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        raise ParseError(f"this is no Python: {type(error).__name__}").at(text, (0, len(text))) from None


def _dedented(text: str) -> str:
    """Code that stands indented, with as many characters: Python takes no first line that is."""
    lines = [line for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#")]
    if lines and all(line[:1] in " \t" for line in lines):
        if len(lines) == 1:
            start = len(lines[0]) - len(lines[0].lstrip())
            return text.replace(lines[0], lines[0].lstrip() + " " * start, 1)
        return "if True:\n" + text
    return text
