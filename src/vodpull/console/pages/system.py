"""The system: how it fared, disk, database, storage, workers, queues, versions."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vodpull.console.context import ConsoleContext
from vodpull.console.gate import Gate
from vodpull.console.reply.rendering import Pages
from vodpull.console.request.visit import Visit
from vodpull.jobs.figures.processes import read_executors
from vodpull.workflows.engine.heartbeats import BeatLimits

RANGES = {"1h": (60, 60), "6h": (300, 72), "24h": (1200, 72)}
"""What the charts may show: length of a slice in seconds, number of slices."""


def system_routes(gate: Gate, pages: Pages, context: ConsoleContext) -> list[Route]:
    """Return the routes."""

    def values() -> dict[str, Any]:
        return {
            "facts": context.system_facts(),
            "executors": read_executors(context.store.engine),
            "census": context.census(),
            "silent_s": BeatLimits().death_s,
        }

    def show(visit: Visit) -> Response:
        return pages.page(visit, "system.html", ranges=tuple(RANGES), chosen=_range(visit), **values())

    def show_facts(visit: Visit) -> Response:
        return pages.page(visit, "facts.html", **values())

    def read_history(visit: Visit) -> Response:
        return JSONResponse(asdict(context.history(*RANGES[_range(visit)])))

    return [
        gate.page("/system", show),
        gate.page("/system/facts", show_facts),
        gate.page("/system/history", read_history),
    ]


def _range(visit: Visit) -> str:
    asked = visit.query("range")
    return asked if asked in RANGES else "1h"
