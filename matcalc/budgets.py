"""Limits of work, with their reasons: where one is reached, the result is still right, only less simplified.

All of them count steps or sizes of formulas, so that every machine finds the same; none depends on what was asked
before. With them each stage is a polynomial of low degree in what it reads and writes (``tests/test_growth.py``).
Limits of a single module that no other one needs stand in that module.
"""

from __future__ import annotations

# Weight of a term (its parts counted as often as they occur) up to which rules multiply it out to see whether it gets
# shorter. Rules apply to what they make on the way, too: without a bound a quotient nested k deep takes c^k steps.
HEAVIEST_TRIED = 60

# Factors that a product is opened into. A shared product may be one of exponentially many factors: ((X*X)*(X*X))*…;
# one of more factors stays a factor itself, and a higher power is written as a product of powers.
LONGEST_CHAIN = 1_000

# Parts of a written formula that are opened to see it as a number times scalars times matrices; what is in the others
# is not compared with what is in other terms. Shared scalars would be opened as often as they occur.
MOST_OPENED = 200

# Terms that a derivative of matrices by matrices is multiplied out into, to be written with Kronecker products. It has
# as many as there are paths through the formula: of more, an inner derivative is written as a matrix of its own.
MOST_SPREAD = 60

# Terms of a sum that are looked through for two that a rule puts together: 1 - sigmoid(u), sin(u)^2 + cos(u)^2. Of a
# longer sum a derivative is only longer. Each of the terms that have such functions, up to so many, is tried with every
# other one.
LARGEST_COMBINED = 48
MOST_RELATED = 12

# Terms that are put over a common divisor, each with each: numerators are multiplied out for that, which is dear. In a
# longer sum, those with a divisor alone are put together, if there are no more of them.
MOST_OVER_DIVISORS = 8

# Terms of a sum that are seen as one function of their parts, X'*diag(v)*X of v, in all ways there are.
MOST_FRAMED = 12

# Terms that a product of sums is multiplied out into, to see whether terms cancel.
MOST_MULTIPLIED = 12

# Terms of a written sum of which each is compared with each, for factors that they share; a longer sum is written
# without brackets.
LONGEST_FACTORED = 32

# The highest power that a program divides by in parts, one after another. Where a higher one overflows, so does what it
# divides, but for rare cases.
HIGHEST_IN_PARTS = 12

# Nodes of up to this weight are not nested deeper than Python can recurse.
SHALLOW = 60


class Steps:
    """Steps that may still be taken: counted, not timed."""

    def __init__(self, most: int) -> None:
        self.left = most

    def take(self) -> bool:
        """Whether there is one more."""
        self.left -= 1
        return self.left >= 0
