"""``python -m benchmarks.claims --count 3000 --seed 1 --jobs 2``: exit code 1 where a claim is judged falsely."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from benchmarks.claims.campaign import run

CHUNK = 50


def main() -> int:
    parser = argparse.ArgumentParser(description="random claims against difference quotients")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1, help="the claims are those of the seeds from SEED*1000000 on")
    parser.add_argument("--only", type=int, help="one claim, by the seed that a failure names")
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    first = options.seed * 1_000_000
    chunks = [range(k, min(k + CHUNK, first + options.count)) for k in range(first, first + options.count, CHUNK)]
    if options.only is not None:
        chunks = [range(options.only, options.only + 1)]
    tally: Counter[str] = Counter()
    with ProcessPoolExecutor(options.jobs) as pool:
        for counts, found in pool.map(run, chunks):
            tally += counts
            for line in found:
                print(line, flush=True)
    for key, value in sorted(tally.items()):
        print(f"{value:8d}  {key}")
    return 1 if any(key.startswith("FAILED") for key in tally) else 0


if __name__ == "__main__":
    sys.exit(main())
