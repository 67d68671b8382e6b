"""The HTTP application: all routers and what every request passes, joined."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from vodpull import __version__
from vodpull.api.cloudvod.library.router import wire_router
from vodpull.api.cloudvod.schemas import WireProblem
from vodpull.api.cloudvod.status_query import StatusQuery, StatusQueryDoor
from vodpull.api.cloudvod.transfer.router import TRANSFER_PREFIXES, transfer_router
from vodpull.api.http.context import ApiContext
from vodpull.api.http.docs import docs_router
from vodpull.api.http.error_replies import OWN_PREFIX, no_path_reply, problem_of, problem_reply
from vodpull.api.http.exchange import Exchange
from vodpull.api.http.health import health_router
from vodpull.api.http.keys.audit import Audited, note_of
from vodpull.api.http.messages import Language
from vodpull.api.http.metrics_endpoint import MetricsDoor, Watched, metrics_router, note_wire_code
from vodpull.api.http.old_urls import old_urls_router
from vodpull.api.http.openapi import DescribedApi
from vodpull.api.http.stored.content_key_replies import content_keys_router
from vodpull.api.http.stored.files import media_router
from vodpull.api.http.stored.publish_domains import PublishDomains
from vodpull.api.v1.account import account_router
from vodpull.api.v1.audit import audit_router
from vodpull.api.v1.batches.routes import batches_router
from vodpull.api.v1.error_catalogue import errors_router
from vodpull.api.v1.imports.routes import imports_router
from vodpull.api.v1.materials import materials_router
from vodpull.api.v1.notices.callbacks import callbacks_router
from vodpull.api.v1.notices.deliveries import deliveries_router
from vodpull.api.v1.notices.events import events_router
from vodpull.api.v1.shapes import ProblemReply
from vodpull.api.v1.uploads.replies import TusReplies
from vodpull.api.v1.uploads.routes import UPLOADS_PREFIX, uploads_router
from vodpull.api.v1.videos.captions import captions_router
from vodpull.api.v1.videos.categories import categories_router
from vodpull.api.v1.videos.edits import edits_router
from vodpull.api.v1.videos.routes import videos_router
from vodpull.api.v1.videos.stills import stills_router
from vodpull.errors import FieldFault, MethodNotAllowed, NotFound, ParameterError, VodpullError

log = structlog.get_logger(__name__)


def status_query_of(context: ApiContext) -> StatusQuery:
    """Return what answers status queries."""
    return StatusQuery(context.status, context.access, language=context.language, compat=context.compat)


def create_api(context: ApiContext, query: StatusQuery, *, streamed: Sequence[str] = ()) -> FastAPI:
    """Return the whole HTTP application; `streamed`: paths below which others take files."""
    app = DescribedApi(
        shared=(ProblemReply, WireProblem),
        title="vodpull",
        version=__version__,
        summary="Video ingest: the Cloud VOD Video Fetch API, and vodpull's own.",
        docs_url=None,
        redoc_url=None,
        lifespan=partial(_closing, context),
    )
    app.add_middleware(Audited, audit=context.audit)
    app.add_middleware(StatusQueryDoor, query=query)
    app.add_middleware(Exchange, language=context.language, is_streamed=partial(_is_streamed, streamed))
    app.add_middleware(TusReplies)
    app.add_middleware(Watched, on_reply=context.on_reply)
    app.add_middleware(PublishDomains, domains=context.publish_domains)
    app.add_exception_handler(VodpullError, _problem_handler(context))
    app.add_exception_handler(RequestValidationError, _problem_handler(context))
    routers = (
        transfer_router(context.uploads, context.upload_limit),  # first: a file may come in a thousand requests
        wire_router(context, query),
        batches_router(context),
        deliveries_router(context),
        events_router(context),
        videos_router(context),
        uploads_router(context),
        captions_router(context),
        stills_router(context),
        edits_router(context),
        materials_router(context),
        imports_router(context),
        categories_router(context),
        callbacks_router(context),
        account_router(context),
        audit_router(context),
        errors_router(),
        health_router(context.is_ready),
        metrics_router(context.metrics),
        content_keys_router(context.gate),
        media_router(context.objects, context.gate),
        old_urls_router(context),
        docs_router(),
    )
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(HTTPException, _http_handler(routers, context.language))
    return app


@asynccontextmanager
async def _closing(context: ApiContext, _: FastAPI) -> AsyncIterator[None]:
    yield
    await context.status.close()


def _is_streamed(others: Sequence[str], scope: Scope) -> bool:
    """Tell whether a request brings a file; whoever signs instead of showing a secret sends small pieces of it."""
    path: str = scope["path"]
    if path.startswith(UPLOADS_PREFIX):
        return any(name == b"authorization" and value[:7].lower() == b"bearer " for name, value in scope["headers"])
    return path.startswith((*TRANSFER_PREFIXES, *others))


def create_health(is_ready: Callable[[], Awaitable[dict[str, bool]]], metrics: MetricsDoor) -> FastAPI:
    """Return the HTTP application of a process that only works: liveness, readiness and metrics."""
    app = FastAPI(title="vodpull worker", version=__version__, docs_url=None, redoc_url=None)
    app.add_middleware(Exchange, language="en")
    routers = (health_router(is_ready), metrics_router(metrics))
    for router in routers:
        app.include_router(router)
    app.add_exception_handler(HTTPException, _http_handler(routers, "en"))
    return app


def _problem_handler(context: ApiContext) -> Any:
    def reply(request: Request, error: Exception) -> Response:
        known = _as_parameter_error(request, error) if isinstance(error, RequestValidationError) else error
        note_wire_code(request, problem_of(known).code)
        note_of(request).outcome = known.code if isinstance(known, VodpullError) else ""
        return problem_reply(
            known, path=request.url.path, request_id=request.state.request_id, language=context.language
        )

    return reply


_REFUSALS = {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
"""What the framework says of a path, whoever it belongs to."""


def _http_handler(routers: tuple[APIRouter, ...], language: Language) -> Any:
    """What the framework itself refuses: no such path, not this method, a body that is no JSON."""

    async def reply(request: Request, error: HTTPException) -> Response:
        answer = await http_exception_handler(request, error)
        path, request_id = request.url.path, request.state.request_id
        if error.status_code in _REFUSALS or path.startswith(OWN_PREFIX):
            answer = no_path_reply(
                _as_request_error(request, error), path=path, request_id=request_id, language=language
            )
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            answer.headers["Allow"] = ", ".join(_methods(request, routers))
        return answer

    return reply


def _as_request_error(request: Request, error: HTTPException) -> VodpullError:
    if error.status_code == HTTPStatus.NOT_FOUND:
        return NotFound("there is no such path", remedy="Look at /docs, which lists every path.")
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return MethodNotAllowed(f"this path has no {request.method}")
    return ParameterError("the body cannot be read", field="body")


def _methods(request: Request, routers: tuple[APIRouter, ...]) -> list[str]:
    """Return every method of a path: the framework names only those of the first route that fits."""
    routes = [route for router in routers for route in router.routes if isinstance(route, Route)]
    fitting = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    return sorted({method for route in fitting for method in route.methods or ()})


def _as_parameter_error(request: Request, error: RequestValidationError) -> ParameterError:
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return _broken_json(str(error.body), at=int(first["loc"][1]), why=str(first["ctx"]["error"]))
    if first["loc"] == ("body",) and "json" not in request.headers.get("content-type", ""):
        remedy = "Send the body as JSON with the header `Content-Type: application/json`."
        return ParameterError("the body is not sent as JSON", field="body", remedy=remedy)
    faults = tuple(FieldFault(field=_field(each["loc"]), message=str(each["msg"])) for each in error.errors())
    refused = ParameterError(faults[0].message, field=faults[0].field)
    refused.faults = faults
    return refused


def _field(place: Sequence[str | int]) -> str:
    """Return the name of a member by its place: `items.0.url`."""
    return ".".join(str(part) for part in place[1:]) or str(place[0])


def _broken_json(text: str, *, at: int, why: str) -> ParameterError:
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return ParameterError(f"the body is not valid JSON at line {line}, column {column}: {why}", field="body")
