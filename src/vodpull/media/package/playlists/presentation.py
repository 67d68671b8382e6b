"""
What one video presents: its tracks, and which of them go together. Pure.

Every playlist of a new video is written from this one value (`all_playlists.py`), and it is kept as JSON beside them.
When the texts of a finished video change, only its MPD is written from it again, `with_texts` in place of those that it
had (`workflows/attempt/captions/mpd_captions.py`); into its multivariant playlist they go by
`captions/multivariant.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pydantic import TypeAdapter

from vodpull.errors import InternalError
from vodpull.media.inspect.media_info import SoundRole
from vodpull.media.segment_names import INIT_FILE, SEGMENT_PATTERN

TrackKind = Literal["picture", "sound", "text"]
Role = SoundRole | Literal["caption"]
"""Of sound, or text that has sounds in words, for who cannot hear them: `caption`."""

SOUNDS, SURROUND, TEXTS = "sound", "surround", "text"
"""Names of the groups of which a player takes one track each."""


@dataclass(frozen=True, kw_only=True)
class Keyframes:
    """One picture of each segment, by which players show where they are while somebody seeks."""

    playlist: str
    """I-frame playlist."""
    ranges: tuple[tuple[int, int], ...]
    """Of each segment how many bytes from where on."""
    peak_bitrate_bps: int
    bitrate_bps: int
    """Average."""


@dataclass(frozen=True, kw_only=True)
class Track:
    """One picture, sound or text, in segments; a picture may have its sound inside. Paths are relative to playlists."""

    id: str
    """Its own among all tracks; the last part of its folder."""
    kind: TrackKind
    playlist: str
    """Media playlist."""
    folder: str
    """Folder of its segments."""
    codecs: tuple[str, ...] = ()
    """RFC 6381 names of all that is in its segments; empty for WebVTT."""
    init: str = INIT_FILE
    """Name of the init segment in the folder; empty: there is none."""
    pattern: str = SEGMENT_PATTERN
    """Names of the segments in the folder, by number from 1."""
    durations_s: tuple[float, ...] = ()
    """Lengths of the segments; empty: all of the grid that the tracks of the video share."""
    variant: bool = False
    """A variant of the multivariant playlist begins with it."""
    group: str = ""
    """Which one of is played beside a variant; empty: it is no choice beside others."""
    own: str = ""
    """Multivariant playlist that plays it alone with all that goes with it; empty: there is none."""
    file: str = ""
    """All of it as one file, for text; empty: there is none."""
    source_index: int | None = None
    """Number of the stream in the source; None: it is not from there."""
    language: str | None = None
    """BCP 47; None: not known."""
    name: str = ""
    """For people; in a group its own."""
    default: bool = False
    """What is played unless a viewer chooses; at most one of a group."""
    forced: bool = False
    """Text that belongs to the film for everybody, such as signs in another language."""
    role: Role = "main"
    channels: int = 0
    """Of sound."""
    width_px: int = 0
    """Of a picture."""
    height_px: int = 0
    frame_rate: float = 0.0
    keyframes: Keyframes | None = None
    """Of the lowest picture."""
    timescale: int = 0
    """Ticks per second of `starts`; 0: they are not known, and no DASH can be written."""
    starts: tuple[int, ...] = ()
    """When each segment is shown first, and at last the end, in ticks."""
    peak_bitrate_bps: int = 0
    """Measured as RFC 8216 says; in a preview what is planned at most."""
    bitrate_bps: int | None = None
    """Average; None: not known yet."""

    def segment(self, number: int) -> str:
        """Return the path of segment `number`, from 1."""
        return f"{self.folder}/{self.pattern % number}"


@dataclass(frozen=True, kw_only=True)
class Presentation:
    """One video as players get to know it; survives a round trip through JSON."""

    name: str
    """What the names of all its files begin with."""
    durations_s: tuple[float, ...]
    """Lengths of the segments: the grid of all tracks that have no lengths of their own."""
    target_s: int
    """The longest segment in whole seconds, also of those that are still to come."""
    tracks: tuple[Track, ...]
    """In the order in which playlists name them."""
    complete: bool = True
    """False: more segments come."""
    dash: bool = False
    """DASH is written, too."""
    key_uris: tuple[str, ...] = ()
    """Keys of the segments, in order, relative to playlists; empty: nothing is encrypted."""
    key_segments: int = 0
    """A key is for so many segments of each track; 0: for all."""

    @property
    def multivariant(self) -> str:
        """The playlist that names all others."""
        return f"{self.name}.m3u8"

    @property
    def mpd(self) -> str:
        """The manifest for DASH; empty: there is none."""
        return f"{self.name}.mpd" if self.dash and self.complete else ""

    @property
    def file(self) -> str:
        """Where it is kept itself."""
        return f"{self.name}.json"

    def of_kind(self, kind: TrackKind) -> tuple[Track, ...]:
        """Return the tracks of a kind."""
        return tuple(track for track in self.tracks if track.kind == kind)

    def in_group(self, group: str) -> tuple[Track, ...]:
        """Return the tracks of a group; what is not there in surround is there in stereo (RFC 8216 §4.3.4.1.1)."""
        own = tuple(track for track in self.tracks if group and track.group == group)
        if group != SURROUND:
            return own
        by_name = {track.name: track for track in own}
        return tuple(by_name.get(track.name, track) for track in self.in_group(SOUNDS))

    def playing(self, track: Track) -> tuple[Track, ...]:
        """Return a picture and the sound that is heard with it unless a viewer chooses; of other tracks the one."""
        sounds = () if track.channels or track.kind != "picture" else self.in_group(SOUNDS)
        return (track, *(sound for sound in sounds if sound.default))

    def lengths_s(self, track: Track) -> tuple[float, ...]:
        """Return the lengths of a track's segments."""
        return track.durations_s or self.durations_s

    def key_number(self, segment: int) -> int:
        """Return which of the keys opens the segments of a number, from 1."""
        return (segment - 1) // self.key_segments if self.key_segments else 0


def with_texts(presentation: Presentation, texts: Sequence[Track]) -> Presentation:
    """
    Return it with these texts in the place of those that it has.

    Raises:
        InternalError: one of them is no text in the group of texts, or two of them have the same id, name or default.
    """
    kept = tuple(track for track in presentation.tracks if track.kind != "text")
    if any(text.kind != "text" or text.group != TEXTS or text.variant for text in texts):
        raise InternalError("only texts take the place of texts")
    changed = replace(presentation, tracks=(*kept, *texts))
    for group in _groups(changed):
        if sum(track.default for track in group) > 1 or len({track.name for track in group}) < len(group):
            raise InternalError("tracks of one group must differ in name, and at most one is the default")
    if len({track.id for track in changed.tracks}) < len(changed.tracks):
        raise InternalError("two tracks have the same id")
    return changed


def _groups(presentation: Presentation) -> Iterator[tuple[Track, ...]]:
    for group in dict.fromkeys(track.group for track in presentation.tracks):
        yield presentation.in_group(group)


_PRESENTATION = TypeAdapter(Presentation)


def presentation_bytes(presentation: Presentation) -> bytes:
    """Return it as JSON."""
    return _PRESENTATION.dump_json(presentation)


def read_presentation(data: bytes) -> Presentation:
    """
    Return what was kept.

    Raises:
        ValueError: it is none.
    """
    return _PRESENTATION.validate_json(data)
