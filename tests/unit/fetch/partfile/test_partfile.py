"""A file is visible under its name only when it is whole."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
from pathlib import Path

import pytest

from vodpull.errors import StorageFull
from vodpull.fetch.partfile.journal import FileIdentity, save
from vodpull.fetch.partfile.partfile import PartFile

WHOLE = os.urandom(5_000_000)
IDENTITY = FileIdentity(source="s", final_url="u", size_bytes=len(WHOLE), validator='"a"', etag='"a"', content_type="")


def digests_of(content: bytes) -> tuple[str, str]:
    return hashlib.md5(content, usedforsecurity=False).hexdigest(), hashlib.sha256(content).hexdigest()


async def test_publishing_gives_the_file_its_name(tmp_path: Path) -> None:
    async with PartFile(tmp_path / "v") as part:
        await part.write([b"a", b"b"], at=0)
        await part.write([b"c"], at=2)
        assert await part.digests() == digests_of(b"abc")
        assert not (tmp_path / "v").exists()
        await part.publish()
    assert (tmp_path / "v").read_bytes() == b"abc"
    assert [path.name for path in tmp_path.iterdir()] == ["v"]


@pytest.mark.parametrize("seed", range(5))
async def test_blocks_in_any_order_give_the_same_digests(tmp_path: Path, seed: int) -> None:
    starts = list(range(0, len(WHOLE), 300_000))
    random.Random(seed).shuffle(starts)
    async with PartFile(tmp_path / "v") as part:
        for start in starts:
            await part.write([WHOLE[start : start + 300_000]], at=start)
        assert await part.digests() == digests_of(WHOLE)
        await part.publish()
    assert (tmp_path / "v").read_bytes() == WHOLE


async def test_what_is_kept_is_found_and_hashed_again(tmp_path: Path) -> None:
    async with PartFile(tmp_path / "v") as part:
        await part.start_over(IDENTITY)
        await part.write([WHOLE[:1_000_000]], at=0)
        await part.write([WHOLE[2_000_000:3_000_000]], at=2_000_000)
        await part.keep()
    async with PartFile(tmp_path / "v") as part:
        assert (part.identity, part.held_bytes) == (IDENTITY, 2_000_000)
        for start, stop in part.missing(len(WHOLE)):
            await part.write([WHOLE[start:stop]], at=start)
        assert await part.digests() == digests_of(WHOLE)
        await part.publish()
    assert [path.name for path in tmp_path.iterdir()] == ["v"]


async def test_bytes_without_an_identity_are_not_kept(tmp_path: Path) -> None:
    async with PartFile(tmp_path / "v") as part:
        await part.write([b"abc"], at=0)
        await part.keep()
    assert list(tmp_path.iterdir()) == []


async def test_a_journal_that_promises_more_than_the_file_has_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "v.part").write_bytes(WHOLE[:1000])
    save(tmp_path / "v", IDENTITY, [(0, 1001)])
    async with PartFile(tmp_path / "v") as part:
        assert (part.identity, part.held_bytes) == (None, 0)
    assert list(tmp_path.iterdir()) == []


async def test_starting_over_takes_the_promises_back_first(tmp_path: Path) -> None:
    (tmp_path / "v.part").write_bytes(WHOLE[:1000])
    save(tmp_path / "v", IDENTITY, [(0, 1000)])
    async with PartFile(tmp_path / "v") as part:
        assert part.held_bytes == 1000
        await part.start_over(None)
        assert [path.name for path in tmp_path.iterdir()] == ["v.part"]
        await part.write([b"new"], at=0)
        assert await part.digests() == digests_of(b"new")


async def test_the_journal_is_written_on_the_way(tmp_path: Path) -> None:
    async with PartFile(tmp_path / "v") as part:
        await part.start_over(IDENTITY)
        await part.write([WHOLE[:1000]], at=0)
        await part.settle()
        part.checkpoint()
        async with asyncio.timeout(60):
            while not (tmp_path / "v.journal").exists():
                await asyncio.sleep(0.01)


async def test_without_publishing_nothing_stays(tmp_path: Path) -> None:
    async with PartFile(tmp_path / "v") as part:
        await part.write([b"abc"], at=0)
    assert list(tmp_path.iterdir()) == []


async def test_a_failed_write_is_raised_by_the_next_call(tmp_path: Path) -> None:
    (tmp_path / "v.part").symlink_to("/dev/full")
    async with PartFile(tmp_path / "v") as part:
        await part.write([b"abc"], at=0)
        with pytest.raises(StorageFull):
            await part.publish()
    assert list(tmp_path.iterdir()) == []


async def test_a_failed_write_that_nobody_waited_for_is_silent(tmp_path: Path) -> None:
    (tmp_path / "v.part").symlink_to("/dev/full")
    async with PartFile(tmp_path / "v") as part:
        await part.write([b"abc"], at=0)
    assert list(tmp_path.iterdir()) == []


async def test_a_cancelled_write_leaves_nothing(tmp_path: Path) -> None:
    async def write_for_ever() -> None:
        async with PartFile(tmp_path / "v") as part:
            for number in range(20):
                await part.write([bytes(1 << 20)], at=number << 20)
            written.set()
            await asyncio.Event().wait()

    written = asyncio.Event()
    task = asyncio.create_task(write_for_ever())
    await written.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(tmp_path.iterdir()) == []
