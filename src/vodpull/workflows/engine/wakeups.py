"""
Wakes queue threads when there is work, and parents when their children have ended.

An idle process must cost next to nothing and still soon begin what another one queued; a busy one must not lose a
polling interval at each step of a job. So whatever this process queues or ends sets an event here, PostgreSQL notifies
the other processes, and one query over all queues finds what was not announced.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
import threading
import time
from collections.abc import Collection, Sequence
from typing import Any, Protocol
from weakref import WeakValueDictionary

import psycopg
import sqlalchemy as sa

LOOK_S = 0.1
"""Between two looks while things happen."""

SOON_S, SOON_FOR_S = 0.02, 0.1
"""Between two looks, and for how long, after a call whose transaction is about to commit."""

WAIT_LOOK_S = 0.25
"""Between two looks while nothing happens but parents wait for children that may run elsewhere."""

IDLE_LOOK_S = 1.5
"""Between two looks while nothing happens: it finds what was delayed or taken back from a dead process."""

IDLE_AFTER_S = 5.0

LISTEN_S = 0.5
"""The longest that the thread listens without asking whether it should end."""

UNRUNG_S = 30.0
"""A queue that nobody rang for is asked all the same."""

AWAY_S = 1.0
"""Between two tries while the database is away."""

CHANNEL = "vodpull_work"

IN_FLIGHT = ("ENQUEUED", "PENDING", "DELAYED")


class Ending:
    """The end of one child, for whoever waits for it."""

    def __init__(self, workflow_id: str) -> None:
        self.workflow_id = workflow_id
        self.event = asyncio.Event()
        self.loop = asyncio.get_running_loop()


class Wakeups:
    """Rings for the queues of one process when they may have work, and for its parents when children end."""

    def __init__(self, database: sa.Engine, *, version: str) -> None:
        """`version` is that of the workflows that this process can run."""
        self._version = version
        is_shared = database.dialect.name == "postgresql"
        self._calls = _calls("dbos" if is_shared else None)
        self._wire: _Wire = _Channel(database) if is_shared else _Room(database)
        self._bells: dict[str, threading.Event] = {}
        self._question = self._ask_for(())
        self._endings: WeakValueDictionary[str, Ending] = WeakValueDictionary()
        self._awaited: set[str] = set()
        self._waiting: set[str] = set()
        """Queues that had more than was taken, at the last look."""
        self._offered: set[str] = set()
        """Queues that this process put something into, and that others were not told of."""
        self._looked_s = self._touched_s = self._announced_s = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wakeups", daemon=True)

    def watch(self, queues: Sequence[str]) -> None:
        """Let threads wait for work in these queues."""
        self._bells = {name: threading.Event() for name in queues}
        self._question = self._ask_for(queues)

    def start(self) -> None:
        """Begin to look, on a thread of its own."""
        self.ring_all()
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()
        self._wire.hurry()
        if self._thread.is_alive():
            self._thread.join(timeout=2 * LISTEN_S)

    def announce(self, connection: sa.Connection, queue: str) -> None:
        """Take note of a call that begins when the caller's transaction commits."""
        self._announced_s = self._touched_s = time.monotonic()
        self._wire.announce(connection, queue)

    def ring(self, queue: str) -> None:
        """Take note of a call that this process has queued."""
        self.touch()
        self._offered.add(queue)
        self._waiting.add(queue)
        self._ring(queue)

    def ring_all(self) -> None:
        """Let every thread that waits for work go on."""
        for bell in self._bells.values():
            bell.set()

    def touch(self) -> None:
        """Note that something happens: look often for a while."""
        self._touched_s = time.monotonic()

    def wait_for_work(self, queue: str) -> None:
        """Block the thread of a queue until there may be something in it, or room for it."""
        bell = self._bells[queue]
        bell.wait(UNRUNG_S)
        bell.clear()

    def expect(self, workflow_id: str) -> Ending:
        """Return what tells the end of a workflow that is about to be queued. From the workflows' event loop."""
        ending = Ending(workflow_id)
        self._endings[workflow_id] = ending
        return ending

    async def wait_for(self, ending: Ending) -> None:
        """Wait until a workflow has ended here or elsewhere, or is unknown."""
        self._awaited.add(ending.workflow_id)
        try:
            await ending.event.wait()
        finally:
            self._awaited.discard(ending.workflow_id)

    def ended(self, workflow_id: str, _: object = None) -> None:
        """Take note that a workflow has ended in this process and left its slot. From the workflows' event loop."""
        self.touch()
        if ending := self._endings.pop(workflow_id, None):
            ending.event.set()
        for queue in tuple(self._waiting):
            self._ring(queue)

    def _ring(self, queue: str) -> None:
        if bell := self._bells.get(queue):
            bell.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                told = self._wire.listen(max(0.0, self._looked_s + self._pause_s() - time.monotonic()))
                for queue in told:
                    self.touch()
                    self._ring(queue)
                if time.monotonic() >= self._looked_s + self._pause_s():
                    self._look()
            except (sa.exc.SQLAlchemyError, psycopg.Error):  # the heartbeat tells of it
                self._wire.close()
                self._stop.wait(AWAY_S)
        self._wire.close()

    def _pause_s(self) -> float:
        now_s = time.monotonic()
        if now_s - self._announced_s < SOON_FOR_S:
            return SOON_S
        if now_s - self._touched_s < IDLE_AFTER_S:
            return LOOK_S
        return WAIT_LOOK_S if self._awaited else IDLE_LOOK_S

    def _look(self) -> None:
        awaited = tuple(self._awaited)
        with self._wire.connection() as connection:
            self._looked_s = time.monotonic()
            waits = connection.execute(self._question).one()
            waiting = {name for name, is_waiting in zip(self._bells, waits, strict=True) if is_waiting}
            offered, self._offered = self._offered & waiting, set()
            for queue in offered:
                self._wire.announce(connection, queue)
            ended = set(awaited).difference(connection.scalars(self._in_flight(awaited))) if awaited else set()
        if waiting - self._waiting or ended:
            self.touch()
        self._waiting = waiting
        for queue in waiting:
            self._ring(queue)
        for ending in filter(None, map(self._endings.get, ended)):
            with contextlib.suppress(RuntimeError):  # the loop is gone, and with it who waited
                ending.loop.call_soon_threadsafe(ending.event.set)

    def _ask_for(self, queues: Sequence[str]) -> sa.Select[Any]:
        """Return one row: whether anything waits, queue by queue. Each is a single look into an index."""
        calls = self._calls.c
        # Word for word what the index is limited to, or SQLite does not use it.
        in_index = sa.text("status IN ('ENQUEUED', 'PENDING')")
        mine = sa.and_(calls.status == "ENQUEUED", in_index, calls.application_version == self._version)
        is_waiting: list[Any] = [sa.exists().where(calls.queue_name == name, mine).label(name) for name in queues]
        return sa.select(*is_waiting)

    def _in_flight(self, workflow_ids: Collection[str]) -> sa.Select[tuple[str]]:
        calls = self._calls.c
        return sa.select(calls.workflow_uuid).where(calls.workflow_uuid.in_(workflow_ids), calls.status.in_(IN_FLIGHT))


def _calls(schema: str | None) -> sa.TableClause:
    """Return the engine's own table, as it is: it has no question that covers several queues."""
    names = ("workflow_uuid", "queue_name", "status", "application_version")
    return sa.table("workflow_status", *(sa.column(name, sa.String) for name in names), schema=schema)


class _Wire(Protocol):
    """How processes on one database tell each other of work."""

    def announce(self, connection: sa.Connection, queue: str) -> None:
        """Tell of a queue, when the transaction of `connection` commits."""

    def listen(self, longest_s: float) -> Collection[str]:
        """Return queues as soon as any is told of, or nothing after so long, or sooner."""

    def connection(self) -> contextlib.AbstractContextManager[sa.Connection]:
        """Return where to ask."""

    def hurry(self) -> None:
        """End the wait of whoever listens, if that is possible."""

    def close(self) -> None:
        """Let go of what is held, for now."""


class _Room:
    """Everybody is in one process: SQLite."""

    def __init__(self, database: sa.Engine) -> None:
        self.connection = database.connect
        self._called = threading.Event()

    def announce(self, connection: sa.Connection, queue: str) -> None:  # noqa: ARG002 - it looks, and finds all
        self._called.set()

    def listen(self, longest_s: float) -> Collection[str]:
        self._called.wait(longest_s)
        self._called.clear()
        return ()

    def hurry(self) -> None:
        self._called.set()

    def close(self) -> None:
        """Nothing is held."""


class _Channel:
    """A channel of PostgreSQL. It needs a connection of its own, which the pool therefore must not have."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._connection: sa.Connection | None = None

    def announce(self, connection: sa.Connection, queue: str) -> None:
        connection.execute(sa.select(sa.func.pg_notify(CHANNEL, queue)))

    def listen(self, longest_s: float) -> Collection[str]:
        driver: Any = self._opened().connection.dbapi_connection
        poll = select.poll()  # the driver's own wait wakes up ten times a second
        poll.register(driver.fileno(), select.POLLIN)
        poll.poll(1000 * min(longest_s, LISTEN_S))
        return {told.payload for told in driver.notifies(timeout=0)}

    def connection(self) -> contextlib.AbstractContextManager[sa.Connection]:
        return contextlib.nullcontext(self._opened())

    def hurry(self) -> None:
        """It listens for half a second at most."""

    def close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sa.exc.SQLAlchemyError):  # it is gone already
                self._connection.close()
            self._connection = None

    def _opened(self) -> sa.Connection:
        if self._connection is None:
            connection = self._database.connect().execution_options(isolation_level="AUTOCOMMIT")
            connection.detach()
            connection.execute(sa.text(f"LISTEN {CHANNEL}"))
            self._connection = connection
        return self._connection
