"""Batch normalisation: the backward pass of a paper, verified, and code of it, compared with difference quotients.

A column x of m samples becomes y = a (x - mean)/sqrt(var + e) + b. Backpropagation needs the gradient of g'y by x for a
column g that comes from the layers behind. Its short form has three terms, of which the last two are easily lost.
"""

import numpy as np
from numerical import central_difference, check

import matcalc as mc


def main():
    names = {"x": mc.vector("x", "m"), "g": mc.vector("g", "m"), "a": mc.scalar("a"), "e": mc.scalar("e", "positive")}
    normalised = "(x - mean(x)*ones(m))/sqrt(var(x) + e)"
    loss = mc.parse(f"g'*(a*{normalised})", names)
    x = names["x"]
    print("gradient  ", mc.gradient(loss, x))

    claim = f"a/sqrt(var(x) + e)*(g - mean(g)*ones(m) - mean(g.*({normalised}))*({normalised}))"
    verdict = mc.check(claim, loss, x)
    print("the paper ", verdict)
    assert verdict

    forgotten = mc.check("a/sqrt(var(x) + e)*(g - mean(g)*ones(m))", loss, x)  # the variance taken for a constant
    print("forgotten ", forgotten.status)
    assert forgotten.status == "wrong"

    backward = mc.emit(mc.parse(claim, names), "backward", arguments=[x, names["g"]])
    rng = np.random.default_rng(0)
    values = {"x": rng.normal(size=8), "g": rng.normal(size=8), "a": 1.5, "e": 1e-3}

    def loss_at(samples):
        return mc.evaluate(loss, values | {"x": samples})

    check("emitted backward pass", backward.compile()(**values), central_difference(loss_at, values["x"]))


if __name__ == "__main__":
    main()
