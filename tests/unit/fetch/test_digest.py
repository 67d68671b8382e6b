"""Spellings of an md5."""

from __future__ import annotations

import pytest

from vodpull.errors import ParameterError
from vodpull.fetch import parse_md5

MD5 = "6aa6cc5cb526b0869ede919a19f155b7"


@pytest.mark.parametrize("text", [MD5, MD5.upper(), f"  {MD5}\n"])
def test_blanks_and_letter_case_do_not_matter(text: str) -> None:
    assert parse_md5(text) == MD5


@pytest.mark.parametrize(
    "text", ["", MD5[:-1], MD5 + "0", "aqbMXLUmsIae3pGaGfFVtw==", "g" * 32, MD5[:16] + " " + MD5[16:], "\u0661" * 32]
)
def test_anything_else_is_refused_with_the_field(text: str) -> None:
    with pytest.raises(ParameterError) as caught:
        parse_md5(text)
    assert caught.value.field == "md5"
