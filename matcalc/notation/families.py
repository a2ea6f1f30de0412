"""Names of families in a text: a family of matrices stands there by its members alone."""

from __future__ import annotations

from collections.abc import Mapping

from matcalc.errors import ShapeError
from matcalc.expr import Expr
from matcalc.families import declaration, is_of_matrices
from matcalc.notation.syntax import Source


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
