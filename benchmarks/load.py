"""The page under load: many clients at once, each of which asks again as soon as it is answered.

    python -m benchmarks.load [--clients 200] [--seconds 60] [--fresh 0.25] [--pause 0]

A server is started on 127.0.0.1 and ended again. Clients ask for the derivatives of usual formulas and for what the
tabs show of them; a share of the formulas, ``--fresh``, is one that nobody asked for before. With ``--pause``, a client
waits so many seconds between an answer and the next request, as people do. Printed are what came, the worst times, and
the memory of the server and its workers at the start, in the middle and at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple

from benchmarks.page import FORMULAS, Client, fresh, serving

LATEST = 2.0  # seconds until an answer
MOST = 200_000  # requests of a run
TICKS = os.sysconf("SC_CLK_TCK")
WHEN = ("first", "after a tenth", "in the middle", "after nine tenths", "at the end")
PATIENCE = 60.0  # seconds until a client gives up
TABS: tuple[tuple[str, dict[str, Any]], ...] = (
    *[("derive", {})] * 6, ("derive", {"kind": "hessian"}), *[("steps", {})] * 2, ("code", {}),
    ("code", {"target": "c"}), ("plan", {}), ("check", {"claim": "x"}), ("index", {}),
)  # fmt: skip


class Sent(NamedTuple):
    """A request that was answered: what was asked, how long it took, and what came."""

    what: str
    seconds: float
    came: str


def requests(seed: int, share: float) -> Iterator[tuple[str, dict[str, Any]]]:
    """What one client asks, without end."""
    rng = random.Random(seed)
    while True:
        formula = rng.choice(FORMULAS)
        what, more = rng.choice(TABS)
        if rng.random() < share:
            formula = fresh(formula, rng.randrange(2, 10**9))
        yield what, {"formula": formula, **more}


async def loaded(host: str, port: int, clients: int, seconds: float, share: float, pause: float) -> list[Sent]:
    """All that was answered in so many seconds."""
    end = time.perf_counter() + seconds
    sent: list[Sent] = []

    async def one(number: int) -> None:
        client = Client(host, port)
        asked = requests(number, share)
        try:
            await client.open()
            await asyncio.sleep(pause * (number / clients))
            while time.perf_counter() < end and len(sent) < MOST:
                what, fields = next(asked)
                start = time.perf_counter()
                _, came = await asyncio.wait_for(client.ask(what, fields), PATIENCE)
                sent.append(Sent(what, time.perf_counter() - start, came))
                await asyncio.sleep(pause)
        except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            sent.append(Sent("derive", PATIENCE, type(error).__name__))
        finally:
            client.close()

    await asyncio.gather(*map(one, range(clients)))
    return sent


class Held(NamedTuple):
    """What the server and the processes under it hold and have used, and what the machine did (Linux)."""

    server: float  # MB, a page of memory that several share counted in parts
    workers: float
    used: float  # seconds of processors, of the server and its workers, those that were replaced among them
    busy: float  # seconds of processors, of all programs of the machine
    idle: float


def held(pid: int) -> Held:
    """What is held now."""
    parents, used = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError, IndexError):
                words = (folder / "stat").read_text().rpartition(")")[2].split()
                parents[int(folder.name)], used[int(folder.name)] = int(words[1]), sum(map(int, words[11:15])) / TICKS
    family = {pid}
    for _ in range(4):
        family |= {child for child, parent in parents.items() if parent in family}
    found = {}
    for one in sorted(family):
        with suppress(OSError):
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
            found[one] = sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
    user, nice, system, idle, *_ = (int(word) / TICKS for word in Path("/proc/stat").read_text().split()[1:9])
    server = found.get(pid, 0.0)
    return Held(server, sum(found.values()) - server, sum(used[one] for one in family), user + nice + system, idle)


async def watched(pid: int, seconds: float, clients: Any) -> tuple[list[Sent], list[Held]]:
    """What came, and what was held after a tenth, half and nine tenths of the time, and at the end."""
    running = asyncio.ensure_future(clients)
    found = []
    before = 0.0
    for at in (0.1, 0.5, 0.9):
        await asyncio.sleep(seconds * (at - before))
        before = at
        found.append(held(pid))
    return await running, [*found, held(pid)]


def report(sent: list[Sent], helds: list[Held], seconds: float) -> bool:
    """Prints what was seen; whether all came in time and nothing else than answers came."""
    times = sorted(one.seconds for one in sent)
    came = Counter(one.came for one in sent)
    late = sum(one > LATEST for one in times)
    print(f"{len(sent)} answers, {len(sent) / seconds:.0f} a second: {dict(came)}")
    print(f"median {1e3 * median(times):.0f} ms, 99 of 100 within {1e3 * quantiles(times, n=100)[98]:.0f} ms, "
          f"worst {1e3 * times[-1]:.0f} ms, {late} later than {LATEST:g} s")  # fmt: skip
    for what in sorted({one.what for one in sent}):
        some = sorted(one.seconds for one in sent if one.what == what)
        print(f"  {what:7} {len(some):7} answers, median {1e3 * median(some):5.0f} ms, worst {1e3 * some[-1]:5.0f} ms")
    for when, one in zip(WHEN, helds, strict=True):
        print(f"  memory {when:18} server {one.server:6.1f} MB, workers {one.workers:6.1f} MB")
    first, last = helds[0], helds[-1]
    mine = last.used - first.used + time.process_time()
    print(f"  processors: server and workers {last.used - first.used:.0f} s, clients {time.process_time():.0f} s, "
          f"other programs {last.busy - first.busy - mine:.0f} s, idle {last.idle - first.idle:.0f} s")  # fmt: skip
    return late == 0 and set(came) <= {"derivative", "answer", "refused"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--fresh", type=float, default=0.25)
    parser.add_argument("--pause", type=float, default=0)
    options = parser.parse_args()
    with serving() as (host, port, pid):
        first = held(pid)
        clients = loaded(host, port, options.clients, options.seconds, options.fresh, options.pause)
        sent, helds = asyncio.run(watched(pid, options.seconds, clients))
    return int(not report(sent, [first, *helds], options.seconds))


if __name__ == "__main__":
    sys.exit(main())
