from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from vodpull.errors import NoVideo
from vodpull.media import MediaInfo, build_encode_argv, encode_limits, plan_encode, plan_ladder
from vodpull.media.encode import EncodePlan, exact_rate

Source = Callable[..., MediaInfo]
Golden = Callable[[str, Sequence[str]], None]


def plan(info: MediaInfo) -> EncodePlan:
    return plan_encode(info, plan_ladder(info))


def test_the_command_of_a_plain_source(source: Source, golden: Golden) -> None:
    golden("encode_plain_1080p.txt", build_encode_argv(plan(source())))


def test_the_command_of_a_phone_clip(source: Source, golden: Golden) -> None:
    info = source(
        width_px=1920,
        height_px=1080,
        display_width_px=1080,
        display_height_px=1920,
        rotation_deg=-90,
        nominal_frame_rate=30000 / 1001,
        pix_fmt="yuv420p10le",
        bit_depth=10,
        color_transfer="arib-std-b67",
        color_primaries="bt2020",
        color_space="bt2020nc",
    )
    golden("encode_phone_hlg.txt", build_encode_argv(plan(info)))


def test_the_command_of_an_old_broadcast_without_sound(source: Source, golden: Golden) -> None:
    info = source(
        audio=False,
        width_px=720,
        height_px=481,
        display_width_px=853,
        display_height_px=481,
        sample_aspect=(32, 27),
        interlaced=True,
        color_transfer=None,
        color_primaries=None,
        color_space=None,
        color_range=None,
    )
    golden("encode_interlaced_silent.txt", build_encode_argv(plan(info)))


def test_keyframes_are_as_far_apart_as_a_segment_is_long(source: Source) -> None:
    assert plan(source(nominal_frame_rate=30000 / 1001)).gop_frames == 120
    assert plan(source(nominal_frame_rate=179 / 6)).gop_frames == 119
    assert plan(source(nominal_frame_rate=0.1)).gop_frames == 1


def test_only_the_best_rung_gets_a_second_thread(source: Source) -> None:
    assert [planned.threads for planned in plan(source()).rungs] == [2, 1, 1, 1]


def test_the_picture_is_held_until_the_sound_ends(source: Source) -> None:
    assert plan(source(duration_s=10.0)).picture.hold_frames == 0
    info = replace(source(duration_s=9.0), duration_s=10.0)
    assert plan(replace(info, video=replace(info.video, duration_s=9.0))).picture.hold_frames == 30  # type: ignore[type-var]


def test_limits_grow_with_the_source(source: Source) -> None:
    limits = encode_limits(plan(source()))
    assert limits.wall_s == 2100
    assert limits.file_size_bytes == 3 * 5_000_000 // 8 * 10 + 64 * 1024 * 1024


def test_sound_only_has_no_plan(source: Source) -> None:
    with pytest.raises(NoVideo):
        plan_encode(replace(source(), video=None), plan_ladder(source()))


def test_broadcast_rates_become_exact_fractions() -> None:
    assert str(exact_rate(29.97002997002997)) == "30000/1001"
    assert str(exact_rate(45000 / 1499)) == "45000/1499"
