"""An origin that is away for a while: its sources wait without a slot, are shown waiting, and are asked again."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.origin import Origin
from tests.services.vodpull import Vodpull
from tests.waiting import until

pytestmark = pytest.mark.waits

LONG = "30m"
"""Nobody waits so long in a test: what goes on within it was told to."""

ROUND = 5
"""Tries of one round, within seconds."""

_numbers = count()


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory, origin: Origin) -> Iterator[Vodpull]:
    service = Vodpull(
        tmp_path_factory.mktemp("patient") / "data",
        origin=origin.origin,
        VODPULL_SOURCE_RETRIES=f"{LONG} {LONG}, origin_failed=1s 1s",
        VODPULL_FETCH_SLOTS="1",
        VODPULL_GRACE_S="0",
    )
    service.start()
    yield service
    service.stop()


def away(origin: Origin, *, rounds: int, code: int = 503) -> str:
    """Return a URL that fails for so many rounds, and then gives a clip."""
    query = f"fails={ROUND * rounds}&code={code}&file=flower_faststart.mp4&n={next(_numbers)}"
    return origin.url(f"flaky?{query}")


def job_of(service: Vodpull, task_id: str) -> dict[str, Any]:
    job: dict[str, Any] = service.state(task_id)["jobs"][0]
    return job


def postponed(service: Vodpull, url: str) -> str:
    """Submit a source and return its task once it waits for its next try."""
    task_id = service.pull([{"fetchUrl": url}], workflowId="original")
    until(lambda: job_of(service, task_id)["next_try"] is not None)
    return task_id


def test_an_outage_that_ends_costs_nothing_but_time(patient: Vodpull, origin: Origin) -> None:
    task_id = patient.pull([{"fetchUrl": away(origin, rounds=2, code=500)}], workflowId="original")
    [item] = patient.wait(task_id)["items"]
    assert (item["pullStatus"], item["cmdStatus"]) == (2, 2)
    job = job_of(patient, task_id)
    assert (job["attempt"], job["next_try"], job["error"]) == (3, None, None)


def test_an_outage_that_outlives_its_schedule_is_final(patient: Vodpull, origin: Origin) -> None:
    task_id = patient.pull([{"fetchUrl": origin.url("status/500")}], workflowId="original")
    patient.wait(task_id)
    job = job_of(patient, task_id)
    assert (job["stage"], job["attempt"], job["error"]["code"]) == ("failed", 3, "origin_failed")


def test_a_waiting_source_is_still_being_pulled_and_holds_no_slot(patient: Vodpull, origin: Origin) -> None:
    task_id = postponed(patient, away(origin, rounds=9))
    assert patient.query(task_id)["items"][0]["pullStatus"] == 1
    job = job_of(patient, task_id)
    assert (job["stage"], job["error"]) == ("waiting", None)
    assert (job["next_try"]["tries"], job["next_try"]["error"]["code"]) == (1, "origin_busy")
    assert job["next_try"]["error"]["origin_status"] == 503
    other = patient.pull([{"fetchUrl": origin.url("flower_faststart.mp4")}], workflowId="original")
    assert patient.wait(other)["items"][0]["pullStatus"] == 2, "the one slot is free"


def test_what_can_never_pass_fails_at_once(patient: Vodpull, origin: Origin) -> None:
    task_id = patient.pull([{"fetchUrl": origin.url("status/404")}], workflowId="original")
    patient.wait(task_id)
    job = job_of(patient, task_id)
    assert (job["stage"], job["attempt"], job["error"]["code"]) == ("failed", 1, "origin_missing")


def test_the_origin_is_left_alone_for_as_long_as_it_asks(patient: Vodpull, origin: Origin) -> None:
    before = origin.requests["/status/429"]
    task_id = postponed(patient, origin.url("status/429?retry_after=20000"))
    wait_s = job_of(patient, task_id)["next_try"]["at_ms"] / 1000 - time.time()
    assert 19_000 < wait_s <= 20_000
    assert origin.requests["/status/429"] == before + 1


def test_a_wait_is_cut_short_through_the_api(patient: Vodpull, origin: Origin) -> None:
    task_id = postponed(patient, away(origin, rounds=1))
    assert patient.api("POST", f"/batches/{task_id}/jobs/0/retry").status_code == 200
    assert patient.wait(task_id)["items"][0]["pullStatus"] == 2


def test_a_wait_is_shown_and_cut_short_by_the_command_line(patient: Vodpull, origin: Origin) -> None:
    task_id = postponed(patient, away(origin, rounds=1))
    key = patient.own_key
    own = {"VODPULL_ACCESS_KEY": key.access_key, "VODPULL_SECRET_KEY": key.secret, "VODPULL_SERVER": patient.url}
    assert patient.run("retry", task_id, **own).returncode == 0
    watched = patient.run("watch", task_id, **own)
    assert watched.returncode == 0, watched.stderr


def test_a_wait_outlives_the_service(patient: Vodpull, origin: Origin) -> None:
    task_id = postponed(patient, away(origin, rounds=1))
    planned = job_of(patient, task_id)["next_try"]
    patient.kill()
    patient.start()
    assert job_of(patient, task_id)["next_try"] == planned
    assert patient.api("POST", f"/batches/{task_id}/retry").status_code == 200
    assert patient.wait(task_id)["items"][0]["pullStatus"] == 2


def test_a_waiting_source_can_be_cancelled(patient: Vodpull, origin: Origin) -> None:
    task_id = postponed(patient, away(origin, rounds=1))
    assert patient.api("POST", f"/batches/{task_id}/cancel").status_code == 200
    job = job_of(patient, task_id)
    assert (job["stage"], job["next_try"]) == ("cancelled", None)


def test_what_arrived_before_an_outage_is_not_fetched_again(patient: Vodpull, origin: Origin, clips: Any) -> None:
    content = (clips / "flower_faststart.mp4").read_bytes()
    file = origin.script("broken.mp4", content, ["reset@50", *["503"] * (ROUND - 1)])
    task_id = postponed(patient, origin.url("scripted/broken.mp4"))
    assert patient.api("POST", f"/batches/{task_id}/retry").status_code == 200
    assert patient.wait(task_id)["items"][0]["pullStatus"] == 2
    assert re.fullmatch(r"bytes=[1-9][0-9]+-.*", file.ranges[-1])
    assert file.sent_bytes < 1.6 * len(content)
