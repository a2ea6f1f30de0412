"""A decay y = a*exp(-c*t), fitted by least squares: residuals and their Jacobian by blocks, for SciPy and for Ceres."""

import numpy as np
import pyceres
from scipy import optimize

import matcalc as mc


def main():
    y, t = mc.vector("y", "m"), mc.vector("t", "m")
    a, c = mc.scalar("a"), mc.scalar("c", "positive")
    times = np.linspace(0, 4, 40)
    measured = 2.5 * np.exp(-1.3 * times) + 0.01 * np.random.default_rng(0).normal(size=40)
    blocks = mc.residual_blocks(y - a * mc.exp(-c * t), [a, c], {"y": measured, "t": times, "a": 1, "c": 0.1})

    found = optimize.least_squares(blocks.fun, blocks.x0, blocks.jac, blocks.bounds)
    values = blocks.values(found.x)
    print(f"SciPy: a = {values['a']:.4f}, c = {values['c']:.4f}")

    problem, parameters = blocks.ceres_problem(loss=pyceres.HuberLoss(0.1))
    summary = pyceres.SolverSummary()
    pyceres.solve(pyceres.SolverOptions(), problem, summary)
    robust = blocks.values(np.concatenate(parameters))
    print(f"Ceres: a = {robust['a']:.4f}, c = {robust['c']:.4f}")
    print(summary.BriefReport())

    for one in (values, robust):
        assert abs(one["a"] - 2.5) < 0.05
        assert abs(one["c"] - 1.3) < 0.05


if __name__ == "__main__":
    main()
