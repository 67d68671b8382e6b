"""Which segments are decoded to look at an instant: those that show its pictures, and no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from vodpull.media import ABR, EncodePlan, MediaInfo, plan_encode, plan_ladder
from vodpull.media.verify.compared_instants import AROUND, picture_instants, segments_around

Source = Callable[..., MediaInfo]


def planned(source: Source, length_s: float) -> EncodePlan:
    info = source(duration_s=length_s, nominal_frame_rate=25.0)
    return plan_encode(info, plan_ladder(info, template=replace(ABR, copy=False)))


def test_between_start_and_end_a_short_film_is_looked_at_in_one_segment_each(source: Source) -> None:
    plan = planned(source, 18.0)
    looked_at = [segments_around(plan, at_s) for at_s in picture_instants(plan)]
    assert looked_at == [[1], [2], [3], [4], [5]]


def test_a_seam_is_looked_at_on_both_sides(source: Source) -> None:
    plan = planned(source, 60.0)
    assert segments_around(plan, 4.0) == [1, 2]


@pytest.mark.parametrize("length_s", [0.2, 3.9, 4.0, 4.1, 8.0, 30.0])
def test_every_picture_that_is_looked_at_is_in_one_of_them(source: Source, length_s: float) -> None:
    plan = planned(source, length_s)
    ends = [*plan.cuts[1:], plan.frames_total]
    for at in range(plan.frames_total):
        # The child looks no further than this to both sides; of a last segment, at nothing before it.
        shown = range(max(at - AROUND, 0), min(at + AROUND, plan.frames_total))
        needed = {next(number for number, end in enumerate(ends, 1) if picture < end) for picture in shown}
        segments = segments_around(plan, float(at / plan.rate))
        assert set(segments) == (needed if at < max(plan.cuts[-1], AROUND + 1) else {len(plan.cuts)})
