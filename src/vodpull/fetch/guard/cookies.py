"""Cookies that origins set on the way to one source, for as long as that is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from http.cookies import Morsel
from typing import Any

import aiohttp
import yarl
from aiohttp.abc import AbstractCookieJar

# A domain of one label, or of two like `co.uk` and `com.cn`: whoever may set a cookie for it is not who gets it. Short
# names that belong to one owner (`bbc.uk`) lose a shared cookie by that, and no more.
_SHARED_BY_STRANGERS = re.compile(r"[^.]*|[^.]{1,3}\.[^.]{2}")


class CookieJar(aiohttp.CookieJar):
    """
    Cookies of one fetch: sent back to the hosts that they are for (RFC 6265), as they came; make it inside a loop.

    Shared by the requests of one source, and by nothing else: it begins empty and is written nowhere. A cookie without
    a Domain goes to its own host alone, one for a domain that strangers share to nobody. Number and size are limited
    by the base class.
    """

    def __init__(self) -> None:
        super().__init__(unsafe=True, quote_cookie=False)  # hosts that are addresses set cookies, too

    def update_cookies_from_headers(self, headers: Sequence[str], response_url: yarl.URL) -> None:
        """Take what an answer sets, through `update_cookies`."""
        AbstractCookieJar.update_cookies_from_headers(self, headers, response_url)

    def update_cookies(self, cookies: Any, response_url: yarl.URL = yarl.URL()) -> None:  # noqa: B008 - as the base has it
        """Take cookies but those for a domain that strangers share."""
        pairs: Iterable[tuple[str, Morsel[str]]] = cookies.items() if isinstance(cookies, Mapping) else cookies
        own = [(name, cookie) for name, cookie in pairs if not _is_shared(cookie["domain"])]
        super().update_cookies(own, response_url)


def _is_shared(domain: str) -> bool:
    name = domain.strip(".").lower()
    return bool(name) and _SHARED_BY_STRANGERS.fullmatch(name) is not None
