"""Cursors of lists by time: where a page ended, as a text that clients hand back. Pure."""

from __future__ import annotations

import re

from vodpull.errors import ParameterError

CURSOR_PATTERN = r"^([0-9]{13}[0-9a-f]{32})?$"
"""Time and id of the last entry of a page. Closed, so that every text that fits can be compared in the database."""

_TIME_DIGITS = 13
"""Milliseconds have 13 digits until the year 2286."""


def write_cursor(created_at_ms: int, entry_id: str) -> str:
    """Return the cursor of the page that follows an entry."""
    return f"{created_at_ms:0{_TIME_DIGITS}d}{entry_id}"


def read_cursor(cursor: str, *, pattern: str = CURSOR_PATTERN) -> tuple[int, str]:
    """
    Return time and id of the entry that a page follows; `pattern` is that of the list's ids.

    Raises:
        ParameterError: the cursor is not from a page of such a list.
    """
    if not re.fullmatch(pattern, cursor):
        raise ParameterError("cursor is not from a page of this list", field="cursor")
    return int(cursor[:_TIME_DIGITS]), cursor[_TIME_DIGITS:]
