"""Norms and sums that a fact fixes (unit norm, sums to one), and extremes of constant arrays."""

RULES = """
x'*x -> 1 if unitnorm(x)
tr(A'*A) -> 1 if unitnorm(A)
sum(x) -> 1 if sumstoone(x)
sum(A) -> 1 if sumstoone(A)
rowsum(A) -> one_m if stochastic(A)
colsum(X) -> one_n if permutation(X)
max(s*one_n) -> s
min(s*one_n) -> s
norm_p(x, 1) -> norm1(x)
norm_p(A, 1) -> norm1(A)
norm_p(x, 2) -> norm2(x)
norm_p(A, 2) -> norm2(A)
"""
