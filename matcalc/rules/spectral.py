"""Eigenvalues, their gaps, and divided differences at them."""

RULES = """
invgaps(eigvals(X)) -> eiggap(X)
divdiff(x, s*x, s*one_n) -> s*one_n*one_n'  # of a line: its slope
"""
