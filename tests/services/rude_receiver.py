"""
A receiver of notifications that misbehaves on request: the first part of the path says how.

    /ok/…      200
    /500/…     500 with a long body
    /301/…     a redirect to /trap
    /410/…     410
    /429/…     429 with `Retry-After: 4`
    /hang/…    no answer until the receiver ends
    /reset/…   the connection is reset
    /flood/…   200 and 100 MB

`mend` makes a path answer 200 from then on.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.services.receiver import Received

FLOOD_BYTES = 100_000_000

RETRY_AFTER_S = 4
"""More than the schedule's own first wait, and little enough for a test."""

LONG_ANSWER = b"no " * 2_000


class RudeReceiver:
    """A running receiver."""

    def __init__(self) -> None:
        self.url = ""
        self.flooded_bytes = 0
        """How much of the flood was taken."""
        self.ended = threading.Event()
        self._received: list[tuple[str, Received]] = []
        self._mended: set[str] = set()

    def at(self, path: str) -> list[Received]:
        """Return what came to a path."""
        return [received for where, received in self._received if where == path]

    def mend(self, path: str) -> None:
        self._mended.add(path)

    def take(self, path: str, received: Received) -> str:
        """Keep a request and return how to answer it."""
        self._received.append((path, received))
        return "ok" if path in self._mended else path.split("/")[1]


class _Handler(BaseHTTPRequestHandler):
    receiver: RudeReceiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        mood = self.receiver.take(self.path, Received(headers, body))
        acts: dict[str, Callable[[], None]] = {"hang": self._hang, "reset": self._reset, "flood": self._flood}
        acts.get(mood, lambda: self._answer(200 if mood == "ok" else int(mood)))()

    def _answer(self, status: int) -> None:
        self.send_response(status)
        if status == 301:
            self.send_header("Location", f"{self.receiver.url}/trap")
        if status == 429:
            self.send_header("Retry-After", str(RETRY_AFTER_S))
        self.send_header("Content-Length", str(len(LONG_ANSWER)))
        self.end_headers()
        with suppress(ConnectionError):  # nobody has to read all of it
            self.wfile.write(LONG_ANSWER)

    def _hang(self) -> None:
        self.receiver.ended.wait()
        self.close_connection = True

    def _reset(self) -> None:
        # Closing with a linger time of zero sends RST instead of FIN.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _flood(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(FLOOD_BYTES))
        self.end_headers()
        with suppress(ConnectionError):
            for _ in range(FLOOD_BYTES // 100_000):
                self.wfile.write(b"." * 100_000)
                self.receiver.flooded_bytes += 100_000
        self.close_connection = True

    def finish(self) -> None:
        with suppress(OSError):  # after a reset there is nothing to flush
            super().finish()

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        pass

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        with suppress(OSError):
            super().shutdown_request(request)


@contextmanager
def running_rude_receiver() -> Iterator[RudeReceiver]:
    """Run a receiver on a free loopback port until the block ends."""
    receiver = RudeReceiver()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"receiver": receiver}))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield receiver
    finally:
        receiver.ended.set()
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
