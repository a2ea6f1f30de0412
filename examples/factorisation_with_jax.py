"""A nonnegative factorisation T = W*H, fitted by JAXopt's L-BFGS, and a ridge regression by Optax's.

Both take a pure function of a dict of arrays to the value and a dict of gradients. Entries of W and H are squares of
what is moved, so that they stay nonnegative.
"""

import jax
import jaxopt
import numpy as np
import optax

import matcalc as mc

jax.config.update("jax_enable_x64", True)


def factorisation():
    T = mc.matrix("T", "m", "n")
    W, H = mc.matrix("W", "m", "k", "nonneg"), mc.matrix("H", "k", "n", "nonneg")
    rng = np.random.default_rng(0)
    table = rng.uniform(size=(6, 2)) @ rng.uniform(size=(2, 5))
    start = {"W": rng.uniform(0.5, 1, (6, 2)), "H": rng.uniform(0.5, 1, (2, 5)), "T": table}
    fit = mc.jax_value_and_grad(mc.norm2(T - W @ H) ** 2, [W, H], start)
    found = jaxopt.LBFGS(fit, value_and_grad=True, maxiter=1000, tol=1e-8).run(fit.start)
    values = fit.values(found.params)
    print("largest error of the factorisation", float(np.max(np.abs(values["W"] @ values["H"] - table))))
    assert np.allclose(values["W"] @ values["H"], table, atol=1e-2)
    assert np.all(values["W"] >= 0)


def ridge():
    A, b, x, c = mc.matrix("A", "m", "n"), mc.vector("b", "m"), mc.vector("x", "n"), mc.scalar("c", "positive")
    data = {"A": np.random.default_rng(1).normal(size=(20, 4)), "b": np.arange(20.0), "c": 0.5}
    fit = mc.jax_value_and_grad(mc.norm2(A @ x - b) ** 2 + c * mc.norm2(x) ** 2, x, {"x": np.zeros(4), **data})
    method = optax.lbfgs()
    parameters, state = fit.start, method.init(fit.start)

    @jax.jit
    def step(parameters, state):
        value, slopes = fit(parameters)
        updates, state = method.update(
            slopes, state, parameters, value=value, grad=slopes, value_fn=lambda at: fit(at)[0]
        )
        return optax.apply_updates(parameters, updates), state

    for _ in range(30):
        parameters, state = step(parameters, state)
    found = fit.values(parameters)["x"]
    print("ridge regression", found.round(4))
    assert np.allclose(found, np.linalg.solve(data["A"].T @ data["A"] + 0.5 * np.eye(4), data["A"].T @ data["b"]))


if __name__ == "__main__":
    factorisation()
    ridge()
