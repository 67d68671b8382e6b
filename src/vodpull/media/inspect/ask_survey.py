"""The packets of a source, read once and decoded never: where it can be cut, and whether it needs encoding at all."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from vodpull.errors import EncodeFailed
from vodpull.media.inspect.media_info import MediaInfo, VideoStream
from vodpull.media.inspect.run_child import ask_pyav
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.limits import copy_limits
from vodpull.media.tools.sandbox import Toolbox

# Nearer keyframes are of no use for cutting; more groups than this would not fit into an answer.
SPACING_S = 0.5
MAX_GROUPS = 5000
# Codecs and heights in which there are interlaced pictures.
FIELD_CODECS = frozenset({"h264", "mpeg2video", "vc1"})
FIELD_HEIGHT_PX = 1088
# So many keyframes tell whether any part of a film is interlaced.
LOOKS = 24
MIN_LOOK_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Group:
    """A keyframe and what follows until the next one that is told."""

    start_s: float
    """When the keyframe is shown, after the start of the file."""
    decode_s: float
    """Its decoding time, after the start of the file."""
    first_frame: int
    """Number of the keyframe on the grid of the constant rate."""
    size_bytes: int
    closed: bool
    """Everything in it can be shown without what came before; only known of H.264 and HEVC."""


@dataclass(frozen=True, kw_only=True)
class PictureShape:
    """Size, pixel shape and format of some pictures, one after the other."""

    start_s: float
    """When the first of them is shown, after the start of the file."""
    width_px: int
    height_px: int
    sample_aspect: tuple[int, int]
    """Width to height of one pixel."""
    frames: int
    """So many pictures."""
    rotation_deg: int = 0
    """As the bitstream says; -90 means that they are shown turned clockwise by 90 degrees."""
    mirrored: bool = False
    pix_fmt: str = ""
    """FFmpeg's name of how they are decoded."""


@dataclass(frozen=True, kw_only=True)
class SoundSurvey:
    """The packets of one sound track."""

    index: int
    """Stream number."""
    start_s: float
    """After the start of the file; negative: it begins with what only prepares the decoder."""
    end_s: float
    widest_hole_s: float
    """Largest distance between the end of one packet and the beginning of the next."""
    bitrate_bps: int
    damaged: bool
    """Some packets have no time, or are not to be played."""


@dataclass(frozen=True, kw_only=True)
class Survey:
    """The packets of one source; survives a round trip through JSON."""

    frames: int
    """Number of pictures."""
    start_s: float
    """When the first picture is shown, after the start of the file."""
    uneven_s: float
    """Largest distance of a picture from the grid of the constant rate."""
    groups: tuple[Group, ...]
    steady: bool
    """Decoding times only ever grow, and never jump."""
    damaged: bool
    """Some packets have no time, are cut, or are not to be shown."""
    own_parameters: bool
    """Codec parameters change on the way."""
    sounds: tuple[SoundSurvey, ...]
    false_keys: bool = False
    """Some keyframes are none from which everything can be decoded; they begin no group."""
    rate: float | None = None
    """The constant rate that shows every picture, where it is faster than what the first ones need."""
    interlaced: bool = False
    """Some keyframes are interlaced."""
    shapes: tuple[PictureShape, ...] = ()
    """Sizes and pixel shapes of the pictures, from change to change."""
    changes_s: tuple[float, ...] = ()
    """Where parameters of the codec or the rate of the pictures change, or a hole ends, after the start of the file."""
    busiest_bps: int | None = None
    """Bitrate of the picture in its busiest ten seconds."""

    @property
    def all_changes_s(self) -> tuple[float, ...]:
        """Where anything changes that is known, after the start of the file."""
        return tuple(sorted({*self.changes_s, *(shape.start_s for shape in self.shapes[1:])}))


_SURVEY = TypeAdapter(Survey)


async def survey(source: Path, info: MediaInfo, *, toolbox: Toolbox, stop_bytes: int | None = None) -> Survey:
    """
    Read all packets of a source with a moving picture; takes as long as reading the file.

    With `stop_bytes`, of a file that is not all here: the whole groups of pictures up to there, as a survey of all of
    it would begin.

    Raises:
        EncodeFailed: the demuxer crashed on it or gave no answer.
        EncodeStalled: it took too long.
    """
    if info.video is None:
        raise EncodeFailed("there is no picture to survey")
    rate = max(Fraction(info.video.nominal_frame_rate).limit_denominator(2002), Fraction(1, 2002))
    whole_s = info.duration_s
    protocols, url = ffmpeg_options.PROTOCOLS, "file:"
    if stop_bytes is not None:
        whole_s *= max(1.0, info.size_bytes / stop_bytes)
        protocols, url = f"{protocols},subfile", ffmpeg_options.ending_at(url, stop_bytes)
    orders = {
        "options": ffmpeg_options.format_options() | {"protocol_whitelist": protocols},
        "url": url,
        "video": info.video.index,
        "sounds": [track.index for track in info.audio],
        "start_s": info.start_time_s,
        "beginning": stop_bytes is not None,
        "rate": [rate.numerator, rate.denominator],
        # In steps, for lengths that are estimated.
        "look_s": _look_s(info.video, whole_s),
        "spacing_s": SPACING_S * 2 ** math.ceil(math.log2(max(1.0, whole_s / MAX_GROUPS / SPACING_S))),
    }
    limits = copy_limits(info.size_bytes)
    answer = await ask_pyav("packet_survey", orders, ("source", source), toolbox=toolbox, limits=limits)
    try:
        return _SURVEY.validate_python(answer)
    except ValidationError as error:
        raise EncodeFailed("the packets of the file cannot be read") from error


def _look_s(video: VideoStream, whole_s: float) -> float:
    """Return how often to look whether a picture is interlaced; 0: it cannot be, or is known to be."""
    possible = video.codec in FIELD_CODECS and video.height_px <= FIELD_HEIGHT_PX and not video.interlaced
    return max(MIN_LOOK_S, whole_s / LOOKS) if possible else 0.0
