"""The bitrate by which a source is judged is that of its busiest seconds, not of its whole length."""

from __future__ import annotations

import pytest

from vodpull.media.confined.busiest_bitrate import busiest_bps


def steady(seconds: int, bytes_each: int, *, from_s: int = 0) -> list[tuple[float, int]]:
    """Return 25 samples a second."""
    return [(from_s + number / 25, bytes_each) for number in range(25 * seconds)]


@pytest.mark.parametrize("seconds", [1, 5, 10, 60])
def test_an_even_source_has_its_own_bitrate(seconds: int) -> None:
    assert busiest_bps(steady(seconds, 1000)) == pytest.approx(200_000, rel=0.005)


def test_a_busy_scene_counts_in_a_film_of_slides() -> None:
    film = [*steady(600, 50), *steady(10, 20_000, from_s=600), *steady(600, 50, from_s=610)]
    assert busiest_bps(film) == pytest.approx(4_000_000, rel=0.01)
    assert busiest_bps(film[::-1]) == busiest_bps(film), "in whatever order they come"


@pytest.mark.parametrize("samples", [[], [(0.0, 5)], [(1.0, 5), (1.0, 5)]])
def test_what_has_no_length_has_no_bitrate(samples: list[tuple[float, int]]) -> None:
    assert busiest_bps(samples) is None
