"""
Recipes of outputs as data: what a TOML file may say. Pure.

The dataclasses have the form of the file: a key `video.av1.crf` is the field `crf` of the entry `av1` of the field
`video`. `template_toml.py` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from vodpull.media.plan.burnt_in.watermark_place import Watermark

DefinitionName = Literal["LD", "SD", "HD", "FHD"]
VideoCodec = Literal["h264", "hevc", "av1", "vp9"]
AudioCodec = Literal["aac", "opus"]
Mp4 = Literal["none", "best", "each"]
Teaser = Literal["never", "long", "always"]
SEGMENT_S = 4.0
"""Length of a segment, and distance of keyframes, where nothing says otherwise; of clips and joins, always."""
SoundLayout = Literal["apart", "muxed"]
Encrypt = Literal["none", "aes-128"]
Bitrate = Annotated[int, Field(ge=50_000, le=200_000_000)]
# The scale of AV1 and VP9; that of H.264 and HEVC ends earlier, see MAX_CRF.
Crf = Annotated[int, Field(ge=1, le=63)]

CLARITIES: Mapping[str, int] = {"LD": 2, "SD": 3, "HD": 4, "FHD": 5}
"""The numbers that the definitions have on the wire."""


STRICT = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True, kw_only=True)
class Definition:
    """A named picture size: one possible rung."""

    clarity: int
    """Number on the wire: 2 to 5."""
    name: DefinitionName
    """`LD`, `SD`, `HD` or `FHD`."""
    short_side_px: int
    """Height of a landscape picture, width of a portrait one."""
    max_bitrate_bps: int
    """Ceiling of the video bitrate."""


@dataclass(frozen=True, kw_only=True)
class RungSize:
    """One definition of a template: how large, and what it may cost."""

    __pydantic_config__ = STRICT

    short_side_px: Annotated[int, Field(ge=64, le=4320, multiple_of=2)]
    """Height of a landscape picture, width of a portrait one."""
    max_bitrate_bps: Bitrate
    """Ceiling of the video bitrate, whatever the codec needs for its quality."""


@dataclass(frozen=True, kw_only=True)
class RungRate:
    """What one codec does differently for one definition; None: as the codec does it everywhere."""

    __pydantic_config__ = STRICT

    crf: Crf | None = None
    """Constant quality of this definition; lower is better."""
    bitrate_bps: Bitrate | None = None
    """Average bitrate instead of constant quality."""
    max_bitrate_bps: Bitrate | None = None
    """Ceiling in this codec: better codecs need less."""


@dataclass(frozen=True, kw_only=True)
class VideoRecipe:
    """How one codec encodes its renditions."""

    __pydantic_config__ = STRICT

    preset: str
    """The encoder's own word for its speed, one of `PRESETS`: `veryfast`, or a number for AV1 and VP9."""
    crf: Crf
    """Constant quality under the ceiling; lower is better."""
    buffer_s: Annotated[float, Field(ge=0.5, le=10)] = 2.0
    """Seconds of the ceiling that a player's buffer takes: how long the bitrate may stay above it (VBV)."""
    only: tuple[DefinitionName, ...] = ()
    """Definitions made in this codec; empty: all of the template."""
    definitions: Mapping[DefinitionName, RungRate] = field(default_factory=dict)
    """What differs for single definitions."""


@dataclass(frozen=True, kw_only=True)
class AudioRecipe:
    """How the sound of every rendition is encoded: stereo at 48 kHz."""

    __pydantic_config__ = STRICT

    codec: AudioCodec = "aac"
    bitrate_bps: Annotated[int, Field(ge=32_000, le=320_000)] = 128_000
    """Of a stereo track."""
    loudness: bool = False
    """Bring the programme to -23 LUFS (EBU R 128), by one gain from beginning to end."""
    surround: bool = False
    """A source with 5.1 or 7.1 channels is there in 5.1, too, as AAC."""
    undecodable: Literal["warn", "fail"] = "warn"
    """A film with sound, none of which can be decoded: published without, with a warning, or a failure."""


@dataclass(frozen=True, kw_only=True)
class VideoRate:
    """The rate control of one rendition, ready for an encoder."""

    crf: int
    """Constant quality; counts when there is no bitrate."""
    bitrate_bps: int | None
    """Average bitrate; None: constant quality."""
    max_bitrate_bps: int
    """Ceiling over `buffer_bits`."""
    buffer_bits: int
    """Size of the decoder's buffer (VBV)."""

    def lowered(self, ceiling_bps: int) -> VideoRate:
        """Return it with a ceiling that is no higher than another one, filled within the same time."""
        if ceiling_bps >= self.max_bitrate_bps:
            return self
        return VideoRate(
            crf=self.crf,
            bitrate_bps=self.bitrate_bps and min(self.bitrate_bps, ceiling_bps),
            max_bitrate_bps=ceiling_bps,
            buffer_bits=round(self.buffer_bits * ceiling_bps / self.max_bitrate_bps),
        )


@dataclass(frozen=True, kw_only=True)
class Template:
    """What a batch asks to be made of each source."""

    __pydantic_config__ = STRICT

    name: str
    """Name of the file without its ending: `tcTemplateName` on the wire."""
    description: Annotated[str, Field(max_length=300)] = ""
    """For operators."""
    definitions: Mapping[DefinitionName, RungSize] = field(default_factory=dict)
    """Picture sizes, each made when the source reaches it; empty: the original is all that is kept."""
    video: Mapping[VideoCodec, VideoRecipe] = field(default_factory=dict)
    """Codecs, best first; each has renditions of its own in the one multivariant playlist. The last is the fallback."""
    audio: AudioRecipe = field(default_factory=AudioRecipe)
    segment_s: Annotated[float, Field(ge=1, le=10)] = SEGMENT_S
    """Length of a segment, and distance of keyframes."""
    copy: bool = True
    """A source that conforms becomes its own best rendition without being encoded again."""
    own_height: bool = False
    """A source between two definitions gets a rendition at its own height, too, in the place of the upper one."""
    audio_only: bool = False
    """A file without a picture becomes a rendition of its sound, instead of failing."""
    mp4: Mp4 = "none"
    """Progressive MP4 files beside HLS: of no, the best or each rendition of the fallback codec."""
    captions: bool = True
    """Text tracks of the source become captions."""
    vmaf: bool = False
    """Measure the quality of each rendition on samples of it."""
    teaser: Teaser = "long"
    """Three seconds as an animated picture: of no film, of those of a minute or more, or of each."""
    sound: SoundLayout = "apart"
    """`apart`: once, in segments of its own; `muxed`: inside the segments of every rendition."""
    dash: bool | None = None
    """Write an MPD for DASH beside the playlists; None: where sound is apart."""
    encrypt: Encrypt = "none"
    """`aes-128`: HLS segments are encrypted whole, and their keys are for bearers of a playback token."""
    key_segments: Annotated[int, Field(ge=0, le=100_000)] = 0
    """A new key after so many segments; 0: one key for the whole video."""
    playback: Literal["", "public", "signed"] = ""
    """Who may watch what is made by it; empty: as the account or the installation says."""
    private_originals: bool = False
    """Originals are for bearers of a token that says so; where playback is signed they always are."""
    watermark: Watermark | None = None
    """A picture in a corner of every rendition."""
    burn_in: Annotated[str, Field(pattern=r"^([a-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}|forced)?$")] = ""
    """Draw a text track of the source into every rendition: the first one of a language, or that is `forced`."""

    @property
    def copies(self) -> bool:
        """Whether a source may become its own best rendition."""
        return self.copy and self.watermark is None and not self.burn_in

    @property
    def ladder(self) -> bool:
        """Whether renditions are made beside the original."""
        return bool(self.video)

    @property
    def makes_dash(self) -> bool:
        """Whether an MPD is written."""
        # DASH has no encryption of whole segments.
        return self.sound == "apart" and self.encrypt == "none" if self.dash is None else self.dash

    @property
    def fallback(self) -> VideoCodec | None:
        """The codec that every player must have: its renditions answer for the definitions on the wire."""
        return tuple(self.video)[-1] if self.video else None

    @property
    def sizes(self) -> tuple[Definition, ...]:
        """All definitions, lowest first."""
        return tuple(
            Definition(
                clarity=CLARITIES[name],
                name=name,
                short_side_px=size.short_side_px,
                max_bitrate_bps=size.max_bitrate_bps,
            )
            for name, size in sorted(self.definitions.items(), key=_clarity)
        )

    def makes(self, codec: VideoCodec, name: DefinitionName) -> bool:
        """Tell whether a definition is made in a codec, when the source reaches it."""
        return name in (self.video[codec].only or self.definitions)

    def rate(self, codec: VideoCodec, name: DefinitionName) -> VideoRate:
        """Return the rate control of a codec for one definition."""
        recipe = self.video[codec]
        own = recipe.definitions.get(name, RungRate())
        ceiling = own.max_bitrate_bps or self.definitions[name].max_bitrate_bps
        return VideoRate(
            crf=own.crf or recipe.crf,
            bitrate_bps=own.bitrate_bps,
            max_bitrate_bps=ceiling,
            buffer_bits=round(ceiling * recipe.buffer_s),
        )


def _clarity(entry: tuple[DefinitionName, object]) -> int:
    return CLARITIES[entry[0]]
