from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from vodpull.errors import MediaUnsupported, NoVideo
from vodpull.media import MediaInfo, plan_ladder
from vodpull.media.ladder import capped_rate

Source = Callable[..., MediaInfo]


def sizes(info: MediaInfo) -> list[tuple[int, int, int]]:
    return [(rung.clarity, rung.width_px, rung.height_px) for rung in plan_ladder(info).rungs]


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (1920, 1080, [(5, 1920, 1080), (4, 1280, 720), (3, 854, 480), (2, 640, 360)]),
        (1080, 1920, [(5, 1080, 1920), (4, 720, 1280), (3, 480, 854), (2, 360, 640)]),
        (1080, 1440, [(5, 1080, 1440), (4, 720, 960), (3, 480, 640), (2, 360, 480)]),
        (1280, 720, [(4, 1280, 720), (3, 854, 480), (2, 640, 360)]),
        (853, 481, [(3, 852, 480), (2, 638, 360)]),
        (853, 480, [(3, 852, 480), (2, 640, 360)]),
        (3840, 2160, [(5, 1920, 1080), (4, 1280, 720), (3, 854, 480), (2, 640, 360)]),
        (1920, 1079, [(4, 1282, 720), (3, 854, 480), (2, 640, 360)]),
        (480, 270, [(2, 480, 270)]),
        (301, 17, [(2, 300, 16)]),
    ],
)
def test_rungs_are_those_that_the_short_side_reaches(
    source: Source, width: int, height: int, expected: list[tuple[int, int, int]]
) -> None:
    assert sizes(source(width_px=width, height_px=height)) == expected


def test_display_size_counts_and_not_the_coded_one(source: Source) -> None:
    info = source(width_px=720, height_px=480, display_width_px=853, display_height_px=480)
    assert sizes(info)[0] == (3, 852, 480)


def test_every_definition_gets_a_reason(source: Source) -> None:
    decisions = plan_ladder(source(width_px=960, height_px=540)).decisions
    assert [(decision.clarity, decision.chosen) for decision in decisions] == [
        (5, False),
        (4, False),
        (3, True),
        (2, True),
    ]
    assert decisions[0].reason == "the source is 960x540: its short side is below 1080, and nothing is enlarged"


def test_a_small_source_is_kept_at_its_own_size_and_says_so(source: Source) -> None:
    decision = plan_ladder(source(width_px=480, height_px=270)).decisions[-1]
    assert decision.chosen
    assert decision.reason == "the source is 480x270, smaller than every definition: kept at its own size"


def test_a_very_flat_picture_stays_below_the_decoders_limit(source: Source) -> None:
    rung = plan_ladder(source(width_px=65536, height_px=4320)).rungs[0]
    assert (rung.width_px, rung.height_px) == (8192, 540)


def test_sound_only_has_no_ladder(source: Source) -> None:
    with pytest.raises(NoVideo):
        plan_ladder(replace(source(), video=None))


def test_a_picture_below_one_macroblock_is_refused(source: Source) -> None:
    with pytest.raises(MediaUnsupported):
        plan_ladder(source(width_px=100, height_px=8))


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(24.0, 24.0), (60.0, 60.0), (60000 / 1001, 60000 / 1001), (120.0, 60.0), (90.0, 45.0), (240.0, 60.0), (100, 50)],
)
def test_fast_sources_are_divided_evenly(rate: float, expected: float) -> None:
    assert capped_rate(rate) == pytest.approx(expected)
