"""`/overview`, what an operator asks first: what runs, what failed, disk, queue, speed, who uses how much."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from vodpull.clock import now_ms
from vodpull.console.context import ConsoleContext
from vodpull.console.gate import Gate
from vodpull.console.reply.rendering import Pages
from vodpull.console.request.days import DAY_MS
from vodpull.console.request.visit import Visit
from vodpull.jobs.figures.failures_and_use import account_use, failed_since
from vodpull.jobs.states_and_codes import FINAL_STAGES

HOUR_S = 3600

SHOWN_IMPORTS = 8


def overview_routes(gate: Gate, pages: Pages, context: ConsoleContext) -> list[Route]:
    """Return the routes."""
    database = context.store.engine

    def show(visit: Visit) -> Response:
        census, history = context.census(), context.history(HOUR_S, 1)
        yesterday_ms = now_ms() - DAY_MS
        return pages.page(
            visit,
            "overview.html",
            running=sum(count for stage, count in census.jobs.items() if stage not in FINAL_STAGES),
            waiting=sum(length.waiting for length in census.queues.values()),
            oldest_s=max((length.oldest_s for length in census.queues.values()), default=0.0),
            executors=census.executors,
            fetched_bytes_per_s=history.fetched_bytes_per_s[-1],
            realtime_factor=history.realtime_factor[-1],
            facts=context.system_facts(),
            failed=failed_since(database, yesterday_ms),
            accounts=account_use(database),
            imports=context.imports.ledger.of_concern(yesterday_ms, limit=SHOWN_IMPORTS),
        )

    return [gate.page("/overview", show)]
