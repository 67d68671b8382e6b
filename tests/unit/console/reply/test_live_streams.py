from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest
import sqlalchemy as sa

from vodpull.console.reply import live_streams as live
from vodpull.database.commit_watch import Mark


@contextmanager
def always_new() -> Iterator[Mark]:
    numbers = count()
    yield lambda: str(next(numbers))


async def events(states: list[live.Blocks | None], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(live, "LOOK_S", 0.0)
    looks: Iterator[live.Blocks | None] = iter(states)
    return [event async for event in live.Live(always_new).stream(lambda: next(looks))]


async def test_only_blocks_that_changed_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = {"a": "<p id=a>1", "b": "<p id=b>1"}, {"a": "<p id=a>1", "b": "<p id=b>2"}
    whole, part, _ = await events([first, first, second, second, None], monkeypatch)
    assert whole == "data: <p id=a>1<p id=b>1\n\n"
    assert part == 'data: <hx-partial hx-target="#b" hx-swap="outerMorph"><p id=b>2</hx-partial>\n\n'


async def test_blocks_that_come_go_or_move_are_sent_together(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = await events([{"a": "A"}, {"b": "B", "a": "A"}, {"a": "A", "b": "B"}, None], monkeypatch)
    assert sent == ["data: A\n\n", "data: BA\n\n", "data: AB\n\n", live.OVER]


async def test_silence_is_broken_by_a_comment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "SILENCE_S", 0.0)
    assert await events([{"a": "A"}, {"a": "A"}, None], monkeypatch) == ["data: A\n\n", ": still here\n\n", live.OVER]


async def test_a_stream_ends_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LIFE_S", 0.0)
    assert await events([{"a": "A"}], monkeypatch) == []


def test_lines_of_a_text_are_lines_of_an_event() -> None:
    assert live.as_event("a\r\nb\rc\u2028d") == "data: a\ndata: b\ndata: c\u2028d\n\n"


class Written:
    """A database that somebody writes to, and the number of looks at it."""

    def __init__(self) -> None:
        self.commits = self.looks = self.reads = 0

    @contextmanager
    def follow(self) -> Iterator[Mark]:
        yield self._mark

    def _mark(self) -> str:
        self.looks += 1
        return str(self.commits)

    def read(self) -> int:
        self.reads += 1
        return self.commits


async def test_many_streams_look_and_read_once_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_S", 0.01)
    written = Written()
    streams = live.Live(written.follow)
    seen: list[list[str]] = [[] for _ in range(20)]

    async def watch(mine: list[str]) -> None:
        async for event in streams.stream(lambda: {"a": str(streams.once("list", written.read))}):
            mine.append(event)  # noqa: PERF401 - as they come

    tabs = [asyncio.create_task(watch(mine)) for mine in seen]
    while not all(seen) or written.looks < 3:  # the first look tells everybody
        await asyncio.sleep(0.01)
    first, looks = written.reads, written.looks
    while written.looks < looks + 10:
        await asyncio.sleep(0.01)
    assert written.reads == first, "nothing was written"
    written.commits += 1
    while not all(">1</hx-partial>" in mine[-1] for mine in seen):
        await asyncio.sleep(0.01)
    assert written.reads == first + 1
    for tab in tabs:
        tab.cancel()
    await asyncio.gather(*tabs, return_exceptions=True)


async def test_a_database_that_fails_is_followed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "LOOK_S", 0.0)
    written = Written()

    @contextmanager
    def failing_once() -> Iterator[Mark]:
        if not written.looks:
            written.looks += 1
            raise sa.exc.OperationalError("", None, Exception("gone"))
        yield lambda: str(next(numbers))

    numbers = count()
    states: Iterator[live.Blocks | None] = iter([{"a": "1"}, {"a": "2"}, {"a": "3"}, None])
    sent = [event async for event in live.Live(failing_once).stream(lambda: next(states))]
    assert len(sent) == 4
