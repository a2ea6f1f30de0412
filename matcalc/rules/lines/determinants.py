"""Determinants and their logarithms."""

RULES = """
det(inv(X)) -> 1/det(X)
det(expm(X)) -> exp(tr(X))
det(cholesky(X)) -> sqrt(det(X/2 + X'/2))  # which is a function of the symmetric part alone
det(sqrtm(X)) -> sqrt(det(X))
det(X*Y) -> det(X)*det(Y)
logdet(inv(X)) -> -logdet(X)
logdet(expm(X)) -> tr(X)
logdet(cholesky(X)) -> logdet(X/2 + X'/2)/2
logdet(sqrtm(X)) -> logdet(X)/2
logdet(diag(x)) -> sum(log(abs(x)))
logdet(s*X) -> n*log(abs(s)) + logdet(X)
logdet(X*Y) -> logdet(X) + logdet(Y)
logdet(kron(X, M)) -> m*logdet(X) + n*logdet(M)
det(I + s*x*y') -> 1 + s*(y'*x)
logdet(I + s*x*y') -> log(abs(1 + s*(y'*x)))
tr(logm(X)) -> logdet(X)
sum(log(diag(cholesky(X)))) -> logdet(X/2 + X'/2)/2
"""
