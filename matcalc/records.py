"""Records: classes of named fields, as ``typing.NamedTuple`` and ``dataclasses`` make them, but made quickly.

``typing`` compiles each annotation, and ``dataclasses`` loads ``inspect``, and writes methods and compiles them: that
was a quarter of what a short command takes. To type checkers these are the ones that they know.
"""

from __future__ import annotations

from collections import _tuplegetter, namedtuple  # type: ignore[attr-defined]
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

C = TypeVar("C", bound=type)
R = TypeVar("R")

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:

    class _Tuple(tuple):
        """What named tuples share. Each gets its own ``__new__`` when the first one is made, for few are."""

        __slots__ = ()

        def __new__(cls, *given, **named):
            made = namedtuple(cls.__name__, cls._fields, defaults=cls._field_defaults.values())
            cls.__new__ = staticmethod(made.__new__)
            return cls(*given, **named)

        @classmethod
        def _make(cls, values):
            return cls(*values)

        def _replace(self, **changes):
            made = tuple.__new__(type(self), map(changes.pop, self._fields, self))
            if changes:
                raise TypeError(f"{type(self).__name__} has no field {next(iter(changes))}")
            return made

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))

        def __repr__(self):
            return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._asdict().items())})"

        def __getnewargs__(self):
            return tuple(self)

    class _Maker(type):
        def __new__(cls, name, bases, body):
            fields = tuple(body.get("__annotations__", ()))
            defaults = {field: body[field] for field in fields if field in body}
            places = {field: _tuplegetter(at, None) for at, field in enumerate(fields)}
            named = {"_fields": fields, "_field_defaults": defaults, "__match_args__": fields, "__slots__": ()}
            return type(name, (_Tuple,), {**body, **named, **places})

    NamedTuple = type.__new__(_Maker, "NamedTuple", (), {})


@dataclass_transform(frozen_default=True)
def record(*, frozen: bool = True) -> Callable[[C], C]:
    """Makes a class of its annotations, after those of a record that it inherits from; ``fields`` are their names.

    Frozen ones are equal where their fields are; others are told apart as objects. That nothing sets a field of a
    frozen one is left to type checkers: to have it refused would take longer than all else.
    """

    def made(cls: Any) -> Any:
        names = cls.fields = _fields_of(cls)
        defaults = {name: getattr(cls, name) for name in names if hasattr(cls, name)}
        finish = getattr(cls, "__post_init__", None)

        def __init__(self: Any, *given: Any, **named: Any) -> None:
            values = self.__dict__
            values.update(defaults)
            values.update(zip(names, given, strict=False))
            values.update(named)
            if len(values) != len(names) or len(given) > len(names):
                raise TypeError(f"{cls.__name__} has the fields {', '.join(names)}")
            if finish is not None:
                finish(self)

        cls.__init__ = __init__
        if frozen:
            values_of = attrgetter(*names)
            cls.__hash__ = lambda self: hash(values_of(self))
            cls.__repr__ = lambda self: f"{cls.__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"
            cls.__eq__ = lambda self, other: (
                values_of(self) == values_of(other) if type(self) is type(other) else NotImplemented
            )
        return cls

    return made


def _fields_of(cls: type) -> tuple[str, ...]:
    return tuple(name for base in reversed(cls.__mro__[:-1]) for name in base.__annotations__ if name != "fields")


def changed(of: R, **changes: Any) -> R:
    """A record with some fields changed."""
    return type(of)(**{**vars(of), **changes})
