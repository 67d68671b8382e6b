from __future__ import annotations

from pathlib import Path

import pytest

from vodpull.media.confined.source.truncated_sound import missing_samples

SAMPLES = bytes(100_000)
ODD = 7
UNKNOWN = 2**32 - 1


def riff(length: int, *, name: bytes = b"RIFF", large: int | None = None) -> bytes:
    ds64 = b"" if large is None else chunk(b"ds64", bytes(8) + large.to_bytes(8, "little") + bytes(12))
    head = name + UNKNOWN.to_bytes(4, "little") + b"WAVE" + ds64
    return head + chunk(b"fmt ", bytes(16)) + chunk(b"LIST", bytes(ODD)) + b"data" + length.to_bytes(4, "little")


def chunk(name: bytes, content: bytes) -> bytes:
    return name + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


def wave64(length: int) -> bytes:
    head = b"riff" + bytes(36) + b"fmt " + bytes(12) + (24 + ODD).to_bytes(8, "little") + bytes(8)
    name = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"
    return head + name + (length + 24).to_bytes(8, "little")


def aiff(length: int) -> bytes:
    head = b"FORM" + bytes(4) + b"AIFF" + b"NAME" + ODD.to_bytes(4, "big") + bytes(ODD + 1)
    return head + b"SSND" + length.to_bytes(4, "big")


def caf(length: int) -> bytes:
    head = b"caff\0\1\0\0desc" + ODD.to_bytes(8, "big") + bytes(ODD)
    return head + b"data" + length.to_bytes(8, "big", signed=True)


KINDS = {
    "wav": riff,
    "rf64": lambda length: riff(UNKNOWN, name=b"RF64", large=length),
    "bw64": lambda length: riff(UNKNOWN, name=b"BW64", large=length),
    "w64": wave64,
    "aiff": aiff,
    "caf": caf,
}


def missing(path: Path, kind: str, content: bytes) -> str | None:
    path.write_bytes(content)
    return missing_samples(path, "wav" if kind in {"rf64", "bw64"} else kind)


@pytest.mark.parametrize("kind", KINDS)
def test_samples_that_are_promised_must_be_there(tmp_path: Path, kind: str) -> None:
    head = KINDS[kind](len(SAMPLES))
    whole = head + SAMPLES
    assert missing(tmp_path / "a", kind, whole) is None
    # What is behind them is no sound.
    assert missing(tmp_path / "a", kind, whole + bytes(50_000)) is None
    # Some writers round, or count their own header.
    assert missing(tmp_path / "a", kind, whole[:-44]) is None
    said = missing(tmp_path / "a", kind, whole[:-5000])
    assert said == f"the header promises samples up to byte {len(whole)}, the file has {len(whole) - 5000}"


def test_little_of_a_short_sound_is_much(tmp_path: Path) -> None:
    assert missing(tmp_path / "a", "wav", riff(4000) + bytes(3000))


@pytest.mark.parametrize(
    "length", [0, UNKNOWN, UNKNOWN - 36, 2**31 - 1, 2**31 - 1 - 36, 2**31, 2**31 + 36, 2**31 - 4096]
)
def test_who_streams_does_not_know_how_long_it_will_be(tmp_path: Path, length: int) -> None:
    assert missing(tmp_path / "a", "wav", riff(length) + SAMPLES) is None
    assert missing(tmp_path / "a", "aiff", aiff(length) + SAMPLES) is None


def test_nor_does_who_writes_64_bits(tmp_path: Path) -> None:
    assert missing(tmp_path / "a", "rf64", riff(UNKNOWN, name=b"RF64", large=0) + SAMPLES) is None
    for length in (-1, 0):
        assert missing(tmp_path / "a", "caf", caf(length) + SAMPLES) is None


@pytest.mark.parametrize("kind", ["wav", "w64", "aiff", "caf"])
@pytest.mark.parametrize("content", [b"", b"RIFF", 40 * b"\xff", 4000 * b"\0"], ids=["none", "cut", "ones", "zeros"])
def test_a_header_that_makes_no_sense_promises_nothing(tmp_path: Path, kind: str, content: bytes) -> None:
    assert missing(tmp_path / "a", kind, content) is None
