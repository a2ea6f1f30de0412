"""Programs → C, for sizes that are small and fixed: an extension module that takes and returns NumPy arrays.

Every value is an array on the stack, every step a loop over its entries; a call costs a few hundred nanoseconds.
"""

from __future__ import annotations

import hashlib
import math
import subprocess
import sysconfig
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

from matcalc.emission import c_sources
from matcalc.emission.arguments import check_name
from matcalc.emission.emitted import Emitted
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, name_of
from matcalc.position import Position
from matcalc.program.planner import Program
from matcalc.program.step import Step
from matcalc.rational import Fraction
from matcalc.shape import ONE, Dim

LARGEST = 1 << 14  # entries of a value that is kept on the stack

FLAGS = ("-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros", "-fassociative-math")


def emit_c(
    results: Mapping[str, Expr],
    name: str,
    program: Program,
    arguments: Sequence[Expr],
    names: Mapping[Expr, str],
    sizes: Mapping[str, int],
) -> Emitted:
    """The program at fixed sizes.

    Raises:
        MatcalcError: a value is too large for the stack, or a step is of a function that is not known in C.
    """
    check_name(name)
    writer = _Writer(program, sizes)
    body = [line for step in program.steps for line in writer.statements(step)]
    parameters = tuple(names[v] for v in arguments)
    source = c_sources.MODULE.format(
        helpers=_helpers(body),
        name=name,
        count=len(parameters),
        reading="\n".join(f"    {line}" for at, v in enumerate(arguments) for line in writer.argument(at, v, names[v])),
        body="\n".join(f"    {line}" for line in body),
        returning="\n".join(f"    {line}" for line in writer.returned(results)),
        doc=", ".join(f"{key} = {expr}" for key, expr in results.items()).replace("\\", "\\\\").replace('"', '\\"'),
    )
    return Emitted(name, source, parameters, tuple(map(name_of, arguments)), tuple(results), _built)


def _helpers(body: Sequence[str]) -> str:
    """The helpers that statements call, and those that these call, in the order of the file."""
    called = {word for word in c_sources.HELPERS if any(f"{word}(" in line for line in body)}
    called |= {inner for word in called for inner in c_sources.NEEDS.get(word, ())}
    return "\n".join(part for word, part in c_sources.HELPERS.items() if word in called)


def _built(source: str, name: str) -> Callable[..., Any]:
    """The function of an extension module, built by the system's compiler. It takes arrays of doubles alone."""
    import numpy as np

    module = f"matcalc_{hashlib.sha256(source.encode()).hexdigest()[:16]}"
    compiler = (sysconfig.get_config_var("CC") or "cc").split()
    include = [f"-I{path}" for path in (sysconfig.get_paths()["include"], np.get_include())]
    with tempfile.TemporaryDirectory() as folder:
        text, library = Path(folder, f"{module}.c"), Path(folder, f"{module}.so")
        text.write_text(source.replace("MODULE_NAME", module), encoding="utf-8")
        command = [*compiler, *FLAGS, "-shared", "-fPIC", *include, str(text), "-o", str(library), "-lm"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as error:
            raise MatcalcError(f"there is no C compiler: {error.strerror}", hint='emit(..., target="numpy")') from None
        if done.returncode:
            reasons = (done.stderr.strip().split("\n") or [""])[:3]
            raise MatcalcError("the C compiler fails", *reasons, hint='emit(..., target="numpy")')
        loader = ExtensionFileLoader(module, str(library))
        spec = spec_from_loader(module, loader)
        assert spec is not None
        loaded = module_from_spec(spec)
        loader.exec_module(loaded)
    function: Callable[..., Any] = getattr(loaded, name)
    return function


class _Writer:
    """Statements of steps; ``sizes`` are those of all dimension symbols."""

    def __init__(self, program: Program, sizes: Mapping[str, int]) -> None:
        self.program = program
        self.sizes = sizes
        self.shapes: dict[str, tuple[int, ...]] = {
            **{name: self.sides(leaf.dims) for name, leaf in program.leaves.items()},
            **{step.result: self.sides(step.dims) for step in program.steps},
        }
        self.pivots: dict[str, str] = {}

    def sides(self, dims: Sequence[Dim]) -> tuple[int, ...]:
        return tuple(dim.at(self.sizes) for dim in dims)

    def count(self, name: str) -> int:
        return math.prod(self.shapes[name])

    # ---------------------------------------------------------------- values
    def entry(self, name: str, at: str = "i") -> str:
        """The text of one entry; scalars and numbers stand for themselves."""
        leaf = self.program.leaves.get(name)
        if leaf is not None and leaf.kind == "number":
            return _number(leaf.data)  # type: ignore[arg-type]
        if leaf is not None and leaf.kind == "size":
            return f"{leaf.data.at(self.sizes)}.0"  # type: ignore[attr-defined]
        if leaf is not None and leaf.kind == "constant":
            return {"pi": "M_PI"}[name]
        text = f"v_{name}"
        return f"{text}[{at}]" if self.shapes[name] else text

    def entry_at(self, name: str, indices: Sequence[int]) -> str:
        """One entry, by the loop variables of its axes."""
        terms, stride = [], 1
        for side, index in zip(self.shapes[name][::-1], indices[::-1], strict=True):
            terms.append(f"i{index}" if stride == 1 else f"{stride} * i{index}")
            stride *= side
        return self.entry(name, " + ".join(terms[::-1]))

    def declared(self, name: str) -> str:
        count = self.count(name)
        if count > LARGEST:
            raise MatcalcError(f"a value of {count} entries is too large for C", hint='emit(..., target="numpy")')
        return f"double v_{name}[{count}];" if self.shapes[name] else f"double v_{name};"

    def argument(self, at: int, variable: Expr, name: str) -> list[str]:
        sides = self.sides([dim for dim in variable.shape if dim is not ONE])
        self.shapes[name] = sides
        if not sides:
            return [f"double v_{name};", f'if (read_scalar(args[{at}], "{name}", &v_{name})) goto failed;']
        rows, cols = (side.at(self.sizes) for side in variable.shape)
        return [
            f'if (read_array(args[{at}], "{name}", {len(sides)}, {rows}, {cols}, &buffers[{at}])) goto failed;',
            f"const double *v_{name} = buffers[{at}].buf;",
        ]

    def returned(self, results: Mapping[str, Expr]) -> list[str]:
        lines = []
        for at, (expr, name) in enumerate(zip(results.values(), self.program.results, strict=True)):
            sides = self.sides([dim for dim in expr.shape if dim is not ONE])
            if sides:
                shape = ", ".join(map(str, sides))
                lines.append(f"npy_intp shape{at}[] = {{{shape}}};")
                lines.append(f"PyObject *r{at} = PyArray_SimpleNew({len(sides)}, shape{at}, NPY_DOUBLE);")
                lines.append(f"if (!r{at}) goto failed;")
                count = math.prod(sides)
                lines.append(f"memcpy(PyArray_DATA((PyArrayObject *)r{at}), v_{name}, {count} * sizeof(double));")
            else:
                lines.append(f"PyObject *r{at} = PyFloat_FromDouble({self.entry(name)});")
        names = [f"r{at}" for at in range(len(results))]
        if len(names) == 1:
            return [*lines, "answer = r0;"]
        return [
            *lines,
            f"answer = PyTuple_Pack({len(names)}, {', '.join(names)});",
            *(f"Py_DECREF({n});" for n in names),
        ]

    # ---------------------------------------------------------------- steps
    def statements(self, step: Step) -> list[str]:
        write = getattr(self, step.operation.replace(" ", "_"), None)
        if write is None:
            raise MatcalcError(f"{step.operation} is not known to the C target", hint='emit(..., target="numpy")')
        return [self.declared(step.result), *write(step)]

    def each(self, step: Step, text: str) -> list[str]:
        """One statement for every entry i of the result."""
        target = self.entry(step.result)
        if not step.dims:
            return [f"{target} = {text};"]
        return [f"for (int i = 0; i < {self.count(step.result)}; i++) {target} = {text};"]

    def loops(self, indices: Sequence[int], sides: Mapping[int, int], statement: str) -> list[str]:
        heads = "".join(f"for (int i{k} = 0; i{k} < {sides[k]}; i{k}++) " for k in indices)
        return [f"{heads}{statement}"]

    def function(self, step: Step) -> list[str]:
        name = step.data.name
        if step.data.elementwise and name in c_sources.ELEMENTWISE:
            text = c_sources.ELEMENTWISE[name]
            for key, operand in zip(step.data.operands, step.operands, strict=True):
                text = text.replace(f"{{{key}}}", f"({self.entry(operand)})")
            return self.each(step, text)
        if name in c_sources.OF_ARRAYS and len(step.operands) == 1:
            (operand,) = step.operands
            sides = self.shapes[operand]
            return [c_sources.OF_ARRAYS[name].format(
                x=f"v_{operand}", y=f"v_{step.result}", count=math.prod(sides), rows=sides[0] if sides else 1,
                cols=sides[-1] if len(sides) == 2 else 1,
            )]  # fmt: skip
        raise MatcalcError(f"{name} is not known to the C target", hint='emit(..., target="numpy")')

    def power(self, step: Step) -> list[str]:
        return self.each(step, _power(self.entry(step.operands[0]), step.data))

    def combine(self, step: Step) -> list[str]:
        *coefficients, constant = step.data
        terms = [f"{_number(c)} * {self.entry(o)}" for c, o in zip(coefficients, step.operands, strict=True)]
        return self.each(step, " + ".join([*terms, *([_number(constant)] if constant else [])]))

    def scale(self, step: Step) -> list[str]:
        coefficient, has_array, exponents = step.data
        scalars = step.operands[1:] if has_array else step.operands
        factors = [_number(coefficient), *(_power(self.entry(o), e) for o, e in zip(scalars, exponents, strict=True))]
        factor = f"f_{step.result}"
        array = f" * {self.entry(step.operands[0])}" if has_array else ""
        return [f"const double {factor} = {' * '.join(factors)};", *self.each(step, f"{factor}{array}")]

    def product(self, step: Step) -> list[str]:
        left, right, out = step.data
        sides = {
            index: side
            for name, indices in zip(step.operands, (left, right), strict=True)
            for index, side in zip(indices, self.shapes[name], strict=True)
        }
        summed = [i for i in sides if i not in out]
        body = f"{self.entry_at(step.operands[0], left)} * {self.entry_at(step.operands[1], right)}"
        target = self.entry_at(step.result, out)
        if not summed:
            return self.loops(out, sides, f"{target} = {body};")
        if not out:
            return [f"{target} = 0;", *self.loops(summed, sides, f"{target} += {body};")]
        if len(out) == 1 and left[-1] == summed[-1]:  # rows times a vector: a sum for each row
            inner = self.loops(summed, sides, f"s += {body};")[0]
            return self.loops(out, sides, f"{{ double s = 0; {inner} {target} = s; }}")
        order = (*out[:-1], *summed, out[-1])  # the last axis runs inside, over neighbours
        return [self.cleared(step), *self.loops(order, sides, f"{target} += {body};")]

    def cleared(self, step: Step) -> str:
        return f"memset(v_{step.result}, 0, sizeof v_{step.result});"

    def reduce(self, step: Step) -> list[str]:
        indices, out = step.data
        sides = dict(zip(indices, self.shapes[step.operands[0]], strict=True))
        summed = [i for i in sides if i not in out]
        body = self.entry_at(step.operands[0], indices)
        target = self.entry_at(step.result, out)
        if not summed:
            return self.loops(out, sides, f"{target} = {body};")
        start = self.cleared(step) if out else f"{target} = 0;"
        return [start, *self.loops((*out, *summed), sides, f"{target} += {body};")]

    def permute(self, step: Step) -> list[str]:
        (operand,) = step.operands
        sides = dict(enumerate(self.shapes[operand]))
        return self.loops(
            step.data, sides, f"{self.entry_at(step.result, step.data)} = {self.entry_at(operand, tuple(sides))};"
        )

    def reshape(self, step: Step) -> list[str]:
        return self.each(step, self.entry(step.operands[0]))

    def take(self, step: Step) -> list[str]:
        return self.between(step.result, step.operands[0], step.data, takes=True)

    def place(self, step: Step) -> list[str]:
        copied = self.between(step.operands[0], step.result, step.data, takes=False)
        return [self.cleared(step), *copied]

    def between(self, few: str, many: str, positions: Sequence[Position], *, takes: bool) -> list[str]:
        """Copies between the places of an array and an array of these alone."""
        last = [at.stop - 1 if isinstance(at, range) else at or 0 for at in positions]
        for at, size in zip(last, self.shapes[many], strict=True):
            if at >= size:
                raise MatcalcError(f"there is no entry {at + 1}: this dimension is {size}")
        kept = [axis for axis, at in enumerate(positions) if not isinstance(at, int)]
        starts = [at.start if isinstance(at, range) else at or 0 for at in positions]
        stride, offset = 1, 0
        terms = []
        for axis in reversed(range(len(positions))):
            offset += stride * starts[axis]
            terms += [f"{stride} * i{axis}"] if axis in kept else []
            stride *= self.shapes[many][axis]
        outer = self.entry(many, " + ".join([*terms[::-1], str(offset)]))
        inner = self.entry_at(few, kept)
        sides = dict(zip(kept, self.shapes[few], strict=True)) if kept else {}
        return self.loops(kept, sides, f"{inner} = {outer};" if takes else f"{outer} = {inner};")

    def unit(self, step: Step) -> list[str]:
        *_, size = self.shapes[step.result]
        last = step.data.stop - 1 if isinstance(step.data, range) else step.data
        if last >= size:
            raise MatcalcError(f"there is no entry {last + 1}: this dimension is {size}")
        if isinstance(step.data, range):
            return self.each(step, f"i % {size} == i / {size} + {step.data.start}")
        return self.each(step, f"i == {step.data}")

    def embed(self, step: Step) -> list[str]:
        indices, out = step.data
        sides = dict(zip(out, self.shapes[step.result], strict=True))
        body = self.entry_at(step.operands[0], indices)
        return [
            self.cleared(step),
            *self.loops(tuple(dict.fromkeys(out)), sides, f"{self.entry_at(step.result, out)} = {body};"),
        ]

    # ---------------------------------------------------------------- linear algebra
    def factor(self, step: Step) -> list[str]:
        n = self.shapes[step.result][0]
        lines = [f"memcpy(v_{step.result}, v_{step.operands[0]}, sizeof v_{step.result});"]
        if step.data == "cholesky":
            return [*lines, f"if (cholesky_factor(v_{step.result}, {n})) goto failed;"]
        return [
            *lines,
            f"int p_{step.result}[{n}];",
            f"if (lu_factor(v_{step.result}, p_{step.result}, {n})) goto failed;",
        ]

    def solve(self, step: Step) -> list[str]:
        how, transposed = step.data
        factor, right = step.operands
        n, columns = self.shapes[factor][0], self.count(step.result) // self.shapes[factor][0]
        lines = [f"memcpy(v_{step.result}, v_{right}, sizeof v_{step.result});"]
        if how in ("lower", "upper"):
            lower = (how == "lower") != transposed
            call = f"triangular_solve(v_{factor}, v_{step.result}, {n}, {columns}, {int(lower)}, {int(transposed)});"
        elif how == "cholesky":
            call = f"cholesky_solve(v_{factor}, v_{step.result}, {n}, {columns});"
        else:
            call = f"lu_solve(v_{factor}, p_{factor}, v_{step.result}, {n}, {columns}, {int(transposed)});"
        return [*lines, call]

    def inverse(self, step: Step) -> list[str]:
        n = self.shapes[step.result][0]
        return [f"if (inverse_of(v_{step.operands[0]}, v_{step.result}, {n})) goto failed;"]

    def cholesky_inverse(self, step: Step) -> list[str]:
        n = self.shapes[step.result][0]
        return [
            self.cleared(step),
            f"for (int i = 0; i < {n}; i++) v_{step.result}[i * {n + 1}] = 1.0;",
            f"cholesky_solve(v_{step.operands[0]}, v_{step.result}, {n}, {n});",
        ]

    def logdet(self, step: Step) -> list[str]:
        (operand,) = step.operands
        n = self.shapes[operand][0]
        if step.data == "factored":
            total = f"for (int i = 0; i < {n}; i++) v_{step.result} += 2.0 * log(v_{operand}[i * {n + 1}]);"
            return [f"v_{step.result} = 0;", total]
        return [f"if (log_of_det(v_{operand}, {n}, 1, &v_{step.result})) goto failed;"]


def _number(value: Fraction) -> str:
    return repr(float(value)) if value >= 0 else f"({float(value)!r})"


def _power(text: str, exponent: Fraction) -> str:
    if exponent == 1:
        return text
    if exponent == Fraction(1, 2):
        return f"sqrt({text})"
    if exponent == Fraction(-1, 2):
        return f"(1.0 / sqrt({text}))"
    if exponent.denominator == 1 and abs(exponent) <= 4:
        whole = " * ".join([f"({text})"] * abs(exponent.numerator))
        return f"({whole})" if exponent > 0 else f"(1.0 / ({whole}))"
    return f"pow({text}, {_number(exponent)})"
