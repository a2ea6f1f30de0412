"""Programs as source: NumPy for reading, for speed and for stacks of arguments, and C for fixed small sizes."""
