"""Problems on manifolds for Pymanopt: cost, Euclidean gradient and Hessian, derived."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from matcalc.api import emit, gradient, jvp
from matcalc.boundary import checked_arguments
from matcalc.deriving import By
from matcalc.emission.names import Names
from matcalc.emission.targets.writing import installed
from matcalc.errors import MatcalcError
from matcalc.expr import Expr, as_expr, name_of
from matcalc.families import alike, array_dims
from matcalc.fitting.reading import read_values
from matcalc.fitting.sought import scalar_of, sought

Array = np.ndarray


@checked_arguments
def pymanopt_problem(f: Expr, by: By | Sequence[By], values: Mapping[str, Any], manifold: Any) -> Any:
    """A ``pymanopt.Problem``: a scalar f of the variables ``by``, points of a manifold, at the data ``values``.

    Several variables are the factors of a product of manifolds, in this order.

    Raises:
        MatcalcError: Pymanopt is not installed, f is no scalar, or the manifold has another number of factors.
        EvaluationError: data are missing, have wrong shapes or kinds, or have not what was declared.
    """
    installed("Pymanopt", "pymanopt", "pymanopt")
    import pymanopt

    f = scalar_of(as_expr(f))
    xs, data = sought(f, by)
    if not isinstance(manifold, pymanopt.manifolds.manifold.Manifold):
        raise MatcalcError("the manifold is none of Pymanopt's", hint="pymanopt.manifolds.Stiefel(4, 2)").about(
            "manifold"
        )
    if manifold.num_values != len(xs):
        sought_names = ", ".join(map(name_of, xs))
        raise MatcalcError(
            f"the points of {manifold} are {manifold.num_values} arrays", f"the variables are {sought_names}"
        ).about("by")
    arrays, _ = read_values([], data, values, {})
    given = [arrays[v] for v in data]
    names = Names(map(name_of, [*xs, *data]), str)
    directions = [alike(x, names.new(f"d{name_of(x)}")) for x in xs]
    gradients = [gradient(f, x) for x in xs]
    products = [reduce(add, [jvp(g, x, d) for x, d in zip(xs, directions, strict=True)]) for g in gradients]

    def made(results: Sequence[Expr], *of: Expr) -> Callable[..., list[Array]]:
        named = {f"result{k}": result for k, result in enumerate(results)}
        function = emit(named, "results", arguments=[*of, *data]).compile()
        ranks = [len(array_dims(v)) for v in of]

        def called(*points: Array) -> list[Array]:
            found = function(*[_ranked(p, rank) for p, rank in zip(points, ranks, strict=True)], *given)
            return list(found) if len(results) > 1 else [found]

        return called

    cost, slopes, curved = made([f], *xs), made(gradients, *xs), made(products, *xs, *directions)

    def shaped(found: Sequence[Array], points: Sequence[Array]) -> Any:
        """Arrays of the shapes of the points; one alone as it is."""
        arrays = [np.reshape(a, np.shape(p)) for a, p in zip(found, points, strict=False)]
        return arrays if len(arrays) > 1 else arrays[0]

    on = pymanopt.function.numpy(manifold)
    return pymanopt.Problem(
        manifold,
        on(lambda *points: float(cost(*points)[0])),
        euclidean_gradient=on(lambda *points: shaped(slopes(*points), points)),
        euclidean_hessian=on(lambda *points: shaped(curved(*points), points)),
    )


def _ranked(point: Array, rank: int) -> Array:
    """A point with the axes of its variable: a scalar is a vector of one entry, and a column a matrix of one."""
    array = np.asarray(point)
    return array.reshape((-1,) * rank) if rank < array.ndim else array
