"""Which rate a rendition gets of its source."""

from __future__ import annotations

import pytest

from vodpull.media.plan.cuts.frame_rate import exact_rate, shown_rate


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(24.0, 24.0), (60.0, 60.0), (60000 / 1001, 60000 / 1001), (120.0, 60.0), (90.0, 45.0), (240.0, 60.0), (100, 50)],
)
def test_fast_sources_are_divided_evenly(rate: float, expected: float) -> None:
    assert shown_rate(rate) == pytest.approx(expected)


def test_broadcast_rates_become_exact_fractions() -> None:
    assert str(exact_rate(29.97002997002997)) == "30000/1001"
    assert str(exact_rate(45000 / 1499)) == "45000/1499"
