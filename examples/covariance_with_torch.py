"""A covariance matrix and weights of a mixture, fitted by torch.optim: a closure puts derived gradients in place.

The covariance S is positive definite: what L-BFGS moves is its Cholesky factor. The weights w stand on a simplex: Adam
moves logarithms of their ratios.
"""

import numpy as np
import torch

import matcalc as mc


def covariance():
    S, C = mc.matrix("S", "n", "n", "posdef"), mc.matrix("C", "n", "n", "posdef")
    sample = np.cov(np.random.default_rng(0).normal(size=(4, 50)))
    closure = mc.torch_closure(mc.logdet(S) + mc.tr(mc.inv(S) @ C), S, {"S": np.eye(4), "C": sample})
    optimizer = torch.optim.LBFGS(closure.parameters(), max_iter=200, line_search_fn="strong_wolfe")
    for _ in range(5):
        optimizer.step(closure)
    found = closure.values()["S"]
    print("covariance\n", found.numpy().round(3))
    assert np.allclose(found, sample, rtol=1e-3, atol=1e-3)


def mixture():
    F, w = mc.matrix("F", "m", "k", "nonneg"), mc.vector("w", "k", "simplex")
    rng = np.random.default_rng(1)
    x = np.where(rng.uniform(size=2000) < 0.3, rng.normal(-2, 1, 2000), rng.normal(1, 1, 2000))
    densities = np.exp(-((x[:, None] - [-2.0, 1.0]) ** 2) / 2)
    closure = mc.torch_closure(-mc.sum(mc.log(F @ w)), w, {"w": [0.5, 0.5], "F": densities})
    optimizer = torch.optim.Adam(closure.parameters(), lr=0.05)
    for step in range(400):
        rows = rng.integers(0, len(x), size=200)
        closure({"F": densities[rows]})  # a batch
        optimizer.step()
        if step == 300:
            optimizer.param_groups[0]["lr"] = 0.005
    found = closure.values()["w"]
    print("weights", found.numpy().round(3))
    assert abs(found[0] - 0.3) < 0.05


if __name__ == "__main__":
    covariance()
    mixture()
