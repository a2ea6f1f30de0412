"""Every node of formulas and of their derivatives is well-formed, and nodes that are not are found out."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

import pytest

import matcalc as mc
from matcalc.checking.operators import OPERATORS as CHECKED
from matcalc.expr import OPERATORS
from matcalc.lowering.lower import lower
from matcalc.network.build import add, scale, size
from matcalc.network.leaves import constant, unit, variable
from matcalc.network.nodes import KINDS, PAYLOADS, Node, Product
from matcalc.notation.declarations import parse_where
from matcalc.program.step import COSTS, OPERATIONS
from matcalc.rational import Fraction
from matcalc.shape import ONE, Dim
from tests.wellformed import CHECKS, CLASSES, faults

TEXTS = Path(__file__).parent / "data" / "texts.jsonl"
_1, N, M = Fraction(1), Dim.of("n"), Dim.of("m")


def test_nodes_of_formulas_and_derivatives_are_well_formed() -> None:
    seen = 0
    for line in TEXTS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        names = parse_where(row["where"])
        try:
            nodes = [lower(mc.parse(row[part], names)).node for part in ("formula", "text")]
        except mc.MatcalcError:  # index notation, and what only the formula declares
            continue
        assert faults(*nodes) == [], row
        seen += 1
    assert seen > 800


x, y = (variable(mc.vector(name, "n")) for name in "xy")
A = variable(mc.matrix("A", "m", "n"))


def _product(indices: tuple[tuple[int, ...], ...], exponents: tuple[int, ...], out: tuple[int, ...]) -> Product:
    return Product(_1, indices, tuple(map(Fraction, exponents)), out, (N,))


MALFORMED = {
    "its payload is of class int": Node("reshape", (A,), 0, (N,)),  # type: ignore[call-overload]
    "an axis has one entry": Node("unit", (), 0, (ONE,)),
    "a leaf has operands": Node("unit", (x,), 0, (N,)),
    "its axes are not those of the variable": Node("variable", (), mc.vector("x", "n"), (M,)),
    "a scalar has axes": Node("constant", (), "pi", (N,)),
    "a sum has two terms at least": Node("sum", (x,), (_1,), (N,)),
    "a coefficient is zero": Node("sum", (x, y), (_1, Fraction(0)), (N,)),
    "like terms are not together": Node("sum", (x, x), (_1, _1), (N,)),
    "a term has other axes": Node("sum", (x, A), (_1, _1), (N,)),
    "a factor has not one index for each axis": Node("contraction", (x,), _product(((0, 0),), (1,), (0,)), (N,)),
    "an index has another size than an axis that it stands on": Node(
        "contraction", (A,), _product(((0, 0),), (1,), (0,)), (N,)
    ),
    "its axes have not the sizes of its free indices": Node("contraction", (x,), _product(((0,),), (1,), (0,)), (M,)),
    "an exponent is zero": Node("contraction", (x,), _product(((0,),), (0,), (0,)), (N,)),
    "equal factors are not together": Node("contraction", (x, x), _product(((0,), (0,)), (1, 1), (0,)), (N,)),
    "its entries are not as many as its operand's": Node("reshape", (A,), None, (N,)),
    "it changes nothing": Node("reshape", (x,), None, (N,)),
    "the function is of another kind": Node("elementwise", (x,), mc.FUNCTIONS["norm2"], (N,)),
    "an operand has other axes": Node("elementwise", (A,), mc.FUNCTIONS["exp"], (N,)),
}


@pytest.mark.parametrize("fault", MALFORMED)
def test_malformed_nodes_are_found_out(fault: str) -> None:
    assert any(found.endswith(f": {fault}") for found in faults(MALFORMED[fault]))


@pytest.mark.parametrize("attribute", sorted({*PAYLOADS.values()} - {"data"}))
def test_the_payload_of_another_kind_cannot_be_read(attribute: str) -> None:
    exp = Node("elementwise", (x,), mc.FUNCTIONS["exp"], (N,))
    nodes = (x, size(N), constant("pi"), unit(N, 0), scale(Fraction(2), x), add([(_1, x), (_1, y)], (N,)), exp)
    read = {node.kind for node in nodes if hasattr(node, attribute)}
    assert read == {node.kind for node in nodes if PAYLOADS[node.kind] == attribute}


@pytest.mark.parametrize(
    ("table", "kinds"),
    [(CHECKS, KINDS), (CLASSES, KINDS), (PAYLOADS, KINDS), (COSTS, OPERATIONS), ({*CHECKED}, OPERATORS)],
    ids=["nodes", "classes", "payloads", "steps", "formulas"],
)
def test_tables_have_all_kinds(table: Collection[str], kinds: tuple[str, ...]) -> None:
    assert sorted(table) == sorted(kinds)
