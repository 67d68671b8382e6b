from __future__ import annotations

import pytest

from vodpull.captions import read_segments
from vodpull.errors import CaptionInvalid


def cue(start: str, end: str, text: str) -> bytes:
    return f"{start} --> {end}\n{text}\n\n".encode()


FIRST, SECOND = cue("00:01.000", "00:03.500", "one"), cue("00:03.000", "00:05.000", "two")


def times(*segments: bytes, zero_s: float = 0.0) -> list[tuple[int, int, str]]:
    return [(each.start_ms, each.end_ms, each.text) for each in read_segments(segments, zero_s=zero_s).cues]


def mapped(mpegts: int, local: str = "00:00:00.000") -> bytes:
    return f"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{mpegts},LOCAL:{local}\n\n".encode()


def test_a_cue_of_two_segments_comes_once_by_the_times_of_the_film() -> None:
    found = times(mapped(126_000) + FIRST, mapped(126_000) + FIRST + SECOND, zero_s=1.4)
    assert found == [(1000, 3500, "one"), (3000, 5000, "two")]


def test_each_segment_has_a_clock_of_its_own() -> None:
    later = b"WEBVTT\nX-TIMESTAMP-MAP=LOCAL:01:00:00.000,MPEGTS:900000\n\n" + cue("01:00:01.000", "01:00:02.000", "x")
    assert times(mapped(900_000) + FIRST, later, zero_s=10.0) == [(1000, 3500, "one"), (1000, 2000, "x")]


def test_without_a_map_times_are_those_of_the_film() -> None:
    assert times(b"WEBVTT\n\n" + FIRST, b"WEBVTT\n\n", zero_s=1.4) == [(1000, 3500, "one")]


def test_a_clock_that_turned_over_is_no_day_away() -> None:
    turned = (2**33 + 90_000) % 2**33
    assert times(mapped(turned) + FIRST, zero_s=(2**33) / 90_000) == [(2000, 4500, "one")]


def test_what_cannot_be_read_names_its_segment() -> None:
    with pytest.raises(CaptionInvalid, match="segment 2"):
        times(mapped(0) + FIRST, mapped(0) + cue("00:03.000", "soon", "x"))
