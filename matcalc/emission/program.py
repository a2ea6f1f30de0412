"""Network → straight-line NumPy statements.

Each distinct node is computed once. Inverses are not formed where a solve does; contractions are bracketed by
``order``. What this writes is what ``evaluate`` runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from matcalc.emission.order import Tree, contraction_tree
from matcalc.emission.source import LETTERS, dim, number, power, shape, subscript
from matcalc.emission.squares import half_of_square
from matcalc.expr import Expr
from matcalc.functions import FUNCTIONS
from matcalc.network import properties
from matcalc.network.functions import opaque
from matcalc.network.nodes import Factor, Index, Indices, Node, Product, constant_value, is_function
from matcalc.walk import postorder

ASSUMED_SIZE = 100  # of a symbolic dimension, when an order of products is chosen


_LOG_OF_DET = '''
def _log_of_det(a):
    """log(det(a)) without overflow; not a number where the determinant is negative."""
    sign, logarithm = np.linalg.slogdet(a)
    return logarithm if sign > 0 else np.log(sign)
'''


class Operand(NamedTuple):
    """An array in the making: source text, the index of each axis; ``inverse`` is the matrix whose inverse it is."""

    text: str
    indices: Indices
    inverse: Node | None = None
    atomic: bool = True


class Program:
    """Statements that compute nodes. ``lines`` is the body of a function, ``helpers`` what it calls."""

    def __init__(self, names: Mapping[Expr, str], taken: set[str]) -> None:
        self.variables = names
        self.taken = set(taken)
        self.lines: list[str] = []
        self.helpers: list[str] = []
        self.texts: dict[Node, str] = {}
        self.factored: dict[Node, str] = {}
        self.assigned: dict[str, str] = {}
        self.count = 0

    # ---------------------------------------------------------------- names
    def fresh(self, stem: str = "t") -> str:
        while True:
            self.count += 1
            name = f"{stem}{self.count}"
            if name not in self.taken:
                self.taken.add(name)
                return name

    def assign(self, text: str, stem: str = "t") -> str:
        """The name of a value; one that is computed already is not computed again."""
        if text in self.taken:  # a name already
            return text
        name = self.assigned.get(text)
        if name is None:
            name = self.assigned[text] = self.fresh(stem)
            self.lines.append(f"{name} = {text}")
        return name

    # ---------------------------------------------------------------- nodes
    def compute(self, *roots: Node) -> None:
        for node in postorder(*roots):
            if node not in self.texts and not is_function(node, "inv"):
                self.texts[node] = self._node(node)

    def value(self, node: Node) -> str:
        """The name of a node's array."""
        if node not in self.texts:
            assert is_function(node, "inv")
            self.texts[node] = self._inverse(node)
        return self.texts[node]

    def _node(self, node: Node) -> str:
        if node.kind == "variable":
            return self.variables[node.data]
        if node.kind == "size":
            return dim(node.data)
        if node.kind == "constant":
            return f"np.{node.data}"
        if node.kind == "unit":
            return self.assign(f"np.eye({dim(node.dims[0])})[{node.data}]")
        if node.kind == "sum":
            return self.assign(self._sum(node))
        if node.kind == "contraction":
            return self._contraction(node)
        if node.kind == "reshape":
            return self.assign(f"{self.value(node.operands[0])}.reshape({shape(node.dims)})")
        return self._function(node)

    def _function(self, node: Node) -> str:
        name = node.data.name
        if name == "log" and is_function(node.operands[0], "det"):
            return self._log_of_det(node.operands[0].operands[0])
        if name == "logdet" and properties.is_definite(node.operands[0]):
            return self._log_of_det(node.operands[0])
        template, _, helper = node.data.numpy.partition("\n")
        self._help(helper)
        reshaped = False
        for operand_name, operand in zip(node.data.operands, node.operands, strict=True):
            text = self.value(operand)
            if node.kind == "opaque" and operand.rank == 0 and len(node.operands) > 1:
                text, reshaped = f"np.reshape({text}, (1, 1))", True
            template = template.replace("{" + operand_name + "}", text)
        return self.assign(f"{template}.reshape({shape(node.dims)})" if reshaped else template)

    def _help(self, source: str) -> None:
        """Puts helper functions before the function, each once."""
        for helper in filter(None, map(str.strip, source.split("\ndef "))):
            text = helper if helper.startswith("def ") else f"def {helper}"
            if text not in self.helpers:
                self.helpers.append(text)

    def _log_of_det(self, matrix: Node) -> str:
        """log(det(X)) without forming det(X), which overflows; not a number where det(X) is negative."""
        if properties.is_definite(matrix):
            return self.assign(f"2.0 * np.sum(np.log(np.diagonal({self._factor(matrix)}[0])))")
        self._help(_LOG_OF_DET)
        return self.assign(f"_log_of_det({self.value(matrix)})")

    def _inverse(self, node: Node) -> str:
        (matrix,) = node.operands
        if matrix in self.factored:
            return self.assign(self._solve(matrix, f"np.eye({dim(matrix.dims[0])})", False))
        return self.assign(f"np.linalg.inv({self.value(matrix)})")

    def _factor(self, matrix: Node) -> str:
        """A factorisation, made once for all solves with a matrix."""
        if matrix not in self.factored:
            how = "cho_factor" if properties.is_definite(matrix) else "lu_factor"
            stem = "cho" if how == "cho_factor" else "lu"
            self.factored[matrix] = self.assign(f"linalg.{how}({self.value(matrix)})", stem)
        return self.factored[matrix]

    def _solve(self, matrix: Node, right: str, transposed: bool) -> str:
        factor = self._factor(matrix)
        if factor.startswith("cho"):
            return f"linalg.cho_solve({factor}, {right})"
        return f"linalg.lu_solve({factor}, {right}{', trans=1' if transposed else ''})"

    # ---------------------------------------------------------------- sums
    def _sum(self, node: Node) -> str:
        text = ""
        for coefficient, operand in sorted(node.terms, key=lambda term: term[0] < 0):
            body = self._term(abs(coefficient), operand)
            if not text:
                text = f"-{body}" if coefficient < 0 else body
            else:
                text += f" - {body}" if coefficient < 0 else f" + {body}"
        if all(constant_value(operand) is not None for operand in node.operands):
            text = f"np.full({shape(node.dims)}, {text})"
        return text

    def _term(self, coefficient: Fraction, operand: Node) -> str:
        if constant_value(operand) is not None:
            return number(coefficient * operand.data.coefficient)
        name = self.value(operand)
        return name if coefficient == 1 else f"{number(coefficient)} * {name}"

    # ---------------------------------------------------------------- contractions
    def _contraction(self, node: Node) -> str:
        product: Product = node.data
        scale = self._scale(product.coefficient, [f for f in node.factors if not f.indices])
        half = None if product.out else half_of_square(node)
        if half is not None:
            self.compute(half)
            name = self.value(half)
            square = f"{name} @ {name}" if half.rank == 1 else f"np.sum({name} * {name})"
            return self._spread(Operand(self.assign(square), ()), product, scale)
        operands = [self._operand(f) for f in node.factors if f.indices]
        if not operands:
            return self._spread(Operand(scale or "1.0", ()), product, "")
        needed = set(product.out)
        operands = [self._summed_alone(o, k, operands, needed) for k, o in enumerate(operands)]
        sizes = {i: d.number or ASSUMED_SIZE for i, d in enumerate(product.sizes)}
        tree = contraction_tree([frozenset(o.indices) for o in operands], frozenset(needed), sizes)
        total = self._contract(tree, operands, needed)
        if properties.is_symmetric(node) and total.indices == product.out[::-1]:
            total = total._replace(indices=product.out)
        return self._spread(total, product, scale)

    def _scale(self, coefficient: Fraction, factors: list[Factor]) -> str:
        above = [] if coefficient == 1 else [number(coefficient)]
        below: list[str] = []
        for node, _, exponent in factors:
            if is_function(node, "exp"):
                above.append(self._exp(node, exponent))
                continue
            text = power(self.value(node), abs(exponent))
            (above if exponent > 0 else below).append(text)
        text = " * ".join(above)
        for divisor in below:
            text = f"{text or '1.0'} / {divisor}"
        return text

    def _operand(self, factor: Factor) -> Operand:
        node, indices, exponent = factor
        if is_function(node, "inv") and exponent == 1 and indices[0] != indices[1] and node not in self.texts:
            return Operand("", indices, node.operands[0])
        if is_function(node, "exp"):
            text, exponent = self._exp(node, exponent), Fraction(1)
        else:
            text = self.value(node)
        if len(indices) == 2 and indices[0] == indices[1]:
            text, indices = f"np.diagonal({text})", indices[:1]
        elif len(set(indices)) < len(indices):
            letters = subscript(indices)
            unique = tuple(dict.fromkeys(indices))
            text, indices = f'np.einsum("{letters}->{subscript(unique)}", {text})', unique
        return Operand(power(text, exponent), indices, atomic=exponent == 1)

    def _exp(self, node: Node, exponent: Fraction) -> str:
        """exp(u)^p as exp(p*u), which overflows only where the result does."""
        if exponent == 1:
            return self.value(node)
        return self.assign(f"np.exp({number(exponent)} * {self.value(node.operands[0])})")

    def _summed_alone(self, operand: Operand, k: int, operands: list[Operand], needed: set[Index]) -> Operand:
        """Sums over the indices that stand on this operand alone."""
        others = needed.union(*(o.indices for j, o in enumerate(operands) if j != k))
        alone = [axis for axis, i in enumerate(operand.indices) if i not in others]
        if not alone:
            return operand
        operand = self._formed(operand)
        kept = tuple(i for i in operand.indices if i in others)
        axis = "" if not kept else f"axis={alone[0]}" if len(alone) == 1 else f"axis={tuple(alone)}"
        return Operand(f"np.sum({operand.text}{', ' if axis else ''}{axis})", kept, atomic=False)

    def _formed(self, operand: Operand) -> Operand:
        """An operand with its array formed, where it stood for an inverse."""
        if operand.inverse is None:
            return operand
        node = opaque(FUNCTIONS["inv"], (operand.inverse,))
        if not is_function(node, "inv"):
            self.compute(node)
        return Operand(self.value(node), operand.indices)

    def _contract(self, tree: Tree, operands: list[Operand], needed: set[Index]) -> Operand:
        if isinstance(tree, int):
            return operands[tree]
        halves = [self._contract(part, operands, needed | _outside(part, tree, operands)) for part in tree]
        return self._pair(halves[0], halves[1], needed)

    def _pair(self, a: Operand, b: Operand, needed: set[Index]) -> Operand:
        summed = [i for i in a.indices if i in b.indices and i not in needed]
        if (a.inverse is None) != (b.inverse is None) and len(summed) == 1:
            solved = self._solved(*((a, b) if a.inverse is not None else (b, a)), summed[0])
            if solved is not None:
                return solved
        if a.inverse is not None and b.inverse is not None and len(summed) == 1:
            b = self._formed(b)
            solved = self._solved(a, b, summed[0])
            if solved is not None:
                return solved
        a, b = self._named(self._formed(a)), self._named(self._formed(b))
        shared = [i for i in a.indices if i in b.indices]
        if len(summed) == 1 and shared == summed and len(a.indices) <= 2 and len(b.indices) <= 2:
            return self._matmul(a, b, summed[0])
        out = tuple(i for i in dict.fromkeys((*a.indices, *b.indices)) if i in needed)
        if not summed and len(a.indices) <= 2 and len(b.indices) <= 2 and len(out) <= 2:
            return self._broadcast(a, b, out)
        letters = f"{subscript(a.indices)},{subscript(b.indices)}->{subscript(out)}"
        return Operand(self.assign(f'np.einsum("{letters}", {a.text}, {b.text})'), out)

    def _named(self, operand: Operand) -> Operand:
        return operand if operand.atomic else operand._replace(text=self.assign(operand.text), atomic=True)

    def _solved(self, inverse: Operand, right: Operand, index: Index) -> Operand | None:
        if len(right.indices) > 2 or right.inverse is not None:
            return None
        assert inverse.inverse is not None
        other = inverse.indices[0] if inverse.indices[1] == index else inverse.indices[1]
        if other in right.indices:
            return None
        right = self._named(right)
        text = right.text if right.indices[0] == index else f"{right.text}.T"
        rest = tuple(i for i in right.indices if i != index)
        transposed = inverse.indices[0] == index
        return Operand(self.assign(self._solve(inverse.inverse, text, transposed)), (other, *rest))

    def _matmul(self, a: Operand, b: Operand, index: Index) -> Operand:
        if len(a.indices) < len(b.indices):
            a, b = b, a
        left = a.text if a.indices[-1] == index else f"{a.text}.T"
        right = b.text if b.indices[0] == index else f"{b.text}.T"
        out = tuple(i for i in (*a.indices, *b.indices) if i != index)
        return Operand(self.assign(f"{left} @ {right}"), out)

    def _broadcast(self, a: Operand, b: Operand, out: Indices) -> Operand:
        return Operand(self.assign(f"{_aligned(a, out)} * {_aligned(b, out)}"), out)

    def _spread(self, total: Operand, product: Product, scale: str) -> str:
        """The array with the axes of ``out``: permuted, broadcast over free indices, on a diagonal for deltas."""
        total = self._formed(total)
        if total.indices != product.out:
            total = self._named(total)
        text = total.text
        if scale:
            text = f"{scale} * {text if total.atomic else self._named(total).text}"
        out = product.out
        have = set(total.indices)
        if out == total.indices:
            return self._done(text, total.text if not scale else None)
        distinct = tuple(dict.fromkeys(out))
        if out == distinct and have == set(out):
            named = text if not scale else self.assign(text)
            if len(out) == 2:
                return self.assign(f"{named}.T")
            return self.assign(f'np.einsum("{subscript(total.indices)}->{subscript(out)}", {named})')
        if not have and out == distinct:
            return self.assign(f"np.full({shape(tuple(product.sizes[i] for i in out))}, {text})")
        named = self.assign(text)
        if len(out) == 2 and out[0] == out[1] and have:
            return self.assign(f"np.diag({named})")
        return self._embedded(Operand(named, total.indices), product)

    def _done(self, text: str, name: str | None) -> str:
        return text if name == text and text.isidentifier() else self.assign(text)

    def _embedded(self, total: Operand, product: Product) -> str:
        """Deltas as identity matrices, free indices as ones, by einsum."""
        if not total.indices and product.out == (0, 0):
            return self.assign(f"{total.text} * np.eye({dim(product.sizes[0])})")
        arrays, subscripts = [], []
        if total.indices:
            arrays.append(total.text)
            subscripts.append(subscript(total.indices))
        letters: list[str] = []
        spare = len(product.sizes)
        seen: set[Index] = set()
        for index in product.out:
            if index in seen:
                arrays.append(f"np.eye({dim(product.sizes[index])})")
                subscripts.append(subscript((index, spare)))
                letters.append(LETTERS[spare])
                spare += 1
                continue
            if index not in total.indices and product.out.count(index) == 1:
                arrays.append(f"np.ones({dim(product.sizes[index])})")
                subscripts.append(LETTERS[index])
            seen.add(index)
            letters.append(LETTERS[index])
        scale = "" if total.indices else f"{total.text} * "
        made = f'{scale}np.einsum("{",".join(subscripts)}->{"".join(letters)}", {", ".join(arrays)})'
        return self.assign(made)


# ---------------------------------------------------------------- text
def _outside(part: Tree, tree: Tree, operands: list[Operand]) -> set[Index]:
    """Indices of the sibling of ``part``."""
    assert not isinstance(tree, int)
    sibling = tree[1] if part is tree[0] else tree[0]
    found: set[Index] = set()
    stack = [sibling]
    while stack:
        node = stack.pop()
        if isinstance(node, int):
            found.update(operands[node].indices)
        else:
            stack.extend(node)
    return found


def _aligned(operand: Operand, out: Indices) -> str:
    """The operand, broadcast against ``out``."""
    if len(out) == 2 and operand.indices == (out[0],):
        return f"{operand.text}[:, None]"
    if len(out) == 2 and operand.indices == (out[1], out[0]):
        return f"{operand.text}.T"
    return operand.text
