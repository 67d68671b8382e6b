"""Spellings of an md5, and digests of what comes from memory and from disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from vodpull.errors import ParameterError, StorageUnavailable
from vodpull.fetch.partfile.digests import Digests, parse_md5

MD5 = "6aa6cc5cb526b0869ede919a19f155b7"


@pytest.mark.parametrize("text", [MD5, MD5.upper(), f"  {MD5}\n"])
def test_blanks_and_letter_case_do_not_matter(text: str) -> None:
    assert parse_md5(text) == MD5


@pytest.mark.parametrize(
    "text", ["", MD5[:-1], MD5 + "0", "aqbMXLUmsIae3pGaGfFVtw==", "g" * 32, MD5[:16] + " " + MD5[16:], "\u0661" * 32]
)
def test_anything_else_is_refused_with_the_field(text: str) -> None:
    with pytest.raises(ParameterError) as caught:
        parse_md5(text)
    assert caught.value.field == "md5"


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
