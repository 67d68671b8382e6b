"""The pure parts of a transfer."""

from __future__ import annotations

import pytest

from vodpull.errors import OriginTimeout
from vodpull.fetch import FetchLimits
from vodpull.fetch.transfer import Pace, _parse_retry_after

LIMITS = FetchLimits(max_bytes=10**9)


def test_a_drip_below_the_minimum_rate_ends_after_its_window() -> None:
    pace = Pace(LIMITS)
    for _ in range(5):
        pace.add(1, waited_s=10)
    with pytest.raises(OriginTimeout):
        pace.add(1, waited_s=10)


def test_a_slow_but_steady_body_goes_on() -> None:
    pace = Pace(LIMITS)
    for _ in range(1000):
        pace.add(10_240, waited_s=10)


def test_a_fast_start_does_not_excuse_a_later_drip() -> None:
    pace = Pace(LIMITS)
    pace.add(10**8, waited_s=60)
    with pytest.raises(OriginTimeout):
        pace.add(1000, waited_s=60)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("\u0661", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(text: str, seconds: float | None) -> None:
    assert _parse_retry_after(text) == seconds


def test_a_huge_retry_after_is_still_a_number() -> None:
    assert _parse_retry_after("9" * 5000) == 9_999_999_999
