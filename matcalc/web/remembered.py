"""Answers that were made before: the same request has the same answer, so that many who ask it cost one computation.

What is being computed is shared, too. The memory is bounded, and what was asked longest ago goes first. Only answers
are kept: that a computation was stopped may be the neighbours' doing, and is another matter the next time.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from hashlib import sha256
from typing import Any

MOST_BYTES = 16_000_000  # of all answers
LARGEST = 200_000  # bytes of one that is kept


class Remembered:
    """``compute(what, fields)``, with a memory of the answers as JSON. It belongs to one event loop."""

    def __init__(
        self, compute: Callable[[str, dict[str, Any]], Future[dict[str, Any]]], most_bytes: int = MOST_BYTES
    ) -> None:
        self.compute = compute
        self.most_bytes = most_bytes
        self.kept: dict[bytes, bytes] = {}  # in the order in which they were asked for
        self.size = 0
        self.running: dict[bytes, tuple[asyncio.Task[tuple[int, bytes]], set[object]]] = {}  # and who waits for it

    def found(self, what: str, fields: dict[str, Any]) -> bytes | None:
        """The body of the answer, where it is remembered."""
        key = _key(what, fields)
        body = self.kept.pop(key, None)
        if body is not None:
            self.kept[key] = body
        return body

    async def answer(self, what: str, fields: dict[str, Any]) -> tuple[int, bytes]:
        """The status and the body of the answer. Once all who wait for it are cancelled, it is not computed.

        Raises:
            Overloaded: too many requests are waiting.
        """
        if (body := self.found(what, fields)) is not None:
            return 200, body
        key = _key(what, fields)
        if key not in self.running:
            task = asyncio.ensure_future(self._made(key, self.compute(what, fields)))
            self.running[key] = task, set()
            task.add_done_callback(lambda done: self._forget(key, done))
        task, waiting = self.running[key]
        me = object()
        waiting.add(me)
        try:
            return await asyncio.shield(task)
        finally:
            waiting.discard(me)
            if not waiting and not task.done():
                del self.running[key]
                task.cancel()

    def _forget(self, key: bytes, done: asyncio.Task[tuple[int, bytes]]) -> None:
        if key in self.running and self.running[key][0] is done:
            del self.running[key]

    async def _made(self, key: bytes, future: Future[dict[str, Any]]) -> tuple[int, bytes]:
        made = await asyncio.wrap_future(future)
        body = json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        if "bad" in made:
            return 400, body
        if not _was_stopped(made) and len(body) <= LARGEST:
            self.kept[key] = body
            self.size += len(body)
            while self.size > self.most_bytes:
                self.size -= len(self.kept.pop(next(iter(self.kept))))
        return 200, body


def _key(what: str, fields: Mapping[str, Any]) -> bytes:
    return sha256(json.dumps([what, fields], sort_keys=True).encode()).digest()


def _was_stopped(made: Mapping[str, Any]) -> bool:
    return isinstance(made.get("error"), dict) and made["error"].get("where") == "page"
