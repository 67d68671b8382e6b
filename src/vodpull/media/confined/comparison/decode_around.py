"""
What is seen and heard of a media file around a time, from the nearest place where a decoder may begin.

Imported by path, by a confined child. Only PyAV, the standard library, and what lies beside it.
"""

from __future__ import annotations

import gc
import importlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

# A decoder that begins here has what it needs there.
RUN_UPS_S = (0.0, 2.0, 10.0, 40.0)
CAREFUL_RUN_UPS_S = (10.0, 40.0)
# So much of the output is looked at on either side of an instant, in pictures; the source is searched further.
AROUND = 3
SEARCHED_S = 0.25
# Pictures so near before an instant may be shown there: all of them are decoded.
KEPT_S = 0.1
# Files without times of showing: those that FFmpeg makes up are wrong where pictures are reordered.
ONLY_DTS = frozenset({"avi"})
# So many of the streams of a file may be those of its pictures.
UNSEEN_STREAMS = 8
# A transport stream with holes makes the demuxer start anew at each.
MAX_RESYNCS = 10_000
# The loop filter smooths pictures, which is not seen in small ones, for a fifth of the time.
FAST = {"skip_loop_filter": "all"}
# Only pictures that no other one needs are not filtered: nothing drifts.
EXACT = {"skip_loop_filter": "noref"}
# A decoder cuts by the pixel, as FFmpeg's command line does, not by what is quick to address.
UNALIGNED = 1
SOUND_RATE_HZ = 8000
# What a decoder of sound needs before it is right.
SOUND_RUN_UP_S = 0.5


@dataclass(frozen=True)
class Tools:
    """What is imported by path."""

    av: Any
    segments: Any
    likeness: Any
    display: Any
    sounds: Any
    look: Any
    tidy: Callable[[], object] = lambda: None
    """Frees pictures that nobody has any more: PyAV ties each to what is said beside it."""

    @property
    def failures(self) -> tuple[type[BaseException], ...]:
        """What is raised on bytes that cannot be read."""
        return self.av.FFmpegError, ValueError, MemoryError, OSError

    def open(self, source: Path, orders: dict[str, Any], *, unseen: bool = False) -> Any:
        """Open the source; `unseen`: no picture is going to be decoded, nor is one to learn more."""
        begin = partial(self.av.open, f"file:{source}", options=dict(orders["options"]))
        with suppress(ValueError):  # of FLV and MPEG-PS, for example, PyAV knows the streams too late
            return begin(stream_options=[dict(self.segments.UNSEEN)] * UNSEEN_STREAMS if unseen else None)
        return begin()


def imported(av: Any) -> Tools:
    """Import what a comparison needs, in a process that does nothing else."""
    names = ("segments", "likeness", "display", "sound_frames", "fingerprint")
    segments, likeness, display, sounds, look = map(importlib.import_module, names)
    # What is here already stays: looking through it for each picture would take longer than the picture.
    gc.freeze()
    return Tools(av, segments, likeness, display, sounds, look, gc.collect)


def searched(at_s: float, frame_s: float) -> tuple[float, float]:
    """Return from when to when a source is searched around an instant."""
    around_s = AROUND * frame_s + max(SEARCHED_S, AROUND * frame_s)
    return at_s - around_s, at_s + around_s


class Reading:
    """The picture of a source as it is decoded from one place on, around instants that lie one behind the other."""

    def __init__(
        self, tools: Tools, source: Path, orders: dict[str, Any], *, begin_s: float | None, careful: bool
    ) -> None:
        """Begin near a time; None: at the start."""
        self._zero_s: float = orders["zero_s"]
        self._careful = careful
        self._sought = begin_s is not None
        self._container = tools.open(source, orders)
        stream = prepared(self._container.streams[orders["video"]], careful=careful)
        self._look = tools.look.Look(tools, stream)
        if begin_s is not None:
            seek(tools.av, self._container, stream, at_s=begin_s + self._zero_s)
        self._fed: list[float] = []
        self._reached_s = -math.inf
        self._needed_s = -math.inf
        self._pictures = decoded(
            tools.av, self._container, stream, skipped=lambda at_s: at_s < self._needed_s, fed=self._fed.append
        )

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    @property
    def reached_s(self) -> float:
        """The latest time of what was fed to the decoder: what is shown up to there cannot be seen any more."""
        return max([self._reached_s, *self._fed]) - self._zero_s

    def sights(self, first_s: float, last_s: float) -> list[Any]:
        """Return what is shown from one time to another, and before; nothing where it was begun too late."""
        self._reached_s = self.reached_s + self._zero_s
        self._fed.clear()
        if not self._careful:
            self._needed_s = first_s + self._zero_s - KEPT_S
        before, found, beyond = None, [], 0
        for seen_s, frame in self._pictures:
            if frame.key_frame:
                # Of others, too, it would cost: who asks keeps each of them in memory until that is tidied up.
                self._look.hear(frame)
            at_s = seen_s - self._zero_s
            if at_s <= first_s:
                before = at_s, frame
                continue
            found.append(self._look.sight(at_s, frame))
            # Where pictures stay long, the next one may have been taken early; a single time may be wrong.
            beyond += at_s > last_s
            if beyond > 1:
                break
        if self._sought and before and self._is_stale(before[0], first_s):
            return []
        return [*([self._look.sight(*before)] if before else []), *sorted(found, key=lambda sight: sight.at_s)]

    def _is_stale(self, before_s: float, first_s: float) -> bool:
        """Tell whether pictures came between one and an instant that could not be decoded: it begins too late."""
        near = [at_s for at_s in self._fed if first_s - KEPT_S <= at_s - self._zero_s <= first_s]
        # The second field of a picture may have a packet of its own.
        return bool(near) and before_s < max(near) - self._zero_s - KEPT_S / 2


class Film:
    """The picture of a source, decoded where it is asked for; instants in order are cheapest."""

    def __init__(
        self,
        tools: Tools,
        source: Path,
        orders: dict[str, Any],
        *,
        seen: Mapping[float, list[Any]] | None = None,
    ) -> None:
        """`seen`: what was seen of it already, by when it begins, without care."""
        self._tools = tools
        self._source = source
        self._orders = orders
        self._known = {(first_s, False): sights for first_s, sights in (seen or {}).items()}

    def sights(self, first_s: float, last_s: float, *, careful: bool) -> list[Any]:
        """Return what is shown from one time to another, the picture that is shown at the first one included."""
        key = first_s, careful
        if key not in self._known:
            self._known[key] = self._found(first_s, last_s, careful=careful)
        return self._known[key]

    def _found(self, first_s: float, last_s: float, *, careful: bool) -> list[Any]:
        run_ups_s = CAREFUL_RUN_UPS_S if careful else RUN_UPS_S
        for run_up_s in (*run_ups_s, None):
            begin_s = None if run_up_s is None or first_s - run_up_s <= 0 else first_s - run_up_s
            found: list[Any] = []
            with suppress(*self._tools.failures):
                found = self._from(begin_s, first_s, last_s, careful=careful)
            if begin_s is None or (found and found[0].at_s <= first_s):
                return found
        return []

    def _from(self, begin_s: float | None, first_s: float, last_s: float, *, careful: bool) -> list[Any]:
        reading = Reading(self._tools, self._source, self._orders, begin_s=begin_s, careful=careful)
        with closing(reading):
            return reading.sights(first_s, last_s)


def prepared(stream: Any, *, careful: bool) -> Any:
    """Return a stream whose pictures will be decoded for looks."""
    stream.codec_context.options = EXACT if careful else FAST
    stream.codec_context.flags |= UNALIGNED
    return stream


def seek(av: Any, container: Any, stream: Any, *, at_s: float) -> None:
    """Go to a keyframe before a time, or stay at the start where nothing can be found."""
    try:
        container.seek(int(at_s / stream.time_base), stream=stream)
    except (av.FFmpegError, ValueError):
        return


def decoded(
    av: Any,
    container: Any,
    stream: Any,
    *,
    skipped: Callable[[float], bool] = lambda _at_s: False,
    fed: Callable[[float], None] = lambda _at_s: None,
) -> Iterator[tuple[float, Any]]:
    """
    Yield the pictures that a stream shows from here on, with their times.

    Where `skipped` says so of a time, pictures that no other one needs are left out. `fed` hears the time of each
    packet.
    """
    context, clock = stream.codec_context, FrameClock(only_dts=container.format.name in ONLY_DTS)
    for packet in packets(av, container, stream, flush=True):
        at_s = None if packet.pts is None else float(packet.pts * packet.time_base)
        if at_s is not None and packet.size and not packet.is_discard:
            fed(at_s)
        context.skip_frame = "NONREF" if at_s is not None and skipped(at_s) else "DEFAULT"
        try:
            frames = packet.decode()
        except (av.FFmpegError, ValueError):
            continue
        for frame in frames:
            pts = clock.time_of(frame)
            if pts is not None and not frame.is_corrupt:
                yield float(pts * frame.time_base), frame


class FrameClock:
    """When pictures are shown, as FFmpeg's command line finds it: times of showing that step back are none."""

    def __init__(self, *, only_dts: bool) -> None:
        self._only_dts = only_dts
        self._last: dict[str, int] = {}
        self._faults = {"pts": 0, "dts": 0}
        self._step = 0

    def time_of(self, frame: Any) -> int | None:
        """Return the time of the next picture in its own unit; None: it has none."""
        times: dict[str, int | None] = {"pts": frame.pts, "dts": frame.dts}
        if self._only_dts and frame.dts is None and self._step:
            # The last pictures come out when nothing goes in.
            times["dts"] = self._last["dts"] + self._step
        for kind, ticks in times.items():
            if ticks is not None:
                last = self._last.get(kind, ticks - 1)
                self._faults[kind] += ticks <= last
                self._step = ticks - last if kind == "dts" else self._step
                self._last[kind] = ticks
        sure = "dts" if self._only_dts or self._faults["pts"] > self._faults["dts"] else "pts"
        other = "pts" if sure == "dts" else "dts"
        return times[other] if times[sure] is None else times[sure]


def packets(av: Any, container: Any, streams: Any, *, flush: bool = False) -> Iterable[Any]:
    """Yield the packets with content of one or more streams, across damaged places; with `flush`, the ends as well."""
    for _ in range(MAX_RESYNCS):
        try:
            for packet in container.demux(streams):
                if packet.size or flush:
                    yield packet
        except av.BlockingIOError:
            continue
        except IndexError:
            """All was read: PyAV ends with a stream that it does not know, because it came late (up to 18.1)."""
        return


def decoded_sound(tools: Tools, container: Any, stream: Any, *, from_s: float) -> Iterator[tuple[float, bytes]]:
    """Yield the sound of a stream from a little before a time on, as mono samples of 16 bits with their times."""
    resampler = tools.av.AudioResampler(format="s16", layout="mono", rate=SOUND_RATE_HZ)
    for packet in packets(tools.av, container, stream, flush=True):
        if packet.pts is not None and float(packet.pts * packet.time_base) < from_s - SOUND_RUN_UP_S:
            continue
        try:
            heard = [small for frame in tools.sounds.frames(packet) for small in resampler.resample(frame)]
        except (tools.av.FFmpegError, ValueError):
            continue
        for frame in (each for each in heard if each.pts is not None):
            yield frame.time, bytes(frame.planes[0])[: 2 * frame.samples]
