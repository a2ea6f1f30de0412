"""Inverses, and generalised ones."""

RULES = """
X*inv(X) -> I
inv(X)*X -> I
inv(inv(X)) -> X
inv(pinv(X)) -> X  # where X has an inverse, pinv(X) is it
inv(Q) -> Q' if orthogonal(Q)
Q'*Q -> I if orthogonal(Q)
Q*Q' -> I if orthogonal(Q)
inv(diag(x)) -> diag(1./x)
inv(s*X) -> inv(X)/s
inv(X*Y) -> inv(Y)*inv(X)
pinv(pinv(A)) -> A
pinv(X) -> inv(X) if invertible(X)
pinv(diag(x)) -> diag(1./x) if positive(x)
"""
