"""Times of strangers are read within bounds, whatever stands there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vodpull.http_dates import read_date_s, read_retry_after_s

TEXTS = st.one_of(
    st.text(),
    st.text("0123456789 :,+-GMTJanFebThu()\u0661", max_size=80),
    st.builds(lambda digit, count: digit * count, st.sampled_from("019\u0661²"), st.integers(1, 6000)),
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        (" 120 ", 120),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("\u0661", None),
        ("9" * 5000, 9_999_999_999),
        ("Thu, 01 Jan 1970 00:00:00 GMT" + " " * 5000 + "x", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(text: str, seconds: float | None) -> None:
    assert read_retry_after_s(text) == seconds


@given(TEXTS)
def test_no_text_is_an_error_as_a_time(text: str) -> None:
    for read in (read_date_s, read_retry_after_s):
        read(text)
