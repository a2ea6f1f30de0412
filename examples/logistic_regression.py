"""Logistic regression with labels of -1 and 1, fitted by Newton's method.

The loss of an example is log(1 + exp(-y_i x_i'w)). It is written as softplus, which does not overflow.
"""

import numpy as np
from numerical import central_difference, check

import matcalc as mc


def main():
    X = mc.matrix("X", "m", "n")
    y = mc.vector("y", "m")
    w = mc.vector("w", "n")

    loss = mc.parse("sum(softplus(-y.*(X*w))) + 0.5*norm2(w)^2", {"X": X, "y": y, "w": w})
    gradient = mc.gradient(loss, w)
    hessian = mc.hessian(loss, w)
    print("loss    ", loss)
    print("gradient", gradient)
    print("Hessian ", hessian)

    rng = np.random.default_rng(2)
    data = rng.normal(size=(60, 3))
    labels = np.where(data @ [1.0, -2.0, 0.5] + rng.normal(size=60) > 0, 1.0, -1.0)
    values = {"X": data, "y": labels, "w": rng.normal(size=3)}

    def loss_at(weights):
        return mc.evaluate(loss, values | {"w": weights})

    def gradient_at(weights):
        return mc.evaluate(gradient, values | {"w": weights})

    check("gradient by w", gradient_at(values["w"]), central_difference(loss_at, values["w"]))
    rows = [central_difference(lambda v, i=i: gradient_at(v)[i], values["w"]) for i in range(3)]
    check("Hessian by w", mc.evaluate(hessian, values), np.array(rows))

    # One function computes all three results.
    newton = mc.emit({"value": loss, "slope": gradient, "curvature": hessian}, "logistic").compile()
    weights = np.zeros(3)
    for step in range(6):
        value, slope, curvature = newton(X=data, w=weights, y=labels)
        print(f"step {step}: loss {value:.6f}, gradient {np.max(np.abs(slope)):.1e}")
        weights = weights - np.linalg.solve(curvature, slope)


if __name__ == "__main__":
    main()
