"""`/api/v1/audit`: what the keys of an account changed, page by page or as a file."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response, StreamingResponse

from vodpull.accounts.audit_log import CURSOR_PATTERN, MAX_PAGE, AuditFilter, Line, as_csv, as_json_lines
from vodpull.api.http.context import ApiContext
from vodpull.api.v1.caller_and_query import PROBLEMS, Caller, Callers
from vodpull.api.v1.shapes import Shape
from vodpull.wire_values import TEXT_PATTERN

FORMATS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "application/jsonl": {"schema": {"type": "string"}},
        }
    }
}


class AuditLineReply(Shape):
    """One thing that was done, or refused."""

    at_ms: int
    """Unix time in milliseconds."""
    kind: str
    """What `who` is: `key`."""
    who: str
    """The access key."""
    action: str
    """`POST videos/{video_id}/block`, or the name of a call of the wire contract: `deleteVideo`."""
    subject: str
    """To what it was done: ids and names."""
    outcome: str
    """`done`, or the code that it was refused with."""
    address: str
    """From where."""


class AuditPage(Shape):
    """Lines, the newest first."""

    lines: list[AuditLineReply]
    """Up to `limit` of them."""
    next_cursor: str
    """Give it as `cursor` for the next page; empty after the last one."""


def audit_router(context: ApiContext) -> APIRouter:
    """Return the route; it needs a signed request or `Bearer <accessKey>.<secretKey>` with the scope `manage`."""
    router = APIRouter(prefix="/api/v1/audit", tags=["account"], responses=PROBLEMS)

    @router.get("", operation_id="pageAudit", response_model=AuditPage, responses=FORMATS)
    def page_audit(
        who: Annotated[str, Query(max_length=100, pattern=TEXT_PATTERN, description="Part of an access key.")] = "",
        action: Annotated[str, Query(max_length=64, pattern=TEXT_PATTERN, description="Beginning of an action.")] = "",
        since_ms: Annotated[int | None, Query(ge=0, le=2**53, description="Not older; Unix time in ms.")] = None,
        until_ms: Annotated[int | None, Query(ge=0, le=2**53, description="Older; Unix time in ms.")] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Most lines of a page.")] = 50,
        cursor: Annotated[str, Query(pattern=CURSOR_PATTERN, description="`next_cursor` of the page before.")] = "",
        form: Annotated[
            Literal["json", "csv", "jsonl"],
            Query(alias="format", description="`csv` and `jsonl` send every line as a file."),
        ] = "json",
        caller: Caller = Depends(Callers(context).caller),
    ) -> Response | AuditPage:
        """List what the keys of the account changed, or were refused, newest first."""
        look = AuditFilter(
            who=who, action=action, since_ms=since_ms, until_ms=until_ms, account_id=caller.key.account_id
        )
        if form == "csv":
            return StreamingResponse(as_csv(context.audit.every(look)), media_type="text/csv")
        if form == "jsonl":
            return StreamingResponse(as_json_lines(context.audit.every(look)), media_type="application/jsonl")
        lines, following = context.audit.page(look, limit=limit, cursor=cursor)
        return AuditPage(lines=list(map(_reply, lines)), next_cursor=following)

    return router


def _reply(line: Line) -> AuditLineReply:
    return AuditLineReply(
        at_ms=line.at_ms,
        kind=line.kind,
        who=line.who,
        action=line.action,
        subject=line.subject,
        outcome=line.outcome,
        address=line.address,
    )
