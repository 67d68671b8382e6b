"""Pages that stay current: server-sent events that carry only the blocks that changed."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable

from starlette.concurrency import run_in_threadpool

LOOK_S = 0.5
"""How often a stream looks for news: a change is seen within a second of its commit."""

SILENCE_S = 15.0
"""After this long without news a comment keeps proxies from closing the stream."""

LIFE_S = 3600.0
"""Then the browser connects anew, so that no stream outlives whoever watched it."""

OVER = "event: over\ndata: over\n\n"
"""The page is nobody's any more: the browser loads it again, and hears why."""

Blocks = dict[str, str]
"""HTML of each block by its element's id, in the order of the page."""


async def stream(render: Callable[[], Blocks | None]) -> AsyncIterator[str]:
    """
    Yield events for htmx: first all blocks, then each one that changed, all again when they come, go or move.

    `render` runs in a thread; None from it ends the stream with the event `over` (the visitor has logged out).
    """
    known: Blocks = {}
    started_s = told_s = time.monotonic()
    while time.monotonic() - started_s < LIFE_S:
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
        await asyncio.sleep(LOOK_S)


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
