"""A few worker processes that compute answers: one that takes too long is ended, and another takes its place."""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from threading import Lock
from typing import Any

from matcalc.web.messages import READY, refusal

SECONDS = 2.0  # of one answer
SECONDS_TO_START = 60.0  # of a process, which loads the package
MOST_WAITING = 1_000  # requests
FIRST, AFTERWARDS = "derive", 0.2  # what typing asks goes first; what tabs ask is so many seconds behind it
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


@dataclass
class Place:
    """A place for a worker; none is there after one could not be started."""

    worker: Worker | None


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
        self.idle: SimpleQueue[Place] = SimpleQueue()
        self.queue: list[tuple[float, int, Future[dict[str, Any]], str, dict[str, Any]]] = []  # a heap
        self.numbers = count()
        self.waiting = 0
        self.lock = Lock()
        self.threads = ThreadPoolExecutor(size, thread_name_prefix="answer")
        self.size = size
        for _ in range(size):
            self.idle.put(Place(self.started()))

    def started(self) -> Worker:
        """A process that loads the package.

        Raises:
            OSError: the system starts none.
        """
        if METHOD == "forkserver":
            _start_forkserver()  # once more, where it was ended
        here, there = self.context.Pipe()
        process = self.context.Process(target=_serve, args=(there, self.memory), daemon=True)
        try:
            process.start()
        except BaseException:
            here.close()
            raise
        finally:
            there.close()
        return Worker(process, here)

    def submit(self, what: str, fields: dict[str, Any]) -> Future[dict[str, Any]]:
        """The answer, when a worker has made it.

        Raises:
            Overloaded: too many requests are waiting.
        """
        future: Future[dict[str, Any]] = Future()
        with self.lock:
            if self.waiting >= MOST_WAITING:
                raise Overloaded
            try:
                self.threads.submit(self.next)
            except RuntimeError:  # the pool is closed
                raise Overloaded from None
            turn = time.monotonic() + (0 if what == FIRST else AFTERWARDS)
            heappush(self.queue, (turn, next(self.numbers), future, what, fields))
            self.waiting += 1
        future.add_done_callback(lambda _: self.one_less())
        return future

    def next(self) -> None:
        """Answers what is next in the queue, unless nobody waits for it any more."""
        with self.lock:
            _, _, future, what, fields = heappop(self.queue)
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(self.ask(what, fields))
            except BaseException as error:
                future.set_exception(error)

    def one_less(self) -> None:
        with self.lock:
            self.waiting -= 1

    def ask(self, what: str, fields: dict[str, Any]) -> dict[str, Any]:
        """The answer of a worker, in time; or what happened to it."""
        place = self.idle.get()
        try:
            made = self._of_place(place, what, fields)
        finally:  # a place without a worker is one for the next that can be started
            self.idle.put(place)
        return made

    def _of_place(self, place: Place, what: str, fields: dict[str, Any]) -> dict[str, Any]:
        try:
            worker = self._worker_at(place)
        except Exception:
            return {"error": refusal("no process could be started for this answer", "try it again")}
        is_fit = False
        try:
            made, is_fit = self.asked(worker, what, fields)
        except Exception:
            made = {"error": refusal("the answer was interrupted", "try it again")}
        finally:
            if not is_fit:
                place.worker = None
                worker.end()
        if not is_fit:
            with suppress(Exception):  # tried again by the next answer
                place.worker = self.started()
        return made

    def _worker_at(self, place: Place) -> Worker:
        """The worker there; a new one, where there is none, or where it was ended from outside.

        Raises:
            OSError: none can be started.
        """
        if place.worker is not None and not place.worker.process.is_alive():
            place.worker.end()
            place.worker = None
        if place.worker is None:
            place.worker = self.started()
        return place.worker

    def asked(self, worker: Worker, what: str, fields: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """An answer, and whether the worker can make another one."""
        try:
            worker.wait()
        except OSError:
            return {"error": refusal("the process for this answer did not start", "try it again")}, False
        try:
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
        places = [self.idle.get() for _ in range(self.size)]
        try:
            for place in places:
                self._worker_at(place).wait()
        finally:
            for place in places:
                self.idle.put(place)

    def close(self) -> None:
        self.threads.shutdown(wait=True, cancel_futures=True)
        for _, _, future, _, _ in self.queue:
            future.cancel()
        while not self.idle.empty():
            if (worker := self.idle.get().worker) is not None:
                worker.end()


_STARTING = Lock()


def _start_forkserver() -> None:
    """Starts the process that workers are forked from, unless it runs; no module of it is of the current folder."""
    from multiprocessing import forkserver

    with _STARTING:
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
