"""How long an import will take, by what this installation did last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from vodpull.database import tables
from vodpull.imports.import_states import EntryState, Tally
from vodpull.jobs.states_and_codes import Stage, VideoOrigin

LOOKED_AT = 200
"""Batches that ended last, and jobs of them."""

MS_PER_HOUR = 3_600_000


@dataclass(frozen=True, kw_only=True)
class Speed:
    """What jobs took from the first byte of their source to their end."""

    jobs: int = 0
    size_bytes: int = 0
    """Of their originals."""
    took_ms: int = 0


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What is still to come."""

    entries: int
    size_bytes: int | None
    """None: no size is known of any."""
    hours: float | None
    """None: nothing was measured here yet."""


def measure_speed(database: sa.Engine) -> Speed:
    """Return what the jobs took that were pulled and ended well last."""
    batch, job, stage = tables.batch.c, tables.job.c, tables.job_stage.c
    last = sa.select(batch.batch_id).where(batch.finished_at_ms.is_not(None)).order_by(batch.finished_at_ms.desc())
    query = (
        sa.select(
            job.asset["files", 0, "size_bytes"].as_float().label("size_bytes"),
            (job.finished_at_ms - stage.at_ms).label("took_ms"),
        )
        .join_from(tables.job, tables.job_stage, sa.and_(stage.job_id == job.job_id, stage.attempt == job.attempt))
        .where(
            job.batch_id.in_(last.limit(LOOKED_AT)),
            job.stage == Stage.DONE.value,
            job.origin == int(VideoOrigin.PULLED),
            stage.stage == Stage.FETCH.value,
        )
        .limit(LOOKED_AT)
    )
    with database.connect() as connection:
        rows = [row for row in connection.execute(query) if row.size_bytes and row.took_ms > 0]
    return Speed(
        jobs=len(rows),
        size_bytes=sum(int(row.size_bytes) for row in rows),
        took_ms=sum(int(row.took_ms) for row in rows),
    )


def estimate(tallies: Mapping[EntryState, Tally], speed: Speed, *, parallel: int) -> Estimate:
    """Return what is left of an import, the sizes that are not known taken as those that are. Pure."""
    left = [tallies.get(state, Tally()) for state in (EntryState.WAITING, EntryState.RUNNING)]
    entries, size_bytes = sum(each.entries for each in left), sum(each.size_bytes for each in left)
    unsized = sum(each.unsized for each in left)
    sized = entries - unsized
    mean = size_bytes / sized if sized else speed.size_bytes / speed.jobs if speed.jobs else None
    if unsized and mean is None:
        return Estimate(entries=entries, size_bytes=None, hours=None)
    total = round(size_bytes + unsized * (mean or 0))
    if not speed.size_bytes:
        return Estimate(entries=entries, size_bytes=total, hours=None)
    hours = total * speed.took_ms / speed.size_bytes / parallel / MS_PER_HOUR
    return Estimate(entries=entries, size_bytes=total, hours=round(hours, 2))
