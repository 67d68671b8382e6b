"""Operator credentials: three forms, exact origins, and no secret in any message."""

from __future__ import annotations

import pytest

from vodpull.errors import ConfigurationError
from vodpull.fetch import AddressGuard, parse_credentials


@pytest.mark.parametrize(
    ("secret", "headers"),
    [
        ("Bearer a.b=c", {"Authorization": "Bearer a.b=c"}),
        ("Basic dTpw", {"Authorization": "Basic dTpw"}),
        ("Basic user:pass word", {"Authorization": "Basic dXNlcjpwYXNzIHdvcmQ="}),
        ("X-Api-Key: k:1", {"X-Api-Key": "k:1"}),
        ("Token abc", {"Authorization": "Token abc"}),
    ],
)
def test_an_entry_is_an_origin_and_what_it_gets(secret: str, headers: dict[str, str]) -> None:
    assert parse_credentials([f"https://media.example={secret}"]) == {"https://media.example": headers}


def test_entries_of_one_origin_add_up() -> None:
    entries = ["https://h=Bearer t", "https://h=X-Tenant: 7", "http://h:8080=Bearer u"]
    found = parse_credentials(entries)
    assert found["https://h"] == {"Authorization": "Bearer t", "X-Tenant": "7"}
    assert found["http://h:8080"] == {"Authorization": "Bearer u"}


@pytest.mark.parametrize(
    "entry",
    [
        "https://h",
        "=secret",
        "https://h=",
        "https://h=Host: secret",
        "https://h=Range: secret",
        "https://h=Transfer-Encoding: secret",
        "https://h=Bearer secret\r\nX: y",
        "https://h=Bearer secret\x00",
        "https://h=Bearer sécret",
        "https://h=X-A: secret\nB: c",
        "https://h=Basic user:secret\ud800",
    ],
)
def test_an_entry_that_cannot_be_sent_is_a_configuration_error(entry: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_credentials([entry])
    assert caught.value.field == "VODPULL_ORIGIN_CREDENTIALS"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "origin", ["https://h/path", "https://u@h", "h", "ftp://h", "https://*.example.com", "https://"]
)
def test_credentials_belong_to_exact_origins(origin: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        AddressGuard(credentials={origin: {"Authorization": "Bearer secret"}})
    assert caught.value.field == "VODPULL_ORIGIN_CREDENTIALS"


@pytest.mark.parametrize(
    ("url", "gets"),
    [
        ("https://media.example/v", True),
        ("https://MEDIA.example:443/v", True),
        ("http://media.example/v", False),
        ("https://media.example.evil.example/v", False),
        ("https://sub.media.example/v", False),
        ("https://other.example/?https://media.example", False),
    ],
)
def test_only_that_origin_gets_them(url: str, *, gets: bool) -> None:
    guard = AddressGuard(credentials=parse_credentials(["https://media.example=Bearer secret"]))
    assert bool(guard.credentials_for(guard.check_url(url))) is gets
