"""What probes ask: whether the process lives, and whether it can take work; what that needs says `app/readiness.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from vodpull import __version__


def health_router(is_ready: Callable[[], Awaitable[dict[str, bool]]]) -> APIRouter:
    """Return the routes of probes; `is_ready` tells which parts work."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz", operation_id="healthz")
    async def healthz() -> dict[str, str]:
        """Answer as long as the process lives."""
        return {"status": "ok", "version": __version__}

    @router.get("/readyz", operation_id="readyz", responses={503: {"description": "Something is missing."}})
    async def readyz() -> dict[str, bool]:
        """Answer 200 when work can be accepted, else 503 and what is missing."""
        parts = await is_ready()
        return JSONResponse(parts, status_code=200 if all(parts.values()) else 503)  # type: ignore[return-value]

    return router
