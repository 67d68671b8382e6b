"""`/api/v1/errors`: the catalogue of error codes, for anybody. What each is over HTTP: `api/http/error_replies.py`."""

from __future__ import annotations

from fastapi import APIRouter

from vodpull.api.v1.shapes import Shape
from vodpull.errors import Fault, catalogue


class CatalogueEntry(Shape):
    """One code of the error catalogue."""

    code: str
    """Never changes between releases."""
    fault: Fault
    """Who has to act."""
    retryable: bool
    """It may pass by itself."""
    meaning: str
    """What happened."""
    remedy: str
    """What to do."""


def errors_router() -> APIRouter:
    """Return the route; it needs no key."""
    router = APIRouter(prefix="/api/v1/errors", tags=["errors"])

    @router.get("", operation_id="listErrors")
    def list_errors() -> list[CatalogueEntry]:
        """List the error codes: a closed catalogue."""
        return [
            CatalogueEntry(
                code=kind.code,
                fault=kind.fault,
                retryable=kind.retryable,
                meaning=(kind.__doc__ or "").strip().splitlines()[0],
                remedy=kind.remedy,
            )
            for kind in catalogue()
        ]

    return router
