"""Metrics in which everything has happened once, so that every series is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from vodpull.api.http.reply_counts import Answered
from vodpull.app.server import CloseReason, Connections, Limits
from vodpull.app.telemetry.metrics import Metrics
from vodpull.jobs.figures.census import Census, QueueLength
from vodpull.jobs.notices.deliveries import DeliveryState
from vodpull.jobs.states_and_codes import Stage
from vodpull.workflows.engine.queues import Queues


@pytest.fixture(scope="session")
def census() -> Census:
    return Census(
        jobs=dict.fromkeys(Stage, 2),
        deliveries=dict.fromkeys(DeliveryState, 3),
        oldest_pending_delivery_s=4.5,
        queues={
            queue.name: QueueLength(waiting=5, oldest_s=6.5) for queue in Queues.of(fetch_slots=1, encode_slots=1).all()
        },
        executors=7,
    )


@pytest.fixture(scope="session")
def busy_metrics(census: Census) -> Callable[[Path], Metrics]:
    """Return what makes metrics of a data folder."""

    def make(data_dir: Path) -> Metrics:
        metrics = Metrics(lambda: census, data_dir=data_dir, min_free_bytes=1000, role="all")
        for stage in Stage:
            metrics.stage(stage, 0.3)
        metrics.fetched(1_000_000, 2.0)
        metrics.encoded(30.0, 10.0)
        metrics.stored(500)
        metrics.finished("")
        metrics.finished("md5_mismatch")
        metrics.delivered("delivered", 0.1, 1.5)
        metrics.refused(CloseReason.HEADERS)
        metrics.watch_door(Connections(Limits(connections=80), on_refused=metrics.refused))
        metrics.replied(Answered(route="/healthz", code=200, seconds=0.002))
        return metrics

    return make
