"""When a source that failed is asked again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vodpull.errors import ConfigurationError, Failure, NameNotResolved, OriginBusy, OriginMissing, VodpullError
from vodpull.jobs.model import Job
from vodpull.jobs.source_retries import JITTER, MAX_WAIT_S, WORTHWHILE_BYTES, SourceRetries

JOB = Job(
    job_id="1", batch_id="2", position=0, file_name="", source_url="", md5="", video_id="", directory="", bytes_done=10
)
RETRIES = SourceRetries.parse(["1m 1h", "name_not_resolved=5s"])


def wait_s(job: Job, error: VodpullError, *, asked_s: float = 0.0) -> float | None:
    found = RETRIES.next_try(job, Failure.of(error), asked_s=asked_s, now_ms=0)
    return None if found is None else found.at_ms / 1000


def after(job: Job, error: VodpullError) -> Job:
    return replace(job, next_try=RETRIES.next_try(job, Failure.of(error), asked_s=0, now_ms=0))


def test_waits_grow_and_end_with_their_schedule() -> None:
    busy = OriginBusy("503")
    once = after(JOB, busy)
    assert wait_s(JOB, busy) == pytest.approx(60, rel=JITTER)
    assert wait_s(once, busy) == pytest.approx(3600, rel=JITTER)
    assert wait_s(after(once, busy), busy) is None


def test_an_error_has_its_own_schedule() -> None:
    assert wait_s(JOB, NameNotResolved("?")) == pytest.approx(5, rel=JITTER)
    assert wait_s(after(JOB, NameNotResolved("?")), NameNotResolved("?")) is None


def test_what_can_never_pass_is_final_at_once() -> None:
    assert wait_s(JOB, OriginMissing("404")) is None


def test_the_origins_own_time_is_kept_within_a_day() -> None:
    assert wait_s(JOB, OriginBusy("503"), asked_s=5000) == 5000
    assert wait_s(JOB, OriginBusy("503"), asked_s=10**9) == MAX_WAIT_S


def test_a_try_that_brought_something_begins_anew() -> None:
    tried = after(after(JOB, OriginBusy("503")), OriginBusy("503"))
    ahead = replace(tried, bytes_done=JOB.bytes_done + WORTHWHILE_BYTES)
    assert wait_s(ahead, OriginBusy("503")) == pytest.approx(60, rel=JITTER)


@pytest.mark.parametrize("entry", ["1x", "-1m", "1m,2m", "origin_missing=1m", "nothing=1m"])
def test_an_entry_that_cannot_be_read_names_the_setting(entry: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        SourceRetries.parse([entry])
    assert caught.value.field == "VODPULL_SOURCE_RETRIES"
