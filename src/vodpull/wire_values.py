"""What values that strangers send may look like, and what is told of them in tables. Pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from email.utils import parsedate_to_datetime

from vodpull.clock import now_s

MAX_ITEMS = 50
"""Sources in one batch (spec cloud-vod-fetch §2)."""

MAX_URL_CHARACTERS = 8192
"""Presigned URLs with session tokens have 2 to 4 thousand characters; web servers take 8 KiB as a rule."""

ID_PATTERN = "[0-9a-f]{32}"
"""Of an id that was made here (`database/ids.py`)."""

TEXT_PATTERN = r"^[^\x00]*$"
"""Of any text that is kept: PostgreSQL keeps no NUL."""

URL_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""What has no place in a URL, not even quoted, and may be there to split a log or a header."""

MD5_PATTERN = "[0-9a-fA-F]{32}"
"""Of a checksum as clients write it."""

MAX_DIGITS = 19
"""Of a number: every 64-bit one fits. The interpreter itself refuses to read more than 4,300."""

MAX_DATE_CHARACTERS = 64
"""Of a date: those of HTTP have 29 to 33."""

_MAX_WAIT_DIGITS = 10

_FORMULA = frozenset("=+-@\t\r")
"""The first characters that make a cell a formula, by OWASP's list."""


def read_number(text: str) -> int | None:
    """Return a number of ASCII digits, None if the text is none or has more than `MAX_DIGITS`."""
    return int(text) if len(text) <= MAX_DIGITS and text.isascii() and text.isdigit() else None


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


def csv_line(cells: Iterable[str]) -> str:
    """Return a line of CSV (RFC 4180); what a spreadsheet would take for a formula begins with `'`."""
    text = io.StringIO()
    csv.writer(text).writerow("'" + cell if cell and cell[0] in _FORMULA else cell for cell in cells)
    return text.getvalue()
