"""
The sample table of an intermediate file that our own encode wrote: one track, not fragmented.

FFmpeg wrote it after it met hostile bytes, so nothing in it is taken on trust: every count is compared with the file.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, repeat
from pathlib import Path

from vodpull.errors import OutputInvalid
from vodpull.media.mp4.boxes import box_spans, find_box

# Thirty hours at 60 frames a second are 6.5 million samples.
MAX_SAMPLES = 10_000_000
# Of the fields of `mdhd`, `tkhd` and `elst`: 64 bits wide from version 1 on.
WIDE = 1


@dataclass(frozen=True, kw_only=True)
class SampleTable:
    """Where the samples of one track lie and when they are shown."""

    path: Path
    timescale: int
    """Ticks per second of all times."""
    entry: bytes
    """The sample entry with the codec's configuration: a whole box."""
    width_px: int
    height_px: int
    offsets: Sequence[int]
    """Place of each sample in the file, in the order of decoding."""
    sizes: Sequence[int]
    decode_ticks: Sequence[int]
    """Decoding time of each sample, and at last the end of the last one."""
    shown_ticks: Sequence[int]
    """When each sample is shown; below 0: it only prepares the decoder."""
    delay_ticks: int
    """So much later than they are decoded, samples may have to be shown."""
    keys: frozenset[int] | None
    """Numbers of the samples that decode alone; None: all of them."""

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.sizes)

    def is_key(self, number: int) -> bool:
        """Tell whether a sample decodes alone."""
        return self.keys is None or number in self.keys

    def read(self, numbers: range) -> bytes:
        """Return the bytes of a run of samples."""
        pieces = []
        with self.path.open("rb") as file:
            for offset, size in self._extents(numbers):
                file.seek(offset)
                pieces.append(file.read(size))
        content = b"".join(pieces)
        if len(content) != sum(self.sizes[number] for number in numbers):
            raise OutputInvalid(f"{self.path.name} ends before its samples do")
        return content

    def _extents(self, numbers: range) -> Iterator[tuple[int, int]]:
        """Yield the places to read, neighbours as one."""
        start = length = 0
        for number in numbers:
            if self.offsets[number] != start + length:
                if length:
                    yield start, length
                start, length = self.offsets[number], 0
            length += self.sizes[number]
        if length:
            yield start, length


def read_samples(path: Path) -> SampleTable:
    """
    Return the sample table of a file with one track.

    Raises:
        OutputInvalid: the file is missing, empty, cut, or none that our encode writes.
    """
    try:
        spans = box_spans(path)
        moov = next((span for span in spans or () if span[0] == "moov"), None)
        if moov is None:
            raise OutputInvalid(f"the encoder left no whole {path.name}")
        with path.open("rb") as file:
            file.seek(moov[1])
            content = file.read(moov[2])
        return _table(path, find_box(content, "moov") or b"")
    except (OSError, ValueError, OverflowError, struct.error, IndexError) as error:
        raise OutputInvalid(f"the encoder left no usable {path.name}") from error


def _table(path: Path, moov: bytes) -> SampleTable:
    trak = _need(moov, "trak")
    timescale, tables = _timescale(_need(trak, "mdia", "mdhd")), _need(trak, "mdia", "minf", "stbl")
    sizes = _sizes(_need(tables, "stsz"))
    offsets = _offsets(tables, sizes)
    if not sizes or timescale <= 0 or max(map(sum, zip(offsets, sizes, strict=True))) > path.stat().st_size:
        raise ValueError("the samples lie outside of the file")
    decode_ticks = array("q", accumulate(_runs(_need(tables, "stts"), len(sizes)), initial=0))
    delays = find_box(tables, "ctts")
    shifts = repeat(0, len(sizes)) if delays is None else _runs(delays, len(sizes))
    shift = _edit_shift(moov, trak, timescale)
    sync = find_box(tables, "stss")
    width, height = struct.unpack(">II", _need(trak, "tkhd")[-8:])
    return SampleTable(
        path=path,
        timescale=timescale,
        entry=_need(tables, "stsd")[8:],
        # Fixed point with 16 binary places.
        width_px=width >> 16,
        height_px=height >> 16,
        offsets=offsets,
        sizes=sizes,
        decode_ticks=decode_ticks,
        shown_ticks=array("q", (at + later + shift for at, later in zip(decode_ticks[:-1], shifts, strict=True))),
        delay_ticks=max(-shift, 0),
        keys=None if sync is None else frozenset(number - 1 for number in _numbers(sync[8:], "I")),
    )


def _need(content: bytes, *path: str) -> bytes:
    found = find_box(content, *path)
    if found is None:
        raise ValueError(f"there is no {path[-1]}")
    return found


def _timescale(header: bytes) -> int:
    """Return the ticks per second from an `mdhd` or `mvhd` box."""
    at = 20 if header[0] == WIDE else 12
    return int.from_bytes(header[at : at + 4], "big")


def _sizes(stsz: bytes) -> array[int]:
    same, count = (int.from_bytes(stsz[at : at + 4], "big") for at in (4, 8))
    if count > MAX_SAMPLES:
        raise ValueError("too many samples")
    return array("I", repeat(same, count)) if same else _numbers(stsz[12:], "I")[:count]


def _numbers(content: bytes, code: str) -> array[int]:
    """Return big-endian numbers; a list of them would take many times the memory."""
    numbers = array(code, content)
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers


def _offsets(tables: bytes, sizes: array[int]) -> array[int]:
    """Return where each sample begins, from the table of pieces (`stco`) and how many samples each has (`stsc`)."""
    narrow = find_box(tables, "stco")
    places = _numbers(narrow[8:], "I") if narrow is not None else _numbers(_need(tables, "co64")[8:], "Q")
    fields = _numbers(_need(tables, "stsc")[8:], "I")
    firsts, counts = fields[0::3], fields[1::3]
    offsets = array("Q")
    for run, count in enumerate(counts):
        last = firsts[run + 1] - 1 if run + 1 < len(firsts) else len(places)
        for place in places[firsts[run] - 1 : last]:
            own = sizes[len(offsets) : len(offsets) + count]
            offsets.extend(accumulate(own[:-1], initial=place))
    if len(offsets) != len(sizes):
        raise ValueError("the table of samples contradicts itself")
    return offsets


def _runs(content: bytes, count: int) -> Iterator[int]:
    """Return the values of a run-length table (`stts`, `ctts`), which must describe exactly so many samples."""
    # Negative shifts are only written with a version that reads them so; both fit.
    fields = _numbers(content[8:], "i")
    lengths, values = fields[0::2], fields[1::2]
    if min(lengths, default=0) < 0 or sum(lengths) != count:
        raise ValueError("a run-length table contradicts the number of samples")
    return chain.from_iterable(map(repeat, values, lengths))


def _edit_shift(moov: bytes, trak: bytes, timescale: int) -> int:
    """Return what the edit list adds to the times of the samples, in ticks."""
    media_ticks: int
    edits = find_box(trak, "edts", "elst")
    if edits is None:
        return 0
    shift, entry = 0, ">Qq" if edits[0] == WIDE else ">Ii"
    for at in range(8, len(edits), struct.calcsize(entry) + 4):
        length, media_ticks = struct.unpack_from(entry, edits, at)
        if media_ticks >= 0:
            return shift - media_ticks
        # An empty edit: nothing is shown for so long.
        shift += round(length * timescale / _timescale(_need(moov, "mvhd")))
    return shift
