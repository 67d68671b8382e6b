"""What is to be cut or joined, from the parameters of a call. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vodpull.api.cloudvod.library import refusals
from vodpull.api.cloudvod.library.refusals import Refusal, Refused
from vodpull.api.cloudvod.library.videos.requests import VIDEO_ID, id_text, parse_video_id
from vodpull.api.cloudvod.parameters import Parameters, flag_of, number_of, text_of
from vodpull.errors import ParameterError
from vodpull.jobs.submission.pull_request_limits import MAX_TRANS_NO_CHARS
from vodpull.videos.field_lengths import MAX_NAME_CHARS
from vodpull.workflows.requests.clips_and_joins import MAX_JOINED

MAX_SECONDS = 10**9
MAX_SIDE_PX = 7680
CLIP_SUFFIXES = ("flv", "mp4")
JOIN_SUFFIXES = ("flv", "mp4", "m3u8")
DEFAULT_SUFFIX = "flv"

SAMPLING_RATES_HZ: Mapping[int, int] = {
    rate: rate for rate in (8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000)
} | {12050: 12000}
"""What the documentation allows, and what it means."""

FLV_RATES_HZ = frozenset({44100, 22050, 11025})

_RESOLUTION = re.compile(r"(?P<width>[0-9]{1,5})[xX*](?P<height>[0-9]{1,5})")


@dataclass(frozen=True, kw_only=True)
class ClipRequest:
    """What `videoClip` cuts."""

    video_id: str
    trans_no: str
    name: str
    notify_url: str
    order: Mapping[str, Any]
    """In the words of an edit's order."""


@dataclass(frozen=True, kw_only=True)
class JoinRequest:
    """What `videoConcat` joins."""

    video_ids: Sequence[str]
    trans_no: str
    name: str
    notify_url: str
    order: Mapping[str, Any]
    """In the words of an edit's order."""
    directory: str


def parse_clip(parameters: Parameters) -> ClipRequest:
    """
    Return what `videoClip` cuts (spec cloud-vod-videos §7).

    Raises:
        ParameterError: the section, the name or the suffix cannot be one; `field` names it.
        Refused: what has a documented code of its own.
    """
    trans_no, video_id = parse_trans_no(parameters), parse_video_id(parameters)
    start_s = number_of(parameters, "seekStart", default=-1, allowed=range(MAX_SECONDS))
    length_s = number_of(parameters, "duration", default=-1, allowed=range(1, MAX_SECONDS))
    if start_s < 0 or length_s < 0:
        missing = "seekStart" if start_s < 0 else "duration"
        raise ParameterError(f"{missing} is missing", field=missing)
    suffix = _suffix(parameters, CLIP_SUFFIXES)
    form = {
        "size": _size(parameters),
        "frame_rate": _limited(parameters, "frameRate", range(1, 121), refusal=refusals.FRAME_RATE),
        "video_bps": _kilo(_limited(parameters, "videoBitRate", range(1, 100_001), refusal=refusals.VIDEO_BIT_RATE)),
        "audio_bps": _kilo(_limited(parameters, "audioBitRate", range(8, 513), refusal=refusals.AUDIO_BIT_RATE)),
        "sample_rate_hz": _sampling_rate(parameters, suffix),
    }
    # Anything that a copy does not have means an encode, which can be exact as well.
    exact = flag_of(parameters, "enableVideoTranscode", default=False) or any(value for value in form.values())
    return ClipRequest(
        video_id=video_id,
        trans_no=trans_no,
        name=_name(parameters, suffix),
        notify_url=text_of(parameters.get("notifyUrl"), "notifyUrl"),
        order={"container": suffix, "start_s": start_s, "length_s": length_s, "exact": exact, **form},
    )


def parse_join(parameters: Parameters) -> JoinRequest:
    """
    Return what `videoConcat` joins (spec cloud-vod-videos §7).

    Raises:
        ParameterError: the name or the suffix cannot be one; `field` names it.
        Refused: what has a documented code of its own.
    """
    trans_no = parse_trans_no(parameters)
    video_ids = _joined(id_text(parameters, "videoIds", refusals.JOINED_IDS_FORM).strip())
    suffix = _suffix(parameters, JOIN_SUFFIXES)
    return JoinRequest(
        video_ids=video_ids,
        trans_no=trans_no,
        name=_name(parameters, suffix),
        notify_url=text_of(parameters.get("notifyUrl"), "notifyUrl"),
        order={"container": suffix, "exact": False},
        directory=text_of(parameters.get("dirId"), "dirId").strip(),
    )


def parse_trans_no(parameters: Parameters) -> str:
    """
    Return the client's own id of a task.

    Raises:
        Refused: there is none, or it is too long.
    """
    trans_no = id_text(parameters, "transNo", refusals.TRANS_NO)
    if not trans_no or len(trans_no) > MAX_TRANS_NO_CHARS:
        raise Refused(refusals.TRANS_NO)
    return trans_no


def _joined(text: str) -> Sequence[str]:
    if not text:
        raise Refused(refusals.NO_JOINED_IDS)
    ids = [part.strip().lower() for part in text.split(",")]
    if not all(ids):
        raise Refused(refusals.JOINED_IDS_COMMAS)
    if not all(VIDEO_ID.fullmatch(video_id) for video_id in ids):
        raise Refused(refusals.JOINED_IDS_FORM)
    if len(ids) > MAX_JOINED:
        raise Refused(refusals.TOO_MANY_JOINED)
    if len(ids) == 1:
        raise Refused(refusals.ONE_JOINED)
    if len(set(ids)) < len(ids):
        raise Refused(refusals.JOINED_TWICE)
    return ids


def _name(parameters: Parameters, suffix: str) -> str:
    """Return the name of the result; a suffix that it has itself is dropped."""
    name = text_of(parameters.get("filename"), "filename").strip()
    stem, dot, own = name.rpartition(".")
    if dot and stem and own.lower() in {suffix, *JOIN_SUFFIXES}:
        name = stem
    if not name:
        raise ParameterError("filename is missing", field="filename")
    if len(name) > MAX_NAME_CHARS:
        raise Refused(refusals.NAME_TOO_LONG)
    return name


def _suffix(parameters: Parameters, known: Sequence[str]) -> str:
    suffix = text_of(parameters.get("suffix"), "suffix").strip().lower().removeprefix(".") or DEFAULT_SUFFIX
    if suffix not in known:
        raise ParameterError(f"suffix is none of {', '.join(known)}", field="suffix")
    return suffix


def _size(parameters: Parameters) -> tuple[int, int] | None:
    text = id_text(parameters, "resolution", refusals.RESOLUTION).strip()
    if not text:
        return None
    found = _RESOLUTION.fullmatch(text)
    sides = (int(found["width"]), int(found["height"])) if found else (0, 0)
    if not all(16 <= side <= MAX_SIDE_PX and side % 2 == 0 for side in sides):  # noqa: PLR2004 - a macroblock
        raise Refused(refusals.RESOLUTION)
    return sides


def _limited(parameters: Parameters, field: str, allowed: range, *, refusal: Refusal) -> int | None:
    try:
        return number_of(parameters, field, default=0, allowed=allowed) or None
    except ParameterError as error:
        raise Refused(refusal) from error


def _kilo(value: int | None) -> int | None:
    return None if value is None else 1000 * value


def _sampling_rate(parameters: Parameters, suffix: str) -> int | None:
    field = "tassamplingRatekId" if "tassamplingRatekId" in parameters else "samplingRate"
    asked = _limited(parameters, field, range(1, 10**6), refusal=refusals.SAMPLING_RATE)
    if asked is None:
        return None
    if asked not in SAMPLING_RATES_HZ or (suffix == "flv" and asked not in FLV_RATES_HZ):
        raise Refused(refusals.SAMPLING_RATE)
    return SAMPLING_RATES_HZ[asked]
