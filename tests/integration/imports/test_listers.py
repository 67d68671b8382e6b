"""Lists of other clouds, read over real sockets from servers that speak as they do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.services import clouds
from tests.services.clouds import KEY, Cloud, running

from vodpull.errors import OriginBusy, OriginFailed, OriginRefused, SourceStoreUnknown
from vodpull.fetch import AddressGuard
from vodpull.imports.entries import BadEntry, Entry, EntryCaption, Lister
from vodpull.imports.listers.buckets_and_folders import StoreLister
from vodpull.imports.listers.bunny import BunnyLister
from vodpull.imports.listers.cloudflare import CloudflareLister
from vodpull.imports.listers.mux import MuxLister
from vodpull.storage import SourceStores

pytestmark = pytest.mark.waits

FILE = "https://files.test/master.mp4"

Listed = list[Entry | BadEntry]


def _guard(cloud: Cloud) -> AddressGuard:
    return AddressGuard(trusted_origins=[cloud.url])


def _mux(cloud: Cloud, key: str = KEY) -> MuxLister:
    place = {"token_id": "token", "url": cloud.url, "stream_url": f"{cloud.url}/files"}
    return MuxLister(_guard(cloud), place, {"token_secret": key})


def _cloudflare(cloud: Cloud, key: str = KEY) -> CloudflareLister:
    return CloudflareLister(_guard(cloud), {"account_id": "acc", "url": cloud.url}, {"api_token": key})


def _bunny(cloud: Cloud, key: str = KEY) -> BunnyLister:
    place = {"library": "77", "url": cloud.url, "host": "pull.b-cdn.test"}
    return BunnyLister(_guard(cloud), place, {"access_key": key})


MADE: dict[str, tuple[Callable[..., Cloud], Callable[..., Any]]] = {
    "mux": (clouds.mux, _mux),
    "cloudflare": (clouds.cloudflare, _cloudflare),
    "bunny": (clouds.bunny, _bunny),
}


async def read(make: Callable[[], Lister]) -> Listed:
    """Read a list as an import does: one page for each lister, from the cursor of the page before."""
    found: Listed = []
    cursor: str | None = ""
    while cursor is not None:
        async for page in make().pages(cursor):
            found += page.entries
            cursor = page.cursor
            break
        else:
            return found
    return found


@pytest.mark.parametrize("kind", MADE)
async def test_a_long_list_is_read_page_by_page_from_any_cursor(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vodpull.imports.listers.cloudflare.PAGE", 100)
    made, lister = MADE[kind]
    cloud = made(FILE, videos=250)
    cloud.busy = 0
    with running(cloud):
        found = await read(lambda: lister(cloud))
    entries = {each.origin_id: each for each in found if isinstance(each, Entry)}
    bad = [each for each in found if isinstance(each, BadEntry)]
    assert len(entries) + len({each.reason for each in bad}) == 250
    assert bad[-1].line >= 250


@pytest.mark.parametrize("kind", MADE)
async def test_who_comes_too_often_or_without_the_key_is_told_so(kind: str) -> None:
    made, lister = MADE[kind]
    with running(made(FILE, videos=3)) as cloud:
        with pytest.raises(OriginBusy) as busy:
            await read(lambda: lister(cloud))
        assert busy.value.retry_after_s == 1
        with pytest.raises(OriginRefused) as refused:
            await read(lambda: lister(cloud, "another-secret"))
        assert "another-secret" not in f"{refused.value} {refused.value.remedy}"


async def test_a_master_of_mux_is_made_when_it_is_needed() -> None:
    with running(clouds.mux(FILE, videos=3)) as cloud:
        cloud.busy = 0
        first, second, last = await read(lambda: _mux(cloud))
        assert isinstance(first, Entry)
        assert isinstance(second, Entry)
        assert isinstance(last, BadEntry)
        assert "preparing" in last.reason
        assert (first.name, first.created_at, first.duration_ms) == ("Film 0", 1_577_836_800_000, 1500)
        text = f"{cloud.url}/files/play0/text/text0.vtt"
        assert first.captions == (EntryCaption(url=text, language="en", label="English", default=False),)
        for _ in range(2):
            with pytest.raises(OriginFailed):
                await _mux(cloud).resolve(first)
        assert (await _mux(cloud).resolve(first)).url == FILE
        cloud.videos[1] |= {"master_access": "temporary", "master": {"status": "errored"}}
        cloud.answer = lambda *_: (200, {"data": cloud.videos[1]})
        assert (await _mux(cloud).resolve(second)).url == f"{cloud.url}/files/play1/low.mp4"


async def test_a_file_of_cloudflare_is_made_when_it_is_needed() -> None:
    with running(clouds.cloudflare(FILE, videos=2)) as cloud:
        cloud.busy = 0
        first, last = await read(lambda: _cloudflare(cloud))
        assert isinstance(first, Entry)
        assert isinstance(last, BadEntry)
        assert (first.name, first.created_at, first.size) == ("Film 0", 1_577_836_800_123, 190_000)
        for _ in range(2):
            with pytest.raises(OriginFailed):
                await _cloudflare(cloud).resolve(first)
        ready = await _cloudflare(cloud).resolve(first)
        assert (ready.url, [each.language for each in ready.captions]) == (FILE, ["en"])
        assert sum(asked.startswith("POST") for asked in cloud.asked) == 1


async def test_a_file_of_bunny_is_its_original_or_the_largest_mp4() -> None:
    with running(clouds.bunny(FILE, videos=4)) as cloud:
        cloud.busy = 0
        first, second, failed, without = await read(lambda: _bunny(cloud))
    assert isinstance(first, Entry)
    assert isinstance(second, Entry)
    assert first.url == "https://pull.b-cdn.test/guid-0/original"
    assert second.url == "https://pull.b-cdn.test/guid-1/play_720p.mp4"
    assert (first.categories, second.categories) == (("Lessons",), ())
    assert first.captions[0].url == "https://pull.b-cdn.test/guid-0/captions/en.vtt"
    assert isinstance(failed, BadEntry)
    assert isinstance(without, BadEntry)
    assert "neither its original nor an MP4" in without.reason


@pytest.mark.parametrize("answer", [{}, {"data": None}, {"items": "x"}, {"result": 5}, {"data": [None, 1, {}]}])
@pytest.mark.parametrize("kind", MADE)
async def test_an_answer_of_another_form_is_no_video_and_no_crash(kind: str, answer: dict[str, Any]) -> None:
    made, lister = MADE[kind]
    cloud = made(FILE, videos=2)
    cloud.busy = 0
    cloud.answer = lambda *_: (200, {"success": True, **answer})
    with running(cloud):
        found = await read(lambda: lister(cloud))
    assert all(isinstance(each, BadEntry) for each in found)


async def test_a_store_of_2000_objects_gives_its_videos_and_says_why_100_are_none(tmp_path: Path) -> None:
    folder = tmp_path / "nas"
    for number in range(1900):
        place = folder / f"{number % 10}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}.mp4").write_bytes(b"x")
    for number in range(98):
        (folder / f"{number}.{('jpg', 'txt', 'zip', 'xyz', 'mp3')[number % 5]}").write_bytes(b"x")
    (folder / "5/5.zh-CN.vtt").write_bytes(b"x")
    (folder / "5/5.png").write_bytes(b"x")
    (folder / "5/other.vtt").write_bytes(b"x")
    (folder / "empty.mp4").write_bytes(b"")
    stores = SourceStores([f"nas={folder.as_uri()}"], own_folder=tmp_path / "data")
    found = await read(lambda: StoreLister(stores.of_account, {"store": "nas"}, "tester"))
    entries = {each.origin_id: each for each in found if isinstance(each, Entry)}
    bad = [each for each in found if isinstance(each, BadEntry)]
    assert (len(entries), len(bad)) == (1900, 100)
    assert {each.reason.rpartition("' is ")[2] for each in bad} == {
        "an archive",
        "a caption file",
        "a document",
        "a picture",
        "sound",
        "empty",
        "of no kind that videos are",
    }
    five = entries["5/5.mp4"]
    assert (five.url, five.categories, five.size) == ("file://nas/5/5.mp4", ("5",), 1)
    assert [each.url for each in five.captions] == ["file://nas/5/5.zh-CN.vtt"]
    assert (five.poster_url, entries["6/6.mp4"].poster_url) == ("file://nas/5/5.png", None)
    assert five.poster_mark != replace(five, poster_revision="5/5.png 2 0").poster_mark
    below = await read(lambda: StoreLister(stores.of_account, {"store": "nas", "prefix": "5"}, "tester"))
    assert len(below) == 191
    with pytest.raises(SourceStoreUnknown):
        await read(lambda: StoreLister(stores.of_account, {"store": "none"}, "tester"))
