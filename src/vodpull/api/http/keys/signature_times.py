"""How far the clock of whoever signs a request may be off, and how the time that a signature states is read."""

from __future__ import annotations

import re

from vodpull.errors import AuthenticationError
from vodpull.http_dates import read_date_s

WINDOW_S = 300
"""Largest difference between a request's time and ours in whole seconds, inclusive (spec cloud-vod-auth §2.4)."""

# Twelve digits reach past the year 30000.
_UNIX_S = re.compile(r"[0-9]{1,12}")

# RFC 1123, always GMT. Checked before parsing, because the parser accepts far more.
_DATE = re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} GMT")


def unix_s(text: str) -> int | None:
    """Return the seconds of a header that has them in digits."""
    return int(text) if _UNIX_S.fullmatch(text) else None


def check_time(stated_s: int | None, now_s: int) -> None:
    """Refuse a time that is none, or too far from ours."""
    if stated_s is None:
        raise AuthenticationError("invalid timestamp")
    if abs(now_s - stated_s) > WINDOW_S:
        raise AuthenticationError("timestamp expired")


def date_s(text: str) -> int | None:
    """Return the seconds of a date of HTTP."""
    found_s = read_date_s(text) if _DATE.fullmatch(text) else None
    return None if found_s is None else int(found_s)
