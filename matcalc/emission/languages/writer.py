"""Steps → statements of a language: what is the same in all of them, and the tables asked for the rest."""

from __future__ import annotations

from collections.abc import Sequence

from matcalc.emission.languages.language import Language, form_of
from matcalc.emission.names import Names
from matcalc.emission.options import Options
from matcalc.emission.render import Renderer
from matcalc.emission.targets import having
from matcalc.emission.targets.library import Unknown
from matcalc.emission.text import ATOM, SUM, Text, is_one_call
from matcalc.errors import MatcalcError
from matcalc.function import Kernel
from matcalc.program.planner import Program
from matcalc.program.step import Operation, Step
from matcalc.shape import Dim

SHARED: tuple[Operation, ...] = ("combine", "scale")  # sums and multiples, which languages write alike


class Writer(Renderer):
    """Source of a program in a language."""

    language: Language

    def __init__(self, program: Program, scope: Names, options: Options, language: Language) -> None:
        super().__init__(program, scope, options)
        self.language = language
        self.texts = {name: self.leaf(name, text) for name, text in self.texts.items()}

    def leaf(self, name: str, text: Text) -> Text:
        """A variable, a size or a number."""
        return text

    def written(self, step: Step) -> Text | list[str]:
        """The expression of a step, or the statements that make it."""
        own = self.language.steps.get(step.operation)
        if own is not None:
            return own(self, step)
        if step.operation in SHARED:
            return super().written(step)
        raise MatcalcError(
            f"{step.kind} is not known to the {self.language.title} target", hint='emit(..., target="numpy")'
        )

    def put(self, step: Step, text: Text | list[str]) -> None:
        if isinstance(text, Text):
            text = [f"{{name}} = {text.source}{self.language.end}"]
        super().put(step, text)

    def help(self, source: str) -> None:
        """Helpers are found by their names, when all is written."""

    # ---------------------------------------------------------------- values
    def dims_of(self, name: str) -> tuple[Dim, ...]:
        """The dimensions of a value."""
        step = self.steps.get(name)
        return step.dims if step is not None else self.program.leaves[name].dims

    def named(self, name: str) -> str:
        """A value that stands under a name, such as one that is to be indexed."""
        if not self.texts[name].source.isidentifier():
            word = self.fresh_like("t")
            self.lines.append(f"{word} = {self.texts[name].source}{self.language.end}")
            self.texts[name] = Text(word)
        return self.texts[name].source

    # ---------------------------------------------------------------- functions
    def form(self, kernel: Kernel) -> str:
        """The form of a function in the language.

        Raises:
            MatcalcError: there is none.
        """
        try:
            return form_of(self.language, kernel)
        except Unknown as unknown:
            others = ", ".join(having(kernel))
            told = [f"there is no {unknown}"] * (str(unknown) != kernel.name)
            told += [f"targets that have it: {others}"] * bool(others)
            what = f"{kernel.name} is not known to the {self.language.title} target"
            raise MatcalcError(what, *told, hint='emit(..., target="numpy")') from None

    def applied(self, form: str, keys: Sequence[str], texts: Sequence[Text]) -> Text:
        """A form with its operands, in brackets where they stand beside something that holds tighter."""
        whole = is_one_call(form)
        for key, text in zip(keys, texts, strict=True):
            slot = f"{{{key}}}"
            for before in ("(", " "):
                for after in (")", ","):
                    if before == "(" or ", " in form:
                        form = form.replace(f"{before}{slot}{after}", f"{before}{text.source}{after}")
            form = form.replace(slot, text.at(ATOM))
        return Text(form, ATOM if whole else SUM)
