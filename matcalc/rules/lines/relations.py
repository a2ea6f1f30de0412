"""Relations between two functions of one number, by which terms of a sum are put together where it becomes shorter.

f(u)^p + c*g(k*u)^p -> r says so of two terms, and 1 + c*f(u)^p -> s*g(k*u)^p of a number and a term; a common factor
may stand before both.
"""

RULES = """
sigmoid(u) + sigmoid(-u) -> 1
softplus(u) - softplus(-u) -> u
relu(u) - relu(-u) -> u
relu(u) + relu(-u) -> abs(u)
step(u) - step(-u) -> sign(u)
step(u) + nonnegative(-u) -> 1
iszero(u) + nonzero(u) -> 1
tanh(u) - 2*sigmoid(2*u) -> -1
sin(u)^2 + cos(u)^2 -> 1
cos(u)^2 + sin(u)^2 -> 1
cosh(u)^2 - sinh(u)^2 -> 1
sinh(u)^2 - cosh(u)^2 -> -1
1 - sigmoid(u) -> sigmoid(-u)
1 - sin(u)^2 -> cos(u)^2
1 - cos(u)^2 -> sin(u)^2
1 + sinh(u)^2 -> cosh(u)^2
1 - cosh(u)^2 -> -sinh(u)^2
"""
