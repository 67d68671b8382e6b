"""What a clip or a join is to be, and what its sources are; what becomes of each part: `edit_plan.py`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vodpull.media.inspect.ask_survey import Survey
from vodpull.media.inspect.media_info import MediaInfo

Container = Literal["mp4", "flv", "m3u8"]


@dataclass(frozen=True, kw_only=True)
class EditOrder:
    """What somebody wants to have made."""

    container: Container = "mp4"
    start_s: float = 0.0
    """Of a clip."""
    length_s: float | None = None
    """Of a clip; None: a join of all that there is."""
    exact: bool = True
    """Encode, so that it begins with the very picture; else copy where that can be done."""
    size: tuple[int, int] | None = None
    """Width and height; None: those of the first source."""
    frame_rate: float | None = None
    video_bps: int | None = None
    audio_bps: int | None = None
    sample_rate_hz: int | None = None

    @property
    def may_copy(self) -> bool:
        """Return True when nothing is asked for that only an encode gives."""
        return not self.exact and not any((self.size, self.frame_rate, self.video_bps))


@dataclass(frozen=True, kw_only=True)
class Copyable:
    """What a copy of the picture of a source would be."""

    header: str
    """Tells whether two of them can be one track."""
    frames: int
    """So many pictures from the start on, up to where it can be ended."""


@dataclass(frozen=True, kw_only=True)
class EditSource:
    """One source, as measured."""

    info: MediaInfo
    survey: Survey | None = None
    """None: it has no picture."""
    copyable: Copyable | None = None
    """None: nobody has copied it, as that would not help."""


@dataclass(frozen=True, kw_only=True)
class EditInput:
    """One source, and where it is."""

    source: EditSource
    path: Path
