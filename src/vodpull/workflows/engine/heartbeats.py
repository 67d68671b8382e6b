"""
When a process counts as dead: heartbeats, and recovery of the work of processes whose heartbeat has stopped.

The engine itself never notices a dead machine (docs/decisions/0001), so every process writes heartbeats into a table,
by the database's clock, and takes back the work of those that stopped. No leader is needed: taking back is conditional
on the dead id, so a second attempt finds nothing. Which process has which id: `executor_ids.py`.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import sqlalchemy as sa
import structlog

from vodpull.database.connection import database_clock
from vodpull.database.tables import executor
from vodpull.errors import VodpullError
from vodpull.workflows.engine.engine import ENGINE_VERSION
from vodpull.workflows.engine.executor_ids import ExecutorId

WATCH_S = 0.5
"""Between two looks whether this process was silent for too long."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class BeatLimits:
    """How fast the death of a process is noticed."""

    beat_s: float = 5.0
    death_s: float = 30.0
    """Silence after which a process counts as dead: six beats, so a slow database is not taken for a dead process."""


class Recoverer(Protocol):
    """What the heartbeat needs of the engine."""

    def recover(self, executor_id: str) -> None:
        """Put a dead executor's claimed work back."""

    def has_pending(self, executor_id: str) -> bool:
        """Return True while an executor owns claimed work."""

    def take_back_lost(self, executor_id: str) -> int:
        """Put back what this process claimed and does not run, after two looks; return how much."""


class Heartbeat:
    """
    Beats for this process, and buries others.

    When this process could not beat for `death_s`, or another one has its id, others may be doing its work: `on_lost`
    must end it, with its child processes, before it writes anything. A second thread watches over this, because a
    beat may hang for longer on a connection that is cut.
    """

    def __init__(
        self,
        database: sa.Engine,
        executor_id: ExecutorId,
        *,
        engine: Recoverer,
        on_lost: Callable[[], None],
        on_census: Callable[[int], None] = lambda _: None,
        limits: BeatLimits | None = None,
    ) -> None:
        """`on_census` gets the number of live processes at every beat."""
        self._database = database
        self._id = executor_id
        self._engine = engine
        self._on_lost = on_lost
        self._on_census = on_census
        self._limits = limits or BeatLimits()
        self._stop = threading.Event()
        self._beaten_s = 0.0
        self._looked_s = time.monotonic()
        """When it was looked for claims of this process that it does not know of."""
        self._threads = [
            threading.Thread(target=self._run, name="heartbeat", daemon=True),
            threading.Thread(target=self._watch, name="heartbeat-watch", daemon=True),
        ]

    def start(self) -> None:
        """Beat once, then keep beating on a thread of its own."""
        self._beaten_s = time.monotonic()
        self._beat()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop beating and count as dead from now on, so that others take over at once what was left undone."""
        self._stop.set()
        started = [thread for thread in self._threads if thread.is_alive()]
        for thread in started:
            thread.join(timeout=self._limits.death_s)
        if not started:
            return
        mine = executor.c.executor_id == self._id.name
        with contextlib.suppress(sa.exc.SQLAlchemyError), self._database.begin() as connection:
            connection.execute(executor.update().where(mine).values(seen_at_s=0.0))

    def _run(self) -> None:
        while not self._stop.wait(self._limits.beat_s):
            try:
                if not self._id.keep():
                    self._lose("another process has its id")
                began_s = time.monotonic()
                self._beat()
                if self._is_late():
                    self._lose("it was silent for too long")
                self._beaten_s = began_s
                self._bury_the_dead()
                self._take_back_lost()
                self._on_census(self._count_live())
            except (sa.exc.SQLAlchemyError, VodpullError) as error:
                log.warning("heartbeat failed", executor=self._id.name, error=type(error).__name__)

    def _take_back_lost(self) -> None:
        if time.monotonic() - self._looked_s < self._limits.death_s:
            return
        self._looked_s = time.monotonic()
        if lost := self._engine.take_back_lost(self._id.name):
            log.warning("claims whose answer was lost are taken back", executor=self._id.name, workflows=lost)

    def _watch(self) -> None:
        while not self._stop.wait(WATCH_S):
            if self._is_late():
                self._lose("it was silent for too long")

    def _is_late(self) -> bool:
        return time.monotonic() - self._beaten_s > self._limits.death_s

    def _lose(self, why: str) -> None:
        log.error("executor lost", executor=self._id.name, why=why)
        self._on_lost()
        self._beaten_s = time.monotonic()  # still here: it goes on

    def _beat(self) -> None:
        now = database_clock(self._database)
        mine = executor.c.executor_id == self._id.name
        with self._database.begin() as connection:
            beaten = connection.execute(
                executor.update().where(mine).values(seen_at_s=now, application_version=ENGINE_VERSION)
            )
            if beaten.rowcount == 0:
                connection.execute(
                    executor.insert().values(
                        executor_id=self._id.name, application_version=ENGINE_VERSION, seen_at_s=now
                    )
                )

    def _count_live(self) -> int:
        recent = executor.c.seen_at_s >= database_clock(self._database) - self._limits.death_s
        with self._database.connect() as connection:
            return int(connection.scalar(sa.select(sa.func.count()).where(recent)) or 1)

    def _bury_the_dead(self) -> None:
        limit = database_clock(self._database) - self._limits.death_s
        silent = sa.and_(executor.c.seen_at_s < limit, executor.c.executor_id != self._id.name)
        with self._database.connect() as connection:
            dead = connection.scalars(sa.select(executor.c.executor_id).where(silent)).all()
        for executor_id in dead:
            log.warning("executor is dead, taking back its work", executor=executor_id)
            self._engine.recover(executor_id)
            if not self._engine.has_pending(executor_id):
                with self._database.begin() as connection:
                    connection.execute(executor.delete().where(silent, executor.c.executor_id == executor_id))
