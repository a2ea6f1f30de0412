"""Formulas as text: read, with the shapes of undeclared names inferred, and printed as text, Unicode, LaTeX and indices."""
