"""The way to a service, which can be cut, slowed down, or lead to a server that is down: a small TCP proxy."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

State = Literal["open", "cut", "500", "503", "slow"]
"""`cut`: nobody listens; a number: every request is answered with it; `slow`: each piece comes late."""

SLOW_S = 0.05

_PIECE_BYTES = 1 << 16


class Wire:
    """A way to one service. Changing its state ends the connections that are open."""

    def __init__(self, target: tuple[str, int], *, host: str) -> None:
        self._target = target
        self._listener = socket.create_server((host, 0))
        self.address = f"{host}:{self._listener.getsockname()[1]}"
        self._state: State = "open"
        self._open: set[socket.socket] = set()
        self._trap: tuple[tuple[bytes, ...], Callable[[], None]] | None = None
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def become(self, state: State) -> None:
        self._state = state
        for connection in list(self._open):
            _end(connection)

    def before(self, words: tuple[bytes, ...], act: Callable[[], None]) -> None:
        """Do something once, before a piece with all these words goes on to the service."""
        self._trap = words, act

    def close(self) -> None:
        self.become("cut")
        _end(self._listener)
        self._thread.join(timeout=10)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        self._open.add(client)
        try:
            if self._state in {"500", "503"}:
                _refuse(client, self._state)
            elif self._state != "cut":
                self._join(client)
        finally:
            self._open.discard(client)
            _end(client)

    def _join(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), socket.create_connection(self._target, timeout=10) as service:
            service.settimeout(None)
            self._open.add(service)
            back = threading.Thread(target=self._pump, args=(service, client), daemon=True)
            back.start()
            self._pump(client, service)
            back.join(timeout=10)
            self._open.discard(service)

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(_PIECE_BYTES):
                if self._state == "slow":
                    time.sleep(SLOW_S)
                self._spring(piece)
                sink.sendall(piece)
        _end(sink)

    def _spring(self, piece: bytes) -> None:
        if self._trap is not None and all(word in piece for word in self._trap[0]):
            (_, act), self._trap = self._trap, None
            act()


@contextmanager
def wire_to(target: str, *, host: str = "127.0.0.1") -> Iterator[Wire]:
    """Lead from a free port of `host` to `address:port` until the block ends."""
    address, _, port = target.rpartition(":")
    wire = Wire((address, int(port)), host=host)
    try:
        yield wire
    finally:
        wire.close()


def _refuse(client: socket.socket, status: str) -> None:
    with contextlib.suppress(OSError):
        client.recv(_PIECE_BYTES)
        client.sendall(f"HTTP/1.1 {status} Not now\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
