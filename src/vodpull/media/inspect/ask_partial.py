"""How much of a file that is still coming can be worked on: from its beginning, without what is not here yet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vodpull.errors import MediaError
from vodpull.media.inspect.ask_probe import probe_orders, typed_info
from vodpull.media.inspect.media_info import MediaInfo
from vodpull.media.inspect.run_child import ask_pyav
from vodpull.media.mp4 import boxes
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.limits import RunLimits
from vodpull.media.tools.sandbox import Toolbox

# An index, or the last megabytes, are read; a busy machine may take its time.
LIMITS = RunLimits(wall_s=60, cpu_s=30, address_space_bytes=8 * 1024**3, file_size_bytes=0)

Spans = Sequence[tuple[int, int]]
"""Bytes of a file that are here, as half-open spans in order."""


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What is known of a file that is not all here."""

    info: MediaInfo
    """What `probe` will say of the whole; with `stop_bytes`, what it would say of a file that ended there."""
    stop_bytes: int | None
    """Where all ends that `info` speaks of; None: the file tells how long it is, and this is all of it."""

    @property
    def likely_s(self) -> float:
        """How long the whole is likely to be at least: what is not here has at most twice the bitrate."""
        times = self.info.size_bytes / self.stop_bytes if self.stop_bytes else 1.0
        return self.info.duration_s * (1 + max(0.0, times - 1) / 2)


async def reach(path: Path, spans: Spans, *, toolbox: Toolbox) -> float:
    """
    Return for how many seconds from its beginning the picture can be decoded with the bytes that are here.

    Counted from the first picture, with room for the pictures that a decoder reads ahead. `math.inf`: every picture is
    here (an MP4 tells). 0: not enough yet, a layout that does not allow it (AVI, for example), or no media. Cheap,
    also for large files: of MP4 and MOV the index is read, wherever it stands; of fragmented MP4, MPEG-TS, Matroska
    and FLV the beginning and the last megabytes of the first span.
    """
    if not spans or spans[0][0] > 0:
        return 0.0
    try:
        answer = await ask_pyav("partial_reach", _orders(spans), ("source", path), toolbox=toolbox, limits=LIMITS)
    except MediaError:
        return 0.0
    found = answer.get("reach_s", 0.0)
    return math.inf if found is None else max(0.0, float(found))


async def probe_part(path: Path, spans: Spans, *, size_bytes: int | None, toolbox: Toolbox) -> Forecast | None:
    """
    Measure a file of which only these spans are here; None as long as that needs more.

    Needs the first 600 pictures (20 s at 30 a second), or all of a shorter MP4. Of MP4 and MOV, whose `size_bytes` must
    be known, it is what `probe` will say of the whole file. Fragmented MP4, MPEG-TS, Matroska and FLV are measured as
    if they ended with the first span, some pictures early: what they say of their length is missing, or not exact.
    Whether the file is cut, or is any use at all, is for `probe` to say in the end.
    """
    if not spans or spans[0][0] > 0:
        return None
    orders = _orders(spans) | {"size": size_bytes, "probe": probe_orders(toolbox)}
    try:
        answer = await ask_pyav(
            "partial_probe", orders, ("source", path), toolbox=toolbox, limits=LIMITS, shared=(boxes,)
        )
        info = typed_info(answer["info"]) if answer.get("info") else None
    except MediaError:
        return None
    stop = answer.get("stop")
    return None if info is None else Forecast(info=info, stop_bytes=None if stop is None else int(stop))


def _orders(spans: Spans) -> dict[str, object]:
    return {"spans": list(spans), "options": ffmpeg_options.format_options()}
