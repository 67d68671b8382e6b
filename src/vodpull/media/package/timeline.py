"""From intermediate files to segments: which samples lie in which segment, by their number and time."""

from __future__ import annotations

import bisect
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from vodpull.errors import OutputInvalid
from vodpull.media.encode.language_codes import iso_639_2
from vodpull.media.mp4.fragments import Sample, TrackHeader, TrackRun, init_segment
from vodpull.media.mp4.sample_tables import SampleTable


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """The grid that all renditions share, as far as it is finished."""

    rate: Fraction
    """Frames per second."""
    cuts: tuple[int, ...]
    """Frames with which segments begin, and at last the frame after the end."""
    complete: bool
    """The end of the film is there."""

    @property
    def segments(self) -> int:
        """Number of finished segments."""
        return len(self.cuts) - 1

    def duration_s(self, number: int) -> float:
        """Return the length of segment `number`, from 1, in the microseconds that a playlist can say."""
        return round(float((self.cuts[number] - self.cuts[number - 1]) / self.rate), 6)

    def frames(self, number: int) -> range:
        """Return the frames of segment `number`, from 1."""
        return range(self.cuts[number - 1], self.cuts[number])


def on_grid(table: SampleTable, rate: Fraction) -> SampleTable:
    """
    Return a table whose pictures are shown exactly on the grid: some containers round times to milliseconds.

    Raises:
        OutputInvalid: they do not lie on it.
    """
    ticks = table.timescale / rate
    numbers = [round(at / ticks) for at in table.shown_ticks]
    if sorted(numbers) != list(range(len(numbers))):
        raise OutputInvalid(f"the pictures of {table.path.name} are not shown at a constant rate")
    return replace(table, shown_ticks=array("q", (round(number * ticks) for number in numbers)))


class PictureTrack:
    """The picture of one rung, from one file or from one for each chunk."""

    def __init__(self, tables: Sequence[tuple[int, SampleTable]], timeline: Timeline, *, track_number: int) -> None:
        """
        Join the files; each comes with the number of its first frame on the grid.

        Raises:
            OutputInvalid: they do not belong together.
        """
        self._firsts = [first for first, _ in tables]
        self._tables = [table for _, table in tables]
        self._timeline = timeline
        lead = self._tables[0]
        if any((table.entry, table.timescale) != (lead.entry, lead.timescale) for table in self._tables):
            raise OutputInvalid(f"the headers of {lead.path.name} differ between chunks")
        self._ticks = lead.timescale / timeline.rate
        self.track = TrackHeader(
            number=track_number,
            is_video=True,
            timescale=lead.timescale,
            entry=lead.entry,
            width_px=lead.width_px,
            height_px=lead.height_px,
            # So that no sample is shown before it is decoded; the edit list takes it away again.
            delay_ticks=lead.delay_ticks,
            language="und",
        )

    def run(self, number: int) -> TrackRun:
        """Return the samples of segment `number`, from 1."""
        frames = self._timeline.frames(number)
        first, table = self._table(frames)
        inside = range(frames.start - first, frames.stop - first)
        if inside.stop > len(table) or not table.is_key(inside.start):
            raise OutputInvalid(f"segment {number} of {table.path.name} does not begin with a keyframe")
        # Groups are closed, so samples that are decoded in this range are also shown in it.
        decode = [self._at(frame) for frame in range(frames.start, frames.stop + 1)]
        base = self._at(first) + self.track.delay_ticks
        samples = [
            Sample(
                size_bytes=table.sizes[at],
                duration_ticks=end - start,
                shift_ticks=base + table.shown_ticks[at] - start,
                key=table.is_key(at),
            )
            for at, (start, end) in zip(inside, pairwise(decode), strict=True)
        ]
        if min(sample.shift_ticks for sample in samples) < 0:
            raise OutputInvalid(f"segment {number} of {table.path.name} reorders its pictures too much")
        return TrackRun(track=self.track, decode_ticks=decode[0], samples=samples, content=table.read(inside))

    def starts(self) -> tuple[int, ...]:
        """Return when each segment is shown first, and at last the end, in ticks."""
        return tuple(map(self._at, self._timeline.cuts))

    def keyframe(self, number: int) -> TrackRun:
        """Return the first sample of segment `number` alone, as long as the segment."""
        frames = self._timeline.frames(number)
        first, table = self._table(frames)
        at = frames.start - first
        start, end = self._at(frames.start), self._at(frames.stop)
        sample = Sample(
            size_bytes=table.sizes[at], duration_ticks=end - start, shift_ticks=self.track.delay_ticks, key=True
        )
        content = table.read(range(at, at + 1))
        return TrackRun(track=self.track, decode_ticks=start, samples=[sample], content=content)

    def keyframe_bytes(self, number: int) -> int:
        """Return the size of the first sample of segment `number`, from 1."""
        frames = self._timeline.frames(number)
        first, table = self._table(frames)
        return table.sizes[frames.start - first]

    def _at(self, frame: int) -> int:
        """Return when a frame of the grid is decoded, rounded to a whole tick; in integers, for it is asked often."""
        numerator, denominator = self._ticks.numerator, self._ticks.denominator
        return (2 * frame * numerator + denominator) // (2 * denominator)

    def _table(self, frames: range) -> tuple[int, SampleTable]:
        place = bisect.bisect_right(self._firsts, frames.start) - 1
        return self._firsts[place], self._tables[place]


class SoundTrack:
    """One sound track, from one file for the whole film."""

    def __init__(self, table: SampleTable, timeline: Timeline, *, track_number: int, language: str | None) -> None:
        """Take the file; players skip what lies before its start."""
        self._table = table
        self._timeline = timeline
        start_ticks = table.shown_ticks[0]
        self._late_ticks = max(start_ticks, 0)
        self.track = TrackHeader(
            number=track_number,
            is_video=False,
            timescale=table.timescale,
            entry=table.entry,
            width_px=0,
            height_px=0,
            delay_ticks=max(-start_ticks, 0),
            language=iso_639_2(language or "") or "und",
        )

    def run(self, number: int) -> TrackRun:
        """Return the samples that begin to sound in segment `number`, from 1; the last one has all that is left."""
        inside = range(self._first(number), self._first(number + 1))
        ticks = self._table.decode_ticks
        samples = [
            Sample(size_bytes=self._table.sizes[at], duration_ticks=ticks[at + 1] - ticks[at], shift_ticks=0, key=True)
            for at in inside
        ]
        start = ticks[inside.start] + self._late_ticks
        return TrackRun(track=self.track, decode_ticks=start, samples=samples, content=self._table.read(inside))

    def starts(self) -> tuple[int, ...]:
        """Return when what is heard of each segment begins, and at last the end, in ticks."""
        shown, ticks, last = self._table.shown_ticks, self._table.decode_ticks, len(self._table)
        begins = (max(0, shown[self._first(number)]) for number in range(1, self.segments + 1))
        return (*begins, shown[last - 1] + ticks[last] - ticks[last - 1])

    @property
    def segments(self) -> int:
        """How many of the finished segments have any of it: sound may end long before the picture."""
        numbers = range(1, self._timeline.segments + 1)
        return bisect.bisect_left(numbers, len(self._table), key=self._first)

    def _first(self, number: int) -> int:
        if number == 1:
            return 0
        if number > self._timeline.segments and self._timeline.complete:
            return len(self._table)
        start_ticks = self._timeline.cuts[number - 1] * self._table.timescale / self._timeline.rate
        return bisect.bisect_left(self._table.shown_ticks, start_ticks)


def init_bytes(tracks: Sequence[PictureTrack | SoundTrack]) -> bytes:
    """Return the init segment for some tracks."""
    return init_segment([source.track for source in tracks])
