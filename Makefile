PYTHON ?= python

.PHONY: check test bench docs links

check:
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	pytest

test:
	pytest

bench:
	$(PYTHON) -m benchmarks.derivation
	$(PYTHON) -m benchmarks.speed
	$(PYTHON) -m benchmarks.first
	$(PYTHON) -m benchmarks.small
	$(PYTHON) -m benchmarks.page
	$(PYTHON) -m benchmarks.load

docs:
	$(PYTHON) -m sphinx -q -W --keep-going -d docs/_build/doctrees docs docs/_build/html

links:
	$(PYTHON) -m sphinx -q -W --keep-going -b linkcheck -d docs/_build/doctrees docs docs/_build/links
