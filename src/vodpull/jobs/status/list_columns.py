"""
Batches as lists of the API tell of them: a page has up to 5,000 jobs, so each costs as little as it can.

A job is the columns that are told, and its asset what of it is told; the rest is neither read nor built.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from pydantic import TypeAdapter

from vodpull.database import tables
from vodpull.errors import Failure
from vodpull.jobs.model import AssetWarning, Batch, NextTry
from vodpull.jobs.states_and_codes import FINAL_STAGES, Stage
from vodpull.jobs.store.rows import batch_of, failure_of, next_try_of


@dataclass(frozen=True, kw_only=True)
class BriefAsset:
    """What a list tells of `Asset`."""

    duration_s: float
    md5: str = ""
    sha256: str = ""
    playlist_key: str = ""
    poster_key: str = ""
    storyboard_key: str = ""
    warnings: tuple[AssetWarning, ...] = ()


class BriefJob(NamedTuple):
    """What a list tells of `Job`; values are as the database has them."""

    job_id: str
    batch_id: str
    position: int
    deleted_at_ms: int | None
    file_name: str
    source_url: str
    attempt: int
    stage: str
    stage_at_ms: int
    percent: float
    bytes_done: int
    bytes_total: int | None
    pull_status: int
    cmd_status: int
    video_id: str
    failure: Failure | None
    next_try: NextTry | None
    asset: BriefAsset | None

    @property
    def is_postponed(self) -> bool:
        """As of `Job`."""
        return self.stage == Stage.WAITING and self.next_try is not None

    @property
    def is_final(self) -> bool:
        """As of `Job`."""
        return self.stage in FINAL_STAGES


class BriefBatch(NamedTuple):
    """A batch with its jobs in request order."""

    batch: Batch
    jobs: Sequence[BriefJob]

    @property
    def is_final(self) -> bool:
        """As of `BatchView`."""
        return all(job.is_final for job in self.jobs)


_ASSET = TypeAdapter(BriefAsset)
_READ = BriefJob._fields.index("failure")
"""Where the columns begin that are read into values."""


def read_briefs(connection: sa.Connection, batches: Sequence[Mapping[Any, Any]]) -> list[BriefBatch]:
    """Return the batches of these rows with their jobs, in the order of the rows; one statement for all of them."""
    jobs: dict[str, list[BriefJob]] = {row["batch_id"]: [] for row in batches}
    job = tables.job.c
    columns = [job[name] for name in BriefJob._fields if name != "asset"]
    # In the order of the index: rows this wide are dear to sort.
    query = sa.select(*columns, sa.cast(job.asset, sa.Text)).where(job.batch_id.in_(jobs))
    for row in connection.execute(query.order_by(job.batch_id, job.position)).all() if jobs else ():
        jobs[row.batch_id].append(_brief(row))
    return [BriefBatch(batch_of(row), jobs[row["batch_id"]]) for row in batches]


def _brief(row: Sequence[Any]) -> BriefJob:
    failure, next_try, asset = row[_READ:]
    known = None if asset is None else _ASSET.validate_json(asset)
    return BriefJob._make((*row[:_READ], failure_of(failure), next_try_of(next_try), known))
