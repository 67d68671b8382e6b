"""`/api/v1/imports`: begin, look, pause, go on, cancel, try again, and the map of ids."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import StreamingResponse

from vodpull.api.http.context import ApiContext
from vodpull.api.http.keys.authenticate_before_body import known_first
from vodpull.api.v1.caller_and_query import PROBLEMS, Caller, Callers
from vodpull.api.v1.imports.shapes import (
    EntryPage,
    ImportPage,
    ImportReply,
    NewEntries,
    NewImport,
    RetryOrder,
)
from vodpull.api.v1.imports.views import entry_of, entry_reply, import_reply
from vodpull.imports.entries import BadEntry, Entry
from vodpull.imports.estimate import measure_speed
from vodpull.imports.id_map_csv import map_csv
from vodpull.imports.import_rows import ImportRows
from vodpull.imports.import_states import EntryState, Import, ImportOptions
from vodpull.jobs.cursors import CURSOR_PATTERN
from vodpull.wire_values import ID_PATTERN
from vodpull.workflows.importing.orders import ImportOrder as Asked

ImportId = Annotated[str, Path(pattern=f"^{ID_PATTERN}$", description="`import_id` of an import.")]

MAP = "`origin_id,video_id,state,play_url,error`, one line for each entry."

MAX_PAGE = 100
MAX_ENTRIES_PAGE = 500
MAX_NUMBER = 2**31 - 1


def imports_router(context: ApiContext) -> APIRouter:
    """Return the routes; every one needs a signed request or `Bearer <accessKey>.<secretKey>`."""
    desk = _Desk(context)
    router = APIRouter(
        prefix="/api/v1/imports",
        tags=["imports"],
        responses=PROBLEMS,
        route_class=known_first(context.access),
        dependencies=[Depends(desk.known_query)],
    )
    _add_beginnings(router, desk)
    _add_reads(router, desk)
    _add_orders(router, desk)
    return router


class _Desk:
    """Reads and changes the imports of a caller; those of others are not there."""

    def __init__(self, context: ApiContext) -> None:
        callers = Callers(context)
        self.caller, self.known_query = callers.caller, callers.known_query
        self.context = context
        self.imports = context.imports

    @property
    def ledger(self) -> ImportRows:
        return self.imports.ledger

    def find(self, import_id: str, caller: Caller) -> Import:
        return self.ledger.find(import_id, account_id=caller.key.account_id)

    def shown(self, *found: Import) -> list[ImportReply]:
        speed, ids = measure_speed(self.ledger.engine), [each.import_id for each in found]
        figures = self.ledger.figures(ids)
        return [import_reply(each, figures[each.import_id], speed) for each in found]

    def create(self, body: NewImport, caller: Caller) -> ImportReply:
        asked = Asked(
            account_id=caller.key.account_id,
            access_key=caller.key.access_key,
            kind=body.kind,
            place=body.place,
            secret=body.secret,
            options=ImportOptions(
                template=body.template,
                parallel=body.parallel,
                max_bytes_per_s=body.max_bytes_per_s,
                dry_run=body.dry_run,
            ),
        )
        return self.shown(self.imports.create(asked))[0]


def _add_beginnings(router: APIRouter, desk: _Desk) -> None:
    @router.post("", status_code=201, operation_id="createImport")
    def create_import(body: NewImport, caller: Caller = Depends(desk.caller)) -> ImportReply:
        """Begin to read the list of a library, and to bring what is not here, unless it is a dry run."""
        return desk.create(body, caller)

    @router.post("/{import_id}/entries", operation_id="addImportEntries")
    def add_entries(import_id: ImportId, body: NewEntries, caller: Caller = Depends(desk.caller)) -> ImportReply:
        """Add entries to an import of the kind `list`, before it is started."""
        found = desk.find(import_id, caller)
        items: list[Entry | BadEntry] = [
            *map(entry_of, body.entries),
            *(BadEntry(each.line, each.reason) for each in body.bad),
        ]
        items.sort(key=lambda item: item.line or 0)
        return desk.shown(desk.imports.add(found, items))[0]

    @router.post("/{import_id}/start", operation_id="startImport")
    def start_import(import_id: ImportId, caller: Caller = Depends(desk.caller)) -> ImportReply:
        """Bring what was planned; the list of an import of the kind `list` is whole by this."""
        return desk.shown(desk.imports.start(desk.find(import_id, caller)))[0]


def _add_reads(router: APIRouter, desk: _Desk) -> None:
    @router.get("", operation_id="listImports")
    def list_imports(
        limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Most imports of a page.")] = 20,
        cursor: Annotated[
            str, Query(pattern=CURSOR_PATTERN, description="`next_cursor` of the page before; empty: the first page.")
        ] = "",
        caller: Caller = Depends(desk.caller),
    ) -> ImportPage:
        """List the account's imports, newest first."""
        found, following = desk.ledger.page(caller.key.account_id, limit=limit, cursor=cursor)
        return ImportPage(imports=desk.shown(*found), next_cursor=following)

    @router.get("/{import_id}", operation_id="readImport")
    def read_import(import_id: ImportId, caller: Caller = Depends(desk.caller)) -> ImportReply:
        """Tell how far an import is."""
        return desk.shown(desk.find(import_id, caller))[0]

    @router.get("/{import_id}/entries", operation_id="listImportEntries")
    def list_entries(
        import_id: ImportId,
        state: Annotated[EntryState | None, Query(description="Only entries of this state.")] = None,
        warned: Annotated[bool, Query(description="Only entries of which something was left out.")] = False,
        after: Annotated[int, Query(ge=0, le=MAX_NUMBER, description="`next_after` of the page before.")] = 0,
        limit: Annotated[int, Query(ge=1, le=MAX_ENTRIES_PAGE, description="Most entries of a page.")] = 100,
        caller: Caller = Depends(desk.caller),
    ) -> EntryPage:
        """List the entries of an import in the order of its list."""
        found = desk.find(import_id, caller)
        states = [] if state is None else [state]
        page = desk.ledger.entries(found.import_id, states=states, after=after, limit=limit + 1, warned=warned)
        shown = page[:limit]
        return EntryPage(
            entries=[entry_reply(each) for each in shown],
            next_after=shown[-1].number if len(page) > limit else None,
        )

    @router.get(
        "/{import_id}/map.csv",
        operation_id="readImportMap",
        response_class=StreamingResponse,
        responses={200: {"description": MAP, "content": {"text/csv": {}}}},
    )
    def read_map(import_id: ImportId, caller: Caller = Depends(desk.caller)) -> StreamingResponse:
        """Tell what each id of elsewhere is here, and where it plays, as CSV."""
        found, context = desk.find(import_id, caller), desk.context
        lines = map_csv(found, desk.ledger, context.library, urls=context.urls.on(caller.base_url))
        headers = {"Content-Disposition": f'attachment; filename="import-{import_id}.csv"'}
        return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


def _add_orders(router: APIRouter, desk: _Desk) -> None:
    @router.post("/{import_id}/pause", operation_id="pauseImport")
    def pause_import(import_id: ImportId, caller: Caller = Depends(desk.caller)) -> ImportReply:
        """Begin nothing new; what is under way ends."""
        return desk.shown(desk.imports.pause(desk.find(import_id, caller)))[0]

    @router.post("/{import_id}/resume", operation_id="resumeImport")
    def resume_import(import_id: ImportId, caller: Caller = Depends(desk.caller)) -> ImportReply:
        """Go on where a pause began."""
        return desk.shown(desk.imports.resume(desk.find(import_id, caller)))[0]

    @router.post("/{import_id}/cancel", operation_id="cancelImport")
    def cancel_import(import_id: ImportId, caller: Caller = Depends(desk.caller)) -> ImportReply:
        """End an import: what is under way is stopped, what is here stays."""
        return desk.shown(desk.imports.cancel(desk.find(import_id, caller)))[0]

    @router.post("/{import_id}/retry", operation_id="retryImport")
    def retry_import(import_id: ImportId, body: RetryOrder, caller: Caller = Depends(desk.caller)) -> ImportReply:
        """Try again what failed."""
        return desk.shown(desk.imports.retry(desk.find(import_id, caller), secret=body.secret))[0]
