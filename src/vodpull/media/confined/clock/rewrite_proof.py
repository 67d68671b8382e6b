"""
Whether a file that was written anew has all that the original has, in step; a part of the confined clock_jumps.py.

Nothing is taken from how it was written but which stream has become which: packets go with packets in their order, and
decoded samples with plain ones. So every packet has its shift, by which it comes later in the copy. Where all tracks
are shifted alike, they are as far apart as they were.

Only the standard library: PyAV, and what reads packets, are handed over.
"""

from __future__ import annotations

import importlib
from array import array
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

# Sound that lags or leads by less is not noticed (EBU R37: 40 ms early, 60 ms late). Plain samples are found by how
# many came before.
SAME_S, SAME_PLAIN_S = 0.04, 0.1
# In shorter runs, packets of several tracks do not lie beside each other.
MIN_PACKETS = 50
# What overlaps by less is rounding, and by more, another run.
ROUNDING_S, OVERLAP_S = 0.01, 1.0
# What is lost of sound that is brought to one kind, and the share of it, is rounding.
LOST_S, LOST_SHARE = 0.05, 0.001
# Two channels of 16 bits at 48 kHz.
PLAIN_BYTES_OF_SECOND = 4 * 48000
# Runs follow each other at once, in one track at least.
GAP_S = 0.5


@dataclass
class StreamPackets:
    """What is known of one stream, packet by packet."""

    places: array[int] = field(default_factory=lambda: array("q"))
    """By number of all packets of the file."""
    times_s: array[float] = field(default_factory=lambda: array("d"))
    ends_s: array[float] = field(default_factory=lambda: array("d"))
    """How long all last, up to the end of each."""

    def add(self, place: int, time_s: float, lasts_s: float) -> None:
        """Take the next packet."""
        self.places.append(place)
        self.times_s.append(time_s)
        self.ends_s.append(self.length_s + lasts_s)

    @property
    def last_s(self) -> float:
        """Return when the last one ends."""
        return self.time_behind(self.length_s) if self.times_s else 0.0

    @property
    def length_s(self) -> float:
        """How long all of it lasts."""
        return self.ends_s[-1] if self.ends_s else 0.0

    def time_behind(self, length_s: float) -> float:
        """Return when that comes which so much lies before."""
        at = min(bisect_right(self.ends_s, length_s), len(self.ends_s) - 1)
        return self.times_s[at] + length_s - (self.ends_s[at - 1] if at else 0.0)


@dataclass
class ShiftedRun:
    """Packets of one stream that are shifted alike."""

    shift_s: float
    places: list[int] = field(default_factory=list)
    first_s: float = float("inf")
    last_s: float = float("-inf")

    def add(self, place: int, time_s: float) -> None:
        """Take the next packet, and when it comes in the copy."""
        self.places.append(place)
        self.first_s, self.last_s = min(self.first_s, time_s), max(self.last_s, time_s)


class _TickLengths:
    """How long a tick of each stream is: asked of millions of packets."""

    def __init__(self) -> None:
        self._of_stream_s: dict[int, float] = {}

    def of(self, packet: Any) -> float:
        """Return the seconds of a tick."""
        index: int = packet.stream_index
        if index not in self._of_stream_s:
            self._of_stream_s[index] = float(packet.time_base)
        return self._of_stream_s[index]


def original_tracks(
    av: Any, packets: Iterable[Any], numbers: Mapping[int, int], *, plain: Mapping[int, Any]
) -> list[StreamPackets]:
    """
    Read the original; `numbers` says which of the tracks a stream is.

    Of `plain` streams what is decoded counts, each with what tells the times of its frames.
    """
    tracks, tick_s = [StreamPackets() for _ in numbers], _TickLengths()
    for place, packet in enumerate(packets):
        track, ticks = tracks[numbers[packet.stream_index]], packet.dts if packet.pts is None else packet.pts
        if packet.stream_index in plain:
            for frame in _decoded(av, packet):
                begin_s = plain[packet.stream_index].time_of(frame)
                # Where kinds meet, two sounds may be at the same time, and one of them is heard.
                if begin_s is not None and not ROUNDING_S < track.last_s - begin_s < OVERLAP_S:
                    track.add(place, float(begin_s), frame.samples / frame.sample_rate)
        elif ticks is not None:
            track.add(place, ticks * tick_s.of(packet), 0.0)
    return tracks


def _decoded(av: Any, packet: Any) -> list[Any]:
    try:
        found: list[Any] = importlib.import_module("sound_frames").frames(packet)
    except (av.FFmpegError, ValueError):
        return []
    return found


def copied_tracks(packets: Iterable[Any], number: int, *, plain: Collection[int]) -> list[StreamPackets]:
    """Read the copy."""
    tracks, tick_s = [StreamPackets() for _ in range(number)], _TickLengths()
    for place, packet in enumerate(packets):
        time_s = (packet.dts if packet.pts is None else packet.pts) * tick_s.of(packet)
        # Matroska counts in milliseconds.
        lasts_s = packet.size / PLAIN_BYTES_OF_SECOND if packet.stream_index in plain else 0.0
        tracks[packet.stream_index].add(place, time_s, lasts_s)
    return tracks


def disagreement(
    originals: Sequence[StreamPackets],
    copies: Sequence[StreamPackets],
    *,
    plain: Collection[int],
    mended: Mapping[int, Collection[int]],
) -> str:
    """
    Return in English what the copy has not, or has elsewhere; empty: nothing. Pure.

    `plain` are the tracks that were decoded; `mended` has the packets of a track whose own times are no times.
    """
    runs: list[list[ShiftedRun]] = []
    for number, (original, copy) in enumerate(zip(originals, copies, strict=True)):
        lost = _lost(original, copy, is_plain=number in plain)
        if lost:
            return f"track {number + 1} has lost {lost}"
        runs.append(_runs(original, copy, is_plain=number in plain, left_out=mended.get(number, ())))
    for number, own in enumerate(runs):
        for other, theirs in enumerate(runs):
            slack_s = SAME_PLAIN_S if {number, other} & set(plain) else SAME_S
            apart_s = max((_apart_s(run, theirs) for run in own if theirs), default=0.0)
            if apart_s > slack_s:
                return f"tracks {number + 1} and {other + 1} are {1000 * apart_s:.0f} ms further apart"
    return _hole(runs)


def _lost(original: StreamPackets, copy: StreamPackets, *, is_plain: bool) -> str:
    if is_plain:
        lost_s = original.length_s - copy.length_s
        return f"{lost_s:.2f} s of sound" if lost_s > LOST_S + LOST_SHARE * original.length_s else ""
    lost = len(original.times_s) - len(copy.times_s)
    return f"{lost} of {len(original.times_s)} packets" if lost else ""


def _runs(
    original: StreamPackets, copy: StreamPackets, *, is_plain: bool, left_out: Collection[int]
) -> list[ShiftedRun]:
    runs: list[ShiftedRun] = []
    for number, (place, time_s) in enumerate(zip(original.places, original.times_s, strict=True)):
        before_s = original.ends_s[number - 1] if number else 0.0
        shown_s = copy.time_behind(before_s) if is_plain else copy.times_s[number]
        if number in left_out:
            continue
        if not runs or abs(shown_s - time_s - runs[-1].shift_s) > SAME_S:
            runs.append(ShiftedRun(shown_s - time_s))
        runs[-1].add(place, shown_s)
    return runs


def _apart_s(run: ShiftedRun, others: Sequence[ShiftedRun]) -> float:
    """Return by how much a run is shifted otherwise than what lies around its middle in another track."""
    middle = run.places[len(run.places) // 2]
    # Runs of one track follow each other.
    beside = others[max(0, bisect_right(others, middle, key=lambda other: other.places[0]) - 1)]
    is_beside = beside.places[0] <= middle <= beside.places[-1]
    if min(len(run.places), len(beside.places)) < MIN_PACKETS or not is_beside:
        return 0.0
    return abs(run.shift_s - beside.shift_s)


def _hole(tracks: Sequence[Sequence[ShiftedRun]]) -> str:
    """Return what lies between two runs where no track goes on at once."""
    if len({len(runs) for runs in tracks}) != 1:
        return ""
    for joints in zip(*(pairwise(runs) for runs in tracks), strict=True):
        gap_s = min(after.first_s - before.last_s for before, after in joints)
        if gap_s > GAP_S + max(_step_s(before) for before, _ in joints):
            return f"nothing comes for {gap_s:.2f} s where the clock starts anew"
    return ""


def _step_s(run: ShiftedRun) -> float:
    return (run.last_s - run.first_s) / max(1, len(run.places) - 1)
