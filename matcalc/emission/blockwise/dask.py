"""Dask: formulas of samples that do not fit in memory, as maps over blocks of rows and trees of sums."""

from matcalc.emission.blockwise.writing import write
from matcalc.emission.target import Target

TARGET = Target(
    "Dask", write, lambda kernel: bool(kernel.numpy), dict.fromkeys(("style", "batch", "operators", "tensors"), "")
)
