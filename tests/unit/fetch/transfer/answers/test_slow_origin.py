"""When an origin counts as too slow."""

from __future__ import annotations

import pytest

from vodpull.errors import OriginTooSlow
from vodpull.fetch import FetchLimits
from vodpull.fetch.transfer.answers.slow_origin import Pace

LIMITS = FetchLimits(max_bytes=10**9)


def test_a_drip_below_the_minimum_rate_ends_after_its_window() -> None:
    pace = Pace(LIMITS)
    for _ in range(5):
        pace.add(1, waited_s=10)
    with pytest.raises(OriginTooSlow):
        pace.add(1, waited_s=10)


def test_a_slow_but_steady_body_goes_on() -> None:
    pace = Pace(LIMITS)
    for _ in range(1000):
        pace.add(102_400, waited_s=10)


def test_a_fast_start_does_not_excuse_a_later_drip() -> None:
    pace = Pace(LIMITS)
    pace.add(10**8, waited_s=60)
    with pytest.raises(OriginTooSlow):
        pace.add(1000, waited_s=60)
