"""The server of the page: its files, and the answers that worker processes compute."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Coroutine, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from matcalc.errors import MatcalcError

try:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.requests import ClientDisconnect, Request
    from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles
except ImportError as missing:
    raise MatcalcError(
        f"the page needs the package {(missing.name or 'starlette').partition('.')[0]}",
        hint='pip install "matcalc-engine[web]"',
    ) from None

from matcalc.web.answers import ANSWERS, about
from matcalc.web.guards import LOOPBACK, Guard, Rate, is_loopback
from matcalc.web.pool import Overloaded, Pool
from matcalc.web.remembered import Remembered

STATIC = Path(__file__).parent / "static"
LONGEST_BODY = 64_000  # bytes
PORT = 8000

T = TypeVar("T")


def application(
    pool: Pool, hosts: Iterable[str] = LOOPBACK, *, any_address: bool = False, rate: Rate | None = None
) -> Starlette:
    """The page, for requests that name one of these hosts."""
    about_the_page = about()
    remembered = Remembered(pool.submit)

    async def page(request: Request) -> Response:
        return FileResponse(STATIC / "index.html")

    async def offered(request: Request) -> Response:
        return JSONResponse(about_the_page)

    async def answered(request: Request) -> Response:
        what = request.path_params["what"]
        if what not in ANSWERS:
            return _bad("there is no such answer", 404)
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return _bad("a request is JSON", 415)
        body = bytearray()
        try:
            async for piece in request.stream():
                body += piece
                if len(body) > LONGEST_BODY:
                    return _bad(f"a request has at most {LONGEST_BODY} bytes", 413)
            fields = json.loads(body)
        except (ValueError, RecursionError):
            return _bad("a request is JSON", 400)
        except ClientDisconnect:
            return _bad("", 400)
        if not isinstance(fields, dict):
            return _bad("a request is a JSON object", 400)
        try:
            found = remembered.found(what, fields)
            status, made = (200, found) if found else await _unless_gone(request, remembered.answer(what, fields))
        except Overloaded:
            return JSONResponse({"bad": "too many requests are waiting"}, 503, {"Retry-After": "1"})
        except asyncio.CancelledError:  # the client is gone, or the server is being ended
            return _bad("", 503)
        return Response(made, status, media_type="application/json")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        pool.close()

    return Starlette(
        routes=[
            Route("/", page),
            Route("/api/about", offered),
            Route("/api/{what}", answered, methods=["POST"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(Guard, hosts=tuple(hosts), any_address=any_address, rate=rate)],
        lifespan=lifespan,
    )


async def _unless_gone(request: Request, answer: Coroutine[Any, Any, T]) -> T:
    """The answer; what waits for one that nobody waits for any more leaves the queue.

    Raises:
        CancelledError: the client has closed the connection.
    """
    asked = asyncio.ensure_future(answer)
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({asked, gone}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        gone.cancel()
        if not asked.done():
            asked.cancel()
    return await asked


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _bad(words: str, status: int) -> Response:
    return PlainTextResponse(words, status) if status != 400 else JSONResponse({"bad": words}, status)


def serve(host: str = "127.0.0.1", port: int = PORT, names: Iterable[str] = ()) -> None:
    """Serves the page until it is interrupted; says where it is.

    Raises:
        MatcalcError: the address cannot be used.
    """
    listening = _listening(host, port)
    is_local = is_loopback(host)
    served = [*LOOPBACK, host, *names]
    shown = f"[{host}]" if ":" in host else host
    if not is_local:
        print(
            f"matcalc: {host} is not only this machine: whoever reaches it may compute here. Each answer has at most "
            "2 seconds and 512 MB; each client makes at most 10 requests a second. There are no passwords and no "
            "encryption: for more than a trusted network, put a web server before it, and name it by --name.",
            file=sys.stderr,
        )
        if not _is_unspecified(host):
            served.append(socket.getfqdn(host))
    pool = Pool()
    app = application(pool, served, any_address=not is_local, rate=None if is_local else Rate())
    try:
        pool.warm()
        place = "localhost" if _is_unspecified(host) else shown
        print(f"matcalc: http://{place}:{listening.getsockname()[1]}/ shows the page; Ctrl-C ends it", flush=True)
        config = uvicorn.Config(app, log_level="warning", ws="none", server_header=False, timeout_graceful_shutdown=3)
        uvicorn.Server(config).run(sockets=[listening])
    except OSError as error:
        raise MatcalcError(f"the page cannot be served: {error}") from None
    except KeyboardInterrupt:
        pass
    finally:
        pool.close()


def _is_unspecified(host: str) -> bool:
    return host in ("0.0.0.0", "::", "")


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens there.

    Raises:
        MatcalcError: the port is taken, or the address is none of this machine.
    """
    if not 0 <= port <= 65_535:
        raise MatcalcError(f"not a port: {port}", hint="matcalc serve --port 8000")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # said, or asyncio delays small answers
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(1024)
    except (OSError, UnicodeError) as error:
        made.close()
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "no such address"
        raise MatcalcError(
            f"cannot listen on {host}:{port}: {reason}", hint=f"matcalc serve --port {port % 65_535 + 1}"
        ) from None
    return made
