"""Roots of matrices. The Cholesky factor of X is that of its symmetric part, along which it is differentiated."""

RULES = """
cholesky(X)*cholesky(X)' -> X/2 + X'/2
inv(cholesky(X))'*inv(cholesky(X)) -> inv(X/2 + X'/2)
sqrtm(X)*sqrtm(X) -> X
sqrtm(X) -> X if idempotent(X)
inv(sqrtm(X))*inv(sqrtm(X)) -> inv(X)
sqrtm(s*X) -> sqrt(s)*sqrtm(X) if positive(s)
cholesky(s*X) -> sqrt(s)*cholesky(X) if positive(s)
cholesky(s*X) -> sqrt(s)*cholesky(X) if posdef(X)
cholesky(diag(x)*X*diag(x)) -> diag(x)*cholesky(X) if positive(x)
"""
