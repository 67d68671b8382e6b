"""Ranges of one file, downloaded by several connections together; how many these are says `connection_count.py`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from types import TracebackType
from typing import Self

from vodpull.errors import BodyIncomplete, FetchError, SourceChanged
from vodpull.fetch.partfile.byte_ranges import Span
from vodpull.fetch.partfile.journal import FileIdentity
from vodpull.fetch.partfile.partfile import PartFile
from vodpull.fetch.transfer.answers.answer import Answer
from vodpull.fetch.transfer.answers.body import read_blocks
from vodpull.fetch.transfer.answers.same_file import check_range
from vodpull.fetch.transfer.connection_count import ConnectionCount
from vodpull.fetch.transfer.guarded_requests import ClientSessions
from vodpull.fetch.transfer.limits import FetchLimits, Order
from vodpull.fetch.transfer.range_claims import MIN_PIECE_BYTES, Plan, RangeClaim

# A file with less than this to come is here before another connection has gathered speed.
_MIN_SHARED_BYTES = 8 << 20


class TransferConnections:
    """
    Brings the bytes of one plan into one part file; leaving the `async with` ends its helpers.

    `max_connections` above 1 needs an identity: only then can it be known that several answers fit together. With an
    order of `index_first`, one more of them brings the index of an MP4 file first if it stands at the end.
    """

    def __init__(
        self,
        part: PartFile,
        plan: Plan,
        *,
        order: Order,
        sessions: ClientSessions,
        limits: FetchLimits,
        on_bytes: Callable[[int], None],
    ) -> None:
        self.connections = 1
        """Most that were at work at once."""
        self.answers = 0
        """Answers that brought bytes."""
        self._part = part
        self._plan = plan
        self._sessions = sessions
        self._limits = limits
        self._on_bytes = on_bytes
        self._width = ConnectionCount(1)
        self._asked_url = self._url = order.url
        self._first: RangeClaim | None = None
        self._helpers: set[asyncio.Task[None]] = set()
        self._seeks_index = order.index_first
        self._index_start: int | None = None
        self._is_proving = False
        self._scouts: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        others = self._helpers | self._scouts
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def start(self, response: Answer, claim: RangeClaim, *, max_connections: int) -> None:
        """Bring what the first answer has for its claim; others may take over a part of it meanwhile."""
        self._url = response.url
        rest_bytes = claim.stop - claim.position + self._plan.free_bytes
        self._width = ConnectionCount(max_connections if rest_bytes >= _MIN_SHARED_BYTES else 1)
        self._first = claim
        self._seeks_index = self._seeks_index and max_connections > 1
        await self._copy(response, claim)
        self._first = None

    async def finish(self) -> None:
        """Bring everything that is left, after the first answer has been left."""
        while True:
            while claim := self._take():
                try:
                    await self._bring(claim)
                finally:
                    self._plan.give_back(claim)
            others = self._helpers | self._scouts
            if not others:
                return
            ended, _ = await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
            self._helpers -= ended
            self._scouts -= ended
            for other in ended:
                other.result()

    async def _bring(self, claim: RangeClaim) -> None:
        identity, span = _known(self._part.identity), claim.span
        headers = range_headers(identity, span)
        async with self._sessions.answer(self._asked_url, headers, known=self._url) as response:
            check_range(response, identity, span)
            self._url = response.url
            await self._copy(response, claim)

    def _take(self) -> RangeClaim | None:
        width = self._width
        if width.wanted == 1:
            return self._plan.take()
        return self._plan.take(
            self._plan.piece_bytes(rate_bytes_per_s=width.rate_bytes_per_s, width=width.wanted),
        )

    async def _copy(self, response: Answer, claim: RangeClaim) -> None:
        self.answers += 1
        start = claim.position
        async with aclosing(read_blocks(response, self._limits, self._count)) as blocks:
            async for block in blocks:
                chunks = _first_bytes(block, claim.stop - claim.position)
                at, claim.position = claim.position, claim.position + sum(map(len, chunks))
                await self._part.write(chunks, at=at)
                if self._seeks_index and claim is self._first:
                    await self._look_ahead(claim)
                if claim.is_done:
                    return
        if not claim.is_open:
            raise BodyIncomplete(f"{claim.position - start} of {claim.stop - start} announced bytes arrived")

    def _count(self, size_bytes: int) -> None:
        self._on_bytes(size_bytes)
        self._width.add(size_bytes, now_s=time.monotonic())
        while self._width.wanted > len(self._helpers) + 1 and self._hire():
            """One more."""

    def _hire(self) -> bool:
        """Start a helper if there is work and a place for it."""
        if max(self._plan.free_bytes, self._spare_bytes()) < MIN_PIECE_BYTES:
            return False
        if not self._sessions.try_place(self._url):
            self._width.shrink(len(self._helpers) + 1)
            return False
        index = len(self._helpers) + 1
        self._is_proving = self._plan.free_bytes < MIN_PIECE_BYTES
        helper = asyncio.create_task(self._help(index, proves=self._is_proving))
        self._helpers.add(helper)
        self.connections = max(self.connections, index + 1)
        return True

    def _piece_bytes(self) -> int:
        return int(max(MIN_PIECE_BYTES, 2 * self._width.rate_bytes_per_s))

    def _spare_bytes(self) -> int:
        """Return how much of the first answer another connection could take over."""
        if self._first is None or self._is_proving:
            return 0
        return self._first.stop - self._first.position - self._piece_bytes()

    async def _help(self, index: int, *, proves: bool) -> None:
        """Bring pieces until there are none, or this helper is not worth its connection; its failure harms nobody."""
        try:
            if proves and self._first is not None:
                start = self._first.position + self._piece_bytes()
                await self._take_over(self._first, (start, min(start + self._piece_bytes(), self._first.stop)))
            while index < self._width.wanted and (claim := self._take()):
                await self._bring_extra(claim)
        except SourceChanged:
            raise
        except FetchError:
            self._width.shrink(index)
        finally:
            self._is_proving = self._is_proving and not proves
            self._sessions.leave_place(self._url)

    async def _take_over(self, first: RangeClaim, span: Span) -> None:
        """
        Bring a span that the first answer is on its way to, which is cut short only once another one has begun.

        A link may answer once, or for a minute: then the first answer is all there is.
        """
        identity, (start, stop) = _known(self._part.identity), span
        async with self._sessions.extra_answer(self._url, range_headers(identity, span)) as response:
            check_range(response, identity, span)
            if first.position >= start:
                return
            self._plan.give_back(first, beyond=start)
            self._is_proving = False
            claim = self._plan.take_beyond(start)
            if claim is None:
                return
            try:
                if claim.position == start:  # else somebody else has taken it meanwhile
                    self._plan.give_back(claim, beyond=stop)
                    await self._copy(response, claim)
            finally:
                self._plan.give_back(claim)

    async def _bring_extra(self, claim: RangeClaim) -> None:
        identity, span = _known(self._part.identity), claim.span
        try:
            async with self._sessions.extra_answer(self._url, range_headers(identity, span)) as response:
                check_range(response, identity, span)
                await self._copy(response, claim)
        finally:
            self._plan.give_back(claim)

    async def _look_ahead(self, first: RangeClaim) -> None:
        """Send for the index at the end as soon as the beginning tells of it and there is a place for that."""
        if self._index_start is None:
            self._index_start = await self._part.find_index()
        start = self._index_start
        self._seeks_index = start is None or start < _known(self._part.identity).size_bytes
        if start is None or not self._seeks_index or not self._sessions.try_place(self._url):
            return
        self._seeks_index = False
        self._scouts.add(asyncio.create_task(self._bring_index(first, start)))
        self.connections = max(self.connections, len(self._helpers) + 2)

    async def _bring_index(self, first: RangeClaim, start: int) -> None:
        """Bring everything from there on; what fails here comes in its turn."""
        try:
            if first.stop > start:
                await self._take_over(first, (start, first.stop))
            while claim := self._plan.take_beyond(start):
                await self._bring_extra(claim)
        except SourceChanged:
            raise
        except FetchError:
            return
        finally:
            self._sessions.leave_place(self._url)


def range_headers(identity: FileIdentity, span: Span) -> dict[str, str]:
    """Return the headers that ask for a span of exactly those bytes, and else for the whole new file."""
    start, stop = span
    return {"Range": f"bytes={start}-{stop - 1}", "If-Range": identity.validator}


def _known(identity: FileIdentity | None) -> FileIdentity:
    if identity is None:
        raise RuntimeError("ranges are asked for of bytes without an identity")
    return identity


def _first_bytes(chunks: list[bytes], room: int) -> list[bytes]:
    if sum(map(len, chunks)) <= room:
        return chunks
    kept: list[bytes] = []
    for chunk in chunks:
        kept.append(chunk[:room])
        room -= len(kept[-1])
    return [chunk for chunk in kept if chunk]
