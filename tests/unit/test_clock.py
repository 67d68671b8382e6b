from __future__ import annotations

from datetime import timedelta

import pytest

from vodpull.clock import read_wire_time_ms, read_zone, wire_time


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("+08:00", 480), ("GMT+8", 480), ("gmt-03:30", -210), ("UTC+0", 0), ("-0330", -210), ("utc", 0), ("Z", 0)],
)
def test_an_offset_is_a_zone(text: str, minutes: int) -> None:
    zone = read_zone(text)
    assert zone is not None
    assert zone.utcoffset(None) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "8", "Asia/Shanghai", "+15", "+08:60", "+8:5", "+٨", "+08:00 x"])
def test_anything_else_is_none(text: str) -> None:
    assert read_zone(text) is None


def test_a_wire_time_is_read_as_it_is_written() -> None:
    zone = read_zone("+08:00")
    assert zone is not None
    assert read_wire_time_ms("2023-11-15 06:13:20", zone) == 1_700_000_000_000
    assert wire_time(1_700_000_000_999, zone) == "2023-11-15 06:13:20"


@pytest.mark.parametrize("text", ["2023-11-15", "2023-11-15T06:13:20", "2023-02-30 00:00:00", "2023-11-15 24:00:00"])
def test_what_is_no_time_is_not_read(text: str) -> None:
    zone = read_zone("+08:00")
    assert zone is not None
    assert read_wire_time_ms(text, zone) is None
