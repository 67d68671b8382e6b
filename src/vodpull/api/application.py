"""
The HTTP application: all routers and what every request passes, in which order, joined.

Of a process that only works jobs: `worker_application.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from vodpull import __version__
from vodpull.api.cloudvod.file_upload.router import transfer_router
from vodpull.api.cloudvod.pull.status_query import StatusQuery, StatusQueryDoor
from vodpull.api.cloudvod.router import wire_router
from vodpull.api.cloudvod.schemas import WireProblem
from vodpull.api.http.context import ApiContext
from vodpull.api.http.every_request import Exchange
from vodpull.api.http.framework_errors import http_handler, problem_handler
from vodpull.api.http.health import health_router
from vodpull.api.http.imported_url_redirects import old_urls_router
from vodpull.api.http.keys.audit_lines import Audited
from vodpull.api.http.metrics_endpoint import metrics_router
from vodpull.api.http.openapi import DescribedApi
from vodpull.api.http.reply_counts import Watched
from vodpull.api.http.stored.content_key_replies import content_keys_router
from vodpull.api.http.stored.files import media_router
from vodpull.api.http.stored.publish_domain_paths import PublishDomains
from vodpull.api.http.swagger_page import docs_router
from vodpull.api.streamed_uploads import is_streamed
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
from vodpull.api.v1.tus_uploads.replies import TusReplies
from vodpull.api.v1.tus_uploads.routes import uploads_router
from vodpull.api.v1.videos.captions import captions_router
from vodpull.api.v1.videos.categories import categories_router
from vodpull.api.v1.videos.edits import edits_router
from vodpull.api.v1.videos.routes import videos_router
from vodpull.api.v1.videos.stills import stills_router
from vodpull.errors import VodpullError

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
    app.add_middleware(Exchange, language=context.language, is_streamed=partial(is_streamed, others=streamed))
    app.add_middleware(TusReplies)
    app.add_middleware(Watched, on_reply=context.on_reply)
    app.add_middleware(PublishDomains, domains=context.publish_domains)
    app.add_exception_handler(VodpullError, problem_handler(context))
    app.add_exception_handler(RequestValidationError, problem_handler(context))
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
    add_routes(app, routers)
    app.add_exception_handler(HTTPException, http_handler(routers, context.language))
    return app


def add_routes(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    """Add routes as they are: FastAPI's own way builds each of them a second time, and looks for one in two steps."""
    for router in routers:
        app.routes.extend(router.routes)


@asynccontextmanager
async def _closing(context: ApiContext, _: FastAPI) -> AsyncIterator[None]:
    yield
    await context.status.close()
