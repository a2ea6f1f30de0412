"""Shapes of all parts of a formula, by unification of dimensions.

Of what kind an undeclared name is, is found before (``choice``); here dimensions are made equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matcalc.errors import MatcalcError, ParseError, ShapeError, Span
from matcalc.expr import Expr
from matcalc.function import Function
from matcalc.functions import find
from matcalc.functions.abstract import find_abstract
from matcalc.notation.choice import Choice, Question, choose, kind_of, known_kinds
from matcalc.notation.conventions import DIMENSIONED, FILLED, Outline, preferences
from matcalc.notation.edges import shape_of_blocks
from matcalc.notation.families import is_weight
from matcalc.notation.indexing import Indexing
from matcalc.notation.ones import becomes_number, is_digit, make_numbers
from matcalc.notation.pairs import (
    SCALAR,
    Pair,
    fitting_form,
    is_scalar_pair,
    known_dims,
    open_shape,
    product_hint,
    shown_pair,
    sum_hint,
)
from matcalc.notation.settling import SETTLED, check_loose, settle
from matcalc.notation.shape_signs import ShapeSigns, terms_of
from matcalc.notation.sizes import constant_shape, name_open, sizes_named, unknown_function
from matcalc.notation.sorts import check_sorts
from matcalc.notation.syntax import Source, Syntax
from matcalc.notation.unify import Size, Unifier, Unknown, resolve, show
from matcalc.position import Index
from matcalc.shape import ONE, Letters, Shape, meeting
from matcalc.walk import postorder

MOST_PARTS = 25_000  # names, numbers and signs of a formula whose shapes are to be found
RESERVED = {"pi", "eye", "where"}


class Inference(Indexing, ShapeSigns):
    """What was found of a formula: the shape of each syntax node, and the variables that were not declared."""

    def __init__(
        self,
        source: Source,
        declared: Mapping[str, Expr],
        functions: Mapping[str, Function] | None = None,
        outlines: Mapping[str, Outline] | None = None,
    ) -> None:
        self.source = source
        self.functions = dict(functions or {})
        self.declared = declared
        self.outlines = dict(outlines or {})
        roots = (*(definition for _, definition in source.definitions), source.body)
        self.orders = {root: postorder(root) for root in roots}
        if sum(map(len, self.orders.values())) > MOST_PARTS:
            error = ParseError(
                "the formula is too long for shapes to be found", f"of at most {MOST_PARTS} parts they are"
            )
            error.hint = "declare all names, or give the formula in parts"
            raise error.at(source.text, (0, len(source.text)))
        if "pi" not in declared and any(is_weight(node) for order in self.orders.values() for node in order):
            self.outlines.setdefault("pi", Outline("vector"))
        self.dimensions, named = sizes_named(self.orders.values())
        symbols = {symbol for expr in declared.values() for dim in expr.shape for symbol in dim.symbols}
        self.sizes = (named | symbols) - {*declared, *self.outlines}
        self.variables = {*declared, *self.outlines} - symbols  # names that are no dimensions
        self.choice = self._chosen()
        self.pairs: dict[Syntax, Pair] = {}
        self.names: dict[str, Pair] = {}
        self.families: dict[str, tuple[Size, Pair]] = {}  # of those, how many members there are, and of which shape
        self.beside_scalars: list[Size] = []  # sides of arrays that scalars are added to
        self.ones: list[Size] = []  # how many ones a 1 is that is typed as a digit: 1 where nothing else is said
        self.unifier = Unifier()
        self.ranges: dict[Index, Size] = {}  # what the indices of sums run over
        self.stand: dict[Index, Span] = {}
        self.definitions: dict[str, Syntax] = {}
        self.later = {name for name, _ in self.source.definitions}
        self._infer()
        self._name_dimensions()

    # ---------------------------------------------------------------- kinds of names
    def _chosen(self) -> Choice:
        """What names are against convention, if there are any that are not declared."""
        orders = {
            name: [node for node in self.orders[root] if node not in self.dimensions]
            for name, root in (*self.source.definitions, ("", self.source.body))
        }
        kinds = known_kinds(orders.values(), self.declared, self.sizes, self.outlines)
        parts = [node for order in orders.values() for node in order]
        if all(node in kinds or node.value == "eye" for node in parts if node.kind == "name"):
            return Choice({})
        for node in parts:
            if node.kind == "call" and node.value in DIMENSIONED:
                try:
                    kinds[node] = kind_of(*constant_shape(node, self.variables))
                except MatcalcError:
                    return Choice({})  # the walk tells
        return choose(Question(self.source, orders, kinds, self.functions))

    def kind(self, name: str) -> str:
        """What an undeclared name is read as."""
        outline = self.outlines.get(name, Outline(""))
        return outline.kind or self.choice.departures.get(name) or preferences(name)[0].kind

    # ---------------------------------------------------------------- the walk
    def _infer(self) -> None:
        for name, definition in self.source.definitions:
            if name in self.definitions or name in self.declared or name in RESERVED:
                raise ParseError(f"{name} has a meaning already", hint="choose another name for the definition").at(
                    self.source.text, definition.span
                )
            self._walk(definition)
            self.definitions[name] = definition
            self.later.discard(name)
        self._walk(self.source.body)

    def _walk(self, root: Syntax) -> None:
        pairs = self.pairs
        for node in self.orders[root]:
            if node in self.dimensions:
                continue
            check_sorts(node, self.definitions, self.source.text)
            try:
                if node.value is True:
                    check_loose(node, pairs.__getitem__)
                if node.kind in SETTLED:
                    settle(node, pairs.__getitem__)
                rule = _RULES.get(node.kind, Inference._call)
                pairs[node] = rule(self, node, *[pairs[operand] for operand in node.operands if operand in pairs])
            except MatcalcError as error:
                raise self.told(error, node) from None

    def told(self, error: MatcalcError, node: Syntax) -> MatcalcError:
        """An error at a node, with what its undeclared names were taken for, on which it may rest."""
        names = [str(part.value) for part in postorder(node) if part.kind == "name"]
        guessed = [name for name in dict.fromkeys(names) if name in self.names and not self.declares(name)]
        if isinstance(error, ShapeError) and guessed:
            kinds = [f"{name}: {self.kind(name)}" for name in guessed[:6]]
            error.details += (f"not declared, and read as {', '.join(kinds)}{', …' if len(guessed) > 6 else ''}",)
            if self.choice.offer:
                error.details += (f"it would fit with the declaration {self.choice.offer}",)
        return error.at(self.source.text, node.span)

    def declares(self, name: str) -> bool:
        return bool(self.outlines.get(name, Outline("")).kind)

    def _number(self, node: Syntax) -> Pair:
        return SCALAR

    def _name(self, node: Syntax) -> Pair:
        name = str(node.value)
        if name in self.declared:
            return self.declared[name].shape
        if name in self.definitions:
            return self.pairs[self.definitions[name]]
        if name in self.later:
            raise ParseError(f"{name} is used before it is defined", hint="put its definition first")
        if (name == "pi" and name not in self.outlines) or name in self.sizes:
            return SCALAR
        if name == "eye":
            return ((side := Unknown()), side)
        if name not in self.names:
            self.names[name] = self._open(name, self.kind(name))
        return self.names[name]

    def _open(self, name: str, kind: str) -> Pair:
        """The shape of a name of which only the kind is known."""
        whole = open_shape(name, kind)
        if kind == "columns":
            self.families[name] = whole[0], (whole[1], ONE)
        elif kind == "matrices":
            length, side = whole
            self.families[name] = length, (side, side)
            return self.unifier.product((length, side)), side
        return whole

    def _transpose(self, node: Syntax, operand: Pair) -> Pair:
        if is_scalar_pair(operand):
            self.ask_whether_entry(*terms_of(node.operands[0]))
        return operand[1], operand[0]

    def _same(self, node: Syntax, operand: Pair) -> Pair:
        return operand

    def _sum(self, node: Syntax, left: Pair, right: Pair) -> Pair:
        if is_scalar_pair(left) != is_scalar_pair(right):
            scalar = node.operands[0] if is_scalar_pair(left) else node.operands[1]
            array = right if is_scalar_pair(left) else left
            if scalar.kind != "number":
                self.beside_scalars += array
            return array
        return self._equal(node, left, right, "add" if node.kind == "add" else "subtract")

    def _elementwise(self, node: Syntax, left: Pair, right: Pair) -> Pair:
        if is_scalar_pair(left):
            return right
        if is_scalar_pair(right):
            return left
        return self._equal(node, left, right, _VERBS[node.kind])

    def _equal(self, node: Syntax, left: Pair, right: Pair, verb: str) -> Pair:
        if left == right:
            return left
        shown = shown_pair(left), shown_pair(right)
        for a, b in zip(left, right, strict=True):
            if not self.unifier.unify(a, b, node.span):
                error = ShapeError(
                    f"cannot {verb}: the shapes differ",
                    f"the left side is {shown[0]} and the right one is {shown[1]}",
                    hint=sum_hint(self.source.text, node, left, right),
                )
                places = [(node.operands[0].span, f"is {shown[0]}"), (node.operands[1].span, f"is {shown[1]}")]
                raise error.at(self.source.text, *places, *self._origins(a, b))
        return left

    def _origins(self, *sizes: Size) -> list[tuple[Span, str]]:
        """Where the dimensions that clash were fixed, when that is elsewhere."""
        found = []
        for side in sizes:
            if isinstance(side, Unknown) and side.place is not None:
                found.append((side.place, f"fixes {show(side)} here"))
        return found

    def _mul(self, node: Syntax, left: Pair, right: Pair) -> Pair:
        if is_scalar_pair(left):
            return right
        if is_scalar_pair(right):
            if resolve(left[0]) is ONE:
                self.ask_whether_entry(node.operands[1])
            return left
        if left[1] is right[0]:
            return left[0], right[1]
        shown = shown_pair(left), shown_pair(right)
        if not self.unifier.unify(left[1], right[0], node.span):
            if becomes_number(left, self.ones) or becomes_number(right, self.ones):
                return right if is_scalar_pair(left) else left
            error = ShapeError(
                "cannot multiply: the inner dimensions differ",
                meeting(shown[0], show(left[1]), shown[1], show(right[0])),
                hint=product_hint(self.source.text, node, left, right),
            )
            spans = [(node.operands[0].span, f"is {shown[0]}"), (node.operands[1].span, f"is {shown[1]}")]
            raise error.at(self.source.text, *spans, *self._origins(left[1], right[0]))
        return left[0], right[1]

    def _div(self, node: Syntax, left: Pair, right: Pair) -> Pair:
        if not is_scalar_pair(right):
            divisor = self.source.text[node.operands[1].span[0] : node.operands[1].span[1]]
            raise ShapeError(
                "only a scalar can be divided by",
                f"the divisor is {shown_pair(right)}",
                hint=f"elementwise: ./{divisor}"
                + ("" if ONE in map(resolve, right) else f" ; with an inverse: inv({divisor})*…"),
            ).at(self.source.text, node.operands[1].span)
        return left

    def _pow(self, node: Syntax, base: Pair, exponent: Pair) -> Pair:
        if not is_scalar_pair(base):
            shown = shown_pair(base)
            if not self.unifier.unify(base[0], base[1], node.span):
                raise ShapeError("only a square matrix has powers", f"it is {shown}", hint="elementwise powers: .^").at(
                    self.source.text, node.operands[0].span
                )
        return base

    def _blocks(self, node: Syntax, *pairs: Pair) -> Pair:
        return shape_of_blocks(node, pairs, self.unifier, self.source.text)

    def _factor(self, node: Syntax, operand: Pair) -> Pair:
        return operand

    def _indexed(self, node: Syntax, *operands: Pair) -> Pair:
        over: dict[str, Size] = {}
        for factor, pair in zip(node.operands, operands, strict=True):
            axes = [side for side in pair if resolve(side) is not ONE]
            names = factor.value
            assert isinstance(names, tuple)
            if len(axes) != len(names):
                raise ShapeError(
                    f"this factor is {shown_pair(pair)} and takes {len(axes)} indices, got {len(names)}"
                ).at(self.source.text, factor.span)
            for name, side in zip(names, axes, strict=True):
                parts = tuple(over.setdefault(part, side if part == name else Unknown()) for part in name.split("*"))
                if not self.unifier.unify(self.unifier.product(parts), side, factor.span):
                    raise ShapeError(
                        f"index {name} runs over {show(self.unifier.product(parts))} and over {show(side)}"
                    ).at(self.source.text, factor.span)
        assert isinstance(node.value, tuple)
        for name in (*node.value[0], *node.value[1]):
            if name not in over:
                raise ShapeError(f"index {name} is on no factor", hint="write ones(n)[i] for a free index")
        rows, cols = (self.unifier.product(tuple(over[name] for name in side)) for side in node.value)
        return rows, cols

    # ---------------------------------------------------------------- functions
    def _call(self, node: Syntax, *pairs: Pair) -> Pair:
        name = str(node.value)
        if name in DIMENSIONED:
            return constant_shape(node, self.variables)
        if name in FILLED:
            if len(node.operands) != 1 or not is_scalar_pair(self.pairs[node.operands[0]]):
                raise ShapeError(f"{name}(c) takes one scalar")
            count = Unknown()
            if is_digit(node, self.source.text):
                self.ones.append(count)
            return count, ONE if name == "vector" else Unknown()
        function = find(name, len(node.operands)) or find_abstract(name, self.functions)
        if function is None:
            raise unknown_function(name).at(self.source.text, (node.span[0], node.span[0] + len(name)))
        if len(node.operands) != function.shape.arity:
            raise ParseError(f"{name} takes {function.shape.arity} argument(s), got {len(node.operands)}")
        shapes = known_dims(pairs)
        if shapes is not None and (shape := function.result(shapes)) is not None:
            return shape
        if len(function.shape.forms) > 1 and (function.elementwise or function.states):
            return self._of_entries(node, *pairs)
        form = fitting_form(function.shape.forms, pairs)
        over: dict[str, Size] = dict(form.numbers)
        for operand, letters, pair in zip(node.operands, form.operands, pairs, strict=True):
            shown = shown_pair(pair)
            for side, given in zip(letters, pair, strict=True):
                if not self._bind(side, given, over, node.span):
                    wanted = " or ".join(f.text.split("->")[0] for f in function.shape.forms)
                    raise ShapeError(
                        f"{name} does not take an argument of this shape",
                        f"wanted {wanted}, got {shown}",
                        hint="a square matrix is wanted" if wanted == "(n,n)" else "",
                    ).at(self.source.text, operand.span)
        over.update(function.fixed)
        over.update({letter: Unknown() for letter in form.sums})
        rows, cols = (self.unifier.product(tuple(over[letter] for letter in side)) for side in form.result)
        return rows, cols

    def _of_entries(self, node: Syntax, *pairs: Pair) -> Pair:
        """Operands of one shape, beside which there may be scalars."""
        arrays = [(o, pair) for o, pair in zip(node.operands, pairs, strict=True) if not is_scalar_pair(pair)]
        (first, shape), *others = arrays or [(node, SCALAR)]
        for other, pair in others:
            shown = shown_pair(shape), shown_pair(pair)
            if not all(self.unifier.unify(a, b, node.span) for a, b in zip(shape, pair, strict=True)):
                error = ShapeError(f"{node.value} wants operands of one shape, or scalars")
                raise error.at(self.source.text, (first.span, f"is {shown[0]}"), (other.span, f"is {shown[1]}"))
        return shape

    def _bind(self, side: Letters, given: Size, over: dict[str, Size], place: Span) -> bool:
        if not side:
            return self.unifier.unify(ONE, given, place)
        if len(side) == 1:
            return self.unifier.unify(over.setdefault(side[0], given), given, place)
        return self.unifier.unify(
            self.unifier.product(tuple(over.setdefault(letter, Unknown()) for letter in side)), given, place
        )

    # ---------------------------------------------------------------- names for what stayed open
    def _name_dimensions(self) -> None:
        self._settle()
        if not self.names and not self.beside_scalars and not self.ones:
            return
        symbols = {symbol for expr in self.declared.values() for dim in expr.shape for symbol in dim.symbols}
        lengths = [(length, shape[0]) for length, shape in self.families.values()]
        name_open([*self.names.values(), *lengths], {*self.declared, *self.names, *self.sizes, *symbols})
        for side in map(resolve, self.beside_scalars):  # eye and vector(1) beside what is 1×1, and nothing else
            if isinstance(side, Unknown) and not side.factors:
                side.bound = ONE
        make_numbers(self.pairs, self.ones)
        self._settle()

    def _settle(self) -> None:
        clash = self.unifier.settle(self.source.body.span)
        if clash is not None:
            hint = f"declare the sizes of {', '.join(self.names)}" if self.names else ""
            raise ShapeError(f"dimensions do not agree: {show(clash[0])} and {clash[1]}", hint=hint).at(
                self.source.text, self.source.body.span
            )

    def shape(self, node: Syntax) -> Shape:
        """The shape of a syntax node.

        Raises:
            ShapeError: the context does not determine it.
        """
        rows, cols = (resolve(side) for side in self.pairs[node])
        if isinstance(rows, Unknown) or isinstance(cols, Unknown):
            raise ShapeError(
                "the context does not say what shape this has", hint="write ones(m), ones(m,n) or eye(n)"
            ).at(self.source.text, node.span)
        return Shape(rows, cols)

    def undeclared(self) -> dict[str, Shape]:
        """The shapes of the variables that were not declared.

        Raises:
            ShapeError: the formula does not determine one of them.
        """
        shapes = {}
        for name, pair in self.names.items():
            rows, cols = (resolve(side) for side in pair)
            if isinstance(rows, Unknown) or isinstance(cols, Unknown):
                raise ShapeError(f"the shape of {name} is not determined", hint=f"declare it: {name}: m×n").at(
                    self.source.text, self.source.body.span
                )
            shapes[name] = Shape(rows, cols)
        return shapes


_VERBS = {"hadamard": "multiply elementwise", "eldiv": "divide elementwise", "elpow": "raise elementwise"}


_RULES: dict[str, Callable[..., Pair]] = {
    "number": Inference._number,
    "name": Inference._name,
    "transpose": Inference._transpose,
    "neg": Inference._same,
    "add": Inference._sum,
    "sub": Inference._sum,
    "mul": Inference._mul,
    "div": Inference._div,
    "pow": Inference._pow,
    "hadamard": Inference._elementwise,
    "eldiv": Inference._elementwise,
    "elpow": Inference._elementwise,
    "bars": Inference._bars,
    "norm": Inference._norm,
    "dot": Inference._dot,
    "exponential": Inference._exponential,
    "starpow": Inference._starpow,
    "superscript_t": Inference._superscript_t,
    "entry": Inference._entry,
    "blocks": Inference._blocks,
    "factor": Inference._same,
    "selected": Inference._selected,
    "total": Inference._total,
    "indexed": Inference._indexed,
}
