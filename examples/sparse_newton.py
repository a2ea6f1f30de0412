"""Smoothing a long signal with jumps: its Hessian has three diagonals, and Newton's method solves with these alone.

The data fit is squares, and differences of neighbours cost sqrt(eps^2 + d^2), nearly |d|, so that jumps stay sharp.
With 20,000 samples the Hessian would have 400 million entries as an array.
"""

import numpy as np
from numerical import central_difference, check
from scipy.sparse.linalg import spsolve

import matcalc as mc


def main():
    names = {"x": mc.vector("x", "n"), "y": mc.vector("y", "n"), "lam": mc.scalar("lam"), "eps": mc.scalar("eps")}
    loss = mc.parse("0.5*norm2(x - y)^2 + lam*sum(sqrt(eps^2 + diff(x).^2))", names)
    gradient = mc.gradient(loss, names["x"])
    hessian = mc.hessian(loss, names["x"])
    print("loss    ", loss)
    print("gradient", gradient)
    print("hessian ", mc.structure(hessian))
    results = {"value": loss, "gradient": gradient, "hessian": hessian}
    arguments = [names[name] for name in ("x", "y", "lam", "eps")]
    smoothing = mc.emit(results, "smoothing", sparse=["hessian"], arguments=arguments).compile()

    rng = np.random.default_rng(5)
    small = rng.normal(size=(2, 6))
    _, slope, curvature = smoothing(*small, 0.7, 0.3)
    check("gradient", slope, central_difference(lambda x: smoothing(x, small[1], 0.7, 0.3)[0], small[0]))
    columns = [
        central_difference(lambda x, k=k: smoothing(x, small[1], 0.7, 0.3)[1][k], small[0]) for k in range(len(slope))
    ]
    check("Hessian", curvature.toarray(), np.array(columns))

    signal = np.repeat(rng.normal(size=40), 500)
    data = signal + 0.3 * rng.normal(size=signal.size)
    x = data.copy()
    steps = 0
    value, slope, curvature = smoothing(x, data, 5.0, 0.01)
    while np.max(np.abs(slope)) > 1e-8 and steps < 100:
        direction = spsolve(curvature.tocsc(), -slope)
        length = 1.0
        while smoothing(x + length * direction, data, 5.0, 0.01)[0] > value + 1e-4 * length * (slope @ direction):
            length /= 2
        x = x + length * direction
        steps += 1
        value, slope, curvature = smoothing(x, data, 5.0, 0.01)
    print(f"after {steps} steps the gradient is {np.max(np.abs(slope)):.0e}, of {x.size} samples")
    print(f"entries of the Hessian: {curvature.nnz}")
    before, after = (np.sqrt(np.mean((signal - of) ** 2)) for of in (data, x))
    print(f"distance from the signal: {before:.3f} before, {after:.3f} after")
    if not (np.max(np.abs(slope)) < 1e-8 and after < before / 4):
        raise SystemExit("the smoothing did not converge")


if __name__ == "__main__":
    main()
