"""Softmax and the logarithm of the sum of exponentials, of a column and of the rows of a matrix."""

RULES = """
exp(x)/sum(exp(x)) -> softmax(x)
exp(A)./(rowsum(exp(A))*one_n') -> rowsoftmax(A)
exp(A)./(one_m*colsum(exp(A))') -> rowsoftmax(A')'
log(sum(exp(x))) -> logsumexp(x)
log(rowsum(exp(A))) -> rowlogsumexp(A)
log(colsum(exp(A))) -> rowlogsumexp(A')
log(softmax(x)) -> x - logsumexp(x)
log(rowsoftmax(A)) -> A - rowlogsumexp(A)*one_n'
softmax(x + s*one_n) -> softmax(x)
rowsoftmax(A + p*one_n') -> rowsoftmax(A)
logsumexp(x + s*one_n) -> s + logsumexp(x)
rowlogsumexp(A + p*one_n') -> p + rowlogsumexp(A)
"""
