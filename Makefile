PYTHON ?= python

.PHONY: check test bench

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
