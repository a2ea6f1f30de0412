"""Programs for small fixed sizes as straight-line code: a graph of numbers, in which each value stands once."""
