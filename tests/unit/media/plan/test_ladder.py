from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from vodpull.errors import MediaUnsupported, NoVideo
from vodpull.media import MediaInfo, builtin_templates, foresees_copy, parse_template, plan_ladder

Source = Callable[..., MediaInfo]
OWN = next(template for template in builtin_templates() if template.name == "abr-own")


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


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (960, 540, [(4, 960, 540), (3, 854, 480), (2, 640, 360)]),
        (540, 960, [(4, 540, 960), (3, 480, 854), (2, 360, 640)]),
        (1600, 900, [(5, 1600, 900), (4, 1280, 720), (3, 854, 480), (2, 640, 360)]),
        # No definition above, none below, at one, and next to one.
        (2560, 1440, [(5, 1920, 1080), (4, 1280, 720), (3, 854, 480), (2, 640, 360)]),
        (480, 270, [(2, 480, 270)]),
        (1280, 720, [(4, 1280, 720), (3, 854, 480), (2, 640, 360)]),
        (876, 492, [(3, 854, 480), (2, 640, 360)]),
    ],
)
def test_a_template_may_ask_for_the_sources_own_height(
    source: Source, width: int, height: int, expected: list[tuple[int, int, int]]
) -> None:
    ladder = plan_ladder(source(width_px=width, height_px=height), template=OWN)
    assert [(rung.clarity, rung.width_px, rung.height_px) for rung in ladder.rungs] == expected
    assert all(decision.chosen == (decision.clarity in {rung[0] for rung in expected}) for decision in ladder.decisions)


def test_the_own_height_is_named_as_the_reason(source: Source) -> None:
    ladder = plan_ladder(source(width_px=960, height_px=540), template=OWN)
    assert ladder.decisions[1].reason == "the source is 960x540: its own height, below 720"
    assert ladder.rungs[0].max_bitrate_bps == OWN.definitions["HD"].max_bitrate_bps


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


BOTH = next(template for template in builtin_templates() if template.name == "abr-av1")
PARTLY = parse_template(
    """
    [definitions.LD]
    short_side_px = 360
    max_bitrate_bps = 700_000
    [definitions.HD]
    short_side_px = 720
    max_bitrate_bps = 2_500_000
    [video.hevc]
    preset = "fast"
    crf = 26
    only = ["LD"]
    [video.h264]
    preset = "fast"
    crf = 23
    only = ["HD"]
    """,
    name="partly",
)


def test_each_codec_has_the_rungs_of_the_template(source: Source) -> None:
    ladder = plan_ladder(source(width_px=1280, height_px=720), template=BOTH)
    found = [(rung.name, rung.codec) for rung in ladder.rungs]
    assert found == [(name, codec) for name in ("HD", "SD", "LD") for codec in ("av1", "h264")]
    assert [decision.codecs for decision in ladder.decisions] == [(), *[("av1", "h264")] * 3]


@pytest.mark.parametrize(
    ("height", "expected"),
    [
        (720, [("HD", "h264", 720), ("LD", "hevc", 360)]),
        # Whatever the source is, there is something to play everywhere.
        (480, [("HD", "h264", 480), ("LD", "hevc", 360)]),
        (270, [("HD", "h264", 270), ("LD", "hevc", 270)]),
    ],
)
def test_the_fallback_codec_always_has_a_rung(
    source: Source, height: int, expected: list[tuple[str, str, int]]
) -> None:
    ladder = plan_ladder(source(width_px=height * 16 // 9, height_px=height), template=PARTLY)
    assert [(rung.name, rung.codec, rung.height_px) for rung in ladder.rungs] == expected
    assert all(decision.chosen for decision in ladder.decisions)


def test_only_h264_may_turn_out_to_be_the_source_itself(source: Source) -> None:
    info = source()
    other = replace(PARTLY, video={"hevc": PARTLY.video["hevc"]})
    abr = next(template for template in builtin_templates() if template.name == "abr")
    assert foresees_copy(info, plan_ladder(info))
    assert not foresees_copy(info, plan_ladder(info, template=other))
    assert not foresees_copy(info, plan_ladder(info, template=replace(abr, copy=False)))
