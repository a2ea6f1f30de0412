"""Collects the Python code blocks of README.md, ARCHITECTURE.md and docs/ as tests."""

import os

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

# Before NumPy is loaded: each core has its own process, and more threads for small matrices only wait for each other.
for library in ("OPENBLAS", "MKL", "OMP"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser(), SkipParser()],
    patterns=["README.md", "ARCHITECTURE.md", "docs/*.md"],
).pytest()
