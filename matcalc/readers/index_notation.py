"""Index notation → Expr: ``y[i] = x_0[i] + 2*sum_{j} A[i,j]*x[j]``, as ``to_index`` writes it.

A term is rewritten in the notation of ``[A[i,j]*x[j] | i; ]``, which ``parse`` reads: the indices of a delta become
one, and indices that stand on no factor are written on ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from matcalc.errors import MatcalcError, ParseError
from matcalc.expr import Expr
from matcalc.notation.parse import Declared, parse_with_names
from matcalc.readers import Families

_LEFT = r"(?s)\s*[^\W\d]\w*\s*(?:\[(?P<places>[^\]]*)\])?\s*=(?P<body>.*?)(?:\bfor\b(?P<ranges>.*))?$"
_RANGE = r"\s*(?P<index>\w+)\s*=\s*1\s*\.\.(?P<size>[^,]+)"
_SUM = r"sum_\{[^}]*\}\s*"
_FACTOR = r"(?s)(?P<base>.*\S)\s*\[(?P<indices>[^\[\]]*)\]\s*(?:\^\s*(?P<power>.+))?$"
_OPENING, _CLOSING = "([{", ")]}"


def read(text: str, declared: Declared, families: Families) -> tuple[Expr, dict[str, Expr]]:
    """The formula that a text in index notation means, and all its variables by name.

    On the left stand one place for a column, ``y[i]``, two for rows and columns, ``y[i,j]``, and ``y[1,i]`` for a row;
    ``i*j`` is a group of indices in one place, the first slow. More than two places are one group, of rows.

    Raises:
        ParseError: the text is not an equation in index notation.
        ShapeError: an index runs over different sizes, or over one that is not known.
    """
    found = re.match(_LEFT, text) if isinstance(text, str) else None
    if found is None or not found["body"].strip():
        raise ParseError("index notation reads: y[i] = …", hint="y[i] = sum_{j} A[i,j]*x[j]")
    sizes = {}
    for part in _split(found["ranges"] or "", ","):
        given = re.fullmatch(_RANGE, part[1].rstrip()) if part[1].strip() else None
        if given is None and part[1].strip():
            raise ParseError("a range of an index reads: i = 1..n").at(text, (0, len(text)))
        if given is not None:
            sizes[given["index"]] = given["size"].strip()
    rows, cols = _sides([place.strip() for place in (found["places"] or "").split(",") if place.strip()])
    terms = [sign + _term(term, rows, cols, sizes) for sign, term in _split(found["body"].strip(), "+-")]
    try:
        return parse_with_names(" ".join(terms), declared)
    except MatcalcError as error:
        raise type(error)(error.summary, *error.details, hint=error.hint).at(text, (0, len(text))) from None


def _sides(places: list[str]) -> tuple[list[str], list[str]]:
    """The indices of the rows and of the columns."""
    groups = [[] if place == "1" else [i.strip() for i in place.split("*")] for place in places]
    if len(groups) == 2:
        return groups[0], groups[1]
    return [index for group in groups for index in group], []


def _split(text: str, separators: str) -> Iterator[tuple[str, str]]:
    """The parts between separators outside of brackets, each with the separator before it; signs of powers stay."""
    depth, start, before = 0, 0, ""
    for at, char in enumerate(text):
        depth += (char in _OPENING) - (char in _CLOSING)
        if char in separators and depth == 0 and not text[:at].rstrip().endswith("^"):
            if text[start:at].strip():
                yield before, text[start:at].strip()
            start, before = at + 1, char
    yield before, text[start:].strip()


def _term(text: str, rows: list[str], cols: list[str], sizes: Mapping[str, str]) -> str:
    scalars: list[str] = []
    factors: list[tuple[str, list[str]]] = []  # a formula and its places, each a group of indices
    same: dict[str, str] = {}
    for _, part in _split(re.sub(_SUM, "", text), "*"):
        found = re.match(_FACTOR, part)
        if found is None:
            scalars.append(f"({part})")
            continue
        base, places = found["base"].strip(), found["indices"].replace(" ", "").split(",")
        if base == "delta" and len(places) == 2:
            same[places[1]] = places[0]
        else:
            factors.append((f"(({base}).^{found['power']})" if found["power"] else base, places))

    def named(group: Iterable[str]) -> list[str]:
        return [same.get(index, index) for index in group]

    rows, cols = named(rows), named(cols)
    written = [(base, ["*".join(named(place.split("*"))) for place in places]) for base, places in factors]
    told = {place for _, places in written for place in places}
    used = dict.fromkeys([*rows, *cols, *(i for _, places in written for place in places for i in place.split("*"))])
    written += [(f"ones({_size(index, sizes)})", [index]) for index in used if index not in told]
    body = "*".join(f"{base}[{','.join(places)}]" for base, places in written)
    return "*".join([*scalars, *([f"[{body} | {','.join(rows)}; {','.join(cols)}]"] if written else [])])


def _size(index: str, sizes: Mapping[str, str]) -> str:
    if index not in sizes:
        raise ParseError(f"the range of the index {index} is not known", hint=f"end the text with: for {index} = 1..n")
    return sizes[index]
