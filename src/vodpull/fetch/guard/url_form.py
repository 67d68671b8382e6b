"""What the URL of a source or a receiver must look like, and the one form in which it is sent. Pure."""

from __future__ import annotations

import re
from urllib.parse import quote

import yarl

from vodpull.errors import UrlInvalid
from vodpull.fetch.guard.addresses import Address, parse_literal

HOST_NAME = re.compile(r"(?=.{1,254}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_-]{1,63}\.?")
# Everything that RFC 3986 does not allow in a path or query as it is. Only that is quoted; the rest is sent byte for
# byte, so that a signature over the URL holds.
_TO_QUOTE = re.compile(r"[^A-Za-z0-9\-._~:/?\[\]@!$&'()*+,;=%]|%(?![0-9A-Fa-f]{2})")


def parse_url(url: str) -> yarl.URL:
    """
    Return an absolute URL of the web, read.

    Raises:
        UrlInvalid: it is none, or has a user name or password.
    """
    try:
        parsed = yarl.URL(url)
        absolute_web = parsed.scheme in {"http", "https"} and bool(parsed.raw_host)
        has_user_info = parsed.raw_user is not None or parsed.raw_password is not None or "@" in parsed.raw_authority
    except ValueError as error:  # its text repeats the URL, which may carry a signature
        raise UrlInvalid("the URL cannot be parsed") from error
    if not absolute_web:
        raise UrlInvalid("the URL is not an absolute http or https URL")
    if has_user_info:
        raise UrlInvalid("the URL contains a user name or password")
    return parsed


def verbatim(parsed: yarl.URL, url: str) -> yarl.URL:
    """Return a URL with its path and query byte for byte, but for what must be quoted."""
    raw = yarl.URL(url, encoded=True)
    path_and_query = _TO_QUOTE.sub(lambda found: quote(found[0], safe=""), raw.raw_path_qs)
    return yarl.URL(f"{parsed.scheme}://{parsed.raw_authority}{path_and_query}", encoded=True)


def literal_of(host: str) -> Address | None:
    """
    Return the address that a host is; None: it is a name.

    Raises:
        UrlInvalid: it looks like an address, and is none.
    """
    try:
        return parse_literal(host)
    except ValueError as error:
        raise UrlInvalid("the URL's host is not a valid address") from error


def origin_of(url: yarl.URL) -> tuple[str, str, int | None]:
    """Return scheme, host and port, which are an origin together."""
    return url.scheme, url.raw_host or "", url.port
