"""Whether a clip or a join is what was asked for: its file is measured, and decoded beside its sources."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vodpull.errors import MediaError, OutputInvalid
from vodpull.media.edit.assemble import SEGMENTS
from vodpull.media.edit.edit_plan import EditPlan, SourcePart
from vodpull.media.edit.edit_request import EditInput, EditSource
from vodpull.media.inspect.ask_probe import probe
from vodpull.media.inspect.ask_survey import survey
from vodpull.media.inspect.media_info import MediaInfo
from vodpull.media.segment_names import INIT_FILE, SEGMENT_PATTERN
from vodpull.media.tolerances import IN_STEP_S
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.sandbox import Toolbox
from vodpull.media.verify.compare import ComparisonAnswer, ask_proof
from vodpull.media.verify.compared_instants import AROUND, HALF_LISTENED_S
from vodpull.media.verify.content_verdict import wrongs

# Between the ends of each part something is compared at least so often, and no more than there is time for.
SPREAD_S, MAX_BETWEEN = 60.0, 10
# Clocks of 1000 ticks a second, twice.
ROUNDING_S = 0.002


async def check_edit(result: Path, plan: EditPlan, inputs: Sequence[EditInput], *, toolbox: Toolbox) -> MediaInfo:
    """
    Return what was measured of a result, after comparing it with its plan and what it shows and plays with its sources.

    Beside `result` are its fragments.

    Raises:
        OutputInvalid: it is not what was planned.
        EncodeFailed, EncodeStalled: a child crashed, or took too long.
    """
    try:
        info = await probe(result, toolbox=toolbox)
    except MediaError as error:
        raise OutputInvalid(f"the result cannot be read: {error}") from error
    await _check_times(result, info, plan, toolbox=toolbox)
    for part in plan.parts:
        compared = inputs[part.source]
        await _compare(result.parent, compare_orders(plan, part, compared.source), compared, toolbox=toolbox)
    return info


async def _check_times(result: Path, info: MediaInfo, plan: EditPlan, *, toolbox: Toolbox) -> None:
    frame_s = float(1 / plan.rate)
    has_picture = plan.size != (0, 0)
    if (info.video is not None, bool(info.audio)) != (has_picture, plan.has_sound):
        raise OutputInvalid("the result lacks its picture or its sound")
    # The last packet of sound is filled up.
    slack_s = frame_s + ROUNDING_S + (1024 / plan.sample_rate_hz if plan.has_sound else 0.0)
    if abs(info.duration_s - plan.duration_s) > slack_s:
        raise OutputInvalid(f"the result has {info.duration_s:.3f} s instead of {plan.duration_s:.3f}")
    if info.video is None:
        return
    if (info.video.display_width_px, info.video.display_height_px) != plan.size:
        raise OutputInvalid(f"the picture is {info.video.display_width_px}x{info.video.display_height_px}")
    found = await survey(result, info, toolbox=toolbox)
    if found.frames != plan.frames_total or found.damaged:
        raise OutputInvalid(f"the result has {found.frames} pictures instead of {plan.frames_total}")
    begins_s = [found.start_s, *(max(sound.start_s, 0.0) for sound in found.sounds)]
    if max(begins_s) - min(begins_s) > IN_STEP_S:
        raise OutputInvalid("picture and sound of the result begin apart")


def part_instants(plan: EditPlan, part: SourcePart) -> list[float]:
    """Return where a part is compared with its source, in the time of the result: ends and a spread between. Pure."""
    last = max(part.frames - 1 - AROUND, 0)
    steps = min(max(2, int(part.frames / plan.rate / SPREAD_S)), MAX_BETWEEN)
    frames = {min(AROUND, last), last, *(last * step // steps for step in range(1, steps))}
    return sorted(float((part.at + frame) / plan.rate) for frame in frames)


async def _compare(folder: Path, orders: Mapping[str, Any], compared: EditInput, *, toolbox: Toolbox) -> None:
    size_bytes = compared.source.info.size_bytes
    answer = await ask_proof(folder, compared.path, orders, size_bytes=size_bytes, toolbox=toolbox)
    findings = [*_seen_wrong(orders, answer), *_heard_wrong(orders, answer)]
    if findings:
        raise OutputInvalid("; ".join(findings[:3]))


def compare_orders(plan: EditPlan, part: SourcePart, source: EditSource) -> dict[str, Any]:
    """Return what a child compares of a part. Pure."""
    info = source.info
    zero_s = info.start_time_s if info.zero_s is None else info.zero_s
    instants = part_instants(plan, part)
    first_s, length_s = float(part.at / plan.rate), float(part.frames / plan.rate)
    # Only where a stretch lies inside of its part: beside it, another source is heard.
    listens = [first_s + length_s / 2] if info.audio and length_s >= 2 * HALF_LISTENED_S else []
    return {
        "options": ffmpeg_options.format_options(),
        "segment": SEGMENT_PATTERN,
        # The instant of the source that is 0 in the result.
        "zero_s": zero_s + float(part.first_frame / plan.rate) - first_s,
        "frame_s": float(1 / plan.rate),
        "frames": plan.frames_total,
        "video": info.video.index if info.video else -1,
        "shapes": _shapes(plan, part),
        "watermark": None,
        "text": None,
        "seen": False,
        "renditions": [{"folder": SEGMENTS, "init": INIT_FILE, "mark": None}] if info.video else [],
        "sounds": [{"folder": SEGMENTS, "init": INIT_FILE, "stream": info.audio[0].index}] if info.audio else [],
        "sights": [_instant(plan, at_s, AROUND + 0.5) for at_s in instants] if info.video else [],
        "listens": [_instant(plan, at_s, HALF_LISTENED_S * plan.rate) for at_s in listens],
        "count": False,
        "subjects": [],
    }


def _shapes(plan: EditPlan, part: SourcePart) -> list[tuple[float, float]]:
    """Return when each shape of the source begins, in the time of the result."""
    if part.plan is None:
        return []
    shift_s = float(part.copied_from / plan.rate)
    return [(start_s + shift_s, aspect) for start_s, aspect in part.plan.picture.fit]


def _instant(plan: EditPlan, at_s: float, around: Any) -> dict[str, Any]:
    at = at_s * plan.rate
    first, last = bisect.bisect_right(plan.cuts, at - around), bisect.bisect_left(plan.cuts, at + around)
    return {"at_s": at_s, "segments": list(range(max(first, 1), last + 1))}


def _seen_wrong(orders: Mapping[str, Any], answer: ComparisonAnswer) -> list[str]:
    found = zip(orders["sights"], wrongs(answer.sights), strict=True)
    return [f"at {instant['at_s']:.2f} s: {wrong}" for instant, row in found for wrong in row if wrong]


def _heard_wrong(orders: Mapping[str, Any], answer: ComparisonAnswer) -> list[str]:
    found = zip(orders["listens"], answer.listens, strict=True)
    return [f"sound at {instant['at_s']:.2f} s: {one.wrong}" for instant, row in found for one in row if one.wrong]
