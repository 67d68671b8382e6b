"""Choosing the renditions of one source: which definitions it reaches, and how large each picture becomes. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from vodpull.errors import MediaUnsupported, NoVideo
from vodpull.media.conform import rung_obstacle
from vodpull.media.info import MediaInfo, VideoStream
from vodpull.media.survey import Survey

# Beyond it, more frames cost bits and processor time that no viewer of a web player notices.
MAX_FRAME_RATE = 60.0
# One macroblock: encoders and players disagree about anything smaller.
MIN_SIDE_PX = 16
# H.264 decoders stop at 8K; only very flat pictures come near it.
MAX_SIDE_PX = 8192


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A named picture size: one possible rung."""

    clarity: int
    """Number on the wire: 2 to 5."""
    name: str
    """`LD`, `SD`, `HD` or `FHD`."""
    short_side_px: int
    """Height of a landscape picture, width of a portrait one."""
    max_bitrate_bps: int
    """Ceiling of the video bitrate."""


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One rendition to be made."""

    clarity: int
    name: str
    width_px: int
    height_px: int
    frame_rate: float
    """Constant frames per second of the rendition."""
    max_bitrate_bps: int
    copied: bool = False
    """It is the picture of the source as it is; only the best rung can be."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Why a definition became a rung or not."""

    clarity: int
    name: str
    chosen: bool
    reason: str
    """For people, in English."""
    max_bitrate_bps: int
    """Ceiling of the definition's video bitrate."""


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """The plan of the renditions of one source."""

    rungs: tuple[Rung, ...]
    """Best first, at least one."""
    decisions: tuple[Decision, ...]
    """One for each definition, best first."""


ABR = (
    Definition(clarity=2, name="LD", short_side_px=360, max_bitrate_bps=800_000),
    Definition(clarity=3, name="SD", short_side_px=480, max_bitrate_bps=1_400_000),
    Definition(clarity=4, name="HD", short_side_px=720, max_bitrate_bps=2_800_000),
    Definition(clarity=5, name="FHD", short_side_px=1080, max_bitrate_bps=5_000_000),
)


def plan_ladder(
    info: MediaInfo, *, definitions: tuple[Definition, ...] = ABR, survey: Survey | None = None, copy: bool = True
) -> Ladder:
    """
    Choose the rungs worth having for one probed source, best first, with a reason for each definition.

    A definition becomes a rung when the short side of the picture as shown reaches it: never upscaled, the same for
    landscape and portrait. A source below all of them gets the smallest one at its own size. Sizes are even. With a
    survey and `copy`, the best rung is the source itself where that is as good as an encode.

    Raises:
        NoVideo: the source has no moving picture.
        MediaUnsupported: the picture is too small to encode.
    """
    video = info.video
    if video is None:
        raise NoVideo("the file has no moving picture")
    short = min(video.display_width_px, video.display_height_px)
    if short < MIN_SIDE_PX:
        raise MediaUnsupported(f"the picture is smaller than {MIN_SIDE_PX} pixels")
    ordered = sorted(definitions, key=lambda definition: definition.short_side_px)
    reached = [definition for definition in ordered if definition.short_side_px <= short] or ordered[:1]
    best_first = ordered[::-1]
    ladder = Ladder(
        rungs=tuple(_rung(definition, video) for definition in best_first if definition in reached),
        decisions=tuple(_decision(definition, video, chosen=definition in reached) for definition in best_first),
    )
    return _with_copy(ladder, info, survey) if survey and copy else ladder


def _with_copy(ladder: Ladder, info: MediaInfo, survey: Survey) -> Ladder:
    """Return the ladder with the source as its best rung, or with the reason why that must be encoded."""
    best, video = ladder.rungs[0], info.video
    assert video is not None  # noqa: S101 - there is a ladder
    size = (best.width_px, best.height_px)
    obstacle = rung_obstacle(info, video, survey, size=size, max_bitrate_bps=best.max_bitrate_bps)
    if best.frame_rate != video.nominal_frame_rate:
        obstacle = f"{video.nominal_frame_rate:.0f} frames a second are too many"
    reason = f"encoded: {obstacle}" if obstacle else "copied: the source is already what this rendition would be"
    decisions = tuple(
        replace(decision, reason=f"{decision.reason}; {reason}") if decision.name == best.name else decision
        for decision in ladder.decisions
    )
    return Ladder(rungs=(replace(best, copied=obstacle is None), *ladder.rungs[1:]), decisions=decisions)


def _rung(definition: Definition, video: VideoStream) -> Rung:
    width, height = video.display_width_px, video.display_height_px
    scale = min(1.0, definition.short_side_px / min(width, height), MAX_SIDE_PX / max(width, height))
    return Rung(
        clarity=definition.clarity,
        name=definition.name,
        width_px=_even(width, scale),
        height_px=_even(height, scale),
        frame_rate=capped_rate(video.nominal_frame_rate),
        max_bitrate_bps=definition.max_bitrate_bps,
    )


def _even(side_px: int, scale: float) -> int:
    """Return the nearest even size (4:2:0 pictures have no others), but never more than the source has."""
    return max(min(2 * round(side_px * scale / 2), side_px - side_px % 2), 2)


def capped_rate(rate: float) -> float:
    """Return the rate divided by the smallest whole number that brings it to 60 or below: even steps, no judder."""
    # 59.94 and 60.02 both count as 60.
    return rate / max(1, math.ceil(rate / (1.001 * MAX_FRAME_RATE)))


def _decision(definition: Definition, video: VideoStream, *, chosen: bool) -> Decision:
    size = f"{video.display_width_px}x{video.display_height_px}"
    short = min(video.display_width_px, video.display_height_px)
    if not chosen:
        reason = f"the source is {size}: its short side is below {definition.short_side_px}, and nothing is enlarged"
    elif short < definition.short_side_px:
        reason = f"the source is {size}, smaller than every definition: kept at its own size"
    else:
        reason = f"the source is {size}: its short side reaches {definition.short_side_px}"
    return Decision(
        clarity=definition.clarity,
        name=definition.name,
        chosen=chosen,
        reason=reason,
        max_bitrate_bps=definition.max_bitrate_bps,
    )
