"""
The audit log: what operators, access keys and the shell changed, or were refused. Lines are added, never changed.

What a line tells of a request: `console/audit_lines.py` (operators), `api/http/keys/audit_lines.py` (access keys).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import sqlalchemy as sa

from vodpull.clock import now_ms
from vodpull.csv_output import csv_line
from vodpull.database import tables
from vodpull.errors import ParameterError

MAX_SUBJECT_CHARACTERS = 1000
DONE = "done"

MAX_PAGE = 200
CURSOR_PATTERN = r"^([0-9]{1,18})?$"
"""Number of the last line of a page."""

DAY_MS = 24 * 3600 * 1000
EXPORT_LINES = 1000
"""Lines of an export that are read at once."""


class ActorKind(StrEnum):
    """What somebody is."""

    OPERATOR = "operator"
    """Of the console."""
    KEY = "key"
    """An access key."""
    SHELL = "shell"
    """A user of the machine that runs vodpull."""
    STRANGER = "stranger"
    """Somebody who tried to get in."""


@dataclass(frozen=True, kw_only=True)
class Who:
    """Who does something, and from where."""

    kind: ActorKind
    name: str
    address: str = ""
    account_id: str = ""
    """Of a key."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that was done, or refused."""

    line_id: int
    at_ms: int
    kind: str
    who: str
    account_id: str
    action: str
    """`video.delete`, `key.create`; of a key its call: `POST /api/v1/videos/{video_id}/block`, `deleteVideo`."""
    subject: str
    """To what it was done: ids and names, never secrets."""
    outcome: str
    """`done`, or the code of the error that refused it."""
    address: str

    @property
    def at(self) -> str:
        """Return the time, in UTC, as RFC 3339 has it."""
        return datetime.fromtimestamp(self.at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """Which lines somebody wants to see."""

    who: str = ""
    """Part of a name."""
    action: str = ""
    """Beginning of an action."""
    since_ms: int | None = None
    until_ms: int | None = None
    """Exclusive."""
    account_id: str | None = None
    """None: everybody's, for owners."""

    def condition(self) -> sa.ColumnElement[bool]:
        """Return the condition for the database."""
        row = tables.audit_line.c
        wanted: list[sa.ColumnElement[bool]] = [sa.true()]
        if self.who:
            wanted.append(row.who.contains(self.who, autoescape=True))
        if self.action:
            wanted.append(row.action.startswith(self.action, autoescape=True))
        if self.since_ms is not None:
            wanted.append(row.at_ms >= self.since_ms)
        if self.until_ms is not None:
            wanted.append(row.at_ms < self.until_ms)
        if self.account_id is not None:
            wanted.append(row.account_id == self.account_id)
        return sa.and_(*wanted)


class AuditLog:
    """The lines of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def write(self, who: Who, action: str, subject: str = "", *, outcome: str = DONE) -> None:
        """Add a line."""
        row = {
            "at_ms": now_ms(),
            "kind": who.kind.value,
            "who": who.name[:254],
            "account_id": who.account_id,
            "action": action[:64],
            "subject": subject.replace("\x00", "")[:MAX_SUBJECT_CHARACTERS],
            "outcome": outcome[:64],
            "address": who.address[:64],
        }
        with self._engine.begin() as connection:
            connection.execute(tables.audit_line.insert().values(row))

    def page(self, look: AuditFilter, *, limit: int, cursor: str = "") -> tuple[list[Line], str]:
        """
        Return lines, the newest first, and the cursor of the next page; empty: there is none.

        Raises:
            ParameterError: the cursor is not from a page of this list.
        """
        found = self._read(look, limit=limit + 1, before=_read_cursor(cursor))
        return found[:limit], str(found[limit - 1].line_id) if len(found) > limit else ""

    def every(self, look: AuditFilter) -> Iterator[Line]:
        """Yield all lines, the newest first, reading some at a time."""
        before = None
        while lines := self._read(look, limit=EXPORT_LINES, before=before):
            yield from lines
            before = lines[-1].line_id

    def _read(self, look: AuditFilter, *, limit: int, before: int | None) -> list[Line]:
        row = tables.audit_line.c
        query = sa.select(tables.audit_line).where(look.condition())
        if before is not None:
            query = query.where(row.line_id < before)
        with self._engine.connect() as connection:
            found = connection.execute(query.order_by(row.line_id.desc()).limit(limit)).mappings().all()
        return [Line(**each) for each in found]

    def forget_old(self, *, keep_days: float) -> int:
        """Remove lines that are older than they are kept, and return how many; 0 days keep them for ever."""
        if not keep_days:
            return 0
        is_old = tables.audit_line.c.at_ms < now_ms() - int(keep_days * DAY_MS)
        with self._engine.begin() as connection:
            return connection.execute(tables.audit_line.delete().where(is_old)).rowcount


def _read_cursor(cursor: str) -> int | None:
    if not cursor:
        return None
    if not re.fullmatch(CURSOR_PATTERN, cursor):
        raise ParameterError("cursor is not from a page of this list", field="cursor")
    return int(cursor)


COLUMNS = ("at", "kind", "who", "action", "subject", "outcome", "address")


def as_row(line: Line) -> dict[str, str]:
    """Return a line as exports have it."""
    return {name: str(getattr(line, name)) for name in COLUMNS}


def as_json_lines(lines: Iterable[Line]) -> Iterator[str]:
    """Yield lines as JSON Lines."""
    for line in lines:
        yield json.dumps(as_row(line), ensure_ascii=False) + "\n"


def as_csv(lines: Iterable[Line]) -> Iterator[str]:
    """Yield lines as CSV with a heading (RFC 4180); what a spreadsheet would take for a formula begins with `'`."""
    yield csv_line(COLUMNS)
    for line in lines:
        yield csv_line(as_row(line).values())
