"""Pages that stay current: server-sent events that carry only the blocks that changed."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar, cast

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from vodpull.database.commit_watch import Mark

LOOK_S = 0.5
"""How often is looked for changes: one is seen within a second of its commit."""

SILENCE_S = 15.0
"""After this long without news a comment keeps proxies from closing the stream."""

LIFE_S = 3600.0
"""Then the browser connects anew, so that no stream outlives whoever watched it."""

OVER = "event: over\ndata: over\n\n"
"""The page is nobody's any more: the browser loads it again, and hears why."""

Blocks = dict[str, str]
"""HTML of each block by its element's id, in the order of the page."""

Found = TypeVar("Found")

log = structlog.get_logger(__name__)


class Live:
    """
    The streams of one process.

    One look for all of them tells whether anything was written; only then they read, and the same only once.
    """

    def __init__(self, follow: Callable[[], AbstractContextManager[Mark]]) -> None:
        self._follow = follow
        self._listeners: set[asyncio.Event] = set()
        self._watch: asyncio.Task[None] | None = None
        self._round = 0
        self._reading = threading.Lock()
        self._known: dict[Hashable, tuple[int, Any]] = {}

    async def stream(self, render: Callable[[], Blocks | None]) -> AsyncIterator[str]:
        """
        Yield events for htmx: first all blocks, then each one that changed, all again when they come, go or move.

        `render` runs in a thread; None from it ends the stream with the event `over` (the visitor has logged out).
        """
        known: Blocks = {}
        started_s = told_s = time.monotonic()
        with self._listening() as woken:
            while time.monotonic() - started_s < LIFE_S:
                woken.clear()
                blocks = await run_in_threadpool(render)
                if blocks is None:
                    yield OVER
                    return
                news = _news(known, blocks)
                if news:
                    known, told_s = blocks, time.monotonic()
                    yield as_event(news)
                elif time.monotonic() - told_s >= SILENCE_S:
                    told_s = time.monotonic()
                    yield ": still here\n\n"
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SILENCE_S):
                        await woken.wait()

    def once(self, what: Hashable, read: Callable[[], Found]) -> Found:
        """Return what a read finds, which all streams that want it between two changes share; called from threads."""
        with self._reading:
            at, found = self._known.get(what, (-1, None))
            if at != self._round:
                at, found = self._round, read()
                self._known = {key: entry for key, entry in self._known.items() if entry[0] == at}
                self._known[what] = (at, found)
            return cast("Found", found)

    @contextmanager
    def _listening(self) -> Iterator[asyncio.Event]:
        woken = asyncio.Event()
        # Who comes now has just seen the page, and must not be told what was before.
        self._round += 1
        self._listeners.add(woken)
        if self._watch is None or self._watch.done():
            self._watch = asyncio.get_running_loop().create_task(self._look())
        try:
            yield woken
        finally:
            self._listeners.discard(woken)

    async def _look(self) -> None:
        """Wake all streams after each change, as long as there are any."""
        while self._listeners:
            try:
                with self._follow() as mark:
                    await self._look_at(mark)
            except (SQLAlchemyError, sqlite3.Error) as error:
                log.warning("pages do not follow the database", error=type(error).__name__)
                # Their own reads tell what is wrong.
                self._tell()
                await asyncio.sleep(LOOK_S)

    async def _look_at(self, mark: Mark) -> None:
        last = ""
        while self._listeners:
            now = await run_in_threadpool(mark)
            if now != last:
                last = now
                self._tell()
            await asyncio.sleep(LOOK_S)

    def _tell(self) -> None:
        self._round += 1
        for woken in self._listeners:
            woken.set()


def _news(known: Blocks, blocks: Blocks) -> str:
    if list(known) != list(blocks):
        return "".join(blocks.values())
    return "".join(
        f'<hx-partial hx-target="#{block_id}" hx-swap="outerMorph">{html}</hx-partial>'
        for block_id, html in blocks.items()
        if known[block_id] != html
    )


def as_event(text: str) -> str:
    """Return a text as one message of an event stream: each line its own field."""
    return "".join(f"data: {line}\n" for line in re.split(r"\r\n|\r|\n", text)) + "\n"
