"""Index notation as a formula: products of entries, summed over the indices that the result does not have."""

from __future__ import annotations

from matcalc.errors import ShapeError
from matcalc.expr import Expr
from matcalc.shape import ONE, Dim, Shape, product

Indices = tuple[str, ...]


def indexed(rows: Indices, cols: Indices, factors: tuple[Expr, ...], indices: tuple[Indices, ...]) -> Expr:
    """Index notation: ``[A[i,k]*B[k,j] | i; j]``, a sum over the indices that name neither a row nor a column.

    A factor's indices go with its dimensions other than 1; ``i*j`` is one index of a dimension that is a product, i
    slow. Several row indices stand for one row, the first slowest.
    """
    dims = index_dims(factors, indices)
    for name in (*rows, *cols):
        if name not in dims:
            raise ShapeError(f"index {name} is on no factor", hint="write ones(n)[i] for a free index")
    shape = Shape(*(product(tuple(dims[name] for name in side)) for side in (rows, cols)))
    return Expr("indexed", factors, (rows, cols, indices), shape)


def index_dims(factors: tuple[Expr, ...], indices: tuple[Indices, ...]) -> dict[str, Dim]:
    """What each index of index notation runs over.

    Raises:
        ShapeError: the indices do not fit the factors.
    """
    dims: dict[str, Dim] = {}
    places: list[tuple[str, Dim]] = []
    for factor, names in zip(factors, indices, strict=True):
        axes = [dim for dim in factor.shape if dim is not ONE]
        if len(axes) != len(names):
            raise ShapeError(
                f"a factor of shape {factor.shape} takes {len(axes)} indices, got {len(names)}: {','.join(names)}"
            )
        places += zip(names, axes, strict=True)
    for name, dim in sorted(places, key=lambda place: "*" in place[0]):  # groups when their indices are known
        if "*" not in name:
            whole = dims.setdefault(name, dim)
        else:
            for part in name.split("*"):
                if part not in dims:
                    raise ShapeError(
                        f"index {part} stands in groups alone", hint=f"add a factor such as ones(n)[{part}]"
                    )
            whole = product(tuple(dims[part] for part in name.split("*")))
        if whole is not dim:
            raise ShapeError(f"index {name} runs over {whole} and over {dim}")
    return dims
