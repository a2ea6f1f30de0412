"""Exponentials and logarithms, of numbers and of matrices."""

RULES = """
exp(log(u)) -> u
log(exp(u)) -> u
expm1(log1p(u)) -> u
log1p(expm1(u)) -> u
log(normcdf(u)) -> lognormcdf(u)
exp(lognormcdf(u)) -> normcdf(u)
normpdf(u)/normcdf(u) -> invmills(u)
log(1 + exp(u)) -> softplus(u)
log(sigmoid(u)) -> -softplus(-u)
exp(u)/(1 + exp(u)) -> sigmoid(u)
1/(1 + exp(u)) -> sigmoid(-u)
exp(-u)*sigmoid(u) -> sigmoid(-u)
sinh(u)/cosh(u) -> tanh(u)
expm(X)*expm(-X) -> I
inv(expm(X)) -> expm(-X)
expm(diag(x)) -> diag(exp(x))
logm(diag(x)) -> diag(log(x))
"""
