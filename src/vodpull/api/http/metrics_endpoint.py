"""The endpoint that Prometheus scrapes. Under which route and code replies are counted there: `reply_counts.py`."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""The text format that every Prometheus reads."""


@dataclass(frozen=True, kw_only=True)
class MetricsDoor:
    """What stands behind `/metrics`."""

    render: Callable[[], bytes]
    """Return all figures as text; called from a thread."""
    token: str = ""
    """What a scraper must send as a bearer token; empty: nothing."""


def metrics_router(door: MetricsDoor) -> APIRouter:
    """Return the endpoint. Open unless there is a token, as it tells counts and sizes only."""
    router = APIRouter(tags=["health"])

    @router.get(
        "/metrics",
        operation_id="metrics",
        response_class=PlainTextResponse,
        responses={401: {"description": "A token is asked for, and it was not sent."}},
    )
    async def metrics(request: Request) -> Response:
        """Give the figures of this process and of the installation, for Prometheus."""
        if door.token and not _knows(request, door.token):
            refused = HTTPStatus.UNAUTHORIZED
            return PlainTextResponse(f"{refused.phrase}\n", refused, headers={"WWW-Authenticate": "Bearer"})
        return Response(await run_in_threadpool(door.render), media_type=CONTENT_TYPE)

    return router


def _knows(request: Request, token: str) -> bool:
    given = request.headers.get("authorization", "")
    return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
