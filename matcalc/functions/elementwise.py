"""Functions of one number, applied to every entry. ``derivative`` is f'(u), in matcalc's own notation."""

from __future__ import annotations

from typing import Any

from matcalc.function import FLAT, Function
from matcalc.rational import Fraction

TABLES = "Abramowitz & Stegun, Handbook of Mathematical Functions"

_FAST_SOFTPLUS = '''_softplus({u})

def _softplus(u):
    """log(1 + exp(u)), without overflow."""
    e = np.abs(u)
    np.negative(e, out=e)
    np.exp(e, out=e)
    np.log1p(e, out=e)
    e += np.maximum(u, 0.0)
    return e
'''

_INVMILLS = '''_invmills({u})

def _invmills(u):
    """normpdf(u) / normcdf(u), where both are too small for a number, too."""
    with np.errstate(over="ignore"):
        return np.sqrt(2 / np.pi) / special.erfcx(-u / np.sqrt(2))
'''

OFF_POLES = "u not one of 0, -1, -2 …"


# Of two arrays of one shape, or of an array and a scalar.
PAIR = "(m,n),(m,n)->(m,n) | (m,n),(1,1)->(m,n) | (1,1),(m,n)->(m,n)"


def _elementwise(
    name: str, derivative: str, numpy: str, summary: str, *, operands: tuple[str, ...] = ("u",), **more: Any
) -> Function:
    signature = more.pop("signature", ",".join(["(m,n)"] * len(operands)) + "->(m,n)")
    more = {"flops": "m*n", "source": TABLES, **more}
    return Function(name, signature, summary, operands, derivative=derivative, numpy=numpy, **more)


ELEMENTWISE = (
    _elementwise(
        "exp", "exp(u)", "np.exp({u})", "exponential of every entry",
        range="(0, inf)", at_zero=1, c="exp({u})", precise="exp(u)", latex=r"\exp",
    ),
    _elementwise(
        "log", "1./u", "np.log({u})", "natural logarithm",
        domain="positive", defined="u > 0", at_one=0, c="log({u})", precise="log(u)", latex=r"\log", aliases=("ln",),
    ),
    _elementwise(
        "sin", "cos(u)", "np.sin({u})", "sine",
        range="[-1, 1]", parity="odd", at_zero=0, c="sin({u})", precise="sin(u)", latex=r"\sin",
    ),
    _elementwise(
        "cos", "-sin(u)", "np.cos({u})", "cosine",
        range="[-1, 1]", parity="even", at_zero=1, c="cos({u})", precise="cos(u)", latex=r"\cos",
    ),
    _elementwise(
        "tan", "1 + tan(u).^2", "np.tan({u})", "tangent",
        domain="unit", defined="cos(u) ≠ 0", parity="odd", at_zero=0, c="tan({u})", precise="tan(u)", latex=r"\tan",
    ),
    _elementwise(
        "arcsin", "1./sqrt(1 - u.^2)", "np.arcsin({u})", "inverse sine",
        domain="unit", defined="u between -1 and 1", keeps=("sign",), parity="odd", at_zero=0,
        c="asin({u})", precise="asin(u)", latex=r"\arcsin", aliases=("asin",),
    ),
    _elementwise(
        "arccos", "-1./sqrt(1 - u.^2)", "np.arccos({u})", "inverse cosine",
        domain="unit", defined="u between -1 and 1", at_one=0,
        c="acos({u})", precise="acos(u)", latex=r"\arccos", aliases=("acos",),
    ),
    _elementwise(
        "arctan", "1./(1 + u.^2)", "np.arctan({u})", "inverse tangent",
        range="(-1.571, 1.571)", keeps=("sign",), parity="odd", at_zero=0,
        c="atan({u})", precise="atan(u)", latex=r"\arctan", aliases=("atan",),
    ),
    _elementwise(
        "tanh", "1 - tanh(u).^2", "np.tanh({u})", "hyperbolic tangent",
        range="(-1, 1)", keeps=("sign",), parity="odd", at_zero=0, c="tanh({u})", precise="tanh(u)", latex=r"\tanh",
    ),
    _elementwise(
        "sinh", "cosh(u)", "np.sinh({u})", "hyperbolic sine",
        keeps=("sign",), parity="odd", at_zero=0, c="sinh({u})", precise="sinh(u)", latex=r"\sinh",
    ),
    _elementwise(
        "cosh", "sinh(u)", "np.cosh({u})", "hyperbolic cosine",
        range="[1, inf)", parity="even", at_zero=1, c="cosh({u})", precise="cosh(u)", latex=r"\cosh",
    ),
    _elementwise(
        "abs", "sign(u)", "np.abs({u})", "absolute value; its derivative at 0 is given as 0",
        range="[0, inf)", keeps=("positive", "zero"), parity="even", at_zero=0, pieces="sign", branches=("u", "-u"),
        c="fabs({u})", precise="abs(u)", latex=r"\left\lvert {u} \right\rvert",
    ),
    _elementwise(
        "sign", FLAT, "np.sign({u})", "sign: -1, 0 or 1; its derivative is 0",
        range="[-1, 1]", keeps=("sign",), parity="odd", at_zero=0, pieces="sign", branches=("1", "-1"),
        c="({u} > 0) - ({u} < 0)", precise="sign(u)", latex=r"\operatorname{sign}", aliases=("sgn", "signum"),
    ),
    _elementwise(
        "relu", "step(u)", "np.maximum({u}, 0)", "positive part; its derivative at 0 is given as 0",
        range="[0, inf)", keeps=("positive",), at_zero=0, pieces="sign", branches=("u", "0"),
        c="({u} > 0 ? {u} : 0.0)", precise="u if u > 0 else 0*u",
    ),
    _elementwise(
        "maximum", "step(u - v); nonnegative(v - u)", "np.maximum({u}, {v})",
        "the larger of two entries; where they are equal, its derivative is that of the second",
        operands=("u", "v"), signature=PAIR, pieces="sign", kink="u - v",
        c="({u} > {v} || {u} != {u} ? {u} : {v})", precise="u if u > v else v", latex=r"\max",
    ),
    _elementwise(
        "minimum", "step(v - u); nonnegative(u - v)", "np.minimum({u}, {v})",
        "the smaller of two entries; where they are equal, its derivative is that of the second",
        operands=("u", "v"), signature=PAIR, pieces="sign", kink="u - v",
        c="({u} < {v} || {u} != {u} ? {u} : {v})", precise="u if u < v else v", latex=r"\min",
    ),
    _elementwise(
        "huber", "minimum(maximum(u, -v), v); (abs(u) - v).*step(abs(u) - v)",
        "np.where(np.abs({u}) <= {v}, 0.5 * {u} ** 2, {v} * (np.abs({u}) - 0.5 * {v}))",
        "u.^2/2 where abs(u) is at most v > 0, and v.*(abs(u) - v/2) beyond: Huber's loss",
        operands=("u", "v"), signature=PAIR, domain="positive", pieces="sign", kink="abs(u) - v",
        c="(fabs({u}) <= {v} ? 0.5 * {u} * {u} : {v} * (fabs({u}) - 0.5 * {v}))",
        precise="u**2/2 if abs(u) <= v else v*(abs(u) - v/2)",
    ),
    _elementwise(
        "step", FLAT, "np.heaviside({u}, 0)", "1 where the entry is positive, else 0; its derivative is 0",
        range="[0, 1]", keeps=("positive",), at_zero=0, pieces="sign", branches=("1", "0"),
        c="({u} > 0 ? 1.0 : 0.0)", precise="0*u + (u > 0)", aliases=("heaviside",), is_indicator=True,
    ),
    _elementwise(
        "sigmoid", "sigmoid(u).*sigmoid(-u)", "special.expit({u})", "logistic function 1/(1 + exp(-u))",
        range="(0, 1)", at_zero=Fraction(1, 2), c="1.0 / (1.0 + exp(-{u}))", precise="1/(1 + exp(-u))", latex=r"\sigma",
        aliases=("expit", "logistic"),
    ),
    _elementwise(
        "softplus", "sigmoid(u)", "np.logaddexp(0, {u})", "log(1 + exp(u)), without overflow",
        range="(0, inf)", fast=_FAST_SOFTPLUS, c="softplus({u})", precise="log(1 + exp(u))",
    ),
    _elementwise(
        "log1p", "1./(1 + u)", "np.log1p({u})", "log(1 + u), accurate for small u",
        domain="positive", defined="1 + u > 0", keeps=("sign",), at_zero=0, c="log1p({u})", precise="log(1 + u)",
    ),
    _elementwise(
        "expm1", "exp(u)", "np.expm1({u})", "exp(u) - 1, accurate for small u",
        range="(-1, inf)", keeps=("sign",), at_zero=0, c="expm1({u})", precise="expm1(u)",
    ),
    _elementwise(
        "erf", "2/sqrt(pi)*exp(-u.^2)", "special.erf({u})", "error function",
        range="(-1, 1)", keeps=("sign",), parity="odd", at_zero=0, c="erf({u})", precise="erf(u)",
    ),
    _elementwise(
        "normpdf", "-u.*normpdf(u)", "np.exp(-0.5 * {u} ** 2) / np.sqrt(2 * np.pi)",
        "density of the normal distribution",
        range="(0, 0.4)", parity="even", c="0.3989422804014327 * exp(-0.5 * {u} * {u})", precise="npdf(u)",
    ),
    _elementwise(
        "normcdf", "normpdf(u)", "special.ndtr({u})", "distribution function of the normal distribution",
        range="(0, 1)", at_zero=Fraction(1, 2), c="0.5 * erfc({u} * -0.7071067811865476)", precise="ncdf(u)",
        aliases=("ndtr",),
    ),
    _elementwise(
        "lognormcdf", "invmills(u)", "special.log_ndtr({u})", "log(normcdf(u)), right in both tails",
        range="(-inf, 0)", c="log_normcdf({u})", precise="log(ncdf(u))",
    ),
    _elementwise(
        "invmills", "-invmills(u).*(u + invmills(u))", _INVMILLS,
        "inverse Mills ratio normpdf(u)/normcdf(u), the derivative of lognormcdf",
        range="(0, inf)", c="inverse_mills({u})", precise="npdf(u)/ncdf(u)",
    ),
    _elementwise(
        "lgamma", "digamma(u)", "special.gammaln({u})", "logarithm of the absolute value of the gamma function",
        domain="positive", defined=OFF_POLES, at_one=0, c="lgamma({u})", precise="log(abs(gamma(u)))",
        aliases=("gammaln", "loggamma"),
    ),
    _elementwise(
        "digamma", "trigamma(u)", "special.digamma({u})", "derivative of lgamma",
        domain="positive", defined=OFF_POLES, precise="digamma(u)",
    ),
    _elementwise(
        "trigamma", "", "special.polygamma(1, {u})", "second derivative of lgamma, the last one that is known",
        elementwise=True, range="(0, inf)", domain="positive", defined=OFF_POLES, precise="polygamma(1, u)",
    ),
    _elementwise(
        "xlogx", "log(u) + 1", "special.xlogy({u}, {u})", "u.*log(u), which is 0 at 0",
        range="[-0.368, inf)", domain="positive", defined="u > 0", at_zero=0, at_one=0,
        c="({u} == 0 ? 0.0 : {u} * log({u}))", precise="u*log(u) if u else u",
    ),
    _elementwise(
        "sinc", "(cos(u) - sinc(u))./u", "np.sinc({u} / np.pi)", "sin(u)./u, which is 1 at 0",
        range="[-0.218, 1]", parity="even", at_zero=1, near_zero="sin(u)./u",
        c="({u} == 0 ? 1.0 : sin({u}) / {u})", precise="sinc(u)",
    ),
)  # fmt: skip

POWER = _elementwise(
    "power", "v.*u.^(v - 1); u.^v.*log(u)", "np.power({u}, {v})", "u.^v with an exponent that is not a number",
    operands=("u", "v"), domain="positive", defined="u > 0", keeps=("positive",),
    c="pow({u}, {v})", precise="power(u, v)",
)  # fmt: skip
