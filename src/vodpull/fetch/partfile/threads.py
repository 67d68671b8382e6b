"""Calls on threads: single ones, and sequences that run in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import ParamSpec, TypeVar

from vodpull.cancelling import to_its_end

P = ParamSpec("P")
T = TypeVar("T")

# Of this package alone, so that its long calls (hashing, flushing) and those of other parts never wait for each other.
# More than the machine has cores: most of these threads wait for the disk.
_THREADS = ThreadPoolExecutor(max_workers=32, thread_name_prefix="vodpull-fetch")


async def in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what `call` returns on a thread; a cancelled caller still waits for its end, so that nothing races it."""
    return await to_its_end(asyncio.wrap_future(_THREADS.submit(call, *args, **kwargs)))


async def in_thread_or_leave(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what `call` returns on a thread; a cancelled caller leaves at once, and the call ends by itself."""
    return await asyncio.shield(asyncio.wrap_future(_THREADS.submit(call, *args, **kwargs)))


class SerialWorker:
    """
    Calls made one after the other in the order they came, on whatever thread is free.

    Costs no thread while it is idle. May be used from any thread.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._calls: deque[tuple[Future[None], Callable[[], None]]] = deque()
        self._is_running = False

    def submit(self, call: Callable[[], None]) -> Future[None]:
        """Make a call after those before it; a failed call does not keep the later ones from being made."""
        future: Future[None] = Future()
        with self._lock:
            self._calls.append((future, call))
            if self._is_running:
                return future
            self._is_running = True
        _THREADS.submit(self._run)
        return future

    async def settle(self) -> None:
        """Wait until every call given so far has ended."""
        with self._lock:
            if not self._is_running:
                return
        await landed(self.submit(_nothing))

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._calls:
                    self._is_running = False
                    return
                future, call = self._calls.popleft()
            try:
                call()
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits for the call
                future.set_exception(error)
            else:
                future.set_result(None)


async def landed(future: Future[None]) -> None:
    """Wait for a worker's call and raise its error; a cancelled caller leaves it running."""
    await asyncio.shield(asyncio.wrap_future(future))


def _nothing() -> None:
    """Come after everything before it."""
