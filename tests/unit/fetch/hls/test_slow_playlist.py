from __future__ import annotations

import pytest

from vodpull.errors import OriginTooSlow
from vodpull.fetch import FetchLimits
from vodpull.fetch.hls.slow_playlist import PlaylistPatience

LIMITS = FetchLimits(max_bytes=1 << 40, min_rate_window_s=60, min_rate_bytes_per_s=1000, child_s=1)


def test_tiny_parts_have_a_second_each() -> None:
    patience = PlaylistPatience(LIMITS)
    for _ in range(1000):
        patience.count(1, took_s=1, queued_s=0)
    with pytest.raises(OriginTooSlow, match="parts of 1001 bytes together took 1063 s"):
        patience.count(1, took_s=63, queued_s=0)


def test_large_parts_have_the_time_of_their_bytes() -> None:
    patience = PlaylistPatience(LIMITS)
    patience.count(1_000_000, took_s=1060, queued_s=0)
    with pytest.raises(OriginTooSlow):
        patience.count(1, took_s=3, queued_s=0)


def test_waiting_for_a_turn_is_not_the_origins_fault() -> None:
    PlaylistPatience(LIMITS).count(1, took_s=10_000, queued_s=9_990)
