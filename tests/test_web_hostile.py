"""Hostile requests to the page: a few of those that ``python -m benchmarks.hostile_page`` makes."""

from __future__ import annotations

import asyncio
import math
import os
import subprocess
import sys

import pytest

pytest.importorskip("starlette", reason="the page needs the extra web")
pytest.importorskip("uvicorn", reason="the page needs the extra web")

from benchmarks import hostile_page
from benchmarks.hostile_requests import KINDS, requests
from benchmarks.page import serving

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="memory is read from Linux")


def test_requests_follow_from_the_seed_and_are_of_every_kind() -> None:
    made = list(requests(1_000, 0))
    assert made == list(requests(1_000, 0)) != list(requests(1_000, 1))
    assert {request.kind for request in made} == {*KINDS, "body", "headers", "path", "declared", "field"}


def test_hostile_requests_are_answered_in_words_and_the_server_lives() -> None:
    with serving() as (host, port, pid):
        found = asyncio.run(hostile_page.campaign(host, port, pid, 150, 2))
        assert asyncio.run(hostile_page.sent(host, port, next(requests(1, 2)))).status == 200
    assert len(found) == 150
    failed = [(one.request, what) for one in found if (what := hostile_page.failure(one, math.inf))]
    assert failed == []


def test_no_request_reaches_a_file_a_module_or_the_network() -> None:
    """Python's own account of it, in a process with the limits of a worker."""
    command = [sys.executable, "-m", "benchmarks.hostile_page", "200", "4", "--audit"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.stdout.splitlines()[-1:][0].endswith(" 0 events"), done.stdout + done.stderr
