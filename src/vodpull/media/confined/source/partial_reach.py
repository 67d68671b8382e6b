"""
Look into a file that is not all here; run by run_script.py, on hostile bytes.

Its orders: `spans` (the bytes that are here; the first one begins at 0) and `options` (FFmpeg's format options). The
answer has `reach_s` (null: everything).
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# Pictures that a decoder may read ahead: 16 that wait for their turn, and one for each of as many threads.
AHEAD_PICTURES = 32
# Where a look at the end of a span begins: two seconds of the fattest video that is common, 4 MB/s.
TAIL_BYTES = 8 << 20
# What is read of the beginning, to know the streams.
HEAD_BYTES = 4 << 20
# The index of a film is read in few calls, a small file in little more than itself.
BUFFER_BYTES = 1 << 18
TS_PACKET_BYTES = 188
# The file's header, with the length of the tag that is not before the first one.
FLV_HEADER_BYTES = 13
FLV_TAG_BYTES = 11
FLV_KINDS = (b"\x08", b"\x09", b"\x12")
# Enough to meet what describes the streams, and the first pictures.
FLV_HEAD_TAGS = 64
# Tags, one behind the other, after which a place in a FLV is no coincidence.
FLV_CHAIN = 4
CLUSTER = b"\x1f\x43\xb6\x75"
# What a cluster begins with: its time, perhaps after a checksum.
CLUSTER_FIRST = (b"\xe7", b"\xbf")
# Boxes that an MP4 file may begin with (ISO/IEC 14496-12; the last four are QuickTime's).
FIRST_BOXES = {b"ftyp", b"styp", b"moov", b"free", b"skip", b"mdat", b"wide", b"pnot", b"uuid"}
FORMATS = {"mp4": "mov", "fragments": "mov", "matroska": "matroska", "mpegts": "mpegts", "flv": "flv"}


def answer(av: Any, orders: dict[str, Any], path: Path) -> dict[str, Any]:
    """Return how far the picture can be decoded; 0: not at all, or not yet."""
    try:
        part = PresentPart(path, [(start, stop) for start, stop in orders["spans"]])
        return {"reach_s": reach(av, part, orders["options"])}
    except (av.FFmpegError, OSError, MemoryError, ValueError):
        return {"reach_s": 0.0}


class PresentPart:
    """The bytes of a file that are here."""

    def __init__(self, path: Path, spans: list[tuple[int, int]]) -> None:
        self.path = path
        self.file = os.open(path, os.O_RDONLY)
        self.spans = spans
        self.stop = spans[0][1]
        """End of what is here from the beginning without a gap."""

    def read(self, at: int, size: int) -> bytes:
        """Return bytes from a place, at most to the end of its span."""
        stop = next((stop for start, stop in self.spans if start <= at < stop), at)
        return os.pread(self.file, min(size, stop - at), at)

    def holds(self, start: int, stop: int) -> bool:
        """Tell whether all of a span is here."""
        return any(first <= start and stop <= last for first, last in self.spans)


class Sparse(io.RawIOBase):
    """A file of which some is missing: there it ends, and remembers that somebody wanted to read on."""

    def __init__(self, part: PresentPart, size: int, patches: Sequence[tuple[int, bytes]] = ()) -> None:
        """`patches` are read in the place of what is in the file."""
        self._part = part
        self._size = size
        self._patches = patches
        self._at = 0
        self.is_partial = not part.holds(0, size)
        self.was_missed = False

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
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes that are here."""
        piece = self._part.read(self._at, size if size >= 0 else BUFFER_BYTES)
        for start, patch in self._patches:
            first, last = max(start, self._at), min(start + len(patch), self._at + len(piece))
            if first < last:
                piece = piece[: first - self._at] + patch[first - start : last - start] + piece[last - self._at :]
        self.was_missed = self.was_missed or (not piece and self._at < self._size)
        self._at += len(piece)
        return piece


class Joined:
    """Two pieces of a file read as one stream, from the first byte to the last: it cannot be searched."""

    def __init__(self, part: PresentPart, pieces: list[tuple[int, int]]) -> None:
        self._part = part
        self._pieces = [piece for piece in pieces if piece[0] < piece[1]]

    def read(self, size: int) -> bytes:
        """Return the next bytes."""
        if not self._pieces:
            return b""
        start, stop = self._pieces[0]
        piece = self._part.read(start, min(size, stop - start))
        self._pieces[0] = (start + len(piece), stop)
        if start + len(piece) >= stop or not piece:
            self._pieces.pop(0)
        return piece


def layout(part: PresentPart) -> str | None:
    """Return how the file is laid out, None for what cannot be read before it is whole."""
    head = part.read(0, 2 * TS_PACKET_BYTES + 1)
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if head.startswith(b"FLV\x01"):
        return "flv"
    if len(head) > 2 * TS_PACKET_BYTES and head[0] == head[TS_PACKET_BYTES] == head[2 * TS_PACKET_BYTES] == 0x47:  # noqa: PLR2004 - the sync byte
        return "mpegts"
    if head[4:8] in FIRST_BOXES:
        index = dict(boxes(part)).get(b"moov")
        return None if index is None else "fragments" if is_fragmented(part, index) else "mp4"
    return None


def boxes(part: PresentPart, start: int = 0, stop: int | None = None) -> list[tuple[bytes, tuple[int, int]]]:
    """Return name and place of the boxes that are whole, up to the first one whose header is not here."""
    found = []
    while stop is None or start < stop:
        header = part.read(start, 16)
        length = int.from_bytes(header[:4], "big")
        length = int.from_bytes(header[8:16], "big") if length == 1 else length
        if len(header) < 8 or length < 8:  # noqa: PLR2004 - a header
            break
        if part.holds(start, start + length):
            found.append((header[4:8], (start, start + length)))
        start += length
    return found


def is_fragmented(part: PresentPart, index: tuple[int, int]) -> bool:
    """Tell whether an index says that more of it follows."""
    return any(name == b"mvex" for name, _ in boxes(part, index[0] + 8, index[1]))


def reach(av: Any, part: PresentPart, options: dict[str, str]) -> float | None:
    """Return the seconds from the first picture that can be decoded; None: all."""
    kind = layout(part)
    if kind is None:
        return 0.0
    return _reach_by_index(av, part, options) if kind == "mp4" else reach_by_end(av, part, kind=kind, options=options)


def _reach_by_index(av: Any, part: PresentPart, options: dict[str, str]) -> float | None:
    # Of the media, only as much is read as tells the first timestamp.
    options = options | {"probesize": "32", "analyzeduration": "0"}
    end = part.spans[-1][1]
    with av.open(Sparse(part, end), format="mov", options=options, buffer_size=BUFFER_BYTES) as container:
        video = moving_picture(container)
        if video is None:
            return 0.0
        entries = video.index_entries
        start, stop = part.spans[0]
        for number, entry in enumerate(entries):
            at, end = entry.pos, entry.pos + entry.size
            # The spans are few, but a film has a hundred thousand pictures.
            if not start <= at <= end <= stop and not part.holds(at, end):
                last = entries[max(0, number - AHEAD_PICTURES)].timestamp
                return float((last - entries[0].timestamp) * video.time_base)
        return None if len(entries) else 0.0


def reach_by_end(av: Any, part: PresentPart, *, kind: str, options: dict[str, str]) -> float:
    """Look at the beginning and the end of the first span: in these layouts, what is shown between comes between."""
    # `ignidx`: of fragments, only those that are asked for are read.
    options = options | {"probesize": str(HEAD_BYTES), "analyzeduration": "1000000", "fflags": "+ignidx"}
    tail_bytes = TAIL_BYTES
    while True:
        head, tail = ends(part, kind, tail_bytes)
        source = _bridged(part, head, tail) if kind == "fragments" else Joined(part, [(0, head), (tail, part.stop)])
        seen = _pictures(av, source, kind=kind, options=options)
        if sum(at >= head for _, at in seen) > AHEAD_PICTURES + 1 or tail == head:
            break
        tail_bytes *= 4
    # The last one may be cut.
    return seen[-AHEAD_PICTURES - 2][0] - seen[0][0] if len(seen) > AHEAD_PICTURES + 1 else 0.0


def _bridged(part: PresentPart, head: int, tail: int) -> Sparse:
    """Return a fragmented MP4 in which what is between is a box to skip: its index names absolute places."""
    gap = [(head, b"\0\0\0\1free" + (tail - head).to_bytes(8, "big"))] if head < tail else []
    whole = max(stop for _, (_, stop) in boxes(part) if stop <= part.stop)
    # An index that is cut is an error, media that are cut are not.
    return Sparse(part, part.stop if part.read(whole + 4, 4) == b"mdat" else whole, gap)


def _pictures(av: Any, source: Sparse | Joined, *, kind: str, options: dict[str, str]) -> list[tuple[float, int]]:
    """Return the time of each picture and where it was found, by time."""
    seen: list[tuple[float, int]] = []
    with av.open(source, format=FORMATS[kind], options=options, buffer_size=BUFFER_BYTES) as container:
        video = moving_picture(container)
        try:
            for packet in container.demux(video) if video else ():
                time = packet.dts if packet.pts is None else packet.pts
                if packet.size and time is not None:
                    seen.append((float(time * packet.time_base), packet.pos or 0))
        except (av.FFmpegError, IndexError):
            # The end of what is here; PyAV cannot end with a stream that came late.
            pass
    return sorted(seen)


def moving_picture(container: Any) -> Any | None:
    """Return the first video stream that is no cover art."""
    for stream in container.streams.video:
        if not stream.disposition & type(stream.disposition).attached_pic:
            return stream
    return None


def ends(part: PresentPart, kind: str, tail_bytes: int) -> tuple[int, int]:
    """Return where the beginning may be left and the end be entered; the same place: nothing may be left out."""
    places = {"mpegts": _packets, "fragments": _fragments, "matroska": _clusters, "flv": _tags}[kind]
    head, tail = places(part, max(0, part.stop - tail_bytes))
    return (head, tail) if 0 < head < tail else (part.stop, part.stop)


def whole_stop(part: PresentPart, kind: str) -> int:
    """Return where the last piece of the first span ends that can be read without the bytes behind it."""
    if kind == "fragments":
        return max((stop for name, (_, stop) in boxes(part) if name == b"mdat" and stop <= part.stop), default=0)
    return part.stop - part.stop % TS_PACKET_BYTES if kind == "mpegts" else part.stop


def _packets(_part: PresentPart, wanted: int) -> tuple[int, int]:
    return HEAD_BYTES - HEAD_BYTES % TS_PACKET_BYTES, wanted - wanted % TS_PACKET_BYTES


def _fragments(part: PresentPart, wanted: int) -> tuple[int, int]:
    starts = [start for name, (start, _) in boxes(part) if name == b"moof" and start < part.stop]
    return starts[1] if starts[1:] else 0, max((start for start in starts if start <= wanted), default=0)


def _clusters(part: PresentPart, wanted: int) -> tuple[int, int]:
    first = _find_cluster(part, 0)
    return _find_cluster(part, first + len(CLUSTER)) if first else 0, _find_cluster(part, wanted)


def _find_cluster(part: PresentPart, start: int) -> int:
    """Return the first Matroska cluster in the megabytes from there on, 0 if there is none."""
    window = part.read(start, TAIL_BYTES)
    at = window.find(CLUSTER)
    while at >= 0:
        # Its length (1 to 8 bytes, of which the first says how many), then what is in it.
        length_bytes = 9 - window[at + 4 : at + 5].ljust(1)[0].bit_length()
        if window[at + 4 + length_bytes : at + 5 + length_bytes] in CLUSTER_FIRST:
            return start + at
        at = window.find(CLUSTER, at + 1)
    return 0


def _tags(part: PresentPart, wanted: int) -> tuple[int, int]:
    head = FLV_HEADER_BYTES
    for _ in range(FLV_HEAD_TAGS):
        head = _next_tag(part, head) or head
    window = range(wanted, min(wanted + TAIL_BYTES, part.stop))
    return head, next((at for at in window if _is_chain(part, at)), 0)


def _is_chain(part: PresentPart, at: int) -> bool:
    for _ in range(FLV_CHAIN):
        at = _next_tag(part, at)
        if not at:
            return False
    return True


def _next_tag(part: PresentPart, at: int) -> int:
    """Return where the tag after the one at this place begins, 0 if there is none at this place."""
    header = part.read(at, FLV_TAG_BYTES)
    if header[:1] not in FLV_KINDS or header[8:] != bytes(3):
        return 0
    length = FLV_TAG_BYTES + int.from_bytes(header[1:4], "big")
    return at + length + 4 if part.read(at + length, 4) == length.to_bytes(4, "big") else 0
