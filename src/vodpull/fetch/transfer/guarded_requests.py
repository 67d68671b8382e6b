"""
Requests of a transfer: through the guard, the limits of each host, and across redirects.

Which answer sends a request on, and where to, is in `redirects.py`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Self

import aiohttp
import yarl

from vodpull.errors import OriginFailed, TooManyRedirects
from vodpull.fetch.guard.allowed_connections import AddressGuard
from vodpull.fetch.guard.cookies import CookieJar
from vodpull.fetch.guard.source_store_urls import check_stored, is_stored, join_stored
from vodpull.fetch.transfer.answers.answer import Answer
from vodpull.fetch.transfer.answers.source_store_answers import NoStores, ReadableStores, ask
from vodpull.fetch.transfer.host_limits import HostLimits
from vodpull.fetch.transfer.limits import FetchLimits
from vodpull.fetch.transfer.network_errors import network_errors
from vodpull.fetch.transfer.redirects import is_redirect, is_stale, next_hop

# How a host says that it has too much to do.
_BUSY = {429, 503}


class ClientSessions:
    """Client sessions by origin, opened when first needed and closed together; children of a playlist share them."""

    def __init__(
        self,
        guard: AddressGuard,
        limits: FetchLimits,
        host_limits: HostLimits | None = None,
        *,
        cookies: CookieJar | None = None,
        stores: ReadableStores | None = None,
    ) -> None:
        """Take the parts, inside a loop; `cookies` are those of an earlier part of the same fetch."""
        self._stores = stores or NoStores()
        self._guard = guard
        self._cookies = CookieJar() if cookies is None else cookies
        self._limits = limits
        self._host_limits = host_limits
        self._timeout = aiohttp.ClientTimeout(total=None, connect=limits.connect_timeout_s)
        self._by_origin: dict[yarl.URL, aiohttp.ClientSession] = {}
        self._stack = AsyncExitStack()
        self.queued_s = 0.0
        """How long requests waited for their turn at a host, all of them together."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def parse(self, url: str) -> yarl.URL:
        """Return a source's URL in its one form: of a web address, or of an object in a store."""
        return check_stored(url, self._stores) or self._guard.check_url(url)

    def check(self, base: yarl.URL, reference: str) -> yarl.URL:
        """Return the checked URL that `reference` means at `base`; from the web none leads into a store."""
        beside = join_stored(base, reference) if is_stored(base) else None
        return beside or self._guard.join(base, reference)

    @asynccontextmanager
    async def answer(
        self, url: yarl.URL, headers: Mapping[str, str], *, known: yarl.URL | None = None
    ) -> AsyncIterator[Answer]:
        """
        Give the first answer that is not a redirect; each hop is checked like the first URL.

        `known` is where the URL led before; it is asked first. What a redirect leads to may expire or count its
        answers: where it refuses, the URL itself is asked again, once, for a fresh one.
        """
        for start, is_last in ((known or url, False), (url, True)):
            async with self._follow(start, headers) as response:
                if is_last or not is_stale(response) or response.url == url:
                    yield response
                    return

    @asynccontextmanager
    async def _follow(self, url: yarl.URL, headers: Mapping[str, str]) -> AsyncIterator[Answer]:
        for _ in range(self._limits.max_redirects + 1):
            async with self._place(url), await self._request(url, headers) as response:
                if not is_redirect(response):
                    yield response
                    return
                url = next_hop(response, resolve=self.check)
        raise TooManyRedirects(f"{url.host}: more than {self._limits.max_redirects} redirects")

    @asynccontextmanager
    async def extra_answer(self, url: yarl.URL, headers: Mapping[str, str]) -> AsyncIterator[Answer]:
        """Give the answer to a request whose place was taken by `try_place`; a redirect is an error."""
        if self._host_limits is not None:
            await self._host_limits.pace(url.raw_host or "")
        async with await self._request(url, headers) as response:
            if is_redirect(response):
                raise OriginFailed(f"{url.host}: the origin redirects some requests and some not")
            yield response

    def try_place(self, url: yarl.URL) -> bool:
        """Tell whether one more connection to the URL's host may be opened just now; give it back by `leave_place`."""
        return self._host_limits is None or self._host_limits.try_enter(url.raw_host or "")

    def leave_place(self, url: yarl.URL) -> None:
        """Give back what `try_place` took."""
        if self._host_limits is not None:
            self._host_limits.leave(url.raw_host or "")

    def hold(self, url: yarl.URL, wait_s: float) -> None:
        """Let no download of this process ask the URL's host for so long."""
        if self._host_limits is not None:
            self._host_limits.hold(url.raw_host or "", wait_s)

    @asynccontextmanager
    async def _place(self, url: yarl.URL) -> AsyncIterator[None]:
        if self._host_limits is None:
            yield
            return
        asked_s = time.monotonic()
        async with self._host_limits.enter(url.raw_host or ""):
            self.queued_s += time.monotonic() - asked_s
            yield

    async def _request(self, url: yarl.URL, headers: Mapping[str, str]) -> Answer:
        patience_s = self._limits.connect_timeout_s + self._limits.first_byte_timeout_s
        if is_stored(url):
            with network_errors(url.host or ""):
                async with asyncio.timeout(patience_s):
                    return await ask(self._stores, url, headers)
        sent = {
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "User-Agent": "vodpull",
            **self._guard.credentials_for(url),
            **headers,
        }
        session = await self._session_of(url)
        with network_errors(url.host or ""):
            async with asyncio.timeout(patience_s):
                response = await session.get(url, headers=sent, allow_redirects=False)
        if self._host_limits is not None:
            self._host_limits.note(url.raw_host or "", is_busy=response.status in _BUSY)
        return response

    async def _session_of(self, url: yarl.URL) -> aiohttp.ClientSession:
        origin = url.origin()
        if origin not in self._by_origin:
            session = self._guard.session(url, timeout=self._timeout, cookies=self._cookies)
            self._by_origin[origin] = await self._stack.enter_async_context(session)
        return self._by_origin[origin]
