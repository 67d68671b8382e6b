"""The system: disk, database, storage, workers, queues, versions."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from vodpull.console.context import ConsoleContext
from vodpull.console.gate import Gate
from vodpull.console.pages import Pages
from vodpull.console.visit import Visit
from vodpull.jobs.model import Stage

SILENT_S = 30.0
"""A worker that was silent for longer has stopped: others take over its work then."""


def system_routes(gate: Gate, pages: Pages, context: ConsoleContext) -> list[Route]:
    """Return the routes."""

    def values() -> dict[str, Any]:
        return {
            "facts": context.system_facts(),
            "executors": context.listing.executors(),
            "counts": context.listing.count_by_stage(),
            "stages": list(Stage),
            "silent_s": SILENT_S,
        }

    def show(visit: Visit) -> Response:
        return pages.page(visit, "system.html", **values())

    def show_facts(visit: Visit) -> Response:
        return pages.page(visit, "facts.html", **values())

    return [gate.page("/system", show), gate.page("/system/facts", show_facts)]
