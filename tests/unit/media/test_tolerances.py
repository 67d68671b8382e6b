"""How much a length may differ before it is a fault, and where sources count as cut."""

from __future__ import annotations

import pytest

from vodpull.media.tolerances import falls_short, is_as_long, most_left_over, sound_falls_short


@pytest.mark.parametrize(
    ("length_s", "promised_s", "frame_s", "same"),
    [
        (99.0, 100.0, 0.04, True),
        (98.9, 100.0, 0.04, False),
        (101.1, 100.0, 0.04, False),
        (0.96, 1.0, 0.01, True),
        (0.9, 1.0, 0.01, False),
        (0.9, 1.0, 0.1, True),
    ],
)
def test_a_length_may_differ_by_a_share_a_moment_or_a_frame(
    length_s: float, promised_s: float, frame_s: float, *, same: bool
) -> None:
    assert is_as_long(length_s, promised_s, frame_s=frame_s) is same


def test_a_fiftieth_less_is_a_cut_source() -> None:
    assert [falls_short(length_s, 100.0) for length_s in (98.0, 97.9)] == [False, True]


def test_sound_may_end_half_a_second_or_a_fiftieth_early() -> None:
    assert [sound_falls_short(end_s, 10.0) for end_s in (9.5, 9.4)] == [False, True]
    assert [sound_falls_short(end_s, 100.0) for end_s in (98.1, 97.9)] == [False, True]


def test_what_comes_after_the_end_is_counted_in_its_own_unit() -> None:
    assert (most_left_over(10.0), most_left_over(100.0)) == (0.5, 1.0)
    assert most_left_over(250, per_s=25.0) == 12.5
