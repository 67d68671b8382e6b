"""Values in the answers of strangers' APIs and in lists: of the right kind, or not there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

MAX_NUMBER = 2**53
"""As far as JSON numbers are exact."""

_FIRST_MS = 10**11
"""A whole number from here on counts milliseconds; in seconds that would be the year 5138."""

Record = Mapping[str, Any]


def records(value: object) -> list[Record]:
    """Return the objects of a JSON array; none when it is no array."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def record(value: object) -> Record:
    """Return a JSON object; an empty one when it is none."""
    return value if isinstance(value, dict) else {}


def text(value: object) -> str:
    """Return a text; empty when it is none."""
    return value if isinstance(value, str) else ""


def whole(value: object) -> int | None:
    """Return a number from 0, or a text of one, without its fraction; None when it is none."""
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else -1.0
    except (OverflowError, ValueError):
        return None
    return int(number) if 0 <= number <= MAX_NUMBER else None


def seconds_ms(value: object) -> int | None:
    """Return a length in seconds as milliseconds; None when it is not known."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < MAX_NUMBER / 1000:
        return None
    return round(value * 1000)


def time_ms(value: object) -> int | None:
    """Return a time by ISO 8601 or a Unix time as Unix milliseconds; UTC where it names no zone."""
    number = whole(value)
    if number is not None:
        return number if number >= _FIRST_MS else number * 1000
    try:
        found = datetime.fromisoformat(text(value).strip())
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
    except (OverflowError, ValueError):
        return None


def write_cursor(line: int, place: str) -> str:
    """Return where a list goes on: the number of its next line, and what its source calls that place."""
    return f"{line}|{place}"


def read_cursor(cursor: str) -> tuple[int, str]:
    """Return what `write_cursor` wrote; the beginning for an empty one."""
    line, _, place = cursor.partition("|")
    return int(line) if line.isdigit() else 1, place
