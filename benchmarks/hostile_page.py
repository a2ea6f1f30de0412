"""Hostile requests to the page: the server lives, and each is answered in time, in words, within its memory.

    python -m benchmarks.hostile_page [COUNT] [SEED] [--audit]

A server is started on 127.0.0.1, asked for COUNT requests of ``hostile_requests``, and ended again. Reported is what
no request may bring about: a status of 500 and more, the inside of the program in an answer, an answer without words,
one that comes later than ``LATEST`` seconds, a process of more than 512 MB, a server that is gone. With ``--audit``,
the same formulas are answered in processes under the limits of a worker, and what Python opens, loads, starts or
connects to meanwhile is reported.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import re
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from benchmarks.hostile_requests import Hostile, requests
from benchmarks.page import serving

LATEST = 4.0  # seconds: 2 of the computation, the rest for the neighbours of this machine
CLIENTS = 2
MEMORY = 512.0  # MB of a process
INSIDE = re.compile(rb'Traceback|mistake of matcalc|File \\?"|\.py\b|site-packages| at 0x[0-9a-f]{9,}')
MOST_OF_A_PROCESS = 500  # requests
OWN_FAULTS = re.compile("mistake of matcalc|was interrupted|did not start|could be started|this took more than one")
NEVER = ("socket.", "subprocess.", "os.", "shutil.", "ctypes.", "urllib.", "http.", "pty.", "webbrowser.")
QUIET = ("os.listdir", "os.scandir")  # how Python finds modules


class Came(NamedTuple):
    """A request, the status, the body and the time of its answer; a status of 0 where the connection was closed."""

    request: Hostile
    status: int
    body: bytes
    seconds: float


async def sent(host: str, port: int, request: Hostile) -> Came:
    """The answer to one request over a connection of its own."""
    headers = {"Host": f"{host}:{port}", "Content-Length": str(len(request.body)), "Connection": "close"}
    headers |= request.headers
    lines = [f"{request.method} {request.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    head = "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n"
    start = time.perf_counter()
    made = b""
    try:
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(head + request.body)
        with suppress(TimeoutError):  # a body that never comes is waited for
            made = await asyncio.wait_for(reader.read(), 1 if request.kind == "headers" else 60)
        writer.close()
    except ConnectionResetError:
        pass
    took = time.perf_counter() - start
    top, _, body = made.partition(b"\r\n\r\n")
    return Came(request, int(top.split()[1]) if top.startswith(b"HTTP/1.1 ") else 0, body, took)


def failure(came: Came, latest: float = LATEST) -> str:
    """What an answer does that none may do; nothing, where it is as it should be."""
    if came.status >= 500 or (came.status == 0 and came.request.kind not in ("headers", "path", "body")):
        return f"status {came.status}"
    inside = INSIDE.search(came.body)
    if inside and came.request.kind != "path" and not came.request.path.endswith("code"):
        return f"the inside of the program: {inside[0]!r}"
    if came.seconds > latest:
        return f"{came.seconds:.1f} s"
    return failure_of(json.loads(came.body)) if came.status == 200 and came.request.method == "POST" else ""


def failure_of(made: Any) -> str:
    """The same of an answer that is JSON."""
    if not isinstance(made, dict):
        return "no object"
    error = made.get("error")
    if error is None:
        return ""
    if not error["summary"].strip() or len(error["summary"]) > 2_000:
        return f"an error without words, or with {len(error['summary'])} characters"
    return str(error["summary"]) if OWN_FAULTS.search(error["summary"]) else ""


def stopped(came: Came) -> str:
    """Why a computation was ended, which may be, but not often."""
    found = re.search(rb"took longer than|more memory than|nested too deeply", came.body)
    return found[0].decode() if found else ""


def family(pid: int) -> list[int]:
    """The processes above this one."""
    found = []
    while pid > 1:
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        found.append(pid)
    return found


def highest(pid: int) -> dict[str, float]:
    """The most MB that the server and each process under it held at once (Linux)."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                told = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line)
                is_server = int(folder.name) == pid
                if is_server or pid in family(int(folder.name)):
                    found["server" if is_server else folder.name] = int(told["VmHWM"].split()[0]) / 1024
            except (OSError, KeyError, ValueError):
                continue
    return found


async def campaign(host: str, port: int, pid: int, count: int, seed: int) -> list[Came]:
    waiting = requests(count, seed)
    found: list[Came] = []
    most: dict[str, float] = {}

    async def client() -> None:
        for request in waiting:
            found.append(await sent(host, port, request))
            if len(found) % 50 == 0:
                for name, size in highest(pid).items():
                    most[name] = max(size, most.get(name, 0.0))

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    workers = max((size for name, size in most.items() if name != "server"), default=0.0)
    print(f"most memory: server {most.get('server', 0.0):.0f} MB, a worker {workers:.0f} MB")
    if workers > MEMORY:
        print(f"FAILED: a worker held {workers:.0f} MB")
    return found


def through_the_page(count: int, seed: int) -> int:
    with serving() as (host, port, pid):
        found = asyncio.run(campaign(host, port, pid, count, seed))
        alive = asyncio.run(sent(host, port, next(requests(1, seed))))
    failed = [(came, what) for came in found if (what := failure(came))]
    for came, what in failed:
        print(f"FAILED {came.request.kind} {came.request.path[:40]} {what}")
        print(f"    {came.request.headers}\n    {came.request.body[:400]!r}")
    kinds = Counter(came.request.kind for came in found)
    ended = Counter(why for came in found if (why := stopped(came)))
    times = sorted(came.seconds for came in found)
    print(
        f"{len(found)} requests of {len(kinds)} kinds: {dict(sorted(Counter(came.status for came in found).items()))}"
    )
    print(f"median {1e3 * times[len(times) // 2]:.0f} ms, worst {times[-1]:.2f} s; ended: {dict(ended)}")
    print(f"the server lives: {alive.status == 200}; {len(failed)} failed")
    return int(bool(failed) or alive.status == 0)


def audited(count: int, seed: int) -> int:
    """Answers in processes under the limits of a worker, and what these opened, loaded, started or connected to."""
    waiting = [request for request in requests(count, seed) if request.kind not in ("body", "headers", "path")]
    seen: Counter[tuple[str, str]] = Counter()
    done, processes, ended = 0, 0, 0
    while done < len(waiting):
        here, there = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.get_context("fork").Process(target=_watched, args=(there, waiting[done:]))
        process.start()
        there.close()
        answers, late, events = json.loads(here.recv_bytes())
        process.join()
        done, ended, processes = done + answers, ended + late, processes + 1
        for event, what, times in events:
            seen[event, what] += times
    for (event, what), times in sorted(seen.items()):
        print(f"{event} {what} ({times} times)")
    print(f"{done} requests in {processes} processes, {ended} ended after 2 s, {len(seen)} events")
    return int(any(event not in ("open", "import") for event, _ in seen))


def _watched(pipe: Connection, waiting: list[Hostile]) -> None:
    """Answers until the process is spent, and says how many, how many came too late, and what was seen."""
    from matcalc.web import worker

    seen: Counter[tuple[str, str]] = Counter()
    is_watching = False

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and arguments[0] == "<unknown>":  # where Python looks for the line of a syntax error
            return
        if is_watching and (event in ("open", "import") or (event.startswith(NEVER) and event not in QUIET)):
            seen[event, str(arguments[0])] += 1

    sys.addaudithook(watch)
    worker.limit(worker.MEMORY)
    signal.signal(signal.SIGALRM, _stop)
    answers = late = 0
    for request in waiting[:MOST_OF_A_PROCESS]:
        is_spent = False
        is_watching = True
        signal.setitimer(signal.ITIMER_REAL, 2)
        try:
            _, is_spent = worker.answered(request.path.rpartition("/")[2], json.loads(request.body))
        except TooLong:
            late, is_spent = late + 1, True
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            is_watching = False
        answers += 1
        if is_spent:
            break
    pipe.send_bytes(json.dumps([answers, late, [[*key, times] for key, times in seen.items()]]).encode())


class TooLong(BaseException):
    pass


def _stop(signum: int, frame: FrameType | None) -> None:
    raise TooLong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, nargs="?", default=10_000)
    parser.add_argument("seed", type=int, nargs="?", default=0)
    parser.add_argument("--audit", action="store_true")
    options = parser.parse_args()
    return audited(options.count, options.seed) if options.audit else through_the_page(options.count, options.seed)


if __name__ == "__main__":
    sys.exit(main())
