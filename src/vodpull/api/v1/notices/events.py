"""`/api/v1/events`: final states for clients that poll, kept until they are acknowledged."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from vodpull.accounts.access_keys import LiveKey
from vodpull.api.http.context import ApiContext
from vodpull.api.http.keys.authenticate_before_body import known_first
from vodpull.api.v1.caller_and_query import PROBLEMS
from vodpull.api.v1.shapes import RequestShape, Shape
from vodpull.errors import AuthenticationError
from vodpull.jobs.notices.events import MAX_PAGE, Event, EventKind
from vodpull.wire_values import TEXT_PATTERN

LOOK_S = 0.5
"""How often a waiting poll looks for news."""

MAX_WAIT_S = 60


class EventReply(Shape):
    """One fact."""

    event_id: str
    """To acknowledge it by."""
    kind: EventKind
    """What happened."""
    batch_id: str
    """What it happened to."""
    position: int | None
    """Of the job; None: the whole batch."""
    video_id: str | None
    """Of the video that it is about; None: it is about none."""
    created_at_ms: int
    """Unix time in milliseconds."""


class EventPage(Shape):
    """Events that are not acknowledged yet, oldest first."""

    events: list[EventReply]
    """Again in every answer until they are acknowledged."""


class Acknowledgement(RequestShape):
    """Events that the client is done with."""

    event_ids: Annotated[list[Annotated[str, Field(max_length=64, pattern=TEXT_PATTERN)]], Field(max_length=100)]
    """As `/api/v1/events` lists them."""


class Acknowledged(Shape):
    """How many events were taken off the list."""

    acknowledged: int
    """Ids that are unknown or were acknowledged before do not count."""


def events_router(context: ApiContext) -> APIRouter:
    """Return the routes; every one needs a signed request or `Bearer <accessKey>.<secretKey>`."""
    router = APIRouter(
        prefix="/api/v1/events", tags=["events"], responses=PROBLEMS, route_class=known_first(context.access)
    )

    @router.get("", operation_id="listEvents")
    async def list_events(
        wait: Annotated[int, Query(ge=0, le=MAX_WAIT_S, description="Seconds to wait while there is none.")] = 0,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Most events of a page.")] = MAX_PAGE,
        caller: LiveKey = Depends(context.access.caller),
    ) -> EventPage:
        """
        List events that are not acknowledged yet, oldest first; with none, wait up to `wait` seconds for one.

        An event comes again until it is acknowledged, so one that got lost on the way is not lost.
        """
        found = await run_in_threadpool(context.events.list_open, caller.account_id, limit=limit)
        if not found and wait:
            with context.waiters.waiting(caller.access_key):
                found = await _first(partial(context.events.list_open, caller.account_id, limit=limit), within_s=wait)
            if found and not await run_in_threadpool(context.access.is_live, caller.access_key):
                raise AuthenticationError("the key was revoked meanwhile")
        return EventPage(events=[_reply(event) for event in found])

    @router.post("/ack", operation_id="acknowledgeEvents")
    def acknowledge_events(body: Acknowledgement, caller: LiveKey = Depends(context.access.caller)) -> Acknowledged:
        """Take events off the list."""
        return Acknowledged(acknowledged=context.events.acknowledge(caller.account_id, body.event_ids))

    return router


async def _first(look: Callable[[], list[Event]], *, within_s: float) -> list[Event]:
    """Look until something is there or the time is over."""
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        await asyncio.sleep(LOOK_S)
        if found := await run_in_threadpool(look):
            return found
    return []


def _reply(event: Event) -> EventReply:
    members = ("event_id", "kind", "batch_id", "position", "video_id", "created_at_ms")
    return EventReply(**{name: getattr(event, name) for name in members})
