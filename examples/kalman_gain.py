"""The Kalman gain: the gain G that makes the trace of the updated covariance smallest.

P is the covariance of the prediction, H the observation matrix and R the covariance of the observation noise. The
trace is quadratic in G; its gradient vanishes at G = P H' inv(H P H' + R).
"""

import numpy as np
from numerical import central_difference, check

import matcalc as mc


def main():
    P = mc.matrix("P", "n", "n", "posdef")
    R = mc.matrix("R", "m", "m", "posdef")
    H = mc.matrix("H", "m", "n")
    G = mc.matrix("G", "n", "m")

    spread = mc.parse("tr(E*P*E' + G*R*G') where E = eye(n) - G*H", {"P": P, "R": R, "H": H, "G": G})
    gradient = mc.gradient(spread, G)
    print("trace   ", spread)
    print("gradient", gradient)
    print("Hessian ", mc.hessian(spread, G))

    rng = np.random.default_rng(7)
    root, noise = rng.normal(size=(4, 4)), rng.normal(size=(2, 2))
    values = {
        "P": root @ root.T + np.eye(4),
        "R": noise @ noise.T + np.eye(2),
        "H": rng.normal(size=(2, 4)),
        "G": rng.normal(size=(4, 2)),
    }
    numerical = central_difference(lambda at: mc.evaluate(spread, values | {"G": at}), values["G"])
    check("gradient by G", mc.evaluate(gradient, values), numerical)

    gain = mc.evaluate(P @ H.T @ mc.inv(H @ P @ H.T + R), values)
    slope = mc.evaluate(gradient, values | {"G": gain})
    print(f"at the Kalman gain the gradient is {np.max(np.abs(slope)):.0e}")


if __name__ == "__main__":
    main()
