"""Functions of one number with a kink: signs, absolute values, steps; and powers."""

RULES = """
abs(u) -> u if nonneg(u)
sign(u) -> 1 if positive(u)
relu(u) -> u if nonneg(u)
maximum(u, u) -> u
minimum(u, u) -> u
maximum(u, 0) -> relu(u)
maximum(0, u) -> relu(u)
step(u) -> 1 if positive(u)
step(u)*step(u) -> step(u)
nonnegative(u) -> 1 if nonneg(u)
nonnegative(u)*nonnegative(u) -> nonnegative(u)
nonnegative(u)*step(u) -> step(u)
iszero(u)*iszero(u) -> iszero(u)
nonzero(u) -> 1 if positive(u)
nonzero(u)*nonzero(u) -> nonzero(u)
relu(u)*step(u) -> relu(u)
sign(u)*abs(u) -> u
abs(u).^2 -> u.^2
sign(u)/abs(u) -> 1/u if whole  # sign(u)/abs(u)^2 is shorter than 1/(u*abs(u))
sign(u)*u -> abs(u)
u*u.^v -> u.^(v + 1)
u.^v/u -> u.^(v - 1)
u.^0.5*u.^v -> u.^(v + 0.5)
u.^v/u.^0.5 -> u.^(v - 0.5)
"""
