"""
The order of things for a batch, a job and a delivery. A workflow decides, a step acts: no clock, file or network here.

A job goes: fetch (transfer, verify, probe, store the original) → plan → the chunks of a long video, each on any
machine, playable as they come → encode (what is left, package, verify, publish) → finish (final state and notification
in one transaction). Each result is recorded before the next step begins, so a process that dies costs at most the step
under way.
"""

from __future__ import annotations

import asyncio

import structlog

from vodpull.errors import InternalError, VodpullError
from vodpull.jobs.store.job_refs import JobRef
from vodpull.workflows.attempt.retries.step_retries import failure_of
from vodpull.workflows.engine.engine import Child, Engine, JsonObject
from vodpull.workflows.engine.queues import Owner, Queues
from vodpull.workflows.recovery_limits import MAX_RECOVERIES_OF_CHILD, MAX_RECOVERIES_OF_PARENT
from vodpull.workflows.steps import Steps

log = structlog.get_logger(__name__)


def register_workflows(engine: Engine, queues: Queues, steps: Steps) -> None:
    """Make every workflow known to the engine, before it is launched."""
    flows = Workflows(engine, queues, steps)
    for name, workflow, limit, queue in (
        ("batch", flows.batch, MAX_RECOVERIES_OF_PARENT, queues.batches),
        ("ingest", flows.ingest, MAX_RECOVERIES_OF_PARENT, queues.jobs),
        ("arrive", flows.arrive, MAX_RECOVERIES_OF_CHILD, queues.arrivals),
        ("fetch", flows.fetch, MAX_RECOVERIES_OF_CHILD, queues.fetch),
        ("edit", flows.fetch, MAX_RECOVERIES_OF_CHILD, queues.encode),
        ("tracks", flows.tracks, MAX_RECOVERIES_OF_CHILD, queues.encode),
        ("chunk", flows.chunk, MAX_RECOVERIES_OF_CHILD, queues.encode),
        ("encode", flows.encode, MAX_RECOVERIES_OF_CHILD, queues.encode),
        ("deliver", flows.deliver, MAX_RECOVERIES_OF_PARENT, queues.notify),
    ):
        engine.register(name, workflow, max_recoveries=limit, queue=queue)


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
        except Exception:
            log.exception("job failed unexpectedly", job=ref.job_id)
            outcome = failure_of(InternalError("unexpected"))
        await self._engine.step("finish", self._steps.finish, ref, outcome)

    async def _produce(self, ref: JobRef, owner: Owner) -> JsonObject:
        bring = self._queues.edit_call if owner.edits else self._queues.fetch_call
        fetched: JsonObject = await self._engine.run_child(bring(ref, owner))
        if "failure" in fetched or not fetched["encode"]:
            return fetched
        info = fetched["info"]
        planned: JsonObject = await self._engine.step("plan", self._steps.plan, ref, info)
        if "failure" in planned:
            return planned
        if planned["chunks"] > 1:
            spread = await self._spread(ref, owner, info, chunks=planned["chunks"])
            if "failure" in spread:
                return spread
        encoded: JsonObject = await self._engine.run_child(self._queues.encode_call(ref, owner, info))
        return encoded

    async def _spread(self, ref: JobRef, owner: Owner, info: JsonObject, *, chunks: int) -> JsonObject:
        """Let every machine take chunks, and show what is ready from the beginning on."""
        tracks = await self._engine.spawn(self._queues.tracks_call(ref, owner, info))
        left = [
            await self._engine.spawn(self._queues.chunk_call(ref, owner, info, number=number))
            for number in range(chunks)
        ]
        left.insert(0, tracks)
        try:
            result = await self._gather(ref, info, left)
        except Exception:  # a child was given up, or a defect; not what ends this process
            if await self._engine.patched("stop-all"):
                await self._engine.step("stop", self._stop, _ids(left))
            raise
        if "failure" in result:
            await self._engine.step("stop", self._stop, _ids(left))
        return result

    async def _gather(self, ref: JobRef, info: JsonObject, left: list[Child]) -> JsonObject:
        """Wait for the sound and each chunk, and take off the list what has ended; stop at the first failure."""
        result: JsonObject = {}
        ready = 0
        while left and "failure" not in result:
            result = await self._engine.join(left[0])
            del left[0]
            if ready and "failure" not in result:
                await self._engine.step("preview", self._steps.preview, ref, info, ready)
            ready += 1
        return result

    async def _stop(self, workflow_ids: list[str]) -> None:
        for workflow_id in workflow_ids:
            await asyncio.to_thread(self._engine.cancel, workflow_id)

    async def arrive(self, argument: JsonObject) -> None:
        """Encode what can be of an upload while it comes."""
        await self._engine.step("arrive", self._steps.arrive, argument["upload_id"])

    async def fetch(self, argument: JsonObject) -> JsonObject:
        """Bring the source here, whole, and keep it."""
        result: JsonObject = await self._engine.step("fetch", self._steps.fetch, _ref(argument))
        return result

    async def tracks(self, argument: JsonObject) -> JsonObject:
        """Encode the sound as a whole."""
        result: JsonObject = await self._engine.step("tracks", self._steps.tracks, _ref(argument), argument["info"])
        return result

    async def chunk(self, argument: JsonObject) -> JsonObject:
        """Encode one chunk."""
        ref, info = _ref(argument), argument["info"]
        result: JsonObject = await self._engine.step("chunk", self._steps.chunk, ref, info, argument["number"])
        return result

    async def encode(self, argument: JsonObject) -> JsonObject:
        """Make what nobody has made yet, prove the whole and publish it."""
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


def _ids(children: list[Child]) -> list[str]:
    return [child.call.workflow_id for child in children]


def _ref(argument: JsonObject) -> JobRef:
    return JobRef(job_id=argument["job_id"], attempt=argument["attempt"])
