"""What a client asks for, after its request was read and before anything is accepted."""

from __future__ import annotations

from dataclasses import dataclass

from vodpull.jobs.model import DEFAULT_PRIORITY


@dataclass(frozen=True, kw_only=True)
class PullItem:
    """One source as requested."""

    file_name: str
    fetch_url: str
    """Judged when it is fetched: a bad URL fails its own job, never the batch."""
    md5: str
    """32 hex characters, or empty."""


@dataclass(frozen=True, kw_only=True)
class PullRequest:
    """One `pullVideo` request."""

    trans_no: str | None
    template: str | None
    """None: the default of the service."""
    notify_url: str | None
    separate: bool
    fetch_ts: bool
    priority: int = DEFAULT_PRIORITY
    items: tuple[PullItem, ...]
    """1 to 50."""
