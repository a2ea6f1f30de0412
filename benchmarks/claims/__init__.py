"""Random claims about derivatives, right ones and wrong ones, against a reference of their own.

A formula of a table, over variables whose facts come in pairs, is differentiated; its answer is rewritten, which
is right, or gets one edit, which mostly is wrong: a sign, a factor, a transpose, swapped factors, a dropped term, an
elementwise operation for one of matrices, a piece beyond a kink. Whether a claim is right is judged here by difference
quotients of the formula, at sizes from 1 to 5. Reader, evaluator and sampler are not those of the package: what they
shared with it, they could not find wrong.

    python -m benchmarks.claims --count 3000 --seed 1 --jobs 2
"""
