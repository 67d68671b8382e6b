"""What is planned and encoded of a beginning is what is planned and encoded of the whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.integration.media.pipeline import Maker, plan_source

from vodpull.media import (
    ABR,
    Chunk,
    EncodePlan,
    Template,
    Toolbox,
    build_chunk_argv,
    encode_chunk,
    encode_limits,
    lasting_chunks,
    parse_template,
    plan_beginning,
    probe_part,
    survey,
)

WITHOUT_COPY = replace(ABR, copy=False)
TWO_SIZES = parse_template(
    """
    [definitions.LD]
    short_side_px = 64
    max_bitrate_bps = 800_000
    [definitions.SD]
    short_side_px = 90
    max_bitrate_bps = 1_400_000
    [video.h264]
    preset = "ultrafast"
    crf = 23
    """,
    name="two-sizes",
)
LENGTH_S = 80
FILM = ("-f", "lavfi", "-i", f"testsrc2=s=160x90:r=10:d={LENGTH_S}", "-f", "lavfi", "-i", f"sine=d={LENGTH_S}:r=16000")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "24", "-c:a", "aac")
MPEG4 = ("-c:v", "mpeg4", "-g", "24", "-c:a", "aac")
LAYOUTS = {
    "fragments.mp4": ("-movflags", "+frag_keyframe+empty_moov+default_base_moof"),
    "averaged.mp4": ("-movflags", "+frag_keyframe+empty_moov"),
    "indexed.mp4": ("-movflags", "+dash+global_sidx+frag_keyframe"),
    "stream.ts": (),
    "film.flv": (),
    "indexed.flv": ("-flvflags", "add_keyframe_index"),
    "film.mkv": (),
}
BESIDE_A_COPY = {
    "front.mp4": ("-movflags", "+faststart"),
    "fragments.mp4": ("-movflags", "+frag_keyframe+empty_moov+delay_moov"),
    "stream.ts": (),
    "film.mkv": (),
}


@pytest.mark.parametrize("name", LAYOUTS)
async def test_all_but_the_last_chunk_of_a_beginning_are_those_of_the_whole(
    make_clip: Maker, tmp_path: Path, toolbox: Toolbox, name: str
) -> None:
    clip = await laid_out(make_clip, name, *LAYOUTS[name])
    _, whole = await plan_source(clip, toolbox=toolbox, copy=False)
    part = with_gap(clip, 0.85)
    foreseen, stop_bytes = await foresee(part, int(0.85 * clip.stat().st_size), toolbox=toolbox)
    sure = lasting_chunks(foreseen.chunks, foreseen.rate)[:2]
    assert len(sure) == 2
    assert [build_chunk_argv(foreseen, chunk) for chunk in sure] == [
        build_chunk_argv(whole, chunk) for chunk in whole.chunks[:2]
    ]
    early = await encoded(part, foreseen, sure[1], tmp_path / "early", stop_bytes=stop_bytes, toolbox=toolbox)
    late = await encoded(clip, whole, whole.chunks[1], tmp_path / "late", stop_bytes=None, toolbox=toolbox)
    assert early == late


@pytest.mark.parametrize("name", BESIDE_A_COPY)
async def test_chunks_beside_a_copy_are_foreseen(make_clip: Maker, tmp_path: Path, toolbox: Toolbox, name: str) -> None:
    clip = await laid_out(make_clip, name, *BESIDE_A_COPY[name])
    _, whole = await plan_source(clip, toolbox=toolbox, template=TWO_SIZES)
    assert whole.copied
    part = with_gap(clip, 0.85)
    foreseen, stop_bytes = await foresee(part, int(0.85 * clip.stat().st_size), toolbox=toolbox, template=TWO_SIZES)
    assert foreseen.copied
    assert foreseen.frames_total < whole.frames_total, "it ends with what is here"
    sure = lasting_chunks(foreseen.chunks, foreseen.rate)
    assert len(sure) >= 2
    assert [build_chunk_argv(foreseen, chunk) for chunk in sure] == [
        build_chunk_argv(whole, chunk) for chunk in whole.chunks[: len(sure)]
    ]
    early = await encoded(part, foreseen, sure[1], tmp_path / "early", stop_bytes=stop_bytes, toolbox=toolbox)
    late = await encoded(clip, whole, whole.chunks[1], tmp_path / "late", stop_bytes=None, toolbox=toolbox)
    assert early == late


async def laid_out(make_clip: Maker, name: str, *options: str) -> Path:
    """Return the film in a container of its own, encoded once for all of them."""
    film = await make_clip("whole.mkv", *FILM, *(MPEG4 if name == "averaged.mp4" else H264))
    return await make_clip(name, "-i", f"file:{film}", "-c", "copy", *options)


def with_gap(clip: Path, share: float) -> Path:
    """Return a copy whose beginning is here, and its last megabyte, but nothing between them."""
    content, here = clip.read_bytes(), int(share * clip.stat().st_size)
    rest = len(content) - here
    copy = clip.with_name(f"part-{clip.name}")
    copy.write_bytes(content[:here] + bytes(rest // 2) + content[here + rest // 2 :])
    return copy


async def foresee(
    part: Path, here: int, *, toolbox: Toolbox, template: Template = WITHOUT_COPY
) -> tuple[EncodePlan, int]:
    size_bytes = part.stat().st_size
    found = await probe_part(part, [(0, here), (size_bytes - 1000, size_bytes)], size_bytes=size_bytes, toolbox=toolbox)
    assert found is not None
    stop_bytes = found.stop_bytes or here
    plan = plan_beginning(found.info, template)
    if plan is None:
        seen = await survey(part, found.info, toolbox=toolbox, stop_bytes=stop_bytes)
        plan = plan_beginning(found.info, template, survey=seen)
    assert plan is not None
    return plan, stop_bytes


async def encoded(
    source: Path, plan: EncodePlan, chunk: Chunk, folder: Path, *, stop_bytes: int | None, toolbox: Toolbox
) -> dict[str, bytes]:
    folder.mkdir()
    shares: list[float] = []
    limits = encode_limits(plan, chunk)
    await encode_chunk(
        source, plan, chunk, folder, toolbox=toolbox, limits=limits, on_progress=shares.append, stop_bytes=stop_bytes
    )
    return {path.name: path.read_bytes() for path in folder.iterdir()}
