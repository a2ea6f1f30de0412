"""Claims and derivations by hand: whether they are right, with a stated ground, and what is wrong with those that are not."""
