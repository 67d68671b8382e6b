"""The operations on batches, events and deliveries, and the two calls of the wire contract. No network."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any, Literal, TypedDict, Unpack
from urllib.parse import quote, urlencode

from vodpull.client.batch_shapes import Batch, CaptionSource, Delivery, Event, Job, Page, Source
from vodpull.client.call_retries import Patience
from vodpull.client.error_answers import error_of
from vodpull.client.exchange import OWN_PREFIX, Flow, HttpCall, NoReply, Outcome
from vodpull.client.json_reading import read
from vodpull.client.operations.calls import ask, get, member, post
from vodpull.client.operations.polling import wait_until_final
from vodpull.client.wire_shapes import PullReply, QueryReply, WireItem
from vodpull.errors import CallFailed, NotFound

OnProgress = Callable[[Batch], object]


class Options(TypedDict, total=False):
    """What else `submit` may say of a batch; what is left out is the service's default."""

    template: str
    trans_no: str
    """Your own id, at most 32 characters."""
    notify_url: str
    metadata: dict[str, str]
    """Pairs of your own, up to 50, kept and returned."""
    priority: int
    """1 to 1000; lower goes first among the batches of the account."""
    separate: bool
    """One notification per job instead of one for the batch."""
    fetch_ts: bool
    """Fetch the segments of an HLS source, not only its playlist."""


class PullOptions(TypedDict, total=False):
    """What else `pull_video` may say, by the names of the wire contract."""

    transNo: str
    cmd: str
    workflowId: str
    notifyUrl: str
    separate: int
    fetchTs: int


def submit(
    sources: Iterable[str | Source], *, idempotency_key: str | None = None, **options: Unpack[Options]
) -> Flow[Batch]:
    """
    Submit 1 to 50 sources and return the batch, which is not started yet.

    The call may be repeated with the same `idempotency_key` for 24 hours and makes one batch; without one, a fresh
    key protects against a connection that breaks before the answer.
    """
    items = [_item(Source(url=source) if isinstance(source, str) else source) for source in sources]
    key = idempotency_key or secrets.token_hex(16)
    call = HttpCall(
        method="POST",
        target=f"{OWN_PREFIX}/batches",
        body={"items": items, **options},
        headers={"Idempotency-Key": key},
        may_repeat=True,
    )
    return read(Batch, (yield from ask(call)))


def _item(source: Source) -> dict[str, Any]:
    """Return a source as it is sent: older services know none of what is left out."""
    said = asdict(source)
    said["captions"] = [caption_as_sent(caption) for caption in source.captions]
    return said if source.captions else {name: value for name, value in said.items() if name != "captions"}


def caption_as_sent(caption: CaptionSource) -> dict[str, Any]:
    """Return a caption as it is sent: without what is not said."""
    return {name: value for name, value in asdict(caption).items() if value}


def query(batch_id: str) -> Flow[Batch]:
    """Return where a batch is."""
    return read(Batch, (yield from ask(get(_batch(batch_id)))))


def query_job(job_id: str) -> Flow[Job]:
    """Return where one job is, by its own id."""
    return read(Job, (yield from ask(get(f"/jobs/{quote(job_id, safe='')}"))))


def wait(batch_id: str, *, on_progress: OnProgress | None = None, timeout_s: float = float("inf")) -> Flow[Batch]:
    """
    Return a batch when it is final; look at `succeeded` of it and of its jobs.

    `on_progress` is called with the batch whenever it has changed, in the thread or task that waits.

    Raises:
        TimeoutError: it is not final after `timeout_s` seconds; it goes on all the same.
    """
    call, what = get(_batch(batch_id)), f"batch {batch_id}"
    return (yield from wait_until_final(Batch, call, on_progress=on_progress, timeout_s=timeout_s, what=what))


def list_batches(
    *,
    state: Literal["running", "completed", "failed"] | None = None,
    trans_no: str | None = None,
    limit: int = 20,
    cursor: str = "",
) -> Flow[Page]:
    """Return a page of the account's batches, newest first; `failed`: with a failed job. `next_cursor` leads on."""
    asked = {"state": state, "trans_no": trans_no, "limit": limit, "cursor": cursor}
    given = {name: value for name, value in asked.items() if value not in (None, "")}
    return read(Page, (yield from ask(get(f"/batches?{urlencode(given)}"))))


def cancel(batch_id: str, position: int | None = None) -> Flow[Batch]:
    """Stop one job, or every job that is under way, and return the batch."""
    return read(Batch, (yield from ask(post(f"{_batch(batch_id, position)}/cancel"))))


def retry(batch_id: str, position: int | None = None) -> Flow[Batch]:
    """Start one failed or cancelled job, or all of them, again and return the batch."""
    return read(Batch, (yield from ask(post(f"{_batch(batch_id, position)}/retry"))))


def delete(batch_id: str, position: int | None = None) -> Flow[None]:
    """Delete a batch, or one job of it, with all its files; what is under way is cancelled first."""
    yield from ask(HttpCall(method="DELETE", target=OWN_PREFIX + _batch(batch_id, position), may_repeat=True))


def events(*, wait_s: int = 0, limit: int = 100) -> Flow[tuple[Event, ...]]:
    """Return events that are not acknowledged yet, oldest first; with none, wait up to `wait_s` (60) for one."""
    said = yield from ask(get(f"/events?wait={wait_s:d}&limit={limit:d}"))
    return tuple(read(Event, event) for event in member(said, "events"))


def acknowledge(event_ids: Sequence[str]) -> Flow[int]:
    """Take events off the list and return how many that were."""
    said = yield from ask(post("/events/ack", {"event_ids": list(event_ids)}))
    return int(member(said, "acknowledged"))


def deliveries(batch_id: str) -> Flow[tuple[Delivery, ...]]:
    """Return the notifications of a batch with every attempt."""
    said = yield from ask(get(f"{_batch(batch_id)}/deliveries"))
    return tuple(read(Delivery, delivery) for delivery in said)


def replay(delivery_id: str) -> Flow[str]:
    """Send a notification once more, now, under its old id, which is returned."""
    said = yield from ask(post(f"/deliveries/{quote(delivery_id, safe='')}/replay"))
    return str(member(said, "delivery_id"))


def pull_video(items: Iterable[WireItem], **options: Unpack[PullOptions]) -> Flow[PullReply]:
    """Call pullVideo of the wire contract and return its reply."""
    file_list = base64.urlsafe_b64encode(json.dumps(list(items), ensure_ascii=False).encode()).decode()
    reply: PullReply = yield from ask(_wire("pullVideo", {"fileList": file_list, **options}))
    member(reply, "data")
    return reply


def pull_video_query(*, task_id: str = "", trans_no: str = "") -> Flow[QueryReply]:
    """Call pullVideoQuery of the wire contract for one of the two ids and return its reply."""
    ids = {"taskId": task_id} if task_id else {"transNo": trans_no}
    reply: QueryReply = yield from ask(replace(_wire("pullVideoQuery", ids), may_repeat=True))
    member(reply, "data")
    return reply


class ProgressStream:
    """The progress stream of a batch: reads its lines, and begins it again when it breaks."""

    def __init__(self, batch_id: str, patience: Patience) -> None:
        self._first = get(f"{_batch(batch_id)}/progress")
        self._patience = patience
        self.call = self._first
        """Opens the stream, now or after a break."""
        self.is_over = False

    def read(self, line: str) -> Batch | None:
        """
        Return the batch that a line tells of, if any.

        Raises:
            NotFound: the batch was deleted.
        """
        if line == "event: deleted":
            raise NotFound("the batch was deleted")
        if not line.startswith("data: "):
            return None
        batch = read(Batch, json.loads(line.removeprefix("data: ")))
        self.call = self._first  # news: patience begins anew
        self.is_over = batch.is_final
        return batch

    def end(self) -> None:
        """Note that the stream ended, as it does when the batch is final and when the service stops."""
        if not self.is_over:
            self.broke(NoReply(reason="it ended the progress stream"))

    def broke(self, outcome: Outcome) -> None:
        """
        Note that the stream was refused, or broke.

        Raises:
            VodpullError: it is of no use to open it again.
        """
        again = self._patience.again(self.call, outcome)
        if again is None:
            raise error_of(outcome) or CallFailed("the progress stream was refused")
        self.call = again


def _batch(batch_id: str, position: int | None = None) -> str:
    path = f"/batches/{quote(batch_id, safe='')}"
    return path if position is None else f"{path}/jobs/{position:d}"


def _wire(name: str, body: dict[str, Any]) -> HttpCall:
    return HttpCall(method="POST", target=f"/vod/videoManage/{name}", body=body)
