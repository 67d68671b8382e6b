"""What failed lately and why, and who uses how much: figures of the overview that only it shows. A statement each."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from vodpull.database import tables
from vodpull.jobs.states_and_codes import Stage

MOST_ROWS = 8


@dataclass(frozen=True, kw_only=True)
class FailedBy:
    """Jobs that failed for one reason."""

    code: str
    jobs: int
    message: str
    """Of one of them."""
    batch_id: str
    """Of the last of them."""


@dataclass(frozen=True, kw_only=True)
class AccountUse:
    """What one account has here."""

    name: str
    videos: int
    stored_bytes: int


def failed_since(database: sa.Engine, since_ms: int) -> list[FailedBy]:
    """Return why jobs failed since a time, the most frequent reason first."""
    job, batch = tables.job.c, tables.batch.c
    code = job.failure["code"].as_string()
    query = (
        sa.select(
            code.label("code"),
            sa.func.count().label("jobs"),
            sa.func.max(job.failure["message"].as_string()).label("message"),
            sa.func.max(job.batch_id).label("batch_id"),
        )
        .select_from(tables.job.join(tables.batch))
        # The batch first: it has the index that leads to few jobs, however many failed in all.
        .where(sa.or_(batch.finished_at_ms.is_(None), batch.finished_at_ms >= since_ms))
        .where(job.stage == Stage.FAILED.value, job.finished_at_ms >= since_ms, batch.deleted_at_ms.is_(None))
        .group_by("code")
        .order_by(sa.desc("jobs"), "code")
    )
    with database.connect() as connection:
        rows = connection.execute(query.limit(MOST_ROWS)).all()
    return [FailedBy(code=row.code, jobs=row.jobs, message=row.message, batch_id=row.batch_id) for row in rows]


def account_use(database: sa.Engine) -> list[AccountUse]:
    """Return what the accounts have that have most."""
    account, video = tables.account.c, tables.video.c
    videos = sa.select(sa.func.count()).where(video.account_id == account.account_id).scalar_subquery()
    query = sa.select(account.name, account.stored_bytes, videos.label("videos"))
    query = query.order_by(account.stored_bytes.desc(), account.name).limit(MOST_ROWS)
    with database.connect() as connection:
        rows = connection.execute(query).all()
    return [AccountUse(name=row.name, videos=row.videos, stored_bytes=row.stored_bytes) for row in rows]
