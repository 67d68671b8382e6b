"""Bodies of requests: capped, and together never more than a share of memory, however many are sent at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from starlette.requests import Request
from starlette.types import Receive, Scope

from vodpull.caller_networks import network_of
from vodpull.errors import RateLimited, RequestTooLarge

MAX_BODY_BYTES = 2 * 1024 * 1024
"""Fifty items with URLs and names of full length, base64 in a form, come to less than 1 MiB."""

FREE_BYTES = 64 * 1024
"""Of each body: most are smaller, and so never refused for what others send."""

MAX_HELD_BYTES = 64 * 1024 * 1024
"""Of all bodies beyond that, of requests under way."""

MAX_OF_ADDRESS_BYTES = MAX_HELD_BYTES // 4

RETRY_AFTER_S = 5


FILL = "fill_body"
"""In the state of a request: what puts its body into memory, as `fill_of` says."""


class ClientLeft(Exception):
    """The client hung up before its request was whole: there is nobody to answer, and half a request is none."""


class Bodies:
    """Reads bodies for one application; used on its loop."""

    def __init__(self) -> None:
        self._held: Counter[str] = Counter()

    @contextmanager
    def held(self, scope: Scope) -> Iterator[CountedBody]:
        """Give what reads a request's body, which counts until the block ends."""
        client = scope.get("client")
        body = CountedBody(self._held, network_of(client[0]) if client else "")
        try:
            yield body
        finally:
            body.release()


class CountedBody:
    """One body."""

    def __init__(self, held: Counter[str], network: str) -> None:
        self._held = held
        self._network = network
        self._counted = 0

    async def read(self, receive: Receive) -> bytes:
        """
        Return the whole body.

        Raises:
            RequestTooLarge: it is larger than any valid request.
            RateLimited: large bodies take all the room that there is for them.
            ClientLeft: it will never be whole.
        """
        content = bytearray()
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise ClientLeft
            content += message.get("body", b"")
            self._count(len(content))
            if not message.get("more_body"):
                return bytes(content)

    def _count(self, size_bytes: int) -> None:
        if size_bytes > MAX_BODY_BYTES:
            raise RequestTooLarge(f"the body is larger than {MAX_BODY_BYTES} bytes")
        more = max(0, size_bytes - FREE_BYTES) - self._counted
        if not more:
            return
        if self._held[self._network] + more > MAX_OF_ADDRESS_BYTES or self._held.total() + more > MAX_HELD_BYTES:
            raise RateLimited("too many large requests at once", retry_after_s=RETRY_AFTER_S)
        self._held[self._network] += more
        self._counted += more

    def release(self) -> None:
        """Count it no more."""
        self._held[self._network] -= self._counted
        self._counted = 0
        if not self._held[self._network]:
            del self._held[self._network]


def fill_of(request: Request) -> Callable[[memoryview], Awaitable[int]] | None:
    """Return what puts what comes next of a body into memory until that is full; less: no more comes. None: nothing."""
    return getattr(request.state, FILL, None)
