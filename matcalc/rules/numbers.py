"""Functions of a 1×1 matrix, which is a number."""

RULES = """
inv(s) -> 1/s
pinv(s) -> 1/s
det(s) -> s
logdet(s) -> log(abs(s))
expm(s) -> exp(s)
dexpm(s) -> exp(s)
d2expm(s) -> exp(s)
logm(s) -> log(s)
dlogm(s) -> 1/s
sqrtm(s) -> sqrt(s)
cholesky(s) -> sqrt(s)
eigvals(s) -> s
eigvecs(s) -> 1
eiggap(s) -> 0
invgaps(s) -> 0
divdiff(r, s, t) -> t  # of one point: the slope there
max(s) -> s
min(s) -> s
maxmask(s) -> 1
trilones(s) -> 1
halftril(s) -> 1/2
softmax(s) -> 1
rowsoftmax(s) -> 1
logsumexp(s) -> s
rowlogsumexp(s) -> s
log(1) -> 0
"""
