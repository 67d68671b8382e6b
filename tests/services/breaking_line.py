"""A way to a service that breaks: some connections end after so many bytes of one direction."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_PIECE_BYTES = 1 << 16


@dataclass
class Line:
    """One such way."""

    url: str
    breaks: int = 0
    """How often it broke in the middle of something."""


@contextmanager
def breaking_line(port: int, *, after_bytes: int, every: int, back: bool = False) -> Iterator[Line]:
    """Lead to a loopback port until the block ends; one of `every` connections breaks, with `back` on its way back."""
    listener = socket.create_server(("127.0.0.1", 0))
    line = Line(f"http://127.0.0.1:{listener.getsockname()[1]}")

    def accept() -> None:
        for number in itertools.count():
            try:
                client, _ = listener.accept()
            except OSError:  # closed
                return
            limit = 1 << 62 if (number + 1) % every else after_bytes
            threading.Thread(target=_join, args=(client, port, limit, line, back), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield line
    finally:
        listener.close()


def _join(client: socket.socket, port: int, limit: int, line: Line, back: bool) -> None:
    with client, contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=10) as service:
        service.settimeout(None)
        source, sink = (service, client) if back else (client, service)
        threading.Thread(target=_pump, args=(sink, source), daemon=True).start()
        sent = 0
        while piece := source.recv(_PIECE_BYTES):
            sink.sendall(piece[: limit - sent])
            sent += len(piece)
            if sent >= limit:
                line.breaks += 1
                break
        for end in (client, service):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(_PIECE_BYTES):
            sink.sendall(piece)
