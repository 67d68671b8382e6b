from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import av
import pytest
from tests.integration.media.pipeline import Maker

from vodpull.media import RunLimits, Toolbox
from vodpull.media.encode.codecs import PictureEncoding, audio_flags, video_flags
from vodpull.media.mp4.codec_names import codec_names
from vodpull.media.plan.template import AudioCodec, AudioRecipe, VideoCodec, VideoRate
from vodpull.media.tools import ffmpeg_options
from vodpull.media.tools.outcome import check
from vodpull.media.tools.run import run

LIMITS = RunLimits(wall_s=60)
# Fifty frames with a change of scene in the middle, where no keyframe may be.
SCENES = (
    "testsrc2=s=160x90:r=25:d=1,format=yuv420p[a];mandelbrot=s=160x90:r=25,trim=end_frame=25,format=yuv420p[b];"
    "[a][b]concat"
)
CAPPED = VideoRate(crf=33, bitrate_bps=None, max_bitrate_bps=200_000, buffer_bits=400_000)
AVERAGE = VideoRate(crf=33, bitrate_bps=100_000, max_bitrate_bps=200_000, buffer_bits=400_000)
QUICK: dict[VideoCodec, str] = {"h264": "superfast", "hevc": "superfast", "av1": "13", "vp9": "5"}
"""The quickest that look for changes of scene by themselves."""
NAMES = {
    "h264": r"avc1\.6400[0-9a-f]{2}",
    "hevc": r"hvc1\.1\.6\.L\d+\.90",
    "av1": r"av01\.0\.\d\dM\.08",
    "vp9": r"vp09\.00\.\d\d\.08",
    "aac": r"mp4a\.40\.2",
    "opus": "Opus",
}


def keyframes(clip: Path) -> tuple[int, list[int]]:
    """Return how many frames a clip of 25 frames a second has, and the numbers of its keyframes."""
    with av.open(str(clip)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        times = [round(float((packet.pts or 0) * packet.time_base) * 25) for packet in packets if packet.is_keyframe]
        return len(packets), times


def encoding(
    codec: VideoCodec, *, gop_frames: int, cuts: tuple[int, ...] = (), rate: VideoRate = CAPPED
) -> PictureEncoding:
    return PictureEncoding(codec=codec, preset=QUICK[codec], rate=rate, gop_frames=gop_frames, cuts=cuts)


@pytest.mark.parametrize("codec", get_args(VideoCodec))
@pytest.mark.parametrize(
    ("gop_frames", "cuts", "expected"), [(20, (), [0, 20, 40]), (5, (0, 10, 35), [0, 10, 35])], ids=["even", "cuts"]
)
async def test_keyframes_come_where_they_are_asked_for(
    make_clip: Maker, codec: VideoCodec, gop_frames: int, cuts: tuple[int, ...], expected: list[int]
) -> None:
    flags = video_flags(encoding(codec, gop_frames=gop_frames, cuts=cuts))
    clip = await make_clip("clip.mp4", "-filter_complex", SCENES, *flags)
    assert keyframes(clip) == (50, expected)


@pytest.mark.parametrize("codec", get_args(VideoCodec))
async def test_an_average_bitrate_and_two_threads_work(make_clip: Maker, codec: VideoCodec) -> None:
    flags = video_flags(PictureEncoding(codec=codec, preset=QUICK[codec], rate=AVERAGE, gop_frames=25, threads=2))
    clip = await make_clip("clip.mp4", "-filter_complex", SCENES, *flags)
    assert keyframes(clip) == (50, [0, 25])


@pytest.mark.parametrize(("video", "audio"), [("h264", "aac"), ("hevc", "aac"), ("av1", "opus"), ("vp9", "opus")])
async def test_segments_of_every_codec_play_alone_and_tell_their_names(
    make_clip: Maker, toolbox: Toolbox, tmp_path: Path, video: VideoCodec, audio: AudioCodec
) -> None:
    flags = (*video_flags(encoding(video, gop_frames=25)), *audio_flags(AudioRecipe(codec=audio)))
    hls = ("-f", "hls", "-hls_segment_type", "fmp4", "-hls_time", "0.5", "-hls_segment_filename", "%d.m4s")
    sound = ("-f", "lavfi", "-i", "sine=d=2")
    await make_clip("index.m3u8", *sound, "-filter_complex", f"{SCENES}[v]", "-map", "[v]", "-map", "0:a", *flags, *hls)
    folder = tmp_path / "clips"
    header = (folder / "init.mp4").read_bytes()
    found = codec_names(header)
    assert len(found) == 2
    assert re.fullmatch(NAMES[video], found[0])
    assert re.fullmatch(NAMES[audio], found[1])
    (tmp_path / "second.mp4").write_bytes(header + (folder / "1.m4s").read_bytes())
    argv = [
        *ffmpeg_options.global_flags(),
        *ffmpeg_options.input_flags("source"),
        "-xerror",
        "-map",
        "0:v",
        "-f",
        "framecrc",
        "x",
    ]
    finished = await run(argv, toolbox=toolbox, reads={"source": tmp_path / "second.mp4"}, writes=folder, limits=LIMITS)
    check(finished, "decoding")
    assert len([line for line in (folder / "x").read_text().splitlines() if not line.startswith("#")]) == 25
