"""
The one door to the durable engine (DBOS Transact): start work, run steps, recover, cancel, clean up.

Nothing else but `slot_claims.py` imports the library, so that it can be replaced. What is settled here once (decision
0001):

- the code version is pinned, so an upgrade never strands work in flight;
- arguments and results are plain JSON;
- parents and children run on different queues, so they cannot wait for each other's slots;
- a step is preemptible, so a cancelled job ends its child process.

`slots_and_shares.py` decides how much this process takes on, and for whom; `wakeups.py` when to look into a queue, and
when a child has ended.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import sqlalchemy as sa
import structlog
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions
from dbos import _core as dbos_core
from dbos import _scheduler as dbos_scheduler
from dbos import _workflow_commands as dbos_jobs
from dbos._dbos import _get_dbos_instance as dbos_instance
from dbos._error import DBOSAwaitedWorkflowCancelledError, DBOSAwaitedWorkflowMaxRecoveryAttemptsExceeded
from dbos._recovery import _recover_workflow as recover_workflow
from dbos._serialization import DBOSPortableJSONSerializer

from vodpull.errors import ServiceError, StepAbandoned
from vodpull.jobs.priorities import DEFAULT_PRIORITY
from vodpull.workflows.engine.slot_claims import Queue, Slots
from vodpull.workflows.engine.wakeups import Ending, Wakeups

ENGINE_VERSION = "1"
"""Version of the workflow bodies. Bump it only for a true break: work in flight waits for a process of its version."""

WAIT_POLL_S = 0.25
"""How often a parent asks for the result of a child that ended without leaving one yet."""

DELAYED_POLL_S = 3.0
"""How often calls whose delay is over are queued; the library ends a transaction that is held for this at 5 s."""

UNUSED_POLL_S = 60.0
"""How often the library looks into its own queue, into which nothing is put."""

CANCEL_POLL_S = 0.4
"""How often a process looks whether one of its steps was cancelled: a cancel must end a transfer within a second."""

OUTAGE_WAIT_S, OUTAGE_ATTEMPTS = 10.0, 400
"""Between two tries of a step while the database is away, and how many: more than an hour in all."""

MOST_SLOTS = 100_000

DRAIN_LOOK_S = 0.1

TERMINAL = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")

JsonObject = dict[str, Any]
Workflow = Callable[[JsonObject], Awaitable[Any]]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One workflow to start. The same id started again is the same workflow."""

    workflow: str
    queue: Queue
    workflow_id: str
    argument: JsonObject
    account_id: str = ""
    priority: int = DEFAULT_PRIORITY
    """Lower goes first. Always set: the engine puts an item without priority ahead of all others."""
    delay_s: float | None = None

    def options(self) -> EnqueueOptions:
        """
        Return the call as the library takes it.

        Raises:
            ValueError: a queue that takes turns was given no account; such an item would wait for ever.
        """
        options = EnqueueOptions(
            workflow_name=self.workflow,
            queue_name=self.queue.name,
            workflow_id=self.workflow_id,
            app_version=ENGINE_VERSION,
            priority=self.priority,
        )
        if self.queue.by_account:
            if not self.account_id:
                raise ValueError(f"a call to the queue {self.queue.name} must name its account")
            options["queue_partition_key"] = self.account_id
        if self.delay_s is not None:
            options["delay_seconds"] = self.delay_s
        return options


@dataclass(frozen=True, kw_only=True)
class Child:
    """A workflow that another one started and may wait for."""

    call: Call
    handle: Any
    ending: Ending


class Engine:
    """The durable engine of one process. There is one per process."""

    def __init__(self, database: sa.Engine) -> None:
        """Take the database that the engine shares with our own tables."""
        self._database = database
        self._client: DBOSClient | None = None
        self._wakeups = Wakeups(database, version=ENGINE_VERSION)
        self._slots = Slots(self._wakeups)
        self._idle: set[str] = set()
        """Claimed by this process and not running in it, when that was looked at last."""
        logging.getLogger("dbos").setLevel(logging.WARNING)

    def register(self, name: str, workflow: Workflow, *, max_recoveries: int, queue: Queue | None = None) -> None:
        """
        Make a workflow known by name, before `launch`.

        After `max_recoveries` deaths of the process that ran it, the workflow ends and its parent learns of it: a job
        that kills its worker must not do so for ever. `queue`: whose slot a step gives back while it stands aside.
        """

        async def run(argument: JsonObject) -> Any:
            self._wakeups.touch()
            if queue is not None:
                self._slots.enter(queue)
            task: Any = asyncio.current_task()  # when it is done, its outcome is recorded and its slot is free
            task.add_done_callback(partial(self._wakeups.ended, str(DBOS.workflow_id)))
            return await workflow(argument)

        run.__qualname__ = name  # the library tells workflows apart by it, too
        DBOS.workflow(name=name, max_recovery_attempts=max_recoveries)(run)

    def launch(self, queues: Sequence[Queue], *, executor_id: str) -> None:
        """
        Make the engine's tables, take back this executor's unfinished work and start working. Not from a loop.

        Raises:
            ValueError: the id is the library's default, which every process would share.
        """
        if not executor_id or executor_id == "local":
            raise ValueError("an executor needs an id of its own: two with one id redo each other's work")
        self._wakeups.watch([queue.name for queue in queues])
        _slow_down(DBOS(config=self._config(executor_id)))
        self._slots.govern(queues)
        self._slots.outlast_full_disk(self._database)
        DBOS.listen_queues([queue.name for queue in queues])
        DBOS.launch()
        for queue in queues:
            DBOS.register_queue(
                queue.name,
                # How many at once is each process's own affair (`Slots`); here stands whether accounts take turns.
                partition_worker_concurrency=MOST_SLOTS if queue.by_account else None,
                on_conflict="always_update",
            )
        self._wakeups.start()
        self._connect()

    def attach(self) -> None:
        """Only start, cancel and look at work, for a process that runs none. Makes the engine's tables, too."""
        DBOS.migrate(system_database_url=self._database.url.render_as_string(hide_password=False))
        self._connect()

    def _config(self, executor_id: str) -> DBOSConfig:
        return DBOSConfig(
            name="vodpull",
            system_database_engine=self._database,
            system_database_url=str(self._database.url.set(drivername=self._database.dialect.name)),
            executor_id=executor_id,
            application_version=ENGINE_VERSION,
            serializer=DBOSPortableJSONSerializer(),
            use_listen_notify=False,
            log_level="WARNING",
        )

    def _connect(self) -> None:
        self._client = DBOSClient(system_database_engine=self._database, serializer=DBOSPortableJSONSerializer())

    def shutdown(self) -> None:
        """Stop claiming work and let go; what runs is cancelled here and resumes at the next start."""
        self._slots.drain()
        self._wakeups.stop()
        if self._client is not None:
            self._client.destroy()
            self._client = None
        DBOS.destroy()

    def drain(self, *, grace_s: float) -> bool:
        """
        Claim no more work, begin no more steps, and give the steps under way time to end. Not from a loop.

        Returns True when none is left; the others end with `shutdown` and are done again by whoever takes over.
        """
        self._slots.drain()
        deadline_s = time.monotonic() + grace_s
        while self._slots.steps and time.monotonic() < deadline_s:
            time.sleep(DRAIN_LOOK_S)
        return not self._slots.steps

    def start(self, connection: sa.Connection, call: Call) -> None:
        """Start a workflow in the caller's transaction: it begins if and only if that commits."""
        self._started().enqueue_in_transaction(connection, call.options(), call.argument)
        if call.delay_s is None:
            self._wakeups.announce(connection, call.queue.name)

    async def spawn(self, call: Call) -> Child:
        """Start a child from inside a workflow, without waiting for it."""
        ending = self._wakeups.expect(call.workflow_id)
        handle = await DBOS.enqueue_workflow_with_options_async(call.options(), call.argument)
        self._wakeups.ring(call.queue.name)
        return Child(call=call, handle=handle, ending=ending)

    async def run_child(self, call: Call) -> Any:
        """
        Start a child from inside a workflow and return its result.

        Raises:
            StepAbandoned: the child took its process down too often, or was cancelled.
        """
        return await self.join(await self.spawn(call))

    async def join(self, child: Child) -> Any:
        """
        Wait for a child from inside a workflow and return its result.

        Raises:
            StepAbandoned: the child took its process down too often, or was cancelled.
        """
        try:
            await self._wakeups.wait_for(child.ending)
            return await child.handle.get_result(polling_interval_sec=WAIT_POLL_S)
        except (DBOSAwaitedWorkflowMaxRecoveryAttemptsExceeded, DBOSAwaitedWorkflowCancelledError) as error:
            raise StepAbandoned(f"{child.call.workflow} was given up after its process ended too often") from error

    async def step(self, name: str, act: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        """
        Run one side effect from inside a workflow and record its result; a recorded one is not run again.

        A step that fails because the database went away is tried again, patiently; any other error is its own.
        """
        options: Any = {"name": name, "preemptible": True}
        return await DBOS.run_step_async(options, self._slots.counted(partial(self._outlast, act)), *arguments)

    async def _outlast(self, act: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
        for left in reversed(range(OUTAGE_ATTEMPTS)):
            try:
                return await act(*arguments)
            except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
                if not left:
                    raise
                log.warning("waiting for the database", error=type(error).__name__, wait_s=OUTAGE_WAIT_S)
            async with self.standing_aside():
                await asyncio.sleep(OUTAGE_WAIT_S)
        raise AssertionError  # the last try returns or raises

    def standing_aside(self) -> AbstractAsyncContextManager[None]:
        """Let other work have the slot of the step that is running while the block waits, and take one at its end."""
        return self._slots.standing_aside()

    async def patched(self, change: str) -> bool:
        """
        Return True when a workflow should take the path of a named change, False when it began before that change.

        Every edit of a workflow body that adds, removes or reorders steps goes behind one of these.
        """
        return bool(await DBOS.patch_async(change))

    def cancel(self, workflow_id: str) -> None:
        """Cancel a workflow and its children; running steps are interrupted within half a second."""
        self._started().cancel_workflows([workflow_id], cancel_children=True)

    def hasten(self, workflow_id: str) -> None:
        """Let a workflow whose delay is not over begin within seconds; any other stays as it is."""
        self._started().set_workflow_delay(workflow_id, delay_seconds=0)

    def recover(self, executor_id: str) -> None:
        """Put the claimed work of a dead executor back into its queues; repeating it changes nothing."""
        DBOS._recover_pending_workflows([executor_id])  # noqa: SLF001 - no public way; a contract test guards it

    def take_back_lost(self, executor_id: str) -> int:
        """
        Put back what this process has claimed and does not run, as seen in two looks in a row, and return how much.

        When a database goes down while a claim is committed, the claim may stay and its answer be lost: no process
        would ever begin that work. Putting it back changes nothing for work that has begun meanwhile: it parks at its
        next write.
        """
        library = dbos_instance()
        running = set(library._active_workflows_set.activeList())  # noqa: SLF001 - no public way, as `recover`
        claimed = library._sys_db.get_pending_workflows(executor_id, ENGINE_VERSION)  # noqa: SLF001 - as above
        idle = {workflow.workflow_id for workflow in claimed} - running
        lost = [workflow for workflow in claimed if workflow.workflow_id in idle & self._idle]
        self._idle = idle
        for workflow in lost:
            recover_workflow(library, workflow, [executor_id])
        return len(lost)

    def has_pending(self, executor_id: str) -> bool:
        """Return True while an executor still owns claimed work."""
        pending = self._started().list_workflows(
            executor_id=executor_id, status=["PENDING"], load_input=False, load_output=False, limit=1
        )
        return bool(pending)

    def collect_garbage(self, *, older_than_s: float, now_s: float) -> int:
        """Delete finished workflows that ended long ago and return how many; work in flight is never touched."""
        before = datetime.fromtimestamp(now_s - older_than_s, UTC).isoformat()
        deleted = 0
        while True:
            page = self._started().list_workflows(
                status=list(TERMINAL), completed_before=before, load_input=False, load_output=False, limit=1000
            )
            if not page:
                return deleted
            self._started().delete_workflows([workflow.workflow_id for workflow in page])
            deleted += len(page)

    def _started(self) -> DBOSClient:
        if self._client is None:
            raise ServiceError("the engine is not running")
        return self._client


def _slow_down(library: DBOS) -> None:
    """Give the library's own looks our rhythm. There is no public way; contract tests guard each of them."""
    dbos_core._PREEMPTIBLE_POLL_INTERVAL_SEC = CANCEL_POLL_S  # noqa: SLF001
    dbos_jobs._BACKGROUND_JOBS_INTERVAL_SEC = DELAYED_POLL_S  # noqa: SLF001
    dbos_scheduler._STARTUP_FAST_POLL_DURATION_SEC = 0.0  # noqa: SLF001 - nothing is scheduled
    library._registry.get_internal_queue()._polling_interval_sec = UNUSED_POLL_S  # noqa: SLF001
