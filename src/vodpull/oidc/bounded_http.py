"""Calls of the provider, bounded: no redirects, few bytes, little time, few at once."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx2
from pydantic_core import from_json

from vodpull.errors import AuthenticationError

TIMEOUT_S = 10.0
"""Of a call as a whole: somebody waits before an empty page."""

MAX_BYTES = 512 * 1024
"""Of a reply: a set of keys has some kilobytes."""

CALLS_AT_ONCE = 2
"""Threads that may wait for the provider: they are those that answer everybody."""


class BoundedHttp:
    """Calls one issuer and the endpoints that it names."""

    def __init__(self, issuer: str) -> None:
        self._origin = _origin(issuer)
        self._places = threading.BoundedSemaphore(CALLS_AT_ONCE)

    def get(self, url: str, *, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """
        Return the JSON object at a URL.

        Raises:
            AuthenticationError: there is none, or it takes too long.
        """
        return self._call("GET", url, headers=headers or {}, body="")

    def post(self, url: str, *, headers: Mapping[str, str], body: str) -> dict[str, Any]:
        """Return the JSON object that a form is answered with; raises as `get`."""
        return self._call("POST", url, headers=headers, body=body)

    def _call(self, method: str, url: str, *, headers: Mapping[str, str], body: str) -> dict[str, Any]:
        if urlsplit(url).scheme != "https" and _origin(url) != self._origin:
            raise AuthenticationError("the identity provider names an endpoint without https")
        if not self._places.acquire(blocking=False):
            raise AuthenticationError("the identity provider is slow: try again in some seconds")
        try:
            status, content = _read(method, url, headers=headers, body=body)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise AuthenticationError("the identity provider does not answer") from error
        finally:
            self._places.release()
        return _object(status, content)


def _read(method: str, url: str, *, headers: Mapping[str, str], body: str) -> tuple[int, bytes]:
    until_s, content = time.monotonic() + TIMEOUT_S, b""
    wanted = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
    with (
        httpx2.Client(verify=_trusted(), timeout=TIMEOUT_S, follow_redirects=False) as http,
        http.stream(method, url, headers=wanted, content=body.encode()) as response,
    ):
        for piece in response.iter_raw():
            content += piece
            if len(content) > MAX_BYTES or time.monotonic() > until_s:
                raise AuthenticationError("the identity provider says too much, or too slowly")
    return response.status_code, content


@cache
def _trusted() -> ssl.SSLContext:
    """Return whom a call trusts; to read all authorities takes longer than most calls."""
    return httpx2.create_ssl_context()


def _object(status: int, content: bytes) -> dict[str, Any]:
    try:
        found = from_json(content)
    except ValueError:
        found = None
    if isinstance(found, dict) and httpx2.codes.is_success(status):
        return found
    # The words of RFC 6749 §5.2, such as invalid_client, tell an owner what to look for.
    word = found.get("error") if isinstance(found, dict) else None
    why = f": {word[:40]}" if isinstance(word, str) and word.isprintable() else ""
    raise AuthenticationError(f"the identity provider answered with an error: HTTP {status}{why}")


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()
