"""Whether there are traces: where a collector is named and the extra `otel` is there. What is traced: `spans.py`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

import structlog

from vodpull.workflows.attempt.telemetry.meters import SilentTracer, Tracer

FIX = "pip install 'vodpull[otel]'"

log = structlog.get_logger(__name__)


@contextmanager
def open_tracer(endpoint: str, *, process: str) -> Iterator[Tracer]:
    """
    Give a tracer that sends to an OTLP/HTTP collector until the block ends; without an endpoint it sends nothing.

    `process` names this one among several. Headers, timeouts and sampling are the library's own `OTEL_…` variables.
    """
    if not endpoint:
        yield SilentTracer()
        return
    if not can_trace():
        log.warning("no traces: the extra is not installed", fix=FIX)
        yield SilentTracer()
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra

    from vodpull.app.telemetry.spans import exporting  # noqa: PLC0415 - needs the extra

    with exporting(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces"), process=process) as tracer:
        yield tracer


def can_trace() -> bool:
    """Return True when the extra `otel` is there; a part of its namespace comes with other libraries."""
    try:
        return all(find_spec(f"opentelemetry.{name}") for name in ("sdk.trace", "exporter.otlp.proto.http"))
    except ModuleNotFoundError:
        return False
