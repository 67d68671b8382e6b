"""The queues of the service, and the calls that go into them. Parents and children never share one."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from vodpull.jobs.store import JobRef
from vodpull.workflows.engine import Call, JsonObject, Queue

WAITING_PARENTS = 200
"""Jobs that one process carries at once; they mostly wait for a slot of a child."""


@dataclass(frozen=True, kw_only=True)
class Queues:
    """Every queue, with this installation's slots."""

    batches: Queue
    jobs: Queue
    fetch: Queue
    encode: Queue
    notify: Queue

    @classmethod
    def of(cls, *, fetch_slots: int, encode_slots: int) -> Queues:
        """Return the queues for a process's slots."""
        return cls(
            batches=Queue(name="batches", slots=WAITING_PARENTS),
            jobs=Queue(name="jobs", slots=WAITING_PARENTS, poll_s=0.1),
            fetch=Queue(name="fetch", slots=fetch_slots, poll_s=0.1, by_account=True),
            encode=Queue(name="encode", slots=encode_slots, poll_s=0.1, by_account=True),
            # Many, because a hung receiver holds its slot for up to a minute and must delay nobody.
            notify=Queue(name="notify", slots=50),
        )

    def all(self) -> list[Queue]:
        """Return every queue."""
        return [self.batches, self.jobs, self.fetch, self.encode, self.notify]

    def batch_call(self, batch_id: str, *, account_id: str, job_ids: list[str]) -> Call:
        """Return the call that starts every job of a batch for the first time."""
        return Call(
            workflow="batch",
            queue=self.batches,
            workflow_id=f"batch-{batch_id}",
            argument={"account_id": account_id, "job_ids": job_ids},
        )

    def ingest_call(self, ref: JobRef, *, account_id: str) -> Call:
        """Return the call that takes one attempt of a job from source to published asset."""
        return Call(
            workflow="ingest",
            queue=self.jobs,
            workflow_id=f"ingest-{ref.job_id}-{ref.attempt}",
            argument={"account_id": account_id, **asdict(ref)},
        )

    def fetch_call(self, ref: JobRef, *, account_id: str) -> Call:
        """Return the call that brings the source here."""
        return Call(
            workflow="fetch",
            queue=self.fetch,
            workflow_id=f"fetch-{ref.job_id}-{ref.attempt}",
            argument=asdict(ref),
            account_id=account_id,
        )

    def encode_call(self, ref: JobRef, *, account_id: str, info: JsonObject) -> Call:
        """Return the call that makes the renditions; `info` is what was measured of the source."""
        return Call(
            workflow="encode",
            queue=self.encode,
            workflow_id=f"encode-{ref.job_id}-{ref.attempt}",
            argument={**asdict(ref), "info": info},
            account_id=account_id,
        )

    def deliver_call(self, delivery_id: str, *, number: int, delay_s: float | None = None) -> Call:
        """Return the call of one attempt of a delivery."""
        return Call(
            workflow="deliver",
            queue=self.notify,
            workflow_id=f"deliver-{delivery_id}-{number}",
            argument={"delivery_id": delivery_id, "number": number},
            delay_s=delay_s,
        )
