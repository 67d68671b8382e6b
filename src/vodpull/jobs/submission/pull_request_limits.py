"""What a client asks for and how much of it, after its request was read and before anything is accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from vodpull.jobs.model import Sidecar
from vodpull.jobs.priorities import DEFAULT_PRIORITY

MAX_ITEMS = 50
"""Sources in one batch (spec cloud-vod-fetch §2)."""

MAX_SIDECARS = 20
"""Caption files that one item names."""

MAX_TRANS_NO_CHARS = 32


@dataclass(frozen=True, kw_only=True)
class PullItem:
    """One source as requested."""

    file_name: str
    fetch_url: str
    """Judged when it is fetched: a bad URL fails its own job, never the batch."""
    md5: str
    """32 hex characters in the client's own spelling, which is what it reads back; empty: not checked."""
    captions: tuple[Sidecar, ...] = ()
    """To be fetched with it; languages as they were written."""
    video_id: str = ""
    """32 hex characters that no other job has; empty: a new one."""


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
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Pairs of the client's own."""
    items: tuple[PullItem, ...]
    """1 to `MAX_ITEMS`."""
