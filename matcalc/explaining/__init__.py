"""Derivations as steps, each of them checked when it is made."""
