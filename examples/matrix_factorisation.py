"""Matrix factorisation with missing entries: M is close to U V' where the mask W is 1.

Gradient descent with a fixed step; the two gradients come from one emitted function.
"""

import numpy as np
from numerical import central_difference, check

import matcalc as mc


def main():
    M = mc.matrix("M", "m", "n")
    W = mc.matrix("W", "m", "n")
    U = mc.matrix("U", "m", "k")
    V = mc.matrix("V", "n", "k")
    lam = mc.scalar("lam", "nonneg")

    loss = 0.5 * mc.norm2(W * (M - U @ V.T)) ** 2 + 0.5 * lam * (mc.norm2(U) ** 2 + mc.norm2(V) ** 2)
    by_U = mc.gradient(loss, U)
    by_V = mc.gradient(loss, V)
    print("loss", loss)
    print("by U", by_U)
    print("by V", by_V)

    rng = np.random.default_rng(4)
    rows, cols, rank = 8, 6, 2
    values = {
        "M": rng.normal(size=(rows, rank)) @ rng.normal(size=(rank, cols)),
        "W": (rng.random((rows, cols)) < 0.7).astype(float),
        "U": rng.normal(size=(rows, rank)),
        "V": rng.normal(size=(cols, rank)),
        "lam": 0.01,
    }
    for name, gradient in (("U", by_U), ("V", by_V)):
        numerical = central_difference(lambda at, name=name: mc.evaluate(loss, values | {name: at}), values[name])
        check(f"gradient by {name}", mc.evaluate(gradient, values), numerical)

    descend = mc.emit({"value": loss, "by_U": by_U, "by_V": by_V}, "factorisation").compile()
    for step in range(1501):
        value, slope_U, slope_V = descend(**values)
        if step % 500 == 0:
            print(f"step {step}: loss {value:.4f}")
        values["U"] = values["U"] - 0.05 * slope_U
        values["V"] = values["V"] - 0.05 * slope_V


if __name__ == "__main__":
    main()
