"""The target of the array API standard: one source for arrays of NumPy, CuPy, PyTorch, JAX and others.

What the standard lacks is written in what it has: factors of matrices are kept as the matrices, and products over more
than two axes are matrix products of reshaped arrays. Functions that it cannot make so are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matcalc.emission.targets.forms import by_name
from matcalc.emission.targets.library import LINEAR, NUMPY, Library
from matcalc.emission.targets.writing import target
from matcalc.emission.text import ATOM, PRODUCT, Text
from matcalc.network.nodes import Indices
from matcalc.program.step import Step
from matcalc.shape import Dim, product

_HELPERS = '''
def _read(names, values, ranks, dtype=None):
    """The values as arrays of one library and dtype, on one device, with so many axes; n×1 arrays count as vectors."""
    arrays = {name: v for name, v in zip(names, values, strict=True) if not isinstance(v, (bool, int, float))}
    for name, value in arrays.items():
        if hasattr(value, "filled"):
            raise ValueError(f"{name} is a masked array: fill it first, such as by .filled(0.0)")
    try:
        xp = array_namespace(*arrays.values())
    except TypeError as error:
        raise ValueError(f"{', '.join(names)} must be arrays of one library: {error}") from None
    devices = {name: device(value) for name, value in arrays.items()}
    place = next(iter(devices.values()))
    for name, other in devices.items():
        if other != place:
            raise ValueError(f"{next(iter(devices))} is on {place} and {name} on {other}: move them to one device")
    dtypes = [value.dtype for value in arrays.values() if xp.isdtype(value.dtype, "real floating")]
    chosen = getattr(xp, dtype) if dtype else xp.result_type(*dtypes) if dtypes else xp.asarray(0.0).dtype
    found = []
    for name, value, rank in zip(names, values, ranks, strict=True):
        array = value if name in arrays else xp.asarray(float(value), dtype=chosen, device=place)
        if xp.isdtype(array.dtype, "complex floating"):
            raise ValueError(f"{name} must hold real numbers, got {array.dtype}")
        if array.ndim > rank and array.ndim <= 2 and array.ndim - tuple(array.shape).count(1) <= rank:
            array = xp.reshape(array, (-1,) * rank)
        if array.ndim != rank:
            raise ValueError(f"{name} must have {rank} axes, got an array of shape {tuple(array.shape)}")
        if 0 in array.shape:
            raise ValueError(f"{name} must have entries, got an array of shape {tuple(array.shape)}")
        found.append(xp.astype(array, chosen))
    return found


def _like(x):
    """The arguments that make a new array one of x's kind."""
    return {"dtype": x.dtype, "device": device(x)}


def _range(n, x):
    """The numbers from 0 to n - 1, beside x."""
    return array_namespace(x).arange(n, device=device(x))


def _each(function, lead, *arrays):
    """A function of each member, along so many leading axes."""
    if not lead:
        return function(*arrays)
    members = range(arrays[0].shape[0])
    return array_namespace(*arrays).stack([_each(function, lead - 1, *(a[k, ...] for a in arrays)) for k in members])


def _tri(xp, n, dtype, device):
    """Ones on the diagonal and below."""
    return xp.tril(xp.ones((n, n), dtype=dtype, device=device))


def _diag(x):
    """The diagonal matrix of a vector."""
    xp = array_namespace(x)
    return xp.where(xp.eye(x.shape[0], **_like(x)) == 1.0, x[:, None], 0.0)


def _pad(x, widths):
    """Zeros around an array."""
    xp = array_namespace(x)
    for axis, pair in enumerate(widths):
        sides = [x.shape[:axis] + (width,) + x.shape[axis + 1 :] for width in pair]
        x = xp.concat([xp.zeros(sides[0], **_like(x)), x, xp.zeros(sides[1], **_like(x))], axis=axis)
    return x


def _shaped(name, value, shape):
    """What a given function returned, refused where it has another shape; sides of 1 may be left out or put in."""
    sides = tuple(getattr(value, "shape", ()))
    if [side for side in sides if side != 1] != [side for side in shape if side != 1] or len(sides) > 2:
        raise ValueError(f"{name} must return an array of shape {shape}, got {sides}")
    return array_namespace(value).reshape(value, shape)


def _columns(name, product, x, block, size):
    """A Jacobian at x, or its transpose, times each column of a matrix."""
    columns = [_shaped(name, product(x, block[:, k]), (size,)) for k in range(block.shape[1])]
    return array_namespace(x).stack(columns, axis=1)


def _cholesky(a):
    """The lower triangular factor, also of libraries that give the upper one, as Dask does."""
    xp = array_namespace(a)
    factor = xp.linalg.cholesky(a)
    return xp.tril(factor) + xp.matrix_transpose(xp.triu(factor, k=1))


def _log_of_factor(a):
    """The logarithm of the determinant of a positive definite matrix."""
    xp = array_namespace(a)
    return 2.0 * xp.sum(xp.log(xp.linalg.diagonal(xp.linalg.cholesky(a))))


def _log_of_det(a):
    """log(det(a)) without overflow; not a number where the determinant is negative."""
    xp = array_namespace(a)
    sign, logarithm = xp.linalg.slogdet(a)
    return xp.where(sign > 0, logarithm, xp.log(sign))
'''


def _mask(renderer: Any, step: Step) -> Text:
    text: Text = renderer.of_size(step)
    return text._replace(source=text.source.replace("np.tri(", "_tri(xp, "))


def _factor(renderer: Any, step: Step) -> Text:
    """The standard solves by no factors: the matrix is kept."""
    text: Text = renderer.operands(step)[0]
    return text


def _solve(renderer: Any, step: Step) -> Text:
    matrix, right = renderer.operands(step)
    matrix = renderer.turned(matrix, (1, 0)) if step.data[1] else matrix
    return Text(f"np.linalg.solve({matrix.source}, {right.source})")


def _inverse(renderer: Any, step: Step) -> Text:
    return Text(f"np.linalg.inv({renderer.operands(step)[0].source})")


def _logdet(renderer: Any, step: Step) -> Text:
    name = "_log_of_factor" if step.data == "factored" else "_log_of_det"
    return Text(f"{name}({renderer.operands(step)[0].source})")


# ---------------------------------------------------------------- products, which have no einsum
def _contracted(renderer: Any, step: Step, inputs: Sequence[Indices], out: Indices, texts: Sequence[Text]) -> Text:
    """An einsum of one operand or two."""
    dims = {
        i: d
        for indices, sides in zip(inputs, step.operand_dims, strict=True)
        for i, d in zip(indices, sides, strict=True)
    }
    if len(inputs) == 1:
        text, indices = _summed(renderer, texts[0], inputs[0], frozenset(out), dims)
        return _in_order(renderer, text, indices, out)
    wanted = [frozenset((*out, *other)) for other in (inputs[1], inputs[0])]
    (a, left), (b, right) = (
        _summed(renderer, text, indices, kept, dims) for text, indices, kept in zip(texts, inputs, wanted, strict=True)
    )
    along = tuple(i for i in left if i in right and i in out)
    summed = tuple(i for i in left if i in right and i not in out)
    own, others = (tuple(i for i in indices if i not in along + summed) for indices in (left, right))
    if not summed:
        return Text(
            f"{renderer.aligned(a, left, out).at(PRODUCT)} * {renderer.aligned(b, right, out).at(ATOM)}", PRODUCT
        )
    if not along:
        axes = tuple(left.index(i) for i in summed), tuple(right.index(i) for i in summed)
        made = Text(f"np.tensordot({a.source}, {b.source}, axes={axes})")
        return _in_order(renderer, made, (*own, *others), out)
    first = _grouped(renderer, a, left, along, own, summed, dims)
    second = _grouped(renderer, b, right, along, summed, others, dims)
    made = Text(f"{first.at(PRODUCT)} @ {second.at(ATOM)}", PRODUCT)
    if len(own) != 1 or len(others) != 1:
        made = renderer.shaped(made.source, tuple(dims[i] for i in (*along, *own, *others)))
    return _in_order(renderer, made, (*along, *own, *others), out)


def _in_order(renderer: Any, text: Text, indices: Indices, out: Indices) -> Text:
    turned: Text = renderer.turned(text, tuple(indices.index(i) for i in out))
    return turned


def _summed(
    renderer: Any, text: Text, indices: Indices, kept: frozenset[int], dims: dict[int, Dim]
) -> tuple[Text, Indices]:
    """An operand with each index once, and summed over those that nothing else has."""
    again = [k for k, i in enumerate(indices) if i in indices[:k]]
    if again:
        step = Step("", "reduce", (), None, tuple(dims[i] for i in indices), ())
        pairs = [(indices.index(indices[k]), k) for k in again]
        held = " & ".join(f"({renderer.along(step, a)} == {renderer.along(step, b)})" for a, b in pairs)
        text = Text(f"np.where({held}, {text.source}, 0.0)")
    gone = [k for k, i in enumerate(indices) if k in again or i not in kept]
    if gone:
        text = Text(f"np.sum({text.source}, axis={gone[0] if len(gone) == 1 else tuple(gone)})")
    return text, tuple(i for k, i in enumerate(indices) if k not in gone)


def _grouped(
    renderer: Any, text: Text, indices: Indices, along: Indices, rows: Indices, cols: Indices, dims: dict[int, Dim]
) -> Text:
    """An operand as a stack of matrices, with some axes as rows and others as columns."""
    made = _in_order(renderer, text, indices, (*along, *rows, *cols))
    if len(rows) == 1 and len(cols) == 1:
        return made
    sides = (product(tuple(dims[i] for i in group)) if group else Dim.of(1) for group in (rows, cols))
    shaped: Text = renderer.shaped(made.source, (*(dims[i] for i in along), *sides))
    return shaped


_OTHERS = {
    "np.arccos": "xp.acos",
    "np.arcsin": "xp.asin",
    "np.arctan": "xp.atan",
    "np.concatenate": "xp.concat",
    "np.cumsum": "xp.cumulative_sum",
    "np.diag": "_diag",
    "np.diagonal": "xp.linalg.diagonal",
    "np.kron": "_kron",
    "np.pad": "_pad",
    "np.power": "xp.pow",
    "np.tensordot": "xp.tensordot",
    "np.trace": "xp.linalg.trace",
    "np.transpose": "xp.permute_dims",
    "special.expit": "_expit",
    "special.logsumexp": "_logsumexp",
    "special.xlogy": "_xlogy",
}

LIBRARY = Library(
    name="array_api",
    title="array API",
    module="array_api_compat",
    extra="array-api",
    imports={
        "array_namespace": "from array_api_compat import array_namespace, device",
        "device": "from array_api_compat import array_namespace, device",
    },
    words={
        **{f"np.{word}": f"xp.{word}" for word in NUMPY.split() if word not in ("einsum", "tri")},
        **{f"np.linalg.{word}": f"xp.linalg.{word}" for word in LINEAR.split()},
        **_OTHERS,
    },
    helpers=by_name(_HELPERS),
    like="_like({0})",
    copied="xp.asarray({}, copy=True)",
    dtype="xp.{}",
    lacks={
        "style": "styles are NumPy's",
        "batch": "batches are NumPy's, or use the vmap of a library",
        "operators": "use matcalc.jvp",
    },
    forms={"np.linalg.cholesky({X})": "_cholesky({X})"},
    steps={
        "mask": _mask,
        "factor": _factor,
        "solve": _solve,
        "inverse": _inverse,
        "cholesky inverse": _inverse,
        "logdet": _logdet,
    },
    contract=_contracted,
    opening="xp = array_namespace({})",
)

TARGET = target(LIBRARY)
