"""Results as sparse matrices: programs compute the entries of their pieces, which are put where they belong.

No matrix is formed with its zeros: the results of the program are the arrays of the pieces (``patterns``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matcalc.bound import result_dims
from matcalc.emission.names import Names
from matcalc.emission.source import dim as dim_text
from matcalc.emission.source import shape as shape_text
from matcalc.errors import MatcalcError, suggest
from matcalc.expr import Expr, name_of
from matcalc.network.leaves import number
from matcalc.network.views import View
from matcalc.parts import variables
from matcalc.patterns.pieces import Core, Piece, core
from matcalc.patterns.structure import Structure, structure
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.shape import Dim

LONGEST = 100  # characters of a statement on one line

SPARSE = '''
@lru_cache(8)
def _pattern(shape, layout):
    """Where the entries of all parts go in a sparse matrix: their order, the first at each place, and the places."""
    found = []
    for sizes, *sides in layout:
        indices = np.indices(sizes, sparse=True)
        places = [first + sum((c * i for c, i in zip(strides, indices)), np.int64()) for first, *strides in sides]
        found.append([np.broadcast_to(place, sizes).ravel() for place in places])
    rows, columns = np.concatenate(found, axis=1)
    order = np.lexsort((columns, rows))
    rows, columns = rows[order], columns[order]
    starts = np.flatnonzero(np.diff(rows, prepend=-1) | np.diff(columns, prepend=-1))
    pointers = np.searchsorted(rows[starts], np.arange(shape[0] + 1))
    return order, starts, columns[starts], pointers
'''

PLACED = '''
def _sparse(shape, *parts):
    """A sparse matrix from arrays of entries: each with its sizes, and its rows and its columns, which are a number
    plus a multiple of each index. Entries at one place are added; places are found once for given sizes."""
    order, starts, columns, pointers = _pattern(shape, tuple(part[1:] for part in parts))
    entries = np.concatenate([np.broadcast_to(values, sizes).ravel() for values, sizes, *_ in parts])
    values = entries[order]
    if starts.size < values.size:
        values = np.add.reduceat(values, starts)
    return sparse.csr_array((values, columns.copy(), pointers.copy()), shape=shape)
'''


class Sparse(NamedTuple):
    """A result that is given as a sparse matrix, its structure, and what the results with its entries are called."""

    matrix: Expr
    structure: Structure
    names: tuple[str, ...]


def with_sparse(
    results: Mapping[str, Expr], names: Sequence[str] | bool
) -> tuple[dict[str, Expr], dict[str, View], dict[str, Sparse]]:
    """The results with the entries of sparse ones in place of these, the arrays of these entries, and what they make.

    Raises:
        MatcalcError: one that is to be sparse is no result, or no matrix.
    """
    if isinstance(names, bool):
        asked = [name for name, expr in results.items() if names and len(result_dims(expr)) == 2]
        chosen = {name: known for name in asked if not (known := structure(results[name])).is_dense}
    else:
        for name in names:
            _check(name, results)
        chosen = {name: structure(results[name]) for name in names}
    own = Names({*results, *(name_of(v) for v in variables(*results.values()))}, str)
    found: dict[str, Expr] = {}
    views: dict[str, View] = {}
    sparse: dict[str, Sparse] = {}
    for name, expr in results.items():
        if name not in chosen:
            found[name] = expr
            continue
        pieces = chosen[name].pieces
        nodes = [core(piece).node for piece in pieces] or [number(Fraction(0))]  # at least one holds the place
        words = ["entries"] if len(nodes) == 1 else range(1, len(nodes) + 1)
        keys = tuple(own.new(f"{name}_{word}") for word in words)
        for key, node in zip(keys, nodes, strict=True):
            found[key], views[key] = expr, View(node, node.rank)
        sparse[name] = Sparse(expr, chosen[name], keys)
    return found, views, sparse


def _check(name: str, results: Mapping[str, Expr]) -> None:
    if name not in results:
        hint = suggest(name, list(results))
        raise MatcalcError(f"there is no result {name}", f"results: {', '.join(results)}", hint=hint).about("sparse")
    if len(result_dims(results[name])) != 2:
        dims = result_dims(results[name])
        shape = "×".join(map(str, dims)) if len(dims) > 2 else results[name].shape
        raise MatcalcError(f"{name} is {shape}: a sparse result is a matrix").about("sparse")


def needed(sparse: Sparse, scope: Names) -> list[str]:
    """Statements that refuse sizes at which some entries are not there."""
    lines: list[str] = []
    for end, length in sparse.structure.needs:
        stop, size = dim_text(scope.dim(end)), dim_text(scope.dim(length))
        lines.append(f"if {size} < {stop}:")
        lines.append(f'    raise IndexError(f"there is no entry {{{stop}}}: this dimension is {{{size}}}")')
    return lines


def assembled(sparse: Sparse, texts: Sequence[str], scope: Names, typed: str) -> str:
    """The matrix, from the texts of its entries."""
    shape = shape_text(scope.sides(sparse.structure.dims))
    pieces = sparse.structure.pieces
    if not pieces:
        return f"sparse.csr_array({shape}{typed})"
    if sparse.structure.is_dense:
        return f"sparse.csr_array({texts[0]})"
    offsets = sparse.structure.whole_diagonals
    if offsets:
        given = ", ".join(texts) + ("," if len(texts) == 1 else "")
        at = ", ".join(dim_text(scope.dim(offset)) for offset in offsets) + ("," if len(texts) == 1 else "")
        return f"sparse.diags_array(({given}), offsets=({at}), shape={shape}{typed})"
    parts = [_part(piece, core(piece), text, scope) for piece, text in zip(pieces, texts, strict=True)]
    line = f"_sparse({shape}, {', '.join(parts)})"
    if len(line) < LONGEST:
        return line
    return "\n    ".join(["_sparse(", f"{shape},", *(f"{part}," for part in parts)]) + "\n)"


def _part(piece: Piece, made: Core, text: str, scope: Names) -> str:
    """Entries, their sizes, and their rows and columns."""
    axes = [":" if label in made.own else "None" for label in made.labels]
    while axes and axes[0] == "None":
        axes.pop(0)  # NumPy adds axes in front by itself
    if "None" in axes:
        text = f"{text if text.isidentifier() else f'({text})'}[{', '.join(axes)}]"
    sizes = shape_text(scope.sides(piece.sizes[label] for label in made.labels))
    sides = [_tuple([place.first, *map(place.stride, made.labels)], scope) for place in piece.axes]
    return f"({text}, {sizes}, {', '.join(sides)})"


def _tuple(numbers: Sequence[Dim], scope: Names) -> str:
    return shape_text(scope.sides(numbers))
