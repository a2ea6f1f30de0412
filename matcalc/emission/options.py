"""What a function of several results is to look like: the options of emission."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matcalc.errors import MatcalcError

STYLES = ("readable", "fast")
DTYPES = ("float64", "float32")


@dataclass(frozen=True)
class Options:
    """``style`` and ``dtype`` are told by :func:`matcalc.emit`.

    With ``products`` the Jacobians of functions without a known body are given by jvp_f(x, v) and vjp_f(x, u), and are
    never formed. Without ``check`` arguments are taken to be float arrays of the declared shapes. A ``guarded``
    function refuses to invert what is singular up to rounding. ``sizes`` are those of the dimension symbols, where they
    are known: they decide what is written in blocks, not what is computed.

    Raises:
        MatcalcError: a style or a dtype is unknown.
    """

    style: str = "readable"
    dtype: str = "float64"
    check: bool = True
    products: bool = False
    guarded: bool = False
    sizes: Mapping[str, int] | None = None

    def __post_init__(self) -> None:
        for what, value, known in (("style", self.style, STYLES), ("dtype", self.dtype, DTYPES)):
            if value not in known:
                raise MatcalcError(f"unknown {what}: {value!r}", f"known: {', '.join(known)}")

    @property
    def typed(self) -> str:
        """The argument that makes a new array one of this dtype."""
        return "" if self.dtype == "float64" else f", dtype=np.{self.dtype}"

    def of_dtype(self, source: str) -> str:
        """A source that calls LAPACK in double precision, for this dtype."""
        return source if self.dtype == "float64" else source.replace("lapack.d", "lapack.s")


PLAIN = Options()
GUARDED = Options(guarded=True)
