"""Collects the code blocks of README.md, ARCHITECTURE.md and docs/ as tests, and tells which tests are slow."""

import os
from collections import Counter

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

# Before NumPy is loaded: each core has its own process, and more threads for small matrices only wait for each other.
for library in ("OPENBLAS", "MKL", "OMP"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["README.md", "ARCHITECTURE.md", "docs/*.md", "docs/howto/*.md"],
).pytest()

QUICK_PART = 12  # of the rows of a table, each twelfth one is quick
# Files whose tests are few and long: they begin first, so that none of them is left alone at the end.
LONG = ("test_annotations.py", "test_cpp.py", "test_docs.py", "test_properties.py", "test_web_page.py")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks all rows of a table but each twelfth, or n-th by ``quick_part(n)``, as slow; puts long files first."""
    seen: Counter[tuple[str, str]] = Counter()
    for item in items:
        if not isinstance(item, pytest.Function):
            continue
        part = item.get_closest_marker("quick_part")
        test = str(item.path), item.originalname
        if seen[test] % (part.args[0] if part is not None else QUICK_PART):
            item.add_marker(pytest.mark.slow)
        seen[test] += 1
    items.sort(key=lambda item: item.path.name not in LONG)
