"""What is recorded of a film that plays before it is whole: only while it is encoded; taken back when that fails."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from vodpull.database import tables
from vodpull.jobs.model import Asset
from vodpull.jobs.states_and_codes import Stage
from vodpull.jobs.store.job_refs import JobRef
from vodpull.jobs.store.rows import live


def record_playable(engine: sa.Engine, ref: JobRef, asset: Asset) -> None:
    """Record that the beginning of an attempt's renditions can be played; a later stage knows better."""
    values = {"asset": asdict(asset)}
    encoding = sa.and_(live(ref), tables.job.c.stage == Stage.ENCODE.value)
    with engine.begin() as connection:
        connection.execute(tables.job.update().where(encoding).values(values))


def hide_preview(engine: sa.Engine, ref: JobRef) -> None:
    """Take back what `record_playable` has recorded of an attempt."""
    with engine.begin() as connection:
        values = withdrawn_preview(connection, ref)
        if values:
            connection.execute(tables.job.update().where(live(ref)).values(values))


def withdrawn_preview(connection: sa.Connection, ref: JobRef) -> dict[str, Any]:
    """Return the asset without the playlist that a failed attempt may have shown early."""
    asset = connection.scalar(sa.select(tables.job.c.asset).where(tables.job.c.job_id == ref.job_id))
    if asset is None or asset.get("attempt", 0) not in {0, ref.attempt}:
        return {}
    return {"asset": asset | {"playlist_key": ""}}
