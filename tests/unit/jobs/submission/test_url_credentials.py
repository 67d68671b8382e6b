"""What is kept of a request."""

from __future__ import annotations

import pytest

from vodpull.errors import UrlInvalid
from vodpull.fetch import AddressGuard
from vodpull.jobs.submission.url_credentials import without_user_info


@pytest.mark.parametrize(
    "url",
    [
        "https://user:secret@h.test/a",
        "https://user:secret@again:secret@h.test/a",
        "HTTP://:secret@h.test",
        " https://secret@h.test/a?b#c",
        "http:\\\\user:secret@h.test/",
        "https:user:secret@h.test/",
        "//user:secret@h.test/",
    ],
)
def test_user_and_password_are_not_kept_and_the_url_is_still_refused(url: str) -> None:
    kept = without_user_info(url)
    assert "secret" not in kept
    with pytest.raises(UrlInvalid):
        AddressGuard().check_url(kept)


@pytest.mark.parametrize("url", ["https://h.test/a", "https://h.test?a=b@c", "https://h.test/a//b@c/d", "a", ""])
def test_an_at_elsewhere_is_no_user(url: str) -> None:
    assert without_user_info(url) == url
