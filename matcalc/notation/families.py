"""Members of families in a text: those of a family that is declared, and the rows or columns of a matrix as columns."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.errors import EntryOrMember, ShapeError
from matcalc.expr import Expr
from matcalc.families import declaration, is_of_matrices
from matcalc.notation.syntax import Source, Syntax


def check_families(source: Source, variables: Mapping[str, Expr]) -> None:
    """Refuses a family of matrices of which no member is taken.

    Raises:
        ShapeError: there is one; the error shows its place.
    """
    declared = {name: v for name, v in variables.items() if v.kind == "variable" and len(v.data) > 2}
    families = {name for name, variable in declared.items() if is_of_matrices(variable)}
    for node in source.parts if families else ():
        is_member = node.kind in ("entry", "selected") and len(node.value) == 1  # type: ignore[arg-type]
        for operand in () if is_member else node.operands:
            if operand.kind == "name" and str(operand.value) in families:
                name = str(operand.value)
                told = f"{name} is a family: {declaration(variables[name])}"
                error = ShapeError(
                    told, "its members are matrices", hint=f"{name}[k] under sum_{{k}} or stack_{{k}}, or {name}[1]"
                )
                raise error.at(source.text, operand.span)


def check_member(node: Syntax, text: str, may_be_family: bool) -> None:
    """Refuses x_i of a name x that is not declared, where x_i is transposed or multiplied as a column is.

    Raises:
        EntryOrMember: x_i is an entry of a column, or the i-th column of a family.
        ShapeError: the same, where the name stands without an index, too, and so may be no family.
    """
    if node.kind != "selected" or len(node.value) != 1 or node.operands[0].kind != "name":  # type: ignore[arg-type]
        return
    name, said = str(node.operands[0].value), text[slice(*node.span)]
    error = (EntryOrMember if may_be_family else ShapeError)(
        f"is {said} a number, or a column?",
        f"one: {name} is a column, and {said} its entry",
        f"two: {said} is a column itself, a row or a column of a matrix {name.capitalize()}",
        hint=f"declare the one or the other: {name}: vector, or {name.capitalize()}: m×n",
    )
    if isinstance(error, EntryOrMember):
        error.name = name
    raise error.at(text, node.span)


def is_weight(node: Syntax) -> bool:
    """Whether it is π_k: the number has no entries, so these are the weights of a mixture."""
    return node.kind == "selected" and node.operands[0].kind == "name" and node.operands[0].value == "pi"
