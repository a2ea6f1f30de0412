"""The dominant invariant subspace of a symmetric matrix: tr(X'*A*X) is greatest on the manifold X'*X = I.

Pymanopt is given the cost with its Euclidean gradient and Hessian, and goes along the manifold by trust regions.
"""

import numpy as np
import pymanopt

import matcalc as mc


def main():
    A, X = mc.matrix("A", "n", "n", "symmetric"), mc.matrix("X", "n", "k")
    matrix = np.random.default_rng(0).normal(size=(8, 8))
    matrix = matrix + matrix.T
    problem = mc.pymanopt_problem(-mc.tr(X.T @ A @ X), X, {"A": matrix}, pymanopt.manifolds.Stiefel(8, 3))
    np.random.seed(0)  # Pymanopt draws its start by it
    found = pymanopt.optimizers.TrustRegions(verbosity=0).run(problem)
    largest = np.sort(np.linalg.eigvalsh(matrix))[-3:]
    print("the trace", -found.cost, "the sum of the largest eigenvalues", np.sum(largest))
    assert np.isclose(-found.cost, np.sum(largest))


if __name__ == "__main__":
    main()
