"""
What all operations of `/api/v1` depend on: who calls, and that no unknown parameter stands in the query.

What a repeated call that makes something is answered: `idempotency_keys.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from fastapi import Depends
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request

from vodpull.accounts.access_keys import LiveKey
from vodpull.api.http.context import ApiContext
from vodpull.api.http.keys.authentication import Creator
from vodpull.api.http.openapi import Responses, reply_of
from vodpull.api.v1.shapes import ProblemReply
from vodpull.errors import FieldFault, ParameterError
from vodpull.jobs.submission.remembered_requests import Fingerprint

PROBLEMS: Responses = {
    status: reply_of(ProblemReply, media_type="application/problem+json")
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
    """Dependencies of endpoints: a caller that is known, one whose call makes something, a query that can be."""

    def __init__(self, context: ApiContext) -> None:
        async def caller(request: Request, key: LiveKey = Depends(context.access.caller)) -> Caller:
            return Caller(key=key, base_url=context.public_url or str(request.base_url))

        async def creator(request: Request, known: Creator = Depends(context.access.creator)) -> Caller:
            return replace(await caller(request, known.key), known_by=known.known_by)

        # Nobody who is not known learns what there is; whose call it is, and whether it came before, is judged later.
        async def known_query(request: Request, _: None = Depends(context.access.check)) -> None:
            _check_query(request)

        self.caller = caller
        self.creator = creator
        self.known_query = known_query


def _check_query(request: Request) -> None:
    """Refuse parameters that an operation does not have, as members are that a body does not have."""
    route = request.scope["route"]
    known = _query_names(route.dependant) if isinstance(route, APIRoute) else set()
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        refused = ParameterError("there is no parameter of this name", field=unknown[0])
        refused.faults = tuple(FieldFault(field=name, message=str(refused)) for name in unknown)
        raise refused


def _query_names(dependant: Dependant) -> set[str]:
    """Return the names of all parameters of an operation, those of its dependencies included."""
    own = {field.alias for field in dependant.query_params}
    return own.union(*(_query_names(each) for each in dependant.dependencies))
