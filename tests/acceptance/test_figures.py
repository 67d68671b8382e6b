"""What an operator sees of the work: figures, traces and log lines, and nothing in them that a client gave."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.origin import Origin
from tests.services.collector import Collector, running_collector
from tests.services.receiver import Receiver
from tests.services.vodpull import Vodpull
from tests.waiting import until

SECRET = "hunter2"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with running_collector() as collector:
        yield collector


@pytest.fixture
def watched(tmp_path: Path, origin: Origin, receiver: Receiver, collector: Collector) -> Iterator[Vodpull]:
    service = Vodpull(
        tmp_path / "data",
        origin=f"{origin.origin},{receiver.url}",
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
        VODPULL_LOG_FORMAT="json",
    )
    service.start()
    yield service
    service.stop()


def figures(service: Vodpull) -> dict[str, float]:
    lines = [line.rpartition(" ") for line in service.get("/metrics").text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def wait_for(service: Vodpull, name: str) -> dict[str, float]:
    """Return the figures once this one has begun to count."""
    return until(lambda: figures(service), holds=lambda found: found.get(name), told=lambda: name)


def test_work_can_be_watched_and_no_secret_with_it(
    watched: Vodpull, origin: Origin, receiver: Receiver, collector: Collector
) -> None:
    items = [
        {"fetchUrl": origin.url("flower_faststart.mp4") + f"?sig={SECRET}", "fileName": f"{SECRET}.mp4"},
        {"fetchUrl": origin.url("status/404") + f"?token={SECRET}"},
    ]
    task_id = watched.pull(items, workflowId="original", notifyUrl=f"{receiver.url}/?key={SECRET}")
    watched.wait(task_id)
    watched.call("pullVideoQuery", {"taskId": "none"})
    receiver.wait_for(1)
    wait_for(watched, "vodpull_jobs_done_total")
    found = wait_for(watched, 'vodpull_jobs_failed_total{code="origin_missing"}')
    assert found["vodpull_fetched_bytes_total"] > 0
    assert found['vodpull_stage_seconds_count{stage="store"}'] == 1
    assert found['vodpull_http_replies_total{code="1000",route="/vod/videoManage/pullVideoQuery"}'] == 1
    jobs = [job["job_id"] for job in watched.state(task_id)["jobs"]]
    watched.stop()
    roots = {span.trace_id: span.status.message for span in collector.spans if span.name == "job"}
    assert roots == {
        hashlib.sha256(f"{job}-1".encode()).digest()[:16]: code
        for job, code in zip(jobs, ("", "origin_missing"), strict=True)
    }
    assert {span.trace_id for span in collector.spans} == roots.keys()
    lines = [json.loads(line) for line in watched.log().splitlines() if line.startswith("{")]
    assert {line["job"] for line in lines if line["event"] in {"job finished", "job failed"}} == set(jobs)
    [failed] = [line for line in lines if line["event"] == "job failed"]
    assert (failed["level"], failed["code"], failed["account"]) == ("warning", "origin_missing", "tester")
    assert (failed["url"], "404" in failed["cause"]) == (origin.url("status/404"), True)
    assert failed["duration_s"] >= 0
    assert len(lines) == len({json.dumps(line) for line in lines}), "nothing is said twice"
    assert SECRET not in json.dumps([lines, list(found)])
    assert SECRET.encode() not in b"".join(collector.bodies)


def test_an_idle_service_tells_every_gauge(quiet_service: Vodpull) -> None:
    found = figures(quiet_service)
    assert found["vodpull_database_up"] == found["vodpull_executors"] == 1
    assert found['vodpull_queue_depth{queue="encode"}'] == 0
    assert 0 < found["vodpull_disk_free_bytes"] <= found["vodpull_disk_total_bytes"]
