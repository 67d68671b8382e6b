"""One try of one transfer: redirects, the origin's answer, its body."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
import yarl

from vodpull.clock import now_s
from vodpull.errors import (
    BodyEmpty,
    BodyEncoded,
    BodyIncomplete,
    BodyTooLarge,
    FetchError,
    Md5Mismatch,
    OriginBusy,
    OriginFailed,
    OriginMissing,
    OriginRefused,
    OriginTimeout,
    PlaylistUnsupported,
    StorageFull,
    TooManyRedirects,
    UrlForbidden,
    UrlInvalid,
)
from vodpull.fetch.partfile import PartFile, in_thread
from vodpull.fetch.source import AddressGuard
from vodpull.fetch.upstream import disk_errors, network_errors

OnProgress = Callable[[int, int | None], None]
"""Told bytes received and bytes announced (None: unknown), a few times a second; starts over at 0 on a new attempt."""

# Bytes a write: large enough that a thread hand-over costs nothing, small enough to keep many transfers in memory.
_BLOCK_BYTES = 1 << 20
_PROGRESS_INTERVAL_S = 0.25
_REDIRECTS = {301, 302, 303, 307, 308}
_STATUS_ERRORS: dict[int, type[FetchError]] = {
    404: OriginMissing,
    408: OriginTimeout,
    410: OriginMissing,
    429: OriginBusy,
    503: OriginBusy,
}


@dataclass(frozen=True, kw_only=True)
class FetchLimits:
    """What one transfer may cost, and how often it is tried."""

    max_bytes: int
    """Largest body, announced or counted."""
    connect_timeout_s: float = 20
    """Look-up, TCP and TLS together."""
    first_byte_timeout_s: float = 60
    """From the request to the end of the answer's headers."""
    stall_timeout_s: float = 60
    """Longest pause inside a body."""
    min_rate_bytes_per_s: int = 1024
    """Slowest average rate over `min_rate_window_s` of waiting for the origin."""
    min_rate_window_s: float = 60
    max_redirects: int = 5
    attempts: int = 5
    """Tries in all, of which the later ones only after errors that may pass."""
    retry_initial_s: float = 0.2
    """Pause before the second try; it doubles each time, with up to as much again at random."""
    retry_max_s: float = 30
    """Longest pause between two tries."""
    retry_after_max_s: float = 120
    """Longest pause that an origin may ask for with Retry-After."""


@dataclass(frozen=True, kw_only=True)
class Downloaded:
    """One file that arrived whole."""

    size_bytes: int
    md5: str
    """Of the bytes received, as lower-case hex."""
    final_url: str
    """Where the bytes came from after redirects, without the query (it may carry a signature)."""
    content_type: str
    """As the origin said, perhaps empty; never to be trusted."""
    etag: str
    """As the origin said, perhaps empty."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to bring, and where to."""

    url: yarl.URL
    """Checked."""
    target: Path
    expected_md5: str = ""
    """Lower-case hex; empty: not known."""
    byte_range: tuple[int, int] | None = None
    """First byte and number of bytes; None: the whole body."""


class Sessions:
    """Client sessions by origin, opened when first needed and closed together; children of a playlist share them."""

    def __init__(self, guard: AddressGuard, limits: FetchLimits) -> None:
        self._guard = guard
        self._timeout = aiohttp.ClientTimeout(total=None, connect=limits.connect_timeout_s)
        self._by_origin: dict[yarl.URL, aiohttp.ClientSession] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def check(self, base: yarl.URL, reference: str) -> yarl.URL:
        """Return the checked URL that `reference` means at `base`."""
        return self._guard.join(base, reference)

    async def of(self, url: yarl.URL) -> aiohttp.ClientSession:
        """Return the session for the URL's origin."""
        origin = url.origin()
        if origin not in self._by_origin:
            session = self._guard.session(url, timeout=self._timeout)
            self._by_origin[origin] = await self._stack.enter_async_context(session)
        return self._by_origin[origin]


class Transfer:
    """The tries of one order; `retry_after_s` is what the origin asked for at the last one."""

    def __init__(self, order: Order, *, sessions: Sessions, limits: FetchLimits) -> None:
        self.retry_after_s: float | None = None
        self._order = order
        self._sessions = sessions
        self._limits = limits

    async def attempt(self, on_progress: OnProgress) -> Downloaded:
        """
        Bring the file once, from its first byte.

        Raises:
            FetchError, StorageError: nothing is left under the target's name or beside it.
        """
        self.retry_after_s = None
        async with self._answer() as response:
            announced = self._check_answer(response)
            await in_thread(_check_room, self._order.target.parent, announced or 0)
            async with PartFile(self._order.target) as part:
                on_progress(0, announced)
                await self._copy(response, part, _throttled(on_progress, announced))
                md5 = await self._check_whole(part, announced)
                await part.publish()
            on_progress(part.size_bytes, announced)
        return Downloaded(
            size_bytes=part.size_bytes,
            md5=md5,
            final_url=str(response.url.with_query(None)),
            content_type=response.headers.get("Content-Type", ""),
            etag=response.headers.get("ETag", ""),
        )

    @asynccontextmanager
    async def _answer(self) -> AsyncIterator[aiohttp.ClientResponse]:
        """Give the first answer that is not a redirect; each hop is checked like the first URL."""
        url = self._order.url
        for _ in range(self._limits.max_redirects + 1):
            async with await self._request(url) as response:
                if response.status not in _REDIRECTS:
                    yield response
                    return
                url = self._next_hop(response)
        raise TooManyRedirects(f"{url.host}: more than {self._limits.max_redirects} redirects")

    async def _request(self, url: yarl.URL) -> aiohttp.ClientResponse:
        headers = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": "vodpull"}
        if self._order.byte_range is not None:
            start, length = self._order.byte_range
            headers["Range"] = f"bytes={start}-{start + length - 1}"
        session = await self._sessions.of(url)
        patience_s = self._limits.connect_timeout_s + self._limits.first_byte_timeout_s
        with network_errors(url.host or ""):
            async with asyncio.timeout(patience_s):
                return await session.get(url, headers=headers, allow_redirects=False)

    def _next_hop(self, response: aiohttp.ClientResponse) -> yarl.URL:
        location = response.headers.get("Location")
        if location is None:
            raise OriginFailed(f"{response.url.host}: the redirect names no target")
        try:
            # header bytes outside ASCII arrive as surrogates
            reference = location.encode("utf-8", "surrogateescape").decode()
        except ValueError as error:
            raise UrlInvalid("the redirect's target is not text") from error
        url = self._sessions.check(response.url, reference)
        if (response.url.scheme, url.scheme) == ("https", "http"):
            raise UrlForbidden(f"{response.url.host}: the redirect leads from https to http")
        return url

    def _check_answer(self, response: aiohttp.ClientResponse) -> int | None:
        """Return the announced number of bytes of an answer that is worth reading."""
        self._check_status(response)
        encodings = ",".join(response.headers.getall("Content-Encoding", [])).replace(" ", "").lower()
        if set(encodings.split(",")) - {"", "identity"}:
            raise BodyEncoded(f"{response.url.host}: the body is encoded, so it is not the file itself")
        announced = response.content_length
        if self._order.byte_range is not None:
            announced = self._order.byte_range[1]
        if announced == 0:
            raise BodyEmpty(f"{response.url.host}: the body has zero bytes")
        if announced is not None and announced > self._limits.max_bytes:
            raise BodyTooLarge(f"{announced} bytes are announced, {self._limits.max_bytes} are allowed")
        return announced

    def _check_status(self, response: aiohttp.ClientResponse) -> None:
        host, status = response.url.host, response.status
        if self._order.byte_range is not None and status in {200, 206}:
            start, length = self._order.byte_range
            if not response.headers.get("Content-Range", "").startswith(f"bytes {start}-{start + length - 1}/"):
                raise PlaylistUnsupported(f"{host}: the origin does not give the byte range that was asked for")
        elif status in {204, 205}:
            raise BodyEmpty(f"{host}: the origin answered {status}, no content")
        elif status != 200:  # noqa: PLR2004 - HTTP's OK
            if status in {429, 503}:
                self.retry_after_s = _parse_retry_after(response.headers.get("Retry-After", ""))
            is_refusal = 400 <= status < 500  # noqa: PLR2004 - HTTP's client errors
            kind = _STATUS_ERRORS.get(status, OriginRefused if is_refusal else OriginFailed)
            raise kind(f"{host}: the origin answered {status}")

    async def _copy(self, response: aiohttp.ClientResponse, part: PartFile, on_progress: Callable[[int], None]) -> None:
        pace = Pace(self._limits)
        received, block = 0, bytearray()
        while chunk := await self._next_chunk(response, pace):
            received += len(chunk)
            if received > self._limits.max_bytes:
                raise BodyTooLarge(f"the body is larger than the {self._limits.max_bytes} bytes that are allowed")
            block += chunk
            if len(block) >= _BLOCK_BYTES:
                await part.write(block)
                block = bytearray()
            on_progress(received)
        await part.write(block)

    async def _next_chunk(self, response: aiohttp.ClientResponse, pace: Pace) -> bytes:
        started = time.monotonic()
        with network_errors(response.url.host or ""):
            async with asyncio.timeout(self._limits.stall_timeout_s):
                chunk = await response.content.readany()
        pace.add(len(chunk), waited_s=time.monotonic() - started)
        return chunk

    async def _check_whole(self, part: PartFile, announced: int | None) -> str:
        if part.size_bytes == 0:
            raise BodyEmpty("the body has zero bytes")
        if announced is not None and part.size_bytes != announced:
            raise BodyIncomplete(f"{part.size_bytes} of {announced} announced bytes arrived")
        md5 = await part.md5()
        expected = self._order.expected_md5
        if expected and md5 != expected:
            raise Md5Mismatch(f"the file's md5 is {md5}, expected was {expected}", field="md5")
        return md5


class Pace:
    """Ends a body that drips: counts only time spent waiting for the origin, so that a slow disk is not its fault."""

    def __init__(self, limits: FetchLimits) -> None:
        self._window_s = limits.min_rate_window_s
        self._min_bytes = limits.min_rate_bytes_per_s * limits.min_rate_window_s
        self._waited_s = 0.0
        self._received = 0

    def add(self, size_bytes: int, *, waited_s: float) -> None:
        """
        Count one chunk and the wait for it.

        Raises:
            OriginTimeout: a window ended with too few bytes in it.
        """
        self._waited_s += waited_s
        self._received += size_bytes
        if self._waited_s < self._window_s:
            return
        if self._received < self._min_bytes:
            raise OriginTimeout(f"the origin sent {self._received} bytes in {self._waited_s:.0f} s")
        self._waited_s, self._received = 0.0, 0


def _throttled(on_progress: OnProgress, announced: int | None) -> Callable[[int], None]:
    last_s = time.monotonic()

    def tell(received: int) -> None:
        nonlocal last_s
        if time.monotonic() - last_s >= _PROGRESS_INTERVAL_S:
            last_s = time.monotonic()
            on_progress(received, announced)

    return tell


def _check_room(folder: Path, needed_bytes: int) -> None:
    with disk_errors():
        free_bytes = shutil.disk_usage(folder).free
    if needed_bytes > free_bytes:
        raise StorageFull(f"the source has {needed_bytes} bytes, the work folder {free_bytes} bytes free")


def _parse_retry_after(text: str) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110, 10.2.3: a number or a date), None if it is neither."""
    if text.isascii() and text.isdigit():
        return float(text[:10])  # more digits than any wait that is honoured
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now_s())
    except (ValueError, OverflowError):
        return None
