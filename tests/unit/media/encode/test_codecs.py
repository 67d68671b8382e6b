from __future__ import annotations

from vodpull.media import builtin_templates
from vodpull.media.encode.codecs import PictureEncoding, audio_flags, needed_tools, video_flags
from vodpull.media.plan.template import AudioRecipe, VideoRate

FULL_HD = VideoRate(crf=23, bitrate_bps=None, max_bitrate_bps=5_000_000, buffer_bits=10_000_000)
COLOURS = "-colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv"


def test_the_flags_of_h264() -> None:
    flags = video_flags(PictureEncoding(codec="h264", preset="veryfast", rate=FULL_HD, gop_frames=120, threads=2))
    assert " ".join(flags) == (
        "-c:v libx264 -profile:v high -pix_fmt yuv420p -preset veryfast -crf 23 -maxrate 5000000 -bufsize 10000000 "
        f"-g 120 -keyint_min 120 -sc_threshold 0 -flags +cgop -x264-params stitchable=1 -threads 2 {COLOURS}"
    )


def test_keyframes_are_forced_by_number() -> None:
    flags = video_flags(PictureEncoding(codec="h264", preset="fast", rate=FULL_HD, gop_frames=120, cuts=(0, 97, 201)))
    assert flags[flags.index("-force_key_frames") + 1] == "expr:eq(n,0)+eq(n,97)+eq(n,201)"
    assert "120" not in flags


def test_the_flags_of_sound() -> None:
    assert " ".join(audio_flags(AudioRecipe())) == "-c:a aac -profile:a aac_low -b:a 128000 -ac 2 -ar 48000"
    assert audio_flags(AudioRecipe(codec="opus", bitrate_bps=96_000))[:4] == ["-c:a", "libopus", "-b:a", "96000"]


def test_a_template_names_the_tools_that_it_needs() -> None:
    needed = {template.name: needed_tools(template) for template in builtin_templates()}
    assert needed["original"] == frozenset()
    assert needed["abr"] == needed["mp4"] == {"libx264", "aac", "zscale", "alimiter"}
    assert needed["abr-av1"] == {"libx264", "libsvtav1", "aac", "zscale", "alimiter"}
