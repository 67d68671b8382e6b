"""Shares of the event loop: a crowd that comes at once waits in line, and who comes beside it does not."""

from __future__ import annotations

import asyncio
from collections import deque


class PassLimit:
    """
    Lets so many callers go on in one pass of the event loop; the others follow in the next ones, in their order.

    The loop runs everything that is ready before it looks for what is new. Hundreds of requests that come together are
    some hundred milliseconds of one pass, in which nobody else is heard.
    """

    def __init__(self, each_pass: int) -> None:
        self._each_pass = each_pass
        self._loop: asyncio.AbstractEventLoop | None = None
        self._begin_with(None)

    def _begin_with(self, loop: asyncio.AbstractEventLoop | None) -> None:
        self._loop = loop
        self._left = self._each_pass
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_counting = False

    async def enter(self) -> None:
        """Wait for one's turn."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:  # an application may outlive its loop
            self._begin_with(loop)
        if not self._is_counting:
            self._is_counting = True
            loop.call_soon(self._begin_pass, loop)
        if self._left:
            self._left -= 1
            return
        turn = loop.create_future()
        self._waiting.append(turn)
        await turn

    def _begin_pass(self, loop: asyncio.AbstractEventLoop) -> None:
        self._left = self._each_pass
        while self._left and self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # its caller may have gone
                turn.set_result(None)
                self._left -= 1
        self._is_counting = self._left < self._each_pass
        if self._is_counting:
            loop.call_soon(self._begin_pass, loop)
