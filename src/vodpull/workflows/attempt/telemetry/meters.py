"""
What watches the work: figures, spans and its log lines. The work itself knows no metrics library.

What these lines carry: `job_log_context.py`. The composition root hands in what really counts
(`app/telemetry/metrics.py`, `app/telemetry/optional_tracing.py`); the silent twins here count nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

from vodpull.jobs.model import Job
from vodpull.jobs.states_and_codes import Stage
from vodpull.jobs.store.job_refs import JobRef
from vodpull.workflows.attempt.telemetry.job_log_context import job_on_log_lines


class Meters(Protocol):
    """
    Takes figures of this process's work. Cheap, never raises, callable from any thread.

    Everything here is a number or a word of a closed list, so that nothing of a client's can become a label.
    """

    def stage(self, stage: Stage, seconds: float) -> None:
        """Note how long one run of a stage took, wall time, however it ended."""

    def fetched(self, size_bytes: int, seconds: float) -> None:
        """Note one whole transfer: what arrived over the network, and the wall time it took."""

    def encoded(self, media_s: float, wall_s: float) -> None:
        """Note one finished encode of a chunk or of a whole source: its length and the wall time it took."""

    def stored(self, size_bytes: int) -> None:
        """Note bytes that are under their final keys in the object store."""

    def finished(self, code: str) -> None:
        """Note that a job became final, once: the code of its failure, or empty when it is done."""

    def delivered(self, state: str, latency_s: float, lag_s: float) -> None:
        """Note one delivery attempt: the delivery's state after it, the receiver's time, the age of the event."""


class SilentMeters:
    """Counts nothing."""

    def stage(self, stage: Stage, seconds: float) -> None:
        """Ignore it."""

    def fetched(self, size_bytes: int, seconds: float) -> None:
        """Ignore it."""

    def encoded(self, media_s: float, wall_s: float) -> None:
        """Ignore it."""

    def stored(self, size_bytes: int) -> None:
        """Ignore it."""

    def finished(self, code: str) -> None:
        """Ignore it."""

    def delivered(self, state: str, latency_s: float, lag_s: float) -> None:
        """Ignore it."""


class Tracer(Protocol):
    """
    Takes spans. One trace is one attempt of a job, whichever processes work on it: its id follows from the attempt.

    Names and attributes are words and numbers of ours, never a URL or a name given by a client.
    """

    def span(self, ref: JobRef, name: str, attributes: dict[str, int | float | str]) -> AbstractContextManager[object]:
        """Return a block that is one span of the attempt's trace; an error that leaves the block marks it."""

    def failed(self, code: str) -> None:
        """Mark the span around the caller: its work failed with this code, though no error leaves its block."""

    def ended(self, job: Job, code: str) -> None:
        """Give the trace its root, from acceptance until now; `code` is the failure's, or empty."""


class SilentTracer:
    """Traces nothing."""

    def span(self, ref: JobRef, name: str, attributes: dict[str, int | float | str]) -> AbstractContextManager[object]:
        """Return a block that does nothing."""
        del ref, name, attributes
        return nullcontext()

    def failed(self, code: str) -> None:
        """Ignore it."""

    def ended(self, job: Job, code: str) -> None:
        """Ignore it."""


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What the steps of one process are watched by."""

    meters: Meters = field(default_factory=SilentMeters)
    tracer: Tracer = field(default_factory=SilentTracer)

    @contextmanager
    def stage(self, ref: JobRef, stage: Stage, **attributes: float | str) -> Iterator[None]:
        """Watch the work of a block as one run of a stage: its log lines carry the job, it is timed, it is a span."""
        started_s = time.monotonic()
        with self.part(ref, stage.value, **attributes):
            try:
                yield
            finally:
                self.meters.stage(stage, time.monotonic() - started_s)

    @contextmanager
    def part(self, ref: JobRef, name: str, **attributes: float | str) -> Iterator[None]:
        """Watch a smaller piece of work, such as one chunk: log lines and a span, no figure."""
        with job_on_log_lines(ref), self.tracer.span(ref, name, attributes):
            yield

    def failed(self, code: str) -> None:
        """Note that the work under way failed: for the code that makes a value of the error."""
        self.tracer.failed(code)

    def ended(self, job: Job, code: str) -> None:
        """Note that an attempt became final: once for each, with the code of its failure or empty."""
        self.meters.finished(code)
        self.tracer.ended(job, code)


NOBODY = Watch()
"""Watches nothing."""
