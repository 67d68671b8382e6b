"""Numbers and times of strangers are read within bounds, whatever stands there."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vodpull.wire_values import csv_line, read_date_s, read_number, read_retry_after_s

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


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("9" * 19, 10**19 - 1), ("9" * 20, None), ("", None), ("-1", None), ("\u0661", None)]
)
def test_a_number_is_short_and_of_plain_digits(text: str, number: int | None) -> None:
    assert read_number(text) == number


@given(TEXTS)
def test_no_text_is_an_error(text: str) -> None:
    for read in (read_number, read_date_s, read_retry_after_s):
        read(text)


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-id", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_cell_of_a_table_is_never_a_formula(cell: str) -> None:
    assert next(csv.reader([csv_line(["", cell, "a=b"])])) == ["", f"'{cell}", "a=b"]
