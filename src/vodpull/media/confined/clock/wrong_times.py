"""
Wrong times, of pictures as recorders write them, of sound as FFmpeg tells it; a part of the confined clock_jumps.py.

Only the standard library.
"""

from __future__ import annotations

import bisect
import statistics
from array import array
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

# A picture waits for others, sixteen at most: twice as many, and as many seconds as FFmpeg takes for a jump.
WAITED_STEPS, WAITED_S = 32, 10
# A step that is so much longer than usual has a hole in it.
HOLE = 1.5
# More of them are no mistakes.
MAX_SHARE = 0.45
# Ticks of containers are longer than those of samples.
TICK_S = Fraction(1, 1000)


class ShownTimes:
    """When the pictures of a stream are shown and decoded, packet by packet."""

    def __init__(self, ticks_of_second: float) -> None:
        self._second = ticks_of_second
        self._shown = array("q")
        self._decoded = array("q")
        self._runs = array("q")

    def add(self, packet: Any, run: int) -> None:
        """Take the next packet, of this run of the clock; one that does not say both times is in its place."""
        known = packet.pts is not None and packet.dts is not None
        self._shown.append(packet.pts if known else 0)
        self._decoded.append(packet.dts if known else 0)
        self._runs.append(run)

    def mended(self) -> dict[int, int]:
        """Return when packets are shown whose own word is no time at all, by their number: where one is missing."""
        every = self._times_of(range(len(self._shown))).values()
        steps = [after - before for times in every for before, after in pairwise(times) if after > before]
        if not steps:
            return {}
        step = round(statistics.median(steps))
        waits = [shown - decoded for shown, decoded in zip(self._shown, self._decoded, strict=True)]
        usual, limit = statistics.median(waits), max(WAITED_STEPS * step, WAITED_S * self._second)
        right = [number for number, wait in enumerate(waits) if abs(wait - usual) <= limit]
        if len(right) < (1 - MAX_SHARE) * len(waits):
            return {}
        known = self._times_of(right)
        # Where some waits are below zero, FFmpeg lets all pictures be decoded so much earlier.
        least = min(waits[number] for number in right)
        found: dict[int, int] = {}
        wrong = sorted({*range(len(waits))} - {*right})
        for number in wrong:
            times = known.setdefault(self._runs[number], [])
            found[number] = _missing(times, self._decoded[number] + least, step=step)
            bisect.insort(times, found[number])
        # Times that are wrong by the same are in the right order.
        for alike in self._alike(wrong, limit):
            in_order = sorted(alike, key=self._shown.__getitem__)
            found.update(zip(in_order, sorted(found[number] for number in alike), strict=True))
        return found

    def _times_of(self, numbers: Iterable[int]) -> dict[int, list[int]]:
        """Return when packets are shown, by run of the clock, sorted."""
        found: dict[int, list[int]] = {}
        for number in numbers:
            found.setdefault(self._runs[number], []).append(self._shown[number])
        return {run: sorted(times) for run, times in found.items()}

    def _alike(self, numbers: Sequence[int], limit: float) -> list[list[int]]:
        """Return packets of one run that follow each other and wait about as long."""
        groups: list[list[int]] = []
        last = 0
        for number in numbers:
            wait = self._shown[number] - self._decoded[number]
            if groups and self._runs[number] == self._runs[groups[-1][-1]] and abs(wait - last) <= limit:
                groups[-1].append(number)
            else:
                groups.append([number])
            last = wait
        return groups


def _missing(known: Sequence[int], decoded: int, *, step: int) -> int:
    """Return the first time, from that of decoding on, at which a picture is due and none is shown."""
    first = max(0, bisect.bisect_left(known, decoded) - 1)
    for before, after in pairwise(known[first : first + WAITED_STEPS]):
        if after - before > HOLE * step and before + step >= decoded:
            return before + step
    is_last = known and first + WAITED_STEPS >= len(known)
    return max(decoded, known[-1] + step) if is_last else decoded


class SoundTimes:
    """
    When the frames of a sound are heard, one after the other.

    Of frames that come together in one packet of a transport stream, only the first has a time. The demuxer counts on
    by the rate of the header, so it tells those of a slower kind too early and those of a faster one too late.
    """

    def __init__(self, told_rate_hz: int) -> None:
        self._told_rate_hz = told_rate_hz
        self._last: Any = None
        self._told_s = self._true_s = Fraction(0)

    def time_of(self, frame: Any) -> Fraction | None:
        """Return the time of the next frame in seconds; None: it has none."""
        if frame.pts is None:
            return None
        told_s, last = Fraction(frame.pts * frame.time_base), self._last
        true_s = told_s
        if last and self._told_rate_hz not in {0, last[1]}:
            samples, rate_hz = last
            counted = abs(told_s - self._told_s - Fraction(samples, self._told_rate_hz)) <= TICK_S / 2
            true_s = self._true_s + Fraction(samples, rate_hz) if counted else told_s
        self._last, self._told_s, self._true_s = (frame.samples, frame.sample_rate), told_s, true_s
        return true_s
