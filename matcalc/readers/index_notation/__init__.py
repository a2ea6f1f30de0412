"""Index notation → Expr: ``C_ik = A_ij B_jk``, ``sum_i (y_i - sum_j X_ij w_j)^2``, and all that ``to_index`` writes.

Indices stand below names (``A_ij``, ``A_{ij}``, ``A[i,j]``). A sum sign binds its indices; each term sums those that
stand twice in it. The indices on the left are those of the rows, then those of the columns; where there is no left
side, the order in which they appear. See docs/index_notation.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from matcalc.errors import MatcalcError, ParseError, ShapeError
from matcalc.expr import Expr
from matcalc.function import Function
from matcalc.notation.conventions import Outline
from matcalc.notation.families import check_families
from matcalc.notation.inferred import with_inferred
from matcalc.notation.parse import Declared
from matcalc.notation.syntax import Source, Syntax
from matcalc.readers import Families
from matcalc.readers.index_notation.building import Builder, Result
from matcalc.readers.index_notation.grammar import Grammar
from matcalc.readers.index_notation.left import Left, left_side
from matcalc.readers.index_notation.names import Names
from matcalc.readers.index_notation.scopes import Scopes, all_indices, free_in_order
from matcalc.readers.index_notation.signs import Run, read_ranges
from matcalc.readers.index_notation.tokens import Token, tokenize
from matcalc.reading import vectorize
from matcalc.regex import regex
from matcalc.sorts import condition_as_number, states
from matcalc.walk import postorder

_BOUND = regex(r"[^\W\d_]\w*(?=\s*(?:[,}=<>!≤≥≠:]|\.\.|$))|(?<=[<>=≠≤≥,{])\s*[^\W\d_]\w*")


def read(text: str, declared: Declared, families: Families) -> tuple[Expr, dict[str, Expr]]:
    """The formula that a text in index notation means, and all its variables by name.

    On the left stand one place for a column, ``y[i]``, two for rows and columns, ``y[i,j]``, and ``y[1,i]`` for a row;
    ``i*j`` is a group of indices in one place, the first slow. More than two places are one group, of rows.

    Raises:
        ParseError: the text is not a formula in index notation, or can be read in two ways.
        ShapeError: an index runs over different sizes, or over one that is not known.
    """
    tokens = tokenize(text)
    names = Names(text, declared, families)
    told = _ranges(text, tokens)
    left = left_side(text, tokens, names)
    rest = [*tokens[left.rest :]] if left is not None else tokens
    rest = [token for token in rest if token.kind != "ranges"]
    if rest[0].kind == "end":
        raise ParseError("index notation reads: y[i] = …", hint="y[i] = sum_{j} A[i,j]*x[j]").at(text, (0, len(text)))
    names.learn(rest, {*(left.names if left else ()), *told, *_bound(rest)})
    around = frozenset(left.names if left is not None else ())
    root = Grammar(text, rest, names, around).formula()
    result, sums = _scoped(text, root, left, told)
    builder = Builder(text, names, sums, told)
    body = builder.whole(root, result)
    return _formula(text, body, names, builder)


def _ranges(text: str, tokens: Sequence[Token]) -> dict[str, Run]:
    for token in tokens:
        if token.kind == "ranges":
            return read_ranges(token.text, text, (token.start, token.stop))
    return {}


def _bound(tokens: Sequence[Token]) -> set[str]:
    """The names that sum signs bind."""
    found: set[str] = set()
    for token in tokens:
        if token.kind == "sign":
            below = token.text.partition("_")[2].partition("^")[0]
            if below.startswith("{"):
                names = re.findall(r"[^\W\d_]\w*", below.partition("=")[0])
                found.update(names)
                found.update(letter for name in names if name.isalpha() for letter in name)
            else:
                found.update(below.strip())
    return found


def _scoped(
    text: str, root: Syntax, left: Left | None, told: dict[str, Run]
) -> tuple[Result, dict[Syntax, tuple[str, ...]]]:
    """What the free indices are, and which indices terms sum."""
    scopes = Scopes(text, has_left=left is not None)
    bound = frozenset(left.names if left is not None else ())
    uses = scopes.of(root, bound)
    free = free_in_order(uses, bound)
    if left is not None:
        if free:
            name = free[0]
            told_left = (
                f"those of the left side are {', '.join(left.names)}" if left.names else "the left side has none"
            )
            raise ParseError(
                f"index {name} is free on the right", told_left, hint=f"write sum_{name}, or {name} on the left"
            ).at(text, uses.places[name])
        standing = all_indices(root)
        for name in left.names:
            if name not in standing and name not in told:
                hint = f"the end of the text may say it: for {name} = 1..n"
                raise ParseError(f"the range of the index {name} is not known", hint=hint).at(text, left.span)
        return Result(left.rows, left.cols), scopes.sums
    if len(free) > 2:
        hint = "a left side says which are rows and columns: y[i*j,k] = …"
        raise ParseError(f"{len(free)} free indices: {', '.join(free)}", hint=hint).at(text, root.span)
    return Result(free[:1], free[1:]), scopes.sums


def _formula(text: str, body: Syntax, names: Names, builder: Builder) -> tuple[Expr, dict[str, Expr]]:
    functions = {name: f for name, f in names.declared.items() if isinstance(f, Function)}
    variables = {name: v for name, v in names.declared.items() if isinstance(v, Expr)}
    outlines = {name: o for name, o in names.declared.items() if isinstance(o, Outline)}
    _question(text, builder, {*variables, *outlines})
    outlines |= {name: Outline("vector" if axes == 1 else "matrix") for name, axes in names.used.items()}
    source = Source(text, body, (), tuple(postorder(body)))
    check_families(source, variables)
    try:
        expr, known = with_inferred(source, variables, functions, outlines)
        if states(expr):
            raise condition_as_number(text.strip())
        return vectorize(expr), known
    except ShapeError as error:
        if error.summary == "the context does not say what shape this has" and "eye" in _called(body):
            error.summary, error.hint = "the range of an index is not known", "end the text with: for i = 1..n"
        raise error.at(text, (0, len(text))) from None
    except MatcalcError as error:
        raise error.at(text, (0, len(text))) from None


def _called(body: Syntax) -> set[object]:
    return {node.value for node in postorder(body) if node.kind in ("name", "call")}


def _question(text: str, builder: Builder, declared: set[str]) -> None:
    """Asks for a name that is not declared while all others are, and for one that is a product of declared ones."""
    for name, span in builder.unknown.items():
        if len(name) > 1 and all(letter in declared for letter in name):
            hint = f"a product is written {'*'.join(name)}"
            raise ParseError(f"{name} is not declared", hint=hint).at(text, span)
    if len(builder.unknown) == 1 and declared:
        ((name, span),) = builder.unknown.items()
        error = ParseError(f"{name} is not declared, and all other names are", hint=f"declare it: {name}: n")
        raise error.at(text, span)
