from __future__ import annotations

import pytest

from vodpull.media.verify.vmaf import comparison_size, spread, summarise


@pytest.mark.parametrize(
    ("shown", "compared"), [((1920, 1080), (1920, 1080)), ((2160, 3840), (1080, 1920)), ((853, 481), (852, 480))]
)
def test_the_size_of_the_comparison(shown: tuple[int, int], compared: tuple[int, int]) -> None:
    assert comparison_size(*shown) == compared


@pytest.mark.parametrize(
    ("available", "taken"), [(1, (0,)), (2, (0, 1)), (3, (0, 1, 2)), (5, (0, 2, 4)), (100, (16, 50, 83))]
)
def test_samples_are_spread_over_the_whole(available: int, taken: tuple[int, ...]) -> None:
    assert spread(available) == taken


def test_bad_pictures_weigh_more_in_the_harmonic_mean() -> None:
    figures = summarise([90.0, 0.0])
    assert (figures.mean, figures.min, figures.frames) == (45.0, 0.0, 2)
    assert figures.harmonic_mean == pytest.approx(0.978, abs=0.001)
