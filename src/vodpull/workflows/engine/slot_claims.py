"""
How a process holds to its slots: what it claims, and how a step gives its slot back while it waits.

How many there are: `slots_and_shares.py`; whose turn is next: `account_turns.py`; encoders: `attempt/encoder_slots.py`.

The library would read the number from the shared database and choose accounts at random. It has no public way to change
that, so its functions are replaced here, and a contract test guards each of them. Only this module and `engine` import
the library.
"""

from __future__ import annotations

import asyncio
import copy
import threading
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import Any

import sqlalchemy as sa
from dbos import _sys_db as dbos_system
from dbos._queue import Queue as StoredQueue
from dbos._sys_db import SystemDatabase

from vodpull.database.full_disk import outlast_full_disk
from vodpull.workflows.engine.account_turns import AccountTurns
from vodpull.workflows.engine.wakeups import Wakeups

CLAIM_S, DRAINED_POLL_S = 0.01, 1.0
"""From a queue's bell to the look into it: what is queued or ends in the same moment goes with it."""

ACCOUNT_PLACE = 2
"""Of the account among what the library says of a claim, after the queue."""

_QUEUE: ContextVar[str] = ContextVar("queue", default="")
"""Out of which the workflow of this task came."""


@dataclass(frozen=True, kw_only=True)
class Queue:
    """One queue, the same in every process. The settings live in the database."""

    name: str
    slots: int
    """Workflows of this queue that one process runs at once."""
    by_account: bool = False
    """Take turns between accounts; then every call must name one."""
    account_slots: int | None = None
    """Of the slots, those that one account may fill; None: a lone account fills all of them."""


class Slots:
    """The slots of this process: the library would read their number from the shared database."""

    def __init__(self, wakeups: Wakeups) -> None:
        self.is_draining = False
        self.steps = 0
        """Steps under way, without those that wait aside."""
        self._wakeups = wakeups
        self._turns = AccountTurns()
        self._slots: dict[str, int] = {}
        self._busy: Counter[str] = Counter()
        """Steps under way that fill a slot, by queue."""
        self._aside: Counter[str] = Counter()
        """Steps that wait without one."""
        self._returning: defaultdict[str, deque[asyncio.Event]] = defaultdict(deque)
        self._entering: defaultdict[str, deque[asyncio.Event]] = defaultdict(deque)
        """Steps whose workflow was claimed just before another one came back to the slot."""

    def drain(self) -> None:
        """Claim nothing more."""
        self.is_draining = True
        self._wakeups.ring_all()

    def govern(self, queues: Sequence[Queue]) -> None:
        """Let this process's queue threads ask and wait here, from now on and for the life of the process."""
        known = {queue.name: queue for queue in queues}
        self._slots = {queue.name: queue.slots for queue in queues}
        registrar = threading.get_ident()
        read, read_all = SystemDatabase.get_queue, SystemDatabase.list_queues
        stored: dict[str, StoredQueue] = {}

        @wraps(read)
        def get_queue(system: SystemDatabase, name: str, **options: Any) -> StoredQueue | None:
            found = stored.get(name) or read(system, name, **options)
            if found is None or name not in known:
                return found
            stored[name] = found
            if threading.get_ident() != registrar and not self.is_draining:
                self._wakeups.wait_for_work(name)  # the library's own wait, which follows, cannot be ended early
            return self._paced(found, known[name])

        @wraps(read_all)
        def list_queues(system: SystemDatabase, **options: Any) -> list[StoredQueue]:
            found = list(stored.values()) if len(stored) == len(known) else read_all(system, **options)
            # A thread begins with the poll that it finds here, and shortens it by a tenth at each look only.
            return [self._paced(queue, known[queue.name]) if queue.name in known else queue for queue in found]

        SystemDatabase.get_queue = get_queue  # type: ignore[assignment,method-assign]
        self._take_turns()
        SystemDatabase.list_queues = list_queues  # type: ignore[assignment,method-assign]

    def _take_turns(self) -> None:
        """Serve the accounts of a queue in turn, where the library draws lots."""
        read, claim = SystemDatabase.get_queue_partitions, SystemDatabase.start_queued_workflows

        @wraps(read)
        def get_queue_partitions(system: SystemDatabase, queue: str) -> list[str]:
            return self._turns.order(queue, read(system, queue))

        @wraps(claim)
        def start_queued_workflows(system: SystemDatabase, queue: StoredQueue, *rest: Any, **options: Any) -> Any:
            claimed, reason = claim(system, queue, *rest, **options)
            account = rest[ACCOUNT_PLACE] if len(rest) > ACCOUNT_PLACE else None
            if claimed and account is not None:
                self._turns.served(queue.name, account)
            return claimed, reason

        SystemDatabase.get_queue_partitions = get_queue_partitions  # type: ignore[assignment,method-assign]
        SystemDatabase.start_queued_workflows = start_queued_workflows  # type: ignore[assignment,method-assign]

    def outlast_full_disk(self, database: sa.Engine) -> None:
        """Let the library's writes to SQLite wait for space, as they wait for a lock. A contract test guards this."""
        known: Callable[[Exception], bool] = vars(dbos_system)["retriable_sqlite_exception"]
        vars(dbos_system)["retriable_sqlite_exception"] = lambda error: (
            known(error) or outlast_full_disk(database, error, gives_up=lambda: self.is_draining)
        )

    def _paced(self, found: StoredQueue, mine: Queue) -> StoredQueue:
        queue = copy.copy(found)
        aside = self._aside[mine.name]  # claimed, and counted by the library
        slots = 0 if self.is_draining else mine.slots + aside
        queue._worker_concurrency = slots  # noqa: SLF001 - no public way per process; a contract test guards it
        account_slots = min(slots, (mine.account_slots or slots) + aside)
        queue._partition_worker_concurrency = account_slots if mine.by_account else None  # noqa: SLF001 - as above
        queue._polling_interval_sec = DRAINED_POLL_S if self.is_draining else CLAIM_S  # noqa: SLF001 - as above
        return queue

    def enter(self, queue: Queue) -> None:
        """Take note that the workflow of this task came out of a queue."""
        _QUEUE.set(queue.name)

    def counted(self, act: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        """Return a step that is counted while it runs, and that does not begin any more once this process drains."""

        async def run(*arguments: Any) -> Any:
            queue = _QUEUE.get()
            await self._find_slot(queue, self._entering[queue])
            self._begin(queue)
            self._wakeups.touch()
            try:
                return await act(*arguments)
            finally:
                self._end(queue)

        return run

    def _begin(self, queue: str) -> None:
        self.steps += 1
        self._busy[queue] += 1

    def _end(self, queue: str) -> None:
        self.steps -= 1
        self._busy[queue] -= 1
        self._wake(queue)

    def _wake(self, queue: str) -> None:
        """Let one who waits have a slot that is free."""
        waiting = self._returning[queue] or self._entering[queue]
        if waiting and self._has_room(queue):
            waiting.popleft().set()

    def _has_room(self, queue: str) -> bool:
        """Tell whether a step may begin; in a process that drains, none: whoever takes over begins it."""
        return not self.is_draining and (queue not in self._slots or self._busy[queue] < self._slots[queue])

    @asynccontextmanager
    async def standing_aside(self) -> AsyncIterator[None]:
        """
        Let other work of the queue have the slot of this step while the block waits, and wait for one at its end.

        Who comes back goes before what is claimed anew. Used from the event loop of the steps.
        """
        queue = _QUEUE.get()
        if queue not in self._slots:
            yield
            return
        self._aside[queue] += 1
        self._end(queue)
        self._wakeups.ring(queue)
        try:
            yield
            await self._find_slot(queue, self._returning[queue])
        finally:
            self._aside[queue] -= 1
            self._begin(queue)

    async def _find_slot(self, queue: str, waiting: deque[asyncio.Event]) -> None:
        """Wait until a step of a queue may begin, behind those that wait already."""
        while not self._has_room(queue):
            free = asyncio.Event()
            waiting.append(free)
            try:
                await free.wait()
            except asyncio.CancelledError:
                if free.is_set():  # somebody else may have it
                    self._wake(queue)
                raise
            finally:
                with suppress(ValueError):  # it was taken out when it was set
                    waiting.remove(free)
