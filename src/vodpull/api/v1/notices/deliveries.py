"""`/api/v1/deliveries`: notifications with every attempt, and sending them again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from vodpull.api.http.context import ApiContext
from vodpull.api.http.keys.authenticate_before_body import known_first
from vodpull.api.v1.caller_and_query import PROBLEMS, Caller, Callers
from vodpull.api.v1.shapes import Shape
from vodpull.jobs.notices.deliveries import CURSOR_PATTERN, MAX_PAGE, Attempt, Delivery, DeliveryState
from vodpull.wire_values import ID_PATTERN

DeliveryId = Annotated[str, Path(pattern=r"^[0-9a-z-]{1,64}$", description="`delivery_id` of a notification.")]


class AttemptReply(Shape):
    """One try of a delivery."""

    number: int
    """From 0."""
    at_ms: int
    """Unix time in milliseconds."""
    status: int | None
    """HTTP status of the receiver; None: no answer."""
    latency_ms: int
    """Until the answer."""
    error: str
    """Code of the catalogue; empty: received."""
    response_head: str
    """How the receiver's answer begins."""


class DeliveryReply(Shape):
    """One notification with its attempts."""

    delivery_id: str
    """Sent as `webhook-id`."""
    kind: str
    """What it tells: `pull`, or the name of a callback."""
    batch_id: str | None
    """The batch that it is about; None: it is about none."""
    position: int | None
    """Of the job that it tells of; None: the whole batch."""
    url: str
    """Where it is posted."""
    state: DeliveryState
    """Whether it arrived."""
    created_at_ms: int
    """Unix time in milliseconds."""
    attempts: list[AttemptReply]
    """In the order of time."""


class DeliveryPage(Shape):
    """Notifications, newest first."""

    deliveries: list[DeliveryReply]
    """Up to `limit` of them."""
    next_cursor: str
    """Give it as `cursor` for the next page; empty after the last one."""


def deliveries_router(context: ApiContext) -> APIRouter:
    """Return the routes; every one needs a signed request or `Bearer <accessKey>.<secretKey>`."""
    router = APIRouter(
        prefix="/api/v1/deliveries", tags=["deliveries"], responses=PROBLEMS, route_class=known_first(context.access)
    )
    callers = Callers(context)

    @router.get("", operation_id="pageDeliveries")
    def page_deliveries(
        batch_id: Annotated[
            str | None, Query(pattern=f"^{ID_PATTERN}$", description="Only those of this batch.")
        ] = None,
        state: Annotated[DeliveryState | None, Query(description="Only these.")] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Most notifications of a page.")] = 20,
        cursor: Annotated[str, Query(pattern=CURSOR_PATTERN, description="`next_cursor` of the page before.")] = "",
        caller: Caller = Depends(callers.caller),
    ) -> DeliveryPage:
        """List the notifications of the account, or of one of its batches, newest first."""
        found, following = context.deliveries.page(
            caller.key.account_id, batch_id=batch_id, state=state, limit=limit, cursor=cursor
        )
        return DeliveryPage(deliveries=[delivery_reply(*each) for each in found], next_cursor=following)

    @router.post("/{delivery_id}/replay", status_code=202, operation_id="replayDelivery")
    def replay_delivery(delivery_id: DeliveryId, caller: Caller = Depends(callers.caller)) -> dict[str, str]:
        """Send a notification once more, now, under its old id."""
        context.outbox.replay(delivery_id, account_id=caller.key.account_id)
        return {"delivery_id": delivery_id}

    return router


def delivery_reply(delivery: Delivery, attempts: Sequence[Attempt]) -> DeliveryReply:
    """Return a delivery as `/api/v1` shows it."""
    return DeliveryReply(
        delivery_id=delivery.delivery_id,
        kind=delivery.kind,
        batch_id=delivery.batch_id,
        position=delivery.position,
        url=delivery.url,
        state=delivery.state,
        created_at_ms=delivery.created_at_ms,
        attempts=[AttemptReply(**vars(attempt)) for attempt in attempts],
    )
