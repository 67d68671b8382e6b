"""What templates ask for beside the ordinary ladder: other codecs, files, loudness, figures of quality."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

import av
import m3u8
import pytest
from tests.clapper import ffmpeg
from tests.integration.media.pipeline import VIDEO_ID, Maker, make_parts, plan_source, verify

from vodpull.errors import OutputInvalid
from vodpull.media import (
    EncodePlan,
    MediaInfo,
    Original,
    Package,
    Rendition,
    RunLimits,
    Template,
    Toolbox,
    measure_renditions,
    package_and_verify,
    package_preview,
    parse_template,
)
from vodpull.media.encode.loudness import TARGET_LUFS, measure_loudness

SIZES = """
segment_s = 2.0
[definitions.LD]
short_side_px = 72
max_bitrate_bps = 300_000
[definitions.SD]
short_side_px = 90
max_bitrate_bps = 900_000
"""
RECIPES = {
    "h264": "[video.h264]\npreset = 'ultrafast'\ncrf = 30\n",
    "hevc": "[video.hevc]\npreset = 'ultrafast'\ncrf = 32\n",
    "av1": "[video.av1]\npreset = '13'\ncrf = 50\n",
    "vp9": "[video.vp9]\npreset = '5'\ncrf = 45\n",
}


def template(*codecs: str, head: str = "", tail: str = "") -> Template:
    return parse_template(head + SIZES + "".join(RECIPES[codec] for codec in codecs) + tail, name="own")


async def make(
    source: Path, folder: Path, asked: Template, *, toolbox: Toolbox, copy: bool = False
) -> tuple[MediaInfo, EncodePlan, Package, tuple[Rendition, ...]]:
    info, plan = await plan_source(source, toolbox=toolbox, copy=copy, template=asked)
    parts = await make_parts(source, plan, folder, toolbox=toolbox)
    out = folder / "out"
    out.mkdir()
    original = Original(path=source, info=info)
    made, renditions, _ = await package_and_verify(
        plan, parts, out, original=original, video_id=VIDEO_ID, toolbox=toolbox
    )
    return info, plan, made, renditions


def film(length_s: int = 5, rate: int = 25) -> tuple[str, ...]:
    picture, sound = f"testsrc2=s=160x90:r={rate}:d={length_s}", f"sine=d={length_s}"
    return (
        *("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound),
        *("-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "64k"),
    )


async def small(make_clip: Maker, length_s: int = 5, rate: int = 25) -> Path:
    return await make_clip("small.mp4", *film(length_s, rate))


@dataclass(frozen=True, kw_only=True)
class Made:
    """A package with progressive files, made once; `folder` has it in `out`."""

    folder: Path
    info: MediaInfo
    package: Package
    renditions: tuple[Rendition, ...]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, toolbox: Toolbox) -> Made:
    folder = tmp_path_factory.mktemp("whole")
    ffmpeg(*film(), folder / "small.mp4")
    asked = template("h264", head="mp4 = 'each'\n")
    info, _, package, renditions = asyncio.run(make(folder / "small.mp4", folder, asked, toolbox=toolbox))
    return Made(folder=folder, info=info, package=package, renditions=renditions)


@pytest.mark.parametrize(
    ("codecs", "copy", "layout"),
    [
        (("av1", "h264"), True, "apart"),
        (("hevc", "vp9", "av1", "h264"), False, "apart"),
        (("h264", "hevc"), False, "muxed"),
    ],
)
async def test_each_codec_has_its_renditions_in_one_playlist(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox, codecs: tuple[str, ...], copy: bool, layout: str
) -> None:
    source = await small(make_clip)
    asked = template(*codecs, head=f"sound = '{layout}'\n")
    _, plan, made, renditions = await make(source, tmp_path, asked, toolbox=toolbox, copy=copy)
    assert [(one.codec, one.height_px) for one in renditions] == [
        (codec, side) for codec in codecs for side in (72, 90)
    ]
    assert (made.fallback, plan.copied is not None) == (codecs[-1], copy)
    playlist = m3u8.loads((tmp_path / "out" / made.multivariant).read_text())
    last = ["-v01", "-v02", "-a1"] if layout == "apart" else ["-01", "-02"]
    assert [variant.uri for variant in playlist.playlists][-len(last) :] == [f"{VIDEO_ID}{one}.m3u8" for one in last]
    names = {"h264": "avc1.", "hevc": "hvc1.", "av1": "av01.", "vp9": "vp09."}
    pictures = [variant.stream_info.codecs[:5] for variant in playlist.playlists if variant.stream_info.resolution]
    assert pictures == [names[one.codec] for one in renditions]
    assert {one.segment_count for one in renditions} == {len(plan.cuts)}


async def test_chunks_of_every_codec_fit_together(make_clip: Maker, tmp_path: Path, toolbox: Toolbox) -> None:
    source = await small(make_clip, length_s=44, rate=5)
    asked = template("hevc", "av1", "vp9", "h264", tail="[audio]\ncodec = 'opus'\n", head="mp4 = 'best'\n")
    _, plan, _, renditions = await make(source, tmp_path, asked, toolbox=toolbox)
    assert len(plan.chunks) == 3
    assert {one.segment_count for one in renditions} == {22}
    assert {one.codecs.split(",")[1] for one in renditions} == {"Opus"}
    assert [bool(one.mp4) for one in renditions][-2:] == [False, True]


@pytest.mark.parametrize("late", [False, True], ids=["in step", "sound begins late"])
async def test_a_progressive_file_has_what_the_segments_have(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox, late: bool
) -> None:
    source = await small(make_clip)
    if late:
        source = await make_clip("late.mkv", "-i", str(source), "-itsoffset", "0.7", "-i", str(source),
                                 "-map", "0:v", "-map", "1:a", "-c", "copy")  # fmt: skip
    layout = "muxed" if late else "apart"
    asked = template("av1", "h264", head=f"mp4 = 'each'\nsound = '{layout}'\n")
    _, plan, _, renditions = await make(source, tmp_path, asked, toolbox=toolbox)
    assert [one.mp4 for one in renditions] == ["", "", f"{VIDEO_ID}-01.mp4", f"{VIDEO_ID}-02.mp4"]
    with av.open(str(tmp_path / "out" / f"{VIDEO_ID}-02.mp4")) as container:
        assert float(container.duration or 0) / 1e6 == pytest.approx(float(plan.frames_total / plan.rate), abs=0.05)
        frames = [frame.time for frame in container.decode(video=0)]
    assert frames == pytest.approx([number / 25 for number in range(plan.frames_total)], abs=0.001)


async def test_the_quality_of_each_encoded_rendition_is_measured(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox
) -> None:
    source = await small(make_clip)
    asked = template("hevc", "h264", head="vmaf = true\n")
    _, plan, made, renditions = await make(source, tmp_path, asked, toolbox=toolbox)
    before = sorted((tmp_path / "out").rglob("*"))
    found = await measure_renditions(source, plan, made, out_folder=tmp_path / "out", toolbox=toolbox)
    assert set(found) == {one.playlist for one in renditions}
    assert {one.frames for one in found.values()} == {2 * 50 + 25}
    # The same pictures are compared: one picture off would cost tens of points.
    assert found[f"{VIDEO_ID}-02.m3u8"].min > 70
    assert sorted((tmp_path / "out").rglob("*")) == before


async def test_only_what_is_encoded_is_measured(make_clip: Maker, tmp_path: Path, toolbox: Toolbox) -> None:
    source = await small(make_clip)
    _, plan, made, _ = await make(source, tmp_path, template("h264", head="vmaf = true\n"), toolbox=toolbox, copy=True)
    assert plan.copied
    found = await measure_renditions(source, plan, made, out_folder=tmp_path / "out", toolbox=toolbox)
    assert list(found) == [f"{VIDEO_ID}-01.m3u8"]


async def test_sound_comes_to_the_target_of_loudness(make_clip: Maker, tmp_path: Path, toolbox: Toolbox) -> None:
    source = await small(make_clip)
    asked = template("h264", head="mp4 = 'best'\n", tail="[audio]\nloudness = true\n")
    _, _, _, renditions = await make(source, tmp_path, asked, toolbox=toolbox)
    assert sorted(path.name for path in (tmp_path / "tracks").iterdir()) == ["audio-0.m4a"]
    limits = RunLimits(wall_s=60)
    file = tmp_path / "out" / renditions[-1].mp4
    [measured] = await measure_loudness(file, {1: ""}, tmp_path, toolbox=toolbox, limits=limits)
    assert measured
    assert measured.integrated_lufs == pytest.approx(TARGET_LUFS, abs=0.5)


async def test_a_long_film_is_measured_piece_by_piece(
    whole: Made, toolbox: Toolbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vodpull.media.inspect.ask_segments.SEGMENTS_AT_ONCE", 1)
    assert await verify(whole.folder / "out", whole.package, whole.info, toolbox=toolbox) == whole.renditions


async def test_a_progressive_file_that_is_not_whole_is_refused(whole: Made, tmp_path: Path, toolbox: Toolbox) -> None:
    shutil.copytree(whole.folder / "out", tmp_path / "out")
    info, made = whole.info, whole.package
    first, second = (tmp_path / "out" / placed.mp4 for placed in made.renditions)
    content = first.read_bytes()
    first.unlink()
    with pytest.raises(OutputInvalid, match="missing"):
        await verify(tmp_path / "out", made, info, toolbox=toolbox)
    first.write_bytes(content[:-1])
    with pytest.raises(OutputInvalid, match=r"-01\.mp4"):
        await verify(tmp_path / "out", made, info, toolbox=toolbox)
    first.write_bytes(content)
    second.write_bytes(content)
    with pytest.raises(OutputInvalid, match=r"-02\.mp4"):
        await verify(tmp_path / "out", made, info, toolbox=toolbox)


async def test_a_segment_that_is_missing_is_not_measured(make_clip: Maker, tmp_path: Path, toolbox: Toolbox) -> None:
    source = await small(make_clip)
    _, plan, made, _ = await make(source, tmp_path, template("h264", head="vmaf = true\n"), toolbox=toolbox)
    (tmp_path / "out" / made.renditions[0].folder / "00001.m4s").unlink()
    with pytest.raises(OutputInvalid, match="segment 1"):
        await measure_renditions(source, plan, made, out_folder=tmp_path / "out", toolbox=toolbox)


async def test_every_codec_is_in_a_preview(make_clip: Maker, tmp_path: Path, toolbox: Toolbox) -> None:
    source = await small(make_clip)
    _, plan = await plan_source(source, toolbox=toolbox, copy=False, template=template("vp9", "h264"))
    parts = await make_parts(source, plan, tmp_path, toolbox=toolbox)
    (tmp_path / "early").mkdir()
    preview = await package_preview(plan, parts, tmp_path / "early", video_id=VIDEO_ID, toolbox=toolbox)
    playlist = m3u8.loads((tmp_path / "early" / preview.multivariant).read_text())
    # The ceilings; VP9 may go up to twice as far, as H.264 with a buffer of one segment; and sound.
    pictures = [variant for variant in playlist.playlists if variant.stream_info.resolution]
    bandwidths = [(variant.stream_info.bandwidth or 0) - 288_000 for variant in pictures]
    rungs = sorted((planned.rung for planned in plan.rungs), key=lambda rung: (rung.codec == "h264", rung.clarity))
    assert len(rungs) == 4
    assert bandwidths == [2 * rung.max_bitrate_bps for rung in rungs]
