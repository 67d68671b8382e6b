"""Every query about imports. Plain functions over one connection pool: call them from a thread, not a loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter

from vodpull.clock import now_ms
from vodpull.database import tables
from vodpull.database.import_figures import counted
from vodpull.errors import Failure, NotFound
from vodpull.imports.entries import Entry
from vodpull.imports.import_states import (
    EntryState,
    Figures,
    Import,
    ImportOptions,
    ImportState,
    ListedEntry,
    Tally,
    Volume,
)
from vodpull.imports.pace import fetch_rate
from vodpull.jobs.cursors import read_cursor, write_cursor

MAX_PAGE = 1000
"""Entries that are read at once."""


_ENTRY = TypeAdapter(Entry)
_FAILURE = TypeAdapter(Failure)

_entries = tables.import_entries.c


@dataclass(frozen=True, kw_only=True)
class EntryChange:
    """What becomes of an entry."""

    number: int
    state: EntryState
    video_id: str | None = None
    job_id: str | None = None
    failure: Failure | None = None
    size_bytes: int | None = None
    """As it turned out; None: as it was told."""
    fetched_bytes: int | None = None
    """What came over the network for it; None: nothing more is known."""
    warnings: tuple[str, ...] = ()
    """What of it was left out."""


class ImportRows:
    """The imports of one database."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def find(self, import_id: str, *, account_id: str | None) -> Import:
        """
        Return an import; `account_id` None is for operators.

        Raises:
            NotFound: the account has none of this id.
        """
        with self.engine.connect() as connection:
            found = read_import(connection, import_id)
        if found is None or account_id not in {None, found.account_id}:
            raise NotFound("there is no such import")
        return found

    def page(self, account_id: str | None, *, limit: int, cursor: str = "") -> tuple[list[Import], str]:
        """
        Return up to `limit` imports, newest first, and the cursor of the next page; of every account with None.

        Raises:
            ParameterError: the cursor is not one of ours.
        """
        row = tables.imports.c
        place = (row.created_at_ms, row.import_id)
        query = sa.select(tables.imports).order_by(*(part.desc() for part in place)).limit(limit + 1)
        if account_id is not None:
            query = query.where(row.account_id == account_id)
        if cursor:
            query = query.where(sa.tuple_(*place) < sa.tuple_(*read_cursor(cursor)))
        with self.engine.connect() as connection:
            found = [_import_of(each) for each in connection.execute(query).mappings()]
        shown = found[:limit]
        return shown, write_cursor(shown[-1].created_at_ms, shown[-1].import_id) if len(found) > limit else ""

    def of_concern(self, since_ms: int, *, limit: int) -> list[Import]:
        """Return the imports that have not ended, and those that failed since a time, newest first."""
        row = tables.imports.c
        failed = sa.and_(row.state == ImportState.FAILED.value, row.finished_at_ms >= since_ms)
        query = sa.select(tables.imports).where(sa.or_(row.finished_at_ms.is_(None), failed))
        with self.engine.connect() as connection:
            found = connection.execute(query.order_by(row.created_at_ms.desc(), row.import_id.desc()).limit(limit))
            return [_import_of(each) for each in found.mappings()]

    def figures(self, import_ids: Sequence[str]) -> dict[str, Figures]:
        """Return how much there is of each state of imports, and what they have moved so far, by their ids."""
        with self.engine.connect() as connection:
            return read_figures(connection, import_ids)

    def entries(
        self,
        import_id: str,
        *,
        states: Sequence[EntryState] = (),
        after: int = 0,
        limit: int = MAX_PAGE,
        warned: bool = False,
    ) -> list[ListedEntry]:
        """
        Return entries of these states, or of all, in the order of the list, those behind a number.

        `warned`: only those of which something was left out.
        """
        with self.engine.connect() as connection:
            return read_entries(connection, import_id, states=states, after=after, limit=limit, warned=warned)

    def all_entries(self, import_id: str) -> Iterator[ListedEntry]:
        """Give every entry in the order of the list, a page at a time."""
        after = 0
        while page := self.entries(import_id, after=after):
            yield from page
            after = page[-1].number


def insert_import(connection: sa.Connection, made: Import) -> None:
    """Insert an import."""
    row = {name: value for name, value in vars(made).items() if name not in {"failure", "options", "place"}}
    options = asdict(made.options)
    connection.execute(tables.imports.insert().values(row | {"options": options, "place": dict(made.place)}))


def read_import(connection: sa.Connection, import_id: str) -> Import | None:
    """Return an import of whichever account."""
    query = sa.select(tables.imports).where(tables.imports.c.import_id == import_id)
    row = connection.execute(query).mappings().first()
    return None if row is None else _import_of(row)


def take_turn(connection: sa.Connection, seen: Import, **values: Any) -> bool:
    """
    Change an import unless somebody else did since it was read, and return whether that was so.

    Whoever takes a turn has the only right to write entries until the transaction ends.
    """
    row = tables.imports.c
    mine = sa.and_(row.import_id == seen.import_id, row.turn == seen.turn)
    if "failure" in values and values["failure"] is not None:
        values["failure"] = asdict(values["failure"])
    changed = connection.execute(tables.imports.update().where(mine).values(turn=seen.turn + 1, **values))
    return changed.rowcount == 1


def end_values(state: ImportState) -> dict[str, Any]:
    """Return what is written when an import ends: what opens its source is forgotten."""
    return {"state": state.value, "finished_at_ms": now_ms(), "sealed_secret": None}


def read_figures(connection: sa.Connection, import_ids: Sequence[str]) -> dict[str, Figures]:
    """Return how much there is of each import, and what it has moved so far."""
    kept, job = tables.import_figures.c, tables.job.c
    tallies: dict[str, dict[EntryState, Tally]] = {import_id: {} for import_id in import_ids}
    moved = dict.fromkeys(import_ids, (0, 0))
    over = sa.select(tables.import_figures).where(kept.import_id.in_(import_ids), kept.entries > 0)
    for row in connection.execute(over):
        state = EntryState(row.state)
        tallies[row.import_id][state] = Tally(
            entries=row.entries,
            size_bytes=row.size_bytes,
            unsized=row.entries - row.sized,
            duration_ms=row.duration_ms,
        )
        if state is not EntryState.RUNNING:
            needed = row.size_bytes if state is EntryState.DONE else 0
            moved[row.import_id] = _sum(moved[row.import_id], (row.fetched_bytes, needed))
    under_way = (
        sa.select(_entries.import_id, sa.func.sum(job.received_bytes), sa.func.sum(job.bytes_done))
        .join_from(tables.import_entries, tables.job, job.job_id == _entries.job_id)
        .where(_entries.import_id.in_(import_ids), _entries.state == EntryState.RUNNING.value)
        .group_by(_entries.import_id)
    )
    for import_id, *figures in connection.execute(under_way):
        moved[import_id] = _sum(moved[import_id], figures)
    return {
        import_id: Figures(tallies[import_id], Volume(fetched_bytes=fetched, needed_bytes=needed))
        for import_id, (fetched, needed) in moved.items()
    }


def _sum(before: Sequence[Any], more: Sequence[Any]) -> tuple[int, int]:
    # PostgreSQL sums whole numbers as decimals, and nothing as nothing.
    return int(before[0]) + int(more[0] or 0), int(before[1]) + int(more[1] or 0)


def read_entries(
    connection: sa.Connection,
    import_id: str,
    *,
    states: Sequence[EntryState] = (),
    after: int = 0,
    limit: int,
    warned: bool = False,
) -> list[ListedEntry]:
    """Return entries as `ImportRows.entries` does, in a transaction of the caller's."""
    query = sa.select(tables.import_entries).where(_entries.import_id == import_id, _entries.number > after)
    if warned:
        query = query.where(_entries.warnings.is_not(None))
    if states:
        query = query.where(_entries.state.in_([state.value for state in states]))
    rows = connection.execute(query.order_by(_entries.number).limit(limit)).mappings()
    return [_entry_of(row) for row in rows]


def read_posters_due(connection: sa.Connection, import_id: str, *, limit: int) -> list[ListedEntry]:
    """Return entries of which only a picture is to come, in the order of the list."""
    due = sa.and_(_entries.import_id == import_id, tables.POSTER_DUE)
    query = sa.select(tables.import_entries).where(due).order_by(_entries.number).limit(limit)
    return [_entry_of(row) for row in connection.execute(query).mappings()]


def insert_entries(connection: sa.Connection, found: Import, listed: Iterable[ListedEntry]) -> None:
    """Insert entries of an import's list."""
    rows = [
        vars(each)
        | {
            "import_id": found.import_id,
            "account_id": found.account_id,
            "origin_id": each.origin_id or None,
            "entry": _ENTRY.dump_python(each.entry, mode="json"),
            "failure": None if each.failure is None else asdict(each.failure),
            "warnings": list(each.warnings) or None,
        }
        for each in listed
    ]
    if rows:
        with counted(connection, found.import_id, [row["number"] for row in rows]):
            connection.execute(tables.import_entries.insert(), rows)


def known_origins(connection: sa.Connection, import_id: str, origin_ids: Iterable[str]) -> set[str]:
    """Return which of these the list of an import has already."""
    mine = sa.and_(_entries.import_id == import_id, _entries.origin_id.in_(list(origin_ids)))
    return set(connection.scalars(sa.select(_entries.origin_id).where(mine)))


def change_entries(connection: sa.Connection, import_id: str, changes: Sequence[EntryChange]) -> None:
    """Write what becomes of entries."""
    if not changes:
        return
    with counted(connection, import_id, [change.number for change in changes]):
        for change in changes:
            _change_entry(connection, import_id, change)


def _change_entry(connection: sa.Connection, import_id: str, change: EntryChange) -> None:
    mine = sa.and_(_entries.import_id == import_id, _entries.number == change.number)
    values = {name: value for name, value in vars(change).items() if name != "number"}
    values |= {"warnings": list(change.warnings) or None, "poster_due": False}
    if change.failure is not None:
        values["failure"] = asdict(change.failure)
    for name in ("size_bytes", "fetched_bytes"):
        if values[name] is None:
            del values[name]
    connection.execute(tables.import_entries.update().where(mine).values(values | {"at_ms": now_ms()}))


@dataclass(frozen=True, kw_only=True)
class Brought:
    """What an import brought, or brings, of an origin's entry."""

    video_id: str
    job_id: str
    revision: str
    is_here: bool
    """Its video is in the library; else it is on its way."""
    poster_key: str = ""
    """Of the picture that came with it; empty: none did."""
    told: Entry | None = None
    """What was told of it when it was last brought up to date."""


def brought_before(connection: sa.Connection, found: Import, origin_ids: Iterable[str]) -> dict[str, Brought]:
    """Return what is here, or on its way, of entries of the same library, by the id that they have there."""
    video, job = tables.video.c, tables.job.c
    query = (
        sa.select(
            _entries.origin_id,
            _entries.video_id,
            _entries.job_id,
            _entries.revision,
            video.video_id.label("here"),
            job.asset["own_poster_key"].as_string().label("poster_key"),
        )
        .join_from(tables.import_entries, tables.imports, tables.imports.c.import_id == _entries.import_id)
        .join(tables.job, job.job_id == _entries.job_id)
        .outerjoin(tables.video, video.job_id == job.job_id)
        .where(
            _entries.origin_id.in_(list(origin_ids)),
            _entries.account_id == found.account_id,
            tables.imports.c.source == found.source,
            _entries.state.in_([EntryState.RUNNING.value, EntryState.DONE.value]),
            sa.or_(video.video_id.is_not(None), _entries.state == EntryState.RUNNING.value),
        )
        .order_by(_entries.at_ms)
    )
    told = told_before(connection, found, origin_ids)
    return {
        row.origin_id: Brought(
            video_id=row.video_id,
            job_id=row.job_id,
            revision=row.revision,
            is_here=row.here is not None,
            poster_key=row.poster_key or "",
            told=told.get(row.origin_id),
        )
        for row in connection.execute(query)
    }


def told_before(connection: sa.Connection, found: Import, origin_ids: Iterable[str]) -> dict[str, Entry]:
    """Return what earlier imports of the same library have brought of what is told of videos, by their ids there."""
    query = (
        sa.select(_entries.origin_id, _entries.entry)
        .join_from(tables.import_entries, tables.imports, tables.imports.c.import_id == _entries.import_id)
        .where(
            _entries.origin_id.in_(list(origin_ids)),
            _entries.account_id == found.account_id,
            _entries.import_id != found.import_id,
            tables.imports.c.source == found.source,
            _entries.state.in_([EntryState.DONE.value, EntryState.EXISTS.value]),
            _entries.poster_due.is_(False),
        )
        .order_by(_entries.at_ms)
    )
    told: dict[str, Entry] = {}
    for row in connection.execute(query):
        told[row.origin_id] = _ENTRY.validate_python(row.entry).told_after(told.get(row.origin_id))
    return told


def entry_of_job(connection: sa.Connection, job_id: str) -> tuple[Import, ListedEntry] | None:
    """Return the entry that a job brings, or was to bring, and its import; None: it is nobody's."""
    query = sa.select(tables.import_entries).where(
        _entries.job_id == job_id, _entries.state.in_([EntryState.RUNNING.value, EntryState.FAILED.value])
    )
    row = connection.execute(query.order_by(_entries.at_ms.desc()).limit(1)).mappings().first()
    if row is None:
        return None
    found = read_import(connection, row["import_id"])
    assert found is not None  # noqa: S101 - the entry refers to it
    return found, _entry_of(row)


def rate_of_job(engine: sa.Engine, job_id: str) -> int:
    """Return the bytes per second that a job may fetch if it is one of an import; 0: as fast as they come."""
    with engine.connect() as connection:
        found = entry_of_job(connection, job_id)
    return fetch_rate(found[0].options.max_bytes_per_s, found[0].options.parallel) if found else 0


def line_of_job(connection: sa.Connection, import_id: str, job_id: str) -> int | None:
    """Return the line of the entry of an import that a job brings or brought, else its number; None: it has none."""
    mine = sa.and_(_entries.job_id == job_id, _entries.import_id == import_id)
    line = sa.func.coalesce(_entries.entry["line"].as_integer(), _entries.number)
    return connection.scalar(sa.select(line).where(mine).limit(1))


def _import_of(row: Mapping[Any, Any]) -> Import:
    values = dict(row)
    failure = values.pop("failure")
    return Import(
        **values
        | {"options": ImportOptions(**values["options"]), "state": ImportState(values["state"])}
        | {"failure": None if failure is None else _FAILURE.validate_python(failure)}
    )


def _entry_of(row: Mapping[Any, Any]) -> ListedEntry:
    values = {name: value for name, value in row.items() if name not in {"import_id", "account_id"}}
    failure = values["failure"]
    return ListedEntry(
        **values
        | {
            "origin_id": values["origin_id"] or "",
            "state": EntryState(values["state"]),
            "entry": _ENTRY.validate_python(values["entry"]),
            "failure": None if failure is None else _FAILURE.validate_python(failure),
            "warnings": tuple(values["warnings"] or ()),
        }
    )
