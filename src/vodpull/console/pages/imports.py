"""Imports: begin one of each kind, watch it, pause it, look why something failed, and have the map of ids."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from vodpull.console.context import ConsoleContext
from vodpull.console.gate import Gate
from vodpull.console.pages.accounts.acting_key import key_of
from vodpull.console.reply.rendering import Pages
from vodpull.console.request.visit import Visit, leave_to
from vodpull.errors import NotFound, ParameterError
from vodpull.imports.estimate import estimate, measure_speed
from vodpull.imports.id_map_csv import map_csv
from vodpull.imports.import_states import EntryState, Import, ImportOptions, ImportState, Tally
from vodpull.imports.pace import MAX_PARALLEL, PARALLEL
from vodpull.wire_values import ID_PATTERN
from vodpull.workflows.importing.orders import ImportOrder

PAGE_IMPORTS = 20
PAGE_FAILURES = 50

MEGA = 10**6

LAST_NUMBER = 2**31 - 1


def import_routes(gate: Gate, pages: Pages, context: ConsoleContext) -> list[Route]:
    """Return the routes."""
    desk = _ImportDesk(pages, context)
    orders = context.imports
    return [
        gate.page("/imports", desk.show_all),
        gate.action("/imports", desk.begin),
        gate.page("/imports/{import_id}", desk.show),
        gate.page("/imports/{import_id}/status", desk.show_status),
        gate.page("/imports/{import_id}/map", desk.read_map),
        gate.action("/imports/{import_id}/start", desk.order(orders.start)),
        gate.action("/imports/{import_id}/pause", desk.order(orders.pause)),
        gate.action("/imports/{import_id}/resume", desk.order(orders.resume)),
        gate.action("/imports/{import_id}/cancel", desk.order(orders.cancel)),
        gate.action("/imports/{import_id}/retry", desk.retry),
    ]


class _ImportDesk:
    def __init__(self, pages: Pages, context: ConsoleContext) -> None:
        self._pages = pages
        self._context = context
        self._imports = context.imports
        self._ledger = context.imports.ledger

    def show_all(self, visit: Visit) -> Response:
        found, following = self._ledger.page(None, limit=PAGE_IMPORTS, cursor=_cursor(visit))
        names = {key.account_id: key.name for key in self._context.accounts.list_keys()}
        figures = self._ledger.figures([each.import_id for each in found])
        return self._pages.page(
            visit,
            "imports.html",
            rows=[(each, *_summed(figures[each.import_id].tallies)) for each in found],
            following=following,
            names=names,
            own_account=self._context.account,
            kinds={name: kind for name, kind in self._imports.kinds.items() if kind.open is not None},
            templates=self._context.templates,
            default_template=self._context.default_template,
        )

    def begin(self, visit: Visit) -> Response:
        form = visit.form
        account_id = form.get("account") or self._context.accounts.account_named(self._context.account)
        caller = key_of(self._context, account_id)
        made = self._imports.create(
            ImportOrder(
                account_id=account_id,
                access_key=caller.access_key,
                kind=form.get("kind", ""),
                place=_members(form, "place-"),
                secret=_members(form, "secret-"),
                options=ImportOptions(
                    template=form.get("template", ""),
                    parallel=_whole(form.get("parallel", ""), "parallel", least=1, most=MAX_PARALLEL, default=PARALLEL),
                    max_bytes_per_s=MEGA * _whole(form.get("rate", ""), "rate", least=0, most=MEGA, default=0),
                    dry_run="now" not in form,
                ),
            )
        )
        return leave_to(visit, f"imports/{made.import_id}")

    def show(self, visit: Visit) -> Response:
        return self._pages.page(visit, "import.html", **self._values(visit))

    def show_status(self, visit: Visit) -> Response:
        return self._pages.page(visit, "import_status.html", **self._values(visit))

    def _values(self, visit: Visit) -> dict[str, Any]:
        found = self._found(visit)
        tallies, volume = self._ledger.figures([found.import_id])[found.import_id]
        after = _whole(visit.query("after"), "after", least=0, most=LAST_NUMBER, default=0)
        bad = [EntryState.FAILED, EntryState.INVALID]
        failures = self._ledger.entries(found.import_id, states=bad, after=after, limit=PAGE_FAILURES + 1)
        return {
            "found": found,
            "volume": volume,
            "without": self._ledger.entries(
                found.import_id, states=COLUMNS[0], after=after, limit=PAGE_FAILURES, warned=True
            ),
            "tallies": {state: tallies[state] for state in EntryState if state in tallies},
            "over": sum(
                tallies.get(state, Tally()).entries
                for state in EntryState
                if state not in {EntryState.WAITING, EntryState.RUNNING}
            ),
            "left": estimate(tallies, measure_speed(self._ledger.engine), parallel=found.options.parallel),
            "failures": failures[:PAGE_FAILURES],
            "following": failures[PAGE_FAILURES - 1].number if len(failures) > PAGE_FAILURES else None,
            "kind": self._imports.kinds.get(found.kind),
            "states": ImportState,
            "can_retry": EntryState.FAILED in tallies and found.is_listed,
        }

    def read_map(self, visit: Visit) -> Response:
        found = self._found(visit)
        urls = self._context.urls.on(visit.site(self._context.public_url))
        headers = {"Content-Disposition": f'attachment; filename="import-{found.import_id}.csv"'}
        lines = map_csv(found, self._ledger, self._context.library, urls=urls)
        return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)

    def order(self, carry_out: Callable[[Import], Import]) -> Callable[[Visit], Response]:
        def handle(visit: Visit) -> Response:
            found = carry_out(self._found(visit))
            return leave_to(visit, f"imports/{found.import_id}")

        return handle

    def retry(self, visit: Visit) -> Response:
        found = self._imports.retry(self._found(visit), secret=_members(visit.form, "secret-"))
        return leave_to(visit, f"imports/{found.import_id}")

    def _found(self, visit: Visit) -> Import:
        import_id = str(visit.request.path_params["import_id"])
        if not re.fullmatch(ID_PATTERN, import_id):
            raise NotFound("there is no such import")
        return self._ledger.find(import_id, account_id=None)


COLUMNS = (
    (EntryState.DONE, EntryState.EXISTS),
    (EntryState.WAITING, EntryState.RUNNING),
    (EntryState.FAILED, EntryState.INVALID),
)
"""What the list of imports counts together: here, to come, failed."""


def _summed(tallies: Mapping[EntryState, Tally]) -> tuple[int, ...]:
    return tuple(sum(tallies.get(state, Tally()).entries for state in column) for column in COLUMNS)


def _cursor(visit: Visit) -> str:
    return visit.query("cursor")


def _members(form: Any, prefix: str) -> dict[str, str]:
    """Return the members of a place or a secret that were filled in."""
    return {
        name.removeprefix(prefix): text.strip()
        for name, text in form.items()
        if name.startswith(prefix) and text.strip()
    }


def _whole(text: str, field: str, *, least: int, most: int, default: int) -> int:
    if not text:
        return default
    if not re.fullmatch("[0-9]{1,10}", text) or not least <= int(text) <= most:
        raise ParameterError(f"{field}: this is no whole number from {least} to {most}", field=field)
    return int(text)
