"""What people ask of imports: to begin, to wait, to go on, to end, and to try again what failed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa

from vodpull.accounts.sealed_secrets import Vault
from vodpull.clock import now_ms
from vodpull.database.ids import new_id
from vodpull.errors import NotAllowedNow, ParameterError
from vodpull.imports.entries import BadEntry, Entry
from vodpull.imports.import_rows import ImportRows, end_values, insert_import, take_turn
from vodpull.imports.import_states import EntryState, Import, ImportOptions, ImportState
from vodpull.imports.kind_checks import LibraryKind, Texts, find_kind
from vodpull.imports.outcomes.failed_entries import wait_again
from vodpull.imports.pace import MAX_PARALLEL
from vodpull.workflows.engine.engine import Engine
from vodpull.workflows.engine.queues import Queues
from vodpull.workflows.importing.kept_list_pages import add_page
from vodpull.workflows.requests.intake import Intake

Values = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ImportOrder:
    """An import as it is asked for."""

    account_id: str
    access_key: str
    kind: str
    place: Texts
    secret: Texts
    options: ImportOptions


class Imports:
    """Takes orders about imports."""

    def __init__(
        self,
        ledger: ImportRows,
        intake: Intake,
        *,
        engine: Engine,
        queues: Queues,
        kinds: Mapping[str, LibraryKind],
        vault: Vault,
    ) -> None:
        self.ledger = ledger
        self.kinds = kinds
        self._intake = intake
        self._engine = engine
        self._queues = queues
        self._vault = vault

    def create(self, asked: ImportOrder) -> Import:
        """
        Begin an import; what opens its source is kept sealed until it ends.

        Raises:
            ParameterError: the kind, the place or the template is none.
        """
        options = replace(asked.options, template=self._intake.template_of(asked.options.template))
        if not 1 <= options.parallel <= MAX_PARALLEL:
            raise ParameterError(f"parallel is from 1 to {MAX_PARALLEL}", field="parallel")
        kind = find_kind(self.kinds, asked.kind)
        kind.check(asked.place, asked.secret)
        now = now_ms()
        made = Import(
            import_id=new_id(now),
            account_id=asked.account_id,
            access_key=asked.access_key,
            kind=asked.kind,
            source=kind.source(asked.kind, asked.place),
            place=dict(asked.place),
            sealed_secret=self._sealed(asked.secret),
            options=options,
            state=ImportState.LISTING,
            created_at_ms=now,
        )
        with self.ledger.engine.begin() as connection:
            insert_import(connection, made)
            if kind.open is not None:
                self._start(connection, made)
        return made

    def add(self, found: Import, items: Sequence[Entry | BadEntry]) -> Import:
        """
        Add entries to a list that is sent here.

        Raises:
            NotAllowedNow: the list is whole, or read elsewhere.
        """

        def values(now: Import) -> Values:
            if not self._is_sent(now) or now.state is not ImportState.LISTING:
                raise NotAllowedNow("entries are added to an import of the kind `list` before it is started")
            return {"listed": now.listed + len(items)}

        return self._change(found, values, lambda connection, now: add_page(connection, now, items), goes_on=False)

    def start(self, found: Import) -> Import:
        """
        Bring what was planned.

        Raises:
            NotAllowedNow: there is no plan, or it is carried out.
        """

        def values(now: Import) -> Values:
            is_whole = self._is_sent(now) and now.state is ImportState.LISTING
            if is_whole and now.options.dry_run:
                return {"state": ImportState.PLANNED.value, "is_listed": True, "options": _wet(now)}
            if now.state is not ImportState.PLANNED and not is_whole:
                raise NotAllowedNow(f"the import is {now.state.value}; only a planned one is started")
            return {"state": ImportState.RUNNING.value, "is_listed": True, "options": _wet(now)}

        return self._change(found, values)

    def pause(self, found: Import) -> Import:
        """
        Begin nothing new.

        Raises:
            NotAllowedNow: nothing is begun anyway.
        """

        def values(now: Import) -> Values:
            if now.state not in {ImportState.LISTING, ImportState.RUNNING}:
                raise NotAllowedNow(f"the import is {now.state.value}")
            return {"state": ImportState.PAUSED.value, "failure": None}

        return self._change(found, values)

    def resume(self, found: Import) -> Import:
        """
        Go on where a pause began.

        Raises:
            NotAllowedNow: it is not paused.
        """

        def values(now: Import) -> Values:
            if now.state is not ImportState.PAUSED:
                raise NotAllowedNow(f"the import is {now.state.value}; only a paused one goes on")
            state = ImportState.RUNNING if now.is_listed else ImportState.LISTING
            return {"state": state.value, "failure": None, "tries": 0}

        return self._change(found, values)

    def cancel(self, found: Import) -> Import:
        """
        End an import: what is under way is stopped, what is here stays.

        Raises:
            NotAllowedNow: it has ended.
        """

        def values(now: Import) -> Values:
            if now.is_ended:
                raise NotAllowedNow(f"the import is {now.state.value}")
            return end_values(ImportState.CANCELLED) | {"failure": None}

        return self._change(found, values)

    def retry(self, found: Import, *, secret: Texts) -> Import:
        """
        Try again what failed.

        Raises:
            NotAllowedNow: nothing failed, or the list is not whole.
            ParameterError: what opens the source was erased, and is needed again.
        """
        kind = find_kind(self.kinds, found.kind)
        if EntryState.FAILED not in self.ledger.figures([found.import_id])[found.import_id].tallies:
            raise NotAllowedNow("nothing of this import failed")

        def values(now: Import) -> Values:
            if not now.is_listed:
                raise NotAllowedNow("the list is not whole; resume the import, or begin a new one")
            if secret or (kind.secret and now.sealed_secret is None):
                kind.check(now.place, secret)
            sealed = self._sealed(secret) if secret else now.sealed_secret
            fresh = {"finished_at_ms": None, "failure": None, "tries": 0}
            return {"state": ImportState.RUNNING.value, "sealed_secret": sealed} | fresh

        return self._change(found, values, wait_again)

    def _change(
        self,
        found: Import,
        values: Callable[[Import], Values],
        write: Callable[[sa.Connection, Import], None] = lambda _connection, _now: None,
        *,
        goes_on: bool = True,
    ) -> Import:
        """Change an import as it is now, whatever turn is taken meanwhile."""
        while True:
            now = self.ledger.find(found.import_id, account_id=found.account_id)
            with self.ledger.engine.begin() as connection:
                if take_turn(connection, now, **values(now)):
                    write(connection, now)
                    if goes_on:
                        self._start(connection, replace(now, turn=now.turn + 1))
                    break
        return self.ledger.find(found.import_id, account_id=found.account_id)

    def _start(self, connection: sa.Connection, found: Import) -> None:
        call = self._queues.import_call(found.import_id, account_id=found.account_id, turn=found.turn)
        self._engine.start(connection, call)

    def _is_sent(self, found: Import) -> bool:
        return find_kind(self.kinds, found.kind).open is None

    def _sealed(self, secret: Texts) -> str | None:
        return self._vault.seal(json.dumps(dict(secret))) if secret else None


def _wet(found: Import) -> Values:
    return asdict(replace(found.options, dry_run=False))
