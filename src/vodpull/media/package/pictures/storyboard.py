"""The plan of a storyboard: which keyframes become small pictures, where each lies, and the WebVTT index. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from vodpull.media.encode.filters import JPEG_OUT
from vodpull.media.package.playlists.hls import Segment
from vodpull.media.plan.ladder import Rung

# A seek bar has room for no more, and a long film stays at eight sheets.
MAX_PICTURES = 200
# A sheet is small enough to be there before a finger has moved on.
COLUMNS = 5
ROWS = 5
LONG_SIDE_PX = 160
SHEET_PATTERN = "%03d.jpg"
HEADER = "WEBVTT"

_TIME = r"(\d{2,4}):([0-5]\d):([0-5]\d\.\d{3})"
_CUE = re.compile(rf"{_TIME} --> {_TIME}\n([0-9A-Za-z_/.-]+)#xywh=(\d+),(\d+),(\d+),(\d+)")


@dataclass(frozen=True, kw_only=True)
class StoryboardCue:
    """One stretch of time, and the picture that stands for it."""

    start_s: float
    end_s: float
    uri: str
    """Sheet, relative to the index."""
    x_px: int
    """Distance from the left side of the sheet."""
    y_px: int
    """Distance from the top of the sheet."""
    width_px: int
    height_px: int


@dataclass(frozen=True, kw_only=True)
class Storyboard:
    """Everything that the FFmpeg command and the index of one storyboard say."""

    folder: str
    """Folder of the sheets, relative to the index."""
    columns: int
    """Pictures in a row of a sheet."""
    rows: int
    width_px: int
    """Width of one picture."""
    height_px: int
    """Height of one picture."""
    cues: tuple[StoryboardCue, ...]
    """In the order of time, without gaps; one for each picture."""

    @property
    def sheets(self) -> tuple[str, ...]:
        """Names of the sheets, relative to the index."""
        return tuple(dict.fromkeys(cue.uri for cue in self.cues))


def plan_storyboard(segments: Sequence[Segment], rung: Rung, *, folder: str) -> Storyboard:
    """
    Return the storyboard of a rendition whose segments each begin with their only keyframe.

    A picture stands for one segment, or for several when there are more segments than pictures.
    """
    step = storyboard_step(len(segments))
    groups = [segments[first : first + step] for first in range(0, len(segments), step)]
    # A single sheet has no empty rows, a short one no empty columns.
    columns = min(COLUMNS, len(groups))
    rows = min(ROWS, -(-len(groups) // columns))
    width, height = _thumbnail(rung)
    cues, now_s = [], 0.0
    for number, group in enumerate(groups):
        sheet, place = divmod(number, columns * rows)
        end_s = now_s + sum(segment.duration_s for segment in group)
        cue = partial(StoryboardCue, start_s=now_s, end_s=end_s, uri=f"{folder}/{SHEET_PATTERN % (sheet + 1)}")
        cues.append(cue(x_px=place % columns * width, y_px=place // columns * height, width_px=width, height_px=height))
        now_s = end_s
    return Storyboard(folder=folder, columns=columns, rows=rows, width_px=width, height_px=height, cues=tuple(cues))


def storyboard_step(segments: int) -> int:
    """Return of how many segments one becomes a picture."""
    return -(-segments // MAX_PICTURES)


def _thumbnail(rung: Rung) -> tuple[int, int]:
    """Return width and height of one picture: even, as 4:2:0 wants it, and never enlarged."""
    scale = min(1.0, LONG_SIDE_PX / max(rung.width_px, rung.height_px))
    return max(2, 2 * round(rung.width_px * scale / 2)), max(2, 2 * round(rung.height_px * scale / 2))


def sheet_filters(storyboard: Storyboard) -> str:
    """Return the filters that turn the pictures of a storyboard into its sheets."""
    picture = f"zscale=w={storyboard.width_px}:h={storyboard.height_px}:f=bicubic:{JPEG_OUT},format=yuvj420p"
    return f"{picture},tile={storyboard.columns}x{storyboard.rows}"


def storyboard_index(cues: Sequence[StoryboardCue]) -> str:
    """Return the WebVTT text that says which picture stands for which time."""
    blocks = [HEADER]
    for cue in cues:
        place = f"{cue.x_px},{cue.y_px},{cue.width_px},{cue.height_px}"
        blocks.append(f"{_clock(cue.start_s)} --> {_clock(cue.end_s)}\n{cue.uri}#xywh={place}")
    return "\n\n".join([*blocks, ""])


def _clock(time_s: float) -> str:
    total_ms = round(time_s * 1000)
    minutes, ms = divmod(total_ms, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{ms // 1000:02d}.{ms % 1000:03d}"


def read_storyboard(text: str) -> tuple[StoryboardCue, ...]:
    """
    Return the cues of an index in the one form that `storyboard_index` writes.

    Raises:
        ValueError: the text has another form.
    """
    header, *blocks, end = text.split("\n\n")
    if header != HEADER or end:
        raise ValueError("not a whole WebVTT file")
    return tuple(_cue(block) for block in blocks)


def _cue(block: str) -> StoryboardCue:
    found = _CUE.fullmatch(block)
    if not found:
        raise ValueError("not a cue with a picture")
    hours, minutes, seconds, end_hours, end_minutes, end_seconds, uri, *place = found.groups()
    x, y, width, height = map(int, place)
    return StoryboardCue(
        start_s=_seconds(hours, minutes, seconds),
        end_s=_seconds(end_hours, end_minutes, end_seconds),
        uri=uri,
        x_px=x,
        y_px=y,
        width_px=width,
        height_px=height,
    )


def _seconds(hours: str, minutes: str, seconds: str) -> float:
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
