"""Users and passwords in URLs are never kept. Pure."""

from __future__ import annotations

import re


def without_user_info(url: str) -> str:
    """
    Return a URL with a mark in place of user and password, which are never kept.

    It stays a URL that is refused for them, with that reason.
    """
    return _USER_INFO.sub(r"\1***@", url, count=1)


_USER_INFO = re.compile(r"^(\s*(?:[A-Za-z][A-Za-z0-9+.-]*:)?[/\\]*)[^/\\?#]*@")
