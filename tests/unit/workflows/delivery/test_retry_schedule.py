"""When a notification is sent again: how often, after which wait, and what ends it."""

from __future__ import annotations

import pytest

from vodpull.jobs.notices.deliveries import DeliveryState
from vodpull.notify import Reply
from vodpull.workflows.delivery.retry_schedule import JITTER, MAX_WAIT_S, SCHEDULE_S, state_after, wait_s

LAST = len(SCHEDULE_S) - 1


def reply(status: int | None = 500, *, error: str = "delivery_refused", retry_after_s: float = 0.0) -> Reply:
    return Reply(status=status, latency_ms=1, error=error, response_head="", retry_after_s=retry_after_s)


@pytest.mark.parametrize(
    ("answer", "number", "is_silenced", "state"),
    [
        (reply(200, error=""), 0, False, DeliveryState.DELIVERED),
        (reply(200, error=""), LAST, True, DeliveryState.DELIVERED),
        (reply(), 0, False, DeliveryState.PENDING),
        (reply(None, error="delivery_timeout"), LAST - 1, False, DeliveryState.PENDING),
        (reply(), LAST, False, DeliveryState.GIVEN_UP),
        (reply(410), 0, False, DeliveryState.SILENCED),
        (reply(), 3, True, DeliveryState.SILENCED),
    ],
)
def test_what_becomes_of_it_after_an_attempt(
    answer: Reply, number: int, is_silenced: bool, state: DeliveryState
) -> None:
    assert state_after(answer, number, is_silenced=is_silenced) is state


def test_waits_grow_to_a_day_over_three_days_and_are_spread() -> None:
    assert list(SCHEDULE_S) == sorted(SCHEDULE_S)
    assert 3 * 86_400 <= sum(SCHEDULE_S) < 4 * 86_400
    for number, planned_s in enumerate(SCHEDULE_S):
        waits_s = {wait_s(number, reply()) for _ in range(50)}
        assert min(waits_s) >= planned_s * (1 - JITTER)
        assert max(waits_s) <= min(planned_s * (1 + JITTER), MAX_WAIT_S)
        assert len(waits_s) > 1 or planned_s == 0


def test_a_receiver_is_left_alone_as_long_as_it_asks_but_no_longer_than_a_day() -> None:
    assert wait_s(1, reply(503, retry_after_s=3600)) == 3600
    assert wait_s(1, reply(503, retry_after_s=10 * MAX_WAIT_S)) == MAX_WAIT_S
    assert wait_s(9, reply(503, retry_after_s=1)) > 3600
