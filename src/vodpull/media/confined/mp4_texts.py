"""
Write text tracks of an MP4 that FFmpeg does not read as WebVTT; run by run_script.py, on hostile bytes.

Its orders: `options` (FFmpeg's format options) and `texts`, the codec of each stream by its number: `wvtt` or `ttml`.
Each track becomes `text-<number>` in the working folder, by the clock of the file; the answer has `written`, the
numbers of those that could be read. Shared with the service: boxes.py.

Sources: ISO/IEC 14496-30, 6 (WebVTT) and 5 (TTML).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# What a film of many hours has, and the most that is taken of a caption file.
MAX_CUES, MAX_CHARACTERS = 20_000, 8 << 20
# A sample has the cues of one moment, or of one document.
MAX_SAMPLE_BYTES, MAX_BOXES = 8 << 20, 64
# Two samples that follow each other say the same of a cue that lasts over both.
JOINED_S = 0.002
ALWAYS_S = (float("-inf"), float("inf"))
Found = tuple[tuple[float, float], str, str, str]
"""Begin and end in seconds, within the sample; name, settings and text."""
Reader = Callable[[bytes], Iterator[Found]]


def answer(av: Any, orders: dict[str, Any], path: Path) -> dict[str, Any]:
    """Write what can be read, and return which tracks that were."""
    boxes, ttml = importlib.import_module("boxes"), importlib.import_module("ttml")
    readers = {"wvtt": lambda sample: cues_of_sample(boxes, sample), "ttml": ttml.cues_of_document}
    texts = {int(index): readers[codec] for index, codec in orders["texts"].items()}
    written = []
    for index, cues in read_texts(av, path, texts, options=orders["options"]).items():
        Path(f"text-{index}").write_text(webvtt(cues), "utf-8")
        written.append(index)
    return {"written": written}


@dataclass
class Cues:
    """The cues of one track as they come."""

    found: list[list[Any]] = field(default_factory=list)
    """Start and end in seconds, settings and text of each."""
    open: dict[tuple[str, ...], list[Any]] = field(default_factory=dict)
    characters: int = 0

    def add(self, span_s: tuple[float, float], said: tuple[str, str, str]) -> None:
        """
        Take a cue, or more of one that has lasted until now: name, which tells such ones apart, settings and text.

        Raises:
            ValueError: there are more than a film has.
        """
        (_, settings, text), (start_s, end_s) = said, span_s
        last = self.open.get(said)
        if last and start_s <= last[1] + JOINED_S:
            last[1] = max(last[1], end_s)
            return
        if not text or end_s <= start_s:
            return
        self.characters += len(text) + len(settings)
        if len(self.found) >= MAX_CUES or self.characters > MAX_CHARACTERS:
            raise ValueError("there are too many cues")
        self.open[said] = [start_s, end_s, settings, text]
        self.found.append(self.open[said])


def read_texts(av: Any, path: Path, texts: dict[int, Reader], *, options: dict[str, str]) -> dict[int, Cues]:
    """Return the cues of the tracks that can be read, each by its own means."""
    cues = {index: Cues() for index in texts}
    with av.open(str(path), options=options) as container:
        streams = [stream for stream in container.streams if stream.index in texts]
        waiting: dict[int, Any] = {}
        try:
            for packet in container.demux(streams):
                index = packet.stream.index
                before = waiting.pop(index, None)
                try:
                    if before is not None and index in cues:
                        _take(cues[index], before, texts[index], until=packet.pts)
                except ValueError:
                    cues.pop(index)
                if packet.size > MAX_SAMPLE_BYTES:
                    cues.pop(index, None)
                elif packet.pts is not None and packet.size:
                    waiting[index] = packet
        except av.FFmpegError:  # it is cut: what came before counts
            return cues
    return cues


def _take(cues: Cues, packet: Any, reader: Reader, *, until: int | None) -> None:
    """Add what a sample says; the next one of the track begins at `until`."""
    length = packet.duration or max(0, (until or 0) - packet.pts)
    start_s, end_s = (float(at * packet.time_base) for at in (packet.pts, packet.pts + length))
    for (begin_s, stop_s), *said in reader(bytes(packet)):
        cues.add((max(begin_s, start_s), min(stop_s, end_s)), (said[0], said[1], said[2]))


def cues_of_sample(boxes: Any, sample: bytes) -> Iterator[Found]:
    """
    Yield each cue that is seen during a sample of WebVTT.

    Raises:
        ValueError: the bytes are not boxes.
    """
    for number, (name, content) in enumerate(boxes.boxes_in(sample)):
        if number >= MAX_BOXES:
            raise ValueError("there are too many boxes")
        if name == "vttc":
            parts = dict(boxes.boxes_in(content))
            said = [parts.get(part, b"").decode("utf-8", "replace") for part in ("iden", "sttg", "payl")]
            yield ALWAYS_S, parts.get("vsid", b"").hex() + said[0], " ".join(said[1].split()), said[2]


def webvtt(cues: Cues) -> str:
    """Return a WebVTT file."""
    blocks = ["WEBVTT"]
    for start_s, end_s, settings, text in sorted(cues.found, key=lambda cue: cue[0]):
        plain = "\n".join(line for line in text.replace("\0", "").splitlines() if line.strip())
        # What would end the cue, or begin another one.
        plain, placed = plain.replace("-->", "--&gt;"), settings.replace("-->", "")
        if end_s > 0 and plain:
            blocks.append(f"{clock(max(0.0, start_s))} --> {clock(end_s)} {placed}".rstrip() + f"\n{plain}")
    return "\n\n".join(blocks) + "\n"


def clock(at_s: float) -> str:
    """Return a time as WebVTT writes it."""
    seconds, milliseconds = divmod(round(1000 * at_s), 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{milliseconds:03d}"
