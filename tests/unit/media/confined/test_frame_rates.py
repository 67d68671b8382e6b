from __future__ import annotations

import pytest

from vodpull.media.confined.frame_rates import average_rate, nominal_rate


def steady(rate: float, count: int = 300, tick: float = 0.0) -> list[float]:
    times = [number / rate for number in range(count)]
    return [round(time / tick) * tick for time in times] if tick else times


@pytest.mark.parametrize("rate", [24.0, 25.0, 30000 / 1001, 30.0, 60000 / 1001, 60.0])
def test_a_steady_rhythm_is_found_through_a_clock_of_milliseconds(rate: float) -> None:
    assert nominal_rate(steady(rate, tick=0.001), 1000.0, interlaced=False) == pytest.approx(rate, rel=1e-3)


def test_the_containers_word_is_kept_where_it_agrees() -> None:
    assert nominal_rate(steady(179 / 6), 179 / 6, interlaced=False) == 179 / 6


def test_a_declared_average_is_no_rate_of_its_own() -> None:
    assert nominal_rate(steady(25.0), 24.9909, interlaced=False) == 25


def test_dropped_frames_do_not_lower_the_rate() -> None:
    times = [time for number, time in enumerate(steady(30.0)) if number % 9]
    assert nominal_rate(times, 26.7, interlaced=False) == 30.0


def test_an_uneven_rhythm_gets_the_standard_rate_above_its_fast_steps() -> None:
    times, now = [], 0.0
    for number in range(100):
        times.append(now)
        now += (0.053, 0.12, 0.24, 0.19)[number % 4]
    assert nominal_rate(times, 7.4, interlaced=False) == 20


def test_fields_are_not_counted_as_frames() -> None:
    assert nominal_rate(steady(60000 / 1001), 30000 / 1001, interlaced=True) == pytest.approx(30000 / 1001)


@pytest.mark.parametrize(("declared", "expected"), [(12.0, 12.0), (90000.0, 25.0), (0.0, 25.0)])
def test_a_single_frame_has_the_declared_rate_unless_that_is_absurd(declared: float, expected: float) -> None:
    assert nominal_rate([0.0], declared, interlaced=False) == expected


def test_an_impossible_average_is_replaced_by_what_was_seen() -> None:
    assert average_rate(steady(30.0), 1000.0, 30.0) == pytest.approx(30.0)
    assert average_rate(steady(30.0), 28.0, 30.0) == 28.0
    assert average_rate([], 0.0, 25.0) == 25.0


def test_steps_that_are_none_or_two_of_their_middle_are_no_rhythm() -> None:
    # Found by fuzzing.
    assert nominal_rate([0.0, 0.0001, 0.0090], 25, interlaced=False) == 60
