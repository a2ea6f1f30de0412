"""A few worker processes that compute answers: one that takes too long is ended, and another takes its place."""

from __future__ import annotations

import json
import multiprocessing
import os
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from threading import Lock
from typing import Any

from matcalc.web.messages import READY, refusal

SECONDS = 2.0  # of one answer
SECONDS_TO_START = 60.0  # of a process, which loads the package
MOST_WAITING = 1_000  # requests
METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


class Overloaded(Exception):
    """More requests wait than are answered in a time that anyone waits."""


class Worker:
    """A process, and the pipe to it."""

    def __init__(self, process: BaseProcess, pipe: Connection) -> None:
        self.process = process
        self.pipe = pipe
        self.is_ready = False

    def wait(self) -> None:
        """Waits until the process has loaded the package.

        Raises:
            OSError: it does not start.
        """
        if not self.is_ready:
            try:
                is_there = self.pipe.poll(SECONDS_TO_START) and self.pipe.recv_bytes() == READY
            except EOFError:
                is_there = False
            if not is_there:
                raise OSError("a worker process does not start")
            self.is_ready = True

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


class Pool:
    """``size`` workers, each with a thread that waits for it; what is asked of more waits in a queue."""

    def __init__(self, size: int | None = None, *, seconds: float = SECONDS, memory: int | None = None) -> None:
        self.seconds = seconds
        self.memory = memory
        size = size or max(2, min(os.cpu_count() or 2, 8))
        for library in ("OPENBLAS", "MKL", "OMP"):  # threads that no small matrix needs take address space
            os.environ.setdefault(f"{library}_NUM_THREADS", "1")
        self.context: Any = multiprocessing.get_context(METHOD)
        if METHOD == "forkserver":
            self.context.set_forkserver_preload(["matcalc.web.worker"])
            _start_forkserver()
        self.idle: SimpleQueue[Worker] = SimpleQueue()
        self.waiting = 0
        self.lock = Lock()
        self.threads = ThreadPoolExecutor(size, thread_name_prefix="answer")
        self.size = size
        for _ in range(size):
            self.idle.put(self.started())

    def started(self) -> Worker:
        here, there = self.context.Pipe()
        process = self.context.Process(target=_serve, args=(there, self.memory), daemon=True)
        process.start()
        there.close()
        return Worker(process, here)

    def submit(self, what: str, fields: dict[str, Any]) -> Future[dict[str, Any]]:
        """The answer, when a worker has made it.

        Raises:
            Overloaded: too many requests are waiting.
        """
        with self.lock:
            if self.waiting >= MOST_WAITING:
                raise Overloaded
            self.waiting += 1
        future = self.threads.submit(self.ask, what, fields)
        future.add_done_callback(lambda _: self.one_less())
        return future

    def one_less(self) -> None:
        with self.lock:
            self.waiting -= 1

    def ask(self, what: str, fields: dict[str, Any]) -> dict[str, Any]:
        """The answer of a worker, in time; or what happened to it."""
        worker = self.idle.get()
        try:
            made, is_fit = self.asked(worker, what, fields)
        except BaseException:
            made, is_fit = {"error": refusal("the answer was interrupted")}, False
        if not is_fit:
            worker.end()
            worker = self.started()
        self.idle.put(worker)
        return made

    def asked(self, worker: Worker, what: str, fields: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """An answer, and whether the worker can make another one."""
        try:
            worker.wait()
            worker.pipe.send_bytes(json.dumps([what, fields]).encode())
            if not worker.pipe.poll(self.seconds):
                hint = "a shorter formula, or fewer terms"
                return {"error": refusal(f"stopped: this took longer than {self.seconds:g} seconds", hint)}, False
            made, is_last = json.loads(worker.pipe.recv_bytes())
            return dict(made), not is_last
        except (EOFError, OSError):
            return {"error": refusal("stopped: this took more than one answer may take")}, False

    def warm(self) -> None:
        """Waits until every worker is there.

        Raises:
            OSError: one does not start.
        """
        for worker in [self.idle.get() for _ in range(self.size)]:
            worker.wait()
            self.idle.put(worker)

    def close(self) -> None:
        self.threads.shutdown(wait=True, cancel_futures=True)
        while not self.idle.empty():
            self.idle.get().end()


def _start_forkserver() -> None:
    """Starts the process that workers are forked from; what lies in the current folder is none of its modules."""
    from multiprocessing import forkserver

    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        forkserver.ensure_running()
    finally:
        if before is None:
            del os.environ["PYTHONSAFEPATH"]
        else:
            os.environ["PYTHONSAFEPATH"] = before


def _serve(pipe: Connection, memory: int | None) -> None:
    """Runs in the worker: loaded there, and by the process that it is forked from."""
    from matcalc.web import worker

    worker.serve(pipe, memory or worker.MEMORY)
