"""One HTTP/1.1 connection: uvicorn's, which trusts whoever sends, with an eye on what comes and how fast."""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from typing import Any, TypeGuard

import httptools
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from vodpull.app.server.admitted_connections import Connections
from vodpull.app.server.connection_limits import CloseReason

CONTENT_OVERHEAD = 8
"""A chunk of one byte comes in six."""


STATUS_LINE.update({status: b"HTTP/1.1 %d \r\n" % status for status in (631, 701)})
"""What uvicorn does not know: statuses of the upload protocol, beyond those that HTTP has."""


class RequestPart(Enum):
    """Where in a request the next byte belongs."""

    IDLE = auto()
    HEAD = auto()
    BODY = auto()


class _Stop(Exception):
    """Raised in a callback of the parser."""


class GuardedProtocol(HttpToolsProtocol):
    """
    Refuses what is too much while it arrives, and what is too slow when `check` finds it.

    A refusal is a short reply if the request has none yet, and the end of the connection.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        *,
        connections: Connections,
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._connections = connections
        self._limits = connections.limits
        self.timeout_keep_alive = self._limits.keep_alive_s
        self._stage = RequestPart.IDLE
        self._since_s = self.loop.time()
        self._is_connected = False
        self._is_over = False
        self._why = CloseReason.MALFORMED
        self._messages = 0
        self._lines = self._head_bytes = 0
        # Bytes of the wire since the head or body began, where all of a read belonged to it; bytes of content.
        self._wire_bytes = self._content_bytes = 0
        self._unsent_bytes = 0
        self._stuck_since_s = 0.0

    @property
    def idle_since_s(self) -> float | None:
        """Since when no request of it is under way; None while one is."""
        under_way = self._stage is RequestPart.BODY or is_under_way(self.cycle)
        return self._since_s if self._is_connected and not under_way else None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin."""
        super().connection_made(transport)
        self._is_connected = True
        self._since_s = self.loop.time()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it out."""
        self._connections.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came, and refuse what is too much."""
        if self._is_over:
            return
        self._unset_keepalive_if_required()
        before = (self._stage, self._messages)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # To nothing that we speak. The request gets its reply; what follows it is no HTTP.
            self._is_over = True
            if self.cycle is not None:
                self.cycle.keep_alive = False
        except httptools.HttpParserError:
            self.refuse(self._why)
        else:
            if before == (self._stage, self._messages):
                self._wire_bytes += len(data)
                self._weigh()

    def _weigh(self) -> None:
        """Look at a head or body that came in several reads: parts of it that are not whole yet have no callback."""
        limits = self._limits
        if self._stage is RequestPart.HEAD and self._wire_bytes > limits.header_bytes + limits.target_bytes:
            self.refuse(CloseReason.HEADERS)
        elif self._stage is RequestPart.BODY:
            around = self._wire_bytes - self._content_bytes
            if around > limits.chunk_overhead_bytes + CONTENT_OVERHEAD * self._content_bytes:
                self.refuse(CloseReason.CHUNKS)

    def on_message_begin(self) -> None:
        """Begin a request."""
        self.enter(RequestPart.HEAD)
        self._messages += 1
        self._lines = self._head_bytes = 0
        super().on_message_begin()

    def enter(self, stage: RequestPart) -> None:
        """Go on to another part of a request."""
        self._stage = stage
        self._since_s = self.loop.time()
        self._wire_bytes = self._content_bytes = 0

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        super().on_url(url)
        if len(self.url) > self._limits.target_bytes:
            self._stop(CloseReason.TARGET)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header line; a trailer counts like one and is dropped, as it must never pass for a header."""
        self._lines += 1
        self._head_bytes += len(name) + len(value)
        if self._lines > self._limits.header_lines or self._head_bytes > self._limits.header_bytes:
            self._stop(CloseReason.HEADERS)
        if self._stage is RequestPart.HEAD:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start the application, or let the request wait for its turn."""
        if len(self.pipeline) >= self._limits.pipelined:
            self._stop(CloseReason.PIPELINED)
        self.enter(RequestPart.BODY)
        self.begin()

    def begin(self) -> None:
        """Begin the request whose head is here."""
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self.count_content(len(body))
        super().on_body(body)

    def count_content(self, size_bytes: int) -> None:
        """Count a part of the body against what may stand around it."""
        self._content_bytes += size_bytes

    def on_message_complete(self) -> None:
        """End a request."""
        super().on_message_complete()
        self.enter(RequestPart.IDLE)

    def on_response_complete(self) -> None:
        """Give a body that nobody waits for any more a moment to end."""
        self._since_s = self.loop.time()
        super().on_response_complete()

    def _stop(self, why: CloseReason) -> None:
        self._why = why
        raise _Stop

    def check(self) -> None:
        """Close the connection if it takes too long; called every now and then."""
        now_s = self.loop.time()
        if not self._is_connected:  # still in its TLS handshake, which has a deadline of its own
            return
        if self._is_stuck(now_s):
            self._connections.refused(CloseReason.WRITE_TIMEOUT)
            self.transport.abort()
        elif self.flow.read_paused or self._is_over:
            self._since_s = now_s  # it is us who do not listen
        elif (why := self._overdue(now_s - self._since_s)) is not None:
            self.refuse(why)

    def _is_stuck(self, now_s: float) -> bool:
        """Tell whether the peer has taken nothing of what waits for it for too long."""
        unsent_bytes = self.transport.get_write_buffer_size()
        if not unsent_bytes or unsent_bytes != self._unsent_bytes:
            self._stuck_since_s = now_s
        self._unsent_bytes = unsent_bytes
        patience_s = self._limits.linger_s if self.transport.is_closing() else self._limits.write_s
        return now_s - self._stuck_since_s > patience_s

    def _overdue(self, waited_s: float) -> CloseReason | None:
        limits = self._limits
        if self._stage is RequestPart.HEAD:
            return CloseReason.HEAD_TIMEOUT if waited_s > limits.head_s else None
        if self._stage is RequestPart.BODY:
            allowed_s = limits.body_s + self._content_bytes / limits.body_bytes_per_s
            return (
                CloseReason.BODY_TIMEOUT
                if waited_s > (allowed_s if is_under_way(self.cycle) else limits.linger_s)
                else None
            )
        is_new = self._messages == 0  # later uvicorn's own timer runs
        return CloseReason.HEAD_TIMEOUT if is_new and waited_s > limits.idle_s else None

    def refuse(self, why: CloseReason) -> None:
        """Say why, where nothing of a reply has gone out yet, and close the connection."""
        self._connections.refused(why)
        self._is_over = True
        under_way = [cycle for cycle in (self.cycle, *(cycle for cycle, _ in self.pipeline)) if is_under_way(cycle)]
        if self._may_answer(why, under_way):
            self.transport.write(_REPLIES.get(why, _REPLIES[CloseReason.MALFORMED]))
        for cycle in under_way:  # what the application still says is for nobody
            cycle.disconnected = True
            cycle.message_event.set()
        self.flow.resume_writing()
        self.transport.close()

    def _may_answer(self, why: CloseReason, under_way: list[RequestResponseCycle]) -> bool:
        """Tell whether a reply now is one to the request that is refused, never one to a request before it."""
        if self._stage is RequestPart.BODY:
            return len(under_way) == 1 and not under_way[0].response_started
        is_silent = why is CloseReason.HEAD_TIMEOUT and self._stage is RequestPart.IDLE
        return not under_way and not is_silent

    def close_as(self, why: CloseReason) -> None:
        """Close an idle connection."""
        self._connections.refused(why)
        self._is_over = True
        self.transport.abort()


def is_under_way(cycle: RequestResponseCycle | None) -> TypeGuard[RequestResponseCycle]:
    """Tell whether a request waits for the end of its reply."""
    return cycle is not None and not cycle.response_complete


def _reply(status: str, text: str) -> bytes:
    lines = (
        f"HTTP/1.1 {status}",
        "content-type: text/plain; charset=utf-8",
        f"content-length: {len(text) + 1}",
        "connection: close",
        "",
        f"{text}\n",
    )
    return "\r\n".join(lines).encode()


_REPLIES = {
    CloseReason.BODY_TIMEOUT: _reply("408 Request Timeout", "the body took too long"),
    CloseReason.HEADERS: _reply("431 Request Header Fields Too Large", "the header lines are too many or too long"),
    CloseReason.HEAD_TIMEOUT: _reply("408 Request Timeout", "the head of the request took too long"),
    CloseReason.MALFORMED: _reply("400 Bad Request", "this is not HTTP/1.1 as RFC 9112 has it"),
    CloseReason.TARGET: _reply("414 URI Too Long", "the target is too long: use POST"),
}

BUSY = _reply("503 Service Unavailable", "too many connections")
"""What one that is not let in hears."""
