"""Measuring a media file: a confined child looks into it, this side checks the answer and gives it types."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from vodpull.errors import (
    EncodeFailed,
    MediaError,
    MediaTooLarge,
    MediaTruncated,
    MediaUnsupported,
    NotMedia,
)
from vodpull.media.inspect.media_info import MediaInfo, TrackInfo
from vodpull.media.inspect.run_child import ask_pyav
from vodpull.media.mp4 import boxes
from vodpull.media.mp4.codec_names import codec_string
from vodpull.media.source_limits import MAX_PIXELS, MAX_SOUNDS, MAX_STREAMS, MAX_TEXTS
from vodpull.media.tolerances import COMPLETE_SHARE
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.accepted import KINDS, titles
from vodpull.media.tools.sandbox import Toolbox

REFUSALS: dict[str, type[MediaError]] = {
    known.code: known for known in (MediaTooLarge, MediaTruncated, MediaUnsupported, NotMedia)
}
_INFO = TypeAdapter(MediaInfo)


async def probe(
    path: Path, *, toolbox: Toolbox, original: Path | None = None, shift_s: float | None = None
) -> MediaInfo:
    """
    Measure one file; its name is never trusted, and nothing but this file can be read meanwhile.

    A file without moving picture (sound only, a still picture) is an answer with `video` None, not an error. `original`
    is what the file was written anew from: its tracks are told, since not all of them are in what was written, and its
    texts are read there. `shift_s` is how much later all that was written is; None: not all of it by the same.

    Raises:
        NotMedia: the bytes are no media at all.
        MediaTruncated: the file ends before its own index or header says so.
        MediaUnsupported: container or codec are not among those that are decoded.
        MediaTooLarge: too many pixels or streams.
        EncodeFailed: the decoder crashed on it.
        EncodeStalled: it took too long.
    """
    answer = await ask_pyav("probe", probe_orders(toolbox), ("source", path), toolbox=toolbox, shared=(boxes,))
    if "error" in answer:
        refusal = REFUSALS.get(str(answer["error"]), MediaUnsupported)
        message = str(answer.get("message", "the file cannot be used"))[:300]
        raise refusal(message + _instead(answer.get("kind"), toolbox))
    info = typed_info(answer)
    if original is None or original == path:
        return info
    with suppress(MediaError):
        whole = await probe(original, toolbox=toolbox)
        if shift_s is None:
            return replace(info, tracks=tuple(map(_by_another_clock, whole.tracks)))
        return replace(info, tracks=whole.tracks, texts=whole.texts, texts_zero_s=info.texts_zero_s - shift_s)
    return info


def _by_another_clock(track: TrackInfo) -> TrackInfo:
    """Return a track of a file whose clock jumps: nobody can tell when its texts are seen in what was written."""
    is_text = track.kind == "subtitle" and track.used
    return replace(track, used=False, reason="other_clock") if is_text else track


def _instead(kind: object, toolbox: Toolbox) -> str:
    """Return what is taken where something of a kind is not."""
    for known in KINDS:
        if kind == known:
            return f"; taken are {titles(known, boxed=toolbox.sandbox == 'bwrap')}"
    return ""


def probe_orders(toolbox: Toolbox) -> dict[str, Any]:
    """Return what the probe may open and decode."""
    boxed = toolbox.sandbox == "bwrap"
    return {
        "options": ffmpeg_options.format_options(),
        "decoders": ffmpeg_options.decoders(boxed=boxed),
        "max_pixels": MAX_PIXELS,
        "max_streams": MAX_STREAMS,
        "max_sounds": MAX_SOUNDS,
        "max_texts": MAX_TEXTS,
        "complete_share": COMPLETE_SHARE,
    }


def typed_info(answer: dict[str, Any]) -> MediaInfo:
    """Check the shape of the answer: the child met hostile bytes, so nothing of it is taken on trust."""
    try:
        for stream in (*answer["audio"], *((answer["video"],) if answer["video"] else ())):
            stream["codec_string"] = codec_string(stream["codec"], stream.pop("config"))
        info = _INFO.validate_json(json.dumps(answer), strict=True)
    except (ValidationError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise EncodeFailed("the probe's answer makes no sense") from error
    return replace(info, texts_zero_s=info.start_time_s if info.zero_s is None else info.zero_s)
