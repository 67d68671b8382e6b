"""
How an import goes on from state to state, in turns: a page of its list, or the next few videos.

A turn ends with one transaction that writes all it found out and starts the next turn. So whatever is killed, an entry
becomes a job once, and an import whose turn was taken by somebody else (paused, cancelled) changes nothing any more.
At which priority its jobs come: `submission.py`; how often a turn may fail: `import_retries.py`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
import structlog

from vodpull.accounts.sealed_secrets import Vault
from vodpull.clock import now_ms
from vodpull.database.import_figures import count_again
from vodpull.errors import Failure, InternalError, OriginFailed, OriginTimeout, VodpullError
from vodpull.imports.entries import Entry, ListedPage, Lister
from vodpull.imports.import_rows import (
    EntryChange,
    change_entries,
    end_values,
    read_entries,
    read_import,
    read_posters_due,
    take_turn,
)
from vodpull.imports.import_states import EntryState, Import, ImportState, ListedEntry
from vodpull.imports.kind_checks import LibraryKind, Resolver, find_kind
from vodpull.imports.outcomes.failed_entries import failed
from vodpull.imports.outcomes.settlement import settled
from vodpull.imports.pace import MAX_PARALLEL
from vodpull.workflows.engine.engine import Engine, JsonObject
from vodpull.workflows.engine.queues import Queues
from vodpull.workflows.importing.changed_elsewhere import ChangedElsewhere
from vodpull.workflows.importing.import_retries import after_failure
from vodpull.workflows.importing.kept_list_pages import add_page
from vodpull.workflows.importing.submission import Submission
from vodpull.workflows.recovery_limits import MAX_RECOVERIES_OF_PARENT

SOON_S, LATER_S = 1.0, 3.0
"""Until the next turn: after one that changed something, and after one that did not."""

LIST_WITHIN_S = 300.0
"""A page of a list, and the URLs of one turn's videos, arrive within that, or count as failed for now."""

log = structlog.get_logger(__name__)

Changes = list[EntryChange]


@dataclass(frozen=True, kw_only=True)
class TurnResult:
    """What one turn of bringing found out."""

    settled: Changes
    ready: Sequence[ListedEntry]
    """To be submitted."""
    refused: Changes
    dressed: Changes
    """Of what was here already, and had its picture to come."""


def register_imports(engine: Engine, queues: Queues, turns: ImportTurns) -> None:
    """Make the workflow of imports known to the engine, before it is launched."""

    async def run(argument: JsonObject) -> None:
        await engine.step("turn", turns.take, argument["import_id"], argument["turn"])

    engine.register("import", run, max_recoveries=MAX_RECOVERIES_OF_PARENT, queue=queues.imports)


async def resolved(lister: object, entry: Entry) -> Entry:
    """Return an entry as it can be fetched now."""
    return await lister.resolve(entry) if isinstance(lister, Resolver) else entry


class ImportTurns:
    """Takes the turns of imports, in one process."""

    def __init__(
        self,
        engine: Engine,
        queues: Queues,
        submission: Submission,
        *,
        pictures: ChangedElsewhere,
        kinds: Mapping[str, LibraryKind],
        vault: Vault,
    ) -> None:
        self._engine = engine
        self._queues = queues
        self._submission = submission
        self._pictures = pictures
        self._kinds = kinds
        self._vault = vault
        self._database = submission.database

    async def take(self, import_id: str, turn: int) -> None:
        """Carry an import on, unless this turn is over."""
        found = await asyncio.to_thread(self._find, import_id)
        if found is None or found.turn != turn:
            return
        kind = find_kind(self._kinds, found.kind)
        if kind.open is None and found.state is ImportState.LISTING:
            return
        try:
            async with asyncio.timeout(LIST_WITHIN_S):
                await self._go_on(found)
        except VodpullError as error:
            await asyncio.to_thread(self._failed, found, error)
        except TimeoutError:
            late = OriginTimeout(f"the other side has not answered within {LIST_WITHIN_S:.0f} s")
            await asyncio.to_thread(self._failed, found, late)
        except sa.exc.DBAPIError:  # the engine waits for the database
            raise
        except Exception:
            log.exception("import failed unexpectedly", **{"import": import_id})
            await asyncio.to_thread(self._failed, found, InternalError("unexpected"))

    def _find(self, import_id: str) -> Import | None:
        with self._database.connect() as connection:
            return read_import(connection, import_id)

    async def _go_on(self, found: Import) -> None:
        if found.state is ImportState.LISTING:
            lister = self._lister(found)
            assert lister is not None  # noqa: S101 - a list that is sent here has no turns
            async with aclosing(lister.pages(found.cursor)) as pages:
                page = await anext(pages, None)
            await asyncio.to_thread(self._add, found, page)
            return
        if found.state is ImportState.CANCELLED:
            await asyncio.to_thread(self._submission.cancel, found)
        progress = await self._progress(found)
        await asyncio.to_thread(self._bring, found, progress)

    def _lister(self, found: Import) -> Lister | None:
        secret = json.loads(self._vault.open(found.sealed_secret)) if found.sealed_secret else {}
        kind = find_kind(self._kinds, found.kind)
        return None if kind.open is None else kind.open(found.place, secret, found.account_id)

    def _add(self, found: Import, page: ListedPage | None) -> None:
        """Keep a page of the list."""
        items = page.entries if page else ()
        is_listed = page is None or not page.cursor
        waits = is_listed and found.options.dry_run
        following = ImportState.PLANNED if waits else ImportState.RUNNING if is_listed else ImportState.LISTING
        values = {
            "cursor": "" if page is None else page.cursor or "",
            "is_listed": is_listed,
            "listed": found.listed + len(items),
            "tries": 0,
            "failure": None,
            "state": following.value,
        }
        with self._database.begin() as connection:
            if not take_turn(connection, found, **values):
                return
            may_repeat = find_kind(self._kinds, found.kind).may_repeat
            add_page(connection, found, items, may_repeat=may_repeat)
            if not waits:
                self._start_next(connection, found)

    async def _progress(self, found: Import) -> TurnResult:
        """Look what has ended, and make ready what comes next."""
        ended, under_way = await asyncio.to_thread(settled, self._database, found)
        room = found.options.parallel - under_way if found.state is ImportState.RUNNING else 0
        ready: list[ListedEntry] = []
        refused: Changes = []
        late: VodpullError | None = None
        waiting = await asyncio.to_thread(self._waiting, found, min(room, MAX_PARALLEL)) if room > 0 else []
        lister = self._lister(found) if waiting else None
        for listed in waiting:
            try:
                entry = await resolved(lister, listed.entry)
            except VodpullError as error:
                if isinstance(error, OriginFailed):  # as of a file that is made ready there meanwhile
                    late = error
                    continue
                if error.retryable and not ready:
                    raise
                if error.retryable:
                    break
                refused.append(failed(listed, Failure.of(error)))
            else:
                ready.append(replace(listed, entry=entry))
        dressed = await self._pictures.bring(found) if found.state is ImportState.RUNNING else []
        if late and not (ended or ready or refused or dressed):
            raise late
        return TurnResult(settled=ended, ready=ready, refused=refused, dressed=dressed)

    def _waiting(self, found: Import, most: int) -> list[ListedEntry]:
        with self._database.connect() as connection:
            return read_entries(connection, found.import_id, states=[EntryState.WAITING], limit=most)

    def _bring(self, found: Import, progress: TurnResult) -> None:
        """Write what has ended, make jobs of what is ready, and plan the next turn, if there is one."""
        values: dict[str, Any] = {"tries": 0, "started_at_ms": found.started_at_ms or now_ms()}
        if found.state is ImportState.RUNNING:
            values |= {"failure": None}
        with self._database.begin() as connection:
            if not take_turn(connection, found, **values):
                return
            submitted = self._submission.submit(connection, found, progress.ready)
            changes = [*progress.settled, *progress.refused, *progress.dressed, *submitted]
            change_entries(connection, found.import_id, changes)
            now = replace(found, turn=found.turn + 1)
            goes_on = found.state is ImportState.RUNNING
            left = [EntryState.RUNNING, *([EntryState.WAITING] if goes_on else [])]
            if read_entries(connection, found.import_id, states=left, limit=1) or (
                goes_on and read_posters_due(connection, found.import_id, limit=1)
            ):
                self._start(connection, now, delay_s=SOON_S if changes else LATER_S)
            elif goes_on:
                take_turn(connection, now, **end_values(ImportState.DONE))
                count_again(connection, found.import_id)
                log.info("import done", **{"import": found.import_id}, entries=found.listed)

    def _failed(self, found: Import, error: VodpullError) -> None:
        """Try again later what may pass; let an operator look at the rest."""
        after = after_failure(found, error)
        with self._database.begin() as connection:
            if take_turn(connection, found, **after.values) and after.wait_s is not None:
                self._start_next(connection, found, delay_s=after.wait_s)
        failure = after.failure
        log.warning(
            "import failed", **{"import": found.import_id}, code=failure.code, cause=failure.message, tries=after.tries
        )

    def _start_next(self, connection: sa.Connection, found: Import, *, delay_s: float = 0.0) -> None:
        self._start(connection, replace(found, turn=found.turn + 1), delay_s=delay_s)

    def _start(self, connection: sa.Connection, found: Import, *, delay_s: float = 0.0) -> None:
        call = self._queues.import_call(found.import_id, account_id=found.account_id, turn=found.turn, delay_s=delay_s)
        self._engine.start(connection, call)
