"""Waiting for what others do: no longer than it takes, and with a limit that guards against hangs only."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

LIMIT_S = 120.0
"""Of what takes moments where nothing else is done, and hangs where it takes longer."""

OFTEN_S = 0.02
"""Between two looks for a moment that a test must not miss."""

Found = TypeVar("Found")


def looks(within_s: float, *, every_s: float | None = None) -> Iterator[None]:
    """
    Yield now, and after pauses until so many seconds are over.

    Without `every_s` the pauses grow: who looks often slows what it waits for.
    """
    begun_s = time.monotonic()
    while (waited_s := time.monotonic() - begun_s) < within_s:
        yield
        time.sleep(min(0.5, 0.05 + waited_s / 20) if every_s is None else every_s)
    yield


def until(
    look: Callable[[], Found],
    *,
    holds: Callable[[Found], object] = bool,
    within_s: float = LIMIT_S,
    every_s: float | None = None,
    told: Callable[[], object] = lambda: "",
) -> Found:
    """
    Return what is found as soon as it is true, or as soon as something holds for it.

    `every_s`: at even pauses, for what is over soon; else after growing ones. `told`: what is said when it never is.
    """
    for _ in looks(within_s, every_s=every_s):
        if holds(found := look()):
            return found
    raise AssertionError(f"{found!r} after {within_s} s {told()}"[-5000:])


async def until_true(look: Callable[[], object], *, within_s: float = LIMIT_S) -> None:
    """Wait until something is true, in a loop that goes on meanwhile."""
    async with asyncio.timeout(within_s):
        while not look():
            await asyncio.sleep(OFTEN_S)
