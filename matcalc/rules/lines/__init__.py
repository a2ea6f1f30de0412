"""Rules of simplification, as lines of mathematics: a file a subject, in the order in which they are tried.

``left -> right if fact(X)``: what the left side says becomes what the right side says. Letters stand for: u, v entries
of arrays of any dims; r, s, t scalars; x, y columns of n entries, p one of m; X, Y, Q n×n matrices, M an m×m one, A an
m×n one, a a column of three entries. I is the identity, one_m and one_n are columns of m and of n ones.
"""

from __future__ import annotations

from matcalc.rules.lines import (
    determinants,
    elementwise,
    exponentials,
    inverses,
    norms,
    products,
    relations,
    roots,
    rotations,
    softmax,
    spectral,
)

MODULES = (inverses, determinants, roots, exponentials, softmax, elementwise, norms, products, spectral, rotations)


def lines_of(text: str) -> list[str]:
    """The rules of a subject, without remarks."""
    return [line for row in text.splitlines() if (line := row.partition("#")[0].strip())]


LINES = [line for subject in MODULES for line in lines_of(subject.RULES)]
RELATIONS = lines_of(relations.RULES)
