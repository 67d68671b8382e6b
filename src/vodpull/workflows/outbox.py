"""Final states and their notifications: one transaction makes both true, then each delivery goes its own way."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa
import structlog

from vodpull.clock import now_ms
from vodpull.errors import Failure
from vodpull.jobs.accounts import Accounts
from vodpull.jobs.deliveries import Attempt, Deliveries, Delivery, DeliveryState, new_delivery
from vodpull.jobs.model import Asset, BatchView, Job
from vodpull.jobs.status import notification_body
from vodpull.jobs.store import Store
from vodpull.notify import SCHEDULE_S, Guard, Reply, post, sign_delivery
from vodpull.workflows.engine import Engine
from vodpull.workflows.queues import Queues

log = structlog.get_logger(__name__)


class Outbox:
    """Makes jobs final and carries the news out."""

    def __init__(
        self, store: Store, deliveries: Deliveries, accounts: Accounts, *, engine: Engine, queues: Queues
    ) -> None:
        self._store = store
        self._deliveries = deliveries
        self._accounts = accounts
        self._engine = engine
        self._queues = queues

    def finish_job(self, job: Job, *, asset: Asset | None, failure: Failure | None) -> None:
        """Make a job final once, and start its notification if it is due, in one transaction."""
        with self._store.transaction() as connection:
            view = self._store.finish_job(connection, job.job_id, asset=asset, failure=failure)
            if view is not None and view.batch.notify_url:
                self._announce(connection, view, job)

    def _announce(self, connection: sa.Connection, view: BatchView, job: Job) -> None:
        if not view.batch.separate and not view.is_final:
            return
        position = job.position if view.batch.separate else None
        body = notification_body(view, now_ms=now_ms(), item=position)
        delivery = new_delivery(view.batch, position=position, body=body)
        self._deliveries.add(connection, delivery)
        self._engine.start(connection, self._queues.deliver_call(delivery.delivery_id, number=0))

    async def deliver(self, delivery_id: str, number: int, *, guard: Guard) -> None:
        """Try a delivery once; record the attempt together with the start of the next one, if one is due."""
        delivery, headers = await asyncio.to_thread(self._prepare, delivery_id)
        if delivery.state is not DeliveryState.PENDING:
            return
        reply = await post(delivery.url, delivery.body, headers, guard=guard)
        await asyncio.to_thread(self._record, delivery, number, reply)

    def _prepare(self, delivery_id: str) -> tuple[Delivery, dict[str, str]]:
        delivery, access_key = self._deliveries.find(delivery_id)
        headers = {"Content-Type": "text/plain; charset=UTF-8", "webhook-id": delivery.delivery_id}
        key = self._accounts.find_live(access_key)
        if key is not None:
            headers["Authorization"] = sign_delivery(
                url=delivery.url, body=delivery.body, access_key=key.access_key, secret_key=key.secrets[0]
            )
        return delivery, headers

    def _record(self, delivery: Delivery, number: int, reply: Reply) -> None:
        last = number + 1 >= len(SCHEDULE_S)
        state = DeliveryState.PENDING
        if not reply.error:
            state = DeliveryState.DELIVERED
        elif last:
            state = DeliveryState.GIVEN_UP
        attempt = Attempt(
            number=number,
            at_ms=now_ms(),
            status=reply.status,
            latency_ms=reply.latency_ms,
            error=reply.error,
            response_head=reply.response_head,
        )
        with self._store.transaction() as connection:
            self._deliveries.record(connection, delivery.delivery_id, attempt, state=state)
            if state is DeliveryState.PENDING:
                call = self._queues.deliver_call(
                    delivery.delivery_id, number=number + 1, delay_s=SCHEDULE_S[number + 1]
                )
                self._engine.start(connection, call)
        log.info("delivery attempted", delivery=delivery.delivery_id, number=number, error=reply.error or "none")
