"""
Read the packets of a source, and decode hardly any; run by run_script.py, on hostile bytes.

Its orders: `options` (FFmpeg's format options), `video` and `sounds` (stream numbers), `start_s` (smallest timestamp of
the file), `rate` (frames per second, as two numbers), `spacing_s` (groups of pictures nearer than that are told as
one), `look_s` (from time to time, a keyframe is decoded to see whether it is interlaced; 0: never), `beginning` (true:
the file goes on, and what is told ends with a whole group of pictures) and `url` (of a file; its path comes behind it).
The answer is either the facts of a `Survey`, or `error`.
"""

from __future__ import annotations

import importlib
import itertools
import statistics
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

# Pictures that come faster than the others count when they do so for as long.
BUSY_S = 2
# So much faster is no jitter.
BUSY_FACTOR = 1.2
# More different shapes, or changes between them, are no film.
MAX_SHAPES, MAX_CHANGES = 64, 200
# So many steps in a row that differ by less are a rhythm; a hole is longer than that, and so many of them.
RHYTHM_STEPS, RHYTHM_SHARE = 8, 0.25
HOLE_S, HOLE_STEPS = 0.5, 4
# Of one group of pictures in a file that is not all here.
MAX_HELD_BYTES = 256 * 1024**2
# Where a keyframe of other codecs says its size: behind which bytes, at which place, and how long.
SEQUENCE, JPEG_FRAME = b"\0\0\1\xb3", b"\xff\xc0"
SIZES = {"vp8": (b"", 6, 4), "vp9": (b"", 0, 10), "mpeg1video": (SEQUENCE, 4, 4), "mpeg2video": (SEQUENCE, 4, 4),
         "mjpeg": (JPEG_FRAME, 4, 15)}  # fmt: skip
# A decoder cuts by the pixel, as FFmpeg's command line does, not by what is quick to address.
UNALIGNED = 1


def answer(av: Any, orders: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return what the packets say, or why they cannot be read."""
    try:
        return survey(av, path, orders)
    except (av.FFmpegError, OSError, ValueError, IndexError, MemoryError) as error:
        return {"error": type(error).__name__}


def survey(av: Any, path: Path, orders: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of one file, shaped as `Survey`."""
    with av.open(f"{orders['url']}{path}", options=dict(orders["options"])) as container:
        picture = PictureTable(av, container.streams[orders["video"]], orders)
        sounds = {index: SoundTable(container.streams[index], orders) for index in orders["sounds"]}
        tables: dict[int, PictureTable | SoundTable] = {orders["video"]: picture, **sounds}
        packets = container.demux([container.streams[index] for index in tables])
        try:
            for packet in whole_groups(packets, orders["video"]) if orders["beginning"] else packets:
                if packet.size:
                    tables[packet.stream_index].add(packet)
        except av.FFmpegError:
            # Decoders may find their way again; as it is, the file is of no use, and no place in it is sure.
            picture.broken = not orders["beginning"]
        except IndexError:
            """All was read: PyAV ends with a stream that it does not know, because it came late (up to 18.1)."""
    return {**picture.facts(), "sounds": [table.facts() for table in sounds.values()]}


def whole_groups(packets: Iterator[Any], video: int) -> Iterator[Any]:
    """
    Yield what comes before the last keyframe of the picture: the group that begins there is not all here.

    Raises:
        ValueError: a group is too large to wait for its end.
    """
    held: list[Any] = []
    held_bytes = 0
    for packet in packets:
        if packet.stream_index != video:
            yield packet
            continue
        if packet.is_keyframe:
            yield from held
            held, held_bytes = [], 0
        held.append(packet)
        held_bytes += packet.size
        if held_bytes > MAX_HELD_BYTES:
            raise ValueError


class PictureTable:
    """What the packets of the picture say."""

    def __init__(self, av: Any, stream: Any, orders: dict[str, Any]) -> None:
        self._entries = importlib.import_module("decoder_entries").Entries(
            stream.codec_context.name, bytes(stream.codec_context.extradata or b"")
        )
        self._shapes = Shapes(av, stream, look_s=orders["look_s"])
        self._declared = float(stream.average_rate or 0)
        self._base = stream.time_base
        self._start = Fraction(orders["start_s"]).limit_denominator(10**9)
        self._rate = Fraction(*orders["rate"])
        self._spacing_s = orders["spacing_s"]
        self._groups: list[dict[str, Any]] = []
        self._shown: list[Fraction] = []
        self._sizes: list[int] = []
        self._last_dts: Fraction | None = None
        self._widest_step = Fraction(0)
        self._changes: list[Fraction] = []
        self._backward = self._damaged = self._false_keys = False
        self.broken = False

    def add(self, packet: Any) -> None:
        """Take one packet."""
        if packet.pts is None or packet.is_corrupt or packet.is_discard:
            self._damaged = True
            return
        pts = packet.pts * self._base - self._start
        # Matroska has no decoding times: FFmpeg makes them, once it knows how pictures are reordered.
        dts = pts if packet.dts is None else packet.dts * self._base - self._start
        if packet.dts is not None:
            self._follow(dts)
        self._shown.append(pts)
        self._sizes.append(packet.size)
        renewed = packet.has_sidedata("new_extradata")
        if renewed:
            self._entries.renew()
            self._shapes.renew(bytes(packet.get_sidedata("new_extradata")))
        content, before = bytes(packet), self._in_force
        entry, closed = self._entries.judge(content, is_keyframe=packet.is_keyframe)
        if renewed or (before and self._in_force != before):
            self._changes.append(pts)
        self._false_keys |= packet.is_keyframe and not entry
        seen = entry or (renewed and packet.is_keyframe)
        self._shapes.add(content, pts, entry=seen, fingerprint=self._in_force)
        if entry and (not self._groups or pts - self._groups[-1]["start"] >= self._spacing_s):
            self._groups.append({"start": pts, "decode_s": float(dts), "size_bytes": 0, "closed": closed})
        if self._groups:
            self._groups[-1]["size_bytes"] += packet.size
            self._groups[-1]["closed"] &= pts >= self._groups[-1]["start"]

    @property
    def _in_force(self) -> bytes:
        return bytes(self._entries.fingerprint + self._entries.orientation)

    def _follow(self, dts: Fraction) -> None:
        if self._last_dts is not None:
            self._backward |= dts <= self._last_dts
            self._widest_step = max(self._widest_step, dts - self._last_dts)
        self._last_dts = dts

    def facts(self) -> dict[str, Any]:
        """Return what was seen, in seconds after the start of the file."""
        shown = sorted(self._shown)
        frame = 1 / self._rate
        uneven = max((abs(at - shown[0] - number * frame) for number, at in enumerate(shown)), default=0)
        groups = [
            {**group, "start_s": float(group["start"]), "first_frame": round((group["start"] - shown[0]) * self._rate)}
            for group in self._groups
        ]
        for group in groups:
            del group["start"]
        return {
            "frames": len(shown),
            "start_s": float(shown[0]) if shown else 0.0,
            "uneven_s": float(uneven),
            "groups": groups,
            # FFmpeg takes more than ten seconds for a jump.
            "steady": not self._backward and not self.broken and self._widest_step < 10,  # noqa: PLR2004
            "damaged": self._damaged or self.broken,
            "own_parameters": self._entries.changed,
            "false_keys": self._false_keys,
            "busiest_bps": importlib.import_module("busiest_bitrate").busiest_bps(
                [(float(at), size) for at, size in zip(self._shown, self._sizes, strict=True)]
            ),
            "rate": whole_rate([float(at) for at in shown], self._declared, float(self._rate)),
            "changes_s": sorted({*map(float, self._changes), *rhythm_changes(list(map(float, shown)))})[:MAX_CHANGES],
            **self._shapes.facts(),
        }


def rhythm_changes(times_s: list[float]) -> list[float]:
    """Return where pictures begin to come faster or slower for a while, and where none comes for long."""
    steps = [after - before for before, after in itertools.pairwise(times_s)]
    found, rhythm = [], 0.0
    for first in range(0, len(steps) - RHYTHM_STEPS + 1, RHYTHM_STEPS):
        block = steps[first : first + RHYTHM_STEPS]
        usual = statistics.median(block)
        found += [times_s[first + at + 1] for at, step in enumerate(block) if step > max(HOLE_S, HOLE_STEPS * usual)]
        even = max(abs(step - usual) for step in block) <= RHYTHM_SHARE * usual
        if even and rhythm and abs(usual / rhythm - 1) > RHYTHM_SHARE:
            found.append(times_s[first])
        rhythm = usual if even and usual else rhythm
    return found


def whole_rate(times_s: list[float], declared: float, known: float) -> float | None:
    """Return the rate that shows every picture, where it is faster than the one that is known; None: it is not."""
    rates = importlib.import_module("frame_rates")
    fastest = known
    for first, last in {(0, len(times_s)), _busiest(times_s)}:
        busy_s = times_s[last - 1] - times_s[first] if last > first else 0.0
        counted = (last - first - 1) / busy_s if busy_s > 0 else 0.0
        if counted > BUSY_FACTOR * fastest:
            rhythm = rates.nominal_rate(times_s[first:last], declared, interlaced=False)
            # Where times were rounded so that some are the same, only their number tells.
            enough = (rate for rate in (rhythm, *rates.STANDARD_RATES) if rate >= 0.97 * counted)
            fastest = next(enough, rhythm)
    return fastest if fastest > known else None


def _busiest(times_s: list[float]) -> tuple[int, int]:
    """Return first and end of the pictures that are shown in the busiest seconds."""
    best, last = (0, 0), 0
    for first, time_s in enumerate(times_s):
        while last < len(times_s) and times_s[last] < time_s + BUSY_S:
            last += 1
        best = max(best, (first, last), key=lambda span: span[1] - span[0])
    return best


class Shapes:
    """Which shapes the pictures have: keyframes that may differ from all before are decoded."""

    def __init__(self, av: Any, stream: Any, *, look_s: float) -> None:
        self._av = av
        self._stream = stream
        self._config = bytes(stream.codec_context.extradata or b"")
        self._look_s = look_s
        self._next_s = Fraction(0)
        self._known: dict[bytes, dict[str, Any] | None] = {}
        self._current: dict[str, Any] | None = None
        self._stretches: list[dict[str, Any]] = []
        self._interlaced = False
        self._turn = {"rotation_deg": 0, "mirrored": False}

    def renew(self, config: bytes) -> None:
        """Hear that from here on other parameters are in force than those of the header."""
        self._config = config

    def add(self, content: bytes, pts: Fraction, *, entry: bool, fingerprint: bytes) -> None:
        """Take one packet; `fingerprint` is that of the parameters in force."""
        key = self._config + fingerprint + self._size_of(content) if entry else b""
        if entry and key not in self._known and len(self._known) < MAX_SHAPES:
            self._known[key] = self._look(content)
        elif entry and self._look_s and pts >= self._next_s and not self._interlaced:
            self._next_s = pts + Fraction(self._look_s)
            self._look(content)
        shape = self._known.get(key) if entry else None
        if shape and shape != self._current and len(self._stretches) < MAX_CHANGES:
            self._current = shape
            self._stretches.append({"start_s": float(pts), "frames": 0, **shape})
        if self._stretches:
            self._stretches[-1]["frames"] += 1

    def _size_of(self, content: bytes) -> bytes:
        behind, at, length = SIZES.get(self._stream.codec_context.name, (b"", 0, 0))
        start = content.find(behind)
        return content[start + at : start + at + length] if start >= 0 else b""

    def _look(self, content: bytes) -> dict[str, Any] | None:
        """Decode a picture that stands alone and return its shape."""
        context = self._av.CodecContext.create(self._stream.codec_context.name, "r")
        context.extradata = self._config or None
        context.flags |= UNALIGNED
        try:
            frames = [*context.decode(self._av.Packet(content)), *context.decode(None)]
        except (self._av.FFmpegError, ValueError):
            return None
        self._interlaced |= any(frame.interlaced_frame for frame in frames)
        if not frames:
            return None
        aspect = context.sample_aspect_ratio or Fraction(1)
        first = frames[0]
        shape = {"width_px": first.width, "height_px": first.height, "pix_fmt": first.format.name}
        return {**shape, **self._turned(first), "sample_aspect": (aspect.numerator, aspect.denominator)}

    def _turned(self, frame: Any) -> dict[str, Any]:
        """Return how a picture is turned, as it says, or one before it did."""
        said = [bytes(data) for data in frame.side_data if data.type.name == "DISPLAYMATRIX"]
        if said:
            rotation, mirrored = importlib.import_module("display").orientation(said[0])
            self._turn = {"rotation_deg": rotation, "mirrored": mirrored}
        return self._turn

    def facts(self) -> dict[str, Any]:
        """Return what was seen."""
        return {"interlaced": self._interlaced, "shapes": self._stretches}


class SoundTable:
    """What the packets of one sound track say."""

    def __init__(self, stream: Any, orders: dict[str, Any]) -> None:
        self._index = stream.index
        self._base = stream.time_base
        self._start = Fraction(orders["start_s"]).limit_denominator(10**9)
        self._first: Fraction | None = None
        self._end: Fraction | None = None
        self._hole = Fraction(0)
        self._lasted: Fraction | None = None
        self._shortest: Fraction | None = None
        self._bytes = 0
        self._damaged = False

    def add(self, packet: Any) -> None:
        """Take one packet."""
        if packet.pts is None or not packet.duration or packet.is_corrupt:
            self._damaged = True
            return
        pts = packet.pts * self._base - self._start
        # What is not played at the beginning prepares the decoder, and stays.
        self._damaged |= packet.is_discard and pts >= 0
        if self._end is not None and self._lasted is not None:
            # A packet holds as many samples as every other; one that claims to last longer hides a hole.
            self._shortest = min(self._shortest or self._lasted, self._lasted)
            self._hole = max(self._hole, abs(pts - self._end), self._lasted - self._shortest)
        self._first = pts if self._first is None else self._first
        self._lasted = packet.duration * self._base
        self._end = pts + self._lasted
        self._bytes += packet.size

    def facts(self) -> dict[str, Any]:
        """Return what was seen, in seconds after the start of the file."""
        first, end = self._first or Fraction(0), self._end or Fraction(0)
        return {
            "index": self._index,
            "start_s": float(first),
            "end_s": float(end),
            "widest_hole_s": float(self._hole),
            "bitrate_bps": round(self._bytes * 8 / (end - first)) if end > first else 0,
            "damaged": self._damaged,
        }
