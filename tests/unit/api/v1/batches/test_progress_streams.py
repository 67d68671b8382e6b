"""Progress streams: one reader for all listeners, a cap for each key, and clean ends."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from functools import partial

import pytest

from vodpull.api.http.keys.open_stream_limit import Waiters
from vodpull.api.v1.batches import progress_streams as module
from vodpull.api.v1.batches.progress_streams import News, ProgressStreams
from vodpull.errors import RateLimited


class Batches:
    """What the reader finds."""

    def __init__(self) -> None:
        self.news: dict[str, News | None] = {}
        self.looks: Counter[str] = Counter()
        self.live = {"AK", "BK"}
        self.is_down = False

    def read(self, batch_id: str) -> News | None:
        self.looks[batch_id] += 1
        if self.is_down:
            raise OSError
        return self.news[batch_id]


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> Batches:
    for name in ("LOOK_S", "KEYS_S"):
        monkeypatch.setattr(module, name, 0.01)
    return Batches()


class Hub(ProgressStreams):
    """Streams of these batches."""

    def __init__(self, batches: Batches, is_live: Callable[[str], bool], *, waiters: Waiters) -> None:
        super().__init__(is_live, waiters=waiters)
        self._batches = batches

    def of(self, batch_id: str, access_key: str) -> AsyncGenerator[str, None]:
        return self.listen(batch_id, partial(self._batches.read, batch_id), access_key=access_key)


def streams(batches: Batches, most: int = 100) -> Hub:
    return Hub(batches, lambda key: key in batches.live, waiters=Waiters(most))


def news(text: str, *, is_final: bool = False) -> News:
    return News(text=text, is_final=is_final)


def event(text: str) -> str:
    return f"event: progress\ndata: {text}\n\n"


async def rest(stream: AsyncIterator[str]) -> list[str]:
    async with asyncio.timeout(60):
        return [said async for said in stream]


async def test_all_listeners_of_a_batch_are_told_by_one_reader(batches: Batches) -> None:
    batches.news["b"] = news("1")
    hub = streams(batches)
    listening = [hub.of("b", "AK") for _ in range(50)]
    assert await asyncio.gather(*(anext(stream) for stream in listening)) == [event("1")] * 50
    looks = batches.looks["b"]
    assert looks < 25
    batches.news["b"] = news("2", is_final=True)
    assert await asyncio.gather(*map(rest, listening)) == [[event("2")]] * 50


async def test_what_has_not_changed_is_not_told_again(batches: Batches) -> None:
    batches.news["b"] = news("1")
    stream = streams(batches).of("b", "AK")
    assert await anext(stream) == event("1")
    looks = batches.looks["b"]
    following = asyncio.ensure_future(anext(stream))
    while batches.looks["b"] < looks + 3:
        await asyncio.sleep(0.001)
    assert not following.done()
    batches.news["b"] = news("2")
    assert await following == event("2")
    await stream.aclose()


async def test_a_deleted_batch_and_a_final_one_end_the_stream(batches: Batches) -> None:
    batches.news |= {"b": news("1"), "c": news("1", is_final=True)}
    hub = streams(batches)
    stream = hub.of("b", "AK")
    assert await anext(stream) == event("1")
    batches.news["b"] = None
    assert await rest(stream) == [module.DELETED]
    assert await rest(hub.of("c", "AK")) == [event("1")]
    assert await rest(hub.of("b", "AK")) == [module.DELETED]


async def test_a_revoked_key_hears_no_more_and_others_do(batches: Batches) -> None:
    batches.news["b"] = news("1")
    hub = streams(batches)
    revoked, other = hub.of("b", "AK"), hub.of("b", "BK")
    assert tuple(await asyncio.gather(anext(revoked), anext(other))) == (event("1"), event("1"))
    batches.live.remove("AK")
    assert await rest(revoked) == []
    batches.news["b"] = news("2", is_final=True)
    assert await rest(other) == [event("2")]


async def test_a_database_that_is_away_tears_no_stream(batches: Batches) -> None:
    batches.news["b"] = news("1")
    stream = streams(batches).of("b", "AK")
    assert await anext(stream) == event("1")
    batches.is_down = True
    looks = batches.looks["b"]
    following = asyncio.ensure_future(rest(stream))
    while batches.looks["b"] < looks + 3:
        await asyncio.sleep(0.001)
    batches.is_down = False
    batches.news["b"] = news("2", is_final=True)
    assert await following == [event("2")]


async def test_silence_is_broken_now_and_then(batches: Batches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SILENCE_S", 0.01)
    batches.news["b"] = news("1")
    stream = streams(batches).of("b", "AK")
    while (said := await anext(stream)) != event("1"):
        assert said == ": still here\n\n"  # the first look may take longer than this silence
    assert await anext(stream) == ": still here\n\n"
    await stream.aclose()


async def test_one_key_has_only_so_many_and_gets_them_back(batches: Batches) -> None:
    batches.news["b"] = news("1")
    hub = streams(batches, most=2)
    first, second = hub.of("b", "AK"), hub.of("b", "AK")
    assert tuple(await asyncio.gather(anext(first), anext(second))) == (event("1"), event("1"))
    with pytest.raises(RateLimited):
        await anext(hub.of("b", "AK"))
    other = hub.of("b", "BK")
    assert await anext(other) == event("1")
    await first.aclose()
    again = hub.of("b", "AK")
    assert await anext(again) == event("1")
    for stream in (second, other, again):
        await stream.aclose()


async def test_nobody_looks_when_nobody_listens(batches: Batches) -> None:
    batches.news["b"] = news("1")
    hub = streams(batches)
    stream = hub.of("b", "AK")
    await anext(stream)
    await stream.aclose()
    assert hub._reader is not None
    async with asyncio.timeout(60):
        await hub._reader
