"""Text tracks: read in any of their forms, made plain, written as WebVTT; no network, database or object store."""

from vodpull.captions.burnt_in_script import DrawnText, drawn_text
from vodpull.captions.cues import Cue, CueList, kept_within, shifted
from vodpull.captions.languages import (
    FOR_DEAF,
    SPOKEN_ON_THE_WIRE,
    is_for_deaf,
    language_name,
    language_tag,
    public_tag,
)
from vodpull.captions.limits import MAX_BYTES, MAX_CUES
from vodpull.captions.multivariant import TextRendition, tie
from vodpull.captions.reading import read_track
from vodpull.captions.reading_segments import read_segments
from vodpull.captions.writing import PLAYLIST, WHOLE, WrittenTrack, write_track

__all__ = [
    "FOR_DEAF",
    "MAX_BYTES",
    "MAX_CUES",
    "PLAYLIST",
    "SPOKEN_ON_THE_WIRE",
    "WHOLE",
    "Cue",
    "CueList",
    "DrawnText",
    "TextRendition",
    "WrittenTrack",
    "drawn_text",
    "is_for_deaf",
    "kept_within",
    "language_name",
    "language_tag",
    "public_tag",
    "read_segments",
    "read_track",
    "shifted",
    "tie",
    "write_track",
]
