"""Network → index notation: ``y[i] = 2*sum_{j} A[j,i]*(A*x - b)[j]``. Every node of any rank has this form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from matcalc.lifting.indices import with_names
from matcalc.lifting.lift import lift
from matcalc.lifting.lifter import Lifter
from matcalc.lifting.members import MemberForms
from matcalc.lifting.repeated import without_long_trees
from matcalc.network.nodes import Factor, Index, Node
from matcalc.network.views import View
from matcalc.notation.operators import ATOM
from matcalc.notation.text import print_number, to_text
from matcalc.position import Index as BoundIndex
from matcalc.rational import Fraction
from matcalc.shape import Dim
from matcalc.walk import postorder

_LETTERS = "ijklpqrstuvw"


def to_index(view: View, name: str = "y") -> str:
    """The formula in index notation: rows in the first place, columns in the second, and ``i*j`` for a group.

    Sums name the indices they run over; where a size shows on no factor of a term, it is told at the end.
    """
    return _equation(view.node, name, (view.rows, view.rank - view.rows))


def tensor_to_index(node: Node, groups: Sequence[int]) -> str:
    """The node in index notation, with one place for each group of so many axes."""
    return _equation(node, "D", groups)


def _equation(node: Node, name: str, groups: Sequence[int]) -> str:
    """A row is the second place beside a 1 in the first."""
    names = _names()
    axes = [next(names) for _ in node.dims]
    writer = _Writer(axes, names)
    body = writer.node(node)
    rest = iter(axes)
    places = ["*".join(islice(rest, count)) or "1" * (k == 0) for k, count in enumerate(groups)]
    left = f"{name}[{','.join(filter(None, places))}]" if axes else name
    untold = [f"{index} = 1..{dim}" for index, dim in writer.untold.items()]
    return f"{left} = {body}" + (f"  for {', '.join(untold)}" if untold else "")


def _names() -> Iterator[str]:
    yield from _LETTERS
    k = 1
    while True:
        yield f"i{k}"
        k += 1


class _Writer:
    def __init__(self, axes: list[str], names: Iterator[str]) -> None:
        self.axes = axes
        self.names = names
        self.untold: dict[str, Dim] = {}  # indices whose size shows on no factor of some term
        self.told: set[str] = set()  # indices that are alone in a place of a factor of this term
        self.lifter = Lifter()
        self.members = MemberForms(lift)

    def node(self, node: Node) -> str:
        for part in postorder(node):
            if part.rank <= 2 and part is not node and not part.has_members:
                self.lifter.default(part)
        if node.kind != "sum":
            return self.term(Fraction(1), node)
        text = ""
        for coefficient, operand in node.terms:
            term = self.term(abs(coefficient), operand)
            sign = "-" if coefficient < 0 else "+"
            text = f"{text} {sign} {term}" if text else (f"-{term}" if sign == "-" else term)
        return text

    def term(self, coefficient: Fraction, node: Node) -> str:
        self.told = set()
        if node.kind != "contraction":
            text = self._scaled(coefficient, self.entry(node, self.axes), "")
            self._tell(dict(zip(self.axes, node.dims, strict=True)))
            return text
        product = node.product
        letters: dict[Index, str] = {}
        deltas = []
        for axis, index in zip(self.axes, product.out, strict=True):
            if index in letters:
                deltas.append(f"delta[{letters[index]},{axis}]")
            letters.setdefault(index, axis)
        summed = []
        for index in range(len(product.sizes)):
            if index not in letters:
                letters[index] = next(self.names)
                summed.append(letters[index])
        ordered = sorted(node.factors, key=lambda f: -len(f.indices))
        factors = [self.power(f, [letters[i] for i in f.indices]) for f in ordered]
        self._tell({letter: product.sizes[index] for index, letter in letters.items()})  # a delta tells the other's
        sums = f"sum_{{{','.join(summed)}}} " if summed else ""
        return self._scaled(coefficient * product.coefficient, "*".join([*factors, *deltas]), sums)

    def _tell(self, sizes: dict[str, Dim]) -> None:
        self.untold.update((index, dim) for index, dim in sizes.items() if index not in self.told)

    def power(self, factor: Factor, letters: list[str]) -> str:
        base = self.entry(factor.node, letters)
        if factor.exponent == 1:
            return base
        text, precedence = print_number(factor.exponent)
        return f"{base}^{text if precedence == ATOM or text[1:].isdecimal() else f'({text})'}"

    def entry(self, node: Node, letters: list[str]) -> str:
        """An entry of a part that is written in matrix notation."""
        if self.members.of_members(node):
            return self.member(node, letters)
        node = self.members.without(node) if node.has_members else node
        expr, groups = self.lifter.with_groups(node)
        text = to_text(expr, whole=True)
        if expr.kind not in ("variable", "call", "size", "constant", "number"):
            text = f"({text})"
        places = ["*".join(letters[axis] for axis in group) for group in groups]
        self.told.update(places)
        return f"{text}[{','.join(places)}]" if places else text

    def member(self, node: Node, letters: list[str]) -> str:
        """An entry of what is of members: that of a member."""
        at = {axis: BoundIndex(letter, None) for axis, letter in enumerate(letters)}
        sliced = self.members.slicing.at(node, at)
        self.told.update(letters)
        text = to_text(with_names(without_long_trees(self.members.formula(sliced, 0)), ()), whole=True)
        return text if node.kind in ("variable", "opaque") else f"({text})"

    def _scaled(self, coefficient: Fraction, body: str, sums: str) -> str:
        if not body:
            return sums + print_number(coefficient)[0]
        if coefficient == 1:
            return sums + body
        if coefficient == -1:
            return f"-{sums}{body}"
        return f"{print_number(coefficient)[0]}*{sums}{body}"
