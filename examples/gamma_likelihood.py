"""A gamma distribution fitted to waiting times by maximum likelihood: its shape and its rate are positive.

The negative log-likelihood of m times x is m*(lgamma(a) - a*log(b)) - sum((a - 1)*log(x) - b*x). Outside of a, b > 0 it
has no meaning; the facts of a and b are bounds of the search.
"""

import numpy as np
from numerical import check
from scipy import optimize, special

import matcalc as mc


def main():
    a, b, x = mc.scalar("a", "positive"), mc.scalar("b", "positive"), mc.vector("x", "m", "positive")
    nll = mc.parse("m*(lgamma(a) - a*log(b)) - sum((a - 1)*log(x) - b*x)", {"a": a, "b": b, "x": x})
    made = mc.objective(nll, [a, b])

    times = np.random.default_rng(1).gamma(2.5, 1 / 0.8, size=500)
    values = {"a": 1, "b": 1, "x": times}
    fit = made.minimize(values)
    print(fit)

    # Where it is least, the mean is a/b, and the mean of the logarithms digamma(a) - log(b).
    check("mean", fit["a"] / fit["b"], np.mean(times))
    check("mean of logarithms", special.digamma(fit["a"]) - np.log(fit["b"]), np.mean(np.log(times)))

    # The same by hand: what an optimiser is given.
    problem = made.problem(values)
    found = optimize.minimize(
        problem.fun, problem.x0, jac=True, hess=problem.hess, bounds=problem.bounds, method="trust-constr"
    )
    by_hand = problem.values(found.x)
    check("by hand", by_hand["a"] / by_hand["b"], np.mean(times))

    # Standard errors are roots of the diagonal of the inverse Hessian.
    errors = np.sqrt(np.diag(np.linalg.inv(problem.hess(problem.vector(fit.values)))))
    print(f"a = {fit['a']:.3f} ± {errors[0]:.3f}, b = {fit['b']:.3f} ± {errors[1]:.3f}")
    assert abs(fit["a"] - 2.5) < 4 * errors[0]


if __name__ == "__main__":
    main()
