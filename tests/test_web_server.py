"""The server of the page: what it serves to whom, with which headers; worker processes and their limits."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, MutableMapping
from concurrent.futures import Future
from heapq import heapify
from multiprocessing import Pipe
from pathlib import Path
from threading import Event, Timer
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the page needs the extra web")
pytest.importorskip("uvicorn", reason="the page needs the extra web")
pytest.importorskip("httpx", reason="starlette's test client needs httpx")

from starlette.testclient import TestClient

from matcalc.errors import MatcalcError
from matcalc.web import pool as pools
from matcalc.web import server, worker
from matcalc.web.guards import HEADERS, Rate, is_loopback
from matcalc.web.messages import refusal
from matcalc.web.pool import Overloaded, Pool
from matcalc.web.remembered import Remembered
from matcalc.web.server import STATIC, application

HOST = "http://127.0.0.1:8000"
PATIENT = 120.0  # seconds: no test is about how fast the machine is


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    made = Pool(2, seconds=PATIENT)
    made.warm()
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(pool: Pool) -> TestClient:
    return TestClient(application(pool), base_url=HOST)


@pytest.fixture(scope="module")
def limited() -> Iterator[TestClient]:
    """The page with its limit of time, which may end an answer or not."""
    made = Pool(1)
    yield TestClient(application(made), base_url=HOST)
    made.close()


def derive(client: TestClient, formula: str, **headers: str) -> Any:
    return client.post("/api/derive", json={"formula": formula}, headers=headers)


# ---------------------------------------------------------------- routes and headers
def test_the_page_and_its_files_are_served(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200 and "text/html" in page.headers["content-type"]
    for path in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text):
        assert client.get(path).status_code == 200, path
    for name in ("view.js", "ask.js", "panels.js", "katex/LICENSE"):
        assert client.get(f"/static/{name}").status_code == 200


def test_fonts_that_the_style_sheet_names_are_there() -> None:
    css = (STATIC / "katex" / "katex.min.css").read_text(encoding="utf-8")
    for name in set(re.findall(r"fonts/[\w-]+\.woff2", css)):
        assert (STATIC / "katex" / name).exists(), name


def test_every_element_that_scripts_look_up_is_in_the_page() -> None:
    ids = set(re.findall(r'id="([\w-]+)"', (STATIC / "index.html").read_text(encoding="utf-8")))
    for script in STATIC.glob("*.js"):
        assert set(re.findall(r'\$\("([\w-]+)"\)', script.read_text(encoding="utf-8"))) <= ids, script.name


def test_the_page_names_no_other_host_and_has_no_inline_script() -> None:
    for file in (STATIC / "index.html", STATIC / "style.css", *STATIC.glob("*.js")):
        assert not re.findall(r"https?://(?!www\.w3\.org/)", file.read_text(encoding="utf-8")), file.name
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    assert not re.findall(r"<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=|<style", page)


@pytest.mark.parametrize("path", ["/", "/api/about", "/static/page.js", "/nothing"])
def test_every_answer_has_the_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert {name: headers.get(name) for name in HEADERS} == HEADERS


def test_no_script_but_the_pages_own_files_is_allowed() -> None:
    policy = dict(part.strip().split(" ", 1) for part in HEADERS["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'" and policy["script-src"] == policy["style-src"] == "'self'"
    assert not re.search("unsafe|http", HEADERS["Content-Security-Policy"])


HOSTS = {
    "127.0.0.1": 200, "127.0.0.1:8000": 200, "localhost:1": 200, "LOCALHOST": 200, "[::1]:8000": 200,
    "evil.example": 421, "127.0.0.1.evil.example": 421, "evil.example:8000": 421, "192.168.1.7": 421,
    "localhost@evil": 421, "": 421, "[::1": 421, "0.0.0.0:8000": 421,
}  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
def test_only_requests_for_this_host_are_served(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == HOSTS[host]
    assert derive(client, "x'*x", host=host).status_code == HOSTS[host]


def test_an_open_host_serves_addresses_and_its_own_names(pool: Pool) -> None:
    app = application(pool, ["localhost", "box.example"], any_address=True)
    statuses = {"192.168.1.7:8000": 200, "box.example": 200, "[fe80::1]": 200, "evil.example": 421}
    for host, status in statuses.items():
        assert TestClient(app).get("/api/about", headers={"host": host}).status_code == status, host


def test_pages_of_other_sites_ask_nothing(client: TestClient) -> None:
    assert derive(client, "x'*x", **{"sec-fetch-site": "cross-site"}).status_code == 403
    assert client.post("/api/derive", content='{"formula": "x"}').status_code == 415  # as a form of another page posts


BAD_BODIES = {
    "no JSON": (b"{", 400), "no object": (b"[]", 400), "no text": (b'{"formula": 3}', 400), "not UTF-8": (b"\xff", 400),
    "deep": (b"[" * 50_000, 400), "large": (b" " * 70_000, 413), "empty": (b"", 400),
    "long": (json.dumps({"formula": "x" * 20_000}).encode(), 400),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_BODIES)
def test_bodies_of_other_kinds_are_refused(client: TestClient, name: str) -> None:
    body, status = BAD_BODIES[name]
    made = client.post("/api/derive", content=body, headers={"content-type": "application/json"})
    assert made.status_code == status


PATHS = ["/../pyproject.toml", "/static/../server.py", "/static/%2e%2e/server.py", "/static/..%2fserver.py",
         "/api/nothing", "/static//etc/passwd", "/server.py"]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_no_other_file_is_served(client: TestClient, path: str) -> None:
    assert client.get(path).status_code in (404, 405)


def test_a_formula_is_answered(client: TestClient) -> None:
    assert derive(client, "norm2(A*x - b)^2").json()["derivative"]["text"] == "2*A'*(A*x - b)"


def test_clients_are_limited_where_others_reach_the_page(pool: Pool) -> None:
    client = TestClient(application(pool, rate=Rate(per_second=0, burst=3)), base_url=HOST)
    assert [derive(client, "x'*x").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert client.get("/").status_code == 200  # the page itself costs nothing


def test_a_rate_is_one_of_each_client_and_comes_back() -> None:
    rate = Rate(per_second=2, burst=3, most_clients=2)
    assert [rate.allows("a", 0.0) for _ in range(4)] == [True, True, True, False]
    assert rate.allows("b", 0.0)
    assert [rate.allows("a", 1.0) for _ in range(3)] == [True, True, False]
    for name in "cdef":
        assert rate.allows(name, 1.0)
    assert len(rate.clients) <= 2


# ---------------------------------------------------------------- worker processes
HOSTILE = [
    "(" * 5_000, "x" * 9_999, "-" * 3_000 + "x", "A*" * 2_000 + "x", "x^99999999999999999999",
    "inv(" * 300 + "A" + ")" * 300, "\x00", "\ud800", "x'" * 900, "[" * 900, "sum_{i}" * 200 + "x[i]", "9" * 9_000,
    "kron(A,A)*kron(A,A)", "1/0", "np.__import__('os').system('true')", "__import__('os')",
    "().__class__.__bases__", "open('/etc/passwd')", "def f(x):\n    while True:\n        x = x + x",
    "import socket\nsocket.socket()", "lambda: (yield)", "\\newcommand{\\x}{\\x\\x}\\x", "\\input{/etc/passwd}",
    "sp.sympify('1')", "Rational(1, 0)", "x**(9**(9**9))", "Pow(9, Pow(9, 9))", "[" + ";".join(["x"] * 400) + "]",
    "where(" * 100 + "x",
]  # fmt: skip


@pytest.mark.parametrize("formula", HOSTILE, ids=lambda text: ascii(text[:20]))
def test_hostile_formulas_are_answered_or_refused_in_words(limited: TestClient, formula: str) -> None:
    for notation in ("auto", "text", "latex", "numpy", "index", "sympy"):
        body = json.dumps({"formula": formula, "notation": notation})
        made = limited.post("/api/derive", content=body, headers={"content-type": "application/json"})
        assert made.status_code == 200
        answer = made.json()
        assert "derivative" in answer or "formula" in answer or answer["error"]["summary"]
        assert "mistake of matcalc" not in answer.get("error", {}).get("summary", ""), answer


def test_an_answer_that_takes_too_long_is_stopped_and_the_worker_replaced() -> None:
    pool = Pool(1, seconds=0)
    try:
        pool.warm()
        (before,) = workers(pool)
        assert "took longer" in pool.submit("derive", {"formula": "x'*x"}).result(PATIENT)["error"]["summary"]
        (after,) = workers(pool)
        assert before.process.pid != after.process.pid and not before.process.is_alive()
        pool.seconds = PATIENT
        assert is_answered(pool)
    finally:
        pool.close()


def is_answered(pool: Pool) -> bool:
    made = pool.submit("derive", {"formula": "x'*x"}).result(PATIENT)
    return made.get("derivative", {}).get("text") == "2*x"


@pytest.mark.parametrize("error", [OSError("no more processes"), RuntimeError("no more threads"), MemoryError()])
def test_a_place_is_kept_where_no_worker_can_be_started(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """More failures than places, then the system starts processes again: as many answers at once as before."""
    pool = Pool(2, seconds=PATIENT)
    try:
        pool.warm()
        for one in workers(pool):
            one.end()

        def fails() -> pools.Worker:
            raise error

        monkeypatch.setattr(pool, "started", fails)
        for _ in range(5):
            made = pool.submit("derive", {"formula": "x'*x"}).result(PATIENT)
            assert "no process could be started" in made["error"]["summary"]
        assert pool.idle.qsize() == 2
        monkeypatch.undo()
        assert is_answered(pool) and is_answered(pool)
        assert len(set(workers(pool))) == 2 and pool.waiting == 0
    finally:
        pool.close()


@pytest.mark.skipif(pools.METHOD != "forkserver", reason="there is no process that workers are forked from")
def test_workers_are_started_after_the_process_that_forks_them_was_ended(pool: Pool) -> None:
    from multiprocessing import forkserver

    os.kill(forkserver._forkserver._forkserver_pid, signal.SIGKILL)  # type: ignore[attr-defined]
    for one in workers(pool):
        one.process.kill()
        one.process.join(PATIENT)
    assert is_answered(pool) and is_answered(pool)


def test_a_worker_that_dies_is_replaced(pool: Pool) -> None:
    for one in workers(pool):
        one.process.kill()
        one.process.join(PATIENT)
    assert all(is_answered(pool) for _ in range(4))


def test_after_the_pool_is_closed_nothing_is_asked() -> None:
    pool = Pool(1)
    pool.close()
    with pytest.raises(Overloaded):
        pool.submit("derive", {"formula": "x"})
    assert pool.waiting == 0


# ---------------------------------------------------------------- answers that are remembered
class Counted:
    """What computes answers, and which it was asked for."""

    def __init__(self, made: dict[str, Any], *, at_once: bool = True) -> None:
        self.made = made
        self.at_once = at_once
        self.futures: list[Future[dict[str, Any]]] = []

    def __call__(self, what: str, fields: dict[str, Any]) -> Future[dict[str, Any]]:
        future: Future[dict[str, Any]] = Future()
        self.futures.append(future)
        if self.at_once:
            future.set_result({**self.made, "of": [what, fields]})
        return future


DONE = {"derivative": {"text": "é" * 100}}
STOPPED = {"error": refusal("stopped: this took longer than 2 seconds")}
REFUSED = {"error": {**refusal("unknown function: lgo"), "where": "formula"}}


@pytest.mark.parametrize(("made", "times"), [(DONE, 1), (REFUSED, 1), (STOPPED, 2), ({"bad": "no text"}, 2)])
def test_answers_are_remembered_and_what_was_stopped_is_tried_again(made: dict[str, Any], times: int) -> None:
    compute = Counted(made)
    remembered = Remembered(compute)
    for fields in ({"formula": "x", "by": "y"}, {"by": "y", "formula": "x"}):
        status, body = asyncio.run(remembered.answer("derive", fields))
        assert status == (400 if "bad" in made else 200) and json.loads(body)["of"] == ["derive", fields]
    assert len(compute.futures) == times
    asyncio.run(remembered.answer("steps", {"formula": "x", "by": "y"}))
    asyncio.run(remembered.answer("derive", {"formula": "x"}))
    assert len(compute.futures) == times + 2


def test_what_is_remembered_is_bounded() -> None:
    compute = Counted(DONE)
    remembered = Remembered(compute, most_bytes=1_000)
    for k in range(50):
        asyncio.run(remembered.answer("derive", {"formula": str(k % 30)}))
        assert remembered.size == sum(map(len, remembered.kept.values())) <= 1_000
    before = len(compute.futures)
    asyncio.run(remembered.answer("derive", {"formula": "19"}))
    assert len(compute.futures) == before  # the last one is there
    assert not remembered.running


def test_who_asks_the_same_at_once_shares_a_computation_and_may_go_away() -> None:
    compute = Counted(DONE, at_once=False)
    remembered = Remembered(compute)

    async def many() -> list[Any]:
        asked = [asyncio.ensure_future(remembered.answer("derive", {"formula": "x"})) for _ in range(5)]
        await asyncio.sleep(0)
        asked[0].cancel()
        compute.futures[0].set_result(DONE)
        return await asyncio.gather(*asked, return_exceptions=True)

    first, *others = asyncio.run(many())
    assert isinstance(first, asyncio.CancelledError)
    assert {status for status, _ in others} == {200} and len(compute.futures) == 1


def test_what_nobody_waits_for_any_more_leaves_the_queue() -> None:
    compute = Counted(DONE, at_once=False)
    remembered = Remembered(compute)

    async def all_go() -> None:
        asked = [asyncio.ensure_future(remembered.answer("derive", {"formula": "x"})) for _ in range(3)]
        await asyncio.sleep(0)
        for one in asked:
            one.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(all_go())
    assert compute.futures[0].cancelled() and not remembered.running


def held() -> tuple[list[str], Event, Pool]:
    """A pool of one worker that begins when it is released; the formulas that it was asked for so far."""
    asked: list[str] = []
    release = Event()

    class Watched(Pool):
        def asked(self, worker: pools.Worker, what: str, fields: dict[str, Any]) -> tuple[dict[str, Any], bool]:
            asked.append(fields["formula"])
            release.wait(PATIENT)
            return super().asked(worker, what, fields)

    return asked, release, Watched(1, seconds=PATIENT)


def test_what_typing_asks_goes_before_what_tabs_ask_for_a_while() -> None:
    asked, release, watched = held()
    try:
        first = watched.submit("derive", {"formula": "x"})
        while not asked:
            time.sleep(0.01)
        others = [watched.submit(what, {"formula": what}) for what in ("steps", "index", "derive")]
        place = next(k for k, one in enumerate(watched.queue) if one[3] == "index")
        turn, *rest = watched.queue[place]
        watched.queue[place] = (turn - 2 * pools.AFTERWARDS, *rest)  # as if it had waited long  # type: ignore[assignment]
        heapify(watched.queue)
        release.set()
        assert all(one.result(PATIENT) for one in (first, *others))
    finally:
        release.set()
        watched.close()
    assert asked == ["x", "index", "derive", "steps"] and watched.waiting == 0


def test_a_pool_that_is_closed_leaves_nobody_waiting() -> None:
    asked, release, watched = held()
    first = watched.submit("derive", {"formula": "x"})
    while not asked:
        time.sleep(0.01)
    second = watched.submit("derive", {"formula": "y"})
    Timer(0.2, release.set).start()
    watched.close()
    assert first.done() and second.cancelled() and watched.waiting == 0


def test_requests_of_clients_that_are_gone_are_not_computed(pool: Pool) -> None:
    """Two workers are busy, a client asks and goes: what it asked is not computed when they are free."""
    asked, release, watched = held()
    app = application(watched)
    scope = {"type": "http", "method": "POST", "path": "/api/derive", "raw_path": b"/api/derive", "query_string": b"",
             "headers": [(b"host", b"localhost"), (b"content-type", b"application/json")], "root_path": "",
             "scheme": "http", "http_version": "1.1"}  # fmt: skip

    async def request(formula: str, *, goes: bool) -> None:
        body = json.dumps({"formula": formula}).encode()
        messages = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop()
            if not goes:
                await asyncio.sleep(PATIENT)
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            pass

        await app(dict(scope), receive, send)

    async def all_of_them() -> None:
        first = asyncio.ensure_future(request("x'*x", goes=False))
        while not asked:
            await asyncio.sleep(0.01)
        await request("x'*x + 1", goes=True)
        last = asyncio.ensure_future(request("x'*x + 2", goes=False))
        release.set()
        await asyncio.gather(first, last)

    try:
        asyncio.run(all_of_them())
    finally:
        release.set()
        watched.close()
    assert asked == ["x'*x", "x'*x + 2"] and watched.waiting == 0


def test_what_waits_is_limited(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "MOST_WAITING", 0)
    with pytest.raises(Overloaded):
        pool.submit("derive", {"formula": "x"})
    client = TestClient(application(pool), base_url=HOST)
    assert derive(client, "x'*x").status_code == 503


def workers(pool: Pool) -> list[pools.Worker]:
    """Those that do nothing just now, which stay in the pool."""
    found = [pool.idle.get(timeout=PATIENT) for _ in range(pool.size)]
    for one in found:
        pool.idle.put(one)
    return [one.worker for one in found if one.worker is not None]


def test_a_worker_says_which_answer_is_its_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "MOST_ANSWERS", 2)
    monkeypatch.setattr(worker, "limit", lambda memory: None)
    monkeypatch.setattr(worker, "has_grown", lambda memory: False)  # this process has, by other tests
    monkeypatch.setattr(worker.signal, "signal", lambda number, action: None)
    here, there = Pipe()
    for _ in range(3):
        here.send_bytes(json.dumps(["derive", {"formula": "x'*x"}]).encode())
    worker.serve(there)
    assert here.recv_bytes() == b"ready"
    assert [json.loads(here.recv_bytes())[1] for _ in range(2) if here.poll()] == [False, True]
    assert not here.poll()


def test_a_folder_with_a_module_of_the_same_name_is_not_imported(tmp_path: Path) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit('taken from the folder')")
    (tmp_path / "matcalc").mkdir()
    (tmp_path / "matcalc" / "__init__.py").write_text("raise SystemExit('taken from the folder')")
    program = (
        f"import sys; sys.path[0] = {str(Path(server.__file__).parents[2])!r}\n"
        "from matcalc.web.pool import Pool\n"
        "if __name__ == '__main__':\n"
        "    pool = Pool(1, seconds=100)\n    pool.warm()\n"
        "    print(pool.submit('derive', {'formula': 'x*x'}).result()['notation'])\n    pool.close()\n"
    )
    (tmp_path / "run.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "run.py"], capture_output=True, text=True, cwd=tmp_path, timeout=PATIENT
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "text\n"), done.stderr


def test_many_requests_at_once_are_all_answered(pool: Pool) -> None:
    asked = [pool.submit("derive", {"formula": f"norm2(A*x)^2 + {k}*x'*x"}) for k in range(2, 102)]
    made = [future.result(PATIENT)["derivative"]["text"] for future in asked]
    assert len(set(made)) == 100


# What a worker cannot do, whatever a formula may bring it to.
FORBIDDEN = {
    "write": "open('{folder}/written', 'w')",
    "read": "open('/etc/passwd')",
    "write by the system": "os.open('{folder}/written', os.O_WRONLY | os.O_CREAT)",
    "remove": "os.remove('{folder}/kept')",
    "rename": "os.rename('{folder}/kept', '{folder}/other')",
    "connect": "__import__('socket').create_connection(('127.0.0.1', 9))",
    "run": "__import__('subprocess').run(['true'])",
    "system": "os.system('true')",
    "fork": "os.fork()",
    "memory": "bytearray(600_000_000)",
}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
def test_a_worker_reaches_no_file_no_process_and_no_network(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("kept")
    tries = {name: code.format(folder=tmp_path) for name, code in FORBIDDEN.items()}
    program = (
        "import json, os, socket, subprocess, sys\nfrom matcalc.web.worker import MEMORY, limit\n"
        "tries = json.load(sys.stdin)\nlimit(MEMORY)\nfound = {}\n"
        "for name, code in tries.items():\n"
        "    try:\n        eval(code)\n        found[name] = 'done'\n"
        "    except (PermissionError, MemoryError) as error:\n        found[name] = type(error).__name__\n"
        "print(json.dumps(found))\n"
    )
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], input=json.dumps(tries), capture_output=True, text=True, env=environment,
        timeout=PATIENT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found == {name: "MemoryError" if name == "memory" else "PermissionError" for name in FORBIDDEN}
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


# ---------------------------------------------------------------- the command
def test_loopback() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "localhost", "::1", "127.8.0.1")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "192.168.1.1", "example.org", "")))


@pytest.mark.parametrize(
    ("host", "port", "words"), [("127.0.0.1", 70_000, "not a port"), ("203.0.113.7", 0, "cannot listen on 203.0.113.7")]
)
def test_addresses_that_cannot_be_used_are_refused(host: str, port: int, words: str) -> None:
    with pytest.raises(MatcalcError, match=words):
        server.serve(host, port)


def test_a_port_that_is_taken_is_refused() -> None:
    with server._listening("127.0.0.1", 0) as taken, pytest.raises(MatcalcError, match="cannot listen"):
        server.serve("127.0.0.1", taken.getsockname()[1])


def test_without_the_extra_the_command_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "starlette.py").write_text("raise ModuleNotFoundError('no starlette', name='starlette')")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "matcalc.cli", "serve"], capture_output=True, text=True, timeout=PATIENT,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == 'matcalc: the page needs the package starlette\n  pip install "matcalc-engine[web]"\n'


def test_an_open_host_is_explained(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Stopped(Pool):
        def __init__(self) -> None:
            super().__init__(1)

        def warm(self) -> None:
            raise KeyboardInterrupt

    monkeypatch.setattr(server, "Pool", Stopped)
    server.serve("0.0.0.0", 0)
    told = capsys.readouterr().err
    assert "whoever reaches it may compute here" in told and "10 requests a second" in told
    server.serve("127.0.0.1", 0)
    assert capsys.readouterr().err == ""


def test_no_file_of_the_page_is_ignored_by_git() -> None:
    """The wheel holds what is under ``matcalc/`` and is not ignored."""
    files = [str(path) for path in STATIC.rglob("*")]
    done = subprocess.run(["git", "check-ignore", *files], capture_output=True, text=True, cwd=STATIC)
    assert done.stdout == ""
