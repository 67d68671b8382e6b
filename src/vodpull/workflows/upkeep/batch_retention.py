"""
Retention: batches that ended too long ago are deleted, unless the setting `retention_days` keeps them for ever.

How long other things stay is said in the table of ARCHITECTURE.md.
"""

from __future__ import annotations

import structlog

from vodpull.jobs.deletions import Deletions

DAY_MS = 86_400_000

PER_ROUND = 100

log = structlog.get_logger(__name__)


def expire(deletions: Deletions, *, now_ms: int, keep_days: float) -> int:
    """Delete batches that ended longer ago than this, one round, and return how many; their files go when due."""
    before_ms = now_ms - int(keep_days * DAY_MS)
    expired = deletions.expired(finished_before_ms=before_ms, limit=PER_ROUND)
    deleted = sum(deletions.delete(view) for view in expired)
    if deleted:
        log.info("batches expired", batches=deleted, keep_days=keep_days)
    return deleted
