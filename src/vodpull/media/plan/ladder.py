"""Choosing the renditions of one source: which definitions it reaches, and how large each picture becomes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from vodpull.errors import MediaUnsupported
from vodpull.media.inspect.ask_survey import Survey
from vodpull.media.inspect.media_info import MediaInfo, VideoStream
from vodpull.media.plan.bitrate_ceilings import lowered_bps, worth_bps
from vodpull.media.plan.burnt_in.burnt_text import BurntText
from vodpull.media.plan.copy_rules import COPIED_CODECS, lasting_obstacle, may_be_copied, rung_obstacle
from vodpull.media.plan.cuts.frame_rate import MIN_FRAME_RATE, SOUND_GRID_HZ, shown_rate
from vodpull.media.plan.midway_changes import settled
from vodpull.media.plan.required_tracks import check_picture
from vodpull.media.plan.template import Definition, DefinitionName, Template, VideoCodec
from vodpull.media.plan.template_toml import ABR

# A rendition with more of the next larger one's pixels is the same picture twice.
NEAR = 0.93
# How much taller than the definition below a rendition at the source's own height is.
OWN_HEIGHT_STEP = 1.05
# One macroblock: encoders and players disagree about anything smaller.
MIN_SIDE_PX = 16
# H.264 decoders stop at 8K; only very flat pictures come near it.
MAX_SIDE_PX = 8192


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One rendition to be made."""

    clarity: int
    name: DefinitionName
    width_px: int
    """0: there is no picture, the rendition is sound."""
    height_px: int
    frame_rate: float
    """Constant frames per second of the rendition."""
    max_bitrate_bps: int
    codec: VideoCodec = "h264"
    copied: bool = False
    """It is the picture of the source as it is; only the best rung of its codec can be."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Why a definition became a rung or not."""

    clarity: int
    name: DefinitionName
    chosen: bool
    reason: str
    """For people, in English."""
    max_bitrate_bps: int
    """Ceiling of the definition's video bitrate."""
    codecs: tuple[VideoCodec, ...]
    """Codecs that it is made in, best first; empty when it is not chosen."""


@dataclass(frozen=True, kw_only=True)
class Ladder:
    """The plan of the renditions of one source."""

    template: Template
    """The recipe that it follows."""
    rungs: tuple[Rung, ...]
    """Largest first, of each size the better codec first; at least one."""
    decisions: tuple[Decision, ...]
    """One for each definition, best first."""
    text: BurntText | None = None
    """What is drawn into every picture."""


def plan_ladder(
    info: MediaInfo, *, template: Template = ABR, survey: Survey | None = None, text: BurntText | None = None
) -> Ladder:
    """
    Choose the rungs worth having for one probed source, best first, with a reason for each definition.

    A definition becomes a rung when the short side of the picture as shown reaches it: never upscaled, the same for
    landscape and portrait. A source below all of them gets the smallest one at its own size, with `own_height` one
    between two of them the upper one, too, and the fallback codec always has a rung. Sizes are even. With a survey, a
    rung is the source itself where that is as good as an encode, unless something is burnt into it.

    Raises:
        NoVideo: the source has no moving picture, and the template does not take sound alone.
        MediaUnsupported: the picture is too small to encode.
    """
    info = settled(info, survey)
    video = info.video
    if video is None:
        return _sound_ladder(info, template)
    short = min(video.display_width_px, video.display_height_px)
    if short < MIN_SIDE_PX:
        raise MediaUnsupported(f"the picture is smaller than {MIN_SIDE_PX} pixels")
    reached = _reached(template, short)
    rungs = tuple(
        _rung(size, video, codec=codec, ceiling_bps=template.rate(codec, size.name).max_bitrate_bps)
        for size in reversed(template.sizes)
        for codec in template.video
        if size in _made(template, codec, reached)
    )
    ladder = Ladder(
        template=template,
        rungs=rungs,
        decisions=tuple(_decision(size, video, rungs) for size in reversed(template.sizes)),
        text=text,
    )
    if survey and template.copy:
        ladder = _with_copy(ladder, info, survey)
    return _lowered(_without_near(ladder), video)


def _sound_ladder(info: MediaInfo, template: Template) -> Ladder:
    """Return the one rendition of a file without a picture: it takes the lowest place."""
    check_picture(info, template)
    assert template.fallback  # noqa: S101 - checked just now
    lowest = template.sizes[0]
    rung = Rung(
        clarity=lowest.clarity,
        name=lowest.name,
        width_px=0,
        height_px=0,
        frame_rate=SOUND_GRID_HZ,
        max_bitrate_bps=template.audio.bitrate_bps,
        codec=template.fallback,
    )
    decisions = tuple(
        Decision(
            clarity=size.clarity,
            name=size.name,
            chosen=size == lowest,
            reason="the file has no moving picture: " + ("its sound alone" if size == lowest else "no other rendition"),
            max_bitrate_bps=rung.max_bitrate_bps if size == lowest else size.max_bitrate_bps,
            codecs=(),
        )
        for size in reversed(template.sizes)
    )
    return Ladder(template=template, rungs=(rung,), decisions=decisions)


def _reached(template: Template, short_px: int) -> list[Definition]:
    """Return the definitions of a source, lowest first: those that it reaches, but at least the lowest."""
    reached = [size for size in template.sizes if size.short_side_px <= short_px]
    above = template.sizes[len(reached) :]
    # A few lines more than the definition below would only be the same picture twice.
    own = template.own_height and reached and short_px >= OWN_HEIGHT_STEP * reached[-1].short_side_px
    return [*reached, *above[:1]] if own or not reached else reached


def foresees_copy(info: MediaInfo, ladder: Ladder, *, survey: Survey | None = None) -> bool:
    """Tell whether a rung may turn out to be the source itself, once all its packets are known."""
    best = _best_like_source(ladder, info.video)
    if best is None or info.video is None or best.codec != info.video.codec or not ladder.template.copies:
        return False
    size, segment_s = (best.width_px, best.height_px), ladder.template.segment_s
    if survey and lasting_obstacle(info.video, survey, size=size, segment_s=segment_s):
        return False
    ceiling_bps = ladder.template.rate(best.codec, best.name).max_bitrate_bps
    return may_be_copied(info, size=size, max_bitrate_bps=ceiling_bps)


def _best_like_source(ladder: Ladder, video: VideoStream | None) -> Rung | None:
    """Return the rung that the source itself could be; of a source that could be none, the one of the first codec."""
    ours = [rung for rung in ladder.rungs if rung.codec in COPIED_CODECS and rung.height_px]
    like = (rung for rung in ours if video is not None and rung.codec == video.codec)
    return next(like, next((rung for rung in ours if rung.codec == "h264"), None))


def _made(template: Template, codec: VideoCodec, reached: Sequence[Definition]) -> list[Definition]:
    """Return the definitions of a codec: those that the source reaches, but at least one of the fallback codec."""
    made = [size for size in reached if template.makes(codec, size.name)]
    if made or codec != template.fallback:
        return made
    return [size for size in template.sizes if template.makes(codec, size.name)][:1]


def _with_copy(ladder: Ladder, info: MediaInfo, survey: Survey) -> Ladder:
    """Return the ladder with the source as its best rung, or with the reason why that must be encoded."""
    best, video = _best_like_source(ladder, info.video), info.video
    if best is None:
        return ladder
    assert video is not None  # noqa: S101 - there is a ladder
    obstacle = rung_obstacle(
        info,
        video,
        survey,
        size=(best.width_px, best.height_px),
        max_bitrate_bps=best.max_bitrate_bps,
        segment_s=ladder.template.segment_s,
    )
    if ladder.template.watermark or ladder.text:
        obstacle = "it gets a watermark" if ladder.template.watermark else "text is burnt in"
    elif video.codec != best.codec:
        obstacle = f"the picture is {video.codec}"
    elif best.frame_rate != video.nominal_frame_rate:
        few = video.nominal_frame_rate < MIN_FRAME_RATE
        obstacle = f"{video.nominal_frame_rate:.3g} frames a second are too {'few' if few else 'many'}"
    reason = f"encoded: {obstacle}" if obstacle else "copied: the source is already what this rendition would be"
    decisions = tuple(
        replace(decision, reason=f"{decision.reason}; {reason}") if decision.name == best.name else decision
        for decision in ladder.decisions
    )
    copied = replace(best, copied=obstacle is None)
    return replace(ladder, rungs=tuple(copied if rung == best else rung for rung in ladder.rungs), decisions=decisions)


def _without_near(ladder: Ladder) -> Ladder:
    """Return the ladder without rungs that are hardly smaller than the next one of their codec."""
    kept: dict[VideoCodec, Rung] = {}
    near: dict[Rung, Rung] = {}
    for rung in ladder.rungs:
        larger = kept.get(rung.codec)
        if larger and rung.width_px * rung.height_px >= NEAR * larger.width_px * larger.height_px:
            near[rung] = larger
        else:
            kept[rung.codec] = rung
    decisions = tuple(_without(decision, near) for decision in ladder.decisions)
    return replace(ladder, rungs=tuple(rung for rung in ladder.rungs if rung not in near), decisions=decisions)


def _without(decision: Decision, near: Mapping[Rung, Rung]) -> Decision:
    left_out = [(rung, larger) for rung, larger in near.items() if rung.name == decision.name]
    if not left_out:
        return decision
    codecs = tuple(codec for codec in decision.codecs if codec not in {rung.codec for rung, _ in left_out})
    rung, larger = left_out[0]
    reason = f"{rung.width_px}x{rung.height_px} is hardly smaller than {larger.name}"
    return replace(decision, chosen=bool(codecs), codecs=codecs, reason=f"{decision.reason}; left out: {reason}")


def _lowered(ladder: Ladder, video: VideoStream) -> Ladder:
    """Return the ladder with ceilings that the source is worth, none above that of the next larger rung."""
    most: dict[VideoCodec, int] = {}
    rungs = []
    for rung in ladder.rungs:
        worth = worth_bps(video, codec=rung.codec, size=(rung.width_px, rung.height_px))
        ceiling = rung.max_bitrate_bps if rung.copied else lowered_bps(rung.max_bitrate_bps, worth)
        ceiling = min(ceiling, most.get(rung.codec, ceiling))
        rungs.append(replace(rung, max_bitrate_bps=ceiling))
        most[rung.codec] = min(ceiling, video.busiest_bps or ceiling) if rung.copied else ceiling
    ceilings = {(rung.name, rung.codec): rung.max_bitrate_bps for rung in rungs}
    decisions = tuple(
        _with_ceiling(decision, ceilings[decision.name, decision.codecs[-1]], video) if decision.codecs else decision
        for decision in ladder.decisions
    )
    return replace(ladder, rungs=tuple(rungs), decisions=decisions)


def _with_ceiling(decision: Decision, ceiling_bps: int, video: VideoStream) -> Decision:
    """Return a decision with the ceiling of its last codec."""
    if ceiling_bps >= decision.max_bitrate_bps:
        return decision
    reason = f"at most {ceiling_bps / 1e6:.2g} Mbit/s"
    if video.busiest_bps:
        reason += f", as the source has {video.busiest_bps / 1e6:.2g}"
    return replace(decision, max_bitrate_bps=ceiling_bps, reason=f"{decision.reason}; {reason}")


def _rung(definition: Definition, video: VideoStream, *, codec: VideoCodec, ceiling_bps: int) -> Rung:
    width, height = video.display_width_px, video.display_height_px
    scale = min(1.0, definition.short_side_px / min(width, height), MAX_SIDE_PX / max(width, height))
    return Rung(
        clarity=definition.clarity,
        name=definition.name,
        width_px=_even(width, scale),
        height_px=_even(height, scale),
        frame_rate=shown_rate(video.nominal_frame_rate),
        max_bitrate_bps=ceiling_bps,
        codec=codec,
    )


def _even(side_px: int, scale: float) -> int:
    """Return the nearest even size (4:2:0 pictures have no others), but never more than the source has."""
    return max(min(2 * round(side_px * scale / 2), side_px - side_px % 2), 2)


def _decision(definition: Definition, video: VideoStream, rungs: Sequence[Rung]) -> Decision:
    size = f"{video.display_width_px}x{video.display_height_px}"
    short = min(video.display_width_px, video.display_height_px)
    made = [rung for rung in rungs if rung.name == definition.name]
    if short >= definition.short_side_px:
        reason = f"the source is {size}: its short side reaches {definition.short_side_px}"
    elif made and len({rung.name for rung in rungs}) > 1:
        reason = f"the source is {size}: its own height, below {definition.short_side_px}"
    elif made:
        reason = f"the source is {size}, smaller than every definition: kept at its own size"
    else:
        reason = f"the source is {size}: its short side is below {definition.short_side_px}, and nothing is enlarged"
    return Decision(
        clarity=definition.clarity,
        name=definition.name,
        chosen=bool(made),
        reason=reason,
        # Of the fallback codec, where it has one.
        max_bitrate_bps=made[-1].max_bitrate_bps if made else definition.max_bitrate_bps,
        codecs=tuple(rung.codec for rung in made),
    )
