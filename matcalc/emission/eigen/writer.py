"""A program in the making in C++: what each value is called, or written as, and what is stored in which type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from matcalc.emission.eigen import tensors
from matcalc.emission.eigen.tensors import Term
from matcalc.emission.eigen.values import ATOM, MATRICES, PRODUCT, Made, Types, Value, literal, sides_of, whole
from matcalc.emission.names import Names
from matcalc.emission.options import Options
from matcalc.emission.statements import Statements
from matcalc.errors import MatcalcError
from matcalc.program.planner import Leaf, Program
from matcalc.program.step import Step
from matcalc.rational import Fraction
from matcalc.shape import Dim

LONGEST_INLINED = 60  # characters
LONGEST_LINE = 112
LETTERS = "ijklpqrsuvabcdefgh"  # of indices


class Writer(Statements):
    """``lines`` are the statements of a program. ``targets`` is where results are put, by their names in the program.

    ``rows`` says how many axes are those of rows, where a result has more than two axes and is one matrix. ``detail``
    is the namespace of the helpers, ``own`` the C sources that come with records.
    """

    def __init__(
        self,
        program: Program,
        scope: Names,
        options: Options,
        types: Types,
        detail: str,
        targets: Mapping[str, str],
        rows: Mapping[str, int],
    ) -> None:
        super().__init__(program, scope, options)
        self.types = types
        self.detail = detail
        self.targets = targets
        self.rows = dict(rows)
        self.own: list[str] = []
        self.values = {name: self.leaf(name, leaf) for name, leaf in program.leaves.items()}
        self.dims = {name: leaf.dims for name, leaf in program.leaves.items()}
        self.dims |= {step.result: step.dims for step in program.steps}
        self.diagonals: dict[str, Value] = {}  # what is on the diagonal of arrays that are zero elsewhere
        self.lazy: dict[str, list[Term]] = {}  # arrays of more axes that are not stored
        self.shared: dict[tuple[str, str], str] = {}  # factors and the like that functions are read from
        self.inverted: set[str] = set()  # LU factors that are inverses: of small matrices of fixed size
        self.taken |= {"result", detail}
        self.letters = [letter for letter in LETTERS if letter not in self.taken]

    def spread_in_sums(self) -> frozenset[str]:
        return frozenset()  # constant arrays cost nothing: they are expressions

    def leaf(self, name: str, leaf: Leaf) -> Value:
        if leaf.kind == "number":
            assert isinstance(leaf.data, Fraction)
            return literal(leaf.data)
        if leaf.kind == "constant":
            return Value("3.141592653589793", ATOM, "number")
        if leaf.kind == "size":
            assert isinstance(leaf.data, Dim)
            return self.size(leaf.data)
        return Value(name, ATOM, "matrix" if leaf.dims else "number")

    def size(self, dim: Dim) -> Value:
        """A dimension as a number."""
        known = self.types.known(dim)
        text = f"static_cast<double>({whole(dim)})" if known is None else f"{known}.0"
        return Value(text, ATOM, "number")

    # ---------------------------------------------------------------- statements
    def write(self, steps: Iterable[Step]) -> None:
        for step in steps:
            made = self.made(step)
            if made is None:
                if step.result in self.kept:
                    self.store(step.result)
                continue
            if isinstance(made, Value) and self.is_written_where_used(step, made):
                self.values[step.result] = made
                continue
            self.make(step.result, made if isinstance(made, Made) else Made(made, ()))

    def made(self, step: Step) -> Value | Made | None:
        """What a step is written as; None where it is put down already, or is not needed as such."""
        raise NotImplementedError

    def is_written_where_used(self, step: Step, value: Value) -> bool:
        """Whether a value has no name: a view, a constant array, or something short that is used once."""
        if step.result in self.kept:
            return len(self.targets) == 0 and self.uses[step.result] == 1
        if step.operation in ("permute", "embed") or value.is_stored:
            return True
        if step.operation == "take":
            return not step.dims or self.uses[step.result] <= 2
        if step.operation in ("solve", "cholesky inverse"):  # Eigen computes them when they are stored
            return False
        return self.uses[step.result] == 1 and len(value.source) <= LONGEST_INLINED

    def make(self, name: str, made: Made) -> None:
        """The statements that put a value in its place."""
        dims = self.dims[name]
        first, rest = made
        target = self.targets.get(name, "")
        word = target or self.fresh_name(name)
        is_assigned = bool(rest) and rest[0].startswith("{name}.assign(")  # with all entries, which are zero
        sides = sides_of(dims, self.rows_of(name))
        if target:
            if first is not None:
                product = ".noalias()" if first.is_product else ""
                self.lines += assigned(f"{target}{product} =", first.source)
            elif self.types.made(sides) and not is_assigned:
                how = "assign" if len(sides) > 2 else "resize"
                self.lines.append(f"{target}.{how}({self.types.made(sides)});")
        elif first is not None:
            constant = "" if rest else "const "
            self.lines += assigned(f"{constant}{self.types.of(sides)} {word} =", first.source)
        else:
            made_of = self.types.made(sides)
            if is_assigned:
                made_of, rest = rest[0][len("{name}.assign(") : -2], rest[1:]
            self.lines.append(f"{self.types.of(sides)} {word}{f'({made_of})' if made_of else ''};")
        self.lines += [line.replace("{name}", word) for line in rest]
        self.values[name] = Value(word, ATOM, "matrix" if dims else "number")
        self.lazy.pop(name, None)

    def rows_of(self, name: str) -> int:
        """How many axes of a stored array are rows; three axes are a matrix for each place on the first."""
        rank = len(self.dims[name])
        return self.rows.setdefault(name, 1 if rank < 3 else MATRICES if rank == 3 else rank // 2)

    def fresh_name(self, name: str) -> str:
        step = self.steps.get(name)
        return self.fresh(step) if step is not None else self.fresh_like("t")

    def store(self, name: str) -> Value:
        """A value by a name, or by what costs nothing to be read."""
        if name in self.lazy:
            dims = self.dims[name]
            lines = tensors.written("{name}", self.lazy[name], dims, self.rows_of(name), self.types, self.letters)
            self.make(name, Made(None, lines))
        elif name in self.diagonals and name not in self.values:
            self.make(name, Made(self.diagonal_matrix(name), ()))
        elif not self.values[name].is_stored and name not in self.program.leaves:
            self.make(name, Made(self.values[name], ()))
        return self.values[name]

    def value(self, name: str) -> Value:
        return self.values[name] if name in self.values else self.store(name)

    def operand_values(self, step: Step) -> list[Value]:
        return [self.value(name) for name in step.operands]

    def diagonal_matrix(self, name: str) -> Value:
        """A diagonal matrix as an expression that a matrix can be made of."""
        dims, on = self.dims[name], self.diagonals[name]
        if on.kind != "number":
            return Value(f"{on.matrix().at(ATOM)}.asDiagonal()")
        identity = self.types.constant(dims, "Identity")
        return Value(identity) if on.source == "1.0" else Value(f"{on.at(PRODUCT)} * {identity}", PRODUCT)

    # ---------------------------------------------------------------- arrays of more axes
    def terms(self, name: str) -> list[Term]:
        """A value entry by entry."""
        if name in self.lazy:
            return self.lazy[name]
        dims = self.dims[name]
        if name in self.diagonals and name not in self.values:
            on = self.diagonals[name]
            if on.kind == "number":
                return tensors.embedded(lambda at: on, (), (0, 0), dims)
        if not dims:
            value = self.value(name)
            return tensors.dense((), lambda at: value)
        word, rows, turned = self.store(name).source, self.rows_of(name), False
        if word.endswith(".transpose()"):
            word, turned = word.removesuffix(".transpose()"), True

        def entry(at: Mapping[int, str]) -> Value:
            order = [at[axis] for axis in range(len(dims))]
            if turned and len(dims) == 2:
                return Value(tensors.place(word, dims[::-1], 1, order[::-1], self.types), ATOM, "number")
            return Value(tensors.place(word, dims, rows, order, self.types), ATOM, "number")

        return tensors.dense(dims, entry)

    def is_large(self, step: Step) -> bool:
        return max(map(len, (step.dims, *step.operand_dims))) > 2

    def by_entries(self, step: Step, terms: list[Term]) -> Made | None:
        """An array by its terms: stored, if it has two axes or is used twice, or where it is wanted."""
        self.lazy[step.result] = terms
        has_sums = any(term.summed for term in terms)
        if len(step.dims) <= 2 or self.uses[step.result] > 1 or has_sums or step.result in self.kept:
            self.store(step.result)
        return None

    def single_entries(self, name: str) -> tensors.Entry:
        """The entries of an array, without sums."""
        return tensors.whole_entry(self.terms(name))

    def refusal(self, what: str) -> MatcalcError:
        return MatcalcError(f"{what} is not known to the C++ target", hint='emit(..., target="numpy")')


def assigned(left: str, source: str) -> list[str]:
    """An assignment; a sum that is too long for a line has a line for each term."""
    if len(left) + len(source) <= LONGEST_LINE:
        return [f"{left} {source};"]
    parts, depth, start = [], 0, 0
    for at, char in enumerate(source):
        depth += (char in "([{") - (char in ")]}")
        if depth == 0 and source[at : at + 3] in (" + ", " - "):
            parts.append(source[start:at])
            start = at + 1
    parts.append(source[start:])
    return [left, *(f"    {part}" for part in parts[:-1]), f"    {parts[-1]};"]
