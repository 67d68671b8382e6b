from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from vodpull.errors import NoVideo
from vodpull.media import (
    ABR,
    EncodePlan,
    MediaInfo,
    Survey,
    build_chunk_argv,
    build_tracks_argv,
    encode_limits,
    parse_template,
    plan_encode,
    plan_ladder,
)
from vodpull.media.inspect.ask_survey import Group, SoundSurvey
from vodpull.media.plan.template import AudioRecipe

Source = Callable[..., MediaInfo]
Golden = Callable[[str, Sequence[str]], None]


def plan(info: MediaInfo, survey: Survey | None = None) -> EncodePlan:
    return plan_encode(info, plan_ladder(info, survey=survey), survey=survey)


def commands(made: EncodePlan) -> list[str]:
    """Return the commands of all chunks and of the tracks, each with an empty line before it."""
    return [token for argv in (*(build_chunk_argv(made, chunk) for chunk in made.chunks), build_tracks_argv(made))
            for token in ("", *argv)]  # fmt: skip


def surveyed(*, frames: int, group_frames: int, rate: int = 30, size_bytes: int = 500_000) -> Survey:
    """Return a survey of a source with one closed group after the other."""
    groups = tuple(
        Group(start_s=first / rate, decode_s=first / rate - 0.1, first_frame=first, size_bytes=size_bytes, closed=True)
        for first in range(0, frames, group_frames)
    )
    sound = SoundSurvey(index=1, start_s=0.0, end_s=frames / rate, widest_hole_s=0.0, bitrate_bps=96_000, damaged=False)
    return Survey(
        frames=frames,
        start_s=0.0,
        uneven_s=0.0,
        groups=groups,
        steady=True,
        damaged=False,
        own_parameters=False,
        sounds=(sound,),
    )


def test_the_command_of_a_plain_source(source: Source, golden: Golden) -> None:
    golden("encode_plain_1080p.txt", commands(plan(source())))


def test_the_commands_of_a_long_source(source: Source, golden: Golden) -> None:
    info = source(duration_s=45.0)
    golden("encode_chunks_480p.txt", commands(plan(replace_video(info, width_px=854, height_px=480))))


def test_the_commands_of_a_copied_source(source: Source, golden: Golden) -> None:
    golden("encode_copied_1080p.txt", commands(plan(source(), surveyed(frames=300, group_frames=75))))


def replace_video(info: MediaInfo, *, width_px: int, height_px: int) -> MediaInfo:
    assert info.video
    video = replace(
        info.video,
        width_px=width_px,
        height_px=height_px,
        display_width_px=width_px,
        display_height_px=height_px,
        duration_s=info.duration_s,
    )
    return replace(info, video=video)


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
    golden("encode_phone_hlg.txt", commands(plan(info)))


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
    golden("encode_interlaced_silent.txt", commands(plan(info)))


def test_keyframes_are_as_far_apart_as_a_segment_is_long(source: Source) -> None:
    assert plan(source(nominal_frame_rate=30000 / 1001)).gop_frames == 120
    assert plan(source(nominal_frame_rate=179 / 6)).gop_frames == 119
    assert plan(source(nominal_frame_rate=0.1)).gop_frames == 40


def test_only_the_best_rung_gets_a_second_thread(source: Source) -> None:
    assert [planned.threads for planned in plan(source()).rungs] == [2, 1, 1, 1]


def test_chunks_share_the_processors_and_not_the_encoders(source: Source) -> None:
    info = replace_video(source(duration_s=100.0), width_px=1920, height_px=1080)
    assert {planned.threads for planned in plan(info).rungs} == {1}


@pytest.mark.parametrize(
    ("width_px", "height_px", "duration_s", "threads"),
    [(1080, 1920, 10.0, 1), (2560, 1440, 10.0, 2), (7680, 4320, 10.0, 4), (7680, 4320, 100.0, 1)],
)
def test_one_decoder_gets_threads_by_the_size_of_its_picture(
    source: Source, width_px: int, height_px: int, duration_s: float, threads: int
) -> None:
    made = plan(replace_video(source(duration_s=duration_s), width_px=width_px, height_px=height_px))
    assert made.decoder_threads == threads


def test_other_sources_than_indexed_ones_are_one_chunk_until_their_packets_are_known(source: Source) -> None:
    info = replace(replace_video(source(duration_s=100.0), width_px=854, height_px=480), container="mpegts")
    seen = surveyed(frames=3000, group_frames=60)
    assert len(plan(info).chunks) == 1
    # Decoding begins between the keyframe at 18 s, a tenth later than it is decoded, and the packet before.
    assert plan(info, seen).seeks_s[2] == pytest.approx(18.0 - 0.1 - 1 / 60)
    assert len(plan(info, replace(seen, steady=False)).chunks) == 1
    assert len(plan(info, surveyed(frames=3000, group_frames=1200)).chunks) == 1


def test_the_source_as_only_rendition_needs_no_chunk(source: Source) -> None:
    info = source(width_px=640, height_px=360)
    made = plan(info, surveyed(frames=300, group_frames=60, size_bytes=50_000))
    assert (made.chunks, made.cuts, made.has_tracks) == ((), (0, 120), True)
    assert made.sounds[0].copied


def test_the_picture_is_held_until_the_sound_ends(source: Source) -> None:
    info = replace(source(duration_s=9.0), duration_s=10.0)
    assert plan(replace(info, video=replace(info.video, duration_s=9.0))).picture.hold_frames == 33  # type: ignore[type-var]


def test_limits_grow_with_the_source(source: Source) -> None:
    made = plan(source())
    limits = encode_limits(made)
    assert limits.wall_s == 2100
    assert encode_limits(made, made.chunks[0]).wall_s == 6600
    assert limits.file_size_bytes == 3 * 5_000_000 // 8 * 10 + 64 * 1024 * 1024


def test_sound_only_has_no_plan(source: Source) -> None:
    with pytest.raises(NoVideo):
        plan_encode(replace(source(), video=None), plan_ladder(source()))


def test_without_h264_nothing_is_copied_but_sound(source: Source) -> None:
    seen = surveyed(frames=300, group_frames=75)
    text = """
    [definitions.FHD]
    short_side_px = 1080
    max_bitrate_bps = 5_000_000
    [video.hevc]
    preset = "fast"
    crf = 26
    """
    info, template = source(), parse_template(text, name="own")
    made = plan_encode(info, plan_ladder(info, template=template, survey=seen), survey=seen)
    assert (made.copied, made.cuts, made.sounds[0].copied) == (None, (0, 120, 240), True)
    assert made.rungs[0].file == "fhd.mp4"


@pytest.mark.parametrize("changes", [{"codec": "opus"}, {"loudness": True}])
def test_sound_that_becomes_something_else_is_not_copied(source: Source, changes: dict[str, Any]) -> None:
    seen, template = surveyed(frames=300, group_frames=75), replace(ABR, audio=AudioRecipe(**changes))
    made = plan_encode(source(), plan_ladder(source(), template=template, survey=seen), survey=seen)
    assert [sound.copied for sound in made.sounds] == [False]


def test_every_command_is_told_where_a_source_begins_that_ffmpeg_counts_otherwise(source: Source) -> None:
    info = replace(source(), container="mpegts", zero_s=1.4)
    made = plan(info)
    told = ["-copyts", "-itsoffset", "-1.400000"]
    for argv in (build_chunk_argv(made, made.chunks[0]), build_tracks_argv(made)):
        at = argv.index("-copyts")
        assert argv[at : at + 3] == told
        assert at < argv.index("-i")
    assert "-copyts" not in build_chunk_argv(plan(source()), made.chunks[0])
