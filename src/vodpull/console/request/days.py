"""Days that forms ask for. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

DAY_MS = 24 * 3600 * 1000


def day_ms(text: str) -> int | None:
    """Return when a day begins, in UTC; None of what is no day of the calendar."""
    try:
        return round(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        return None
