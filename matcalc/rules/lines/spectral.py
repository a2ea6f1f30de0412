"""Eigenvalues, their gaps, divided differences at them, singular values and what is made of them."""

RULES = """
eigvals(s*I) -> s*one_n
eigvals(s*X) -> s*eigvals(X) if positive(s)  # which keeps their order
eigvecs(s*X) -> eigvecs(X) if positive(s)
spectralnorm(diag(x)) -> max(abs(x))
spectralnorm(s*A) -> abs(s)*spectralnorm(A)
nuclearnorm(diag(x)) -> sum(abs(x))
nuclearnorm(s*A) -> abs(s)*nuclearnorm(A)
nuclearnorm(X) -> tr(X) if psd(X)
polar(X) -> I if posdef(X)
polar(diag(x)) -> diag(sign(x))
polar(s*A) -> sign(s)*polar(A)
invgaps(eigvals(X)) -> eiggap(X)
divdiff(x, s*x, s*one_n) -> s*one_n*one_n'  # of a line: its slope
"""
