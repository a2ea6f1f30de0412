"""Derivations in LaTeX → lines: by the ends of displays, rows of an alignment and of the text, and arrows between."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from matcalc.errors import MatcalcError
from matcalc.readers.latex.cleaning import cleaned
from matcalc.readers.latex.differentials import name_at
from matcalc.readers.latex.left_sides import left_side
from matcalc.readers.latex.macros import INFIX, MATRICES, RELATIONS, SETS, words
from matcalc.readers.latex.tokens import Token, tokenise
from matcalc.readers.lines import Left, Written
from matcalc.records import NamedTuple
from matcalc.regex import regex

_SIGN = regex(
    r"%[^\n]*"
    r"|\\(?P<env>begin|end)\s*\{\s*(?P<name>[A-Za-z]+)\*?\s*\}"
    r"|\\(?:intertext|shortintertext|section|subsection|subsubsection|paragraph|textbf|emph)\*?\s*(?=\{)(?P<words>)"
    r"|\\(?:label|tag|eqref|ref|vspace|hspace|phantom|hphantom|vphantom)\*?\s*(?=\{)(?P<mark>)"
    r"|\\(?:boxed|ensuremath|fbox)\s*(?=\{)(?P<frame>)"
    r"|\\(?:text|textrm|textnormal|textit|mbox)\s*(?=\{)(?P<said>)"
    r"|\\(?:nonumber|notag|hfill|qed|qedhere|blacksquare|square|Box|noindent|medskip|smallskip|bigskip|item)(?![A-Za-z])(?P<blank>)"
    r"|\\(?P<arrow>[Rr]ightarrow|Longrightarrow|implies|iff|Leftrightarrow|Longleftrightarrow|therefore|because|leadsto)(?![A-Za-z])"
    r"|(?P<unicode>[⇒⟹∴⇔∵])"
    r"|(?P<break>\\\\\s*\*?(?:\s*\[[^\]&=]*\])?|\\newline(?![A-Za-z])|\\cr(?![A-Za-z]))"
    r"|(?P<math>\\\[|\\\]|\\\(|\\\)|\$\$|\$)"
    r"|(?P<row>\n)"
    r"|\\.|[{}]",
    re.DOTALL,
)
_ARGUMENT = regex(r"\s*(?:\[[^\]]*\])?\s*\{[^{}]*\}")
_OPTION = regex(r"\s*\[[a-z!]*\]")
_OF_TEXT = words(
    "document abstract theorem lemma proposition corollary definition remark example proof solution answer exercise "
    "problem question claim itemize enumerate description center flushleft quote quotation minipage frame block "
    "columns column figure tcolorbox mdframed framed comment"
)  # environments that hold words, with formulas between them
_TEXT_ARGUMENTS = regex(r"(?:\s*\[[^\]\n]*\])?(?:\{[^{}\n]*\})*")
_WITH_ARGUMENT = words("alignat alignedat array xalignat")
_LEAD = regex(
    r"(?:\s*(?:\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]|Step\s+\d+\s*[:.]?|[-*•]\s(?=\s*\S)|"
    r"(?:Thus|Hence|Therefore|Then|So|Now|And|Let|Where|where|thus|hence|therefore|then|so|let|and|we\s+have|we\s+get|"
    r"We\s+have|We\s+get|with|where|which\s+gives|which\s+is|that\s+is|i\.e\.)\b[,:]?)(?=\s|\\|$))+"
)
_PROSE = regex(r"(?<![\\A-Za-z])[A-Za-z]{3,}(?![A-Za-z])")
_HEADING = regex(
    r"\s*\\(?:(?:sub)*section|paragraph|textbf|emph|intertext|shortintertext|usepackage|documentclass|maketitle|title|author"
    r"|date|(?:re)?newcommand|providecommand|DeclareMathOperator|DeclarePairedDelimiter|def|newtheorem|setlength|pagestyle"
    r"|hline|newpage|clearpage|bibliography\w*|input|include)(?![A-Za-z])"
)
_NAMED = regex(r"\\(?:text|mathrm|operatorname|mbox|textrm|begin|end|mathbf|mathsf|bm|boldsymbol)\*?\s*\{[^{}]*\}")
_END = regex(r"(?:\\q?quad(?![A-Za-z])|\\[,;:! ]|[\s&])*$")
_COMMENT = regex(
    r"\s*[(\[]|.*\b(?:by|since|because|as|using|from|due|product|chain|rule|cyclic|trace|symmetr\w*|so|thus|hence|"
    r"therefore|then|we|is|the|note|and|or|scalar|linear\w*|definition|def|expand\w*|apply\w*|let|line|see|via|of|but)\b",
    re.I | re.S,
)
_JOINT = regex(r"[\s,]*(?:and|so|then|thus|hence|therefore|which|we|implies|or|it follows)\b", re.I)
_CONTINUES = frozenset(["+", "-", *INFIX]) - {":"}
_ASIDES = words("in ∈ succ succeq sim prec preceq forall dots ldots cdots") | frozenset(RELATIONS) - {"="}
_DERIVATIVES = words("gradient hessian jacobian quotient differential")
_DISPLAY, _INLINE = 2, 1


class _Piece(NamedTuple):
    start: int
    stop: int
    source: str
    math: int  # whether it stands in a display, in a formula within a row, or in neither
    is_new: bool  # whether it begins a row


def lines_of(text: str) -> list[Written]:
    """The lines of a derivation, counted from 1 by rows; rows without a formula are notes.

    What cannot be taken apart is a line without a left side, and is none that is read.
    """
    found: list[Written] = []
    number = 0
    is_new = True
    for piece in _joined(_pieces(text)):
        is_new |= piece.is_new
        lines = _lines(text, piece)
        number += is_new and bool(lines)
        is_new &= not lines
        found += [line._replace(number=number) for line in lines]
    return found


# ---------------------------------------------------------------- pieces
def _pieces(text: str) -> Iterator[_Piece]:
    """The parts of a text between breaks, without signs that are no part of a formula."""
    cut = _Cutter(text)
    cut.run()
    is_new = True
    for start, stop, math, begins in cut.pieces:
        source = "".join(cut.source[start:stop])
        is_new |= begins
        if source.strip():
            yield _Piece(start, stop, source, math, is_new)
            is_new = False


class _Cutter:
    def __init__(self, text: str) -> None:
        self.text = text
        self.source = list(text)
        self.pieces: list[tuple[int, int, int, bool]] = []
        self.start = 0
        self.begins = True
        self.braces = 0
        self.matrices = 0
        self.displays = 0
        self.dollars = ""
        self.framed: set[int] = set()  # the braces that close frames

    def run(self) -> None:
        at = 0
        while match := _SIGN.search(self.text, at):
            at = max(self.sign(match), match.end())
        self.end(len(self.text), len(self.text))

    @property
    def math(self) -> int:
        if self.displays or self.dollars in ("$$", r"\["):
            return _DISPLAY
        return _INLINE if self.dollars else 0

    def end(self, stop: int, start: int, *, in_row: bool = False) -> None:
        """Ends a piece; the next one begins behind the break, in the same row of the derivation or in another."""
        self.pieces.append((self.start, stop, self.math, self.begins))
        self.start, self.begins = start, not in_row
        self.braces = 0

    def blank(self, start: int, stop: int) -> None:
        for at in range(start, stop):
            if self.source[at] != "\n":
                self.source[at] = " "

    def sign(self, match: re.Match[str]) -> int:
        """What a sign does; where the text goes on behind it."""
        start, stop = match.span()
        sign = match[0]
        is_inner = self.braces > 0 or self.matrices > 0
        if sign[0] == "%":
            self.blank(start, stop)
        elif match["env"]:
            return self.environment(match)
        elif sign in ("{", "}") and start not in self.framed:
            self.braces = max(0, self.braces + (1 if sign == "{" else -1))
        elif match["mark"] is not None or match["words"] is not None:
            stop = self.group(stop)
            if match["words"] is not None and not is_inner and not self.dollars:
                self.end(start, start)
                self.end(stop, stop)
                return stop
            self.blank(start, stop)
        elif match["frame"] is not None:
            closing = self.group(stop) - 1
            opening = self.text.index("{", stop)
            self.blank(start, opening + 1)
            self.blank(closing, closing + 1)
            self.framed.add(closing)
            return opening + 1
        elif match["blank"] is not None:
            self.blank(start, stop)
        elif match["said"] is not None:
            return self.said(start, stop)
        elif match["math"]:
            self.dollar(sign, start, stop)
        elif is_inner:
            return stop
        elif match["arrow"] or match["unicode"] or match["break"]:
            self.end(start, stop, in_row=match["break"] is None)
        elif match["row"] and (not self.math or self.math == _INLINE):
            self.end(start, stop)
            self.dollars = ""
        return stop

    def group(self, at: int) -> int:
        """Where the group ends that begins here."""
        depth = 0
        for k in range(at, len(self.text)):
            depth += (self.text[k] == "{") - (self.text[k] == "}")
            if not depth and self.text[k] == "}":
                return k + 1
        return len(self.text)

    def said(self, start: int, stop: int) -> int:
        r"""\text{by the chain rule}: words behind a formula, and all that follows them; \text{tr} is a name."""
        first = self.text.index("{", start) + 1
        stop = self.group(stop)
        if not _COMMENT.match(self.text[first : stop - 1]) or self.braces or self.matrices:
            return stop
        while start > self.start and self.source[start - 1] in " ([&,":
            start -= 1
        ends = re.compile(r"\\\\|\\end\b|\$|\\\]|\n" if not self.displays else r"\\\\|\\end\b|\\\]|\$\$")
        end = ends.search(self.text, stop)
        last = end.start() if end else len(self.text)
        if not "".join(self.source[self.start : start]).strip(" &"):  # words in front of a formula
            last = stop
        if _JOINT.match(self.text[first : stop - 1]) and "=" in self.text[stop:last]:
            self.end(start, stop, in_row=True)
            return stop
        self.blank(start, last)
        return last

    def environment(self, match: re.Match[str]) -> int:
        start, stop = match.span()
        name, begins = match["name"], match["env"] == "begin"
        before = "".join(self.source[self.start : start]).strip()
        if name == "cases" or (name in MATRICES and (self.matrices or not self.is_display(name, begins, before))):
            self.matrices = max(0, self.matrices + (1 if begins else -1))
            return stop
        of_text = _TEXT_ARGUMENTS if name in _OF_TEXT else None
        pattern = of_text or (_ARGUMENT if name in _WITH_ARGUMENT else _OPTION)
        argument = pattern.match(self.text, stop) if begins else None
        stop = argument.end() if argument else stop
        if self.braces == 0 or not begins:
            self.end(start, stop)
        if of_text is None:
            self.displays = max(0, self.displays + (1 if begins else -1))
        return stop

    def is_display(self, name: str, begins: bool, before: str) -> bool:
        """Whether an array stands for an alignment: nothing is in front of it."""
        return name == "array" and (not before if begins else self.displays > 0)

    def dollar(self, sign: str, start: int, stop: int) -> None:
        self.end(start, stop, in_row=sign in ("$", r"\(", r"\)"))
        opens = sign in (r"\[", r"\(") or (sign in ("$", "$$") and self.dollars != sign)
        self.dollars = sign if opens else ""


def _joined(pieces: Iterator[_Piece]) -> list[_Piece]:
    """The pieces, with what begins or ends with a sign between terms joined to what stands there."""
    found: list[_Piece] = []
    for piece in pieces:
        if found and piece.math == found[-1].math and _goes_on(found[-1].source, piece.source):
            before = found.pop()
            gap = " " * (piece.start - before.stop)
            piece = before._replace(stop=piece.stop, source=before.source + gap + piece.source)
        found.append(piece)
    return found


def _goes_on(before: str, after: str) -> bool:
    one, other = _tokens(before), _tokens(after)
    if not one or not other or not any(token.text == "=" for token in one):
        return False
    last, first = one[-1], other[0]
    if last.kind in ("char", "macro") and last.text in (*_CONTINUES, "="):
        return first.text != "="
    return first.kind in ("char", "macro") and first.text in _CONTINUES and not _equals(other)


def _tokens(source: str) -> list[Token]:
    try:
        return cleaned(tokenise(source))
    except MatcalcError:
        return []


# ---------------------------------------------------------------- lines
def _lines(text: str, piece: _Piece) -> list[Written]:
    """The lines of a piece: one, or of f = a = b one for each sign."""
    source = piece.source
    if piece.math == 0:
        lead = _LEAD.match(source)
        if lead and lead.end() < len(source.rstrip()):
            source = " " * lead.end() + source[lead.end() :]
    first = len(source) - len(source.lstrip(" \t\n&"))
    last = len(source) - len(_END.search(source)[0])  # type: ignore[index]
    typed, start = text[piece.start + first : piece.start + last], piece.start + first
    source = source[first:last]
    tokens = _tokens(source)
    equals = _equals(tokens)
    is_within_words = piece.math != _DISPLAY and _has_formulas(text, piece)
    if not source.strip() or (is_within_words and (not equals or not piece.math)):
        return []  # the words around a formula, and names among them
    if not equals or (not piece.math and _is_prose(source)):
        is_note = _is_aside(tokens) or (not piece.math and _is_prose(source))
        return [Written(typed, start, None, 0, source, frozenset(), is_note)]
    tokens = tokens[: _end_of_formula(tokens, equals[-1])]
    found: list[Written] = []
    ends = [*equals[1:], len(tokens)]
    begin = 0
    left_of_rest = Left("again")
    for k, (sign, end) in enumerate(zip(equals, ends, strict=True)):
        left = left_side(source, tokens[:sign]) if not k else left_of_rest
        left_of_rest = Left("again")
        said_next = left_side(source, tokens[sign + 1 : end])
        if said_next.kind in _DERIVATIVES and k + 1 < len(equals):  # g = \nabla f = …
            left_of_rest = said_next
            continue
        stop = tokens[end].start if end < len(tokens) else len(source)
        kept = stop if end < len(tokens) else tokens[-1].stop
        used = frozenset(_names(tokens[sign:end]))
        right = tokens[sign].stop - begin
        said = (source[begin:kept] + " " * (stop - kept)).rstrip()
        found.append(Written(typed[begin:stop].rstrip(), start + begin, left, right, said, used))
        begin = stop
    return found


def _names(tokens: Sequence[Token]) -> Iterator[str]:
    r"""The names among tokens: x, x_0, \hat{x}."""
    for at, token in enumerate(tokens):
        yield token.text
        name, stop = name_at(tokens, at)
        if name and stop + 1 < len(tokens) and tokens[stop].text == "_":
            below, _ = name_at(tokens, stop + 1)
            yield f"{name}_{below or tokens[stop + 1].text}"
        yield name


def _end_of_formula(tokens: Sequence[Token], first: int) -> int:
    r"""Where a formula ends that a set follows, of which it is: = 2Ax \in \mathbb{R}^n."""
    depth = 0
    for at, token in enumerate(tokens[first:], first):
        depth += (token.kind in ("{", "begin", "open")) - (token.kind in ("}", "end", "close"))
        if depth == 0 and (token.kind == "gap" or token.text in (",", "where", "with", "for")):
            return len(tokens)
        if depth == 0 and token.text in SETS:
            return at
    return len(tokens)


def _equals(tokens: Sequence[Token]) -> list[int]:
    """The places of the signs of equality in no brackets, up to a gap or a word behind which definitions stand."""
    found: list[int] = []
    depth = 0
    for at, token in enumerate(tokens):
        depth += (token.kind in ("{", "begin", "open")) - (token.kind in ("}", "end", "close"))
        if depth == 0 and found and (token.kind == "gap" or token.text in (",", "where", "with", "for")):
            return found
        if depth == 0 and token.kind == "char" and token.text == "=":
            found.append(at)
    return found


def _has_formulas(text: str, piece: _Piece) -> bool:
    """Whether the row of a piece has formulas between words."""
    first = text.rfind("\n", 0, piece.start) + 1
    last = text.find("\n", piece.stop)
    row = text[first : last if last >= 0 else len(text)]
    return "$" in row or r"\(" in row


def _is_prose(source: str) -> bool:
    """Whether a row outside of formulas is words, such as a title."""
    if _HEADING.match(source):
        return True
    said = _NAMED.sub(" ", source)
    return len(_PROSE.findall(said)) > ("=" in source)


def _is_aside(tokens: Sequence[Token]) -> bool:
    r"""x \in \mathbb{R}^n, A \succ 0: what is said of names."""
    return any(token.text in _ASIDES for token in tokens)
