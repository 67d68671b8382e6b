"""The figures of `/metrics` that come from the database, and for how long one look into it serves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import sqlalchemy as sa
import structlog
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from vodpull.jobs.figures.census import Census

KEEP_CENSUS_S = 5.0
"""A census serves every scrape of so long: scraping oftener, or by many, costs the database nothing."""

log = structlog.get_logger(__name__)


class Installation(Collector):
    """The gauges that come from the database. Without it they are absent, and `vodpull_database_up` is 0."""

    def __init__(self, census: Callable[[], Census]) -> None:
        self._take = census
        self._lock = threading.Lock()
        self._kept: Census | None = None
        self._kept_s = float("-inf")

    def describe(self) -> list[Metric]:
        """Name nothing ahead: registering must not ask the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Give the newest census."""
        census = self._census()
        yield GaugeMetricFamily("vodpull_database_up", "1 when the database answers.", float(census is not None))
        if census is not None:
            yield from _gauges(census)

    def _census(self) -> Census | None:
        with self._lock:  # one asks, the others wait for its answer
            if time.monotonic() - self._kept_s > KEEP_CENSUS_S:
                try:
                    self._kept = self._take()
                except sa.exc.SQLAlchemyError as error:
                    log.warning("no census for the metrics", error=type(error).__name__)
                    self._kept = None
                self._kept_s = time.monotonic()
            return self._kept


def _gauges(census: Census) -> Iterator[Metric]:
    jobs = GaugeMetricFamily(
        "vodpull_jobs", "Jobs by the stage that they are in; deleted ones count on.", labels=["stage"]
    )
    for stage, count in census.jobs.items():
        jobs.add_metric([stage.value], count)
    deliveries = GaugeMetricFamily("vodpull_deliveries", "Notifications by state.", labels=["state"])
    for state, count in census.deliveries.items():
        deliveries.add_metric([state.value], count)
    depth = GaugeMetricFamily("vodpull_queue_depth", "Calls that wait for a process.", labels=["queue"])
    oldest = GaugeMetricFamily("vodpull_queue_oldest_seconds", "How long the oldest of them waits.", labels=["queue"])
    for name, length in census.queues.items():
        depth.add_metric([name], length.waiting)
        oldest.add_metric([name], length.oldest_s)
    yield from (jobs, deliveries, depth, oldest)
    yield GaugeMetricFamily(
        "vodpull_delivery_oldest_pending_seconds",
        "Age of the oldest notification that its receiver has not accepted.",
        census.oldest_pending_delivery_s,
    )
    yield GaugeMetricFamily("vodpull_executors", "Processes that run steps and are alive.", census.executors)
