"""The audit log: who changed what, when, from where. It is read here, and exported; nobody changes it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from vodpull.accounts.audit_log import AuditFilter, as_csv, as_json_lines
from vodpull.console.context import ConsoleContext
from vodpull.console.gate import Gate
from vodpull.console.reply.rendering import Pages
from vodpull.console.request.days import DAY_MS, day_ms
from vodpull.console.request.visit import Visit

PAGE_LINES = 50


def audit_routes(gate: Gate, pages: Pages, context: ConsoleContext) -> list[Route]:
    """Return the routes."""

    def show(visit: Visit) -> Response:
        asked = _asked(visit)
        lines, following = context.audit.page(asked.look, limit=PAGE_LINES, cursor=visit.query("cursor"))
        return pages.page(
            visit,
            "audit.html",
            lines=lines,
            following=following,
            asked=asked,
            cursor=visit.query("cursor"),
            keep_days=context.audit_days,
        )

    def export(visit: Visit) -> Response:
        lines = context.audit.every(_asked(visit).look)
        if visit.query("format") == "csv":
            return _download(StreamingResponse(as_csv(lines), media_type="text/csv; charset=utf-8"), "audit.csv")
        return _download(StreamingResponse(as_json_lines(lines), media_type="application/jsonl"), "audit.jsonl")

    return [gate.page("/audit", show), gate.page("/audit/export", export)]


def _download(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What of the log somebody wants to see, as the form has it."""

    who: str
    action: str
    since: str
    until: str

    @property
    def look(self) -> AuditFilter:
        """Return the condition for the database."""
        since, until = day_ms(self.since), day_ms(self.until)
        return AuditFilter(
            who=self.who,
            action=self.action,
            since_ms=since,
            until_ms=None if until is None else until + DAY_MS,
        )

    def query(self, **changes: str) -> str:
        """Return the parameters of a URL that shows the same, or the same with changes."""
        wanted = {"who": self.who, "action": self.action, "since": self.since, "until": self.until} | changes
        return urlencode({name: value for name, value in wanted.items() if value})


def _asked(visit: Visit) -> Asked:
    return Asked(**{name: visit.query(name, most=100) for name in ("who", "action", "since", "until")})
