"""A small whole file for each container and codec of which our FFmpeg can write one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.boxed_text import add_wvtt
from tests.clapper import ffmpeg

PICTURE = ("-f", "lavfi", "-i", "testsrc2=s={size}:r=5:d=1")
TONE = ("-f", "lavfi", "-i", "sine=d=0.2:r={rate}")
PLAIN = "64x48"

# How FFmpeg writes a video codec: the ending of the file, and further options; where the size matters, it comes last.
VIDEO: Mapping[str, tuple[str, ...]] = {
    "dnxhd": ("mov", "-profile:v", "dnxhr_lb", "-pix_fmt", "yuv422p", "256x120"),
    "cfhd": ("mov", "-pix_fmt", "yuv422p10"),
    "h263": ("3gp", "128x96"),
    "wmv1": ("wmv",),
    "wmv2": ("wmv",),
    "msmpeg4v2": ("avi",),
    "libtheora": ("ogv",),
    "libvvenc": ("mp4", "-preset", "faster", "-pix_fmt", "yuv420p10"),
    "hap": ("mov", "-pix_fmt", "rgba"),
    "ffv1": ("mkv", "-level", "3"),
    "huffyuv": ("avi", "-pix_fmt", "yuv422p"),
    "ffvhuff": ("avi", "-pix_fmt", "yuv420p"),
    "qtrle": ("mov", "-pix_fmt", "argb"),
    "svq1": ("mov", "-pix_fmt", "yuv410p"),
    "cinepak": ("mov", "-pix_fmt", "rgb24"),
    "rv10": ("rm", "176x144"),
    "rv20": ("rm", "176x144"),
    "dvvideo": ("avi", "-pix_fmt", "yuv411p", "-frames:v", "3", "-r", "30000/1001", "720x480"),
    "rawvideo": ("mov", "-pix_fmt", "uyvy422"),
    "v210": ("mov", "-pix_fmt", "yuv422p10"),
    "png": ("mov", "-pix_fmt", "rgba"),
}
AUDIO: Mapping[str, tuple[str, ...]] = {
    "wmav1": ("wma",),
    "dca": ("mkv", "-strict", "-2", "-ac", "2"),
    "truehd": ("mkv", "-strict", "-2"),
    "pcm_bluray": ("m2ts", "-ac", "2"),
    "pcm_s8": ("aiff",),
    "pcm_s32be": ("aiff",),
    "pcm_f32be": ("aiff",),
    "pcm_f64le": ("wav",),
    "adpcm_ima_qt": ("mov",),
    "adpcm_ima_wav": ("wav",),
    "adpcm_ms": ("wav",),
    "adpcm_swf": ("flv", "44100"),
    "nellymoser": ("flv", "44100"),
    "real_144": ("rm", "8000"),
    "s302m": ("ts", "-strict", "-2", "-ac", "2", "-sample_fmt", "s16"),
}
# Of a container: the encoders inside of it.
FORMATS: Mapping[str, tuple[str, ...]] = {
    "mxf": ("mxf", "-c:v", "mpeg2video", "-c:a", "pcm_s16le", "-r", "25"),
    "ivf": ("ivf", "-c:v", "libvpx", "-an"),
    "rm": ("rm", "-c:v", "rv20", "-c:a", "ac3", "176x144"),
    "dv": ("dv", "-c:v", "dvvideo", "-pix_fmt", "yuv411p", "-an", "-frames:v", "3", "-r", "30000/1001", "720x480"),
    "aiff": ("aiff", "-vn", "-c:a", "pcm_s16be"),
    "caf": ("caf", "-vn", "-c:a", "alac"),
    "w64": ("w64", "-vn", "-c:a", "pcm_s16le"),
    "amr": ("amr", "-vn", "-c:a", "libopencore_amrnb", "-ac", "1", "8000"),
}
DECODED_AS = {"libtheora": "theora", "libvvenc": "vvc"}
"""Names of decoders that differ from those of their encoders."""

TEXT: Mapping[str, str] = {
    "subrip": "mkv",
    "srt": "mkv",
    "ass": "mkv",
    "ssa": "mkv",
    "webvtt": "mkv",
    "text": "mkv",
    "mov_text": "mp4",
    "ttml": "mp4",
    "wvtt": "mp4",
}
"""How FFmpeg writes a text codec beside a picture."""

CUES = """1
00:00:00,100 --> 00:00:00,400
<i>The first</i> line

2
00:00:00,500 --> 00:00:00,900
{\\an8}above
"""


def write_samples(folder: Path) -> dict[tuple[str, str], Path]:
    """Write all samples; the keys are kind and FFmpeg's name of the demuxer or decoder."""
    tables: Mapping[str, Mapping[str, object]] = {"video": VIDEO, "audio": AUDIO, "format": FORMATS, "text": TEXT}
    return {
        (kind, DECODED_AS.get(name, name)): write_sample(folder, kind, name)
        for kind, table in tables.items()
        for name in table
    }


def write_sample(folder: Path, kind: str, name: str) -> Path:
    """Write the sample of a container, or of an encoder."""
    if kind == "video":
        return _write(folder, name, (VIDEO[name][0], "-c:v", name, *VIDEO[name][1:]), sound=False)
    if kind == "text":
        cues = folder / f"{name}.srt"
        cues.write_text(CUES)
        target = folder / f"text-{name}.{TEXT[name]}"
        texts = ("-sn",) if name == "wvtt" else ("-c:s", name)
        words = (*PICTURE, "-i", f"file:{cues}", "-c:v", "mpeg4", *texts, "-threads", "1", f"file:{target}")
        ffmpeg(*(word.format(size=PLAIN) for word in words))
        said = [(0.1, 0.4, "<i>The first</i> line"), (0.3, 0.9, "above")]
        return add_wvtt(target, target, said) if name == "wvtt" else target
    if kind == "audio":
        return _write(folder, name, (AUDIO[name][0], "-c:a", name, *AUDIO[name][1:]), picture=False)
    return _write(folder, f"in-{name}", FORMATS[name])


def _write(folder: Path, name: str, words: tuple[str, ...], *, picture: bool = True, sound: bool = True) -> Path:
    ending, *options = words
    size = options.pop() if options and "x" in options[-1] and options[-1][0].isdigit() else PLAIN
    rate = options.pop() if options and options[-1].isdigit() and int(options[-1]) > 100 else "48000"
    target = folder / f"{name}.{ending}"
    sources = (*(PICTURE if picture else ()), *(TONE if sound else ()))
    ffmpeg(*(word.format(size=size, rate=rate) for word in sources), *options, "-threads", "1", f"file:{target}")
    return target
