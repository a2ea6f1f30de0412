"""The page under load: the time of an answer to one key, and many requests at once.

    python -m benchmarks.page [--clients 200] [--seconds 20]

A server is started on this machine and ended again. First one client asks for usual formulas, as they are typed, one
request after another; then many clients ask at once, each as soon as it is answered. Printed are milliseconds from the
request to the whole answer, and how many answers were none.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import subprocess
import sys
import time
from collections import Counter
from statistics import median, quantiles

FORMULAS = (
    "norm2(A*x - b)^2",
    "x'*A*x",
    "sum(log(1 + exp(-y.*(X*w))))",
    "logdet(S) + tr(inv(S)*C)",
    "softmax(W*x)",
    r"\frac12\|Ax-b\|_2^2 + \lambda\|x\|_2^2",
    "np.sum((X @ w - y)**2)",
    "f = x_i Y_ij x_j",
)


class Client:
    """A connection that is kept, with one request after another."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port

    async def open(self) -> None:
        self.reader, self.writer = await asyncio.open_connection(self.host, self.port)

    async def ask(self, formula: str) -> tuple[float, str]:
        """Milliseconds, and what came: a derivative, an error of the formula, or another status."""
        body = json.dumps({"formula": formula}).encode()
        head = (
            f"POST /api/derive HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        start = time.perf_counter()
        self.writer.write(head.encode() + body)
        headers = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"content-length: (\d+)", headers)
        answer = await self.reader.readexactly(int(length[1]) if length else 0)
        took = 1e3 * (time.perf_counter() - start)
        status = headers.split()[1]
        if status != "200":
            return took, f"status {status}"
        return took, "derivative" if "derivative" in json.loads(answer) else "error"


async def typed(host: str, port: int, rounds: int) -> dict[str, list[float]]:
    """The times of each formula, after one round that is not counted."""
    client = Client(host, port)
    await client.open()
    times: dict[str, list[float]] = {formula: [] for formula in FORMULAS}
    for at in range(rounds + 2):
        for formula in FORMULAS:
            took, what = await client.ask(formula)
            assert what == "derivative", (formula, what)
            if at > 1:
                times[formula].append(took)
    return times


async def loaded(host: str, port: int, clients: int, seconds: float) -> tuple[list[float], Counter[str]]:
    end = time.perf_counter() + seconds
    times: list[float] = []
    came: Counter[str] = Counter()

    async def one(number: int) -> None:
        client = Client(host, port)
        try:
            await client.open()
            at = number
            while time.perf_counter() < end:
                took, what = await client.ask(FORMULAS[at % len(FORMULAS)])
                times.append(took)
                came[what] += 1
                at += 1
        except (OSError, asyncio.IncompleteReadError) as error:
            came[type(error).__name__] += 1

    await asyncio.gather(*map(one, range(clients)))
    return times, came


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    command = [sys.executable, "-u", "-m", "matcalc.cli", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            place = re.search(r"http://([\d.]+):(\d+)", server.stdout.readline())
            assert place is not None
            host, port = place[1], int(place[2])
            for formula, times in asyncio.run(typed(host, port, options.rounds)).items():
                print(f"{formula:45} median {median(times):5.1f} ms, worst {max(times):5.1f} ms")
            times, came = asyncio.run(loaded(host, port, options.clients, options.seconds))
            cuts = quantiles(times, n=100)
            print(f"{options.clients} clients for {options.seconds:g} s: {dict(came)}")
            print(f"{len(times) / options.seconds:.0f} answers a second; median {median(times):.0f} ms, "
                  f"99 of 100 within {cuts[98]:.0f} ms, worst {max(times):.0f} ms")  # fmt: skip
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
