"""Reading text that comes in segments of WebVTT, as HLS has them, into one track; `writing.py` makes ours. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from vodpull.captions.cues import Cue, CueList, check_crowd, shifted
from vodpull.captions.encodings import decoded
from vodpull.captions.limits import MAX_CUES
from vodpull.captions.reading import read_track
from vodpull.errors import CaptionInvalid

_HEAD = re.compile(r"[^\n]*\n(?:[^\n]+\n)*")
_MAP = re.compile(r"X-TIMESTAMP-MAP=([^\n]{1,200})")
_MPEGTS = re.compile(r"MPEGTS:([0-9]{1,15})")
_LOCAL = re.compile(r"LOCAL:(?:([0-9]{1,4}):)?([0-9]{1,2}):([0-9]{1,2})\.([0-9]{3})")
_TICKS_PER_MS = 90
# The clock of MPEG has 33 bits.
_TURN_MS = round(2**33 / _TICKS_PER_MS)


def read_segments(segments: Iterable[bytes], *, zero_s: float) -> CueList:
    """
    Return the cues of segments of WebVTT by the times of the film; one that is in several of them comes once.

    `zero_s`: the time of the media, by the clock that X-TIMESTAMP-MAP speaks of, at which the film begins. Segments
    that say nothing of it have the times of the film.

    Raises:
        CaptionInvalid: one cannot be read, or together they have too many cues.
    """
    cues: dict[tuple[int, int, str, str], Cue] = {}
    left_out = 0
    for number, data in enumerate(segments, start=1):
        text = decoded(data)
        by_ms = _later_ms(text, round(1000 * zero_s))
        if "-->" not in text:
            continue
        try:
            track = shifted(read_track(text.encode()), by_ms)
        except CaptionInvalid as error:
            raise CaptionInvalid(f"segment {number}: {error}") from error
        left_out += track.left_out
        for cue in track.cues:
            cues.setdefault((cue.start_ms, cue.end_ms, cue.text, cue.settings), replace(cue, line=0))
        if len(cues) > MAX_CUES:
            raise CaptionInvalid(f"there are more than {MAX_CUES} cues")
    kept = sorted(cues.values(), key=lambda cue: cue.start_ms)
    check_crowd(kept)
    return CueList(cues=tuple(kept), left_out=left_out)


def _later_ms(text: str, zero_ms: int) -> int:
    """Return by how much the cues of a segment are later in the film than they say."""
    head = _HEAD.match(text)
    found = _MAP.search(head[0]) if head else None
    ticks, local = (form.search(found[1]) if found else None for form in (_MPEGTS, _LOCAL))
    if ticks is None or local is None:
        return 0
    hours, minutes, seconds, milliseconds = (int(part or 0) for part in local.groups())
    local_ms = ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds
    later_ms = int(ticks[1]) // _TICKS_PER_MS - local_ms - zero_ms
    # Either clock may have turned over since the other began.
    return later_ms - _TURN_MS * round(later_ms / _TURN_MS)
