"""
Count what is really in an HLS rendition and print one JSON document; runs alone, as a confined child.

Called as `python -I -S measurer.py ORDERS PYAV FOLDER`. ORDERS is a JSON object: `options` (FFmpeg's format options),
`init` (name of the init segment in FOLDER), `segment` (pattern of the media segments' names) and `segments` (how many
there are, from 1; 0: the init segment is a whole file). PYAV is the folder of the PyAV package. The answer is either
`tracks` and `undecodable`, or `error`. Only PyAV and the standard library.
"""

from __future__ import annotations

import bisect
import importlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any


def main(argv: list[str]) -> int:
    """Answer on stdout; the exit code is 0 whenever there is an answer."""
    folder, orders = Path(argv[3]), json.loads(argv[1])
    # Counted instead of listed: a long film has more names than one argument may hold.
    numbers = range(1, orders["segments"] + 1)
    files = [folder / orders["init"], *(folder / (orders["segment"] % number) for number in numbers)]
    sys.path.insert(0, str(Path(argv[2]).parent))
    av = importlib.import_module("av")
    # FFmpeg's own complaints are of no use to anyone here.
    av.logging.set_level(None)
    try:
        answer = measure(av, files, orders["options"])
    except (av.FFmpegError, ValueError, MemoryError, OSError) as error:
        answer = {"error": type(error).__name__}
    sys.stdout.write(json.dumps(answer))
    return 0


def measure(av: Any, files: list[Path], options: dict[str, str]) -> dict[str, Any]:
    """Return what is in a rendition: every packet counted, the first and the last segment decoded."""
    with av.open(JoinedFiles(files), format="mp4", options=dict(options)) as container:
        tracks = {stream.index: _track(stream) for stream in container.streams}
        for packet in container.demux():
            if packet.size and packet.pts is not None:
                _count(tracks[packet.stream_index], packet)
    # A file without segments has samples that were decoded with those of its segments.
    probed = {*files[1:2], *files[1:][-1:]}
    undecodable = sum(_undecodable(av, [files[0], segment], options) for segment in probed)
    return {"tracks": list(tracks.values()), "undecodable": undecodable}


def _track(stream: Any) -> dict[str, Any]:
    context = stream.codec_context
    return {
        "kind": stream.type,
        "codec": context.codec.canonical_name,
        "width_px": context.width if stream.type == "video" else 0,
        "height_px": context.height if stream.type == "video" else 0,
        "config": bytes(context.extradata or b"")[:4].hex(),
        "packets": 0,
        "keyframes_s": [],
        "corrupt": 0,
        "start_s": 0.0,
        "end_s": 0.0,
        "widest_gap_s": 0.0,
        "last_dts_s": None,
    }


def _count(track: dict[str, Any], packet: Any) -> None:
    pts_s = float(packet.pts * packet.time_base)
    dts_s = pts_s if packet.dts is None else float(packet.dts * packet.time_base)
    end_s = pts_s + float((packet.duration or 0) * packet.time_base)
    track["start_s"] = min(track["start_s"], pts_s) if track["packets"] else pts_s
    track["end_s"] = max(track["end_s"], end_s)
    track["packets"] += 1
    if packet.is_keyframe and track["kind"] == "video":
        track["keyframes_s"].append(pts_s)
    track["corrupt"] += bool(packet.is_corrupt)
    if track["last_dts_s"] is not None:
        track["widest_gap_s"] = max(track["widest_gap_s"], dts_s - track["last_dts_s"])
    track["last_dts_s"] = dts_s


def _undecodable(av: Any, files: list[Path], options: dict[str, str]) -> int:
    """Return how many packets of the first track of one segment give no picture, or no sound."""
    packets = frames = 0
    with av.open(JoinedFiles(files), format="mp4", options=dict(options)) as container:
        stream = container.streams[0]
        is_video = stream.type == "video"
        for packet in container.demux(stream):
            packets += bool(packet.size)
            try:
                frames += len(packet.decode())
            except av.FFmpegError:
                continue
    # The first sounds only prepare the decoder.
    return max(packets - frames, 0) if is_video else packets * (not frames)


class JoinedFiles(io.RawIOBase):
    """Several files read as one: an init segment and its media segments, without a copy on disk."""

    def __init__(self, paths: list[Path]) -> None:
        self._paths = paths
        self._ends: list[int] = []
        total = 0
        for path in paths:
            total += path.stat().st_size
            self._ends.append(total)
        self._at = 0
        self._current = -1
        self._file: io.FileIO | None = None

    def readable(self) -> bool:
        """Reading is all that it can do."""
        return True

    def seekable(self) -> bool:
        """Any place can be reached."""
        return True

    def tell(self) -> int:
        """Return the place in the whole."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place in the whole."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._ends[-1]}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, at most to the end of the file that they lie in."""
        number = bisect.bisect_right(self._ends, self._at)
        if number == len(self._paths):
            return b""
        if self._file is None or self._current != number:
            if self._file:
                self._file.close()
            self._current, self._file = number, self._paths[number].open("rb", buffering=0)
        self._file.seek(self._at - (self._ends[number - 1] if number else 0))
        piece = self._file.read(size) or b""
        self._at += len(piece)
        return piece


if __name__ == "__main__":
    sys.exit(main(sys.argv))
