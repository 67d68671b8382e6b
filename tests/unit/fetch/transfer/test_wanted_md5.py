"""Spellings of an md5, and what becomes of a file that has another one."""

from __future__ import annotations

import pytest

from vodpull.errors import Md5Mismatch, ParameterError, SourceChanged
from vodpull.fetch.transfer.wanted_md5 import check_md5, parse_md5

MD5 = "6aa6cc5cb526b0869ede919a19f155b7"
OTHER = "0" * 32


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


def test_the_same_md5_and_none_at_all_pass() -> None:
    check_md5(MD5, MD5, is_of_ranges=False)
    check_md5(MD5, "", is_of_ranges=True)


def test_another_md5_is_final_unless_ranges_may_be_at_fault() -> None:
    with pytest.raises(Md5Mismatch, match=OTHER) as caught:
        check_md5(MD5, OTHER, is_of_ranges=False)
    assert (caught.value.field, caught.value.retryable) == ("md5", False)
    with pytest.raises(SourceChanged) as changed:
        check_md5(MD5, OTHER, is_of_ranges=True)
    assert changed.value.retryable
