"""
Wrong times, of pictures as recorders write them, of sound as FFmpeg tells it; a part of the confined steady.py.

Only the standard library.
"""

from __future__ import annotations

import bisect
import statistics
from array import array
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

# A picture waits for others, sixteen at most: twice as many, and as many seconds as FFmpeg takes for a jump.
WAITED_STEPS, WAITED_S = 32, 10
# A step that is so much longer than usual has a hole in it.
HOLE = 1.5
# More of them are no mistakes.
MAX_SHARE = 0.3
# Ticks of containers are longer than those of samples.
TICK_S = Fraction(1, 1000)


class ShownTimes:
    """When the pictures of a stream are shown and decoded, packet by packet."""

    def __init__(self, ticks_of_second: float) -> None:
        self._second = ticks_of_second
        self._shown = array("q")
        self._decoded = array("q")

    def add(self, packet: Any) -> None:
        """Take the next packet; one that does not say both is in its place."""
        known = packet.pts is not None and packet.dts is not None
        self._shown.append(packet.pts if known else 0)
        self._decoded.append(packet.dts if known else 0)

    def mended(self) -> dict[int, int]:
        """Return when packets are shown whose own word is no time at all, by their number: where one is missing."""
        steps = [after - before for before, after in pairwise(sorted(self._shown)) if after > before]
        if not steps:
            return {}
        step = round(statistics.median(steps))
        waits = [shown - decoded for shown, decoded in zip(self._shown, self._decoded, strict=True)]
        usual, limit = statistics.median(waits), max(WAITED_STEPS * step, WAITED_S * self._second)
        wrong = [number for number, wait in enumerate(waits) if abs(wait - usual) > limit]
        if len(wrong) > MAX_SHARE * len(waits):
            return {}
        known = sorted(shown for shown, wait in zip(self._shown, waits, strict=True) if abs(wait - usual) <= limit)
        # Where some waits are below zero, FFmpeg lets all pictures be decoded so much earlier.
        least = min(wait for wait in waits if abs(wait - usual) <= limit)
        found: dict[int, int] = {}
        for number in wrong:
            found[number] = _missing(known, self._decoded[number] + least, step=step)
            bisect.insort(known, found[number])
        return found


def _missing(known: Sequence[int], decoded: int, *, step: int) -> int:
    """Return the first time, from that of decoding on, at which a picture is due and none is shown."""
    first = max(0, bisect.bisect_left(known, decoded) - 1)
    for before, after in pairwise(known[first : first + WAITED_STEPS]):
        if after - before > HOLE * step and before + step >= decoded:
            return before + step
    return max(decoded, known[-1] + step) if first + WAITED_STEPS >= len(known) else decoded


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
