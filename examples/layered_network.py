"""A network of three layers with a loss, 10 → 6 → 8 → 2 → 1, and the two ways of multiplying its Jacobians.

Each layer is z -> tanh(W z). In numerator layout the chain rule reads D(h∘g) = Dh · Dg, outer to inner, so the
derivative of the loss by the input is a product of four matrices. The product is the same in every order of
multiplication; the work is not.
"""

import numpy as np
from numerical import central_difference, check

import matcalc as mc


def layer(W, z):
    return mc.tanh(W @ z)


def loss_of(y, t):
    return 0.5 * mc.norm2(y - t) ** 2


def multiplications_from_output(shapes):
    """Scalar multiplications of a chain of matrices, multiplied from the left: an m×n by an n×p matrix takes m n p."""
    rows = shapes[0][0]
    return sum(rows * inner * cols for inner, cols in shapes[1:])


def multiplications_from_input(shapes):
    """The same for the chain multiplied from the right."""
    cols = shapes[-1][1]
    return sum(rows * inner * cols for rows, inner in shapes[:-1])


def main():
    W1, W2, W3 = mc.matrix("W1", 6, 10), mc.matrix("W2", 8, 6), mc.matrix("W3", 2, 8)
    x, z1, z2, y, t = mc.vector("x", 10), mc.vector("z1", 6), mc.vector("z2", 8), mc.vector("y", 2), mc.vector("t", 2)

    # The Jacobian of each step by its own input, outermost first: the factors of the chain rule.
    steps = [
        ("loss by y", mc.jacobian(loss_of(y, t), y)),
        ("y by z2", mc.jacobian(layer(W3, z2), z2)),
        ("z2 by z1", mc.jacobian(layer(W2, z1), z1)),
        ("z1 by x", mc.jacobian(layer(W1, x), x)),
    ]
    for label, jacobian in steps:
        print(f"{label:10} {jacobian.shape!s:5} {jacobian}")

    rng = np.random.default_rng(6)
    values = {"W1": rng.normal(size=(6, 10)) / 3, "W2": rng.normal(size=(8, 6)) / 3, "W3": rng.normal(size=(2, 8)) / 3}
    values |= {"x": rng.normal(size=10), "t": rng.normal(size=2)}
    values["z1"] = np.tanh(values["W1"] @ values["x"])
    values["z2"] = np.tanh(values["W2"] @ values["z1"])
    values["y"] = np.tanh(values["W3"] @ values["z2"])

    # Two layers: the Jacobian of the composition is the product of the Jacobians.
    composed = mc.jacobian(layer(W2, layer(W1, x)), x)
    product = mc.evaluate(steps[2][1], values) @ mc.evaluate(steps[3][1], values)
    print(f"D(h∘g) is {composed.shape}: {composed}")
    check("D(h∘g) and Dh·Dg", mc.evaluate(composed, values), product)

    # The whole network.
    loss = loss_of(layer(W3, layer(W2, layer(W1, x))), t)
    chain = [np.asarray(mc.evaluate(jacobian, values)) for _, jacobian in steps]
    chain[0] = chain[0].reshape(1, -1)  # a row comes as an array of one axis
    gradient = mc.evaluate(mc.gradient(loss, x), values)
    check("gradient and product of four Jacobians", gradient, np.linalg.multi_dot(chain)[0])
    numerical = central_difference(lambda at: mc.evaluate(loss, values | {"x": at}), values["x"])
    check("gradient by x", gradient, numerical)

    shapes = [factor.shape for factor in chain]
    print("the chain:", " · ".join(f"{rows}×{cols}" for rows, cols in shapes))
    print("multiplications from the output side:", multiplications_from_output(shapes))
    print("multiplications from the input side: ", multiplications_from_input(shapes))


if __name__ == "__main__":
    main()
