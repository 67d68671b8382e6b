"""
Where the samples of sound files end by their own word; a part of probe.py.

Only the standard library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

# Samples come behind a few descriptions of themselves.
MAX_CHUNKS = 64
# Who does not know the length yet writes 0 or the largest number, of 31 or 32 bits, perhaps without its own headers or
# rounded to a page.
LARGEST, NEAR = (1 << 31, 1 << 32), 4096 + 128
# Lengths that count their own headers, or are rounded up to a page, promise no more sound.
ROUNDING, ROUNDING_SHARE = 4096, 50
LARGE = frozenset({b"RF64", b"BW64"})
WAVE64_DATA = b"data\xf3\xac\xd3\x11"
CHUNK_HEAD, WAVE64_HEAD, CAF_HEAD = 8, 24, 12


def riff_samples(file: BinaryIO) -> range:
    """Return where the samples of a WAV, RF64 or BW64 file lie; empty: it does not say."""
    is_large, large = file.read(4) in LARGE, 0

    def lengths(head: bytes) -> tuple[int, int]:
        length = int.from_bytes(head[4:], "little")
        return length, CHUNK_HEAD + length + length % 2

    for head, start, length in _chunks(file, 12, lengths, head_bytes=CHUNK_HEAD):
        if head.startswith(b"ds64") and is_large:
            large = int.from_bytes(file.read(16)[8:], "little")
        if head.startswith(b"data"):
            return _span(start, large or length)
    return range(0)


def wave64_samples(file: BinaryIO) -> range:
    """Return where the samples of a Wave64 file lie; empty: it does not say."""

    def lengths(head: bytes) -> tuple[int, int]:
        # It counts its own header, and is filled up to eight bytes.
        length = max(int.from_bytes(head[16:], "little"), WAVE64_HEAD)
        return length - WAVE64_HEAD, -(-length // 8) * 8

    return _named(WAVE64_DATA, _chunks(file, 40, lengths, head_bytes=WAVE64_HEAD))


def aiff_samples(file: BinaryIO) -> range:
    """Return where the samples of an AIFF file lie; empty: it does not say."""

    def lengths(head: bytes) -> tuple[int, int]:
        length = int.from_bytes(head[4:], "big")
        return length, CHUNK_HEAD + length + length % 2

    return _named(b"SSND", _chunks(file, 12, lengths, head_bytes=CHUNK_HEAD))


def caf_samples(file: BinaryIO) -> range:
    """Return where the samples of a Core Audio file lie; empty: it does not say."""

    def lengths(head: bytes) -> tuple[int, int]:
        length = int.from_bytes(head[4:], "big", signed=True)
        return length, CAF_HEAD + max(length, 0)

    return _named(b"data", _chunks(file, 8, lengths, head_bytes=CAF_HEAD))


def _chunks(
    file: BinaryIO, at: int, lengths: Callable[[bytes], tuple[int, int]], *, head_bytes: int
) -> Iterator[tuple[bytes, int, int]]:
    """Yield head, start and length of what is in each chunk; `lengths`: of that and of the whole chunk, by its head."""
    for _ in range(MAX_CHUNKS):
        file.seek(at)
        head = file.read(head_bytes)
        length, whole = lengths(head)
        yield head, at + head_bytes, length
        at += whole


def _named(name: bytes, chunks: Iterable[tuple[bytes, int, int]]) -> range:
    return next((_span(start, length) for head, start, length in chunks if head.startswith(name)), range(0))


def _span(start: int, length: int) -> range:
    is_unknown = length <= 0 or any(abs(length - largest) <= NEAR for largest in LARGEST)
    return range(start, start if is_unknown else start + length)


SOUNDS: Mapping[str, Callable[[BinaryIO], range]] = {
    "wav": riff_samples,
    "w64": wave64_samples,
    "aiff": aiff_samples,
    "caf": caf_samples,
}
"""Where samples lie, by the container."""


def missing_samples(path: Path, container: str) -> str | None:
    """Return in words how many samples a file of sound promises and does not have; None: it has them all."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        samples = SOUNDS[container](file)
    if size >= samples.stop - min(ROUNDING, len(samples) // ROUNDING_SHARE):
        return None
    return f"the header promises samples up to byte {samples.stop}, the file has {size}"
