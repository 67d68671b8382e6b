from __future__ import annotations

import math
from fractions import Fraction

import pytest

from vodpull.media.inspect.packets import Group
from vodpull.media.plan.cuts import (
    cuts_at_keyframes,
    frames_in,
    lasting_chunks,
    missing_share,
    plan_chunks,
    regular_cuts,
    segment_bytes,
    segment_frames,
)

RATE = Fraction(25)


def groups(*starts_s: float, open_s: float = -1) -> list[Group]:
    """Return groups of 1000 bytes that begin at these seconds; one of them may be open."""
    return [
        Group(start_s=at, decode_s=at, first_frame=round(at * 25), size_bytes=1000, closed=at != open_s)
        for at in starts_s
    ]


def seconds(cuts: tuple[int, ...] | None) -> list[float] | None:
    return None if cuts is None else [cut / 25 for cut in cuts]


@pytest.mark.parametrize(
    ("starts_s", "total_s", "expected"),
    [
        (range(20), 20, [0, 4, 8, 12, 16]),
        ((0, 3, 6, 9, 12, 15), 18, [0, 3, 6, 9, 12]),
        ((0, 7, 14), 21, [0, 7, 14]),
        ((0, 0.48, 1.48, 7.48), 12, [0, 7.48]),
        ((0, 9), 12, None),
        ((1, 4), 12, None),
        ((0,), 8, [0]),
        ((0,), 9, None),
        ((0, 1), 8, [0]),
    ],
)
def test_segments_begin_at_the_keyframes_nearest_to_four_seconds(
    starts_s: tuple[float, ...], total_s: int, expected: list[float] | None
) -> None:
    assert seconds(cuts_at_keyframes(groups(*starts_s), total_s * 25, RATE, segment_s=4)) == expected


def test_no_segment_begins_with_an_open_group() -> None:
    assert seconds(cuts_at_keyframes(groups(0, 3, 4, 5, open_s=4), 9 * 25, RATE, segment_s=4)) == [0, 3]


def test_the_bytes_of_groups_are_those_of_their_segment() -> None:
    assert segment_bytes(groups(*range(9)), (0, 100)) == [4000, 5000]


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


def test_frames_of_segments_add_up() -> None:
    assert segment_frames((0, 100, 250), 300) == [100, 150, 50]


@pytest.mark.parametrize(
    ("duration_s", "rate", "frames"),
    [
        # Times that begin half a frame late: FFmpeg rounds them up, and the last picture is there.
        (0.1 + 5.0, Fraction(25), 128),
        (4.98, Fraction(25), 125),
        (0.02 + 4.96, Fraction(25), 125),
        (5.0, Fraction(25), 125),
        (4.979, Fraction(25), 124),
        (0.0, Fraction(25), 1),
    ],
)
def test_half_a_frame_is_one(duration_s: float, rate: Fraction, frames: int) -> None:
    assert frames_in(duration_s, rate) == frames
