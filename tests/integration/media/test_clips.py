from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.integration.media.pipeline import VIDEO_ID, make_renditions, plan_source

from vodpull.errors import MediaTruncated, NotMedia, NoVideo, VodpullError
from vodpull.media import Toolbox, encode_chunk, encode_limits

# Every clip of the collection, with the sizes that its ladder must have (lowest first).
TRANSCODES = {
    "real_1080p30_18s.mp4": ["640x360", "854x480", "1280x720", "1920x1080"],
    "real_720p2997_60s.mp4": ["640x360", "854x480", "1280x720"],
    "phone_hevc10_hlg_rot90_vfr.mp4": ["360x640", "480x854", "720x1280", "1080x1920"],
    "phone_h264_rot90_720p.mp4": ["360x640", "480x854", "720x1280"],
    "portrait_vfr_1080x1440.mp4": ["360x480", "480x640", "720x960", "1080x1440"],
    "hdr10_hevc10_1080p_1s.mp4": ["640x360", "854x480", "1280x720", "1920x1080"],
    "world_vp9_opus.webm": ["480x270"],
    "av1_aac_960x540_15s.mp4": ["640x360", "854x480"],
    "globe_h264_aac.ts": ["480x270"],
    "sample_h264_aac.flv": ["540x360", "720x480", "1080x720"],
    "globe_mpeg4_mp3.avi": ["480x270"],
    "flower_faststart.mp4": ["640x360", "854x480"],
    "flower_moov_at_end.mp4": ["640x360", "854x480"],
    "video_only_640x360_40s.mp4": ["640x360"],
    "bbb_854x480_5p1_30s.mp4": ["640x360", "854x480"],
    "interlaced_480i_mpeg2_ac3.mpg": ["640x360", "852x480"],
    "odd_853x481_vp9_opus.webm": ["638x360", "852x480"],
    "very_short_0.17s_1080p.mp4": ["640x360", "854x480", "1280x720", "1920x1080"],
}
FAILS: dict[str, type[VodpullError]] = {
    "audio_only_10s.mp4": NoVideo,
    "not_video/sound.wav": NoVideo,
    "not_video/picture.png": NoVideo,
    "not_video/page.html": NotMedia,
    "not_video/page_named.mp4": NotMedia,
    "not_video/empty.mp4": NotMedia,
    "not_video/error.json": NotMedia,
    "not_video/truncated_no_moov.mp4": MediaTruncated,
    "not_video/truncated_faststart.mp4": MediaTruncated,
}
SLOW = {"real_1080p30_18s.mp4", "real_720p2997_60s.mp4"}
CASES = [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in TRANSCODES]


def test_no_clip_is_left_out(clips: Path) -> None:
    entries = json.loads((clips / "MANIFEST.json").read_text())["entries"]
    files = {entry["file"]: entry["expected"]["outcome"] for entry in entries if not entry["file"].endswith("/")}
    assert {name for name, outcome in files.items() if outcome == "transcodes"} == set(TRANSCODES)
    assert {name for name, outcome in files.items() if outcome == "fails"} == set(FAILS)


@pytest.mark.parametrize("name", CASES)
async def test_a_clip_becomes_its_ladder(clips: Path, tmp_path: Path, toolbox: Toolbox, name: str) -> None:
    info, renditions = await make_renditions(clips / name, tmp_path, toolbox=toolbox)
    assert [f"{rung.width_px}x{rung.height_px}" for rung in renditions] == TRANSCODES[name]
    assert {rung.codecs.count("mp4a.40.2") for rung in renditions} == {int(bool(info.audio))}
    for rung in renditions:
        assert rung.duration_s == pytest.approx(info.duration_s, rel=0.01, abs=0.05)
        assert rung.segment_count == max(1, -(-round(rung.duration_s * rung.frame_rate) // round(4 * rung.frame_rate)))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        VIDEO_ID,
        *(f"{VIDEO_ID}-{number:02d}.m3u8" for number in range(1, len(renditions) + 1)),
        f"{VIDEO_ID}-storyboard.vtt",
        f"{VIDEO_ID}.jpg",
        f"{VIDEO_ID}.m3u8",
    ]


@pytest.mark.slow
async def test_progress_goes_from_nothing_to_all(clips: Path, tmp_path: Path, toolbox: Toolbox) -> None:
    source = clips / "bbb_854x480_5p1_30s.mp4"
    _, plan = await plan_source(source, toolbox=toolbox)
    shares, (chunk,), limits = list[float](), plan.chunks, encode_limits(plan)
    cpu_s = await encode_chunk(source, plan, chunk, tmp_path, toolbox=toolbox, limits=limits, on_progress=shares.append)
    assert shares == sorted(shares)
    assert shares[0] < 0.7
    assert shares[-1] > 0.99
    assert cpu_s > 0


@pytest.mark.parametrize("name", FAILS)
async def test_what_is_no_video_ends_in_its_error(clips: Path, tmp_path: Path, toolbox: Toolbox, name: str) -> None:
    with pytest.raises(FAILS[name]):
        await make_renditions(clips / name, tmp_path, toolbox=toolbox)
