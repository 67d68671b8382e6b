"""
What each codec needs: the encoder's flags for one picture and one sound track. Pure.

Every codec obeys the same rules, so that renditions of all of them can be switched at the same instants: 8-bit 4:2:0 in
BT.709, closed groups of pictures, keyframes where they are asked for and nowhere else.

Which preset, quality and ceiling says the template: `media/templates/*.toml`, read by `plan/template.py`.

How many threads an encoder and a decoder get is decided in `plan/encode_plan.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vodpull.media.inspect.media_info import STEREO
from vodpull.media.plan.template import AudioCodec, AudioRecipe, Template, VideoCodec, VideoRate

# On pictures that the rate cannot hold, libvpx was measured a third above what it is told.
VP9_SHARE = 0.75
# A keyframe in per cent of an average frame; without it the first segment took almost three times the ceiling.
VP9_KEYFRAME_PERCENT = 600
ENCODERS: Mapping[VideoCodec, str] = {"h264": "libx264", "hevc": "libx265", "av1": "libsvtav1", "vp9": "libvpx-vp9"}
SOUND_ENCODERS: Mapping[AudioCodec, str] = {"aac": "aac", "opus": "libopus"}
# The parameter sets of HEVC in the header only: the one form that Apple's players take.
HEVC_TAG = ("-tag:v", "hvc1")
# Hours at any frame rate, and no encoder minds.
NEVER_FRAMES = 10_000_000


@dataclass(frozen=True, kw_only=True)
class PictureEncoding:
    """How one picture is encoded."""

    codec: VideoCodec
    preset: str
    """The encoder's own word for its speed."""
    rate: VideoRate
    gop_frames: int
    """Distance of keyframes."""
    cuts: tuple[int, ...] = ()
    """Frame numbers of the keyframes where they are not regular; counts instead of `gop_frames`."""
    threads: int = 1
    """Encoder threads."""

    @property
    def own_gop_frames(self) -> int:
        """Distance of the encoder's own keyframes: with `cuts` it places none, as not all count from the last one."""
        return NEVER_FRAMES if self.cuts else self.gop_frames


def video_flags(encoding: PictureEncoding) -> list[str]:
    """Return the output options of FFmpeg that encode one picture."""
    forced = "+".join(f"eq(n,{frame})" for frame in encoding.cuts)
    return [
        "-c:v", ENCODERS[encoding.codec], *_FLAGS[encoding.codec](encoding),
        # By number and not by time, which would have to be rounded.
        *(("-force_key_frames", f"expr:{forced}") if forced else ()),
        # Says in the stream what the filters made.
        "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv",
    ]  # fmt: skip


def _h264(encoding: PictureEncoding) -> list[str]:
    gop = str(encoding.own_gop_frames)
    return [
        # H.264 in its 8-bit High profile plays on every device of the last fifteen years.
        "-profile:v", "high", "-pix_fmt", "yuv420p", "-preset", encoding.preset,
        *_rate(encoding.rate), *_ceiling(encoding.rate),
        # Keyframes at a fixed distance and nowhere else: segments of all rungs begin at the same instants.
        "-g", gop, "-keyint_min", gop, "-sc_threshold", "0",
        # Closed groups: no frame of a segment needs the one before.
        "-flags", "+cgop",
        # Headers do not depend on the pictures: those of all chunks are the same.
        "-x264-params", "stitchable=1",
        "-threads", str(encoding.threads),
    ]  # fmt: skip


def _hevc(encoding: PictureEncoding) -> list[str]:
    gop = encoding.own_gop_frames
    # Without a pool, x265 uses one thread for each frame in work.
    pool = "none" if encoding.threads == 1 else encoding.threads
    threads = f"pools={pool}:frame-threads={encoding.threads}"
    return [
        "-profile:v", "main", "-pix_fmt", "yuv420p", "-preset", encoding.preset,
        *_rate(encoding.rate), *_ceiling(encoding.rate),
        # A forced keyframe shall close the group as the regular ones do.
        "-g", str(gop), "-forced-idr", "1",
        "-x265-params", f"log-level=error:keyint={gop}:min-keyint={gop}:scenecut=0:open-gop=0:{threads}",
        *HEVC_TAG,
    ]  # fmt: skip


def _av1(encoding: PictureEncoding) -> list[str]:
    # SVT-AV1 refuses a ceiling beside an average: its average is kept over the length of the buffer.
    averaged = encoding.rate.bitrate_bps is not None
    return [
        "-pix_fmt", "yuv420p", "-preset", encoding.preset,
        *_rate(encoding.rate), *(_ceiling(encoding.rate)[2:] if averaged else _ceiling(encoding.rate)),
        "-g", str(encoding.own_gop_frames),
        # scd: no keyframes at scene cuts; mbr-overshoot-pct: by default the ceiling may be passed by half,
        # and with none at all quality was seen to swing.
        "-svtav1-params", f"lp={encoding.threads}:scd=0" + ("" if averaged else ":mbr-overshoot-pct=10"),
    ]  # fmt: skip


def _vp9(encoding: PictureEncoding) -> list[str]:
    rate, gop = encoding.rate, str(encoding.own_gop_frames)
    # Beside a constant quality, libvpx takes the bitrate as the most that it may need for it.
    most = [] if rate.bitrate_bps else ["-b:v", str(round(VP9_SHARE * rate.max_bitrate_bps))]
    return [
        "-profile:v", "0", "-pix_fmt", "yuv420p", "-deadline", "good",
        "-cpu-used", encoding.preset,
        *_rate(rate), *most, *_ceiling(rate), "-max-intra-rate", str(VP9_KEYFRAME_PERCENT),
        # The same number twice switches its own choice of keyframes off.
        "-g", gop, "-keyint_min", gop,
        "-threads", str(encoding.threads), "-row-mt", "1",
    ]  # fmt: skip


_FLAGS: Mapping[VideoCodec, Callable[[PictureEncoding], list[str]]] = {
    "h264": _h264,
    "hevc": _hevc,
    "av1": _av1,
    "vp9": _vp9,
}


BUFFERED = frozenset[VideoCodec]({"h264", "hevc"})
"""Codecs whose encoder never fills the decoder's buffer beyond its size; the others keep a ceiling on average."""


def _rate(rate: VideoRate) -> list[str]:
    return ["-b:v", str(rate.bitrate_bps)] if rate.bitrate_bps else ["-crf", str(rate.crf)]


def _ceiling(rate: VideoRate) -> list[str]:
    # What a viewer's line can rely on.
    return ["-maxrate", str(rate.max_bitrate_bps), "-bufsize", str(rate.buffer_bits)]


def audio_flags(recipe: AudioRecipe, channels: int = STEREO) -> list[str]:
    """Return the output options of FFmpeg that encode one sound track at 48 kHz."""
    profile = ("-profile:a", "aac_low") if recipe.codec == "aac" else ()
    bitrate_bps = recipe.bitrate_bps * channels // STEREO
    return [
        "-c:a", SOUND_ENCODERS[recipe.codec], *profile, "-b:a", str(bitrate_bps),
        "-ac", str(channels), "-ar", "48000",
    ]  # fmt: skip


WATERMARK_TOOLS = frozenset({"movie", "overlay", "premultiply", "unpremultiply", "colorchannelmixer"})
"""Filters that a watermark needs."""

TEXT_TOOLS = frozenset({"ass"})
"""Filters that text in the picture needs."""


def needed_tools(template: Template) -> frozenset[str]:
    """Return the encoders and filters of FFmpeg, by its names, that a template cannot do without."""
    if not template.ladder:
        return frozenset()
    loudness = {"loudnorm"} if template.audio.loudness else set()
    quality = {"libvmaf"} if template.vmaf else set()
    marks = (WATERMARK_TOOLS if template.watermark else set()) | (TEXT_TOOLS if template.burn_in else set())
    encoders = {ENCODERS[codec] for codec in template.video} | {SOUND_ENCODERS[template.audio.codec]}
    return frozenset({"zscale", "alimiter"} | encoders | loudness | quality | marks)
