"""Adapters: a formula with its derived derivatives for the optimisers of other libraries."""
