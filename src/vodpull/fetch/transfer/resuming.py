"""
One transfer: each try goes on from the bytes that are here, until the file is complete and verified.

How often it is tried, and after what pause, is in `retry.py`; whether the origin still has the same file, in
`answers/same_file.py`; how often the journal is written, in `partfile/journal.py`.
"""

from __future__ import annotations

import time

from vodpull.errors import (
    BodyEmpty,
    BodyTooLarge,
    OriginFailed,
    OriginRefused,
    PlaylistUnsupported,
    SourceChanged,
)
from vodpull.fetch.partfile.journal import FileIdentity, JournalClock, OriginFacts, name_source
from vodpull.fetch.partfile.partfile import PartFile
from vodpull.fetch.partfile.room_for_announced_size import check_room
from vodpull.fetch.partfile.threads import in_thread
from vodpull.fetch.transfer.answers.answer import Answer
from vodpull.fetch.transfer.answers.answer_checks import (
    check_encoding,
    check_size,
    check_status,
    invites_ranges,
    retry_after_s,
)
from vodpull.fetch.transfer.answers.same_file import check_range, identity_of, plain
from vodpull.fetch.transfer.guarded_requests import ClientSessions
from vodpull.fetch.transfer.limits import Downloaded, FetchLimits, OnProgress, Order
from vodpull.fetch.transfer.parallel_ranges import TransferConnections, range_headers
from vodpull.fetch.transfer.range_claims import Plan, RangeClaim
from vodpull.fetch.transfer.wanted_md5 import check_md5

_PROGRESS_INTERVAL_S = 0.25
# How origins answer a range that they do not want to give, but for those that give the whole file.
_REFUSES_RANGE = {400, 401, 403, 405, 406, 501}
_OK = 200
_PARTIAL = 206


class Transfer:
    """The tries of one order on one part file."""

    def __init__(
        self, order: Order, part: PartFile, *, sessions: ClientSessions, limits: FetchLimits, on_progress: OnProgress
    ) -> None:
        self.retry_after_s: float | None = None
        """What the origin asked for at the last try."""
        self._order = order
        self._part = part
        self._sessions = sessions
        self._limits = limits
        self._on_progress = on_progress
        self._source = name_source(order.url)
        self._uses_ranges = order.byte_range is None
        self._may_share = self._uses_ranges
        self._answers = 1 if part.identity else 0  # that the bytes in the part file came from
        self._received_bytes = 0
        self._connections = 0
        self._here_bytes = 0
        self._announced: int | None = None
        self._told_s = time.monotonic()
        self._journal_clock = JournalClock()
        self._said = OriginFacts(final_url="", content_type="", etag="")

    async def attempt(self) -> Downloaded:
        """
        Bring what is missing, prove the whole and give it its name.

        Raises:
            FetchError, StorageError: what is on disk stays in the part file for the next try.
        """
        self.retry_after_s = None
        await self._part.settle()
        known = self._part.identity
        if known is None or known.source != self._source or not self._uses_ranges:
            await self._start_over(None)
            await self._bring(None, Plan([]))
        else:
            check_size(known.size_bytes, self._limits.max_bytes)
            self._announced, self._said = known.size_bytes, known
            gaps = self._part.missing(known.size_bytes)
            if gaps:  # else a crash came between the last byte and the new name
                await self._bring(known, Plan(gaps))
        return await self._finish()

    async def _bring(self, known: FileIdentity | None, plan: Plan) -> None:
        """Ask for the first gap, or for the whole if nothing is known, and go on from what the origin makes of it."""
        asked = plan.take()
        headers = self._window() if known is None or asked is None else range_headers(known, asked.span)
        connections = TransferConnections(
            self._part,
            plan,
            order=self._order,
            sessions=self._sessions,
            limits=self._limits,
            on_bytes=self._count,
        )
        try:
            async with connections:
                async with self._sessions.answer(self._order.url, headers) as response:
                    if known is None or asked is None or response.status == _OK:
                        plan.clear()
                        claim = await self._begin(response)
                    else:
                        claim = asked
                        await self._check_continues(response, known, claim)
                    self._tell()
                    most = self._limits.max_connections if self._may_share and invites_ranges(response) else 1
                    await connections.start(response, claim, max_connections=most if self._part.identity else 1)
                await connections.finish()
        except SourceChanged:
            self._may_share = False  # perhaps it is not the file that changes, but what one connection gets to see
            raise
        except (OriginRefused, OriginFailed) as error:
            is_of_range = known is not None or connections.answers > 0
            if not (self._uses_ranges and is_of_range) or error.origin_status not in _REFUSES_RANGE:
                raise
            self._uses_ranges = False  # perhaps only ranges are refused: a signature may cover the plain request alone
            raise OriginFailed(f"{error}, to a request for the rest of the file") from error
        finally:
            self._answers += connections.answers
            self._connections = max(self._connections, connections.connections)

    async def _begin(self, response: Answer) -> RangeClaim:
        """Take the answer as the file from its first byte, and forget what was here before."""
        announced = self._check_whole(response)
        identity = identity_of(response, source=self._source)
        self._said = identity or OriginFacts(
            final_url=plain(response.url),
            content_type=response.headers.get("Content-Type", ""),
            etag=response.headers.get("ETag", ""),
        )
        self._announced = announced
        await in_thread(check_room, self._order.target.parent, announced or 0)
        await self._start_over(identity if self._order.byte_range is None else None)
        self._part.announced_bytes = announced
        if announced is None:
            return RangeClaim(position=0, stop=self._limits.max_bytes + 1, is_open=True)
        return RangeClaim(position=0, stop=announced)

    async def _check_continues(self, response: Answer, known: FileIdentity, claim: RangeClaim) -> None:
        """Make sure that the answer goes on where the part file ends; if not, the next try asks for the whole."""
        try:
            self._heed_retry_after(response)
            check_range(response, known, claim.span)
        except SourceChanged:
            await self._start_over(None)
            raise
        except OriginFailed:
            if response.status == _PARTIAL:
                self._uses_ranges = False
            raise
        self._here_bytes = self._part.held_bytes

    def _check_whole(self, response: Answer) -> int | None:
        """Return the announced number of bytes of an answer that is worth reading."""
        announced = response.content_length
        self._heed_retry_after(response)
        check_status(response)
        if self._order.byte_range is not None:
            start, announced = self._order.byte_range
            if not response.headers.get("Content-Range", "").startswith(f"bytes {start}-{start + announced - 1}/"):
                raise PlaylistUnsupported(
                    f"{response.url.host}: the origin does not give the byte range that was asked for"
                )
        elif response.status != _OK:
            raise OriginFailed(f"{response.url.host}: the origin answered {response.status} to a plain request")
        check_encoding(response)
        check_size(announced, self._limits.max_bytes)
        return announced

    def _heed_retry_after(self, response: Answer) -> None:
        self.retry_after_s = retry_after_s(response)
        if self.retry_after_s is not None:
            self._sessions.hold(response.url, min(self.retry_after_s, self._limits.retry_after_max_s))

    async def _start_over(self, identity: FileIdentity | None) -> None:
        self._answers = self._here_bytes = 0
        await self._part.start_over(identity)

    def _window(self) -> dict[str, str]:
        if self._order.byte_range is None:
            return {}
        start, length = self._order.byte_range
        return {"Range": f"bytes={start}-{start + length - 1}"}

    def _count(self, size_bytes: int) -> None:
        self._received_bytes += size_bytes
        self._here_bytes += size_bytes
        now_s = time.monotonic()
        if now_s - self._told_s >= _PROGRESS_INTERVAL_S:
            self._told_s = now_s
            self._tell()
        if self._order.is_kept and self._journal_clock.is_due(size_bytes):
            self._part.checkpoint()

    def _tell(self) -> None:
        here = self._here_bytes if self._announced is None else min(self._here_bytes, self._announced)
        self._on_progress(here, self._announced)

    async def _finish(self) -> Downloaded:
        await self._part.settle()
        size_bytes = self._part.held_bytes
        if size_bytes == 0:
            raise BodyEmpty("the body has zero bytes")
        if size_bytes > self._limits.max_bytes:
            raise BodyTooLarge(f"the body is larger than the {self._limits.max_bytes} bytes that are allowed")
        md5, sha256 = await self._part.digests()
        self._check_md5(md5)
        await self._part.publish()
        self._on_progress(size_bytes, self._announced)
        return Downloaded(
            size_bytes=size_bytes,
            md5=md5,
            sha256=sha256,
            final_url=self._said.final_url,
            content_type=self._said.content_type,
            etag=self._said.etag,
            received_bytes=self._received_bytes,
            connections=self._connections,
        )

    def _check_md5(self, md5: str) -> None:
        try:
            check_md5(md5, self._order.expected_md5, is_of_ranges=self._answers > 1 and self._uses_ranges)
        except SourceChanged:
            self._uses_ranges = False
            raise
