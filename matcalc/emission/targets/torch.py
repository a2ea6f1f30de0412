"""The PyTorch target: functions of tensors of any device and dtype, which autograd and ``torch.func`` take."""

from __future__ import annotations

from typing import Any

from matcalc.emission.source import dim
from matcalc.emission.targets.forms import by_name
from matcalc.emission.targets.library import LINEAR, NUMPY, SPECIAL, Library
from matcalc.emission.targets.writing import target
from matcalc.emission.text import Text
from matcalc.position import Single, first_of
from matcalc.program.step import Step

_HELPERS = '''
def _read(names, values, ranks, dtype=None):
    """The values as tensors of one dtype on one device, with so many axes; n×1 and 1×n ones count as vectors."""
    if not dtype and _are_ready(values, ranks):
        return values
    tensors = {name: value for name, value in zip(names, values, strict=True) if isinstance(value, torch.Tensor)}
    devices = {name: value.device for name, value in tensors.items() if value.ndim}
    devices = devices or {name: value.device for name, value in tensors.items()}
    device = next(iter(devices.values()), None)
    for name, other in devices.items():
        if other != device:
            raise ValueError(f"{next(iter(devices))} is on {device} and {name} on {other}: move them to one device")
    found, dtypes = [], []
    for name, value, rank in zip(names, values, ranks, strict=True):
        if hasattr(value, "filled"):
            raise ValueError(f"{name} is a masked array: fill it first, such as by .filled(0.0)")
        is_number = isinstance(value, (bool, int, float))
        tensor = torch.tensor(value, dtype=torch.float64) if is_number else torch.as_tensor(value, device=device)
        if tensor.is_complex() or tensor.is_quantized or tensor.layout != torch.strided:
            raise ValueError(f"{name} must hold real numbers in a dense tensor, got {tensor.dtype}, {tensor.layout}")
        if tensor.ndim > rank and tensor.ndim <= 2 and tensor.ndim - list(tensor.shape).count(1) <= rank:
            tensor = tensor.reshape((-1,) * rank)
        if tensor.ndim != rank:
            raise ValueError(f"{name} must have {rank} axes, got a tensor of shape {tuple(tensor.shape)}")
        if not tensor.numel():
            raise ValueError(f"{name} must have entries, got a tensor of shape {tuple(tensor.shape)}")
        found.append(tensor)
        if tensor.is_floating_point() and not is_number:
            dtypes.append(tensor.dtype)
    chosen = getattr(torch, dtype) if dtype else dtypes[0] if dtypes else torch.get_default_dtype()
    for other in dtypes if not dtype else ():
        chosen = torch.promote_types(chosen, other)
    return [tensor.to(dtype=chosen, device=device) for tensor in found]


def _are_ready(values, ranks):
    """Whether these are dense tensors of one kind with entries and so many axes."""
    if not all(isinstance(value, torch.Tensor) for value in values):
        return False
    kind = values[0].dtype, values[0].device
    if not kind[0].is_floating_point or [value.ndim for value in values] != [*ranks]:
        return False
    return all((v.dtype, v.device) == kind and v.layout == torch.strided and 0 not in v.shape for v in values)


def _like(x):
    """The arguments that make a new tensor one of x's kind."""
    return {"dtype": x.dtype, "device": x.device}


def _range(n, x):
    """The numbers from 0 to n - 1, beside x."""
    return torch.arange(n, device=x.device)


def _each(function, lead, *tensors):
    """A function of each member, along so many leading axes."""
    for _ in range(lead):
        function = torch.vmap(function)
    return function(*tensors)


def _unit_rows(rows, columns, first, dtype=None, device=None):
    """Rows of the identity, from the first on."""
    at = torch.arange(columns, device=device) - first
    return (at == torch.arange(rows, device=device)[:, None]).to(dtype or torch.get_default_dtype())


def _tri(n, dtype=None, device=None):
    """Ones on the diagonal and below."""
    return torch.tril(torch.ones((n, n), dtype=dtype, device=device))


def _flip(x):
    """The entries of a vector from the last to the first."""
    return torch.flip(x, (0,))


def _cumsum(x):
    """The sums of the first entries of a vector."""
    return torch.cumsum(x, 0)


def _pad(x, widths):
    """Zeros around a tensor."""
    if min(map(min, widths)) < 0:
        raise ValueError(f"there is no place for a tensor of shape {tuple(x.shape)} at {widths}")
    return torch.nn.functional.pad(x, [width for pair in widths[::-1] for width in pair])


def _as_columns(solve, b):
    """A solver of many right sides, for one or many."""
    return solve(b) if b.ndim > 1 else solve(b[:, None])[:, 0]


def _cho_factor(a):
    """The Cholesky factor."""
    return (torch.linalg.cholesky(a),)


def _cho_solve(factor, b):
    """The solution of a x = b from the Cholesky factor of a."""
    return _as_columns(lambda b: torch.cholesky_solve(b, factor[0]), b)


def _lu_factor(a):
    """The factors of a matrix in one, and the permutation."""
    lu, pivots = torch.linalg.lu_factor(a)
    return lu, torch.lu_unpack(lu, pivots, unpack_data=False)[0]


def _lu_solve(factors, b, trans=0):
    """The solution of a x = b, or of a' x = b, from the factors of a: ``lu_solve`` errs in vmap within vmap."""
    (lu, order), solve = factors, torch.linalg.solve_triangular

    def plain(b):
        return solve(lu, solve(lu, order.T @ b, upper=False, unitriangular=True), upper=True)

    def transposed(b):
        return order @ solve(lu.T, solve(lu.T, b, upper=False), upper=True, unitriangular=True)

    return _as_columns(transposed if trans else plain, b)


def _solve_triangular(a, b, trans=0, lower=False):
    """The solution of a x = b, or of a' x = b, of a triangular a."""
    a = a.T if trans else a
    return _as_columns(lambda b: torch.linalg.solve_triangular(a, b, upper=lower == bool(trans)), b)


def _log_of_det(a):
    """log(det(a)) without overflow; not a number where the determinant is negative."""
    sign, logarithm = torch.linalg.slogdet(a)
    return torch.where(sign > 0, logarithm, torch.log(sign))


def _cholesky_inverse(factor):
    """The inverse of a positive definite matrix from its Cholesky factor."""
    return torch.cholesky_inverse(factor[0])
'''


def _unit(renderer: Any, step: Step) -> Text:
    side, first = dim(step.dims[-1]), dim(first_of(step.data))
    if isinstance(step.data, Single):
        return Text(f"_unit_rows(1, {side}, {first}, **like)[0, :]")
    return Text(f"_unit_rows({dim(step.dims[0])}, {side}, {first}, **like)")


_OTHERS = {
    "np.cumsum": "_cumsum",
    "np.flip": "_flip",
    "np.kron": "_kron",
    "np.max": "torch.amax",
    "np.min": "torch.amin",
    "np.pad": "_pad",
    "np.power": "torch.pow",
    "np.transpose": "torch.permute",
    "np.tri": "_tri",
    "linalg.cho_factor": "_cho_factor",
    "linalg.cho_solve": "_cho_solve",
    "linalg.expm": "torch.linalg.matrix_exp",
    "linalg.lu_factor": "_lu_factor",
    "linalg.lu_solve": "_lu_solve",
    "linalg.solve_triangular": "_solve_triangular",
    "special.expit": "torch.sigmoid",
    "special.logsumexp": "_logsumexp",
    **{f"special.{word}": f"torch.special.{word}" for word in SPECIAL.split() if word not in ("expit", "logsumexp")},
}

LIBRARY = Library(
    name="torch",
    title="PyTorch",
    module="torch",
    extra="torch",
    imports={"torch": "import torch"},
    words={
        **{f"np.{word}": f"torch.{word}" for word in NUMPY.split()},
        **{f"np.linalg.{word}": f"torch.linalg.{word}" for word in LINEAR.split()},
        **_OTHERS,
    },
    helpers=by_name(_HELPERS),
    like='{{"dtype": {0}.dtype, "device": {0}.device}}',
    copied="{}.clone()",
    dtype="torch.{}",
    lacks={
        "style": "use torch.compile",
        "batch": "use torch.vmap",
        "operators": "use torch.func.jvp, or matcalc.jvp",
    },
    steps={"unit": _unit},
)

TARGET = target(LIBRARY)
