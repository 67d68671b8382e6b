from __future__ import annotations

from fractions import Fraction

import pytest

from vodpull.media.inspect.ask_survey import Group
from vodpull.media.plan.cuts.segment_cuts import cuts_at_keyframes, frames_in, segment_bytes, segment_frames

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
