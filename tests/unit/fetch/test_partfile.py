"""A file is visible under its name only when it is whole."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from pathlib import Path

import pytest

from vodpull.errors import StorageFull
from vodpull.fetch.partfile import PartFile, in_thread


async def test_publishing_gives_the_file_its_name(tmp_path: Path) -> None:
    async with PartFile(tmp_path / "v") as part:
        await part.write(b"ab")
        await part.write(bytearray(b"c"))
        assert await part.md5() == hashlib.md5(b"abc", usedforsecurity=False).hexdigest()
        assert not (tmp_path / "v").exists()
        await part.publish()
    assert (tmp_path / "v").read_bytes() == b"abc"
    assert [path.name for path in tmp_path.iterdir()] == ["v"]


async def test_without_publishing_nothing_stays(tmp_path: Path) -> None:
    async with PartFile(tmp_path / "v") as part:
        await part.write(b"abc")
    assert list(tmp_path.iterdir()) == []


async def test_a_failed_write_is_raised_by_the_next_call(tmp_path: Path) -> None:
    (tmp_path / "v.part").symlink_to("/dev/full")
    async with PartFile(tmp_path / "v") as part:
        await part.write(b"abc")
        with pytest.raises(StorageFull):
            await part.publish()
    assert list(tmp_path.iterdir()) == []


async def test_a_failed_write_that_nobody_waited_for_is_silent(tmp_path: Path) -> None:
    (tmp_path / "v.part").symlink_to("/dev/full")
    async with PartFile(tmp_path / "v") as part:
        await part.write(b"abc")
    assert list(tmp_path.iterdir()) == []


async def test_a_cancelled_caller_waits_for_its_thread() -> None:
    started, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        go_on.wait(10)
        ended.set()

    caller = asyncio.create_task(in_thread(work))
    await asyncio.to_thread(started.wait, 10)
    caller.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert ended.is_set()


async def test_a_cancelled_write_leaves_nothing(tmp_path: Path) -> None:
    async def write_for_ever() -> None:
        async with PartFile(tmp_path / "v") as part:
            while True:
                await part.write(bytes(1 << 20))
                if part.size_bytes > 4 << 20:
                    written.set()
                    await asyncio.Event().wait()

    written = asyncio.Event()
    task = asyncio.create_task(write_for_ever())
    await written.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(tmp_path.iterdir()) == []
