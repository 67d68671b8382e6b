from __future__ import annotations

import pytest

from vodpull.errors import FetchError, SourceStoreUnknown, UrlInvalid
from vodpull.fetch.guard.source_store_urls import check_stored, join_stored, key_of


class _Named:
    def scheme_of(self, name: str) -> str | None:
        return {"archive": "s3", "nas": "file"}.get(name)


@pytest.mark.parametrize(
    ("text", "url", "key"),
    [
        ("s3://archive/films/a.mp4", "s3://archive/films/a.mp4", "films/a.mp4"),
        ("archive:films/a.mp4", "s3://archive/films/a.mp4", "films/a.mp4"),
        ("nas:a.mp4", "file://nas/a.mp4", "a.mp4"),
        (" S3://archive/a%20b.mp4 ", "s3://archive/a%20b.mp4", "a b.mp4"),
        ("s3://archive/a b?c#d.mp4", "s3://archive/a%20b%3Fc%23d.mp4", "a b?c#d.mp4"),
        ("archive:a%20b.mp4", "s3://archive/a%2520b.mp4", "a%20b.mp4"),
        ("archive:影片.mp4", "s3://archive/%E5%BD%B1%E7%89%87.mp4", "影片.mp4"),
    ],
)
def test_an_object_has_one_url_however_it_is_written(text: str, url: str, key: str) -> None:
    found = check_stored(text, _Named())
    assert found is not None
    assert (str(found), key_of(found)) == (url, key)
    assert check_stored(str(found), _Named()) == found


@pytest.mark.parametrize("text", ["https://host/a", "host:9000/a", "unknown:a.mp4", "archive://a", "nonsense", ""])
def test_what_names_no_store_is_left_to_the_guard_of_the_web(text: str) -> None:
    assert check_stored(text, _Named()) is None


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("s3://other/a.mp4", SourceStoreUnknown),
        ("gs://archive/a.mp4", SourceStoreUnknown),
        ("file:///etc/passwd", SourceStoreUnknown),
        ("s3://key:secret@archive/a", SourceStoreUnknown),
        ("s3://archive", UrlInvalid),
        ("s3://archive/", UrlInvalid),
        ("s3://archive//a", UrlInvalid),
        ("file://nas/../etc/passwd", UrlInvalid),
        ("file://nas/a/%2e%2e/%2E%2e/b", UrlInvalid),
        ("nas:./a", UrlInvalid),
        ("nas:a/..", UrlInvalid),
        ("nas:a\nb", UrlInvalid),
        ("nas:a%00b\x00", UrlInvalid),
        ("s3://archive/a%00b", UrlInvalid),
        ("s3://archive/%ff", UrlInvalid),
        ("s3://archive/" + 9000 * "a", UrlInvalid),
    ],
)
def test_what_cannot_be_an_object_is_refused(text: str, error: type[FetchError]) -> None:
    with pytest.raises(error):
        check_stored(text, _Named())


@pytest.mark.parametrize(
    ("reference", "url"),
    [
        ("1.ts", "s3://archive/films/1.ts"),
        ("seg/1.ts?x=1#y", "s3://archive/films/seg/1.ts"),
        ("../1.ts", "s3://archive/1.ts"),
        ("/1.ts", "s3://archive/1.ts"),
        ("https://host/1.ts", None),
        ("s3://other/1.ts", None),
        ("file:///etc/passwd", None),
    ],
)
def test_a_playlist_names_objects_of_its_own_store_or_the_web(reference: str, url: str | None) -> None:
    base = check_stored("archive:films/a.m3u8", _Named())
    assert base is not None
    found = join_stored(base, reference)
    assert (str(found) if found else None) == url


def test_a_playlist_does_not_lead_out_of_its_store() -> None:
    base = check_stored("archive:films/a.m3u8", _Named())
    assert base is not None
    with pytest.raises(UrlInvalid):
        join_stored(base, "../../1.ts")
