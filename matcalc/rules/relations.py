"""Relations between two functions of one number."""

RULES = """
"""
