"""What an origin's headers mean."""

from __future__ import annotations

import aiohttp
import pytest
import yarl
from multidict import CIMultiDict, CIMultiDictProxy

from vodpull.errors import OriginFailed, SourceChanged
from vodpull.fetch.partfile.journal import FileIdentity
from vodpull.fetch.transfer.answers.same_file import check_continues, identity_of, validator_of

URL = yarl.URL("https://media.example/v.mp4?sig=secret")
BEFORE = FileIdentity(
    source="s", final_url=str(URL.with_query(None)), size_bytes=1000, validator='"a"', etag='"a"', content_type=""
)


class Answer(aiohttp.ClientResponse):
    """An answer's head without a connection."""

    def __init__(self, headers: dict[str, str], *, url: yarl.URL = URL) -> None:
        self._headers = CIMultiDictProxy(CIMultiDict(headers))
        self._cache = {}
        self._url = url
        self._closed = True
        self._connection = None


def test_a_strong_etag_is_the_validator() -> None:
    assert validator_of(Answer({"ETag": '"a"'})) == '"a"'


@pytest.mark.parametrize(
    ("modified", "date", "is_strong"),
    [
        ("Thu, 01 Jan 2026 00:00:00 GMT", "Thu, 01 Jan 2026 00:00:01 GMT", True),
        ("Thu, 01 Jan 2026 00:00:00 GMT", "Thu, 01 Jan 2026 00:00:00 GMT", False),
        ("Thu, 01 Jan 2026 00:00:00 GMT", "", False),
        ("yesterday", "Thu, 01 Jan 2026 00:00:00 GMT", False),
    ],
)
def test_a_settled_last_modified_stands_in_for_a_weak_etag(modified: str, date: str, *, is_strong: bool) -> None:
    answer = Answer({"ETag": 'W/"a"', "Last-Modified": modified, "Date": date})
    assert validator_of(answer) == (modified if is_strong else "")


@pytest.mark.parametrize(
    "headers",
    [{"ETag": '"a"'}, {"Content-Length": "9"}, {"ETag": '"a"', "Content-Length": "9", "Accept-Ranges": "none"}],
)
def test_what_cannot_be_continued_has_no_identity(headers: dict[str, str]) -> None:
    assert identity_of(Answer(headers), source="s") is None


def test_an_identity_does_not_hold_the_query() -> None:
    identity = identity_of(Answer({"ETag": '"a"', "Content-Length": "9"}), source="s")
    assert identity is not None
    assert "secret" not in repr(identity)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Range": "bytes 500-999/1000", "ETag": '"a"', "Content-Length": "500"},
        {"Content-Range": "bytes 500-999/1000"},
        {"Content-Range": "bytes 500-999/*"},
    ],
)
def test_an_answer_that_fits_continues(headers: dict[str, str]) -> None:
    check_continues(Answer(headers), BEFORE, (500, 1000))


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({"Content-Range": "bytes 500-999/1000", "ETag": '"b"'}, SourceChanged),
        ({"Content-Range": "bytes 500-999/1000", "ETag": 'W/"a"'}, SourceChanged),
        ({"Content-Range": "bytes 500-999/1001"}, SourceChanged),
        ({}, OriginFailed),
        ({"Content-Range": "bytes 0-999/1000"}, OriginFailed),
        ({"Content-Range": "bytes 500-998/1000"}, OriginFailed),
        ({"Content-Range": "bytes 500-999"}, OriginFailed),
        ({"Content-Range": "bytes 500-999/1000", "Content-Length": "499"}, OriginFailed),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(headers: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error):
        check_continues(Answer(headers), BEFORE, (500, 1000))


def test_another_place_does_not_continue_this_one() -> None:
    elsewhere = Answer({"Content-Range": "bytes 500-999/1000"}, url=yarl.URL("https://mirror.example/v.mp4"))
    with pytest.raises(SourceChanged):
        check_continues(elsewhere, BEFORE, (500, 1000))
