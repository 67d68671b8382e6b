"""
A real HTTP server that misbehaves on request: the remote world of the tests.

Every route answers with `origin.body`, or with the served file that `?file=` names:

    /<name>                a file of the served folder, or what `put` stored; with ranges
    /status/<code>         that status; `?retry_after=` adds the header
    /redirect?to=<url>     `?code=` (302); `&times=n` redirects to itself n times first
    /reset?after=<bytes>   the connection is reset in the middle of the body; `&fails=n` only the first n times
    /short                 Content-Length announces `?more=` (1000) bytes more than come
    /endless               a body without an end and without a Content-Length
    /chunked               the body without a Content-Length
    /gzip                  the body compressed, although identity was asked for
    /empty                 200 with zero bytes
    /slow?pause=<s>        the body in pieces of `?piece=` (1000) bytes with a pause before each
    /stall?after=<bytes>   part of the body, then nothing until the client leaves
    /never                 no answer until the client leaves
    /flaky?fails=<n>       `?code=` (500) the first n times for this query, then the body
    /headers               an answer with a megabyte of headers
    /throttled?rate=<n>    the body with ranges, each connection at most so many bytes a second; the first
                           `&refuses=` (0) range requests are answered 503
    /raw/<name>            the bytes that `put_raw` stored, head included, and the end of the connection
    /<name>                whatever the handler does that `answer` registered
    /scripted/<name>       what `script` stored: each request meets the next fault of its script, then all is well
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import mimetypes
import ssl
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_PIECE_BYTES = 1 << 16


@dataclass
class Scripted:
    """One file with a script of faults, written `<what>` or `<what>@<percent of the answer's body>`."""

    content: bytes
    faults: list[str] = field(default_factory=list)
    etag: str = '"1"'
    last_modified: str = ""
    sent_bytes: int = 0
    """Body bytes handed to the network, of all answers together."""
    ranges: list[str] = field(default_factory=list)
    """The Range of every request, empty for none."""

    def replace(self, content: bytes) -> None:
        """Become another version of the file."""
        self.content, self.etag = content, f'"{int(self.etag.strip(chr(34))) + 1}"' if self.etag else ""

    async def send(self, response: web.StreamResponse, request: web.Request, body: bytes) -> None:
        """Send bytes and count those that have left."""
        assert request.transport is not None
        request.transport.set_write_buffer_limits(high=0)
        for start in range(0, len(body), _PIECE_BYTES):
            piece = body[start : start + _PIECE_BYTES]
            await response.write(piece)
            self.sent_bytes += len(piece)


class Origin:
    """The server; use it as `async with Origin() as origin`, or through `run_origin_in_thread`."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.body = bytes(range(256)) * 1024
        """What misbehaving routes send: 256 KiB."""
        self.port = 0
        self._peers: set[object] = set()
        self._at_once = 0
        self._folder: Path | None = None
        self._allowances: dict[object, float] = {}
        self._tls = tls
        self.forget()
        app = web.Application(middlewares=[self._count])
        for path, handler in self._routes().items():
            app.router.add_get(path, handler)
        app.router.add_post("/redirect", self._redirect)
        app.router.add_get("/{name:.*}", self._resource)
        # a client that leaves cancels its handler; no waiting for them at the end
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)

    def forget(self) -> None:
        """Serve nothing but the folder, and know of no request: as in the beginning."""
        self.requests: Counter[str] = Counter()
        """Requests by path, without the query."""
        self.headers: list[dict[str, str]] = []
        """Headers of every request, names in lower case; `path` is what was asked for."""
        self.queries: list[str] = []
        """Queries of every request, in the order in which they came."""
        self.left_early = asyncio.Event()
        """Set when a client has left a route that waits for that."""
        self.max_at_once = 0
        """Most requests that were under way together."""
        self._resources: dict[str, bytes] = {}
        self._raw: dict[str, bytes] = {}
        self._handlers: dict[str, Handler] = {}
        self._scripts: dict[str, Scripted] = {}

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._tls)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()

    @property
    def origin(self) -> str:
        """Return `http://127.0.0.1:<port>`, as a trusted origin is written."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """Return how many connections have carried a request."""
        return len(self._peers)

    def url(self, path: str) -> str:
        """Return the URL of a path with or without its leading slash."""
        return f"{self.origin}/{path.removeprefix('/')}"

    def serve(self, folder: Path) -> None:
        """Serve the files of a folder from now on."""
        self._folder = folder

    def put(self, name: str, content: bytes) -> str:
        """Serve bytes under a name and return their URL."""
        self._resources[name] = content
        return self.url(name)

    def put_raw(self, name: str, answer: bytes) -> str:
        """Serve the bytes of a whole answer, which may break the protocol, and return their URL."""
        self._raw[name] = answer
        return self.url(f"raw/{name}")

    def answer(self, name: str, handler: Handler) -> str:
        """Let a handler answer for a path and return its URL."""
        self._handlers[name] = handler
        return self.url(name)

    def script(self, name: str, content: bytes, faults: Sequence[str] = ()) -> Scripted:
        """Serve bytes under `/scripted/<name>`; the faults are what its requests meet, in order."""
        self._scripts[name] = Scripted(content, list(faults))
        return self._scripts[name]

    def _routes(self) -> dict[str, Handler]:
        return {
            "/status/{code}": self._status,
            "/redirect": self._redirect,
            "/reset": self._reset,
            "/short": self._short,
            "/endless": self._endless,
            "/chunked": self._chunked,
            "/gzip": self._gzip,
            "/empty": self._empty,
            "/slow": self._slow,
            "/stall": self._stall,
            "/never": self._never,
            "/flaky": self._flaky,
            "/headers": self._headers,
            "/throttled": self._throttled,
            "/raw/{name}": self._send_raw,
            "/scripted/{name}": self._scripted,
        }

    @web.middleware
    async def _count(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        self.requests[request.path] += 1
        self.queries.append(request.query_string)
        self.headers.append({"path": request.path, **{name.lower(): value for name, value in request.headers.items()}})
        if request.transport is not None:
            self._peers.add(request.transport.get_extra_info("peername"))
        self._at_once += 1
        self.max_at_once = max(self.max_at_once, self._at_once)
        try:
            return await handler(request)
        except (asyncio.CancelledError, ConnectionError):
            self.left_early.set()
            raise
        finally:
            self._at_once -= 1

    def _body_of(self, request: web.Request) -> bytes:
        name = request.query.get("file")
        if name is None:
            return self.body
        if name in self._resources:
            return self._resources[name]
        if self._folder is None:
            raise web.HTTPNotFound
        return (self._folder / name).read_bytes()

    async def _resource(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name in self._handlers:
            return await self._handlers[name](request)
        if name in self._resources:
            return ranged(request, self._resources[name])
        path = self._folder / name if self._folder is not None and ".." not in name else None
        if path is None or not path.is_file():
            raise web.HTTPNotFound
        return ranged(request, path.read_bytes())  # FileResponse leaks its file when a client leaves early

    async def _status(self, request: web.Request) -> web.StreamResponse:
        wait = request.query.get("retry_after")
        return web.Response(status=int(request.match_info["code"]), headers={"Retry-After": wait} if wait else None)

    async def _redirect(self, request: web.Request) -> web.StreamResponse:
        times = int(request.query.get("times", "0"))
        again = request.url.update_query(times=times - 1).path_qs
        location = again if times > 0 else request.query["to"]
        return web.Response(status=int(request.query.get("code", "302")), headers={"Location": location})

    async def _reset(self, request: web.Request) -> web.StreamResponse:
        self.requests[request.path_qs] += 1
        if self.requests[request.path_qs] > int(request.query.get("fails", "1000000")):
            return ranged(request, self._body_of(request))
        response = await self._begin(request, len(self._body_of(request)))
        await response.write(self._body_of(request)[: int(request.query["after"])])
        assert request.transport is not None
        request.transport.abort()
        return response

    async def _short(self, request: web.Request) -> web.StreamResponse:
        body = self._body_of(request)
        response = await self._begin(request, len(body) + int(request.query.get("more", "1000")))
        await response.write(body)
        assert request.transport is not None
        request.transport.close()
        return response

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        response = await self._begin(request, None)
        while True:
            await response.write(self.body[:_PIECE_BYTES])

    async def _chunked(self, request: web.Request) -> web.StreamResponse:
        response = await self._begin(request, None)
        await response.write(self._body_of(request))
        return response

    async def _gzip(self, request: web.Request) -> web.StreamResponse:
        return web.Response(body=gzip.compress(self._body_of(request)), headers={"Content-Encoding": "gzip"})

    async def _empty(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"")

    async def _slow(self, request: web.Request) -> web.StreamResponse:
        body, size = self._body_of(request), int(request.query.get("piece", "1000"))
        response = await self._begin(request, len(body))
        for start in range(0, len(body), size):
            await asyncio.sleep(float(request.query["pause"]))
            await response.write(body[start : start + size])
        return response

    async def _stall(self, request: web.Request) -> web.StreamResponse:
        body = self._body_of(request)
        response = await self._begin(request, len(body))
        await response.write(body[: int(request.query["after"])])
        await asyncio.Event().wait()
        return response

    async def _never(self, _request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        return web.Response()

    async def _flaky(self, request: web.Request) -> web.StreamResponse:
        self.requests[request.path_qs] += 1
        if self.requests[request.path_qs] <= int(request.query["fails"]):
            return web.Response(status=int(request.query.get("code", "500")))
        return ranged(request, self._body_of(request))

    async def _headers(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(body=self.body, headers={f"X-{number}": "a" * 1000 for number in range(1000)})

    async def _throttled(self, request: web.Request) -> web.StreamResponse:
        body, rate = self._body_of(request), int(request.query["rate"])
        self.requests["/throttled range"] += "Range" in request.headers
        if "Range" in request.headers and self.requests["/throttled range"] <= int(request.query.get("refuses", "0")):
            return web.Response(status=503)
        response, body = _headed(request, body, '"origin"')
        await response.prepare(request)
        peer = request.transport.get_extra_info("peername") if request.transport else None
        for start in range(0, len(body), 1 << 14):
            piece = body[start : start + (1 << 14)]
            free_s = max(self._allowances.get(peer, 0.0), time.monotonic()) + len(piece) / rate
            self._allowances[peer] = free_s
            await response.write(piece)
            await asyncio.sleep(free_s - time.monotonic())
        return response

    async def _send_raw(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.write(self._raw[request.match_info["name"]])
        request.transport.close()
        return web.Response()

    async def _scripted(self, request: web.Request) -> web.StreamResponse:
        file = self._scripts[request.match_info["name"]]
        file.ranges.append(request.headers.get("Range", ""))
        fault, _, percent = (file.faults.pop(0) if file.faults else "none").partition("@")
        if fault.isdigit():
            return web.Response(status=int(fault))
        if fault == "changed":
            file.replace(file.content[::-1])
        response, body = _headed(request, file.content, file.etag, ignores_range=fault == "ignored")
        if file.last_modified:
            response.headers["Last-Modified"] = file.last_modified
        if fault == "wrong" and response.status == 206:
            response.headers["Content-Range"] = f"bytes 0-{len(body) - 1}/{len(file.content)}"
        await response.prepare(request)
        end = len(body) * int(percent or 100) // 100
        await file.send(response, request, body[:end])
        assert request.transport is not None
        if fault == "reset":
            request.transport.abort()
        elif fault == "short":
            request.transport.close()
        elif fault == "stall":
            await asyncio.Event().wait()
        return response

    async def _begin(self, request: web.Request, announced: int | None) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "video/mp4"})
        response.content_length = announced
        await response.prepare(request)
        return response


def ranged(request: web.Request, body: bytes) -> web.Response:
    """Answer with a body that has a name, or the range of it that is asked for."""
    head, body = _headed(request, body, '"origin"')
    return web.Response(status=head.status, body=body, headers=head.headers)


def _headed(
    request: web.Request, body: bytes, etag: str, *, ignores_range: bool = False
) -> tuple[web.StreamResponse, bytes]:
    """Return the head of an answer and what of the body belongs to it: the range asked for, if nothing changed."""
    content_type = mimetypes.guess_type(request.path)[0] or "application/octet-stream"
    headers = {"Content-Type": content_type, "Accept-Ranges": "bytes", **({"ETag": etag} if etag else {})}
    wanted, status = request.http_range, 200
    has_changed = request.headers.get("If-Range", etag) != etag and etag.startswith('"')
    if (wanted.start, wanted.stop) != (None, None) and not ignores_range and not has_changed:
        start, stop, _ = wanted.indices(len(body))
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(body)}"
        status, body = 206, body[start:stop]
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = len(body)
    return response, body


class Canary:
    """A listener that only counts who connects: where nobody may."""

    def __init__(self) -> None:
        self.connects = 0
        self.port = 0
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _accept(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connects += 1
        writer.close()


@contextlib.contextmanager
def run_origin_in_thread(folder: Path | None = None) -> Iterator[Origin]:
    """Run an origin on a thread with its own loop, for tests that block; serves `folder` if given."""
    started = threading.Event()
    found: list[Origin] = []
    stop: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def main() -> None:
        async with Origin() as origin:
            if folder is not None:
                origin.serve(folder)
            end = asyncio.Event()
            found.append(origin)
            stop.append((asyncio.get_running_loop(), end))
            started.set()
            await end.wait()

    thread = threading.Thread(target=asyncio.run, args=(main(),), name="origin", daemon=True)
    thread.start()
    if not started.wait(10):
        raise RuntimeError("the origin did not start")
    try:
        yield found[0]
    finally:
        loop, end = stop[0]
        loop.call_soon_threadsafe(end.set)
        thread.join(10)
