"""Progress streams: one reader for each batch, however many listen, at a pace that leaves the service to others."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import structlog

from vodpull.api.http.keys.open_stream_limit import Waiters

LOOK_S = 0.5
"""How often a batch is looked at while somebody listens."""

PAUSE_SHARE = 2
"""The reader rests this many times as long as a look took, so that many streams cost patience and not the service."""

KEYS_S = 5.0
"""How often the keys of listeners are looked at: a revoked one hears no more after that."""

SILENCE_S = 15.0
"""After this long without news a comment keeps proxies from closing a stream."""

DELETED = "event: deleted\ndata: {}\n\n"
"""Ends the stream of a batch that was deleted before it was final."""

_Found = TypeVar("_Found")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class News:
    """A batch as it is told to all who listen."""

    text: str
    """JSON on one line."""
    is_final: bool


Read = Callable[[], News | None]
"""Returns a batch as it is now, None when it is gone; called from a thread."""

Subject = Hashable
"""What listeners of the same hear the same of: a batch, and the base of the URLs in what is told of it."""


@dataclass(eq=False)
class _Listener:
    access_key: str
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    is_shut_out: bool = False


@dataclass(eq=False)
class _Topic:
    """What somebody listens to."""

    read: Read
    listeners: set[_Listener] = field(default_factory=set)
    news: News | None = None
    is_over: bool = False

    def tell(self, news: News | None) -> None:
        if news is not None and news == self.news:
            return
        self.news = news or self.news
        self.is_over = news is None or news.is_final
        for listener in self.listeners:
            listener.woken.set()


class ProgressStreams:
    """The streams of one application; all of it runs on the loop, but the looks at the database."""

    def __init__(self, is_live: Callable[[str], bool], *, waiters: Waiters) -> None:
        """`is_live` tells whether a key may still be used; called from a thread."""
        self._is_live = is_live
        self._waiters = waiters
        self._topics: dict[Subject, _Topic] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="progress")
        self._reader: asyncio.Task[None] | None = None
        self._joined = asyncio.Event()
        self._keys_at_s = 0.0

    async def listen(self, subject: Subject, read: Read, *, access_key: str) -> AsyncGenerator[str, None]:
        """Yield events, the first at once, until the batch is final or deleted, or the key is revoked."""
        with self._waiters.waiting(access_key), self._joining(subject, read, access_key) as (topic, listener):
            told: News | None = None
            while not listener.is_shut_out:
                listener.woken.clear()
                if topic.news is not None and topic.news is not told:
                    told = topic.news
                    yield f"event: progress\ndata: {told.text}\n\n"
                elif topic.is_over:
                    if not told or not told.is_final:
                        yield DELETED
                    return
                elif not await _woken(listener.woken, within_s=SILENCE_S):
                    yield ": still here\n\n"

    @contextmanager
    def _joining(self, subject: Subject, read: Read, access_key: str) -> Iterator[tuple[_Topic, _Listener]]:
        topic = self._topics.setdefault(subject, _Topic(read))
        listener = _Listener(access_key)
        topic.listeners.add(listener)
        self._joined.set()
        if self._reader is None or self._reader.done():
            self._reader = asyncio.get_running_loop().create_task(self._follow())
        try:
            yield topic, listener
        finally:
            topic.listeners.discard(listener)
            if not topic.listeners and self._topics.get(subject) is topic:
                del self._topics[subject]

    async def _follow(self) -> None:
        """Look at every batch in turn, the new ones first, as long as anybody listens to any."""
        while self._topics:
            self._joined.clear()
            for subject, topic in sorted(self._topics.items(), key=lambda entry: entry[1].news is not None):
                await self._look(topic)
                if topic.is_over and self._topics.get(subject) is topic:
                    del self._topics[subject]  # who comes now is told anew
            if time.monotonic() - self._keys_at_s >= KEYS_S:
                await self._look_at_keys()
            await _woken(self._joined, within_s=LOOK_S)

    async def _look(self, topic: _Topic) -> None:
        if topic.is_over or not topic.listeners:
            return
        started_s = time.monotonic()
        try:
            topic.tell(await self._in_thread(topic.read))
        except Exception as error:  # noqa: BLE001 - a stream outlasts whatever one look meets
            log.warning("a progress stream waits: its batch cannot be read", error=type(error).__name__)
        await asyncio.sleep(PAUSE_SHARE * (time.monotonic() - started_s))

    async def _look_at_keys(self) -> None:
        self._keys_at_s = time.monotonic()
        listeners = [listener for topic in self._topics.values() for listener in topic.listeners]
        for access_key in {listener.access_key for listener in listeners}:
            try:
                is_live = await self._in_thread(partial(self._is_live, access_key))
            except Exception as error:  # noqa: BLE001 - the same
                log.warning("the keys of progress streams cannot be looked at", error=type(error).__name__)
                return
            for listener in listeners:
                if listener.access_key == access_key and not is_live:
                    listener.is_shut_out = True
                    listener.woken.set()

    async def _in_thread(self, work: Callable[[], _Found]) -> _Found:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


async def _woken(event: asyncio.Event, *, within_s: float) -> bool:
    """Wait for an event; False when it did not come in time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await event.wait()
            return True
    return False
