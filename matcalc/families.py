"""Families: variables with one more axis, whose members are scalars, columns, rows or matrices, each with facts.

A family of K members is a variable. Of scalars it is a column of K entries; of columns or rows a matrix with a row for
each member; of p×q matrices the K·p×q matrix of all members below each other. Its array has the family's axis first.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from matcalc.boundary import checked_arguments
from matcalc.errors import ShapeError
from matcalc.expr import ARRAYS, Expr, name_of
from matcalc.facts import declare
from matcalc.position import Index, position
from matcalc.records import NamedTuple
from matcalc.shape import ONE, Dim, Shape

Size = int | str | Dim
_OF_ENTRIES = ("positive", "nonneg")  # facts that the whole has, where each member has them


class Members(NamedTuple):
    """What the members of a family are: how many, of which shape, and which facts each has."""

    length: Dim
    shape: Shape
    facts: tuple[str, ...]

    @property
    def are_matrices(self) -> bool:
        return ONE not in self.shape

    @property
    def whole(self) -> Shape:
        """The shape of all members together."""
        rows, cols = self.shape
        return Shape(self.length * rows, cols) if self.are_matrices else Shape(self.length, rows * cols)


@checked_arguments
def family(name: str, length: Size, rows: Size = 1, cols: Size = 1, *facts: str) -> Expr:
    """A family of ``length`` members of ``rows`` × ``cols``, each with these facts: ``S = family("S", "K", "n", "n")``.

    Under a sum, ``S[k]`` is a member: ``sum_over("k", lambda k: logdet(S[k]))``. Values are arrays with the family's
    axis first: K×n×n ones of square matrices, m×n ones of columns or of rows.

    Raises:
        ShapeError: not a name, not a dimension, or facts that no member can have.
    """
    one = declare(name, rows, cols, *facts)
    members = Members(Dim.of(length), one.shape, one.data[1])
    own = tuple(fact for fact in _OF_ENTRIES if fact in members.facts)
    return Expr("variable", (), (name, own, members), members.whole)


def members_of(expr: Expr) -> Members | None:
    """What the members of a family are; None where a formula is none."""
    return expr.data[2] if expr.kind == "variable" and len(expr.data) > 2 else None


def is_of_matrices(variable: Expr) -> bool:
    """Whether a variable is a family of matrices, whose array has three axes."""
    members = members_of(variable)
    return members is not None and members.are_matrices


def declared_facts(variable: Expr) -> tuple[str, ...]:
    """The facts that a variable was declared with, or each member of a family."""
    members = members_of(variable)
    facts: tuple[str, ...] = variable.data[1] if members is None else members.facts
    return facts


def redeclared(variable: Expr, *facts: str) -> Expr:
    """The variable, or the family, with these facts instead of its own.

    Raises:
        ShapeError: it cannot have them together.
    """
    members = members_of(variable)
    if members is not None:
        return family(name_of(variable), members.length, *members.shape, *facts)
    return declare(name_of(variable), *variable.shape, *facts)


def alike(variable: Expr, name: str) -> Expr:
    """A variable, or a family, of the same shape and without facts."""
    members = members_of(variable)
    return declare(name, *variable.shape) if members is None else family(name, members.length, *members.shape)


def declaration(variable: Expr) -> str:
    """What was declared of a variable, as it is written: ``n×n posdef``, ``K of n×n posdef``."""
    members = members_of(variable)
    shape = f"{variable.shape}" if members is None else f"{members.length} of {members.shape}"
    return " ".join((shape, *declared_facts(variable)))


def specification(variable: Expr) -> dict[str, Any]:
    """What was declared of a variable, for a file: rows, columns and facts, and the length of a family."""
    members = members_of(variable)
    rows, cols = variable.shape if members is None else members.shape
    told = {"rows": str(rows), "cols": str(cols), "facts": list(declared_facts(variable))}
    return told if members is None else {"length": str(members.length), **told}


def member(family: Expr, at: object) -> Expr:
    """The member of a family at an index that is bound, or at a position that is counted from 0.

    Raises:
        ShapeError: there is no such member.
    """
    members = members_of(family)
    assert members is not None
    if isinstance(at, Dim):
        raise ShapeError(f"index {at.plus(ONE)} is not bound", hint=f"sum_{{{at.plus(ONE)}}}, or a number")
    place = position(at, members.length)
    if not isinstance(place, int | Index):
        name = name_of(family)
        raise ShapeError(f"{name} is a family, and has members", hint=f"{name}[k] under sum_{{k}}")
    return Expr("member", (family,), place, members.shape)


def array_dims(variable: Expr) -> tuple[Dim, ...]:
    """The dimensions of the array of a variable, or of a matrix; those that are 1 are left out."""
    members = members_of(variable) if variable.kind == "variable" and len(variable.data) > 2 else None
    dims = (members.length, *members.shape) if members is not None else variable.shape
    return tuple([dim for dim in dims if dim is not ONE])


ARRAYS["member"] = member


def axis_of(variable: object, lengths: Collection[Dim]) -> str | None:
    """Whether x_i is a row or a column of X, by the lengths that i runs over.

    "rows", "columns", or "" where they do not tell; None of what is no matrix.
    """
    if not isinstance(variable, Expr) or ONE in variable.shape or members_of(variable) is not None:
        return None
    rows, cols = variable.shape
    fits = [axis for axis, side in (("rows", rows), ("columns", cols)) if side in lengths]
    return fits[0] if len(fits) == 1 and rows is not cols else ""
