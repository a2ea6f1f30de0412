"""Functions of matrices as wholes that have a closed form in scalars, by the names of their records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from matcalc.emission.c.scalars import matrices, rotations
from matcalc.emission.c.scalars.graph import ONE, ZERO, Graph, Scalar
from matcalc.emission.c.scalars.matrices import Entries
from matcalc.emission.c.scalars.posdef import Posdef
from matcalc.rational import Fraction

Sides: TypeAlias = tuple[int, ...]
Form: TypeAlias = Callable[[Graph, Sequence[Entries], Sides], Entries]  # of the operands, and the first one's sides


def _small(form: Callable[[Graph, Entries, int], Entries]) -> Form:
    """Of matrices that have as many rows as are written out."""
    return lambda graph, operands, sides: form(graph, operands[0], sides[0])


def _triangle(on_diagonal: Fraction) -> Form:
    at = Scalar(on_diagonal, None)
    return lambda _graph, _operands, sides: [
        ONE if j < i else at if j == i else ZERO for i in range(sides[0]) for j in range(sides[0])
    ]


def _cholesky(graph: Graph, a: Entries, n: int) -> Entries:
    return Posdef(graph, a, n).cholesky()


OF_CLOSED: Mapping[str, Form] = {
    "inv": _small(matrices.inverse),
    "det": _small(matrices.determinant),
    "logdet": _small(lambda graph, a, n: matrices.log_of_det(graph, a, n, is_real=False)),
    "adjugate": _small(matrices.adjugate),
    "adjugates": _small(matrices.adjugates),
    "adjugate_slope": lambda graph, operands, sides: matrices.adjugate_slope(graph, operands[0], operands[1], sides[0]),
}
FORMS: Mapping[str, Form] = {
    "cholesky": _small(_cholesky),
    "norm": lambda graph, operands, _sides: matrices.norm(graph, operands[0]),
    "trilones": _triangle(Fraction(1)),
    "halftril": _triangle(Fraction(1, 2)),
    "levicivita": lambda _graph, _operands, _sides: rotations.symbol(),
    "hat": lambda graph, operands, _sides: rotations.hat(graph, operands[0]),
    "cross": lambda graph, operands, _sides: rotations.cross(graph, operands[0], operands[1]),
    "rodrigues": lambda graph, operands, _sides: rotations.rodrigues(graph, operands[0]),
    "rightjac": lambda graph, operands, _sides: rotations.right_jacobian(graph, operands[0]),
    "drightjac": lambda graph, operands, _sides: rotations.right_jacobian_slope(graph, operands[0]),
}


def form_of(name: str, sides: Sides) -> Form | None:
    """How a function is written out, for a first operand of these sides."""
    if name in OF_CLOSED:
        return OF_CLOSED[name] if sides[0] <= matrices.LARGEST_CLOSED else None
    return FORMS.get(name)
