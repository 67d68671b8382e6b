"""The operation that reads the audit log of an account. No network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict, Unpack
from urllib.parse import urlencode

from vodpull.client.exchange import Flow
from vodpull.client.json_reading import read
from vodpull.client.operations.calls import ask, get


class AuditFilters(TypedDict, total=False):
    """Which lines are wanted; what is left out does not matter."""

    who: str
    """Part of an access key."""
    action: str
    """Beginning of an action."""
    since_ms: int
    """Not older; Unix time in milliseconds."""
    until_ms: int
    """Older."""


@dataclass(frozen=True, kw_only=True)
class AuditLine:
    """One thing that a key of the account did, or was refused."""

    at_ms: int
    """Unix time in milliseconds."""
    kind: str
    who: str
    """The access key."""
    action: str
    """`POST videos/{video_id}/block`, or the name of a call of the wire contract."""
    subject: str
    """To what it was done: ids and names."""
    outcome: str
    """`done`, or the code that it was refused with."""
    address: str
    """From where."""


@dataclass(frozen=True, kw_only=True)
class AuditPage:
    """Lines, newest first."""

    lines: tuple[AuditLine, ...]
    next_cursor: str
    """For the next page; empty after the last one."""


def audit(*, limit: int = 50, cursor: str = "", **filters: Unpack[AuditFilters]) -> Flow[AuditPage]:
    """Return a page of what the account's keys changed, or were refused, newest first; takes the scope `manage`."""
    return read(AuditPage, (yield from ask(get(f"/audit?{urlencode({**filters, 'limit': limit, 'cursor': cursor})}"))))
