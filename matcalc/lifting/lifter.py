"""Network → Expr: a node is lifted to a sum of ``Term``s. Contractions are reduced to matrix products by their form
alone (``reduce``); results whose rows or columns are groups of axes become Kronecker products (``blocks``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, count

from matcalc.budgets import LONGEST_CHAIN, MOST_SPREAD, SHALLOW
from matcalc.expr import Expr, call, elementwise, eye, number, ones, power, transpose, zeros
from matcalc.functions import EXP, NORM2, POWER, UNVEC
from matcalc.indexed import indexed
from matcalc.lifting.assembly import assemble_collected
from matcalc.lifting.blocks import NoMatrixForm, assemble_blocks
from matcalc.lifting.conditions import as_cases, by_cases, written_conditions
from matcalc.lifting.factor import assemble_sum, collect
from matcalc.lifting.forms import (
    CONSTANTS,
    constant_formula,
    grouped_dim,
    is_wide_part,
    merged,
    one_scalar,
    own_groups,
    squared,
)
from matcalc.lifting.kronecker import as_vec
from matcalc.lifting.pieces import Piece
from matcalc.lifting.reduce import Reduction
from matcalc.lifting.regrouping import regrouped
from matcalc.lifting.scaled_sums import in_whole_numbers, scaled_within
from matcalc.lifting.spreading import Spread
from matcalc.lifting.stacks import block_matrix, stack_of
from matcalc.lifting.term import Term
from matcalc.lifting.writer import Writer
from matcalc.lowering.branches import in_branches
from matcalc.network import build, leaves, properties
from matcalc.network.components import connected
from matcalc.network.nodes import Factor, Index, Indices, Node, is_function
from matcalc.network.reshaping import refinement
from matcalc.rational import Fraction
from matcalc.shape import ONE, Dim
from matcalc.walk import postorder

_1 = Fraction(1)


class Lifter:
    """Lifts nodes; formulas of nodes of at most two axes are kept, axis 0 as rows and axis 1 as columns."""

    def __init__(self, like: Sequence[Expr] = ()) -> None:
        self.writer = Writer(like)
        self.terms: dict[Node, list[Term]] = {}
        self.exprs: dict[Node, Expr] = {}
        self.wide: dict[tuple[Node, Indices, Indices], list[Term]] = {}  # of nodes of more axes
        self.spread = Spread()
        self.conditions = written_conditions(like)

    def lift(self, node: Node, rows: Indices, cols: Indices) -> Expr:
        (node,) = in_branches([node], sparing=True, known=self.conditions)
        for part in postorder(node) if node.weight > SHALLOW else ():
            if part.rank <= 2 and part is not node:
                self.default(part)
        is_plain = (rows, cols) in (((0,), (1,)), ((0,), ()), ((), ()))
        return self.default(node) if is_plain else self._sum(self.grouped(node, rows, cols), node, rows, cols)

    def default(self, node: Node) -> Expr:
        """The formula of a node of at most two axes."""
        if (known := self.exprs.get(node)) is None:
            self.terms[node], known = self._terms_and_formula(node)
            self.exprs[node] = known
            if properties.is_symmetric(node):
                self.writer.symmetric.add(known)
        return known

    def _terms_and_formula(self, node: Node) -> tuple[list[Term], Expr]:
        if node.kind == "variable":
            expr = self._plain(node)
            return [Term(chain=(expr,)) if node.rank else Term(scalars=((expr, _1),))], expr
        rows, cols = (0,) if node.rank else (), (1,) if node.rank == 2 else ()
        terms = collect(self.grouped(node, rows, cols), self.writer)
        return terms, assemble_collected(terms, self.writer) if terms else self._nothing(node, rows, cols)

    def _sum(self, terms: list[Term], node: Node, rows: Indices, cols: Indices) -> Expr:
        return assemble_sum(terms, self.writer) if terms else self._nothing(node, rows, cols)

    def _nothing(self, node: Node, rows: Indices, cols: Indices) -> Expr:
        return zeros(*(grouped_dim(node, side) for side in (rows, cols))) if node.rank else number(0)

    # ---------------------------------------------------------------- terms of a node
    def grouped(self, node: Node, rows: Indices, cols: Indices) -> list[Term]:
        """A node as terms, with these axes as rows and as columns, the first of a group slow."""
        if node.rank <= 2:
            return self._grouped(node, rows, cols)
        asked = node, rows, cols
        if asked not in self.wide:
            self.wide[asked] = self._grouped(node, rows, cols)
        return self.wide[asked]

    def _grouped(self, node: Node, rows: Indices, cols: Indices) -> list[Term]:
        stack = stack_of(node) if len(rows) <= 1 and len(cols) <= 1 else None
        if stack is not None:
            rest = [] if stack.rest is None else self.grouped(stack.rest, rows, cols)
            return [block_matrix(node, stack, rows, cols, self.grouped, self.writer), *rest]
        if node.kind == "sum":
            return [t.times(c) for c, operand in node.terms for t in self.grouped(operand, rows, cols)]
        if node.kind == "contraction":
            return self.contraction(node, rows, cols)
        if len(rows) <= 1 and len(cols) <= 1 and node.rank <= 2:
            expr = self._plain(node)
            if (node.rank == 2 and rows > cols) or (node.rank == 1 and cols):
                expr = self.writer.transpose(expr)
            return [Term(chain=tuple(self.writer.factors(expr)))] if node.rank else [Term(scalars=((expr, _1),))]
        if node.kind == "elementwise":
            operands = [self._sum(self.grouped(o, rows, cols), o, rows, cols) for o in node.operands]
            return [Term(chain=(self._applied(node, operands),))]
        if node.kind == "reshape" and refinement(node.operands[0].dims, node.dims) is not None:
            return [Term(chain=tuple(self.writer.factors(self._reshaped(node, rows, cols))))]
        if node.kind == "opaque" and node.rank > 2:
            own = own_groups(node)
            if (rows, cols) == own:
                return [Term(chain=(self._plain(node),))]
            if (cols, rows) == own:
                return [Term(chain=(self.writer.transpose(self._plain(node)),))]
        return self.vectorised(node, rows, cols)

    def vectorised(self, node: Node, rows: Indices, cols: Indices) -> list[Term]:
        """A matrix with both axes in one group, as vec."""
        out = (*rows, *cols)
        factors = [Factor(node, tuple(range(node.rank)), _1)]
        return self.product(_1, factors, out[: len(rows)], out[len(rows) :], dict(enumerate(node.dims)))

    def _plain(self, node: Node) -> Expr:
        """The formula of a leaf or a function, of at most two axes."""
        if node.kind == "variable":
            expr: Expr = node.variable
            return self.writer.transpose(expr) if expr.shape.rows is ONE and node.rank == 1 else expr
        if node.kind in CONSTANTS:
            return constant_formula(node)
        if node.kind == "reshape":
            return self._reshaped(node, (0,) if node.rank else (), (1,) if node.rank == 2 else ())
        applied = self._applied(node, [] if as_cases(node) else [self.argument(operand) for operand in node.operands])
        return self.writer.transpose(applied) if node.rank == 1 and applied.shape.rows is ONE else applied

    def argument(self, node: Node) -> Expr:
        """The formula of what a function is applied to: 1 + a/2 rather than 0.5*(2 + a), where that is no longer."""
        plain = self.default(node)
        coefficient, core = leaves.split_coefficient(node)
        if node.rank or core.kind != "sum" or abs(coefficient) == 1:
            return plain
        spread = self._sum([t.times(coefficient) for t in self.grouped(core, (), ())], node, (), ())
        return spread if spread.length <= plain.length else plain

    def _applied(self, node: Node, operands: list[Expr]) -> Expr:
        if (cases := as_cases(node)) is not None:
            return by_cases(node, cases, operands, self.argument, self.conditions)
        scalars = one_scalar(node)
        operands = [e if s is None else self.default(s) for e, s in zip(operands, scalars, strict=True)]
        if node.function is POWER:
            return power(*operands) if node.rank == 0 else elementwise("elpow", *operands)
        return self.writer.applied(node.record, *operands)

    def _reshaped(self, node: Node, rows: Indices, cols: Indices) -> Expr:
        """Merged axes are groups of the operand's axes; other regroupings go through one long column."""
        (operand,) = node.operands
        groups = refinement(operand.dims, node.dims)
        if groups is not None:
            inner_rows = tuple(axis for k in rows for axis in groups[k])
            inner_cols = tuple(axis for k in cols for axis in groups[k])
            return self._sum(self.grouped(operand, inner_rows, inner_cols), operand, inner_rows, inner_cols)
        everything = tuple(range(operand.rank))
        column = self._sum(self.grouped(operand, everything, ()), operand, everything, ())
        if node.rank < 2:
            return column
        return self.writer.transpose(call(UNVEC, column, ones(node.dims[1], node.dims[0])))

    # ---------------------------------------------------------------- contractions
    def contraction(self, node: Node, rows: Indices, cols: Indices) -> list[Term]:
        product = node.product
        row_slots = tuple(map(product.out.__getitem__, rows))
        col_slots = tuple(map(product.out.__getitem__, cols))
        return self.product(product.coefficient, node.factors, row_slots, col_slots, dict(enumerate(product.sizes)))

    def product(
        self, coefficient: Fraction, factors: list[Factor], rows: Indices, cols: Indices, sizes: dict[Index, Dim]
    ) -> list[Term]:
        if coefficient == 0 or any(f.exponent > 0 and self._cancels(f.node) for f in factors):
            return []
        factors = scaled_within(factors)
        coefficient, factors = in_whole_numbers(coefficient, factors, self.writer.given)
        wide = next((f for f in factors if f.node.rank > 2 and f.node.kind in ("sum", "contraction")), None)
        if wide is not None and wide.exponent == 1 and self.spread.terms_of(factors) <= MOST_SPREAD:
            spread = self._distributed(wide, coefficient, [f for f in factors if f is not wide], (*rows, *cols), sizes)
            if spread is not None:
                slots = tuple(range(len(rows))), tuple(range(len(rows), len(rows) + len(cols)))
                return [term for node in spread for term in self.grouped(node, *slots)]
        if len(factors) == 1 and not factors[0].indices and factors[0].exponent == 1:
            terms = self._polynomial(factors[0].node)
            if terms:
                return [term.times(coefficient) for term in terms]
        scalars: list[tuple[Expr, Fraction]] = []
        for factor in factors:
            if not factor.indices:
                c, powers = self.scalar(factor.node, factor.exponent)
                coefficient *= c
                scalars += powers
        if not coefficient:
            return []
        arrays = [f for f in factors if f.indices]
        try:
            return [self._matrix_form(coefficient, scalars, arrays, rows, cols, sizes)]
        except NoMatrixForm:
            for other_form in (self._around_operator, self._as_column):
                term = other_form(arrays, rows, cols, sizes)
                if term is not None:
                    both = merged([*scalars, *term.scalars])
                    return [Term(coefficient * term.coefficient, both, term.chain)]
            whole = (self.indexed(arrays, rows, cols, sizes),)
            return [Term(coefficient, merged(scalars), whole)]

    def _polynomial(self, node: Node) -> list[Term]:
        """The terms of a sum in which a variable has several powers: numbers before it go to each of them."""
        if node.kind != "sum":
            return []
        self.default(node)
        terms = self.terms[node]
        powers: dict[Expr, set[Fraction]] = {}
        for term in terms:
            for base, exponent in term.scalars:
                powers.setdefault(base, set()).add(exponent)
        return terms if any(b.kind == "variable" and len(p) > 1 and min(p) > 0 for b, p in powers.items()) else []

    def _cancels(self, node: Node) -> bool:
        """Whether a sum turns out to be zero when its terms are written."""
        if node.kind != "sum" or node.rank > 2:
            return False
        self.default(node)
        return not self.terms[node]

    def _around_operator(
        self, arrays: list[Factor], rows: Indices, cols: Indices, sizes: dict[Index, Dim]
    ) -> Term | None:
        """left*W*right for an operator W on matrices, where what is left and what is right of it share no index."""
        for wide in arrays:
            if wide.node.rank != 4 or wide.exponent != 1 or len(set(wide.indices)) < 4:
                continue
            rest = [f for f in arrays if f is not wide]
            for first, last in ((wide.indices[:2], wide.indices[2:]), (wide.indices[2:], wide.indices[:2])):
                left = connected(rest, {*rows, *first}, set())
                right = [f for f in rest if f not in left]
                if {*cols, *last} & {*rows, *first, *(i for f in left for i in f.indices)}:
                    continue
                before = self._side(left, rows, first, sizes)
                after = self._side(right, last, cols, sizes)
                operator, groups = self.with_groups(wide.node)
                if before is None or after is None or groups != [(0, 1), (2, 3)]:
                    continue
                middle = operator if first == wide.indices[:2] else self.writer.transpose(operator)
                coefficient = before.coefficient * after.coefficient
                return Term(coefficient, (*before.scalars, *after.scalars), (*before.chain, middle, *after.chain))
        return None

    def _side(self, factors: list[Factor], rows: Indices, cols: Indices, sizes: dict[Index, Dim]) -> Term | None:
        """What stands on one side of an operator, in matrix form; nothing where it is the identity."""
        if rows == cols and not factors:
            return Term()
        node = build.contract(_1, factors, (*rows, *cols), sizes)
        terms = self.grouped(node, tuple(range(len(rows))), tuple(range(len(rows), len(rows) + len(cols))))
        if any(part.kind == "indexed" for term in terms for part in postorder(*term.chain)):
            return None
        return terms[0] if len(terms) == 1 else Term(chain=(assemble_sum(terms, self.writer),)) if terms else None

    def _as_column(self, arrays: list[Factor], rows: Indices, cols: Indices, sizes: dict[Index, Dim]) -> Term | None:
        """unvec of a column that has a matrix form, where the matrix itself has none: an operator on matrices."""
        if len(rows) != 1 or len(cols) != 1 or rows == cols:
            return None
        term = self._column(arrays, (*cols, *rows), sizes)
        if term is not None:
            shape = ones(sizes[rows[0]], sizes[cols[0]])
            return term._replace(chain=(call(UNVEC, self.writer.chain(term.chain), shape),))
        term = self._column(arrays, (*rows, *cols), sizes)
        if term is not None:
            shape = ones(sizes[cols[0]], sizes[rows[0]])
            return term._replace(chain=(transpose(call(UNVEC, self.writer.chain(term.chain), shape)),))
        return None

    def _column(self, arrays: list[Factor], rows: Indices, sizes: dict[Index, Dim]) -> Term | None:
        """A long column in matrix form, if it has one."""
        try:
            return self._matrix_form(_1, [], arrays, rows, (), sizes)
        except NoMatrixForm:
            term = self._around_operator(arrays, rows, (), sizes)
            return term and term._replace(chain=(*term.chain[:-1], as_vec(term.chain[-1], self.writer)))

    def _distributed(
        self, wide: Factor, coefficient: Fraction, rest: list[Factor], out: Indices, sizes: dict[Index, Dim]
    ) -> list[Node] | None:
        """A product with a factor of many axes, multiplied out; None where it is too large to be merged."""
        terms = wide.node.terms if wide.node.kind == "sum" else [(_1, wide.node)]
        made = []
        for c, operand in terms:
            node = build.contract(coefficient * c, [*rest, wide._replace(node=operand)], out, sizes)
            if operand in node.operands and operand.kind in ("sum", "contraction"):
                return None
            made.append(node)
        return made

    def _matrix_form(
        self,
        coefficient: Fraction,
        scalars: list[tuple[Expr, Fraction]],
        arrays: list[Factor],
        rows: Indices,
        cols: Indices,
        sizes: dict[Index, Dim],
    ) -> Term:
        arrays, rows, cols, sizes = regrouped(arrays, rows, cols, sizes)
        before = [self._common_scalars(factor) for factor in arrays]
        for common in before:
            coefficient *= common.coefficient
        reduction = Reduction(self.writer, [self.piece(f) for f in arrays], {*rows, *cols}, sizes, coefficient)
        reduction.run()
        chain = assemble_blocks(reduction, rows, cols)
        powers = [*scalars, *(power for common in before for power in common.scalars), *reduction.scalars]
        return Term(reduction.coefficient, merged(powers), chain)

    def piece(self, factor: Factor) -> Piece:
        node, indices, exponent = factor
        if node.rank > 2:
            return self._wide_piece(factor)
        if is_function(node, EXP):
            return Piece(indices, [((self._exp(node, exponent),), _1)])
        expr = self.default(node)
        if exponent != 1:
            return Piece(indices, [((expr,), exponent)])
        terms = self.terms[node]
        own = terms[0].chain if len(terms) == 1 else tuple(self.writer.factors(expr))
        chain = own if len(own) <= LONGEST_CHAIN else (self.writer.chain(own),)
        return Piece(indices, [(chain, _1)])

    def _common_scalars(self, factor: Factor) -> Term:
        """The number and scalars that stand before a factor that is one term: they go before the whole product."""
        if factor.exponent != 1 or factor.node.rank > 2 or is_function(factor.node, EXP):
            return Term()
        self.default(factor.node)
        terms = self.terms[factor.node]
        return terms[0] if len(terms) == 1 else Term()

    def _wide_piece(self, factor: Factor) -> Piece:
        """An operator on matrices: a matrix from one pair of indices to another."""
        node, indices, exponent = factor
        if not is_wide_part(node) or exponent != 1 or len(set(indices)) != node.rank:
            raise NoMatrixForm
        expr, groups = self.with_groups(node)
        if node.rank == 4 and groups != [(0, 1), (2, 3)]:
            raise NoMatrixForm
        return Piece(indices, [((expr,), _1)])

    def indexed(self, factors: list[Factor], rows: Indices, cols: Indices, sizes: dict[Index, Dim]) -> Expr:
        """Index notation, for what has no matrix form."""
        names: dict[Index, str] = {}
        letters = chain("ijklpqrstuvw", (f"i{k}" for k in count(1)))
        for index in (*rows, *cols, *(i for f in factors for i in f.indices)):
            if index not in names:
                names[index] = next(letters)
        exprs: list[Expr] = []
        places: list[tuple[str, ...]] = []
        used = {i for f in factors for i in f.indices}
        slots: list[list[str]] = []
        seen: set[Index] = set()
        for side in (rows, cols):
            slots.append([])
            for index in side:
                name = names[index]
                if index in seen:  # a delta
                    name = next(letters)
                    exprs.append(eye(sizes[index]))
                    places.append((names[index], name))
                elif index not in used:
                    exprs.append(ones(sizes[index]))
                    places.append((name,))
                seen.add(index)
                slots[-1].append(name)
        for node, indices, exponent in factors:
            expr, groups = self.with_groups(node)
            narrow_exp = is_function(node, EXP) and node.rank <= 2
            exprs.append(self._exp(node, exponent) if narrow_exp else self.writer.raised(expr, exponent))
            places.append(tuple("*".join(names[indices[axis]] for axis in group) for group in groups))
        known = {name for place in places for group in place if "*" not in group for name in [group]}
        for index in dict.fromkeys(i for f in factors for i in f.indices):
            if names[index] not in known:  # an index in groups only: a factor of ones says what it runs over
                exprs.append(ones(sizes[index]))
                places.append((names[index],))
        return indexed(tuple(slots[0]), tuple(slots[1]), tuple(exprs), tuple(places))

    def with_groups(self, node: Node) -> tuple[Expr, list[tuple[int, ...]]]:
        """A node in matrix notation, and the axes that make up its rows and its columns."""
        if node.rank <= 2:
            return self.default(node), [(axis,) for axis in range(node.rank)]
        if node.kind == "reshape":
            return self._regrouped(node)
        if node.kind == "opaque":
            rows, cols = own_groups(node)
            return self._plain(node), [rows, cols]
        half = (node.rank + 1) // 2
        rows, cols = tuple(range(half)), tuple(range(half, node.rank))
        return self._sum(self.grouped(node, rows, cols), node, rows, cols), [rows, cols]

    def _regrouped(self, node: Node) -> tuple[Expr, list[tuple[int, ...]]]:
        """A reshape: the operand, whose axes are groups of the node's; failing that, all axes in one long column."""
        (operand,) = node.operands
        split = refinement(node.dims, operand.dims)
        if split is not None:
            expr, groups = self.with_groups(operand)
            return expr, [tuple(axis for k in group for axis in split[k]) for group in groups]
        everything = tuple(range(operand.rank))
        column = self._sum(self.grouped(operand, everything, ()), operand, everything, ())
        return column, [tuple(range(node.rank))]

    # ---------------------------------------------------------------- scalars
    def scalar(self, node: Node, exponent: Fraction) -> tuple[Fraction, list[tuple[Expr, Fraction]]]:
        """A power of a scalar: a coefficient, and powers of formulas."""
        if is_function(node, EXP):
            return _1, [(self._exp(node, exponent), _1)]
        root = squared(node)
        if root is not None:
            return _1, [self._norm(root, 2 * exponent)]
        self.default(node)
        terms = self.terms[node]
        if exponent == 1 and len(terms) == 1 and not terms[0].chain:
            return terms[0].coefficient, list(terms[0].scalars)
        if not terms and exponent > 0:
            return Fraction(0), []
        expr = self.default(node)
        if expr is number(1):
            return _1, []
        if len(terms) == 1 and terms[0].coefficient == 1 and len(terms[0].scalars) == 1 and not terms[0].chain:
            base, inner = terms[0].scalars[0]
            if base.data is NORM2:  # norm2(u)^2 to a power
                return _1, [(base, inner * exponent)]
        return _1, [(expr, exponent)]

    def _norm(self, root: Node, exponent: Fraction) -> tuple[Expr, Fraction]:
        return self.writer.norm(self.default(root)), exponent

    def _exp(self, node: Node, exponent: Fraction) -> Expr:
        (operand,) = node.operands
        inner = build.scale(exponent, operand)
        return call(EXP, self.default(inner))
