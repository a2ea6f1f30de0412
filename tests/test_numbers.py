"""Numbers as a person writes them: short decimals where they were typed, roots of numbers, no long whole numbers."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

import matcalc as mc
from matcalc.notation.declarations import parse_where
from matcalc.numerals import effort, scale_apart, scale_inside, written
from matcalc.rational import joined_roots, rational_power, split_power, without_root

VALUES = [Fraction(n, d) for n in (1, 2, 3, 8, 12, 98, 1009, 2 * 1009**2) for d in (1, 2, 5, 18, 1000) if n != d]
EXPONENTS = [Fraction(p, q) for q in (1, 2, 3, 4) for p in (-7, -3, -1, 1, 2, 5) if math.gcd(p, q) == 1]


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_a_power_of_a_number_is_a_rational_number_times_roots_of_primes(value: Fraction) -> None:
    for exponent in EXPONENTS:
        split = split_power(value, exponent)
        assert split is not None
        rational, roots = split
        assert all(0 < power < 1 and (prime == 1009**2 or rational_power(Fraction(prime), power) is None)
                   for prime, power in roots)  # fmt: skip
        assert len({prime for prime, _ in roots}) == len(roots)
        product = float(rational) * math.prod(float(prime) ** float(power) for prime, power in roots)
        assert product == pytest.approx(float(value) ** float(exponent), rel=1e-12)


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_what_is_left_under_a_root_has_no_part_with_a_rational_root(value: Fraction) -> None:
    for exponent in (e for e in EXPONENTS if e.denominator > 1):
        part = without_root(value, exponent)
        assert rational_power(part, exponent) is not None
        assert without_root(value / part, exponent) == 1


@pytest.mark.parametrize("coefficient", [Fraction(1), Fraction(3), Fraction(1, 2), Fraction(5, 12), Fraction(7, 60)])
def test_roots_are_joined_without_changing_the_number(coefficient: Fraction) -> None:
    half, third = Fraction(1, 2), Fraction(1, 3)
    pool = [(Fraction(2), half), (Fraction(3), half), (Fraction(5), third), (Fraction(2), third)]
    for count in range(4):
        for roots in itertools.combinations(pool, count):
            before, joined = joined_roots(coefficient, roots)
            exponents = [abs(power) for _, power in joined]
            assert all(base > 0 and base != 1 for base, _ in joined)
            assert len({*exponents}) <= len({power for _, power in roots} | {1 - power for _, power in roots})
            got = float(before) * math.prod(float(base) ** float(power) for base, power in joined)
            want = float(coefficient) * math.prod(float(base) ** float(power) for base, power in roots)
            assert got == pytest.approx(want, rel=1e-12)


def test_what_has_no_real_power_or_a_long_one_is_left() -> None:
    assert split_power(Fraction(-2), Fraction(1, 2)) is None
    assert split_power(Fraction(2), Fraction(2001, 2)) is None
    assert split_power(Fraction(10**301 + 1), Fraction(1, 2)) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(7), "7"),
        (Fraction(-1, 2), "-0.5"),
        (Fraction(1, 3), "1/3"),
        (Fraction("0.044715"), "0.044715"),
        (Fraction("0.000001"), "0.000001"),
        (Fraction("2.5e-9"), "2.5e-09"),
        (Fraction(-5, 7), "-5/7"),
    ],
)
def test_a_number_is_written_short_and_read_back(value: Fraction, text: str) -> None:
    assert written(value) == text
    assert mc.parse(text) is mc.parse(f"({value.numerator})/{value.denominator}") or "/" not in text


@pytest.mark.parametrize(
    ("value", "alone", "characters"),
    [
        (Fraction(1), False, 0),  # x
        (Fraction(-1), False, 0),
        (Fraction(1), True, 1),
        (Fraction(5), False, 2),  # 5*x
        (Fraction(1, 3), False, 2),  # x/3
        (Fraction(2, 3), False, 4),  # 2*x/3
        (Fraction(-1, 5), False, 4),  # 0.2*x
        (Fraction(1, 5), True, 3),
    ],
)
def test_effort(value: Fraction, alone: bool, characters: int) -> None:
    assert effort(value, alone) == characters


@pytest.mark.parametrize(
    ("numbers", "scale"),
    [
        ([5, 1], "1"),  # whole numbers of one digit are easy
        ([10, 1], "1"),
        ([10, -3], "1/10"),  # x - 0.3*y
        ([200000, 8943], "1/200000"),  # x + 0.044715*y
        ([7, 11], "1"),
    ],
)
def test_the_scale_at_which_a_sum_is_short(numbers: list[int], scale: str) -> None:
    assert scale_apart([(Fraction(n), False) for n in numbers], [True] * len(numbers)) == Fraction(scale)


@pytest.mark.parametrize(
    ("before", "numbers", "bare", "scale"),
    [
        ("0.2", [5, 1], True, "0.2"),  # u + 0.2*x for 0.2*(5*u + x)
        ("-0.2", [5, 1], True, "-0.2"),
        ("-0.2", [5, 1], False, "0.2"),  # a number before a product keeps its sign
        ("0.5", [1, 1], True, "1"),  # 0.5*(x + y)
        ("0.4", [5, 2], False, "1/5"),  # 2*A*(x + 0.4*y)
    ],
)
def test_what_of_a_number_goes_into_a_sum(before: str, numbers: list[int], bare: bool, scale: str) -> None:
    assert scale_inside([(Fraction(n), False) for n in numbers], Fraction(before), bare) == Fraction(scale)


WHERE = "A: m×n, b: m, x: n, y: n, X: n×n, a: 1×1, s: 1×1 positive, r: 1×1, q: 1×1"

# formula, by, gradient
GRADIENTS = [
    ("norm2(A*x - b)^2/2 + 0.1*x'*x", "x", "A'*(A*x - b) + 0.2*x"),
    ("0.7*norm2(A*x - 0.3*b)^2", "x", "1.4*A'*(A*x - 0.3*b)"),
    ("0.3*sum(exp(x)) + 0.7*sum(log(x))", "x", "0.7./x + 0.3*exp(x)"),
    ("sum(0.7*x.^3 + 1.25*x.^2)", "x", "2.5*x + 2.1*x.^2"),
    ("0.9*x'*y/(x'*x + 1e-6)", "x", "0.9*(y - 2*(x'*y)*x/(0.000001 + x'*x))/(0.000001 + x'*x)"),
    ("sum(tanh(x + 0.044715*x.^3))", "x", "(1 + 0.134145*x.^2).*(1 - tanh(x + 0.044715*x.^3).^2)"),
    ("tr(X'*X)/3 + tr(X)/7", "X", "eye(n)/7 + 2*X/3"),
    ("x'*X*x/2 - y'*x/3", "x", "0.5*(X + X')*x - y/3"),
    ("(a - 0.1)^2*(a + 2.5)", "a", "(a - 0.1)*(4.9 + 3*a)"),
    ("a^2/2 - a/3", "a", "a - 1/3"),
    ("tanh(a + a^2)", "a", "(1 + 2*a)*(1 - tanh(a + a^2)^2)"),
    ("norm2(x - y)^2 + (x - y)'*X*(x - y)", "x", "(X + X')*(x - y) + 2*(x - y)"),
    ("norm2(sqrt(8)*x)", "x", "2*sqrt(2)*x/norm2(x)"),
    ("sqrt(2*x'*x)", "x", "sqrt(2)*x/norm2(x)"),
    ("norm2(x)/sqrt(2) + norm2(x)*sqrt(2)", "x", "3*x/(sqrt(2)*norm2(x))"),
    ("norm2(sqrt(2)*x)*norm2(sqrt(8)*x)", "x", "8*x"),
    ("sqrt(2)*sqrt(3)*a^3", "a", "3*sqrt(6)*a^2"),
    ("a^2*sqrt(18)/sqrt(2)", "a", "6*a"),
    ("(sqrt(2)*a)^3", "a", "6*sqrt(2)*a^2"),
    ("sqrt(2/3)*a", "a", "sqrt(2/3)"),
    ("sqrt(8*r)*a", "a", "2*sqrt(2*r)"),
    ("a*sqrt(r/8)", "a", "0.5*sqrt(0.5*r)"),
    ("a/sqrt(2*pi*s)", "a", "1/sqrt(2*pi*s)"),
    ("x'*x/(2*sqrt(2)) + y'*x", "x", "x/sqrt(2) + y"),
    ("sum(x.*(1 + erf(x/sqrt(2))))/2", "x", "0.5*(1 + erf(x/sqrt(2)) + sqrt(2/pi)*(x.*exp(-0.5*x.^2)))"),
]


@pytest.mark.parametrize(("formula", "by", "text"), GRADIENTS, ids=[row[0] for row in GRADIENTS])
def test_the_gradient_has_the_numbers_of_the_formula(formula: str, by: str, text: str) -> None:
    variables = parse_where(WHERE)
    f = mc.parse(formula, variables)
    gradient = mc.gradient(f, variables[by])
    assert str(gradient) == text
    rng = np.random.default_rng(3)
    at = {v: rng.uniform(0.5, 1.5, [{"m": 2, "n": 3}.get(str(d), 1) for d in variables[v].shape]) for v in variables}
    slope = np.reshape(mc.evaluate(gradient, at), at[by].shape)
    for place in np.ndindex(at[by].shape):
        up, down = ({**at, by: at[by].copy()} for _ in range(2))
        up[by][place] += 1e-6
        down[by][place] -= 1e-6
        assert slope[place] == pytest.approx((mc.evaluate(f, up) - mc.evaluate(f, down)) / 2e-6, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("style", ["readable", "fast"])
def test_code_has_the_numbers_of_the_formula(style: str) -> None:
    variables = parse_where(WHERE)
    x = variables["x"]
    for formula, wanted in (
        ("sum(tanh(x + 0.044715*x.^3))", {"0.044715", "0.134145"}),
        ("0.9*x'*y/(x'*x + 1e-6)", {"0.9", "1e-06"}),
        ("norm2(A*x - b)^2/2 + 0.1*x'*x", {"0.2"}),
        ("norm2(sqrt(8)*x)/sqrt(3)", {"np.sqrt(2.0 / 3.0)"}),
    ):
        source = mc.emit({"g": mc.gradient(mc.parse(formula, variables), x)}, style=style, check=False).source
        body = source[source.rindex('"""') :]
        assert all(number in body for number in wanted), body
        assert not any(long in body for long in ("000.0", "5.0 *", "8.0")), body


@pytest.mark.parametrize(
    ("formula", "latex"),
    [
        ("0.5*x", r"\tfrac{1}{2} \, x"),
        ("0.25*x", r"\tfrac{1}{4} \, x"),
        ("0.1*x", r"0.1 \, x"),
        ("x/3", r"\frac{x}{3}"),
        ("1e-9*x", r"10^{-9} \, x"),
        ("2.5e-9*x", r"2.5 \cdot 10^{-9} \, x"),
    ],
)
def test_numbers_in_latex(formula: str, latex: str) -> None:
    assert mc.to_latex(mc.parse(formula, parse_where("x: n"))) == latex


@pytest.mark.parametrize("formula", ["(10^1000)^5*a^2", "a*(1/10^1000)^5/3", "*".join(["a"] + ["10^1000"] * 5)])
def test_a_number_that_is_too_long_is_told(formula: str) -> None:
    a = mc.scalar("a")
    for show in (str, mc.to_latex, mc.emit):
        with pytest.raises(mc.MatcalcError, match="too many digits"):
            show(mc.gradient(mc.parse(formula, {"a": a}), a))


def test_a_long_number_is_no_division_by_zero() -> None:
    a = mc.scalar("a")
    assert str(mc.gradient(mc.parse("(2^1000)^2*a + 7*a^2", {"a": a}), a)).startswith("2*(57")
