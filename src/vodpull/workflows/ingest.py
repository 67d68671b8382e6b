"""
The order of things for a batch, a job and a delivery. A workflow decides, a step acts: no clock, file or network here.

A job goes: fetch (transfer, verify, probe, store the original) → encode (plan, encode, package, verify, publish) →
finish (final state and notification in one transaction). Each result is recorded before the next step begins, so a
process that dies costs at most the step under way.
"""

from __future__ import annotations

import structlog

from vodpull.errors import InternalError, VodpullError
from vodpull.jobs.store import JobRef
from vodpull.jobs.templates import TEMPLATES
from vodpull.workflows.engine import Engine, JsonObject
from vodpull.workflows.queues import Owner, Queues
from vodpull.workflows.steps import Steps, failure_of

MAX_RECOVERIES_OF_PARENT = 1000
"""A parent only waits, so it outlives any number of restarts."""

MAX_RECOVERIES_OF_CHILD = 20
"""A child works; one that took its process down this often is the cause."""

log = structlog.get_logger(__name__)


def register_workflows(engine: Engine, queues: Queues, steps: Steps) -> None:
    """Make every workflow known to the engine, before it is launched."""
    flows = Workflows(engine, queues, steps)
    for name, workflow, limit in (
        ("batch", flows.batch, MAX_RECOVERIES_OF_PARENT),
        ("ingest", flows.ingest, MAX_RECOVERIES_OF_PARENT),
        ("fetch", flows.fetch, MAX_RECOVERIES_OF_CHILD),
        ("encode", flows.encode, MAX_RECOVERIES_OF_CHILD),
        ("deliver", flows.deliver, MAX_RECOVERIES_OF_PARENT),
    ):
        engine.register(name, workflow, max_recoveries=limit)


class Workflows:
    """The workflows of one process."""

    def __init__(self, engine: Engine, queues: Queues, steps: Steps) -> None:
        self._engine = engine
        self._queues = queues
        self._steps = steps

    async def batch(self, argument: JsonObject) -> None:
        """Start every job of a batch; a repeated start of a job is the same job."""
        for job_id in argument["job_ids"]:
            ref = JobRef(job_id=job_id, attempt=1)
            await self._engine.spawn(self._queues.ingest_call(ref, Owner(**argument["owner"])))

    async def ingest(self, argument: JsonObject) -> None:
        """Take one job from source to published asset, and make it final whatever happens."""
        ref = _ref(argument)
        try:
            outcome = await self._produce(ref, Owner(**argument["owner"]))
        except VodpullError as error:
            outcome = failure_of(error)
        except Exception as error:
            log.exception("job failed unexpectedly", job=ref.job_id)
            outcome = failure_of(InternalError(f"unexpected {type(error).__name__}"))
        await self._engine.step("finish", self._steps.finish, ref, outcome)

    async def _produce(self, ref: JobRef, owner: Owner) -> JsonObject:
        fetched: JsonObject = await self._engine.run_child(self._queues.fetch_call(ref, owner))
        if "failure" in fetched or not TEMPLATES[fetched["template"]].ladder:
            return fetched
        encoded: JsonObject = await self._engine.run_child(self._queues.encode_call(ref, owner, fetched["info"]))
        return encoded

    async def fetch(self, argument: JsonObject) -> JsonObject:
        """Bring the source here, whole, and keep it."""
        result: JsonObject = await self._engine.step("fetch", self._steps.fetch, _ref(argument))
        return result

    async def encode(self, argument: JsonObject) -> JsonObject:
        """Make the renditions, prove and publish them: on one machine, where the work files are."""
        ref, info = _ref(argument), argument["info"]
        encoded: JsonObject = await self._engine.step("encode", self._steps.encode, ref, info)
        if "failure" in encoded:
            return encoded
        packaged: JsonObject = await self._engine.step("package", self._steps.package, ref, info)
        if "failure" in packaged:
            return packaged
        published: JsonObject = await self._engine.step("publish", self._steps.publish, ref, info)
        return published

    async def deliver(self, argument: JsonObject) -> None:
        """Try a delivery once; a failed try plans the next one."""
        await self._engine.step("deliver", self._steps.deliver, argument["delivery_id"], argument["number"])


def _ref(argument: JsonObject) -> JobRef:
    return JobRef(job_id=argument["job_id"], attempt=argument["attempt"])
