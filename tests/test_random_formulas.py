"""Random formulas over the whole table, their values and derivatives against another library's autodiff.

``python -m benchmarks.fuzz`` tries more.
"""

from __future__ import annotations

import random

import pytest

from benchmarks.fuzz.cases import random_case
from benchmarks.fuzz.checking import check

BATCH = 25


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("batch", range(8))
@pytest.mark.quick_part(8)
def test_random_formulas(batch: int) -> None:
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        case = random_case(random.Random(seed))
        outcome = check(case, seed)
        assert outcome.status in ("ok", "skipped"), f"{case.snippet()}\n{outcome}"
