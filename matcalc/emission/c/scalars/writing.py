"""Scalars → C: what is used once is written where it is used, and every other value is a constant before it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from matcalc.emission.c.scalars.graph import Block, Graph, Scalar
from matcalc.emission.c.scalars.nodes import Node, reachable
from matcalc.emission.c.text import combination, number, times
from matcalc.rational import Fraction
from matcalc.records import NamedTuple
from matcalc.regex import regex

LONGEST = 90  # characters of what is written where it is used

_READ = ("number", "entry")
_ATOMIC = regex(r"\w*\([^()]*\)|[\w.]+")  # a call, or what is in parentheses
ATOM, PRODUCT, SUM = 0, 1, 2  # how loosely a text is bound: what is looser than its place is put in parentheses


class Text(NamedTuple):
    text: str
    binding: int

    def within(self, binding: int) -> str:
        return self.text if self.binding <= binding else f"({self.text})"


class Target(NamedTuple):
    """Where an entry of a result is written, and the number that its node is multiplied by."""

    place: str
    coefficient: Fraction


class ScalarWriter:
    """Statements for results; ``words`` are the identifiers of arguments, ``new`` makes others."""

    def __init__(self, graph: Graph, words: Mapping[str, str], new: Callable[[str], str]) -> None:
        self.graph = graph
        self.words = words
        self.new = new
        self.lines: list[str] = []
        self.texts: dict[Node, Text] = {}
        self.uses: Counter[Node] = Counter()
        self.outputs: dict[Node, list[Node]] = {}  # of blocks, those that are used
        self.count = 0
        self.helpers: dict[str, None] = {}

    def body(self, results: Sequence[tuple[Sequence[str], Sequence[Scalar]]]) -> list[str]:
        """The statements: of each result the places of its entries, and these."""
        targets: dict[Node, list[Target]] = {}
        for places, entries in results:
            for place, (coefficient, node) in zip(places, entries, strict=True):
                made = node if node is not None else self.graph.node(Scalar(coefficient, None))
                targets.setdefault(made, []).append(Target(place, coefficient if node is not None else Fraction(1)))
        nodes = reachable([*self.graph.checks, *targets])
        self.uses = Counter(operand for node in nodes for operand in node.operands)
        self.uses.update(list(targets))
        self.uses.update(node for node, found in targets.items() if len({c for _, c in found}) > 1)
        for node in nodes:
            if node.kind == "output":
                self.outputs.setdefault(node.operands[0], []).append(node)
        # What needs no computing is stored at once, while the processor computes.
        for node, found in targets.items():
            if node.kind in _READ:
                self.store(node, found)
        for node in self.graph.checks:
            self.prepare([node])
            self.write(node)
        for node, found in targets.items():
            if node.kind not in _READ:
                self.prepare([node])
                self.store(node, found)
        return self.lines

    # ---------------------------------------------------------------- order
    def prepare(self, roots: Sequence[Node]) -> None:
        """Writes what the roots are made of, operands first, each where it is first needed."""
        waiting = [(node, False) for node in reversed(roots)]
        while waiting:
            node, is_ready = waiting.pop()
            if node in self.texts:
                continue
            if is_ready:
                if node not in roots:
                    self.write(node)
                continue
            waiting.append((node, True))
            usual = [other for output in self.outputs.get(node, ()) for other in output.operands[1:]]
            waiting.extend((operand, False) for operand in reversed([*node.operands, *usual]))

    def write(self, node: Node) -> None:
        if node in self.texts:
            return
        if node.kind == "check":
            condition, code = node.data
            self.lines.append(f"if (!({self.filled(condition, node.operands)})) return {code};")
            self.texts[node] = Text("", ATOM)
            return
        if node.kind == "block":
            self.write_block(node)
            self.texts[node] = Text("", ATOM)
            return
        text = self.text(node)
        is_long = len(text.text) > LONGEST and node.kind != "reciprocal"
        is_shared = self.uses[node] > 1 and (text.binding != ATOM or node.kind == "call")
        if is_shared or is_long:
            text = self.named(text.text)
        self.texts[node] = text

    def named(self, text: str) -> Text:
        word = self.word("t")
        self.lines.append(f"const double {word} = {text};")
        return Text(word, ATOM)

    def word(self, letter: str) -> str:
        self.count += 1
        return self.new(f"{letter}{self.count}")

    def store(self, node: Node, targets: Sequence[Target]) -> None:
        """Writes a value wherever it is wanted, at once."""
        by_coefficient: dict[Fraction, list[str]] = {}
        for place, coefficient in targets:
            by_coefficient.setdefault(coefficient, []).append(place)
        if self.uses[node] > 1:
            self.write(node)
        for coefficient, places in by_coefficient.items():
            self.lines.append(f"{' = '.join(places)} = {self.scaled(coefficient, node)};")

    def scaled(self, coefficient: Fraction, node: Node) -> str:
        if node not in self.texts and node.kind == "sum" and abs(coefficient) == 1:
            return self.sum(node, coefficient).text
        text = self.texts[node] if node in self.texts else self.text(node)
        return combination([(coefficient, text.within(ATOM if abs(coefficient) != 1 or coefficient < 0 else SUM))])

    # ---------------------------------------------------------------- texts
    def text(self, node: Node) -> Text:
        if node.kind == "entry":
            name, place = node.data
            return Text(self.words[name] if place is None else f"{self.words[name]}[{place}]", ATOM)
        if node.kind == "number":
            return Text(number(node.data), ATOM)
        if node.kind == "sum":
            return self.sum(node, Fraction(1))
        if node.kind == "product":
            return self.product(node)
        if node.kind == "reciprocal":
            return Text(f"1.0 / {self.texts[node.operands[0]].within(ATOM)}", PRODUCT)
        if node.kind == "output":
            raise AssertionError("outputs are named by their blocks")
        return Text(self.filled(node.data, node.operands), ATOM if _ATOMIC.fullmatch(node.data) else SUM)

    def sum(self, node: Node, scale: Fraction) -> Text:
        coefficients, constant = node.data
        terms = [
            (scale * c, self.texts[operand].within(PRODUCT if abs(c) == 1 else ATOM))
            for c, operand in zip(coefficients, node.operands, strict=True)
        ]
        if constant:
            terms.append((scale * constant, ""))
        terms.sort(key=lambda term: term[0] < 0)  # first what is added
        return Text(combination(terms), SUM)

    def product(self, node: Node) -> Text:
        a, b = node.operands
        if b.kind == "reciprocal" and self.uses[b] == 1:
            a, b = b, a
        if a.kind == "reciprocal" and self.uses[a] == 1:
            return Text(f"{self.texts[b].within(PRODUCT)} / {self.texts[a.operands[0]].within(ATOM)}", PRODUCT)
        return Text(f"{self.texts[a].within(PRODUCT)} * {self.texts[b].within(ATOM)}", PRODUCT)

    def filled(self, template: str, operands: Sequence[Node]) -> str:
        """A formula with its operands; what stands in it twice, or is no atom, has a name or parentheses."""

        def operand(found: re.Match[str]) -> str:
            node = operands[int(found[1])]
            if template.count(found[0]) > 1 and self.texts[node].binding != ATOM:
                self.texts[node] = self.named(self.texts[node].text)
            alone = found.string[found.start() - 1 : found.start()] == "(" and found.string[found.end() :][:1] == ")"
            return self.texts[node].within(SUM if alone else ATOM)

        return re.sub(r"{(\d+)}", operand, template)

    # ---------------------------------------------------------------- blocks
    def write_block(self, node: Node) -> None:
        block: Block = node.data
        if block.helper:
            self.helpers[block.helper] = None
        used = self.outputs.get(node, [])
        inner: list[str] = []
        read, tested = _parts(node)
        condition = self.filled(block.test, tested)
        words = {name: self.array(nodes, inner) for name, nodes in read.items()}
        made = words["y"] = self.word("y")
        filled = re.sub("{([xuy])}", lambda found: words[found[1]], block.statement)
        inner += [f"double {made}[{block.outputs}];", filled]
        if not block.test:
            self.lines += inner
            self.texts.update((output, Text(f"{made}[{output.data}]", ATOM)) for output in used)
            return
        for output in used:
            word = self.word("t")
            self.lines.append(f"double {word} = {self.texts[output.operands[1]].text};")
            self.texts[output] = Text(word, ATOM)
            inner.append(f"{word} = {made}[{output.data}];")
        self.lines += [f"if (!({condition})) {{", *(f"    {line}" for line in inner), "}"]

    def array(self, nodes: Sequence[Node], lines: list[str]) -> str:
        """A pointer to values one after the other: to entries of an argument, or to a copy."""
        first = nodes[0]
        if first.kind == "entry" and first.data[1] is not None:
            name, start = first.data
            if all(node.kind == "entry" and node.data == (name, start + k) for k, node in enumerate(nodes)):
                return f"&{self.words[name]}[{start}]" if start else self.words[name]
        word = self.word("x")
        texts = ", ".join(self.texts[node].text for node in nodes)
        lines.append(f"const double {word}[{times((len(nodes),))}] = {{{texts}}};")
        return word


def _parts(node: Node) -> tuple[dict[str, list[Node]], list[Node]]:
    """The arrays that a block reads, and what is tested."""
    operands, read = [*node.operands], {}
    for name, size in node.data.inputs:
        read[name], operands = operands[:size], operands[size:]
    return read, operands
