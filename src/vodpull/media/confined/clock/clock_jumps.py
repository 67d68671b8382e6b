"""
Give a source one clock, where it has several, and sound of one kind; run by run_script.py, on hostile bytes.

Its orders: `options` (FFmpeg's format options), `decoders` (`video`, `audio`), `target` (name of the file to write in
the working folder) and `shifts` (empty, or those of another file whose clock jumped where this one's did). The answer
has `steady`: true where the source is good as it is and nothing was written; else `shifts`, in seconds, for each run of
the clock.

Recordings that were written one after the other, streams that were interrupted and advertisements start their clock
anew. Where it does, all tracks go on together where the longest of them ended, as far apart as they were.
"""

from __future__ import annotations

import importlib
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

# The clock of these may jump forward: so much more than what came before is no pause but a jump, as FFmpeg counts.
JUMPING = frozenset({"mpegts", "mpeg"})
JUMP_S = 10
# After so long it begins again at 0: 33 bits at 90 kHz.
WRAP_S = Fraction(1 << 33, 90_000)
# Tracks meet it one after the other, and nothing else comes between.
NEAR_RUNS = 8
# Elsewhere a gap is a pause that somebody meant, up to what nobody waits for.
PAUSE_S = 3600
# Lengths of files that do not begin at 0 are told in several ways; a transport stream begins anywhere.
LATE_S = 1
# A step back of less is untidy, no new start.
UNTIDY_S = Fraction(1, 10)
# Where some times of decoding are not known, those of showing step back to pictures that are shown before.
REORDERED_S = 3
# Pictures may come so seldom, when nothing else tells the time.
SELDOM_S = 70
# Where what is written begins: room for what is decoded before it is shown.
BEGIN_S = 10
# A demuxer that fails is asked again so often: damaged places are not the end.
MAX_RESYNCS = 10_000
# Where parameters may change in the samples.
PARAMETERS = frozenset({"h264", "hevc"})


def answer(av: Any, orders: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return whether a source is good as it is, or how it was written anew."""
    try:
        seen = survey(av, str(path), orders)
    except (av.FFmpegError, ValueError, IndexError, MemoryError):
        # Whether it is of any use is for the probe to say.
        return {"steady": True}
    try:
        return steadied(av, str(path), orders, seen=seen)
    except (av.FFmpegError, ValueError, IndexError, MemoryError) as error:
        return {"steady": False, "error": type(error).__name__}


def steadied(av: Any, path: str, orders: dict[str, Any], *, seen: ClockFacts) -> dict[str, Any]:
    """Write a file anew if need be."""
    if seen.clock.is_plain and not (seen.changing or seen.renewed or seen.mended):
        return {"steady": True}
    shifts = seen.clock.shifts()
    given = [Fraction(shift) for shift in orders["shifts"]]
    shifts = given if len(given) == len(shifts) else shifts
    write(av, path, orders, shifts=shifts, seen=seen)
    wrong = disagreement(av, path, orders, seen=seen)
    return {"steady": False, "wrong": wrong, "shifts": [str(shift) for shift in shifts]}


def disagreement(av: Any, path: str, orders: dict[str, Any], *, seen: ClockFacts) -> str:
    """Return what of a file is not in what was written of it, or not in step, in English; empty: nothing."""
    proof = importlib.import_module("rewrite_proof")
    with av.open(f"file:{path}", options=dict(orders["options"])) as source:
        streams = used(source, path, orders)
        numbers = {stream.index: number for number, stream in enumerate(streams)}
        times = sound_times(streams, seen)
        originals = proof.original_tracks(av, packets(av, source, streams), numbers, plain=times)
    plain = {numbers[index] for index in seen.changing}
    with av.open(f"file:{orders['target']}", options=dict(orders["options"])) as target:
        copies = proof.copied_tracks(packets(av, target, list(target.streams)), len(numbers), plain=plain)
    mended = {numbers[index]: found for index, found in seen.mended.items()}
    wrong: str = proof.disagreement(originals, copies, plain=plain, mended=mended)
    return wrong


@dataclass
class ClockFacts:
    """What a file is, read to its end."""

    clock: Clock
    changing: set[int] = field(default_factory=set)
    """Sound tracks whose kind changes."""
    renewed: bool = False
    """Parameters of the picture change, and nobody who begins later would know them."""
    mended: dict[int, dict[int, int]] = field(default_factory=dict)
    """By stream and number of the packet: when pictures are shown whose own word is no time at all."""


def survey(av: Any, path: str, orders: dict[str, Any]) -> ClockFacts:
    """Read a file to its end."""
    kinds: dict[int, set[bytes]] = {}
    with av.open(f"file:{path}", options=dict(orders["options"])) as container:
        streams = used(container, path, orders)
        seen = ClockFacts(Clock.of(container, streams))
        wrong_times = importlib.import_module("wrong_times")
        shown = {
            stream.index: wrong_times.ShownTimes(1 / stream.time_base) for stream in streams if stream.type == "video"
        }
        for packet in packets(av, container, streams):
            run = seen.clock.run_of(packet)
            if packet.stream.type == "audio":
                kinds.setdefault(packet.stream_index, set()).update(kinds_of(packet))
            else:
                shown[packet.stream_index].add(packet, run)
                seen.renewed |= packet.stream.codec_context.name in PARAMETERS and bool(renewed_parameters(packet))
    seen.changing = {index for index, found in kinds.items() if len(found - {b""}) > 1}
    seen.mended = {index: found for index, times in shown.items() if (found := times.mended())}
    return seen


def used(container: Any, path: str, orders: dict[str, Any]) -> list[Any]:
    """Return the streams that can become something, of a transport stream those of one programme: each has a clock."""
    streams = [
        stream
        for stream in container.streams
        if stream.type in {"video", "audio"}
        and not stream.disposition & type(stream.disposition).attached_pic
        and stream.codec_context
        and stream.codec_context.codec.name in orders["decoders"][stream.type]
    ]
    programmes = importlib.import_module("programmes")
    with Path(path).open("rb") as file:
        known = programmes.programmes(file)
    there = [stream for stream in streams if _is_known(stream)]
    kept = {stream.index for stream in programmes.of_one_programme(there, known)}
    return [stream for stream in streams if stream.index in kept or len(known) < 2]  # noqa: PLR2004 - several


def _is_known(stream: Any) -> bool:
    """Tell whether anything came of a stream while the file was opened."""
    return bool(stream.codec_context.width if stream.type == "video" else stream.codec_context.sample_rate)


def packets(av: Any, container: Any, streams: list[Any]) -> Iterator[Any]:
    """Yield the packets with content, across damaged places where the demuxer has to find its way again."""
    for _ in range(MAX_RESYNCS):
        try:
            yield from (packet for packet in container.demux(*streams) if packet.size)
        except av.BlockingIOError:
            continue
        except IndexError:
            """All was read: PyAV ends with a stream that it does not know, because it came late (up to 18.1)."""
        return


def kinds_of(packet: Any) -> set[bytes]:
    """Return what a packet of sound says of its kind, and of the one before where it says that; empty: nothing."""
    said: bytes = importlib.import_module("sound_kinds").kind(packet.stream.codec_context.codec.name, bytes(packet))
    renewed = renewed_parameters(packet)
    return {renewed, bytes(packet.stream.codec_context.extradata or b"")} if renewed else {said}


def renewed_parameters(packet: Any) -> bytes:
    """Return the parameters that replace those of the header from this packet on; empty: none."""
    if not packet.has_sidedata("new_extradata"):
        return b""
    renewed = bytes(packet.get_sidedata("new_extradata"))
    return b"" if renewed == bytes(packet.stream.codec_context.extradata or b"") else renewed


@dataclass
class Run:
    """A stretch of a file through which its clock only goes forward."""

    latest: int
    first: dict[int, int] = field(default_factory=dict)
    """By stream."""
    end: dict[int, int] = field(default_factory=dict)
    wrapped: tuple[int, int] | None = None
    """Where the clock has only wrapped: in which run it has, and what lies between their times."""


class Clock:
    """
    Follows the times of all streams, packet by packet, and tells where they start anew.

    It counts in ticks of which those of every stream are multiples: exact, and ten times as fast as fractions.
    """

    @classmethod
    def of(cls, container: Any, streams: list[Any]) -> Clock:
        """Return one for the streams of a file."""
        jump_s = JUMP_S if container.format.name in JUMPING else PAUSE_S
        second = math.lcm(*(stream.time_base.denominator for stream in streams), UNTIDY_S.denominator)
        return cls(jump_s=jump_s, alone=len(streams) == 1, second=second)

    def __init__(self, *, jump_s: int, alone: bool, second: int) -> None:
        """Take how many ticks a second has."""
        self.runs: list[Run] = []
        self._second = second
        self._jumps = jump_s == JUMP_S
        self._jump = jump_s * second
        self._turn = round(WRAP_S * second)
        self._untidy, self._reorder = int(UNTIDY_S * second), REORDERED_S * second
        self._alone = alone
        self._ticks: dict[int, int] = {}
        """What one tick of a stream is here."""
        self._at: dict[int, int] = {}
        self._last: dict[int, int] = {}
        self._step: dict[int, int] = {}
        self._reordered: set[int] = set()

    @property
    def is_plain(self) -> bool:
        """Tell whether there is one run that begins where such files begin."""
        first = min(self.runs[0].first.values()) if self.runs else 0
        return len(self.runs) < 2 and (self._jumps or first <= LATE_S * self._second)  # noqa: PLR2004 - one

    def run_of(self, packet: Any) -> int:
        """Return the number of the run that a packet belongs to."""
        index, time = packet.stream_index, self._time(packet)
        if packet.dts is None:
            self._reordered.add(index)
        number = self._number(index, time)
        run = self.runs[number]
        if self._at.get(index) == number and time > self._last[index]:
            self._step[index] = time - self._last[index]
        self._at[index], self._last[index] = number, time
        lasts = packet.duration * self._ticks_of(packet) if packet.duration else self._step.get(index, 0)
        run.latest = max(run.latest, time)
        run.first.setdefault(index, time)
        run.end[index] = max(run.end.get(index, time), time + min(lasts, SELDOM_S * self._second))
        return number

    def _time(self, packet: Any) -> int:
        ticks: int | None = packet.pts if packet.dts is None else packet.dts
        if ticks is None:
            index = packet.stream_index
            return self._last.get(index, 0) + self._step.get(index, 0)
        return ticks * self._ticks_of(packet)

    def _ticks_of(self, packet: Any) -> int:
        index = packet.stream_index
        if index not in self._ticks:
            self._ticks[index] = int(packet.time_base * self._second)
        return self._ticks[index]

    def _number(self, index: int, time: int) -> int:
        """Return the run of a time: the stream's own, a later one that has begun, or a new one."""
        mine = self._at.get(index)
        untidy = self._reorder if index in self._reordered else self._untidy
        if mine is not None and time >= self._last[index] - untidy and self._follows(index, time, mine):
            return mine
        for number in range(self._earliest(mine), len(self.runs)):
            if abs(time - self.runs[number].latest) <= self._jump:
                return number
        self.runs.append(Run(latest=time, wrapped=self._wrapped(time)))
        return len(self.runs) - 1

    def _earliest(self, mine: int | None) -> int:
        """Return the first run in which a stream that leaves one may go on: where it turned, it may turn back."""
        if mine is None:
            return 0
        wrapped = self.runs[mine].wrapped
        return mine + 1 if wrapped is None else wrapped[0]

    def _wrapped(self, time: int) -> tuple[int, int] | None:
        """Return the run to which a time belongs that is only one turn of the clock away, and that turn."""
        for number in range(max(0, len(self.runs) - NEAR_RUNS), len(self.runs) if self._jumps else 0):
            run = self.runs[number]
            for turn in (self._turn, -self._turn):
                if abs(time + turn - run.latest) <= self._jump:
                    base, turned = run.wrapped or (number, 0)
                    return base, turn + turned
        return None

    def _follows(self, index: int, time: int, number: int) -> bool:
        # Beside other streams, they tell how late it is; alone, a stream that is slow from the start stays slow.
        seldom = 3 * self._step[index] if index in self._step else SELDOM_S * self._second
        return (self._alone and time - self._last[index] <= seldom) or time - self.runs[number].latest <= self._jump

    def shifts(self) -> list[Fraction]:
        """Return what to add to the times of each run, so that each begins where the one before has ended."""
        shifts = [BEGIN_S * self._second - min(self.runs[0].first.values(), default=0)]
        for number, after in enumerate(self.runs[1:], start=1):
            if after.wrapped:
                base, turn = after.wrapped
                shifts.append(shifts[base] + turn)
                continue
            ended = self._ended(number - 1, shifts)
            common = ended.keys() & after.first.keys()
            shift = max((ended[index] - after.first[index] for index in common), default=None)
            shifts.append(max(ended.values()) - min(after.first.values()) if shift is None else shift)
        return [Fraction(shift, self._second) for shift in shifts]

    def _ended(self, number: int, shifts: list[int]) -> dict[int, int]:
        """Return when the streams of a run end, and of what it has only wrapped from, with their shifts."""
        run = self.runs[number]
        own = {index: end + shifts[number] for index, end in run.end.items()}
        base = self._ended(run.wrapped[0], shifts) if run.wrapped else {}
        return base | {index: max(end, base.get(index, end)) for index, end in own.items()}


def write(av: Any, path: str, orders: dict[str, Any], *, shifts: list[Fraction], seen: ClockFacts) -> None:
    """Write the streams of a file with shifted times; sound whose kind changes as plain samples of one kind."""
    written = importlib.import_module("rewrite")
    options = dict(orders["options"])
    with av.open(f"file:{path}", options=options) as source, av.open(orders["target"], "w", "matroska") as target:
        streams = used(source, path, orders)
        clock = Clock.of(source, streams)
        times = sound_times(streams, seen)
        tracks = {
            stream.index: written.track_of(av, target, stream, times=times.get(stream.index)) for stream in streams
        }
        numbers = Counter[int]()
        for packet in packets(av, source, streams):
            index, shift = packet.stream_index, shifts[min(clock.run_of(packet), len(shifts) - 1)]
            if index in seen.mended and packet.dts is not None:
                # Times of decoding that FFmpeg makes up of such times come too late; they are not written.
                packet.dts -= round(REORDERED_S / packet.time_base)
                packet.pts = seen.mended[index].get(numbers[index], packet.pts)
            numbers[index] += 1
            tracks[index].add(packet, shift)
        for track in tracks.values():
            track.end()


def sound_times(streams: list[Any], seen: ClockFacts) -> dict[int, Any]:
    """Return what tells when the frames of each sound are heard whose kind changes; nothing may be decoded yet."""
    wrong_times = importlib.import_module("wrong_times")
    changing = [stream for stream in streams if stream.index in seen.changing]
    return {stream.index: wrong_times.SoundTimes(stream.codec_context.sample_rate) for stream in changing}
