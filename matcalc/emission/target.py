"""What a target of emission is: what writes a plan in its language, and what it has no form for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from matcalc.emission.emitted import Emitted
from matcalc.emission.options import Options
from matcalc.errors import MatcalcError
from matcalc.expr import Expr
from matcalc.function import Kernel
from matcalc.network.nodes import Node
from matcalc.program.planner import Program
from matcalc.records import NamedTuple


class Request(NamedTuple):
    """What is to be written: results that programs compute, each under its conditions, inequalities of dimensions.

    ``nodes`` are those of the results, ``first`` the first parameters. ``arguments`` are all variables, and ``names``
    what programs call them. ``symbols`` are those of dimensions, ``dtype`` is the one that was asked for, if any.
    """

    results: Mapping[str, Expr]
    name: str
    programs: Sequence[tuple[Sequence[str], Program]]
    nodes: Sequence[Node]
    first: Sequence[Expr]
    arguments: Sequence[Expr]
    names: Mapping[Expr, str]
    symbols: Sequence[str]
    options: Options
    dtype: str = ""


class Target(NamedTuple):
    """A language, or an array library: ``write`` writes a function, ``knows`` says whether a kernel has a form there.

    ``lacks`` are the options that it does not have, each with what to do instead. Only targets that
    say so have sparse results, and take sparse data.
    """

    title: str
    write: Callable[[Request], Emitted]
    knows: Callable[[Kernel], bool]
    lacks: Mapping[str, str] = {}
    has_sparse: bool = False

    def check(self, options: Options) -> None:
        """Refuses options that it does not have.

        Raises:
            MatcalcError: there is one.
        """
        if options.sparse and not self.has_sparse:
            raise MatcalcError(f"the {self.title} target has no sparse results", hint='emit(..., target="numpy")')
        if options.data and not self.has_sparse:
            raise MatcalcError(f"the {self.title} target takes no sparse data", hint='emit(..., target="numpy")')
        plain = Options(sizes=options.sizes, tensors=())
        asked = [
            name for name in self.lacks if getattr(options, name) and getattr(options, name) != getattr(plain, name)
        ]
        if asked:
            said = f"the option {asked[0]} is not known to the {self.title} target"
            raise MatcalcError(said, *filter(None, [self.lacks[asked[0]]]), hint='emit(..., target="numpy")')
