"""The statements of a program as they are written: values with names, short ones where they are used, and helpers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from matcalc.emission.broadcasting import spread_in_sums
from matcalc.emission.names import Names
from matcalc.emission.options import PLAIN, Options
from matcalc.emission.text import Text, aligned, leaf_text
from matcalc.network.nodes import Indices
from matcalc.program.planner import Program
from matcalc.program.step import Step

LONGEST_INLINED = 48  # characters


class Statements:
    """``lines`` is the body of a function, ``helpers`` what it calls; how a step is written, subclasses say."""

    def __init__(self, program: Program, scope: Names, options: Options = PLAIN) -> None:
        self.program = program
        self.scope = scope
        self.options = options
        self.ranks: Mapping[str, int] = {}  # the parameters for variables, and how many axes they have
        self.callables: dict[str, str] = {}  # parameters for functions without a known body, and what they are
        self.lines: list[str] = []
        self.helpers: list[str] = []
        self.texts: dict[str, Text] = {name: leaf_text(name, leaf) for name, leaf in program.leaves.items()}
        self.steps: dict[str, Step] = {step.result: step for step in program.steps}
        self.uses = Counter(operand for step in program.steps for operand in step.operands)
        self.uses.update(program.results)
        self.kept = set(program.results)
        self.spread_terms = self.spread_in_sums()
        self.taken = {*scope.taken, *program.leaves}
        self.called: dict[str, str] = {}  # names that wait for the results they are of
        self.counts: Counter[str] = Counter()

    def call_results(self, keys: Sequence[str]) -> None:
        """Results are called by their keys, where nothing else is."""
        named = zip(self.program.results[::-1], keys[::-1], strict=True)  # of two keys the first stays
        words = ((result, self.scope.word(key)) for result, key in named)
        self.called = {result: word for result, word in words if word not in self.taken}
        self.taken |= {*self.called.values()}

    def run(self) -> None:
        """All steps."""
        self.write(self.program.steps)

    def write(self, steps: Iterable[Step]) -> None:
        """Some of the steps, as statements."""
        for step in steps:
            if step.result in self.spread_terms:
                self.texts[step.result] = self.spread(step)
                continue
            text = self.written(step)
            if isinstance(text, Text) and self.is_inlined(step, text):
                self.texts[step.result] = text
                continue
            self.put(step, text)

    def put(self, step: Step, text: Text | list[str]) -> None:
        """The statements that give a value a name."""
        name = self.fresh(step)
        if isinstance(text, Text):
            self.lines.append(f"{name} = {text.source}")
        else:
            self.lines += [line.replace("{name}", name) for line in text]
        self.texts[step.result] = Text(name)

    def written(self, step: Step) -> Text | list[str]:
        """The expression of a step, or the statements that make it."""
        raise NotImplementedError

    def fresh(self, step: Step) -> str:
        """A name for a value: that of the result it is, or the next one."""
        if step.result in self.called:
            return self.called.pop(step.result)
        stem = {"cholesky": "cho", "lu": "lu"}[step.data] if step.operation == "factor" else "t"
        while True:
            self.counts[stem] += 1
            name = f"{stem}{self.counts[stem]}"
            if name not in self.taken:
                return name

    def fresh_like(self, stem: str) -> str:
        """A name that is free, as close to this one as there is."""
        name = stem
        while name in self.taken:
            self.counts[stem] += 1
            name = f"{stem}{self.counts[stem]}"
        self.taken.add(name)
        return name

    def is_inlined(self, step: Step, text: Text) -> bool:
        """Whether a value is written where it is used: a view, or something short that is used once."""
        if step.result in self.kept:
            return False
        if step.operation == "permute" and text.source.count(".") == 1 and "(" not in text.source:
            return True
        return self.uses[step.result] == 1 and len(text.source) <= LONGEST_INLINED and step.operation != "factor"

    def help(self, source: str) -> None:
        """Puts helper functions before the function, each once."""
        for helper in filter(None, map(str.strip, self.options.of_dtype(source).split("\ndef "))):
            text = helper if helper.startswith("def ") else f"def {helper}"
            if text not in self.helpers:
                self.helpers.append(text)

    def operands(self, step: Step) -> list[Text]:
        return [self.texts[name] for name in step.operands]

    def spread_in_sums(self) -> frozenset[str]:
        """The values that are no arrays by themselves: sums broadcast what they are made of."""
        return spread_in_sums(self.program)

    def spread(self, step: Step) -> Text:
        """A scalar, or a vector that stands in every row or column of a matrix."""
        (name,) = step.operands
        if self.uses[step.result] > 1 and name in self.steps and not self.texts[name].source.isidentifier():
            self.put(self.steps[name], self.texts[name])
        return self.aligned(self.texts[name], *step.data)

    def aligned(self, text: Text, indices: Indices, out: Indices) -> Text:
        """An operand, to stand beside arrays with the axes of ``out``."""
        return aligned(text, indices, out)
