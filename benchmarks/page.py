"""The answer of the page to one key: milliseconds until the answer is there, and until a browser shows it.

    python -m benchmarks.page [--rounds 20] [--browser]

A server is started on this machine and ended again, and asked for usual formulas, one request after another. With
``--browser``, Chromium types each formula key by key: printed are the milliseconds from a key until its derivative is
typeset. ``benchmarks.load`` has many clients at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

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

    def close(self) -> None:
        if hasattr(self, "writer"):
            self.writer.close()

    async def ask(self, what: str, fields: dict[str, Any]) -> tuple[float, str]:
        """Milliseconds, and what came: a derivative, another answer, a refusal, an error of the page, or a status."""
        body = json.dumps(fields).encode()
        head = (
            f"POST /api/{what} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
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
        made = json.loads(answer)
        if "error" in made:
            return took, made["error"]["summary"] if made["error"]["where"] == "page" else "refused"
        return took, "derivative" if "derivative" in made else "answer"


def fresh(formula: str, number: int) -> str:
    """A formula like this one that nobody asked for before: an answer that is remembered is no measurement."""
    name, equals, right = formula.rpartition("= ")
    return f"{name}{equals}{number}*{right}"


async def asked(host: str, port: int, rounds: int) -> dict[str, list[float]]:
    """The times of each formula, after two rounds that are not counted."""
    client = Client(host, port)
    await client.open()
    times: dict[str, list[float]] = {formula: [] for formula in FORMULAS}
    for at in range(rounds + 2):
        for formula in FORMULAS:
            took, what = await client.ask("derive", {"formula": fresh(formula, at + 2)})
            assert what == "derivative", (formula, what)
            if at > 1:
                times[formula].append(took)
    client.close()
    return times


WATCH = """() => {
    const typed = document.getElementById("formula"), shown = document.getElementById("derivative");
    typed.addEventListener("input", () => { globalThis.keyAt = performance.now(); globalThis.shownAt = 0; }, true);
    new MutationObserver(() => { globalThis.shownAt = performance.now(); }).observe(shown, { childList: true });
}"""


SEEN = """() => new Promise((done, fail) => {
    const end = performance.now() + 30_000;
    const look = () => {
        if (globalThis.shownAt) done();
        else if (performance.now() > end) fail("nothing is shown");
        else setTimeout(look, 5);
    };
    look();
})"""


def typed(address: str, rounds: int) -> dict[str, list[float]]:
    """The times from the last key of each formula until its derivative is typeset, in Chromium."""
    from playwright.sync_api import sync_playwright

    times: dict[str, list[float]] = {formula: [] for formula in FORMULAS}
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto(address)
        page.wait_for_selector("html[data-ready]")
        page.evaluate(WATCH)
        for at in range(rounds + 1):
            for formula in FORMULAS:
                text = fresh(formula, 1000 + at)
                page.locator("#formula").fill(text[:-1])
                page.wait_for_timeout(300)
                page.locator("#formula").press_sequentially(text[-1])
                page.evaluate(SEEN)
                if at:
                    times[formula].append(page.evaluate("globalThis.shownAt - globalThis.keyAt"))
        browser.close()
    return times


@contextmanager
def serving() -> Iterator[tuple[str, int, int]]:
    """A server on this machine, ended afterwards: its host, its port, and the number of its process."""
    command = [sys.executable, "-u", "-m", "matcalc.cli", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            place = re.search(r"http://([\d.]+):(\d+)", server.stdout.readline())
            assert place is not None
            yield place[1], int(place[2]), server.pid
        finally:
            server.terminate()


def report(title: str, found: dict[str, list[float]]) -> None:
    print(title)
    for formula, times in found.items():
        print(f"  {formula:45} median {median(times):5.1f} ms, worst {max(times):5.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--browser", action="store_true")
    options = parser.parse_args()
    with serving() as (host, port, _):
        report("from a request to the answer", asyncio.run(asked(host, port, options.rounds)))
        if options.browser:
            report("from a key to the typeset derivative", typed(f"http://{host}:{port}/", min(options.rounds, 10)))


if __name__ == "__main__":
    main()
