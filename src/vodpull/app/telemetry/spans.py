"""
OpenTelemetry spans: one trace for each attempt of a job, whichever processes work on it. Needs the extra `otel`.

Nothing is passed between processes: the ids of the trace and of its root span follow from the job and its attempt, so
every process knows them. The root is sent last, when the attempt is final.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision

from vodpull import __version__
from vodpull.clock import now_ms
from vodpull.errors import Cancelled, InternalError, VodpullError
from vodpull.jobs.model import Job
from vodpull.jobs.store.job_refs import JobRef
from vodpull.workflows.attempt.telemetry.meters import Tracer

ROOT = "job"
"""Name of the span that the others are below."""

LEAVE_S = 3.0
"""A collector that does not answer holds the end of the process up by no more than this."""

NS_PER_MS = 1_000_000


@contextmanager
def exporting(exporter: SpanExporter, *, process: str) -> Iterator[Tracer]:
    """Give a tracer that sends through an exporter, in the background, until the block ends."""
    about = {"service.name": "vodpull", "service.version": __version__, "service.instance.id": process}
    provider = TracerProvider(resource=Resource.create(about), id_generator=_Ids(), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    try:
        yield Spans(provider)
    finally:
        leave = threading.Thread(target=provider.shutdown, name="last-spans", daemon=True)
        leave.start()
        leave.join(timeout=LEAVE_S)


class Spans:
    """The tracer of one process, for jobs."""

    def __init__(self, provider: TracerProvider) -> None:
        self._sampler = provider.sampler
        self._tracer = provider.get_tracer("vodpull", __version__)

    @contextmanager
    def span(self, ref: JobRef, name: str, attributes: dict[str, int | float | str]) -> Iterator[None]:
        """Make a block one span of the attempt's trace, below the block around it; an error gives it its code."""
        span = self._tracer.start_span(
            name, self._context(ref), attributes={**_about(ref), **attributes}, record_exception=False
        )
        with trace.use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
            try:
                yield
            except BaseException as error:
                span.set_status(trace.StatusCode.ERROR, _code(error))
                raise

    def failed(self, code: str) -> None:
        """Mark the span around the caller."""
        trace.get_current_span().set_status(trace.StatusCode.ERROR, code)

    def ended(self, job: Job, code: str) -> None:
        """Send the root of an attempt that became final: from the job's acceptance until now."""
        ref = JobRef.of(job)
        with _identity(ref):
            root = self._tracer.start_span(
                ROOT, Context(), attributes=_about(ref), start_time=job.created_at_ms * NS_PER_MS
            )
        if code:
            root.set_status(trace.StatusCode.ERROR, code)
        root.end(now_ms() * NS_PER_MS)

    def _context(self, ref: JobRef) -> Context | None:
        """Return what a span goes below: the current one if it is of this trace (None), else the trace's root."""
        trace_id, span_id = _ids(ref)
        if trace.get_current_span().get_span_context().trace_id == trace_id:
            return None
        # The sampler decides by the trace's id, so all processes decide alike.
        sampled = self._sampler.should_sample(None, trace_id, ROOT).decision is Decision.RECORD_AND_SAMPLE
        flags = trace.TraceFlags(trace.TraceFlags.SAMPLED if sampled else trace.TraceFlags.DEFAULT)
        root = trace.SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags)
        return trace.set_span_in_context(trace.NonRecordingSpan(root), Context())


def _about(ref: JobRef) -> dict[str, int | float | str]:
    return {"vodpull.job": ref.job_id, "vodpull.attempt": ref.attempt}


def _code(error: BaseException) -> str:
    if isinstance(error, VodpullError):
        return error.code
    return Cancelled.code if isinstance(error, asyncio.CancelledError) else InternalError.code


def _ids(ref: JobRef) -> tuple[int, int]:
    """Return the ids of an attempt's trace and of its root span: the first 16 and the next 8 bytes of a SHA-256."""
    digest = hashlib.sha256(f"{ref.job_id}-{ref.attempt}".encode()).digest()
    return int.from_bytes(digest[:16]), int.from_bytes(digest[16:24])


_given: ContextVar[tuple[int, int] | None] = ContextVar("given", default=None)


@contextmanager
def _identity(ref: JobRef) -> Iterator[None]:
    """Make a span that starts in the block the root of an attempt's trace."""
    token = _given.set(_ids(ref))
    try:
        yield
    finally:
        _given.reset(token)


class _Ids(RandomIdGenerator):
    """Random ids, but for roots."""

    def generate_trace_id(self) -> int:
        given = _given.get()
        return super().generate_trace_id() if given is None else given[0]

    def generate_span_id(self) -> int:
        given = _given.get()
        return super().generate_span_id() if given is None else given[1]

    def is_trace_id_random(self) -> bool:
        return True
