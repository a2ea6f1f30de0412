"""Network → index notation: ``y[i] = 2*sum_{j} A[j,i]*(A*x - b)[j]``. Every node of any rank has this form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from matcalc.expr import Expr, number
from matcalc.lifting.indices import with_names
from matcalc.lifting.lift import lift
from matcalc.lifting.lifter import Lifter
from matcalc.lifting.members import MemberForms
from matcalc.lifting.repeated import without_long_trees
from matcalc.network.nodes import Factor, Index, Node
from matcalc.network.views import View
from matcalc.notation.latex import latex_dim, to_latex
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


def tensor_to_index(node: Node, groups: Sequence[int], *, typeset: bool = False) -> str:
    """The node in index notation, with one place for each group of so many axes; or ``typeset`` in LaTeX."""
    return _equation(node, "D", groups, _InLatex if typeset else _Writer)


def _equation(node: Node, name: str, groups: Sequence[int], write: type[_Writer] | None = None) -> str:
    """A row is the second place beside a 1 in the first."""
    names = _names()
    axes = [next(names) for _ in node.dims]
    writer = (write or _Writer)(axes, names)
    body = writer.node(node)
    rest = iter(axes)
    places = ["*".join(islice(rest, count)) or "1" * (k == 0) for k, count in enumerate(groups)]
    left = writer.placed(name, list(filter(None, places))) if axes else name
    return writer.equation(left, body)


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
                deltas.append(self.placed(self.delta, [letters[index], axis]))
            letters.setdefault(index, axis)
        summed = []
        for index in range(len(product.sizes)):
            if index not in letters:
                letters[index] = next(self.names)
                summed.append(letters[index])
        ordered = sorted(node.factors, key=lambda f: -len(f.indices))
        factors = [self.power(f, [letters[i] for i in f.indices]) for f in ordered]
        self._tell({letter: product.sizes[index] for index, letter in letters.items()})  # a delta tells the other's
        sums = f"{self.sum}_{{{','.join(summed)}}} " if summed else ""
        return self._scaled(coefficient * product.coefficient, self.times.join([*factors, *deltas]), sums)

    def _tell(self, sizes: dict[str, Dim]) -> None:
        self.untold.update((index, dim) for index, dim in sizes.items() if index not in self.told)

    def power(self, factor: Factor, letters: list[str]) -> str:
        base = self.entry(factor.node, letters)
        return base if factor.exponent == 1 else self.raised(base, factor.exponent)

    def entry(self, node: Node, letters: list[str]) -> str:
        """An entry of a part that is written in matrix notation."""
        if self.members.of_members(node):
            return self.member(node, letters)
        node = self.members.without(node) if node.has_members else node
        expr, groups = self.lifter.with_groups(node)
        places = ["*".join(letters[axis] for axis in group) for group in groups]
        self.told.update(places)
        return self.placed(self.operand(expr), places) if places else self.operand(expr)

    def member(self, node: Node, letters: list[str]) -> str:
        """An entry of what is of members: that of a member."""
        at = {axis: BoundIndex(letter, None) for axis, letter in enumerate(letters)}
        sliced = self.members.slicing.at(node, at)
        self.told.update(letters)
        text = self.text(with_names(without_long_trees(self.members.formula(sliced, 0)), ()))
        return text if node.kind in ("variable", "opaque") else self.in_brackets(text)

    def _scaled(self, coefficient: Fraction, body: str, sums: str) -> str:
        if not body:
            return sums + self.number(coefficient)
        if coefficient == 1:
            return sums + body
        if coefficient == -1:
            return f"-{sums}{body}"
        return f"{self.number(coefficient)}{self.times}{sums}{body}"

    # ---------------------------------------------------------------- how it is written
    sum, delta, times = "sum", "delta", "*"

    def text(self, expr: Expr) -> str:
        return to_text(expr, whole=True)

    def in_brackets(self, text: str) -> str:
        return f"({text})"

    def operand(self, expr: Expr) -> str:
        """A formula of which an entry is taken."""
        text = self.text(expr)
        return text if expr.kind in ("variable", "call", "size", "constant", "number") else self.in_brackets(text)

    def placed(self, text: str, places: Sequence[str]) -> str:
        return f"{text}[{','.join(places)}]"

    def number(self, value: Fraction) -> str:
        return print_number(value)[0]

    def raised(self, base: str, exponent: Fraction) -> str:
        text, precedence = print_number(exponent)
        return f"{base}^{text if precedence == ATOM or text[1:].isdecimal() else f'({text})'}"

    def equation(self, left: str, right: str) -> str:
        untold = [f"{index} = 1..{dim}" for index, dim in self.untold.items()]
        return f"{left} = {right}" + (f"  for {', '.join(untold)}" if untold else "")


class _InLatex(_Writer):
    """The same in LaTeX: indices stand below, and what is no single letter in brackets before them."""

    sum, delta, times = r"\sum", r"\delta", r" \, "

    def text(self, expr: Expr) -> str:
        return to_latex(expr)

    def in_brackets(self, text: str) -> str:
        return rf"\left({text}\right)"

    def operand(self, expr: Expr) -> str:
        text = self.text(expr)
        is_plain = expr.kind in ("size", "constant", "number") or (expr.kind == "variable" and "_" not in text)
        return text if is_plain else self.in_brackets(text)

    def placed(self, text: str, places: Sequence[str]) -> str:
        are_letters = all(len(place) == 1 for place in places)
        return f"{text}_{{{('' if are_letters else ',').join(places).replace('*', ' ')}}}"

    def number(self, value: Fraction) -> str:
        return to_latex(number(value))

    def raised(self, base: str, exponent: Fraction) -> str:
        return f"{base}^{{{self.number(exponent)}}}"

    def equation(self, left: str, right: str) -> str:
        untold = [rf"{index} = 1,\dots,{latex_dim(dim)}" for index, dim in self.untold.items()]
        return f"{left} = {right}" + (rf", \quad {', '.join(untold)}" if untold else "")
