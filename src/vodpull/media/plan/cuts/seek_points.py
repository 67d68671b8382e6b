"""Where decoding begins for a chunk that is not the first: whether a place is found again, and which. Pure."""

from __future__ import annotations

from fractions import Fraction

from vodpull.media.inspect.ask_survey import Survey
from vodpull.media.inspect.media_info import MP4, MediaInfo
from vodpull.media.plan.cuts.chunk_lengths import Chunk

SEEKABLE = frozenset({MP4, "matroska,webm"})
"""Containers in which FFmpeg finds the keyframe before any time."""
SEARCHABLE = frozenset({"mpegts", "flv"})
"""Containers in which it finds a place whose time is known."""
# Decoding begins so much earlier than a chunk, so that filters know what came before; a container's index goes by
# decoding time, which may be ahead of the picture by a few frames.
RUN_UP_S = 1.0
# What is slower to reach than to encode again: a chunk would decode all of it in vain.
MAX_GROUP_S = 30.0


def can_seek(info: MediaInfo, survey: Survey | None) -> bool:
    """Tell whether any place of the source can be found again, exactly and without decoding most of it."""
    if survey is None:
        return info.container in SEEKABLE
    starts_s = [group.start_s for group in survey.groups]
    if not starts_s:
        return False
    ends_s = [*starts_s[1:], info.duration_s]
    widest_s = max(end - start for start, end in zip(starts_s, ends_s, strict=True))
    # Jumps of time confuse a search; an index knows them.
    sure = info.container in SEEKABLE or (info.container in SEARCHABLE and survey.steady)
    return sure and widest_s <= MAX_GROUP_S


def seek_s(chunk: Chunk, info: MediaInfo, survey: Survey | None, *, rate: Fraction) -> float:
    """Return where to begin, so that the picture that is shown at the start of a chunk is decoded, and decoded well."""
    start_s = float(chunk.first_frame / rate) - RUN_UP_S
    if start_s <= 0:
        return 0.0
    if info.container in SEEKABLE and not (survey and survey.false_keys):
        return start_s
    if info.container in SEEKABLE:
        # Just behind a keyframe that is one: its index knows others, too.
        sure = [group.start_s for group in survey.groups if group.start_s <= start_s] if survey else []
        return sure[-1] + float(1 / rate / 4) if sure and sure[-1] else 0.0
    # Between the keyframe and the packet before it: a search that goes by decoding time ends at one of both.
    known = [group.decode_s for group in survey.groups if group.start_s <= start_s] if survey else []
    return max(known[-1] - float(1 / rate / 2), 0.0) if known else 0.0
