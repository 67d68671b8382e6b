"""What values that strangers send may look like, and how values are written for them: seconds, JSON. Pure."""

from __future__ import annotations

import json
from typing import Any

ID_PATTERN = "[0-9a-f]{32}"
"""Of an id that was made here (`database/ids.py`)."""

VIDEO_ID_PATTERN = "[0-9A-Za-z-]{1,64}"
"""Of the id of a video: made here, or kept of another cloud."""

TEXT_PATTERN = r"^[^\x00]*$"
"""Of any text that is kept: PostgreSQL keeps no NUL."""

MD5_PATTERN = "[0-9a-fA-F]{32}"
"""Of a checksum as clients write it."""

MAX_DIGITS = 19
"""Of a number: every 64-bit one fits. The interpreter itself refuses to read more than 4,300."""


def read_number(text: str) -> int | None:
    """Return a number of ASCII digits, None if the text is none or has more than `MAX_DIGITS`."""
    return int(text) if len(text) <= MAX_DIGITS and text.isascii() and text.isdigit() else None


def whole_seconds(duration_s: float) -> int:
    """Round half up, but never a real clip down to 0: clients read 0 as unknown, and divide by it."""
    return max(1, half_up(duration_s)) if duration_s > 0 else 0


def half_up(number: float) -> int:
    """Round to the nearest whole number, halves up."""
    return int(number + 0.5)


def compact_json(data: Any) -> bytes:
    """Return JSON without blanks, in UTF-8."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
