"""Work that several tasks share: done once for all of them, and the first failure ends the others."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from vodpull.cancelling import to_its_end
from vodpull.errors import VodpullError

Work = Callable[[], Coroutine[Any, Any, None]]


@dataclass(kw_only=True)
class _Run:
    """Work under way, and how many wait for it."""

    task: asyncio.Task[None]
    waiters: int = 0

    async def wait(self) -> None:
        self.waiters += 1
        try:
            await asyncio.shield(self.task)
        finally:
            self.waiters -= 1
            if not self.waiters and not self.task.done():
                await end(self.task)


class SharedWork:
    """Does once what several ask for at the same time, as long as one of them waits. Used from one event loop."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, str], _Run] = {}

    async def once(self, key: tuple[str, str], work: Work) -> None:
        """Do the work of this key, or wait for it; one of those who wait may be cancelled, and the others get it."""
        while (theirs := self._runs.get(key)) is not None and not theirs.waiters:
            await asyncio.wait([theirs.task])  # nobody wanted it any more: it is just being ended
        if theirs is not None:
            with contextlib.suppress(VodpullError, OSError):  # they may have begun with less of the source: try again
                return await theirs.wait()
        return await (self._runs.get(key) or self._begin(key, work)).wait()

    def _begin(self, key: tuple[str, str], work: Work) -> _Run:
        run = self._runs[key] = _Run(task=asyncio.create_task(work()))
        run.task.add_done_callback(lambda _: self._runs.pop(key, None))
        return run


async def run_all(works: Iterable[Coroutine[Any, Any, object]]) -> None:
    """Do several things at once; when one fails, the others have ended before it is told."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    finally:
        await end(*tasks)


async def end(*tasks: asyncio.Future[Any]) -> None:
    """
    Cancel tasks, and return when they have ended, however they did.

    It ends no earlier when it is cancelled, and does not pass that on: a second cancel would disturb what cleans up.
    """
    for task in tasks:
        task.cancel()
    await to_its_end(asyncio.gather(*tasks, return_exceptions=True))
