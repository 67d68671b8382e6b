"""Final states and their notifications: one transaction makes both true, then each delivery goes its own way."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from functools import partial
from typing import TypeVar

import sqlalchemy as sa
import structlog

from vodpull.accounts.keys import Accounts
from vodpull.accounts.playback_keys import NoSigningKey
from vodpull.clock import WIRE_ZONE, now_ms, now_s
from vodpull.errors import Cancelled, NotFound
from vodpull.imports.metadata import dress
from vodpull.jobs.model import EDITED, UPLOADED, Asset, Batch, BatchView, Job, NextTry, Stage
from vodpull.jobs.notices.deliveries import Addressed, Attempt, Deliveries, Delivery, DeliveryState, new_delivery
from vodpull.jobs.notices.events import Events, events_of
from vodpull.jobs.status.status_data import notification_body
from vodpull.jobs.store import next_attempt
from vodpull.jobs.store.final_statuses import Outcome
from vodpull.jobs.store.refs import JobRef
from vodpull.jobs.store.store import Store
from vodpull.materials.model import Material
from vodpull.notify import Guard, Reply, post, sign_delivery, sign_webhook
from vodpull.uploads.reservations import find_upload
from vodpull.videos.callback_addresses import CallbackKind, read_callbacks
from vodpull.videos.library import find_video
from vodpull.videos.model import Video
from vodpull.videos.trans_no_tasks import Tasks, task_of_job
from vodpull.videos.urls import FileUrls
from vodpull.videos.wire.callback_bodies import edit_notice, material_notice, transcode_notice, upload_notice
from vodpull.videos.wire.edits import edit_info
from vodpull.workflows.attempt.meters import NOBODY, Watch
from vodpull.workflows.delivery.callback_order import let_upload_go_first
from vodpull.workflows.delivery.retry_schedule import state_after, wait_s
from vodpull.workflows.engine.engine import Engine
from vodpull.workflows.engine.queues import Owner, Queues

JSON_KINDS = {kind.value for kind in CallbackKind if kind.is_json}

Made = TypeVar("Made")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How an installation tells its news."""

    only_200: bool = False
    """A notification counts as received by an answer of 200 alone."""
    urls: FileUrls = field(default_factory=lambda: FileUrls(public_url=""))
    """Of the files that are told of; raises `NoSigningKey` where a token wants a key that is not there."""
    make_key: Callable[[str], object] = lambda _: None
    """Makes the first one of an account."""
    zone: tzinfo = WIRE_ZONE
    """Of the times that are told."""


PLAIN = Manner()


class Outbox:
    """Makes jobs final and carries the news out."""

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        *,
        engine: Engine,
        queues: Queues,
        watch: Watch = NOBODY,
        manner: Manner = PLAIN,
    ) -> None:
        """Take the parts."""
        self._store = store
        self._events = Events(store.engine)
        self._deliveries = Deliveries(store.engine)
        self._tasks = Tasks(store.engine)
        self._accounts = accounts
        self._engine = engine
        self._queues = queues
        self._watch = watch
        self._manner = manner

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
        self._watch.ended(job, "" if outcome.failure is None else outcome.failure.code)
        self._log_end(batch, job)
        return True

    def _commit(self, change: Callable[[sa.Connection], Made]) -> Made:
        """Commit a change; a key that its news are to be signed with is made beside it: SQLite has one writer."""
        try:
            with self._store.transaction() as connection:
                return change(connection)
        except NoSigningKey as missing:
            self._manner.make_key(missing.account_id)
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
        self.send(connection, new_delivery(view, job=about, body=body))

    def _call_back(self, connection: sa.Connection, batch: Batch, job: Job) -> None:
        """Tell the account that an encode of a video has ended, if it wants to be told."""
        has_failed = job.failure is not None
        encoded = job.asset is not None and bool(has_failed or job.asset.playlist_key or job.template)
        if job.failure is not None and job.failure.code == Cancelled.code:  # nobody waits for what was called off
            return
        self._tell_uploaded(connection, batch, job)
        if encoded:
            write = partial(transcode_notice, urls=self._manner.urls, has_failed=has_failed)
            self._tell(connection, batch, job, kind=CallbackKind.TRANSCODE, name=str(job.attempt), write=write)

    def _tell_uploaded(self, connection: sa.Connection, batch: Batch, job: Job) -> None:
        """Tell the account that a video has arrived, once for each file that was uploaded."""
        upload = find_upload(connection, job.directory) if job.origin in UPLOADED else None
        if upload is not None:
            write = partial(upload_notice, urls=self._manner.urls, zone=self._manner.zone)
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
        self.send(connection, notice)

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
            body=edit_notice(edit_info(connection, task, urls=self._manner.urls, zone=self._manner.zone)),
            state=DeliveryState.PENDING,
            created_at_ms=now_ms(),
        )
        self.send(connection, notice, access_key=task.access_key)

    def material_notice(self, material: Material) -> str:
        """Return what is posted of a material that has arrived."""
        return material_notice(material, urls=self._manner.urls)

    def send(self, connection: sa.Connection, delivery: Delivery, *, access_key: str = "") -> None:
        """Insert a delivery and start its first attempt, signed with this key or that of its batch; once per id."""
        if self._deliveries.add(connection, delivery, access_key=access_key):
            call = self._queues.deliver_call(delivery.delivery_id, account_id=delivery.account_id, number=0)
            self._engine.start(connection, call)

    def replay(self, delivery_id: str, *, account_id: str | None) -> None:
        """
        Send a delivery once more, now, under its old id; with an account only that account's.

        Raises:
            NotFound: there is no such delivery.
        """
        found = self._deliveries.find(delivery_id)
        if found is None or account_id not in {None, found.delivery.account_id}:
            raise NotFound("there is no such delivery")
        with self._store.transaction() as connection:
            number = self._deliveries.reopen(connection, found)
            call = self._queues.deliver_call(delivery_id, account_id=found.delivery.account_id, number=number)
            self._engine.start(connection, call)

    async def deliver(self, delivery_id: str, number: int, *, guard: Guard) -> None:
        """Try a delivery once; record the attempt together with the start of the next one, if one is due."""
        found = await asyncio.to_thread(self._deliveries.find, delivery_id)
        if found is None or found.delivery.state is not DeliveryState.PENDING:
            return
        await let_upload_go_first(self._deliveries, found.delivery)
        if found.is_silenced:
            reply = Reply(status=None, latency_ms=0, error="delivery_silenced", response_head="")
        else:
            headers = await asyncio.to_thread(self._headers, found)
            reply = await post(
                found.delivery.url, found.delivery.body, headers, guard=guard, only_200=self._manner.only_200
            )
        await asyncio.to_thread(self._record, found, number, reply)

    def _headers(self, found: Addressed) -> dict[str, str]:
        delivery = found.delivery
        is_json = delivery.kind in JSON_KINDS
        headers = {"Content-Type": "application/json; charset=utf-8" if is_json else "text/plain; charset=UTF-8"}
        headers |= sign_webhook(
            delivery.delivery_id,
            delivery.body,
            secret=self._accounts.notify_secret(delivery.account_id),
            now_s=now_s(),
        )
        key = self._accounts.find_live(found.access_key)
        if key is not None:
            headers["Authorization"] = sign_delivery(
                url=delivery.url, body=delivery.body, access_key=key.access_key, secret_key=key.secrets[0]
            )
        return headers

    def _record(self, found: Addressed, number: int, reply: Reply) -> None:
        delivery_id = found.delivery.delivery_id
        state = state_after(reply, number, is_silenced=found.is_silenced)
        attempt = Attempt(
            number=number,
            at_ms=now_ms(),
            status=reply.status,
            latency_ms=reply.latency_ms,
            error=reply.error,
            response_head=reply.response_head,
        )
        with self._store.transaction() as connection:
            self._deliveries.record(connection, delivery_id, attempt, state=state)
            if state is DeliveryState.SILENCED:
                self._deliveries.silence(connection, found.delivery.account_id, found.delivery.url)
            if state is DeliveryState.PENDING:
                call = self._queues.deliver_call(delivery_id, account_id=found.delivery.account_id, number=number + 1)
                self._engine.start(connection, replace(call, delay_s=wait_s(number + 1, reply)))
        age_s = (now_ms() - found.delivery.created_at_ms) / 1000
        self._watch.meters.delivered(state.value, reply.latency_ms / 1000, age_s)
        log.info("delivery attempted", delivery=delivery_id, number=number, state=state.value)
