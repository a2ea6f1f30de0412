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

SUMMED = '''
def _summed(block, data, axis, known):
    """The sums over the blocks of samples, which are added up in a tree."""
    constants = [dask.delayed(value) for value in known]
    blocks = zip(data[0].chunks[axis], *(array.to_delayed().ravel() for array in data))
    sums = [dask.delayed(block)(*parts, *constants) for size, *parts in blocks if size]
    while len(sums) > 1:
        sums = [dask.delayed(_added)(sums[k : k + 8]) for k in range(0, len(sums), 8)]
    (found,) = dask.compute(*sums)
    return found


def _added(sums):
    """The sums over several blocks."""
    return tuple(map(sum, zip(*sums)))
'''
