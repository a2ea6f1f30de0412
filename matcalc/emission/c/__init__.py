"""C for fixed small sizes: what is written for the target "c"."""
