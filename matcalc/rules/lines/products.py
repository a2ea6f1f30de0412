"""Products of entries, and products of all entries but one."""

RULES = """
prod(s*one_n) -> s^n
prod(exp(x)) -> exp(sum(x))
prod(exp(A)) -> exp(sum(A))
log(prod(x)) -> sum(log(x)) if positive(x)
log(prod(A)) -> sum(log(A)) if positive(A)
log(abs(prod(x))) -> sum(log(abs(x)))
rowprod(exp(A)) -> exp(rowsum(A))
x.*prodothers(x) -> prod(x)*one_n
A.*prodothers(A) -> prod(A)*one_m*one_n'
A.*rowprodothers(A) -> rowprod(A)*one_n'
x'*prodothers(x) -> n*prod(x)
prodothers(x)/prod(x) -> 1./x
prodothers(A)/prod(A) -> 1./A
prod(x)./x -> prodothers(x)
prod(A)./A -> prodothers(A)
det(diag(x)) -> prod(x)
"""
