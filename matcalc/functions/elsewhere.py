"""Names that other languages have for what is written with operators and functions here.

What is another name of one function stands in its record, as an alias.
"""

from __future__ import annotations

import re

# Of the arguments u and v: what they are called with there.
WRITTEN_HERE = {
    "ctranspose": "u'",
    "adjoint": "u'",
    "T": "u'",
    "logaddexp": "log(exp(u) + exp(v))",
    "hypot": "sqrt(u.^2 + v.^2)",
    "log2": "log(u)/log(2)",
    "log10": "log(u)/log(10)",
    "exp2": "2.^u",
    "cbrt": "u.^(1/3)",
    "rsqrt": "1./sqrt(u)",
    "reciprocal": "1./u",
    "logit": "log(u./(1 - u))",
    "log_sigmoid": "-softplus(-u)",
    "logsigmoid": "-softplus(-u)",
    "erfc": "1 - erf(u)",
    "sec": "1./cos(u)",
    "csc": "1./sin(u)",
    "cot": "1./tan(u)",
    "sech": "1./cosh(u)",
    "csch": "1./sinh(u)",
    "coth": "1./tanh(u)",
    "silu": "u.*sigmoid(u)",
    "swish": "u.*sigmoid(u)",
    "gelu": "u.*normcdf(u)",
    "elu": "where(u > 0, u, exp(u) - 1)",
    "leaky_relu": "relu(u) - 0.01*relu(-u)",
    "mish": "u.*tanh(softplus(u))",
    "softsign": "u./(1 + abs(u))",
    "entropy": "-sum(xlogx(u))",
    "kl": "sum(u.*log(u./v))",
    "kl_div": "sum(u.*log(u./v))",
    "mse": "mean((u - v).^2)",
    "cosine": "u'*v/(norm2(u)*norm2(v))",
    "cosine_similarity": "u'*v/(norm2(u)*norm2(v))",
    "hadamard": "u.*v",
    "multiply": "u.*v",
    "matmul": "u*v",
    "mtimes": "u*v",
    "divide": "u./v",
    "power": "u.^v",
    "square": "u.^2",
    "normsq": "norm2(u)^2",
    "sumsq": "norm2(u)^2",
    "sum_squares": "norm2(u)^2",
    "quad_form": "u'*v*u",
    "sym": "(u + u')/2",
    "symm": "(u + u')/2",
    "slogdet": "logdet(u)",
    "sigma": "sigmoid(u)",
    **dict.fromkeys(("crossentropy", "cross_entropy", "categorical_crossentropy"), "-sum(u.*log(v))"),
    **dict.fromkeys(("softmax_cross_entropy", "softmax_cross_entropy_with_logits"), "logsumexp(u)*sum(v) - v'*u"),
    "binary_cross_entropy": "-mean(v.*log(u) + (1 - v).*log(1 - u))",
    "binary_cross_entropy_with_logits": "mean(softplus(u) - u.*v)",
    "bce": "-mean(v.*log(u) + (1 - v).*log(1 - u))",
    "rmse": "sqrt(mean((u - v).^2))",
    "mae": "mean(abs(u - v))",
    "normsquared": "norm2(u)^2",
}


NOT_HERE = {
    **dict.fromkeys(("real", "conj", "conjugate", "imag", "angle"), "all numbers are real"),
    **dict.fromkeys(("floor", "ceil", "round", "mod", "fix", "rank", "argmax", "argmin"), "its values are steps"),
    **dict.fromkeys(("atan2", "arctan2"), "arctan(u./v) is the same where v > 0"),
    **dict.fromkeys(("median", "quantile", "percentile"), "its entries are sorted first"),
    "vech": "vec(tril(u)) has zeros between its entries",
}


def written_here(name: str) -> str:
    """A hint how that is written here which has this name elsewhere, or nothing."""
    if name in NOT_HERE:
        return f"there is no {name} here: {NOT_HERE[name]}"
    meant = WRITTEN_HERE.get(name, "")
    operands = "u, v" if "v" in re.findall(r"\w+", meant) else "u"
    return f"{name}({operands}) is written {meant}" if meant else ""
