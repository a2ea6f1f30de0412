"""Shapes of all parts of a formula, by unification of dimensions.

Names that are not declared follow the letter convention: a–g and alpha … omega scalars, h–z columns, A–Z
matrices. A scalar by convention gives way where its use says otherwise: b is a column in A*x - b and in b'*x.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from matcalc.errors import MatcalcError, ParseError, ShapeError, Span, suggest
from matcalc.expr import Expr, Function
from matcalc.functions import ALIASES, FUNCTIONS, find
from matcalc.functions.abstract import find_abstract
from matcalc.notation.syntax import Source, Syntax
from matcalc.notation.unify import Size, Unifier, Unknown, resolve, show
from matcalc.shape import ONE, Dim, Form, Letters, Shape, counted, product
from matcalc.walk import postorder

DIMENSIONED = {"eye": (1, 1), "ones": (1, 2), "zeros": (1, 2), "K": (2, 2), "unit": (2, 2)}  # name -> arguments
FILLED = ("vector", "matrix")  # constants whose shape comes from the context
RESERVED = {"pi", "eye", "where"}
GREEK = {
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "kappa", "lambda", "mu", "nu", "xi"),
    *("rho", "sigma", "tau", "phi", "chi", "psi", "omega"),
}


Pair = tuple[Size, Size]
_SCALAR: Pair = (ONE, ONE)


class Inference:
    """What was found of a formula: the shape of each syntax node, and the variables that were not declared."""

    def __init__(
        self, source: Source, declared: Mapping[str, Expr], functions: Mapping[str, Function] | None = None
    ) -> None:
        self.source = source
        self.functions = dict(functions or {})
        self.declared = declared
        roots = (source.body, *(definition for _, definition in source.definitions))
        self.orders = {root: postorder(root) for root in roots}
        self.sizes, self.dimensions = _size_names(self.orders.values(), declared)
        self.columns: set[str] = set()  # scalars by convention whose use says column or matrix
        while True:
            try:
                self._infer()
                break
            except _GiveWay as way:
                self.columns.add(way.name)
        self._name_dimensions()

    # ---------------------------------------------------------------- the walk
    def _infer(self) -> None:
        self.pairs: dict[Syntax, Pair] = {}
        self.names: dict[str, Pair] = {}
        self.beside_scalars: list[Size] = []  # sides of arrays that scalars are added to
        self.unifier = Unifier()
        self.definitions: dict[str, Syntax] = {}
        self.later = {name for name, _ in self.source.definitions}
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
            rule = _RULES.get(node.kind, Inference._call)
            try:
                pairs[node] = rule(self, node, *[pairs[operand] for operand in node.operands if operand in pairs])
            except MatcalcError as error:
                raise error.at(self.source.text, node.span) from None

    def _number(self, node: Syntax) -> Pair:
        return _SCALAR

    def _name(self, node: Syntax) -> Pair:
        name = str(node.value)
        if name in self.declared:
            return self.declared[name].shape
        if name in self.definitions:
            return self.pairs[self.definitions[name]]
        if name in self.later:
            raise ParseError(f"{name} is used before it is defined", hint="put its definition first")
        if name == "pi" or name in self.sizes:
            return _SCALAR
        if name == "eye":
            side = Unknown()
            return side, side
        known = self.names.get(name)
        if known is None:
            known = self.names[name] = self._convention(name)
        return known

    def _convention(self, name: str) -> Pair:
        first = name[0]
        if name in GREEK:
            return _SCALAR
        if first.isupper():
            return Unknown(label=f"rows({name})"), Unknown(label=f"cols({name})")
        if name in self.columns or ("h" <= first <= "z"):
            return Unknown(label=f"rows({name})"), ONE
        return _SCALAR

    def _transpose(self, node: Syntax, operand: Pair) -> Pair:
        if self._is_soft(node.operands[0]):
            raise _GiveWay(str(node.operands[0].value))
        return operand[1], operand[0]

    def _same(self, node: Syntax, operand: Pair) -> Pair:
        return operand

    def _sum(self, node: Syntax, left: Pair, right: Pair) -> Pair:
        if _is_scalar(left) != _is_scalar(right):
            scalar = node.operands[0] if _is_scalar(left) else node.operands[1]
            soft = self._soft_term(scalar)
            if soft and ONE in (resolve(side) for side in (right if _is_scalar(left) else left)):
                raise _GiveWay(soft)
            array = right if _is_scalar(left) else left
            if scalar.kind != "number":
                self.beside_scalars += array
            return array
        return self._equal(node, left, right, "add" if node.kind == "add" else "subtract")

    def _elementwise(self, node: Syntax, left: Pair, right: Pair) -> Pair:
        if _is_scalar(left):
            return right
        if _is_scalar(right):
            return left
        return self._equal(node, left, right, _VERBS[node.kind])

    def _equal(self, node: Syntax, left: Pair, right: Pair, verb: str) -> Pair:
        if left == right:
            return left
        shown = _show(left), _show(right)
        for a, b in zip(left, right, strict=True):
            if not self.unifier.unify(a, b, node.span):
                error = ShapeError(
                    f"cannot {verb}: the shapes differ",
                    f"the left side is {shown[0]} and the right one is {shown[1]}",
                    hint=self._sum_hint(node, left, right),
                )
                places = [(node.operands[0].span, f"is {shown[0]}"), (node.operands[1].span, f"is {shown[1]}")]
                raise error.at(self.source.text, *places, *self._origins(a, b))
        return left

    def _sum_hint(self, node: Syntax, left: Pair, right: Pair) -> str:
        a, b = (resolve(side) for side in left), (resolve(side) for side in right)
        text = self.source.text[node.operands[1].span[0] : node.operands[1].span[1]]
        if tuple(a) == tuple(b)[::-1] and len(text) <= 60:
            return f"did you mean {_bracket(text)}'?"
        return "equal shapes are wanted on both sides"

    def _origins(self, *sizes: Size) -> list[tuple[Span, str]]:
        """Where the dimensions that clash were fixed, when that is elsewhere."""
        found = []
        for side in sizes:
            if isinstance(side, Unknown) and side.place is not None:
                found.append((side.place, f"fixes {show(side)} here"))
        return found

    def _mul(self, node: Syntax, left: Pair, right: Pair) -> Pair:
        if _is_scalar(left):
            return right
        if _is_scalar(right):
            return left
        if left[1] is right[0]:
            return left[0], right[1]
        shown = _show(left), _show(right)
        if not self.unifier.unify(left[1], right[0], node.span):
            error = ShapeError(
                "cannot multiply: the inner dimensions differ",
                f"the left factor is {shown[0]} and the right one is {shown[1]}: "
                f"{counted(show(left[1]), 'column')} on the left meet {counted(show(right[0]), 'row')} on the right",
                hint=self._product_hint(node, left, right),
            )
            spans = [(node.operands[0].span, f"is {shown[0]}"), (node.operands[1].span, f"is {shown[1]}")]
            raise error.at(self.source.text, *spans, *self._origins(left[1], right[0]))
        return left[0], right[1]

    def _product_hint(self, node: Syntax, left: Pair, right: Pair) -> str:
        a, b = (self.source.text[n.span[0] : n.span[1]] for n in node.operands)
        la, ra, lb, rb = (resolve(side) for side in (*left, *right))
        if len(a) + len(b) > 60:
            return ""
        if node.operands[0].kind == "transpose" and node.operands[0].operands[0].kind == "name" and la is lb:
            return f"did you mean {a[:-1]}*{b}?"
        if node.operands[1].kind == "transpose" and node.operands[1].operands[0].kind == "name" and ra is rb:
            return f"did you mean {a}*{b[:-1]}?"
        if (la, ra) == (lb, rb):
            return f"did you mean {_bracket(a)}.*{_bracket(b)}?"
        if la is lb or (ra is ONE and la is not ONE and isinstance(la, Unknown)):
            return f"did you mean {_bracket(a)}'*{b}?"
        return f"did you mean {a}*{_bracket(b)}'?" if ra is rb else ""

    def _div(self, node: Syntax, left: Pair, right: Pair) -> Pair:
        if not _is_scalar(right):
            divisor = self.source.text[node.operands[1].span[0] : node.operands[1].span[1]]
            raise ShapeError(
                "only a scalar can be divided by",
                f"the divisor is {_show(right)}",
                hint=f"elementwise: ./{divisor} ; with an inverse: inv({divisor})*…",
            ).at(self.source.text, node.operands[1].span)
        return left

    def _pow(self, node: Syntax, base: Pair, exponent: Pair) -> Pair:
        if not _is_scalar(base):
            shown = _show(base)
            if not self.unifier.unify(base[0], base[1], node.span):
                raise ShapeError("only a square matrix has powers", f"it is {shown}", hint="elementwise powers: .^").at(
                    self.source.text, node.operands[0].span
                )
        return base

    def _entry(self, node: Syntax, operand: Pair) -> Pair:
        position = node.value
        assert isinstance(position, tuple)
        if len(position) == 1:
            if position[0] is None or ONE not in (resolve(side) for side in operand):
                raise ShapeError("an entry of a matrix has a row and a column", hint="X[1,2], X[:,2], X[1,:]")
            position = (*position, 0) if resolve(operand[1]) is ONE else (0, *position)
        rows, cols = (
            side if at is None else Dim.of(len(at)) if isinstance(at, range) else ONE
            for at, side in zip(position, operand, strict=True)
        )
        return rows, cols

    def _factor(self, node: Syntax, operand: Pair) -> Pair:
        return operand

    def _indexed(self, node: Syntax, *operands: Pair) -> Pair:
        over: dict[str, Size] = {}
        for factor, pair in zip(node.operands, operands, strict=True):
            axes = [side for side in pair if resolve(side) is not ONE]
            names = factor.value
            assert isinstance(names, tuple)
            if len(axes) != len(names):
                raise ShapeError(f"this factor is {_show(pair)} and takes {len(axes)} indices, got {len(names)}").at(
                    self.source.text, factor.span
                )
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
            return self._dimensioned(node, name)
        if name in FILLED:
            if len(node.operands) != 1 or not _is_scalar(self.pairs[node.operands[0]]):
                raise ShapeError(f"{name}(c) takes one scalar")
            return Unknown(), ONE if name == "vector" else Unknown()
        function = find(name) or find_abstract(name, self.functions)
        if function is None:
            hint = f"a product is written {name}*(…)"
            if name.startswith("D("):
                base = name.replace("D(", "").rstrip(")")
                hint = f'declare the function: {{"{base}": function("{base}")}}'
            known = [*FUNCTIONS, *ALIASES, *DIMENSIONED, *FILLED]
            raise ParseError(f"unknown function: {name}", hint=suggest(name, known) or hint).at(
                self.source.text, (node.span[0], node.span[0] + len(name))
            )
        if len(node.operands) != function.shape.arity:
            raise ParseError(f"{name} takes {function.shape.arity} argument(s), got {len(node.operands)}")
        shapes = _known(pairs)
        shape = None if shapes is None or any(map(self._is_soft, node.operands)) else function.result(shapes)
        if shape is not None:
            return shape
        form = self._choose_form(function.shape.forms, pairs)
        over: dict[str, Size] = {}
        for operand, letters, pair in zip(node.operands, form.operands, pairs, strict=True):
            shown = _show(pair)
            if self._is_soft(operand) and ((letters[0] and not letters[1]) or name == "solve"):
                raise _GiveWay(str(operand.value))
            for side, given in zip(letters, pair, strict=True):
                if not self._bind(side, given, over, node.span):
                    if self._is_soft(operand):
                        raise _GiveWay(str(operand.value))
                    wanted = " or ".join(f.text.split("->")[0] for f in function.shape.forms)
                    raise ShapeError(
                        f"{name} does not take an argument of this shape",
                        f"wanted {wanted}, got {shown}",
                        hint="a square matrix is wanted" if wanted == "(n,n)" else "",
                    ).at(self.source.text, operand.span)
        over.update(function.fixed)
        rows, cols = (self.unifier.product(tuple(over[letter] for letter in side)) for side in form.result)
        return rows, cols

    def _choose_form(self, forms: tuple[Form, ...], pairs: tuple[Pair, ...]) -> Form:
        """The first alternative that the known ones among the dimensions admit."""
        for form in forms:
            for letters, pair in zip(form.operands, pairs, strict=True):
                is_one = tuple(resolve(side) is ONE for side in pair)
                wants_one = tuple(not side for side in letters)
                square = letters[0] == letters[1]
                if any(want and not is_ for want, is_ in zip(wants_one, is_one, strict=True)):
                    break
                if square and is_one[0] != is_one[1]:
                    break
            else:
                return form
        return forms[0]

    def _bind(self, side: Letters, given: Size, over: dict[str, Size], place: Span) -> bool:
        if not side:
            return self.unifier.unify(ONE, given, place)
        if len(side) == 1:
            return self.unifier.unify(over.setdefault(side[0], given), given, place)
        return self.unifier.unify(
            self.unifier.product(tuple(over.setdefault(letter, Unknown()) for letter in side)), given, place
        )

    def _dimensioned(self, node: Syntax, name: str) -> Pair:
        fewest, most = DIMENSIONED[name]
        if not fewest <= len(node.operands) <= most:
            raise ParseError(
                f"{name} takes {fewest if fewest == most else '1 or 2'} dimension(s), got {len(node.operands)}"
            )
        dims = [self.dimension(operand) for operand in node.operands]
        if name == "eye":
            return dims[0], dims[0]
        if name == "K":
            return dims[0] * dims[1], dims[0] * dims[1]
        return dims[0], dims[1] if len(dims) == 2 and name != "unit" else ONE

    def dimension(self, node: Syntax) -> Dim:
        """The dimension that an argument of eye, ones, zeros or K stands for."""
        try:
            if node.kind == "number" and getattr(node.value, "denominator", 0) == 1:
                return Dim.of(int(node.value))  # type: ignore[call-overload]
            if node.kind == "name" and node.value not in self.declared:
                return Dim.of(str(node.value))
            if node.kind in ("mul", "add", "sub"):
                left, right = (self.dimension(operand) for operand in node.operands)
                return left * right if node.kind == "mul" else left.plus(right, 1 if node.kind == "add" else -1)
            if node.kind == "pow" and node.operands[1].kind == "number":
                base = self.dimension(node.operands[0])
                exponent = int(node.operands[1].value)  # type: ignore[call-overload]
                if 0 < exponent < 10:
                    return product((base,) * exponent)
        except ShapeError as error:
            raise error.at(self.source.text, node.span) from None
        raise ShapeError("not a dimension", "a dimension is an integer, a name such as n, or a product such as m*n").at(
            self.source.text, node.span
        )

    def _is_soft(self, node: Syntax) -> bool:
        """Whether a node is a name that is a scalar by the letter convention alone."""
        return node.kind == "name" and node.value in self.names and self.names[str(node.value)] == _SCALAR

    def _soft_term(self, node: Syntax) -> str:
        """The name that gives way in a scalar term of a sum: b in -b, 2*b, b + c."""
        while True:
            if self._is_soft(node):
                return str(node.value)
            if node.kind in ("neg", "add", "sub", "mul") and node.operands:
                node = node.operands[-1]
            elif node.kind == "div":
                node = node.operands[0]
            else:
                return ""

    # ---------------------------------------------------------------- names for what stayed open
    def _name_dimensions(self) -> None:
        self._settle()
        if not self.names and not self.beside_scalars:
            return
        taken = {*self.declared, *self.names} | {s for e in self.declared.values() for d in e.shape for s in d.symbols}
        free = [letter for letter in "nmpqrkluvwstijh" if letter not in taken and letter not in self.sizes]
        free += [f"n{i}" for i in range(1, 10 * (len(self.names) + 1)) if f"n{i}" not in taken]
        ordered = sorted(self.names.values(), key=lambda pair: resolve(pair[1]) is not ONE)
        for pair in ordered:
            rows, cols = (resolve(side) for side in pair)
            if isinstance(rows, Unknown) and isinstance(cols, Unknown) and rows is not cols and free[:2] == ["n", "m"]:
                free[:2] = ["m", "n"]
            for side in (rows, cols):
                side = resolve(side)
                if isinstance(side, Unknown) and not side.factors:
                    side.bound = Dim.of(free.pop(0))
        for side in map(resolve, self.beside_scalars):  # eye and vector(1) beside what is 1×1, and nothing else
            if isinstance(side, Unknown) and not side.factors:
                side.bound = ONE
        self._settle()

    def _settle(self) -> None:
        clash = self.unifier.settle(self.source.body.span)
        if clash is not None:
            raise ShapeError(f"dimensions do not agree: {show(clash[0])} and {clash[1]}").at(
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


class _GiveWay(Exception):
    """A scalar by convention is used as a column: infer again with that known."""

    def __init__(self, name: str) -> None:
        self.name = name


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
    "entry": Inference._entry,
    "factor": Inference._factor,
    "indexed": Inference._indexed,
}


def _size_names(orders: Iterable[list[Syntax]], declared: Mapping[str, Expr]) -> tuple[set[str], set[Syntax]]:
    """Names that are dimensions here: symbols of declared shapes, and arguments of eye, ones, zeros and K; and these
    arguments, which are no formulas."""
    found = {symbol for expr in declared.values() for dim in expr.shape for symbol in dim.symbols}
    arguments: set[Syntax] = set()
    for order in orders:
        for node in order:
            if node.kind == "call" and node.value in DIMENSIONED:
                arguments.update(postorder(*node.operands))
    found.update(str(n.value) for n in arguments if n.kind == "name")
    return found - set(declared), arguments


def _is_scalar(pair: Pair) -> bool:
    return resolve(pair[0]) is ONE and resolve(pair[1]) is ONE


def _known(pairs: tuple[Pair, ...]) -> tuple[tuple[Dim, Dim], ...] | None:
    """Pairs of dimensions, where there is no unknown among them."""
    found = []
    for pair in pairs:
        rows, cols = resolve(pair[0]), resolve(pair[1])
        if isinstance(rows, Unknown) or isinstance(cols, Unknown):
            return None
        found.append((rows, cols))
    return tuple(found)


def _show(pair: Pair) -> str:
    return f"{show(pair[0])}×{show(pair[1])}"


def _bracket(text: str) -> str:
    return text if text.replace("'", "").isalnum() else f"({text})"
