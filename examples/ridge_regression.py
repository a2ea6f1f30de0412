"""Ridge regression: least squares with a penalty on the size of the weights.

The gradient vanishes where (X'X + lam I) w = X'y, and the Hessian does not depend on w: one Newton step from
anywhere lands on the minimum.
"""

import numpy as np
from numerical import central_difference, check

import matcalc as mc


def main():
    X = mc.matrix("X", "m", "n")
    y = mc.vector("y", "m")
    w = mc.vector("w", "n")
    lam = mc.scalar("lam", "positive")

    loss = mc.norm2(X @ w - y) ** 2 + lam * mc.norm2(w) ** 2
    gradient = mc.gradient(loss, w)
    hessian = mc.hessian(loss, w)
    print("loss      ", loss)
    print("gradient  ", gradient)
    print("Hessian   ", hessian)
    print("by lam    ", mc.gradient(loss, lam))

    rng = np.random.default_rng(1)
    values = {"X": rng.normal(size=(20, 4)), "y": rng.normal(size=20), "w": rng.normal(size=4), "lam": 0.5}

    def loss_at(weights):
        return mc.evaluate(loss, values | {"w": weights})

    check("gradient by w", mc.evaluate(gradient, values), central_difference(loss_at, values["w"]))

    step = np.linalg.solve(mc.evaluate(hessian, values), mc.evaluate(gradient, values))
    best = values["w"] - step
    slope = mc.evaluate(gradient, values | {"w": best})
    print(f"after one Newton step the gradient is {np.max(np.abs(slope)):.0e}")


if __name__ == "__main__":
    main()
