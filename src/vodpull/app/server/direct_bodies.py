"""Bodies put straight into the memory of whoever takes them: past the parser, and copied by nobody but the kernel."""

from __future__ import annotations

import asyncio
from functools import partial

import httptools
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from vodpull.api.http.request_body_limits import FILL
from vodpull.app.server.guarded_protocol import GuardedProtocol

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class DirectProtocol(GuardedProtocol):
    """
    Lets the application fill memory of its own with a body whose length is announced.

    From then on the rest of that body is framed here, whichever way it is read; the next request gets a new parser.
    """

    left_bytes: int | None = None
    """Of a body, which the parser will not see; None: it sees what comes."""

    def begin(self) -> None:
        """Begin a request, and offer its body."""
        super().begin()
        size_bytes = _announced(self.headers)
        if size_bytes and self.scheme == "http" and not self.parser.should_upgrade():  # TLS has memory of its own
            self.scope["state"][FILL] = partial(self._fill, self.cycle, size_bytes)

    async def _fill(self, cycle: RequestResponseCycle, size_bytes: int, memory: memoryview) -> int:
        """Put what comes next of a body into memory until that is full; less: no more of it comes."""
        if cycle.waiting_for_100_continue:
            self.transport.write(CONTINUE)
            cycle.waiting_for_100_continue = False
        at = 0
        while at < len(memory):
            if cycle.body:
                at += _move(cycle.body, memory[at:])
            elif cycle.more_body and not cycle.disconnected and not cycle.response_complete:
                at += await self._receive(cycle, size_bytes, memory[at:])
            else:
                break
        cycle.message_event.set()  # for whoever reads on in the usual way
        return at

    async def _receive(self, cycle: RequestResponseCycle, size_bytes: int, memory: memoryview) -> int:
        if self.left_bytes is None:
            self.left_bytes = size_bytes - self._content_bytes
        cycle.message_event.clear()
        sink = _Sink(self, memory)
        self.transport.set_protocol(sink)
        self.flow.resume_reading()
        try:
            await cycle.message_event.wait()
        finally:
            sink.leave()
        return sink.at

    def take_direct(self, size_bytes: int) -> None:
        """Count bytes that were put into memory."""
        self.count_content(size_bytes)
        self._count_off(size_bytes)

    def pause(self) -> None:
        """Wait until the application asks for more, and let it know."""
        self.flow.pause_reading()
        self.cycle.message_event.set()

    def _count_off(self, size_bytes: int) -> None:
        assert self.left_bytes is not None  # noqa: S101 - the parser sees nothing of this body
        self.left_bytes -= size_bytes
        if not self.left_bytes:
            self.left_bytes = None
            self.parser = httptools.HttpRequestParser(self)  # the old one still waits for this body
            self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
            self.on_message_complete()

    def data_received(self, data: bytes) -> None:
        """Take what the parser must not see, and parse the rest."""
        if self.left_bytes is not None and not self._is_over:
            self._unset_keepalive_if_required()
            body, data = data[: self.left_bytes], data[self.left_bytes :]
            self.on_body(body)
            self._count_off(len(body))
        if data:
            super().data_received(data)


class _Sink(asyncio.BufferedProtocol):
    """Stands in for the protocol while memory is filled."""

    def __init__(self, protocol: DirectProtocol, memory: memoryview) -> None:
        self._protocol = protocol
        self._memory = memory
        self._is_in = True
        self.at = 0

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where the next bytes belong: those of this body, and no more."""
        del sizehint
        return self._memory[self.at : self.at + (self._protocol.left_bytes or 0)]

    def buffer_updated(self, nbytes: int) -> None:
        """Count what came; full, or at the end of the body, step aside."""
        self.at += nbytes
        is_last = nbytes == self._protocol.left_bytes
        if is_last or self.at == len(self._memory):
            self.leave()
        self._protocol.take_direct(nbytes)
        if not is_last and self.at == len(self._memory):
            self._protocol.pause()

    def leave(self) -> None:
        """Give the connection back; again changes nothing."""
        if self._is_in:
            self._is_in = False
            self._protocol.transport.set_protocol(self._protocol)

    def eof_received(self) -> None:
        """Go on like the protocol."""
        self._protocol.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the protocol."""
        self._protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        """Tell the protocol."""
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """Tell the protocol."""
        self._protocol.resume_writing()


def _announced(headers: list[tuple[bytes, bytes]]) -> int | None:
    """Return the length of a body that comes as it is; the parser has refused what contradicts itself."""
    found = dict(headers)
    length = found.get(b"content-length", b"")
    return int(length) if length.isdigit() and b"transfer-encoding" not in found else None


def _move(body: bytearray, memory: memoryview) -> int:
    """Move the beginning of what has come into memory, and return how much that was."""
    size_bytes = min(len(body), len(memory))
    with memoryview(body) as view:
        memory[:size_bytes] = view[:size_bytes]
    del body[:size_bytes]
    return size_bytes
