"""Facts for clients that poll: every final state is an event until its account has acknowledged it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.ids import new_id
from vodpull.jobs.model import BatchView, Job
from vodpull.jobs.states_and_codes import Stage

MAX_PAGE = 100


class EventKind(StrEnum):
    """What an event says."""

    JOB_DONE = "job.done"
    JOB_FAILED = "job.failed"
    JOB_CANCELLED = "job.cancelled"
    BATCH_COMPLETED = "batch.completed"
    VIDEO_CREATED = "video.created"
    VIDEO_READY = "video.ready"
    VIDEO_FAILED = "video.failed"
    VIDEO_BLOCKED = "video.blocked"
    VIDEO_ENABLED = "video.enabled"
    VIDEO_DELETED = "video.deleted"


@dataclass(frozen=True, kw_only=True)
class Event:
    """One fact. The id stays the same however often it is read."""

    event_id: str
    account_id: str
    batch_id: str
    position: int | None
    """Of the job; None: the whole batch."""
    kind: EventKind
    created_at_ms: int
    video_id: str | None = None
    """Of the video that it is about, if it is about one."""


_JOB_KINDS = {
    Stage.DONE: EventKind.JOB_DONE,
    Stage.FAILED: EventKind.JOB_FAILED,
    Stage.CANCELLED: EventKind.JOB_CANCELLED,
}


def events_of(view: BatchView, job: Job) -> list[Event]:
    """Return what has become true with this job's final state: about the job, and about the batch if it is final."""
    events = [_event(view, kind=_JOB_KINDS[job.stage], position=job.position, round_number=job.attempt)]
    if job.asset is not None:
        kind = EventKind.VIDEO_READY if job.stage is Stage.DONE else EventKind.VIDEO_FAILED
        told = _event(view, kind=kind, position=job.position, round_number=job.attempt)
        events.append(replace(told, event_id=f"{told.event_id}-video", video_id=job.video_id))
    if view.is_final:
        events.append(_event(view, kind=EventKind.BATCH_COMPLETED, position=None, round_number=round_of(view)))
    return events


def round_of(view: BatchView) -> int:
    """Return how often this batch became final: 1, and one more for each retry."""
    return 1 + sum(job.attempt - 1 for job in view.jobs)


def _event(view: BatchView, *, kind: EventKind, position: int | None, round_number: int) -> Event:
    what = "batch" if position is None else str(position)
    return Event(
        event_id=f"{view.batch.batch_id}-{what}-{round_number}",
        account_id=view.batch.account_id,
        batch_id=view.batch.batch_id,
        position=position,
        kind=kind,
        created_at_ms=now_ms(),
    )


class OfVideo(Protocol):
    """What an event of a video is about: a video, or the job that it is of."""

    @property
    def video_id(self) -> str: ...  # noqa: D102 - said of `Event`
    @property
    def batch_id(self) -> str: ...  # noqa: D102 - said of `Event`
    @property
    def position(self) -> int: ...  # noqa: D102 - said of `Event`


def add_video_event(connection: sa.Connection, kind: EventKind, subject: OfVideo, *, account_id: str) -> None:
    """Insert what became of a video, in the transaction that makes it a fact."""
    now = now_ms()
    event = Event(
        event_id=new_id(now),
        account_id=account_id,
        batch_id=subject.batch_id,
        position=subject.position,
        kind=kind,
        created_at_ms=now,
        video_id=subject.video_id,
    )
    connection.execute(tables.event.insert().values(asdict(event) | {"kind": kind.value}))


class Events:
    """The events of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def add(self, connection: sa.Connection, events: list[Event]) -> None:
        """Insert events in the transaction that makes them facts."""
        connection.execute(tables.event.insert(), [asdict(event) | {"kind": event.kind.value} for event in events])

    def list_open(self, account_id: str, *, limit: int) -> list[Event]:
        """Return the account's events that are not acknowledged yet, oldest first."""
        query = (
            sa.select(tables.event)
            .where(tables.event.c.account_id == account_id, tables.event.c.acked_at_ms.is_(None))
            .order_by(tables.event.c.created_at_ms, tables.event.c.event_id)
            .limit(min(limit, MAX_PAGE))
        )
        return self._read(query)

    def of_video(self, batch_id: str, video_id: str) -> list[Event]:
        """Return what is known of a video's life, oldest first, acknowledged or not."""
        event = tables.event.c
        query = sa.select(tables.event).where(event.batch_id == batch_id, event.video_id == video_id)
        return self._read(query.order_by(event.created_at_ms, event.event_id))

    def _read(self, query: sa.Select[Any]) -> list[Event]:
        with self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            Event(
                **{name: value for name, value in row.items() if name != "acked_at_ms"}
                | {"kind": EventKind(row["kind"])}
            )
            for row in rows
        ]

    def acknowledge(self, account_id: str, event_ids: Collection[str]) -> int:
        """Take the account's events off its list, and return how many that were."""
        with self._engine.begin() as connection:
            changed = connection.execute(
                tables.event.update()
                .where(
                    tables.event.c.account_id == account_id,
                    tables.event.c.event_id.in_(event_ids),
                    tables.event.c.acked_at_ms.is_(None),
                )
                .values(acked_at_ms=now_ms())
            )
        return changed.rowcount
