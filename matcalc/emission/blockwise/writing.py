"""The source of a function of Dask arrays: passes over blocks of samples, and what is computed from their sums."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from matcalc.bound import result_dims
from matcalc.emission.annotations import WORDS, head, returned
from matcalc.emission.arguments import FIT, READ, Interface, check_name, interface, shape_checks
from matcalc.emission.blockwise.cutting import Cut, Pass, Uncut, cut, refused
from matcalc.emission.blockwise.pooling import SUM
from matcalc.emission.blockwise.sources import ALIGNED, BLOCKS, OWN_PIVOTS, SUMMED
from matcalc.emission.emitted import Emitted
from matcalc.emission.layout import docstring
from matcalc.emission.modules import module
from matcalc.emission.names import Names, free_of, python_word
from matcalc.emission.numpy import kind_of, result_text
from matcalc.emission.options import Options
from matcalc.emission.render import Renderer
from matcalc.emission.source import dim as dim_text
from matcalc.emission.target import Request
from matcalc.emission.targets.writing import built, renamed
from matcalc.emission.text import ATOM, Text
from matcalc.errors import MatcalcError
from matcalc.expr import name_of
from matcalc.families import array_dims
from matcalc.program.polynomial import Polynomial, entries
from matcalc.program.step import Step
from matcalc.records import NamedTuple
from matcalc.shape import Dim

LARGE, SMALL = 10**6, 10  # by which the program is chosen: samples are many, and other dimensions few


class Found(NamedTuple):
    """The dimension of the samples, and how the program is cut there."""

    samples: str
    cut: Cut


def write(request: Request) -> Emitted:
    """The source of a function of Dask arrays that hold the samples, and of arrays of NumPy that hold all else.

    Raises:
        MatcalcError: the results need all samples at once.
    """
    check_name(request.name)
    if request.dtype not in ("", "float64"):
        raise MatcalcError("blocks of samples are computed in float64", f"asked for: {request.dtype}")
    wanted = interface(request.results, None, request.first, taken=("da", "dask"))
    names = {request.names[v]: wanted.names[v] for v in wanted.arguments}
    programs = [(conditions, renamed(program, names)) for conditions, program in request.programs]
    request = request._replace(programs=programs)
    return _Writer(request, wanted, _found(request), replace(request.options, sizes=None)).written()


def _found(request: Request) -> Found:
    """The one dimension over which the results are sums; the samples that are asked for, where there are several."""
    if request.options.samples:
        return _along(request, request.options.samples)
    found, reasons = [], {}
    for symbol in _symbols(request):
        try:
            found.append(_cut_along(request, symbol))
        except Uncut as why:
            reasons[symbol] = why.said
    sums = [one for one in found if one.cut.passes]
    for alike in ([one for one in sums if not one.cut.each], sums, [one for one in found if one.cut.each]):
        if len(alike) == 1:
            return alike[0]
        if alike:
            several = [one.samples for one in alike]
            hint = f'samples="{several[0]}"'
            raise MatcalcError("samples may be counted by several dimensions", ", ".join(several), hint=hint)
    if not reasons:
        raise MatcalcError("a formula of numbers alone has no samples", hint='emit(..., target="numpy")')
    symbol = next(iter(reasons))
    raise refused(reasons[symbol], symbol)


def _symbols(request: Request) -> dict[str, None]:
    """The dimensions of the arguments."""
    return dict.fromkeys(s for v in (*request.first, *request.arguments) for dim in array_dims(v) for s in dim.symbols)


def _along(request: Request, samples: str) -> Found:
    symbols = [*_symbols(request)]
    if samples not in symbols:
        raise MatcalcError(f"no variable has the dimension {samples}", hint=f'samples="{(*symbols, "m")[0]}"')
    try:
        return _cut_along(request, samples)
    except Uncut as why:
        raise refused(why.said, samples) from None


def _cut_along(request: Request, samples: str) -> Found:
    """The cut with the fewest passes, of the programs that are cheapest somewhere; first of that for many samples."""
    sizes = {symbol: LARGE if symbol == samples else SMALL for symbol in request.symbols}
    _check_results(request, samples)
    ordered = sorted(request.programs, key=lambda pair: sum(s.multiplications.at(sizes) for s in pair[1].steps))
    cuts, why = [], Uncut("")
    for _, program in ordered:
        try:
            cuts.append(cut(program, samples))
        except Uncut as told:
            why = told
    if not cuts:
        raise why
    return Found(samples, min(cuts, key=lambda c: len(c.passes)))


def _check_results(request: Request, samples: str) -> None:
    """Refuses matrices in which samples and another dimension share rows or columns."""
    for expr, node in zip(request.results.values(), request.nodes, strict=True):
        sides = [dim for dim in result_dims(expr) if samples in dim.symbols]
        if sides and (len(sides) > 1 or sides[0] is not Dim.of(samples) or node.rank != len(result_dims(expr))):
            shape = "×".join(map(str, result_dims(expr)))
            raise Uncut(f"a result is a matrix of {shape}, which has no block of its own for a block of samples")


class _BlockRenderer(Renderer):
    """The statements of a block, which has many samples: functions of whole arrays are those written for speed."""

    def written(self, step: Step) -> Text | list[str]:
        if step.operation == "function" and step.data.fast and not step.data.elementwise:
            return self.function(step, step.data.fast)
        return super().written(step)


class _Writer:
    """The module in the making."""

    def __init__(self, request: Request, wanted: Interface, found: Found, options: Options) -> None:
        self.request, self.wanted, self.options = request, wanted, options
        self.samples, self.cut = found
        self.helpers: list[str] = []
        dims = {wanted.names[v]: array_dims(v) for v in wanted.arguments}
        self.ranks = {name: len(sides) for name, sides in dims.items()}
        along = {
            name: [at for at, side in enumerate(sides) if side is Dim.of(found.samples)] for name, sides in dims.items()
        }
        self.axes = {name: places[0] for name, places in along.items() if places}  # of samples, also of unused ones
        self.data = list(self.axes)
        self.renderer = Renderer(wanted.scope.program(self.cut.rest), wanted.scope, options)
        self.renderer.ranks = self.ranks
        self.renderer.call_results([*request.results])
        read = (*self.cut.passes, *self.cut.each.values())
        self.renderer.kept |= {name for one in read for name in one.known}
        self.steps = {s.result: s for one in read for s in one.program.steps}
        self.pivoted = {s.result for s in self.cut.rest.steps if s.operation == "factor" and s.data == "lu"}

    def written(self) -> Emitted:
        request, wanted = self.request, self.wanted
        body = self.body()
        parts = dict.fromkeys([*self.renderer.helpers, *self.helpers])
        taken = {word for part in parts for word in re.findall(r"^def (\w+)", part, re.MULTILINE)}
        name = free_of(request.name, taken.union(WORDS))
        kinds = ["Any" if wanted.names[v] in self.data else "ArrayLike" for v in wanted.arguments]
        typed = [f"{wanted.names[v]}: {kind}" for v, kind in zip(wanted.arguments, kinds, strict=True)]
        outcome = returned([*map(self.kind, request.results, self.cut.rest.results)])
        doc = docstring(request.results, wanted.arguments, wanted.names, {}, self.told())
        text = "\n".join(f"    {line}".rstrip() for line in body)
        function = f"{head(name, typed, outcome)}\n{doc}\n{text}\n"
        source = module([*parts, function])
        arguments = tuple(wanted.names[v] for v in wanted.arguments)
        variables = tuple(map(name_of, wanted.arguments))
        results = tuple(request.results)
        made = Emitted(name, source, arguments, variables, results, _built, function, tuple(parts))
        made.samples = self.samples
        return made

    def kind(self, key: str, result: str) -> str:
        return "Any" if result in self.cut.each else kind_of(key, self.request.results[key], self.options)

    def body(self) -> list[str]:
        """The statements: reading, stages and passes in turns, and the results."""
        lines = self.reading()
        for number, stage in enumerate(self.cut.stages):
            if number:
                self.renderer.lines.append(self.summing(number, self.cut.passes[number - 1]))
            self.renderer.write(map(self.wanted.scope.step, stage))
        lines += self.renderer.lines
        own = {name: leaf for name, leaf in self.cut.rest.leaves.items() if name not in self.steps}
        self.renderer.program = self.renderer.program._replace(leaves=own)  # sums are nobody else's: no copies
        places = zip(self.request.results.items(), self.request.nodes, self.cut.rest.results, strict=True)
        results = []
        for (key, expr), node, name in places:
            if name in self.cut.each:
                word = self.renderer.called.pop(name, "") or self.renderer.fresh_like(python_word(key))
                lines.append(f"{word} = {self.by_blocks(key, name)}")
                results.append(word)
            else:
                results.append(result_text(self.renderer, key, expr, node, name))
        return [*lines, f"return {', '.join(results)}"]

    def reading(self) -> list[str]:
        """Statements that read the arguments, the samples in blocks."""
        names = [_tuple(f'"{word}"' for word in self.data), _tuple(self.data)]
        ranks, axes = _tuple(str(self.ranks[word]) for word in self.data), self.axes_of(self.data)
        self.helpers += [ALIGNED.strip(), FIT.strip()]
        target = ", ".join(self.data) if len(self.data) > 1 else f"({self.data[0]},)"
        lines = [f"{target} = _aligned({', '.join([*names, ranks, axes])})"]
        others = [v for v in self.wanted.arguments if self.wanted.names[v] not in self.data]
        if others:
            self.helpers.append(READ.strip())
        for v in others:
            word = self.wanted.names[v]
            lines.append(f'{word} = _read("{name_of(v)}", {word}, {self.ranks[word]})')
        return [*lines, *shape_checks(self.wanted, batch=False)]

    def summing(self, number: int, one: Pass) -> str:
        """The statement of a pass; its block function is put beside the helpers."""
        name = f"_{self.request.name.lstrip('_')}_block{number if len(self.cut.passes) > 1 else ''}"
        what = "Sums over" if {*one.ways} == {SUM} else "What is made of"
        data, known = self.block(name, f"{what} a block of samples.", one)
        self.helpers += [part.strip() for text in (BLOCKS, SUMMED) for part in text.strip().split("\n\n\n")]
        made = []
        for result in one.made:
            word = self.renderer.fresh(self.steps[result])
            self.renderer.texts[result] = Text(word)
            made.append(word)
        target = ", ".join(made) if len(made) > 1 else f"({made[0]},)"
        ways = f", {_tuple(one.ways)}" * (what[0] == "W")
        return f"{target} = _summed({name}, {_tuple(data)}, {self.axes_of(data)}, {known}{ways})"

    def by_blocks(self, key: str, result: str) -> str:
        """A result that goes by samples: an array whose blocks are made when they are asked for."""
        name = f"_{self.request.name.lstrip('_')}_{python_word(key)}"
        data, known = self.block(name, f"{key} of a block of samples.", self.cut.each[result])
        self.helpers += [part.strip() for part in BLOCKS.strip().split("\n\n\n")]
        at, dims = self.cut.axes[result], self.wanted.scope.sides(result_dims(self.request.results[key]))
        meta = f"np.empty({_tuple('0' * len(dims))})"
        shape = _tuple(map(dim_text, dims))
        return f"_blocks({name}, {_tuple(data)}, {self.axes_of(data)}, {known}, {at}, {shape}, {meta})"

    def axes_of(self, data: Iterable[str]) -> str:
        return _tuple(str(self.axes[word]) for word in data)

    def block(self, name: str, summary: str, one: Pass) -> tuple[list[str], str]:
        """Writes the function of a block; the arrays that it reads by blocks, and what it is given besides."""
        outer = self.wanted.scope
        scope = Names({*outer.taken, *one.program.leaves})
        rows = scope.new("rows")
        scope.dims = outer.dims | {self.samples: Dim.of(rows)}
        data = [*(one.data or self.data[:1])]
        renderer = _BlockRenderer(scope.program(one.program), scope, self.options)
        renderer.ranks = {word: self.ranks[word] for word in data}
        for word, leaf in one.program.leaves.items():
            if leaf.kind == "size":  # of all samples
                renderer.texts[word] = Text(f"({dim_text(outer.dim(leaf.data))})", ATOM)  # type: ignore[arg-type]
        renderer.run()
        values = [renderer.texts[result].source for result in one.made]
        used = {*re.findall(r"\w+", " ".join([*renderer.lines, *values]))}
        more = [str(dim) for dim in outer.dims.values() if str(dim) in used]
        arrays = ", ".join(data)
        read = f"{arrays} = (np.asarray(array, dtype=float) for array in ({arrays}))"
        is_one = one.made[0] in self.cut.each
        lines = [
            read if len(data) > 1 else f"{arrays} = np.asarray({arrays}, dtype=float)",
            *[f"{word} = _with_own_pivots({word})" for word in one.known if word in self.pivoted],
            *[f"{rows} = {data[0]}.shape[{self.axes[data[0]]}]"] * (rows in used),
            *renderer.lines,
            f"return {', '.join(values) if len(values) > 1 or is_one else _tuple(values)}",
        ]
        if self.pivoted.intersection(one.known):
            renderer.help(OWN_PIVOTS)
        parameters = ", ".join([*data, *one.known, *more])
        text = "\n".join(f"    {line}".rstrip() for line in lines)
        self.helpers += [*renderer.helpers, f'def {name}({parameters}):\n    """{summary}"""\n{text}']
        return data, _tuple([self.renderer.texts[value].source for value in one.known] + more)

    def told(self) -> str:
        """What is read, kept and moved."""
        lines = []
        for number, one in enumerate(self.cut.passes, 1):
            read = self.each(one.program.leaves[name].dims for name in one.data)
            kept = self.each(step.dims for step in one.program.steps if step.result in self.cut.axes)
            moved = sum((entries(self.steps[name].dims) for name in one.made), Polynomial.of(0))
            which = f"Pass {number}" if len(self.cut.passes) > 1 else "One pass"
            lines.append(f"{which} over the samples reads {', '.join(one.data)}, {read} numbers of each.")
            lines.append(f"A block keeps up to {kept} numbers more of each, and {moved} are moved from each block.")
        for key, name in zip(self.request.results, self.cut.rest.results, strict=True):
            if name in self.cut.each:
                lines.append(f"{key} is a Dask array in blocks of samples, each made when it is asked for.")
        return "\n    ".join(lines)

    def each(self, arrays: Iterable[tuple[Dim, ...]]) -> Polynomial:
        """How many entries of arrays each sample has."""
        others = (tuple(dim for dim in dims if self.samples not in dim.symbols) for dims in arrays)
        return sum(map(entries, others), Polynomial.of(0))


def _built(source: str, name: str) -> Callable[..., Any]:
    return built("Dask", "dask.array", "dask", source, name)


def _tuple(words: Any) -> str:
    texts = list(words)
    return f"({', '.join(texts)}{',' * (len(texts) == 1)})"
