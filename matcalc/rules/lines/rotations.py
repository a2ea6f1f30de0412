"""Rotations in space. The column about which one turns stays; the left Jacobian is the right one's transpose."""

RULES = """
rodrigues(s*a)*a -> a
rodrigues(s*a)'*a -> a
rightjac(s*a)*a -> a
rightjac(s*a)'*a -> a
rodrigues(a)*rightjac(a) -> rightjac(a)'
rodrigues(a)'*rightjac(a)' -> rightjac(a)
det(rodrigues(a)) -> 1
"""
