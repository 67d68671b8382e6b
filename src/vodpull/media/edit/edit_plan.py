"""
The plan of a clip or of a join, as a value: what is copied, what is encoded, and where everything lies. Pure.

All pictures lie on one grid. The picture of a clip that is copied begins with the keyframe before; sound is always
encoded anew, in one piece and to the sample, because packets of several files do not fit together at seams.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import accumulate, pairwise

from vodpull.errors import MediaUnsupported
from vodpull.media.edit.copy_obstacles import copy_obstacle
from vodpull.media.edit.edit_request import Container, EditOrder, EditSource
from vodpull.media.plan.cuts.chunk_lengths import Chunk
from vodpull.media.plan.cuts.frame_rate import SOUND_GRID_HZ, exact_rate, shown_rate
from vodpull.media.plan.cuts.seek_points import can_seek, seek_s
from vodpull.media.plan.cuts.segment_cuts import frames_per_segment, regular_cuts
from vodpull.media.plan.encode_plan import EncodePlan, plan_encode
from vodpull.media.plan.ladder import MAX_SIDE_PX, MIN_SIDE_PX, Ladder, Rung
from vodpull.media.plan.midway_changes import settled, shown_shapes
from vodpull.media.plan.template import SEGMENT_S, VideoRate
from vodpull.media.plan.template_toml import ABR

CHUNK_S = 60.0
"""What is lost at most when a process dies."""

# A little better than renditions are: a clip is a source of others.
CRF = 19
# Bits for each picture element and second that no encode needs.
MOST_BITS_PER_PX = 0.25
BUFFER_S = 2.0
SAMPLES_HZ = 48_000
"""Sound is cut and joined at this rate."""
FLV_RATE_HZ = 44_100
PICTURE_FILE = "picture.mp4"


@dataclass(frozen=True, kw_only=True)
class SourcePart:
    """What the result has of one source."""

    source: int
    first_frame: int
    """On the grid of the source."""
    frames: int
    at: int
    """Its first frame on the grid of the result."""
    plan: EncodePlan | None
    """How its picture is encoded; None: it is copied, or there is none."""

    @property
    def copied_from(self) -> int:
        """Return where frame 0 of a copy of the whole source lies on the grid of the result."""
        return self.at - self.first_frame


@dataclass(frozen=True, kw_only=True)
class EditPlan:
    """How a clip or a join is made; survives a round trip through JSON."""

    container: Container
    rate: Fraction
    """Frames per second of the grid."""
    size: tuple[int, int]
    """(0, 0): there is no picture."""
    copied: bool
    reason: str
    """Why its picture is copied or encoded, for people, in English."""
    parts: tuple[SourcePart, ...]
    cuts: tuple[int, ...]
    """Frames of the result with which segments begin, the first one is 0."""
    audio_bps: int
    sample_rate_hz: int
    has_sound: bool

    @property
    def frames_total(self) -> int:
        """Return the number of frames."""
        return sum(part.frames for part in self.parts)

    @property
    def duration_s(self) -> float:
        """Return how long it is."""
        return float(self.frames_total / self.rate)

    def samples(self, part: SourcePart) -> int:
        """Return how many samples of sound a part has: all together as many as the grid is long."""
        return round(Fraction(part.at + part.frames) * SAMPLES_HZ / self.rate) - round(
            Fraction(part.at) * SAMPLES_HZ / self.rate
        )


def rate_of(lead: EditSource, order: EditOrder) -> Fraction:
    """Return the grid of a result, by its first source."""
    video = settled(lead.info, lead.survey).video
    if video is None:
        return Fraction(int(SOUND_GRID_HZ))
    return exact_rate(order.frame_rate or shown_rate(video.nominal_frame_rate))


def plan_edit(sources: Sequence[EditSource], order: EditOrder) -> EditPlan:
    """
    Decide how a clip of one source or a join of several is made.

    Raises:
        MediaUnsupported: there is nothing in the section, or the picture is too small to encode.
    """
    lead = sources[0]
    rate = rate_of(lead, order)
    obstacle = _obstacle(sources, order)
    size = _size(lead, order)
    if obstacle:
        parts = tuple(_placed(_encoded(source, at, order, rate=rate, size=size) for at, source in enumerate(sources)))
        gop_frames = frames_per_segment(SEGMENT_S, rate)
        cuts = tuple(part.at + cut for part in parts for cut in regular_cuts(part.frames, gop_frames))
    else:
        parts = tuple(_placed(_copied(source, at, order, rate=rate) for at, source in enumerate(sources)))
        cuts = tuple(part.copied_from + cut for part in parts for cut in _keys(sources[part.source], part))
    return EditPlan(
        container=order.container,
        rate=rate,
        size=size,
        copied=not obstacle,
        reason=f"encoded: {obstacle}" if obstacle else "copied: nothing but a cut is asked for",
        parts=parts,
        cuts=cuts,
        audio_bps=order.audio_bps or ABR.audio.bitrate_bps,
        sample_rate_hz=order.sample_rate_hz or (FLV_RATE_HZ if order.container == "flv" else SAMPLES_HZ),
        has_sound=any(source.info.audio for source in sources),
    )


def _obstacle(sources: Sequence[EditSource], order: EditOrder) -> str:
    """Return why the picture is encoded; empty: it is copied."""
    own = (copy_obstacle(source, order, is_join=order.length_s is None) for source in sources)
    found = next(filter(None, own), "")
    if found:
        return found
    headers = {source.copyable.header if source.copyable else "" for source in sources}
    rates = {rate_of(source, order) for source in sources}
    return "the sources are not of one kind" if len(headers) > 1 or "" in headers or len(rates) > 1 else ""


def _placed(parts: Iterator[SourcePart]) -> list[SourcePart]:
    """Put parts one behind the other."""
    found = list(parts)
    places = accumulate((part.frames for part in found), initial=0)
    return [replace(part, at=at) for part, at in zip(found, places, strict=False)]


def _section(source: EditSource, order: EditOrder, rate: Fraction) -> tuple[int, int]:
    """Return the first frame of what is wanted of a source, and the one after the last."""
    total = max(1, round(source.info.duration_s * rate))
    if order.length_s is None:
        return 0, total
    first = round(Fraction(order.start_s) * rate)
    stop = min(total, round(Fraction(order.start_s + order.length_s) * rate))
    if stop <= first:
        raise MediaUnsupported(f"the video ends at {source.info.duration_s:.2f} s, before the section")
    return first, stop


def _copied(source: EditSource, number: int, order: EditOrder, *, rate: Fraction) -> SourcePart:
    first, stop = _section(source, order, rate)
    assert source.survey is not None  # noqa: S101 - there is no obstacle
    assert source.copyable is not None  # noqa: S101 - there is no obstacle
    first = max(group.first_frame for group in source.survey.groups if group.first_frame <= first)
    stop = min(stop, source.copyable.frames) if order.length_s is not None else source.copyable.frames
    if stop <= first:
        raise MediaUnsupported("there is no whole picture in the section")
    return SourcePart(source=number, first_frame=first, frames=stop - first, at=0, plan=None)


def _keys(source: EditSource, part: SourcePart) -> Iterator[int]:
    """Give keyframes of a source that segments begin with: those of the part, not too near each other."""
    assert source.survey is not None  # noqa: S101 - its picture is copied
    stop, last = part.first_frame + part.frames, -math.inf
    rate = source.survey.rate or (source.info.video.nominal_frame_rate if source.info.video else SOUND_GRID_HZ)
    for group in source.survey.groups:
        if part.first_frame <= group.first_frame < stop and group.first_frame - last >= SEGMENT_S / 2 * rate:
            last = group.first_frame
            yield group.first_frame


def _encoded(source: EditSource, number: int, order: EditOrder, *, rate: Fraction, size: tuple[int, int]) -> SourcePart:
    first, stop = _section(source, order, rate)
    plan = _picture_plan(source, order, rate=rate, size=size, frames=range(first, stop)) if size != (0, 0) else None
    return SourcePart(source=number, first_frame=first, frames=stop - first, at=0, plan=plan)


def _picture_plan(
    source: EditSource, order: EditOrder, *, rate: Fraction, size: tuple[int, int], frames: range
) -> EncodePlan:
    """Return how the picture of a source is fitted into a size, on a grid, in chunks of a minute."""
    info = settled(source.info, source.survey)
    if info.video is None:
        raise MediaUnsupported("a source has no moving picture")
    most_bps = order.video_bps or max(1_000_000, round(size[0] * size[1] * float(rate) * MOST_BITS_PER_PX))
    rung = Rung(
        clarity=1,
        name="FHD",
        width_px=size[0],
        height_px=size[1],
        frame_rate=float(rate),
        max_bitrate_bps=most_bps,
    )
    whole = plan_encode(source.info, Ladder(template=ABR, rungs=(rung,), decisions=()), survey=source.survey)
    wanted = VideoRate(
        crf=CRF, bitrate_bps=order.video_bps, max_bitrate_bps=most_bps, buffer_bits=round(BUFFER_S * most_bps)
    )
    # Beyond the last picture there is nothing to decode: the chunk that has it holds it as well.
    end_s = info.video.start_s - info.start_time_s + (info.video.duration_s or info.duration_s)
    last_start = int((end_s - SEGMENT_S) * rate) if can_seek(info, source.survey) else 0
    chunks = tuple(_chunks(frames, rate, last_start=last_start))
    shapes = shown_shapes(info.video, source.survey) or (
        (0.0, info.video.display_width_px / info.video.display_height_px),
    )
    fits = len(shapes) == 1 and _is_shape(shapes[0][1], size)
    gop_frames = frames_per_segment(SEGMENT_S, rate)
    return replace(
        whole,
        picture=replace(whole.picture, fit=() if fits else shapes),
        rungs=(replace(whole.rungs[0], file=PICTURE_FILE, rate=wanted),),
        sounds=(),
        gop_frames=gop_frames,
        cuts=tuple(range(frames.start, frames.stop, gop_frames)),
        chunks=chunks,
        seeks_s=tuple(
            seek_s(chunk, info, source.survey, rate=rate) if chunk.first_frame <= last_start else 0.0
            for chunk in chunks
        ),
    )


def _is_shape(aspect: float, size: tuple[int, int]) -> bool:
    """Tell whether a picture of this shape fills a frame, but for rounding to even sides."""
    return abs(size[1] * aspect - size[0]) <= max(2.0, 2.0 * aspect)


def _chunks(frames: range, rate: Fraction, *, last_start: int) -> Iterator[Chunk]:
    gop = frames_per_segment(SEGMENT_S, rate)
    step = gop * max(1, round(CHUNK_S * rate / gop))
    starts = [frames.start, *(at for at in range(frames.start + step, frames.stop, step) if at <= last_start)]
    for number, (first, after) in enumerate(pairwise([*starts, frames.stop])):
        yield Chunk(number=number, first_frame=first, frames=after - first)


def _size(lead: EditSource, order: EditOrder) -> tuple[int, int]:
    """Return the size of the result: even, as it was asked for or as the first source is shown."""
    video = settled(lead.info, lead.survey).video
    if video is None:
        return 0, 0
    width, height = order.size or (video.display_width_px, video.display_height_px)
    scale = min(1.0, MAX_SIDE_PX / max(width, height))
    size = 2 * round(width * scale / 2), 2 * round(height * scale / 2)
    if min(size) < MIN_SIDE_PX:
        raise MediaUnsupported(f"the picture is smaller than {MIN_SIDE_PX} pixels")
    return size
