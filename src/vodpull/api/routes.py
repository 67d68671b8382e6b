"""The HTTP application: the wire contract's endpoints, health, and the other routers joined."""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.requests import Request
from starlette.responses import Response

from vodpull import __version__
from vodpull.api import replies
from vodpull.api.auth import SignedRequest
from vodpull.api.batches import batches_router
from vodpull.api.context import ApiContext
from vodpull.api.docs import docs_router
from vodpull.api.events import events_router
from vodpull.api.exchange import Exchange
from vodpull.api.media import media_router
from vodpull.api.problems import problem_reply
from vodpull.api.requests import parse_pull, parse_query, read_parameters
from vodpull.api.schemas import PullReply, QueryReply, wire_operation
from vodpull.clock import now_ms
from vodpull.errors import ParameterError, PermissionDenied, VodpullError
from vodpull.jobs.accounts import LiveKey
from vodpull.jobs.memory import signed_fingerprint
from vodpull.jobs.model import BatchView

log = structlog.get_logger(__name__)


def create_api(context: ApiContext) -> FastAPI:
    """Return the whole HTTP application."""
    app = FastAPI(
        title="vodpull",
        version=__version__,
        summary="Video ingest: the Cloud VOD Video Fetch API, and vodpull's own.",
        docs_url=None,
        redoc_url=None,
    )
    app.add_middleware(Exchange, language=context.language)
    app.add_exception_handler(VodpullError, _problem_handler(context))
    app.add_exception_handler(RequestValidationError, _problem_handler(context))
    for router in (
        _wire_router(context),
        batches_router(context),
        events_router(context),
        _health_router(context),
        media_router(context.objects),
        docs_router(),
    ):
        app.include_router(router)
    return app


def _problem_handler(context: ApiContext) -> Any:
    def reply(request: Request, error: Exception) -> Response:
        known = _as_parameter_error(error) if isinstance(error, RequestValidationError) else error
        return problem_reply(
            known, path=request.url.path, request_id=request.state.request_id, language=context.language
        )

    return reply


def _as_parameter_error(error: RequestValidationError) -> ParameterError:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    return ParameterError(str(first["msg"]), field=field)


def _wire_router(context: ApiContext) -> APIRouter:
    """The Cloud VOD contract: GET or POST, JSON or form, always signed."""
    router = APIRouter(prefix="/vod/videoManage", tags=["Cloud VOD"])

    @router.post("/pullVideo", response_model=PullReply, **wire_operation("pullVideo"))
    @router.get("/pullVideo", response_model=PullReply, **wire_operation("pullVideo", get=True))
    async def pull_video(request: Request) -> Response:
        """Accept up to 50 sources; the answer means that they are committed."""
        signed, caller = await context.access.admit(request)
        return JSONResponse(await run_in_threadpool(_pull, context, signed, caller))

    @router.post("/pullVideoQuery", response_model=QueryReply, **wire_operation("pullVideoQuery"))
    @router.get("/pullVideoQuery", response_model=QueryReply, **wire_operation("pullVideoQuery", get=True))
    async def pull_video_query(request: Request) -> Response:
        """Tell where a task is."""
        signed, caller = await context.access.admit(request)
        return JSONResponse(await run_in_threadpool(_query, context, signed, caller))

    return router


def _health_router(context: ApiContext) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/healthz", operation_id="healthz")
    async def healthz() -> dict[str, str]:
        """Answer as long as the process lives."""
        return {"status": "ok", "version": __version__}

    @router.get("/readyz", operation_id="readyz", responses={503: {"description": "Something is missing."}})
    async def readyz() -> dict[str, bool]:
        """Answer 200 when work can be accepted, else 503 and what is missing."""
        parts = await context.is_ready()
        return JSONResponse(parts, status_code=200 if all(parts.values()) else 503)  # type: ignore[return-value]

    return router


def _pull(context: ApiContext, signed: SignedRequest, caller: LiveKey) -> dict[str, Any]:
    request = parse_pull(_parameters(signed))
    # The same signature over the same bytes is the same request sent again, not a second one.
    authorization = signed.headers.get("authorization", "")
    known_by = signed_fingerprint(caller.access_key, authorization, signed.query, content=signed.body)
    view = context.intake.accept(request, caller, known_by=known_by)
    log.info("batch accepted", batch=view.batch.batch_id, jobs=len(view.jobs))
    return replies.pull_reply(view.batch, language=context.language)


def _query(context: ApiContext, signed: SignedRequest, caller: LiveKey) -> dict[str, Any]:
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
