from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from vodpull.media import BurntText, MediaInfo
from vodpull.media.encode.filters import picture_graph
from vodpull.media.plan.picture_conversion import Picture, plan_picture

Source = Callable[..., MediaInfo]
ALL = range(300)


def picture(info: MediaInfo) -> Picture:
    assert info.video
    return plan_picture(info, info.video, rate=Fraction(30))


@pytest.mark.parametrize(
    ("changes", "matrix", "color_range"),
    [
        ({"color_space": None}, "bt709", "tv"),
        ({"color_space": None, "width_px": 720, "height_px": 576}, "smpte170m", "tv"),
        ({"color_space": "bt470bg"}, "bt470bg", "tv"),
        ({"pix_fmt": "gbrp", "color_space": "gbr"}, "gbr", "pc"),
        ({"pix_fmt": "rgb24", "color_space": None}, "gbr", "pc"),
        ({"pix_fmt": "yuvj420p"}, "bt709", "pc"),
        ({"color_range": "pc"}, "bt709", "pc"),
        ({"color_space": None, "color_transfer": "smpte2084"}, "bt2020nc", "tv"),
    ],
)
def test_colours_are_named_even_when_the_file_does_not(
    source: Source, changes: dict[str, Any], matrix: str, color_range: str
) -> None:
    plan = picture(source(**changes))
    assert (plan.matrix, plan.range) == (matrix, color_range)


def test_each_picture_is_scaled_from_the_next_larger_one(source: Source) -> None:
    graph = picture_graph(picture(source()), [(1920, 1080), (1280, 720), (640, 360)], ALL)
    assert graph.split(";")[1:] == [
        "[c1]zscale=w=1280:h=720:f=bicubic:param_a=0:param_b=0.62,setsar=1,split=2[v1][c2]",
        "[c2]zscale=w=640:h=360:f=bicubic:param_a=0:param_b=0.62,setsar=1[v2]",
    ]


def test_a_size_that_several_codecs_need_is_scaled_once(source: Source) -> None:
    graph = picture_graph(picture(source()), [(1280, 720), (1280, 720), (640, 360), (640, 360)], ALL)
    head, tail = graph.split(";")
    assert head.endswith("setsar=1,split=3[v0][v1][c2]")
    assert tail == "[c2]zscale=w=640:h=360:f=bicubic:param_a=0:param_b=0.62,setsar=1,split=2[v2][v3]"


def test_hdr_is_mapped_in_linear_light(source: Source) -> None:
    graph = picture_graph(picture(source(color_transfer="smpte2084", bit_depth=10)), [(1920, 1080)], ALL)
    assert "tin=smpte2084" in graph
    assert graph.index("t=linear") < graph.index("tonemap=") < graph.index("t=bt709")


def test_standard_range_is_not_mapped(source: Source) -> None:
    assert "tonemap" not in picture_graph(picture(source()), [(1920, 1080)], ALL)


def test_fields_become_frames_before_anything_else(source: Source) -> None:
    assert picture_graph(picture(source(interlaced=True)), [(720, 480)], ALL).startswith("[0:0]bwdif=")


def test_a_chunk_is_chosen_by_number_of_frame(source: Source) -> None:
    graph = picture_graph(picture(source()), [(1920, 1080)], range(240, 720))
    assert "fps=fps=30/1:start_time=0,tpad=" in graph
    assert ",trim=start_pts=240:end_pts=720,setpts=PTS-240," in graph


def test_the_end_may_be_a_little_off(source: Source) -> None:
    assert picture(source()).hold_frames == 3
    assert picture(source(duration_s=100.0)).hold_frames == 30 + 90 * 30


def test_text_is_drawn_after_scaling_at_the_times_of_the_film(source: Source) -> None:
    text = BurntText(script="words")
    graph = picture_graph(picture(source()), [(1280, 720), (640, 360), (640, 360)], range(240, 720), text=text)
    head, small, *drawn = graph.split(";")
    assert head.endswith("split=2[p0][c1]")
    assert small.endswith("setsar=1[p1]")
    steps = f"setpts=PTS+240,ass=filename={text.name}:original_size=1280x720,setpts=PTS-240"
    assert drawn == [f"[p0]{steps}[v0]", f"[p1]{steps},split=2[v1][v2]"]
