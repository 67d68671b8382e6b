"""
The figures of `/metrics`, in Prometheus form: counters of this process, gauges of the whole installation.

Gauges come from the database and say the same in every process (`max` over them, never `sum`). Labels are words of
closed lists; no URL, id, name or account can become one.
"""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path

import structlog
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from vodpull import __version__
from vodpull.api.http.reply_counts import Answered
from vodpull.app.server import CloseReason, Connections
from vodpull.app.telemetry.installation_gauges import Installation
from vodpull.errors import InternalError, catalogue
from vodpull.jobs.figures.census import Census
from vodpull.jobs.notices.deliveries import DeliveryState
from vodpull.jobs.states_and_codes import Stage

# From what a person does not notice to the longest video that is encoded by default.
STAGE_BUCKETS_S = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400)

# Seconds of video per second of work: below 1 an encode is slower than playing.
FACTOR_BUCKETS = (0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 8, 12, 20, 40)

# From 1 Mbit/s to 10 Gbit/s.
THROUGHPUT_BUCKETS = (125e3, 500e3, 1.25e6, 2.5e6, 5e6, 12.5e6, 25e6, 62.5e6, 125e6, 312.5e6, 1.25e9)

REPLY_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)

# The schedule of retries ends after about three days.
LAG_BUCKETS_S = (0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200, 18000, 86400, 259200)

log = structlog.get_logger(__name__)


class Metrics:
    """Everything that one process tells Prometheus; takes what its work and its API report."""

    def __init__(self, census: Callable[[], Census], *, data_dir: Path, min_free_bytes: int, role: str) -> None:
        """`census` counts what is in the database; `min_free_bytes` is what must stay free in the data folder."""
        # Else every series comes twice, once more with the time at which it began.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self._count_work()
        self._count_replies()
        self._count_deliveries()
        self._count_connections()
        self.registry.register(Installation(census))
        self.registry.register(_Disk(data_dir, min_free_bytes))
        ProcessCollector(registry=self.registry)
        build = Info("vodpull_build", "What runs here.", registry=self.registry)
        build.info({"version": __version__, "python": platform.python_version(), "role": role})

    def render(self) -> bytes:
        """Return all figures as text. Asks the database now and then: call it from a thread."""
        return generate_latest(self.registry)

    def _count_work(self) -> None:
        registry = self.registry
        self._stages = Histogram(
            "vodpull_stage_seconds",
            "Wall time of one run of a stage, however it ended.",
            ["stage"],
            registry=registry,
            buckets=STAGE_BUCKETS_S,
        )
        self._fetched = Counter("vodpull_fetched_bytes", "Bytes of whole transfers from origins.", registry=registry)
        self._throughput = Histogram(
            "vodpull_fetch_throughput_bytes_per_second",
            "Mean speed of one whole transfer.",
            registry=registry,
            buckets=THROUGHPUT_BUCKETS,
        )
        self._encoded = Counter("vodpull_encoded_media_seconds", "Length of the video encoded.", registry=registry)
        self._factor = Histogram(
            "vodpull_encode_realtime_factor",
            "Seconds of video per second of wall time, of one encode: a chunk or a whole source.",
            registry=registry,
            buckets=FACTOR_BUCKETS,
        )
        self._stored = Counter("vodpull_stored_bytes", "Bytes put under their final keys.", registry=registry)
        self._done = Counter("vodpull_jobs_done", "Jobs that came to a good end.", registry=registry)
        self._failed = Counter(
            "vodpull_jobs_failed", "Jobs that failed or were cancelled, by error code.", ["code"], registry=registry
        )
        for kind in catalogue():
            self._failed.labels(kind.code)  # a code is there from the start, so that its first rise is seen

    def _count_replies(self) -> None:
        self._replies = Counter(
            "vodpull_http_replies",
            "Replies by path template and code: the wire contract's own, elsewhere the HTTP status.",
            ["route", "code"],
            registry=self.registry,
        )
        self._reply_seconds = Histogram(
            "vodpull_http_reply_seconds",
            "From the request to the end of its reply; streams and downloads as long as they last.",
            ["route"],
            registry=self.registry,
            buckets=REPLY_BUCKETS_S,
        )
        # Finding a series by its labels costs more than counting.
        self._replied = cache(self._find_reply)

    def _count_deliveries(self) -> None:
        self._attempts = Counter(
            "vodpull_delivery_attempts",
            "Tries to deliver a notification, by the state of the delivery after it.",
            ["state"],
            registry=self.registry,
        )
        self._receiver_seconds = Histogram(
            "vodpull_delivery_attempt_seconds",
            "How long receivers took to answer.",
            registry=self.registry,
            buckets=REPLY_BUCKETS_S,
        )
        self._lag = Histogram(
            "vodpull_delivery_lag_seconds",
            "From a final state to the receiver's yes.",
            registry=self.registry,
            buckets=LAG_BUCKETS_S,
        )
        for state in DeliveryState:
            self._attempts.labels(state.value)

    def _count_connections(self) -> None:
        self._refused = Counter(
            "vodpull_http_refused_connections",
            "Connections that were refused or closed for what they did, by reason (docs/security.md).",
            ["reason"],
            registry=self.registry,
        )
        for reason in CloseReason:
            self._refused.labels(reason.value)
        self._connections = Gauge("vodpull_http_connections", "HTTP connections open now.", registry=self.registry)
        self._limits = Gauge("vodpull_limit", "Limits in force, by name.", ["limit"], registry=self.registry)

    def refused(self, why: CloseReason) -> None:
        """Note a connection that was refused or closed for what it did."""
        self._refused.labels(why.value).inc()

    def watch_door(self, connections: Connections) -> None:
        """Tell how many connections there are, and what they may do."""
        self._connections.set_function(lambda: connections.open)
        limits = connections.limits
        self.limits(asdict(limits) | {"connections_of_address": limits.connections_of_address})

    def limits(self, limits: Mapping[str, float]) -> None:
        """Tell what is allowed."""
        for name, limit in limits.items():
            self._limits.labels(name).set(limit)

    def stage(self, stage: Stage, seconds: float) -> None:
        """Note how long one run of a stage took."""
        self._stages.labels(stage.value).observe(seconds)

    def fetched(self, size_bytes: int, seconds: float) -> None:
        """Note one whole transfer."""
        self._fetched.inc(size_bytes)
        if seconds > 0:
            self._throughput.observe(size_bytes / seconds)

    def encoded(self, media_s: float, wall_s: float) -> None:
        """Note one finished encode."""
        self._encoded.inc(media_s)
        if wall_s > 0:
            self._factor.observe(media_s / wall_s)

    def stored(self, size_bytes: int) -> None:
        """Note bytes under their final keys."""
        self._stored.inc(size_bytes)

    def finished(self, code: str) -> None:
        """Note that a job became final."""
        if not code:
            self._done.inc()
            return
        known = any(kind.code == code for kind in catalogue())
        self._failed.labels(code if known else InternalError.code).inc()

    def delivered(self, state: str, latency_s: float, lag_s: float) -> None:
        """Note one delivery attempt."""
        self._attempts.labels(DeliveryState(state).value).inc()
        self._receiver_seconds.observe(latency_s)
        if state == DeliveryState.DELIVERED:
            self._lag.observe(lag_s)

    def replied(self, answered: Answered) -> None:
        """Note one reply of the HTTP application."""
        count, seconds = self._replied(answered.route, answered.code)
        count.inc()
        seconds.observe(answered.seconds)

    def _find_reply(self, route: str, code: int) -> tuple[Counter, Histogram]:
        return self._replies.labels(route, str(code)), self._reply_seconds.labels(route)


class _Disk(Collector):
    """The disk of this process's data folder."""

    def __init__(self, data_dir: Path, min_free_bytes: int) -> None:
        self._data_dir = data_dir
        self._min_free_bytes = min_free_bytes

    def describe(self) -> list[Metric]:
        """Name nothing ahead."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Give the figures of now."""
        disk = shutil.disk_usage(self._data_dir)
        yield GaugeMetricFamily("vodpull_disk_free_bytes", "Free in the data folder.", disk.free)
        yield GaugeMetricFamily("vodpull_disk_total_bytes", "Size of the disk of the data folder.", disk.total)
        yield GaugeMetricFamily(
            "vodpull_disk_reserve_bytes", "Free space below which no fetch begins.", self._min_free_bytes
        )
