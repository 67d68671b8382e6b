"""`/api/v1/batches`: what the wire contract cannot say of a batch: progress, timeline, cancel, retry, deliveries."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response, StreamingResponse

from vodpull.api.http.context import ApiContext
from vodpull.api.http.keys.authenticate_before_body import known_first
from vodpull.api.v1.batches.progress_streams import News, ProgressStreams
from vodpull.api.v1.batches.shapes import BatchPage, BatchReply, JobReply, NewBatch, State
from vodpull.api.v1.batches.views import batch_page_json, batch_reply, job_reply
from vodpull.api.v1.caller_and_query import PROBLEMS, Caller, Callers
from vodpull.api.v1.idempotency_keys import IdempotencyKey, asked_of_batch, known_by_key
from vodpull.api.v1.notices.deliveries import DeliveryReply, delivery_reply
from vodpull.api.v1.sidecars import sidecars_of
from vodpull.clock import now_ms
from vodpull.errors import NotFound
from vodpull.jobs.cursors import CURSOR_PATTERN
from vodpull.jobs.model import BatchView, Job
from vodpull.jobs.states_and_codes import Stage
from vodpull.jobs.status.listing import MAX_PAGE, Filter
from vodpull.jobs.submission.file_and_video_names import name_in_url
from vodpull.jobs.submission.pull_request_limits import MAX_ITEMS, MAX_TRANS_NO_CHARS, PullItem, PullRequest
from vodpull.wire_values import ID_PATTERN, TEXT_PATTERN

STREAMED = "`progress` events; each `data` is a batch. `deleted` ends the stream of a batch that was deleted."

BatchId = Annotated[str, Path(pattern=f"^{ID_PATTERN}$", description="`batch_id` of a batch; the wire's `taskId`.")]
JobId = Annotated[str, Path(pattern=f"^{ID_PATTERN}$", description="`job_id` of a job.")]
Position = Annotated[int, Path(ge=0, lt=MAX_ITEMS, description="Place of the job in its batch, from 0.")]


def batches_router(context: ApiContext) -> APIRouter:
    """Return the routes; every one needs a signed request or `Bearer <accessKey>.<secretKey>`."""
    router = APIRouter(prefix="/api/v1", tags=["batches"], responses=PROBLEMS, route_class=known_first(context.access))
    _add_batches(router, _Desk(context))
    _add_jobs(router, _Desk(context))
    _add_changes(router, _Desk(context))
    _add_deliveries(router, _Desk(context))
    _add_deletions(router, _Desk(context))
    return router


class _Desk:
    """One call to each thing behind the endpoints, for one caller."""

    def __init__(self, context: ApiContext) -> None:
        callers = Callers(context)
        self.context = context
        self.caller = callers.caller
        self.creator = callers.creator

    def view(self, batch_id: str, caller: Caller) -> BatchView:
        view = self.context.store.find_batch(batch_id)
        if view is None or view.batch.account_id != caller.key.account_id:
            raise NotFound("there is no such batch")
        return view

    def job_view(self, batch_id: str, position: int, caller: Caller) -> BatchView:
        view = self.view(batch_id, caller)
        if view.at(position) is None:
            raise NotFound("the batch has no such job")
        return view

    def shown(self, view: BatchView, caller: Caller) -> BatchReply:
        times = self.context.listing.timeline(view.batch.batch_id)
        return batch_reply(view, times, now_ms=now_ms(), files_url=caller.files_url)

    def shown_job(self, view: BatchView, caller: Caller, which: Callable[[Job], bool]) -> JobReply:
        times = self.context.listing.timeline(view.batch.batch_id)
        job = next(job for job in view.jobs if which(job))
        return job_reply(job, times, now_ms=now_ms(), files_url=caller.files_url)

    def news(self, batch_id: str, files_url: str) -> News | None:
        view = self.context.store.find_batch(batch_id)
        if view is None:
            return None
        times = self.context.listing.timeline(view.batch.batch_id)
        shown = batch_reply(view, times, now_ms=now_ms(), files_url=files_url)
        return News(text=json.dumps(shown.model_dump(mode="json"), ensure_ascii=False), is_final=shown.is_final)

    def read_job(self, job_id: str, caller: Caller) -> JobReply:
        view = self.context.store.find_batch_of(job_id)
        if view is None or view.batch.account_id != caller.key.account_id:
            raise NotFound("there is no such job")
        return self.shown_job(view, caller, lambda job: job.job_id == job_id)

    def read(self, batch_id: str, caller: Caller) -> BatchReply:
        return self.shown(self.view(batch_id, caller), caller)

    def create(self, body: NewBatch, caller: Caller, key: str) -> BatchReply:
        known_by = known_by_key(caller, key, asked=asked_of_batch(body))
        view = self.context.intake.accept(_request(body), caller.key, known_by=known_by)
        return self.shown(view, caller)

    def page(self, wanted: Filter, caller: Caller, *, limit: int, cursor: str) -> Response:
        found, following = self.context.listing.briefs(wanted, limit=limit, cursor=cursor)
        page = batch_page_json(found, following, now_ms=now_ms(), files_url=caller.files_url)
        return Response(page, media_type="application/json")

    def cancel(self, view: BatchView, caller: Caller, position: int | None = None) -> BatchReply:
        self.context.control.cancel(view, position=position)
        return self.read(view.batch.batch_id, caller)

    def retry(self, view: BatchView, caller: Caller, position: int | None = None) -> BatchReply:
        self.context.control.retry(view, position=position)
        return self.read(view.batch.batch_id, caller)


def _add_batches(router: APIRouter, desk: _Desk) -> None:
    waiters = desk.context.waiters
    streams = ProgressStreams(desk.context.access.is_live, waiters=waiters)

    @router.post("/batches", status_code=201, operation_id="createBatch")
    def create_batch(
        body: NewBatch, caller: Caller = Depends(desk.creator), idempotency_key: IdempotencyKey = ""
    ) -> BatchReply:
        """Accept a batch; with the same `Idempotency-Key` again, the first answer for 24 hours."""
        return desk.create(body, caller, idempotency_key)

    @router.get("/batches", operation_id="listBatches", response_model=BatchPage)
    def list_batches(
        state: Annotated[State | None, Query(description="Only batches of this state.")] = None,
        trans_no: Annotated[
            str | None,
            Query(
                max_length=MAX_TRANS_NO_CHARS, pattern=TEXT_PATTERN, description="Only batches with this id of yours."
            ),
        ] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Most batches of a page.")] = 20,
        cursor: Annotated[
            str, Query(pattern=CURSOR_PATTERN, description="`next_cursor` of the page before; empty: the first page.")
        ] = "",
        caller: Caller = Depends(desk.caller),
    ) -> Response:
        """List the account's batches, newest first; `failed` are those with a job that failed."""
        is_final = {"running": False, "completed": True}.get(state or "")
        stage = Stage.FAILED if state == "failed" else None
        wanted = Filter(account_id=caller.key.account_id, trans_no=trans_no, is_final=is_final, stage=stage)
        return desk.page(wanted, caller, limit=limit, cursor=cursor)

    @router.get("/batches/{batch_id}", operation_id="readBatch")
    def read_batch(batch_id: BatchId, caller: Caller = Depends(desk.caller)) -> BatchReply:
        """Tell how far each job of a batch is."""
        return desk.read(batch_id, caller)

    @router.get(
        "/batches/{batch_id}/progress",
        operation_id="streamProgress",
        response_class=StreamingResponse,
        responses={200: {"description": STREAMED, "content": {"text/event-stream": {}}}},
    )
    async def stream_progress(batch_id: BatchId, caller: Caller = Depends(desk.caller)) -> StreamingResponse:
        """Stream the batch as server-sent events, one for each change, until it is final or deleted."""
        waiters.check(caller.key.access_key)
        await run_in_threadpool(desk.view, batch_id, caller)
        news = partial(desk.news, batch_id, caller.files_url)
        told = streams.listen((batch_id, caller.files_url), news, access_key=caller.key.access_key)
        return StreamingResponse(told, media_type="text/event-stream")


def _add_jobs(router: APIRouter, desk: _Desk) -> None:
    @router.get("/jobs/{job_id}", operation_id="readJob")
    def read_job(job_id: JobId, caller: Caller = Depends(desk.caller)) -> JobReply:
        """Tell how far one job is, by its own id."""
        return desk.read_job(job_id, caller)

    @router.get("/batches/{batch_id}/jobs/{position}", operation_id="readJobOfBatch")
    def read_job_of_batch(batch_id: BatchId, position: Position, caller: Caller = Depends(desk.caller)) -> JobReply:
        """Tell how far one job is, by its place in the batch."""
        view = desk.job_view(batch_id, position, caller)
        return desk.shown_job(view, caller, lambda job: job.position == position)


def _add_changes(router: APIRouter, desk: _Desk) -> None:
    @router.post("/batches/{batch_id}/cancel", operation_id="cancelBatch")
    def cancel_batch(batch_id: BatchId, caller: Caller = Depends(desk.caller)) -> BatchReply:
        """Stop every job that is under way."""
        return desk.cancel(desk.view(batch_id, caller), caller)

    @router.post("/batches/{batch_id}/retry", operation_id="retryBatch")
    def retry_batch(batch_id: BatchId, caller: Caller = Depends(desk.caller)) -> BatchReply:
        """Start every failed, cancelled or waiting job now: what waits for its next try waits no longer."""
        return desk.retry(desk.view(batch_id, caller), caller)

    @router.post("/batches/{batch_id}/jobs/{position}/cancel", operation_id="cancelJob")
    def cancel_job(batch_id: BatchId, position: Position, caller: Caller = Depends(desk.caller)) -> BatchReply:
        """Stop one job."""
        return desk.cancel(desk.job_view(batch_id, position, caller), caller, position)

    @router.post("/batches/{batch_id}/jobs/{position}/retry", operation_id="retryJob")
    def retry_job(batch_id: BatchId, position: Position, caller: Caller = Depends(desk.caller)) -> BatchReply:
        """Start one failed or cancelled job again, or now if it waits for its next try."""
        return desk.retry(desk.job_view(batch_id, position, caller), caller, position)


def _add_deletions(router: APIRouter, desk: _Desk) -> None:
    @router.delete("/batches/{batch_id}", status_code=204, operation_id="deleteBatch", responses=_GOING)
    async def delete_batch(batch_id: BatchId, caller: Caller = Depends(desk.caller)) -> Response:
        """Stop what is under way and delete the batch with its files; again within a day is the same."""
        return _gone(at_once=await desk.context.batch_deletion.delete(batch_id, account_id=caller.key.account_id))

    @router.delete("/batches/{batch_id}/jobs/{position}", status_code=204, operation_id="deleteJob", responses=_GOING)
    async def delete_job(batch_id: BatchId, position: Position, caller: Caller = Depends(desk.caller)) -> Response:
        """Stop one job and delete its files; the batch still tells that there was one."""
        at_once = await desk.context.batch_deletion.delete(
            batch_id, account_id=caller.key.account_id, position=position
        )
        return _gone(at_once=at_once)


_GOING: dict[int | str, dict[str, Any]] = {202: {"description": "Deleted; files go within minutes."}}


def _gone(*, at_once: bool) -> Response:
    return Response(status_code=204 if at_once else 202)


def _add_deliveries(router: APIRouter, desk: _Desk) -> None:
    @router.get("/batches/{batch_id}/deliveries", operation_id="listDeliveries")
    def list_deliveries(batch_id: BatchId, caller: Caller = Depends(desk.caller)) -> list[DeliveryReply]:
        """List all notifications of a batch with every attempt, oldest first; `/api/v1/deliveries` has pages."""
        desk.view(batch_id, caller)
        return [delivery_reply(*found) for found in desk.context.deliveries.list_for(batch_id)]


def _request(body: NewBatch) -> PullRequest:
    return PullRequest(
        trans_no=body.trans_no or None,
        template=body.template or None,
        notify_url=body.notify_url or None,
        separate=body.separate,
        fetch_ts=body.fetch_ts,
        priority=body.priority,
        metadata=body.metadata,
        items=tuple(
            PullItem(
                file_name=item.name or name_in_url(item.url),
                fetch_url=item.url,
                md5=item.md5,
                captions=sidecars_of(item.captions, field=f"items.{position}.captions"),
            )
            for position, item in enumerate(body.items)
        ),
    )
