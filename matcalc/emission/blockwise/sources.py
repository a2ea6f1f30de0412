"""What written functions of Dask arrays call."""

ALIGNED = '''
def _aligned(names, arrays, ranks, axes):
    """Dask arrays of real numbers, cut into the same blocks of samples, and not along other axes."""
    found: list[Any] = []
    for name, array, rank, axis in zip(names, arrays, ranks, axes):
        array = array if isinstance(array, da.Array) else da.from_array(np.asarray(array))
        if array.dtype.kind not in "biuf":
            raise ValueError(f"{name} must hold real numbers, got {array.dtype}")
        if np.isnan(array.shape).any():
            array = array.compute_chunk_sizes()
        if array.ndim == 2 and rank == 1 and array.shape[1 - axis] == 1:
            array = array.reshape(-1)
        if array.ndim != rank:
            raise ValueError(f"{name} must have {rank} axes, got an array of shape {array.shape}")
        if not array.size:
            raise ValueError(f"{name} must have entries, got an array of shape {array.shape}")
        blocks = array.chunks[axis]
        if found and sum(blocks) == found[0].shape[axes[0]]:
            blocks = found[0].chunks[axes[0]]
        found.append(array.rechunk({k: blocks if k == axis else -1 for k in range(rank)}))
    return found
'''

BLOCKS = '''
def _blocks(block, data, axes, known, axis, shape, meta):
    """A Dask array of what a function makes of each block of samples, which lie on an axis of it; none is made yet."""
    new = iter(range(1, 100))
    letters = [[0 if k == at else next(new) for k in range(array.ndim)] for array, at in zip(data, axes)]
    out = [0 if k == axis else next(new) for k in range(len(shape))]
    given = [part for pair in zip(data, letters) for part in pair]
    given += [part for value in known for part in (dask.delayed(value), None)]
    sizes = {letter: side for letter, side in zip(out, shape) if letter}
    nothing = np.empty([0 if k == axis else side for k, side in enumerate(shape)], dtype=meta.dtype)
    made = partial(_made, block, len(data), axes[0], nothing)
    return da.blockwise(made, out, *given, new_axes=sizes, align_arrays=False, dtype=meta.dtype, meta=meta)


def _made(block, count, axis, nothing, *given):
    """What a function makes of a block: of arrays, each in lists of one, and of what else is given."""
    parts = list(given[:count])
    for k in range(count):
        while isinstance(parts[k], list):
            (parts[k],) = parts[k]
    return block(*parts, *given[count:]) if parts[0].shape[axis] else nothing
'''

SUMMED = '''
def _summed(block, data, axes, known, ways=None):
    """What blocks of samples make together, in a tree: sums, or what is joined in other ways."""
    rows = data[0].chunks[axes[0]]
    whole = _blocks(block, data, axes, known, 0, (sum(rows),), np.empty(0, dtype=object))
    made = [part for size, part in zip(rows, whole.to_delayed()) if size]
    while len(made) > 1:
        made = [dask.delayed(_joined)(made[k : k + 8], ways) for k in range(0, len(made), 8)]
    (found,) = dask.compute(*made)
    return found


def _joined(parts, ways):
    """What several blocks make together."""
    values = [*zip(*parts)]
    return tuple(reduce(way, each) for way, each in zip(ways or [np.add] * len(values), values))
'''

OWN_PIVOTS = '''
def _with_own_pivots(lu):
    """Factors whose pivots no other block reads: SciPy counts them from 1, in place, while it solves."""
    return lu[0], lu[1].copy()
'''
