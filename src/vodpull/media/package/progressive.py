"""
Writing progressive MP4 (ISO/IEC 14496-12) from the samples of a rendition: one file to download, or to play at once.

What describes the samples comes before them, so that a player can begin while the rest arrives.

Which renditions have one is decided in `track_layout.py`, by the key `mp4` of the template.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from vodpull.media.mp4.boxes import LARGE_HEADER_BYTES, box, full_box
from vodpull.media.mp4.fragments import TrackHeader, TrackRun, movie_header, track_box
from vodpull.media.package.timeline import PictureTrack, SoundTrack

BRANDS = b"isom" + struct.pack(">I", 0x200) + b"isomiso6mp41"


def write_progressive(path: Path, sources: Sequence[PictureTrack | SoundTrack], segments: int) -> None:
    """Write the first segments of some tracks, which is all of a finished film, as one file."""
    tables = [_Tables(source.track) for source in sources]
    size_bytes = 0
    # Read twice: what is said of the samples needs all of them, and more than one may be too much to hold.
    for tables_of_run, run in _runs(tables, sources, segments):
        tables_of_run.add(run, size_bytes)
        size_bytes += len(run.content)
    with path.open("wb") as file:
        file.write(_header(tables, size_bytes))
        for _, run in _runs(tables, sources, segments):
            file.write(run.content)


def _runs(
    tables: Sequence[_Tables], sources: Sequence[PictureTrack | SoundTrack], segments: int
) -> Iterator[tuple[_Tables, TrackRun]]:
    """Give the samples in the order of the file: picture and sound take turns."""
    for number in range(1, segments + 1):
        for own, source in zip(tables, sources, strict=True):
            run = source.run(number)
            if run.samples:
                yield own, run


def _header(tables: Sequence[_Tables], size_bytes: int) -> bytes:
    tracks = [own.track for own in tables]
    movie = movie_header(tracks, duration_ms=max(own.end_ms for own in tables))
    kind = box("ftyp", BRANDS)
    # Its length does not depend on the places in it.
    length = len(box("moov", movie, *(own.box(0) for own in tables)))
    first = len(kind) + length + LARGE_HEADER_BYTES
    content = struct.pack(">I4sQ", 1, b"mdat", LARGE_HEADER_BYTES + size_bytes)
    return kind + box("moov", movie, *(own.box(first) for own in tables)) + content


class _Tables:
    """What the header says of the samples of one track."""

    def __init__(self, track: TrackHeader) -> None:
        self.track = track
        self._start_ticks = 0
        self._sizes = array("I")
        self._durations = array("I")
        self._shifts = array("I")
        self._keys = array("I")
        self._places = array("Q")
        self._counts = array("I")

    def add(self, run: TrackRun, place: int) -> None:
        """Note samples that lie so many bytes after the first of all."""
        if not self._sizes:
            self._start_ticks = run.decode_ticks
        self._places.append(place)
        self._counts.append(len(run.samples))
        for sample in run.samples:
            self._sizes.append(sample.size_bytes)
            self._durations.append(sample.duration_ticks)
            self._shifts.append(sample.shift_ticks)
            if sample.key:
                self._keys.append(len(self._sizes))

    @property
    def end_ms(self) -> int:
        """When the last sample ends: pictures are shown later than decoded; of sound, the beginning is skipped."""
        skipped = 0 if self.track.is_video else self.track.delay_ticks
        return self._ms(self._start_ticks + sum(self._durations) - skipped)

    def _ms(self, ticks: int) -> int:
        return round(1000 * ticks / self.track.timescale)

    def box(self, first: int) -> bytes:
        """Return the description of the track in a file whose first sample is at this place."""
        late_ms = self._ms(self._start_ticks)
        edits = [(self.end_ms - late_ms, self.track.delay_ticks)]
        if late_ms:
            edits.insert(0, (late_ms, -1))
        tables = self._tables(first)
        return track_box(self.track, tables, edits=edits, duration_ms=self.end_ms, ticks=sum(self._durations))

    def _tables(self, first: int) -> list[bytes]:
        pieces = [(number, count, 1) for number, count in enumerate(self._counts, start=1)]
        # One entry holds until the next one says something else.
        changes = [next(same) for _, same in groupby(pieces, key=lambda piece: piece[1])]
        return [
            _table("stts", _run_lengths(self._durations)),
            *([_table("ctts", _run_lengths(self._shifts))] if any(self._shifts) else []),
            *([_table("stss", zip(self._keys, strict=True))] if len(self._keys) < len(self._sizes) else []),
            _table("stsc", changes),
            full_box("stsz", 0, 0, struct.pack(">II", 0, len(self._sizes)), _numbers(self._sizes)),
            # 64 bits for each, whether the file needs them or not: every player knows them.
            full_box("co64", 0, 0, struct.pack(">I", len(self._places)), _numbers(self._places, first)),
        ]


def _run_lengths(values: Iterable[int]) -> Iterator[tuple[int, int]]:
    return ((sum(1 for _ in same), value) for value, same in groupby(values))


def _table(name: str, rows: Iterable[tuple[int, ...]]) -> bytes:
    packed = [struct.pack(f">{len(row)}I", *row) for row in rows]
    return full_box(name, 0, 0, struct.pack(">I", len(packed)), *packed)


def _numbers(values: array[int], more: int = 0) -> bytes:
    return struct.pack(f">{len(values)}{values.typecode}", *(value + more for value in values))
