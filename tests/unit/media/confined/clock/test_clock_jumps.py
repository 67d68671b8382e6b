"""How the runs of a clock are told apart, and where each goes on."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace

import pytest

from vodpull.media.confined.clock.clock_jumps import BEGIN_S, Clock


def packet(stream: int, time_s: float, lasts_s: float = 0.04) -> SimpleNamespace:
    ticks = SimpleNamespace(dts=round(time_s * 1000), pts=None, duration=round(lasts_s * 1000))
    return SimpleNamespace(stream_index=stream, time_base=Fraction(1, 1000), **vars(ticks))


def runs(clock: Clock, *packets: SimpleNamespace) -> list[int]:
    return [clock.run_of(each) for each in packets]


def test_a_clock_that_only_goes_forward_is_one_run() -> None:
    clock = Clock(jump_s=10, alone=False, second=1000)
    assert runs(clock, packet(0, 5.0), packet(1, 4.9), packet(0, 5.04), packet(0, 14.0), packet(1, 14.0)) == [0] * 5
    assert clock.is_plain


def test_tracks_that_meet_a_new_start_one_after_the_other_are_kept_apart() -> None:
    clock = Clock(jump_s=10, alone=False, second=1000)
    before = (packet(0, 3.0), packet(1, 3.0), packet(0, 3.04))
    assert runs(clock, *before, packet(0, 1.0), packet(1, 3.02), packet(1, 1.0), packet(0, 1.04)) == [
        0,
        0,
        0,
        1,
        0,
        1,
        1,
    ]
    first, second = clock.shifts()
    assert first == BEGIN_S - 3
    # The picture ends at 3.08 and the sound at 3.06: nothing is lost of either.
    assert second == first + Fraction(208, 100)


def test_a_jump_forward_is_closed_where_clocks_jump_and_a_pause_is_kept_elsewhere() -> None:
    jumping, steady = Clock(jump_s=10, alone=False, second=1000), Clock(jump_s=3600, alone=False, second=1000)
    assert runs(jumping, packet(0, 1.0), packet(1, 1.0), packet(0, 30.0), packet(1, 30.0)) == [0, 0, 1, 1]
    assert runs(steady, packet(0, 1.0), packet(1, 1.0), packet(0, 30.0), packet(1, 30.0)) == [0, 0, 0, 0]


def test_a_track_that_pauses_beside_another_one_is_no_jump() -> None:
    clock = Clock(jump_s=10, alone=False, second=1000)
    sound = [packet(1, float(second), 1.0) for second in range(40)]
    assert set(runs(clock, packet(0, 0.0), *sound, packet(0, 39.5))) == {0}


@pytest.mark.parametrize("step_s", [20.0, 60.0])
def test_pictures_that_come_seldom_are_no_jumps(step_s: float) -> None:
    clock = Clock(jump_s=10, alone=True, second=1000)
    assert set(runs(clock, *(packet(0, number * step_s) for number in range(5)))) == {0}


def test_a_track_alone_that_comes_often_and_then_jumps_starts_anew() -> None:
    clock = Clock(jump_s=10, alone=True, second=1000)
    assert runs(clock, packet(0, 0.0), packet(0, 0.04), packet(0, 40.0), packet(0, 40.04)) == [0, 0, 1, 1]


@pytest.mark.parametrize(("begin_s", "plain"), [(0.0, True), (0.5, True), (1.7e9, False)])
def test_a_file_that_does_not_begin_at_its_beginning_is_not_plain(begin_s: float, plain: bool) -> None:
    clock = Clock(jump_s=3600, alone=False, second=1000)
    clock.run_of(packet(0, begin_s))
    assert clock.is_plain is plain
    assert clock.shifts() == [BEGIN_S - Fraction(begin_s)]


WRAP_S = 2**33 / 90000


def test_a_track_that_is_still_before_the_turn_of_the_clock_stays_beside_the_others() -> None:
    clock = Clock(jump_s=10, alone=False, second=1000)
    assert runs(clock, packet(0, 0.0), packet(1, WRAP_S - 0.02), packet(1, 0.0), packet(0, 0.04)) == [0, 1, 0, 0]
    first, turned = clock.shifts()
    assert float(turned - first) == pytest.approx(-WRAP_S)


def test_a_new_start_behind_a_turn_of_the_clock_comes_after_all_that_was_before() -> None:
    clock = Clock(jump_s=10, alone=False, second=1000)
    before = (packet(0, WRAP_S - 1), packet(1, WRAP_S - 1), packet(0, 0.5), packet(1, WRAP_S - 0.9))
    assert runs(clock, *before, packet(0, 500.0), packet(1, 500.0)) == [0, 0, 1, 0, 2, 2]
    first, turned, last = clock.shifts()
    assert float(turned - first) == pytest.approx(WRAP_S)
    assert float(last + 500) == pytest.approx(BEGIN_S + 1.54, abs=0.01)


def test_elsewhere_no_clock_turns() -> None:
    clock = Clock(jump_s=3600, alone=False, second=1000)
    assert runs(clock, packet(0, WRAP_S), packet(0, 0.0)) == [0, 1]
    assert clock.shifts()[1] == BEGIN_S + packet(0, 0).time_base * 40
