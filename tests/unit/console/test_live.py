from __future__ import annotations

from collections.abc import Iterator

import pytest

from vodpull.console import live


async def events(states: list[live.Blocks | None], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(live, "LOOK_S", 0.0)
    looks: Iterator[live.Blocks | None] = iter(states)
    return [event async for event in live.stream(lambda: next(looks))]


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
