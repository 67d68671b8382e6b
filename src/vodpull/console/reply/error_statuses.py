"""Which HTTP status the console answers an error with, and which error of the catalogue others are on a page."""

from __future__ import annotations

from http import HTTPStatus

from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from vodpull.database.connection_errors import as_outage
from vodpull.errors import (
    InternalError,
    MethodNotAllowed,
    NotFound,
    VodpullError,
)

_STATUS = {
    "not_found": HTTPStatus.NOT_FOUND,
    "form_refused": HTTPStatus.FORBIDDEN,
    "not_authenticated": HTTPStatus.FORBIDDEN,
    "no_permission": HTTPStatus.FORBIDDEN,
    "not_allowed_now": HTTPStatus.CONFLICT,
    "occupied": HTTPStatus.CONFLICT,
    "request_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "database_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "storage_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "storage_full": HTTPStatus.SERVICE_UNAVAILABLE,
    "upload_misplaced": HTTPStatus.CONFLICT,
    "upload_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "rate_limited": HTTPStatus.TOO_MANY_REQUESTS,
}


def status_of(error: VodpullError) -> HTTPStatus:
    """Return the HTTP status of a page that shows an error."""
    fallback = HTTPStatus.BAD_REQUEST if error.fault == "client" else HTTPStatus.INTERNAL_SERVER_ERROR
    return _STATUS.get(error.code, fallback)


def as_known(error: Exception) -> tuple[VodpullError, int]:
    """
    Return what the page says of an error that no handler has dealt with, and its status.

    Raises:
        SQLAlchemyError: it is a fault of ours in the database, not its absence.
    """
    outage = as_outage(error)
    if outage is not None:
        return outage, HTTPStatus.SERVICE_UNAVAILABLE
    if isinstance(error, SQLAlchemyError):
        raise error
    status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    if status == HTTPStatus.NOT_FOUND:
        return NotFound("there is no such page"), status
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        return MethodNotAllowed("this page cannot be called like that"), status
    return InternalError("unexpected"), status
