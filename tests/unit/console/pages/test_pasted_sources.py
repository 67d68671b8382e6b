from __future__ import annotations

import pytest

from vodpull.console.pages.pasted_sources import read_sources
from vodpull.errors import ParameterError

MD5 = "a2b96faeb02581770a4736f61bd3b6b7"


def test_each_pasted_line_is_a_source_named_by_its_path() -> None:
    items = read_sources("https://h.test/a%20b.mp4?k=v,w\n\n# later\n  http://h.test/\n")
    assert [(item.fetch_url, item.file_name, item.md5) for item in items] == [
        ("https://h.test/a%20b.mp4?k=v,w", "a b.mp4", ""),
        ("http://h.test/", "video", ""),
    ]


def test_a_csv_file_has_columns_in_our_order_or_as_its_heading_says() -> None:
    plain = read_sources("", file_name="l.CSV", file_text=f'https://h.test/a,"x, y.mp4",{MD5}\nhttps://h.test/b\n')
    headed = read_sources("", file_name="l.csv", file_text=f"\ufeffmd5,File Name,fetch_url\n{MD5},x,https://h.test/a\n")
    assert [(item.fetch_url, item.file_name, item.md5) for item in plain] == [
        ("https://h.test/a", "x, y.mp4", MD5),
        ("https://h.test/b", "b", ""),
    ]
    assert [(item.fetch_url, item.file_name, item.md5) for item in headed] == [("https://h.test/a", "x", MD5)]


def test_lines_and_a_file_go_together() -> None:
    items = read_sources("https://h.test/a", file_name="more.txt", file_text="https://h.test/b")
    assert [item.file_name for item in items] == ["a", "b"]


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("", "there is no URL"),
        ("https://h.test/a\nftp://h.test/b", "line 2 is not"),
        ("javascript:alert(1)", "line 1 is not"),
        ("https://h.test/a b", "line 1 is not"),
        ("https:///a", "line 1 is not"),
        ("https://h.test/" + 8192 * "a", "line 1 is longer"),
        ("https://h.test/a\n" * 51, "51 URLs are too many"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(pasted: str, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        read_sources(pasted)


@pytest.mark.parametrize(("row", "words"), [("x," + 256 * "n", "name in line 1"), ("x,n,zz", "md5 in line 1")])
def test_bad_columns_are_refused_with_their_line(row: str, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        read_sources("", file_name="l.csv", file_text=row.replace("x", "https://h.test/a", 1))
