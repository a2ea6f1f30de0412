"""Evaluation plans: their costs, the sizes for which they are cheapest, tables and pictures."""
