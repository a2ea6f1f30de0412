"""Softmax regression: linear scores for several classes, with the cross-entropy loss.

A row of Y is 1 at the class of the example and 0 elsewhere. The loss is the sum over the examples of
log(sum_c exp(s_c)) - s_y, with the scores s in the rows of X W.
"""

import numpy as np
from numerical import central_difference, check

import matcalc as mc


def main():
    X = mc.matrix("X", "m", "n")
    W = mc.matrix("W", "n", "c")
    Y = mc.matrix("Y", "m", "c")

    loss = mc.parse("sum(rowlogsumexp(X*W)) - tr(Y'*X*W)", {"X": X, "W": W, "Y": Y})
    gradient = mc.gradient(loss, W)
    print("loss    ", loss)
    print("gradient", gradient)

    rng = np.random.default_rng(8)
    data = rng.normal(size=(50, 4))
    classes = np.argmax(data @ rng.normal(size=(4, 3)) + 0.3 * rng.normal(size=(50, 3)), axis=1)
    values = {"X": data, "Y": np.eye(3)[classes], "W": 0.1 * rng.normal(size=(4, 3))}
    numerical = central_difference(lambda at: mc.evaluate(loss, values | {"W": at}), values["W"])
    check("gradient by W", mc.evaluate(gradient, values), numerical)

    descend = mc.emit({"value": loss, "slope": gradient}, "softmax_loss").compile()
    for step in range(201):
        value, slope = descend(**values)
        if step % 50 == 0:
            print(f"step {step}: loss {value:.4f}")
        values["W"] = values["W"] - 0.05 * slope
    guesses = np.argmax(data @ values["W"], axis=1)
    print(f"{np.mean(guesses == classes):.0%} of the examples are classified correctly")


if __name__ == "__main__":
    main()
