from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from vodpull.app.telemetry import installation_gauges
from vodpull.app.telemetry.metrics import Metrics
from vodpull.errors import catalogue
from vodpull.jobs.figures.census import Census

PAGE = Path(__file__).resolve().parents[4] / "docs" / "metrics.md"

SWITCH = "VODPULL_TEST_WRITE_GOLDEN"


@pytest.fixture
def metrics(busy_metrics: Callable[[Path], Metrics], tmp_path: Path) -> Metrics:
    return busy_metrics(tmp_path)


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_what_the_work_reports_is_counted(metrics: Metrics) -> None:
    assert value(metrics, "vodpull_fetched_bytes_total") == 1_000_000
    assert value(metrics, "vodpull_fetch_throughput_bytes_per_second_sum") == 500_000
    assert value(metrics, "vodpull_encode_realtime_factor_sum") == 3
    assert value(metrics, "vodpull_stage_seconds_count", stage="encode") == 1
    assert value(metrics, "vodpull_jobs_done_total") == 1
    assert value(metrics, "vodpull_jobs_failed_total", code="md5_mismatch") == 1
    assert value(metrics, "vodpull_delivery_lag_seconds_sum") == 1.5


def test_the_door_tells_what_it_refused_and_what_is_allowed(metrics: Metrics) -> None:
    assert value(metrics, "vodpull_http_refused_connections_total", reason="headers") == 1
    assert value(metrics, "vodpull_http_refused_connections_total", reason="write_timeout") == 0
    assert value(metrics, "vodpull_http_connections") == 0
    assert value(metrics, "vodpull_limit", limit="connections") == 80
    assert value(metrics, "vodpull_limit", limit="connections_of_address") == 20


def test_gauges_of_the_installation_come_from_the_census(metrics: Metrics) -> None:
    assert value(metrics, "vodpull_jobs", stage="waiting") == 2
    assert value(metrics, "vodpull_queue_depth", queue="encode") == 5
    assert value(metrics, "vodpull_executors") == 7
    assert value(metrics, "vodpull_disk_reserve_bytes") == 1000


def test_only_codes_of_the_catalogue_become_labels(metrics: Metrics) -> None:
    metrics.finished("https://origin.test/?token=x")
    codes = set(re.findall(r'jobs_failed_total\{code="([^"]*)"', metrics.render().decode()))
    assert codes == {kind.code for kind in catalogue()}
    assert value(metrics, "vodpull_jobs_failed_total", code="internal_error") == 1


def test_an_instant_of_work_is_no_division_by_zero(metrics: Metrics) -> None:
    metrics.fetched(10, 0.0)
    metrics.encoded(10.0, 0.0)
    assert value(metrics, "vodpull_fetch_throughput_bytes_per_second_count") == 1


def test_one_census_serves_every_scrape_of_some_seconds(
    census: Census, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[None] = []

    def ask() -> Census:
        asked.append(None)
        return census

    metrics = Metrics(ask, data_dir=tmp_path, min_free_bytes=0, role="api")
    assert asked == []
    metrics.render()
    metrics.render()
    assert len(asked) == 1
    monkeypatch.setattr(installation_gauges, "KEEP_CENSUS_S", -1.0)
    metrics.render()
    assert len(asked) == 2


def test_without_its_database_a_process_tells_so_and_what_it_knows(tmp_path: Path) -> None:
    def census() -> Census:
        raise sa.exc.OperationalError("select", {}, OSError("postgresql://me:hunter2@db"))

    metrics = Metrics(census, data_dir=tmp_path, min_free_bytes=0, role="api")
    text = metrics.render().decode()
    assert "vodpull_database_up 0.0" in text
    assert "vodpull_queue_depth{" not in text
    assert "vodpull_disk_free_bytes" in text


def test_the_page_lists_every_figure(metrics: Metrics) -> None:
    begin, end = "<!-- figures: begin -->", "<!-- figures: end -->"
    head, _, rest = PAGE.read_text().partition(begin)
    _, _, tail = rest.partition(end)
    current = f"{head}{begin}\n{table(metrics)}\n{end}{tail}"
    if os.environ.get(SWITCH):
        PAGE.write_text(current)
    assert PAGE.read_text() == current, f"renew it: {SWITCH}=1 pytest {Path(__file__).name}"


def table(metrics: Metrics) -> str:
    lines = ["| figure | kind | labels | what |", "| --- | --- | --- | --- |"]
    for family in sorted(metrics.registry.collect(), key=lambda family: family.name):
        if not family.name.startswith("vodpull_"):
            continue
        name = family.name + {"counter": "_total", "info": "_info"}.get(family.type, "")
        labels = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
        words = ", ".join(f"`{label}`" for label in labels)
        lines.append(f"| `{name}` | {family.type} | {words} | {family.documentation} |")
    return "\n".join(lines)
