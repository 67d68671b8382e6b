"""
What access keys change, told to the audit log: one middleware, and notes that door and calls leave for it.

What operators change: `console/audit_lines.py`; how lines are kept: `accounts/audit_log.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vodpull.accounts.access_keys import LiveKey
from vodpull.accounts.audit_log import DONE, ActorKind, AuditLog, Who
from vodpull.accounts.scopes import Scope as KeyScope
from vodpull.api.http.error_replies import OWN_PREFIX, UPLOADS_PREFIX, WIRE_PREFIXES
from vodpull.api.http.keys.needed_scopes import wire_scope
from vodpull.errors import InternalError

log = structlog.get_logger(__name__)


@dataclass
class CallNote:
    """What is known of one call so far."""

    key: LiveKey | None = None
    """Who has proved to make it."""
    subject: str = ""
    """What it is about, beside what stands in its path."""
    outcome: str = ""
    """Code of the error that it is answered with."""


def note_of(request: Request) -> CallNote:
    """Return the note of a call."""
    note = getattr(request.state, "audit_note", None)
    if not isinstance(note, CallNote):
        note = request.state.audit_note = CallNote()
    return note


class Audited:
    """Stands around the application; a line is written before the reply that it tells of goes out."""

    def __init__(self, app: ASGIApp, *, audit: AuditLog) -> None:
        self._app = app
        self._audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not _changes(scope["method"], scope["path"]):
            await self._app(scope, receive, send)
            return
        note = note_of(Request(scope))

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                is_done = message["status"] < HTTPStatus.BAD_REQUEST
                await self._write(scope, note, note.outcome or (DONE if is_done else str(message["status"])))
            await send(message)

        try:
            await self._app(scope, receive, tell)
        except Exception:
            await self._write(scope, note, InternalError.code)
            raise

    async def _write(self, scope: Scope, note: CallNote, outcome: str) -> None:
        key, note.key = note.key, None  # once
        if key is None:
            return
        address = scope["client"][0] if scope.get("client") else ""
        who = Who(kind=ActorKind.KEY, name=key.access_key, address=address, account_id=key.account_id)
        try:
            await run_in_threadpool(self._audit.write, who, _action(scope), _subject(scope, note), outcome=outcome)
        except SQLAlchemyError as error:
            log.warning("the audit log misses a line", action=_action(scope), error=type(error).__name__)


def _changes(method: str, path: str) -> bool:
    """
    Return True for calls that change something; of an upload its beginning and end, not each piece.

    What upload tokens bring is told by the call that gave the token.
    """
    if path.startswith(OWN_PREFIX):
        is_piece = path.startswith(UPLOADS_PREFIX) and method == "PATCH"
        return method not in {"GET", "HEAD", "OPTIONS"} and not is_piece
    return path.startswith(WIRE_PREFIXES) and wire_scope(path) is not KeyScope.READ


def _action(scope: Scope) -> str:
    path = str(getattr(scope.get("route"), "path", scope["path"]))
    if scope["path"].startswith(OWN_PREFIX):
        return f"{scope['method']} {path.removeprefix(OWN_PREFIX)}"
    return path.rstrip("/").rpartition("/")[2]


def _subject(scope: Scope, note: CallNote) -> str:
    place = [f"{name}={value}" for name, value in scope.get("path_params", {}).items()]
    return " ".join([*place, note.subject]).strip()


SUBJECTS = ("videoId", "videoIds", "taskId", "transNo", "materialId", "nodeId", "nodeIds", "fileName", "videoName")
"""Parameters of the wire contract that say what a call is about."""


def subject_of(parameters: Any) -> str:
    """Return what a call of the wire contract is about, by its parameters."""
    found = ((name, parameters.get(name)) for name in SUBJECTS)
    return " ".join(f"{name}={str(value)[:200]}" for name, value in found if value not in (None, ""))
