"""The one door to wall-clock time, so that nothing else asks for it and tests can move it."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta, timezone, tzinfo

_WIRE_FORM = "%Y-%m-%d %H:%M:%S"
_WIRE_TIME = re.compile(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", re.ASCII)
_OFFSET = re.compile(r"(?:GMT|UTC)?(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>[0-5]\d))?", re.ASCII)

_MOST_HOURS = 14
"""Of an offset from UTC that is in use anywhere."""


def now_s() -> float:
    """Return the current Unix time in seconds."""
    return time.time()


def now_ms() -> int:
    """Return the current Unix time in whole milliseconds."""
    return time.time_ns() // 1_000_000


WIRE_ZONE = timezone(timedelta(hours=8))
"""Of times of the wire contract, unless an operator says otherwise."""


def utc_month(unix_s: float) -> str:
    """Return `yyyyMM` of a Unix time, in UTC (the month folder of stored files)."""
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y%m")


def utc_day(unix_s: float) -> str:
    """Return `yyyyMMdd` of a Unix time, in UTC."""
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y%m%d")


def wire_time(unix_ms: int, zone: tzinfo) -> str:
    """Return a time as the wire contract writes it: `yyyy-MM-dd HH:mm:ss`, without its zone."""
    return datetime.fromtimestamp(unix_ms / 1000, zone).strftime(_WIRE_FORM)


def read_wire_time_ms(text: str, zone: tzinfo) -> int | None:
    """Return a time of the wire contract in milliseconds; None when it is not of the form or not in the calendar."""
    if not _WIRE_TIME.fullmatch(text):
        return None
    try:
        return int(datetime.strptime(text, _WIRE_FORM).replace(tzinfo=zone).timestamp()) * 1000
    except (OverflowError, ValueError):
        return None


def read_zone(text: str) -> tzinfo | None:
    """Return the zone of an offset such as `+08:00`, `GMT+8` or `-0330` or `UTC`, `GMT`, `Z`; None when it is none."""
    text = text.strip().upper()
    if text in {"GMT", "UTC", "Z"}:
        return UTC
    found = _OFFSET.fullmatch(text)
    if found is None or int(found["hours"]) > _MOST_HOURS:
        return None
    offset = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"] or 0))
    return timezone(-offset if found["sign"] == "-" else offset)
