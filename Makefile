PYTHON ?= python

.PHONY: check test bench

check:
	ruff check .
	mypy
	lint-imports
	pytest

test:
	pytest

bench:
	@if [ -f benchmarks/derivation.py ]; then \
		$(PYTHON) -m benchmarks.derivation; \
	else \
		echo "benchmarks/derivation.py does not exist: nothing to run"; \
	fi
