"""Who calls `/api/v1`, and what all of its operations have in common."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from fastapi import Depends
from starlette.requests import Request

from vodpull.accounts.keys import LiveKey
from vodpull.api.http.access import Creator
from vodpull.api.http.context import ApiContext
from vodpull.api.v1.shapes import ProblemReply
from vodpull.jobs.idempotency import Fingerprint

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemReply, "content": {"application/problem+json": {}}}
    for status in (400, 401, 404, 409, 413, 422, 429, 503)
}


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who calls, and what the URLs in the answer begin with."""

    key: LiveKey
    base_url: str
    """Of the service, as this caller sees it."""
    known_by: tuple[Fingerprint, ...] = ()
    """What tells a call that makes something from others."""

    @property
    def files_url(self) -> str:
        """Return what the paths of stored files are below."""
        return f"{self.base_url.rstrip('/')}/media/"


class Callers:
    """Dependencies of endpoints: a caller that is known, and one whose call makes something."""

    def __init__(self, context: ApiContext) -> None:
        async def caller(request: Request, key: LiveKey = Depends(context.access.caller)) -> Caller:
            return Caller(key=key, base_url=context.public_url or str(request.base_url))

        async def creator(request: Request, known: Creator = Depends(context.access.creator)) -> Caller:
            return replace(await caller(request, known.key), known_by=known.known_by)

        self.caller = caller
        self.creator = creator
