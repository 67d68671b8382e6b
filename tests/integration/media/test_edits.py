"""Clips and joins as they are decoded: every picture says its number, every second has a flash and a beep."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.clapper import Clapper, assert_in_step, distances, onsets, read_pictures, read_sound
from tests.integration.media.edits import make_edit
from tests.integration.media.pipeline import measured

from vodpull.errors import MediaUnsupported, OutputInvalid
from vodpull.media import Toolbox, probe
from vodpull.media.edit.assemble import PLAYLIST_FILE, SEGMENTS
from vodpull.media.edit.edit_plan import EditPlan
from vodpull.media.edit.edit_proof import check_edit, compare_orders
from vodpull.media.edit.edit_request import EditInput, EditOrder, EditSource
from vodpull.media.verify.compare import ask_proof

TOTAL = 200
"""Pictures of a source of 8 seconds."""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Clapper(seconds=8).make(tmp_path_factory.mktemp("film") / "film.mp4")


@pytest.mark.parametrize("container", ["mp4", "flv"])
async def test_an_exact_clip_begins_and_ends_with_the_very_picture(
    tmp_path: Path, film: Path, toolbox: Toolbox, container: str
) -> None:
    order = EditOrder(container="flv" if container == "flv" else "mp4", start_s=2, length_s=4)
    plan, made = await make_edit([film], order, tmp_path, toolbox=toolbox)
    assert (plan.copied, made.suffix) == (False, f".{container}")
    pictures = read_pictures(made, TOTAL)
    assert pictures.wrong(range(50, 150), tolerance=0) == []
    info = await probe(made, toolbox=toolbox)
    late = distances(pictures.flashes_s, [at_s + info.start_time_s for at_s in onsets(read_sound(made))])
    assert max(map(abs, late)) <= 0.04
    assert abs(info.duration_s - 4) <= 0.04 + 1024 / 44100
    assert info.audio[0].sample_rate_hz == (44100 if container == "flv" else 48000)


async def test_a_copied_clip_begins_with_the_keyframe_before(tmp_path: Path, film: Path, toolbox: Toolbox) -> None:
    order = EditOrder(container="flv", start_s=3, length_s=3, exact=False)
    plan, made = await make_edit([film], order, tmp_path, toolbox=toolbox)
    assert (plan.copied, plan.parts[0].first_frame) == (True, 50)
    pictures = read_pictures(made, TOTAL)
    assert pictures.wrong(range(50, 50 + plan.frames_total), tolerance=0) == []
    assert 146 <= 50 + plan.frames_total <= 150, "within a few reordered pictures of its end"
    assert_in_step(made, TOTAL, within_s=0.04)


async def test_another_form_is_encoded_even_where_a_copy_would_do(tmp_path: Path, film: Path, toolbox: Toolbox) -> None:
    order = EditOrder(start_s=7, length_s=5, exact=False, size=(160, 160), frame_rate=10, video_bps=200_000)
    plan, made = await make_edit([film], replace(order, sample_rate_hz=22050), tmp_path, toolbox=toolbox)
    info = await probe(made, toolbox=toolbox)
    assert info.video is not None
    assert (info.video.width_px, info.video.height_px, info.video.frame_rate) == (160, 160, 10)
    assert (plan.copied, plan.frames_total, info.audio[0].sample_rate_hz) == (False, 10, 22050), "cut at the end"
    with pytest.raises(MediaUnsupported, match="before the section"):
        await make_edit([film], EditOrder(start_s=8, length_s=1), tmp_path / "..", toolbox=toolbox)


async def test_parts_of_one_film_are_joined_as_they_are(tmp_path: Path, toolbox: Toolbox) -> None:
    film = Clapper(seconds=4, total=TOTAL)
    parts = [film.make(tmp_path / "a.mp4"), replace(film, first=100).make(tmp_path / "b.mp4")]
    plan, made = await make_edit(parts, EditOrder(exact=False), tmp_path, toolbox=toolbox)
    assert (plan.copied, plan.reason) == (True, "copied: nothing but a cut is asked for")
    assert read_pictures(made, TOTAL).wrong(range(TOTAL), tolerance=0) == []
    assert_in_step(made, TOTAL, within_s=0.04)


async def test_what_differs_is_fitted_into_the_first_and_has_silence_for_sound(
    tmp_path: Path, film: Path, toolbox: Toolbox
) -> None:
    tall = Clapper(seconds=2, size=(180, 320), sound=()).make(tmp_path / "tall.mp4")
    order = EditOrder(container="m3u8", exact=False)
    plan, made = await make_edit([film, tall], order, tmp_path, toolbox=toolbox)
    assert (plan.copied, plan.size, plan.frames_total) == (False, (320, 180), 250)
    pictures = read_pictures(made, TOTAL)
    assert set(pictures.sizes) == {(320, 180)}
    assert pictures.numbers[:TOTAL] == list(range(TOTAL))
    beeps_s = onsets(read_sound(made))
    assert len(beeps_s) == 8
    assert max(beeps_s) < 8
    lines = (made.parent / PLAYLIST_FILE).read_text(encoding="utf-8").split("\n")
    named = [line for line in lines if line and not line.startswith("#")]
    assert [(made.parent / name).is_file() for name in named] == [True] * 3
    assert sum(float(line[8:-1]) for line in lines if line.startswith("#EXTINF:")) == pytest.approx(10)


async def test_a_result_that_shows_something_else_is_not_taken(tmp_path: Path, film: Path, toolbox: Toolbox) -> None:
    plan, made = await make_edit([film], EditOrder(start_s=2, length_s=4), tmp_path, toolbox=toolbox)
    info, _ = await measured(film, toolbox=toolbox)
    source = EditSource(info=info)
    inputs = [EditInput(source=source, path=film)]

    async def wrong(plan: EditPlan) -> str:
        with pytest.raises(OutputInvalid) as refused:
            await check_edit(made, plan, inputs, toolbox=toolbox)
        return str(refused.value)

    part = plan.parts[0]
    assert "another instant" in await wrong(replace(plan, parts=(replace(part, first_frame=62),)))
    assert "instead of" in await wrong(replace(plan, parts=(replace(part, frames=101),)))
    assert "180" in await wrong(replace(plan, size=(320, 182)))
    (made.parent / SEGMENTS / "00001.m4s").write_bytes(b"")
    assert "no picture is shown" in await wrong(plan)
    made.write_bytes(b"")
    assert "cannot be read" in await wrong(plan)


@pytest.mark.parametrize("length_s", [3.0, 1.0])
async def test_of_sound_alone_there_are_clips(tmp_path: Path, clips: Path, toolbox: Toolbox, length_s: float) -> None:
    order = EditOrder(start_s=2, length_s=length_s)
    plan, made = await make_edit([clips / "audio_only_10s.mp4"], order, tmp_path, toolbox=toolbox)
    info = await probe(made, toolbox=toolbox)
    assert (info.video, plan.size, round(info.duration_s, 1)) == (None, (0, 0), length_s)


@pytest.mark.parametrize("size", [(200, 100), (160, 160), (400, 200), (200, 112)])
async def test_bars_of_any_width_are_where_the_comparison_expects_them(
    tmp_path: Path, clips: Path, toolbox: Toolbox, size: tuple[int, int]
) -> None:
    """FFmpeg puts a picture at an even pixel; one pixel beside it, a small one differs as much as another picture."""
    film = clips / "av1_aac_960x540_15s.mp4"
    plan, made = await make_edit([film], EditOrder(start_s=2, length_s=1, size=size), tmp_path, toolbox=toolbox)
    info, _ = await measured(film, toolbox=toolbox)
    source = EditSource(info=info)
    orders = compare_orders(plan, plan.parts[0], source)
    found = await ask_proof(made.parent, film, orders, size_bytes=source.info.size_bytes, toolbox=toolbox)
    assert max(sight.levels for instant in found.sights for sight in instant.found) < 2
