"""Claims and derivations by hand: whether they are right, on what ground, and what is wrong with them."""
