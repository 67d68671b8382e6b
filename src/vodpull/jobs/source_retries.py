"""
When a source that failed is asked again: a schedule for each error that may pass. Pure but for its jitter.

The tries of one transfer, seconds apart, are of `fetch/transfer/retry.py`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping

from vodpull.errors import ConfigurationError, Failure, FetchError, catalogue
from vodpull.jobs.model import Job, NextTry

FIELD = "VODPULL_SOURCE_RETRIES"

REMEDY = "Write waits such as 1m 5m 1h, and after commas those of single errors: name_not_resolved=1m 5m."

JITTER = 0.2
"""Share by which a wait is stretched or shortened, so that an origin does not get everything back at once."""

MAX_WAIT_S = 24 * 3600.0
"""The longest wait, also where an origin asks for more."""

WORTHWHILE_BYTES = 1 << 20
"""What a try must add to what was here before, for the schedule to begin anew."""

_UNITS_S = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_WAIT = re.compile(r"([0-9]{1,6})([smh]?)")
_MAY_PASS = frozenset(kind.code for kind in catalogue() if issubclass(kind, FetchError) and kind.retryable)


class SourceRetries:
    """The schedule of one installation."""

    def __init__(self, waits_s: Mapping[str, tuple[float, ...]]) -> None:
        """Take the waits by error code; those of "" are for every other error that may pass."""
        self._waits_s = waits_s

    @classmethod
    def parse(cls, entries: Iterable[str]) -> SourceRetries:
        """
        Read entries such as `1m 5m 1h` (every error that may pass) and `name_not_resolved=1m 5m` (that one).

        Raises:
            ConfigurationError: a wait or a code cannot be read.
        """
        return cls(dict(_entry(text) for text in entries))

    def next_try(self, job: Job, failure: Failure, *, asked_s: float, now_ms: int) -> NextTry | None:
        """Return when to ask again after this failure, None if it is final; `asked_s` is what the origin wants."""
        if failure.code not in _MAY_PASS:
            return None
        before = job.next_try
        reached_bytes = before.bytes_done if before else 0
        is_stuck = before is not None and job.bytes_done < reached_bytes + WORTHWHILE_BYTES
        tries = before.tries + 1 if before is not None and is_stuck else 1
        waits_s = self._waits_s.get(failure.code, self._waits_s.get("", ()))
        if tries > len(waits_s):
            return None
        planned_s = waits_s[tries - 1] * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load
        wait_s = min(max(planned_s, asked_s), MAX_WAIT_S)
        bytes_done = max(job.bytes_done, reached_bytes)
        return NextTry(at_ms=now_ms + round(1000 * wait_s), tries=tries, bytes_done=bytes_done, failure=failure)


def _entry(text: str) -> tuple[str, tuple[float, ...]]:
    code, _, waits = text.rpartition("=")
    if code and code.strip() not in _MAY_PASS:
        known = ", ".join(sorted(_MAY_PASS))
        raise ConfigurationError(f"{FIELD}: {code.strip()!r} is not one of {known}", field=FIELD, remedy=REMEDY)
    return code.strip(), tuple(map(_wait_s, waits.split()))


def _wait_s(text: str) -> float:
    found = _WAIT.fullmatch(text)
    if found is None:
        raise ConfigurationError(f"{FIELD}: {text!r} is not a wait such as 30s, 5m or 1h", field=FIELD, remedy=REMEDY)
    return int(found[1]) * _UNITS_S[found[2]]
