"""Dask: sums over samples that do not fit in memory, as a map over blocks of rows and a tree of sums."""

from matcalc.emission.blockwise.writing import write
from matcalc.emission.target import Target

TARGET = Target(
    "Dask", write, lambda kernel: bool(kernel.numpy), dict.fromkeys(("style", "batch", "operators", "tensors"), "")
)
