"""
Notifications on their way: each is sent on its own, signed, again as `retry_schedule.py` says, and anew when asked.

Which are due at which end of a job, and in the same transaction: `job_news.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import tzinfo

import sqlalchemy as sa
import structlog

from vodpull.accounts.access_keys import Accounts
from vodpull.clock import WIRE_ZONE, now_ms, now_s
from vodpull.errors import NotFound
from vodpull.jobs.notices.deliveries import Addressed, Attempt, Deliveries, Delivery, DeliveryState
from vodpull.jobs.store.store import Store
from vodpull.materials.material import Material
from vodpull.notify import Guard, Reply, post, sign_delivery, sign_webhook
from vodpull.videos.callback_addresses import CallbackKind
from vodpull.videos.file_urls import FileUrls
from vodpull.videos.wire.callback_bodies import material_notice
from vodpull.workflows.attempt.telemetry.meters import NOBODY, Watch
from vodpull.workflows.delivery.callback_order import let_upload_go_first
from vodpull.workflows.delivery.retry_schedule import state_after, wait_s
from vodpull.workflows.engine.engine import Engine
from vodpull.workflows.engine.queues import Queues

JSON_KINDS = {kind.value for kind in CallbackKind if kind.is_json}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class DeliveryOptions:
    """How an installation tells its news."""

    only_200: bool = False
    """A notification counts as received by an answer of 200 alone."""
    urls: FileUrls = field(default_factory=lambda: FileUrls(public_url=""))
    """Of the files that are told of; raises `NoSigningKey` where a token wants a key that is not there."""
    make_key: Callable[[str], object] = lambda _: None
    """Makes the first one of an account."""
    zone: tzinfo = WIRE_ZONE
    """Of the times that are told."""


PLAIN = DeliveryOptions()


class Outbox:
    """Keeps deliveries and carries them out."""

    def __init__(
        self,
        store: Store,
        accounts: Accounts,
        *,
        engine: Engine,
        queues: Queues,
        watch: Watch = NOBODY,
        manner: DeliveryOptions = PLAIN,
    ) -> None:
        """Take the parts."""
        self._store = store
        self._deliveries = Deliveries(store.engine)
        self._accounts = accounts
        self._engine = engine
        self._queues = queues
        self.watch = watch
        self.manner = manner

    def material_notice(self, material: Material) -> str:
        """Return what is posted of a material that has arrived."""
        return material_notice(material, urls=self.manner.urls)

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
                found.delivery.url, found.delivery.body, headers, guard=guard, only_200=self.manner.only_200
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
        self.watch.meters.delivered(state.value, reply.latency_ms / 1000, age_s)
        log.info("delivery attempted", delivery=delivery_id, number=number, state=state.value)
