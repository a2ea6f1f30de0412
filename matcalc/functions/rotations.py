"""Cross products, and rotations in space: the exponential of hat(w) in Rodrigues' form, with its right Jacobian."""

from __future__ import annotations

from matcalc.function import Function

BOOK = "Solà, Deray & Atchuthan, A micro Lie theory for state estimation in robotics (2018)"

_LEVICIVITA = '''
def _levicivita(x):
    """1 for places in the order of 1, 2, 3, -1 for those in the other order, 0 where two are the same."""
    i, j, k = np.ogrid[:3, :3, :3]
    return (i - j) * (j - k) * (k - i) / 2.0
'''

_SERIES = '''
def _skew(x):
    """The skew matrix of a vector."""
    skew = np.zeros((*x.shape, 3), x.dtype)
    skew[..., [2, 0, 1], [1, 2, 0]] = x
    return skew - np.swapaxes(skew, -1, -2)


def _stumpff(k, t):
    """The sum of (-t)^i/(k + 2*i)! for t up to 4: sin(r)/r, (1 - cos(r))/r^2, (r - sin(r))/r^3, ... of t = r^2."""
    total = 0.0
    for i in range(16, 0, -1):
        total = 1.0 - total * t / ((k + 2 * i) * (k + 2 * i - 1))
    return total / np.prod(np.arange(1.0, k + 1.0))
'''

_RODRIGUES = (
    _SERIES
    + '''

def _rodrigues(x):
    """The rotation by the angle |x| about x."""
    r = np.linalg.norm(x, axis=-1)[..., None]
    t = np.minimum(r, 2.0) ** 2
    first = np.where(r < 2.0, _stumpff(1, t), np.sin(r))[..., None]
    second = np.where(r < 2.0, _stumpff(2, t), 1.0 - np.cos(r))[..., None]
    skew = _skew(x / np.where(r < 2.0, 1.0, r))
    return np.eye(3) + first * skew + second * (skew @ skew)
'''
)

_RIGHTJAC = (
    _SERIES
    + '''

def _rightjac(x):
    """The right Jacobian of the rotation by x."""
    r = np.linalg.norm(x, axis=-1)[..., None]
    t, far = np.minimum(r, 2.0) ** 2, np.maximum(r, 2.0)
    first = np.where(r < 2.0, _stumpff(2, t), (1.0 - np.cos(far)) / far)[..., None]
    second = np.where(r < 2.0, _stumpff(3, t), 1.0 - np.sin(far) / far)[..., None]
    skew = _skew(x / np.where(r < 2.0, 1.0, r))
    return np.eye(3) - first * skew + second * (skew @ skew)
'''
)

_DRIGHTJAC = (
    _SERIES
    + '''

def _drightjac(x):
    """The derivative of the right Jacobian: D[j, i, k] is that of entry (i, j) by x[k]."""
    r = np.linalg.norm(x, axis=-1)[..., None, None]
    near, far = np.minimum(r, 2.0) ** 2, np.maximum(r, 2.0)
    t = far * far
    c2, c3 = (1.0 - np.cos(far)) / t, (1.0 - np.sin(far) / far) / t
    c4, c5 = (0.5 - c2) / t, (1.0 / 6.0 - c3) / t
    c2, c3, c4, c5 = (
        np.where(r < 2.0, _stumpff(k, near), c) for k, c in zip((2, 3, 4, 5), (c2, c3, c4, c5), strict=True)
    )
    skew = _skew(x)
    along = (c3 - 2.0 * c4) * skew + (3.0 * c5 - c4) * (skew @ skew)
    d = along[..., None] * x[..., None, None, :]
    for k, unit in enumerate(map(_skew, np.eye(3))):
        d[..., k] += c3 * (unit @ skew + skew @ unit) - c2 * unit
    return np.swapaxes(d, -3, -2)
'''
)

ROTATIONS = (
    Function(
        "levicivita",
        "(3,1)->(3*3,3)",
        "the symbol of Levi-Civita, of which cross, hat and vee are made; only the size of x counts",
        ("x",),
        differential="0*sum(dx)",
        numpy="_levicivita({x})\n" + _LEVICIVITA,
        c="levi_civita({y});",
        gives=("alternating",),
        range="[-1, 1]",
    ),
    Function(
        "cross",
        "(3,1),(3,1)->(3,1)",
        "cross product of two columns",
        ("x", "y"),
        definition="[levicivita(ones(3))[i*j,k]*x[i]*y[j] | k; ]",
        latex=r"\times",
        source=BOOK,
    ),
    Function(
        "hat",
        "(3,1)->(3,3)",
        "skew matrix of a column, with which it is multiplied crosswise: hat(x)*y = cross(x, y)",
        ("x",),
        definition="-[levicivita(ones(3))[i*j,k]*x[k]*ones(3)[i]*ones(3)[j] | i; j]",
        latex=r"\left[{x}\right]_{\times}",
        source=BOOK,
        aliases=("skew",),
    ),
    Function(
        "vee",
        "(3,3)->(3,1)",
        "column of the skew part of a matrix, the inverse of hat: hat(vee(X)) = (X - X')/2",
        definition="-0.5*[levicivita(ones(3))[i*j,k]*X[i,j] | k; ]",
        source=BOOK,
    ),
    Function(
        "rodrigues",
        "(3,1)->(3,3)",
        "rotation by the angle norm2(x) about x: expm(hat(x)) = eye(3) + sin(r)/r*hat(x) + (1 - cos(r))/r^2*hat(x)^2",
        ("x",),
        differential="rodrigues(x)*hat(rightjac(x)*dx)",
        numpy="_rodrigues({x})\n" + _RODRIGUES,
        batch="_rodrigues({x})\n" + _RODRIGUES,
        c="rodrigues({x}, {y});",
        flops="60",
        gives=("orthogonal", "invertible"),
        range="[-1, 1]",
        latex=r"\operatorname{expm}\left(\left[{x}\right]_{\times}\right)",
        source=BOOK,
        precise="rotation(x, 0)",
    ),
    Function(
        "rightjac",
        "(3,1)->(3,3)",
        "right Jacobian of rodrigues: eye(3) - (1 - cos(r))/r^2*hat(x) + (r - sin(r))/r^3*hat(x)^2, r = norm2(x)",
        ("x",),
        differential="unvec(drightjac(x)*dx, ones(3,3))",
        numpy="_rightjac({x})\n" + _RIGHTJAC,
        batch="_rightjac({x})\n" + _RIGHTJAC,
        c="right_jacobian({x}, {y});",
        flops="60",
        latex=r"J_{r}\left({x}\right)",
        source=BOOK,
        precise="rotation(x, 1)",
    ),
    Function(
        "drightjac",
        "(3,1)->(3*3,3)",
        "Jacobian of rightjac, the last derivative of rodrigues that is known",
        ("x",),
        numpy="_drightjac({x})\n" + _DRIGHTJAC,
        c="right_jacobian_slope({x}, {y});",
        batch="_drightjac({x})\n" + _DRIGHTJAC,
        flops="400",
        source=BOOK,
    ),
)
