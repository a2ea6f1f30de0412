"""Formulas with the formulas of their derivatives, each derived when it is asked for, as functions of arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial, reduce
from inspect import signature
from operator import add
from typing import Any

from matcalc.api import gradient, jvp, vjp
from matcalc.deriving import unstructured
from matcalc.emission.emitted import Emitted
from matcalc.emission.names import Names
from matcalc.errors import DerivativeError, MatcalcError
from matcalc.expr import Expr, name_of
from matcalc.families import alike, array_dims
from matcalc.parts import abstract_functions, variables, with_parts
from matcalc.plans.plan import Plan
from matcalc.symbols import with_hints

Places = tuple[int, ...]


class Formulas:
    """Results, and the variables that their functions take, in this order.

    The derivative of formulas is formulas again, so that there is one of every order. Variables with declared structure
    are free of it in the results, as they are while one derivative is taken: a simplified gradient has other slopes
    off the symmetric matrices. What is emitted has the ``declared`` ones.
    """

    def __init__(
        self,
        results: Mapping[str, Expr],
        arguments: Sequence[Expr],
        declared: Mapping[Expr, Expr],
        target: str,
        name: str,
        *,
        check: bool = False,
        slopes: Places = (),
    ) -> None:
        self.results = dict(results)
        self.declared = declared
        self.variables = list(arguments)
        self.target = target
        self.name = name
        self.check = check  # whether arguments are read and checked
        self.slopes = slopes  # all results but the first are its gradients by these variables
        self._derived: dict[tuple[str, Places], Formulas] = {}

    @classmethod
    def of(cls, f: Expr, arguments: Sequence[Expr], target: str) -> Formulas:
        """One formula; its variables are those that are given, and then the others by name.

        Raises:
            MatcalcError: it has functions without a known body, or no variables.
        """
        own = sorted((v for v in variables(f) if v not in arguments), key=name_of)
        every = [*arguments, *own]
        if abstract_functions(f):
            unknown = next(iter(abstract_functions(f))).name
            raise MatcalcError(f"{unknown} is a function without a known body", hint=f'emit(..., target="{target}")')
        if not every:
            raise MatcalcError("a formula without variables is a number", hint="declare a variable")
        wrong = [v for v in arguments if v.kind != "variable"]
        if wrong:
            raise MatcalcError(f"{wrong[0]} is not a variable", hint='declare it: matcalc.matrix("A", "m", "n")')
        free = {v: unstructured(v) for v in every}
        declared = {x: v for v, x in free.items()}
        return cls({"value": with_parts(f, free)}, [*declared], declared, target, "value", check=True)

    @cached_property
    def emitted(self) -> Emitted:
        """What computes all results together."""
        results = {key: with_parts(result, self.declared) for key, result in self.results.items()}
        arguments = [self.declared.get(v, v) for v in self.variables]
        plan = Plan(results, "optimal", None, arguments=arguments, for_speed=True)
        return plan.emit(self.name, self.target, check=self.check)

    def compiled(self) -> Callable[..., tuple[Any, ...]]:
        """The function, whose value is a tuple."""
        function = self.emitted.compile()
        return function if len(self.results) > 1 else lambda *arguments: (function(*arguments),)

    @property
    def is_scalar(self) -> bool:
        """Whether there is one result, which is a number."""
        (first, *others) = self.results.values()
        return not others and first.shape.is_scalar

    # ---------------------------------------------------------------- derivatives
    def with_gradients(self, places: Places) -> Formulas:
        """A scalar with its gradients by some of the variables."""
        return self._once("gradients", places, self._gradients)

    def pushed(self, places: Places) -> Formulas:
        """The results, and their derivatives in a direction: of changes of some of the variables, which come last."""
        return self._once("pushed", places, self._pushed)

    def pulled(self, places: Places, skipped: int = 0) -> Formulas:
        """For each of some variables, what it is given of cotangents of the results, which come last.

        The first results may be left out.
        """
        return self._once(f"pulled {skipped}", places, partial(self._pulled, skipped=skipped))

    def read(self) -> Callable[..., list[Any]]:
        """What makes arrays of one dtype, with the axes of the variables, of arguments given as to a function."""
        function = self.emitted.compile()
        bind = signature(function).bind
        read = function.__globals__["_read"]
        ranks = tuple(len(array_dims(v)) for v in self.variables)
        variables = self.emitted.variables

        def arrays(*args: Any, **kwargs: Any) -> list[Any]:
            found: list[Any] = read(
                variables, bind(*args, **kwargs).args if kwargs or len(args) != len(variables) else args, ranks
            )
            return found

        return arrays

    def _once(self, how: str, places: Places, make: Callable[[Places], Formulas]) -> Formulas:
        if (how, places) not in self._derived:
            self._derived[how, places] = make(places)
        return self._derived[how, places]

    def _gradients(self, places: Places) -> Formulas:
        (value,) = self.results.values()
        slopes = {f"gradient{k}": gradient(value, self.variables[k]) for k in places}
        results = {**self.results, **slopes}
        name = "value_and_gradient"
        return Formulas(results, self.variables, self.declared, self.target, name, check=self.check, slopes=places)

    def _pushed(self, places: Places) -> Formulas:
        changes = self._new("d", [self.variables[k] for k in places])
        moved = {
            f"moved{at}": _total([jvp(r, self.variables[k], d) for k, d in zip(places, changes, strict=True)])
            for at, r in enumerate(self.results.values(), len(self.results))
        }
        return Formulas(
            {**self.results, **moved}, [*self.variables, *changes], self.declared, self.target, "pushforward"
        )

    def _pulled(self, places: Places, skipped: int) -> Formulas:
        results = [*self.results.values()][skipped:]
        cotangents = self._new("u", results)
        pairs = list(zip(results, cotangents, strict=True))
        found = {f"pulled{k}": _total([vjp(r, self.variables[k], u) for r, u in pairs]) for k in places}
        return Formulas(found, [*self.variables, *cotangents], self.declared, self.target, "pullback")

    def _new(self, stem: str, likes: Sequence[Expr]) -> list[Expr]:
        """Variables of these shapes, with names that are free."""
        names = Names((name_of(v) for v in self.variables), str)
        stems = [f"{stem}{name_of(v)}" if v.kind == "variable" else f"{stem}{k}" for k, v in enumerate(likes)]
        return [alike(like, names.new(word)) for like, word in zip(likes, stems, strict=True)]


def _total(terms: Sequence[Expr]) -> Expr:
    """The sum of derivatives, of which each says what sizes its zeros have."""
    if not terms:
        raise DerivativeError("there is nothing to differentiate by")
    return with_hints(reduce(add, terms), *terms[0].hints)
