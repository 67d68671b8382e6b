"""What is measured of a media file before anything is decided: `MediaInfo` and its streams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

MP4 = "mov,mp4,m4a,3gp,3g2,mj2"
"""FFmpeg's name of the container of MP4 and its kin."""

STEREO = 2
"""Channels."""


@dataclass(frozen=True, kw_only=True)
class VideoStream:
    """The moving picture of a file, as measured."""

    index: int
    """Number of the stream in the file."""
    codec: str
    """FFmpeg's name of the codec, for example `h264`."""
    profile: str | None
    width_px: int
    """Coded width."""
    height_px: int
    """Coded height."""
    sample_aspect: tuple[int, int]
    """Width to height of one pixel."""
    rotation_deg: int
    """-90 means that the picture is shown turned clockwise by 90 degrees."""
    display_width_px: int
    """Width that a viewer must see, after cropping, pixel shape and rotation."""
    display_height_px: int
    """Height that a viewer must see, after cropping and rotation."""
    frame_rate: float
    """Average frames per second."""
    nominal_frame_rate: float
    """Constant rate that shows every frame: differs from the average where frames were dropped or come unevenly."""
    pix_fmt: str | None
    bit_depth: int
    """Bits per component."""
    color_transfer: str | None
    """FFmpeg's name; None: not said in the file."""
    color_primaries: str | None
    color_space: str | None
    color_range: str | None
    """`tv` (limited), `pc` (full) or None."""
    interlaced: bool
    start_s: float
    """Timestamp of the first picture."""
    duration_s: float | None
    """From the first picture to the end of the last; None: not known."""
    frames: int | None
    """Number of frames that the container names."""
    codec_string: str | None
    """RFC 6381 name for H.264, for example `avc1.64001f`."""
    crop: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Pixels that the container cuts off at left, top, right and bottom, before the picture is turned."""
    mirrored: bool = False
    """It is shown mirrored left to right, after it was turned."""
    undecodable_s: float = 0.0
    """How long after `start_s` the first picture is that can be decoded: those before need some that are not there."""
    busiest_bps: int | None = None
    """Bitrate of the picture alone in its busiest ten seconds; None: only all packets tell."""


SoundRole = Literal["main", "commentary", "description", "clear", "dub", "original"]
"""
What a sound is for; `description`: the picture in words, for who cannot see it; `clear`: speech that stands out, for
who does not hear well; `dub`: another language than the film's own, which is `original`, where the file says so.
"""


@dataclass(frozen=True, kw_only=True)
class AudioStream:
    """One sound track, as measured."""

    index: int
    """Number of the stream in the file."""
    codec: str
    """FFmpeg's name of the codec, for example `aac`."""
    profile: str | None
    channels: int
    sample_rate_hz: int
    language: str | None
    """ISO 639-2 code, as far as the file says it."""
    start_s: float
    """Timestamp of the first sample."""
    duration_s: float | None
    """None: not known."""
    codec_string: str | None
    """RFC 6381 name for AAC, for example `mp4a.40.2`."""
    speakers: tuple[str, ...] = ()
    """FFmpeg's names of the channels, `FL`, `FR` and so on, in their order; empty: not known."""
    title: str = ""
    """What the file calls it, for people: hostile text."""
    role: SoundRole = "main"


@dataclass(frozen=True, kw_only=True)
class TextStream:
    """One text track, as the file says."""

    index: int
    """Number of the stream in the file."""
    codec: str
    """FFmpeg's name of the codec, for example `subrip`."""
    language: str | None
    """As the file writes it, mostly by ISO 639-2."""
    title: str
    """For people: hostile text; empty: none."""
    is_default: bool
    is_forced: bool
    """It has only what must be understood."""
    is_for_deaf: bool
    """It tells what is heard, too."""


LeftOut = Literal[
    "",
    "not_published",
    "cover",
    "not_decodable",
    "no_samples",
    "second_picture",
    "other_programme",
    "too_many",
    "bitmap",
    "closed_captions",
    "other_clock",
]
"""Why a track does not count; empty: it does."""


@dataclass(frozen=True, kw_only=True)
class TrackInfo:
    """One track of a file, whatever it is."""

    index: int
    """Number of the stream in the file."""
    kind: str
    """`video`, `audio`, `subtitle`, `data`, `attachment` or `unknown`."""
    codec: str
    """FFmpeg's name of the codec; `unknown` where it has none."""
    language: str | None
    used: bool
    """It is published."""
    reason: LeftOut


@dataclass(frozen=True, kw_only=True)
class MediaInfo:
    """One media file, as measured; survives a round trip through JSON."""

    container: str
    """FFmpeg's name of what was recognised, not the file extension."""
    duration_s: float
    """What a player shows: from the first to the end of the last picture or sound; 0 for a still picture."""
    size_bytes: int
    bitrate_bps: int
    """Whole file over duration; 0 when there is no duration."""
    start_time_s: float
    """Smallest timestamp; encoded output starts at 0."""
    video: VideoStream | None
    """The moving picture; None for sound only, still pictures and cover art."""
    audio: tuple[AudioStream, ...]
    """Sound tracks that can be published, the one to be heard first at the front."""
    tracks: tuple[TrackInfo, ...] = ()
    """All tracks of the file; empty in what older releases measured."""
    texts: tuple[TextStream, ...] = ()
    """Text tracks that can be read, in the order of the file that was sent."""
    texts_zero_s: float = 0.0
    """The timestamp that becomes 0, by the clock of the file that they are in."""
    zero_s: float | None = None
    """The timestamp that becomes 0, where FFmpeg must be told; None: it begins there by itself."""
    unfinished: str = ""
    """How much of its last piece the file has, in English, where it ends in the middle of it; empty: it does not."""
