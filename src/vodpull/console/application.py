"""The console as one application, to be mounted at `/console`."""

from __future__ import annotations

from http import HTTPStatus

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from vodpull.console.context import ConsoleContext
from vodpull.console.gate import Gate
from vodpull.console.pages.accounts.callbacks import callback_routes
from vodpull.console.pages.accounts.keys import key_routes
from vodpull.console.pages.accounts.playback import playback_routes
from vodpull.console.pages.imports import import_routes
from vodpull.console.pages.inspector import inspector_routes
from vodpull.console.pages.overview import overview_routes
from vodpull.console.pages.people.audit import audit_routes
from vodpull.console.pages.people.login import login_routes
from vodpull.console.pages.people.openid import openid_routes
from vodpull.console.pages.people.operators import operator_routes
from vodpull.console.pages.people.own_account import account_routes
from vodpull.console.pages.people.sign_in_limits import Attempts
from vodpull.console.pages.system import system_routes
from vodpull.console.pages.task import task_routes
from vodpull.console.pages.task_list import home_routes
from vodpull.console.pages.videos.captions import caption_routes
from vodpull.console.pages.videos.edits import edit_routes
from vodpull.console.pages.videos.library import library_routes
from vodpull.console.pages.videos.materials import material_routes
from vodpull.console.pages.videos.uploads import upload_routes
from vodpull.console.pages.videos.video import video_routes
from vodpull.console.reply.assets import read_asset
from vodpull.console.reply.error_statuses import as_known
from vodpull.console.reply.live_streams import Live
from vodpull.console.reply.rendering import Pages
from vodpull.console.reply.security_headers import SecurityHeaders
from vodpull.errors import VodpullError


def create_console(context: ConsoleContext) -> Starlette:
    """Return the pages. Who may call what stands in `needed_roles.py`."""
    pages = Pages()
    gate = Gate(context.sessions, context.audit, pages)
    attempts, streams = Attempts(context.store.engine), Live(context.follow)
    routes = [
        Route("/static/{name}", read_asset, methods=["GET"]),
        *login_routes(gate, pages, context, attempts=attempts),
        *openid_routes(gate, context, attempts=attempts),
        *account_routes(gate, pages, context, attempts=attempts),
        *operator_routes(gate, pages, context),
        *audit_routes(gate, pages, context),
        *home_routes(gate, pages, context, streams=streams),
        *task_routes(gate, pages, context, streams=streams),
        *library_routes(gate, pages, context, streams=streams),
        *video_routes(gate, pages, context, streams=streams),
        *caption_routes(gate, pages, context),
        *import_routes(gate, pages, context),
        *overview_routes(gate, pages, context),
        *edit_routes(gate, pages, context),
        *upload_routes(gate, pages, context),
        *material_routes(gate, pages, context),
        *key_routes(gate, pages, context),
        *callback_routes(gate, context),
        *playback_routes(gate, pages, context),
        *inspector_routes(gate, pages, context),
        *system_routes(gate, pages, context),
    ]

    async def refuse(request: Request, error: Exception) -> Response:
        known, status = as_known(error)
        if status != HTTPStatus.SERVICE_UNAVAILABLE:
            return pages.failure(await run_in_threadpool(gate.visit_of, request), known, status=status)
        # Whose session it is cannot be looked up now, either.
        page = pages.failure(gate.visit_of_nobody(request), known, status=status)
        page.headers["Retry-After"] = str(RETRY_AFTER_S)
        return page

    return Starlette(
        routes=routes,
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={HTTPException: refuse, VodpullError: refuse, SQLAlchemyError: refuse},
    )


RETRY_AFTER_S = 5
"""How long a browser is asked to wait while the database is away."""
