"""Which part of a stored file a request asks for: `Range` and `If-Range` (RFC 9110). Pure."""

from __future__ import annotations

import re

Span = tuple[int, int]
"""First byte and the byte after the last one."""

UNSATISFIABLE: Span = (-1, -1)
"""No byte of the range exists."""

# Twenty digits hold every 64-bit size; longer numbers are nobody's file.
_RANGE = re.compile(r"bytes\s*=\s*(?P<first>[0-9]{0,20})\s*-\s*(?P<last>[0-9]{0,20})", re.IGNORECASE | re.ASCII)


def parse_range(header: str, *, size_bytes: int) -> Span | None:
    """
    Return the span that a `Range` header asks for, None to send everything, `UNSATISFIABLE` when nothing is left.

    Other units, several ranges and malformed values are ignored, as the standard allows. Pure.

    Source: RFC 9110 §14.2.
    """
    found = _RANGE.fullmatch(header.strip())
    if found is None or not (found["first"] or found["last"]):
        return None
    if not found["first"]:
        start, end = max(0, size_bytes - int(found["last"])), size_bytes
    else:
        start = int(found["first"])
        last = int(found["last"]) if found["last"] else max(start, size_bytes - 1)
        if last < start:
            return None
        end = min(last + 1, size_bytes)
    return (start, end) if start < end else UNSATISFIABLE


def range_applies(if_range: str, headers: dict[str, str]) -> bool:
    """Compare strongly, as RFC 9110 §13.1.5 says for `If-Range`: a doubt means the whole file."""
    if not if_range:
        return True
    if if_range.startswith(('"', "W/")):
        return if_range == headers.get("ETag") and not if_range.startswith("W/")
    return if_range == headers["Last-Modified"]
