"""The endpoints: parse, one call, render."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from starlette.requests import Request

from vodpull import __version__
from vodpull.api import replies
from vodpull.api.auth import SignedRequest, authenticate, authenticate_bearer
from vodpull.api.context import ApiContext
from vodpull.api.exchange import RequestIds, read_signed_request
from vodpull.api.media import media_router
from vodpull.api.problems import problem_of
from vodpull.api.requests import parse_pull, parse_query, read_parameters
from vodpull.api.schemas import BatchReply, PullReply, QueryReply, batch_reply
from vodpull.clock import now_ms, now_s
from vodpull.errors import NotFound, ParameterError, PermissionDenied, VodpullError
from vodpull.jobs.accounts import LiveKey
from vodpull.jobs.model import BatchView

log = structlog.get_logger(__name__)

Reply = dict[str, Any]


def create_api(context: ApiContext) -> FastAPI:
    """Return the whole HTTP application."""
    app = FastAPI(title="vodpull", version=__version__, docs_url=None, redoc_url=None)
    app.add_middleware(RequestIds)
    app.include_router(_wire_router(context))
    app.include_router(_own_router(context))
    app.include_router(_health_router(context))
    app.include_router(media_router(context.objects))
    return app


def _wire_router(context: ApiContext) -> APIRouter:
    """The Cloud VOD contract: GET or POST, JSON or form, always signed."""
    router = APIRouter(prefix="/vod/videoManage", tags=["Cloud VOD"])

    @router.api_route("/pullVideo", methods=["POST", "GET"], response_model=PullReply, operation_id="pullVideo")
    async def pull_video(request: Request) -> JSONResponse:
        """Accept up to 50 sources; the answer means that they are committed."""
        return await _answer(context, request, lambda signed, caller: _pull(context, signed, caller))

    @router.api_route(
        "/pullVideoQuery", methods=["POST", "GET"], response_model=QueryReply, operation_id="pullVideoQuery"
    )
    async def pull_video_query(request: Request) -> JSONResponse:
        """Tell where a task is."""
        return await _answer(context, request, lambda signed, caller: _query(context, signed, caller))

    return router


def _own_router(context: ApiContext) -> APIRouter:
    """What the contract cannot say; signed as above, or with `Bearer <accessKey>.<secretKey>`."""
    router = APIRouter(prefix="/api/v1", tags=["vodpull"])

    @router.get("/batches/{batch_id}", response_model=BatchReply, operation_id="readBatch")
    async def read_batch(batch_id: str, request: Request) -> JSONResponse:
        """Tell how far each job of a batch is: stage, percent, bytes, error."""

        def read(_: SignedRequest, caller: LiveKey) -> Reply:
            view = context.store.find_batch(batch_id)
            if view is None or view.batch.account_id != caller.account_id:
                raise NotFound("there is no such batch")
            return batch_reply(view)

        return await _answer(context, request, read)

    return router


def _health_router(context: ApiContext) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/healthz", operation_id="healthz")
    async def healthz() -> dict[str, str]:
        """Answer as long as the process lives."""
        return {"status": "ok", "version": __version__}

    @router.get("/readyz", operation_id="readyz")
    async def readyz() -> JSONResponse:
        """Answer 200 when work can be accepted, else 503 and what is missing."""
        parts = await context.is_ready()
        return JSONResponse(parts, status_code=200 if all(parts.values()) else 503)

    return router


async def _answer(
    context: ApiContext, request: Request, act: Callable[[SignedRequest, LiveKey], Reply]
) -> JSONResponse:
    """Read, authenticate, act and reply; the work is done in a thread, as it waits for the database."""
    try:
        signed = await read_signed_request(request)
        return JSONResponse(await run_in_threadpool(lambda: act(signed, _caller(context, signed))))
    except VodpullError as error:
        problem = problem_of(error, language=context.language)
    except Exception as error:
        log.exception("request failed", request_id=request.state.request_id, path=request.url.path)
        problem = problem_of(error, language=context.language)
    return JSONResponse(replies.error_body(problem), status_code=problem.http_status)


def _caller(context: ApiContext, signed: SignedRequest) -> LiveKey:
    authorization = signed.headers.get("authorization", "")
    if signed.path.startswith("/api/v1/") and authorization[:7].lower() == "bearer ":
        return authenticate_bearer(authorization, keys=context.find_key)
    return authenticate(signed, keys=context.find_key, now_s=now_s())


def _pull(context: ApiContext, signed: SignedRequest, caller: LiveKey) -> Reply:
    view = context.intake.accept(parse_pull(_parameters(signed)), caller)
    log.info("batch accepted", batch=view.batch.batch_id, jobs=len(view.jobs))
    return replies.pull_reply(view.batch, language=context.language)


def _query(context: ApiContext, signed: SignedRequest, caller: LiveKey) -> Reply:
    asked = parse_query(_parameters(signed))
    view = _find(context, caller, task_id=asked.task_id, trans_no=asked.trans_no)
    return replies.query_reply(view, now_ms=now_ms(), compat=context.compat, language=context.language)


def _find(context: ApiContext, caller: LiveKey, *, task_id: str | None, trans_no: str | None) -> BatchView:
    if task_id is None:
        view = context.store.find_newest(caller.account_id, trans_no or "")
        if view is None:
            raise ParameterError("there is no task with this transNo", field="transNo")
        return view
    view = context.store.find_batch(task_id)
    if view is None:
        raise ParameterError("there is no task with this taskId", field="taskId")
    if view.batch.account_id != caller.account_id:
        raise PermissionDenied("the task belongs to another account", field="taskId")
    return view


def _parameters(signed: SignedRequest) -> dict[str, Any]:
    return read_parameters(
        method=signed.method,
        content_type=signed.headers.get("content-type", ""),
        body=signed.body,
        query=signed.query,
    )
