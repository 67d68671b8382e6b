"""
Log lines: one per event, on stderr, for people or as JSON; the lines of the libraries among them.

Every line of a job carries `job` and `attempt` (`workflows/attempt/telemetry/job_log_context.py` binds them).
Whatever a line was given, secrets do not leave: queries of URLs, credentials in them, authorizations and the values of
fields that are named like secrets (`log_redaction.py`).
"""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from typing import TextIO, cast

import structlog
from structlog.typing import Processor

from vodpull.app.telemetry.log_redaction import redact


def configure_logging(log_format: str, *, stream: TextIO | None = None) -> None:
    """Write one line per event to a stream (stderr): `console` for people, or `json`."""
    out = _Patient(stream or sys.stderr)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    renderer: Processor = structlog.dev.ConsoleRenderer(colors=out.isatty())
    if log_format == "json":
        renderer = structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", out)),
    )
    _adopt_libraries(shared, renderer, out)


def _adopt_libraries(shared: list[Processor], renderer: Processor, out: _Patient) -> None:
    """Give what libraries log (warnings and worse) the same form and the same redaction."""
    handler = logging.StreamHandler(out)
    strip = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[strip, renderer]))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # The engine's library writes by itself unless its logger has a handler.
    engine = logging.getLogger("dbos")
    engine.handlers = [handler]
    engine.propagate = False
    # One for each step under way, whenever a process ends: in order, and the steps go on elsewhere.
    engine.addFilter(lambda record: not record.getMessage().startswith("Asyncio task cancelled"))


class _Patient(io.TextIOBase):
    """A stream that loses lines rather than raise: a full disk below the log is no failure of whoever logs."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            self._out.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            self._out.flush()

    def isatty(self) -> bool:
        return self._out.isatty()
