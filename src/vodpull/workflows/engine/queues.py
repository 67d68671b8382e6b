"""The queues of the service, and the calls that go into them. Parents and children never share one."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from vodpull.jobs.model import Batch
from vodpull.jobs.store.job_refs import JobRef
from vodpull.workflows.engine.engine import Call, JsonObject
from vodpull.workflows.engine.slot_claims import Queue
from vodpull.workflows.engine.slots_and_shares import slots_and_shares


@dataclass(frozen=True, kw_only=True)
class Owner:
    """For whom a call is, and how urgent: what its place in a queue depends on."""

    account_id: str
    priority: int
    edits: bool = False
    """What it asks for is made of stored videos; nothing is fetched."""

    @classmethod
    def of(cls, batch: Batch, *, edits: bool = False) -> Owner:
        """Return the owner of a batch."""
        return cls(account_id=batch.account_id, priority=batch.priority, edits=edits)


@dataclass(frozen=True, kw_only=True)
class Queues:
    """Every queue, with this installation's slots."""

    batches: Queue
    jobs: Queue
    arrivals: Queue
    fetch: Queue
    encode: Queue
    notify: Queue
    imports: Queue

    @classmethod
    def of(cls, *, fetch_slots: int, encode_slots: int) -> Queues:
        """Return the queues for a process's slots."""
        shares = slots_and_shares(fetch_slots=fetch_slots, encode_slots=encode_slots)
        return cls(
            **{
                name: Queue(name=name, slots=slots, by_account=True, account_slots=account_slots)
                for name, (slots, account_slots) in shares.items()
            }
        )

    def all(self) -> list[Queue]:
        """Return every queue."""
        return [self.batches, self.jobs, self.arrivals, self.fetch, self.encode, self.notify, self.imports]

    def batch_call(self, batch_id: str, owner: Owner, job_ids: list[str]) -> Call:
        """Return the call that starts every job of a batch for the first time."""
        argument = {"owner": asdict(owner), "job_ids": job_ids}
        return _call("batch", self.batches, owner, name=batch_id, argument=argument)

    def ingest_call(self, ref: JobRef, owner: Owner) -> Call:
        """Return the call that takes one attempt of a job from source to published asset."""
        argument = {"owner": asdict(owner), **asdict(ref)}
        return _call("ingest", self.jobs, owner, name=_name(ref), argument=argument)

    def fetch_call(self, ref: JobRef, owner: Owner) -> Call:
        """Return the call that brings the source here."""
        return _call("fetch", self.fetch, owner, name=_name(ref), argument=asdict(ref))

    def edit_call(self, ref: JobRef, owner: Owner) -> Call:
        """Return the call that makes a source of stored videos, among the encodes: it is one."""
        return _call("edit", self.encode, owner, name=_name(ref), argument=asdict(ref))

    def arrive_call(self, upload_id: str, owner: Owner, *, after_ms: int) -> Call:
        """Return the call that follows an upload which begins, or goes on after it was quiet since a moment."""
        name = f"{upload_id}-{after_ms}"
        return _call("arrive", self.arrivals, owner, name=name, argument={"upload_id": upload_id})

    def encode_call(self, ref: JobRef, owner: Owner, info: JsonObject) -> Call:
        """Return the call that makes the renditions; `info` is what was measured of the source."""
        call = _call("encode", self.encode, owner, name=_name(ref), argument={**asdict(ref), "info": info})
        # What ends a job goes before what begins the next one of the same priority.
        return replace(call, priority=call.priority - 1)

    def tracks_call(self, ref: JobRef, owner: Owner, info: JsonObject) -> Call:
        """Return the call that encodes the sound as a whole."""
        call = _call("tracks", self.encode, owner, name=_name(ref), argument={**asdict(ref), "info": info})
        # Before the chunks, which arrive in the same second: without sound none of them can be played early.
        return replace(call, priority=call.priority - 1)

    def chunk_call(self, ref: JobRef, owner: Owner, info: JsonObject, *, number: int) -> Call:
        """Return the call that encodes one chunk."""
        argument = {**asdict(ref), "info": info, "number": number}
        call = _call("chunk", self.encode, owner, name=f"{_name(ref)}-{number}", argument=argument)
        # What a viewer sees first goes first; the others arrive in the same second, in no order.
        return replace(call, priority=call.priority - (number == 0))

    def deliver_call(self, delivery_id: str, *, account_id: str, number: int) -> Call:
        """Return the call of one attempt of a delivery."""
        return Call(
            workflow="deliver",
            queue=self.notify,
            workflow_id=f"deliver-{delivery_id}-{number}",
            argument={"delivery_id": delivery_id, "number": number},
            account_id=account_id,
        )

    def import_call(self, import_id: str, *, account_id: str, turn: int, delay_s: float = 0.0) -> Call:
        """Return the call of one turn of an import."""
        return Call(
            workflow="import",
            queue=self.imports,
            workflow_id=f"import-{import_id}-{turn}",
            argument={"import_id": import_id, "turn": turn},
            account_id=account_id,
            delay_s=delay_s or None,
        )


def _name(ref: JobRef) -> str:
    return f"{ref.job_id}-{ref.attempt}"


def _call(workflow: str, queue: Queue, owner: Owner, *, name: str, argument: JsonObject) -> Call:
    return Call(
        workflow=workflow,
        queue=queue,
        workflow_id=f"{workflow}-{name}",
        argument=argument,
        account_id=owner.account_id,
        priority=2 * owner.priority,
    )
