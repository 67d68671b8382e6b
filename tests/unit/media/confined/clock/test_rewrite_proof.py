"""What is lost or moved in a file that was written anew is found."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from vodpull.media.confined.clock.rewrite_proof import StreamPackets, disagreement

STEP_S = 0.04


def track(*begins_s: float, number: int = 100, lasts_s: float = 0.0) -> StreamPackets:
    """Return a track of runs that begin at these times, each with so many packets."""
    made = StreamPackets()
    for run, begin_s in enumerate(begins_s):
        for at in range(number):
            made.add(2 * (run * number + at), begin_s + at * STEP_S, lasts_s)
    return made


def wrong(originals: Sequence[StreamPackets], copies: Sequence[StreamPackets], *, plain: Sequence[int] = ()) -> str:
    return disagreement(originals, copies, plain=plain, mended={})


def test_runs_that_go_on_together_are_whole() -> None:
    assert wrong([track(5, 1), track(5.1, 1.1)], [track(10, 14), track(10.1, 14.1)]) == ""


def test_a_lost_packet_is_found() -> None:
    assert wrong([track(5)], [track(10, number=99)]) == "track 1 has lost 1 of 100 packets"


@pytest.mark.parametrize("run", [0, 1])
def test_a_run_that_moves_in_one_track_alone_is_found(run: int) -> None:
    begins_s = [10.1, 14.1]
    begins_s[run] += 0.075
    found = wrong([track(5, 1), track(5.1, 1.1)], [track(10, 14), track(*begins_s)])
    assert found == "tracks 1 and 2 are 75 ms further apart"


def test_a_hole_where_runs_meet_is_found() -> None:
    found = wrong([track(5, 1), track(5.1, 1.1)], [track(10, 16), track(10.1, 16.1)])
    assert found.startswith("nothing comes for 2.04 s")


def test_plain_samples_are_compared_by_how_much_came_before() -> None:
    original, copy = track(5, 1, lasts_s=STEP_S), track(10, 14, number=50, lasts_s=2 * STEP_S)
    for at in range(100):
        copy.times_s[at] = 10 + at * 2 * STEP_S
    assert wrong([track(5, 1), original], [track(10, 14), copy], plain=[1]) == ""
    for at in range(50, 100):
        copy.times_s[at] += 0.3
    assert wrong([track(5, 1), original], [track(10, 14), copy], plain=[1]) == "tracks 1 and 2 are 300 ms further apart"


def test_lost_samples_are_found() -> None:
    found = wrong([track(5, lasts_s=0.04)], [track(10, number=90, lasts_s=0.04)], plain=[0])
    assert found == "track 1 has lost 0.40 s of sound"


def test_a_picture_whose_time_was_no_time_may_move() -> None:
    original = track(5)
    original.times_s[50] = 9000
    assert disagreement([original], [track(10)], plain=[], mended={0: {50}}) == ""
