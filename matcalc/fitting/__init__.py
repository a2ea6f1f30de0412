"""Fitting: coordinates in which what is declared of variables holds, and the problem that an optimiser is given."""
