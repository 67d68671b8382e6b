"""When a call is sent again, how long it waits first, and when it gives up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus

from vodpull.client.exchange import GATEWAY_STATUSES, HttpCall, HttpReply, NoReply, Outcome
from vodpull.http_dates import read_retry_after_s

FIRST_DELAY_S = 0.5
MAX_DELAY_S = 8.0
"""Waits before a call is sent again: doubled each time, up to the second."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a call that may pass by itself is tried again."""

    total_s: float

    def again(self, call: HttpCall, outcome: Outcome) -> HttpCall | None:
        """Return the call to send next, or None when this outcome is the last one."""
        if not _may_pass(call, outcome):
            return None
        delay_s = retry_after_s(outcome) or min(FIRST_DELAY_S * 2**call.tried, MAX_DELAY_S)
        waited_s = call.waited_s + delay_s
        if waited_s > self.total_s:
            return None
        return replace(call, delay_s=delay_s, tried=call.tried + 1, waited_s=waited_s)


def _may_pass(call: HttpCall, outcome: Outcome) -> bool:
    if isinstance(outcome, NoReply):
        return call.may_repeat and outcome.may_pass
    if outcome.status == HTTPStatus.TOO_MANY_REQUESTS:  # refused before anything was done
        return True
    return call.may_repeat and outcome.status in GATEWAY_STATUSES


def retry_after_s(outcome: Outcome) -> float:
    """Return `Retry-After` in seconds (RFC 9110 §10.2.3); 0 without one that can be read."""
    text = outcome.headers.get("retry-after", "") if isinstance(outcome, HttpReply) else ""
    return read_retry_after_s(text) or 0.0
