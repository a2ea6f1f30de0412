"""Shapes during inference: pairs of rows and columns, each of which may be unknown."""

from __future__ import annotations

from matcalc.notation.syntax import Syntax
from matcalc.notation.unify import Size, Unknown, resolve, show
from matcalc.shape import ONE, Dim, Form

Pair = tuple[Size, Size]
SCALAR: Pair = (ONE, ONE)


def open_shape(name: str, kind: str) -> Pair:
    """The shape of a name of which only the kind is known."""
    rows, cols = Unknown(label=f"rows({name})"), Unknown(label=f"cols({name})")
    shapes: dict[str, Pair] = {"scalar": SCALAR, "vector": (rows, ONE), "row": (ONE, cols), "square": (rows, rows)}
    return shapes.get(kind, (rows, cols))


def is_scalar_pair(pair: Pair) -> bool:
    return resolve(pair[0]) is ONE and resolve(pair[1]) is ONE


def known_dims(pairs: tuple[Pair, ...]) -> tuple[tuple[Dim, Dim], ...] | None:
    """Pairs of dimensions, where there is no unknown among them."""
    found = []
    for pair in pairs:
        rows, cols = resolve(pair[0]), resolve(pair[1])
        if isinstance(rows, Unknown) or isinstance(cols, Unknown):
            return None
        found.append((rows, cols))
    return tuple(found)


def shown_pair(pair: Pair) -> str:
    return "×".join(f"({text})" if " " in text else text for text in map(show, pair))


def bracketed(text: str) -> str:
    return text if text.replace("'", "").isalnum() else f"({text})"


def fitting_form(forms: tuple[Form, ...], pairs: tuple[Pair, ...]) -> Form:
    """The first alternative that the known ones among the dimensions admit."""
    for form in forms:
        for letters, pair in zip(form.operands, pairs, strict=True):
            is_one = tuple(resolve(side) is ONE for side in pair)
            wants_one = tuple(not side for side in letters)
            square = letters[0] == letters[1]
            if any(want and not is_ for want, is_ in zip(wants_one, is_one, strict=True)):
                break
            if square and is_one[0] != is_one[1]:
                break
        else:
            return form
    return forms[0]


# ---------------------------------------------------------------- hints
def sum_hint(text: str, node: Syntax, left: Pair, right: Pair) -> str:
    """What may be meant where shapes of a sum differ."""
    a, b = (resolve(side) for side in left), (resolve(side) for side in right)
    second = text[node.operands[1].span[0] : node.operands[1].span[1]]
    if tuple(a) == tuple(b)[::-1] and len(second) <= 60:
        return f"did you mean {bracketed(second)}'?"
    return "equal shapes are wanted on both sides"


def product_hint(text: str, node: Syntax, left: Pair, right: Pair) -> str:
    """What may be meant where inner dimensions of a product differ."""
    a, b = (text[n.span[0] : n.span[1]] for n in node.operands)
    la, ra, lb, rb = (resolve(side) for side in (*left, *right))
    if len(a) + len(b) > 60:
        return ""
    if node.operands[0].kind == "transpose" and node.operands[0].operands[0].kind == "name" and la is lb:
        return f"did you mean {a[:-1]}*{b}?"
    if node.operands[1].kind == "transpose" and node.operands[1].operands[0].kind == "name" and ra is rb:
        return f"did you mean {a}*{b[:-1]}?"
    if (la, ra) == (lb, rb) and ra is ONE:
        return f"did you mean {bracketed(a)}'*{b}, or {bracketed(a)}.*{bracketed(b)} for each entry?"
    if (la, ra) == (lb, rb):
        return f"did you mean {bracketed(a)}.*{bracketed(b)}?"
    if la is lb or (ra is ONE and la is not ONE and isinstance(la, Unknown)):
        return f"did you mean {bracketed(a)}'*{b}?"
    return f"did you mean {a}*{bracketed(b)}'?" if ra is rb else ""
