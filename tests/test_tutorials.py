"""The tutorials run, and give what they show."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs" / "tutorials").glob("*.ipynb"))
_IMPORTED = re.compile(r"^(?:import|from) (\w+)", re.MULTILINE)
VARIES = "varies"  # the tag of cells whose words are not compared, as they depend on the machine


def shown(cell: Any) -> list[tuple[str, ...]]:
    """What a cell shows: the kinds of its outputs, and their text."""
    found: list[tuple[str, ...]] = []
    for output in cell.get("outputs", ()):
        kinds = tuple(sorted(output.get("data", ())))
        text = output.get("text", "") or output.get("data", {}).get("text/plain", "")
        found.append((output["output_type"], *kinds, "" if VARIES in cell["metadata"].get("tags", ()) else text))
    return found


def test_there_are_tutorials_and_cases() -> None:
    assert len(PAGES) == 6
    assert sum(page.stem.startswith("case_") for page in PAGES) == 3
    index = (ROOT / "docs" / "index.md").read_text("utf-8")
    assert all(f"tutorials/{page.stem}>" in index for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_a_tutorial_gives_what_it_shows(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed, which runs notebooks")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed, which runs notebooks")
    nbformat = pytest.importorskip("nbformat")
    used = {word for cell in nbformat.read(page, as_version=4).cells for word in _IMPORTED.findall(cell.source)}
    if missing := [name for name in sorted(used) if find_spec(name) is None]:
        pytest.skip(f"{', '.join(missing)} is not installed")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    written = nbformat.read(page, as_version=4)
    nbformat.validate(written)
    run = nbformat.read(page, as_version=4)
    nbclient.NotebookClient(run, timeout=120, kernel_name="python3").execute()
    for before, after in zip(written.cells, run.cells, strict=True):
        assert shown(after) == shown(before), before.source
        assert all(output["output_type"] != "error" for output in after.get("outputs", ()))
