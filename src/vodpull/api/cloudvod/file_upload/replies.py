"""What the paths that files come in by answer: JSON, statuses of their own, and headers that their clients need."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from vodpull.database.connection_errors import as_outage
from vodpull.errors import (
    QuotaExceeded,
    UploadBucketUnknown,
    UploadComplete,
    UploadDamaged,
    UploadIncomplete,
    UploadMalformed,
    UploadMisplaced,
    UploadTokenInvalid,
    UploadTooLarge,
    VodpullError,
)

BUCKET_UNKNOWN, DAMAGED, TRY_AGAIN = 631, 701, 599
"""Statuses that only this protocol has; clients send again what was answered with the last one."""

_STATUSES: Mapping[type[VodpullError], int] = {
    QuotaExceeded: HTTPStatus.UNAUTHORIZED,
    UploadBucketUnknown: BUCKET_UNKNOWN,
    UploadComplete: HTTPStatus.NOT_ACCEPTABLE,
    UploadDamaged: DAMAGED,
    UploadIncomplete: HTTPStatus.PRECONDITION_FAILED,
    UploadMalformed: HTTPStatus.BAD_REQUEST,
    UploadMisplaced: HTTPStatus.UNAUTHORIZED,
    UploadTokenInvalid: HTTPStatus.UNAUTHORIZED,
    UploadTooLarge: HTTPStatus.UNAUTHORIZED,
}

_HEADERS = "authorization, uploadbatch, key, mimetype, deadline, content-type"

log = structlog.get_logger(__name__)


def answer(request: Request, body: Mapping[str, Any], *, status: int = HTTPStatus.OK) -> Response:
    """Return a reply with what every reply has."""
    headers = {
        "X-Reqid": request.state.request_id,
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "X-Reqid",
        "Cache-Control": "no-store",
    }
    return JSONResponse(dict(body), status_code=int(status), headers=headers)


def preflight(request: Request) -> Response:
    """Return what a browser asks before it sends a file from another site."""
    reply = answer(request, {})
    reply.headers["Access-Control-Allow-Methods"] = "POST"
    reply.headers["Access-Control-Allow-Headers"] = _HEADERS
    reply.headers["Access-Control-Max-Age"] = "86400"
    return reply


def no_method(request: Request) -> Response:
    """Return the reply to any method but POST."""
    status = HTTPStatus.METHOD_NOT_ALLOWED
    reply = answer(request, {"code": str(int(status)), "message": status.phrase}, status=status)
    reply.headers["Allow"] = "POST, OPTIONS"
    return reply


def refusal(request: Request, error: Exception) -> Response:
    """Return the reply to what cannot be taken: final where that is so, else what makes clients send it again."""
    status = next((_STATUSES[kind] for kind in type(error).__mro__ if kind in _STATUSES), TRY_AGAIN)
    if status != TRY_AGAIN:
        return answer(request, {"code": str(int(status)), "message": str(error)}, status=status)
    if isinstance(error, VodpullError) or as_outage(error) is not None:
        log.warning("upload cannot be taken now", path=request.url.path, error=type(error).__name__)
    else:
        log.error("upload failed", path=request.url.path, exc_info=error)
    return answer(request, {"code": str(TRY_AGAIN), "message": "try again"}, status=TRY_AGAIN)
