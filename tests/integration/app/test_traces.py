"""Traces, against a collector that speaks OTLP over HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest
from tests.services.collector import Collector, running_collector

from vodpull.app.telemetry import optional_tracing
from vodpull.app.telemetry.optional_tracing import open_tracer
from vodpull.errors import Md5Mismatch
from vodpull.jobs.model import Job
from vodpull.jobs.states_and_codes import Stage
from vodpull.jobs.store.job_refs import JobRef
from vodpull.workflows.attempt.telemetry.meters import SilentTracer, Watch

SECRET = "hunter2"

JOB = Job(
    job_id="j1",
    batch_id="b1",
    position=0,
    file_name=f"{SECRET}.mp4",
    source_url=f"https://origin.test/a.mp4?sig={SECRET}",
    md5="",
    video_id="v1",
    directory="d1",
    attempt=2,
    created_at_ms=1000,
)
REF = JobRef.of(JOB)
TRACE_ID = hashlib.sha256(b"j1-2").digest()[:16]


@pytest.fixture
def collector() -> Iterator[Collector]:
    with running_collector() as collector:
        yield collector


def fetch_elsewhere(endpoint: str) -> None:
    with open_tracer(endpoint, process="other") as tracer, Watch(tracer=tracer).stage(REF, Stage.FETCH):
        pass


def test_an_attempt_is_one_trace_whichever_processes_work_on_it(collector: Collector) -> None:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as other:
        other.submit(fetch_elsewhere, collector.url).result(timeout=60)
    with open_tracer(collector.url, process="this") as tracer:
        watch = Watch(tracer=tracer)
        with watch.stage(REF, Stage.ENCODE), watch.part(REF, "chunk", number=3):
            pass
        watch.ended(JOB, "")
    spans = collector.by_name
    assert {span.trace_id for span in spans.values()} == {TRACE_ID}
    root = spans["job"]
    assert (root.parent_span_id, root.start_time_unix_nano) == (b"", 1_000_000_000)
    assert spans["fetch"].parent_span_id == spans["encode"].parent_span_id == root.span_id
    assert spans["chunk"].parent_span_id == spans["encode"].span_id


def test_spans_tell_the_attempt_and_nothing_that_a_client_gave(collector: Collector) -> None:
    with open_tracer(collector.url, process="this") as tracer:
        watch = Watch(tracer=tracer)
        with pytest.raises(Md5Mismatch), watch.stage(REF, Stage.FETCH):
            raise Md5Mismatch(f"token={SECRET}")
        watch.ended(JOB, "md5_mismatch")
    told = {attribute.key: attribute.value for attribute in collector.by_name["fetch"].attributes}
    assert (told["vodpull.job"].string_value, told["vodpull.attempt"].int_value) == ("j1", 2)
    assert [span.status.message for span in collector.spans] == ["md5_mismatch"] * 2
    assert SECRET.encode() not in b"".join(collector.bodies)


def test_a_failure_that_became_a_value_marks_its_span(collector: Collector) -> None:
    with open_tracer(collector.url, process="this") as tracer:
        watch = Watch(tracer=tracer)
        with watch.stage(REF, Stage.PUBLISH):
            watch.failed("storage_full")
    assert collector.by_name["publish"].status.message == "storage_full"


async def test_steps_that_run_at_once_do_not_mix(collector: Collector) -> None:
    both = asyncio.Barrier(2)

    async def work(watch: Watch, ref: JobRef) -> None:
        with watch.part(ref, ref.job_id):
            await both.wait()
            with watch.part(ref, f"inside {ref.job_id}"):
                await both.wait()

    with open_tracer(collector.url, process="this") as tracer:
        watch = Watch(tracer=tracer)
        await asyncio.gather(*(work(watch, JobRef(job_id=name, attempt=1)) for name in ("one", "other")))
    for name in ("one", "other"):
        outer, inner = collector.by_name[name], collector.by_name[f"inside {name}"]
        assert outer.trace_id == inner.trace_id == hashlib.sha256(f"{name}-1".encode()).digest()[:16]
        assert inner.parent_span_id == outer.span_id


def test_an_attempt_is_sampled_whole_or_not_at_all(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.5")
    with open_tracer(collector.url, process="this") as tracer:
        for number in range(20):
            ref = JobRef(job_id=f"j{number}", attempt=1)
            with Watch(tracer=tracer).part(ref, f"outer{number}"), Watch(tracer=tracer).part(ref, f"inner{number}"):
                pass
    kept = {name[5:] for name in collector.by_name}
    assert 0 < len(kept) < 20
    assert set(collector.by_name) == {f"{place}{number}" for number in kept for place in ("outer", "inner")}


def test_without_an_endpoint_or_the_extra_nothing_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    with open_tracer("", process="this") as tracer:
        assert isinstance(tracer, SilentTracer)
        with Watch(tracer=tracer).stage(REF, Stage.FETCH):
            pass
    monkeypatch.setattr(optional_tracing, "find_spec", lambda _: None)
    with open_tracer("http://127.0.0.1:1", process="this") as tracer:
        assert isinstance(tracer, SilentTracer)
