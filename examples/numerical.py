"""Central differences: the check that every example makes of its gradient."""

import numpy as np

TOLERANCE = 1e-6


def central_difference(f, at, step=1e-5):
    """The gradient of a scalar function by one array, entry by entry: (f(x + h) - f(x - h))/(2h)."""
    at = np.asarray(at, dtype=float)
    slope = np.zeros_like(at)
    for entry in np.ndindex(at.shape):
        move = np.zeros_like(at)
        move[entry] = step
        slope[entry] = (f(at + move) - f(at - move)) / (2 * step)
    return slope


def check(label, found, numerical):
    """Prints the largest difference of two arrays, relative to their size, and stops where it is too large."""
    scale = max(1.0, float(np.max(np.abs(numerical))))
    difference = float(np.max(np.abs(np.asarray(found) - numerical))) / scale
    print(f"{label}: largest difference {difference:.1e}")
    if not difference < TOLERANCE:
        raise SystemExit(f"{label}: the gradient does not agree with the central difference")
