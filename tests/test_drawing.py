"""Pictures: labels lie in their boxes, arrows end at boxes, nothing overlaps, and all are told to screen readers."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

import matcalc as mc
from matcalc.drawing.diagram import MOST_BOXES
from matcalc.drawing.layers import layers_of

SVG = "{http://www.w3.org/2000/svg}"
A, x, b = mc.matrix("A", "m", "n"), mc.vector("x", "n"), mc.vector("b", "m")
LOSS = mc.norm2(A @ x - b) ** 2
DEEP = mc.parse(
    "logdet(X'*S*X + s*eye(n)) + tr(inv(X'*S*X + s*eye(n))*B) + norm2(X*w - y)^2 + sum(exp(X*w)) + l*norm2(w)^2"
    " + sum(log(1 + exp(-y.*(X*w)))) + w'*S*w/norm2(w)^2"
)
LONG_NAME = mc.vector("a_name_that_is_much_longer_than_any_box" * 2, "n")
DIAGRAMS = {
    "one box": mc.draw(x),
    "few": mc.draw(LOSS),
    "the same operand twice": mc.draw(x * x),
    "network": mc.draw(mc.gradient(LOSS, x), "network"),
    "plan": mc.draw(mc.plan({"value": LOSS, "gradient": mc.gradient(LOSS, x)})),
    "of a formula": mc.draw(LOSS, "plan"),
    "many": mc.draw(DEEP),
    "many of a network": mc.draw(mc.gradient(DEEP, "X"), "network"),
    "many of a plan": mc.draw(mc.plan({"value": DEEP, "gradient": mc.gradient(DEEP, "X")})),
    "long names": mc.draw(LONG_NAME + mc.exp(LONG_NAME)),
    "signs of markup": mc.draw(mc.where(x < 1, x, 0)),
}


def rectangles(picture: str) -> list[tuple[float, float, float, float]]:
    boxes = [group.find(f"{SVG}rect") for group in ElementTree.fromstring(picture).iter(f"{SVG}g")]
    return [
        tuple(float(box.get(key, "0")) for key in ("x", "y", "width", "height")) for box in boxes if box is not None
    ]  # type: ignore[misc]


@pytest.mark.parametrize("name", DIAGRAMS)
def test_labels_lie_inside_their_boxes(name: str) -> None:
    root = ElementTree.fromstring(DIAGRAMS[name].to_svg())
    groups = list(root.iter(f"{SVG}g"))
    assert len(groups) == len(DIAGRAMS[name].boxes)
    for group in groups:
        box = group.find(f"{SVG}rect")
        assert box is not None
        left, top, width, height = (float(box.get(key, "nan")) for key in ("x", "y", "width", "height"))
        for text in group.iter(f"{SVG}text"):
            middle, base, length = (float(text.get(key, "nan")) for key in ("x", "y", "textLength"))
            assert left < middle - length / 2 and middle + length / 2 < left + width
            assert top + 9 < base < top + height
            assert length >= 6 * len(text.text or "")  # so that letters are not pressed together


@pytest.mark.parametrize("name", DIAGRAMS)
def test_boxes_do_not_touch_and_lie_in_the_picture(name: str) -> None:
    picture = DIAGRAMS[name].to_svg()
    root = ElementTree.fromstring(picture)
    width, height = float(root.get("width", "0")), float(root.get("height", "0"))
    boxes = rectangles(picture)
    for k, (x1, y1, w1, h1) in enumerate(boxes):
        assert x1 >= 0 and y1 >= 0 and x1 + w1 <= width and y1 + h1 <= height
        for x2, y2, w2, h2 in boxes[k + 1 :]:
            assert x1 + w1 + 8 <= x2 or x2 + w2 + 8 <= x1 or y1 + h1 + 8 <= y2 or y2 + h2 + 8 <= y1


@pytest.mark.parametrize("name", DIAGRAMS)
def test_arrows_begin_and_end_at_boxes(name: str) -> None:
    picture = DIAGRAMS[name].to_svg()
    root, boxes = ElementTree.fromstring(picture), rectangles(picture)
    heads = [head.get("points", "").split()[-1].split(",") for head in root.iter(f"{SVG}polygon")]
    starts = [(path.get("d") or "").split(" ")[0][1:].split(",") for path in root.iter(f"{SVG}path")]
    assert len(heads) == len(starts) == len(DIAGRAMS[name].arrows)
    for at, top in ((float(a), float(b)) for a, b in heads):
        assert any(left <= at <= left + width and abs(top - y) < 0.5 for left, y, width, _ in boxes)
    for at, bottom in ((float(a), float(b)) for a, b in starts):
        assert any(left <= at <= left + width and abs(bottom - y - height) < 0.5 for left, y, width, height in boxes)


@pytest.mark.parametrize("name", DIAGRAMS)
def test_a_picture_is_told_to_those_who_do_not_see_it(name: str) -> None:
    root = ElementTree.fromstring(DIAGRAMS[name].to_svg())
    assert root.get("role") == "img"
    assert root[0].tag == f"{SVG}title" and root[0].text == DIAGRAMS[name].title
    assert root[1].tag == f"{SVG}desc" and root[1].text == str(DIAGRAMS[name])


@pytest.mark.parametrize("name", DIAGRAMS)
def test_dot_and_mermaid_have_all_boxes_and_arrows(name: str) -> None:
    made = DIAGRAMS[name]
    dot, mermaid = made.to_dot().splitlines(), made.to_mermaid().splitlines()
    assert dot[0] == "digraph {" and dot[-1] == "}"
    assert sum("->" in line and "label" not in line.partition("->")[0] for line in dot) == len(made.arrows)
    assert sum("fillcolor" in line for line in dot) == len(made.boxes)
    assert mermaid[0] == "flowchart TD"
    assert sum(re.match(r'  n\d+\["', line) is not None for line in mermaid) == len(made.boxes)
    assert sum("-->" in line for line in mermaid) == len(made.arrows)
    assert all(line.count('"') in (0, 2) and "<br><" not in line for line in mermaid)


def test_layers_go_down_along_every_arrow() -> None:
    for made in DIAGRAMS.values():
        depth = layers_of([box.name for box in made.boxes], [(a.source, a.target) for a in made.arrows])
        assert all(depth[arrow.source] < depth[arrow.target] for arrow in made.arrows)
        assert min(depth.values()) == 0


def test_operands_stand_in_their_order_where_the_order_counts() -> None:
    root = ElementTree.fromstring(DIAGRAMS["few"].to_svg())
    places = {group[0].text: float(group[1].get("x", "0")) for group in root.iter(f"{SVG}g")}
    assert places["A m×n"] < places["x n×1"] and places["* m×1"] < places["b m×1"]


def test_what_cannot_be_seen_is_refused_as_a_picture_and_written() -> None:
    long = x
    for k in range(MOST_BOXES):
        long = long + mc.vector(f"x{k}", "n")
    made = mc.draw(long)
    with pytest.raises(mc.MatcalcError, match="cannot be read"):
        made.to_svg()
    assert made._repr_svg_() is None and made.to_dot().startswith("digraph")
    with pytest.raises(mc.MatcalcError, match="too many digits"):
        mc.draw(mc.parse("(10^1000)^5*a^2"), "network")
    with pytest.raises(mc.MatcalcError, match="unknown kind"):
        mc.draw(x, "tree")


# ---------------------------------------------------------------- patterns
X, P = mc.matrix("X", "m", "n"), mc.matrix("P", "p", "m")
PATTERNS = [
    (mc.exp(x), x, {"n": 6}, lambda i, j: i == j),
    (mc.relu(x), x, {"n": 7}, lambda i, j: i == j),
    (mc.diff(x), x, {"n": 9}, lambda i, j: j in (i, i + 1)),
    (mc.cumsum(x), x, {"n": 5}, lambda i, j: j <= i),
    (A @ x, x, {"m": 3, "n": 4}, lambda i, j: True),
    (P @ X, X, {"p": 2, "m": 3, "n": 4}, lambda i, j: i // 2 == j // 3),
    (x * 0, x, {"n": 3}, lambda i, j: False),
]


@pytest.mark.parametrize(("f", "by", "sizes", "want"), PATTERNS, ids=[str(row[0]) for row in PATTERNS])
def test_patterns_of_jacobians(f: mc.Expr, by: mc.Expr, sizes: dict[str, int], want: object) -> None:
    found = mc.sparsity(f, by, sizes)
    assert callable(want)
    every = {(i, j) for i in range(found.rows) for j in range(found.columns) if want(i, j)}
    assert found.entries == every
    root = ElementTree.fromstring(found.to_svg())
    assert sum(box.get("fill") == "#2563eb" for box in root.iter(f"{SVG}rect")) == len(every)
    assert root[0].text == found.title and f"{len(every)} of" in str(found)


def test_patterns_that_are_too_large_are_refused() -> None:
    with pytest.raises(mc.MatcalcError, match="5000×5000 entries"):
        mc.sparsity(mc.exp(x), x, {"n": 5000})
    with pytest.raises(mc.MatcalcError, match="cannot be read"):
        mc.sparsity(mc.exp(x), x, {"n": 200}).to_svg()
    with pytest.raises(mc.MatcalcError, match="no dimension k"):
        mc.sparsity(mc.exp(x), x, {"k": 2})
