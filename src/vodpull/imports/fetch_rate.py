"""How fast each job of an import may fetch."""

from __future__ import annotations

import sqlalchemy as sa

from vodpull.imports.ledger import entry_of_job
from vodpull.imports.model import ImportOptions

LEAST_RATE = 16 * 1024
"""Bytes per second below which an origin would take the connection for dead."""


def rate_of_job(database: sa.Engine, job_id: str) -> int:
    """Return the bytes per second that a job of an import may fetch: an even share, so that all keep to the limit."""
    with database.connect() as connection:
        found = entry_of_job(connection, job_id)
    options = found[0].options if found else ImportOptions()
    return options.max_bytes_per_s and max(LEAST_RATE, options.max_bytes_per_s // options.parallel)
