"""The log-likelihood of a Gaussian, by its mean and its covariance.

The columns of Y are the observations. The covariance S is symmetric: its entries above and below the diagonal move
together, and structure="free" gives the derivative by those free entries.
"""

import numpy as np
from numerical import central_difference, check

import matcalc as mc


def main():
    Y = mc.matrix("Y", "d", "n")
    mu = mc.vector("mu", "d")
    S = mc.matrix("S", "d", "d", "posdef")

    text = "-n*d/2*log(2*pi) - n/2*logdet(S) - 0.5*tr(R'*inv(S)*R) where R = Y - mu*ones(n)'"
    likelihood = mc.parse(text, {"Y": Y, "mu": mu, "S": S})
    by_mean = mc.gradient(likelihood, mu)
    by_covariance = mc.gradient(likelihood, S)
    by_free_entries = mc.gradient(likelihood, S, structure="free")
    print("log-likelihood            ", likelihood)
    print("by the mean               ", by_mean)
    print("by the covariance         ", by_covariance)
    print("by its free entries       ", by_free_entries)

    rng = np.random.default_rng(3)
    root = rng.normal(size=(3, 3))
    values = {"Y": rng.normal(size=(3, 12)), "mu": rng.normal(size=3), "S": root @ root.T + 3 * np.eye(3)}

    def at_mean(mean):
        return mc.evaluate(likelihood, values | {"mu": mean})

    def at_covariance(entries):
        """The likelihood as a function of the entries on and below the diagonal."""
        lower = np.tril(entries)
        return mc.evaluate(likelihood, values | {"S": lower + np.tril(lower, -1).T})

    check("gradient by mu", mc.evaluate(by_mean, values), central_difference(at_mean, values["mu"]))
    check(
        "gradient by S",
        np.tril(mc.evaluate(by_free_entries, values)),
        central_difference(at_covariance, values["S"]),
    )

    # The maximum: the mean and the covariance of the observations.
    mean = values["Y"].mean(axis=1)
    best = values | {"mu": mean, "S": np.cov(values["Y"], bias=True)}
    slopes = [np.max(np.abs(mc.evaluate(slope, best))) for slope in (by_mean, by_covariance)]
    print(f"at the sample mean and covariance the gradients are {slopes[0]:.0e} and {slopes[1]:.0e}")


if __name__ == "__main__":
    main()
