"""
Read the packets of a source, decode none, and print one JSON document; runs alone, as a confined child.

Called as `python -I -S packets.py ORDERS PYAV FILE`. ORDERS is a JSON object: `options` (FFmpeg's format options),
`video` and `sounds` (stream numbers), `start_s` (smallest timestamp of the file), `rate` (frames per second, as two
numbers), `spacing_s` (groups of pictures nearer than that are told as one) and `url` (of a file; FILE comes behind it).
The answer is either the facts of a `Survey`, or `error`. Only PyAV and the standard library.
"""

from __future__ import annotations

import importlib
import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

# Types of NAL units in H.264 (ITU-T H.264, table 7-1).
NAL_IDR, NAL_SPS = 5, 7


def main(argv: list[str]) -> int:
    """Answer on stdout; the exit code is 0 whenever there is an answer."""
    orders = json.loads(argv[1])
    sys.path.insert(0, str(Path(argv[2]).parent))
    av = importlib.import_module("av")
    # FFmpeg's own complaints are of no use to anyone here.
    av.logging.set_level(None)
    try:
        answer = survey(av, Path(argv[3]), orders)
    except (av.FFmpegError, OSError, ValueError, IndexError, MemoryError) as error:
        answer = {"error": type(error).__name__}
    sys.stdout.write(json.dumps(answer))
    return 0


def survey(av: Any, path: Path, orders: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of one file, shaped as `Survey`."""
    with av.open(f"{orders['url']}{path}", options=dict(orders["options"])) as container:
        picture = PictureTable(container.streams[orders["video"]], orders)
        sounds = {index: SoundTable(container.streams[index], orders) for index in orders["sounds"]}
        tables: dict[int, PictureTable | SoundTable] = {orders["video"]: picture, **sounds}
        try:
            for packet in container.demux([container.streams[index] for index in tables]):
                if packet.size:
                    tables[packet.stream_index].add(packet)
        except av.FFmpegError:
            # Decoders may find their way again; as it is, the file is of no use, and no place in it is sure.
            picture.broken = True
        except IndexError:
            """All was read: PyAV ends with a stream that it does not know, because it came late (up to 18.1)."""
    return {**picture.facts(), "sounds": [table.facts() for table in sounds.values()]}


class PictureTable:
    """What the packets of the picture say."""

    def __init__(self, stream: Any, orders: dict[str, Any]) -> None:
        config = bytes(stream.codec_context.extradata or b"")
        # An avcC record says how many bytes the length before each NAL unit has.
        self._length_bytes = config[4] & 3 if stream.codec_context.name == "h264" and config[:1] == b"\x01" else None
        self._config = config
        self._base = stream.time_base
        self._start = Fraction(orders["start_s"]).limit_denominator(10**9)
        self._rate = Fraction(*orders["rate"])
        self._spacing_s = orders["spacing_s"]
        self._groups: list[dict[str, Any]] = []
        self._shown: list[Fraction] = []
        self._last_dts: Fraction | None = None
        self._widest_step = Fraction(0)
        self._backward = self._damaged = self._own_parameters = False
        self.broken = False

    def add(self, packet: Any) -> None:
        """Take one packet."""
        if packet.pts is None or packet.dts is None or packet.is_corrupt or packet.is_discard:
            self._damaged = True
            return
        pts, dts = packet.pts * self._base - self._start, packet.dts * self._base - self._start
        if self._last_dts is not None:
            self._backward |= dts <= self._last_dts
            self._widest_step = max(self._widest_step, dts - self._last_dts)
        self._last_dts = dts
        self._shown.append(pts)
        if packet.is_keyframe and (not self._groups or pts - self._groups[-1]["start"] >= self._spacing_s):
            closed = self._is_closed(bytes(packet))
            self._groups.append({"start": pts, "decode_s": float(dts), "size_bytes": 0, "closed": closed})
        if self._groups:
            self._groups[-1]["size_bytes"] += packet.size
            self._groups[-1]["closed"] &= pts >= self._groups[-1]["start"]

    def _is_closed(self, content: bytes) -> bool:
        """Tell whether an H.264 picture is an IDR; look on the way for parameters that the file's header lacks."""
        if self._length_bytes is None:
            return False
        at, idr, width = 0, False, self._length_bytes + 1
        while at + width < len(content):
            length = int.from_bytes(content[at : at + width], "big")
            at += width
            kind = content[at] & 0x1F
            idr |= kind == NAL_IDR
            self._own_parameters |= kind == NAL_SPS and content[at : at + length] not in self._config
            at += length
        return idr

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
            "own_parameters": self._own_parameters,
        }


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


if __name__ == "__main__":
    sys.exit(main(sys.argv))
