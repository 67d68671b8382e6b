"""Every query about notifications: the outbox and its attempts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.row_locks import insert_new
from vodpull.jobs.cursors import read_cursor, write_cursor
from vodpull.jobs.model import BatchView, Job
from vodpull.jobs.notices.events import round_of

MAX_PAGE = 100

CURSOR_PATTERN = r"^([0-9]{13}[0-9a-z-]{1,64})?$"
"""Time and id of the last delivery of a page."""

PULL = "pull"
"""The notification of a batch, or of one of its jobs."""


class DeliveryState(StrEnum):
    """Where a delivery is."""

    PENDING = "pending"
    """From the moment that its event became a fact; more attempts will follow."""
    DELIVERED = "delivered"
    """Final: the receiver answered 200."""
    GIVEN_UP = "given_up"
    """Final until it is replayed: every attempt of the schedule failed."""
    SILENCED = "silenced"
    """Final until it is replayed: the receiver said 410, so its URL gets nothing any more."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """One event on its way to one notify URL. The id stays the same over all attempts."""

    delivery_id: str
    account_id: str
    kind: str = PULL
    """What it tells: `PULL`, or the name of a callback."""
    batch_id: str | None = None
    """None: it is not about one."""
    position: int | None = None
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


@dataclass(frozen=True, kw_only=True)
class Addressed:
    """A delivery and whom it is for."""

    delivery: Delivery
    access_key: str
    """Key of the call that it answers."""
    is_silenced: bool
    """The receiver said 410 before."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One attempt of a delivery, and whom it was for."""

    delivery: Delivery
    attempt: Attempt
    access_key: str
    """Key that the batch was requested with."""
    account_id: str


class Deliveries:
    """The deliveries of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, connection: sa.Connection, delivery: Delivery, *, access_key: str = "") -> bool:
        """
        Insert a delivery in the transaction that makes its event a fact; False when it is there already.

        It is signed with this key, or with that of its batch.
        """
        of_batch = sa.select(tables.batch.c.access_key).where(tables.batch.c.batch_id == delivery.batch_id)
        key = access_key or connection.scalar(of_batch) or ""
        row = asdict(delivery) | {"state": delivery.state.value, "access_key": key}
        return insert_new(connection, tables.delivery, row)

    def find(self, delivery_id: str) -> Addressed | None:
        """Return a delivery and whom it is for, or None when there is none of this id."""
        query = sa.select(tables.delivery).where(tables.delivery.c.delivery_id == delivery_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).mappings().first()
            if row is None:
                return None
            silenced = connection.execute(
                sa.select(tables.silenced_url).where(_silenced(row["account_id"], row["url"]))
            ).first()
        return Addressed(delivery=_delivery_of(row), access_key=row["access_key"], is_silenced=silenced is not None)

    def is_untried(self, about: Delivery, kind: str) -> bool:
        """Tell whether news of another kind about the same job waits for its first attempt."""
        delivery, attempt = tables.delivery.c, tables.delivery_attempt.c
        same = sa.and_(delivery.batch_id == about.batch_id, delivery.position == about.position)
        pending = sa.and_(same, delivery.kind == kind, delivery.state == DeliveryState.PENDING.value)
        tried = sa.exists().where(attempt.delivery_id == delivery.delivery_id)
        with self._engine.connect() as connection:
            return connection.execute(sa.select(delivery.delivery_id).where(pending, ~tried)).first() is not None

    def silence(self, connection: sa.Connection, account_id: str, url: str) -> None:
        """Send nothing to this URL for this account any more."""
        row = {"account_id": account_id, "url_hash": _url_hash(url), "at_ms": now_ms()}
        insert_new(connection, tables.silenced_url, row)

    def reopen(self, connection: sa.Connection, found: Addressed) -> int:
        """
        Make a delivery pending again, whatever its state, and return the number of its next attempt.

        The next number of a pending delivery belongs to the attempt that is planned already, maybe for hours from now;
        a replay takes the one after it. Whichever of the two comes first ends the other: the attempt that would follow
        it exists already.
        """
        mine = tables.delivery.c.delivery_id == found.delivery.delivery_id
        connection.execute(tables.delivery.update().where(mine).values(state=DeliveryState.PENDING.value))
        connection.execute(tables.silenced_url.delete().where(_silenced(found.delivery.account_id, found.delivery.url)))
        number = tables.delivery_attempt.c.number
        last = connection.scalar(
            sa.select(sa.func.max(number)).where(tables.delivery_attempt.c.delivery_id == found.delivery.delivery_id)
        )
        planned = 1 if found.delivery.state is DeliveryState.PENDING else 0
        return planned + (0 if last is None else int(last) + 1)

    def list_for(self, batch_id: str) -> list[tuple[Delivery, list[Attempt]]]:
        """Return the deliveries of a batch with their attempts, oldest first."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                sa.select(tables.delivery)
                .where(tables.delivery.c.batch_id == batch_id)
                .order_by(tables.delivery.c.created_at_ms)
            ).mappings()
            deliveries = [_delivery_of(row) for row in rows]
            attempts = _attempts(connection, [delivery.delivery_id for delivery in deliveries])
        return [(delivery, attempts[delivery.delivery_id]) for delivery in deliveries]

    def page(
        self,
        account_id: str,
        *,
        batch_id: str | None = None,
        state: DeliveryState | None = None,
        limit: int,
        cursor: str = "",
    ) -> tuple[list[tuple[Delivery, list[Attempt]]], str]:
        """
        Return deliveries of an account with their attempts, newest first, and the cursor of the next page.

        Raises:
            ParameterError: the cursor is not one of ours.
        """
        delivery = tables.delivery.c
        # Those of a batch are few: SQLite would look for them through all of the account, which its index has in order.
        of_account = delivery.account_id if batch_id is None else delivery.account_id.concat("")
        query = sa.select(tables.delivery).where(of_account == account_id)
        if batch_id is not None:
            query = query.where(delivery.batch_id == batch_id)
        if state is not None:
            query = query.where(delivery.state == state.value)
        if cursor:
            query = query.where(
                sa.tuple_(delivery.created_at_ms, delivery.delivery_id)
                < sa.tuple_(*read_cursor(cursor, pattern=CURSOR_PATTERN))
            )
        most = min(limit, MAX_PAGE)
        query = query.order_by(delivery.created_at_ms.desc(), delivery.delivery_id.desc()).limit(most + 1)
        with self._engine.connect() as connection:
            found = [_delivery_of(row) for row in connection.execute(query).mappings()]
            attempts = _attempts(connection, [each.delivery_id for each in found[:most]])
        shown = [(each, attempts[each.delivery_id]) for each in found[:most]]
        return shown, write_cursor(found[most - 1].created_at_ms, found[most - 1].delivery_id) if len(
            found
        ) > most else ""

    def newest_below(self, url: str, *, since_ms: int, limit: int) -> list[Sent]:
        """Return the newest attempts to URLs that begin like this one, of batches accepted since, newest first."""
        attempt, delivery, batch = tables.delivery_attempt.c, tables.delivery.c, tables.batch.c
        query = (
            sa.select(
                tables.delivery,
                *(column.label(f"attempt_{column.name}") for column in attempt),
            )
            .select_from(tables.delivery_attempt.join(tables.delivery).join(tables.batch))
            .where(batch.created_at_ms >= since_ms, delivery.url.startswith(url, autoescape=True))
            .order_by(attempt.at_ms.desc())
            .limit(limit)
        )
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            Sent(
                delivery=_delivery_of(row),
                attempt=_attempt_of(row, prefix="attempt_"),
                access_key=row["access_key"],
                account_id=row["account_id"],
            )
            for row in rows
        ]

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


def new_delivery(view: BatchView, *, job: Job | None, body: str) -> Delivery:
    """Return the delivery of a batch's (or one job's) final state. Its id follows from what it is about."""
    what = f"batch-{round_of(view)}" if job is None else f"{job.position}-{job.attempt}"
    return Delivery(
        delivery_id=f"{view.batch.batch_id}-{what}",
        account_id=view.batch.account_id,
        batch_id=view.batch.batch_id,
        position=None if job is None else job.position,
        url=view.batch.notify_url,
        body=body,
        state=DeliveryState.PENDING,
        created_at_ms=now_ms(),
    )


def _silenced(account_id: str, url: str) -> sa.ColumnElement[bool]:
    return sa.and_(tables.silenced_url.c.account_id == account_id, tables.silenced_url.c.url_hash == _url_hash(url))


def _url_hash(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()


def _delivery_of(row: Mapping[Any, Any]) -> Delivery:
    return Delivery(
        **{name: row[name] for name in _DELIVERY_COLUMNS if name != "state"}, state=DeliveryState(row["state"])
    )


def _attempt_of(row: Mapping[Any, Any], *, prefix: str = "") -> Attempt:
    return Attempt(**{name: row[prefix + name] for name in _ATTEMPT_COLUMNS})


_DELIVERY_COLUMNS = tuple(column.name for column in fields(Delivery))
_ATTEMPT_COLUMNS = tuple(column.name for column in fields(Attempt))


def _attempts(connection: sa.Connection, delivery_ids: Sequence[str]) -> dict[str, list[Attempt]]:
    """Return the attempts of each delivery, oldest first; one statement for all of them."""
    attempt = tables.delivery_attempt.c
    query = sa.select(tables.delivery_attempt).where(attempt.delivery_id.in_(delivery_ids)).order_by(attempt.number)
    found: dict[str, list[Attempt]] = {delivery_id: [] for delivery_id in delivery_ids}
    for row in connection.execute(query).mappings() if delivery_ids else ():
        found[row["delivery_id"]].append(_attempt_of(row))
    return found
