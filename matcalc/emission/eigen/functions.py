"""Functions in C++: their forms in Eigen's words, and the C forms of their records where there are none.

A form has the operands in braces, {T} for the type of the result, and @ before helpers of its own. Functions of entries
are methods of arrays; the others of C are applied to each entry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from matcalc.emission.c.sources import HELPERS, STANDARD, helpers_of
from matcalc.emission.eigen.sources import SOURCES
from matcalc.function import Kernel
from matcalc.records import NamedTuple
from matcalc.regex import regex

# By the C form of the record: of arrays, and numbers within them.
_METHODS = """
    acos asin atan cos sin tan acosh asinh atanh cosh sinh tanh exp expm1 log log10 log1p log2 sqrt ceil floor
"""
OF_ARRAYS = {
    **{f"{word}({{u}})": f"{{u}}.{word}()" for word in _METHODS.split()},
    "fabs({u})": "{u}.abs()",
    "({u} > 0) - ({u} < 0)": "{u}.sign()",
    "({u} > 0 ? {u} : 0.0)": "{u}.max(0.0)",
    "1.0 / (1.0 + exp(-{u}))": "{u}.logistic()",
    "({u} > 0 ? 1.0 : 0.0)": "({u} > 0.0).cast<double>()",
    "({u} >= 0 ? 1.0 : 0.0)": "({u} >= 0.0).cast<double>()",
    "({u} == 0 ? 1.0 : 0.0)": "({u} == 0.0).cast<double>()",
    "({u} != 0 ? 1.0 : 0.0)": "({u} != 0.0).cast<double>()",
    "({u} != 0 ? {v} : {w})": "({u} != 0.0).select({v}, {w})",
    "({u} > 0 ? {v} : {w})": "({u} > 0.0).select({v}, {w})",
    "({u} >= 0 ? {v} : {w})": "({u} >= 0.0).select({v}, {w})",
    "({u} == 0 ? {v} : {w})": "({u} == 0.0).select({v}, {w})",
}

# By the form of the record for NumPy: of matrices as wholes.
OF_MATRICES = {
    "np.linalg.det({X})": "{X}.determinant()",
    "np.linalg.inv({X})": "{X}.inverse()",
    "np.linalg.slogdet({X})[1]": "@log_abs_determinant({X})",
    "np.array(np.linalg.slogdet({X}))": "@sign_and_log_abs_determinant({X})",
    "np.linalg.cholesky({X})": "@cholesky({X})",
    "linalg.expm({X})": "@exponential({X})",
    "_sqrtm({X})": "@square_root({X})",
    "_logm({X})": "@logarithm({X})",
    "_norm({X})": "{X}.stableNorm()",
    "np.max({X})": "{X}.maxCoeff()",
    "np.min({X})": "{X}.minCoeff()",
    "np.max({X}, axis=1)": "{X}.rowwise().maxCoeff()",
    "np.min({X}, axis=1)": "{X}.rowwise().minCoeff()",
    "({X} == np.max({X})) / np.sum({X} == np.max({X}))": "@max_mask({X})",
    "_product(np.ravel({X}))": "{X}.prod()",
    "np.prod({X})": "{X}.prod()",
    "_product({X})": "{X}.rowwise().prod()",
    "_softmax({x})": "@softmax({x})",
    "_softmax({X})": "@row_softmax({X})",
    "special.logsumexp({x})": "@log_sum_exp({x})",
    "special.logsumexp({X}, axis=1)": "@row_log_sum_exp({X})",
    "_cross({x}, {y})": "@cross({x}, {y})",
    "_hat({x})": "@hat({x})",
    "_adjugate({X})": "@adjugate({X})",
    "_adjugate({X}, {c})": "@adjugate({X}, {c})",
    "_adjugate_slope({X}, {E})": "@adjugate_slope({X}, {E})",
    'np.linalg.norm(_finite({X}), "nuc")': "Eigen::JacobiSVD<Eigen::MatrixXd>({X}).singularValues().sum()",
    "np.linalg.norm(_finite({X}), 2)": "Eigen::JacobiSVD<Eigen::MatrixXd>({X}).singularValues()(0)",
    "np.linalg.pinv(_finite({X}))": "Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd>({X}).pseudoInverse()",
    "linalg.toeplitz({x}, {y})": "@toeplitz({x}, {y})",
    "_invgaps({x})": "@inverse_differences({x})",
    "_divdiff({x}, {f}, {g})": "@divided_differences({x}, {f}, {g})",
    "_polar({X})": "@polar({X})",
    "np.tri({n})": "@lower_ones<{T}>({n}, 1.0)",
    "np.tri({n}) - 0.5 * np.eye({n})": "@lower_ones<{T}>({n}, 0.5)",
}

# Of values with more than two axes: vectors of all entries, in their order.
OF_MORE_AXES = {
    "_adjugates({X})": "@adjugates({X})",
    "_dexpm({X})": "@exponential_slopes({X})",
    "_dlogm({X})": "@logarithm_slopes({X})",
    "_sylvester({A}, {B})": "@sylvester({A}, {B})",
    "_lowertensor({x}, {y})": "@lower_tensor({x}, {y})",
    "_uppertensor({x}, {y})": "@upper_tensor({x}, {y})",
}


class Shared(NamedTuple):
    """What several functions of one operand are read from: a class, what it is called, and what each function is."""

    kind: str
    stem: str
    member: str


OF_SHARED = {
    "_leading({X})[0]": Shared("@LeadingSingularVectors", "svd", "left"),
    "_leading({X})[1]": Shared("@LeadingSingularVectors", "svd", "right"),
    "_eigvals({X})": Shared("@SymmetricEigen<{P}>", "eig", "values"),
    "_eigh({X})[1]": Shared("@SymmetricEigen<{P}>", "eig", "vectors"),
    "_invgaps(_eigvals({X}))": Shared("@SymmetricEigen<{P}>", "eig", "inverse_gaps()"),
    "_rodrigues({x})": Shared("@Rotation", "rot", "matrix()"),
    "_rightjac({x})": Shared("@Rotation", "rot", "right_jacobian()"),
}

_VARIABLE_LENGTH = regex(r"\[n(?: \* n)?\]")


def first_line(source: str) -> str:
    return source.partition("\n")[0]


def knows(kernel: Kernel) -> bool:
    """Whether a function has a form in C++."""
    if kernel.abstract is not None:
        return False
    if kernel.each is not None:
        return knows(kernel.each.function) and first_line(kernel.each.function.numpy) not in OF_MORE_AXES
    if kernel.elementwise:
        return bool(kernel.c)
    form = first_line(kernel.numpy)
    return form in OF_MATRICES or form in OF_SHARED or form in OF_MORE_AXES or c_form(kernel) != ""


def c_form(kernel: Kernel) -> str:
    """The C form of a function of matrices, where C++ can have it: without arrays of variable length, or failures."""
    form, _, own = kernel.c.partition("\n")
    if not form or "return" in form or _VARIABLE_LENGTH.search("\n".join([own, *helpers_of(form + own)])):
        return ""
    return form


def own_helpers(kernel: Kernel) -> list[str]:
    """The names of the C functions that a record brings along."""
    return re.findall(r"^static \w+ (\w+)\(", kernel.c.partition("\n")[2], re.MULTILINE)


def qualified(text: str, detail: str, own: Iterable[str] = ()) -> str:
    """A C text whose functions are those of the standard library, and of the namespace of helpers."""
    text = re.sub(rf"(?<![\w:.])({'|'.join([*STANDARD, 'fabs'])})\(", r"std::\1(", text)
    return re.sub(rf"(?<![\w:.])({'|'.join([*HELPERS, *own])})\(", rf"{detail}::\1(", text)


def helpers_for(text: str, detail: str, own: Iterable[str]) -> list[str]:
    """The sources of the helpers that a text calls, in their order; ``own`` are the C sources of records."""
    own = [*dict.fromkeys(own)]
    called = set(re.findall(rf"{detail}::(\w+)", text))
    found: list[str] = []
    waiting = [*called]
    while waiting:
        name = waiting.pop()
        if name in SOURCES and name not in found:
            found.append(name)
            waiting += [word for word in SOURCES if re.search(rf"(?<![\w.:]){word}[<(]", SOURCES[name])]
    plain = "\n".join([*(f"{name}(" for name in called if name not in SOURCES), *own])
    c_sources = [_in_cpp(source) for source in [*helpers_of(plain), *own]]
    return [*(SOURCES[name] for name in SOURCES if name in found), *c_sources]


def _in_cpp(source: str) -> str:
    """A C function as an inline one of C++."""
    text = re.sub(r"^static ", "inline ", source.strip(), flags=re.MULTILINE)
    text = re.sub(r"/\* (.*?) \*/", r"// \1", text) if "\n" in text else text
    return re.sub(rf"(?<![\w:.])({'|'.join(STANDARD)})\(", r"std::\1(", text)


def includes(text: str) -> list[str]:
    """The headers that a text needs."""
    needed: Mapping[str, str] = {
        "<algorithm>": r"std::max<",
        "<cmath>": r"std::(?:abs|" + "|".join(STANDARD) + r")\(",
        "<stdexcept>": r"std::(?:invalid_argument|domain_error)",
        "<string>": r"std::(?:string|to_string)",
        "<vector>": r"std::vector",
        "<limits>": r"std::numeric_limits",
        "<Eigen/Dense>": r"Eigen::",
        "<unsupported/Eigen/MatrixFunctions>": r"::(?:exponential|square_root|logarithm)(?:_slopes)?\(",
    }
    return [f"#include {header}" for header, pattern in needed.items() if re.search(pattern, text)]
