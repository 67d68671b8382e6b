from __future__ import annotations

import math
from fractions import Fraction

import pytest

from vodpull.media.plan.cuts.chunk_lengths import lasting_chunks, missing_share, plan_chunks
from vodpull.media.plan.cuts.segment_cuts import regular_cuts

RATE = Fraction(25)


@pytest.mark.parametrize(
    ("total_s", "starts_s"),
    [
        (1, [0]),
        (40, [0]),
        (44, [0, 4, 24]),
        (41, [0, 4, 24]),
        (54, [0, 4, 32]),
        (59, [0, 4, 32]),
        (60, [0, 4, 20, 44]),
        (67, [0, 4, 20, 44]),
        (68, [0, 4, 20, 44, 64]),
        (300, [0, 4, 20, *range(44, 285, 20)]),
    ],
)
def test_the_first_chunks_are_short_and_a_short_rest_joins_the_last(total_s: int, starts_s: list[int]) -> None:
    frames = total_s * 25
    chunks = plan_chunks(regular_cuts(frames, 100), frames, rate=RATE, last_start=frames)
    assert [chunk.first_frame // 25 for chunk in chunks] == starts_s
    assert sum(chunk.frames for chunk in chunks) == frames
    assert [chunk.number for chunk in chunks] == list(range(len(chunks)))


def test_chunks_of_less_than_a_minute_end_together_on_two_encoders() -> None:
    for total_s in range(41, 60):
        first, second, third = plan_chunks(
            regular_cuts(total_s * 25, 100), total_s * 25, rate=RATE, last_start=total_s * 25
        )
        assert abs(first.frames + third.frames - second.frames) <= 100, "a segment"


def test_a_beginning_is_cut_like_the_whole_as_far_as_that_is_sure() -> None:
    whole = plan_chunks(regular_cuts(5000, 100), 5000, rate=RATE, last_start=5000)
    for here in range(1000, 5000, 50):
        chunks = plan_chunks(regular_cuts(here, 100), here, rate=RATE, last_start=here)
        sure = lasting_chunks(chunks, RATE)
        assert tuple(sure) == whole[: len(sure)]
        assert len(sure) >= (1 if here > 1000 else 0)


@pytest.mark.parametrize("likely_s", [60.0, 3600.0])
def test_a_chunk_is_sure_as_soon_as_it_is_here_and_a_little_more(likely_s: float) -> None:
    whole = plan_chunks(regular_cuts(9000, 100), 9000, rate=RATE, last_start=9000)
    for here in range(100, 5000, 50):
        chunks = plan_chunks(regular_cuts(here, 100), here, rate=RATE, last_start=here, likely_s=likely_s)
        sure = lasting_chunks(chunks, RATE, likely_s=likely_s)
        expected = [chunk for chunk in whole[:-1] if chunk.first_frame + chunk.frames + 4 * RATE <= here]
        assert list(sure) == expected
        # With so many frames more, there is one more of them.
        more = here + math.ceil(here * missing_share(chunks, RATE))
        grown = plan_chunks(regular_cuts(more, 100), more, rate=RATE, last_start=more, likely_s=likely_s)
        assert lasting_chunks(grown, RATE, likely_s=likely_s) == whole[: len(sure) + 1]


def test_no_chunk_begins_where_there_is_nothing_to_decode() -> None:
    chunks = plan_chunks(regular_cuts(2500, 100), 2500, rate=RATE, last_start=30 * 25)
    assert [chunk.first_frame // 25 for chunk in chunks] == [0, 4, 20]
    assert len(plan_chunks(regular_cuts(2500, 100), 2500, rate=RATE, last_start=0)) == 1
