"""How the installation fared over the last hours, in even slices of time: bytes fetched, backlog, speed of encoding."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import sqlalchemy as sa

from vodpull.database import tables
from vodpull.jobs.states_and_codes import Stage


@dataclass(frozen=True, kw_only=True)
class History:
    """One value for each slice, the oldest first."""

    starts_s: tuple[int, ...]
    """When each slice begins, Unix time in seconds."""
    fetched_bytes_per_s: tuple[float, ...]
    """Size of the sources that became whole in the slice, spread over it."""
    backlog: tuple[int, ...]
    """Jobs that were accepted and not final at the end of the slice."""
    realtime_factor: tuple[float | None, ...]
    """Seconds of video per second of encoding, of the jobs encoded in the slice; None: there were none."""


def read_history(database: sa.Engine, *, until_ms: int, slice_s: int, slices: int) -> History:
    """
    Return the slices up to the one that `until_ms` is in.

    Reads the jobs of batches that were under way since then; what was deleted is forgotten.
    """
    slice_ms = 1000 * slice_s
    start_ms = (until_ms // slice_ms + 1 - slices) * slice_ms
    reader = _Reader(start_ms, slice_ms)
    with database.connect() as connection:
        fetched, factors = reader.fetched(connection), reader.realtime_factors(connection)
        created, finished = reader.count(connection, "created_at_ms"), reader.count(connection, "finished_at_ms")
    before = sum(count for slot, count in created.items() if slot < 0)
    changes = [created.get(slot, 0) - finished.get(slot, 0) for slot in range(slices)]
    return History(
        starts_s=tuple((start_ms + slot * slice_ms) // 1000 for slot in range(slices)),
        fetched_bytes_per_s=tuple(round(fetched.get(slot, 0) / slice_s, 1) for slot in range(slices)),
        backlog=tuple(int(count) for count in accumulate(changes, initial=before))[1:],
        realtime_factor=tuple(factors.get(slot) for slot in range(slices)),
    )


class _Reader:
    """Values by the number of their slice, from 0; what was created before has negative ones."""

    def __init__(self, start_ms: int, slice_ms: int) -> None:
        batch, job = tables.batch.c, tables.job.c
        self._start_ms = start_ms
        self._slice_ms = slice_ms
        self._jobs = tables.job.join(tables.batch)
        # The batch first: it has the index that leads to few jobs, however many there are in all.
        self._recent = sa.and_(
            sa.or_(batch.finished_at_ms.is_(None), batch.finished_at_ms >= start_ms),
            sa.or_(job.finished_at_ms.is_(None), job.finished_at_ms >= start_ms),
        )

    def fetched(self, connection: sa.Connection) -> dict[int, float]:
        """Return the bytes of the sources that were whole, by the slice in which their probe began."""
        stage = tables.job_stage.c
        size_bytes = tables.job.c.asset["files", 0, "size_bytes"].as_float()
        query = self._by_slot(stage.at_ms, sa.func.sum(size_bytes))
        query = query.select_from(self._jobs.join(tables.job_stage))
        return _as_dict(connection, query.where(stage.stage == Stage.PROBE.value, stage.at_ms >= self._start_ms))

    def realtime_factors(self, connection: sa.Connection) -> dict[int, float]:
        """Return length over time of encoding, by the slice in which that ended."""
        begun, ended = tables.job_stage.alias().c, tables.job_stage.alias().c
        media_s = tables.job.c.asset["duration_s"].as_float()
        query = self._by_slot(ended.at_ms, 1000 * sa.func.sum(media_s) / sa.func.sum(ended.at_ms - begun.at_ms))
        return _as_dict(
            connection,
            query.select_from(self._jobs).where(
                begun.job_id == tables.job.c.job_id,
                ended.job_id == begun.job_id,
                ended.attempt == begun.attempt,
                begun.stage == Stage.ENCODE.value,
                ended.stage == Stage.PACKAGE.value,
                ended.at_ms >= self._start_ms,
                ended.at_ms > begun.at_ms,
            ),
        )

    def count(self, connection: sa.Connection, column: str) -> dict[int, float]:
        """Return the number of jobs by the slice that a time of theirs is in."""
        at_ms = tables.job.c[column]
        query = self._by_slot(at_ms, sa.func.count()).select_from(self._jobs).where(at_ms.is_not(None))
        return _as_dict(connection, query)

    def _by_slot(self, at_ms: sa.ColumnElement[int], value: sa.ColumnElement[Any]) -> sa.Select[tuple[int, Any]]:
        # Division of whole numbers cuts towards 0, so a time before the first slice needs a word of its own.
        slot = sa.case((at_ms < self._start_ms, -1), else_=(at_ms - self._start_ms) // self._slice_ms)
        return sa.select(slot.label("slot"), value).where(self._recent).group_by("slot")


def _as_dict(connection: sa.Connection, query: sa.Select[tuple[int, Any]]) -> dict[int, float]:
    # PostgreSQL sums whole numbers as decimals.
    return {slot: float(value) for slot, value in connection.execute(query) if value is not None}
