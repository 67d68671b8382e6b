"""Between the database and the manifests in the store: which jobs lack one, and rows made again from one."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

import sqlalchemy as sa

from vodpull.database import tables
from vodpull.database.row_locks import insert_new
from vodpull.jobs.manifests.kept_videos import KeptVideo, read_kept_video, restore_video
from vodpull.jobs.model import Batch, Job
from vodpull.jobs.store.job_refs import JobRef
from vodpull.jobs.store.rows import IS_FINAL, batch_of, job_of_row, job_row
from vodpull.jobs.store.video_rows import resize_video


@dataclass(frozen=True, kw_only=True)
class Record:
    """A final job as its manifest needs it."""

    account: str
    """Name of the account."""
    batch: Batch
    job: Job
    video: KeptVideo | None = None
    """What is to be kept of its video; None: it has none, or the manifest is of an older release."""
    mark: int = 0
    """Another one in the database means that the job or its video has changed since this was read."""


class Records:
    """The final jobs of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def unarchived(self, *, limit: int) -> list[Record]:
        """Return final jobs whose present state is in no manifest yet, the earliest first."""
        job = tables.job.c
        query = (
            sa.select(tables.job)
            # By the time of the end and not by the stage: there is a small index for just this.
            .where(job.archived_attempt < job.attempt, job.finished_at_ms.is_not(None), job.deleted_at_ms.is_(None))
            .order_by(job.finished_at_ms)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
            return [self._record(connection, job_of_row(row), mark=row["archived_attempt"]) for row in rows]

    @staticmethod
    def _record(connection: sa.Connection, job: Job, *, mark: int) -> Record:
        name = sa.select(tables.account.c.name).where(tables.account.c.account_id == tables.batch.c.account_id)
        query = sa.select(tables.batch, name.scalar_subquery().label("account"))
        row = dict(connection.execute(query.where(tables.batch.c.batch_id == job.batch_id)).mappings().one())
        video = read_kept_video(connection, job.job_id)
        return Record(account=row.pop("account"), batch=batch_of(row), job=job, video=video, mark=mark)

    def archived(self, record: Record, *, stored_bytes: int) -> None:
        """Record that the manifest of a record is written, and how much the store holds of its job."""
        job = tables.job.c
        ref = JobRef.of(record.job)
        mine = sa.and_(job.job_id == ref.job_id, job.attempt == ref.attempt, job.deleted_at_ms.is_(None))
        unchanged = sa.and_(mine, job.archived_attempt == record.mark)
        with self._engine.begin() as connection:
            connection.execute(tables.job.update().where(mine).values(stored_bytes=stored_bytes))
            connection.execute(tables.job.update().where(unchanged).values(archived_attempt=ref.attempt))
            resize_video(connection, ref.job_id, stored_bytes)

    def add(self, record: Record, *, account_id: str, stored_bytes: int) -> bool:
        """Insert a job that the database does not know, and its batch if need be; False when it knows the job."""
        batch = asdict(replace(record.batch, account_id=account_id)) | {"access_key": ""}
        job = job_row(record.job) | {"stored_bytes": stored_bytes, "archived_attempt": record.job.attempt}
        with self._engine.begin() as connection:
            insert_new(connection, tables.batch, batch)
            if not insert_new(connection, tables.job, job):
                return False
            restore_video(connection, account_id, record.job, kept=record.video, stored_bytes=stored_bytes)
            _settle(connection, record.batch.batch_id)
        return True


def _settle(connection: sa.Connection, batch_id: str) -> None:
    """Give a batch the time of its last job, once none is under way: its manifests are older than its end."""
    job, batch = tables.job.c, tables.batch.c
    last = sa.select(sa.func.max(job.finished_at_ms)).where(job.batch_id == batch_id).scalar_subquery()
    running = sa.exists().where(job.batch_id == batch_id, ~IS_FINAL)
    connection.execute(tables.batch.update().where(batch.batch_id == batch_id, ~running).values(finished_at_ms=last))
