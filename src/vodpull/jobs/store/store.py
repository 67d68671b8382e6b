"""Batches and jobs, read and changed one by one. Plain functions over one pool: for threads, not for a loop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Any

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.row_locks import insert_new
from vodpull.jobs.model import Asset, Batch, BatchView, Job, NextTry, StoredFile
from vodpull.jobs.notices.events import EventKind, add_video_event
from vodpull.jobs.states_and_codes import EncodeState, Stage, WireStatus
from vodpull.jobs.store.final_statuses import Outcome, final_values
from vodpull.jobs.store.job_refs import JobRef, Progress
from vodpull.jobs.store.preview_rows import withdrawn_preview
from vodpull.jobs.store.replaced_files import supersede
from vodpull.jobs.store.rows import (
    IS_KEPT,
    batch_id_of,
    batch_of,
    job_of_row,
    job_row,
    live,
    lock_batch_of,
    read_view,
)
from vodpull.jobs.store.unique_trans_no import is_taken, taken_by
from vodpull.jobs.store.video_rows import archive_again, keep_video, set_encode_state


class Store:
    """The batches and jobs of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """Give a connection whose writes commit together when the block ends, or not at all."""
        with self.engine.begin() as connection:
            yield connection

    def add_batch(
        self, connection: sa.Connection, view: BatchView, *, access_key: str, unique_trans_no: bool = False
    ) -> bool:
        """
        Insert an accepted batch and its jobs; the caller's transaction also starts their work.

        With `unique_trans_no` False is returned, and nothing inserted, when the account has used its business id
        before; of several at the same moment one is the first.
        """
        batch = view.batch
        row = asdict(batch) | {"access_key": access_key}
        if unique_trans_no:
            if is_taken(connection, batch):
                return False
            row |= taken_by(batch)
        if not insert_new(connection, tables.batch, row):
            return False
        connection.execute(tables.job.insert(), [job_row(job) for job in view.jobs])
        return True

    def find_batch(self, batch_id: str) -> BatchView | None:
        """Return a batch of whichever account; the caller checks the owner."""
        with self.engine.connect() as connection:
            return read_view(connection, sa.and_(tables.batch.c.batch_id == batch_id, IS_KEPT))

    def find_batch_of(self, job_id: str) -> BatchView | None:
        """Return the batch of a job, of whichever account; the caller checks the owner."""
        with self.engine.connect() as connection:
            return read_view(connection, sa.and_(tables.batch.c.batch_id == batch_id_of(job_id), IS_KEPT))

    def find_job(self, job_id: str) -> tuple[Batch, Job]:
        """
        Return a job and its batch, as its workflow needs them: with the template that this job is made by.

        The job exists: its workflow began with it.
        """
        with self.engine.connect() as connection:
            row = connection.execute(sa.select(tables.job).where(tables.job.c.job_id == job_id)).mappings().one()
            query = sa.select(tables.batch).where(tables.batch.c.batch_id == row["batch_id"])
            batch, job = batch_of(connection.execute(query).mappings().one()), job_of_row(row)
        return replace(batch, template=job.template or batch.template), job

    def count_waiting_for_encoder(self) -> int:
        """Return how many jobs of all accounts are fetched and stored, but not being encoded yet."""
        waiting = sa.and_(
            tables.job.c.stage == Stage.STORE.value, tables.job.c.pull_status == WireStatus.SUCCEEDED.value
        )
        with self.engine.connect() as connection:
            return int(connection.scalar(sa.select(sa.func.count()).where(waiting)) or 0)

    def enter_stage(self, ref: JobRef, stage: Stage) -> bool:
        """
        Record that an attempt reached a stage, and when it first did; one that is there already stays as it is.

        Returns False when the attempt is over (finished, cancelled, retried): then nothing was changed, and its work
        should stop.
        """
        now = now_ms()
        values = {"stage": stage.value, "stage_at_ms": now, "percent": 0.0}
        with self.engine.begin() as connection:
            elsewhere = sa.and_(live(ref), tables.job.c.stage != stage.value)
            if connection.execute(tables.job.update().where(elsewhere).values(values)).rowcount == 0:
                return connection.execute(sa.select(tables.job.c.job_id).where(live(ref))).first() is not None
            insert_new(
                connection,
                tables.job_stage,
                {"job_id": ref.job_id, "attempt": ref.attempt, "stage": stage.value, "at_ms": now},
            )
        return True

    def update_progress(self, ref: JobRef, progress: Progress) -> None:
        """Record how far an attempt is; one that is over stays as it is, so a late writer changes nothing."""
        percent = round(progress.percent, 1)
        # Several machines may work on one stage, and each knows its own part: the one that knows most is right.
        known = tables.job.c.percent
        values: dict[str, Any] = {"percent": sa.case((known > percent, known), else_=percent)}
        if progress.bytes_done is not None:
            values |= {"bytes_done": progress.bytes_done, "bytes_total": progress.bytes_total}
        if progress.received_bytes:
            counted = tables.job.c.received_bytes
            more = sa.case((counted > progress.received_bytes, counted), else_=progress.received_bytes)
            values["received_bytes"] = more
        # A commit makes everybody who watches read again: none for a job that has not moved.
        moved = sa.or_(*(tables.job.c[name].is_distinct_from(value) for name, value in values.items()))
        with self.engine.begin() as connection:
            connection.execute(tables.job.update().where(live(ref), moved).values(values))

    def record_pulled(self, ref: JobRef, asset: Asset, *, encodes: bool = True) -> None:
        """Record that the original is stored and whole: `pullStatus` becomes 2, and it is a video from now on."""
        with self.engine.begin() as connection:
            self.pulled(connection, ref, asset, encodes=encodes)

    def pulled(self, connection: sa.Connection, ref: JobRef, asset: Asset, *, encodes: bool) -> bool:
        """Do what `record_pulled` does in a transaction of the caller's; False when the attempt is over."""
        values = {"pull_status": WireStatus.SUCCEEDED.value, "asset": asdict(asset)}
        if not connection.execute(tables.job.update().where(live(ref)).values(values)).rowcount:
            return False
        self.keep_video(connection, ref.job_id, encodes=encodes)
        return True

    @staticmethod
    def keep_video(connection: sa.Connection, job_id: str, *, encodes: bool) -> None:
        """Make what a job has stored a video, or bring that up to date."""
        query = sa.select(tables.job, tables.batch.c.account_id).join(tables.batch)
        row = dict(connection.execute(query.where(tables.job.c.job_id == job_id)).mappings().one())
        account_id, job = row.pop("account_id"), job_of_row(row)
        if keep_video(connection, account_id, job, encodes=encodes):
            add_video_event(connection, EventKind.VIDEO_CREATED, job, account_id=account_id)

    def record_decisions(self, ref: JobRef, decisions: list[dict[str, Any]]) -> None:
        """Record why each rung is in the ladder or not."""
        with self.engine.begin() as connection:
            connection.execute(tables.job.update().where(live(ref)).values(decisions=decisions))

    def finish_job(self, connection: sa.Connection, ref: JobRef, outcome: Outcome) -> BatchView | None:
        """
        Make an attempt final, once.

        Returns the batch as it is afterwards, or None when the attempt was over before (a repeated step, a cancelled
        job). The batch row is locked first, so exactly one of several jobs that end at the same moment sees that all
        are final.
        """
        lock_batch_of(connection, ref.job_id)
        values = final_values(outcome)
        if outcome.failure is not None:
            values |= withdrawn_preview(connection, ref)
        changed = connection.execute(tables.job.update().where(live(ref)).values(values))
        if changed.rowcount == 0:
            return None
        self._tell_video(connection, ref, outcome)
        stage = {"job_id": ref.job_id, "attempt": ref.attempt, "stage": outcome.stage.value, "at_ms": now_ms()}
        insert_new(connection, tables.job_stage, stage)
        return self._settled(connection, ref.job_id)

    @staticmethod
    def _tell_video(connection: sa.Connection, ref: JobRef, outcome: Outcome) -> None:
        """Record what the end of an attempt means for its video, and when what it replaces goes."""
        asset = outcome.asset
        if outcome.failure is not None:
            set_encode_state(connection, ref.job_id, EncodeState.FAILED)
        elif asset is not None:
            set_encode_state(connection, ref.job_id, asset.encode_state, asset=asset)
        if outcome.failure is None and ref.attempt > 1:
            supersede(connection, ref.job_id)

    def drop_original(self, connection: sa.Connection, job_id: str) -> StoredFile | None:
        """Take the original off a finished job that can be played without it, and return what it was; else None."""
        lock_batch_of(connection, job_id)
        query = sa.select(tables.job).where(tables.job.c.job_id == job_id, tables.job.c.stage == Stage.DONE.value)
        row = connection.execute(query).mappings().first()
        asset = None if row is None else job_of_row(row).asset
        if asset is None or asset.original is None or not asset.playlist_key:
            return None
        rest = replace(asset, files=tuple(file for file in asset.files if file is not asset.original))
        connection.execute(tables.job.update().where(tables.job.c.job_id == job_id).values(asset=asdict(rest)))
        set_encode_state(connection, job_id, rest.encode_state, asset=rest)
        archive_again(connection, job_id)
        if asset.original.media_bytes:  # its fragments go with it
            supersede(connection, job_id, at_once=True)
        return asset.original

    def hasten_job(self, ref: JobRef, next_try: NextTry) -> bool:
        """Change the time of a postponed job's next try; False when it does not wait any more."""
        waiting = sa.and_(live(ref), tables.job.c.stage == Stage.WAITING.value)
        with self.engine.begin() as connection:
            changed = connection.execute(tables.job.update().where(waiting).values(next_try=asdict(next_try)))
        return changed.rowcount == 1

    @staticmethod
    def _settled(connection: sa.Connection, job_id: str) -> BatchView | None:
        view = read_view(connection, tables.batch.c.batch_id == batch_id_of(job_id))
        if view is not None and view.is_final:
            mine = tables.batch.c.batch_id == view.batch.batch_id
            connection.execute(tables.batch.update().where(mine).values(finished_at_ms=now_ms()))
        return view
