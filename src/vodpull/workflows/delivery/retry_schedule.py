"""When a notification that failed is sent again, and when no more."""

from __future__ import annotations

import random

from vodpull.jobs.notices.deliveries import DeliveryState
from vodpull.notify import Reply

SCHEDULE_S = (0.0, 1.0, 2.0, 5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 50400.0, 72000.0, 86400.0)
"""Wait before each attempt: three retries at once, then growing to a day, over about three days in all."""

JITTER = 0.2
"""Share by which a wait is stretched or shortened, so that receivers do not get everything at once after an outage."""

MAX_WAIT_S = 24 * 3600.0
"""The longest wait of the schedule; a Retry-After beyond it is cut."""


def state_after(reply: Reply, number: int, *, is_silenced: bool) -> DeliveryState:
    """Return what becomes of a notification after attempt `number`, from 0, got this reply."""
    if not reply.error:
        return DeliveryState.DELIVERED
    if is_silenced or reply.is_gone:
        return DeliveryState.SILENCED
    return DeliveryState.GIVEN_UP if number + 1 >= len(SCHEDULE_S) else DeliveryState.PENDING


def wait_s(number: int, reply: Reply) -> float:
    """Return the wait before attempt `number`, which follows a failure with this reply."""
    planned_s = SCHEDULE_S[number] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, hides nothing
    return min(max(planned_s, reply.retry_after_s), MAX_WAIT_S)
