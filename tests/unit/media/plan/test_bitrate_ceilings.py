"""A source of few bits does not become renditions of many: over a thousand sources that were never on a disk."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from vodpull.media import (
    ABR,
    Ladder,
    MediaInfo,
    Survey,
    Template,
    builtin_templates,
    foresees_copy,
    plan_encode,
    plan_ladder,
)
from vodpull.media.inspect.ask_survey import Group, PictureShape
from vodpull.media.plan.bitrate_ceilings import BITS, EXPONENT, HEADROOM, LEAST
from vodpull.media.plan.ladder import NEAR
from vodpull.media.plan.template import VideoRate

Source = Callable[..., MediaInfo]
TEMPLATES = [template for template in builtin_templates() if template.ladder]
CODECS = ["h264", "h264", "hevc", "av1", "mpeg2video", "prores"]


def surveyed(*, busiest_bps: int, size: tuple[int, int]) -> Survey:
    """Return the packets of ten seconds of 30 pictures that may be copied."""
    group_bytes = busiest_bps // 8 * 2
    groups = (
        Group(start_s=at, decode_s=at, first_frame=at * 30, size_bytes=group_bytes, closed=True)
        for at in range(0, 10, 2)
    )
    return Survey(
        frames=300,
        start_s=0.0,
        uneven_s=0.0,
        groups=tuple(groups),
        steady=True,
        damaged=False,
        own_parameters=False,
        sounds=(),
        shapes=(PictureShape(start_s=0.0, width_px=size[0], height_px=size[1], sample_aspect=(1, 1), frames=300),),
        busiest_bps=busiest_bps,
    )


def planned(source: Source, dice: random.Random) -> tuple[MediaInfo, Ladder]:
    height = dice.choice([120, 240, 360, 480, 500, 540, 720, 760, 900, 1080, 1440, 2160])
    width = 2 * round(height * dice.choice([4 / 3, 16 / 9, 2.39, 9 / 16]) / 2)
    busiest_bps = round(math.exp(dice.uniform(math.log(20e3), math.log(40e6))))
    info = source(width_px=width, height_px=height, codec=dice.choice(CODECS), busiest_bps=busiest_bps, audio=False)
    survey = surveyed(busiest_bps=busiest_bps, size=(width, height))
    return info, plan_ladder(info, template=dice.choice(TEMPLATES), survey=survey)


def most_bps(info: MediaInfo, ladder: Ladder, at: int) -> float:
    """Return the highest ceiling that a rung may have."""
    rung, video = ladder.rungs[at], info.video
    assert video is not None
    assert video.busiest_bps
    own = ladder.template.rate(rung.codec, rung.name).max_bitrate_bps
    if video.codec not in BITS or rung.copied:
        return own
    ratio = min(1.0, rung.width_px * rung.height_px / (video.width_px * video.height_px))
    factor = (1.0 if rung.codec == "h264" else BITS[rung.codec]) / BITS[video.codec]
    return max(min(own, video.busiest_bps * factor * float(ratio**EXPONENT) * HEADROOM), LEAST * own)


def test_no_rung_has_more_bits_than_its_source_is_worth_or_than_the_one_above(source: Source) -> None:
    dice = random.Random(16)
    lowered = copied = 0
    for _ in range(1000):
        info, ladder = planned(source, dice)
        assert info.video
        for at, rung in enumerate(ladder.rungs):
            assert rung.max_bitrate_bps <= most_bps(info, ladder, at) + 1
            lowered += rung.max_bitrate_bps < ladder.template.rate(rung.codec, rung.name).max_bitrate_bps
        for codec in {rung.codec for rung in ladder.rungs}:
            for larger, smaller in pairwise(rung for rung in ladder.rungs if rung.codec == codec):
                assert smaller.max_bitrate_bps <= larger.max_bitrate_bps
                if larger.copied:
                    copied += 1
                    assert smaller.max_bitrate_bps <= (info.video.busiest_bps or 0)
                assert smaller.width_px * smaller.height_px < NEAR * larger.width_px * larger.height_px
        plan = plan_encode(info, ladder, survey=surveyed(busiest_bps=1_000_000, size=(1, 1)))
        assert all(one.rate.max_bitrate_bps <= one.rung.max_bitrate_bps for one in plan.rungs)
    assert lowered > 500, "the sources are no test"
    assert copied > 50, "the sources are no test"


def test_the_reason_names_the_ceiling_and_what_the_source_has(source: Source) -> None:
    info = source(busiest_bps=1_371_000)
    ladder = plan_ladder(info)
    assert [rung.max_bitrate_bps for rung in ladder.rungs] == [1_937_102, 976_300, 542_389, 344_374]
    assert ladder.decisions[0].reason.endswith("; at most 1.9 Mbit/s, as the source has 1.4")
    assert ladder.decisions[0].max_bitrate_bps == 1_937_102


def test_a_source_of_many_bits_or_of_an_unknown_codec_leaves_the_template_alone(source: Source) -> None:
    for info in (source(busiest_bps=9_000_000), source(busiest_bps=100_000, codec="prores"), source()):
        assert [rung.max_bitrate_bps for rung in plan_ladder(info).rungs] == [5_000_000, 2_800_000, 1_400_000, 800_000]


def test_renditions_of_one_size_are_one(source: Source) -> None:
    ladder = plan_ladder(source(width_px=65536, height_px=4320))
    assert [(rung.name, rung.width_px, rung.height_px) for rung in ladder.rungs] == [
        ("FHD", 8192, 540),
        ("SD", 7282, 480),
        ("LD", 5462, 360),
    ]
    [high] = [decision for decision in ladder.decisions if decision.name == "HD"]
    assert (high.chosen, high.codecs) == (False, ())
    assert high.reason.endswith("; left out: 8192x540 is hardly smaller than FHD")


@pytest.mark.parametrize("bitrate_bps", [None, 900_000])
def test_a_lower_ceiling_is_filled_within_the_same_time(bitrate_bps: int | None) -> None:
    rate = VideoRate(crf=23, bitrate_bps=bitrate_bps, max_bitrate_bps=1_000_000, buffer_bits=2_000_000)
    lower = rate.lowered(500_000)
    assert (lower.max_bitrate_bps, lower.buffer_bits) == (500_000, 1_000_000)
    assert lower.bitrate_bps == (bitrate_bps and 500_000)
    assert rate.lowered(2_000_000) == rate


def test_hevc_is_copied_where_the_template_has_it(source: Source) -> None:
    text_template = next(template for template in TEMPLATES if "av1" in template.video)
    hevc: Template = replace(
        ABR, video={"hevc": text_template.video["h264"], "h264": text_template.video["h264"]}, copy=True
    )
    info = source(codec="hevc", profile="Main", busiest_bps=1_000_000, audio=False)
    survey = surveyed(busiest_bps=1_000_000, size=(1920, 1080))
    copied = [(rung.codec, rung.name) for rung in plan_ladder(info, template=hevc, survey=survey).rungs if rung.copied]
    assert copied == [("hevc", "FHD")]
    assert not any(rung.copied for rung in plan_ladder(info, survey=survey).rungs)


def test_a_picture_whose_bitstream_says_another_shape_is_encoded(source: Source) -> None:
    info = source(busiest_bps=1_000_000, audio=False)
    plain = surveyed(busiest_bps=1_000_000, size=(1920, 1080))
    wide = replace(plain, shapes=(replace(plain.shapes[0], sample_aspect=(4, 3)),))
    assert plan_ladder(info, survey=plain).rungs[0].copied
    ladder = plan_ladder(info, survey=wide)
    assert not ladder.rungs[0].copied
    assert "do not say the same of its shape" in ladder.decisions[0].reason


def test_what_cannot_be_copied_is_known_at_its_beginning(source: Source) -> None:
    info = replace(source(busiest_bps=1_000_000, audio=False), container="mpegts")
    whole = surveyed(busiest_bps=1_000_000, size=(1920, 1080))
    ladder = plan_ladder(info)
    assert foresees_copy(info, ladder)
    assert foresees_copy(info, ladder, survey=whole)
    assert foresees_copy(info, ladder, survey=replace(whole, frames=250, groups=whole.groups[:4])), (
        "its end is not here"
    )
    opened = replace(whole, groups=(*whole.groups[:2], replace(whole.groups[2], closed=False)))
    sparse = replace(whole, groups=whole.groups[:1])
    for changed in (opened, sparse, replace(whole, own_parameters=True), replace(whole, uneven_s=0.02)):
        assert not foresees_copy(info, ladder, survey=changed)
