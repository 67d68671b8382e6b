"""What the whole of a source says against its beginning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from vodpull.errors import MediaUnsupported
from vodpull.media.encode.filters import picture_graph
from vodpull.media.inspect.ask_survey import PictureShape, Survey
from vodpull.media.inspect.media_info import MediaInfo
from vodpull.media.plan.cuts.frame_rate import exact_rate
from vodpull.media.plan.encode_plan import plan_encode
from vodpull.media.plan.ladder import plan_ladder
from vodpull.media.plan.midway_changes import settled, shown_shapes, turns
from vodpull.media.plan.picture_conversion import plan_picture

Source = Callable[..., MediaInfo]

SEEN = Survey(
    frames=250,
    start_s=0.0,
    uneven_s=0.0,
    groups=(),
    steady=True,
    damaged=False,
    own_parameters=False,
    sounds=(),
)
WIDE = PictureShape(start_s=4.0, width_px=720, height_px=576, sample_aspect=(64, 45), frames=150)
NARROW = PictureShape(start_s=0.0, width_px=720, height_px=576, sample_aspect=(16, 15), frames=100)


def test_without_anything_to_say_the_header_stands(source: Source) -> None:
    info = source()
    assert settled(info, None) == info
    assert settled(info, SEEN) == info


def test_the_rate_and_the_fields_of_the_whole_count(source: Source) -> None:
    video = settled(source(nominal_frame_rate=5.0), replace(SEEN, rate=30.0, interlaced=True)).video
    assert video is not None
    assert (video.nominal_frame_rate, video.interlaced) == (30.0, True)


def test_the_shape_that_is_shown_longest_is_the_frame(source: Source) -> None:
    video = settled(source(), replace(SEEN, shapes=(NARROW, WIDE))).video
    assert video is not None
    assert (video.display_width_px, video.display_height_px) == (1024, 576)
    assert settled(source(), replace(SEEN, shapes=(WIDE,))) == source()


def test_a_picture_that_is_turned_on_its_way_has_another_shape_from_there_on(source: Source) -> None:
    lies = replace(NARROW, start_s=4.0, rotation_deg=90, frames=200)
    survey = replace(SEEN, shapes=(NARROW, lies))
    info = settled(source(), survey)
    assert info.video is not None
    assert turns(info.video, survey) == ((0, False), (90, False))
    assert [round(aspect, 3) for _, aspect in shown_shapes(info.video, survey)] == [1.333, 0.75]
    assert (info.video.display_width_px, info.video.display_height_px) == (576, 768)
    held = replace(source(), duration_s=source().duration_s + 1)
    with pytest.raises(MediaUnsupported, match="turned otherwise on its way"):
        plan_encode(held, plan_ladder(held), survey=survey)
    # What a container says counts for all of them.
    turned = replace(info.video, rotation_deg=-90)
    assert turns(turned, survey) == ((-90, False), (-90, False))


def test_each_shape_is_scaled_into_the_frame_from_its_time_on(source: Source) -> None:
    survey = replace(SEEN, shapes=(NARROW, WIDE))
    info = settled(source(), survey)
    assert info.video is not None
    fit = shown_shapes(info.video, survey)
    assert [round(aspect, 3) for _, aspect in fit] == [1.333, 1.778]
    picture = replace(plan_picture(info, info.video, rate=exact_rate(25.0)), fit=fit)
    graph = picture_graph(picture, [(1024, 576)], range(50, 150))
    assert "scale=w='if(lt(t,1.9800),768,1024)':h='if(lt(t,1.9800),576,576)':eval=frame" in graph
    assert "pad=w=1024:h=576" in graph


def test_pictures_of_another_format_keep_the_shape_that_is_shown(source: Source) -> None:
    shapes = (replace(NARROW, pix_fmt="yuv420p"), replace(NARROW, pix_fmt="yuv422p10le", start_s=4.0))
    info = settled(source(), replace(SEEN, shapes=shapes))
    assert info.video is not None
    shape = info.video.display_width_px / info.video.display_height_px
    assert shown_shapes(info.video, replace(SEEN, shapes=shapes)) == ((0.0, shape), (4.0, shape))
