"""Numbers of strangers are read within bounds, whatever stands there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vodpull.wire_values import read_number

TEXTS = st.one_of(
    st.text(),
    st.text("0123456789 :,+-GMTJanFebThu()\u0661", max_size=80),
    st.builds(lambda digit, count: digit * count, st.sampled_from("019\u0661²"), st.integers(1, 6000)),
)


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("9" * 19, 10**19 - 1), ("9" * 20, None), ("", None), ("-1", None), ("\u0661", None)]
)
def test_a_number_is_short_and_of_plain_digits(text: str, number: int | None) -> None:
    assert read_number(text) == number


@given(TEXTS)
def test_no_text_is_an_error_as_a_number(text: str) -> None:
    read_number(text)
