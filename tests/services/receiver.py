"""A receiver of notifications: keeps what it gets, and answers what the test wants."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.services.loopback import serving
from tests.waiting import until


@dataclass
class Received:
    """One request."""

    headers: dict[str, str]
    body: str

    @property
    def data(self) -> dict[str, Any]:
        decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(self.body))
        return decoded


@dataclass
class Receiver:
    """A running receiver."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    """Statuses of the next answers; 200 when it is used up."""
    received: list[Received] = field(default_factory=list)

    def wait_for(self, count: int, *, within_s: float = 60) -> list[Received]:
        until(lambda: len(self.received) >= count, within_s=within_s, told=lambda: f"{len(self.received)} of {count}")
        return self.received


@contextmanager
def running_receiver() -> Iterator[Receiver]:
    """Run a receiver on a free loopback port until the block ends."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            receiver.received.append(Received({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as url:
        receiver.url = url
        yield receiver
