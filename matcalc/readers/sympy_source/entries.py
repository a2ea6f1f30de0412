"""SymPy's entries, parts and sums over indices → those of formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy as sp

from matcalc.bound import Total, total
from matcalc.errors import ParseError, ShapeError
from matcalc.expr import Expr, block
from matcalc.position import Index, Place, Position, positions
from matcalc.shape import ONE, Dim, is_at_most, product, whole_number


class Entries:
    """The part of the reader that looks at indices.

    ``bound`` are the indices of sums, with where they begin and how many there are.
    """

    bound: dict[Any, tuple[Index, Dim, Dim]]
    variables: Mapping[str, Expr]
    counted_from: dict[str, Dim]  # where the sums begin that the entries of an IndexedBase stand in

    def named(self, name: str, rows: Dim, cols: Dim, facts: tuple[str, ...]) -> Expr:
        raise NotImplementedError

    def of(self, node: Any) -> Expr:
        raise NotImplementedError

    def dim(self, node: Any) -> Dim:
        node = sp.expand(sp.sympify(node))
        found = whole_number(0)
        for term in sp.Add.make_args(node):
            factors: list[Dim] = []
            sign = 1
            for factor in sp.Mul.make_args(term):
                base, exponent = factor.as_base_exp()
                if base.is_Integer and exponent == 1:
                    sign *= -1 if base < 0 else 1
                    factors.append(whole_number(abs(int(base))))
                elif base.is_Symbol and exponent.is_Integer and 0 < exponent < 10:
                    factors += [Dim.of(base.name)] * int(exponent)
                else:
                    raise ParseError(
                        f"not a dimension: {node}", "a dimension is a number, a symbol, a sum or a product"
                    )
            found = found.plus(product(tuple(factors)), sign)
        return found

    def element(self, node: Any) -> Expr:
        parent, row, col = node.args
        return self.at(self.of(parent), (row, col))

    def at(self, whole: Expr, places: Sequence[Any]) -> Expr:
        found = [self.place(at, dim) for at, dim in zip(places, whole.shape, strict=True)]
        parts = tuple(part for part, _ in found)
        base = block(whole, (parts[0], parts[1]))
        rows, cols = (None if side is ONE and not isinstance(at, Index) else at
                      for (_, at), side in zip(found, base.shape, strict=True))  # fmt: skip
        return block(base, (rows, cols))

    def place(self, at: Any, dim: Dim) -> tuple[Position, Place]:
        """The part of an axis that an index runs over, and the index; or a position."""
        at = sp.sympify(at)
        indices = [symbol for symbol in at.free_symbols if symbol in self.bound]
        if not indices:
            if at.is_Symbol and at.name not in dim.symbols:
                raise ParseError(f"index {at} is not bound", hint=f"a sum binds it: Sum(…, ({at}, 0, {dim} - 1))")
            first = self.dim(at)
            if is_at_most(dim, first) or not first.symbols <= dim.symbols:
                raise ShapeError(f"there is no such entry: {at}", f"this dimension is {dim}")
            return None, positions(first, ONE)
        index, start, count = self.bound[indices[0]]
        offset = at - indices[0]
        if len(indices) > 1 or not offset.is_Integer:
            raise ParseError(f"not an index: {at}", hint="i, i + 1, i - 1")
        first = start.plus(whole_number(int(offset)))
        if not is_at_most(whole_number(0), first) or not is_at_most(first.plus(count), dim):
            what = f"index {indices[0]} runs over {count} from {first.plus(ONE)}"
            raise ShapeError(what, f"this dimension is {dim}", hint="a sum is over all entries: (i, 0, n - 1)")
        return (None if count is dim else positions(first, count)), index

    def indexed(self, node: Any) -> Expr:
        """y[i] of an IndexedBase, whose length is that of its sum; counted from where the sum begins, 0 or 1.

        Raises:
            ParseError: it has more than two indices, or they are not all bound by sums.
        """
        base, *places = node.args
        name = str(base.label)
        if len(places) > 2 or not all(at in self.bound for at in places):
            hint = f"Sum({name}[i]**2, (i, 0, n - 1)); an entry of a fixed place is one of a MatrixSymbol"
            raise ParseError("an IndexedBase has one index or two, which sums bind", f"it is {node}", hint=hint)
        found = [self.bound[at] for at in places]
        if any(str(start) not in ("0", "1") for _, start, _ in found):
            raise ParseError("a sum over an IndexedBase begins at 0 or 1", f"it is {node}")
        if (
            len({self.counted_from.setdefault(name, start) for _, start, _ in found} | {start for _, start, _ in found})
            > 1
        ):
            raise ParseError(f"the entries of {name} are counted from 0 in one sum and from 1 in another")
        rows, cols = [count for _, _, count in found] + [ONE] * (2 - len(found))
        whole = self.variables.get(name) or self.named(name, rows, cols, ())
        if tuple(whole.shape) != (rows, cols):
            raise ShapeError(f"{name} is {whole.shape}", f"the sum is over {rows}×{cols}")
        return block(whole, (found[0][0], found[1][0] if len(found) > 1 else None))

    def slice(self, node: Any) -> Expr:
        whole = self.of(node.parent)
        places: list[Place] = []
        parts: list[Position] = []
        for (start, stop, step), dim in zip((node.rowslice, node.colslice), whole.shape, strict=True):
            if step != 1:
                raise ParseError("a block is of neighbouring rows and columns", f"the step is {step}")
            start, stop = sp.sympify(start), sp.sympify(stop)
            if sp.expand(stop - start) == 1 and any(symbol in self.bound for symbol in start.free_symbols):
                part, at = self.place(start, dim)
                parts.append(part)
                places.append(at)
                continue
            first, last = self.dim(start), self.dim(stop)
            if is_at_most(dim.plus(ONE), last) or not (first.symbols | last.symbols) <= dim.symbols:
                raise ShapeError(f"there are no such rows or columns: {start}:{stop}", f"this dimension is {dim}")
            count = last.plus(first, -1)
            places.append(None if count is dim else positions(first, count))
            parts.append(None)
        return block(block(whole, (parts[0], parts[1])), (places[0], places[1]))

    def over(self, node: Any) -> Expr:
        """A sum or a product over indices; each runs from its lower limit to its upper one."""
        indices, sizes = [], []
        for symbol, low, high in node.limits:
            if low.has(sp.MatrixExpr) or high.has(sp.MatrixExpr):
                raise ParseError(f"the limits of {symbol} are no numbers", hint="a sum is over all: (i, 0, n - 1)")
            if any(other in self.bound for other in sp.sympify(high - low).free_symbols):
                raise ParseError(f"the limits of {symbol} name another index", hint="a sum is over all: (i, 0, n - 1)")
            start, count = self.dim(low), self.dim(high - low + 1)
            index = Index(symbol.name, len(self.bound))
            self.bound[symbol] = (index, start, count)
            indices.append(index)
            sizes.append(count)
        body = self.of(node.function)
        for symbol, _, _ in node.limits:
            del self.bound[symbol]
        kind = "prod" if isinstance(node, sp.Product) else "sum"
        return total(body, Total(tuple(indices), tuple(sizes), "", kind))  # type: ignore[arg-type]

    def function_matrix(self, node: Any) -> Expr:
        """A matrix by what its entries are."""
        rows, cols, function = node.args
        indices, sizes = [], []
        for symbol, side in zip(function.variables, (rows, cols), strict=True):
            index = Index(symbol.name, len(self.bound))
            count = self.dim(side)
            self.bound[symbol] = (index, whole_number(0), count)
            indices.append(index)
            sizes.append(count)
        body = self.of(function.expr)
        for symbol in function.variables:
            del self.bound[symbol]
        return total(body, Total(tuple(indices), tuple(sizes), "", "stack"))
