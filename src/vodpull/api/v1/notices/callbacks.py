"""`/api/v1/callbacks`: where an account is told of what happens to its videos, whoever asked for it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import Response
from pydantic import Field

from vodpull.api.http.context import ApiContext
from vodpull.api.http.keys.authenticate_before_body import known_first
from vodpull.api.v1.caller_and_query import PROBLEMS, Caller, Callers
from vodpull.api.v1.shapes import RequestShape, Shape
from vodpull.errors import NotFound
from vodpull.url_limits import MAX_URL_CHARACTERS
from vodpull.videos.callback_addresses import CallbackKind
from vodpull.workflows.requests.notify_urls import judge_address

Kind = Annotated[CallbackKind, Path(description="What it is told.")]


class CallbackReply(Shape):
    """One address."""

    kind: CallbackKind
    """What it is told: `transcode`, that an encode has ended; `videoUpload`, `materialUpload`, that one has arrived."""
    url: str
    """Where it is posted."""


class CallbackList(Shape):
    """The addresses of an account."""

    callbacks: list[CallbackReply]
    """One for each kind that has one."""


class NewCallback(RequestShape):
    """An address to be told at."""

    url: Annotated[str, Field(min_length=1, max_length=MAX_URL_CHARACTERS, pattern=r"^[^\x00]+$")]
    """http or https; judged as the notify URL of a batch is."""


def callbacks_router(context: ApiContext) -> APIRouter:
    """Return the routes; every one needs a signed request or `Bearer <accessKey>.<secretKey>`."""
    router = APIRouter(
        prefix="/api/v1/callbacks", tags=["callbacks"], responses=PROBLEMS, route_class=known_first(context.access)
    )
    caller_of = Callers(context).caller

    @router.get("", operation_id="listCallbacks")
    def list_callbacks(caller: Caller = Depends(caller_of)) -> CallbackList:
        """List the addresses of the account."""
        found = context.callbacks.get(caller.key.account_id)
        return CallbackList(callbacks=[CallbackReply(kind=kind, url=url) for kind, url in sorted(found.items())])

    @router.put("/{kind}", operation_id="setCallback")
    def set_callback(kind: Kind, body: NewCallback, caller: Caller = Depends(caller_of)) -> CallbackReply:
        """Tell the account at this address from now on, in place of the one before."""
        judge_address(body.url, context.check_url, field="url")
        context.callbacks.set(caller.key.account_id, kind, body.url)
        return CallbackReply(kind=kind, url=body.url)

    @router.delete("/{kind}", status_code=204, operation_id="deleteCallback")
    def delete_callback(kind: Kind, caller: Caller = Depends(caller_of)) -> Response:
        """Tell the account nothing of this kind any more."""
        if kind not in context.callbacks.get(caller.key.account_id):
            raise NotFound("no address of this kind is set")
        context.callbacks.set(caller.key.account_id, kind, "")
        return Response(status_code=204)

    return router
