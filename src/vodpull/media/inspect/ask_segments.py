"""What is really in the segments of HLS renditions: a confined child counts, this side checks the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from vodpull.errors import OutputInvalid
from vodpull.media.inspect.run_child import ask_pyav
from vodpull.media.segment_names import INIT_FILE, SEGMENT_PATTERN
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.limits import copy_limits
from vodpull.media.tools.sandbox import Toolbox

# A child tells of each keyframe, and its answer may have a megabyte: so much of a film of many hours at a time.
SEGMENTS_AT_ONCE = 20_000


@dataclass(frozen=True, kw_only=True)
class CountedTrack:
    """What was counted of one stream of a rendition."""

    kind: str
    codec: str
    width_px: int
    height_px: int
    packets: int
    keyframes_s: tuple[float, ...]
    """Timestamps of the keyframes; empty for sound."""
    corrupt: int
    start_s: float
    end_s: float
    widest_gap_s: float


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What was counted of one rendition."""

    tracks: tuple[CountedTrack, ...]
    undecodable: int


@dataclass(frozen=True, kw_only=True)
class SegmentSet:
    """What is to be measured as one: an init segment and the media segments beside it."""

    folder: str
    """Relative to the output folder."""
    segments: int
    """So many of the first ones; 0: `init` is a whole file, of which nothing is decoded."""
    init: str = INIT_FILE
    strict: bool = True
    """Count pictures that the decoder had to mend; in what is copied from a source, they are the source's own."""


_MEASURED = TypeAdapter(Measured)


async def measure(out_folder: Path, subjects: Mapping[str, SegmentSet], *, toolbox: Toolbox) -> dict[str, Measured]:
    """
    Return what is in each subject, under its name; of all with segments the first and the last one are decoded.

    Raises:
        OutputInvalid: one of them cannot be read.
        EncodeFailed: the child crashed on them.
    """
    names = list(subjects)
    at_once = max(1, SEGMENTS_AT_ONCE // max(1, *(subject.segments for subject in subjects.values())))
    measured: dict[str, Measured] = {}
    for first in range(0, len(names), at_once):
        asked = {name: subjects[name] for name in names[first : first + at_once]}
        measured |= typed(asked, await _ask(out_folder, list(asked.values()), toolbox=toolbox))
    return measured


def subject_orders(subjects: Iterable[SegmentSet]) -> list[dict[str, Any]]:
    """Return what a child is told of subjects."""
    return [asdict(subject) for subject in subjects]


def typed(subjects: Iterable[str], answers: object) -> dict[str, Measured]:
    """
    Check what a child answered of subjects.

    Raises:
        OutputInvalid: one of them cannot be read.
    """
    names = list(subjects)
    if not isinstance(answers, Sequence) or len(answers) != len(names):
        raise OutputInvalid("the renditions cannot be measured")
    return {name: _typed(name, answer) for name, answer in zip(names, answers, strict=True)}


async def _ask(out_folder: Path, subjects: Sequence[SegmentSet], *, toolbox: Toolbox) -> object:
    orders = {
        "options": ffmpeg_options.format_options(),
        "segment": SEGMENT_PATTERN,
        "subjects": subject_orders(subjects),
    }
    limits = copy_limits(await asyncio.to_thread(_size_bytes, out_folder, subjects))
    answer = await ask_pyav("segments", orders, ("renditions", out_folder), toolbox=toolbox, limits=limits)
    return answer.get("subjects")


def _size_bytes(out_folder: Path, subjects: Sequence[SegmentSet]) -> int:
    files = (
        out_folder / subject.folder / name
        for subject in subjects
        for name in (subject.init, *(SEGMENT_PATTERN % number for number in range(1, subject.segments + 1)))
    )
    return sum(path.stat().st_size for path in files)


def _typed(name: str, answer: object) -> Measured:
    try:
        return _MEASURED.validate_python(answer)
    except ValidationError as error:
        raise OutputInvalid(f"the segments of {name} cannot be read") from error
