"""
How often a turn of an import may fail, how long it waits, and when it pauses for its operator, or has failed. Pure.

Of a single source of it: `jobs/source_retries.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vodpull.errors import Failure, FetchError, VodpullError
from vodpull.imports.import_rows import end_values
from vodpull.imports.import_states import Import, ImportState

TRIES = 8
"""Turns in a row that may fail before an import waits for its operator."""

FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 300.0
"""Between such turns: doubled each time."""


@dataclass(frozen=True, kw_only=True)
class AfterFailure:
    """What becomes of an import whose turn has failed."""

    tries: int
    failure: Failure
    values: dict[str, Any]
    """Of its row."""
    wait_s: float | None
    """Until its next turn; None: there is none."""


def after_failure(found: Import, error: VodpullError) -> AfterFailure:
    """Return what becomes of an import: what may pass is tried again, at the rest an operator has to look."""
    tries, failure = found.tries + 1, Failure.of(error)
    gives_up = found.state in {ImportState.LISTING, ImportState.RUNNING} and not (failure.retryable and tries < TRIES)
    values: dict[str, Any] = {"tries": tries, "failure": failure}
    if gives_up and found.state is ImportState.LISTING and not failure.retryable:
        values |= end_values(ImportState.FAILED)
    elif gives_up:
        values["state"] = ImportState.PAUSED.value
    asked_s = (error.retry_after_s if isinstance(error, FetchError) else None) or 0.0
    wait_s = min(max(asked_s, FIRST_WAIT_S * 2.0**found.tries), LONGEST_WAIT_S)
    goes_on = found.is_listed or not gives_up  # what is under way is still to be seen to its end
    return AfterFailure(tries=tries, failure=failure, values=values, wait_s=wait_s if goes_on else None)
