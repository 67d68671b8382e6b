"""Every query about notifications: the outbox and its attempts."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.jobs import tables
from vodpull.jobs.model import Batch


class DeliveryState(StrEnum):
    """Where a delivery is."""

    PENDING = "pending"
    """From the moment that its event became a fact; more attempts will follow."""
    DELIVERED = "delivered"
    """Final: the receiver answered 200."""
    GIVEN_UP = "given_up"
    """Final: every attempt of the schedule failed."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One event on its way to one notify URL. The id stays the same over all attempts."""

    delivery_id: str
    batch_id: str
    position: int | None
    """Of the job that the event is about; None: the whole batch."""
    url: str
    body: str
    state: DeliveryState
    created_at_ms: int


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One try of a delivery."""

    number: int
    """From 0."""
    at_ms: int
    status: int | None
    """HTTP status of the receiver; None when it gave none."""
    latency_ms: int
    error: str
    """Code of the error catalogue; empty: delivered."""
    response_head: str
    """First 1 kB of the answer."""


class Deliveries:
    """The deliveries of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, connection: sa.Connection, delivery: Delivery) -> None:
        """Insert a delivery in the transaction that makes its event a fact."""
        connection.execute(tables.delivery.insert().values(asdict(delivery) | {"state": delivery.state.value}))

    def find(self, delivery_id: str) -> tuple[Delivery, str]:
        """Return a delivery and the access key that its batch was requested with."""
        query = (
            sa.select(tables.delivery, tables.batch.c.access_key)
            .join(tables.batch)
            .where(tables.delivery.c.delivery_id == delivery_id)
        )
        with self._engine.connect() as connection:
            row = dict(connection.execute(query).mappings().one())
        access_key = row.pop("access_key")
        return Delivery(**row | {"state": DeliveryState(row["state"])}), access_key

    def list_for(self, batch: Batch) -> list[tuple[Delivery, list[Attempt]]]:
        """Return the deliveries of a batch with their attempts, oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                sa.select(tables.delivery)
                .where(tables.delivery.c.batch_id == batch.batch_id)
                .order_by(tables.delivery.c.created_at_ms)
            ).mappings()
            deliveries = [Delivery(**dict(row) | {"state": DeliveryState(row["state"])}) for row in rows]
            return [(delivery, _attempts(connection, delivery.delivery_id)) for delivery in deliveries]

    def record(self, connection: sa.Connection, delivery_id: str, attempt: Attempt, *, state: DeliveryState) -> None:
        """Record one attempt and what it means for the delivery; recording the same attempt again changes nothing."""
        known = connection.execute(
            sa.select(tables.delivery_attempt.c.number).where(
                tables.delivery_attempt.c.delivery_id == delivery_id,
                tables.delivery_attempt.c.number == attempt.number,
            )
        ).first()
        if known is not None:
            return
        connection.execute(tables.delivery_attempt.insert().values(delivery_id=delivery_id, **asdict(attempt)))
        connection.execute(
            tables.delivery.update().where(tables.delivery.c.delivery_id == delivery_id).values(state=state.value)
        )


def new_delivery(batch: Batch, *, position: int | None, body: str) -> Delivery:
    """Return the delivery of a batch's (or one job's) final state. Its id follows from what it is about."""
    return Delivery(
        delivery_id=batch.batch_id if position is None else f"{batch.batch_id}-{position}",
        batch_id=batch.batch_id,
        position=position,
        url=batch.notify_url,
        body=body,
        state=DeliveryState.PENDING,
        created_at_ms=now_ms(),
    )


def _attempts(connection: sa.Connection, delivery_id: str) -> list[Attempt]:
    rows = connection.execute(
        sa.select(tables.delivery_attempt)
        .where(tables.delivery_attempt.c.delivery_id == delivery_id)
        .order_by(tables.delivery_attempt.c.number)
    ).mappings()
    return [Attempt(**{key: value for key, value in row.items() if key != "delivery_id"}) for row in rows]
