"""The built-in receiver: what lately came to it, as a receiver gets it, and whether the signatures hold."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.routing import Route

from vodpull.console.context import ConsoleContext
from vodpull.console.gate import Gate
from vodpull.console.pages.task_cards import readable
from vodpull.console.reply.rendering import Pages
from vodpull.console.request.visit import Visit

MAX_BODY_CHARACTERS = 64 * 1024
"""As much of a body as is shown; fifty jobs with all their files need more only with very long URLs."""


def inspector_routes(gate: Gate, pages: Pages, context: ConsoleContext) -> list[Route]:
    """Return the routes."""

    def values() -> dict[str, Any]:
        newest = context.inspector.newest()
        return {
            "url": f"{context.inspector.url}try-out",
            "requests": [(request, readable(request.delivery.body)[:MAX_BODY_CHARACTERS]) for request in newest],
        }

    def show(visit: Visit) -> Response:
        return pages.page(visit, "inspector.html", **values())

    def show_newest(visit: Visit) -> Response:
        return pages.page(visit, "inspected.html", **values())

    return [gate.page("/inspector", show), gate.page("/inspector/newest", show_newest)]
