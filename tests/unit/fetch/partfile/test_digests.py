"""Digests of what comes from memory and from disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from vodpull.errors import StorageUnavailable
from vodpull.fetch.partfile.digests import Digests


@pytest.fixture
def number(tmp_path: Path) -> Iterator[int]:
    """Return the number of an open file of 3,000,000 bytes."""
    path = tmp_path / "v"
    path.write_bytes(bytes(range(250)) * 12_000)
    opened = os.open(path, os.O_RDONLY)
    yield opened
    os.close(opened)


async def test_memory_and_disk_are_hashed_in_the_order_given(number: int) -> None:
    digests, content = Digests(), bytes(range(250)) * 12_000
    digests.update([content[:10], content[10:1000]])
    digests.read(number, 1000, 2_500_000)
    digests.update([content[2_500_000:]])
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    assert await digests.hex_digests() == (md5, hashlib.sha256(content).hexdigest())


async def test_bytes_that_cannot_be_read_back_are_an_error_and_not_a_wrong_digest(number: int) -> None:
    digests = Digests()
    digests.read(number, 0, 3_000_001)
    digests.read(number, 0, 100)
    with pytest.raises(StorageUnavailable):
        await digests.hex_digests()
