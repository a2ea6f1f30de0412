"""Fast statements of which some stand in a loop over blocks of rows that stay in the cache."""

from __future__ import annotations

import math

from matcalc.emission import tensors
from matcalc.emission.fast import FastRenderer
from matcalc.emission.row_passes import RowPass, row_pass
from matcalc.emission.source import dim, shape
from matcalc.emission.text import ATOM, Text, aligned
from matcalc.program.step import Step


class BlockRenderer(FastRenderer):
    """Source of a program, written for speed; tall arrays are read once."""

    def run(self) -> None:
        found = None if self.options.products else row_pass(self.program, self.options.sizes)
        if found is None:
            self.write(self.program.steps)
        else:
            self.in_blocks(found)

    def in_blocks(self, found: RowPass) -> None:
        """What comes before, a loop over blocks of rows, and what comes after."""
        before, inside, after = (
            [step for step in self.program.steps if step.result in names]
            for names in (found.before, found.inside, found.after)
        )
        for step in inside:  # what a loop reads lives through it
            self.last.update({o: math.inf for o in step.operands if o not in found.inside})
        # what is sliced in the loop has a name, but for transposes
        self.kept |= {step.result for step in before if step.result in found.sliced and step.operation != "permute"}
        for step in before:
            self.statement(self.where[step.result], step)
        whole = dict(self.texts)
        self.blocked = found.axes
        self.loop(found, inside)
        self.blocked = {}
        for name in found.sliced:
            self.texts[name] = whole[name]
        for step in after:
            self.statement(self.where[step.result], step)

    def loop(self, found: RowPass, inside: list[Step]) -> None:
        """Arrays for what is added up or kept, and the statements that fill them block by block."""
        sums = {name: self.called.pop(name, "") or self.fresh_like("total") for name in found.summed}
        kept = {name: self.called.pop(name, "") or self.fresh_like("result") for name in found.kept}
        every, rows = self.fresh_like("start"), self.fresh_like("rows")
        outer, self.lines = self.lines, []
        self.lines.append(f"{rows} = slice({every}, {every} + {found.block})")
        whole = dict(self.texts)
        self.slice(found, rows)
        sliced = {name: self.texts[name] for name in found.sliced}
        turns = []
        for step in inside:
            self.texts.update({name: whole[name] for name in found.whole.get(step.result, ())})
            if step.result in sums:
                made, turn = self.added_up(step, sums[step.result])
                outer.append(made)
                turns += turn
            else:
                self.statement(self.where[step.result], step)
            self.texts.update({name: sliced[name] for name in found.whole.get(step.result, ()) if name in sliced})
            if step.result in kept:
                outer.append(f"{kept[step.result]} = np.empty({shape(step.dims)}{self.options.typed})")
                place = rows if found.axes[step.result] == 0 else f":, {rows}"
                self.lines.append(f"{kept[step.result]}[{place}] = {self.texts[step.result].source}")
        head = f"for {every} in range(0, {dim(found.dim)}, {found.block}):"
        self.lines = [*outer, head, *(f"    {line}" for line in self.lines), *turns]
        for name, python in {**sums, **kept}.items():
            self.texts[name] = Text(python)
            self.deps[name] = frozenset()
            self.owned.add(name)

    def slice(self, found: RowPass, rows: str) -> None:
        """Names for the blocks of what the loop reads."""
        for name, axis in found.sliced.items():
            step, text = self.steps.get(name), self.texts[name]
            if name in self.spread_terms and step is not None:
                indices, out = step.data
                if out[axis] not in indices:
                    continue  # the same in every row
                text, axis = self.operands(step)[0], 0
            sliced = self.fresh_like(f"{text.source.removesuffix('.T')}_rows")
            place = f"{rows}" if axis == 0 else f":, {rows}"
            self.lines.append(f"{sliced} = {text.at(ATOM)}[{place}]")
            self.texts[name] = Text(sliced)
            if name in self.spread_terms and step is not None:
                self.texts[name] = aligned(Text(sliced), *step.data)

    def added_up(self, step: Step, total: str) -> tuple[str, list[str]]:
        """The statement that makes a sum zero, and those that bring its axes into order in the end."""
        made = None
        if step.operation == "product" and len(step.dims) > 2 and not tensors.is_outer(step):
            a, b = self.operands(step)
            made = tensors.matrix_product(step, a, b, self.blocked_index(step))
        if made is not None:
            name = self.fresh(step)
            self.lines += [line.replace("{name}", name) for line in made.before]
            self.lines.append(f"{total} += {made.text.replace('{name}', name)}")
            out = step.data[2]
            dims = tuple(step.dims[out.index(i)] for i in made.indices)
            turn = tensors.transposition(made.indices, out)
            turns = [f"{total} = {total}{turn}"] if turn else []
            return f"{total} = np.zeros({shape(dims)}{self.options.typed})", turns
        text = self.rendered(step)
        if not isinstance(text, Text):
            name = self.fresh(step)
            self.lines += [line.replace("{name}", name) for line in text]
            text = Text(name)
        self.lines.append(f"{total} += {text.source}")
        zero = f"np.zeros({shape(step.dims)}{self.options.typed})" if step.dims else "0.0"
        return f"{total} = {zero}", []
