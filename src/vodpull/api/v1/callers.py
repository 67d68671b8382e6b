"""Who calls `/api/v1`, and what all of its operations have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, TypeVar

from fastapi import Depends, Header
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request

from vodpull.accounts.keys import LiveKey
from vodpull.api.http.context import ApiContext
from vodpull.api.http.idempotent_calls import Once
from vodpull.api.http.keys.access import Creator
from vodpull.api.http.openapi import Responses, reply_of
from vodpull.api.v1.shapes import ProblemReply, Shape
from vodpull.errors import FieldFault, ParameterError
from vodpull.jobs.submission.idempotency import Fingerprint, fingerprint

PROBLEMS: Responses = {
    status: reply_of(ProblemReply, media_type="application/problem+json")
    for status in (400, 401, 404, 409, 413, 422, 429, 503)
}


IdempotencyKey = Annotated[
    str, Header(max_length=255, description="Of the client's own, new for each new thing that it wants made.")
]

Made = TypeVar("Made", bound=Shape)


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


class Makers:
    """Carries out calls that make something: with the same signature or `Idempotency-Key` again, the first answer."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context

    def make(self, shape: type[Made], act: Callable[[], Made], caller: Caller, *, key: str, asked: bytes) -> Made:
        """Return what `act` makes, or what it made at the first request; `asked`: what the same key must come with."""
        identity = ("idempotency", caller.key.account_id, key)
        chosen = (fingerprint(*identity, content=asked),) if key else ()
        once = Once(self._context.store.engine)
        made = once.carry_out(lambda: act().model_dump(mode="json"), *caller.known_by, *chosen)
        return shape.model_validate(made)


def asked_for(path: str, body: Shape) -> bytes:
    """Return what a call asks for, for `Makers.make`."""
    return f"{path} {body.model_dump_json()}".encode()


class Callers:
    """Dependencies of endpoints: a caller that is known, one whose call makes something, a query that can be."""

    def __init__(self, context: ApiContext) -> None:
        async def caller(request: Request, key: LiveKey = Depends(context.access.caller)) -> Caller:
            return Caller(key=key, base_url=context.public_url or str(request.base_url))

        async def creator(request: Request, known: Creator = Depends(context.access.creator)) -> Caller:
            return replace(await caller(request, known.key), known_by=known.known_by)

        # Nobody who is not known learns what there is; whose call it is, and whether it came before, is judged later.
        def known_query(request: Request, _: None = Depends(context.access.check)) -> None:
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
