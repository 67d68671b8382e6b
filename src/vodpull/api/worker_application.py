"""The HTTP application of a process that only works jobs: it answers for its health and its metrics, nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI
from starlette.exceptions import HTTPException

from vodpull import __version__
from vodpull.api.application import add_routes
from vodpull.api.http.every_request import Exchange
from vodpull.api.http.framework_errors import http_handler
from vodpull.api.http.health import health_router
from vodpull.api.http.metrics_endpoint import MetricsDoor, metrics_router


def create_health(is_ready: Callable[[], Awaitable[dict[str, bool]]], metrics: MetricsDoor) -> FastAPI:
    """Return the HTTP application of a process that only works: liveness, readiness and metrics."""
    app = FastAPI(title="vodpull worker", version=__version__, docs_url=None, redoc_url=None)
    app.add_middleware(Exchange, language="en")
    routers = (health_router(is_ready), metrics_router(metrics))
    add_routes(app, routers)
    app.add_exception_handler(HTTPException, http_handler(routers, "en"))
    return app
