"""When pictures are shown whose own times are no times at all."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from types import SimpleNamespace

import pytest

from vodpull.media.confined.clock.wrong_times import ShownTimes

STEP, SECOND = 40, 1000
# When the four pictures of a group are shown, in the order of their decoding: P B b b.
ORDER = (3, 1, 0, 2)


def pictures(groups: int, begin: int = 0) -> Iterator[tuple[int, int]]:
    """Give shown and decoded."""
    for number in range(4 * groups):
        group, place = divmod(number, 4)
        yield begin + STEP * (4 * group + ORDER[place] + 3), begin + STEP * number


def mended(runs: Sequence[Sequence[tuple[int, int]]]) -> dict[int, int]:
    times = ShownTimes(SECOND)
    for run, content in enumerate(runs):
        for shown, decoded in content:
            times.add(SimpleNamespace(pts=shown, dts=decoded), run)
    return times.mended()


@pytest.mark.parametrize("share", [0.05, 0.28, 0.42])
@pytest.mark.parametrize("off_s", [5000, -300, 12])
def test_pictures_get_the_times_at_which_none_is_shown(share: float, off_s: int) -> None:
    film = list(pictures(40))
    wrong = random.Random(7).sample(range(4, len(film)), round(share * len(film)))
    told = [(shown + off_s * SECOND * (at in wrong), decoded) for at, (shown, decoded) in enumerate(film)]
    assert mended([told]) == {at: film[at][0] for at in wrong}


def test_the_last_picture_before_a_new_clock_may_have_a_time_of_the_new_one() -> None:
    clocks = [list(pictures(20, 1_000_000)), list(pictures(20, 5_000)), list(pictures(20, 2_000_000))]
    due = clocks[0][-1][0]
    clocks[0][-1] = (5_000, clocks[0][-1][1])
    assert mended(clocks) == {79: due}


def test_where_most_times_are_wrong_none_is_mended() -> None:
    told = [(shown + 5000 * SECOND * (at % 2), decoded) for at, (shown, decoded) in enumerate(pictures(40))]
    assert mended([told]) == {}


def test_nothing_of_nothing() -> None:
    assert mended([]) == {}
