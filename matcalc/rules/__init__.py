"""How networks simplify: lines of mathematics, what finds them, algorithms that are no lines, their order."""
