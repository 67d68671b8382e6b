"""
What is told at which end of a job: its final state and its news become true in one transaction.

A cancel sends no callback, and a later encode no notification; the upload callback goes out before the encode
callback. How a notification is sent: `outbox.py`; in which order they arrive: `callback_order.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

import sqlalchemy as sa
import structlog

from vodpull.accounts.access_keys import Accounts
from vodpull.accounts.playback_keys import NoSigningKey
from vodpull.clock import now_ms
from vodpull.errors import Cancelled, NotFound
from vodpull.imports.outcomes.metadata_on_arrival import dress
from vodpull.jobs.model import Asset, Batch, BatchView, Job, NextTry
from vodpull.jobs.notices.deliveries import Delivery, DeliveryState, new_delivery
from vodpull.jobs.notices.events import Events, events_of
from vodpull.jobs.states_and_codes import EDITED, UPLOADED, Stage
from vodpull.jobs.status.status_data import notification_body
from vodpull.jobs.store import next_attempt
from vodpull.jobs.store.final_statuses import Outcome
from vodpull.jobs.store.job_refs import JobRef
from vodpull.jobs.store.store import Store
from vodpull.uploads.key_reservations import find_upload
from vodpull.videos.callback_addresses import CallbackKind, read_callbacks
from vodpull.videos.deferred_calls import DeferredCalls, task_of_job
from vodpull.videos.library import find_video
from vodpull.videos.video import Video
from vodpull.videos.wire.callback_bodies import edit_notice, transcode_notice, upload_notice
from vodpull.videos.wire.edits import edit_info
from vodpull.workflows.delivery.outbox import Outbox
from vodpull.workflows.engine.engine import Engine
from vodpull.workflows.engine.queues import Owner, Queues

Made = TypeVar("Made")

log = structlog.get_logger(__name__)


class JobNews:
    """Makes jobs final and says who is to know of it."""

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        outbox: Outbox,
        *,
        engine: Engine,
        queues: Queues,
    ) -> None:
        """Take the parts; news are told in the manner of the outbox that they go through."""
        self._store = store
        self._events = Events(store.engine)
        self._tasks = DeferredCalls(store.engine)
        self._accounts = accounts
        self._outbox = outbox
        self._engine = engine
        self._queues = queues

    def finish_job(self, ref: JobRef, outcome: Outcome) -> bool:
        """Make a job final once, with its events and the start of its notification; False when it was final before."""

        def finish(connection: sa.Connection) -> tuple[Batch, Job] | None:
            view = self._store.finish_job(connection, ref, outcome)
            if view is None:
                return None
            job = next(job for job in view.jobs if job.job_id == ref.job_id)
            self._events.add(connection, events_of(view, job))
            if view.batch.notify_url and not job.template:  # to encode again is nothing that the batch asked for
                self._announce(connection, view, job)
            self._call_back(connection, view.batch, job)
            self._end_edit(connection, job)
            return view.batch, job

        finished = self._commit(finish)
        if finished is None:
            return False
        batch, job = finished
        self._outbox.watch.ended(job, "" if outcome.failure is None else outcome.failure.code)
        self._log_end(batch, job)
        return True

    def _commit(self, change: Callable[[sa.Connection], Made]) -> Made:
        """Commit a change; a key that its news are to be signed with is made beside it: SQLite has one writer."""
        try:
            with self._store.transaction() as connection:
                return change(connection)
        except NoSigningKey as missing:
            self._outbox.manner.make_key(missing.account_id)
        with self._store.transaction() as connection:
            return change(connection)

    def record_pulled(self, batch: Batch, job: Job, asset: Asset, *, encodes: bool) -> None:
        """Record that an original is stored and whole; of one that was uploaded the account is told."""

        def record(connection: sa.Connection) -> None:
            if self._store.pulled(connection, JobRef.of(job), asset, encodes=encodes):
                dress(connection, job.job_id)
                self._tell_uploaded(connection, batch, job)

        self._commit(record)

    def postpone_job(self, ref: JobRef, next_try: NextTry, owner: Owner) -> bool:
        """End an attempt and start the next one with a delay, which holds no slot; False when it is over."""
        with self._store.transaction() as connection:
            again = next_attempt.postpone_job(connection, ref, next_try)
            if again is not None:
                call = self._queues.ingest_call(again, owner)
                delay_s = max(0.0, (next_try.at_ms - now_ms()) / 1000)
                self._engine.start(connection, replace(call, delay_s=delay_s))
        return again is not None

    def _log_end(self, batch: Batch, job: Job) -> None:
        """Write the one line that an attempt ends with: a warning when it failed, with the cause."""
        failure = job.failure
        about: dict[str, object] = {
            "job": job.job_id,
            "attempt": job.attempt,
            "batch": batch.batch_id,
            "account": self._accounts.name_of(batch.account_id),
            "url": re.split("[?#]", job.source_url, maxsplit=1)[0],
            "duration_s": round((now_ms() - job.created_at_ms) / 1000, 1),
        }
        if failure is None or failure.code == Cancelled.code:
            log.info("job finished", **about, code="ok" if failure is None else failure.code)
            return
        log.warning("job failed", **about, code=failure.code, stage=failure.stage, cause=failure.message)

    def _announce(self, connection: sa.Connection, view: BatchView, job: Job) -> None:
        if not view.batch.separate and not view.is_final:
            return
        about = job if view.batch.separate else None
        body = notification_body(view, now_ms=now_ms(), item=None if about is None else about.position)
        self._outbox.send(connection, new_delivery(view, job=about, body=body))

    def _call_back(self, connection: sa.Connection, batch: Batch, job: Job) -> None:
        """Tell the account that an encode of a video has ended, if it wants to be told."""
        has_failed = job.failure is not None
        encoded = job.asset is not None and bool(has_failed or job.asset.playlist_key or job.template)
        if job.failure is not None and job.failure.code == Cancelled.code:  # nobody waits for what was called off
            return
        self._tell_uploaded(connection, batch, job)
        if encoded:
            write = partial(transcode_notice, urls=self._outbox.manner.urls, has_failed=has_failed)
            self._tell(connection, batch, job, kind=CallbackKind.TRANSCODE, name=str(job.attempt), write=write)

    def _tell_uploaded(self, connection: sa.Connection, batch: Batch, job: Job) -> None:
        """Tell the account that a video has arrived, once for each file that was uploaded."""
        upload = find_upload(connection, job.directory) if job.origin in UPLOADED else None
        if upload is not None:
            write = partial(upload_notice, urls=self._outbox.manner.urls, zone=self._outbox.manner.zone)
            name = f"{upload.completed_at_ms}"
            self._tell(connection, batch, job, kind=CallbackKind.VIDEO_UPLOAD, name=name, write=write)

    def _tell(
        self,
        connection: sa.Connection,
        batch: Batch,
        job: Job,
        *,
        kind: CallbackKind,
        name: str,
        write: Callable[[Video], str],
    ) -> None:
        url = read_callbacks(connection, batch.account_id).get(kind)
        if url is None:
            return
        try:
            video = find_video(connection, job.video_id, account_id=batch.account_id)
        except NotFound:  # a job always ends, whatever became of its video
            return
        notice = Delivery(
            delivery_id=f"{job.job_id}-{name}-{kind}",
            account_id=batch.account_id,
            kind=kind,
            batch_id=batch.batch_id,
            position=job.position,
            url=url,
            body=write(video),
            state=DeliveryState.PENDING,
            created_at_ms=now_ms(),
        )
        self._outbox.send(connection, notice)

    def _end_edit(self, connection: sa.Connection, job: Job) -> None:
        """Record that a clip or a join has ended, and tell whoever asked for it, once."""
        task = task_of_job(connection, job.job_id) if job.origin in EDITED else None
        outcome = Stage.FAILED if job.failure else Stage.DONE
        if (
            task is None
            or not self._tasks.finish(connection, task.task_id, outcome=outcome.value)
            or not task.notify_url
        ):
            return
        notice = Delivery(
            delivery_id=f"task-{task.task_id}",
            account_id=task.account_id,
            kind=task.kind.value,
            batch_id=job.batch_id,
            position=job.position,
            url=task.notify_url,
            body=edit_notice(edit_info(connection, task, urls=self._outbox.manner.urls, zone=self._outbox.manner.zone)),
            state=DeliveryState.PENDING,
            created_at_ms=now_ms(),
        )
        self._outbox.send(connection, notice, access_key=task.access_key)
