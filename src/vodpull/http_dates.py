"""Dates and waits in headers of strangers (`Date`, `Last-Modified`, `Retry-After`), read within bounds."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from vodpull.clock import now_s

MAX_DATE_CHARACTERS = 64
"""Of a date: those of HTTP have 29 to 33."""

_MAX_WAIT_DIGITS = 10


def read_date_s(text: str) -> float | None:
    """Return an HTTP date (RFC 9110, 5.6.7) as Unix seconds, None if it is none."""
    if len(text) > MAX_DATE_CHARACTERS:
        return None
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return None


def read_retry_after_s(text: str) -> float | None:
    """Return the seconds of a `Retry-After` (RFC 9110, 10.2.3: a number or a date), None if it is neither."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:_MAX_WAIT_DIGITS])  # more than any wait that is honoured
    date_s = read_date_s(text)
    return None if date_s is None else max(0.0, date_s - now_s())
