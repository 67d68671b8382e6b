"""
Looking at a film and at what was made of it: both are decoded anew around chosen instants, and compared.

Nothing of the encode is taken on trust here: a confined child reads the source and the finished segments by itself, in
another library than the encoder's, turns both into what a viewer sees and hears, and says how alike they are. What is
measured of the segments comes out of the same decoding.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from vodpull.errors import EncodeFailed
from vodpull.media.inspect.ask_segments import Measured, SegmentSet, measure, subject_orders, typed
from vodpull.media.inspect.media_info import MediaInfo
from vodpull.media.inspect.run_child import ask_pyav
from vodpull.media.package.package import Package
from vodpull.media.package.playlists.presentation import Track
from vodpull.media.package.track_layout import PackagedRendition
from vodpull.media.plan.burnt_in.watermark_place import Watermark, place_watermark
from vodpull.media.plan.encode_plan import EncodePlan
from vodpull.media.plan.ladder import Rung
from vodpull.media.segment_names import INIT_FILE, SEGMENT_PATTERN
from vodpull.media.tolerances import IN_STEP_S
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.limits import RunLimits, copy_limits
from vodpull.media.tools.sandbox import Toolbox
from vodpull.media.verify import likeness, sound_likeness
from vodpull.media.verify.compared_instants import (
    AROUND,
    picture_instants,
    segments_around,
    segments_heard,
    sound_instants,
)
from vodpull.media.verify.drawn_texts import draw_texts
from vodpull.media.verify.likeness import SightLikeness
from vodpull.media.verify.sound_likeness import SoundLikeness

# What fits into one order, which is an argument.
INSTANTS_AT_ONCE = 500
# Decoding 8K from far back, several times over.
INSTANT_S = 60.0
# A film of more of them is measured by itself: what one child answers has its limit.
SEGMENTS_TOGETHER = 2000


@dataclass(frozen=True, kw_only=True)
class SoundTold:
    """What became of the samples of one sound track of the source."""

    published: int
    dropped: Mapping[str, int]
    """How many are not heard, by reason."""
    wrong: str = ""
    """What of the whole of it differs, in English; empty: nothing."""


@dataclass(frozen=True, kw_only=True)
class Accounting:
    """What became of the pictures and of the sounds of the source."""

    published: int
    dropped: Mapping[str, int]
    """How many pictures are not shown, by reason."""
    sounds: tuple[SoundTold, ...] = ()
    """In the order of the plan."""


@dataclass(frozen=True, kw_only=True)
class ComparedSight(SightLikeness):
    """What was found of one rendition at one instant."""

    pictures: int
    seen: bool


@dataclass(frozen=True, kw_only=True)
class SeenInstant:
    """What was found at one instant, of each rendition."""

    found: tuple[ComparedSight, ...]
    source: str
    """Fingerprint in hex; empty: the source could not be decoded."""

    @property
    def cells(self) -> bytes:
        """The fingerprint of the source."""
        return bytes.fromhex(self.source)


@dataclass(frozen=True, kw_only=True)
class ComparisonAnswer:
    """What the child answered."""

    sights: tuple[SeenInstant, ...]
    listens: tuple[tuple[SoundLikeness, ...], ...]
    account: Accounting | None
    subjects: tuple[Any, ...] = ()
    """What was measured, as the other child tells it."""


_ANSWER = TypeAdapter(ComparisonAnswer)


@dataclass(frozen=True, kw_only=True)
class Original:
    """The source, as it was fetched and measured."""

    path: Path
    info: MediaInfo
    seen: Path | None = None
    """Folder with what was seen of it ahead; None: nothing was."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One output, and the source that it was made from."""

    original: Original
    out_folder: Path
    package: Package
    plan: EncodePlan


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What was found at all instants of a film."""

    subject: Subject
    sights_s: tuple[float, ...]
    sights: tuple[SeenInstant, ...]
    listens_s: tuple[float, ...]
    listens: tuple[tuple[SoundLikeness, ...], ...]
    account: Accounting | None


async def compare_content(
    subject: Subject, measuring: Mapping[str, SegmentSet], *, toolbox: Toolbox
) -> tuple[Compared, dict[str, Measured]]:
    """
    Compare pictures and sound of a package with its source, and measure its segments; return what was found.

    Raises:
        OutputInvalid: what is to be measured cannot be read.
        EncodeFailed: the child crashed.
        EncodeStalled: it took too long.
    """
    sights_s, listens_s = picture_instants(subject.plan), sound_instants(subject.plan)
    together = sum(each.segments for each in measuring.values()) <= SEGMENTS_TOGETHER
    measured = {} if together else await measure(subject.out_folder, measuring, toolbox=toolbox)
    answers = []
    for first in range(0, max(1, len(sights_s)), INSTANTS_AT_ONCE):
        orders = {
            **_orders(subject),
            "sights": [_sight(subject, at_s) for at_s in sights_s[first : first + INSTANTS_AT_ONCE]],
            "listens": [] if first else [_listen(subject, at_s) for at_s in listens_s],
            "count": not first,
            "subjects": subject_orders(measuring.values()) if together and not first else [],
        }
        answers.append(await _ask(subject, orders, toolbox=toolbox))
    compared = Compared(
        subject=subject,
        sights_s=sights_s,
        sights=tuple(sight for answer in answers for sight in answer.sights),
        listens_s=listens_s,
        listens=answers[0].listens,
        account=answers[0].account,
    )
    return compared, measured or typed(measuring, answers[0].subjects)


def _orders(subject: Subject) -> dict[str, Any]:
    plan, package, mark = subject.plan, subject.package, subject.plan.watermark
    return {
        **source_orders(plan, subject.original.info),
        "segment": SEGMENT_PATTERN,
        "frames": plan.frames_total,
        "shapes": plan.picture.fit,
        "seen": subject.original.seen is not None,
        "watermark": mark and {"kind": mark.still.kind, "opacity": mark.opacity},
        "text": None,
        "renditions": [
            {"folder": placed.folder, "init": INIT_FILE, "mark": mark and _shares(mark, placed.rung)}
            for placed in seen(subject)
        ],
        "sounds": [
            {"folder": track.folder, "init": track.init, "segments": len(package.lengths_s(track)), "stream": index}
            for track, index in _heard(subject)
        ],
    }


def source_orders(plan: EncodePlan, info: MediaInfo) -> dict[str, Any]:
    """Return by what a child finds in a source what a plan shows of it."""
    return {
        "options": ffmpeg_options.format_options(),
        "zero_s": info.start_time_s if info.zero_s is None else info.zero_s,
        "frame_s": float(1 / plan.rate),
        "video": None if plan.sound_only else plan.picture.stream_index,
    }


def _heard(subject: Subject) -> list[tuple[Track, int]]:
    """Return each track with sound, and the stream of the source that is in it."""
    package, sounds = subject.package, subject.plan.sounds
    inside = [track for placed in _ends(package) for track in package.played(placed) if track.channels]
    heard = {track.id: (track, sounds[0].index) for track in inside}
    alone = ((track, track.source_index) for track in package.tracks)
    return list({**heard, **{track.id: (track, index) for track, index in alone if index is not None}}.values())


def _shares(mark: Watermark, rung: Rung) -> tuple[float, ...]:
    place = place_watermark(mark, (rung.width_px, rung.height_px))
    across, down = (place.left_px, place.width_px), (place.top_px, place.height_px)
    (left, width), (top, height) = [at / rung.width_px for at in across], [at / rung.height_px for at in down]
    return left, top, width, height


def seen(subject: Subject) -> tuple[PackagedRendition, ...]:
    """Return the renditions whose pictures are compared, in order."""
    return () if subject.plan.sound_only else compared(subject.package)


def compared(package: Package) -> tuple[PackagedRendition, ...]:
    """Return the renditions whose pictures are compared: the largest of each codec, the lowest, and copied ones."""
    best = {placed.rung.codec: placed for placed in package.renditions}
    chosen = [*best.values(), package.renditions[0], *(placed for placed in package.renditions if placed.rung.copied)]
    return tuple(dict.fromkeys(chosen))


def _ends(package: Package) -> tuple[PackagedRendition, ...]:
    return tuple(dict.fromkeys((package.renditions[0], package.renditions[-1])))


def _sight(subject: Subject, at_s: float) -> dict[str, Any]:
    """Return an instant at which pictures are compared."""
    return {"at_s": at_s, "segments": segments_around(subject.plan, at_s)}


def _listen(subject: Subject, at_s: float) -> dict[str, Any]:
    """Return an instant at which sound is compared."""
    return {"at_s": at_s, "segments": segments_heard(subject.plan, at_s)}


async def _ask(subject: Subject, orders: Mapping[str, Any], *, toolbox: Toolbox) -> ComparisonAnswer:
    original, mark = subject.original, subject.plan.watermark
    with tempfile.TemporaryDirectory() as place:
        more = [("watermark", await asyncio.to_thread(_still, mark, Path(place)))] if mark else []
        if subject.plan.text and orders["sights"]:
            (Path(place) / "text").mkdir()
            numbers = _looked_at(subject.plan, orders)
            frames = await draw_texts(subject.plan, numbers, Path(place) / "text", toolbox=toolbox)
            more.append(("text", frames.path))
            orders = {**orders, "text": frames.order}
        if original.seen:
            more.append(("seen", original.seen))
        return await ask_proof(
            subject.out_folder,
            original.path,
            orders,
            more=more,
            size_bytes=original.info.size_bytes,
            toolbox=toolbox,
        )


def _looked_at(plan: EncodePlan, orders: Mapping[str, Any]) -> list[int]:
    """Return the frames that the child looks at."""
    middles = (round(sight["at_s"] * plan.rate) for sight in orders["sights"])
    near = {at for middle in middles for at in range(middle - AROUND, middle + AROUND + 1)}
    return sorted(at for at in near if 0 <= at < plan.frames_total)


async def ask_proof(
    folder: Path,
    source: Path,
    orders: Mapping[str, Any],
    *,
    size_bytes: int,
    toolbox: Toolbox,
    more: Sequence[tuple[str, Path]] = (),
) -> ComparisonAnswer:
    """
    Compare fragments in a folder with a source of so many bytes; `orders` are those of the child, but for `in_step_s`.

    `more`: what of that they say there is, in the child's order.

    Raises:
        EncodeFailed: the child crashed.
        EncodeStalled: it took too long.
    """
    copying = copy_limits(size_bytes)
    limits = RunLimits(wall_s=copying.wall_s + INSTANT_S * (len(orders["sights"]) + 1), file_size_bytes=0)
    answer = await ask_pyav(
        "source_comparison",
        {**orders, "in_step_s": IN_STEP_S},
        ("renditions", folder),
        ("source", source),
        *more,
        toolbox=toolbox,
        limits=limits,
        shared=(likeness, sound_likeness),
    )
    try:
        return await asyncio.to_thread(_ANSWER.validate_python, answer)
    except ValidationError as error:
        raise EncodeFailed("the comparison with the source gave no answer") from error


def _still(mark: Watermark, folder: Path) -> Path:
    path = folder / mark.still.name
    path.write_bytes(mark.still.content)
    return path
