"""What is really in the segments of one HLS rendition: a confined child counts, this side checks the answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from vodpull.errors import OutputInvalid
from vodpull.media import hardening
from vodpull.media.assembly import INIT_FILE, SEGMENT_PATTERN
from vodpull.media.ffmpeg import copy_limits
from vodpull.media.probe import ask_pyav
from vodpull.media.sandbox import Toolbox


@dataclass(frozen=True, kw_only=True)
class Track:
    """What was counted of one stream of a rendition."""

    kind: str
    codec: str
    width_px: int
    height_px: int
    config: str
    packets: int
    keyframes_s: tuple[float, ...]
    """Timestamps of the keyframes; empty for sound."""
    corrupt: int
    start_s: float
    end_s: float
    widest_gap_s: float
    last_dts_s: float | None


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The answer of the measuring child."""

    tracks: tuple[Track, ...]
    undecodable: int


_MEASURED = TypeAdapter(Measured)


async def measure(folder: Path, segments: int, *, toolbox: Toolbox, init: str = INIT_FILE) -> Measured:
    """
    Return what is in the first segments of a rendition; the first and the last one are decoded.

    Without segments, `init` is a whole file, of which nothing is decoded.

    Raises:
        OutputInvalid: they cannot be read.
        EncodeFailed: the child crashed on them.
    """
    orders = {
        "options": hardening.format_options(),
        "init": init,
        "segment": SEGMENT_PATTERN,
        "segments": segments,
    }
    own = (folder / init).stat().st_size
    size = own + sum((folder / (SEGMENT_PATTERN % number)).stat().st_size for number in range(1, segments + 1))
    answer = await ask_pyav("measurer.py", orders, ("rendition", folder), toolbox=toolbox, limits=copy_limits(size))
    try:
        return _MEASURED.validate_python(answer)
    except ValidationError as error:
        raise OutputInvalid(f"the segments of {folder.name} cannot be read") from error
