"""The JAX target: functions that ``jax.jit``, ``jax.vmap`` and JAX's derivatives take."""

from __future__ import annotations

from matcalc.emission.targets.forms import by_name
from matcalc.emission.targets.library import LINEAR, NUMPY, SCIPY, SPECIAL, Library
from matcalc.emission.targets.writing import target

_HELPERS = '''
def _read(names, values, ranks, dtype=None):
    """The values as arrays of one dtype, with so many axes; n×1 and 1×n arrays count as vectors."""
    if dtype == "float64" and not jax.config.jax_enable_x64:
        raise ValueError('float64 needs jax.config.update("jax_enable_x64", True)')
    arrays = []
    for name, value, rank in zip(names, values, ranks, strict=True):
        if hasattr(value, "filled"):
            raise ValueError(f"{name} is a masked array: fill it first, such as by .filled(0.0)")
        array = jnp.asarray(value)
        if not any(jnp.issubdtype(array.dtype, kind) for kind in (jnp.floating, jnp.integer, jnp.bool_)):
            raise ValueError(f"{name} must hold real numbers, got {array.dtype}")
        if array.ndim > rank and array.ndim <= 2 and array.ndim - array.shape.count(1) <= rank:
            array = array.reshape((-1,) * rank)
        if array.ndim != rank:
            raise ValueError(f"{name} must have {rank} axes, got an array of shape {array.shape}")
        if not array.size:
            raise ValueError(f"{name} must have entries, got an array of shape {array.shape}")
        arrays.append(array)
    dtype = dtype or jnp.result_type(float, *arrays)
    return [array.astype(dtype) for array in arrays]


def _like(x):
    """The arguments that make a new array one of x's kind."""
    return {"dtype": x.dtype}


def _range(n, x):
    """The numbers from 0 to n - 1."""
    return jnp.arange(n)


def _each(function, lead, *arrays):
    """A function of each member, along so many leading axes."""
    for _ in range(lead):
        function = jax.vmap(function)
    return function(*arrays)


def _log_of_det(a):
    """log(det(a)) without overflow; not a number where the determinant is negative."""
    sign, logarithm = jnp.linalg.slogdet(a)
    return jnp.where(sign > 0, logarithm, jnp.log(sign))


def _cholesky_inverse(factor):
    """The inverse of a positive definite matrix from its Cholesky factor."""
    return linalg.cho_solve(factor, jnp.eye(*factor[0].shape, dtype=factor[0].dtype))
'''

LIBRARY = Library(
    name="jax",
    title="JAX",
    module="jax",
    extra="jax",
    imports={
        "jax": "import jax",
        "jnp": "import jax.numpy as jnp",
        "linalg": "from jax.scipy import linalg",
        "special": "from jax.scipy import special",
    },
    words={
        **{f"np.{word}": f"jnp.{word}" for word in NUMPY.split()},
        **{f"np.linalg.{word}": f"jnp.linalg.{word}" for word in LINEAR.split()},
        **{f"linalg.{word}": f"linalg.{word}" for word in SCIPY.split()},
        **{f"special.{word}": f"special.{word}" for word in SPECIAL.split()},
    },
    helpers=by_name(_HELPERS),
    like='{{"dtype": {0}.dtype}}',
    copied="{}",
    dtype="jnp.{}",
    lacks={
        "style": "XLA compiles what is written: use jax.jit",
        "batch": "use jax.vmap",
        "operators": "use jax.jvp, or matcalc.jvp",
    },
)

TARGET = target(LIBRARY)
