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
inv(kron(X, M)) -> kron(inv(X), inv(M))
inv(t*I + s*x*y')*x -> x/(t + s*(y'*x))  # Sherman and Morrison
y'*inv(t*I + s*x*y') -> y'/(t + s*(y'*x))
A*pinv(A)*A -> A
pinv(A)*A*pinv(A) -> pinv(A)
A*pinv(A)*pinv(A)' -> pinv(A)'
A'*A*pinv(A) -> A'
pinv(A)*A*A' -> A'
pinv(A)'*pinv(A)*A -> pinv(A)'
pinv(pinv(A)) -> A
pinv(X) -> inv(X) if invertible(X)
pinv(A) -> inv(A'*A)*A' if fullcolrank(A)
pinv(A) -> A'*inv(A*A') if fullrowrank(A)
pinv(X) -> X if idempotent(X), psd(X)
X*X -> X if idempotent(X)
X*(I - X) -> 0*X if idempotent(X)
(I - X)*X -> 0*X if idempotent(X)
(I - X)*(I - X) -> I - X if idempotent(X)
pinv(diag(x)) -> diag(1./x) if positive(x)
"""
