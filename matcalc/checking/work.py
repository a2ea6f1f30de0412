"""How much work a search for a mistake may be: steps are counted, not timed, so that every machine finds the same."""

from __future__ import annotations

MOST_STEPS = 200_000  # parts of formulas that are evaluated, or as much work
PROOF = 2_000  # steps that one question of equality counts for
DERIVATION = 50  # steps that the derivation of one part of a formula counts for


class Work:
    """Steps that are left. Where they do not suffice for what comes next, the search ends, and says so."""

    def __init__(self, steps: int = MOST_STEPS) -> None:
        self.left = steps
        self.cut_short = False

    def affords(self, steps: int) -> bool:
        """Takes the steps off; False where there are not as many."""
        if steps > self.left:
            self.cut_short = True
            self.left = 0
            return False
        self.left -= steps
        return True
