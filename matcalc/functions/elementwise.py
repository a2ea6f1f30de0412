"""Functions of one number, applied to every entry. ``derivative`` is f'(u), in matcalc's own notation."""

from __future__ import annotations

from matcalc.expr import Function

TABLES = "Abramowitz & Stegun, Handbook of Mathematical Functions"


def _elementwise(
    name: str,
    derivative: str,
    numpy: str,
    summary: str,
    *,
    domain: str = "real",
    latex: str = "",
    aliases: tuple[str, ...] = (),
    operands: tuple[str, ...] = ("u",),
    parity: str = "",
    pieces: str = "",
    defined: str = "",
) -> Function:
    return Function(
        name=name,
        signature=",".join(["(m,n)"] * len(operands)) + "->(m,n)",
        summary=summary,
        operands=operands,
        derivative=derivative,
        numpy=numpy,
        domain=domain,
        latex=latex,
        aliases=aliases,
        parity=parity,
        pieces=pieces,
        defined=defined,
        flops="m*n",
        source=TABLES,
    )


ELEMENTWISE = (
    _elementwise("exp", "exp(u)", "np.exp({u})", "exponential of every entry", latex=r"\exp"),
    _elementwise(
        "log",
        "1./u",
        "np.log({u})",
        "natural logarithm",
        domain="positive",
        latex=r"\log",
        aliases=("ln",),
        defined="u > 0",
    ),
    _elementwise("sin", "cos(u)", "np.sin({u})", "sine", latex=r"\sin", parity="odd"),
    _elementwise("cos", "-sin(u)", "np.cos({u})", "cosine", latex=r"\cos", parity="even"),
    _elementwise(
        "tan",
        "1 + tan(u).^2",
        "np.tan({u})",
        "tangent",
        latex=r"\tan",
        domain="unit",
        parity="odd",
        defined="cos(u) ≠ 0",
    ),
    _elementwise(
        "arcsin",
        "1./sqrt(1 - u.^2)",
        "np.arcsin({u})",
        "inverse sine",
        domain="unit",
        latex=r"\arcsin",
        aliases=("asin",),
        parity="odd",
        defined="u between -1 and 1",
    ),
    _elementwise(
        "arccos",
        "-1./sqrt(1 - u.^2)",
        "np.arccos({u})",
        "inverse cosine",
        domain="unit",
        latex=r"\arccos",
        aliases=("acos",),
        defined="u between -1 and 1",
    ),
    _elementwise(
        "arctan",
        "1./(1 + u.^2)",
        "np.arctan({u})",
        "inverse tangent",
        latex=r"\arctan",
        aliases=("atan",),
        parity="odd",
    ),
    _elementwise("tanh", "1 - tanh(u).^2", "np.tanh({u})", "hyperbolic tangent", latex=r"\tanh", parity="odd"),
    _elementwise("sinh", "cosh(u)", "np.sinh({u})", "hyperbolic sine", latex=r"\sinh", parity="odd"),
    _elementwise("cosh", "sinh(u)", "np.cosh({u})", "hyperbolic cosine", latex=r"\cosh", parity="even"),
    _elementwise(
        "abs",
        "sign(u)",
        "np.abs({u})",
        "absolute value; its derivative at 0 is given as 0",
        parity="even",
        pieces="sign",
    ),
    _elementwise(
        "sign",
        "0*u",
        "np.sign({u})",
        "sign: -1, 0 or 1; its derivative is 0",
        latex=r"\operatorname{sign}",
        parity="odd",
        pieces="sign",
    ),
    _elementwise(
        "relu", "step(u)", "np.maximum({u}, 0)", "positive part; its derivative at 0 is given as 0", pieces="sign"
    ),
    _elementwise(
        "step",
        "0*u",
        "np.heaviside({u}, 0)",
        "1 where the entry is positive, else 0; its derivative is 0",
        aliases=("heaviside",),
        pieces="sign",
    ),
    _elementwise(
        "sigmoid", "sigmoid(u).*sigmoid(-u)", "special.expit({u})", "logistic function 1/(1 + exp(-u))", latex=r"\sigma"
    ),
    _elementwise("softplus", "sigmoid(u)", "np.logaddexp(0, {u})", "log(1 + exp(u)), without overflow"),
    _elementwise(
        "log1p",
        "1./(1 + u)",
        "np.log1p({u})",
        "log(1 + u), accurate for small u",
        domain="positive",
        defined="1 + u > 0",
    ),
    _elementwise("expm1", "exp(u)", "np.expm1({u})", "exp(u) - 1, accurate for small u"),
    _elementwise("erf", "2/sqrt(pi)*exp(-u.^2)", "special.erf({u})", "error function", parity="odd"),
)

POWER = _elementwise(
    "power",
    "v.*u.^(v - 1); u.^v.*log(u)",
    "np.power({u}, {v})",
    "u.^v with an exponent that is not a number",
    domain="positive",
    operands=("u", "v"),
    defined="u > 0",
)
