"""What every request passes: the host it names, the headers of the answer, and how many requests a client may make."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from ipaddress import ip_address

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from matcalc.regex import regex

LOOPBACK = ("localhost", "127.0.0.1", "::1")

HEADERS = {
    # Scripts and styles are the page's own files. KaTeX sets styles by the properties of elements, which needs no more.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
    "img-src 'self' blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}

_HOST = regex(r"(?P<name>\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::\d{1,5})?", re.ASCII)


class Guard:
    """Refuses requests for other hosts, so that no page of another site reaches this one by a name of its own.

    ``hosts`` are the names that are served; with ``any_address``, every numeric address is one, too.
    """

    def __init__(
        self, app: ASGIApp, hosts: Iterable[str] = LOOPBACK, *, any_address: bool = False, rate: Rate | None = None
    ) -> None:
        self.app = app
        self.hosts = {host.casefold() for host in hosts}
        self.any_address = any_address
        self.rate = rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    given.setdefault(name, value)
            await send(message)

        if scope["type"] != "http":
            await self.app(scope, receive, send)
        else:
            await (self.refused(Request(scope)) or self.app)(scope, receive, with_headers)

    def refused(self, request: Request) -> Response | None:
        if not self.serves(request.headers.get("host", "")):
            return PlainTextResponse("this host is not served here; matcalc serve --name NAME serves it", 421)
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            if request.method != "GET":
                return PlainTextResponse("requests come from the page itself", 403)
        is_answer = request.url.path.startswith("/api/")
        if is_answer and self.rate is not None and not self.rate.allows(request.client.host if request.client else ""):
            return PlainTextResponse("too many requests: wait a second", 429, {"Retry-After": "1"})
        return None

    def serves(self, host: str) -> bool:
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = found["name"].strip("[]").casefold()
        return name in self.hosts or (self.any_address and _is_address(name))


class Rate:
    """How many requests each client may make: ``burst`` at once, then so many ``per_second``."""

    def __init__(self, per_second: float = 10, burst: float = 40, most_clients: int = 10_000) -> None:
        self.per_second = per_second
        self.burst = burst
        self.most_clients = most_clients
        self.clients: dict[str, tuple[float, float]] = {}  # what is left, and when that was

    def allows(self, client: str, now: float | None = None) -> bool:
        now = time.monotonic() if now is None else now
        left, before = self.clients.pop(client, (self.burst, now))
        left = min(self.burst, left + (now - before) * self.per_second)
        while len(self.clients) >= self.most_clients:  # the client that was seen longest ago is forgotten
            del self.clients[next(iter(self.clients))]
        self.clients[client] = (left - 1 if left >= 1 else left, now)
        return left >= 1


def is_loopback(host: str) -> bool:
    return host in LOOPBACK or (_is_address(host) and ip_address(host).is_loopback)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
