"""What Python and NumPy ask of numbers, sequences and arrays: a formula is none of these, and says so in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

from matcalc.errors import UnsupportedError


class Formula:
    """The base of formulas: it refuses what would take them for their values."""

    __slots__ = ()

    def __copy__(self) -> Self:
        return self  # formulas do not change

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __array__(self, *options: Any, **more: Any) -> Any:
        raise UnsupportedError("a formula is no array", hint="its value is one: matcalc.evaluate(f, {...})")


def _refusal(word: str, hint: str) -> Callable[..., Any]:
    def refuse(self: Formula, *others: object) -> Any:
        raise UnsupportedError(f"{word} is not for formulas", hint=hint)

    return refuse


# How the operations are written.
_REFUSED = {
    **{name: f"{name}(f)" for name in ("float", "int", "complex", "round", "len", "reversed")},
    **{"index": "an index or a count", "trunc": "math.trunc", "floor": "math.floor", "ceil": "math.ceil"},
    **{"contains": "x in f", "setitem": "f[...] = x", "delitem": "del f[...]"},
    **{"divmod": "divmod(f, g)", "rdivmod": "divmod(f, g)"},
}
for _name, _sign in (("floordiv", "//"), ("mod", "%"), ("xor", "^"), ("lshift", "<<")):
    _REFUSED |= {_name: f"f {_sign} g", f"r{_name}": f"f {_sign} g"}
for _name, _word in _REFUSED.items():
    setattr(Formula, f"__{_name}__", _refusal(_word, "take its value: matcalc.evaluate(f, {...})"))
