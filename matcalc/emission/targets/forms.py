"""NumPy forms that neither write into arrays nor branch on values, of functions whose records have others.

What a record's form refuses by an exception is not a number here: a traced function cannot look at values. ``_like(x)``
are the arguments that make a new array one of x's kind, ``_range(n, x)`` the numbers from 0 to n - 1 beside x: each
library has its own.
"""

from __future__ import annotations

from matcalc.emission.helpers import SPAN
from matcalc.emission.targets.form_sources import SOURCES

# By the form of the record.
FORMS = {
    "np.maximum({u}, 0)": "np.where({u} <= 0, 0.0, {u})",
    "np.heaviside({u}, 0)": "_step({u}, 0.0)",
    "np.heaviside({u}, 1)": "_step({u}, 1.0)",
    "1.0 * ({u} == 0)": "np.where({u} == 0, np.ones_like({u}), 0.0)",
    "1.0 * ({u} != 0)": "np.where({u} != 0, np.ones_like({u}), 0.0)",
    "np.exp(-0.5 * {u} ** 2) / np.sqrt(2 * np.pi)": "0.3989422804014327 * np.exp(-0.5 * {u} ** 2)",
    "np.sinc({u} / np.pi)": "_sinc({u})",
    "np.logaddexp(0, {u})": "np.logaddexp(np.zeros_like({u}), {u})",
    "np.power({u}, {v})": "{u} ** {v}",
    "({X} == np.max({X})) / np.sum({X} == np.max({X}))": "_maxmask({X})",
    "np.array(np.linalg.slogdet({X}))": "np.stack(np.linalg.slogdet({X}))",
    'np.linalg.norm(_finite({X}), "nuc")': "np.sum(np.linalg.svdvals({X}))",
    "np.linalg.norm(_finite({X}), 2)": "np.max(np.linalg.svdvals({X}))",
    "_eigvals({X})": "_eigh({X})[0]",
    "_invgaps(_eigvals({X}))": "_invgaps(_eigh({X})[0])",
    "np.linalg.pinv(_finite({X}))": "np.linalg.pinv({X})",
    "_product(np.ravel({X}))": "_product(np.reshape({X}, (-1,)))",
    "_others(np.ravel({X})).reshape(np.shape({X}))": "np.reshape(_others(np.reshape({X}, (-1,))), {X}.shape)",
    "_pairs(np.ravel(np.transpose({X}))).reshape(2 * np.shape({X})[::-1])": "_by_columns({X}, _pairs, 2)",
    "_triples(np.ravel(np.transpose({X}))).reshape(3 * np.shape({X})[::-1])": "_by_columns({X}, _triples, 3)",
    "np.diff({x})": "{x}[1:] - {x}[:-1]",
    "-np.diff({x}, prepend=0.0, append=0.0)": "np.concatenate((-{x}[:1], {x}[:-1] - {x}[1:], {x}[-1:]))",
    "np.diff(np.eye(np.size({x})), axis=0)": "_difference_matrix({x})",
    "np.cumsum({x}[::-1])[::-1]": "np.flip(np.cumsum(np.flip({x})))",
    "linalg.toeplitz({x}, {y})": "_toeplitz({x}, {y})",
    "linalg.toeplitz({x}, np.zeros(len({y}), {x}.dtype))": "_toeplitz({x}, np.zeros_like({y}))",
    "linalg.toeplitz(np.zeros(len({x}), {y}.dtype), {y})": "_toeplitz(np.zeros_like({x}), {y})",
    "linalg.circulant({x})": "_circulant({x})",
    "np.lib.stride_tricks.sliding_window_view({x}, len({x}) - len({y}) + 1)": (
        "_windows({x}, {x}.shape[0] - {y}.shape[0] + 1)"
    ),
}


def by_name(source: str) -> dict[str, str]:
    """The functions of a source, by their names."""
    parts = [part.strip() for part in f"\n{source}".split("\ndef ")]
    return {part.split("(")[0]: f"def {part}" for part in parts if part}


# By the name of a record's helper, and those that they call.
HELPERS = by_name(SPAN + SOURCES)
