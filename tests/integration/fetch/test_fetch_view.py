"""What others may see of a file while it comes: which bytes are here, and the index of an MP4 file early."""

from __future__ import annotations

import asyncio
import hashlib
import os
from dataclasses import replace
from pathlib import Path

import pytest
from tests.origin import Origin

from vodpull.fetch import AddressGuard, Downloaded, FetchLimits, HostLimits, PartView, download
from vodpull.media.mp4.boxes import box

MEDIA = os.urandom(6 << 20)
INDEX = os.urandom(100_000)


FTYP = box("ftyp", b"isom" + bytes(12))
LATE = FTYP + box("free", b"") + box("mdat", MEDIA) + box("moov", INDEX)
EARLY = FTYP + box("moov", INDEX) + box("mdat", MEDIA)
START = len(LATE) - len(INDEX) - 8


class Watch:
    """A download, and what its view said all along."""

    def __init__(self, origin: Origin, target: Path, limits: FetchLimits) -> None:
        self.origin = origin
        self.target = target
        self.limits = replace(limits, max_bytes=1 << 30, retry_initial_s=0.01)
        self.seen: list[tuple[int, tuple[tuple[int, int], ...]]] = []
        self._views: list[PartView] = []

    @property
    def view(self) -> PartView:
        return self._views[0]

    async def download(self, path: str, *, host_limits: HostLimits | None = None) -> Downloaded:
        return await download(
            self.origin.url(path),
            self.target,
            guard=AddressGuard(trusted_origins=[self.origin.origin]),
            limits=self.limits,
            on_progress=self._look,
            host_limits=host_limits,
            on_part=self._views.append,
        )

    def _look(self, _received: int, _announced: int | None) -> None:
        self.seen.append((self.view.generation, self.view.spans()))

    def saw_the_end_before_the_middle(self) -> bool:
        return any(spans[-1:] == ((START, len(LATE)),) for _, spans in self.seen)


@pytest.fixture
def watch(origin: Origin, tmp_path: Path, limits: FetchLimits) -> Watch:
    return Watch(origin, tmp_path / "source", limits)


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


async def test_an_index_at_the_end_comes_before_the_rest(watch: Watch) -> None:
    watch.origin.put("v", LATE)
    arrived = await watch.download("throttled?rate=6000000&file=v")
    assert watch.saw_the_end_before_the_middle()
    assert (arrived.sha256, arrived.connections) == (sha256_of(LATE), 2)
    assert arrived.received_bytes <= len(LATE) + len(INDEX) + 8, "at most what came along with the last media bytes"
    ranges = [headers.get("range") for headers in watch.origin.headers]
    assert ranges == [None, f"bytes={START}-{len(LATE) - 1}"]


@pytest.mark.parametrize("content", [EARLY, MEDIA, FTYP + box("mdat", MEDIA)])
async def test_other_files_come_in_one_piece(watch: Watch, content: bytes) -> None:
    watch.origin.put("v", content)
    arrived = await watch.download("throttled?rate=30000000&file=v")
    assert (arrived.sha256, watch.origin.requests["/throttled range"]) == (sha256_of(content), 0)


async def test_an_origin_without_validators_is_asked_once(watch: Watch) -> None:
    file = watch.origin.script("v", LATE)
    file.etag = ""
    assert (await watch.download("scripted/v")).sha256 == sha256_of(LATE)
    assert file.ranges == [""]


async def test_an_index_that_is_refused_comes_in_its_turn(watch: Watch) -> None:
    watch.origin.put("v", LATE)
    arrived = await watch.download("throttled?rate=20000000&file=v&refuses=1")
    assert arrived.sha256 == sha256_of(LATE)
    assert watch.origin.requests["/throttled range"] == 1


async def test_where_one_connection_is_all_there_is_nothing_comes_first(watch: Watch) -> None:
    watch.origin.put("v", LATE)
    host_limits = HostLimits(connections_per_host=1, requests_per_s=1000)
    arrived = await watch.download("throttled?rate=20000000&file=v", host_limits=host_limits)
    assert (arrived.sha256, arrived.connections) == (sha256_of(LATE), 1)
    assert not watch.saw_the_end_before_the_middle()


async def test_after_a_break_the_index_is_not_asked_for_again(watch: Watch) -> None:
    file = watch.origin.script("v", LATE, ["stall@40"])
    watch.limits = replace(watch.limits, stall_timeout_s=0.5)
    arrived = await watch.download("scripted/v")
    assert arrived.sha256 == sha256_of(LATE)
    assert arrived.received_bytes == len(LATE)
    assert [asked.endswith(f"-{len(LATE) - 1}") for asked in file.ranges] == [False, True, False]


async def test_every_span_that_is_told_can_be_read(watch: Watch) -> None:
    watch.origin.put("v", LATE)
    running = asyncio.create_task(watch.download("throttled?rate=8000000&file=v"))
    async with asyncio.timeout(60):
        while not watch.seen:
            await asyncio.sleep(0)
        while not running.done():
            spans, content = watch.view.spans(), watch.view.path.read_bytes()
            assert all(content[start:stop] == LATE[start:stop] for start, stop in spans)
            await asyncio.sleep(0.05)
    assert watch.view.size_bytes == len(LATE)
    assert (watch.view.path, watch.view.spans()) == (watch.target, ((0, len(LATE)),))
    assert watch.view.generation == 0


async def test_a_file_that_changes_is_another_generation(watch: Watch) -> None:
    watch.origin.script("v", LATE, ["reset@50", "changed"])
    await watch.download("scripted/v")
    assert watch.view.generation > 0
    assert watch.target.read_bytes() == LATE[::-1]


async def test_a_size_that_nobody_announced_is_not_known(watch: Watch) -> None:
    await watch.download("chunked")
    assert watch.view.size_bytes is None
    assert watch.view.spans() == ((0, len(watch.origin.body)),)
