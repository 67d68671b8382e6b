"""A set of spans is the set of positions in it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vodpull.fetch.partfile.byte_ranges import ByteRanges

PAIRS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=12)


@given(PAIRS)
def test_spans_hold_exactly_the_positions_added(pairs: list[tuple[int, int]]) -> None:
    spans = ByteRanges(pairs)
    held = {position for start, stop in pairs for position in range(start, stop)}
    assert spans.size_bytes == len(held)
    assert {position for start, stop in spans.pairs() for position in range(start, stop)} == held
    assert all(before[1] < after[0] for before, after in zip(spans.pairs(), spans.pairs()[1:], strict=False))


@given(PAIRS, st.integers(0, 45))
def test_what_is_missing_is_the_rest(pairs: list[tuple[int, int]], size: int) -> None:
    held = {position for start, stop in pairs for position in range(start, stop)}
    gaps = ByteRanges(pairs).missing(size)
    assert [position for start, stop in gaps for position in range(start, stop)] == sorted(set(range(size)) - held)


@given(PAIRS, st.integers(0, 45))
def test_a_span_stops_at_the_first_missing_position(pairs: list[tuple[int, int]], position: int) -> None:
    held = {held for start, stop in pairs for held in range(start, stop)}
    assert ByteRanges(pairs).stop_of(position) == next(free for free in range(position, 50) if free not in held)
