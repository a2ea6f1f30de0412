"""The log marginal likelihood of a Gaussian process, by its amplitude and its noise.

The observations y have the covariance C = a K + s I: the kernel matrix K, scaled by the amplitude a, plus noise of
variance s.
"""

import numpy as np
from numerical import central_difference, check

import matcalc as mc


def main():
    K = mc.matrix("K", "n", "n", "posdef")
    y = mc.vector("y", "n")
    a = mc.scalar("a", "positive")
    s = mc.scalar("s", "positive")

    text = "-0.5*y'*inv(C)*y - 0.5*logdet(C) - n/2*log(2*pi) where C = a*K + s*eye(n)"
    likelihood = mc.parse(text, {"K": K, "y": y, "a": a, "s": s})
    by_amplitude = mc.gradient(likelihood, a)
    by_noise = mc.gradient(likelihood, s)
    print("log marginal likelihood", likelihood)
    print("by the amplitude       ", by_amplitude)
    print("by the noise           ", by_noise)

    rng = np.random.default_rng(5)
    at = np.sort(rng.uniform(0, 5, size=15))
    kernel = np.exp(-0.5 * (at[:, None] - at[None, :]) ** 2) + 1e-6 * np.eye(15)
    values = {"K": kernel, "y": np.sin(at) + 0.1 * rng.normal(size=15), "a": 1.0, "s": 0.1}

    for name, gradient in (("a", by_amplitude), ("s", by_noise)):
        numerical = central_difference(lambda at, name=name: mc.evaluate(likelihood, values | {name: at}), values[name])
        check(f"gradient by {name}", mc.evaluate(gradient, values), numerical)

    # Steps uphill in log(a) and log(s), in which both stay positive.
    climb = mc.emit({"value": likelihood, "by_a": by_amplitude, "by_s": by_noise}, "marginal").compile()
    for step in range(61):
        value, slope_a, slope_s = climb(**values)
        if step % 20 == 0:
            print(f"step {step}: log-likelihood {value:.4f}, a = {values['a']:.3f}, s = {values['s']:.4f}")
        values["a"] *= np.exp(0.05 * values["a"] * slope_a)
        values["s"] *= np.exp(0.05 * values["s"] * slope_s)


if __name__ == "__main__":
    main()
