"""The documentation builds without a warning, needs no network, and tells of all that can be called."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import matcalc as mc

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
NEEDED = ("sphinx", "furo", "myst_nb")
missing = [name for name in NEEDED if find_spec(name) is None]
needs_sphinx = pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} is not installed")


def test_the_reference_tells_of_all_that_can_be_called() -> None:
    told = set(re.findall(r"^\.\. auto\w+:: (\w+)", (DOCS / "reference.md").read_text(), re.MULTILINE))
    mathematics = {*mc.FUNCTIONS, *(alias for record in mc.FUNCTIONS.values() for alias in record.aliases)}
    public = {name for name in dir(mc) if not name.startswith("_") and name not in mathematics and name.isidentifier()}
    ambiguous = {"trace"} & {*dir(mc)}  # a function of matrices, and what follows a function of Python
    assert {name for name in public if callable(getattr(mc, name))} | ambiguous <= told
    assert all(hasattr(mc, name) for name in told)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages as HTML."""
    folder = tmp_path_factory.mktemp("docs")
    strict = ["-q", "-W", "--keep-going", "-d", folder / "trees"]
    command = [sys.executable, "-m", "sphinx", *strict, DOCS, folder / "html"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=600, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return folder / "html"


@needs_sphinx
def test_pages_are_built_without_a_warning_and_load_nothing_from_elsewhere(built: Path) -> None:
    pages = list(built.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        loaded = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(https?:[^"]+)"', page.read_text())
        assert not loaded, page.name
    assert (built / "_static" / "katex" / "katex.min.js").exists()


@needs_sphinx
def test_links_within_the_pages_have_an_end(built: Path) -> None:
    ids: dict[Path, set[str]] = {}
    for page in built.rglob("*.html"):
        ids[page.resolve()] = set(re.findall(r'\bid="([^"]+)"', page.read_text()))
    for page in ids:
        for link in re.findall(r'<a [^>]*href="([^":]+)"', page.read_text()):
            path, _, place = link.partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.exists(), f"{page.name}: {link}"
            assert not place or target not in ids or place in ids[target], f"{page.name}: {link}"


# ---------------------------------------------------------------- links as they are written, without a build
TEXTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("**/*.md")),
    *sorted((ROOT / "docs" / "tutorials").glob("*.ipynb")),
]
OUTSIDE = ("https://github.com/HIPS/autograd",)  # what is linked elsewhere, as nobody can visit it in a test


def _places(text: str) -> set[str]:
    """The anchors of the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: page.name)
def test_links_of_texts_have_an_end(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"(?<!\\)\]\(([^()\s]+)\)", re.sub(r"`[^`\n]*`", "", text)):
        if "://" in link:
            assert link in OUTSIDE, link
            continue
        path, _, place = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not place or place in _places(target.read_text("utf-8")), link
