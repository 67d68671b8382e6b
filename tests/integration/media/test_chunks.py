"""A film that is encoded in chunks has the same pictures at the same times as one that is encoded at once."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.media.pipeline import VIDEO_ID, Maker, make_parts, plan_source

from vodpull.errors import MediaTruncated
from vodpull.media import (
    Chunk,
    EncodePlan,
    Original,
    Parts,
    Toolbox,
    build_chunk_argv,
    encode_chunk,
    encode_limits,
    package_and_verify,
    package_preview,
)
from vodpull.media.package.package import package_media
from vodpull.media.tools.outcome import check
from vodpull.media.tools.run import run

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
AAC = ("-c:a", "aac", "-aac_coder", "fast", "-b:a", "32k")


def film(length_s: int = 47, rate: str = "10") -> tuple[str, ...]:
    # Pictures with their number on them, and a tone.
    picture = f"testsrc2=s=160x90:r={rate}:d={length_s}"
    return ("-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", f"sine=d={length_s}:r=16000")


SOURCES: dict[str, tuple[str, ...]] = {
    "plain.mp4": (*film(), *X264, "-bf", "3", "-g", "120", *AAC),
    "broadcast.mp4": (*film(rate="30000/1001"), *X264, "-g", "77", *AAC),
    "uneven.mp4": (
        *film(),
        *("-vf", "setpts='PTS+0.4*mod(N,7)/7/10/TB',select='not(eq(mod(n,11),3))'", "-fps_mode", "passthrough"),
        *X264, *AAC,
    ),
    "slides.mkv": (*film(), "-vf", "select='lt(mod(n,120),5)'", "-fps_mode", "passthrough", *X264, "-g", "5", *AAC),
    "late.mp4": ("-itsoffset", "3", *film(), *X264, *AAC),
    "offset.mkv": (*film(), *X264, *AAC, "-output_ts_offset", "7"),
    "open.mkv": (*film(), *X264, "-bf", "3", "-x264-params", "open-gop=1:keyint=36:b-pyramid=1", *AAC),
    "stream.ts": (*film(), *X264, "-bf", "3", "-g", "52", *AAC),
    "flash.flv": (*film(), *X264, "-g", "52", *AAC),
    "fields.ts": (
        *film(rate="25"),  # no less may MPEG-2 have
        *("-vf", "tinterlace=interleave_top", "-c:v", "mpeg2video", "-flags", "+ildct+ilme", *AAC),
    ),
    "cut_in.mp4": (*film(), *X264, "-g", "40", *AAC),
    "picture_ends_early.mp4": (*film(47), "-vf", "trim=end=15", *X264, *AAC),
}  # fmt: skip


async def frame_digests(source: Path, plan: EncodePlan, chunk: Chunk, folder: Path, *, toolbox: Toolbox) -> list[str]:
    """Return time and digest of each picture that goes into the best encoder."""
    folder.mkdir()
    argv = build_chunk_argv(plan, chunk)
    argv = [*argv[: argv.index("-map")], "-map", "[v0]", "-f", "framemd5", "file:digests"]
    limits = encode_limits(plan, chunk)
    check(await run(argv, toolbox=toolbox, reads={"source": source}, writes=folder, limits=limits), "digesting")
    lines = [line.split(",") for line in (folder / "digests").read_text().splitlines() if line[0] != "#"]
    return [f"{int(line[2]) + chunk.first_frame} {line[5].strip()}" for line in lines]


def at_once(plan: EncodePlan) -> EncodePlan:
    return replace(plan, chunks=(Chunk(number=0, first_frame=0, frames=plan.frames_total),), seeks_s=(0.0,))


@pytest.mark.parametrize("name", SOURCES)
async def test_each_frame_is_the_same_in_any_chunk(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox, name: str
) -> None:
    source = await make_clip(name, *SOURCES[name])
    if name == "cut_in.mp4":
        # An edit list that begins between keyframes.
        source = await make_clip("edited.mp4", "-ss", "1.5", "-i", f"file:{source}", "-c", "copy")
    _, plan = await plan_source(source, toolbox=toolbox, copy=False)
    assert len(plan.chunks) == (1 if name == "picture_ends_early.mp4" else 3)
    whole = at_once(plan)
    (only,) = whole.chunks
    expected = await frame_digests(source, whole, only, tmp_path / "whole", toolbox=toolbox)
    found = []
    for chunk in plan.chunks:
        found += await frame_digests(source, plan, chunk, tmp_path / f"{chunk.number}", toolbox=toolbox)
    assert found == expected
    assert len(found) == plan.frames_total


async def test_chunks_become_one_film_without_seams(make_clip: Maker, tmp_path: Path, toolbox: Toolbox) -> None:
    source = await make_clip("film.mp4", *film(rate="30000/1001"), *X264, "-g", "77", *AAC)
    info, plan = await plan_source(source, toolbox=toolbox, copy=False)
    parts = await make_parts(source, plan, tmp_path, toolbox=toolbox)
    assert len(parts.chunks) == 3
    out = tmp_path / "out"
    out.mkdir()
    original = Original(path=source, info=info)
    _, (rendition,), _ = await package_and_verify(
        plan, parts, out, original=original, video_id=VIDEO_ID, toolbox=toolbox
    )
    assert rendition.segment_count == len(plan.cuts) == 12
    assert round(rendition.duration_s * plan.rate) == plan.frames_total
    assert abs(rendition.av_drift_ms or 0) <= 40
    assert rendition.keyframes_aligned


async def test_what_is_shown_early_is_never_changed(make_clip: Maker, tmp_path: Path, toolbox: Toolbox) -> None:
    source = await make_clip("film.mp4", *film(), *X264, *AAC)
    _, plan = await plan_source(source, toolbox=toolbox)
    parts = await make_parts(source, plan, tmp_path, toolbox=toolbox)
    early, out = tmp_path / "early", tmp_path / "out"
    early.mkdir()
    out.mkdir()
    written, segments = list[str](), 0
    for count in range(1, len(plan.chunks)):
        prefix = Parts(tracks=parts.tracks, chunks=parts.chunks[:count])
        preview = await package_preview(plan, prefix, early, video_id=VIDEO_ID, toolbox=toolbox, after=segments)
        written, segments = [*written, *preview.files], preview.segments
        playlist = (early / preview.playlists[0]).read_text()
        # A header, picture and sound for each.
        assert playlist.count("#EXTINF") == segments == len(written) / 2 - 1
        assert "EVENT" in playlist
        assert "ENDLIST" not in playlist
    await package_media(plan, parts, out, video_id=VIDEO_ID)
    assert {name: (early / name).read_bytes() for name in written} == {
        name: (out / name).read_bytes() for name in written
    }
    said = [
        re.findall(r'#EXT-X-STREAM-INF:.*CODECS="(.*?)"', (folder / f"{VIDEO_ID}.m3u8").read_text())
        for folder in (early, out)
    ]
    assert said[0] == said[1]
    assert said[0][-1] == "mp4a.40.2"


async def test_a_chunk_whose_source_ends_is_truncated(make_clip: Maker, tmp_path: Path, toolbox: Toolbox) -> None:
    source = await make_clip("film.mp4", *film(4, "25"), *X264, *AAC)
    _, plan = await plan_source(source, toolbox=toolbox, copy=False)
    longer = replace(plan.chunks[0], frames=2 * plan.frames_total)
    plan = replace(plan, chunks=(longer,))
    limits = encode_limits(plan)
    with pytest.raises(MediaTruncated, match="3\\.92 s of the picture"):
        await encode_chunk(source, plan, longer, tmp_path, toolbox=toolbox, limits=limits, on_progress=lambda _: None)
