"""Formulas as text: read, with the shapes of undeclared names inferred, and printed."""
