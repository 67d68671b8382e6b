"""
What became of every picture and every sample of a source; a part of the confined child source_comparison.py.

Only the standard library: PyAV and what reads a film are handed over.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import groupby, pairwise
from typing import Any

# Loudness is compared in blocks of so long, each with its neighbours: an encoder moves sound by less.
BLOCK_S = 0.05
# Of 32768: what is louder is heard, and silence is quieter.
HEARD, SILENCE = 240.0, 24.0
# So many blocks in a row are no click.
MIN_BLOCKS = 3
# Where nothing was decoded.
UNKNOWN = -1.0
# The clocks of containers are rounded: samples that begin so much before the last ones ended do not begin earlier.
ROUNDING_S = 0.03


def account(
    tools: Any, film: Any, container: Any, *, orders: dict[str, Any], stretches: Callable[[], list[Any]]
) -> tuple[dict[str, Any], dict[int, SoundAccount]]:
    """
    Count the pictures of a source, each of which is shown or is not for a reason, and the samples of its sounds.

    `stretches` makes those of a sound that are listened to meanwhile.

    Returns what became of the pictures, and by stream what is known of the sounds.
    """
    shown: set[int] = set()
    dropped: Counter[str] = Counter()
    length_s = orders["frames"] * orders["frame_s"]
    sounds = {
        stream: SoundAccount(
            tools, rate_hz=film.SOUND_RATE_HZ, length_s=length_s, zero_s=orders["zero_s"], stretches=stretches()
        )
        for stream in dict.fromkeys(sound["stream"] for sound in orders["sounds"])
    }
    wanted = [*([] if orders["video"] is None else [orders["video"]]), *sounds]
    with suppress(*tools.failures):
        for packet in film.packets(tools.av, container, [container.streams[index] for index in wanted], flush=True):
            if packet.stream_index in sounds:
                sounds[packet.stream_index].take(packet)
            elif packet.size:
                at = _frame_of(packet, orders)
                reason = at if isinstance(at, str) else "same frame" if at in shown else ""
                if reason:
                    dropped[reason] += 1
                elif isinstance(at, int):
                    shown.add(at)
    return {"published": len(shown), "dropped": dropped}, sounds


def _frame_of(packet: Any, orders: dict[str, Any]) -> int | str:
    pts = packet.dts if packet.pts is None else packet.pts
    if pts is None:
        return "without a time"
    if packet.is_discard:
        return "not to be shown"
    at = int((float(pts * packet.time_base) - orders["zero_s"]) / orders["frame_s"] + 0.5)
    if at < 0:
        return "before the start"
    return "after the end" if at >= orders["frames"] else at


class SoundAccount:
    """Counts the samples of one track, and hears how loud it is from beginning to end."""

    def __init__(self, tools: Any, *, rate_hz: int, length_s: float, stretches: list[Any], zero_s: float = 0.0) -> None:
        self._tools = tools
        self._failures = tools.failures
        self._rate_hz = rate_hz
        self._length_s = length_s
        self._zero_s = zero_s
        self._resampler = tools.av.AudioResampler(format="s16", layout="mono", rate=rate_hz)
        self._begin_s = 0.0
        self._end_s: float | None = None
        self._sample_rate = 0
        self._sum = array("d", [UNKNOWN] * int(length_s / BLOCK_S))
        self.stretches = stretches
        self.published = 0
        self.dropped: Counter[str] = Counter()

    def take(self, packet: Any) -> None:
        """Decode a packet, the empty one at the end included."""
        try:
            frames = self._tools.sounds.frames(packet)
        except self._failures:
            lost = (packet.duration or 0) * packet.time_base * packet.stream.codec_context.sample_rate
            self.dropped["cannot be decoded"] += round(lost) or 1
            return
        for frame in frames:
            self._count(frame)
            with suppress(*self._failures):
                self._hear(self._resampler.resample(frame))

    def _count(self, frame: Any) -> None:
        if frame.pts is None:
            self.dropped["without a time"] += frame.samples
            return
        self._sample_rate = frame.sample_rate
        begin_s = frame.time - self._zero_s
        end_s = begin_s + frame.samples / frame.sample_rate
        # What overlaps by more than rounding cannot all be heard.
        if self._end_s is None:
            self._begin_s = max(begin_s, 0.0)
        last_s = begin_s if self._end_s is None else self._end_s
        again_s = min(last_s, end_s) - begin_s if last_s >= begin_s + ROUNDING_S else 0.0
        self._end_s = max(last_s, end_s)
        self.dropped["at the same time"] += round(again_s * frame.sample_rate)
        self._divide(frame, begin_s + again_s, end_s)

    def _divide(self, frame: Any, begin_s: float, end_s: float) -> None:
        """Count the samples of a frame from a time on, before, within and behind the film."""
        if begin_s >= 0 and end_s <= self._length_s:
            self.published += round((end_s - begin_s) * frame.sample_rate)
            return
        edges_s = [begin_s, *(min(max(edge_s, begin_s), end_s) for edge_s in (0.0, self._length_s)), end_s]
        before, within, behind = (round((after - one) * frame.sample_rate) for one, after in pairwise(edges_s))
        self.published += within
        self.dropped["before the start"] += before
        self.dropped["after the end"] += behind

    def _hear(self, frames: list[Any]) -> None:
        block = round(BLOCK_S * self._rate_hz)
        for frame in frames:
            if frame.pts is None:
                continue
            samples = array("h", bytes(frame.planes[0])[: 2 * frame.samples])
            for stretch in self.stretches:
                stretch.put(frame.time - self._zero_s, samples)
            at = round((frame.time - self._zero_s) * self._rate_hz)
            samples, at = samples[max(0, -at) :], max(0, at)
            while len(samples) and at // block < len(self._sum):
                room = block - at % block
                self._sum[at // block] = max(self._sum[at // block], 0.0) + sum(map(abs, samples[:room]))
                samples, at = samples[room:], at + min(room, len(samples))

    def loud(self, *, unknown: float) -> list[float]:
        """Return the mean loudness of each block, of 32768; `unknown` where nothing was decoded."""
        return [unknown if total < 0 else total / (BLOCK_S * self._rate_hz) for total in self._sum]

    @property
    def published_s(self) -> float:
        """How long all samples within the film last, of which some may begin a little before others end."""
        spanned_s = min(self._end_s or 0.0, self._length_s) - self._begin_s
        return min(self.published / (self._sample_rate or 1), max(spanned_s, 0.0))

    def facts(self) -> dict[str, Any]:
        """Return what was counted."""
        return {"published": self.published, "dropped": {reason: n for reason, n in self.dropped.items() if n}}


def silence(loud: list[float], other: list[float]) -> tuple[float, float]:
    """Return where the longest silence of `other` begins at which it is `loud`, and how long it is, in seconds."""
    silent = [here > HEARD and max(other[max(0, at - 1) : at + 2]) < SILENCE for at, here in enumerate(loud)]
    stretches = [list(stretch) for _, stretch in groupby(range(len(silent)), key=silent.__getitem__)]
    longest = max((stretch for stretch in stretches if silent[stretch[0]]), key=len, default=[])
    return (longest[0] * BLOCK_S, len(longest) * BLOCK_S) if len(longest) >= MIN_BLOCKS else (0.0, 0.0)
