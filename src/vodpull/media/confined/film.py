"""
What is seen and heard of a media file around a time, from the nearest place where a decoder may begin.

Imported by path, by a confined child.

Only PyAV, which is handed in, and the standard library.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

# A decoder that begins here has what it needs there.
RUN_UPS_S = (0.0, 2.0, 10.0, 40.0)
CAREFUL_RUN_UPS_S = (10.0, 40.0)
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
# PQ and HLG (ITU-T H.273).
HDR_TRANSFERS = {16, 18}
# Numbers of ITU-T H.273 to those of FFmpeg's scaler.
MATRICES = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
HD_SHORT_SIDE_PX = 720
UPRIGHT = (1, 0, 0, 1)
MATRIX_BYTES = 36
# Of a picture of which only a part counts, each cell is looked at in so many columns and rows.
FINE = 4
# Bars may begin later by rounding and by the encoder: half a cell to its edge, and a whole one.
EDGE = 3
# Shapes that differ by less are rounding.
SAME_SHAPE = 0.02


Stretch = tuple[float, float]
"""A part of a width or a height: where it begins and how much it has, as shares."""

Scaled = Callable[[tuple[int, int]], bytes]
"""Luma of a picture in so many columns and rows."""


@dataclass(frozen=True)
class Tools:
    """What is imported by path."""

    av: Any
    segments: Any
    likeness: Any
    display: Any
    sounds: Any

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


@dataclass(frozen=True)
class Sight:
    """A picture as a viewer sees it, very small."""

    at_s: float
    cells: bytes
    shape: float
    """Width over height."""
    hdr: bool
    beside: float = 0.0
    """Mean brightness where bars must be, of 255."""


class Look:
    """How the pictures of one stream are seen: upright, with square pixels, in the colours that they name."""

    def __init__(self, tools: Tools, stream: Any) -> None:
        self._tools = tools
        self.stream = stream
        self._crop = tools.display.container_crop(stream)
        self._matrix = b""
        # One for all pictures: to prepare it takes longer than to scale one.
        self._scaler = tools.av.video.reformatter.VideoReformatter()

    def hear(self, frame: Any) -> None:
        """Take from a picture how it is turned: a bitstream says it with some, for those that follow as well."""
        said = (bytes(data) for data in frame.side_data if data.type.name == "DISPLAYMATRIX")
        self._matrix = next(said, self._matrix)

    def sight(
        self, at_s: float, frame: Any, *, inside: float | None = None, covered: frozenset[int] = frozenset()
    ) -> Sight:
        """
        Return the fingerprint of a decoded picture.

        `inside`: width over height of what lies in the middle of it, with bars around, which need not be dark where
        cells of the frame are `covered`.
        """
        self.hear(frame)
        turn = _turn(self._matrix)
        lies = not turn[0]
        columns, rows = self._tools.likeness.COLUMNS, self._tools.likeness.ROWS
        size = (rows, columns) if lies else (columns, rows)
        left, top, right, bottom = self._crop
        width, height = frame.width - left - right, frame.height - top - bottom
        aspect = self._tools.display.sample_aspect(self.stream)
        shape = width * aspect[0] / aspect[1] / height
        wide, high = shares(shape, inside or shape)
        across = _place(frame.width, first=left, length=width, inside=wide)
        down = _place(frame.height, first=top, length=height, inside=high)
        cells = self._part(frame, size, (across, down))
        barred = min(wide, high) < 1
        return Sight(
            at_s=at_s,
            cells=_turned(cells, size, turn),
            shape=1 / shape if lies else shape,
            hdr=(frame.color_trc or self.stream.codec_context.color_trc) in HDR_TRANSFERS,
            beside=_beside(self._scaled(frame), size, (wide, high), covered=covered) if barred else 0.0,
        )

    def _scaled(self, frame: Any) -> Scaled:
        return partial(_luma, self._scaler, frame)

    def _part(self, frame: Any, size: tuple[int, int], places: tuple[Stretch, Stretch]) -> bytes:
        """Return a part of a picture in cells: where it begins across and down, and how much of it, as shares."""
        luma = self._scaled(frame)
        if set(places) == {(0.0, 1.0)}:
            return luma(size)
        fine = [-int(-FINE * cells // share) for cells, (_, share) in zip(size, places, strict=True)]
        covers = [self._tools.likeness.covered(*of) for of in zip(size, fine, places, strict=True)]
        averaged: bytes = self._tools.likeness.averaged(luma((fine[0], fine[1])), *covers, wide=fine[0])
        return averaged


def shares(frame: float, inside: float) -> tuple[float, float]:
    """Return how much of its width and height a frame leaves to a picture of another shape."""
    if abs(inside / frame - 1) <= SAME_SHAPE:
        return 1.0, 1.0
    return min(1.0, inside / frame), min(1.0, frame / inside)


def _beside(
    luma: Scaled, size: tuple[int, int], inside: tuple[float, float], *, covered: frozenset[int] = frozenset()
) -> float:
    """Return the mean brightness beside the middle of a picture, but for its edge and for `covered` cells."""
    columns, rows = FINE * size[0], FINE * size[1]
    cells = luma((columns, rows))
    beyond_x, beyond_y = inside[0] * columns + EDGE, inside[1] * rows + EDGE
    outside = [
        cells[row * columns + column]
        for row in range(rows)
        for column in range(columns)
        if (abs(2 * column + 1 - columns) >= beyond_x or abs(2 * row + 1 - rows) >= beyond_y)
        and row // FINE * size[0] + column // FINE not in covered
    ]
    return sum(outside) / max(1, len(outside))


def _place(coded: int, *, first: int, length: int, inside: float) -> Stretch:
    """Return where a picture lies within coded pixels that leave it so much; bars begin and end at even ones."""
    own = length if inside == 1.0 else 2 * round(inside * length / 2)
    return (first + (length - own) // 4 * 2) / coded, own / coded


def _luma(scaler: Any, frame: Any, size: tuple[int, int]) -> bytes:
    matrix = MATRICES.get(frame.colorspace) or (1 if min(frame.width, frame.height) >= HD_SHORT_SIDE_PX else 5)
    full = frame.color_range == 2 or frame.format.name.startswith("yuvj")  # noqa: PLR2004 - H.273's number
    # The scaler keeps the two fields of a frame apart.
    fields = 2 if frame.interlaced_frame else 1
    small = scaler.reformat(
        frame,
        width=size[0],
        height=size[1] * fields,
        format="rgb24",
        interpolation="AREA",
        src_colorspace=matrix,
        src_color_range=2 if full else 1,
        dst_color_range=2,
    )
    plane = small.planes[0]
    content, stride, wide = bytes(plane), plane.line_size, 3 * size[0]
    rows = [_weighed(content[row * stride : row * stride + wide]) for row in range(small.height)]
    return b"".join(map(_mixed, rows[::2], rows[1::2]) if fields > 1 else rows)


def _weighed(row: bytes) -> bytes:
    # Weights of BT.709, of 256.
    return bytes(
        [
            (54 * red + 183 * green + 19 * blue) >> 8
            for red, green, blue in zip(row[::3], row[1::3], row[2::3], strict=True)
        ]
    )


def _mixed(one: bytes, other: bytes) -> bytes:
    return bytes((upper + lower) // 2 for upper, lower in zip(one, other, strict=True))


def _turn(matrix: bytes) -> tuple[int, int, int, int]:
    """Return how a player turns and mirrors the picture: the signs of its display matrix."""
    if len(matrix) < MATRIX_BYTES:
        return UPRIGHT
    numbers = array("i", matrix[:MATRIX_BYTES])
    own_x, own_y, other_x, other_y = ((number > 0) - (number < 0) for number in (*numbers[:2], *numbers[3:5]))
    if abs(own_x) + abs(own_y) != 1 or abs(own_x) != abs(other_y) or abs(own_y) != abs(other_x):
        raise ValueError("the picture is not turned by a right angle")
    return own_x, own_y, other_x, other_y


def _turned(cells: bytes, size: tuple[int, int], turn: tuple[int, int, int, int]) -> bytes:
    if turn == UPRIGHT:
        return cells
    wide, high = size
    own_x, own_y, other_x, other_y = turn
    columns, rows = (wide, high) if own_x else (high, wide)
    turned = bytearray(len(cells))
    for row in range(rows):
        for column in range(columns):
            # The matrix leads from the coded picture to the shown one; this is the way back, around the middle.
            x, y = 2 * column + 1 - columns, 2 * row + 1 - rows
            left, top = own_x * x + own_y * y, other_x * x + other_y * y
            turned[row * columns + column] = cells[(top + high - 1) // 2 * wide + (left + wide - 1) // 2]
    return bytes(turned)


class Film:
    """The picture of a source, decoded where it is asked for; instants in order are cheapest."""

    def __init__(self, tools: Tools, source: Path, orders: dict[str, Any]) -> None:
        self._tools = tools
        self._source = source
        self._orders = orders
        self._known: dict[tuple[float, bool], list[Sight]] = {}

    def sights(self, first_s: float, last_s: float, *, careful: bool) -> list[Sight]:
        """Return what is shown from one time to another, the picture that is shown at the first one included."""
        key = first_s, careful
        if key not in self._known:
            self._known[key] = self._found(first_s, last_s, careful=careful)
        return self._known[key]

    def _found(self, first_s: float, last_s: float, *, careful: bool) -> list[Sight]:
        run_ups_s = CAREFUL_RUN_UPS_S if careful else RUN_UPS_S
        for run_up_s in (*run_ups_s, None):
            begin_s = None if run_up_s is None or first_s - run_up_s <= 0 else first_s - run_up_s
            found: list[Sight] = []
            with suppress(*self._tools.failures):
                found = self._from(begin_s, first_s, last_s, careful=careful)
            if begin_s is None or (found and found[0].at_s <= first_s):
                return found
        return []

    def _stale(self, before_s: float, first_s: float, due: list[float]) -> bool:
        """Tell whether pictures came between one and an instant that could not be decoded: it begins too late."""
        near = [at_s for at_s in due if first_s - KEPT_S <= at_s - self._orders["zero_s"] <= first_s]
        # The second field of a picture may have a packet of its own.
        return bool(near) and before_s < max(near) - self._orders["zero_s"] - KEPT_S / 2

    def _from(self, begin_s: float | None, first_s: float, last_s: float, *, careful: bool) -> list[Sight]:
        with self._tools.open(self._source, self._orders) as container:
            look = Look(self._tools, prepared(container.streams[self._orders["video"]], careful=careful))
            zero_s = self._orders["zero_s"]
            if begin_s is not None:
                seek(self._tools.av, container, look.stream, at_s=begin_s + zero_s)
            before, found, beyond, due = None, [], 0, list[float]()
            from_s = None if careful else first_s + zero_s - KEPT_S
            for seen_s, frame in decoded(self._tools.av, container, look.stream, from_s=from_s, fed=due.append):
                if frame.key_frame:
                    # Of others, too, it would cost: who asks keeps each of them in memory until that is tidied up.
                    look.hear(frame)
                at_s = seen_s - zero_s
                if at_s <= first_s:
                    before = at_s, frame
                    continue
                found.append(look.sight(at_s, frame))
                # Where pictures stay long, the next one may have been taken early; a single time may be wrong.
                beyond += at_s > last_s
                if beyond > 1:
                    break
            if begin_s is not None and before and self._stale(before[0], first_s, due):
                return []
            return [*([look.sight(*before)] if before else []), *sorted(found, key=lambda sight: sight.at_s)]


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
    av: Any, container: Any, stream: Any, *, from_s: float | None, fed: Callable[[float], None] | None = None
) -> Iterator[tuple[float, Any]]:
    """
    Yield the pictures that a stream shows from here on, with their times.

    With `from_s`, pictures before it that no other one needs are left out. `fed` hears the time of each packet.
    """
    context, clock = stream.codec_context, FrameClock(only_dts=container.format.name in ONLY_DTS)
    for packet in packets(av, container, stream, flush=True):
        if fed and packet.pts is not None and packet.size and not packet.is_discard:
            fed(float(packet.pts * packet.time_base))
        if from_s is not None:
            early = packet.pts is not None and float(packet.pts * packet.time_base) < from_s
            context.skip_frame = "NONREF" if early else "DEFAULT"
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
