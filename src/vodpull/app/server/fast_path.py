"""
Answers given as soon as a request is whole: without a task, the application, or a second write.

For the one call that clients make all day. Everything out of the ordinary (other paths, large or slow bodies, requests
that wait for an earlier one, whatever is refused) goes the way of all requests.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol, cast

import httptools
from uvicorn import Config
from uvicorn.server import ServerState

from vodpull.api.http.keys.signature_coverage import RawRequest
from vodpull.app.server.admitted_connections import Connections
from vodpull.app.server.connection_limits import CloseReason
from vodpull.app.server.direct_bodies import DirectProtocol
from vodpull.app.server.guarded_protocol import RequestPart, is_under_way

LARGEST_BODY_BYTES = 4096
"""Of a request that is answered at once: a longer one is no status query."""

HELD_S = 1.0
"""Longest wait for the rest of a body, and for the answer."""


class Prompt(Protocol):
    """What is answered at once."""

    @property
    def path(self) -> bytes:
        """The one path."""
        ...

    def answer(self, arrived: RawRequest, take: Callable[[bytes | None], None]) -> None:
        """
        Give a good answer, now or soon: header lines, a blank line and the content; None or any exception: no good one.

        The application is then asked, which has the right words for what is wrong.
        """
        ...


class _Held:
    """A request that is held back."""

    def __init__(self, method: bytes) -> None:
        self.method = method
        self.body = b""
        self.is_whole = False

    # What uvicorn asks its parser of a request when it begins; by then the parser may have gone on to the next one.

    def get_http_version(self) -> str:
        return "1.1"

    def get_method(self) -> bytes:
        return self.method

    def should_upgrade(self) -> bool:
        return False

    def should_keep_alive(self) -> bool:
        return True


class PromptProtocol(DirectProtocol):
    """Holds a request of the prompt's path back until it is answered, or until something else happens."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        *,
        connections: Connections,
        prompt: Prompt | None = None,
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, connections=connections, _loop=_loop)
        self._prompt = prompt
        self._held: _Held | None = None

    @property
    def idle_since_s(self) -> float | None:
        """Since when no request of it is under way; None while one is."""
        return super().idle_since_s if self._held is None else None

    def on_message_begin(self) -> None:
        """Begin a request; one that waits for its answer meanwhile goes the way of all, which keeps their order."""
        self._hold_no_more()
        super().on_message_begin()

    def begin(self) -> None:
        """Hold a request back, or begin it."""
        if self._prompt is not None and self._may_be_prompt(self._prompt.path):
            self._held = _Held(self.parser.get_method())
        else:
            super().begin()

    def _may_be_prompt(self, path: bytes) -> bool:
        is_free = not is_under_way(self.cycle) and not self.flow.write_paused
        is_plain = not self.expect_100_continue and not self.parser.should_upgrade()
        is_one_of_many = self.parser.should_keep_alive() and self.parser.get_http_version() == "1.1"
        return self.url.partition(b"?")[0] == path and is_free and is_plain and is_one_of_many

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if self._held is not None and len(self._held.body) + len(body) > LARGEST_BODY_BYTES:
            self._hold_no_more()
        if self._held is None:
            super().on_body(body)
        else:
            self.count_content(len(body))
            self._held.body += body

    def on_message_complete(self) -> None:
        """Answer what was held back."""
        if self._held is None or self._prompt is None:
            super().on_message_complete()
            return
        held = self._held
        held.is_whole = True
        self.enter(RequestPart.IDLE)
        try:
            arrived = RawRequest(held.method, self.url, self.headers, held.body)
            self._prompt.answer(arrived, partial(self._take, held))
        except Exception:  # noqa: BLE001 - the application meets the same, and answers or logs it
            self._take(held, None)

    def _take(self, held: _Held, answer: bytes | None) -> None:
        if self._held is not held:
            return  # it went the way of all meanwhile
        if answer is None:
            self._hold_no_more()
            return
        self._held = None
        self._since_s = self.loop.time()
        self.server_state.total_requests += 1
        lines = [b"%b: %b\r\n" % line for line in self.server_state.default_headers]
        self.transport.write(b"".join((b"HTTP/1.1 200 OK\r\n", *lines, answer)))

    def _hold_no_more(self) -> None:
        """Let a request that was held back go the way of all, with what there is of its body."""
        if self._held is None:
            return
        held, self._held = self._held, None
        parser, self.parser = self.parser, cast("httptools.HttpRequestParser", held)
        super().begin()
        self.parser = parser
        self.cycle.body += held.body
        self.cycle.more_body = not held.is_whole
        self.cycle.message_event.set()

    def check(self) -> None:
        """Hold nothing back for long, and close what has been idle for long."""
        if self.loop.time() - self._since_s > HELD_S:
            self._hold_no_more()
        super().check()
        # A timer for each answer, as uvicorn has it, would cost as much as reading the database does.
        is_kept = self._stage is RequestPart.IDLE and self._messages and self.idle_since_s is not None
        if is_kept and self.loop.time() - self._since_s > self.timeout_keep_alive:
            self.timeout_keep_alive_handler()

    def refuse(self, why: CloseReason) -> None:
        """Refuse a request that was held back like any other."""
        self._hold_no_more()
        super().refuse(why)

    def shutdown(self) -> None:
        """Let what was held back end like any other."""
        self._hold_no_more()
        super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the application of a client that left, as ever."""
        self._hold_no_more()
        super().connection_lost(exc)
