"""
Count what is really in HLS renditions; run by run_script.py, on hostile bytes.

Its orders: `options` (FFmpeg's format options), `segment` (pattern of the media segments' names) and `subjects`, each
with `folder` and `init` (name of the init segment in that folder below the one that is looked into), `segments` (how
many there are, from 1; 0: the init segment is a whole file) and `strict` (whether a picture counts as undecodable that
the decoder had to mend). The answer has `subjects` in the same order, each of them with either `tracks` and
`undecodable`, or `error`.
"""

from __future__ import annotations

import bisect
import io
import json
import os
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, Protocol

# More of them would take memory for decoders and gain little: one subject is as large as all smaller ones together.
MAX_PROCESSES = 4
# One for each subject, or for several where there are more; all of them fit into the smallest pipe.
MAX_TICKETS, TICKET_BYTES = 1024, 2
# So many packets of sound may give nothing yet.
PREPARING = 2
# The loop filter smooths the pictures and finds no damage, for a fifth of the time.
FAST = {"skip_loop_filter": "all"}
# Of a stream about which its header says enough, no picture is decoded to know more when it is opened.
UNSEEN = {"skip_frame": "all"}
# By itself, a decoder hides most damage behind what it saw before.
STRICT = {**FAST, "err_detect": "explode"}


def answer(av: Any, orders: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Measure each subject."""
    subjects = [SegmentFiles(folder, said, orders["segment"]) for said in orders["subjects"]]
    return {"subjects": shared_out(subjects, lambda subject: measure(av, subject, orders["options"]))}


class Costly(Protocol):
    """What is shared out."""

    @property
    def cost(self) -> int:
        """About how dear it is, next to others."""


class SegmentFiles:
    """One rendition, or one whole file."""

    def __init__(self, folder: Path, said: dict[str, Any], pattern: str) -> None:
        self.init = folder / said["folder"] / said["init"]
        # Counted instead of listed: a long film has more names than one argument may hold.
        numbers = range(1, said["segments"] + 1)
        self.segments = [folder / said["folder"] / (pattern % number) for number in numbers]
        self.decoder_options = STRICT if said["strict"] else FAST

    @property
    def ends(self) -> list[int]:
        """Numbers of the first and the last segment; a whole file has samples that were decoded with segments."""
        return [] if not self.segments else sorted({1, len(self.segments)})

    @property
    def cost(self) -> int:
        """What has to be decoded, in bytes."""
        files = [self.segments[number - 1] for number in self.ends]
        return sum(file.stat().st_size for file in files if file.exists())


def shared_out(subjects: Sequence[Costly], work: Callable[[Any], Any]) -> list[Any]:
    """
    Return the result of each subject, from as many copies of this process as the machine has processors.

    Whichever is free takes the next one, the dearest first.
    """
    if not subjects:
        return []
    order = sorted(range(len(subjects)), key=lambda number: subjects[number].cost, reverse=True)
    tickets_fd = _tickets(min(MAX_TICKETS, len(order)))

    def share() -> dict[int, Any]:
        done = {}
        while ticket := os.read(tickets_fd, TICKET_BYTES):
            for number in order[int.from_bytes(ticket) :: MAX_TICKETS]:
                done[number] = work(subjects[number])
        return done

    # Not threads: they would wait for each other at every packet.
    processes = min(MAX_PROCESSES, len(os.sched_getaffinity(0)), len(subjects))
    answers = [_copied(share) for _ in range(processes - 1)]
    found = share()
    os.close(tickets_fd)
    for answer in answers:
        found |= answer()
    return [found[number] for number in range(len(subjects))]


def _tickets(count: int) -> int:
    """Return a pipe from which this process and its copies each take what no other one has taken."""
    read_fd, write_fd = os.pipe()
    os.write(write_fd, b"".join(number.to_bytes(TICKET_BYTES) for number in range(count)))
    os.close(write_fd)
    return read_fd


def _copied(share: Callable[[], dict[int, Any]]) -> Callable[[], dict[int, Any]]:
    """Work in a copy of this process, and return what waits for its results."""
    read_fd, write_fd = os.pipe()
    process = os.fork()
    if not process:
        try:
            with os.fdopen(write_fd, "w") as answer:
                json.dump([*share().items()], answer)
        finally:
            os._exit(0)
    os.close(write_fd)

    def wait() -> dict[int, Any]:
        with os.fdopen(read_fd) as answer:
            content = answer.read()
        _, status = os.waitpid(process, 0)
        if os.WIFSIGNALED(status):
            # As if it had happened here: who waits for us wants to know.
            os.kill(os.getpid(), os.WTERMSIG(status))
        return dict(json.loads(content))

    return wait


def measure(
    av: Any, subject: SegmentFiles, options: dict[str, str], *, elsewhere: Collection[int] = ()
) -> dict[str, Any]:
    """
    Return what is in a rendition: every packet counted, the first and the last segment decoded.

    Segments with the numbers `elsewhere` are left to others.
    """
    ends = [number for number in subject.ends if number not in elsewhere]
    try:
        return {
            "tracks": _tracks(av, [subject.init, *subject.segments], options),
            "undecodable": sum(undecodable(av, subject, number, options=options) for number in ends),
        }
    except (av.FFmpegError, ValueError, MemoryError, OSError) as error:
        return {"error": type(error).__name__}


def _tracks(av: Any, files: list[Path], options: dict[str, str]) -> list[dict[str, Any]]:
    """Return what was counted of each stream."""
    with av.open(JoinedFiles(files), format="mp4", options=dict(options)) as container:
        tallies = [StreamTally(stream) for stream in container.streams]
        for packet in container.demux():
            if packet.size and packet.pts is not None:
                tallies[packet.stream_index].add(packet)
        return [tally.facts() for tally in tallies]


class StreamTally:
    """What is counted of one stream, in its own ticks: a film has millions of packets."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._is_video = stream.type == "video"
        self._packets = self._corrupt = self._widest_gap = 0
        self._start = self._end = 0
        self._last_dts: int | None = None
        self._keyframes: list[int] = []

    def add(self, packet: Any) -> None:
        """Count one packet with content and a time."""
        pts, dts = packet.pts, packet.dts
        if dts is None:
            dts = pts
        self._start = min(self._start, pts) if self._packets else pts
        self._end = max(self._end, pts + (packet.duration or 0))
        self._packets += 1
        if self._is_video and packet.is_keyframe:
            self._keyframes.append(pts)
        self._corrupt += packet.is_corrupt
        if self._last_dts is not None:
            self._widest_gap = max(self._widest_gap, dts - self._last_dts)
        self._last_dts = dts

    def facts(self) -> dict[str, Any]:
        """Return what is known of the stream now."""
        context, base = self._stream.codec_context, self._stream.time_base
        return {
            "kind": self._stream.type,
            "codec": context.codec.canonical_name,
            "width_px": context.width if self._is_video else 0,
            "height_px": context.height if self._is_video else 0,
            "packets": self._packets,
            "keyframes_s": [float(pts * base) for pts in self._keyframes],
            "corrupt": self._corrupt,
            "start_s": float(self._start * base),
            "end_s": float(self._end * base),
            "widest_gap_s": float(self._widest_gap * base),
        }


def undecodable(
    av: Any,
    subject: SegmentFiles,
    number: int,
    *,
    options: dict[str, str],
    see: Callable[[Any, Any], None] = lambda _stream, _frame: None,
) -> int:
    """
    Return how many packets of the first track of one segment give no picture, or no sound.

    `see` is shown each that there is, with its stream.
    """
    packets = frames = 0
    files = [subject.init, subject.segments[number - 1]]
    with av.open(JoinedFiles(files), format="mp4", options=dict(options), stream_options=[dict(UNSEEN)]) as container:
        stream = container.streams[0]
        is_video = stream.type == "video"
        if is_video:
            stream.codec_context.options = subject.decoder_options
        for packet in container.demux(stream):
            packets += bool(packet.size)
            try:
                decoded = packet.decode()
            except av.FFmpegError:
                continue
            frames += len(decoded)
            for frame in decoded:
                see(stream, frame)
    # The first sounds only prepare the decoder, and a last segment may have no more.
    return max(packets - frames, 0) if is_video else packets * (not frames and packets > PREPARING)


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
