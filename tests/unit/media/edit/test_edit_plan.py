"""What is copied, what is encoded and where it lies, and the commands for it, as values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest

from vodpull.errors import MediaUnsupported
from vodpull.media import MediaInfo, Survey
from vodpull.media.edit.copy_obstacles import copy_obstacle
from vodpull.media.edit.edit_plan import plan_edit
from vodpull.media.edit.edit_proof import part_instants
from vodpull.media.edit.edit_request import Copyable, EditOrder, EditSource
from vodpull.media.edit.sound import build_sound_argv
from vodpull.media.inspect.ask_survey import Group

Source = Callable[..., MediaInfo]


def edit_source(info: MediaInfo, *, header: str = "h", frames: int = 300, every: int = 60) -> EditSource:
    groups = tuple(
        Group(start_s=at / 30, decode_s=at / 30, first_frame=at, size_bytes=9, closed=True)
        for at in range(0, frames, every)
    )
    survey = Survey(
        frames=frames,
        start_s=0.0,
        uneven_s=0.0,
        groups=groups,
        steady=True,
        damaged=False,
        own_parameters=False,
        sounds=(),
    )
    return EditSource(info=info, survey=survey, copyable=Copyable(header=header, frames=frames))


COPY = EditOrder(start_s=5.0, length_s=3.0, exact=False)


def test_an_exact_clip_is_encoded_from_its_first_frame_on(source: Source) -> None:
    plan = plan_edit([edit_source(source())], replace(COPY, exact=True, start_s=1.5))
    [part] = plan.parts
    assert (plan.copied, part.first_frame, part.frames, plan.duration_s) == (False, 45, 90, 3.0)
    assert part.plan is not None
    assert (part.plan.chunks[0].first_frame, part.plan.cuts, plan.cuts) == (45, (45,), (0,))


def test_a_copied_clip_begins_with_the_keyframe_before_and_ends_where_it_can(source: Source) -> None:
    plan = plan_edit([replace(edit_source(source()), copyable=Copyable(header="h", frames=238))], COPY)
    assert (plan.copied, plan.parts[0].first_frame, plan.parts[0].frames) == (True, 120, 118)
    assert (plan.cuts, plan.parts[0].copied_from) == ((0, 60), -120)


@pytest.mark.parametrize(
    ("changes", "obstacle"),
    [
        ({"codec": "hevc", "profile": "Main"}, "flv has no place for hevc"),
        ({"codec": "vp9"}, "flv has no place for vp9"),
        ({"rotation_deg": 90}, "the picture is turned by its player"),
        ({"nominal_frame_rate": 120.0}, "the frame rate is not constant"),
    ],
)
def test_what_cannot_be_copied_says_why(source: Source, changes: dict[str, object], obstacle: str) -> None:
    order = replace(COPY, container="flv")
    assert copy_obstacle(edit_source(source(**changes)), order, is_join=False) == obstacle
    assert copy_obstacle(edit_source(source()), order, is_join=False) == ""


@pytest.mark.parametrize("asked", [{"size": (640, 360)}, {"frame_rate": 15.0}, {"video_bps": 9}, {"exact": True}])
def test_another_form_is_never_a_copy(source: Source, asked: dict[str, object]) -> None:
    order = EditOrder(**{"exact": False, "start_s": 0.0, "length_s": 1.0} | asked)  # type: ignore[arg-type]
    assert copy_obstacle(edit_source(source()), order, is_join=False)


def test_a_join_is_copied_when_all_are_of_one_kind(source: Source) -> None:
    order = EditOrder(exact=False)
    same = plan_edit([edit_source(source()), edit_source(source())], order)
    assert (same.copied, [part.at for part in same.parts], same.frames_total) == (True, [0, 300], 600)
    other = plan_edit([edit_source(source()), edit_source(source(), header="another")], order)
    assert (other.copied, other.reason) == (False, "encoded: the sources are not of one kind")
    late = edit_source(source(duration_s=10.5))
    assert copy_obstacle(late, order, is_join=True) == "picture and sound are not equally long"


def test_what_differs_lies_on_the_grid_and_in_the_frame_of_the_first(source: Source) -> None:
    tall = source(width_px=1080, height_px=1920, nominal_frame_rate=25.0, audio=False)
    plan = plan_edit([edit_source(source()), edit_source(tall)], EditOrder(container="flv"))
    assert (plan.size, plan.rate, plan.frames_total, plan.sample_rate_hz) == ((1920, 1080), Fraction(30), 600, 44100)
    fits = [part.plan.picture.fit for part in plan.parts if part.plan]
    assert fits == [(), ((0.0, 0.5625),)]
    argv = build_sound_argv([edit_source(source()), edit_source(tall)], plan)
    graph = argv[argv.index("-filter_complex") + 1].split(";")
    assert graph[1].startswith("anullsrc=r=48000:cl=stereo,atrim=end_sample=480000")
    assert graph[2] == "[a0][a1]concat=n=2:v=0:a=1[sound]"
    assert sum(plan.samples(part) for part in plan.parts) == 960_000


def test_no_seam_puts_sound_out_of_step(source: Source) -> None:
    film = edit_source(source(nominal_frame_rate=30000 / 1001, duration_s=10.01))
    plan = plan_edit([film] * 50, EditOrder())
    ends = [sum(plan.samples(part) for part in plan.parts[: number + 1]) for number in range(50)]
    grid = [float(Fraction(part.at + part.frames) / plan.rate * 48000) for part in plan.parts]
    assert max(abs(end - due) for end, due in zip(ends, grid, strict=True)) <= 0.5


def test_a_long_film_is_encoded_by_the_minute(source: Source) -> None:
    info = source(duration_s=200.0)
    assert info.video is not None
    long = replace(info, video=replace(info.video, duration_s=200.0))
    plan = plan_edit([edit_source(long, frames=6000)], EditOrder(start_s=10.0, length_s=150.0))
    [part] = plan.parts
    assert part.plan is not None
    assert [(chunk.first_frame, chunk.frames) for chunk in part.plan.chunks] == [(300, 1800), (2100, 1800), (3900, 900)]
    assert part_instants(plan, part)[0] == 0.1


@pytest.mark.parametrize("start_s", [10.0, 1e6])
def test_a_section_behind_the_end_is_none(source: Source, start_s: float) -> None:
    with pytest.raises(MediaUnsupported, match="before the section"):
        plan_edit([edit_source(source())], replace(COPY, exact=True, start_s=start_s))
